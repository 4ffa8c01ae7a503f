"""Properties that hold for any shape, any broadcast, any dtype, beside NumPy itself."""

from __future__ import annotations

import string
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

import tinylm as tl
from tinylm import ops
from tinylm.graph import unbroadcast
from tinylm.primitives import PRIMITIVES
from tinylm.samples import R

FLOATS = [np.float16, np.float32, np.float64]
HALF_ULP = {np.float16: 2.0**-11, np.float32: 2.0**-24, np.float64: 2.0**-53}

seeds = st.integers(0, 2**32 - 1)
dtypes = st.sampled_from(FLOATS)
shapes = arrays_of.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
filled = arrays_of.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4)


def normal(seed: int, shape: Any, dtype: Any = np.float64) -> np.ndarray:
    return np.asarray(np.random.default_rng(seed).standard_normal(shape)).astype(dtype)


def uniform(seed: int, shape: Any, low: float, high: float, dtype: Any = np.float64) -> np.ndarray:
    return np.asarray(np.random.default_rng(seed).uniform(low, high, shape)).astype(dtype)


def leaf(array: np.ndarray) -> tl.Tensor:
    return tl.Tensor(array, requires_grad=True)


def same(mine: Any, theirs: Any) -> None:
    """Equal to the last bit, of one shape and dtype."""
    mine = mine.detach().numpy() if isinstance(mine, tl.Tensor) else mine
    np.testing.assert_array_equal(mine, np.asarray(theirs), strict=True)


# Shapes, broadcasting, dtypes -----------------------------------------------------------------------------

BINARY = ["add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "remainder"]
UNARY = [name for name, made in PRIMITIVES.items() if made.names == ["x"] and made.samples]


@given(st.sampled_from(BINARY),
       arrays_of.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3, min_side=0), dtypes, seeds)
def test_binary_functions_broadcast_as_numpy_and_gradients_come_back_in_the_inputs_shape(
        name: str, pair: Any, dtype: Any, seed: int) -> None:
    function = getattr(np, name)
    a, b = (uniform(seed + k, shape, 0.5, 2, dtype) for k, shape in enumerate(pair.input_shapes))
    x, y = leaf(a), leaf(b)
    z = function(x, y)
    same(z, function(a, b))
    assert z.shape == pair.result_shape
    z.backward(gradient=normal(seed, z.shape, dtype))
    assert (x.grad.shape, y.grad.shape) == (a.shape, b.shape)
    assert x.grad.dtype == y.grad.dtype == z.dtype == dtype


@given(shapes, shapes, seeds)
def test_shapes_that_numpy_refuses_are_refused(one: Any, two: Any, seed: int) -> None:
    try:
        np.broadcast_shapes(one, two)
    except ValueError:
        with pytest.raises(ValueError, match=r"add: .*broadcast"):
            leaf(normal(seed, one)) + leaf(normal(seed, two))
    else:
        assert (leaf(normal(seed, one)) + leaf(normal(seed, two))).shape == np.broadcast_shapes(one, two)


@given(arrays_of.mutually_broadcastable_shapes(num_shapes=1, base_shape=(2, 3, 1, 2), max_dims=4, max_side=3), seeds)
def test_unbroadcasting_is_the_adjoint_of_broadcasting(pair: Any, seed: int) -> None:
    shape = pair.input_shapes[0]
    x, g = normal(seed, shape), normal(seed + 1, pair.result_shape)
    assert unbroadcast(g, shape).shape == shape
    np.testing.assert_allclose(np.vdot(unbroadcast(g, shape), x), np.vdot(g, np.broadcast_to(x, g.shape)), atol=1e-12)


@given(st.sampled_from(UNARY), shapes, dtypes, seeds)
def test_functions_of_one_array_keep_shape_and_dtype(name: str, shape: Any, dtype: Any, seed: int) -> None:
    made = PRIMITIVES[name]
    low, high = made.domain if isinstance(made.domain, tuple) else (-2, 2)
    a = uniform(seed, shape, low, high, dtype)
    x = leaf(a)
    y = made(x)
    for function in made.numpy:
        same(function(x), function(a))
    x_grad = tl.grad(y, x, gradient=normal(seed, shape, dtype))
    assert y.shape == x_grad.shape == shape
    assert y.dtype == x_grad.dtype == dtype


REDUCTIONS = ["sum", "mean", "var", "std", "max", "min", "prod"]


@st.composite
def reductions(draw: Any) -> Any:
    shape = draw(filled)
    several = arrays_of.valid_tuple_axes(len(shape), min_size=1)
    axis = draw(st.one_of(st.none(), st.integers(-len(shape), len(shape) - 1), several))
    return shape, axis, draw(st.booleans())


