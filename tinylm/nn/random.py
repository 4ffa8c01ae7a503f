"""Dropout's randomness: numbers that depend on where they are used, and on nothing that happened before.

    with dropout_keys(seed, step, first_row):
        loss = model(inputs)

A generator that goes on from number to number has a state: to resume a run one has to save it, and to split a
batch over workers one has to share it. Here each number is computed from (seed, step, site, row): the step of the
training, which dropout of the forward it is, and the row of the whole batch (Philox, a counter-based generator:
Salmon et al. 2011). So a step can be done again, or in parts, and the masks are the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import NamedTuple

import numpy as np


class _Keys(NamedTuple):
    seed: int
    step: int
    first_row: int
    sites: list[int]  # one number: how many dropouts of this forward there were; they come in the same order every time


_KEYS: ContextVar[_Keys | None] = ContextVar("dropout keys", default=None)


@contextmanager
def dropout_keys(seed: int, step: int, first_row: int = 0) -> Iterator[None]:
    """Inside, and in this thread, the masks of dropout depend on these numbers alone. Outside they are new each time.

    first_row  which row of the whole batch the first row here is: a worker enters with its own

    Enter anew for every forward: the dropouts inside are counted. Raises ValueError for a negative number.
    """
    if min(seed, step, first_row) < 0:
        raise ValueError(f"dropout_keys: seed {seed}, step {step}, first_row {first_row}: none can be negative")
    token = _KEYS.set(_Keys(seed, step, first_row, [0]))
    try:
        yield
    finally:
        _KEYS.reset(token)


@contextmanager
def repeatable() -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """`with repeatable() as again:` and, as often as wanted, `with again():` draw the same masks."""
    keys = _KEYS.get() or _new_keys()
    start = keys.sites[0]

    @contextmanager
    def enter(entered: _Keys) -> Iterator[None]:
        token = _KEYS.set(entered)
        try:
            yield
        finally:
            _KEYS.reset(token)

    with enter(keys):
        yield lambda: enter(keys._replace(sites=[start]))


def _new_keys() -> _Keys:
    return _Keys(int(np.random.default_rng().integers(2**63)), 0, 0, [0])


def keep_mask(shape: tuple[int, ...], p: float, batch_axis: int | None = 0) -> np.ndarray:
    """What dropout keeps: False with probability p, else True.

    batch_axis  along which the rows of the batch lie; None for what the whole batch shares, such as a weight
    """
    if batch_axis is None or not shape:
        return _rows((1, math.prod(shape)), p, False).reshape(shape)
    rest = shape[:batch_axis] + shape[batch_axis + 1:]
    mask = _rows((shape[batch_axis], math.prod(rest)), p, True)
    return np.moveaxis(mask.reshape(shape[batch_axis], *rest), 0, batch_axis)  # (rows, ...) → rows at batch_axis


def _rows(shape: tuple[int, int], p: float, of_batch: bool) -> np.ndarray:
    """A mask (rows, width). One stream of numbers serves all rows: each takes up the same number of its counters.

    An element is kept if a uniform number u in [0, 1) is at least p. Of the 32 random bits for each element NumPy makes
    u out of the first 24, u = bits / 2²⁴; comparing the bits themselves comes to the same, in half the time.
    """
    rows, width = shape
    keys = _KEYS.get() or _new_keys()
    key = [keys.seed % 2**64, (keys.step << 16 | keys.sites[0]) % 2**64]
    keys.sites[0] += 1
    blocks = -(-width // 8)  # a counter gives four numbers of 64 bits: eight of 32
    first = keys.first_row * blocks if of_batch else 0
    stream = np.random.Philox(key=np.array(key, dtype=np.uint64), counter=first)
    drawn = stream.random_raw(4 * rows * blocks).astype("<u8", copy=False).view("<u4")  # the low half comes first
    threshold = math.ceil(float(np.float32(p)) * 2**24) << 8
    if threshold == 2**32:  # none is as high; NumPy 2.0.0 breaks its own memory when it compares beyond the dtype
        return np.zeros(shape, dtype=bool)
    return drawn.reshape(rows, 8 * blocks)[:, :width] >= threshold  # (rows, width)
