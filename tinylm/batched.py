"""The gradient of a batch that comes in parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .nn import Module, dropout_keys
from .tensor import Tensor, grad, wrap

Batch = tuple[Any, Any]  # what goes into the model, and what should come out


class Gradients(NamedTuple):
    """What a step found: the mean loss, the gradient of each parameter, and over how many targets."""

    loss: float
    found: list[Tensor | None]
    targets: int


def gradients(model: Module, loss: Callable[[Any, Any], Any], params: list[Tensor], parts: Sequence[Batch],
              counts: Sequence[int], seed: int, step: int) -> Gradients:
    """As if all parts were one batch, in the memory of the largest: ∇L = Σ (cᵢ / Σ c) ∇Lᵢ.

    Each Lᵢ is the mean over the cᵢ targets of its part that count. Masks of dropout hang on the row of the whole
    batch, so that where it was cut does not show. Raises ValueError where no target counts.
    """
    total, row, value = sum(counts), 0, 0.0
    if not total:
        raise ValueError(f"step {step}: the batch has no target that counts")
    found: list[Any] = [None] * len(params)
    for (inputs, targets), count in zip(parts, counts, strict=True):
        if count:
            with dropout_keys(seed, step, row):
                mean = loss(model(inputs), targets)
            if count != total:
                mean = mean * (count / total)
            value += float(mean.item())
            found = [new if old is None else old if new is None else wrap(old.data + new.data, None, 0, [0])
                     for old, new in zip(found, grad(mean, params), strict=True)]
        row += targets.shape[0] if targets.shape else 1
    return Gradients(value, found, total)
