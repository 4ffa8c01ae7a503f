import numpy as np
import pytest

import tinylm as tl
from tinylm import nn

KINDS = [nn.RNN, nn.GRU, nn.LSTM]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def by_hand(kind, x, w):
    """The equations of the class's docstring, one step after the other, in plain NumPy.  x (L, N, input) → (L, N, h)"""
    w_ih, w_hh, b_ih, b_hh = (w[name].astype(np.float64) for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0",
                                                                      "bias_hh_l0"))
    h = c = np.zeros((x.shape[1], w_hh.shape[1]))
    outputs = []
    for x_t in x:
        a, b = x_t @ w_ih.T + b_ih, h @ w_hh.T + b_hh
        if kind is nn.RNN:
            h = np.tanh(a + b)
        elif kind is nn.GRU:
            (a_r, a_z, a_n), (b_r, b_z, b_n) = np.split(a, 3, -1), np.split(b, 3, -1)
            r, z = sigmoid(a_r + b_r), sigmoid(a_z + b_z)
            h = (1 - z) * np.tanh(a_n + r * b_n) + z * h
        else:
            i, f, g, o = np.split(a + b, 4, -1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs)


@pytest.mark.parametrize("kind", KINDS)
def test_by_the_equations(kind, device):
    layer = kind(3, 4, rng=np.random.default_rng(0)).to(np.float64)
    x = np.random.default_rng(1).standard_normal((5, 2, 3))
    output, last = layer(tl.Tensor(x))
    expected = by_hand(kind, x, layer.state_dict())
    assert np.allclose(output.detach().numpy(), expected, rtol=0, atol=1e-12)
    last = last[0] if kind is nn.LSTM else last
    assert last.shape == (1, 2, 4) and np.allclose(last.detach().numpy()[0], expected[-1], rtol=0, atol=1e-12)


def test_the_sigmoid_of_the_early_papers():
    layer = nn.RNN(2, 3, nonlinearity="sigmoid", rng=np.random.default_rng(0)).to(np.float64)
    w = layer.state_dict()
    y = layer(tl.Tensor(np.ones((1, 1, 2))))[0].detach().numpy()
    assert np.allclose(y[0, 0], sigmoid(w["weight_ih_l0"].sum(1) + w["bias_ih_l0"] + w["bias_hh_l0"]))
    with pytest.raises(ValueError, match="RNN: nonlinearity is 'tanh', 'relu', 'sigmoid', not 'gelu'"):
        nn.RNN(2, 3, nonlinearity="gelu")


