"""RMSprop: Adagrad that forgets, so that its steps do not die out."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backend import Array
from .optimizer import Group, Optimizer, Params


class RMSprop(Optimizer):
    """θ ← θ - lr · g / (√s + eps)  (Tieleman & Hinton 2012, lecture 6.5 of their course)

    s is a running mean of the squared gradient:
        s ← alpha · s + (1 - alpha) · g²

    centered: the variance, s - ḡ², stands in the place of s, where ḡ is the running mean of g (Graves 2013).
    momentum: v ← momentum · v + g / (√s + eps) and θ ← θ - lr · v.

    lr            how far each weight moves, whatever the size of its gradient
    alpha         how slowly the past is forgotten, from 0 up to, but without, 1
    eps           keeps a weight without gradients from 0 / 0; outside the root, as in PyTorch
    weight_decay  adds weight_decay · θ to the gradient: an L2 penalty
    l1            an L1 penalty, as Optimizer describes it

    Rounding can make s - ḡ² negative; it is taken for 0 then, where PyTorch makes a NaN.
    """

    def __init__(self, params: Params, lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8,
                 weight_decay: float = 0.0, momentum: float = 0.0, centered: bool = False, *, l1: float = 0.0) -> None:
        super().__init__(params, {"lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay,
                                  "momentum": momentum, "centered": centered, "l1": l1})

    def check(self, group: Group) -> None:
        """Alpha and momentum in [0, 1)."""
        super().check(group)
        self._require(group, "from 0", 0, np.inf, "eps")
        self._require(group, "from 0", 0, 1, "alpha", "momentum")

    def buffers(self, group: Group) -> dict[str, float]:
        """The mean s of squared gradients; where asked for, the velocity v and the mean gradient ḡ."""
        names = ["square_avg"] + ["momentum_buffer"] * (group["momentum"] > 0) + ["grad_avg"] * group["centered"]
        return dict.fromkeys(names, 0.0)

    def update(self, parameter: Array, gradient: Array, state: dict[str, Any], group: Group) -> None:
        """One step, each weight's length scaled by its recent past."""
        alpha, square = group["alpha"], state["square_avg"]
        if group["weight_decay"]:
            gradient = gradient + group["weight_decay"] * parameter
        square *= alpha
        square += (1 - alpha) * np.square(gradient)
        if group["centered"]:
            mean = state["grad_avg"]
            mean *= alpha
            mean += (1 - alpha) * gradient
            square = np.maximum(square - np.square(mean), 0)
        step = np.sqrt(square)
        step += group["eps"]
        np.divide(gradient, step, out=step)
        if group["momentum"]:
            velocity = state["momentum_buffer"]
            velocity *= group["momentum"]
            velocity += step
            np.multiply(velocity, group["lr"], out=step)
        else:
            step *= group["lr"]
        parameter -= step
