"""What the benchmarks share: workers in processes of their own, rounds that take turns, and tables.

A benchmark is a script that is both sides. Started by hand it starts one worker a library (itself again, with
`--worker NAME`), asks them in turn for one measurement after another, and compares the medians. Taking turns
means that a busy moment of the machine hits every library alike; a process each means that no library sees
the threads, the memory or the imports of another.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import importlib.metadata
import json
import os
import platform
import random
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class Worker:
    """A process that measures when asked, so that its imports and warm-up are paid once."""

    def __init__(self, script: str, name: str, threads: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-X", "utf8", script, "--worker", name], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            encoding="utf-8", env=environment(threads))

    def ask(self, *question: Any) -> Any:
        """Send a question and wait for the answer; both are JSON, a line each."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the worker stopped at {question}: see its message above")
        return json.loads(answer)

    def close(self) -> None:
        self.process.communicate()


def environment(threads: int) -> dict[str, str]:
    """This environment, with TinyLM importable and every BLAS held to so many threads."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {**os.environ, **dict.fromkeys(THREADS, str(threads)), "PYTHONPATH": path}


def serve(answer: Callable[..., Any]) -> None:
    """The worker's side: answer questions until there are no more."""
    for line in sys.stdin:
        print(json.dumps(answer(*json.loads(line))), flush=True)


def once(script: str, name: str, threads: int, *question: Any) -> Any:
    """Ask a fresh process one question, as a peak of memory needs it."""
    worker = Worker(script, name, threads)
    try:
        return worker.ask(*question)
    finally:
        worker.close()


def rounds(workers: dict[str, Any], questions: list[Any], count: int) -> dict[Any, dict[str, list[Any]]]:
    """Ask every worker every question, in rounds, each time in another order. Gives answers[question][worker]."""
    answers: dict[Any, dict[str, list[Any]]] = {q: {name: [] for name in workers} for q in questions}
    order = random.Random(0)
    for _ in range(count):
        for question in questions:
            for name in order.sample(sorted(workers), len(workers)):
                answers[question][name].append(workers[name].ask(question))
    return answers


def median(values: list[float]) -> float:
    return statistics.median(values)


def options(description: str | None, count: int,
            more: Callable[[argparse.ArgumentParser], object] = lambda parser: None) -> argparse.Namespace:
    """The command line that all benchmarks have; `more` adds what one of them has beside."""
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=count, help="how often everything is measured (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    more(parser)
    return parser.parse_args()


def peak() -> int:
    """The most memory this process ever had, in bytes."""
    with contextlib.suppress(OSError), open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) * 1024
    if sys.platform == "win32":
        import ctypes
        from ctypes import wintypes

        class Counters(ctypes.Structure):
            _fields_ = [("cb", wintypes.DWORD), ("faults", wintypes.DWORD), ("peak", ctypes.c_size_t),
                        *((f"other{k}", ctypes.c_size_t) for k in range(7))]
        counters = Counters(cb=ctypes.sizeof(Counters))
        process = ctypes.windll.kernel32.GetCurrentProcess
        process.restype = wintypes.HANDLE
        read = ctypes.windll.psapi.GetProcessMemoryInfo
        read.argtypes = [wintypes.HANDLE, ctypes.POINTER(Counters), wintypes.DWORD]
        read(process(), ctypes.byref(counters), counters.cb)
        return int(counters.peak)
    import resource
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def reset_peak() -> None:
    """Let `peak` count from what the process has now, where the system can (Linux); elsewhere it counts on."""
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def has_torch() -> bool:
    return any(d.metadata["Name"] == "torch" for d in importlib.metadata.distributions())


def about() -> dict[str, Any]:
    """What the figures were measured on."""
    versions = {"python": platform.python_version()}
    for package in ("numpy", "torch"):
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = "missing"
    return {"date": datetime.date.today().isoformat(), "system": platform.system(), "machine": platform.machine(),
            "cores": os.cpu_count(), **versions}


def report(title: str, header: list[str], rows: list[list[Any]], figures: Any, to: Path | None) -> None:
    """Print a Markdown table under what it was measured on, and write the figures as JSON if asked."""
    print(heading(title) + table(header, rows))
    save(title, figures, to)


def heading(title: str) -> str:
    """The title, and what the figures below it were measured on."""
    return f"## {title}\n\n" + ", ".join(f"{key} {value}" for key, value in about().items()) + "\n\n"


def table(header: list[str], rows: list[list[Any]]) -> str:
    """A Markdown table: the first column to the left, figures to the right."""
    cells = [header, *[[f"{c:.2f}" if isinstance(c, float) else str(c) for c in row] for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = ["| " + " | ".join(c.ljust(w) if i == 0 else c.rjust(w)
                               for i, (c, w) in enumerate(zip(row, widths, strict=True))) + " |" for row in cells]
    rule = "|" + "|".join("-" * (w + 2) if i == 0 else "-" * (w + 1) + ":" for i, w in enumerate(widths)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]]) + "\n"


def save(title: str, figures: Any, to: Path | None) -> None:
    """Write the figures as JSON, under what they were measured on, if asked."""
    if to is not None:
        text = json.dumps({"title": title, "about": about(), "figures": figures}, indent=2)
        to.write_text(text + "\n", encoding="utf-8")
