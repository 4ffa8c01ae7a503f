"""Norms, convolution, positions and initialisers, by their definitions."""

import numpy as np
import pytest

import tinylm as tl
from tinylm import nn


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


# Norms


def test_layer_norm(device):
    x = 3 + 2 * drawn(2, 4, 5)
    y = nn.LayerNorm(5).to(np.float64)(tl.Tensor(x)).detach().numpy()
    assert np.allclose(y.mean(-1), 0) and np.allclose(y.std(-1), 1, atol=1e-4)
    y = nn.LayerNorm((4, 5)).to(np.float64)(tl.Tensor(x)).detach().numpy()
    assert np.allclose(y.mean((1, 2)), 0) and not np.allclose(y.mean(-1), 0)
    assert np.allclose(nn.LayerNorm(3)(tl.Tensor([[2.0, 2.0, 2.0]])).detach().numpy(), 0)  # equal features: no 0 / 0
    assert list(nn.LayerNorm(3, bias=False).state_dict()) == ["weight"]
    assert not nn.LayerNorm(3, elementwise_affine=False).state_dict()


def test_rms_norm(device):
    x = 3 + drawn(2, 5)
    y = nn.RMSNorm(5).to(np.float64)(tl.Tensor(x)).detach().numpy()
    assert np.allclose(y, x / np.sqrt((x * x).mean(-1, keepdims=True)))
    assert not np.isnan(nn.RMSNorm(2)(tl.Tensor([[0.0, 0.0]])).detach().numpy()).any()


@pytest.mark.parametrize("kind", [nn.LayerNorm, nn.RMSNorm])
def test_norms_say_what_does_not_fit(kind):
    with pytest.raises(ValueError, match=rf"{kind.__name__}: an input of shape \(2, 3\) does not end with .*\(4,\)"):
        kind(4)(tl.Tensor(np.zeros((2, 3))))


@pytest.mark.parametrize("shape", [(6, 3), (4, 3, 5)])
def test_batch_norm(shape, device):
    layer, x = nn.BatchNorm1d(3, momentum=0.25).to(np.float64), 2 + 3 * drawn(*shape)
    axes = (0, 2)[:len(shape) - 1]
    y = layer(tl.Tensor(x)).detach().numpy()
    assert np.allclose(y.mean(axes), 0) and np.allclose(y.std(axes), 1, atol=1e-4)
    state = layer.state_dict()
    assert np.allclose(state["running_mean"], 0.25 * x.mean(axes))
    assert np.allclose(state["running_var"], 0.75 + 0.25 * x.var(axes, ddof=1))
    assert state["num_batches_tracked"] == 1 and state["num_batches_tracked"].dtype == np.int64
    y = layer.eval()(tl.Tensor(x)).detach().numpy()
    stretched = (1, 3, 1)[:len(shape)]
    mean, variance = (state[f"running_{name}"].reshape(stretched) for name in ("mean", "var"))
    assert np.allclose(y, (x - mean) / np.sqrt(variance + 1e-5))
    assert layer.state_dict()["num_batches_tracked"] == 1


def test_batch_norm_says_what_does_not_fit():
    layer = nn.BatchNorm1d(3)
    for shape in ((2, 4), (3,), (1, 3, 2, 2)):
        with pytest.raises(ValueError, match=r"BatchNorm1d: it takes \(N, 3\) or \(N, 3, L\)"):
            layer(tl.Tensor(np.zeros(shape)))
    for shape in ((1, 3), (0, 3), (1, 3, 1)):
        with pytest.raises(ValueError, match="more than one value of each feature"):
            layer(tl.Tensor(np.zeros(shape)))
    assert layer.eval()(tl.Tensor([[1.0, 2.0, 3.0]])).shape == (1, 3)


# Convolution


def convolved(x, weight, bias, stride, dilation, before, after):
    """The sum in the class's docstring, by loops."""
    x = np.pad(x, ((0, 0), (0, 0), (before, after)))
    places = (x.shape[2] - dilation * (weight.shape[2] - 1) - 1) // stride + 1
    y = np.zeros((len(x), len(weight), places))
    for t in range(places):
        for k in range(weight.shape[2]):
            y[:, :, t] += x[:, :, stride * t + dilation * k] @ weight[:, :, k].T
    return y + bias[:, None]


@pytest.mark.parametrize(("stride", "padding", "dilation"), [(1, 0, 1), (2, 1, 1), (1, 2, 3), (3, 4, 2),
                                                             (1, "causal", 1), (1, "causal", 2), (2, "causal", 1)])
def test_convolution(stride, padding, dilation, device):
    layer = nn.Conv1d(2, 3, 3, stride, padding, dilation).to(np.float64)
    x = drawn(2, 2, 8)
    sides = (2 * dilation, 0) if padding == "causal" else (padding, padding)
    expected = convolved(x, *layer.state_dict().values(), stride, dilation, *sides)
    assert np.allclose(layer(tl.Tensor(x)).detach().numpy(), expected)


def test_a_causal_convolution_does_not_look_ahead():
    layer, x = nn.Conv1d(1, 1, 3, padding="causal", dilation=2), drawn(1, 1, 9).astype(np.float32)
    before = layer(tl.Tensor(x)).detach().numpy()
    assert before.shape == x.shape
    x[..., 5:] += 1
    after = layer(tl.Tensor(x)).detach().numpy()
    assert np.array_equal(before[..., :5], after[..., :5]) and (before[..., 5:] != after[..., 5:]).all()


