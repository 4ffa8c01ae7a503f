"""The losses of a run as a picture."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

from .weights import write


def plot_losses(log: str | Path, picture: str | Path, unit: str = "loss") -> None:
    """Draw the training and the held-out loss of a log (a CSV file that the Trainer wrote) over the steps, as PNG.

    unit  what stands at the axis

    It draws on a canvas of its own, so figures and settings of yours in matplotlib stay as they are.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
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
    FigureCanvasAgg(figure)
    content = io.BytesIO()
    figure.savefig(content, format="png")
    write(Path(picture), content.getvalue())
