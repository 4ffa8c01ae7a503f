"""Normalisation over the features of each position: LayerNorm and RMSNorm."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..fusion import composition
from ..tensor import Tensor
from .module import Module


def _ones(shape: tuple[int, ...]) -> Tensor:
    return Tensor(np.ones(shape), requires_grad=True, dtype=np.float32)


@composition
def layer_norm(input: Any, normalized_shape: tuple[int, ...], weight: Any = None, bias: Any = None,
               eps: float = 1e-5) -> Any:
    """y = (x - μ) / √(σ² + ε) ⊙ weight + bias, over the last axes"""
    axes = tuple(range(-len(normalized_shape), 0))
    centred = input - input.mean(axis=axes, keepdims=True)
    variance = np.square(centred).mean(axis=axes, keepdims=True)
    y = centred * (1 / np.sqrt(variance + eps))  # one division a position, not one a feature
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


@composition
def rms_norm(input: Any, normalized_shape: tuple[int, ...], weight: Any = None, eps: float | None = None) -> Any:
    """y = x / √(mean x² + ε) ⊙ weight, over the last axes"""
    axes = tuple(range(-len(normalized_shape), 0))
    y = input * (1 / np.sqrt(np.square(input).mean(axis=axes, keepdims=True) + epsilon(input, eps)))
    return y if weight is None else y * weight


def epsilon(input: Any, eps: float | None) -> float:
    """ε, or the smallest step of the input's dtype."""
    return float(np.finfo(input.dtype).eps) if eps is None else eps


def _check(name: str, input: Any, shape: tuple[int, ...]) -> None:
    """Raise ValueError unless the last axes have these sizes."""
    if input.shape[-len(shape):] != shape:
        raise ValueError(f"{name}: an input of shape {input.shape} does not end with normalized_shape {shape}; "
                         "build the layer with the sizes of the axes to normalise over, or bring them to the end")


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
        _check("LayerNorm", input, self.normalized_shape)
        return layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)


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
        _check("RMSNorm", input, self.normalized_shape)
        return rms_norm(input, self.normalized_shape, self.weight, self.eps)
