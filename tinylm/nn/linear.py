"""The linear map, with which nearly every layer begins."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..fusion import composition
from .init import parameter
from .module import Module


@composition
def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """y = x Wᵀ + b.  x (..., in_features), W (out_features, in_features), b (out_features,) → y (..., out_features)"""
    product = input @ weight.T  # (..., in) (in, out)
    return product if bias is None else product + bias


class Linear(Module):
    """y = x Wᵀ + b.  x (..., in_features) → y (..., out_features)

    weight  (out_features, in_features), PyTorch's layout: one row for each output
    bias    (out_features,), or None
    rng     where the initial values come from; None draws new ones each time

    Both start uniform in ±1/√in_features, as in PyTorch (LeCun et al. 1998), which keeps the size of the
    numbers about the same from layer to layer. Raises ValueError where the last axis is not in_features.
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True, *,
                 rng: np.random.Generator | None = None) -> None:
        rng = rng or np.random.default_rng()
        bound = 1 / math.sqrt(in_features) if in_features else 0.0
        self.weight = parameter(rng, bound, out_features, in_features)
        self.bias = parameter(rng, bound, out_features) if bias else None

    def forward(self, input: Any) -> Any:
        """x Wᵀ + b"""
        return self.linear(input, self.weight)

    def linear(self, input: Any, weight: Any) -> Any:
        """The map with another weight in the place of its own."""
        if input.shape[-1:] != weight.shape[1:]:
            raise ValueError(f"{type(self).__name__}: an input of shape {input.shape}, but its last axis should be "
                             f"in_features = {weight.shape[1]}: build the layer for inputs of that "
                             "width, or bring the right axis to the end")
        return linear(input, weight, self.bias)
