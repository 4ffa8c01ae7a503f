"""Mini-batches: which windows of a text are learnt from together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import overload

import numpy as np

from .tokens import forget

FIRST = 0  # what stands before the first id of a text, unless the tokenizer's start_id is given

Batch = tuple[np.ndarray, np.ndarray]


class Windows:
    """A text as pairs of the last `context` ids and the id that follows.

    ids      the whole text, (length,); it may be a token file, of which only what a batch needs is read
    context  how many ids the model sees
    start    the first position to predict; those before it are only seen (so a held-out text is read in context)
    first    what stands before the first id of the text: the tokenizer's start_id

    Raises ValueError where the text is too short to predict anything from.
    """

    def __init__(self, ids: np.ndarray, context: int, start: int = 0, first: int = FIRST) -> None:
        if context < 1:
            raise ValueError(f"Windows: a context of {context} shows nothing; it is at least 1")
        if len(ids) - start < 1 or len(ids) <= context:
            raise ValueError(f"Windows: a text of {len(ids)} tokens, predicted from position {start}, is too short for "
                             f"a context of {context}: give a longer text or a shorter context")
        self.ids, self.context, self.start, self.first = ids, context, start, first

    def __len__(self) -> int:
        """How many ids there are to predict."""
        return len(self.ids) - self.start

    def at(self, positions: np.ndarray) -> Batch:
        """What stands before `positions` (batch, context), and what stands there (batch,); int64."""
        places = positions[:, None] + np.arange(-self.context, 0)  # (batch, context)
        inputs = self.ids[np.maximum(places, 0)].astype(np.int64)  # (batch, context)
        inputs[places < 0] = self.first
        targets = self.ids[positions].astype(np.int64)  # (batch,)
        forget(self.ids)
        return inputs, targets

    def sample(self, batch_size: int, rng: np.random.Generator, hide: float = 0.0) -> Batch:
        """A random batch: (batch_size, context) and (batch_size,).

        hide  the share of rows whose oldest ids are hidden, so that the model learns to begin from nothing
        """
        if batch_size < 1:
            raise ValueError(f"Windows: a batch of {batch_size} has nothing in it; it is at least 1")
        inputs, targets = self.at(rng.integers(self.start, len(self.ids), batch_size))
        some = int(batch_size * hide)
        hidden = rng.integers(0, self.context, some, endpoint=True)  # (some,): how many of each row
        inputs[:some][np.arange(self.context) < hidden[:, None]] = self.first  # (some, context)
        return inputs, targets

    def batches(self, batch_size: int) -> Sequence[Batch]:
        """Every position once, in order: what a score is computed from."""
        if batch_size < 1:
            raise ValueError(f"Windows: a batch of {batch_size} has nothing in it; it is at least 1")
        return Lazy(-(-len(self) // batch_size), lambda number: self.at(
            np.arange(self.start + number * batch_size, min(self.start + (number + 1) * batch_size, len(self.ids)))))


class Lazy(Sequence[Batch]):
    """A list whose entries are made when they are asked for: a held-out text may be large."""

    def __init__(self, length: int, make: Callable[[int], Batch]) -> None:
        self._places, self._make = range(length), make

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> Batch: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Batch]: ...
    def __getitem__(self, place: int | slice) -> Batch | Sequence[Batch]:
        if isinstance(place, slice):
            chosen = self._places[place]
            return Lazy(len(chosen), lambda number: self._make(chosen[number]))
        return self._make(self._places[place])
