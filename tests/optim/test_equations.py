"""Each optimizer against its equations, written out for a single number, in float64."""

import math

import numpy as np
import pytest

import tinylm as tl
from tinylm import optim


def run(make, steps=5):
    """Minimise (x - 3)² from 1; gives the path."""
    x = tl.Tensor([1.0], requires_grad=True, dtype=np.float64)
    optimizer, path = make([x]), []
    for _ in range(steps):
        optimizer.zero_grad()
        ((x - 3) ** 2).sum().backward()
        optimizer.step()
        path.append(x.item())
    return path


def same(path):
    return pytest.approx(path, abs=1e-12)


def slope(x, decay=0.0):
    return 2 * (x - 3) + decay * x


def test_sgd_by_hand(device):
    assert run(lambda p: optim.SGD(p, lr=0.25), 2) == [2.0, 2.5]  # 1 + 0.25 · 4, then 2 + 0.25 · 2


@pytest.mark.parametrize(("dampening", "nesterov"), [(0, False), (0.25, False), (0, True)])
def test_sgd(dampening, nesterov, device):
    x, v, path = 1.0, None, []
    for _ in range(5):
        g = slope(x, 0.1)
        v = g if v is None else 0.9 * v + (1 - dampening) * g
        x -= 0.01 * (g + 0.9 * v if nesterov else v)
        path.append(x)
    assert run(lambda p: optim.SGD(p, 0.01, 0.9, dampening, 0.1, nesterov)) == same(path)


def test_adagrad(device):
    x, s, path = 1.0, 0.5, []
    for t in range(1, 6):
        g = slope(x, 0.1)
        s += g * g
        x -= 0.3 / (1 + (t - 1) * 0.2) * g / (math.sqrt(s) + 1e-3)
        path.append(x)
    assert run(lambda p: optim.Adagrad(p, 0.3, 0.2, 0.1, 0.5, 1e-3)) == same(path)
    assert run(lambda p: optim.Adagrad(p, 0.3, eps=0.0), 1) == same([1.3])  # the first step is lr long


@pytest.mark.parametrize("centered", [False, True])
@pytest.mark.parametrize("momentum", [0, 0.7])
def test_rmsprop(centered, momentum, device):
    x, s, mean, v, path = 1.0, 0.0, 0.0, 0.0, []
    for _ in range(5):
        g = slope(x, 0.1)
        s, mean = 0.8 * s + 0.2 * g * g, 0.8 * mean + 0.2 * g
        v = momentum * v + g / (math.sqrt(s - mean * mean if centered else s) + 1e-3)
        x -= 0.05 * v
        path.append(x)
    assert run(lambda p: optim.RMSprop(p, 0.05, 0.8, 1e-3, 0.1, momentum, centered)) == same(path)


def test_rmsprop_centered_where_the_variance_rounds_below_zero():
    x = tl.Tensor([1.0], requires_grad=True)
    optimizer = optim.RMSprop([x], alpha=0.9, centered=True)
    for _ in range(300):
        optimizer.step([tl.Tensor([0.1])])  # always the same: the variance is nothing but rounding
    assert math.isfinite(x.item())


@pytest.mark.parametrize("amsgrad", [False, True])
@pytest.mark.parametrize("kind", [optim.Adam, optim.AdamW])
def test_adam(kind, amsgrad, device):
    x, m, v, peak, path = 1.0, 0.0, 0.0, 0.0, []
    for t in range(1, 9):
        g = slope(x)
        if kind is optim.AdamW:
            x -= 0.9 * 0.1 * x
        else:
            g += 0.1 * x
        m, v = 0.7 * m + 0.3 * g, 0.6 * v + 0.4 * g * g
        peak = max(peak, v)
        x -= 0.9 * (m / (1 - 0.7**t)) / (math.sqrt((peak if amsgrad else v) / (1 - 0.6**t)) + 1e-3)
        path.append(x)
    assert run(lambda p: kind(p, 0.9, (0.7, 0.6), 1e-3, 0.1, amsgrad), 8) == same(path)
    assert peak > v  # it grew smaller on the way, so the two differ


@pytest.mark.parametrize("kind", [optim.Adam, optim.AdamW])
def test_adams_first_step_is_lr_long(kind):
    assert run(lambda p: kind(p, 0.125, eps=0.0, weight_decay=0.0), 1) == same([1.125])


def test_a_weight_without_a_slope_stays():
    for make in (optim.SGD, optim.Adagrad, optim.RMSprop, optim.Adam):
        x = tl.Tensor([1.0], requires_grad=True)
        make([x]).step([tl.Tensor([0.0])])
        assert x.item() == 1


def test_errors():
    x = [tl.Tensor([1.0], requires_grad=True)]
    for make in (optim.SGD, optim.RMSprop):
        for momentum in (1.0, -0.1, math.nan):
            with pytest.raises(ValueError, match=f"{make.__name__}: momentum={momentum} must be from 0 up to, but wi"):
                make(x, momentum=momentum)
    with pytest.raises(ValueError, match="dampening=2"):
        optim.SGD(x, momentum=0.9, dampening=2)
    for settings in ({}, {"momentum": 0.9, "dampening": 0.1}):
        with pytest.raises(ValueError, match="nesterov=True needs momentum above 0 and dampening=0"):
            optim.SGD(x, nesterov=True, **settings)
    for betas in ((0.9, 1.0), (-0.1, 0.9), (math.nan, 0.9)):
        with pytest.raises(ValueError, match=r"Adam: betas=.* must be two numbers from 0"):
            optim.Adam(x, betas=betas)
    with pytest.raises(ValueError, match=r"AdamW: betas=.* must be two numbers, β₁ and β₂"):
        optim.AdamW(x, betas=(0.9, 0.9, 0.9))
    with pytest.raises(ValueError, match="alpha=1"):
        optim.RMSprop(x, alpha=1)
    for setting in ("lr_decay", "initial_accumulator_value", "eps"):
        with pytest.raises(ValueError, match=f"Adagrad: {setting}=-1"):
            optim.Adagrad(x, **{setting: -1})
    for make in (optim.Adam, optim.RMSprop):
        with pytest.raises(ValueError, match="eps=-1"):
            make(x, eps=-1)
