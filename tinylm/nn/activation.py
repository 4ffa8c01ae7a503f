"""Activation functions as modules, to stand in a `Sequential`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops.activation import relu, sigmoid
from .module import Module


class Sigmoid(Module):
    """y = 1 / (1 + e⁻ˣ)"""

    def forward(self, input: Any) -> Any:
        """The sigmoid of each element."""
        return sigmoid(input)


class ReLU(Module):
    """y = max(x, 0) (Nair & Hinton 2010)"""

    def forward(self, input: Any) -> Any:
        """The positive part of each element."""
        return relu(input)


class Tanh(Module):
    """y = tanh x"""

    def forward(self, input: Any) -> Any:
        """The hyperbolic tangent of each element."""
        return np.tanh(input)
