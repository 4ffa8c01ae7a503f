"""Every primitive beside PyTorch's: values, gradients and derivatives of gradients, over many calls of each.

A family below is a generator of cases: what we call, what PyTorch calls, and the arrays given to both. The
cotangents at both levels are random, since a cotangent of ones is blind to much that can go wrong.
"""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest
from with_torch import needs_torch, torch

import tinylm as tl
from tinylm import ops
from tinylm.primitives import PRIMITIVES

pytestmark = needs_torch

OURS = [name for name, made in PRIMITIVES.items() if made.formula.__module__.startswith("tinylm.ops")]

WITHOUT_COUNTERPART: dict[str, str] = {}
"""Primitives that PyTorch cannot be asked about, and why."""

COMPARED_OTHERWISE = {
    "max": "ties: PyTorch's max(dim) gives one of them everything; its amax shares equally, as we do",
    "min": "ties: as max, so amin",
    "softplus": "beyond threshold=20 PyTorch returns x and is off by 6e-11; it is asked with threshold=40",
    "getitem": "PyTorch has no negative steps and reads numbers beside arrays otherwise: NumPy tells which "
               "positions are meant, PyTorch looks those up and differentiates the look-up",
    "scatter_add": "as getitem: PyTorch adds at the positions that NumPy tells",
    "take": "as getitem",
    "logsumexp": "a row of nothing but -inf: PyTorch's gradient is NaN, ours 0, so that masked rows do no harm",
    "elu": "its second derivative at 0, where that jumps: we count the slope of the left, PyTorch 0",
    "to": "with one device PyTorch's `to` returns its argument; clone() has the same derivative",
    "det": "a singular matrix: PyTorch finds the gradient by singular values, we raise",
}
"""Primitives for which not the PyTorch function of that name is asked, or not about everything, and why."""

TOLERANCE = {np.dtype("float64"): 1e-11, np.dtype("float32"): 1e-5, np.dtype("float16"): 1e-3}


class Case(NamedTuple):
    """The same call on both sides; `arrays` are what it is differentiated by."""

    label: str
    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    arrays: list[np.ndarray]


FAMILIES: dict[str, Callable[[np.random.Generator], Iterator[Case]]] = {}


def family(*names: str) -> Callable[..., Any]:
    """Register a generator of cases for these primitives; it is told the name and gets random numbers."""
    def register(make: Callable[..., Iterator[Case]]) -> Callable[..., Iterator[Case]]:
        FAMILIES.update({name: partial(make, name) for name in names})
        return make
    return register


def random_for(name: str, *more: int) -> np.random.Generator:
    return np.random.default_rng([zlib.crc32(name.encode()), *more])


# Comparing -----------------------------------------------------------------------------------------------


def assert_close(what: str, mine: Any, theirs: Any) -> None:
    """Same shape, same dtype, and no entry further off than the tolerance times the largest entry.

    All that is given to both sides is of order one. So where the true answer is zero, as for the second
    derivative of the standard deviation of two numbers, both may have a few roundings of one left.
    """
    mine, theirs = mine.detach().numpy(), theirs.detach().numpy(force=True)
    assert mine.shape == theirs.shape, f"{what}: shape {mine.shape}, PyTorch {theirs.shape}"
    assert mine.dtype == theirs.dtype, f"{what}: dtype {mine.dtype}, PyTorch {theirs.dtype}"
    if mine.size:
        scale, error = np.abs(theirs).max(), np.abs(mine - theirs).max()
        limit = max(TOLERANCE[mine.dtype] * scale, 8 * np.finfo(mine.dtype).eps)
        assert error <= limit, f"{what}: off by {error}, largest entry {scale}"


def listed(outputs: Any) -> list[Any]:
    return list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]


def both(array: np.ndarray) -> tuple[Any, Any]:
    """The same leaf on both sides."""
    return tl.Tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)


def zeros_for_none(gradients: Any, inputs: Any, zeros_like: Callable[..., Any]) -> list[Any]:
    return [zeros_like(x) if g is None else g for g, x in zip(gradients, inputs, strict=True)]


def check(name: str, case: Case, dtype: str, rng: np.random.Generator) -> None:
    """Values, gradients by `backward` and by `grad`, and in float64 their derivatives by inputs and cotangents."""
    xs, us = zip(*[both(array.astype(dtype)) for array in case.arrays], strict=True)  # ours, theirs
    ys, vs = listed(case.ours(*xs)), listed(case.theirs(*us))
    assert len(ys) == len(vs), f"{len(ys)} outputs, PyTorch {len(vs)}"
    for k, (y, v) in enumerate(zip(ys, vs, strict=True)):
        assert name not in PRIMITIVES or y._node.primitive is PRIMITIVES[name], f"this calls {y._node.primitive}"
        assert_close(f"output {k}", y, v)
    cs, ds = zip(*[both(rng.standard_normal(y.shape).astype(y.dtype)) for y in ys], strict=True)  # cotangents
    for y, c in zip(ys, cs, strict=True):
        y.backward(gradient=c, retain_graph=True)
    first = tl.grad(ys, xs, gradient=cs, create_graph=True)
    theirs = torch.autograd.grad(vs, us, ds, create_graph=True)
    for k, (x, g, h) in enumerate(zip(xs, first, theirs, strict=True)):
        assert_close(f"backward to input {k}", x.grad, h)
        assert_close(f"gradient by input {k}", g, h)
    if dtype != "float64":
        return
    second = [(g, h, *both(rng.standard_normal(g.shape))) for g, h in zip(first, theirs, strict=True)]
    mine = [(g, e) for g, _, e, _ in second if g.requires_grad]
    hers = [(h, f) for _, h, _, f in second if h.requires_grad]
    by_x, by_u = [*xs, *cs], [*us, *ds]
    found = tl.grad(*[[g for g, _ in mine], by_x], gradient=[e for _, e in mine], allow_unused=True)
    wanted = torch.autograd.grad([h for h, _ in hers], by_u, [f for _, f in hers], allow_unused=True)
    found = zeros_for_none(found, by_x, lambda x: tl.Tensor(np.zeros(x.shape, x.dtype)))
    wanted = zeros_for_none(wanted, by_u, torch.zeros_like)
    for k, (g, h) in enumerate(zip(found, wanted, strict=True)):
        what = f"input {k}" if k < len(xs) else f"cotangent {k - len(xs)}"
        assert_close(f"second derivative by {what}", g, h)


def test_every_primitive_is_compared_or_listed() -> None:
    assert set(OURS) - set(FAMILIES) - set(WITHOUT_COUNTERPART) == set()
    assert all(hasattr(ops, name) or name in OURS for name in FAMILIES)  # compositions such as trace are welcome too
    assert not set(FAMILIES) & set(WITHOUT_COUNTERPART)
    assert set(COMPARED_OTHERWISE) <= set(FAMILIES)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", FAMILIES)
def test_primitive(name: str, dtype: str) -> None:
    count = 0
    for count, case in enumerate(FAMILIES[name](random_for(name)), 1):
        try:
            check(name, case, dtype, random_for(name, count))
        except Exception as error:
            error.add_note(f"{name}, case {count}: {case.label}, shapes {[a.shape for a in case.arrays]}")
            raise
    assert count >= 5, f"{count} cases are too few"


# Elementwise -----------------------------------------------------------------------------------------------

SHAPES = [(), (1,), (7,), (2, 3), (0, 3), (3, 0), (1, 1, 2), (2, 1, 3, 2)]


def uniform(rng: np.random.Generator, shape: Any, low: float = -2.0, high: float = 2.0) -> np.ndarray:
    return np.asarray(rng.uniform(low, high, shape))


