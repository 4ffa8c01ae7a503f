"""A step on several threads: each takes some rows of the batch, and their gradients are added up.

The gradient of a batch is the sum over its shards of theirs, each weighted by its share of the targets that count. A
thread runs its own forward and backward; NumPy lets go of the interpreter's lock while it computes, and matrix
products are held to one thread each, so that the threads do not fight over the cores. The sum is taken in the order
of the rows, so the same number of workers gives the same bits.
"""

from __future__ import annotations

import contextvars
import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from typing import Any

from .batched import Batch, Gradients, Part, Sum, add_parts
from .kernels import compiled
from .nn import Module
from .tensor import Tensor

ENOUGH = 160_000_000
"""n workers pay where weights times positions are at least this times n²: what they compute is divided by n, but what
the interpreter does for each of them, it does for one after the other."""


class Shards:
    """Takes the gradient of a batch on `workers` threads, with the same result as on one, to rounding.

    model    rows of its inputs must not depend on each other: a Module with `splits = False` inside refuses
    loss     loss(model(inputs), targets): the mean over the targets that count
    count    how many of the targets count
    workers  how many threads; None for `suitable`, and `each` then has a thread for every core whatever that says

    Inside `with shards:` the threads are kept, and matrix products held to one thread each if there are several
    workers; outside, the shards are taken one after the other, which gives the same numbers.

    Raises ValueError where several workers are asked for, and model or loss cannot be split, or stand on a GPU.
    """

    def __init__(self, model: Module, loss: Callable[[Any, Any], Any], count: Callable[[Any], int],
                 workers: int | None = None) -> None:
        if workers is not None and workers < 1:
            raise ValueError(f"workers={workers}: it takes at least 1 thread to train")
        if workers is not None and workers > 1 and (reason := unsplittable(model, loss)):
            raise ValueError(f"workers={workers}: {reason}; take workers=1")
        self.model, self.loss, self.count, self.workers = model, loss, count, workers
        self.threads = workers or 1
        self._pool: ThreadPoolExecutor | None = None
        self._stack = ExitStack()
        self._sums: list[Sum] = []

    def decide(self, batches: Callable[[int], Batch]) -> int:
        """How many workers there are: as asked for, or from now on as suits batches like the first one."""
        if self.workers is None:
            self.workers = suitable(self.model, self.loss, batches(0))
            on_cpu = all(parameter.device == "cpu" for parameter in self.model.parameters())
            self.threads = max(self.workers, cores()) if on_cpu else 1
        return self.workers

    def __enter__(self) -> Shards:
        if self.workers is not None and self.workers > 1:
            from threadpoolctl import threadpool_limits

            self._stack.enter_context(threadpool_limits(1, user_api="blas"))
        if self.threads > 1:
            self._pool = self._stack.enter_context(ThreadPoolExecutor(self.threads - 1, "tinylm"))
        return self

    def __exit__(self, *exception: object) -> None:
        self._pool = None
        self._stack.close()

    def gradients(self, params: Sequence[Tensor], batches: Sequence[Batch], seed: int, step: int) -> Gradients:
        """The loss over all `batches` as if they were one, and its gradient.

        The gradients share one flat array, which the next call overwrites. Raises ValueError where no target counts;
        an error in a worker arrives here as it was, once the others are done.
        """
        workers = self.decide(batches.__getitem__)
        shares: list[list[Part]] = [[] for _ in range(workers)]
        row = 0
        for inputs, targets in batches:
            rows = targets.shape[0] if targets.shape else 1
            for share, (start, stop) in zip(shares, cuts(rows, workers), strict=False):
                wanted = rows_of(targets, rows, start, stop)
                share.append(Part(rows_of(inputs, rows, start, stop), wanted, self.count(wanted), row + start))
            row += rows
        total = sum(part.weight for share in shares for part in share)
        if not total:
            raise ValueError(f"step {step}: the batch has no target that counts")
        places = [(parameter._node, parameter._output) for parameter in params]
        if len(self._sums) != workers or self._sums[0].places != places:
            self._sums = [Sum(params) for _ in range(workers)]

        def work(place: int) -> None:
            add_parts(self._sums[place].clear(), self.model, self.loss, shares[place], total, seed, step)

        self.each(work, range(workers))
        first, *others = self._sums
        for other in others:
            first.join(other)
        if not all(first.used):
            self._refuse_unused([p for p, used in zip(params, first.used, strict=True) if not used])
        return Gradients(first.loss, first.found(), total)

    def _refuse_unused(self, unused: list[Tensor]) -> None:
        name = next((name for name, tensor in self.model.named_parameters() if tensor is unused[0]), "a parameter")
        raise RuntimeError(f"the loss does not depend on {name}, of shape {unused[0].shape}. Was it used, and not "
                           "detached on the way? What is not to be trained is not given to the optimizer")

    def each(self, work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
        """work(item) for every item, on the threads; the results stand in the order of the items.

        Each sees this thread's switches (`no_grad`, `fused`, the device) as they stand now. An error is raised as it
        was, once nothing runs any more.
        """
        def some(place: int) -> list[Any]:
            return [work(item) for item in items[place::stripes]]

        pool = self._pool
        stripes = 1 if pool is None else max(1, min(self.threads, len(items)))
        futures: list[Future[Any]] = []
        try:
            if pool is not None:
                futures += [pool.submit(contextvars.copy_context().run, some, place) for place in range(1, stripes)]
            results = [contextvars.copy_context().run(some, 0), *(future.result() for future in futures)]
        finally:
            wait(futures)
        return [results[place % stripes][place // stripes] for place in range(len(items))]


def cuts(rows: int, workers: int) -> list[tuple[int, int]]:
    """Where to cut: shards as even as they can be, and none of them empty."""
    shards = max(1, min(rows, workers))
    return [(rows * k // shards, rows * (k + 1) // shards) for k in range(shards)]


def rows_of(value: Any, rows: int, start: int, stop: int) -> Any:
    """Some rows of all arrays and Tensors in `value`, which may be nested in tuples, lists and dicts.

    Raises ValueError for an array whose first axis is not that of the rows.
    """
    if (start, stop) == (0, rows):
        return value
    if isinstance(value, dict):
        return {name: rows_of(part, rows, start, stop) for name, part in value.items()}
    if isinstance(value, (tuple, list)):
        parts = [rows_of(part, rows, start, stop) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    shape = getattr(value, "shape", None)
    if not shape or shape[0] != rows:
        raise ValueError(f"a batch of {rows} targets cannot be cut into shards: its inputs hold "
                         f"{type(value).__name__ if shape is None else f'an array of shape {shape}'}, whose first axis "
                         "is not that of the targets; take workers=1")
    return value[start:stop]


def unsplittable(model: Module, loss: Any = None) -> str | None:
    """Why the model cannot be trained on several threads, or None where it can."""
    modules = [*model.named_modules(), *(loss.named_modules() if isinstance(loss, Module) else [])]
    for name, module in modules:
        if not getattr(module, "splits", True):
            where = f" ({name})" if name else ""
            return f"{type(module).__name__}{where} mixes the rows of a batch, so it cannot be split over workers"
    if any(parameter.device != "cpu" for parameter in model.parameters()):
        return "the model is on a GPU, which computes all rows at once"
    return None


def suitable(model: Module, loss: Any, batch: Batch) -> int:
    """As many workers as there are cores, rows, and `ENOUGH` work for them; 1 for what cannot be split.

    A fixed rule rather than a measurement, so that the same run decides the same way when it is repeated.
    """
    inputs, targets = batch
    if unsplittable(model, loss) or not targets.shape:
        return 1
    rows = targets.shape[0]
    try:
        rows_of(inputs, rows, 0, 0)
    except ValueError:
        return 1
    ids = inputs.size if hasattr(inputs, "dtype") and inputs.dtype.kind in "iu" else 0
    work = sum(parameter.size for parameter in model.parameters()) * max(targets.size, ids)
    return max(1, min(cores(), rows, math.isqrt(work // ENOUGH)))


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads(workers: int) -> dict[str, int]:
    """What the last bits of a training hang on: the workers, the threads that share a matrix product, and whether
    compiled kernels run (1) or NumPy alone (0)."""
    from threadpoolctl import threadpool_info

    pools = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    with compiled(None) as kernels:
        return {"workers": workers, "blas_threads": 1 if workers > 1 else max(pools, default=1),
                "compiled": int(kernels)}
