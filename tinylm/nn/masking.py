"""Dropout and DropConnect: forget at random while learning, so that no unit can lean on another."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitives import primitive
from ..samples import R, call
from ..tensor import wrap
from .arrays import array_beside
from .linear import Linear
from .module import Module
from .random import keep_mask

_MASK = np.array([[True, False, True], [False, True, True]])


def dropout(input: Any, p: float = 0.5, training: bool = True, batch_axis: int | None = 0) -> Any:
    """y = m x / (1 - p), where each m is 0 with probability p and 1 otherwise (Srivastava et al. 2014).

    The paper scales the weights by 1 - p when learning is over; dividing while it lasts, as PyTorch does, leaves
    nothing to do afterwards: without `training`, y = x. Where the masks come from: `nn.dropout_keys`.

    batch_axis  the axis of `input` along which the rows of the batch lie; None if the whole batch shares it

    Raises ValueError unless 0 ≤ p ≤ 1.
    """
    check_probability("dropout", p)
    if not training or p == 0:
        return input
    if p == 1:
        return input * 0.0
    keep = array_beside(keep_mask(input.shape, p, batch_axis), input)
    return masked(input, wrap(keep, None, 0), 1 / (1 - p))


@primitive(samples=[call(R(2, 3), _MASK, 2.0), call(R(3), _MASK[0], 1.5), call(R(0, 3), _MASK[:0], 2.0)])
def masked(input: Any, keep: Any, scale: float) -> Any:
    """y = scale · x where keep is True, else 0. The mask stays a byte an element, a quarter of a mask of numbers"""
    y = np.multiply(keep, scale, dtype=input.dtype)
    y *= input
    return y


masked.vjp("input")(lambda g, keep, scale: masked(g, keep, scale))


def check_probability(name: str, p: float) -> None:
    """Raise ValueError unless p is one."""
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: p is the probability to drop, between 0 and 1, not {p}")


class Dropout(Module):
    """`dropout` as a module: in training it drops with probability p, in evaluation it does nothing."""

    def __init__(self, p: float = 0.5) -> None:
        check_probability("Dropout", p)
        self.p = p

    def forward(self, input: Any) -> Any:
        """`input` with some elements 0 and the others scaled up; its first axis is the batch."""
        return dropout(input, self.p, self.training)


class DropConnect(Linear):
    """y = x (M ⊙ W / (1 - p))ᵀ + b: weights are dropped instead of units (Wan et al. 2013; PyTorch has none).

    x (..., in_features) → y (..., out_features); the parameters are those of `Linear`, and p a probability.
    The paper draws a mask for each example; one for each step serves here, so that it stays a product of two
    matrices. In evaluation it takes the mean of all networks, y = x Wᵀ + b, where the paper draws samples from
    a normal distribution with the same mean and variance.
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True, p: float = 0.5, *,
                 rng: np.random.Generator | None = None) -> None:
        check_probability("DropConnect", p)
        super().__init__(in_features, out_features, bias, rng=rng)
        self.p = p

    def forward(self, input: Any) -> Any:
        """x (M ⊙ W / (1 - p))ᵀ + b"""
        return self.linear(input, dropout(self.weight, self.p, self.training, batch_axis=None))
