"""Where the time of a step goes: TinyLM's operations, forward and backward, and the optimizer, beside the floor.

One worker, so that the figures add up, with as many threads for the matrix products as training.py gives. What is not
in an operation is the engine, the models and the interpreter.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

from common import heading, once, options, save, serve, table
from workloads import floor
from workloads.tasks import NAMES, TASKS, Task, batches, initial

THREADS = 2
SHOWN = 6  # operations, by what they take
TITLE = "Where the time of a step goes"


def answer(question: str, task: list[Any], turns: int) -> dict[str, Any]:
    """Milliseconds: the whole step, the matrix products alone, the optimizer, and each operation."""
    from workloads import in_tinylm
    from workloads.tasks import given

    import tinylm as tl
    from tinylm import models, nn, optim
    from tinylm.memory import kept_memory
    from tinylm.shards import Shards

    task = given(task)
    model = in_tinylm.model_of(task)
    model.load_state_dict(initial(task))
    loss = nn.cross_entropy if task.kind == "mlp" else models.next_token_loss
    optimizer, shards = optim.AdamW(model.parameters()), Shards(model, loss, lambda targets: int(targets.size), 1)
    data = [(tl.Tensor(x) if x.dtype.kind == "f" else x, y) for x, y in batches(task)]

    def gradients(number: int) -> Any:
        return shards.gradients(optimizer.params, [data[number % len(data)]], 0, number)

    with kept_memory(), shards, tl.compiled(question == "compiled"):
        seconds: list[tuple[float, float]] = []
        for number in range(turns + 3):
            began = time.perf_counter()
            found = gradients(number)
            between = time.perf_counter()
            optimizer.step(found.found, shards.each)
            seconds.append((time.perf_counter() - began, time.perf_counter() - between))
        with tl.profile() as profile:
            for number in range(turns):
                gradients(number)
    products = floor.build(task, {})
    alone = []
    for _ in range(turns):
        began = time.perf_counter()
        products(*data[0])
        alone.append(time.perf_counter() - began)
    step, update = (1e3 * statistics.median(column) for column in zip(*seconds[3:], strict=True))
    return {"step": step, "optimizer": update, "products": 1e3 * statistics.median(alone),
            "operations": {f"{name}, {'backward' if backward else 'forward'}": 1e3 * operation.seconds / turns
                           for (name, backward), operation in profile.operations.items()}}


def rows_of(task: Task, kind: str, turns: int) -> tuple[dict[str, Any], list[list[Any]]]:
    """What a fresh process measured, and a table of it."""
    found = once(__file__, kind, THREADS, kind, task, turns)
    largest = sorted(found["operations"].items(), key=lambda pair: -pair[1])[:SHOWN]
    named = [("the matrix products alone", found["products"]), *largest, ("AdamW", found["optimizer"])]
    rest = found["step"] - sum(value for _, value in named[1:])
    rows = [[name, value, f"{value / found['step']:.0%}"] for name, value in (*named, ("all else", rest))]
    return found, [["the whole step", found["step"], "100%"], *rows]


def main() -> None:
    given = options(__doc__, 20)
    if given.worker:
        serve(answer)
        return
    print(heading(TITLE))
    figures = []
    for name, task in TASKS.items():
        for kind in ("NumPy", "compiled"):
            found, rows = rows_of(task, kind, given.rounds)
            figures.append({"task": name, "kernels": kind, **found})
            print(table([f"{NAMES[name]}, {kind}", "ms", "share"], rows), flush=True)
    save(TITLE, figures, given.json)


if __name__ == "__main__":
    main()
