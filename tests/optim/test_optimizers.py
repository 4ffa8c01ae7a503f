"""Each optimizer against its equations, written out for a single number."""

import math

import numpy as np
import pytest

import tinylm as tl
from tinylm import optim


def run(make, steps=5):
    """Minimise (x - 3)² from 1, in float64; gives the path."""
    x = tl.Tensor([1.0], requires_grad=True, dtype=np.float64)
    optimizer, path = make([x]), []
    for _ in range(steps):
        optimizer.zero_grad()
        ((x - 3) ** 2).sum().backward()
        optimizer.step()
        path.append(x.item())
    return path


def test_sgd(device):
    x, v, path = 1.0, 0.0, []
    for _ in range(5):
        v = 0.9 * v + 2 * (x - 3) + 0.1 * x
        x -= 0.01 * v
        path.append(x)
    assert run(lambda p: optim.SGD(p, lr=0.01, momentum=0.9, weight_decay=0.1)) == pytest.approx(path, abs=1e-12)
    assert run(lambda p: optim.SGD(p, lr=0.25), 2) == [2.0, 2.5]


@pytest.mark.parametrize("kind", [optim.Adam, optim.AdamW])
def test_adam(kind, device):
    x, m, v, path = 1.0, 0.0, 0.0, []
    for t in range(1, 6):
        g = 2 * (x - 3)
        if kind is optim.AdamW:
            x -= 0.05 * 0.1 * x
        else:
            g += 0.1 * x
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        x -= 0.05 * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
        path.append(x)
    assert run(lambda p: kind(p, lr=0.05, weight_decay=0.1)) == pytest.approx(path, abs=1e-12)


def test_gradients_may_be_handed_in():
    x, unused = tl.Tensor([1.0], requires_grad=True), tl.Tensor([7.0], requires_grad=True)
    optimizer = optim.SGD([x, unused], lr=0.5)
    optimizer.step(tl.grad((x * x).sum(), [x, unused], allow_unused=True))
    assert x.item() == 0 and unused.item() == 7 and x.grad is None


def test_an_update_is_a_write_that_the_graph_notices():
    x = tl.Tensor([2.0], requires_grad=True)
    loss = (x * x).sum()
    optim.SGD([x], lr=0.1).step([tl.Tensor([1.0])])
    with pytest.raises(RuntimeError, match="was written to between forward and backward"):
        loss.backward()


def test_errors():
    x = tl.Tensor([1.0], requires_grad=True)
    with pytest.raises(ValueError, match=r"SGD: no parameters given \(model.parameters\(\) is an iterator"):
        optim.SGD([])
    with pytest.raises(TypeError, match="Tensors with requires_grad=True"):
        optim.Adam([tl.Tensor([1.0])])
    with pytest.raises(TypeError, match="Tensors with requires_grad=True"):
        optim.Adam(x)
    with pytest.raises(ValueError, match="lr=-1"):
        optim.AdamW([x], lr=-1)
    with pytest.raises(ValueError, match="betas="):
        optim.Adam([x], betas=(0.9, 1.0))


def test_warmup_cosine():
    factors = [optim.warmup_cosine(k / 100, warmup=0.1, floor=0.02) for k in range(101)]
    assert factors[0] == 0 and factors[5] == pytest.approx(0.5) and factors[10] == pytest.approx(1)
    assert factors[55] == pytest.approx(0.51) and factors[100] == pytest.approx(0.02)
    assert factors[10:] == sorted(factors[10:], reverse=True)
    assert optim.warmup_cosine(1.5) == pytest.approx(0.01) and optim.warmup_cosine(0.5, warmup=0) < 1
