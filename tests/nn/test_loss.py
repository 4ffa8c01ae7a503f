import math

import numpy as np
import pytest

import tinylm as tl
from tinylm import nn


def test_cross_entropy_by_its_definition(device):
    logits = tl.Tensor([[1.0, 2.0, 0.5], [0.0, 0.0, 0.0]], requires_grad=True, dtype=np.float64)
    target = np.array([1, 2])
    first = -math.log(math.exp(2) / (math.exp(1) + math.exp(2) + math.exp(0.5)))
    losses = nn.cross_entropy(logits, target, "none")
    assert np.allclose(losses.detach().numpy(), [first, math.log(3)])
    assert nn.cross_entropy(logits, target, "sum").item() == pytest.approx(first + math.log(3))
    loss = nn.CrossEntropyLoss()(logits, target)
    assert loss.item() == pytest.approx((first + math.log(3)) / 2)
    p = np.exp(logits.detach().numpy())
    p /= p.sum(1, keepdims=True)
    p[[0, 1], target] -= 1
    assert np.allclose(tl.grad(loss, logits).numpy(), p / 2)
    assert nn.cross_entropy(logits[0], np.array(1)).item() == pytest.approx(first)


def test_cross_entropy_does_not_overflow():
    assert nn.cross_entropy(tl.Tensor([[1e4, 0.0]]), np.array([1])).item() == pytest.approx(1e4)


def test_binary_cross_entropy_by_its_definition(device):
    p = tl.Tensor([0.2, 0.9, 0.5], requires_grad=True, dtype=np.float64)
    t = tl.Tensor([0.0, 1.0, 0.3], dtype=np.float64)
    expected = [-math.log(0.8), -math.log(0.9), -0.3 * math.log(0.5) - 0.7 * math.log(0.5)]
    assert np.allclose(nn.binary_cross_entropy(p, t, "none").detach().numpy(), expected)
    loss = nn.BCELoss("sum")(p, t)
    assert np.allclose(tl.grad(loss, p).numpy(), [1 / 0.8, -1 / 0.9, -0.3 / 0.5 + 0.7 / 0.5])
    worst = nn.binary_cross_entropy(tl.Tensor([0.0, 1.0], requires_grad=True), tl.Tensor([1, 0]), "none")
    assert np.allclose(worst.detach().numpy(), 100, atol=0.05)


def test_errors():
    logits = tl.Tensor(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"input \(2, 3\) with target \(3,\): it takes \(N, C\) with \(N,\)"):
        nn.cross_entropy(logits, np.array([0, 1, 2]))
    with pytest.raises(IndexError, match=r"id 3 at position \(1,\) is outside 0 to 2"):
        nn.cross_entropy(logits, np.array([0, 3]))
    with pytest.raises(TypeError, match="integers, not float64"):
        nn.cross_entropy(logits, np.array([0.0, 1.0]))
    with pytest.raises(ValueError, match="'mean', 'sum' or 'none', not 'avg'"):
        nn.cross_entropy(logits, np.array([0, 1]), "avg")
    with pytest.raises(ValueError, match="a batch of zero"):
        nn.cross_entropy(tl.Tensor(np.zeros((0, 3))), np.zeros(0, dtype=int))
    with pytest.raises(ValueError, match="differ in shape"):
        nn.binary_cross_entropy(tl.Tensor([0.5]), np.array([1.0, 0.0]))
    with pytest.raises(ValueError, match="pass scores through a sigmoid"):
        nn.binary_cross_entropy(tl.Tensor([1.5]), np.array([1.0]))
