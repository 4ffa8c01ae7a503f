"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable

from ..backend import Array
from ..tensor import Tensor
from .optimizer import Optimizer


class SGD(Optimizer):
    """θ ← θ - lr v, where v ← momentum · v + g (Robbins & Monro 1951; momentum: Polyak 1964), as in PyTorch.

    lr            how far to go
    momentum      how much of the last step's direction stays
    weight_decay  adds weight_decay · θ to the gradient g: an L2 penalty
    """

    def __init__(self, params: Iterable[Tensor], lr: float = 1e-3, momentum: float = 0.0,
                 weight_decay: float = 0.0) -> None:
        super().__init__(params, lr, weight_decay)
        self.momentum = momentum
        self.velocity: dict[int, Array] = {}

    def update(self, place: int, parameter: Array, gradient: Array) -> Array:
        """One step downhill."""
        if self.weight_decay:
            gradient = gradient + self.weight_decay * parameter
        if self.momentum:
            if place in self.velocity:
                gradient = self.momentum * self.velocity[place] + gradient
            self.velocity[place] = gradient
        return parameter - self.lr * gradient
