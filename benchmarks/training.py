"""What a step of training costs: milliseconds and memory, beside PyTorch and others, interleaved in one run.

A step is: zero gradients, forward, loss, backward, AdamW. Every library has a process of its own for every network,
the same weights, batches and hyper-parameters, float32 and two threads. Before anything is timed their losses are
compared over three steps; where they differ the run stops.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import Any

from common import Worker, heading, once, options, rounds, save, serve, table
from workloads.libraries import LIBRARIES, Runner, gpu, summary
from workloads.tasks import NAMES, TASKS, Task

THREADS = 2
TOLERANCE = 1e-3  # between losses
REFERENCE = "torch"
ON_GPU = [key for key in LIBRARIES if key.startswith(("tinylm", "torch", "floor"))
          and key not in ("tinylm-one-worker", "tinylm-compiled")]
TITLE = "A step of training"

Figures = list[dict[str, Any]]
"""One entry a network and library: task, name, library, and either "not possible" or median, best, steps, memory."""


def measure(tasks: dict[str, Task], libraries: list[str], turns: int, device: str = "cpu", warm_up: int = 3,
            memory: bool = True, threads: int = THREADS) -> Figures:
    """Build, check, time and weigh every network in every library. Raises SystemExit where losses differ."""
    found: Figures = []
    for name, task in tasks.items():
        print(f"{name}: building", end="", file=sys.stderr, flush=True)
        workers = {key: Worker(__file__, key, threads) for key in libraries}
        try:
            built = {key: worker.ask("build", task, device, warm_up) for key, worker in workers.items()}
            losses = {key: answer for key, answer in built.items() if isinstance(answer, list)}
            compare(name, losses)
            print(", timing", end="", file=sys.stderr, flush=True)
            times = rounds({key: workers[key] for key in losses}, ["time"], turns)["time"]
        finally:
            for worker in workers.values():
                worker.close()
        print(", weighing" * memory, file=sys.stderr)
        for key in libraries:
            entry = {"task": name, "name": NAMES.get(name, name), "library": key, "sizes": task._asdict()}
            if key not in losses:
                found.append({**entry, **built[key]})
                continue
            weight = once(__file__, key, threads, "memory", task, device) if memory else math.nan
            found.append({**entry, **summary(times[key]), "memory": weight / 2**20, "losses": losses[key]})
    return found


def compare(name: str, losses: dict[str, list[float]]) -> None:
    """Stop unless all libraries train the same network. Prints by how much they differ."""
    checked = {key: values for key, values in losses.items() if LIBRARIES[key].compares}
    reference = REFERENCE if REFERENCE in checked else next(iter(checked), None)
    if reference is None:
        return
    said = []
    for key, values in checked.items():
        count = LIBRARIES[key].compares
        gaps = [abs(a - b) for a, b in zip(values[:count], checked[reference][:count], strict=True)]
        said.append(f"{LIBRARIES[key].title} {max(gaps):.1e}" + f" (first of {len(values)} losses)" * (count == 1))
        if not all(gap <= TOLERANCE for gap in gaps):  # NaN is no smaller
            raise SystemExit(f"{name}: the losses of {LIBRARIES[key].title}, {values}, are not those of "
                             f"{LIBRARIES[reference].title}, {checked[reference]}: they do not train the same network, "
                             "so their times say nothing")
    print(f"; losses after 0 to 3 steps differ from {LIBRARIES[reference].title}'s by: {', '.join(said)}", end="",
          file=sys.stderr)


def ratios(figures: Figures, what: str) -> dict[tuple[str, str], float]:
    """By network and library, a figure divided by PyTorch's; empty for a network that PyTorch did not run."""
    base = {entry["task"]: entry[what] for entry in figures if entry["library"] == REFERENCE and what in entry}
    return {(entry["task"], entry["library"]): entry[what] / base[entry["task"]] for entry in figures
            if what in entry and entry["task"] in base}


