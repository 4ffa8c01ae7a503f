import numpy as np
import pytest

import tinylm as tl
from tinylm import nn


def drawn(*shape, seed=0):
    return tl.Tensor(np.random.default_rng(seed).standard_normal(shape), dtype=np.float64)


def test_by_the_equation(device):
    q, k, v = drawn(2, 3, 4), drawn(2, 5, 4, seed=1), drawn(2, 5, 6, seed=2)
    e = np.exp(q.numpy() @ k.numpy().swapaxes(1, 2) / 2)
    expected = e / e.sum(-1, keepdims=True) @ v.numpy()
    assert np.allclose(nn.scaled_dot_product_attention(q, k, v).numpy(), expected)


def test_masks(device):
    q, k, v = drawn(3, 4), drawn(3, 4, seed=1), drawn(3, 2, seed=2)
    attend = nn.scaled_dot_product_attention
    causal = attend(q, k, v, is_causal=True).numpy()
    assert np.allclose(causal[0], v.numpy()[0]) and np.allclose(causal[2], attend(q, k, v).numpy()[2])
    lower = np.tri(3, dtype=bool)
    assert np.allclose(attend(q, k, v, lower).numpy(), causal)
    assert np.allclose(attend(q, k, v, np.where(lower, 0, -np.inf)).numpy(), causal)
    assert np.allclose(attend(q, k, v, tl.Tensor(lower)).numpy(), causal)
    not_first = np.array([True, True, False])
    both = attend(q, k, v, not_first, is_causal=True).numpy()
    assert np.allclose(both[:2], causal[:2]) and np.allclose(both[2], attend(q[2:], k[:2], v[:2]).numpy()[0])


def test_a_learnt_bias_gets_its_gradient(device):
    bias = tl.Tensor(np.zeros((3, 3)), requires_grad=True, dtype=np.float64)
    y = nn.scaled_dot_product_attention(drawn(3, 4), drawn(3, 4, seed=1), drawn(3, 2, seed=2), bias, is_causal=True)
    gradient = tl.grad((y * y).sum(), bias).numpy()
    assert (gradient[np.triu_indices(3, 1)] == 0).all() and (gradient[np.tril_indices(3)][1:] != 0).all()


@pytest.mark.parametrize("masked", [np.array([[True, True], [False, False]]), np.array([[0.0, 0], [-np.inf, -np.inf]])])
def test_a_row_that_attends_to_nothing(masked, device):
    q = drawn(2, 4)
    with pytest.raises(ValueError, match=r"the mask of shape \(2, 2\) leaves row \(1,\) nothing to attend to"):
        nn.scaled_dot_product_attention(q, q, q, masked)
    layer = nn.MultiheadAttention(4, 2, batch_first=True).to(np.float64)
    x = drawn(2, 3, 4)
    with pytest.raises(ValueError, match=r"leaves row \(1, 0, 0\) nothing to attend to"):
        layer(x, x, x, key_padding_mask=np.array([[False, False, True], [True, True, True]]))


def test_huge_scores_do_not_overflow():
    q = tl.Tensor([[1e4, 0.0]])
    y = nn.scaled_dot_product_attention(q, tl.Tensor([[1e4, 0.0], [0.0, 0.0]]), tl.Tensor([[1.0], [2.0]]))
    assert y.item() == 1


def test_heads_are_attentions_side_by_side(device):
    layer = nn.MultiheadAttention(6, 2, batch_first=True, rng=np.random.default_rng(0)).to(np.float64)
    x = drawn(2, 4, 6)
    state = layer.state_dict()
    q, k, v = np.split(x.numpy() @ state["in_proj_weight"].T + state["in_proj_bias"], 3, -1)
    heads = [nn.scaled_dot_product_attention(*(tl.Tensor(a[..., cut]) for a in (q, k, v)), is_causal=True).numpy()
             for cut in (slice(0, 3), slice(3, 6))]
    expected = np.concatenate(heads, -1) @ state["out_proj.weight"].T + state["out_proj.bias"]
    y, weights = layer(x, x, x, is_causal=True)
    assert np.allclose(y.detach().numpy(), expected)
    assert weights.shape == (2, 4, 4) and np.allclose(weights.detach().numpy().sum(-1), 1)
    assert layer(x, x, x, need_weights=False)[1] is None
    assert layer(x, x, x, average_attn_weights=False)[1].shape == (2, 2, 4, 4)


