"""What a training tells: a row for every evaluation in a CSV file or in TensorBoard, and a bar on the screen."""

from __future__ import annotations

import csv
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from .atomic import write


class Unit(NamedTuple):
    """In which unit a loss is shown: its name, how much of it one unit of the loss is, and what is counted."""

    name: str
    scale: float
    items: str = "targets"


LOSS = Unit("loss", 1.0)
BITS_PER_CHARACTER = Unit("bits per character", 1 / math.log(2), "tokens")


class Row(NamedTuple):
    """What an evaluation found; the losses in the unit of the Trainer, NaN where there is none."""

    step: int
    seconds: float
    lr: float
    training: float
    held_out: float


Log = Callable[[Row], None]


@contextmanager
def csv_log(path: str | Path, kept: int = 0) -> Iterator[Log]:
    """A CSV file: call it with a row.

    kept  how many rows of the file that is there to go on from; those after them are dropped
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if kept and path.is_file():
        lines = path.read_bytes().splitlines(keepends=True)
        write(path, b"".join(lines[:1 + kept]))
    with open(path, "a" if kept else "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        if not file.tell():
            rows.writerow(Row._fields)

        def add(row: Row) -> None:
            losses = (f"{loss:.5f}" if math.isfinite(loss) else "" for loss in (row.training, row.held_out))
            rows.writerow([row.step, f"{row.seconds:.2f}", f"{row.lr:.3g}", *losses])
            file.flush()
        yield add


def tensorboard() -> Any:
    """What the package tensorboard writes with. Raises ImportError with the install line where it is missing."""
    try:
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.event_file_writer import EventFileWriter
    except ImportError as error:
        raise ImportError("the log for TensorBoard needs the package tensorboard: pip install tensorboard (or, in a "
                          'clone of TinyLM, pip install -e ".[tensorboard]")') from error
    return Event, SessionLog, Summary, EventFileWriter


@contextmanager
def tensorboard_log(folder: str | Path, step: int = 0) -> Iterator[Log]:
    """A file of events that TensorBoard shows: call it with a row.

    step  where the training goes on; what an earlier run wrote for steps after it is hidden by TensorBoard
    """
    Event, SessionLog, Summary, EventFileWriter = tensorboard()
    Path(folder).mkdir(parents=True, exist_ok=True)
    writer = EventFileWriter(str(folder))
    try:
        if step:
            writer.add_event(Event(wall_time=time.time(), step=step + 1,
                                   session_log=SessionLog(status=SessionLog.START)))

        def add(row: Row) -> None:
            values = {"loss/training": row.training, "loss/held out": row.held_out, "learning rate": row.lr}
            summary = Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()
                                     if math.isfinite(value)])
            writer.add_event(Event(wall_time=time.time(), step=row.step, summary=summary))
            writer.flush()
        yield add
    finally:
        writer.close()


class Bar:
    """A progress bar on the screen, with the time left.

    begun  how much was done before, 0 to 1
    unit   of the losses
    items  what is counted by the second
    """

    def __init__(self, begun: float, unit: str, items: str) -> None:
        from tqdm import tqdm

        form = "{percentage:3.0f}% |{bar:20}| {elapsed}<{remaining}  {desc}"
        begun = min(100 * begun, 100.0)
        self.bar: Any = tqdm(total=100, initial=begun, bar_format=form, file=sys.stderr)
        self.unit, self.items = unit, items

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *exception: object) -> None:
        self.bar.close()

    def show(self, done: float, step: int, losses: tuple[float, float], rate: float) -> None:
        """How much is done (0 to 1), the step, the training and held-out loss, and items in a second."""
        training, held_out = (f"{loss:.3f}" if math.isfinite(loss) else "-" for loss in losses)
        speed = f", {rate:,.0f} {self.items}/s" if rate else ""
        self.bar.set_description_str(f"step {step}, training {training}, held out {held_out} {self.unit}{speed}",
                                     refresh=False)
        self.bar.update(min(100 * done, 100) - self.bar.n)

    def say(self, text: str) -> None:
        """Print something above the bar."""
        self.bar.write(text, file=sys.stderr)
