"""Functions of each element on its own, with their derivatives beside them: a table of calculus.

In a rule, `g` is the gradient of the output, `y` the output itself; everything else is called as in the formula. Where
an input was broadcast, the engine sums its gradient afterwards. Beside each formula stands what its check needs (see
`tinylm.samples`): the domain to draw samples from (positive numbers for a logarithm), the kinks where a slope jumps,
pins that fix the gradient there, and whether the formula is analytic, that is, also holds for complex numbers.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import backend
from ..backend import Array
from ..primitives import Primitive, constant, primitive
from ..samples import BINARY, UNARY, R, call, calls, pin

POSITIVE = (0.3, 2.0)
LN2 = math.log(2.0)

def ufunc(function: Any, equation: str, name: str | None = None, **facts: Any) -> Primitive:
    """A primitive that is one of NumPy's own functions of one or two elements."""
    if function.nin == 1:
        def formula(x: Array) -> Array:
            return function(x)
    else:
        def formula(x1: Array, x2: Array) -> Array:  # type: ignore[misc]
            return function(x1, x2)
    formula.__name__, formula.__doc__ = name or function.__name__, equation
    return primitive(function, **{"samples": UNARY if function.nin == 1 else BINARY, **facts})(formula)

# Arithmetic ------------------------------------------------------------------------------------------------------

add = ufunc(np.add, "y = x1 + x2")
add.vjp("x1")(lambda g: g)
add.vjp("x2")(lambda g: g)

subtract = ufunc(np.subtract, "y = x1 - x2")
subtract.vjp("x1")(lambda g: g)
subtract.vjp("x2")(lambda g: -g)

multiply = ufunc(np.multiply, "y = x1 · x2")
multiply.vjp("x1")(lambda g, x2: g * x2)
multiply.vjp("x2")(lambda g, x1: g * x1)

divide = ufunc(np.divide, "y = x1 / x2", domain={"x2": POSITIVE})
divide.vjp("x1")(lambda g, x2: g / x2)
divide.vjp("x2")(lambda g, x2, y: -g * y / x2)

remainder = ufunc(np.remainder, "y = x1 - x2 ⌊x1 / x2⌋", domain={"x1": (2.5, 3.2), "x2": (1.1, 1.2)}, analytic=False)
remainder.vjp("x1")(lambda g: g)
remainder.vjp("x2")(lambda g, x1, x2: -g * np.floor_divide(x1, x2))

negative = ufunc(np.negative, "y = -x")
negative.vjp("x")(lambda g: -g)

_EXPONENTS = [*(call(R(2, 3), p) for p in (2, 3.0, 1, 0, -1.5)), call(R(2), np.array([2.0, 0.0]))]
_ZERO_BASE = [
    pin(call(np.array([0.0, 0.0, 0.0, 2.0]), np.array([0.0, 1.0, 2.0, 3.0])), x1=[0, 1, 0, 12], x2=[0, 0, 0, 8 * LN2]),
    pin(call(np.array([0.0]), 0), x1=[0.0]), pin(call(0.0, np.array([2.0])), x2=[0.0]),
    pin(call(np.array([0.0]), np.array([-1.0])), x1=[-np.inf], x2=[-np.inf])]

@primitive(np.power, samples=BINARY + _EXPONENTS, domain={"x1": POSITIVE}, pins=_ZERO_BASE)
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
    return g * y * np.log(np.where((x1 == 0) & (x2 >= 0), 1.0, x1))  # 0² · log 0 shall be 0

# Exponentials, logarithms, roots ---------------------------------------------------------------------------------

exp = ufunc(np.exp, "y = eˣ")
exp.vjp("x")(lambda g, y: g * y)

exp2 = ufunc(np.exp2, "y = 2ˣ")
exp2.vjp("x")(lambda g, y: g * (y * LN2))

expm1 = ufunc(np.expm1, "y = eˣ - 1, exact near 0")
expm1.vjp("x")(lambda g, y: g * (y + 1))

