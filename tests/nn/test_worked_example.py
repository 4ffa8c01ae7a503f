"""The 2-2-2 sigmoid network on paper: every number by plain arithmetic, then the same from the engine.

    x = [1, 2] → hidden h = σ(W x + b) → output o = σ(V h + c), target t = [0.1, 0.9],
    loss = Σ -(t ln o + (1 - t) ln (1 - o))

Also what small networks are known to learn: XOR, and two spirals.
"""

import math

import numpy as np
import pytest

import tinylm as tl
from tinylm import nn, ops, optim
from tinylm.backend import generator

W, B = [[0.1, 0.2], [0.3, 0.4]], [0.25, -0.25]
V, C = [[0.5, -0.6], [0.7, 0.8]], [0.35, -0.35]
X, T = [1.0, 2.0], [0.1, 0.9]


def by_hand():
    """Every step of the forward and the backward, one number at a time, with no help from the engine or NumPy."""
    n = {}
    # forward: pre-activations z and activations of both layers
    n["z1"] = 0.1 * 1 + 0.2 * 2 + 0.25  # 0.75
    n["z2"] = 0.3 * 1 + 0.4 * 2 - 0.25  # 0.85
    n["h1"] = 1 / (1 + math.exp(-0.75))
    n["h2"] = 1 / (1 + math.exp(-0.85))
    n["u1"] = 0.5 * n["h1"] - 0.6 * n["h2"] + 0.35
    n["u2"] = 0.7 * n["h1"] + 0.8 * n["h2"] - 0.35
    n["o1"] = 1 / (1 + math.exp(-n["u1"]))
    n["o2"] = 1 / (1 + math.exp(-n["u2"]))
    n["loss1"] = -(0.1 * math.log(n["o1"]) + 0.9 * math.log(1 - n["o1"]))
    n["loss2"] = -(0.9 * math.log(n["o2"]) + 0.1 * math.log(1 - n["o2"]))
    n["loss"] = n["loss1"] + n["loss2"]
    # backward: for the cross-entropy of a sigmoid, ∂loss/∂u = o - t
    n["do1"] = -0.1 / n["o1"] + 0.9 / (1 - n["o1"])
    n["do2"] = -0.9 / n["o2"] + 0.1 / (1 - n["o2"])
    n["du1"] = n["o1"] - 0.1
    n["du2"] = n["o2"] - 0.9
    n["dV11"], n["dV12"] = n["du1"] * n["h1"], n["du1"] * n["h2"]
    n["dV21"], n["dV22"] = n["du2"] * n["h1"], n["du2"] * n["h2"]
    n["dh1"] = 0.5 * n["du1"] + 0.7 * n["du2"]
    n["dh2"] = -0.6 * n["du1"] + 0.8 * n["du2"]
    n["dz1"] = n["dh1"] * n["h1"] * (1 - n["h1"])
    n["dz2"] = n["dh2"] * n["h2"] * (1 - n["h2"])
    n["dW11"], n["dW12"] = n["dz1"] * 1, n["dz1"] * 2
    n["dW21"], n["dW22"] = n["dz2"] * 1, n["dz2"] * 2
    n["dx1"] = 0.1 * n["dz1"] + 0.3 * n["dz2"]
    n["dx2"] = 0.2 * n["dz1"] + 0.4 * n["dz2"]
    return n


# The same numbers to eight places, so that the arithmetic above cannot drift together with a mistake.
ON_PAPER = {
    "z1": 0.75000000, "z2": 0.85000000, "h1": 0.67917870, "h2": 0.70056714, "u1": 0.26924906, "u2": 0.68587880,
    "o1": 0.56690854, "o2": 0.66504952, "loss1": 0.80988145, "loss2": 0.47648166, "loss": 1.28636310,
    "do1": 1.90168771, "do2": -1.05473109, "du1": 0.46690854, "du2": -0.23495048, "dV11": 0.31711434,
    "dV12": 0.32710078, "dV21": -0.15957336, "dV22": -0.16459859, "dh1": 0.06898893, "dh2": -0.46810551,
    "dz1": 0.01503234, "dz2": -0.09819581, "dW11": 0.01503234, "dW12": 0.03006469, "dW21": -0.09819581,
    "dW22": -0.19639163, "dx1": -0.02795551, "dx2": -0.03627186,
}


def leaf(values):
    return tl.Tensor(values, requires_grad=True, dtype=np.float64)


