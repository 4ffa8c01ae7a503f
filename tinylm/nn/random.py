"""Dropout's randomness: numbers that depend on where they are used, and on nothing that happened before.

    with dropout_keys(seed, step, first_row):
        loss = model(inputs)

A generator that goes on from number to number has a state: to resume a run one has to save it, and to split a
batch over workers one has to share it. Here each number is computed from (seed, step, site, row): the step of the
training, which dropout of the forward it is, and the row of the whole batch (Philox, a counter-based generator:
Salmon et al. 2011). So a step can be done again, or in parts, and the masks are the same.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np


class _Keys(NamedTuple):
    seed: int
    step: int
    first_row: int
    sites: Iterator[int]  # counts the dropouts of a forward, which come in the same order every time


_KEYS: ContextVar[_Keys | None] = ContextVar("dropout keys", default=None)


@contextmanager
def dropout_keys(seed: int, step: int, first_row: int = 0) -> Iterator[None]:
    """Inside, and in this thread, the masks of dropout depend on these numbers alone. Outside they are new each time.

    first_row  which row of the whole batch the first row here is: a worker enters with its own

    Enter anew for every forward: the dropouts inside are counted. Raises ValueError for a negative number.
    """
    if min(seed, step, first_row) < 0:
        raise ValueError(f"dropout_keys: seed {seed}, step {step}, first_row {first_row}: none can be negative")
    token = _KEYS.set(_Keys(seed, step, first_row, itertools.count()))
    try:
        yield
    finally:
        _KEYS.reset(token)


def keep_mask(shape: tuple[int, ...], p: float, dtype: Any, batch_axis: int | None = 0) -> np.ndarray:
    """0 with probability p, else 1 / (1 - p), so that the mean of what it multiplies stays as it is.

    batch_axis  along which the rows of the batch lie; None for what the whole batch shares, such as a weight
    """
    if batch_axis is None or not shape:
        return _rows((1, math.prod(shape)), p, dtype, False).reshape(shape)
    rest = shape[:batch_axis] + shape[batch_axis + 1:]
    mask = _rows((shape[batch_axis], math.prod(rest)), p, dtype, True)
    return np.moveaxis(mask.reshape(shape[batch_axis], *rest), 0, batch_axis)  # (rows, ...) → rows at batch_axis


def _rows(shape: tuple[int, int], p: float, dtype: Any, of_batch: bool) -> np.ndarray:
    """A mask (rows, width). One stream of numbers serves all rows: each takes up the same number of its counters."""
    rows, width = shape
    keys = _KEYS.get() or _Keys(int(np.random.default_rng().integers(2**63)), 0, 0, iter([0]))
    key = [keys.seed % 2**64, (keys.step << 16 | next(keys.sites)) % 2**64]
    blocks = -(-width // 8)  # a counter gives four numbers of 64 bits: eight uniform ones in float32
    first = keys.first_row * blocks if of_batch else 0
    stream = np.random.Generator(np.random.Philox(key=np.array(key, dtype=np.uint64), counter=first))
    uniform = stream.random((rows, 8 * blocks), dtype=np.float32)[:, :width]  # in [0, 1)
    return np.multiply(uniform >= p, 1 / (1 - p), dtype=dtype)
