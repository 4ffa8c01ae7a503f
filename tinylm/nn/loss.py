"""Losses: one number that says how wrong a prediction is. As functions here, as modules in losses.py.

`reduction` says what becomes of the losses of the elements: "mean", "sum", or "none" to leave them. Argument names
and their order are PyTorch's, without those it has deprecated.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..fusion import composition
from ..ops.activation import softplus
from ..ops.index import check_ids, take_along_axis
from ..ops.reduce import log_softmax
from .arrays import array_beside, array_of


def cross_entropy(input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean",
                  label_smoothing: float = 0.0) -> Any:
    """ℓ = -ln p(target), where p = softmax(input): the surprise at the right answer, in nats (Bridle 1990).

    input            scores (logits) of each class, (N, C), (N, C, ...) or (C,): classes come second
    target           the right classes, integers, (N,), (N, ...) or ()
    weight           how much each class counts, (C,); the mean is then weighted: Σ w ℓ / Σ w
    ignore_index     targets of this number do not count, neither in the sum nor in the mean
    label_smoothing  ε: the answer is right with 1 - ε only, the rest falls on all classes alike (Szegedy et al. 2016)

    Raises ValueError where the shapes do not go together or no target counts, IndexError for a class outside
    0 to C - 1, TypeError for targets that are not integers.
    """
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy: label_smoothing lies between 0 and 1, not at {label_smoothing}")
    classes, ignored = right_classes("cross_entropy", input, target, ignore_index, reduction)
    if weight is None and not label_smoothing:
        return softmax_cross_entropy(input, classes, ignored, reduction)
    return _likelihood("cross_entropy", log_softmax(input, min(1, input.ndim - 1)), classes, ignored, weight, reduction,
                       label_smoothing)


@composition
def softmax_cross_entropy(input: Any, classes: Any, ignored: Any = None, reduction: str = "mean") -> Any:
    """`cross_entropy` where all classes count alike; ignored is True for targets that do not count"""
    logarithms = log_softmax(input, min(1, input.ndim - 1))
    return _likelihood("cross_entropy", logarithms, classes, ignored, None, reduction, 0.0)


def nll_loss(input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> Any:
    """ℓ = -input[target], for input = ln p, such as from log_softmax; all else as in `cross_entropy`."""
    classes, ignored = right_classes("nll_loss", input, target, ignore_index, reduction)
    return _likelihood("nll_loss", input, classes, ignored, weight, reduction, 0.0)


def _likelihood(name: str, logarithms: Any, classes: Any, ignored: Any, weight: Any, reduction: str,
                smoothing: float) -> Any:
    if logarithms.ndim > 2:
        logarithms = np.moveaxis(logarithms, 1, -1)  # (N, ..., C)
    losses = -take_along_axis(logarithms, classes[..., None], -1)[..., 0]  # (N, ...)
    counts: Any = None  # how much each target counts; None: as much as any other
    if weight is not None:
        weight = _constant(weight, logarithms)
        if weight.shape != logarithms.shape[-1:]:
            raise ValueError(f"{name}: weight has shape {weight.shape}, but there are {logarithms.shape[-1]} classes")
        counts = weight[classes]
        losses = losses * counts
    if smoothing:
        every = -(logarithms if weight is None else logarithms * weight).mean(axis=-1)  # as if all classes were right
        losses = (1 - smoothing) * losses + smoothing * every
    if ignored is not None:
        kept = array_beside(~ignored, losses)
        counts = np.where(kept, 1.0 if counts is None else counts, np.zeros_like(losses))
        losses = np.where(kept, losses, 0.0)
    if counts is None or reduction != "mean":
        return _reduce(name, losses, reduction)
    if not bool(counts.sum() > 0):
        raise ValueError(f"{name}: the weights of all targets add up to {float(counts.sum())}, so there is no mean")
    return losses.sum() / counts.sum()


def right_classes(name: str, input: Any, target: Any, ignore_index: int, reduction: str) -> tuple[Any, Any]:
    """The targets as an array, 0 where they are ignored, and where that is (None: nowhere). See `cross_entropy`."""
    shape, target = input.shape, array_of(target)
    if not shape or shape[:1] * (len(shape) > 1) + shape[2:] != target.shape:
        raise ValueError(f"{name}: input {shape} with target {target.shape}: it takes (N, C) with (N,), or (N, C, ...) "
                         "with (N, ...); classes come second, or bring longer ones there with "
                         "input.reshape(-1, C) and target.reshape(-1)")
    ignored = target == ignore_index
    some_ignored = bool(ignored.any())
    classes = check_ids(name, np.where(ignored, 0, target) if some_ignored else target, shape[min(1, len(shape) - 1)])
    check_reduction(name, classes.size, reduction)
    if some_ignored and reduction == "mean" and bool(ignored.all()):
        raise ValueError(f"{name}: every target is ignore_index ({ignore_index}), so there is no mean; leave such "
                         "batches out, or look for the mistake in how the targets are made")
    return classes, ignored if some_ignored else None


def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """ℓ = (input - target)² (Gauss 1809). Raises ValueError where the shapes differ."""
    _same_shape("mse_loss", input, target)
    return _reduce("mse_loss", np.square(input - target), reduction)


def binary_cross_entropy(input: Any, target: Any, weight: Any = None, reduction: str = "mean") -> Any:
    """ℓ = -(t ln p + (1 - t) ln (1 - p)) for each element, p = input a probability and t = target in [0, 1].

    As in PyTorch no logarithm goes below -100, so that p = 0 costs much instead of everything; where that
    happens the gradient is 0. weight multiplies the losses. Raises ValueError for other shapes or p.
    """
    _same_shape("binary_cross_entropy", input, target)
    if bool(((input < 0) | (input > 1)).any()):
        raise ValueError("binary_cross_entropy: input holds probabilities, from 0 to 1; pass scores through "
                         "a sigmoid first, or use binary_cross_entropy_with_logits")
    smallest = math.exp(-100)
    likely, unlikely = np.log(np.clip(input, smallest, None)), np.log(np.clip(1 - input, smallest, None))
    losses = -(target * likely + (1 - target) * unlikely)
    return _reduce("binary_cross_entropy", losses if weight is None else losses * _constant(weight, losses), reduction)


def binary_cross_entropy_with_logits(input: Any, target: Any, weight: Any = None, reduction: str = "mean",
                                     pos_weight: Any = None) -> Any:
    """ℓ = -(w t ln σ(x) + (1 - t) ln (1 - σ(x))) for each element, x = input a score and t = target in [0, 1].

    Since -ln σ(x) = softplus(-x) and -ln(1 - σ(x)) = x + softplus(-x), no logarithm sees a number near 0.

    pos_weight  w: how much more the t count than the 1 - t, for what is rare; broadcast against input
    weight      multiplies the losses

    Raises ValueError where the shapes of input and target differ.
    """
    name = "binary_cross_entropy_with_logits"
    _same_shape(name, input, target)
    surprise = softplus(-input)
    factor = 1.0 if pos_weight is None else 1 + (_constant(pos_weight, input) - 1) * target
    losses = (1 - target) * input + factor * surprise
    return _reduce(name, losses if weight is None else losses * _constant(weight, losses), reduction)


def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Any:
    """ℓ = t (ln t - input) for each element: added up, how far input = ln p is from t (Kullback & Leibler 1951).

    target     probabilities t, where 0 ln 0 = 0; with log_target their logarithms
    reduction  "batchmean" (the sum by the first axis' size) is the divergence; "mean", PyTorch's and so our default,
               divides by all elements

    Raises ValueError where the shapes differ.
    """
    _same_shape("kl_div", input, target)
    if log_target:
        losses = np.exp(target) * (target - input)
    else:
        losses = target * (np.log(np.where(target > 0, target, 1.0)) - input)
    if reduction == "batchmean":
        return _reduce("kl_div", losses, "mean") * (losses.size // losses.shape[0] if losses.ndim else 1)
    return _reduce("kl_div", losses, reduction, "'batchmean', ")


def _reduce(name: str, losses: Any, reduction: str, others: str = "") -> Any:
    check_reduction(name, losses.size, reduction, others)
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()


def check_reduction(name: str, size: int, reduction: str, others: str = "") -> None:
    """Raise ValueError for a reduction that there is not, or the mean of no losses."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{name}: reduction is {others}'mean', 'sum' or 'none', not {reduction!r}")
    if reduction == "mean" and not size:
        raise ValueError(f"{name}: a batch of zero has no mean")


def _same_shape(name: str, input: Any, target: Any) -> None:
    if np.shape(input) != np.shape(target):
        raise ValueError(f"{name}: input {np.shape(input)} and target {np.shape(target)} differ in shape; one of them "
                         "may have an axis of 1 too many: .squeeze(-1)")


def _constant(values: Any, like: Any) -> Any:
    """Weights as an array beside `like`, of its dtype."""
    return array_beside(values, like).astype(like.dtype)
