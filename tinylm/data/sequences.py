"""Mini-batches for models that read a sequence and guess at every place what comes next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .batches import FIRST, Batch, Lazy
from .tokens import forget

IGNORED = -100
"""The target that is no target: `nn.cross_entropy` leaves it out, as PyTorch's does."""


class Sequences:
    """A text as windows of `time` ids, and the same windows one place later, which are to be predicted.

    ids    the whole text, (length,); it may be a token file, of which only what a batch needs is read
    time   how many ids a window has
    start  the first position to predict; those before it are only seen (so a held-out text is read in context)
    first  what stands before the first id of the text: the tokenizer's start_id

    Raises ValueError where there is nothing to predict.
    """

    def __init__(self, ids: np.ndarray, time: int, start: int = 0, first: int = FIRST) -> None:
        if time < 1:
            raise ValueError(f"Sequences: a window of {time} ids shows nothing; it is at least 1")
        if not 0 <= start < len(ids):
            raise ValueError(f"Sequences: a text of {len(ids)} tokens has nothing to predict from position {start}")
        self.ids, self.time, self.start, self.first = ids, time, start, first

    def __len__(self) -> int:
        """How many ids there are to predict."""
        return len(self.ids) - self.start

    def at(self, positions: np.ndarray, time: int | None = None) -> Batch:
        """The windows that predict from `positions` on: inputs and targets, (batch, time) each, int64."""
        places = positions[:, None] + np.arange(time or self.time)  # (batch, time)
        targets = self.ids[places].astype(np.int64)  # (batch, time)
        inputs = self.ids[np.maximum(places - 1, 0)].astype(np.int64)  # (batch, time)
        inputs[places == 0] = self.first
        forget(self.ids)
        return inputs, targets

    def sample(self, batch_size: int, rng: np.random.Generator) -> Batch:
        """A random batch, (batch_size, time) twice. With generator(seed, step) it depends on the two alone.

        Raises ValueError for a text shorter than one window.
        """
        if batch_size < 1:
            raise ValueError(f"Sequences: a batch of {batch_size} has nothing in it; it is at least 1")
        if len(self) < self.time:
            raise ValueError(f"Sequences: a text of {len(self)} tokens is shorter than one window of {self.time}: "
                             "give a longer text or a shorter context")
        return self.at(rng.integers(self.start, len(self.ids) - self.time, batch_size, endpoint=True))

    def batches(self, batch_size: int, fresh: int | None = None) -> Sequence[Batch]:
        """Every position once, in order: what a score is computed from.

        fresh  how many positions a window scores, so that before each stand at least time - fresh others; the targets
               before them are IGNORED. Fewer is a better score for more work. By default each window scores all it
               has, its first position after a single id, and what is left at the end comes as a shorter window
        """
        if batch_size < 1:
            raise ValueError(f"Sequences: a batch of {batch_size} has nothing in it; it is at least 1")
        if fresh is None:
            return self._side_by_side(batch_size)
        if not 1 <= fresh <= self.time:
            raise ValueError(f"Sequences: fresh is {fresh}; a window of {self.time} scores 1 to {self.time}")
        return self._overlapping(batch_size, fresh)

    def _side_by_side(self, batch_size: int) -> Sequence[Batch]:
        rows, rest = divmod(len(self), self.time)
        whole = -(-rows // batch_size)

        def batch(number: int) -> Batch:
            if number == whole:
                return self.at(np.array([len(self.ids) - rest]), rest)
            some = np.arange(number * batch_size, min((number + 1) * batch_size, rows))
            return self.at(self.start + self.time * some)

        return Lazy(whole + (rest > 0), batch)

    def _overlapping(self, batch_size: int, fresh: int) -> Sequence[Batch]:
        time = min(self.time, len(self.ids))
        rows = -(-len(self) // fresh)

        def batch(number: int) -> Batch:
            some = np.arange(number * batch_size, min((number + 1) * batch_size, rows))
            begin = self.start + fresh * some[:, None]  # (batch, 1): the first position that each window scores
            end = np.minimum(begin + fresh, len(self.ids))  # (batch, 1)
            position = np.maximum(end - time, 0)  # (batch, 1)
            inputs, targets = self.at(position[:, 0], time)
            places = position + np.arange(time)  # (batch, time)
            targets[(places < begin) | (places >= end)] = IGNORED
            return inputs, targets

        return Lazy(-(-rows // batch_size), batch)
