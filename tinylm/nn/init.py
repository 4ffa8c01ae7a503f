"""Where the weights start: random enough that no two units stay alike, of a size that keeps signals alive.

Each function overwrites a leaf Tensor in place and returns it. fan_in is how many numbers go into an output of
the layer, fan_out how many outputs an input has: of a weight (out, in, ...), in · (...) and out · (...).
`rng` is where the numbers come from; None draws new ones each time.
"""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np

from ..tensor import Tensor

Generator = np.random.Generator | None


def parameter(rng: np.random.Generator, bound: float, *shape: int) -> Tensor:
    """A new float32 parameter, uniform in ±bound: how most of PyTorch's layers start."""
    return Tensor(rng.uniform(-bound, bound, shape), requires_grad=True, dtype=np.float32)


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, *, rng: Generator = None) -> Tensor:
    """U(a, b): every number between a and b as likely"""
    return _filled(tensor, _random(rng).uniform(a, b, tensor.shape))


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, *, rng: Generator = None) -> Tensor:
    """N(mean, std²)"""
    return _filled(tensor, _random(rng).normal(mean, std, tensor.shape))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """The same number everywhere"""
    return _filled(tensor, np.full(tensor.shape, val))


def zeros_(tensor: Tensor) -> Tensor:
    """0 everywhere: right for biases, wrong for weights, which would all stay alike"""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """1 everywhere"""
    return constant_(tensor, 1.0)


def trunc_normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, *,
                  rng: Generator = None) -> Tensor:
    """N(mean, std²) within [a, b] alone: x = mean + std Φ⁻¹(u) with u ~ U(Φ((a-mean)/std), Φ((b-mean)/std))"""
    special = importlib.import_module("scipy.special")
    low, high = special.ndtr((a - mean) / std), special.ndtr((b - mean) / std)
    u = _random(rng).uniform(low, high, tensor.shape)
    return _filled(tensor, np.clip(mean + std * special.ndtri(u), a, b))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, *, rng: Generator = None) -> Tensor:
    """U(-a, a), a = gain √(6 / (fan_in + fan_out)): variances stay level both ways (Glorot & Bengio 2010)"""
    bound = gain * math.sqrt(6 / sum(fans("xavier_uniform_", tensor)))
    return uniform_(tensor, -bound, bound, rng=rng)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, *, rng: Generator = None) -> Tensor:
    """N(0, σ²), σ = gain √(2 / (fan_in + fan_out)) (Glorot & Bengio 2010)"""
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(fans("xavier_normal_", tensor))), rng=rng)


def kaiming_uniform_(tensor: Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", *,
                     rng: Generator = None) -> Tensor:
    """U(-b, b), b = gain √(3 / fan): as Xavier, for relu, which halves the variance (He et al. 2015)

    a      the slope of leaky_relu for negative inputs; 0 is relu
    mode   "fan_in" keeps the forward level, "fan_out" the backward
    """
    bound = calculate_gain(nonlinearity, a) * math.sqrt(3 / _fan("kaiming_uniform_", tensor, mode))
    return uniform_(tensor, -bound, bound, rng=rng)


def kaiming_normal_(tensor: Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", *,
                    rng: Generator = None) -> Tensor:
    """N(0, σ²), σ = gain / √fan (He et al. 2015); the arguments are those of `kaiming_uniform_`"""
    return normal_(tensor, 0.0, calculate_gain(nonlinearity, a) / math.sqrt(_fan("kaiming_normal_", tensor, mode)),
                   rng=rng)


def orthogonal_(tensor: Tensor, gain: float = 1.0, *, rng: Generator = None) -> Tensor:
    """gain · Q with orthonormal rows or columns, whichever are fewer: lengths are kept (Saxe et al. 2014)

    Q comes from the QR decomposition of a normal matrix; the signs of R's diagonal make it uniform (Mezzadri 2007).
    """
    rows, columns = _matrix("orthogonal_", tensor)
    q, r = np.linalg.qr(_random(rng).standard_normal((max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diagonal(r))
    return _filled(tensor, gain * np.reshape(q if rows >= columns else q.T, tensor.shape))  # (out, in, ...)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much a layer's weights make up for what the nonlinearity after it takes away; param: leaky_relu's slope"""
    gains = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2),
             "leaky_relu": math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))}
    if nonlinearity not in gains:
        raise ValueError(f"calculate_gain: no gain is known for {nonlinearity!r}, only for {', '.join(gains)}")
    return gains[nonlinearity]


def fans(name: str, tensor: Tensor) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight (out, in, ...)."""
    rows, columns = _matrix(name, tensor)
    return columns, rows * math.prod(tensor.shape[2:])


def _fan(name: str, tensor: Tensor, mode: str) -> int:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"{name}: mode is 'fan_in' or 'fan_out', not {mode!r}")
    return fans(name, tensor)[mode == "fan_out"]


def _matrix(name: str, tensor: Tensor) -> tuple[int, int]:
    """A weight's rows, and all its other axes as one."""
    if tensor.ndim < 2 or not tensor.size:
        raise ValueError(f"{name}: it is for weights (out, in, ...), not for shape {tensor.shape}; "
                         "a bias starts with zeros_ or uniform_")
    return tensor.shape[0], math.prod(tensor.shape[1:])


def _random(rng: Generator) -> np.random.Generator:
    return rng or np.random.default_rng()


def _filled(tensor: Tensor, values: Any) -> Tensor:
    tensor.assign(values)
    return tensor