def tables(figures: Figures) -> str:
    """A Markdown table for every network."""
    by_median, by_best = ratios(figures, "median"), ratios(figures, "best")
    out = []
    for task in dict.fromkeys(entry["task"] for entry in figures):
        rows: list[list[Any]] = []
        entries = [entry for entry in figures if entry["task"] == task]
        for entry in entries:
            title, key = LIBRARIES[entry["library"]].title, (task, entry["library"])
            if "not possible" in entry:
                rows.append([f"{title}: not possible, {entry['not possible']}", *["-"] * 5])
            else:
                weight = "-" if math.isnan(entry["memory"]) else f"{entry['memory']:.1f}"
                rows.append([title, entry["median"], entry["best"], by_median.get(key, "-"), by_best.get(key, "-"),
                             weight])
        header = [entries[0]["name"], "median (ms)", "best (ms)", "ratio to PyTorch", "ratio of bests", "peak (MiB)"]
        out.append(table(header, rows))
    return "\n".join(out)


def plot(figures: Figures, path: Path) -> None:
    """Bars of the time of a step, PyTorch's being 1; the matrix products alone in grey."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    found = ratios(figures, "median")
    names = {entry["task"]: entry["name"] for entry in figures if (entry["task"], entry["library"]) in found}
    if not names:
        raise SystemExit("--plot: the picture shows ratios to PyTorch, and it did not run: add torch to --libraries")
    figure = Figure(figsize=(9, 1.2 + 0.22 * (len(found) + len(names))), layout="constrained")
    axes = figure.subplots(len(names), 1, sharex=True, squeeze=False, height_ratios=[
        1 + sum(task == name for task, _ in found) for name in names])[:, 0]
    for axis, (task, title) in zip(axes, names.items(), strict=True):
        bars = {key: value for (name, key), value in found.items() if name == task}
        colours = ["#b8bfc7" if key.startswith("floor") else "#2f6fb7" if key.startswith("tinylm") else "#d4791f"
                   if key.startswith("torch") else "#72b184" for key in bars]
        drawn = axis.barh([LIBRARIES[key].title for key in bars], list(bars.values()), color=colours)
        axis.bar_label(drawn, fmt="%.2f", padding=3, fontsize=8)
        axis.axvline(1, color="#57606a", linewidth=0.8)
        axis.invert_yaxis()
        axis.set_xscale("log", base=2)
        axis.xaxis.set_major_formatter("{x:g}")
        axis.margins(x=0.12)
        axis.set_title(title, fontsize=9, loc="left")
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    axes[-1].set_xlabel("time of a step, PyTorch's being 1 (less is better)", fontsize=9)
    FigureCanvasAgg(figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90)


def some_of(known: dict[str, Any]) -> Any:
    """An option's type: names out of `known`, with commas between."""
    def names(text: str) -> list[str]:
        wrong = [name for name in text.split(",") if name not in known]
        if wrong:
            raise argparse.ArgumentTypeError(f"{', '.join(wrong)}: there are {', '.join(known)}")
        return text.split(",")
    return names


def more(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", type=some_of(TASKS), default=list(TASKS), metavar="NETWORK,...",
                        help=f"some of {', '.join(TASKS)}")
    parser.add_argument("--libraries", type=some_of(LIBRARIES), metavar="NAME,...",
                        help=f"some of {', '.join(LIBRARIES)}")
    parser.add_argument("--device", choices=["cpu", "gpu"], default="cpu", help="gpu: CuPy beside torch.cuda")
    parser.add_argument("--warm-up", type=int, default=3, help="steps before the first measurement (%(default)s)")
    parser.add_argument("--no-memory", dest="memory", action="store_false", help="leave the peak of memory out")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the ratios there, as PNG or SVG")


def main() -> None:
    given = options(__doc__, 15, more)
    if given.worker:
        serve(Runner(given.worker))
        return
    if given.device == "gpu" and (missing := gpu()):
        print(f"No GPU here, so nothing is measured on one: {missing}")
        return
    libraries = given.libraries or (ON_GPU if given.device == "gpu" else list(LIBRARIES))
    figures = measure({name: TASKS[name] for name in given.only}, libraries, given.rounds, given.device,
                      given.warm_up, given.memory)
    title = TITLE + " on a GPU" * (given.device == "gpu")
    print(heading(title) + tables(figures))
    save(title, figures, given.json)
    if given.plot:
        plot(figures, given.plot)


if __name__ == "__main__":
    main()
