"""Adam, which gives each weight its own step, and AdamW, which shrinks weights apart from it."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from ..backend import Array
from ..tensor import Tensor
from .optimizer import Optimizer


class Adam(Optimizer):
    """θ ← θ - lr · m̂ / (√v̂ + eps)  (Kingma & Ba 2015)

    m and v are running means of the gradient g and of its square; the hats undo their start at zero:
        m ← β₁ m + (1 - β₁) g      m̂ = m / (1 - β₁ᵗ)
        v ← β₂ v + (1 - β₂) g²     v̂ = v / (1 - β₂ᵗ)

    lr            about how far each weight moves in a step, whatever the size of its gradient
    betas         β₁ and β₂
    weight_decay  adds weight_decay · θ to the gradient: an L2 penalty
    """

    def __init__(self, params: Iterable[Tensor], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 0.0) -> None:
        super().__init__(params, lr, weight_decay)
        if not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"{type(self).__name__}: betas={betas} must be from 0 up to, but without, 1")
        self.betas, self.eps = betas, eps
        self.steps = [0] * len(self.params)
        self.means = [np.zeros_like(p.data) for p in self.params]
        self.squares = [np.zeros_like(p.data) for p in self.params]

    def update(self, place: int, parameter: Array, gradient: Array) -> Array:
        """One step, each weight's length scaled by its own past."""
        if self.weight_decay:
            gradient = gradient + self.weight_decay * parameter
        return self.adapted(place, parameter, gradient)

    def adapted(self, place: int, parameter: Array, gradient: Array) -> Array:
        """θ - lr · m̂ / (√v̂ + eps), the running means brought up to date in place."""
        beta1, beta2 = self.betas
        self.steps[place] += 1
        t, mean, square = self.steps[place], self.means[place], self.squares[place]
        mean *= beta1
        mean += (1 - beta1) * gradient
        square *= beta2
        square += (1 - beta2) * (gradient * gradient)
        scale = np.sqrt(square)
        scale /= math.sqrt(1 - beta2**t)
        scale += self.eps
        return parameter - (self.lr / (1 - beta1**t)) * (mean / scale)


class AdamW(Adam):
    """Adam with decoupled decay: θ ← (1 - lr · weight_decay) θ, then Adam's step (Loshchilov & Hutter 2019).

    In Adam an L2 penalty is divided by √v̂ too, so that weights with large gradients hardly feel it; here
    all shrink alike.
    """

    def __init__(self, params: Iterable[Tensor], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 1e-2) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)

    def update(self, place: int, parameter: Array, gradient: Array) -> Array:
        """Shrink, then step."""
        return self.adapted(place, (1 - self.lr * self.weight_decay) * parameter, gradient)
