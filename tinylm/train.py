"""Training: take a batch, follow the gradient, look at held-out data now and then, until the time is over."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from . import snapshots
from .backend import Array
from .batched import Batch, Gradients
from .graph import detect_anomaly, no_grad
from .interrupt import stop_after_step
from .kernels import compiled
from .lock import locked
from .logs import BITS_PER_CHARACTER, LOSS, Bar, Log, Row, Unit, csv_log, tensorboard, tensorboard_log
from .memory import kept_memory
from .nn import Module
from .optim import Optimizer, clip_grad_norm_, warmup_cosine
from .optim.gradients import side_by_side
from .plot import plot_losses
from .shards import Shards, threads

__all__ = ["BITS_PER_CHARACTER", "LOSS", "Trainer", "Unit"]


@dataclass
class State:
    """Where a training is: with weights and the optimizer's memory, all that the rest of it depends on."""

    steps: int = 0
    seconds: float = 0.0
    due: float = 0.0  # how much is done when the next evaluation is due, 0 to 1
    total: float = 0.0  # the sum of the losses since the last evaluation
    count: int = 0  # and how many they are
    best: float = math.inf  # the best held-out loss
    bad: int = 0  # how many evaluations ago it was
    rows: int = 0  # in the log


class Trainer:
    """Trains any model with any loss.

    model       called with the inputs of a batch
    loss        loss(model(inputs), targets): the mean over the targets, a single number
    optimizer   over the model's parameters; the learning rates of its groups at the start are the highest ones
    batches     batches(number) → (inputs, targets), the same for the same number, which counts from 0
    held_out    batches that are never trained on, only scored
    schedule    the factor on the learning rate, by how much of the training is done (0 to 1)
    unit        how losses are shown
    log         a CSV file to write, a row for every evaluation
    folder      where the run is kept: log.csv, loss.png, and snapshots to resume from, one a minute
    accumulate  how many batches make one step: as if they were one large batch, in the memory of a small one
    clip        the longest the gradient of all weights together may be; longer ones are cut to it
    patience    stop after so many evaluations without a better held-out loss, and take the weights that had the best
    seed        of dropout
    sample      called at a quarter, a half and three quarters of the way; the text that it gives is shown
    events      a folder for TensorBoard's log
    count       how many of the targets count in the loss (default: all)
    workers     threads that share every batch by its rows, with one thread each for matrix products (default: the
                cores there are, where the work is enough for them; 1 for models that `splits = False` says cannot)

    Whatever is drawn at random hangs on the seed and the step alone, so a run that was resumed ends with the same
    bits as one that was never stopped, by steps, on the same machine with the same number of threads.

    After `fit`, `steps` says how many were taken, and `interrupted` whether Ctrl-C ended it early.
    """

    save_every = 60.0
    """Seconds from snapshot to snapshot."""

    def __init__(
        self, model: Module, loss: Callable[[Any, Any], Any], optimizer: Optimizer, batches: Callable[[int], Batch],
        held_out: Sequence[Batch] = (), schedule: Callable[[float], float] = warmup_cosine, unit: Unit = LOSS,
        log: str | Path | None = None, *, folder: str | Path | None = None, accumulate: int = 1,
        clip: float | None = None, patience: int | None = None, seed: int = 0,
        sample: Callable[[], str] | None = None, events: str | Path | None = None,
        count: Callable[[Any], int] = lambda targets: int(targets.size), workers: int | None = None,
    ) -> None:
        if accumulate < 1:
            raise ValueError(f"Trainer: accumulate={accumulate} batches make no step; it is at least 1")
        if clip is not None and not clip > 0:
            raise ValueError(f"Trainer: clip={clip} lets no gradient through; it is above 0")
        if patience is not None and (patience < 1 or not held_out):
            raise ValueError(f"Trainer: patience={patience} counts evaluations of held-out data: it is at least 1, and "
                             "needs held_out batches")
        self.model, self.loss, self.optimizer, self.batches = model, loss, optimizer, batches
        self.held_out, self.schedule, self.unit, self.sample, self.count = held_out, schedule, unit, sample, count
        self.folder = None if folder is None else Path(folder)
        self.log = self.folder / "log.csv" if self.folder and log is None else log
        self.accumulate, self.clip, self.patience, self.seed = accumulate, clip, patience, seed
        self.events = events
        self.workers, self._shards = workers, Shards(model, loss, count, workers)
        if events is not None:
            tensorboard()  # if it is missing, say so before anything is begun
        self.highest_lrs = [group["lr"] for group in optimizer.param_groups]
        self.interrupted = False
        self._state = State()
        self._best: dict[str, np.ndarray] = {}
        self._saved = -1  # the step of the last snapshot

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return self._state.steps

    @property
    def seconds(self) -> float:
        """How long it was trained, evaluations included."""
        return self._state.seconds

    @property
    def threads(self) -> dict[str, int]:
        """What the last bits of the losses hang on, to be kept with a run: workers, and threads of a matrix product."""
        return threads(self._shards.decide(self.batches))

    def fit(self, steps: int | None = None, minutes: float | None = None, evaluations: int = 20,
            part: int = 4, resume: bool = False) -> float:
        """Train for so many steps, or minutes, or whichever ends first; gives the loss on all held-out data, in `unit`.

        evaluations  how often to look at held-out data on the way
        part         how many held-out batches to look at then, spread evenly; in the end it is all of them
        resume       go on from the newest snapshot in `folder`, if there is one; model, data and settings must be
                     those of the run

        By steps alone, a run can be repeated exactly. By time it does as much as the machine can; since the
        schedule follows the clock too, the learning rate comes down in any case.
        Ctrl-C lets it finish the step and save; pressed again, it stops at once.
        While it lasts, the process keeps freed memory (see memory.py), and compiled kernels run where Numba is
        installed (see kernels.py).
        Raises FloatingPointError, before that step's update, when the loss or a gradient is no longer a finite
        number; ValueError for a snapshot that is damaged or does not fit, and for a folder that holds another run;
        RuntimeError where another process trains in the folder.
        """
        if steps is None and minutes is None:
            raise ValueError("fit: say how long, in steps or in minutes")
        if not all(length is None or length >= 0 for length in (steps, minutes)):
            raise ValueError(f"fit: {steps} steps and {minutes} minutes: neither can be negative")
        if evaluations < 1 or part < 1:
            raise ValueError(f"fit: {evaluations} evaluations on {part} batches: both are at least 1")
        with ExitStack() as stack:
            if self.folder:
                self.folder.mkdir(parents=True, exist_ok=True)
                stack.enter_context(locked(self.folder))
            self._begin(resume, 1 / evaluations)
            self._shards = Shards(self.model, self.loss, self.count, self.workers)
            self._shards.decide(self.batches)
            stack.enter_context(kept_memory())
            stack.enter_context(compiled(None))
            stack.enter_context(self._shards)
            some = self.held_out[::max(1, len(self.held_out) // part)]
            bar = stack.enter_context(Bar(self._done(steps, minutes), self.unit.name, self.unit.items))
            write = self._logs(stack)
            final = self._train(steps, minutes, evaluations, some, bar, write)
        if self.folder and self.log:
            plot_losses(self.log, self.folder / "loss.png", self.unit.name)
        return final

    def _train(self, steps: int | None, minutes: float | None, evaluations: int, some: Sequence[Batch], bar: Bar,
               write: Log) -> float:
        state = self._state
        shown, items, before = (math.nan, self.evaluate(some)), 0, state.seconds
        saved, began = state.seconds, time.monotonic() - state.seconds

        def row(training: float, held_out: float) -> Row:
            return Row(state.steps, time.monotonic() - began, self.optimizer.lr, training, held_out)

        with stop_after_step() as stop:
            while True:
                state.seconds = time.monotonic() - began
                done = self._done(steps, minutes)
                if done >= 1 or stop.is_set() or (self.patience and state.bad >= self.patience):
                    break
                if self.folder and state.seconds - saved >= self.save_every:
                    self.save()
                    saved = state.seconds
                for group, highest in zip(self.optimizer.param_groups, self.highest_lrs, strict=True):
                    group["lr"] = highest * self.schedule(done)
                loss, seen = self._step()
                state.total, state.count, items = state.total + loss, state.count + 1, items + seen
                if done >= state.due or state.steps == 1:
                    shown = (state.total / state.count * self.unit.scale, self.evaluate(some))
                    write(row(*shown))
                    if self.sample and _quarter(done) > _quarter(state.due - 1 / evaluations):
                        bar.say(self.sample())
                    state.due = (math.floor(done * evaluations) + 1) / evaluations
                    state.total, state.count, state.rows = 0.0, 0, state.rows + 1
                    self._judge(shown[1])
                spent = state.seconds - before
                bar.show(done, state.steps, shown, items / spent if spent > 0 else 0.0)
            bar.show(min(done, 1.0), state.steps, shown, 0.0)
            self.interrupted = stop.is_set() and done < 1
            self.save()
            if self.patience and not self.interrupted:
                self._judge(self.evaluate(some))  # the weights of the last step may be the best
                self.model.load_state_dict(self._best)
            final = self.evaluate(self.held_out)
            write(row(math.nan, final))
        return final

    def _done(self, steps: int | None, minutes: float | None) -> float:
        """How much of the training is done, 0 to 1: by steps, by the clock, or by what is further."""
        by_steps = self._state.steps / steps if steps else float(steps == 0)
        by_clock = self._state.seconds / (60 * minutes) if minutes else float(minutes == 0)
        return max(by_steps, by_clock)

    def _judge(self, held_out: float) -> None:
        """Keep the weights if they are the best so far."""
        if not self.patience:
            return
        if held_out < self._state.best or not self._best:
            self._state.best, self._state.bad, self._best = held_out, 0, self.model.state_dict()
        else:
            self._state.bad += 1

    # A step ------------------------------------------------------------------------------------------

    def _step(self) -> tuple[float, int]:
        """One update; gives the loss before it, and how many targets it was over."""
        loss, found, count = self._gradients()
        if not math.isfinite(loss):
            raise FloatingPointError(self._explain(f"the loss is {loss}"))
        if not all(np.isfinite(_sum(array)) for array in side_by_side([one for one in found if one is not None])):
            raise FloatingPointError(self._explain(f"the loss is {loss:.4g}, but its gradient holds NaN or infinities"))
        if self.clip is not None:
            clip_grad_norm_(self.optimizer.params, self.clip, gradients=found)
        self.optimizer.step(found, self._shards.each)
        self._state.steps += 1
        return loss, count

    def _gradients(self) -> Gradients:
        first = self.steps * self.accumulate
        batches = [self.batches(first + place) for place in range(self.accumulate)]
        return self._shards.gradients(self.optimizer.params, batches, self.seed, self.steps)

    def _explain(self, what: str) -> str:
        """What went wrong in this step, and which operation did it; the step is done again to find out."""
        try:
            with detect_anomaly():
                self._gradients()
            found = "no operation made it out of finite numbers: the weights or the batch hold it already"
        except FloatingPointError as error:
            found = str(error)
        message = (f"step {self.steps}: {what}. The learning rate ({self.optimizer.lr:.3g}) may be too high, or the "
                   f"data wrong. Done again under `tl.detect_anomaly()`: {found}")
        good = snapshots.found(self.folder) if self.folder else []
        return f"{message}\nThe last good snapshot is {good[0]}" if good else message

    def evaluate(self, batches: Sequence[Batch]) -> float:
        """The mean loss over every target of `batches`, in `unit`; NaN where there are none."""
        total, targets_seen, training = 0.0, 0, self.model.training
        self.model.eval()
        try:
            with no_grad():
                for inputs, targets in batches:
                    if count := self.count(targets):
                        total += self.loss(self.model(inputs), targets).item() * count
                        targets_seen += count
        finally:
            self.model.train(training)
        return total / targets_seen * self.unit.scale if targets_seen else math.nan

    # On disk -----------------------------------------------------------------------------------------

    def _begin(self, resume: bool, due: float) -> None:
        """Set the state from which to go on: that of the snapshot, or the beginning."""
        before = snapshots.load(self.folder) if self.folder and resume else None
        self._saved = -1
        if before:
            self._best = snapshots.restore(before, self.model, self.optimizer, {field.name for field in fields(State)})
            self._state, self._saved = State(**before.facts), before.facts["steps"]
        elif self.folder and not resume and not self.steps and (paths := snapshots.found(self.folder)):
            raise ValueError(f"there is a training in {self.folder} already ({paths[0].name}): fit(..., resume=True) "
                             "goes on with it; or take another folder")
        else:
            self._state, self._best = State(self.steps, due=due), {}
        if not before:
            self._judge(math.inf)  # there are weights to return to, even if none is ever scored

    def save(self) -> None:
        """Write a snapshot into `folder`, if there is one, unless this step has one.

        Raises FloatingPointError for weights that are no finite numbers, and OSError when the disk is full; the
        snapshots from before are kept then.
        """
        if not self.folder or self._saved == self.steps:
            return
        arrays = snapshots.gather(self.model, self.optimizer, self._best)
        wrong = [name for name, array in arrays.items() if array.dtype.kind == "f" and not np.isfinite(array).all()]
        if wrong:
            raise FloatingPointError(self._explain(f"NaN or infinities stand in {', '.join(wrong)}"))
        snapshots.save(self.folder, self.steps, arrays, asdict(self._state))
        self._saved = self.steps

    def _logs(self, stack: ExitStack) -> Log:
        """Where a row goes."""
        logs: list[Log] = []
        if self.log is not None:
            logs.append(stack.enter_context(csv_log(self.log, self._state.rows)))
        if self.events is not None:
            logs.append(stack.enter_context(tensorboard_log(self.events, self._state.steps)))

        def write(row: Row) -> None:
            for log in logs:
                log(row)
        return write


def _quarter(done: float) -> int:
    return math.floor(4 * done + 1e-9)


def _sum(gradient: Array) -> Any:
    """NaN or infinite if any number is (or if they are so large that it makes no difference)."""
    return np.sum(gradient, dtype=np.promote_types(gradient.dtype, np.float32))
