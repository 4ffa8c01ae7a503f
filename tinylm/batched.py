"""The gradient of a batch that comes in parts, summed in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, cast

import numpy as np

from .backend import Array
from .graph import Place, differentiate
from .nn import Module, dropout_keys
from .tensor import Tensor, wrap

Batch = tuple[Any, Any]  # what goes into the model, and what should come out


class Gradients(NamedTuple):
    """What a step found: the mean loss, the gradient of each parameter, and over how many targets."""

    loss: float
    found: list[Tensor | None]
    targets: int


class Part(NamedTuple):
    """Some rows of a batch."""

    inputs: Any
    targets: Any
    weight: int  # how many of the targets count
    row: int  # where in the whole batch the first row stands


class Sum:
    """The gradients of all parameters, side by side in one flat array (one for each dtype and device there is).

    What is added is written in place, so that a step makes no new arrays for it, and two sums become one, or a
    gradient is clipped, in a single pass over all weights.
    """

    def __init__(self, params: Sequence[Tensor]) -> None:
        sizes: dict[tuple[Any, str], int] = {}
        starts = []
        for parameter in params:
            kind = parameter.dtype, parameter.device
            starts.append((kind, sizes.get(kind, 0)))
            sizes[kind] = sizes.get(kind, 0) + parameter.size
        likes = {(p.dtype, p.device): p.data for p in params}
        self.flats: list[Array] = [np.empty_like(likes[kind], shape=(size,)) for kind, size in sizes.items()]
        by_kind = dict(zip(sizes, self.flats, strict=True))
        self.views: list[Array] = [by_kind[kind][start:start + p.size].reshape(p.shape)
                                   for p, (kind, start) in zip(params, starts, strict=True)]
        self.places = [cast(Place, (p._node, p._output)) for p in params]
        self.used = [False] * len(params)  # whether a parameter has had a gradient yet
        self.loss = 0.0

    def clear(self) -> Sum:
        """Begin anew. Nothing is written: the first gradient of a parameter takes the place of the old one."""
        self.used, self.loss = [False] * len(self.views), 0.0
        return self

    def add(self, mean: Tensor) -> None:
        """Add a loss, and its gradient."""
        self.loss += float(mean.item())
        if mean._node is None:
            return
        roots = [(mean._node, mean._output, np.ones_like(mean.data))]
        found = differentiate(roots, {place for place in self.places if place[0] is not None})
        for k, (view, place) in enumerate(zip(self.views, self.places, strict=True)):
            if place in found:
                self._put(k, view, found[place])

    def join(self, other: Sum) -> None:
        """Add another sum over the same parameters."""
        self.loss += other.loss
        if all(self.used) and all(other.used):
            for flat, more in zip(self.flats, other.flats, strict=True):
                np.add(flat, more, out=flat)
            return
        for k, (view, more, used) in enumerate(zip(self.views, other.views, other.used, strict=True)):
            if used:
                self._put(k, view, more)

    def _put(self, place: int, view: Array, gradient: Array) -> None:
        if self.used[place]:
            np.add(view, gradient, out=view)
        else:
            view[...] = gradient
            self.used[place] = True

    def found(self) -> list[Tensor | None]:
        """The sums, as Tensors that share the memory; None for a parameter that nothing depends on."""
        return [wrap(view, None, 0, [0]) if used else None for view, used in zip(self.views, self.used, strict=True)]


def add_parts(total: Sum, model: Module, loss: Callable[[Any, Any], Any], parts: Iterable[Part], targets: int,
              seed: int, step: int) -> None:
    """Add up ∇L = Σ (cᵢ / Σ c) ∇Lᵢ: as if all parts were one batch, in the memory of the largest.

    Each Lᵢ is the mean over the cᵢ targets of its part that count, and Σ c = `targets` are in the whole batch. Masks of
    dropout hang on the row of the whole batch, so that where it was cut does not show.
    """
    for part in parts:
        if part.weight:
            with dropout_keys(seed, step, part.row):
                mean = loss(model(part.inputs), part.targets)
            total.add(mean if part.weight == targets else mean * (part.weight / targets))