def broadcast_pair(rng: np.random.Generator, most: int = 4) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two shapes that broadcast: of one common shape each loses some leading axes and keeps 1 of some others."""
    common = rng.choice([0, 1, 2, 3, 4], rng.integers(0, most + 1), p=[0.05, 0.15, 0.3, 0.3, 0.2])
    first, second = ([int(n) if rng.random() < 0.7 else 1 for n in common][rng.integers(0, len(common) + 1):]
                     for _ in range(2))
    return tuple(first), tuple(second)


UNARY: dict[str, tuple[Any, float, float]] = {
    "negative": (lambda x: -x, -2, 2),
    "exp": (lambda x: torch.exp(x), -5, 5),
    "exp2": (lambda x: torch.exp2(x), -5, 5),
    "expm1": (lambda x: torch.expm1(x), -5, 5),
    "log": (lambda x: torch.log(x), 0.01, 5),
    "log2": (lambda x: torch.log2(x), 0.01, 5),
    "log1p": (lambda x: torch.log1p(x), -0.9, 5),
    "sqrt": (lambda x: torch.sqrt(x), 0.01, 5),
    "square": (lambda x: torch.square(x), -3, 3),
    "abs": (lambda x: torch.abs(x), -3, 3),
    "sin": (lambda x: torch.sin(x), -10, 10),
    "cos": (lambda x: torch.cos(x), -10, 10),
    "tan": (lambda x: torch.tan(x), -1.4, 1.4),
    "arctan": (lambda x: torch.arctan(x), -10, 10),
    "tanh": (lambda x: torch.tanh(x), -4, 4),
    "sigmoid": (lambda x: torch.sigmoid(x), -10, 10),
    "relu": (lambda x: torch.relu(x), -3, 3),
    "softplus": (lambda x: torch.nn.functional.softplus(x, threshold=40), -10, 10),
    "silu": (lambda x: torch.nn.functional.silu(x), -10, 10),
    "erf": (lambda x: torch.erf(x), -3, 3),
    "identity": (lambda x: x.clone(), -3, 3),
}


@family(*UNARY)
def unary(name: str, rng: np.random.Generator) -> Iterator[Case]:
    theirs, low, high = UNARY[name]
    for shape in [*SHAPES, (60,)]:
        yield Case("", PRIMITIVES[name], theirs, [uniform(rng, shape, low, high)])
    numpys = PRIMITIVES[name].numpy
    yield Case("by NumPy's name", (numpys or [PRIMITIVES[name]])[0], theirs, [uniform(rng, (3, 4), low, high)])


@family("leaky_relu", "elu")
def sloped(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for shape in SHAPES:
        yield Case("default", PRIMITIVES[name], lambda x: getattr(torch.nn.functional, name)(x), [uniform(rng, shape)])
        for slope in (0.3, 1, 2.5):
            yield Case(f"slope {slope}", lambda x, s=slope: PRIMITIVES[name](x, s),
                       lambda x, s=slope: getattr(torch.nn.functional, name)(x, s), [uniform(rng, shape)])


@family("gelu")
def gelus(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for shape, kind in itertools.product([*SHAPES, (60,)], ("none", "tanh")):
        yield Case(kind, lambda x, kind=kind: PRIMITIVES[name](x, approximate=kind),
                   lambda x, kind=kind: torch.nn.functional.gelu(x, approximate=kind), [uniform(rng, shape, -5, 5)])


BINARY: dict[str, tuple[Any, tuple[float, float], tuple[float, float]]] = {
    "add": (lambda a, b: a + b, (-2, 2), (-2, 2)),
    "subtract": (lambda a, b: a - b, (-2, 2), (-2, 2)),
    "multiply": (lambda a, b: a * b, (-2, 2), (-2, 2)),
    "divide": (lambda a, b: a / b, (-2, 2), (0.3, 2)),
    "power": (lambda a, b: a ** b, (0.2, 3), (-3, 3)),
    "maximum": (lambda a, b: torch.maximum(torch.as_tensor(a), torch.as_tensor(b)), (-2, 2), (-2, 2)),
    "minimum": (lambda a, b: torch.minimum(torch.as_tensor(a), torch.as_tensor(b)), (-2, 2), (-2, 2)),
    "remainder": (lambda a, b: torch.remainder(torch.as_tensor(a), torch.as_tensor(b)), (-9, 9), (0.5, 2)),
}


@family(*BINARY)
def binary(name: str, rng: np.random.Generator) -> Iterator[Case]:
    theirs, first, second = BINARY[name]
    ours = PRIMITIVES[name].numpy[0]
    for _ in range(40):
        a, b = broadcast_pair(rng)
        yield Case("", ours, theirs, [uniform(rng, a, *first), uniform(rng, b, *second)])
    for shape in SHAPES:
        x, c = uniform(rng, shape, *second), uniform(rng, shape, *first)
        yield Case("0.7, x", lambda x: ours(0.7, x), lambda x: theirs(x.new_tensor(0.7), x), [x])
        yield Case("x, 1.5", lambda x: ours(x, 1.5), lambda x: theirs(x, x.new_tensor(1.5)), [c])
        yield Case("x, 2", lambda x: ours(x, 2), lambda x: theirs(x, x.new_tensor(2)), [c])
        yield Case("array, x", lambda x, c=c: ours(c.astype(x.dtype), x),
                   lambda x, c=c: theirs(x.new_tensor(c), x), [x])
        yield Case("x, array", lambda c, x=x: ours(c, x.astype(c.dtype)),
                   lambda c, x=x: theirs(c, c.new_tensor(x)), [c])
    if name != "remainder":  # x mod x is a step exactly where it jumps
        yield Case("x, x", lambda x: ours(x, x), lambda x: theirs(x, x), [uniform(rng, (2, 3), 0.3, 2)])
    if name == "power":
        for exponent, shape in itertools.product((-2, -1, 0, 1, 2, 3, 0.0, 2.0, 4.0, -3.0), SHAPES):
            yield Case(f"x, {exponent!r}, x of any sign", lambda x, p=exponent: ours(x, p),
                       lambda x, p=exponent: x ** p, [np.abs(uniform(rng, shape)) + 0.2])
            yield Case(f"x, {exponent!r}, x negative", lambda x, p=exponent: ours(x, p),
                       lambda x, p=exponent: x ** p, [-np.abs(uniform(rng, shape)) - 0.2])
    if name == "remainder":
        for _ in range(10):
            a, b = broadcast_pair(rng)
            yield Case("negative divisor", ours, theirs, [uniform(rng, a, -9, 9), -uniform(rng, b, 0.5, 2)])


@family("clip")
def clips(name: str, rng: np.random.Generator) -> Iterator[Case]:
    bounds = [(-0.5, 0.7), (None, 0.7), (-0.5, None), (0, 1), (0.7, -0.5)]
    for shape, (low, high) in itertools.product(SHAPES, bounds):
        yield Case(f"{low} to {high}", lambda x, low=low, high=high: np.clip(x, low, high),
                   lambda x, low=low, high=high: torch.clamp(x, low, high), [uniform(rng, shape)])
    for _ in range(20):
        shape, other = broadcast_pair(rng)
        low = uniform(rng, other, -1, 0)
        high = low + uniform(rng, other[rng.integers(0, len(other) + 1):], -0.2, 1)
        yield Case("Tensors", np.clip, lambda x, low, high: torch.clamp(x, low, high), [uniform(rng, shape), low, high])
        yield Case("arrays", lambda x, low=low, high=high: np.clip(x, low.astype(x.dtype), high.astype(x.dtype)),
                   lambda x, low=low, high=high: torch.clamp(x, x.new_tensor(low), x.new_tensor(high)),
                   [uniform(rng, shape)])
        yield Case("x, None, Tensor", lambda x, high: np.clip(x, None, high), lambda x, high: torch.clamp(x, max=high),
                   [uniform(rng, shape), high])


@family("where")
def wheres(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(40):
        a, b = broadcast_pair(rng)
        mask = rng.random(np.broadcast_shapes(a, b)[rng.integers(0, 2):]) < 0.5
        yield Case("", lambda x, y, m=mask: np.where(m, x, y), lambda x, y, m=mask: torch.where(torch.tensor(m), x, y),
                   [uniform(rng, a), uniform(rng, b)])
    for shape in SHAPES:
        mask = rng.random((2, *shape)) < 0.5
        yield Case("x, 0.5", lambda x, m=mask: np.where(tl.Tensor(m), x, 0.5),
                   lambda x, m=mask: torch.where(torch.tensor(m), x, x.new_tensor(0.5)), [uniform(rng, shape)])
        yield Case("0.5, x", lambda x, m=mask: np.where(m, 0.5, x),
                   lambda x, m=mask: torch.where(torch.tensor(m), x.new_tensor(0.5), x), [uniform(rng, shape)])


@family("gated")
def gates(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for shape in SHAPES:
        for chance in (0.0, 0.5, 1.0):
            keep = rng.random(shape) < chance
            yield Case(f"keep {chance}", lambda x, k=keep: ops.activation.gated(x, k),
                       lambda x, k=keep: torch.where(torch.tensor(k), x, x.new_tensor(0.0)), [uniform(rng, shape)])


@family("astype")
def astypes(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for shape, dtype in itertools.product(SHAPES, ("float16", "float32", "float64")):
        yield Case(dtype, lambda x, d=dtype: x.astype(d), lambda x, d=dtype: x.to(getattr(torch, d), copy=True),
                   [uniform(rng, shape)])


@family("to")
def tos(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for shape in SHAPES:
        yield Case("cpu", lambda x: x.to("cpu"), lambda x: x.clone(), [uniform(rng, shape)])


# Reductions ---------------------------------------------------------------------------------------------------


def gathered(x: Any, axis: Any) -> tuple[Any, list[int], list[int]]:
    """x with the axes of a reduction last and flattened to one; the order its axes were brought to; those axes."""
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    gone = [a % x.ndim for a in axes]
    order = [i for i in range(x.ndim) if i not in gone] + gone
    rest = [x.shape[i] for i in order[: x.ndim - len(gone)]]
    return x.permute(order).reshape(*rest, math.prod(x.shape[i] for i in gone)), order, gone


def reduced(function: Callable[..., Any], x: Any, axis: Any, keepdims: bool) -> Any:
    """Apply a reduction of the last axis over any axes."""
    rows, _, gone = gathered(x, axis)
    y = function(rows)
    return y.reshape([1 if i in gone else n for i, n in enumerate(x.shape)]) if keepdims else y


def along(function: Callable[..., Any], x: Any, axis: Any) -> Any:
    """Apply a function of the last axis that keeps its length, such as softmax, over any axes."""
    rows, order, _ = gathered(x, axis)
    return function(rows).reshape([x.shape[i] for i in order]).permute([order.index(i) for i in range(x.ndim)])


def axes_of(shape: tuple[int, ...], several: bool = True) -> Iterator[Any]:
    """None, every axis counted from either end, and tuples of them."""
    yield None
    ndim = len(shape)
    yield from range(-ndim, ndim)
    if several and ndim:
        yield (0,)
    if several and ndim > 1:
        yield from [(0, 1), (-1, 0), (1, -ndim)]
    if several and ndim > 2:
        yield from [tuple(range(ndim)), (2, 0), (-1, 1)]


REDUCED: dict[str, Callable[[Any], Any]] = {
    "sum": lambda r: r.sum(-1),
    "mean": lambda r: r.mean(-1),
    "max": lambda r: r.amax(-1),
    "min": lambda r: r.amin(-1),
    "prod": lambda r: r.prod(-1),
    "logsumexp": lambda r: torch.logsumexp(r, -1),
}
REDUCED_SHAPES = [(), (1,), (5,), (2, 3), (1, 4), (2, 3, 4), (2, 1, 3), (2, 3, 1, 2)]
EMPTY = [((0, 3), 1), ((0, 3), -1), ((2, 0, 3), 0), ((2, 0, 3), (0, 2))]  # no results, nothing gathered from nothing
NOTHING = [((0, 3), 0), ((0,), None), ((2, 0, 3), 1), ((2, 0, 3), (0, 1)), ((3, 0), -1)]  # sums over nothing


@family(*REDUCED)
def reductions(name: str, rng: np.random.Generator) -> Iterator[Case]:
    calls = [(shape, axis) for shape in REDUCED_SHAPES for axis in axes_of(shape)] + EMPTY
    calls += NOTHING if name in ("sum", "prod") else []
    calls += [((2, 3), ()), ((), ())] if name in ("sum", "mean") else []
    for (shape, axis), keepdims in itertools.product(calls, (False, True)):
        yield Case(f"axis {axis}, keepdims {keepdims}",
                   lambda x, axis=axis, keep=keepdims: PRIMITIVES[name](x, axis=axis, keepdims=keep),
                   lambda x, axis=axis, keep=keepdims: reduced(REDUCED[name], x, axis, keep), [uniform(rng, shape)])
    if name == "prod":  # with one zero, two or more
        for (shape, axis), zeros in itertools.product(calls, (0.2, 0.5)):
            x = uniform(rng, shape) * (rng.random(shape) > zeros)
            yield Case(f"zeros, axis {axis}", lambda x, axis=axis: np.prod(x, axis=axis),
                       lambda x, axis=axis: reduced(REDUCED["prod"], x, axis, False), [x])


@family("var", "std")
def spreads(name: str, rng: np.random.Generator) -> Iterator[Case]:
    calls = [(shape, axis) for shape in [(5,), (3, 4), (4, 3, 5), (3, 3, 3, 3)] for axis in axes_of(shape)] + EMPTY[:2]
    for (shape, axis), ddof, keepdims in itertools.product(calls, (0, 1), (False, True)):
        yield Case(f"axis {axis}, ddof {ddof}, keepdims {keepdims}",
                   lambda x, axis=axis, ddof=ddof, keep=keepdims: PRIMITIVES[name].numpy[0](
                       x, axis=axis, ddof=ddof, keepdims=keep),
                   lambda x, axis=axis, ddof=ddof, keep=keepdims: reduced(
                       lambda r: getattr(torch, name)(r, -1, correction=ddof), x, axis, keep), [uniform(rng, shape)])


@family("norm")
def norms(name: str, rng: np.random.Generator) -> Iterator[Case]:
    calls = [(shape, axis) for shape in REDUCED_SHAPES for axis in axes_of(shape)] + EMPTY
    for (shape, axis), keepdims in itertools.product(calls, (False, True)):
        orders: tuple[Any, ...] = (None,)
        if len(shape) == 1 or (len(shape) > 1 and isinstance(axis, int)):
            orders = (None, 1, 2, 3, 1.5, 0.5, np.inf, -np.inf)
        elif (len(shape) == 2 and axis is None) or (isinstance(axis, tuple) and len(axis) == 2):
            orders = (None, "fro")
        if isinstance(axis, tuple) and len(axis) > 2:
            continue  # NumPy has no norm over three axes
        for order in orders:
            p = 2 if order in (None, "fro") else order
            yield Case(f"ord {order}, axis {axis}, keepdims {keepdims}",
                       lambda x, p=order, axis=axis, keep=keepdims: np.linalg.norm(x, p, axis=axis, keepdims=keep),
                       lambda x, p=p, axis=axis, keep=keepdims: reduced(
                           lambda r: torch.linalg.vector_norm(r, p, -1), x, axis, keep),
                       [uniform(rng, shape, 0.3, 2) * rng.choice([-1, 1], shape)])  # away from the kink at 0


@family("softmax", "log_softmax")
def softmaxes(name: str, rng: np.random.Generator) -> Iterator[Case]:
    calls = [(shape, axis) for shape in REDUCED_SHAPES[1:] for axis in axes_of(shape)] + EMPTY
    for (shape, axis), size in itertools.product(calls, (2, 8)):
        yield Case(f"axis {axis}, to {size}", lambda x, axis=axis: PRIMITIVES[name](x, axis),
                   lambda x, axis=axis: along(lambda r: getattr(torch, name)(r, -1), x, axis),
                   [uniform(rng, shape, -size, size)])


@family("cumsum", "sort")
def orders(name: str, rng: np.random.Generator) -> Iterator[Case]:
    theirs = {"cumsum": lambda r: torch.cumsum(r, -1),
              "sort": lambda r: torch.sort(r, dim=-1, stable=True).values}[name]
    shapes = [*REDUCED_SHAPES[1:], (0, 3), (2, 0), (40,)]
    for shape, axis in ((shape, axis) for shape in shapes for axis in axes_of(shape, several=False)):
        yield Case(f"axis {axis}", lambda x, axis=axis: PRIMITIVES[name].numpy[0](x, axis=axis),
                   lambda x, axis=axis: theirs(x.reshape(-1)) if axis is None else along(theirs, x, axis),
                   [uniform(rng, shape)])


# Shape ----------------------------------------------------------------------------------------------------------


def some_shape(rng: np.random.Generator, least: int = 0, most: int = 4) -> tuple[int, ...]:
    ndim = rng.integers(least, most + 1)
    return tuple(int(n) for n in rng.choice([0, 1, 2, 3, 4], ndim, p=[0.04, 0.2, 0.3, 0.3, 0.16]))


def signed(rng: np.random.Generator, axis: int, ndim: int) -> int:
    """An axis counted from the front or from the back."""
    return int(axis) - ndim * int(rng.integers(0, 2))


def some_axes(rng: np.random.Generator, ndim: int, least: int = 1) -> tuple[int, ...]:
    chosen = rng.permutation(ndim)[: rng.integers(least, ndim + 1)]
    return tuple(signed(rng, axis, ndim) for axis in chosen)


def case_of(name: str, rng: np.random.Generator, ours: tuple[Any, ...], theirs: Callable[..., Any], shape: Any) -> Case:
    """A call of one array by NumPy's name, with the settings `ours`."""
    return Case(f"{ours}", lambda x: getattr(np, name)(x, *ours), theirs, [uniform(rng, shape)])


