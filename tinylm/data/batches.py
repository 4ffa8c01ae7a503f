"""Mini-batches: which windows of a text are learnt from together."""

from __future__ import annotations

import numpy as np

PAD = 0  # the id that stands before the beginning of a text; tokenizers use it for "unknown"

Batch = tuple[np.ndarray, np.ndarray]


class Windows:
    """A text as pairs of the last `context` ids and the id that follows.

    ids      the whole text, (length,)
    context  how many ids the model sees
    start    the first position to predict; those before it are only seen (so a held-out text is read in context)

    Raises ValueError where the text is too short to predict anything from.
    """

    def __init__(self, ids: np.ndarray, context: int, start: int = 0) -> None:
        if context < 1:
            raise ValueError(f"Windows: a context of {context} shows nothing; it is at least 1")
        if len(ids) - start < 1 or len(ids) <= context:
            raise ValueError(f"Windows: a text of {len(ids)} tokens, predicted from position {start}, is too short for "
                             f"a context of {context}: give a longer text or a shorter context")
        padded = np.concatenate([np.full(context, PAD, dtype=ids.dtype), ids])  # (context + length,)
        self.ids, self.context, self.start = ids, context, start
        self._views = np.lib.stride_tricks.sliding_window_view(padded, context)  # (length + 1, context), no copy

    def __len__(self) -> int:
        """How many ids there are to predict."""
        return len(self.ids) - self.start

    def at(self, positions: np.ndarray) -> Batch:
        """What stands before `positions` (batch, context), and what stands there (batch,)."""
        return self._views[positions], self.ids[positions]

    def sample(self, batch_size: int, rng: np.random.Generator, hide: float = 0.0) -> Batch:
        """A random batch: (batch_size, context) and (batch_size,).

        hide  the share of rows whose oldest ids are hidden, so that the model learns to begin from nothing
        """
        if batch_size < 1:
            raise ValueError(f"Windows: a batch of {batch_size} has nothing in it; it is at least 1")
        inputs, targets = self.at(rng.integers(self.start, len(self.ids), batch_size))
        some = int(batch_size * hide)
        hidden = rng.integers(0, self.context, some, endpoint=True)  # (some,): how many of each row
        inputs[:some][np.arange(self.context) < hidden[:, None]] = PAD  # (some, context)
        return inputs, targets

    def batches(self, batch_size: int) -> list[Batch]:
        """Every position once, in order: what a score is computed from."""
        positions = np.arange(self.start, len(self.ids))
        return [self.at(positions[i:i + batch_size]) for i in range(0, len(positions), batch_size)]
