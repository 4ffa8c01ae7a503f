"""The losses of a run, and several models side by side, as pictures.

All are drawn on a canvas of their own, so figures and settings of yours in matplotlib stay as they are.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .atomic import write


def plot_losses(log: str | Path, picture: str | Path, unit: str = "loss") -> None:
    """Draw the training and the held-out loss of a log (a CSV file that the Trainer wrote) over the steps, as PNG.

    unit  what stands at the axis
    """
    from matplotlib.figure import Figure

    with open(log, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    for column, name in (("training", "training"), ("held_out", "held out")):
        points = [(int(row["step"]), float(row[column])) for row in rows if row[column]]
        points = [point for point in points if math.isfinite(point[1])]
        if points:
            axes.plot(*zip(*points, strict=True), marker=".", label=name)
    axes.set(xlabel="step", ylabel=unit)
    axes.grid(alpha=0.3)
    if axes.lines:
        axes.legend()
    _save(figure, picture)


def plot_ladder(entries: Sequence[tuple[str, float, str]], picture: str | Path) -> None:
    """Draw models side by side as bars, as PNG.

    entries  for each its name, its bits per byte, and what stands below it
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1.1 * max(len(entries), 4) + 1, 4.2), layout="constrained")
    axes = figure.add_subplot()
    names, bits, details = zip(*entries, strict=True)
    bars = axes.bar(range(len(names)), bits, color="C0", width=0.7)
    axes.bar_label(bars, [f"{value:.2f}" for value in bits], padding=2)
    axes.set_xticks(range(len(names)), [f"{name}\n{detail}" for name, detail in zip(names, details, strict=True)],
                    fontsize=8)
    axes.set(ylabel="bits per byte, held-out text (less is better)")
    axes.spines[["top", "right"]].set_visible(False)
    _save(figure, picture)


def _save(figure: Any, picture: str | Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    content = io.BytesIO()
    figure.savefig(content, format="png")
    write(Path(picture), content.getvalue())
