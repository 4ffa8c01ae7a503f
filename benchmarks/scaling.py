"""How time and memory of a training step grow with T, width, depth and vocabulary, beside PyTorch.

One size of a network is changed at a time, the others stay. The steps are those of training.py, checked and taken in
turns in the same way.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from common import heading, options, save, table
from training import REFERENCE, Figures, measure, some_of
from workloads.libraries import LIBRARIES, gpu
from workloads.tasks import TASKS, Task

BASE = TASKS["gpt"]
CURVES: dict[str, dict[int, Task]] = {
    "T": {n: BASE._replace(time=n) for n in (32, 64, 128, 256, 512)},
    "width": {n: BASE._replace(width=n) for n in (64, 128, 256, 512)},
    "depth": {n: BASE._replace(layers=n) for n in (1, 2, 4, 8, 16)},
    "vocabulary": {n: BASE._replace(vocabulary=n) for n in (65, 512, 4096, 16384)},
    "T of the LSTM": {n: TASKS["lstm"]._replace(time=n) for n in (16, 32, 64, 128, 256)},
}
SHOWN = {"median": "time of a step (ms)", "memory": "peak of memory (MiB)"}


def along(curve: dict[int, Task], name: str, libraries: list[str], turns: int, device: str,
          memory: bool = True) -> Figures:
    """The figures at every point of a curve; each entry has `curve` and `value` beside what training.py measures."""
    values = {f"{name} {value}": value for value in curve}
    found = measure({key: curve[value] for key, value in values.items()}, libraries, turns, device, memory=memory)
    return [{**entry, "curve": name, "value": values[entry["task"]]} for entry in found]


def series(figures: Figures, name: str, what: str) -> dict[str, dict[int, float]]:
    """For each library what was measured at each point of a curve."""
    found: dict[str, dict[int, float]] = {}
    for entry in figures:
        if entry["curve"] == name and what in entry and not math.isnan(entry[what]):
            found.setdefault(entry["library"], {})[entry["value"]] = entry[what]
    return found


def tables(figures: Figures) -> str:
    """A Markdown table for every curve, a row for every point."""
    out = []
    for name in dict.fromkeys(entry["curve"] for entry in figures):
        points = dict.fromkeys(entry["value"] for entry in figures if entry["curve"] == name)
        header, columns = [name], []
        for what, unit in (("median", "ms"), ("memory", "MiB")):
            found = series(figures, name, what)
            for library, curve in found.items():
                header.append(f"{LIBRARIES[library].title} ({unit})")
                columns.append(curve)
            for library, curve in found.items():
                if library != REFERENCE and REFERENCE in found:
                    header.append(f"{LIBRARIES[library].title}, ratio")
                    columns.append({n: value / found[REFERENCE][n] for n, value in curve.items()
                                    if n in found[REFERENCE]})
        rows: list[list[Any]] = [[point, *(column.get(point, "-") for column in columns)] for point in points]
        out.append(table(header, rows))
    return "\n".join(out)


def plot(figures: Figures, path: Path) -> None:
    """Time above and memory below, a column for every curve, both axes logarithmic."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

    names = list(dict.fromkeys(entry["curve"] for entry in figures))
    figure = Figure(figsize=(2.2 + 2.2 * len(names), 4.6), layout="constrained")
    grid = figure.subplots(len(SHOWN), len(names), squeeze=False, sharex="col")
    for row, (what, label) in zip(grid, SHOWN.items(), strict=True):
        row[0].set_ylabel(label, fontsize=9)
        for axis, name in zip(row, names, strict=True):
            for library, curve in series(figures, name, what).items():
                axis.plot(list(curve), list(curve.values()), marker="o", markersize=3,
                          label=LIBRARIES[library].title)
            axis.set_xscale("log", base=2)
            axis.set_yscale("log")
            axis.set_xticks(list(curve)[::max(1, len(curve) // 3)])
            axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            for one in (axis.xaxis, axis.yaxis):
                one.set_major_formatter(StrMethodFormatter("{x:g}"))
                one.set_minor_locator(NullLocator())
            axis.grid(alpha=0.3)
            axis.tick_params(labelsize=8)
    for axis, name in zip(grid[-1], names, strict=True):
        axis.set_xlabel(name, fontsize=9)
    grid[0, 0].legend(fontsize=8)
    FigureCanvasAgg(figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90)


def more(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", type=some_of(CURVES), default=list(CURVES), metavar="CURVE,...",
                        help=f"some of {', '.join(CURVES)}")
    parser.add_argument("--libraries", type=some_of(LIBRARIES), default=["tinylm", "torch"], metavar="NAME,...",
                        help=f"some of {', '.join(LIBRARIES)} (default: tinylm,torch)")
    parser.add_argument("--device", choices=["cpu", "gpu"], default="cpu", help="gpu: CuPy beside torch.cuda")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the curves there, as PNG or SVG")


def main() -> None:
    given = options(__doc__, 7, more)
    if given.device == "gpu" and (missing := gpu()):
        print(f"No GPU here, so nothing is measured on one: {missing}")
        return
    figures: Figures = []
    for name in given.only:
        figures += along(CURVES[name], name, given.libraries, given.rounds, given.device)
    title = "How a step of training grows" + " on a GPU" * (given.device == "gpu")
    print(heading(title) + tables(figures))
    save(title, figures, given.json)
    if given.plot:
        plot(figures, given.plot)


if __name__ == "__main__":
    main()