@pytest.mark.parametrize("kind", KINDS)
def test_shapes_and_names(kind):
    layer = kind(3, 4, num_layers=2, bidirectional=True, batch_first=True)
    names = [f"{w}_l{k}{d}" for k in range(2) for d in ("", "_reverse")
             for w in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    assert list(layer.state_dict()) == names
    assert layer.state_dict()["weight_ih_l1_reverse"].shape == (4 * kind.gates, 8)
    output, last = layer(tl.Tensor(np.zeros((5, 2, 3)), dtype=np.float32))
    assert output.shape == (5, 2, 8)
    assert [h.shape for h in (last if kind is nn.LSTM else [last])] == [(4, 5, 4)] * kind.states
    assert list(kind(3, 4, bias=False).state_dict()) == ["weight_ih_l0", "weight_hh_l0"]


@pytest.mark.parametrize("kind", KINDS)
def test_going_on_from_a_state_is_going_on(kind, device):
    layer = kind(3, 4, num_layers=2, rng=np.random.default_rng(0)).to(np.float64)
    x = tl.Tensor(np.random.default_rng(1).standard_normal((6, 2, 3)))
    whole, last = layer(x)
    first, state = layer(x[:2])
    second, state = layer(x[2:], state)
    assert np.allclose(np.concatenate([first, second]).detach().numpy(), whole.detach().numpy())
    for a, b in zip(*[v if kind is nn.LSTM else [v] for v in (state, last)], strict=True):
        assert np.allclose(a.detach().numpy(), b.detach().numpy())


@pytest.mark.parametrize("kind", KINDS)
def test_with_lengths_each_sequence_is_as_if_alone(kind, device):
    layer = kind(3, 4, num_layers=2, bidirectional=True, batch_first=True, rng=np.random.default_rng(0)).to(np.float64)
    x, lengths = np.random.default_rng(1).standard_normal((3, 5, 3)), [5, 1, 3]
    output, last = layer(tl.Tensor(x), lengths=lengths)
    last = last if kind is nn.LSTM else [last]
    for row, length in enumerate(lengths):
        alone, state = layer(tl.Tensor(x[row:row + 1, :length]))
        assert np.allclose(output.detach().numpy()[row, :length], alone.detach().numpy()[0])
        assert (output.detach().numpy()[row, length:] == 0).all()
        for h, wanted in zip(last, state if kind is nn.LSTM else [state], strict=True):
            assert np.allclose(h.detach().numpy()[:, row], wanted.detach().numpy()[:, 0])
    leaf = tl.Tensor(x, requires_grad=True)
    gradient = tl.grad(layer(leaf, lengths=lengths)[0].sum(), leaf).numpy()
    assert (gradient[1, 1:] == 0).all() and (gradient[2, :3] != 0).all()


def test_dropout_between_layers_only_in_training():
    layer = nn.GRU(3, 8, num_layers=2, dropout=0.5, rng=np.random.default_rng(0))
    x = tl.Tensor(np.ones((4, 3, 3)), dtype=np.float32)
    with nn.dropout_keys(0, 0):
        whole = layer(x)[0].detach().numpy()
    with nn.dropout_keys(0, 0, first_row=1):
        assert np.allclose(layer(x[:, 1:])[0].detach().numpy(), whole[:, 1:])
    layer.eval()
    assert np.array_equal(layer(x)[0].detach().numpy(), layer(x)[0].detach().numpy())
    assert not np.allclose(layer(x)[0].detach().numpy(), whole)


def test_no_dropout_before_the_first_layer_or_after_the_last():
    layer = nn.RNN(3, 4, dropout=0.9, rng=np.random.default_rng(0))
    x = tl.Tensor(np.ones((4, 3, 3)), dtype=np.float32)
    assert np.array_equal(layer(x)[0].detach().numpy(), layer.eval()(x)[0].detach().numpy())


@pytest.mark.parametrize("kind", KINDS)
def test_every_layer_and_direction_has_its_own_initial_state(kind):
    layer = kind(3, 4, num_layers=2, bidirectional=True, rng=np.random.default_rng(0)).to(np.float64)
    states = tl.Tensor(np.random.default_rng(1).standard_normal((4, 1, 4)), requires_grad=True)
    output, _ = layer(tl.Tensor(np.ones((1, 1, 3))), states if kind is not nn.LSTM else (states, states))
    assert (tl.grad((output * output).sum(), states).numpy() != 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_errors(kind):
    layer, x = kind(3, 4), tl.Tensor(np.zeros((5, 2, 3)))
    name = kind.__name__
    for shape in ((5, 2, 4), (5, 3), (0, 2, 3), (5, 0, 3)):
        with pytest.raises(ValueError, match=rf"{name}: an input of shape .* it takes \(L, N, 3\)"):
            layer(tl.Tensor(np.zeros(shape)))
    with pytest.raises(ValueError, match=rf"{name}: the initial state has shape .*it should be \(1, 2, 4\)"):
        layer(x, tl.Tensor(np.zeros((2, 1, 4))) if kind is not nn.LSTM else [tl.Tensor(np.zeros((2, 1, 4)))] * 2)
    for lengths in ([5], [0, 5], [6, 1], [1.5, 2.0]):
        with pytest.raises(ValueError, match=rf"{name}: lengths .*2 whole numbers, one for each sequence, from 1 to 5"):
            layer(x, lengths=lengths)
