"""RNN, GRU and LSTM by their equations, as they stand in the docstrings of the models."""

import numpy as np
import pytest

from tinylm import models


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def rnn(a, b, h, c):
    return np.tanh(a + b), c


def early(a, b, h, c):
    return sigmoid(a + b), c


def gru(a, b, h, c):
    (a_r, a_z, a_n), (b_r, b_z, b_n) = np.split(a, 3), np.split(b, 3)
    z = sigmoid(a_z + b_z)
    return (1 - z) * np.tanh(a_n + sigmoid(a_r + b_r) * b_n) + z * h, c


def lstm(a, b, h, c):
    i, f, g, o = np.split(a + b, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


@pytest.mark.parametrize(("kind", "settings", "step"), [
    (models.RNN, {}, rnn), (models.RNN, {"nonlinearity": "sigmoid"}, early), (models.GRU, {}, gru),
    (models.LSTM, {}, lstm),
])
def test_by_the_equations(kind, settings, step, device):
    model = kind(7, embedding=3, hidden=4, layers=2, seed=1, **settings).to(np.float64)
    w, ids = model.state_dict(), np.random.default_rng(0).integers(0, 7, (2, 5))
    for row, logits in zip(ids, model(ids).detach().numpy(), strict=True):
        h, c = np.zeros((2, 4)), np.zeros((2, 4))
        for i, scores in zip(row, logits, strict=True):
            x = w["embedding.weight"][i]
            for layer in range(2):
                a = w[f"recurrent.weight_ih_l{layer}"] @ x + w[f"recurrent.bias_ih_l{layer}"]
                b = w[f"recurrent.weight_hh_l{layer}"] @ h[layer] + w[f"recurrent.bias_hh_l{layer}"]
                h[layer], c[layer] = step(a, b, h[layer], c[layer])
                x = h[layer]
            assert np.allclose(w["output.weight"] @ x + w["output.bias"], scores, rtol=0, atol=1e-12)


def test_there_is_no_limit_to_what_they_read():
    for kind in (models.RNN, models.GRU, models.LSTM):
        assert kind(7, context=4, embedding=3, hidden=4)(np.ones((1, 40), dtype=int)).shape == (1, 40, 7)
