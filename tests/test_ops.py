"""The conventions of the operations where mathematics leaves a choice: kinks, ties, zeros."""

import numpy as np
import pytest

import tinylm as tl
from tinylm import ops


def gradients(f, *values):
    inputs = [tl.Tensor(np.asarray(v, np.float64), requires_grad=True) for v in values]
    y = f(*inputs)
    found = tl.grad(y, inputs, np.ones(y.shape))
    return [g.numpy().tolist() for g in found]


@pytest.mark.parametrize(("f", "values", "expected"), [
    (ops.relu, [[-1.0, 0.0, 1.0]], [[0, 0, 1]]),
    (np.absolute, [[-1.0, 0.0, 1.0]], [[-1, 0, 1]]),
    (ops.leaky_relu, [[0.0]], [[0.01]]),
    (np.maximum, [[1.0, 2.0, 3.0], [2.0, 2.0, 2.0]], [[0, 0.5, 1], [1, 0.5, 0]]),
    (np.minimum, [[1.0, 2.0, 3.0], [2.0, 2.0, 2.0]], [[1, 0.5, 0], [0, 0.5, 1]]),
    (np.max, [[[3.0, 1.0, 3.0], [0.0, 3.0, 3.0]]], [[[0.25, 0, 0.25], [0, 0.25, 0.25]]]),
    (np.min, [[[0.0, 1.0], [0.0, 3.0]]], [[[0.5, 0], [0.5, 0]]]),
    (lambda t: np.max(t, axis=1), [[[3.0, 3.0], [1.0, 2.0]]], [[[0.5, 0.5], [0, 1]]]),
    (lambda t: np.min(t, axis=-1, keepdims=True), [[[3.0, 3.0], [1.0, 2.0]]], [[[0.5, 0.5], [1, 0]]]),
    (lambda t: np.clip(t, -1.0, 1.0), [[-2.0, -1.0, 0.0, 1.0, 2.0]], [[0, 1, 1, 1, 0]]),
    (lambda t: np.clip(t, None, 1.0), [[-9.0, 1.0, 2.0]], [[1, 1, 0]]),
    (np.std, [[2.0, 2.0, 2.0]], [[0, 0, 0]]),
    (lambda t: np.std(t, axis=1), [[[2.0, 2.0], [1.0, 3.0]]], [[[0, 0], [-0.5, 0.5]]]),
    (np.linalg.norm, [[0.0, 0.0]], [[0, 0]]),
    (lambda t: np.linalg.norm(t, axis=1), [[[0.0, 0.0], [3.0, 4.0]]], [[[0, 0], [0.6, 0.8]]]),
    (np.prod, [[2.0, 3.0, 4.0]], [[12, 8, 6]]),
    (np.prod, [[0.0, 3.0, 4.0]], [[12, 0, 0]]),
    (np.prod, [[0.0, 0.0, 4.0]], [[0, 0, 0]]),
    (lambda t: np.prod(t, axis=0), [[[0.0, 2.0], [3.0, 4.0]]], [[[3, 4], [0, 2]]]),
    (lambda t: t**2, [[0.0, -3.0]], [[0, -6]]),
    (lambda t: t**0, [[0.0, 2.0]], [[0, 0]]),
    (lambda t, u: t**u, [[0.0, 0.0], [2.0, 1.0]], [[0, 1], [0, 0]]),
    (lambda t: ops.where(t > 0, np.sqrt(np.maximum(t, 1e-9)), 0.0), [[-4.0, 4.0]], [[0, 0.25]]),
    (np.sort, [[3.0, 1.0, 2.0]], [[1, 1, 1]]),
    (np.sign, [[0.5]], None),
])
def test_pinned_convention(device, f, values, expected):
    if expected is None:  # a step: nothing flows back
        assert not f(tl.Tensor(values[0], requires_grad=True)).requires_grad
        return
    for got, wanted in zip(gradients(f, *values), expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("f", [np.sum, np.mean, np.max, np.prod, ops.logsumexp], ids=lambda f: f.__name__)
def test_a_single_number_has_the_axes_that_numpy_grants_it(device, f):
    x = tl.Tensor(3.0, requires_grad=True)
    for axis in (None, (), 0, -1):
        try:
            y = f(x, axis=axis)
        except (ValueError, IndexError):  # NumPy's mean refuses what its sum takes
            continue
        assert tl.grad(y, x).item() == 1.0


def test_numbers_that_would_overflow_do_not(device):
    big = tl.Tensor(np.array([-1000.0, 0.0, 1000.0]), requires_grad=True)
    with np.errstate(all="raise", under="ignore"):
        for f in (ops.sigmoid, ops.softplus, ops.silu, ops.softmax, ops.log_softmax, ops.logsumexp, np.tanh, ops.gelu,
                  ops.elu):
            y = f(big)
            assert np.isfinite(y.detach().numpy()).all()
            assert np.isfinite(tl.grad(y.sum(), big).numpy()).all()


def test_logsumexp_of_nothing_but_minus_infinity(device):
    t = tl.Tensor(np.full(3, -np.inf), requires_grad=True)
    y = ops.logsumexp(t)
    assert y.item() == -np.inf
    assert not np.isnan(tl.grad(y, t).numpy()).any()


def test_steps_carry_no_gradient(device):
    x = tl.Tensor([0.5, -1.5], requires_grad=True)
    for f in (np.sign, np.floor, np.ceil, np.rint, np.argmax, np.argsort, np.isfinite, lambda t: t > 0, np.zeros_like):
        assert not f(x).requires_grad
    assert ops.one_hot(tl.Tensor([1, 0]), 3).tolist() == [[0, 1, 0], [1, 0, 0]]


def test_embedding_adds_up_repeated_ids(device):
    weight = tl.Tensor(np.ones((3, 2)), requires_grad=True)
    ops.embedding(tl.Tensor([[2, 0], [2, 2]]), weight).sum().backward()
    assert weight.grad.tolist() == [[1, 1], [0, 0], [3, 3]]


def test_what_relu_cuts_off_has_no_gradient_even_where_it_would_be_infinite():
    x = tl.Tensor([-1.0, 4.0], requires_grad=True)
    with np.errstate(divide="ignore"):
        (gradient,) = tl.grad(np.sqrt(tl.relu(x)).sum(), [x])  # √ has an infinite slope at 0, and 0 · ∞ is NaN
    assert gradient.tolist() == [0.0, 0.25]
