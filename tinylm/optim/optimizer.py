"""What all optimizers share: a list of parameters, a learning rate, and one way to write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..backend import Array
from ..tensor import Tensor


class Optimizer:
    """Moves parameters along their gradients. A subclass writes `update`.

    lr  the learning rate; set it anew whenever you like, as a schedule does
    """

    def __init__(self, params: Iterable[Tensor], lr: float, weight_decay: float) -> None:
        self.params, self.lr, self.weight_decay = list(params), lr, weight_decay
        name = type(self).__name__
        if not self.params:
            raise ValueError(f"{name}: no parameters given (model.parameters() is an iterator, used up after one use)")
        if isinstance(params, Tensor) or any(not (isinstance(p, Tensor) and p.requires_grad) for p in self.params):
            raise TypeError(f"{name}: it takes Tensors with requires_grad=True, such as model.parameters()")
        if lr < 0 or weight_decay < 0:
            raise ValueError(f"{name}: lr={lr} and weight_decay={weight_decay} must not be negative")

    def zero_grad(self) -> None:
        """Forget the gradients that `backward` added up."""
        for parameter in self.params:
            parameter.grad = None

    def step(self, gradients: Sequence[Tensor] | None = None) -> None:
        """Update every parameter once, by `gradients` (as `tl.grad` gives them) or by what stands in its `.grad`."""
        found = [p.grad for p in self.params] if gradients is None else gradients
        for place, (parameter, gradient) in enumerate(zip(self.params, found, strict=True)):
            if gradient is not None:
                parameter.assign(self.update(place, parameter.data, gradient.data))

    def update(self, place: int, parameter: Array, gradient: Array) -> Array:
        """The new values of the parameter number `place`."""
        raise NotImplementedError
