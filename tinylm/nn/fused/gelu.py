"""GELU in place, on pieces that stay in the processor's cache."""

from __future__ import annotations

import importlib
import math

import numpy as np

from ...backend import Array, device_of
from ...fusion import fuses
from ...kernels import kernel
from ...ops.activation import CUBIC, SLOPE, check_approximate, gelu
from ...samples import UNARY, R, call
from .shapes import in_pieces


@fuses(gelu, analytic=False, domain=(-5.0, 5.0), samples=[
    *UNARY, call(R(2, 3), "tanh"), call(R(3), "tanh"), call(np.array([[300.0, -1.0]]), "tanh")])
def fused_gelu(x: Array, approximate: str = "none") -> Array:
    """y = x Φ(x), as `gelu`; in float32 Φ(x) is off by 3e-7 at most"""
    check_approximate(approximate)
    return in_pieces(lambda out, x: gelu_values(out, x, approximate == "tanh"), x)


@fused_gelu.vjp("x")
def _(g: Array, x: Array, approximate: str) -> Array:
    return in_pieces(lambda out, g, x: gelu_gradient(out, g, x, approximate == "tanh"), g, x)


@kernel
def gelu_values(out: Array, x: Array, by_tanh: bool) -> None:
    """out ← x Φ(x)"""
    cumulative(x, by_tanh, out)
    out *= x


@kernel
def gelu_gradient(out: Array, g: Array, x: Array, by_tanh: bool) -> None:
    """out ← g (Φ(x) + x φ(x))"""
    phi = cumulative(x, by_tanh)
    slope = np.square(x, out=out)
    if by_tanh:  # φ = (1 + tanh u) / 2 has the slope (1 - tanh² u) / 2 · u' = 2 φ (1 - φ) u'
        slope *= 6 * SLOPE * CUBIC
        slope += 2 * SLOPE
        slope *= phi
        slope *= 1 - phi
    else:
        slope *= -0.5
        np.exp(slope, out=slope)
        slope *= 1 / math.sqrt(2 * math.pi)
    slope *= x
    slope += phi
    slope *= g


def cumulative(x: Array, by_tanh: bool, out: Array | None = None) -> Array:
    """Φ(x), written to out if there is one."""
    out = np.empty_like(x) if out is None else out
    if by_tanh:  # (1 + tanh(x (c + c k x²))) / 2
        np.square(x, out=out)
        out *= SLOPE * CUBIC
        out += SLOPE
        out *= x
        np.tanh(out, out=out)
        out *= 0.5
        out += 0.5
    elif x.dtype == np.float32 and device_of(x) == "cpu":
        _cumulative_in_float32(out, x)
    else:
        np.multiply(importlib.import_module("scipy.special").erf(x * math.sqrt(0.5)), 0.5, out=out)
        out += 0.5
    return out


_P, _A = 0.3275911, (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)


def _cumulative_in_float32(out: Array, x: Array) -> None:
    """Φ(x) = erfc(|x| / √2) / 2 for x < 0, and 1 minus that for the others.

    erfc(z) ≈ (a₁ t + ... + a₅ t⁵) e^(-z²), t = 1 / (1 + p z), to 1.5e-7 (Abramowitz & Stegun 1964, 7.1.26,
    after Hastings 1955); with what float32 rounds, Φ is off by up to 3e-7. SciPy's erf, right to the last bit, takes
    six times as long.
    """
    t = np.absolute(x)
    t *= _P * math.sqrt(0.5)
    t += 1
    np.divide(1, t, out=t)
    np.multiply(t, _A[0], out=out)
    for coefficient in _A[1:]:
        out += coefficient
        out *= t
    np.square(x, out=t)
    t *= -0.5
    np.exp(t, out=t)
    out *= t
    out *= 0.5  # Φ(-|x|)
    np.subtract(x > 0, out, out=out)
    np.absolute(out, out=out)
