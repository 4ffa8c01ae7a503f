"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from typing import Any

from ..backend import Array
from .optimizer import Group, Optimizer, Params


class SGD(Optimizer):
    """θ ← θ - lr · v  (Robbins & Monro 1951)

    With the gradient g, v is
        v ← g                                            without momentum
        v ← momentum · v + (1 - dampening) · g           with it (Polyak 1964); the first v is g
        g + momentum · v  instead of that v              with nesterov: a look ahead (Sutskever et al. 2013)

    lr            how far to go
    momentum      how much of the last step's direction stays, from 0 up to, but without, 1
    dampening     how much of the new gradient is held back once v has started
    weight_decay  adds weight_decay · θ to the gradient: an L2 penalty
    nesterov      wants momentum, and no dampening
    l1            an L1 penalty, as Optimizer describes it

    The learning rate stands outside v, as in PyTorch; in the papers it stands inside, which differs only where
    it changes on the way.
    """

    def __init__(self, params: Params, lr: float = 1e-3, momentum: float = 0.0, dampening: float = 0.0,
                 weight_decay: float = 0.0, nesterov: bool = False, *, l1: float = 0.0) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "dampening": dampening,
                                  "weight_decay": weight_decay, "nesterov": nesterov, "l1": l1})

    def check(self, group: Group) -> None:
        """Momentum in [0, 1); Nesterov's needs momentum and no dampening."""
        super().check(group)
        self._require(group, "from 0", 0, 1, "momentum")
        if not 0 <= group["dampening"] <= 1:
            raise ValueError(f"SGD: dampening={group['dampening']} must be from 0 to 1")
        if group["nesterov"] and (not group["momentum"] or group["dampening"]):
            raise ValueError(f"SGD: nesterov=True needs momentum above 0 and dampening=0, not "
                             f"momentum={group['momentum']} and dampening={group['dampening']}")

    def buffers(self, group: Group) -> dict[str, float]:
        """The velocity v."""
        return {"momentum_buffer": 0.0} if group["momentum"] else {}

    def update(self, parameter: Array, gradient: Array, state: dict[str, Any], group: Group) -> None:
        """One step downhill."""
        if group["weight_decay"]:
            gradient = gradient + group["weight_decay"] * parameter
        if momentum := group["momentum"]:
            velocity = state["momentum_buffer"]
            velocity *= momentum
            share = 1 - group["dampening"] if state["step"] > 1 else 1.0
            velocity += gradient if share == 1 else share * gradient
            gradient = gradient + momentum * velocity if group["nesterov"] else velocity
        parameter -= group["lr"] * gradient
