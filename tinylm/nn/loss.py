"""Losses: one number that says how wrong a prediction is."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..ops.index import check_ids, take_along_axis
from ..ops.reduce import log_softmax
from .module import Module


def cross_entropy(input: Any, target: Any, reduction: str = "mean") -> Any:
    """ℓ = -ln p(target), where p = softmax(input): the surprise at the right answer, in nats (Bridle 1990).

    input      scores (logits) of each class, (N, C) or (C,)
    target     the right classes, integers, (N,) or ()
    reduction  "mean" or "sum" over the N, or "none": (N,)

    Raises ValueError where the shapes do not go together, IndexError for a class outside 0 to C - 1.
    """
    target = check_ids("cross_entropy", target, input.shape[-1])
    if input.ndim not in (1, 2) or input.shape[:-1] != target.shape:
        raise ValueError(f"cross_entropy: input {input.shape} with target {target.shape}: it takes (N, C) with (N,); "
                         "bring longer ones there with input.reshape(-1, C) and target.reshape(-1)")
    losses = -take_along_axis(log_softmax(input), target[..., None], -1)  # (N, 1)
    return _reduce("cross_entropy", losses.reshape(target.shape), reduction)  # (N,)


def binary_cross_entropy(input: Any, target: Any, reduction: str = "mean") -> Any:
    """ℓ = -(t ln p + (1 - t) ln (1 - p)) for each element, p = input a probability and t = target in [0, 1].

    As in PyTorch no logarithm goes below -100, so that p = 0 costs much instead of everything; where that
    happens the gradient is 0. reduction: "mean", "sum" or "none". Raises ValueError for other shapes or p.
    """
    if np.shape(input) != np.shape(target):
        raise ValueError(f"binary_cross_entropy: input {np.shape(input)} and target {np.shape(target)} differ in shape")
    if bool(((input < 0) | (input > 1)).any()):
        raise ValueError("binary_cross_entropy: input holds probabilities, from 0 to 1; pass scores through "
                         "a sigmoid first")
    smallest = math.exp(-100)
    likely, unlikely = np.log(np.clip(input, smallest, None)), np.log(np.clip(1 - input, smallest, None))
    return _reduce("binary_cross_entropy", -(target * likely + (1 - target) * unlikely), reduction)


def _reduce(name: str, losses: Any, reduction: str) -> Any:
    if reduction == "mean":
        if not losses.size:
            raise ValueError(f"{name}: a batch of zero has no mean")
        return losses.mean()
    if reduction not in ("sum", "none"):
        raise ValueError(f"{name}: reduction is 'mean', 'sum' or 'none', not {reduction!r}")
    return losses.sum() if reduction == "sum" else losses


class CrossEntropyLoss(Module):
    """`cross_entropy` as a module."""

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = reduction

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of the scores `input` for the classes `target`."""
        return cross_entropy(input, target, self.reduction)


class BCELoss(Module):
    """`binary_cross_entropy` as a module."""

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = reduction

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of the probabilities `input` for the `target`."""
        return binary_cross_entropy(input, target, self.reduction)
