"""Functions that look elements up by position, and their adjoint, which adds elements at positions."""

from __future__ import annotations

import importlib
import math
import operator
from typing import Any, cast

import numpy as np

from ..backend import Array, beside, device_of, to_host
from ..graph import TABLE
from ..primitives import constant, primitive
from ..samples import R, call, calls

Shape = tuple[int, ...]

def placed(index: Any, x: Array) -> Any:
    """An index whose arrays live where x does and hold positions inside x.

    NumPy looks for itself; on a GPU an index out of range would wrap around without a word.
    """
    if device_of(x) == "cpu":
        return index
    axis, parts = 0, list(index) if isinstance(index, tuple) else [index]
    used = sum(_axes_of(part) for part in parts)
    if used > x.ndim:
        raise IndexError(f"too many indices: {used} for {x.ndim} axes")
    for place, part in enumerate(parts):
        if part is Ellipsis:
            axis += x.ndim - used
        elif isinstance(part, (list, int, np.integer)) or hasattr(part, "dtype"):
            host = to_host(part) if hasattr(part, "dtype") else np.asarray(part, None if np.size(part) else np.int64)
            size = x.shape[axis]
            if host.dtype.kind in "iu" and host.size and not -size <= host.min() <= host.max() < size:
                bad = host.max() if host.max() >= size else host.min()
                raise IndexError(f"index {bad} is out of bounds for axis {axis} with size {size}")
            parts[place] = beside(part if hasattr(part, "dtype") else host, x) if host.ndim else part
        axis += _axes_of(part)
    return tuple(parts) if isinstance(index, tuple) else parts[0]

def _axes_of(part: Any) -> int:
    """How many axes of the array one part of an index uses up."""
    if part is None or part is Ellipsis:
        return 0
    return cast(int, part.ndim) if getattr(part, "dtype", None) == np.bool_ else 1

_I, _J = np.array([0, 2, 0]), np.array([[1, 0], [1, -1]])
_INDICES = [
    call(R(3, 2), 1), call(R(3, 2), -1), call(R(4), slice(1, None, 2)), call(R(3, 2), (slice(None, None, -1), None, 1)),
    call(R(2, 3, 2), (..., 0)), call(R(3, 2), np.array([True, False, True])),
    call(R(2, 2), np.array([[True, False], [True, True]])),
    call(R(3, 2), _I), call(R(3, 3), (_I, _I)), call(R(3, 2), _J), call(R(3, 2, 2), (_I, slice(None), 1)),
    call(R(2, 3, 2), (slice(None), _I[:, None], np.array([0, 1]))), call(R(3, 2), [0, 0]), call(R(3), ()),
    call(R(0, 3), (slice(None), 1)),
]

@primitive(operator.getitem, samples=_INDICES)
def getitem(x: Array, index: Any) -> Array:
    """y = x[index]: numbers, slices, None, Ellipsis, boolean masks, integer arrays (with repeats) and mixtures"""
    return x[placed(index, x)]

getitem.vjp("x")(lambda g, index, x_shape: TABLE["scatter_add"](g, index, x_shape))

@primitive(samples=calls(
    [(3, 2), _I, (3, 2)], [(2,), (1, slice(None)), (3, 2)], [(3,), (_I, 1), (3, 2)], [(2, 2), [0, 0], (4, 2)],
    [(2,), np.array([True, False, True]), (3,)], [(0, 2), slice(0, 0), (3, 2)]))
def scatter_add(v: Array, index: Any, shape: Shape) -> Array:
    """y = zeros of `shape` with y[index] += v; where an index is repeated, its values add up"""
    half = v.dtype == np.float16  # a sum of many would stop growing at 2048
    y = np.zeros_like(v, shape=shape, dtype=np.float32 if half else v.dtype)
    parts = index if isinstance(index, tuple) else (index,)
    if all(isinstance(part, int) or np.ndim(part) == 0 or getattr(part, "dtype", None) == np.bool_ for part in parts):
        y[placed(index, y)] = v  # numbers, slices and masks name no position twice
    elif device_of(y) == "cpu" and _names_rows(index, v.shape, shape):
        y = _rows_added(index, v.astype(y.dtype, copy=False), shape)
    else:
        np.add.at(y, placed(index, y), v)
    return y.astype(v.dtype) if half else y

def _names_rows(index: Any, v_shape: Shape, shape: Shape) -> bool:
    """Is the index one array of rows, none counted from the end, and v a row for each?"""
    index = np.asarray(index) if isinstance(index, (list, np.ndarray)) else None
    return (index is not None and index.size > 0 and index.dtype.kind in "iu" and v_shape == index.shape + shape[1:]
            and bool(index.min() >= 0))

