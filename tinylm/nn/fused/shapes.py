"""What the fused formulas share: arrays as rows, and results in the form of what was given."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ...backend import Array, device_of

PIECE = 1 << 16  # 256 KB of float32: what stays in the processor's cache while several steps go over it


def rows(x: Array, axes: int = 1) -> Array:
    """The last axes as one, and all before them as one: (..., *last) → (rows, width)."""
    first = x.ndim - axes
    return np.reshape(x, (math.prod(x.shape[:first]), math.prod(x.shape[first:])))


def back(y: Array, x: Array) -> Array:
    """y in the shape and the dtype of x."""
    y = np.reshape(y, x.shape)
    return y if y.dtype == x.dtype else y.astype(x.dtype)


def in_float32(x: Array) -> Array:
    """float16 as float32, in which sums and powers of it have room; all else as it is."""
    return x.astype(np.float32) if x.dtype == np.float16 else x


def in_pieces(function: Callable[..., object], *arrays: Array) -> Array:
    """What function(out, *arrays) writes to out, element by element: in pieces so small that they stay in the cache.

    All arrays have one shape. On a GPU they stay whole. float16 is computed in float32.
    """
    if arrays[0].dtype == np.float16:
        return in_pieces(function, *[x.astype(np.float32) for x in arrays]).astype(np.float16)
    y = np.empty_like(arrays[0], order="C")
    flat = [np.reshape(x, -1) for x in (y, *arrays)]
    step = PIECE if device_of(y) == "cpu" else max(y.size, 1)
    for start in range(0, y.size, step):
        function(*[x[start:start + step] for x in flat])
    return y