log = ufunc(np.log, "y = ln x", domain=POSITIVE)
log.vjp("x")(lambda g, x: g / x)

log2 = ufunc(np.log2, "y = ln x / ln 2", domain=POSITIVE)
log2.vjp("x")(lambda g, x: g / (x * LN2))

log1p = ufunc(np.log1p, "y = ln(1 + x), exact near 0", domain=(-0.7, 2.0))
log1p.vjp("x")(lambda g, x: g / (1 + x))

sqrt = ufunc(np.sqrt, "y = √x", domain=POSITIVE)
sqrt.vjp("x")(lambda g, y: g / (2 * y))

square = ufunc(np.square, "y = x²")
square.vjp("x")(lambda g, x: g * (2 * x))

abs = ufunc(np.absolute, "y = |x|; its slope at 0 counts as 0", name="abs", kinks=(0,), analytic=False,
            pins=[pin(call(np.array([0.0])), x=[0.0])])
abs.vjp("x")(lambda g, x: g * np.sign(x))

# Trigonometry, in radians ----------------------------------------------------------------------------------------

sin = ufunc(np.sin, "y = sin x")
sin.vjp("x")(lambda g, x: g * np.cos(x))

cos = ufunc(np.cos, "y = cos x")
cos.vjp("x")(lambda g, x: -g * np.sin(x))

tan = ufunc(np.tan, "y = tan x", domain=(-1.2, 1.2))
tan.vjp("x")(lambda g, y: g * (1 + y * y))

arctan = ufunc(np.arctan, "y = the angle whose tangent is x")
arctan.vjp("x")(lambda g, x: g / (1 + x * x))

tanh = ufunc(np.tanh, "y = tanh x = (eˣ - e⁻ˣ) / (eˣ + e⁻ˣ)")
tanh.vjp("x")(lambda g, y: g * (1 - y * y))

# Choosing --------------------------------------------------------------------------------------------------------

_EQUAL = pin(call(np.array([2.0]), np.array([2.0])), x1=[0.5], x2=[0.5])

maximum = ufunc(np.maximum, "y = the larger; equals share the gradient", kinks="ties", analytic=False, pins=[_EQUAL])
maximum.vjp("x1")(lambda g, x1, x2: np.where(x1 > x2, g, np.where(x1 == x2, g * 0.5, 0.0)))
maximum.vjp("x2")(lambda g, x1, x2: np.where(x2 > x1, g, np.where(x1 == x2, g * 0.5, 0.0)))

minimum = ufunc(np.minimum, "y = the smaller; equals share the gradient", kinks="ties", analytic=False, pins=[_EQUAL])
minimum.vjp("x1")(lambda g, x1, x2: np.where(x1 < x2, g, np.where(x1 == x2, g * 0.5, 0.0)))
minimum.vjp("x2")(lambda g, x1, x2: np.where(x2 < x1, g, np.where(x1 == x2, g * 0.5, 0.0)))

_BOUNDS = [call(R(3, 4), -0.5, 0.7), call(R(6), None, 0.7), call(R(6), -0.5), call(R(0, 3), -0.5, 0.7),
           call(R(3, 4), R(3, 1), R(4)), call(R(5), R(5), None), call(R(5), None, R()), call(R(6), None, R(6))]

@primitive(np.clip, samples=_BOUNDS, kinks=(-0.5, 0.7), analytic=False,
           domain={"a": (-2.0, 2.0), "a_min": (-0.9, -0.6), "a_max": (0.2, 0.6)},
           pins=[pin(call(np.array([-0.5, 0.7]), -0.5, 0.7), a=[1.0, 1.0]),
                 pin(call(np.array([3.0]), np.array([3.0])), a=[1.0], a_min=[0.0]),
                 pin(call(np.array([3.0]), None, np.array([3.0])), a=[1.0], a_max=[0.0]),
                 pin(call(np.array([0.0]), np.array([2.0]), np.array([2.0])), a_min=[1.0], a_max=[0.0]),
                 pin(call(np.array([0.0]), np.array([2.0]), np.array([1.0])), a=[0.0], a_min=[0.0], a_max=[1.0])])
