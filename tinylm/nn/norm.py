"""Normalisation over the features of each position: LayerNorm and RMSNorm."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import Tensor
from .module import Module


def _ones(shape: tuple[int, ...]) -> Tensor:
    return Tensor(np.ones(shape), requires_grad=True, dtype=np.float32)


def _axes(name: str, input: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The last axes, which must have these sizes."""
    if input.shape[-len(shape):] != shape:
        raise ValueError(f"{name}: an input of shape {input.shape} does not end with normalized_shape {shape}; "
                         "build the layer with the sizes of the axes to normalise over, or bring them to the end")
    return tuple(range(-len(shape), 0))


class LayerNorm(Module):
    """y = (x - μ) / √(σ² + ε) ⊙ weight + bias, with the mean μ and variance σ² of each position's own features.

    Ba, Kiros & Hinton 2016.  x (..., *normalized_shape) → y, the same shape

    normalized_shape    the last axes, over which to normalise: a number or several
    eps                 ε, so that equal features divide by no zero
    elementwise_affine  whether there is a weight; bias: and a bias, both of normalized_shape

    Raises ValueError where the input does not end with normalized_shape.
    """

    def __init__(self, normalized_shape: int | tuple[int, ...], eps: float = 1e-5, elementwise_affine: bool = True,
                 bias: bool = True) -> None:
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps = eps
        self.weight = _ones(self.normalized_shape) if elementwise_affine else None
        self.bias = Tensor(np.zeros(self.normalized_shape), True, np.float32) if elementwise_affine and bias else None

    def forward(self, input: Any) -> Any:
        """(x - μ) / √(σ² + ε) ⊙ weight + bias"""
        axes = _axes("LayerNorm", input, self.normalized_shape)
        centred = input - input.mean(axis=axes, keepdims=True)
        variance = np.square(centred).mean(axis=axes, keepdims=True)
        y = centred * (1 / np.sqrt(variance + self.eps))  # one division a position, not one a feature
        y = y if self.weight is None else y * self.weight
        return y if self.bias is None else y + self.bias


class RMSNorm(Module):
    """y = x / √(mean x² + ε) ⊙ weight: layer norm without the mean (Zhang & Sennrich 2019).

    x (..., *normalized_shape) → y, the same shape; eps=None takes the smallest step of x's dtype, as PyTorch does.
    Raises ValueError where the input does not end with normalized_shape.
    """

    def __init__(self, normalized_shape: int | tuple[int, ...], eps: float | None = None,
                 elementwise_affine: bool = True) -> None:
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps = eps
        self.weight = _ones(self.normalized_shape) if elementwise_affine else None

    def forward(self, input: Any) -> Any:
        """x / √(mean x² + ε) ⊙ weight"""
        axes = _axes("RMSNorm", input, self.normalized_shape)
        eps = float(np.finfo(input.dtype).eps) if self.eps is None else self.eps
        y = input * (1 / np.sqrt(np.square(input).mean(axis=axes, keepdims=True) + eps))
        return y if self.weight is None else y * self.weight
