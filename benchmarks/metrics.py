"""Metrics beside scikit-learn's: seconds for the curves and areas of a million scores, medians of rounds."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from functools import cache
from time import perf_counter
from typing import Any

import numpy as np
from common import Worker, median, options, report, rounds, serve

SIZE = 1_000_000
SCORES = {"distinct": "all distinct", "tied": "1,000 distinct"}
TASKS = ("roc_curve", "roc_auc", "precision_recall_curve", "average_precision")


@cache
def scores(name: str) -> tuple[np.ndarray, np.ndarray]:
    """A million of two classes, with scores that tell them apart somewhat."""
    random = np.random.default_rng(0)
    true = random.integers(0, 2, SIZE)
    score = random.random(SIZE) + 0.5 * true
    return true, score if name == "distinct" else (score * 1000 / 1.5).round() / 1000


def functions(library: str) -> list[Callable[..., Any]]:
    if library == "TinyLM":
        from tinylm import metrics

        return [getattr(metrics, task) for task in TASKS]
    import sklearn.metrics

    return [getattr(sklearn.metrics, task if task.endswith("curve") else f"{task}_score") for task in TASKS]


def answers(library: str) -> Callable[[str], list[float]]:
    """The worker's side: the seconds of every task on the same scores, one after the other."""
    tasks = functions(library)

    def answer(name: str) -> list[float]:
        true, score = scores(name)
        seconds = []
        for task in tasks:
            start = perf_counter()
            task(true, score)
            seconds.append(perf_counter() - start)
        return seconds

    return answer


def main() -> None:
    given = options(__doc__, count=9)
    if given.worker:
        serve(answers(given.worker))
        return
    names = ["TinyLM"]
    if any(d.metadata["Name"] == "scikit-learn" for d in importlib.metadata.distributions()):
        names.append("scikit-learn")
    workers = {name: Worker(__file__, name, threads=2) for name in names}
    for worker in workers.values():
        for name in SCORES:
            worker.ask(name)  # warms up
    found = rounds(workers, list(SCORES), given.rounds)
    for worker in workers.values():
        worker.close()
    rows, figures = [], []
    for name, described in SCORES.items():
        for place, task in enumerate(TASKS):
            times = {who: median([took[place] for took in found[name][who]]) for who in names}
            figures.append({"scores": name, "task": task, "seconds": times})
            ratio = [times["TinyLM"] / times["scikit-learn"]] if len(names) > 1 else []
            rows.append([f"{task}, {described}", *(f"{times[who]:.3f}" for who in names), *ratio])
    header = ["a million scores (s)", *names, *["ratio"] * (len(names) - 1)]
    report("Metrics", header, rows, figures, given.json)


if __name__ == "__main__":
    main()
