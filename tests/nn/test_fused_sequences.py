"""Attention and recurrent layers in one pass: where the small samples of the gradient check do not reach."""

import tracemalloc

import numpy as np
import pytest

import tinylm as tl
from tinylm import nn
from tinylm.nn.attention import attention
from tinylm.nn.fused import attention as tiled
from tinylm.nn.fused import recurrent
from tinylm.nn.gru import gru
from tinylm.nn.lstm import lstm
from tinylm.nn.rnn import rnn

KINDS = {"rnn": (rnn, 1, 1), "gru": (gru, 3, 1), "lstm": (lstm, 4, 2)}


def leaves(shapes, dtype=np.float64, seed=0, size=0.5):
    rng = np.random.default_rng(seed)
    return [tl.Tensor((rng.standard_normal(shape) * size).astype(dtype), requires_grad=True) for shape in shapes]


def layer_leaves(gates, states, steps, batch, width, hidden, **how):
    rows = gates * hidden
    return leaves([(steps, batch, width), *[(1, batch, hidden)] * states, (rows, width), (rows, hidden), (rows,),
                   (rows,)], **how)


def assert_same(function, inputs, device="cpu", tolerance=1e-12, fast=None, **settings):
    """Values and gradients of the fused version and of the composition, with random cotangents."""
    inputs = [tl.Tensor(x.numpy() if not x.requires_grad else x.detach().numpy(), requires_grad=x.requires_grad,
                        device=device) for x in inputs]
    found = []
    for enabled in (True, False):
        with tl.fused(enabled):
            outputs = function(*inputs, **settings)
            outputs = outputs if isinstance(outputs, tuple) else (outputs,)
            rng = np.random.default_rng(1)
            given = [tl.Tensor(rng.standard_normal(y.shape).astype(y.dtype), device=device) for y in outputs]
            gradients = tl.grad(outputs, [x for x in inputs if x.requires_grad], given)
            found.append([tl.backend.to_host(y.detach()._array) for y in (*outputs, *gradients)])
    for mine, other in zip(*found, strict=True):
        assert mine.shape == other.shape and mine.dtype == other.dtype
        assert np.abs(mine - other).max(initial=0) <= tolerance * max(np.abs(other).max(initial=0), 1e-3)


# Recurrent layers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("ends", [None, [7, 1, 4]])
@pytest.mark.parametrize("kind", KINDS)
def test_many_steps_in_blocks_of_columns(kind, ends, reverse, device, monkeypatch):
    monkeypatch.setattr(recurrent, "SMALL", 100)
    monkeypatch.setattr(recurrent, "NARROWEST", 1)
    function, gates, states = KINDS[kind]
    assert len(recurrent.in_blocks(np.zeros((6, 6 * gates)), np.zeros((8, 3, 6)))) > gates
    valid = None
    if ends is not None:
        valid = tl.backend.to_device(np.arange(7)[:, None, None] < np.array(ends)[:, None], device)
    assert_same(function, layer_leaves(gates, states, 7, 3, 4, 6), device, valid=valid, reverse=reverse)


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu", "sigmoid"])
def test_nonlinearities(nonlinearity):
    assert_same(rnn, layer_leaves(1, 1, 6, 2, 3, 5), nonlinearity=nonlinearity)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 2e-5), (np.float16, 2e-2)])
@pytest.mark.parametrize("kind", KINDS)
def test_shorter_dtypes(kind, dtype, tolerance):
    function, gates, states = KINDS[kind]
    assert_same(function, layer_leaves(gates, states, 9, 4, 8, 16, dtype=dtype, size=0.3), tolerance=tolerance)


