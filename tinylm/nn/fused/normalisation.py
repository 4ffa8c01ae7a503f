"""Layer norm and RMS norm in few passes: sums over a row are products with a vector, all else is done in place."""

from __future__ import annotations

import numpy as np

from ...backend import Array
from ...fusion import fuses
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
    x = in_float32(rows(input, len(normalized_shape)))
    mean = _row_means(x)
    y = x - mean[:, None]
    r = 1 / np.sqrt(_row_means(y, y) + eps)
    y *= r[:, None]
    if weight is not None:
        y *= np.reshape(weight, -1)
    if bias is not None:
        y += np.reshape(bias, -1)
    return back(y, input), (mean, r)


@fused_layer_norm.vjp("input", "weight", "bias", joint=True)
def _(g: Array, input: Array, normalized_shape: tuple[int, ...], weight: Array, bias: Array, eps: float,
      aux: tuple[Array, Array]) -> dict[str, Array]:
    """With c = x - μ and h = g r: weight' = Σ h c over all rows, and x' = k - c r² mean(k c) for k = h w - mean(h w).

    The mean goes first: it is what cancels most, and c, which sums to zero but for rounding, would pick it up.
    """
    mean, r = aux
    axes = len(normalized_shape)
    c = rows(input, axes) - mean[:, None]
    g = rows(g, axes)
    k = g * r[:, None]
    found = {} if weight is None else {"weight": back(np.einsum("ij,ij->j", k, c), weight)}
    if bias is not None:
        found["bias"] = np.reshape(reduce.sum(g, 0), bias.shape)
    if weight is not None:
        k *= np.reshape(weight, -1)
    k -= _row_means(k)[:, None]
    c *= (_row_means(k, c) * r * r)[:, None]
    k -= c
    return found | {"input": back(k, input)}


@fuses(rms_norm, name="rms_norm", analytic=False, samples=[
    call(R(2, 3), (3,), R(3), 1e-3), call(R(2, 2, 3), (3,), R(3), 1e-6), call(R(2, 2, 3), (2, 3), R(2, 3), 0.1),
    call(R(4), (4,), None), call(R(3, 4), (4,), None, 0.5), call(R(0, 3), (3,), R(3))])
def fused_rms_norm(input: Array, normalized_shape: tuple[int, ...], weight: Array | None = None,
                   eps: float | None = None) -> tuple[Array, Array]:
    """y = x r ⊙ weight, r = 1 / √(mean x² + ε); puts r of each row aside"""
    x = in_float32(rows(input, len(normalized_shape)))
    r = 1 / np.sqrt(_row_means(x, x) + epsilon(input, eps))
    y = x * r[:, None]
    if weight is not None:
        y *= np.reshape(weight, -1)
    return back(y, input), r


@fused_rms_norm.vjp("input", "weight", joint=True)
def _(g: Array, input: Array, normalized_shape: tuple[int, ...], weight: Array, eps: float,
      aux: Array) -> dict[str, Array]:
    """With h = g r: weight' = Σ h x over the rows, and x' = h w - x r² mean(h w x)."""
    axes = len(normalized_shape)
    x = rows(input, axes)
    h = rows(g, axes) * aux[:, None]
    found = {} if weight is None else {"weight": back(np.einsum("ij,ij->j", h, x), weight)}
    if weight is not None:
        h *= np.reshape(weight, -1)
    h -= x * (_row_means(h, x) * aux * aux)[:, None]
    return found | {"input": back(h, input)}


def _row_means(x: Array, y: Array | None = None) -> Array:
    """The means of x, or of x y, over each row: a product with ones. (rows, width) → (rows,)"""
    sums = x @ np.ones_like(x, shape=x.shape[1]) if y is None else np.einsum("ij,ij->i", x, y)
    return sums / x.shape[1]
