"""AdamW: Adam whose weights shrink apart from the gradient."""

from __future__ import annotations

from typing import Any

from ..backend import Array
from .adam import Adam
from .optimizer import Group, Params


class AdamW(Adam):
    """Adam with decoupled decay: θ ← (1 - lr · weight_decay) · θ, then Adam's step (Loshchilov & Hutter 2019).

    In Adam an L2 penalty is divided by √v̂ too, so that weights with large gradients hardly feel it; here
    all shrink alike. The arguments are Adam's.
    """

    def __init__(self, params: Params, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 1e-2, amsgrad: bool = False, *, l1: float = 0.0) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, l1=l1)

    def update(self, parameter: Array, gradient: Array, state: dict[str, Any], group: Group) -> None:
        """Shrink, then step."""
        if group["weight_decay"]:
            parameter *= 1 - group["lr"] * group["weight_decay"]
        self.adapted(parameter, gradient, state, group)
