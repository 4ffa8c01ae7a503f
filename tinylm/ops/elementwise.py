"""Functions of each element on its own. `g` is the gradient of the output, `y` the output itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import backend
from ..backend import Array
from ..primitive import R, call, constant, pin, primitive
from .samples import BINARY, UNARY

POSITIVE = (0.3, 2.0)
LN2 = math.log(2.0)

# Arithmetic ------------------------------------------------------------------------------------------


@primitive(np.add, samples=BINARY)
def add(x1: Array, x2: Array) -> Array:
    """y = x1 + x2"""
    return np.add(x1, x2)


add.vjp("x1")(lambda g: g)
add.vjp("x2")(lambda g: g)


@primitive(np.subtract, samples=BINARY)
def subtract(x1: Array, x2: Array) -> Array:
    """y = x1 - x2"""
    return np.subtract(x1, x2)


subtract.vjp("x1")(lambda g: g)
subtract.vjp("x2")(lambda g: -g)


@primitive(np.multiply, samples=BINARY)
def multiply(x1: Array, x2: Array) -> Array:
    """y = x1 · x2"""
    return np.multiply(x1, x2)


multiply.vjp("x1")(lambda g, x2: g * x2)
multiply.vjp("x2")(lambda g, x1: g * x1)


@primitive(np.divide, samples=BINARY, domain={"x2": POSITIVE})
def divide(x1: Array, x2: Array) -> Array:
    """y = x1 / x2"""
    return np.divide(x1, x2)


divide.vjp("x1")(lambda g, x2: g / x2)
divide.vjp("x2")(lambda g, x2, y: -g * y / x2)


@primitive(np.negative, samples=UNARY)
def negative(x: Array) -> Array:
    """y = -x"""
    return np.negative(x)


negative.vjp("x")(lambda g: -g)

_EXPONENTS = [call(R(2, 3), 2), call(R(2), 3.0), call(R(2), 1), call(R(2), 0), call(R(2), -1.5), call(R(2), np.array([2.0, 0.0]))]
_ZERO_BASE = [pin(call(np.array([0.0, 0.0, 2.0]), np.array([0.0, 2.0, 3.0])), x1=[0.0, 0.0, 12.0], x2=[0.0, 0.0, 8 * LN2]),
              pin(call(np.array([0.0]), 0), x1=[0.0]), pin(call(0.0, np.array([2.0])), x2=[0.0])]


@primitive(np.power, samples=[*BINARY, *_EXPONENTS], domain={"x1": POSITIVE}, pins=_ZERO_BASE)
def power(x1: Array, x2: Array) -> Array:
    """y = x1 ** x2; negative bases take whole exponents only"""
    return x1 ** x2


@power.vjp("x1")
def _(g: Array, x1: Array, x2: Array) -> Array:
    if isinstance(x2, (int, float)):
        return g * (x2 * x1 ** (x2 - (x2 != 0)))  # the derivative of x⁰ is 0, at x = 0 too
    return g * x2 * x1 ** (x2 - ((x1 != 0) | (x2 != 0)))


@power.vjp("x2")
def _(g: Array, x1: Array, x2: Array, y: Array) -> Array:
    x1 = x1 if hasattr(x1, "dtype") else np.full_like(x2, x1)
    return g * y * np.log(np.where(x1 == 0, 1.0, x1))  # 0² · log 0 shall be 0


@primitive(np.remainder, samples=BINARY, domain={"x1": (2.5, 3.2), "x2": (1.1, 1.2)}, analytic=False)
def remainder(x1: Array, x2: Array) -> Array:
    """y = x1 mod x2 = x1 - x2 ⌊x1 / x2⌋"""
    return np.remainder(x1, x2)


remainder.vjp("x1")(lambda g: g)
remainder.vjp("x2")(lambda g, x1, x2: -g * np.floor_divide(x1, x2))

# Exponentials, logarithms, roots ----------------------------------------------------------------------


@primitive(np.exp, samples=UNARY)
def exp(x: Array) -> Array:
    """y = eˣ"""
    return np.exp(x)


exp.vjp("x")(lambda g, y: g * y)


@primitive(np.exp2, samples=UNARY)
def exp2(x: Array) -> Array:
    """y = 2ˣ"""
    return np.exp2(x)


exp2.vjp("x")(lambda g, y: g * (y * LN2))


@primitive(np.expm1, samples=UNARY)
def expm1(x: Array) -> Array:
    """y = eˣ - 1, exact near 0"""
    return np.expm1(x)


expm1.vjp("x")(lambda g, y: g * (y + 1))


@primitive(np.log, samples=UNARY, domain=POSITIVE)
def log(x: Array) -> Array:
    """y = ln x"""
    return np.log(x)


log.vjp("x")(lambda g, x: g / x)


@primitive(np.log2, samples=UNARY, domain=POSITIVE)
def log2(x: Array) -> Array:
    """y = ln x / ln 2"""
    return np.log2(x)


log2.vjp("x")(lambda g, x: g / (x * LN2))


@primitive(np.log1p, samples=UNARY, domain=(-0.7, 2.0))
def log1p(x: Array) -> Array:
    """y = ln(1 + x), exact near 0"""
    return np.log1p(x)


log1p.vjp("x")(lambda g, x: g / (1 + x))


@primitive(np.sqrt, samples=UNARY, domain=POSITIVE)
def sqrt(x: Array) -> Array:
    """y = √x"""
    return np.sqrt(x)


sqrt.vjp("x")(lambda g, y: g / (2 * y))


@primitive(np.square, samples=UNARY)
def square(x: Array) -> Array:
    """y = x²"""
    return np.square(x)


square.vjp("x")(lambda g, x: g * (2 * x))


@primitive(np.absolute, samples=UNARY, kinks=(0,), analytic=False, pins=[pin(call(np.array([0.0])), x=[0.0])])
def abs(x: Array) -> Array:
    """y = |x|; at the kink the slope counts as 0"""
    return np.absolute(x)


abs.vjp("x")(lambda g, x: g * np.sign(x))

# Trigonometry -----------------------------------------------------------------------------------------


@primitive(np.sin, samples=UNARY)
def sin(x: Array) -> Array:
    """y = sin x, in radians"""
    return np.sin(x)


sin.vjp("x")(lambda g, x: g * np.cos(x))


@primitive(np.cos, samples=UNARY)
def cos(x: Array) -> Array:
    """y = cos x, in radians"""
    return np.cos(x)


cos.vjp("x")(lambda g, x: -g * np.sin(x))


@primitive(np.tan, samples=UNARY, domain=(-1.2, 1.2))
def tan(x: Array) -> Array:
    """y = tan x, in radians"""
    return np.tan(x)


tan.vjp("x")(lambda g, y: g * (1 + y * y))


@primitive(np.arctan, samples=UNARY)
def arctan(x: Array) -> Array:
    """y = the angle whose tangent is x"""
    return np.arctan(x)


arctan.vjp("x")(lambda g, x: g / (1 + x * x))

# Choosing ---------------------------------------------------------------------------------------------


_EQUAL = pin(call(np.array([2.0]), np.array([2.0])), x1=[0.5], x2=[0.5])


@primitive(np.maximum, samples=BINARY, kinks="ties", analytic=False, pins=[_EQUAL])
def maximum(x1: Array, x2: Array) -> Array:
    """y = the larger of the two; where they are equal, each gets half of the gradient"""
    return np.maximum(x1, x2)


maximum.vjp("x1")(lambda g, x1, x2: np.where(x1 > x2, g, np.where(x1 == x2, g * 0.5, 0.0)))
maximum.vjp("x2")(lambda g, x1, x2: np.where(x2 > x1, g, np.where(x1 == x2, g * 0.5, 0.0)))


@primitive(np.minimum, samples=BINARY, kinks="ties", analytic=False, pins=[_EQUAL])
def minimum(x1: Array, x2: Array) -> Array:
    """y = the smaller of the two; where they are equal, each gets half of the gradient"""
    return np.minimum(x1, x2)


minimum.vjp("x1")(lambda g, x1, x2: np.where(x1 < x2, g, np.where(x1 == x2, g * 0.5, 0.0)))
minimum.vjp("x2")(lambda g, x1, x2: np.where(x2 < x1, g, np.where(x1 == x2, g * 0.5, 0.0)))

_BOUNDS = [call(R(3, 4), -0.5, 0.7), call(R(6), None, 0.7), call(R(6), -0.5), call(R(0, 3), -0.5, 0.7),
           call(R(3, 4), R(3, 1), R(4)), call(R(5), R(5), None), call(R(5), None, R())]


@primitive(np.clip, samples=_BOUNDS, kinks=(-0.5, 0.7), analytic=False,
           domain={"a": (-2.0, 2.0), "a_min": (-0.9, -0.6), "a_max": (0.2, 0.6)},
           pins=[pin(call(np.array([-0.5, 0.7]), -0.5, 0.7), a=[1.0, 1.0]),
                 pin(call(np.array([3.0]), np.array([3.0])), a=[1.0], a_min=[0.0]),
                 pin(call(np.array([3.0]), None, np.array([3.0])), a=[1.0], a_max=[0.0])])
def clip(a: Array, a_min: Any = None, a_max: Any = None) -> Array:
    """y = min(max(a, a_min), a_max), either bound may be None; on a bound the gradient passes to a"""
    return np.clip(a, a_min, a_max)


@clip.vjp("a")
def _(g: Array, a: Array, a_min: Any, a_max: Any) -> Array:
    g = g if a_min is None else np.where(a >= a_min, g, 0.0)
    return g if a_max is None else np.where(a <= a_max, g, 0.0)


clip.vjp("a_min")(lambda g, a, a_min: np.where(a < a_min, g, 0.0))
clip.vjp("a_max")(lambda g, a, a_max: np.where(a > a_max, g, 0.0))

_MASK = np.array([[True, False, True], [False, False, True]])


@primitive(np.where, samples=[call(_MASK, *c.args) for c in BINARY[:2]] + [call(_MASK[0], R(2, 3), 0.5), call(_MASK, 0.5, R(3))])
def where(condition: Array, x1: Array, x2: Array) -> Array:
    """y = x1 where the condition holds, x2 elsewhere"""
    return np.where(condition, x1, x2)


where.vjp("x1")(lambda g, condition: np.where(condition, g, 0.0))
where.vjp("x2")(lambda g, condition: np.where(condition, 0.0, g))

# Conversions ------------------------------------------------------------------------------------------


@primitive(samples=[call(R(2, 3), np.float64), call(R(2), np.dtype("float64"))], analytic=False, casts=True,
           pins=[pin(call(np.array([1.5]), np.float32), x=[1.0])])
def astype(x: Array, dtype: Any) -> Any:
    """y = x in another dtype; the gradient comes back in x's own"""
    return x.astype(dtype), x.dtype


