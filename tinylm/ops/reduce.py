"""Functions that gather elements along axes. `axis` may be negative, several, or None for all of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..backend import Array
from ..primitives import primitive
from ..samples import REDUCTIONS, R, call, calls, pin
from .elementwise import identity_matrix

Axis = int | tuple[int, ...] | None

def kept(shape: tuple[int, ...], axis: Axis) -> tuple[int, ...]:
    """`shape` with 1 for the axes that a reduction removes: what broadcasts back against the input."""
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    gone = [a % len(shape) for a in axes if shape]
    return tuple(1 if i in gone else n for i, n in enumerate(shape))

def counted(shape: tuple[int, ...], axis: Axis) -> int:
    """How many elements each result of a reduction gathers."""
    return math.prod(n for n, k in zip(shape, kept(shape, axis), strict=True) if n != k)

def in_float32(function: Any, *arrays: Any, **settings: Any) -> Array:
    """Accumulate float16 in float32: a sum of many small numbers would stop growing at 2048."""
    if getattr(arrays[-1], "dtype", None) != np.float16:
        return function(*arrays, **settings)
    return function(*arrays, dtype=np.float32, **settings).astype(np.float16)

@primitive(np.sum, samples=REDUCTIONS)
def sum(a: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """y = Σ a"""
    return in_float32(np.sum, a, axis=axis, keepdims=keepdims)

sum.vjp("a")(lambda g, a_shape, axis: np.broadcast_to(np.reshape(g, kept(a_shape, axis)), a_shape))

@primitive(np.mean, samples=REDUCTIONS)
def mean(a: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """y = Σ a / n"""
    return np.mean(a, axis=axis, keepdims=keepdims)

@mean.vjp("a")
def _(g: Array, a_shape: tuple[int, ...], axis: Axis) -> Array:
    return np.broadcast_to(np.reshape(g, kept(a_shape, axis)) / counted(a_shape, axis), a_shape)

_DDOF = [call(R(2, 3), axis=1, ddof=1), call(R(2, 3, 2), axis=(0, 2), ddof=1, keepdims=True)]
_SPREAD = [sample for sample in REDUCTIONS if sample.args[0].shape != ()] + _DDOF  # one number has no spread

@primitive(np.var, samples=_SPREAD)
def var(a: Array, axis: Axis = None, *, ddof: int = 0, keepdims: bool = False) -> Array:
    """y = Σ (a - mean)² / (n - ddof)"""
    centred = a - np.mean(a, axis=axis, keepdims=True)
    return sum(centred * centred, axis, keepdims=keepdims) / (counted(a.shape, axis) - ddof)

@var.vjp("a")
def _(g: Array, a: Array, axis: Axis, ddof: int) -> Array:
    centred = a - np.mean(a, axis=axis, keepdims=True)
    return np.reshape(g, kept(a.shape, axis)) * centred * 2 / (counted(a.shape, axis) - ddof)

@primitive(np.std, samples=_SPREAD, pins=[pin(call(np.array([2.0, 2.0])), a=[0.0, 0.0])])
def std(a: Array, axis: Axis = None, *, ddof: int = 0, keepdims: bool = False) -> Array:
    """y = √var; its gradient is 0 where all elements are equal, though the slope is infinite there"""
    return np.sqrt(var(a, axis, ddof=ddof, keepdims=keepdims))

@std.vjp("a")
def _(g: Array, a: Array, y: Array, axis: Axis, ddof: int) -> Array:
    centred = a - np.mean(a, axis=axis, keepdims=True)
    scale = g / np.where(y == 0, np.inf, y) / (counted(a.shape, axis) - ddof)
    return np.reshape(scale, kept(a.shape, axis)) * centred

def _shared(g: Array, hit: Array, axis: Axis) -> Array:
    """`g` spread equally over the elements that attain a maximum or minimum."""
    number = np.sum(hit, axis=axis, keepdims=True)
    return np.where(hit, np.reshape(g, number.shape) / number.astype(g.dtype), 0.0)

_TIES = [pin(call(np.array([[1.0, 1.0, 1.0], [2.0, 1.0, 2.0]]), axis=0), a=[[0, 0.5, 0], [1, 0.5, 1]])]

@primitive(np.max, np.amax, samples=REDUCTIONS, kinks="ties", analytic=False, pins=_TIES)
def max(a: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """y = the largest element; where several are, they share the gradient equally"""
    return np.max(a, axis=axis, keepdims=keepdims)

max.vjp("a")(lambda g, a, y, axis: _shared(g, a == np.reshape(y, kept(a.shape, axis)), axis))

@primitive(np.min, np.amin, samples=REDUCTIONS, kinks="ties", analytic=False,
           pins=[pin(call(np.array([[1.0, 1.0], [2.0, 1.0]]), axis=0), a=[[1, 0.5], [0, 0.5]])])
def min(a: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """y = the smallest element; where several are, they share the gradient equally"""
    return np.min(a, axis=axis, keepdims=keepdims)

min.vjp("a")(lambda g, a, y, axis: _shared(g, a == np.reshape(y, kept(a.shape, axis)), axis))

_Z = np.array([[[0.0, 2.0, 3.0], [0.0, 0.0, 5.0]], [[1.0, 2.0, 3.0], [4.0, 0.0, 6.0]]])
_ZEROS = [call(_Z, axis=2), call(_Z, axis=0), call(_Z, axis=(2, 0)), call(_Z[0]), call(_Z[1], axis=0, keepdims=True),
          call(np.zeros((1, 1)))]

@primitive(np.prod, samples=REDUCTIONS + _ZEROS)
def prod(a: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """y = Π a; ∂y/∂aᵢ = Π_{j≠i} aⱼ, which is y / aᵢ unless aᵢ = 0"""
    return in_float32(np.prod, a, axis=axis, keepdims=keepdims)

@prod.vjp("a")
def _(g: Array, a: Array, y: Array, axis: Axis) -> Array:
    shape, small = a.shape, kept(a.shape, axis)
    if not np.any(y == 0):
        return np.reshape(g * y, small) / a
    gone = [i for i in range(len(shape)) if shape[i] != small[i]]
    order = [i for i in range(len(shape)) if i not in gone] + gone
    rows = np.reshape(np.transpose(a, order), (math.prod(small), counted(shape, axis)))  # (results, elements of each)
    one = identity_matrix(rows.shape[1], rows)
    others = np.expand_dims(rows, 1) * (1 - one) + one  # (results, which is left out, elements)
    cofactors = np.reshape(np.prod(others, axis=-1), [shape[i] for i in order])  # axes in the order `order`
    return np.reshape(g, small) * np.transpose(cofactors, [order.index(i) for i in range(len(shape))])

@primitive(samples=REDUCTIONS, analytic=False, pins=[pin(call(np.array([-np.inf, -np.inf])), a=[0.0, 0.0])])
def logsumexp(a: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """y = ln Σ eᵃ, with the largest a taken out so that nothing overflows"""
    top = np.max(a, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):  # ln 0 = -∞ where all a are
        y = np.log(sum(np.exp(a - top), axis, keepdims=True)) + top
    return y if keepdims else np.reshape(y, sum(y, axis).shape)

@logsumexp.vjp("a")
def _(g: Array, a: Array, y: Array, axis: Axis) -> Array:
    small = kept(a.shape, axis)
    return np.reshape(g, small) * np.exp(a - np.reshape(np.where(y == -np.inf, 0.0, y), small))

_ROWS = calls([(3,)], [(2, 3)], [(2, 3, 2), 1], [(2, 3), 0], [(2, 2, 2), (0, -1)], [(0, 3)], [(2, 3), None])

@primitive(samples=_ROWS, analytic=False)
def softmax(x: Array, axis: Axis = -1) -> Array:
    """yᵢ = e^xᵢ / Σⱼ e^xⱼ: scores to probabilities (Bridle 1990)"""
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / sum(e, axis, keepdims=True)

# ∂yᵢ/∂xⱼ = yᵢ (δᵢⱼ - yⱼ), so Σᵢ gᵢ ∂yᵢ/∂xⱼ = yⱼ (gⱼ - Σᵢ gᵢ yᵢ)
softmax.vjp("x")(lambda g, y, axis: y * (g - sum(g * y, axis, keepdims=True)))

@primitive(samples=_ROWS, analytic=False)
def log_softmax(x: Array, axis: Axis = -1) -> Array:
    """yᵢ = xᵢ - ln Σⱼ e^xⱼ, the logarithm of softmax without its underflow"""
    x = x - np.max(x, axis=axis, keepdims=True)
    return x - np.log(sum(np.exp(x), axis, keepdims=True))

# ∂yᵢ/∂xⱼ = δᵢⱼ - softmax(x)ⱼ, and softmax(x) = eʸ
log_softmax.vjp("x")(lambda g, y, axis: g - np.exp(y) * sum(g, axis, keepdims=True))

@primitive(np.cumsum, samples=calls([(3,)], [(2, 3)], [(2, 3), 0], [(2, 3, 2), -1], [(0, 3), 1]))
def cumsum(a: Array, axis: int | None = None) -> Array:
    """yᵢ = Σ_{j≤i} aⱼ along an axis; None flattens first"""
    return in_float32(np.cumsum, a, axis=axis)

@cumsum.vjp("a")
def _(g: Array, a_shape: tuple[int, ...], axis: int | None) -> Array:
    return np.reshape(np.flip(cumsum(np.flip(g, axis), axis), axis), a_shape)  # Σ_{i≥j} gᵢ, in a's shape

_ORDERS = [call(R(4), ord) for ord in (1, 2, 3, 1.5, np.inf, -np.inf)] + [call(R(3, 2), "fro", (0, 1), keepdims=True),
           call(R(2, 3), np.inf, 1), call(R(2, 3), 3, -1, keepdims=True), call(R(2, 3), 1, 0),
           call(R(2, 3), -np.inf, 0)]

_AT_ZERO = [pin(call(np.zeros(2), ord), x=[0.0, 0.0]) for ord in (2, 1, 3, np.inf)]
_AT_ZERO += [pin(call(np.array([4.0, 0.0]), 0.5), x=[1.0, 0.0])]

@primitive(np.linalg.norm, samples=REDUCTIONS + _ORDERS, kinks=(0,), analytic=False, pins=_AT_ZERO)
def norm(x: Array, ord: Any = None, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """y = (Σ |x|^p)^(1/p) with p = ord

    2 (the default, "fro" for a matrix), 1, any other p > 0, inf for the largest |x|, -inf for the smallest.
    Norms of a matrix that need its singular values are refused. The gradient at x = 0 counts as 0.
    """
    p = 2 if ord in (None, "fro") else ord
    axes = len(x.shape) if axis is None else len(axis) if isinstance(axis, tuple) else 1
    if isinstance(p, str) or (axes > 1 and ord not in (None, "fro")) or (p <= 0 and p != -np.inf):
        raise ValueError(f"norm: ord={ord!r} over {axes} axes has no derivative here; "
                         'take ord=None or "fro", or the norm of vectors along one axis')
    if np.isinf(p):
        return (np.max if p > 0 else np.min)(np.absolute(x), axis=axis, keepdims=keepdims)
    if p == 2:
        return np.sqrt(sum(x * x, axis, keepdims=keepdims))
    return sum(np.absolute(x) ** p, axis, keepdims=keepdims) ** (1 / p)

@norm.vjp("x")
def _(g: Array, x: Array, y: Array, ord: Any, axis: Axis) -> Array:
    p = 2 if ord in (None, "fro") else ord
    y = np.reshape(y, kept(x.shape, axis))
    if np.isinf(p):
        return np.sign(x) * _shared(g, np.absolute(x) == y, axis)
    g, scale = np.reshape(g, y.shape), y + (y == 0)  # y, but 1 where it is 0: then x is 0 as well
    if p == 2:
        return g * (x / scale)
    return g * np.sign(x) * (np.absolute(x) / scale + (x == 0)) ** (p - 1)  # (|x| / y)^(p-1), 1 at x = 0

@primitive(np.sort, samples=calls([(5,)], [(2, 3)], [(3, 2), 0], [(2, 3), None], [(0, 3), 1]),
           kinks="ties", analytic=False)
def sort(a: Array, axis: int | None = -1) -> Any:
    """y = a in ascending order along an axis; None flattens first"""
    a, axis = (np.reshape(a, -1), 0) if axis is None else (a, axis)  # (size,)
    order = np.argsort(a, axis=axis, kind="stable")
    return np.take_along_axis(a, order, axis=axis), order

@sort.vjp("a")
def _(g: Array, a_shape: tuple[int, ...], axis: int | None, aux: Array) -> Array:
    return np.reshape(np.take_along_axis(g, np.argsort(aux, axis=axis), axis=axis), a_shape)  # back where it was