@pytest.mark.parametrize("kind", KINDS)
def test_gates_that_are_shut_and_states_that_are_large(kind):
    function, gates, states = KINDS[kind]
    assert_same(function, layer_leaves(gates, states, 6, 2, 3, 4, size=30.0), tolerance=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_some_inputs_need_no_gradient_and_none_is_written_to(kind):
    function, gates, states = KINDS[kind]
    inputs = layer_leaves(gates, states, 5, 2, 3, 4)
    for only in range(len(inputs)):
        chosen = [tl.Tensor(x.detach().numpy(), requires_grad=k == only) for k, x in enumerate(inputs)]
        assert_same(function, chosen)
    arrays = [np.array(x.detach().numpy()) for x in inputs]
    kept = [a.copy() for a in arrays]
    for a in arrays:
        a.flags.writeable = False
    plain = function(*arrays)
    assert all(type(y) is np.ndarray for y in plain) and all(map(np.array_equal, arrays, kept))


@pytest.mark.parametrize("kind", KINDS)
def test_a_backward_can_be_had_twice(kind):
    function, gates, states = KINDS[kind]
    inputs = layer_leaves(gates, states, 5, 2, 3, 4)
    y = function(*inputs)[0]
    loss = (y * y).sum()
    first, second = (tl.grad(loss, inputs, retain_graph=True) for _ in range(2))
    assert all(np.array_equal(a.numpy(), b.numpy()) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_layers_run_the_fused_version(kind):
    layer = getattr(nn, kind)(3, 4, num_layers=2, bidirectional=True, batch_first=True)
    x = tl.Tensor(np.ones((2, 5, 3)), requires_grad=True, dtype=np.float32)
    names = set()
    nodes = [layer(x, lengths=[5, 2])[0]._node]
    while nodes:
        node = nodes.pop()
        names.add(str(node.primitive))
        nodes += [parent for parent, _ in node.edges if parent.primitive is not None]
    assert f"fused_{kind.lower()}" in names and not {"tanh", "sigmoid", "matmul"} & names


# Attention -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("queries", [1, 2, 3, 16])
@pytest.mark.parametrize("tile", [1, 12, 40, 10_000])
@pytest.mark.parametrize(("length", "source"), [(7, 7), (5, 9), (9, 5)])
def test_tiles_of_every_size(tile, queries, length, source, monkeypatch):
    monkeypatch.setattr(tiled, "TILE", tile)
    monkeypatch.setattr(tiled, "QUERIES", queries)
    inputs = leaves([(2, 3, length, 4), (2, 3, source, 4), (2, 3, source, 5)])
    rng = np.random.default_rng(2)
    mask = rng.random((2, 1, length, source)) < 0.6
    mask[..., 0] = True  # what every query sees, is_causal or not
    assert_same(attention, inputs)
    assert_same(attention, inputs, is_causal=True)
    assert_same(attention, inputs, attn_mask=mask)
    assert_same(attention, inputs, attn_mask=np.where(mask, rng.standard_normal(mask.shape), -np.inf), is_causal=True)
    assert_same(attention, inputs, attn_mask=mask[:, :, :1], scale=0.3)  # of keys alone, as for padding


def test_heads_that_are_shared(device):
    mask = tl.backend.to_device(np.array([True, False, True, True, True]), device)
    for shapes in ([(2, 3, 4, 2), (5, 2), (5, 3)], [(4, 2), (3, 5, 2), (2, 1, 5, 3)],
                   [(1, 1, 4, 2), (2, 2, 5, 2), (5, 1)]):
        assert_same(attention, leaves(shapes), device, is_causal=True)
        assert_same(attention, leaves(shapes), device, attn_mask=mask)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float16, 1e-2)])
def test_attention_in_shorter_dtypes(dtype, tolerance):
    inputs = leaves([(2, 4, 70, 8)] * 3, dtype, size=1.0)
    assert_same(attention, inputs, tolerance=tolerance, is_causal=True)


def test_views_as_a_model_makes_them():
    whole = leaves([(2, 40, 3 * 12)])

    def of_views(x):
        return attention(*(part.reshape(2, 40, 3, 4).swapaxes(1, 2) for part in np.split(x, 3, -1)), is_causal=True)
    assert_same(of_views, whole)


def test_a_backward_of_attention_can_be_had_twice_and_writes_into_nothing():
    inputs = leaves([(2, 9, 4)] * 3)
    y = attention(*inputs, is_causal=True)
    loss, before = (y * y).sum(), [x.detach().numpy().copy() for x in inputs]
    first, second = (tl.grad(loss, inputs, retain_graph=True) for _ in range(2))
    assert all(np.array_equal(a.numpy(), b.numpy()) for a, b in zip(first, second, strict=True))
    assert all(np.array_equal(x.detach().numpy(), b) for x, b in zip(inputs, before, strict=True))


def test_scores_of_every_size_stay_finite():
    for size in (1e4, 1e-30):
        inputs = leaves([(3, 40, 4)] * 3, np.float32, size=size)
        y = attention(*inputs, is_causal=True)
        assert all(np.isfinite(g.numpy()).all() for g in (y.detach(), *tl.grad((y * y / size).sum(), inputs)))


def test_the_weights_are_never_held():
    length, width = 1024, 16
    inputs = leaves([(4, length, width)] * 3, np.float32)
    weights = 4 * length * length * 4  # bytes
    tracemalloc.start()
    try:
        y = attention(*inputs, is_causal=True)
        kept, _ = tracemalloc.get_traced_memory()
        tl.grad((y * y).sum(), inputs)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 0.05 * weights and peak < 0.25 * weights


def test_without_weights_multihead_gives_the_same():
    layer = nn.MultiheadAttention(6, 2, batch_first=True, rng=np.random.default_rng(0)).to(np.float64)
    x = leaves([(2, 5, 6)])[0]
    padding = np.array([[False] * 5, [False, False, True, False, True]])
    outputs = [layer(x, x, x, padding, needed, is_causal=True)[0] for needed in (True, False)]
    g = np.random.default_rng(1).standard_normal((2, 5, 6))
    one, other = ([y, *tl.grad(y, [x, *layer.parameters()], g)] for y in outputs)
    for a, b in zip(one, other, strict=True):
        assert np.allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-11, atol=1e-13)
