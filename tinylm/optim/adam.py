"""Adam: momentum and RMSprop together, each corrected for having started at zero."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..backend import Array
from ..kernels import kernel
from .optimizer import Group, Optimizer, Params


class Adam(Optimizer):
    """θ ← θ - lr · m̂ / (√v̂ + eps)  (Kingma & Ba 2015)

    m and v are running means of the gradient g and of its square; the hats undo their start at zero:
        m ← β₁ m + (1 - β₁) g      m̂ = m / (1 - β₁ᵗ)
        v ← β₂ v + (1 - β₂) g²     v̂ = v / (1 - β₂ᵗ)

    lr            about how far each weight moves in a step, whatever the size of its gradient
    betas         β₁ and β₂, how slowly the past is forgotten, each from 0 up to, but without, 1
    eps           keeps a weight without gradients from 0 / 0
    weight_decay  adds weight_decay · θ to the gradient: an L2 penalty; AdamW does better
    amsgrad       the largest v so far stands in the place of v, so that no step grows back (Reddi et al. 2018)
    l1            an L1 penalty, as Optimizer describes it
    """

    def __init__(self, params: Params, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 0.0, amsgrad: bool = False, *, l1: float = 0.0) -> None:
        super().__init__(params, {"lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay,
                                  "amsgrad": amsgrad, "l1": l1})

    def check(self, group: Group) -> None:
        """Two betas, each in [0, 1)."""
        super().check(group)
        self._require(group, "from 0", 0, math.inf, "eps")
        self._require(group, "two numbers from 0", 0, 1, "betas")
        if len(group["betas"]) != 2:
            raise ValueError(f"{self._name}: betas={group['betas']} must be two numbers, β₁ and β₂")

    def buffers(self, group: Group) -> dict[str, float]:
        """The running means m and v."""
        return dict.fromkeys(["exp_avg", "exp_avg_sq"] + ["max_exp_avg_sq"] * group["amsgrad"], 0.0)

    def update(self, parameter: Array, gradient: Array, state: dict[str, Any], group: Group) -> None:
        """One step, each weight's length scaled by its own past."""
        if group["weight_decay"]:
            gradient = gradient + group["weight_decay"] * parameter
        self.adapted(parameter, gradient, state, group)

    def adapted(self, parameter: Array, gradient: Array, state: dict[str, Any], group: Group) -> None:
        """θ ← θ - lr · m̂ / (√v̂ + eps); the hats are worked into lr and eps, a number each."""
        (beta1, beta2), t = group["betas"], state["step"]
        hat = math.sqrt(1 - beta2**t)  # √v̂ = √v / hat
        lr, eps = group["lr"] * hat / (1 - beta1**t), group["eps"] * hat
        mean, square = state["exp_avg"], state["exp_avg_sq"]
        largest = state["max_exp_avg_sq"] if group["amsgrad"] else None
        adam_step(parameter, gradient, mean, square, largest, beta1, beta2, lr, eps)


@kernel
def adam_step(parameter: Array, gradient: Array, mean: Array, square: Array, largest: Array | None, beta1: float,
              beta2: float, lr: float, eps: float) -> None:
    """m and v, then θ ← θ - lr m / (√v + eps), where the largest v stands for v if it is kept"""
    new = (1 - beta1) * gradient
    mean *= beta1
    mean += new
    np.square(gradient, out=new)
    new *= 1 - beta2
    square *= beta2
    square += new
    if largest is not None:
        square = np.maximum(largest, square, out=largest)
    step = np.sqrt(square, out=new)
    step += eps
    np.divide(mean, step, out=step)
    step *= lr
    parameter -= step