@given(st.sampled_from(REDUCTIONS), reductions(), dtypes, seeds)
def test_reductions_equal_numpy(name: str, how: Any, dtype: Any, seed: int) -> None:
    shape, axis, keepdims = how
    function, a = getattr(np, name), normal(seed, shape, dtype)
    x = leaf(a)
    y = function(x, axis=axis, keepdims=keepdims)
    wanted = function(a.astype(np.float64), axis=axis, keepdims=keepdims)
    assert y.shape == wanted.shape
    assert y.dtype == dtype
    np.testing.assert_allclose(y.detach().numpy(), wanted, rtol=20 * HALF_ULP[dtype], atol=20 * HALF_ULP[dtype])
    same(getattr(x, name)(axis=axis, keepdims=keepdims), y.detach().numpy())  # the method is the function
    g = tl.grad(y, x, gradient=normal(seed, y.shape, dtype))
    assert (g.shape, g.dtype) == (shape, dtype)


@given(st.sampled_from(["logsumexp", "softmax", "log_softmax"]), filled, st.data(), dtypes, seeds)
def test_softmax_and_its_kin_do_not_overflow(name: str, shape: Any, data: Any, dtype: Any, seed: int) -> None:
    """Adding a number to all scores shifts logsumexp by it and leaves the others alone."""
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    scores = np.round(normal(seed, shape) * 4).astype(dtype)  # whole numbers, so that adding 1024 is exact
    y, shifted = PRIMITIVES[name](leaf(scores), axis), PRIMITIVES[name](leaf(scores + dtype(1024)), axis)
    assert y.dtype == dtype
    if name == "logsumexp":
        np.testing.assert_allclose(shifted.detach().numpy(), y.detach().numpy() + dtype(1024), rtol=2 * HALF_ULP[dtype])
    else:
        np.testing.assert_allclose(shifted.detach().numpy(), y.detach().numpy(), rtol=4 * HALF_ULP[dtype])


# One formula, two meanings: on arrays and on Tensors --------------------------------------------------------

SAMPLES = [(name, k) for name, made in PRIMITIVES.items() for k in range(len(made.samples or ()))]


def drawn(made: Any, k: int, seed: int, dtype: Any = np.float64) -> tuple[list[Any], dict[str, Any]]:
    """The k-th sample call of a primitive with numbers in its arrays."""
    rng = np.random.default_rng(seed)

    def fill(name: str, value: Any) -> Any:
        if isinstance(value, list) and any(isinstance(part, R) for part in value):
            return [fill(name, part) for part in value]
        if isinstance(value, R):
            low, high = made.domain.get(name, (-2, 2)) if isinstance(made.domain, dict) else made.domain
            return np.asarray(rng.uniform(low, high, value.shape)).astype(dtype)
        return value.astype(dtype) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value
    call = made.samples[k]
    return [fill(name, value) for name, value in zip(made.names, call.args)], call.settings


def tensors(made: Any, args: list[Any], leaves: list[tl.Tensor]) -> list[Any]:
    """The same arguments with a Tensor, put into `leaves`, for each floating-point array that has a derivative."""
    out = []
    for name, value in zip(made.names, args, strict=False):
        if name not in made.rules:
            pass
        elif isinstance(value, list):
            value = [_leaf(one, leaves) for one in value]
        elif isinstance(value, np.ndarray) and value.dtype.kind == "f":
            value = _leaf(value, leaves)
        out.append(value)
    return out


def _leaf(value: Any, leaves: list[tl.Tensor]) -> Any:
    leaves.append(leaf(value))
    return leaves[-1]


def outputs(result: Any) -> list[Any]:
    return list(result) if isinstance(result, tuple) else [result]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "k"), SAMPLES)
def test_a_primitive_on_arrays_equals_itself_on_tensors(name: str, k: int, dtype: Any) -> None:
    made = PRIMITIVES[name]
    args, options = drawn(made, k, k, dtype)
    leaves: list[tl.Tensor] = []
    arrays, results = outputs(made(*args, **options)), outputs(made(*tensors(made, args, leaves), **options))
    for array, result in zip(arrays, results, strict=True):
        assert not isinstance(array, tl.Tensor)
        assert isinstance(result, tl.Tensor)
        same(result, array)
    for function in made.numpy:
        try:
            expected = outputs(function(*args, **options))
        except TypeError:  # a setting that NumPy's own does not have
            continue
        expected = expected[0] if isinstance(expected[0], list) else expected  # np.split
        for result, array in zip(results, expected, strict=True):
            tolerance = 8 * HALF_ULP[dtype]
            np.testing.assert_allclose(result.detach().numpy(), array, rtol=tolerance, atol=tolerance)


@given(st.sampled_from(SAMPLES), seeds, st.floats(-3, 3), st.floats(-3, 3))
@settings(max_examples=300)
def test_every_backward_is_linear_in_the_cotangent(sample: Any, seed: int, one: float, two: float) -> None:
    made = PRIMITIVES[sample[0]]
    args, options = drawn(made, sample[1], seed)
    leaves: list[tl.Tensor] = []
    ys = outputs(made(*tensors(made, args, leaves), **options))
    assume(all(y.requires_grad for y in ys))
    first, second = ([normal(seed + k + 10 * j, y.shape, y.dtype) for k, y in enumerate(ys)] for j in (1, 2))
    both = [(one * c + two * d).astype(c.dtype) for c, d in zip(first, second, strict=True)]
    pull = lambda cotangents: tl.grad(ys, leaves, gradient=cotangents, retain_graph=True)
    tolerance = 1e-12 if all(y.dtype == np.float64 for y in ys) else 1e-6  # astype goes through float32
    for g, h, both_ways in zip(pull(first), pull(second), pull(both), strict=True):
        g, h, both_ways = g.numpy(), h.numpy(), both_ways.numpy()
        scale = 1 + max(np.abs(g).max(initial=0), np.abs(h).max(initial=0))
        np.testing.assert_allclose(both_ways, one * g + two * h, rtol=0, atol=10 * tolerance * scale)