def test_convolution_says_what_does_not_fit():
    with pytest.raises(ValueError, match="padding is a number of zeros or 'causal', not 'same'"):
        nn.Conv1d(1, 1, 1, padding="same")
    with pytest.raises(ValueError, match="kernel_size 0"):
        nn.Conv1d(1, 1, 0)
    layer = nn.Conv1d(2, 3, 4, dilation=2)
    for shape in ((1, 3, 9), (2, 9)):
        with pytest.raises(ValueError, match=r"it takes \(N, 2, L\); channels come second"):
            layer(tl.Tensor(np.zeros(shape)))
    with pytest.raises(ValueError, match="6 places and 0 zeros are fewer than the 7 that a window spans"):
        layer(tl.Tensor(np.zeros((1, 2, 6))))


# Positions


def test_sinusoidal_positions(device):
    y = nn.SinusoidalPositions()(tl.Tensor(np.zeros((1, 3, 5)), dtype=np.float64), offset=4).numpy()[0]
    for t in range(3):
        for i in range(5):
            angle = (4 + t) / 10000 ** ((i - i % 2) / 5)
            assert y[t, i] == pytest.approx(np.cos(angle) if i % 2 else np.sin(angle), abs=1e-12)


def test_learned_positions(device):
    layer = nn.LearnedPositions(6, 3)
    x = drawn(2, 4, 3).astype(np.float32)
    assert np.allclose(layer(tl.Tensor(x), 2).detach().numpy(), x + layer.state_dict()["weight"][2:6])
    for offset in (3, -1):
        with pytest.raises(ValueError, match=r"LearnedPositions: positions .*it has learnt 0 to 5"):
            layer(tl.Tensor(x), offset)


def test_rotary_products_depend_on_distance_alone(device):
    q, k = (tl.Tensor(np.tile(drawn(1, 4, seed=s), (8, 1))) for s in (0, 1))
    turn = nn.RotaryPositions()
    products = turn(q).numpy() @ turn(k).numpy().T
    assert all(np.allclose(np.diagonal(products, d), products[max(0, -d), max(0, d)]) for d in range(-7, 8))
    assert np.allclose(turn(q, 3).numpy()[:5], turn(q).numpy()[3:])
    assert np.allclose(np.linalg.norm(turn(q).numpy(), axis=1), np.linalg.norm(q.numpy(), axis=1))
    with pytest.raises(ValueError, match="features come in pairs, but there are 3"):
        turn(tl.Tensor(np.zeros((1, 2, 3))))


# Initialisers


def test_initialisers_write_in_place_and_repeat(device):
    for name in ("uniform_", "normal_", "trunc_normal_", "xavier_uniform_", "xavier_normal_", "kaiming_uniform_",
                 "kaiming_normal_", "orthogonal_"):
        fill, tensor = getattr(nn.init, name), tl.Tensor(np.zeros((4, 3)), requires_grad=True)
        assert fill(tensor, rng=np.random.default_rng(0)) is tensor
        first = tensor.detach().numpy()
        assert np.array_equal(fill(tensor, rng=np.random.default_rng(0)).detach().numpy(), first) and first.any()
        assert not np.array_equal(fill(tensor).detach().numpy(), first)
    assert nn.init.constant_(tl.Tensor([0.0]), 3).item() == 3
    assert nn.init.ones_(tl.Tensor([0.0])).item() == 1 and nn.init.zeros_(tl.Tensor([1.0])).item() == 0


@pytest.mark.parametrize("shape", [(4, 4), (3, 7), (7, 3), (5, 2, 2)])
def test_orthogonal(shape):
    q = nn.init.orthogonal_(tl.Tensor(np.zeros(shape), dtype=np.float64), 2.0).numpy().reshape(shape[0], -1)
    q = q if q.shape[0] <= q.shape[1] else q.T
    assert np.allclose(q @ q.T, 4 * np.eye(len(q)))


def test_orthogonal_turns_and_mirrors():
    signs = [np.linalg.det(nn.init.orthogonal_(tl.Tensor(np.zeros((3, 3))), rng=np.random.default_rng(s)).numpy()) > 0
             for s in range(20)]
    assert 4 < sum(signs) < 16  # the decomposition alone always gives the same


def test_fans():
    assert nn.init.fans("", tl.Tensor(np.zeros((5, 3, 2)))) == (6, 10)


def test_truncated_normal_stays_within():
    x = nn.init.trunc_normal_(tl.Tensor(np.zeros(20000), dtype=np.float64), 1.0, 2.0, 0.0, 9.0).numpy()
    assert x.min() >= 0 and x.max() <= 9 and abs(x.mean() - 2.018) < 0.05  # 1 + 2 (φ(-½) - φ(4)) / (Φ(4) - Φ(-½))


def test_initialisers_say_what_does_not_fit():
    with pytest.raises(ValueError, match=r"xavier_uniform_: it is for weights \(out, in, ...\), not for shape \(3,\)"):
        nn.init.xavier_uniform_(tl.Tensor(np.zeros(3)))
    with pytest.raises(ValueError, match="mode is 'fan_in' or 'fan_out'"):
        nn.init.kaiming_normal_(tl.Tensor(np.zeros((2, 2))), mode="fan")
    with pytest.raises(ValueError, match="no gain is known for 'gelu'"):
        nn.init.kaiming_normal_(tl.Tensor(np.zeros((2, 2))), nonlinearity="gelu")
