"""Beside the graph: masks, ids, lengths and weights come as Tensors, arrays or lists, and are used as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backend import Array, beside
from ..tensor import Tensor


def array_of(value: Any) -> Array:
    """The values of a Tensor, an array or a list, as an array wherever it lives."""
    if isinstance(value, Tensor):
        return value.data
    return value if hasattr(value, "dtype") else np.asarray(value)


def array_beside(value: Any, like: Any) -> Array:
    """The same, on the device of `like`."""
    return beside(array_of(value), array_of(like))