ANALYTIC = [(name, k) for name, k in SAMPLES if PRIMITIVES[name].analytic and PRIMITIVES[name].rules]


@given(st.sampled_from(ANALYTIC), seeds)
@settings(max_examples=300)
def test_backward_agrees_with_the_complex_step(sample: Any, seed: int) -> None:
    """c · (∂y/∂x v), by stepping into the complex plane, equals (c · ∂y/∂x) v, by the rules."""
    made = PRIMITIVES[sample[0]]
    args, options = drawn(made, sample[1], seed)
    leaves: list[tl.Tensor] = []
    y = outputs(made(*tensors(made, args, leaves), **options))
    directions = [normal(seed + k, x.shape) for k, x in enumerate(leaves)]
    steps = iter(directions)

    def stepped(values: list[Any]) -> list[Any]:
        return [stepped(v) if isinstance(v, list) else v + 1e-30j * next(steps)
                if isinstance(v, np.ndarray) and v.dtype.kind == "f" else v for v in values]
    result = made.formula(*stepped(args), **options)
    complexes = outputs(result[0] if made.aux else result)
    cotangents = [normal(seed + 100 + k, part.shape) for k, part in enumerate(y)]
    forward = sum(np.sum(c * np.imag(part) / 1e-30) for c, part in zip(cotangents, complexes, strict=True))
    gradients = tl.grad(y, leaves, gradient=cotangents)
    backward = [g.numpy() * v for g, v in zip(gradients, directions, strict=True)]
    scale = 1 + sum(np.abs(part).sum() for part in backward)
    assert abs(forward - sum(part.sum() for part in backward)) <= 1e-12 * scale


# NumPy's own ways of calling ----------------------------------------------------------------------------------