def test_on_paper():
    n = by_hand()
    for name, value in ON_PAPER.items():
        assert n[name] == pytest.approx(value, abs=5e-9), name


def test_every_step_of_the_engine():
    n = by_hand()
    x, w, b, v, c = map(leaf, (X, W, B, V, C))
    z = w @ x + b
    h = ops.sigmoid(z)
    u = v @ h + c
    o = ops.sigmoid(u)
    loss = nn.binary_cross_entropy(o, np.array(T), reduction="sum")
    dz, dh, du, do, dw, db, dv, dc, dx = tl.grad(loss, [z, h, u, o, w, b, v, c, x])
    for tensor, expected in [
        (z, [n["z1"], n["z2"]]), (h, [n["h1"], n["h2"]]), (u, [n["u1"], n["u2"]]), (o, [n["o1"], n["o2"]]),
        (loss, n["loss"]), (do, [n["do1"], n["do2"]]), (du, [n["du1"], n["du2"]]), (dh, [n["dh1"], n["dh2"]]),
        (dz, [n["dz1"], n["dz2"]]), (dv, [[n["dV11"], n["dV12"]], [n["dV21"], n["dV22"]]]), (dc, [n["du1"], n["du2"]]),
        (dw, [[n["dW11"], n["dW12"]], [n["dW21"], n["dW22"]]]), (db, [n["dz1"], n["dz2"]]), (dx, [n["dx1"], n["dx2"]]),
    ]:
        assert np.allclose(tensor.detach().numpy(), expected, rtol=0, atol=1e-14)


def test_the_same_from_layers(device):
    n = by_hand()
    model = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 2), nn.Sigmoid()).to(np.float64)
    weights = {"0.weight": W, "0.bias": B, "2.weight": V, "2.bias": C}
    model.load_state_dict({name: np.array(values) for name, values in weights.items()})
    loss = nn.BCELoss(reduction="sum")(model(tl.Tensor([X], dtype=np.float64)), tl.Tensor([T], dtype=np.float64))
    loss.backward()
    assert loss.item() == pytest.approx(n["loss"], abs=1e-14)
    gradients = {name: parameter.grad.numpy() for name, parameter in model.named_parameters()}
    assert np.allclose(gradients["0.weight"], [[n["dW11"], n["dW12"]], [n["dW21"], n["dW22"]]], rtol=0, atol=1e-14)
    assert np.allclose(gradients["2.bias"], [n["du1"], n["du2"]], rtol=0, atol=1e-14)


def learn(model, loss, inputs, targets, optimizer, steps):
    for _ in range(steps):
        optimizer.step(tl.grad(loss(model(inputs), targets), optimizer.params))
    return model(inputs).detach().numpy()


@pytest.mark.parametrize("bend", [nn.Sigmoid, nn.Tanh, nn.ReLU])
def test_xor_is_learnt(bend):
    rng = generator(3)
    model = nn.Sequential(nn.Linear(2, 8, rng=rng), bend(), nn.Linear(8, 1, rng=rng), nn.Sigmoid())
    inputs = tl.Tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    targets = tl.Tensor([[0.0], [1.0], [1.0], [0.0]])
    y = learn(model, nn.binary_cross_entropy, inputs, targets, optim.Adam(model.parameters(), lr=0.05), 500)
    assert np.abs(y - targets.numpy()).max() < 0.1


@pytest.mark.parametrize("bend", [nn.Tanh, nn.ReLU])
def test_two_spirals_are_learnt(bend):
    """Lang & Witbrock's problem (1988): two arms that wind one and a half times around each other."""
    rng = generator(0)
    radius = np.linspace(0.1, 1, 150)
    arm = np.stack([radius * np.cos(3 * np.pi * radius), radius * np.sin(3 * np.pi * radius)], axis=1)  # (150, 2)
    points = np.concatenate([arm, -arm]).astype(np.float32) + 0.01 * rng.standard_normal((300, 2), dtype=np.float32)
    labels = np.repeat([0, 1], 150)
    linear = [nn.Linear(2, 32, rng=rng), nn.Linear(32, 32, rng=rng), nn.Linear(32, 2, rng=rng)]
    model = nn.Sequential(linear[0], bend(), linear[1], bend(), linear[2])
    y = learn(model, nn.cross_entropy, tl.Tensor(points), labels, optim.Adam(model.parameters(), lr=0.01), 700)
    assert (y.argmax(1) == labels).mean() >= 0.99
