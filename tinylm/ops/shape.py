"""Functions that move elements about without changing them. Each gradient moves back the same way.

They are linear, y = M x with a matrix of zeros and ones, so the gradient is Mᵀ g: the adjoint map.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..backend import Array, to_host
from ..graph import TABLE
from ..primitives import primitive
from ..samples import R, call, calls
from .reduce import Axis, sum

Shape = tuple[int, ...]

@primitive(np.reshape, samples=calls([(2, 3), (3, 2)], [(2, 3), -1], [(6,), (2, -1)], [(), (1, 1)], [(0, 3), (3, 0)]))
def reshape(a: Array, shape: int | Shape) -> Array:
    """y = the elements of a, row by row, in another shape; one size may be -1: whatever is left"""
    return np.reshape(a, shape)

reshape.vjp("a")(lambda g, a_shape: np.reshape(g, a_shape))

@primitive(np.transpose, samples=calls([(2, 3)], [(2, 3, 2), (2, 0, 1)], [(2, 3, 2), (-1, 0, -2)], [(0, 3)]))
def transpose(a: Array, axes: Shape | None = None) -> Array:
    """y = a with its axes in the order `axes`, or reversed"""
    return np.transpose(a, axes)

@transpose.vjp("a")
def _(g: Array, axes: Shape | None) -> Array:
    return np.transpose(g, None if axes is None else np.argsort(np.atleast_1d(axes) % g.ndim).tolist())

@primitive(np.swapaxes, samples=calls([(2, 3, 2), 0, 1], [(2, 3, 1), -1, 0], [(0, 3), 0, 1]))
def swapaxes(a: Array, axis1: int, axis2: int) -> Array:
    """y = a with two axes exchanged"""
    return np.swapaxes(a, axis1, axis2)

swapaxes.vjp("a")(lambda g, axis1, axis2: np.swapaxes(g, axis1, axis2))

@primitive(np.moveaxis, samples=calls([(2, 3, 2), 0, -1], [(2, 3, 1, 2), (0, 1), (-1, 0)], [(0, 3), 0, 1]))
def moveaxis(a: Array, source: int | Shape, destination: int | Shape) -> Array:
    """y = a with the axes `source` moved to `destination`, the others in their order"""
    return np.moveaxis(a, source, destination)

moveaxis.vjp("a")(lambda g, source, destination: np.moveaxis(g, destination, source))

@primitive(np.expand_dims, samples=calls([(2, 3), 1], [(2, 3), (0, -1)], [(), 0], [(0, 3), 0]))
def expand_dims(a: Array, axis: int | Shape) -> Array:
    """y = a with new axes of size 1"""
    return np.expand_dims(a, axis)

expand_dims.vjp("a")(lambda g, a_shape: np.reshape(g, a_shape))

@primitive(np.squeeze, samples=calls([(1, 2, 1)], [(1, 2, 1), -1], [(1, 2, 1), (0, 2)], [(0, 1)]))
def squeeze(a: Array, axis: Axis = None) -> Array:
    """y = a without its axes of size 1"""
    return np.squeeze(a, axis)

squeeze.vjp("a")(lambda g, a_shape: np.reshape(g, a_shape))

@primitive(np.broadcast_to, samples=calls(
    [(3,), (2, 3)], [(2, 1), (2, 3)], [(), (2, 2)], [(1, 3), (0, 3)], [(0, 3), (2, 0, 3)]))
def broadcast_to(array: Array, shape: Shape) -> Array:
    """y = the array repeated along new axes and axes of size 1, without a copy"""
    return np.broadcast_to(array, shape)

broadcast_to.vjp("array")(lambda g: g)  # the engine un-broadcasts

_PARTS = [call([R(2, 3), R(2, 1)], 1), call([R(2, 2), R(1, 2), R(3, 2)]), call([R(2), R(3)], -1),
          call([R(0, 2), R(1, 2)]),
          call([R(2, 2), R(3)], None), call([R(2), np.array([1.0])])]

@primitive(np.concatenate, many="arrays", samples=_PARTS)
def concatenate(arrays: list[Array], axis: int | None = 0) -> Array:
    """y = the arrays joined end to end along an axis they have; None flattens them first"""
    return np.concatenate(arrays, axis)

@concatenate.vjp("arrays")
def _(g: Array, arrays_shape: list[Shape], axis: int | None) -> list[Array]:
    sizes = [math.prod(shape) if axis is None else shape[axis] for shape in arrays_shape]
    parts = np.split(g, np.cumsum(sizes)[:-1].tolist(), axis or 0)
    return [np.reshape(part, shape) for part, shape in zip(parts, arrays_shape, strict=True)]

_ALIKE = [call([R(2, 3), R(2, 3)]), call([R(2), R(2), R(2)], -1), call([R(2, 3), R(2, 3)], 1),
          call([R(2, 3), R(2, 3)], -1), call([R(0, 3)])]

@primitive(np.stack, many="arrays", samples=_ALIKE)
def stack(arrays: list[Array], axis: int = 0) -> Array:
    """y = the arrays joined along a new axis"""
    return np.stack(arrays, axis)

@stack.vjp("arrays")
def _(g: Array, arrays_shape: list[Shape], axis: int) -> list[Array]:
    front = np.moveaxis(g, axis, 0)
    return [front[k] for k in range(len(arrays_shape))]

@primitive(np.split, samples=calls([(4, 2), 2], [(4, 2), [1, 3]], [(2, 6), 3, 1], [(2, 3), (1,), -1], [(3, 0), [2]],
    [(2, 1, 4), [3, 1], -1]))
def split(ary: Array, indices_or_sections: int | list[int], axis: int = 0) -> tuple[Array, ...]:
    """y = the parts between the given positions along an axis, or so many equal parts"""
    return tuple(np.split(ary, indices_or_sections, axis))

@split.vjp("ary")
def _(g: tuple[Array, ...], ary_shape: Shape, indices_or_sections: Any, axis: int) -> Array:
    joined = np.concatenate(g, axis)
    if joined.shape == ary_shape:
        return joined
    source = np.concatenate(np.split(np.arange(ary_shape[axis]), indices_or_sections))  # parts that overlap
    return TABLE["scatter_add"](joined, (slice(None),) * (axis % len(ary_shape)) + (source,), ary_shape)

def _widths(pad_width: Any, ndim: int) -> list[list[int]]:
    """(before, after) for each axis."""
    return np.broadcast_to(pad_width, (ndim, 2)).tolist()

_BORDERS = [*calls([(2, 3), 1], [(2, 3), ((0, 1), (2, 0))], [(0, 3), (0, 1)]), call(R(3), (1, 2), constant_values=0.5)]

@primitive(np.pad, samples=_BORDERS)
def pad(array: Array, pad_width: Any, mode: str = "constant", *, constant_values: float = 0) -> Array:
    """y = the array with a border of constant values; pad_width as in NumPy: n, (before, after), or a pair per axis"""
    if mode != "constant":
        raise ValueError(f"pad: mode {mode!r} has no derivative here; only 'constant', or concatenate slices")
    return np.pad(array, _widths(pad_width, array.ndim), mode="constant", constant_values=constant_values)

@pad.vjp("array")
def _(g: Array, array_shape: Shape, pad_width: Any) -> Array:
    widths = _widths(pad_width, len(array_shape))
    return g[tuple(slice(before, before + n) for (before, _), n in zip(widths, array_shape, strict=True))]

@primitive(np.flip, samples=calls([(2, 3)], [(2, 3), 0], [(2, 3, 2), (0, -1)], [(0, 3)]))
def flip(m: Array, axis: Axis = None) -> Array:
    """y = the elements in reverse order along some axes"""
    return np.flip(m, axis)

flip.vjp("m")(lambda g, axis: np.flip(g, axis))

@primitive(np.roll, samples=calls([(2, 3), 1], [(2, 3), -1, 1], [(2, 3), (1, 2), (0, -1)], [(0, 3), 1]))
def roll(a: Array, shift: int | Shape, axis: Axis = None) -> Array:
    """y = the elements moved along by `shift` places, those that fall off coming back at the start"""
    return np.roll(a, shift, axis)

roll.vjp("a")(lambda g, shift, axis: np.roll(g, np.negative(shift).tolist(), axis))

@primitive(np.repeat, samples=calls(
    [(3,), 2], [(2, 3), 2, 1], [(2, 3), [1, 2], 0], [(2, 2), np.array([0, 3]), -1], [(2, 3), 2], [(0, 3), 2, 1]))
def repeat(a: Array, repeats: Any, axis: int | None = None) -> Array:
    """y = each element so many times in a row; None flattens first"""
    return np.repeat(a, _counts(repeats), axis)

def _counts(repeats: Any) -> Any:
    """How often each element comes, on the host."""
    return to_host(repeats).tolist() if hasattr(repeats, "dtype") else repeats

@repeat.vjp("a")
def _(g: Array, a_shape: Shape, repeats: Any, axis: int | None) -> Array:
    along, size = (0, math.prod(a_shape)) if axis is None else (axis % len(a_shape), a_shape[axis])
    source = TABLE["repeat"](np.arange(size), repeats)  # which element each copy was made of
    flat = (size,) if axis is None else a_shape
    return np.reshape(TABLE["scatter_add"](g, (slice(None),) * along + (source,), flat), a_shape)

@primitive(np.tile, samples=calls([(3,), 2], [(2, 3), [2, 1]], [(2,), (2, 2)], [(2, 3), 2], [(0, 3), 2]))
def tile(A: Array, reps: int | Shape) -> Array:
    """y = copies of the whole array side by side"""
    return np.tile(A, reps)

@tile.vjp("A")
def _(g: Array, A_shape: Shape, reps: int | Shape) -> Array:
    times = (reps,) if isinstance(reps, int) else tuple(reps)
    ndim = max(len(times), len(A_shape))
    times, sizes = (1,) * (ndim - len(times)) + times, (1,) * (ndim - len(A_shape)) + A_shape
    pairs = [n for pair in zip(times, sizes, strict=True) for n in pair]
    return sum(np.reshape(g, pairs), tuple(range(0, 2 * ndim, 2)))  # (times, size, times, size, ...)

@primitive(np.tril, samples=[call(R(3, 3)), call(R(2, 2, 3), 1), call(R(3, 2), k=-1), call(R(0, 3))])
def tril(m: Array, k: int = 0) -> Array:
    """y = m on and below the k-th diagonal, 0 above"""
    return np.tril(m, k)

tril.vjp("m")(lambda g, k: np.tril(g, k))

@primitive(np.triu, samples=[call(R(3, 3)), call(R(2, 2, 3), 1), call(R(3, 2), k=-1), call(R(0, 3))])
def triu(m: Array, k: int = 0) -> Array:
    """y = m on and above the k-th diagonal, 0 below"""
    return np.triu(m, k)

triu.vjp("m")(lambda g, k: np.triu(g, k))

@primitive(np.diagonal, samples=calls(
    [(3, 3)], [(2, 3), 1], [(3, 2), -1], [(2, 3, 2), 0, -1, 0], [(2, 3, 2), 0, 1, -1], [(0, 3)]))
def diagonal(a: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """y = the elements with index(axis2) - index(axis1) = offset, along a new last axis"""
    return np.diagonal(a, offset, axis1, axis2)

def spread_on_diagonal(g: Array, shape: Shape, offset: int, axis1: int, axis2: int) -> Array:
    """Zeros of `shape` with g (..., length) on a diagonal: the adjoint of `diagonal`."""
    rest = [n for i, n in enumerate(shape) if i not in (axis1 % len(shape), axis2 % len(shape))]
    along = np.arange(g.shape[-1])
    index = (..., along + max(-offset, 0), along + max(offset, 0))
    spread = TABLE["scatter_add"](g, index, (*rest, shape[axis1], shape[axis2]))
    return np.moveaxis(spread, (-2, -1), (axis1, axis2))

diagonal.vjp("a")(lambda g, a_shape, offset, axis1, axis2: spread_on_diagonal(g, a_shape, offset, axis1, axis2))

TABLE[np.ravel] = lambda a, order="C": reshape(a, -1, order=order)