M = np.array([[0.5, -1.2, 0.3, 0.9], [1.1, 0.2, -0.7, 0.4], [-0.6, 0.8, 1.3, -0.1]])
S = M[:, :3] + 2 * np.eye(3)
IDS = np.array([[0, 2, 1, 0]])
CALLS: dict[str, Any] = {
    "np.sum(t)": np.sum,
    "np.sum(t, 0)": lambda t: np.sum(t, 0),
    "np.sum(t, axis=-1)": lambda t: np.sum(t, axis=-1),
    "np.sum(t, 0, None, None, True)": lambda t: np.sum(t, 0, None, None, True),
    "np.sum(t, (0, 1), keepdims=True)": lambda t: np.sum(t, (0, 1), keepdims=True),
    "np.mean(t, 0, None, None, True)": lambda t: np.mean(t, 0, None, None, True),
    "np.var(t, 0, None, None, 1, True)": lambda t: np.var(t, 0, None, None, 1, True),
    "np.var(t, correction=1)": lambda t: np.var(t, correction=1),
    "np.std(t, 1, ddof=1)": lambda t: np.std(t, 1, ddof=1),
    "np.max(t, 0, None, True)": lambda t: np.max(t, 0, None, True),
    "np.amax(t, 1)": lambda t: np.amax(t, 1),
    "np.min(t, axis=1)": lambda t: np.min(t, axis=1),
    "np.amin(t)": np.amin,
    "np.prod(t, 0, None, None, True)": lambda t: np.prod(t, 0, None, None, True),
    "np.cumsum(t)": np.cumsum,
    "np.cumsum(t, 1)": lambda t: np.cumsum(t, 1),
    "np.cumsum(t, axis=0, dtype=None)": lambda t: np.cumsum(t, axis=0, dtype=None),
    "np.clip(t, min=0)": lambda t: np.clip(t, min=0),
    "np.clip(t, max=0.6)": lambda t: np.clip(t, max=0.6),
    "np.clip(t, -1, 1)": lambda t: np.clip(t, -1, 1),
    "np.clip(t, None, 1)": lambda t: np.clip(t, None, 1),
    "np.clip(t, -1, 1, None)": lambda t: np.clip(t, -1, 1, None),
    "np.clip(t, a_min=0, a_max=1)": lambda t: np.clip(t, a_min=0, a_max=1),
    "np.transpose(t)": np.transpose,
    "np.transpose(t, (1, 0))": lambda t: np.transpose(t, (1, 0)),
    "np.transpose(t, [-1, 0])": lambda t: np.transpose(t, [-1, 0]),
    "np.transpose(t, axes=(1, 0))": lambda t: np.transpose(t, axes=(1, 0)),
    "np.permute_dims(t, (1, 0))": lambda t: np.permute_dims(t, (1, 0)),
    "np.reshape(t, (4, 3))": lambda t: np.reshape(t, (4, 3)),
    "np.reshape(t, -1, 'C')": lambda t: np.reshape(t, -1, "C"),
    "np.reshape(t, shape=(2, -1))": lambda t: np.reshape(t, shape=(2, -1)),
    "np.reshape(t, [2, 6])": lambda t: np.reshape(t, [2, 6]),
    "np.ravel(t)": np.ravel,
    "np.copy(t)": np.copy,
    "np.swapaxes(t, 0, 1)": lambda t: np.swapaxes(t, 0, 1),
    "np.moveaxis(t, 0, 1)": lambda t: np.moveaxis(t, 0, 1),
    "np.moveaxis(t, source=[0], destination=[-1])": lambda t: np.moveaxis(t, source=[0], destination=[-1]),
    "np.expand_dims(t, axis=1)": lambda t: np.expand_dims(t, axis=1),
    "np.expand_dims(t, (0, -1))": lambda t: np.expand_dims(t, (0, -1)),
    "np.squeeze(t[:1])": lambda t: np.squeeze(t[:1]),
    "np.squeeze(t[:1], axis=0)": lambda t: np.squeeze(t[:1], axis=0),
    "np.broadcast_to(t, (2, 3, 4))": lambda t: np.broadcast_to(t, (2, 3, 4)),
    "np.broadcast_to(t, shape=(3, 4))": lambda t: np.broadcast_to(t, shape=(3, 4)),
    "np.broadcast_to(t[0, 0], 3)": lambda t: np.broadcast_to(t[0, 0], 3),
    "np.concatenate((t, t))": lambda t: np.concatenate((t, t)),
    "np.concatenate([t, t], 1)": lambda t: np.concatenate([t, t], 1),
    "np.concatenate([t, t], axis=None)": lambda t: np.concatenate([t, t], axis=None),
    "np.concatenate([t])": lambda t: np.concatenate([t]),
    "np.concatenate(t)": np.concatenate,
    "np.stack([t, t])": lambda t: np.stack([t, t]),
    "np.stack((t, t), axis=-1)": lambda t: np.stack((t, t), axis=-1),
    "np.stack(t)": np.stack,
    "np.split(t, 3)": lambda t: np.split(t, 3),
    "np.split(t, [1], axis=0)": lambda t: np.split(t, [1], axis=0),
    "np.split(t, indices_or_sections=2, axis=1)": lambda t: np.split(t, indices_or_sections=2, axis=1),
    "np.split(t, (1, 3), -1)": lambda t: np.split(t, (1, 3), -1),
    "np.split(t, 1)": lambda t: np.split(t, 1),
    "np.split(t, [])": lambda t: np.split(t, []),
    "np.split(t, np.array([1, 3]), 1)": lambda t: np.split(t, np.array([1, 3]), 1),
    "np.pad(t, 1)": lambda t: np.pad(t, 1),
    "np.pad(t, (1, 2), 'constant')": lambda t: np.pad(t, (1, 2), "constant"),
    "np.pad(t, ((1, 0), (0, 2)), constant_values=3.0)": lambda t: np.pad(t, ((1, 0), (0, 2)), constant_values=3.0),
    "np.pad(t, 1, mode='constant', constant_values=(1, 2))":
        lambda t: np.pad(t, 1, mode="constant", constant_values=(1, 2)),
    "np.flip(t)": np.flip,
    "np.flip(t, 0)": lambda t: np.flip(t, 0),
    "np.flip(t, axis=(0, -1))": lambda t: np.flip(t, axis=(0, -1)),
    "np.roll(t, 1)": lambda t: np.roll(t, 1),
    "np.roll(t, shift=-1, axis=1)": lambda t: np.roll(t, shift=-1, axis=1),
    "np.roll(t, (1, 2), (0, 1))": lambda t: np.roll(t, (1, 2), (0, 1)),
    "np.roll(t, [1, 2], [0, 1])": lambda t: np.roll(t, [1, 2], [0, 1]),
    "np.roll(t, np.int64(1))": lambda t: np.roll(t, np.int64(1)),
    "np.roll(t, np.array([1]), 0)": lambda t: np.roll(t, np.array([1]), 0),
    "np.repeat(t, 2)": lambda t: np.repeat(t, 2),
    "np.repeat(t, repeats=2, axis=1)": lambda t: np.repeat(t, repeats=2, axis=1),
    "np.repeat(t, [0, 1, 2], 0)": lambda t: np.repeat(t, [0, 1, 2], 0),
    "np.repeat(t, np.int64(2), 0)": lambda t: np.repeat(t, np.int64(2), 0),
    "np.tile(t, 2)": lambda t: np.tile(t, 2),
    "np.tile(t, reps=(2, 1))": lambda t: np.tile(t, reps=(2, 1)),
    "np.tile(t, [2, 1, 1])": lambda t: np.tile(t, [2, 1, 1]),
    "np.tile(t, np.int64(2))": lambda t: np.tile(t, np.int64(2)),
    "np.tile(t, ())": lambda t: np.tile(t, ()),
    "np.tril(t)": np.tril,
    "np.triu(t, k=1)": lambda t: np.triu(t, k=1),
    "np.take(t, [0, 0])": lambda t: np.take(t, [0, 0]),
    "np.take(t, indices=[1], axis=1)": lambda t: np.take(t, indices=[1], axis=1),
    "np.take(t, 2, -1)": lambda t: np.take(t, 2, -1),
    "np.take(t, np.int64(2), 0)": lambda t: np.take(t, np.int64(2), 0),
    "np.take(t, (0, 1), 0)": lambda t: np.take(t, (0, 1), 0),
    "np.take(t, [0], 0, None, 'raise')": lambda t: np.take(t, [0], 0, None, "raise"),
    "np.take_along_axis(t, ids, 0)": lambda t: np.take_along_axis(t, IDS, 0),
    "np.take_along_axis(t, ids, axis=1)": lambda t: np.take_along_axis(t, IDS[:, :2].repeat(3, 0), axis=1),
    "np.take_along_axis(t, ids)": lambda t: np.take_along_axis(t, IDS[:, :2].repeat(3, 0), -1),
    "np.diagonal(t)": np.diagonal,
    "np.diagonal(t, 1, 0, 1)": lambda t: np.diagonal(t, 1, 0, 1),
    "np.diagonal(t, offset=-1, axis1=1, axis2=0)": lambda t: np.diagonal(t, offset=-1, axis1=1, axis2=0),
    "np.trace(t)": np.trace,
    "np.trace(t, 1, 0, 1, None, None)": lambda t: np.trace(t, 1, 0, 1, None, None),
    "np.trace(t, axis1=1, axis2=0)": lambda t: np.trace(t, axis1=1, axis2=0),
    "np.sort(t)": np.sort,
    "np.sort(t, 0)": lambda t: np.sort(t, 0),
    "np.sort(t, axis=None)": lambda t: np.sort(t, axis=None),
    "np.where(t > 0, t, 2 * t)": lambda t: np.where(t > 0, t, 2 * t),
    "np.where([True] * 4, t, 0.0)": lambda t: np.where([True] * 4, t, 0.0),
    "np.linalg.norm(t)": np.linalg.norm,
    "np.linalg.norm(t, None, 0, True)": lambda t: np.linalg.norm(t, None, 0, True),
    "np.linalg.norm(t, ord=1, axis=-1)": lambda t: np.linalg.norm(t, ord=1, axis=-1),
    "np.linalg.norm(t, 'fro')": lambda t: np.linalg.norm(t, "fro"),
    "np.linalg.norm(t, 3, 1)": lambda t: np.linalg.norm(t, 3, 1),
    "np.linalg.inv(s)": lambda t: np.linalg.inv(t[:, :3] + 2 * np.eye(3)),
    "np.linalg.det(s)": lambda t: np.linalg.det(t[:, :3] + 2 * np.eye(3)),
    "np.linalg.solve(s, t)": lambda t: np.linalg.solve(S, t),
    "np.linalg.solve(a=s, b=t)": lambda t: np.linalg.solve(a=S, b=t),
    "np.dot(t, s)": lambda t: np.dot(t[:, :3], S),
    "np.dot(s, t)": lambda t: np.dot(S, t),
    "np.dot(a=s, b=t)": lambda t: np.dot(a=S, b=t),
    "np.matmul(s, t)": lambda t: np.matmul(S, t),
    "s @ t": lambda t: S @ t,
    "t @ array": lambda t: t @ M.T,
    "np.outer(t[0], t)": lambda t: np.outer(t[0], t),
    "np.einsum('ij,kj', t, t)": lambda t: np.einsum("ij,kj", t, t),
    "np.einsum('ij->', t, optimize=True)": lambda t: np.einsum("ij->", t, optimize=True),
    "np.einsum('ij,jk->ki', s, t)": lambda t: np.einsum("ij,jk->ki", S, t),
    "np.einsum('...i->...', t)": lambda t: np.einsum("...i->...", t),
    "np.add(t, 1)": lambda t: np.add(t, 1),
    "array * t": lambda t: M * t,
    "array - t": lambda t: M[0] - t,
    "3 / (t + 3)": lambda t: 3 / (t + 3),
    "2 ** t": lambda t: 2**t,
    "(t + 3) ** 1.5": lambda t: (t + 3) ** 1.5,
    "5 % (t + 3)": lambda t: 5 % (t + 3.05),
    "abs(t)": abs,
    "-t": lambda t: -t,
    "np.float64(2) * t": lambda t: np.float64(2) * t,
    "t + True": lambda t: t + True,
    "list + t": lambda t: np.add([1.0, 2.0, 3.0, 4.0], t),
    "t.sum(0)": lambda t: t.sum(0),
    "t.sum(axis=1, keepdims=True)": lambda t: t.sum(axis=1, keepdims=True),
    "t.mean()": lambda t: t.mean(),
    "t.var(ddof=1)": lambda t: t.var(ddof=1),
    "t.std(0)": lambda t: t.std(0),
    "t.max(1)": lambda t: t.max(1),
    "t.min(axis=0)": lambda t: t.min(axis=0),
    "t.prod(1)": lambda t: t.prod(1),
    "t.cumsum(1)": lambda t: t.cumsum(1),
    "t.clip(0, 1)": lambda t: t.clip(0, 1),
    "t.clip(min=0)": lambda t: t.clip(min=0),
    "t.reshape(4, 3)": lambda t: t.reshape(4, 3),
    "t.reshape(-1)": lambda t: t.reshape(-1),
    "t.reshape((2, 6))": lambda t: t.reshape((2, 6)),
    "t.transpose()": lambda t: t.transpose(),
    "t.transpose(1, 0)": lambda t: t.transpose(1, 0),
    "t.transpose((1, 0))": lambda t: t.transpose((1, 0)),
    "t.T": lambda t: t.T,
    "t.mT": lambda t: t.mT,
    "t.swapaxes(0, 1)": lambda t: t.swapaxes(0, 1),
    "t.squeeze()": lambda t: t.squeeze(),
    "t.flatten()": lambda t: t.flatten(),
    "t.ravel()": lambda t: t.ravel(),
    "t.repeat(2, 0)": lambda t: t.repeat(2, 0),
    "t.take([0, 0], 1)": lambda t: t.take([0, 0], 1),
    "t.dot(M.T)": lambda t: t.dot(M.T),
    "t.trace()": lambda t: t.trace(),
    "t.diagonal(1)": lambda t: t.diagonal(1),
}


