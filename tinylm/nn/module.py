"""Module: a function with parameters, made of other such functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import numpy as np

from .. import backend
from ..backend import Array
from ..tensor import Tensor

Self = TypeVar("Self", bound="Module")


class _Place(NamedTuple):
    """Where a Tensor of a module is kept."""

    name: str  # with the attributes on the way: "encoder.0.weight"
    owner: Module
    attribute: str
    tensor: Tensor
    buffer: bool


class Module:
    """A part of a network: its parameters and sub-modules are its attributes, `forward` says what it computes.

    A subclass sets Tensors with requires_grad=True and other Modules as attributes, in any order, and writes
    `forward`. Parameters are named by the attributes on the way to them, as PyTorch names them
    ("output.weight"), so weights move both ways.
    """

    training = True
    """Whether it learns just now: what Dropout and BatchNorm1d go by. Set by train() and eval()."""

    splits = True
    """Whether a batch may be split over workers: not where, in training, its rows see each other."""

    def forward(self, *args: Any) -> Any:
        """What the module computes."""
        raise NotImplementedError(f"{type(self).__name__}: write its forward(self, ...)")

    def __call__(self, *args: Any, **settings: Any) -> Any:
        """`model(x)` is `model.forward(x)`."""
        return self.forward(*args, **settings)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, (list, tuple)) and any(isinstance(part, Module) for part in value):
            raise TypeError(f"{type(self).__name__}.{name}: modules in a {type(value).__name__} would not be found, "
                            "and so not be trained; put them in nn.ModuleList([...])")
        if isinstance(value, Tensor) and value.requires_grad and value.is_leaf:
            vars(self).setdefault("_owned", {})[name] = False  # a parameter, also when it is frozen later
        super().__setattr__(name, value)

    def register_buffer(self, name: str, tensor: Tensor) -> None:
        """Set an attribute that belongs to the state without being learnt, such as a running mean."""
        vars(self).setdefault("_owned", {})[name] = True
        setattr(self, name, tensor)

    # What is inside ------------------------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules right inside this one, by their attributes' names."""
        return ((name, value) for name, value in vars(self).items() if isinstance(value, Module))

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module (its name is "") and all inside it, however deep; one in two places comes once."""
        seen: set[Module] = set()

        def walk(module: Module, name: str) -> Iterator[tuple[str, Module]]:
            if module not in seen:
                seen.add(module)
                yield name, module
                for child, value in module.named_children():
                    yield from walk(value, f"{name}.{child}" if name else child)
        return walk(self, prefix)

    def modules(self) -> Iterator[Module]:
        """This module and all inside it."""
        return (module for _, module in self.named_modules())

    def _places(self, prefix: str = "") -> Iterator[_Place]:
        """Every parameter and buffer, one in two places twice: of each module its own first, as in PyTorch."""
        owned = vars(self).get("_owned", {})
        for name, value in vars(self).items():
            if isinstance(value, Tensor) and value.is_leaf and (value.requires_grad or name in owned):
                yield _Place(prefix + name, self, name, value, owned.get(name, False))
        for name, child in self.named_children():
            yield from child._places(f"{prefix}{name}.")

    def _tensors(self) -> dict[Tensor, _Place]:
        found: dict[Tensor, _Place] = {}
        for place in self._places():
            found.setdefault(place.tensor, place)
        return found

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """Every parameter with its name; one in two places comes once, under its first name."""
        return ((place.name, tensor) for tensor, place in self._tensors().items() if not place.buffer)

    def parameters(self) -> Iterator[Tensor]:
        """Every parameter once: what an optimizer takes."""
        return (tensor for _, tensor in self.named_parameters())

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """Every buffer with its name."""
        return ((place.name, tensor) for tensor, place in self._tensors().items() if place.buffer)

    # Modes, weights, places -------------------------------------------------------------------------------

    def train(self: Self, mode: bool = True) -> Self:
        """Switch this module and all inside it to training, or with False to evaluation."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: Self) -> Self:
        """Switch to evaluation: no dropout, and the averages that BatchNorm1d has collected."""
        return self.train(False)

    def state_dict(self) -> dict[str, np.ndarray]:
        """A copy of every parameter and buffer on the CPU, by name; one in two places comes once."""
        return {place.name: tensor.detach().numpy() for tensor, place in self._tensors().items()}

    def load_state_dict(self, state_dict: Mapping[str, Array]) -> None:
        """Overwrite parameters and buffers with those of `state_dict`.

        A parameter in two places is found under either name (PyTorch writes it twice), and both must agree.
        Raises ValueError listing every name that is missing or unknown, every shape that differs and every
        name that disagrees; then nothing was written.
        """
        given = {name: backend.to_host(value.detach() if isinstance(value, Tensor) else value)
                 for name, value in state_dict.items()}
        own = {place.name: place.tensor for place in self._places()}
        first = {tensor: next((name for name, t in own.items() if t is tensor and name in given), place.name)
                 for tensor, place in self._tensors().items()}
        wrong = [f"{name} is missing" for name in first.values() if name not in given]
        wrong += [f"{name} is not part of the model" for name in given if name not in own]
        wrong += [f"{name} has shape {value.shape}, the model wants {own[name].shape}"
                  for name, value in given.items() if name in own and value.shape != own[name].shape]
        wrong += [f"{name} and {first[own[name]]} are one in the model, and differ" for name, value in given.items()
                  if name in own and not np.array_equal(value, given[first[own[name]]], equal_nan=True)]
        if wrong:
            raise ValueError(f"load_state_dict: these weights do not fit this {type(self).__name__}:\n  "
                             + "\n  ".join(wrong) + "\nBuild the model with the settings the weights were saved with")
        for tensor, name in first.items():
            tensor.assign(given[name])

    def to(self: Self, target: Any) -> Self:
        """The same module on another device ("cpu", "gpu") or with another floating-point dtype (np.float64).

        Its parameters and buffers are new Tensors then, so call it before you make the optimizer.
        Raises ValueError for what is neither, RuntimeError where the device is missing.
        """
        device, dtype = (target, None) if isinstance(target, str) and target in backend.DEVICES else (None, target)
        try:
            floating = device is not None or np.dtype(dtype).kind == "f"
        except TypeError:
            floating = False
        if not floating:
            raise ValueError(f"{type(self).__name__}.to: {target!r} is neither a device ({', '.join(backend.DEVICES)}) "
                             "nor a floating-point dtype (np.float32, np.float64, np.float16)")
        moved: dict[Tensor, Tensor] = {}
        for place in list(self._places()):
            tensor = place.tensor
            if tensor not in moved:
                moved[tensor] = Tensor(tensor.detach(), tensor.requires_grad, dtype if tensor.dtype.kind == "f" else
                                       None, device or tensor.device)
            vars(place.owner)[place.attribute] = moved[tensor]
        return self

    def __repr__(self) -> str:
        lines = [f"{name}: {child!r}".replace("\n", "\n  ") for name, child in self.named_children()]
        facts = [f"{name}={value!r}" for name, value in vars(self).items()
                 if isinstance(value, (int, float, str)) and not name.startswith("_") and name != "training"]
        facts += [f"{p.attribute} {p.tensor.shape}" for p in self._places() if p.owner is self]
        if lines:
            facts.append(f"{sum(tensor.size for tensor in self.parameters()):,} parameters")
        return "\n  ".join([f"{type(self).__name__}({', '.join(facts)})", *lines])
