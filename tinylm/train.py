"""Training: take a batch, follow the gradient, look at held-out data now and then, until the time is over."""

from __future__ import annotations

import csv
import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from .nn import Module
from .optim import Optimizer, warmup_cosine
from .tensor import grad, no_grad

Batch = tuple[Any, Any]  # what goes into the model, and what should come out


class Unit(NamedTuple):
    """In which unit a loss is shown: its name, and how much of it one unit of the loss is."""

    name: str
    scale: float


LOSS = Unit("loss", 1.0)
BITS_PER_CHARACTER = Unit("bits per character", 1 / math.log(2))


class Trainer:
    """Trains any model with any loss.

    model      called with the inputs of a batch
    loss       loss(model(inputs), targets): the mean over the targets, a single number
    optimizer  over the model's parameters; the learning rates of its groups at the start are the highest ones
    batches    batches(step) → (inputs, targets), the same for the same step
    held_out   batches that are never trained on, only scored
    schedule   the factor on the learning rate, by how much of the training is done (0 to 1)
    unit       how losses are shown
    log        a CSV file to write, a row for every evaluation

    After `fit`, `steps` says how many were taken, and `interrupted` whether Ctrl-C ended it early.
    """

    def __init__(
        self, model: Module, loss: Callable[[Any, Any], Any], optimizer: Optimizer, batches: Callable[[int], Batch],
        held_out: Sequence[Batch] = (), schedule: Callable[[float], float] = warmup_cosine, unit: Unit = LOSS,
        log: str | Path | None = None,
    ) -> None:
        self.model, self.loss, self.optimizer, self.batches = model, loss, optimizer, batches
        self.held_out, self.schedule, self.unit, self.log = held_out, schedule, unit, log
        self.highest_lrs = [group["lr"] for group in optimizer.param_groups]
        self.steps, self.interrupted = 0, False

    def fit(self, steps: int | None = None, minutes: float | None = None, evaluations: int = 20,
            part: int = 4) -> float:
        """Train for so many steps, or minutes, or whichever ends first; gives the loss on all held-out data, in `unit`.

        evaluations  how often to look at held-out data on the way
        part         how many held-out batches to look at then, spread evenly; in the end it is all of them

        By steps alone, a run can be repeated exactly. By time it does as much as the machine can; since the
        schedule follows the clock too, the learning rate comes down in any case.
        Raises FloatingPointError, before that step's update, when the loss is no longer a finite number.
        """
        if steps is None and minutes is None:
            raise ValueError("fit: say how long, in steps or in minutes")
        if not all(length is None or length >= 0 for length in (steps, minutes)):
            raise ValueError(f"fit: {steps} steps and {minutes} minutes: neither can be negative")
        some = self.held_out[::max(1, len(self.held_out) // part)]
        shown = (math.nan, self.evaluate(some))
        losses: list[float] = []
        began, due, done = time.monotonic(), 1 / evaluations, 0.0

        def when() -> list[Any]:
            return [self.steps, f"{time.monotonic() - began:.2f}", f"{self.optimizer.lr:.3g}"]

        with self._log() as write, self._bar() as bar, _stop_after_step() as stop:
            while (done := self._progress(steps, minutes, began)) < 1 and not stop.is_set():
                for group, highest in zip(self.optimizer.param_groups, self.highest_lrs, strict=True):
                    group["lr"] = highest * self.schedule(done)
                losses.append(self._step())
                if done >= due or self.steps == 1:
                    due = (math.floor(done * evaluations) + 1) / evaluations
                    training = sum(losses) / len(losses) * self.unit.scale
                    shown = (training, self.evaluate(some))
                    write([*when(), *(f"{value:.5f}" for value in shown)])
                    losses.clear()
                bar(done, shown)
            bar(1.0 if done >= 1 else done, shown)
            self.interrupted = stop.is_set()
            final = self.evaluate(self.held_out)
            write([*when(), "", f"{final:.5f}"])  # in the column "training": nothing
        return final

    def _progress(self, steps: int | None, minutes: float | None, began: float) -> float:
        """How much of the training is done, 0 to 1: by steps, by the clock, or by what is further."""
        by_steps = self.steps / steps if steps else float(steps == 0)
        by_clock = (time.monotonic() - began) / (60 * minutes) if minutes else float(minutes == 0)
        return max(by_steps, by_clock)

    def _step(self) -> float:
        """One update; gives the loss before it."""
        inputs, targets = self.batches(self.steps)
        loss = self.loss(self.model(inputs), targets)
        value = float(loss.item())
        if not math.isfinite(value):
            raise FloatingPointError(
                f"step {self.steps}: the loss is {value}. The learning rate ({self.optimizer.lr:.3g}) may be too "
                "high, or the data may hold NaN; `with tl.detect_anomaly():` around the training names the "
                "first operation that made it"
            )
        self.optimizer.step(grad(loss, self.optimizer.params))
        self.steps += 1
        return value

    def evaluate(self, batches: Sequence[Batch]) -> float:
        """The mean loss over every target of `batches`, in `unit`; NaN where there are none."""
        total, count = 0.0, 0
        with no_grad():
            for inputs, targets in batches:
                total += self.loss(self.model(inputs), targets).item() * targets.size
                count += targets.size
        return total / count * self.unit.scale if count else math.nan

    @contextmanager
    def _bar(self) -> Iterator[Callable[[float, tuple[float, float]], None]]:
        """A progress bar: call it with how much is done, and the training and held-out loss."""
        from tqdm import tqdm

        form = "{percentage:3.0f}% |{bar:24}| {elapsed}<{remaining}  {desc}"
        with tqdm(total=100, bar_format=form, file=sys.stderr) as bar:
            def show(done: float, losses: tuple[float, float]) -> None:
                training, held_out = (f"{loss:.3f}" if math.isfinite(loss) else "-" for loss in losses)
                described = f"step {self.steps}, training {training}, held out {held_out} {self.unit.name}"
                bar.set_description_str(described, refresh=False)
                bar.update(min(100 * done, 100) - bar.n)
            yield show

    @contextmanager
    def _log(self) -> Iterator[Callable[[list[Any]], None]]:
        """The CSV file, if one is wanted: call it with a row."""
        if self.log is None:
            yield lambda row: None
            return
        Path(self.log).parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["step", "seconds", "lr", "training", "held_out"])

            def write(row: list[Any]) -> None:
                rows.writerow(row)
                file.flush()
            yield write


@contextmanager
def _stop_after_step() -> Iterator[threading.Event]:
    """Inside, the first Ctrl-C sets the event, so that the step can be finished; the second one stops at once."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # only the main thread is told of signals
        yield stop
        return

    def ask(number: int, frame: Any) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
