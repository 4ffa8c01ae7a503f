"""The linear map as one product of two matrices, however many axes there are before the last."""

from __future__ import annotations

import numpy as np

from ...backend import Array
from ...fusion import fuses
from ...samples import R, call
from ..linear import linear
from .shapes import rows


@fuses(linear, name="linear", analytic=False, samples=[
    call(R(2, 3), R(4, 3), R(4)), call(R(2, 3), R(4, 3), None), call(R(3), R(2, 3), R(2)),
    call(R(2, 2, 3), R(4, 3), R(4)), call(R(1, 2, 2, 3), R(2, 3), R(2)), call(R(0, 3), R(2, 3), R(2)),
    call(R(2, 0), R(2, 0), R(2))])
def fused_linear(input: Array, weight: Array, bias: Array | None = None) -> Array:
    """y = x Wᵀ + b. x (..., in), W (out, in), b (out,) → (..., out)"""
    y = np.matmul(rows(input), weight.T)  # (rows, in) (in, out)
    if bias is not None:
        y += bias
    return np.reshape(y, (*input.shape[:-1], weight.shape[0]))


@fused_linear.vjp("input")
def _(g: Array, input: Array, weight: Array, bias: Array) -> Array:
    return np.reshape(np.matmul(rows(g), weight), input.shape)  # (rows, out) (out, in)


@fused_linear.vjp("weight")
def _(g: Array, input: Array, weight: Array, bias: Array) -> Array:
    return np.matmul(rows(g).T, rows(input))  # (out, rows) (rows, in)


fused_linear.vjp("bias")(lambda g, input, weight, bias: g)  # the engine adds up what was broadcast
