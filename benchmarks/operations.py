"""What recording costs: microseconds an operation, forward and backward, in chains of small ones.

The arrays are 4 × 4, so nearly all of the time is the engine's own. Every chain starts at a leaf, ends in a sum,
and is differentiated with respect to all leaves; "backward" includes letting go of the graph.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from common import Worker, has_torch, median, options, report, rounds, serve

LENGTH = 1_000  # operations in a chain, unless the case says otherwise
OPERATIONS = {"tanh": 1, "negative": 1, "multiply by a leaf": 1, "add a leaf": 1, "multiply by 1.01": 1,
              "tanh(h * w + b)": 3}
LADDERS = {"chain 1,000": 1_000, "chain 10,000": 10_000, "chain 100,000": 100_000, "ladder of 1,000 diamonds": 3_000,
           "ladder of 10,000 diamonds": 30_000}


def steps(tanh: Callable[[Any], Any], w: Any, b: Any) -> dict[str, Callable[[Any], Any]]:
    """One link of each chain, written the same for both libraries."""
    return {
        "tanh": tanh,
        "negative": lambda h: -h,
        "multiply by a leaf": lambda h: h * w,
        "add a leaf": lambda h: h + w,
        "multiply by 1.01": lambda h: h * 1.01,
        "tanh(h * w + b)": lambda h: tanh(h * w + b),
        "chain": tanh,
        "ladder": lambda h: -h + h * 0.5,  # both paths of a diamond come from h
    }


def worker(library: str) -> None:
    """Measure in this process: seconds an operation of (forward, backward)."""
    x0, w0, b0 = (np.full((4, 4), value, np.float32) for value in (0.5, 0.9, 0.1))
    leaf: Callable[[np.ndarray], Any]
    if library == "TinyLM":
        import tinylm as tl
        leaf, tanh = lambda array: tl.Tensor(array, requires_grad=True), np.tanh
    else:
        import torch
        torch.set_num_threads(int(library[-1]))
        leaf, tanh = lambda array: torch.tensor(array, requires_grad=True), torch.tanh
    links = steps(tanh, leaf(w0), leaf(b0))

    def measure(case: str) -> tuple[float, float]:
        step = links.get(case) or links[case.partition(" ")[0]]
        operations = OPERATIONS[case] * LENGTH if case in OPERATIONS else LADDERS[case]
        links_made = operations // 3 if "ladder" in case or case == "tanh(h * w + b)" else operations
        gc.collect()  # what earlier cases left behind is not this one's
        x = leaf(x0)
        start = time.perf_counter()
        h = x
        for _ in range(links_made):
            h = step(h)
        loss = h.sum()
        middle = time.perf_counter()
        loss.backward()
        del h, loss
        end = time.perf_counter()
        assert x.grad is not None
        return (middle - start) / operations, (end - middle) / operations

    for case in OPERATIONS:
        measure(case)
    serve(measure)


def summary(pairs: list[tuple[float, float]]) -> dict[str, float]:
    """Microseconds an operation, from seconds in many rounds."""
    both = [(forward + backward) * 1e6 for forward, backward in pairs]
    return {"forward": median([forward * 1e6 for forward, _ in pairs]),
            "backward": median([backward * 1e6 for _, backward in pairs]), "both": median(both), "least": min(both)}


def main() -> None:
    given = options(__doc__, count=21)
    if given.worker:
        worker(given.worker)
        return
    libraries = ["TinyLM"] + ["PyTorch, threads 2", "PyTorch, threads 1"] * has_torch()
    workers = {name: Worker(__file__, name, threads=1 if name.endswith("1") else 2) for name in libraries}
    answers = rounds(workers, list(OPERATIONS), given.rounds)
    answers |= rounds(workers, list(LADDERS), max(given.rounds // 4, 3))
    for one in workers.values():
        one.close()
    micro = {case: {name: summary(pairs) for name, pairs in by_library.items()} for case, by_library in answers.items()}
    rows = []
    for case, by_library in micro.items():
        ours = by_library["TinyLM"]
        row: list[Any] = [case, ours["forward"], ours["backward"], ours["both"]]
        for name in libraries[1:]:
            row += [by_library[name]["both"], ours["both"] / by_library[name]["both"]]
        rows.append(row)
    header = ["case (µs an operation)", "forward", "backward", "TinyLM"]
    for name in libraries[1:]:
        header += [name, "ratio"]
    report("Cost of an operation", header, rows, micro, given.json)


if __name__ == "__main__":
    main()
