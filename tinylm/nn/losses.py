"""The losses of loss.py as modules: what they are told once, they keep."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from . import loss
from .module import Module


class _Weighted(Module):
    """A loss whose weights, where there are any, belong to its state, as in PyTorch."""

    weight: Any
    pos_weight: Any

    def _weights(self, **weights: Any) -> None:
        for name, value in weights.items():
            if value is None:
                setattr(self, name, None)
            else:
                self.register_buffer(name, Tensor(value))


class CrossEntropyLoss(_Weighted):
    """`cross_entropy` as a module: scores (N, C, ...) and classes (N, ...) → how surprising the classes are."""

    def __init__(self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean",
                 label_smoothing: float = 0.0) -> None:
        self._weights(weight=weight)
        self.ignore_index, self.reduction, self.label_smoothing = ignore_index, reduction, label_smoothing

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of the scores `input` for the classes `target`."""
        return loss.cross_entropy(input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing)


class NLLLoss(_Weighted):
    """`nll_loss` as a module: logarithms of probabilities (N, C, ...) and classes (N, ...)."""

    def __init__(self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> None:
        self._weights(weight=weight)
        self.ignore_index, self.reduction = ignore_index, reduction

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of the log-probabilities `input` for the classes `target`."""
        return loss.nll_loss(input, target, self.weight, self.ignore_index, self.reduction)


class MSELoss(Module):
    """`mse_loss` as a module: two arrays of one shape."""

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = reduction

    def forward(self, input: Any, target: Any) -> Any:
        """The squared distance of `input` and `target`."""
        return loss.mse_loss(input, target, self.reduction)


class BCELoss(_Weighted):
    """`binary_cross_entropy` as a module: probabilities and targets of one shape."""

    def __init__(self, weight: Any = None, reduction: str = "mean") -> None:
        self._weights(weight=weight)
        self.reduction = reduction

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of the probabilities `input` for the `target`."""
        return loss.binary_cross_entropy(input, target, self.weight, self.reduction)


class BCEWithLogitsLoss(_Weighted):
    """`binary_cross_entropy_with_logits` as a module: scores and targets of one shape."""

    def __init__(self, weight: Any = None, reduction: str = "mean", pos_weight: Any = None) -> None:
        self._weights(weight=weight, pos_weight=pos_weight)
        self.reduction = reduction

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of the scores `input` for the `target`."""
        return loss.binary_cross_entropy_with_logits(input, target, self.weight, self.reduction, self.pos_weight)


class KLDivLoss(Module):
    """`kl_div` as a module: logarithms of probabilities, and the probabilities they should be."""

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        self.reduction, self.log_target = reduction, log_target

    def forward(self, input: Any, target: Any) -> Any:
        """The divergence of `input` from `target`."""
        return loss.kl_div(input, target, self.reduction, self.log_target)
