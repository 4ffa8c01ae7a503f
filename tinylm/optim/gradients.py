"""Where an update or a clipping takes its gradients from, and whether they fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..backend import Array
from ..tensor import Tensor


def collect(caller: str, params: Sequence[Tensor], gradients: Sequence[Tensor | None] | None) -> list[Tensor | None]:
    """The gradient of every parameter: `gradients` where they are given, else what stands in `.grad`.

    None stands for a parameter without one. Raises TypeError for what are not Tensors, ValueError where number,
    shape, dtype or device do not fit, and RuntimeError where not a single parameter has a gradient.
    """
    if gradients is not None and not isinstance(gradients, (list, tuple)):
        raise TypeError(f"{caller}: gradients come as a list, one for each parameter, as tl.grad(loss, params) gives "
                        f"it for a list of params; this is a {type(gradients).__name__}")
    found = [p.grad for p in params] if gradients is None else list(gradients)
    if len(found) != len(params):
        raise ValueError(f"{caller}: {len(found)} gradients for {len(params)} parameters; "
                         "take them in the same order: tl.grad(loss, optimizer.params)")
    if all(gradient is None for gradient in found):
        raise RuntimeError(f"{caller}: none of the {len(params)} parameters has a gradient. Call loss.backward() "
                           "first, or hand the gradients in: tl.grad(loss, optimizer.params)")
    for place, (parameter, gradient) in enumerate(zip(params, found, strict=True)):
        if gradient is None:
            continue
        if not isinstance(gradient, Tensor):
            raise TypeError(f"{caller}: gradient {place} is a {type(gradient).__name__}, not a Tensor")
        one, other = gradient._array, parameter._array
        if one.shape == other.shape and one.dtype == other.dtype and type(one) is type(other):
            continue
        has, wants = ((t.shape, t.dtype, t.device) for t in (gradient, parameter))
        if has != wants:
            raise ValueError(f"{caller}: gradient {place} has shape, dtype and device {_words(has)}, but its "
                             f"parameter {_words(wants)}. They come in the order of the parameters")
    return found


def side_by_side(gradients: Sequence[Tensor]) -> list[Array]:
    """The arrays of the gradients; where they fill one flat array, one after the other, that one alone."""
    arrays = [gradient._array for gradient in gradients]
    whole = arrays[0].base
    if len(arrays) < 2 or not isinstance(whole, np.ndarray) or whole.ndim != 1 or not whole.flags.c_contiguous:
        return arrays
    address = whole.ctypes.data
    for array in arrays:
        if array.base is not whole or array.dtype != whole.dtype or not array.flags.c_contiguous \
                or array.ctypes.data != address:
            return arrays
        address += array.nbytes
    return [whole] if address == whole.ctypes.data + whole.nbytes else arrays


def _words(facts: tuple[object, ...]) -> str:
    return ", ".join(map(str, facts))