@family("reshape")
def reshapes(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for shape, target in [((6,), (2, 3)), ((6,), -1), ((2, 3), -1), ((2, 3), (-1, 2)), ((2, 3, 4), (4, -1)),
                          ((), (1, 1)), ((1,), ()), ((0, 3), (3, 0, 2)), ((2, 3), [3, 2]), ((2, 3), (1, 6, 1)),
                          ((0, 3), (0,))]:
        size = (target,) if isinstance(target, int) else target
        yield case_of(name, rng, (target,), lambda x, size=size: x.reshape(*size) if size else x.reshape(()), shape)


@family("transpose")
def transposes(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(30):
        shape = some_shape(rng)
        axes = some_axes(rng, len(shape), len(shape))
        yield case_of(name, rng, (axes,), lambda x, axes=axes: x.permute(axes), shape)
        yield case_of(name, rng, (), lambda x: x.permute(*reversed(range(x.ndim))) if x.ndim else x.clone(), shape)


@family("swapaxes")
def swaps(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(30):
        shape = some_shape(rng, 1)
        one, two = (signed(rng, rng.integers(0, len(shape)), len(shape)) for _ in range(2))
        yield case_of(name, rng, (one, two), lambda x, one=one, two=two: torch.swapaxes(x, one, two), shape)


@family("moveaxis")
def moves(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(40):
        shape = some_shape(rng, 1)
        source = some_axes(rng, len(shape))
        target = some_axes(rng, len(shape), len(shape))[: len(source)]
        if len(source) == 1 and rng.random() < 0.5:
            source, target = source[0], target[0]
        yield case_of(name, rng, (source, target), lambda x, s=source, t=target: torch.movedim(x, s, t), shape)


@family("expand_dims")
def expansions(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(30):
        shape = some_shape(rng, 0, 3)
        axes = some_axes(rng, len(shape) + int(rng.integers(1, 3)))
        ndim = len(shape) + len(axes)
        axes = tuple(int(a) for a in rng.permutation(ndim)[: len(axes)])
        axes = tuple(signed(rng, a, ndim) for a in axes)
        sizes, rest = {a % ndim: 1 for a in axes}, iter(shape)
        target = [sizes[i] if i in sizes else next(rest) for i in range(ndim)]
        yield case_of(name, rng, (axes if len(axes) > 1 else axes[0],), lambda x, t=tuple(target): x.reshape(t), shape)


@family("squeeze")
def squeezes(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for shape, axis in [((1, 2, 1), None), ((1, 2, 1), 0), ((1, 2, 1), -1), ((1, 2, 1), (0, 2)), ((1, 2, 1), (-1, 0)),
                        ((1,), None), ((), None), ((2, 3), None), ((0, 1), 1), ((1, 1, 1), (1,)), ((1, 0, 1), None)]:
        yield case_of(name, rng, (axis,), lambda x, axis=axis: x.squeeze() if axis is None else x.squeeze(axis), shape)


@family("broadcast_to")
def broadcasts(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(40):
        a, b = broadcast_pair(rng)
        target = np.broadcast_shapes(a, b)
        yield case_of(name, rng, (target,), lambda x, t=target: torch.broadcast_to(x, t), a)


@family("concatenate")
def concatenations(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(30):
        shape = list(some_shape(rng, 1))
        axis = signed(rng, rng.integers(0, len(shape)), len(shape))
        shapes = []
        for _ in range(rng.integers(1, 4)):
            shape[axis] = int(rng.integers(0, 4))
            shapes.append(tuple(shape))
        yield Case(f"axis {axis}", lambda *xs, axis=axis: np.concatenate(xs, axis),
                   lambda *xs, axis=axis: torch.cat(xs, axis), [uniform(rng, s) for s in shapes])
        yield Case("axis None", lambda *xs: np.concatenate(xs, axis=None),
                   lambda *xs: torch.cat([x.reshape(-1) for x in xs]),
                   [uniform(rng, some_shape(rng)) for _ in range(3)])
    x, c = uniform(rng, (2, 3)), uniform(rng, (1, 3))
    yield Case("x, array, x", lambda x: np.concatenate([x, c.astype(x.dtype), x]),
               lambda x: torch.cat([x, x.new_tensor(c), x]), [x])


@family("stack")
def stacks(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(30):
        shape, number = some_shape(rng), int(rng.integers(1, 4))
        axis = signed(rng, rng.integers(0, len(shape) + 1), len(shape) + 1)
        yield Case(f"axis {axis}", lambda *xs, axis=axis: np.stack(xs, axis=axis),
                   lambda *xs, axis=axis: torch.stack(xs, axis), [uniform(rng, shape) for _ in range(number)])
    yield Case("x, x", lambda x: np.stack([x, x]), lambda x: torch.stack([x, x]), [uniform(rng, (2,))])


@family("split")
def splits(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(40):
        shape = list(some_shape(rng, 1))
        axis = signed(rng, rng.integers(0, len(shape)), len(shape))
        if rng.random() < 0.5:
            parts = int(rng.integers(1, 4))
            shape[axis] = parts * int(rng.integers(0, 3))
        else:
            cuts = sorted(int(c) for c in rng.integers(0, shape[axis] + 1, rng.integers(0, 4)))
            parts = [cuts, tuple(cuts), np.array(cuts, int)][rng.integers(0, 3)]
        theirs = parts if isinstance(parts, int) else tuple(int(c) for c in parts)
        yield case_of(name, rng, (parts, axis), lambda x, p=theirs, a=axis: torch.tensor_split(x, p, a), tuple(shape))
    yield case_of(name, rng, ([-1],), lambda x: (x[:-1], x[-1:]), (4, 2))
    yield case_of(name, rng, ([3, 1],), lambda x: (x[:3], x[3:1], x[1:]), (4, 2))
    yield case_of(name, rng, ([2, 9],), lambda x: (x[:2], x[2:], x[9:]), (4,))


@family("pad")
def pads(name: str, rng: np.random.Generator) -> Iterator[Case]:
    def padded(x: Any, widths: Any, value: float) -> Any:
        flat = [int(n) for pair in np.broadcast_to(np.asarray(widths), (x.ndim, 2))[::-1] for n in pair]
        return torch.nn.functional.pad(x, flat, value=value)
    for _ in range(40):
        shape = some_shape(rng, 1)
        shape = tuple(n or 1 for n in shape) if rng.random() < 0.8 else shape
        widths = [int(rng.integers(0, 3)), tuple(map(int, rng.integers(0, 3, 2))), rng.integers(0, 3, (len(shape), 2)),
                  tuple(map(tuple, rng.integers(0, 3, (len(shape), 2)).tolist())), [[1, 2]],
                  [[1], *[[0]] * (len(shape) - 1)]]
        for width, value in itertools.product(widths, (0, -1.5)):
            yield Case(f"{width}, {value}", lambda x, w=width, value=value: np.pad(x, w, constant_values=value),
                       lambda x, w=width, value=value: padded(x, w, value), [uniform(rng, shape)])


@family("flip")
def flips(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(30):
        shape = some_shape(rng, 1)
        axes = some_axes(rng, len(shape))
        yield case_of(name, rng, (axes,), lambda x, axes=axes: torch.flip(x, axes), shape)
        yield case_of(name, rng, (axes[0],), lambda x, axes=axes: torch.flip(x, axes[:1]), shape)
        yield case_of(name, rng, (), lambda x: torch.flip(x, tuple(range(x.ndim))), shape)


@family("roll")
def rolls(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(30):
        shape = some_shape(rng, 1)
        axes = some_axes(rng, len(shape))
        shifts = tuple(int(s) for s in rng.integers(-5, 6, len(axes)))
        yield case_of(name, rng, (shifts, axes), lambda x, s=shifts, axes=axes: torch.roll(x, s, axes), shape)
        yield case_of(name, rng, (shifts[0], axes[0]), lambda x, s=shifts[0], a=axes[0]: torch.roll(x, s, a), shape)
        yield case_of(name, rng, (np.int64(3), axes[0]), lambda x, a=axes[0]: torch.roll(x, 3, a), shape)
        yield case_of(name, rng, (2, axes), lambda x, axes=axes: torch.roll(x, (2,) * len(axes), axes), shape)
        yield case_of(name, rng, ((1, 2), axes[0]), lambda x, a=axes[0]: torch.roll(x, 3, a), shape)
        yield case_of(name, rng, (shifts[0],), lambda x, s=shifts[0]: torch.roll(x, s), shape)
        yield case_of(name, rng, (list(shifts), axes), lambda x, s=shifts, axes=axes: torch.roll(x, s, axes), shape)


@family("repeat")
def repeats(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(30):
        shape = some_shape(rng)
        times = int(rng.integers(0, 4))
        yield case_of(name, rng, (times,), lambda x, t=times: x.reshape(-1).repeat_interleave(t), shape)
        each = rng.integers(0, 4, math.prod(shape))
        yield case_of(name, rng, (each,), lambda x, t=each: x.reshape(-1).repeat_interleave(torch.tensor(t)), shape)
        if shape:
            axis = signed(rng, rng.integers(0, len(shape)), len(shape))
            each = rng.integers(0, 4, shape[axis]).tolist()
            for t in (times, np.int64(times), each, tuple(each), [times]):
                total = torch.tensor(np.broadcast_to(np.asarray(t, int), (shape[axis],)).copy())
                yield case_of(name, rng, (t, axis), lambda x, t=total, a=axis: x.repeat_interleave(t, a), shape)


@family("tile")
def tiles(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(40):
        shape = some_shape(rng, 0, 3)
        times = tuple(int(n) for n in rng.integers(0 if rng.random() < 0.2 else 1, 4, rng.integers(0, 4)))
        for reps in (times, list(times), *([times[0], np.int64(times[0])] if len(times) == 1 else [])):
            yield case_of(name, rng, (reps,), lambda x, t=times: torch.tile(x, t) if t else x.clone(), shape)


@family("tril", "triu")
def triangles(name: str, rng: np.random.Generator) -> Iterator[Case]:
    matrices = [(3, 3), (2, 4), (4, 2), (2, 3, 3), (1, 1), (0, 3), (2, 0, 3)]
    for shape, k in itertools.product(matrices, (-9, -2, -1, 0, 1, 2, 9)):
        yield case_of(name, rng, (k,), lambda x, k=k: getattr(torch, name)(x, k), shape)


@family("diagonal", "trace")
def diagonals(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(60):
        shape = some_shape(rng, 2)
        one, two = (signed(rng, axis, len(shape)) for axis in rng.permutation(len(shape))[:2])
        offset = int(rng.integers(-3, 4))

        def theirs(x: Any, offset: int = offset, one: int = one, two: int = two) -> Any:
            d = torch.diagonal(x, offset, one, two)
            return d.sum(-1) if name == "trace" else d
        yield case_of(name, rng, (offset, one, two), theirs, shape)


# Indexing ---------------------------------------------------------------------------------------------------------


def some_slice(rng: np.random.Generator, size: int) -> slice:
    bound = lambda: None if rng.random() < 0.4 else int(rng.integers(-size - 1, size + 2))
    return slice(bound(), bound(), [None, 1, 2, -1, -2][rng.integers(0, 5)])


def some_index(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Numbers, slices, masks and integer arrays for some axes, with None and Ellipsis anywhere between them."""
    length, parts, axis = int(rng.integers(1, 4)), [], 0
    stop = int(rng.integers(0, len(shape) + 1))
    while axis < stop:
        size, kind = shape[axis], rng.random()
        if kind < 0.2:
            parts.append(int(rng.integers(-size, size)))
        elif kind < 0.5:
            parts.append(some_slice(rng, size))
        elif kind < 0.8:
            like = [(length,), (1,), (2, length), (2, 1), ()][rng.integers(0, 5)]
            ids = rng.integers(-size, size, like)
            parts.append([ids, ids.tolist(), tl.Tensor(ids)][rng.integers(0, 3)] if like else ids)
        elif kind < 0.9 and axis + 1 < stop and size * shape[axis + 1] >= length:  # a mask of two axes
            mask = np.zeros(size * shape[axis + 1], bool)
            mask[rng.permutation(mask.size)[:length]] = True
            parts.append(mask.reshape(size, shape[axis + 1]))
            axis += 1
        elif size >= length:
            mask = np.zeros(size, bool)
            mask[rng.permutation(size)[:length]] = True
            parts.append(mask)
        else:
            parts.append(slice(None))
        axis += 1
    if stop == len(shape) or rng.random() < 0.3:
        parts.insert(rng.integers(0, len(parts) + 1) if stop == len(shape) else len(parts), Ellipsis)
    for _ in range(rng.integers(0, 3)):
        parts.insert(rng.integers(0, len(parts) + 1), None)
    return parts[0] if len(parts) == 1 and rng.random() < 0.5 else tuple(parts)


def plain(index: Any) -> Any:
    if isinstance(index, tuple):
        return tuple(map(plain, index))
    return index.numpy() if isinstance(index, tl.Tensor) else index


def positions(shape: tuple[int, ...], index: Any) -> Any:
    """Which elements of a flattened array of this shape an index means."""
    return torch.tensor(np.array(np.arange(math.prod(shape)).reshape(shape)[plain(index)]))


def indices(rng: np.random.Generator) -> Iterator[tuple[tuple[int, ...], Any]]:
    for _ in range(300):
        shape = tuple(n or 1 for n in some_shape(rng, 1))
        yield shape, some_index(rng, shape)
    yield from [((), ()), ((), ...), ((), None), ((0, 3), slice(None)), ((0, 3), np.zeros(0, int)),
                ((3, 2), np.zeros(0, int)), ((3,), np.zeros(3, bool)), ((2, 2), np.ones((2, 2), bool)), ((3, 2), True),
                ((3, 2), False), ((3,), [True, False, True]), ((3, 2), ([0, 0, 1], [1, 1, 0])), ((4,), []),
                ((3, 2), np.uint8(2)), ((3, 2), np.array([[[0]]])), ((2, 3, 2), (0, slice(None), [1, 1])),
                ((2, 3, 2), ([0, 1, 1], slice(None), 0)), ((2, 3, 2), (slice(None), 0, [1, 1])),
                ((5,), np.array([0, 0, 0, 4, 4], np.uint8)), ((5,), np.array([-1, 4], np.int8))]


@family("getitem")
def lookups(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for shape, index in indices(rng):
        yield Case(f"{index!r}", lambda x, i=index: x[i], lambda x, i=index: x.reshape(-1)[positions(x.shape, i)],
                   [uniform(rng, shape)])
    for shape, index in [((4, 3), 1), ((4, 3), (slice(1, 3), -1)), ((4, 3), (..., None, slice(None, None, 2))),
                         ((4, 3), np.array([0, 3, 0])), ((4, 3), np.array([True, False, True, True]))]:
        theirs = torch.tensor(index) if isinstance(index, np.ndarray) else index
        yield Case(f"{index!r} as it is", lambda x, i=index: x[i], lambda x, i=theirs: x[i], [uniform(rng, shape)])


@family("scatter_add")
def scatters(name: str, rng: np.random.Generator) -> Iterator[Case]:
    def added(v: Any, shape: tuple[int, ...], index: Any) -> Any:
        at = positions(shape, index)
        flat = v.new_zeros(math.prod(shape)).index_add(0, at.reshape(-1), v.expand(at.shape).reshape(-1))
        return flat.reshape(shape)
    for shape, index in indices(rng):
        whole = tuple(positions(shape, index).shape)
        smaller = tuple(n if rng.random() < 0.6 else 1 for n in whole)[rng.integers(0, len(whole) + 1):]
        for given in {whole, smaller}:
            yield Case(f"{index!r} into {shape}", lambda v, s=shape, i=index: ops.scatter_add(v, i, s),
                       lambda v, s=shape, i=index: added(v, s, i), [uniform(rng, given)])


@family("take")
def takes(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(60):
        shape = tuple(n or 1 for n in some_shape(rng, 1))
        axis = None if rng.random() < 0.3 else signed(rng, rng.integers(0, len(shape)), len(shape))
        size = math.prod(shape) if axis is None else shape[axis]
        ids = rng.integers(-size, size, some_shape(rng, 0, 2))
        given = [ids, ids.tolist() if ids.ndim else int(ids), tl.Tensor(ids)][rng.integers(0, 3)]
        at = np.take(np.arange(math.prod(shape)).reshape(shape), ids, axis)
        yield case_of(name, rng, (given, axis), lambda x, at=torch.tensor(at): torch.take(x, at), shape)


@family("take_along_axis")
def takes_along(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(60):
        shape = tuple(n or 1 for n in some_shape(rng, 1))
        axis = None if rng.random() < 0.2 else signed(rng, rng.integers(0, len(shape)), len(shape))
        if axis is None:
            ids = rng.integers(0, math.prod(shape), rng.integers(0, 5))
        else:
            like = [n if rng.random() < 0.7 else 1 for n in shape]
            like[axis] = int(rng.integers(0, 5))
            ids = rng.integers(-shape[axis], shape[axis], like)
        at = torch.tensor(ids % (math.prod(shape) if axis is None else shape[axis]))
        yield case_of(name, rng, (tl.Tensor(ids) if rng.random() < 0.3 else ids, axis),
                    lambda x, at=at, axis=axis: torch.take_along_dim(x, at, axis), shape)


@family("embedding")
def embeddings(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(30):
        number, width = int(rng.integers(1, 6)), int(rng.integers(1, 4))
        ids = rng.integers(0, number, some_shape(rng, 0, 3))
        look_up = torch.nn.functional.embedding if ids.size else lambda ids, w: w[ids]  # its own fails at second order
        yield Case(f"ids {ids.shape}", lambda w, ids=ids: ops.embedding(ids, w),
                   lambda w, ids=torch.tensor(ids), look_up=look_up: look_up(ids, w), [uniform(rng, (number, width))])


# Linear algebra ----------------------------------------------------------------------------------------------------


@family("matmul")
def products(name: str, rng: np.random.Generator) -> Iterator[Case]:
    size = lambda: int(rng.choice([0, 1, 2, 3, 4], p=[0.04, 0.16, 0.3, 0.3, 0.2]))
    for one, two, _ in itertools.product(range(1, 5), range(1, 5), range(6)):
        n, k, m = size(), size(), size()
        common = [size() for _ in range(2)]
        batches = [[c if rng.random() < 0.7 else 1 for c in common][4 - max(ndim, 2):] for ndim in (one, two)]
        a = [k] if one == 1 else [*batches[0], n, k]
        b = [k] if two == 1 else [*batches[1], k, m]
        yield Case("", np.matmul, lambda a, b: torch.matmul(a, b), [uniform(rng, a), uniform(rng, b)])
    yield Case("x @ x", lambda x: x @ x, lambda x: x @ x, [uniform(rng, (3, 3))])
    yield Case("x.T @ x", lambda x: x.T @ x, lambda x: x.T @ x, [uniform(rng, (2, 3))])


@family("dot")
def dots(name: str, rng: np.random.Generator) -> Iterator[Case]:
    def theirs(a: Any, b: Any) -> Any:
        if not a.ndim or not b.ndim:
            return a * b
        return torch.tensordot(a, b, ([a.ndim - 1], [max(b.ndim - 2, 0)]))
    for one, two, _ in itertools.product(range(4), range(4), range(4)):
        a, b = ([int(n) for n in rng.integers(0 if rng.random() < 0.1 else 1, 4, ndim)] for ndim in (one, two))
        if a and b:
            a[-1] = b[max(two - 2, 0)]
        yield Case("", np.dot, theirs, [uniform(rng, a), uniform(rng, b)])


@family("outer")
def outers(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(30):
        yield Case("", np.outer, lambda a, b: torch.outer(a.reshape(-1), b.reshape(-1)),
                   [uniform(rng, some_shape(rng, 0, 3)), uniform(rng, some_shape(rng, 0, 3))])


def some_sum(rng: np.random.Generator) -> tuple[str, list[tuple[int, ...]]]:
    """Subscripts with repeated and omitted letters and ellipses, and shapes that fit them."""
    sizes = dict(zip("abcd", (int(n) for n in rng.integers(1, 4, 4)), strict=True))
    dotted = tuple(int(n) for n in rng.integers(1, 4, rng.integers(1, 3))) if rng.random() < 0.4 else None
    terms, shapes = [], []
    for _ in range(rng.integers(1, 4)):
        letters = [str(c) for c in rng.choice(list("abcd"), rng.integers(0, 4))]
        shape = [1 if letters.count(c) == 1 and rng.random() < 0.1 else sizes[c] for c in letters]
        if dotted and rng.random() < 0.8:
            at = int(rng.integers(0, len(letters) + 1))
            letters.insert(at, "...")
            shape[at:at] = [n if rng.random() < 0.7 else 1 for n in dotted[rng.integers(0, len(dotted) + 1):]]
        terms.append("".join(letters))
        shapes.append(tuple(shape))
    used = sorted(set("".join(terms)) - {"."})
    text = ",".join(terms)
    if rng.random() < 0.8:
        output = [str(c) for c in rng.permutation(used)[: rng.integers(0, len(used) + 1)]] if used else []
        if "..." in text:
            output.insert(rng.integers(0, len(output) + 1), "...")
        text += "->" + "".join(output)
    return text, shapes


@family("einsum")
def sums(name: str, rng: np.random.Generator) -> Iterator[Case]:
    fixed = [("ij,jk->ik", (2, 3), (3, 2)), ("ij,jk", (2, 3), (3, 2)), ("ba", (2, 3)), ("ii", (3, 3)),
             ("ii->i", (3, 3)), ("iii->", (2, 2, 2)), ("i,i,i->i", (3,), (3,), (3,)), ("ij->", (2, 3)),
             ("...ij,...jk->...ik", (2, 1, 2, 3), (4, 3, 2)), ("i...->...", (2, 3)), ("...i,i...", (2, 3), (3, 2)),
             ("i,j->ij", (0,), (2,)), ("iij,jkk->ik", (2, 2, 3), (3, 2, 2)), ("ij,j->i", (2, 0), (0,)),
             (",->", (), ()), ("...->...", (2, 3)), ("bhqd,bhkd->bhqk", (2, 2, 3, 4), (2, 2, 3, 4)),
             (" i j , j -> i ", (2, 3), (3,)), ("i,i->", (1,), (3,)), ("...,...->...", (), (2, 3))]
    for text, *shapes in [*fixed, *((t, *s) for t, s in (some_sum(rng) for _ in range(250)))]:
        yield Case(text, lambda *xs, t=text: np.einsum(t, *xs), lambda *xs, t=text: torch.einsum(t, *xs),
                   [uniform(rng, shape) for shape in shapes])
    yield Case("x twice", lambda x: np.einsum("ij,kj->ik", x, x), lambda x: torch.einsum("ij,kj->ik", x, x),
               [uniform(rng, (2, 3))])


SQUARE = [(1, 1), (2, 2), (4, 4), (2, 3, 3), (2, 1, 2, 2), (0, 2, 2), (3, 3, 3)]


def well_conditioned(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return uniform(rng, shape, -1, 1) + 2 * np.eye(shape[-1]) * rng.choice([-1, 1], shape[-1])


@family("inv", "det")
def squares(name: str, rng: np.random.Generator) -> Iterator[Case]:
    for shape, _ in itertools.product(SQUARE, range(3)):
        yield Case("", PRIMITIVES[name].numpy[0], lambda a: getattr(torch.linalg, name)(a),
                   [well_conditioned(rng, shape)])


@family("solve")
def solutions(name: str, rng: np.random.Generator) -> Iterator[Case]:
    def theirs(a: Any, b: Any) -> Any:
        return torch.linalg.solve(a, b[:, None])[..., 0] if b.ndim == 1 else torch.linalg.solve(a, b)
    for shape in SQUARE:
        n = shape[-1]
        for b in [(n,), (n, 1), (n, 5), (*shape[:-2], n, 2), (4, *[1] * (len(shape) - 2), n, 2)]:
            yield Case("", np.linalg.solve, theirs, [well_conditioned(rng, shape), uniform(rng, b)])


# Where care is needed: kinks, zeros, infinities -----------------------------------------------------------------------

INF = math.inf
EDGES = [0.0, -0.0, 1e-300, 1e-3, -1e-3, 40.0, -40.0, 1e4, -1e4, 700.0, -700.0, 1.0, -1.0]
ROWS = [[0.0, 1.0, -INF], [-INF, -INF, 2.0], [1e4, 1e4 - 1, -1e4], [1e300, 1.0, 1e300], [-1e300, -1e300, -1e300]]
EQUAL = [[2.0, 2, 2], [0, 0, 0], [1, 2, 4]]
FUNCTIONAL = ("leaky_relu", "elu", "silu", "gelu")


def softplus(x: Any) -> Any:
    return torch.nn.functional.softplus(x, threshold=40)


SPECIAL: dict[str, tuple[Any, Any, list[Any]]] = {
    **{name: (PRIMITIVES[name], lambda x, name=name: getattr(torch, name)(x), [EDGES])
       for name in ("sigmoid", "tanh", "relu", "abs", "expm1", "erf", "arctan", "square")},
    **{name: (PRIMITIVES[name], lambda x, name=name: getattr(torch.nn.functional, name)(x), [EDGES])
       for name in FUNCTIONAL},
    "softplus": (ops.softplus, softplus, [EDGES]),
    "gelu, tanh": (lambda x: ops.gelu(x, "tanh"), lambda x: torch.nn.functional.gelu(x, approximate="tanh"), [EDGES]),
    "sqrt at 0": (np.sqrt, lambda x: torch.sqrt(x), [[0.0, 4.0]]),
    "log at 0": (np.log, lambda x: torch.log(x), [[0.0, INF, 1.0]]),
    "x / 0": (np.divide, lambda a, b: a / b, [[1.0, -2.0, 3.0], [0.0, -0.0, INF]]),
    "power: base and exponent 0": (
        np.power, lambda a, b: a ** b, [[0.0, 0.0, 0.0, 0.0, 0.0, 2.0, -2.0], [0.0, 1.0, 2.0, 0.5, 3.0, 0.0, 0.0]]),
    "power: 0 to a negative": (np.power, lambda a, b: a ** b, [[0.0, 0.0], [-1.0, -0.5]]),
    **{f"power: x ** {p!r}": (lambda x, p=p: x ** p, lambda x, p=p: x ** p, [[0.0, -2.0, 2.0]])
       for p in (0, 1, 2, 3, 0.0, 2.0)},
    "power: x ** 0.5": (lambda x: x ** 0.5, lambda x: x ** 0.5, [[0.0, 2.0]]),
    "power: 0 ** x": (lambda x: 0 ** x, lambda x: 0 ** x, [[0.0, 1.0, 2.5]]),
    "power: 1 ** x": (lambda x: 1 ** x, lambda x: 1 ** x, [[0.0, 1.0, -2.5]]),
    "prod: one zero, two, none": (lambda x: np.prod(x, 1), lambda x: x.prod(1),
                                  [[[0.0, 2, 3], [0, 0, 5], [1, 2, 3], [0, 0, 0]]]),
    "maximum: ties": (np.maximum, lambda a, b: torch.maximum(a, b), [[1.0, 2.0, 0.0], [1.0, 1.0, -0.0]]),
    "minimum: ties": (np.minimum, lambda a, b: torch.minimum(a, b), [[1.0, 2.0, 0.0], [1.0, 1.0, -0.0]]),
    "max: ties": (lambda x: np.max(x, 1), lambda x: x.amax(1), [[[2.0, 2, 1], [3, 3, 3], [0, 1, -INF]]]),
    "max of all: ties": (np.max, lambda x: x.max(), [[[2.0, 2, 1], [2, 0, 1]]]),
    "min: ties": (lambda x: np.min(x, 0), lambda x: x.amin(0), [[[2.0, 2, 1], [2, 3, 1], [INF, 2, 1]]]),
    "clip: on the bounds": (lambda x: np.clip(x, -1, 1), lambda x: x.clamp(-1, 1), [[-1.0, 1.0, 0.0, 2.0, -INF]]),
    "clip: on bounds that are Tensors": (np.clip, lambda x, low, high: torch.clamp(x, low, high),
                                         [[1.0, 2.0, 0.0, 3.0], [1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0]]),
    "clip: equal bounds": (lambda x: np.clip(x, 1, 1), lambda x: x.clamp(1, 1), [[1.0, 0.0, 2.0]]),
    "var of equal numbers": (lambda x: np.var(x, 1), lambda x: x.var(1, correction=0), [EQUAL]),
    "std of equal numbers": (lambda x: np.std(x, 1), lambda x: x.std(1, correction=0), [EQUAL]),
    "std of one number": (lambda x: np.std(x, 1), lambda x: x.std(1, correction=0), [[[2.0], [0.0]]]),
    **{f"norm {p} at 0": (lambda x, p=p: np.linalg.norm(x, p, axis=1), lambda x, p=p: torch.linalg.vector_norm(x, p, 1),
                          [[[0.0, 0, 0], [3, 0, 4], [0, 0, -2]]]) for p in (1, 2, 3, 1.5, 0.5, INF)},
    "norm at 0": (np.linalg.norm, lambda x: torch.linalg.vector_norm(x), [[0.0, 0.0, 0.0]]),
    "norm inf: ties": (lambda x: np.linalg.norm(x, INF, 1), lambda x: torch.linalg.vector_norm(x, INF, 1),
                       [[[2.0, -2, 1], [1, 1, 1]]]),
    "norm -inf: ties": (lambda x: np.linalg.norm(x, -INF, 1), lambda x: torch.linalg.vector_norm(x, -INF, 1),
                        [[[2.0, -1, 1], [1, 1, 1]]]),
    "sort: ties": (np.sort, lambda x: torch.sort(x, stable=True).values, [[[2.0, 1, 2, 1], [0, 0, 0, 0]]]),
    "softmax": (ops.softmax, lambda x: torch.softmax(x, -1), [ROWS]),
    "log_softmax": (ops.log_softmax, lambda x: torch.log_softmax(x, -1), [ROWS]),
    "logsumexp": (lambda x: ops.logsumexp(x, 1), lambda x: torch.logsumexp(x, 1), [[*ROWS, [INF, 1.0, -INF]]]),
    "where: infinities not chosen": (
        lambda x: np.where([True, False, True], x, 0.0),
        lambda x: torch.where(torch.tensor([True, False, True]), x, 0.0), [[1.0, INF, -INF]]),
    "remainder of a multiple": (np.remainder, lambda a, b: torch.remainder(a, b), [[4.0, -4.0, 0.0], [2.0, 2.0, 3.0]]),
    "matmul with nothing between": (np.matmul, lambda a, b: a @ b, [np.zeros((2, 0)), np.zeros((0, 3))]),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", SPECIAL)
def test_special_values(name: str, dtype: str) -> None:
    """Entry by entry, infinities and NaN included."""
    ours, theirs, values = SPECIAL[name]
    with np.errstate(all="ignore"):
        top = np.finfo(dtype).max  # what is finite stays finite in float32
        arrays = [np.where(np.isinf(value), value, np.clip(value, -top, top)).astype(dtype) for value in values]
        xs, us = zip(*map(both, arrays), strict=True)
        y, v = ours(*xs), theirs(*us)
        c = random_for(name).uniform(0.5, 2.0, y.shape).astype(dtype)
        gradients = tl.grad(y, xs, gradient=c)
    exact = {"rtol": TOLERANCE[np.dtype(dtype)], "atol": 0, "strict": True}
    if name in ("sigmoid", "silu", "elu", "gelu", "gelu, tanh", "softplus", "tanh"):  # underflow: 0 or denormal
        exact["atol"] = {"float64": 1e-16, "float32": 1e-7}[dtype]
    np.testing.assert_allclose(y.detach().numpy(), v.detach().numpy(), err_msg="value", **exact)
    for k, (g, h) in enumerate(zip(gradients, torch.autograd.grad(v, us, torch.tensor(c)), strict=True)):
        np.testing.assert_allclose(g.numpy(), h.numpy(), err_msg=f"gradient by input {k}", **exact)


@pytest.mark.parametrize("name", ["sigmoid", "softplus", "silu", "gelu", "gelu, tanh", "tanh", "elu", "relu", "abs",
                                  "prod: one zero, two, none", "softmax", "log_softmax"])
def test_second_derivative_at_special_values(name: str) -> None:
    ours, theirs, [values] = SPECIAL[name]
    values = values[2:] if name == "elu" else values
    x, u = both(np.array(values))
    rng = random_for(name)
    c = rng.standard_normal(x.shape[:1] if name.startswith("prod") else x.shape)
    e = rng.standard_normal(x.shape)
    first = tl.grad(ours(x), x, gradient=c, create_graph=True)
    hers = torch.autograd.grad(theirs(u), u, torch.tensor(c), create_graph=True)[0]
    found = tl.grad(first, x, gradient=e, allow_unused=True) if first.requires_grad else None
    wanted = torch.autograd.grad(hers, u, torch.tensor(e), allow_unused=True)[0] if hers.requires_grad else None
    found = np.zeros(x.shape) if found is None else found.numpy()
    wanted = np.zeros(x.shape) if wanted is None else wanted.numpy(force=True)
    np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-15, strict=True)


# Compositions ---------------------------------------------------------------------------------------------------------

N = 3
STEPS: list[tuple[int, Any, Any]] = [  # of N × N matrices: how many, ours, theirs; all stay of moderate size
    (1, np.tanh, lambda a: torch.tanh(a)),
    (1, np.sin, lambda a: torch.sin(a)),
    (1, lambda a: ops.sigmoid(a) - 0.5, lambda a: torch.sigmoid(a) - 0.5),
    (1, ops.softplus, softplus),
    (1, ops.gelu, lambda a: torch.nn.functional.gelu(a)),
    (1, lambda a: np.exp(np.tanh(a)), lambda a: torch.exp(torch.tanh(a))),
    (1, lambda a: np.log1p(np.square(a)), lambda a: torch.log1p(a * a)),
    (1, lambda a: ops.softmax(a, axis=0), lambda a: torch.softmax(a, 0)),
    (1, ops.log_softmax, lambda a: torch.log_softmax(a, -1)),
    (1, lambda a: a.T, lambda a: a.T),
    (1, lambda a: a[::-1, [0, 0, 2]], lambda a: a.flip(0)[:, [0, 0, 2]]),
    (1, lambda a: np.roll(a, 1, axis=1), lambda a: torch.roll(a, 1, 1)),
    (1, lambda a: np.cumsum(a, axis=0) / 2, lambda a: torch.cumsum(a, 0) / 2),
    (1, lambda a: a - a.mean(axis=1, keepdims=True), lambda a: a - a.mean(1, keepdim=True)),
    (1, lambda a: a / np.sqrt(np.var(a, axis=0) + 1), lambda a: a / torch.sqrt(a.var(0, correction=0) + 1)),
    (1, lambda a: np.tril(a) + np.max(a, axis=1), lambda a: torch.tril(a) + a.amax(1)),
    (1, lambda a: np.linalg.inv(np.tanh(a) + 4 * np.eye(N)),
        lambda a: torch.linalg.inv(torch.tanh(a) + 4 * torch.eye(N))),
    (1, lambda a: np.outer(a[0], a.sum(axis=0)) / 4, lambda a: torch.outer(a[0], a.sum(0)) / 4),
    (2, np.add, lambda a, b: a + b),
    (2, np.subtract, lambda a, b: a - b),
    (2, lambda a, b: np.tanh(a) * b, lambda a, b: torch.tanh(a) * b),
    (2, lambda a, b: a / (1 + np.square(b)), lambda a, b: a / (1 + b * b)),
    (2, lambda a, b: np.tanh(a) @ np.tanh(b), lambda a, b: torch.tanh(a) @ torch.tanh(b)),
    (2, lambda a, b: np.einsum("ij,kj->ki", np.sin(a), np.cos(b)),
        lambda a, b: torch.einsum("ij,kj->ki", a.sin(), b.cos())),
    (2, np.maximum, lambda a, b: torch.maximum(a, b)),
    (2, lambda a, b: np.where(a > b, np.sin(a), b), lambda a, b: torch.where(a > b, torch.sin(a), b)),
    (2, lambda a, b: np.concatenate(np.split(np.concatenate([a, b], 1), 2, 1)[::-1])[N // 2:N // 2 + N],
        lambda a, b: torch.cat([b, a])[N // 2:N // 2 + N]),
    (2, lambda a, b: np.stack([a, b], axis=1).reshape(2 * N, N)[::2],
        lambda a, b: torch.stack([a, b], 1).reshape(2 * N, N)[::2]),
]


def expression(seed: int, leaves: list[Any], side: int) -> tuple[Any, list[Any]]:
    """The same random expression on either side: every step takes results of earlier ones, some of them often.

    Gives its value and the intermediate results. `side` is 1 for ours, 2 for PyTorch's.
    """
    rng, pool = np.random.default_rng(seed), list(leaves)
    for _ in range(20):
        step = STEPS[rng.integers(0, len(STEPS))]
        favourite = rng.integers(0, len(pool))  # fan-out: some result is used again and again
        chosen = [favourite if rng.random() < 0.3 else rng.integers(max(0, len(pool) - 6), len(pool))
                  for _ in range(step[0])]
        pool.append(step[side](*[pool[i] for i in chosen]))
    chosen = zip(rng.permutation(len(pool))[:6], rng.standard_normal(6), strict=True)
    return sum((pool[i] * float(weight) for i, weight in chosen), pool[-1]), pool


@pytest.mark.parametrize("batch", range(10))
def test_random_expressions(batch: int) -> None:
    """Values, gradients, and Hessian-vector products by every leaf, of expressions of 20 steps with shared parts."""
    for seed in range(20 * batch, 20 * batch + 20):
        rng = np.random.default_rng([seed, 1])
        xs, us = zip(*[both(uniform(rng, (N, N))) for _ in range(3)], strict=True)
        with_double = torch.get_default_dtype()
        torch.set_default_dtype(torch.float64)
        try:
            (y, mine), (v, theirs) = expression(seed, list(xs), 1), expression(seed, list(us), 2)
            for step, (a, b) in enumerate(zip(mine, theirs, strict=True)):
                assert_close(f"seed {seed}, step {step}", a, b)
            c = uniform(rng, (N, N))
            first = tl.grad(y, xs, gradient=c, create_graph=True, allow_unused=True)
            hers = torch.autograd.grad(v, us, torch.tensor(c), create_graph=True, allow_unused=True)
            assert [g is None for g in first] == [h is None for h in hers]
            kept = [(g, h, uniform(rng, (N, N))) for g, h in zip(first, hers, strict=True) if g is not None]
            for k, (g, h, _) in enumerate(kept):
                assert_close(f"seed {seed}, gradient {k}", g, h)
            dotted = sum((np.sum(g * d) for g, _, d in kept), tl.Tensor(np.zeros(())))
            hers_dotted = sum(((h * torch.tensor(d)).sum() for _, h, d in kept), torch.zeros(()))
            assert dotted.requires_grad, f"seed {seed}: the expression is linear, choose another"
            found = tl.grad(dotted, xs, allow_unused=True)
            wanted = torch.autograd.grad(hers_dotted, us, allow_unused=True)
            zero = tl.Tensor(np.zeros((N, N)))
            for k, (g, h) in enumerate(zip(found, zeros_for_none(wanted, us, torch.zeros_like), strict=True)):
                assert_close(f"seed {seed}, Hessian-vector product {k}", zero if g is None else g, h)
        finally:
            torch.set_default_dtype(with_double)