@pytest.mark.parametrize("call", CALLS)
def test_called_as_numpy_allows(call: str) -> None:
    """The value is NumPy's, and the gradient is the slope that a central difference of NumPy's own function finds."""
    function, x, v, h = CALLS[call], leaf(M), normal(5, M.shape), 1e-5
    try:
        wanted = outputs_of(function(M))
    except TypeError as refusal:
        pytest.skip(f"NumPy {np.__version__} does not take this form: {refusal}")
    ys = outputs_of(function(x))
    for y, array in zip(ys, wanted, strict=True):
        np.testing.assert_allclose(y.detach().numpy(), array, rtol=1e-14, atol=1e-15, strict=True)
    cs = [normal(k, y.shape) for k, y in enumerate(ys)]
    slope = sum(np.vdot(c, (plus - minus) / (2 * h)) for c, plus, minus in zip(
        cs, outputs_of(function(M + h * v)), outputs_of(function(M - h * v)), strict=True))
    gradient = tl.grad(ys, x, gradient=cs).numpy()
    assert np.vdot(gradient, v) == pytest.approx(slope, rel=1e-7, abs=1e-8)


def outputs_of(result: Any) -> list[Any]:
    parts = list(result) if isinstance(result, (tuple, list)) else [result]
    return [np.asarray(part) if isinstance(part, np.generic) else part for part in parts]