def clip(a: Array, a_min: Any = None, a_max: Any = None) -> Array:
    """y = min(max(a, a_min), a_max), either bound may be None; on a bound the gradient passes to a"""
    return np.clip(a, a_min, a_max)

@clip.vjp("a")
def _(g: Array, a: Array, a_min: Any, a_max: Any) -> Array:
    g = g if a_min is None else np.where(a >= a_min, g, 0.0)
    return g if a_max is None else np.where(a <= a_max, g, 0.0)

@clip.vjp("a_min")
def _(g: Array, a: Array, a_min: Any, a_max: Any) -> Array:
    g = g if a_max is None else np.where(a_min <= a_max, g, 0.0)
    return np.where(a < a_min, g, 0.0)

@clip.vjp("a_max")
def _(g: Array, a: Array, a_min: Any, a_max: Any) -> Array:
    a = a if a_min is None else np.maximum(a, a_min)
    return np.where(a > a_max, g, 0.0)

_MASK = np.array([[True, False, True], [False, False, True]])

_CHOICES = [*(call(_MASK, *sample.args) for sample in BINARY[:2]), call(_MASK[0], R(2, 3), 0.5), call(_MASK, 0.5, R(3)),
            call(_MASK[0], R(0, 3), R(3))]

@primitive(np.where, samples=_CHOICES)
def where(condition: Array, x1: Array, x2: Array) -> Array:
    """y = x1 where the condition holds, x2 elsewhere"""
    return np.where(condition, x1, x2)

where.vjp("x1")(lambda g, condition: np.where(condition, g, 0.0))
where.vjp("x2")(lambda g, condition: np.where(condition, 0.0, g))

# Conversions ------------------------------------------------------------------------------------------

@primitive(samples=calls([(2, 3), np.float64], [(2,), np.dtype("float64")]), analytic=False, casts=True,
           pins=[pin(call(np.array([1.5]), np.float32), x=[1.0])])
def astype(x: Array, dtype: Any) -> Any:
    """y = x in another dtype; the gradient comes back in x's own"""
    if np.dtype(dtype).kind not in "fiub" and x.dtype.kind != "c":
        raise TypeError(f"astype: {np.dtype(dtype)} is not one of float16, float32, float64, integers and bool")
    return x.astype(dtype), x.dtype

astype.vjp("x")(lambda g, aux: astype(g, aux))

@primitive(samples=calls([(2, 3), "cpu"]))
def to(x: Array, device: str) -> Any:
    """y = x on another device; the gradient goes back to x's own"""
    moved = backend.to_device(x, device)
    return moved[...] if moved is x else moved, backend.device_of(x)

to.vjp("x")(lambda g, aux: to(g, aux))

@primitive(np.copy, samples=UNARY)
def identity(a: Array) -> Array:
    """y = a, in new memory"""
    return np.copy(a)

identity.vjp("a")(lambda g: g)

# Steps: their derivative is zero wherever there is one --------------------------------------------------

for _step in (
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.sign, np.floor, np.ceil, np.trunc,
    np.rint, np.round, np.floor_divide, np.logical_and, np.logical_or, np.logical_xor, np.logical_not, np.bitwise_and,
    np.bitwise_or, np.bitwise_xor, np.invert, np.isnan, np.isinf, np.isfinite, np.isclose, np.allclose,
    np.array_equal, np.any, np.all,
    np.count_nonzero, np.argmax, np.argmin, np.argsort, np.nonzero, np.unique, np.shape, np.ndim, np.size,
    np.zeros_like, np.ones_like, np.full_like, np.empty_like,
):
    constant(_step)

@constant
def identity_matrix(size: int, like: Array) -> Array:
    """The identity matrix, of the dtype and on the device of `like`."""
    return backend.beside(np.eye(size, dtype=like.dtype), like)
