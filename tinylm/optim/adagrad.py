"""Adagrad: the more a weight has been moved already, the smaller its steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backend import Array
from .optimizer import Group, Optimizer, Params


class Adagrad(Optimizer):
    """θ ← θ - lrₜ · g / (√s + eps)  (Duchi, Hazan & Singer 2011)

    s is the sum of all squared gradients so far:
        s ← s + g²      lrₜ = lr / (1 + (t - 1) · lr_decay)

    Rare weights, such as those of rare words, keep long steps. Since s only grows, all steps go to zero.

    lr                         the length of the first step
    lr_decay                   how fast the learning rate falls besides
    weight_decay               adds weight_decay · θ to the gradient: an L2 penalty
    initial_accumulator_value  where s starts
    eps                        keeps a weight without gradients from 0 / 0
    l1                         an L1 penalty, as Optimizer describes it
    """

    def __init__(self, params: Params, lr: float = 1e-2, lr_decay: float = 0.0, weight_decay: float = 0.0,
                 initial_accumulator_value: float = 0.0, eps: float = 1e-10, *, l1: float = 0.0) -> None:
        super().__init__(params, {"lr": lr, "lr_decay": lr_decay, "weight_decay": weight_decay,
                                  "initial_accumulator_value": initial_accumulator_value, "eps": eps, "l1": l1})

    def check(self, group: Group) -> None:
        """Nothing negative."""
        super().check(group)
        self._require(group, "from 0", 0, np.inf, "lr_decay", "initial_accumulator_value", "eps")

    def buffers(self, group: Group) -> dict[str, float]:
        """The sum s of squared gradients."""
        return {"sum": group["initial_accumulator_value"]}

    def update(self, parameter: Array, gradient: Array, state: dict[str, Any], group: Group) -> None:
        """One step, each weight's length scaled by its whole past."""
        if group["weight_decay"]:
            gradient = gradient + group["weight_decay"] * parameter
        total = state["sum"]
        total += np.square(gradient)
        step = np.sqrt(total)
        step += group["eps"]
        np.divide(gradient, step, out=step)
        step *= group["lr"] / (1 + (state["step"] - 1) * group["lr_decay"])
        parameter -= step
