"""Module: a function with parameters, made of other such functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..backend import Array
from ..tensor import Tensor


class Module:
    """A part of a network: its parameters and sub-modules are its attributes, `forward` says what it computes.

    A subclass sets Tensors with requires_grad=True and other Modules as attributes, in any order, and writes
    `forward`. Parameters are named by the attributes on the way to them, as PyTorch names them
    ("output.weight"), so weights move both ways.
    """

    def forward(self, *args: Any) -> Any:
        """What the module computes."""
        raise NotImplementedError(f"{type(self).__name__}: write its forward(self, ...)")

    def __call__(self, *args: Any, **settings: Any) -> Any:
        """`model(x)` is `model.forward(x)`."""
        return self.forward(*args, **settings)

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """Every parameter with its name, in the order in which they were set; one in two places comes once."""
        seen: set[Tensor] = set()
        for name, tensor in self._walk(prefix):
            if tensor not in seen:
                seen.add(tensor)
                yield name, tensor

    def _walk(self, prefix: str) -> Iterator[tuple[str, Tensor]]:
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield from value._walk(f"{prefix}{name}.")
            elif isinstance(value, Tensor) and value.requires_grad:
                yield prefix + name, value

    def parameters(self) -> Iterator[Tensor]:
        """Every parameter once: what an optimizer takes."""
        return (tensor for _, tensor in self.named_parameters())

    def state_dict(self) -> dict[str, np.ndarray]:
        """A copy of every parameter on the CPU, by name."""
        return {name: tensor.detach().numpy() for name, tensor in self.named_parameters()}

    def load_state_dict(self, state_dict: Mapping[str, Array]) -> None:
        """Overwrite the parameters with those of `state_dict`.

        Raises ValueError listing every name that is missing or unknown and every shape that differs;
        then nothing was written.
        """
        own = dict(self.named_parameters())
        wrong = [f"{name} is missing" for name in own if name not in state_dict]
        wrong += [f"{name} is not part of the model" for name in state_dict if name not in own]
        wrong += [f"{name} has shape {shape}, the model wants {own[name].shape}" for name, value in state_dict.items()
                  if name in own and (shape := tuple(value.shape)) != own[name].shape]
        if wrong:
            raise ValueError(f"load_state_dict: these weights do not fit this {type(self).__name__}:\n  "
                             + "\n  ".join(wrong) + "\nBuild the model with the settings the weights were saved with")
        for name, tensor in own.items():
            tensor.assign(np.asarray(state_dict[name]))

    def to(self, dtype: Any) -> Module:
        """The same module with parameters of another dtype; they are new Tensors, so call it before the optimizer."""
        for name, value in vars(self).items():
            if isinstance(value, Module):
                value.to(dtype)
            elif isinstance(value, Tensor) and value.requires_grad:
                setattr(self, name, Tensor(value.detach(), requires_grad=True, dtype=dtype))
        return self


class Sequential(Module):
    """Modules one after the other: y = fₙ(... f₂(f₁(x))). Its parts are named 0, 1, 2, ... as in PyTorch."""

    def __init__(self, *modules: Module) -> None:
        vars(self).update({str(place): module for place, module in enumerate(modules)})

    def forward(self, input: Any) -> Any:
        """Apply the modules in order."""
        for module in vars(self).values():
            input = module(input)
        return input
