"""Clipping: gradients that are too large are made smaller, so that one bad batch cannot throw the weights away."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from ..backend import Array
from ..tensor import Tensor
from .gradients import collect, side_by_side


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False,
    *, gradients: Sequence[Tensor | None] | None = None,
) -> Tensor:
    """g ← g · min(1, max_norm / (‖g‖ + 1e-6)), in place, g being all gradients as one vector (Pascanu et al. 2013).

    The direction stays; only the length is cut. Gives ‖g‖ as it was before, a Tensor of shape (), float32 at least.

    parameters          whose `.grad` to clip; those without one do not count
    max_norm            the longest g may be
    norm_type           p of ‖g‖ = (Σ |gᵢ|ᵖ)^(1/p); math.inf for the largest |gᵢ|
    error_if_nonfinite  raise RuntimeError if ‖g‖ is NaN or infinite, instead of making all of g NaN; the gradients
                        are left as they are. On a GPU this waits for the answer
    gradients           clip these, one for each parameter, instead of what stands in `.grad`

    Raises ValueError for a negative `max_norm` or a `norm_type` not above 0, and as `gradients.collect` does.
    """
    if not (max_norm >= 0 and norm_type > 0):
        raise ValueError(f"clip_grad_norm_: max_norm={max_norm} must not be negative, and norm_type={norm_type} must "
                         "be above 0")
    found = _collected("clip_grad_norm_", parameters, gradients)
    arrays = side_by_side(found)
    total = np.linalg.norm(np.stack([_norm(array, norm_type) for array in arrays]), norm_type)
    if error_if_nonfinite and not math.isfinite(total):
        raise RuntimeError(
            f"clip_grad_norm_: the norm of the gradients is {float(total)}, so they hold NaN or infinities or are too "
            "large; `with tl.detect_anomaly():` around the step names the operation that made them"
        )
    factor = np.minimum(max_norm / (total + 1e-6), 1.0)
    if not (isinstance(factor, np.generic) and factor == 1):  # on a GPU it costs more to ask than to multiply
        for gradient in found:
            gradient.writable()  # counts as a write
        for array in arrays:
            array *= factor
    return Tensor(total)


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, *,
                     gradients: Sequence[Tensor | None] | None = None) -> None:
    """g ← min(max(g, -clip_value), clip_value), each number by itself, in place.

    Simpler than by norm, but the direction changes. NaN stays NaN. `gradients` as for clip_grad_norm_.
    Raises ValueError for a negative `clip_value`, and as `gradients.collect` does.
    """
    if not clip_value >= 0:
        raise ValueError(f"clip_grad_value_: clip_value={clip_value} must not be negative")
    for gradient in _collected("clip_grad_value_", parameters, gradients):
        gradient.assign(np.clip(gradient.data, -clip_value, clip_value))


def _collected(caller: str, parameters: Tensor | Iterable[Tensor],
               gradients: Sequence[Tensor | None] | None) -> list[Tensor]:
    params = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    if not params:
        raise ValueError(f"{caller}: no parameters given (model.parameters() is an iterator, used up after one use)")
    return [gradient for gradient in collect(caller, params, gradients) if gradient is not None]


def _norm(array: Array, norm_type: float) -> Array:
    """The norm of one gradient; squares of float16 would soon be infinite."""
    flat = array.reshape(-1)
    return np.linalg.norm(flat.astype(np.float32) if flat.dtype.itemsize < 4 else flat, norm_type)