astype.vjp("x")(lambda g, aux: astype(g, aux))


@primitive(samples=[call(R(2, 3), "cpu")])
def to(x: Array, device: str) -> Any:
    """y = x on another device; the gradient goes back to x's own"""
    moved = backend.to_device(x, device)
    return moved[...] if moved is x else moved, backend.device_of(x)


to.vjp("x")(lambda g, aux: to(g, aux))


@primitive(np.copy, samples=UNARY)
def identity(x: Array) -> Array:
    """y = x, in new memory"""
    return np.copy(x)


identity.vjp("x")(lambda g: g)

# Steps: their derivative is zero wherever there is one --------------------------------------------------

for _step in (
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.sign, np.floor, np.ceil, np.trunc,
    np.rint, np.round, np.floor_divide, np.logical_and, np.logical_or, np.logical_xor, np.logical_not, np.bitwise_and,
    np.bitwise_or, np.isnan, np.isinf, np.isfinite, np.isclose, np.allclose, np.array_equal, np.any, np.all,
    np.count_nonzero, np.argmax, np.argmin, np.argsort, np.nonzero, np.unique, np.shape, np.ndim, np.size,
    np.zeros_like, np.ones_like, np.full_like, np.empty_like,
):
    constant(_step)


@constant
def identity_matrix(size: int, like: Array) -> Array:
    """The identity matrix, of the dtype and on the device of `like`."""
    return backend.beside(np.eye(size, dtype=like.dtype), like)
