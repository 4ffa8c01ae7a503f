"""Where a token stands: attention itself does not see the order, so it is written into the vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import Tensor, wrap
from .arrays import array_beside
from .init import normal_
from .module import Module


def _angles(length: int, width: int, offset: int, base: float) -> np.ndarray:
    """t / base^(2i / width), (length, width / 2): every pair of features turns slower than the one before."""
    t = np.arange(offset, offset + length)
    return t[:, None] / base ** (np.arange(0, width, 2) / width)


def _like(values: np.ndarray, x: Any) -> Tensor:
    return wrap(array_beside(values.astype(x.dtype), x), None, 0)


class SinusoidalPositions(Module):
    """y = x + p, p[t, 2i] = sin(t / 10000^(2i/d)), p[t, 2i + 1] = cos(t / 10000^(2i/d)): waves of d/2 lengths.

    Vaswani et al. 2017.  x (..., T, d) → y, the same shape; nothing is learnt, and T may be any length
    """

    def forward(self, input: Any, offset: int = 0) -> Any:
        """x + p, where the first position is number `offset`."""
        length, width = input.shape[-2:]
        angles = _angles(length, width, offset, 10000.0)
        waves = np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(length, -1)  # (T, pairs, 2) → (T, d)
        return input + _like(waves[:, :width], input)


class LearnedPositions(Module):
    """y = x + weight[t]: a learnt vector for each position (Gehring et al. 2017).  x (..., T, d) → y, the same shape

    weight  (max_len, embedding_dim), starting as N(0, 0.02²), as in GPT-2; as nn.Embedding's in PyTorch

    Raises ValueError for more positions than max_len.
    """

    def __init__(self, max_len: int, embedding_dim: int, *, rng: np.random.Generator | None = None) -> None:
        self.weight = Tensor(np.zeros((max_len, embedding_dim)), requires_grad=True, dtype=np.float32)
        normal_(self.weight, 0.0, 0.02, rng=rng)

    def forward(self, input: Any, offset: int = 0) -> Any:
        """x + weight[offset:offset + T]"""
        end = offset + input.shape[-2]
        if offset < 0 or end > self.weight.shape[0]:
            raise ValueError(f"LearnedPositions: positions {offset} to {end - 1}, but it has learnt 0 to "
                             f"{self.weight.shape[0] - 1}; shorten the sequence, or build it with a larger max_len")
        return input + self.weight[offset:end]


class RotaryPositions(Module):
    """Turns each pair of features by an angle that grows with the position t (Su et al. 2021).

        y[t, 2i]     = x[t, 2i] cos tθᵢ - x[t, 2i + 1] sin tθᵢ
        y[t, 2i + 1] = x[t, 2i] sin tθᵢ + x[t, 2i + 1] cos tθᵢ        θᵢ = base^(-2i/d)

    Given to queries and keys, it lets their product depend on how far apart they stand, and on nothing else.
    x (..., T, d) → y, the same shape. Pairs are neighbours, as in the paper; Hugging Face's Llama pairs 2i with
    2i + d/2 of its (reordered) features. Raises ValueError for an odd d.
    """

    def __init__(self, base: float = 10000.0) -> None:
        self.base = base

    def forward(self, input: Any, offset: int = 0) -> Any:
        """x, turned as at the positions from `offset` on."""
        length, width = input.shape[-2:]
        if width % 2:
            raise ValueError(f"RotaryPositions: features come in pairs, but there are {width} (shape {input.shape})")
        angles = _angles(length, width, offset, self.base)
        cos, sin = _like(np.cos(angles), input), _like(np.sin(angles), input)  # (T, d / 2)
        even, odd = input[..., 0::2], input[..., 1::2]
        turned = np.stack([even * cos - odd * sin, even * sin + odd * cos], axis=-1)  # (..., T, d / 2, 2)
        return turned.reshape(input.shape)  # (..., T, d)
