"""Layer norm and RMS norm in few passes: sums over a row are products with a vector, all else is done in place."""

from __future__ import annotations

import numpy as np

from ...backend import Array
from ...fusion import fuses
from ...kernels import kernel
from ...ops import reduce
from ...samples import R, call
from ..norm import epsilon, layer_norm, rms_norm
from .shapes import back, in_float32, rows


@fuses(layer_norm, name="layer_norm", analytic=False, samples=[
    call(R(2, 3), (3,), R(3), R(3), 1e-3), call(R(2, 2, 3), (3,), R(3), R(3)), call(R(2, 2, 3), (2, 3), R(2, 3), None),
    call(R(4), (4,), None, None), call(R(3, 4), (4,), None, R(4), 0.5), call(R(0, 3), (3,), R(3), R(3))])
def fused_layer_norm(input: Array, normalized_shape: tuple[int, ...], weight: Array | None = None,
                     bias: Array | None = None, eps: float = 1e-5) -> tuple[Array, tuple[Array, Array]]:
    """y = (x - μ) r ⊙ weight + bias, r = 1 / √(σ² + ε); puts μ and r of each row aside"""
    y, *aside = normalised(in_float32(rows(input, len(normalized_shape))), flat(weight), flat(bias), eps)
    return back(y, input), tuple(aside)


@fused_layer_norm.vjp("input", "weight", "bias", joint=True)
def _(g: Array, input: Array, normalized_shape: tuple[int, ...], weight: Array, bias: Array, eps: float,
      aux: tuple[Array, Array]) -> dict[str, Array]:
    axes = len(normalized_shape)
    found = normalised_gradient(rows(g, axes), rows(input, axes), flat(weight), *aux)
    return {name: back(gradient, x) for name, gradient, x in zip(
        ("input", "weight", "bias"), found, (input, weight, bias), strict=True) if x is not None}


@kernel
def normalised(x: Array, weight: Array | None, bias: Array | None, eps: float) -> tuple[Array, Array, Array]:
    """y, and μ and r of each row.  x (rows, width)"""
    mean = _row_means(x)
    y = x - mean[:, None]
    r = 1 / np.sqrt(_row_means(y, y) + eps)
    y *= r[:, None]
    if weight is not None:
        y *= weight
    if bias is not None:
        y += bias
    return y, mean, r


@kernel
def normalised_gradient(g: Array, x: Array, weight: Array | None, mean: Array, r: Array) -> tuple[Array, Array, Array]:
    """With c = x - μ and h = g r: weight' = Σ h c over all rows, and x' = k - c r² mean(k c) for k = h w - mean(h w).

    The mean goes first: it is what cancels most, and c, which sums to zero but for rounding, would pick it up.
    """
    c = x - mean[:, None]
    k = g * r[:, None]
    for_weight, for_bias = np.einsum("ij,ij->j", k, c), reduce.sum(g, 0)
    if weight is not None:
        k *= weight
    k -= _row_means(k)[:, None]
    c *= (_row_means(k, c) * r * r)[:, None]
    k -= c
    return k, for_weight, for_bias


@fuses(rms_norm, name="rms_norm", analytic=False, samples=[
    call(R(2, 3), (3,), R(3), 1e-3), call(R(2, 2, 3), (3,), R(3), 1e-6), call(R(2, 2, 3), (2, 3), R(2, 3), 0.1),
    call(R(4), (4,), None), call(R(3, 4), (4,), None, 0.5), call(R(0, 3), (3,), R(3))])
def fused_rms_norm(input: Array, normalized_shape: tuple[int, ...], weight: Array | None = None,
                   eps: float | None = None) -> tuple[Array, Array]:
    """y = x r ⊙ weight, r = 1 / √(mean x² + ε); puts r of each row aside"""
    y, r = scaled(in_float32(rows(input, len(normalized_shape))), flat(weight), epsilon(input, eps))
    return back(y, input), r


@fused_rms_norm.vjp("input", "weight", joint=True)
def _(g: Array, input: Array, normalized_shape: tuple[int, ...], weight: Array, eps: float,
      aux: Array) -> dict[str, Array]:
    axes = len(normalized_shape)
    found = scaled_gradient(rows(g, axes), rows(input, axes), flat(weight), aux)
    return {name: back(gradient, x) for name, gradient, x in zip(
        ("input", "weight"), found, (input, weight), strict=True) if x is not None}


@kernel
def scaled(x: Array, weight: Array | None, eps: float) -> tuple[Array, Array]:
    """y, and r of each row.  x (rows, width)"""
    r = 1 / np.sqrt(_row_means(x, x) + eps)
    y = x * r[:, None]
    if weight is not None:
        y *= weight
    return y, r


@kernel
def scaled_gradient(g: Array, x: Array, weight: Array | None, r: Array) -> tuple[Array, Array]:
    """With h = g r: weight' = Σ h x over the rows, and x' = h w - x r² mean(h w x)."""
    h = g * r[:, None]
    for_weight = np.einsum("ij,ij->j", h, x)
    if weight is not None:
        h *= weight
    h -= x * (_row_means(h, x) * r * r)[:, None]
    return h, for_weight


def flat(x: Array | None) -> Array | None:
    """A parameter with one axis, if there is one."""
    return None if x is None else np.reshape(x, -1)


def _row_means(x: Array, y: Array | None = None) -> Array:
    """The means of x, or of x y, over each row: a product with ones. (rows, width) → (rows,)"""
    sums = x @ np.ones_like(x, shape=x.shape[1]) if y is None else np.einsum("ij,ij->i", x, y)
    return sums / x.shape[1]
