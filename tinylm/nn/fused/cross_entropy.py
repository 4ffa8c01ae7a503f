"""Softmax and the logarithm of one of its entries at once: with p = softmax(x), the derivative is p - 1 at the target.

The probabilities that the forward computes are all that the backward needs, so the exponentials are taken once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...backend import Array, beside
from ...fusion import fuses
from ...kernels import kernel
from ...samples import R, call
from ..loss import softmax_cross_entropy
from .shapes import back, in_float32

_PAIR, _GRID = np.array([2, 0]), np.array([[0, 2], [1, 1]])


@fuses(softmax_cross_entropy, name="softmax_cross_entropy", analytic=False, samples=[
    call(R(2, 3), _PAIR), call(R(3, 3), np.array([2, 0, 0]), np.array([False, True, False])),
    call(R(2, 3), _PAIR, reduction="sum"), call(R(2, 3), _PAIR, _PAIR == 0, "none"), call(R(3), np.array(1)),
    call(R(2, 3, 2), _GRID), call(R(2, 3, 2), _GRID, _GRID == 1, "none"), call(R(2, 3, 1, 2), _GRID[:, None]),
    call(R(0, 3), np.zeros(0, int), None, "sum")])
def fused_cross_entropy(input: Array, classes: Array, ignored: Array | None = None,
                        reduction: str = "mean") -> tuple[Array, tuple[Any, ...]]:
    """ℓ = -ln p[class]; puts aside p, where in it the right classes stand, and how much each loss counts"""
    axis = min(1, input.ndim - 1)
    x = np.moveaxis(input, axis, -1)  # (..., C)
    x = in_float32(np.reshape(x, (classes.size, x.shape[-1])))  # (rows, C)
    peak = np.max(x, axis=1)
    places = tuple([beside(index, x) for index in (np.arange(classes.size), np.reshape(classes, -1))])  # row, column
    p, total = softmax_of_rows(x, peak)
    losses = np.reshape(np.log(total) - (x[places] - peak), classes.shape)
    share = np.ones_like(losses)
    if ignored is not None:
        share *= beside(~ignored, x)
        losses = np.where(share > 0, losses, 0)
    if reduction == "mean":
        share /= share.sum()
    loss = losses if reduction == "none" else (losses * share).sum()
    return loss.astype(input.dtype), (p, places, share)


@fused_cross_entropy.vjp("input")
def _(g: Array, input: Array, classes: Array, ignored: Array, reduction: str,
      aux: tuple[Any, ...]) -> Array:
    p, places, share = aux
    share = share * g  # one gradient for each row, or one for all
    each = np.ravel(share)
    found = p * each[:, None]
    found[places] -= each
    found = np.reshape(found, (*share.shape, p.shape[1]))  # (N, ..., C)
    return back(np.moveaxis(found, -1, min(1, input.ndim - 1)), input)


@kernel
def softmax_of_rows(x: Array, peak: Array) -> tuple[Array, Array]:
    """p = e^(x - peak) / Σ e^(x - peak), and the sums.  x (rows, C), peak (rows,)"""
    p = x - peak[:, None]
    np.exp(p, out=p)
    total = p @ np.ones_like(p, shape=p.shape[1])
    p /= total[:, None]
    return p, total