def _rows_added(index: Any, v: np.ndarray, shape: Shape) -> np.ndarray:
    """y[i] = Σ of the rows of v whose index is i: a matrix product H v, where H[i, k] = 1 if index k is i.

    As a sparse matrix H costs as much as its ones. The sums are those of np.add.at, in the same order, in a tenth of
    the time. Raises IndexError for an index outside the shape.
    """
    ids = np.reshape(np.asarray(index), -1)
    if ids.max() >= shape[0]:
        raise IndexError(f"index {ids.max()} is out of bounds for axis 0 with size {shape[0]}")
    sparse = importlib.import_module("scipy.sparse")  # at first use
    chosen = sparse.csc_array((np.ones(ids.size, v.dtype), ids, np.arange(ids.size + 1)), shape=(shape[0], ids.size))
    return np.reshape(chosen @ np.reshape(v, (ids.size, math.prod(shape[1:]))), shape)  # (n, ids) (ids, width)

scatter_add.vjp("v")(lambda g, index: g[index])

@primitive(np.take, samples=calls(
    [(3, 2), _I, 0], [(2, 3), _J, 1], [(2, 3), _J], [(2, 3), 1, -1], [(3,), [0, 0]], [(0, 3), [1, 1], 1]))
def take(a: Array, indices: Any, axis: int | None = None) -> Array:
    """y = the slices of a at `indices` along an axis; None flattens first"""
    indices = integers("take", indices)
    flat = np.reshape(a, -1) if axis is None else np.moveaxis(a, axis, 0)  # (size,) or the axis in front
    taken = flat[placed(indices, flat)]
    new = range(np.ndim(indices))  # the axes of the indices come where the axis was
    return taken if axis is None else np.moveaxis(taken, new, [axis % a.ndim + k for k in new])

@take.vjp("a")
def _(g: Array, a_shape: Shape, indices: Any, axis: int | None) -> Array:
    if axis is None:
        return np.reshape(scatter_add(g, indices, (math.prod(a_shape),)), a_shape)
    return scatter_add(g, (slice(None),) * (axis % len(a_shape)) + (indices,), a_shape)

@primitive(np.take_along_axis, samples=calls(
    [(2, 3), np.array([[0, 0], [2, 1]])], [(3, 2), np.array([[2, 0]]), 0], [(4,), np.array([3, 3, 0]), None],
    [(2, 2), np.array([3, 3]), None], [(2, 3), np.array([[1]]), 1], [(0, 3), np.zeros((0, 2), int)]))
def take_along_axis(arr: Array, indices: Array, axis: int | None = -1) -> Array:
    """y[i, j] = arr[i, indices[i, j]]: each row by its own indices; None flattens arr first"""
    indices = integers("take_along_axis", indices)
    along = np.reshape(arr, -1) if axis is None else np.moveaxis(arr, axis, 0)  # the axis in front
    return np.take_along_axis(arr, placed(indices, along), axis=axis)

@take_along_axis.vjp("arr")
def _(g: Array, arr_shape: Shape, indices: Array, axis: int | None) -> Array:
    shape, along = ((math.prod(arr_shape),), 0) if axis is None else (arr_shape, axis)
    grid = list(np.ogrid[tuple(slice(n) for n in shape)])  # along every other axis: its own position
    grid[along] = indices
    return np.reshape(scatter_add(g, tuple(grid), shape), arr_shape)

_IDS = [call(_I, R(3, 2)), call(np.array([[1, 1], [0, 3]]), R(4, 3)), call(np.zeros(0, int), R(2, 2)),
        call(_I, R(3, 0))]

@primitive(samples=_IDS)
def embedding(ids: Array, weight: Array) -> Array:
    """y = weight[ids]: one row for each id (Bengio et al. 2003). ids (...), weight (n, width) → (..., width)"""
    return weight[beside(check_ids("embedding", ids, weight.shape[0]), weight)]

embedding.vjp("weight")(lambda g, ids, weight_shape: scatter_add(g, ids, weight_shape))

@constant
def one_hot(ids: Any, num_classes: int, dtype: Any = np.float32) -> Array:
    """y[..., k] = 1 where ids = k, else 0. ids (...) → (..., num_classes); nothing flows back"""
    ids = check_ids("one_hot", ids, num_classes)
    return (ids[..., None] == beside(np.arange(num_classes), ids)).astype(dtype)

def check_ids(name: str, ids: Any, size: int) -> Array:
    """Ids as an integer array. Raises TypeError for floats and booleans, IndexError unless 0 ≤ id < size."""
    ids = integers(name, ids)
    if ids.size and not (int(ids.min()) >= 0 and int(ids.max()) < size):
        host = to_host(ids)
        where = tuple(int(i) for i in np.argwhere((host < 0) | (host >= size))[0])
        raise IndexError(f"{name}: id {host[where]} at position {where} is outside 0 to {size - 1}; ids are never "
                         "negative, and the vocabulary may be larger than this table")
    return ids

def integers(name: str, ids: Any) -> Array:
    """Ids as an array. Raises TypeError unless they are integers (or none at all, which have no dtype to speak of)."""
    ids = ids if hasattr(ids, "dtype") else np.asarray(ids, dtype=None if np.size(ids) else np.int64)
    if ids.dtype.kind not in "iu" and ids.size:
        raise TypeError(f"{name}: indices are integers, not {ids.dtype}; convert them with .astype(np.int64)")
    return ids
