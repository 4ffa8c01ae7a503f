"""Normalisation of each feature over the batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import Tensor
from .module import Module


class BatchNorm1d(Module):
    """y = (x - μ) / √(σ² + ε) ⊙ weight + bias, with each feature's mean μ and variance σ² over the batch.

    Ioffe & Szegedy 2015.  x (N, num_features) or (N, num_features, L) → y, the same shape

    In training, μ and σ² are those of the batch (σ² with N in the denominator), and are averaged on the way:
    running ← (1 - momentum) running + momentum new, there with N - 1, as in PyTorch. In evaluation the averages
    serve. So a row's output in training depends on the other rows: a batch cannot be split over workers.

    Raises ValueError for another shape, and in training where there is but one value of each feature.
    """

    splits = False
    running_mean: Any
    running_var: Any
    num_batches_tracked: Any

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = True) -> None:
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.weight: Any = Tensor(np.ones(num_features), requires_grad=True, dtype=np.float32) if affine else None
        self.bias: Any = Tensor(np.zeros(num_features), requires_grad=True, dtype=np.float32) if affine else None
        self.register_buffer("running_mean", Tensor(np.zeros(num_features), dtype=np.float32))
        self.register_buffer("running_var", Tensor(np.ones(num_features), dtype=np.float32))
        self.register_buffer("num_batches_tracked", Tensor(0, dtype=np.int64))

    def forward(self, input: Any) -> Any:
        """(x - μ) / √(σ² + ε) ⊙ weight + bias"""
        if input.ndim not in (2, 3) or input.shape[1] != self.num_features:
            raise ValueError(f"BatchNorm1d: it takes (N, {self.num_features}) or (N, {self.num_features}, L), not "
                             f"{input.shape}; features come second: x.swapaxes(1, 2)")
        axes = (0, 2)[: input.ndim - 1]
        shape = (1, -1, 1)[: input.ndim]  # of a number for each feature
        mean, variance = self.running_mean.reshape(shape), self.running_var.reshape(shape)  # (1, features[, 1])
        if self.training:
            count = input.size // max(self.num_features, 1)
            if count < 2:
                raise ValueError(f"BatchNorm1d: in training it needs more than one value of each feature, and {count} "
                                 f"came with shape {input.shape}; take a larger batch, or model.eval()")
            mean = input.mean(axis=axes, keepdims=True)
            variance = np.square(input - mean).mean(axis=axes, keepdims=True)
            self._average(mean, variance * (count / (count - 1)))
        y = (input - mean) * (1 / np.sqrt(variance + self.eps))  # one division a feature
        if self.weight is None:
            return y
        return y * self.weight.reshape(shape) + self.bias.reshape(shape)  # (1, features[, 1])

    def _average(self, mean: Any, variance: Any) -> None:
        for running, new in ((self.running_mean, mean), (self.running_var, variance)):
            running.assign((1 - self.momentum) * running + self.momentum * new.detach().reshape(-1))  # (features,)
        self.num_batches_tracked.assign(self.num_batches_tracked + 1)