@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.1.0", reason="NumPy 2.0 asks for both before it asks us")
def test_one_bound_of_clip_may_be_named_as_in_older_numpy() -> None:
    """NumPy itself asks for both of a_min and a_max when one of them is named."""
    x = leaf(M)
    same(np.clip(x, a_min=0), np.clip(M, 0, None))
    same(np.clip(x, a_max=0.5), np.clip(M, None, 0.5))
    same(tl.grad(np.clip(x, a_max=0.5), x, gradient=2 * M), np.where(M > 0.5, 0, 2 * M))


@pytest.mark.parametrize("call", ["argmax(axis=1)", "argmin(0)", "argsort()", "any(axis=0)", "all()"])
def test_methods_without_a_gradient_equal_numpys(call: str) -> None:
    names = {"t": tl.Tensor(M), "m": M}
    np.testing.assert_array_equal(eval(f"t.{call}", names).numpy(), eval(f"m.{call}", names))


# There and back -----------------------------------------------------------------------------------------------


def returns(there: Any, back: Any, shape: Any, seed: int) -> None:
    """back(there(x)) is x, and so the cotangent comes back as it was."""
    a, c = normal(seed, shape), normal(seed + 1, shape)
    x = leaf(a)
    y = back(there(x))
    same(y, a)
    same(tl.grad(y, x, gradient=c), c)


@given(shapes, st.data(), seeds)
def test_reshape_returns(shape: Any, data: Any, seed: int) -> None:
    target = data.draw(st.permutations([*shape, 1]))
    returns(lambda x: np.reshape(x, target), lambda y: y.reshape(shape), shape, seed)
    returns(lambda x: x.ravel(), lambda y: np.reshape(y, shape), shape, seed)


@given(shapes, st.data(), seeds)
def test_transpose_returns(shape: Any, data: Any, seed: int) -> None:
    order = data.draw(st.permutations(range(len(shape))))
    signs = [axis - len(shape) * data.draw(st.integers(0, 1)) for axis in order]
    returns(lambda x: np.transpose(x, signs), lambda y: np.transpose(y, np.argsort(order).tolist()), shape, seed)
    returns(lambda x: x.T, lambda y: y.T, shape, seed)


