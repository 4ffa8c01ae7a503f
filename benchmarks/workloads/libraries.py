"""Which libraries there are, and a worker's side: build a network, check it, time its steps, take its memory."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from time import perf_counter, sleep
from typing import Any, NamedTuple

from common import median, peak, reset_peak

from .tasks import NotPossible, Step, Task, batches, given, initial

CHECKED = 4  # losses that are compared: before each of three steps, and after them
TURN = 0.25  # seconds of steps in a turn, at least one step and at most MOST
MOST = 25
PAUSE = 0.05  # seconds before a turn, in which the threads of the one before stop waiting for work


class Library(NamedTuple):
    """How a library is called in tables, which file here knows it, and in which of its ways it runs."""

    title: str
    module: str
    variant: str
    package: str  # what to install
    compares: int = CHECKED  # how many of its losses are PyTorch's


LIBRARIES = {
    "tinylm": Library("TinyLM", "in_tinylm", "", "tinylm"),
    "tinylm-compiled": Library("TinyLM, compiled", "in_tinylm", "compiled", "numba"),
    "tinylm-one-worker": Library("TinyLM, one worker", "in_tinylm", "one worker", "tinylm"),
    "tinylm-unfused": Library("TinyLM, unfused", "in_tinylm", "unfused", "tinylm"),
    "torch": Library("PyTorch", "in_torch", "", "torch"),
    "torch-compiled": Library("PyTorch, compiled", "in_torch", "compiled", "torch"),
    "mygrad": Library("MyGrad", "in_mygrad", "", "mygrad"),
    "autograd": Library("HIPS autograd", "in_autograd", "", "autograd"),
    "dezero": Library("DeZero", "in_dezero", "", "dezero", compares=1),  # after that its single biases differ
    "floor-numpy": Library("matrix products, NumPy", "floor", "NumPy", "numpy", compares=0),
    "floor-torch": Library("matrix products, PyTorch", "floor", "PyTorch", "torch", compares=0),
}


class Runner:
    """One network in one library, in a process of its own."""

    def __init__(self, key: str) -> None:
        self.library = LIBRARIES[key]
        self.run: Callable[[], float] = lambda: 0.0
        self.clock: Callable[[Callable[[], float]], float] = by_the_clock
        self.count = 1

    def __call__(self, what: str, *more: Any) -> Any:
        """Answer a question: "build" gives losses, "time" seconds, "memory" bytes; or {"not possible": why}."""
        try:
            return getattr(self, what)(*more)
        except NotPossible as reason:
            return {"not possible": str(reason)}

    def build(self, task: Any, device: str, warm_up: int) -> list[float]:
        """Build the network and give the losses of its first steps; warm up, and see how many steps fill a turn."""
        self._prepare(given(task), device)
        losses = [self.run() for _ in range(CHECKED)]
        for _ in range(warm_up):
            self.run()
        self.clock = clock(device, self.library.module, self.library.variant)
        once = min(self.clock(self.run) for _ in range(2))
        self.count = max(1, min(MOST, int(TURN / max(once, 1e-9))))
        return losses

    def time(self) -> list[float]:
        """The seconds of each step of a turn; the first step finds the caches cold, and is not counted."""
        sleep(PAUSE)
        self.run()
        return [self.clock(self.run) for _ in range(self.count)]

    def memory(self, task: Any, device: str) -> int:
        """The peak of memory in the first steps, above what was there after the imports and with the batches made.

        Parts of a library are loaded at its first step: so a network of nearly nothing has one before.
        """
        self._prepare(smallest(given(task)), device)
        self.run()
        before = self._prepare(given(task), device)
        for _ in range(CHECKED):
            self.run()
        return memory_of(device, self.library) - before

    def _prepare(self, task: Task, device: str) -> int:
        """Set `run`; gives the memory before the network was built."""
        try:
            module = importlib.import_module(f"workloads.{self.library.module}")
            if self.library.variant == "PyTorch":
                importlib.import_module("torch")
        except ImportError as error:
            if self.library.package == "tinylm":
                raise
            raise NotPossible(f"does not import: {error}") from error
        weights, data = initial(task), batches(task)
        reset_peak()
        before = memory_of(device, self.library)
        step: Step = module.build(task, weights, self.library.variant, device)
        place = iter(range(10**9))

        def run() -> float:
            inputs, targets = data[next(place) % len(data)]
            return step(inputs, targets)

        self.run = run
        return before


def smallest(task: Task) -> Task:
    """The same kind of network in its smallest size."""
    return task._replace(batch=2, time=2, vocabulary=4, embedding=4, hidden=4, layers=1, width=2 * task.heads,
                         widths=(4, 4))


def by_the_clock(run: Callable[[], float]) -> float:
    start = perf_counter()
    run()
    return perf_counter() - start


def clock(device: str, module: str, variant: str) -> Callable[[Callable[[], float]], float]:
    """What times a step: the clock, or on a GPU two of its own events around the step."""
    if device == "cpu":
        return by_the_clock
    if module == "in_torch" or variant == "PyTorch":
        import torch
        new: Any = lambda: torch.cuda.Event(enable_timing=True)
        between: Any = lambda start, end: start.elapsed_time(end)
    else:
        import cupy
        new, between = cupy.cuda.Event, cupy.cuda.get_elapsed_time

    def timed(run: Callable[[], float]) -> float:
        start, end = new(), new()
        start.record()
        run()
        end.record()
        end.synchronize()
        return float(between(start, end)) / 1e3

    return timed


def memory_of(device: str, library: Library) -> int:
    """The peak of the process so far; on a GPU, of what the library's pool took from the device."""
    if device == "cpu":
        return peak()
    if library.module == "in_torch" or library.variant == "PyTorch":
        import torch
        return int(torch.cuda.max_memory_reserved())
    import cupy
    return int(cupy.get_default_memory_pool().total_bytes())


def gpu() -> str:
    """Why no GPU can be used here; empty where one can."""
    from tinylm.backend import device
    try:
        device("gpu")
    except RuntimeError as error:
        return str(error)
    return ""


def summary(times: list[list[float]]) -> dict[str, float]:
    """Milliseconds from the seconds of many turns."""
    all_of_them = [seconds * 1e3 for turn in times for seconds in turn]
    return {"median": median(all_of_them), "best": min(all_of_them), "steps": len(all_of_them)}
