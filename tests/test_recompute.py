"""Recomputing gives the values and gradients of keeping, in less memory."""

import numpy as np
import pytest

import tinylm as tl
from tinylm import models, nn
from tinylm.graph import arrays_in, newest_first
from tinylm.nn import dropout_keys


def tensors(*shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [tl.Tensor(rng.standard_normal(shape), requires_grad=True) for shape in shapes]


def compare(compute, leaves):
    """compute(maybe) with maybe = tl.remat or nothing: the same values and, for a random cotangent, gradients."""
    results = []
    for maybe in (lambda f: f, tl.remat):
        y = compute(maybe)
        g = tl.Tensor(np.random.default_rng(7).standard_normal(y.shape))
        results.append((y.detach().numpy(), tl.grad(y, leaves, g)))
    (one, ones), (other, others) = results
    assert np.array_equal(one, other)
    for a, b in zip(ones, others, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-13, atol=1e-15)


def test_arguments_and_closures():
    x, w, v = tensors((3, 4), (4, 5), (5,))
    compare(lambda maybe: maybe(lambda a, b: np.tanh(a @ b) * v)(np.sin(x), w) + x.sum(), [x, w, v])


def test_an_argument_that_came_by_another():
    """f(x, h(x)): each path counts once; so does a parameter given twice, and one both given and used."""
    x, w = tensors((3, 3), (3, 3))

    def compute(maybe):
        h = np.tanh(x @ w)
        return maybe(lambda a, b, c: a * b @ c + w * c)(x, h, w)
    compare(compute, [x, w])


def test_several_nested_results_and_named_arguments():
    x, w = tensors((3, 4), (4, 4))

    def step(inputs, *, scale):
        h = inputs["x"] @ w
        return h * scale, (np.exp(-h * h), 5), h.detach()

    def compute(maybe):
        y, (z, five), still = maybe(step)({"x": np.sin(x)}, scale=2.0)
        assert five == 5 and not still.requires_grad
        return y * z + still
    compare(compute, [x, w])

    y, _, _ = tl.remat(step)({"x": x}, scale=2.0)  # one result alone
    np.testing.assert_allclose(tl.grad(y.sum(), x).numpy(), 2 * np.ones((3, 4)) @ w.detach().numpy().T)


def test_what_comes_back_unchanged():
    x, w = tensors((3,), (3,))
    compare(lambda maybe: np.multiply(*maybe(lambda a: (a, w))(x)) + maybe(lambda a: a.reshape(3, 1))(x).sum(), [x, w])


def test_nested():
    x, w = tensors((4, 4), (4, 4))

    def compute(maybe):
        inner = maybe(lambda a: np.tanh(a @ w))
        return maybe(lambda a: inner(inner(a) + a))(np.sin(x))
    compare(compute, [x, w])


def test_second_derivatives():
    x, w = tensors((3, 4), (4, 4))
    f = lambda maybe: lambda a, b: maybe(lambda p, q: np.tanh(p @ q) @ w)(np.sin(a), b).sum()
    results = []
    for maybe in (lambda f: f, tl.remat):
        first = tl.grad(f(maybe)(x, w), [x, w], create_graph=True)
        results.append(tl.grad(sum((part * part * part).sum() for part in first), [x, w]))
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-12, atol=1e-14)
    tl.gradcheck(lambda a: tl.remat(np.tanh)(a), x)


@pytest.mark.parametrize("keyed", [True, False])
def test_the_masks_of_dropout_come_again(keyed):
    (x,) = tensors((5, 6))

    def block(a):
        return nn.dropout(np.tanh(nn.dropout(a, 0.3)) * a, 0.4)

    if not keyed:  # new masks at every call; y = m ⊙ x, so its gradient shows the mask
        y = tl.remat(lambda a: nn.dropout(a, 0.5))(x)
        assert np.array_equal(tl.grad(y.sum(), x).numpy() * x.detach().numpy(), y.detach().numpy())
        assert nn.random._KEYS.get() is None
        return

    def compute(maybe):
        with dropout_keys(1, 2, 3):
            return maybe(block)(maybe(block)(nn.dropout(x, 0.2)))  # and those that follow are not moved on
    compare(compute, [x])


def bytes_kept(y):
    found = {}
    for node in newest_first([y._node]):
        for array in arrays_in(node.saved):
            owner = array if array.base is None else array.base
            found[id(owner)] = owner.nbytes
    return sum(found.values())


def test_it_keeps_less():
    model = models.GPT(11, context=16, width=32, layers=4, heads=4).to(np.float64)
    ids = np.random.default_rng(0).integers(0, 11, (3, 16))
    params = list(model.parameters())
    kept, found = [], []
    for maybe in (lambda f: f, tl.remat):
        x = model.positions(model.embedding(ids))
        for block in model.blocks:
            x, _ = maybe(block)(x)
        kept.append(bytes_kept(x))
        y = model.norm(x)
        found.append(tl.grad(y, params, np.random.default_rng(1).standard_normal(y.shape)))
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-11, atol=1e-13)
    assert 4 * 3 * 16 * 32 * 8 <= kept[1] < kept[0] / 5  # an input for each block, and what the embeddings keep


def test_nothing_is_held_when_all_is_done(no_collector):
    import weakref
    x, w = tensors((3, 3), (3, 3))
    seen = []

    def f(a):
        h = a @ w
        seen.append(weakref.ref(h))
        return np.tanh(h)
    y = tl.remat(f)(x)
    assert seen[0]() is None
    y.sum().backward()
    assert len(seen) == 2 and seen[1]() is None and x.grad is not None and w.grad is not None
    with pytest.raises(RuntimeError, match="freed by an earlier backward"):
        tl.grad(y.sum(), x)


def test_switches():
    x, w = tensors((3, 3), (3, 3))
    with tl.no_grad():
        assert not tl.remat(lambda a: a @ w)(x).requires_grad
    seen = []

    def f(a):
        seen.append(tl.graph.MODE.get().fused)
        return a @ w
    with tl.fused(False):
        y = tl.remat(f)(x)
    y.sum().backward()
    assert seen == [False, False]
    constant = tl.remat(lambda a: a * 2)(x.detach())
    assert not constant.requires_grad


def test_a_write_in_between_is_noticed():
    for place in (0, 1):
        x, w = tensors((3, 3), (3, 3))
        y = tl.remat(lambda a: np.tanh(a @ w))(x)
        (x, w)[place].assign(np.zeros((3, 3)))
        with pytest.raises(RuntimeError, match=r"remat\(<lambda>\) saved was written to"):
            y.sum().backward()


def test_errors():
    x, w = tensors((4, 3), (4, 3))
    h = np.tanh(x)
    with pytest.raises(ValueError, match=r"remat\(<lambda>\): the function uses a Tensor from outside that tanh made"):
        tl.remat(lambda a: a * h)(w)
    norm = nn.BatchNorm1d(3).to(np.float64)
    with pytest.raises(ValueError, match=r"remat\(BatchNorm1d\): BatchNorm1d changes in training as it runs"):
        tl.remat(norm)(x)
    assert tl.remat(norm.eval())(x).shape == (4, 3)
    with tl.detect_anomaly(), pytest.warns(RuntimeWarning), pytest.raises(FloatingPointError, match="log"):
        tl.remat(lambda a: np.log(a * 0.0))(x)