@given(filled, st.data(), seeds)
def test_flip_roll_and_moveaxis_return(shape: Any, data: Any, seed: int) -> None:
    axes = data.draw(arrays_of.valid_tuple_axes(len(shape), min_size=1))
    shifts = tuple(data.draw(st.integers(-9, 9)) for _ in axes)
    one, two = (data.draw(st.integers(-len(shape), len(shape) - 1)) for _ in range(2))
    returns(lambda x: np.flip(x, axes), lambda y: np.flip(y, axes), shape, seed)
    returns(lambda x: np.roll(x, shifts, axes), lambda y: np.roll(y, tuple(-s for s in shifts), axes), shape, seed)
    returns(lambda x: np.moveaxis(x, one, two), lambda y: np.moveaxis(y, two, one), shape, seed)
    returns(lambda x: np.swapaxes(x, one, two), lambda y: np.swapaxes(y, two, one), shape, seed)
    returns(lambda x: np.expand_dims(x, one), lambda y: np.squeeze(y, one), shape, seed)


@given(filled, st.data(), seeds)
def test_padding_and_cutting_returns(shape: Any, data: Any, seed: int) -> None:
    widths = [(data.draw(st.integers(0, 3)), data.draw(st.integers(0, 3))) for _ in shape]
    inside = tuple(slice(before, before + n) for (before, _), n in zip(widths, shape, strict=True))
    returns(lambda x: np.pad(x, widths, constant_values=7), lambda y: y[inside], shape, seed)


@given(shapes.filter(len), st.data(), seeds)
def test_splitting_and_joining_returns(shape: Any, data: Any, seed: int) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    cuts = sorted(data.draw(st.lists(st.integers(0, shape[axis]), max_size=3)))
    returns(lambda x: np.split(x, cuts, axis), lambda parts: np.concatenate(parts, axis), shape, seed)
    assume(shape[axis] > 0)
    pieces = lambda x: np.split(x, shape[axis], axis)
    returns(pieces, lambda parts: np.stack([np.squeeze(part, axis) for part in parts], axis), shape, seed)


@given(filled, st.data(), seeds)
def test_tiles_and_repeats_hold_what_they_were_made_of(shape: Any, data: Any, seed: int) -> None:
    axis, times = data.draw(st.integers(0, len(shape) - 1)), data.draw(st.integers(1, 3))
    every = (slice(None),) * axis
    returns(lambda x: np.repeat(x, times, axis), lambda y: y[(*every, slice(None, None, times))], shape, seed)
    reps = tuple(times if k == axis else 1 for k in range(len(shape)))
    returns(lambda x: np.tile(x, reps), lambda y: y[(*every, slice(0, shape[axis]))], shape, seed)


# Indices and Einstein's sums ----------------------------------------------------------------------------------


@st.composite
def indexed(draw: Any) -> Any:
    """A shape, and an index for it of slices, numbers, None, Ellipsis, masks and integer arrays with repeats."""
    shape = draw(filled)
    kind = draw(st.sampled_from(["basic", "mask", "arrays", "mixed"]))
    if kind == "basic":
        return shape, draw(arrays_of.basic_indices(shape, allow_newaxis=True, max_dims=6))
    if kind == "mask":
        return shape, draw(arrays_of.arrays(bool, shape[: draw(st.integers(1, len(shape)))]))
    if kind == "arrays":
        result = arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
        return shape, draw(arrays_of.integer_array_indices(shape, result_shape=result))
    common = draw(arrays_of.array_shapes(max_dims=2, max_side=3))
    parts: list[Any] = []
    for size in shape[: draw(st.integers(1, len(shape)))]:
        parts.append(draw(st.one_of(
            st.slices(size), st.integers(-size, size - 1), st.none().map(lambda _: slice(None)),
            arrays_of.arrays(np.int64, common, elements=st.integers(-size, size - 1)))))
    for extra in draw(st.lists(st.none(), max_size=2)):
        parts.insert(draw(st.integers(0, len(parts))), extra)
    return shape, (*parts, ...) if draw(st.booleans()) else tuple(parts)


@given(indexed(), dtypes, seeds)
@settings(max_examples=400)
@example(((3,), [0, 0, 2]), np.float32, 0)
@example(((3, 2), True), np.float32, 0)
@example(((2, 3, 2), (0, slice(None), np.array([1, 1]))), np.float64, 0)
def test_indexing_equals_numpy_and_gradients_are_added_where_they_came_from(how: Any, dtype: Any, seed: int) -> None:
    shape, index = how
    a = normal(seed, shape, dtype)
    x = leaf(a)
    y = x[index]
    same(y, a[index])
    c = np.round(normal(seed + 1, y.shape, dtype) * 8) / 8  # few bits, so that every sum is exact
    wanted = np.zeros_like(a)
    np.add.at(wanted, index, c)
    same(tl.grad(y, x, gradient=c), wanted)


@st.composite
def sums(draw: Any) -> Any:
    """Subscripts with repeated and omitted letters, and shapes that fit."""
    letters = string.ascii_lowercase[:4]
    sizes = {letter: draw(st.integers(1, 3)) for letter in letters}
    terms = draw(st.lists(st.text(letters, max_size=3), min_size=1, max_size=3))
    used = sorted(set("".join(terms)))
    shapes = [tuple(sizes[c] for c in term) for term in terms]
    text = ",".join(terms)
    if draw(st.booleans()):  # the result spelt out
        text += "->" + "".join(draw(st.permutations(used))[: draw(st.integers(0, len(used)))])
    if "->" in text and draw(st.booleans()):  # an ellipsis in every term, of axes that broadcast
        text = ",".join("..." + term for term in terms) + "->" + "..." + text.partition("->")[2]
        dotted = draw(arrays_of.mutually_broadcastable_shapes(num_shapes=len(terms), max_dims=2, max_side=3))
        shapes = [(*dots, *shape) for dots, shape in zip(dotted.input_shapes, shapes, strict=True)]
    return text, shapes