def test_the_start_and_the_names():
    layer = nn.MultiheadAttention(8, 2)
    assert list(layer.state_dict()) == ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"]
    assert np.abs(layer.state_dict()["in_proj_weight"]).max() <= np.sqrt(6 / 32)
    assert not layer.state_dict()["in_proj_bias"].any() and not layer.state_dict()["out_proj.bias"].any()
    assert list(nn.MultiheadAttention(8, 2, bias=False).state_dict()) == ["in_proj_weight", "out_proj.weight"]


def test_weights_are_dropped_in_training_alone():
    layer, x = nn.MultiheadAttention(4, 2, 0.5), drawn(3, 2, 4).astype(np.float32)
    assert (layer(x, x, x, average_attn_weights=False)[1].detach().numpy() == 0).any()
    assert (layer.eval()(x, x, x, average_attn_weights=False)[1].detach().numpy() > 0).all()


def test_dropped_weights_follow_the_rows_of_the_batch():
    for batch_first in (True, False):
        layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.5, batch_first=batch_first)
        x = drawn(3, 5, 4).astype(np.float32)
        x = x if batch_first else x.swapaxes(0, 1)
        with nn.dropout_keys(0, 1):
            whole = layer(x).detach().numpy()
        with nn.dropout_keys(0, 1, first_row=1):
            part = layer(x[1:] if batch_first else x[:, 1:]).detach().numpy()
        assert np.allclose(part, whole[1:] if batch_first else whole[:, 1:], atol=1e-5)
        with nn.dropout_keys(0, 2):
            assert not np.allclose(layer(x).detach().numpy(), whole)
        assert np.array_equal(layer.eval()(x).detach().numpy(), layer(x).detach().numpy())


def test_errors():
    with pytest.raises(ValueError, match="embed_dim 6 does not divide into 4 heads"):
        nn.MultiheadAttention(6, 4)
    layer, x = nn.MultiheadAttention(4, 2), tl.Tensor(np.zeros((3, 2, 4)), dtype=np.float32)
    for other in (np.zeros((3, 2, 5)), np.zeros((3, 4)), np.zeros((3, 1, 4))):
        with pytest.raises(ValueError, match=r"it takes \(L, N, 4\) and twice \(S, N, 4\)"):
            layer(x, tl.Tensor(other), tl.Tensor(other))
    with pytest.raises(ValueError, match=r"attn_mask has shape \(2, 2\), it should be \(3, 3\) or \(4, 3, 3\)"):
        layer(x, x, x, attn_mask=np.zeros((2, 2), bool))
    with pytest.raises(ValueError, match=r"key_padding_mask has shape \(3, 2\), it should be \(2, 3\)"):
        layer(x, x, x, key_padding_mask=np.zeros((3, 2), bool))
    with pytest.raises(ValueError, match="queries of width 4 and keys of width 3"):
        nn.scaled_dot_product_attention(drawn(2, 4), drawn(2, 3), drawn(2, 3))
    with pytest.raises(ValueError, match="TransformerEncoderLayer: activation is 'relu' or 'gelu', not 'tanh'"):
        nn.TransformerEncoderLayer(4, 2, activation="tanh")


@pytest.mark.parametrize("norm_first", [False, True])
def test_the_blocks_of_the_transformer(norm_first, device):
    x, memory = drawn(2, 3, 4), drawn(2, 5, 4, seed=1)
    layer = nn.TransformerDecoderLayer(4, 2, 8, 0.0, "gelu", batch_first=True, norm_first=norm_first).to(np.float64)
    n1, n2, n3 = layer.norm1, layer.norm2, layer.norm3
    attend = lambda a: layer.self_attn(a, a, a, is_causal=True)[0]
    look_back = lambda a: layer.multihead_attn(a, memory, memory)[0]
    feed = lambda a: layer.linear2(tl.ops.gelu(layer.linear1(a)))
    if norm_first:
        a = x + attend(n1(x))
        a = a + look_back(n2(a))
        a = a + feed(n3(a))
    else:
        a = n1(x + attend(x))
        a = n2(a + look_back(a))
        a = n3(a + feed(a))
    assert np.allclose(layer(x, memory, tgt_is_causal=True).detach().numpy(), a.detach().numpy())
