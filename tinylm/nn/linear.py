"""The linear map, with which nearly every layer begins."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..tensor import Tensor
from .module import Module


class Linear(Module):
    """y = x Wᵀ + b.  x (..., in_features) → y (..., out_features)

    weight  (out_features, in_features), PyTorch's layout: one row for each output
    bias    (out_features,), or None
    rng     where the initial values come from; None draws new ones each time

    Both start uniform in ±1/√in_features, as in PyTorch (LeCun et al. 1998), which keeps the size of the
    numbers about the same from layer to layer.
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True, *,
                 rng: np.random.Generator | None = None) -> None:
        rng = rng or np.random.default_rng()
        bound = 1 / math.sqrt(in_features) if in_features else 0.0

        def parameter(*shape: int) -> Tensor:
            return Tensor(rng.uniform(-bound, bound, shape), requires_grad=True, dtype=np.float32)

        self.weight = parameter(out_features, in_features)
        self.bias = parameter(out_features) if bias else None

    def forward(self, input: Any) -> Any:
        """x Wᵀ + b"""
        product = input @ self.weight.T
        return product if self.bias is None else product + self.bias