@given(sums(), seeds)
@settings(max_examples=300)
@example(("i,i->", [(1,), (3,)]), 0)
@example(("...i,i->...", [(2, 1), (3,)]), 0)
def test_einsum_equals_numpy_and_its_backward_is_its_adjoint(how: Any, seed: int) -> None:
    text, shapes_of = how
    arrays = [normal(seed + k, shape) for k, shape in enumerate(shapes_of)]
    leaves = [leaf(a) for a in arrays]
    y = np.einsum(text, *leaves)
    wanted = np.einsum(text, *arrays)
    np.testing.assert_allclose(y.detach().numpy(), wanted, rtol=1e-12, atol=1e-12, strict=True)
    c = normal(seed + 9, y.shape)
    for k, g in enumerate(tl.grad(y, leaves, gradient=c)):  # the sum is linear in each of its operands
        v = normal(seed + 20 + k, shapes_of[k])
        slope = np.vdot(c, np.einsum(text, *arrays[:k], v, *arrays[k + 1:]))
        assert g.shape == shapes_of[k]
        assert np.vdot(g.numpy(), v) == pytest.approx(slope, rel=1e-10, abs=1e-11)


# float16 adds up in float32 -----------------------------------------------------------------------------------

ADDING: dict[str, tuple[Any, Any]] = {
    "sum": (lambda t: np.sum(t, axis=0), lambda a: a.sum(0)),
    "sum of all": (np.sum, np.sum),
    "mean": (lambda t: np.mean(t, axis=0), lambda a: a.mean(0)),
    "var": (lambda t: np.var(t, axis=0), lambda a: a.var(0)),
    "std": (lambda t: np.std(t, axis=0), lambda a: a.std(0)),
    "cumsum": (lambda t: np.cumsum(t, axis=0), lambda a: a.cumsum(0)),
    "norm": (lambda t: np.linalg.norm(t, axis=0), lambda a: np.linalg.norm(a, axis=0)),
    "norm 1": (lambda t: np.linalg.norm(t, 1, axis=0), lambda a: np.abs(a).sum(0)),
    "logsumexp": (lambda t: ops.logsumexp(t, 0), lambda a: np.log(np.exp(a).sum(0))),
    "softmax": (lambda t: ops.softmax(t, 0), lambda a: np.exp(a) / np.exp(a).sum(0)),
    "log_softmax": (lambda t: ops.log_softmax(t, 0), lambda a: a - np.log(np.exp(a).sum(0))),
    "matmul": (lambda t: t.T @ t, lambda a: a.T @ a),
    "dot": (lambda t: np.dot(t.T, t), lambda a: np.dot(a.T, a)),
    "einsum": (lambda t: np.einsum("ij->j", t), lambda a: a.sum(0)),
    "einsum, product": (lambda t: np.einsum("ij,ik->jk", t, t), lambda a: a.T @ a),
    "trace": (lambda t: np.trace(np.broadcast_to(t[:, 0], (len(t), len(t)))), lambda a: a[:, 0].sum()),
}


@pytest.mark.parametrize("name", ADDING)
@given(st.sampled_from([3, 2100, 4096, 6001]), seeds)
@settings(max_examples=8)
def test_float16_reductions_add_up_in_float32(name: str, n: int, seed: int) -> None:
    """The result is the exact one to a few roundings of float16; adding up in float16 stops growing at 2048."""
    a = uniform(seed, (n, 3), 0.5, 1.5, np.float16)
    ours, exact = ADDING[name]
    y = ours(leaf(a))
    assert y.dtype == np.float16
    found, wanted = y.detach().numpy().astype(float), exact(a.astype(float))
    np.testing.assert_allclose(found, wanted, rtol=3 * HALF_ULP[np.float16], atol=1e-7)


@pytest.mark.parametrize("name", ["broadcast", "matmul", "getitem", "embedding", "repeat", "tile"])
def test_float16_gradients_add_up_in_float32(name: str) -> None:
    """One weight used 5,000 times gets 5,000 cotangents."""
    x, many = leaf(np.ones((1, 2), np.float16)), np.zeros(5000, int)
    y = {"broadcast": lambda: x + tl.Tensor(np.ones((5000, 2), np.float16)),
         "matmul": lambda: tl.Tensor(np.ones((5000, 1), np.float16)) @ x,
         "getitem": lambda: x[many], "embedding": lambda: ops.embedding(many, x),
         "repeat": lambda: np.repeat(x, 5000, 0), "tile": lambda: np.tile(x, (5000, 1))}[name]()
    c = uniform(0, (5000, 2), 0.5, 1.5, np.float16)
    gradient, wanted = tl.grad(y, x, gradient=c).numpy().astype(float), c.astype(float).sum(0, keepdims=True)
    np.testing.assert_allclose(gradient, wanted, rtol=3 * HALF_ULP[np.float16])
