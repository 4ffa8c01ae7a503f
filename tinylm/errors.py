"""Turning an array library's error into one that names the operation, the shapes and the way out."""

from __future__ import annotations

from typing import Any

import numpy as np

from .backend import device_of


def explain(name: str, arguments: dict[str, Any], error: Exception) -> Exception:
    """The same kind of error, for the person who called `name` with these `arguments`."""
    said = str(error)
    if said.startswith(f"{name}:") and "gufunc" not in said:  # already ours
        return error
    arrays = dict(_arrays(arguments))
    given = ", ".join(f"{key} {value.shape} {value.dtype}" for key, value in arrays.items())
    settings = ", ".join(f"{key}={value!r}" for key, value in arguments.items() if _is_setting(value))
    hint = (_devices(arrays) if isinstance(error, TypeError) else "") or _hint(name, arrays, arguments, error, said)
    message = f"{name}: {hint or said}\n  called with {'; '.join(filter(None, [given, settings]))}"
    try:
        return type(error)(message)
    except TypeError:  # some of NumPy's errors are made from other things than a message
        return next((k for k in (IndexError, ValueError, TypeError) if isinstance(error, k)), RuntimeError)(message)


def dtype_clash(name: str, dtypes: dict[str, np.dtype]) -> TypeError:
    """Two floating-point dtypes in one operation: almost always an accident that would double the memory."""
    listed = ", ".join(f"{key} is {dtype}" for key, dtype in dtypes.items())
    key, dtype = list(dtypes.items())[-1]
    other = next(d for d in dtypes.values() if d != dtype)
    return TypeError(f"{name}: {dtype} meets {other} ({listed}). Convert one of them: {key}.astype(np.{other})")


def _arrays(arguments: dict[str, Any]) -> list[tuple[str, Any]]:
    found = []
    for key, value in arguments.items():
        for place, part in enumerate(value) if isinstance(value, (list, tuple)) else [(None, value)]:
            if hasattr(part, "dtype") and hasattr(part, "shape"):
                found.append((key if place is None else f"{key}[{place}]", part))
    return found


def _is_setting(value: Any) -> bool:
    parts = value if isinstance(value, (list, tuple)) else [value]
    return value is not None and not any(hasattr(part, "dtype") for part in parts)


def _devices(arrays: dict[str, Any]) -> str:
    where = {key: device_of(getattr(value, "_array", value)) for key, value in arrays.items()}
    if len(set(where.values())) < 2:
        return ""
    key, device = next((k, d) for k, d in where.items() if d != "cpu")
    other = next(k for k, d in where.items() if d != device)
    return (f"{key} is on the device {device!r} and {other} on {where[other]!r}: "
            f"bring them together with tl.Tensor({other}).to({device!r})")


def _hint(name: str, arrays: dict[str, Any], arguments: dict[str, Any], error: Exception, said: str) -> str:
    shapes = [array.shape for array in arrays.values()]
    if isinstance(error, np.exceptions.AxisError) and shapes:
        ndim = len(shapes[0])
        return (f"{said.split(':', 1)[-1].strip()}. The axes of shape {shapes[0]} are {-ndim} to {ndim - 1}"
                if ndim else "a single number (shape ()) has no axes")
    if name == "matmul" and len(shapes) < 2:
        return "a matrix product takes arrays of one axis or more; numbers multiply with *"
    if isinstance(error, TypeError) and isinstance(arguments.get("axis"), list):
        return f"several axes are given as a tuple: axis={tuple(arguments['axis'])}"
    if name == "broadcast_to" and shapes:
        return (f"shape {shapes[0]} does not broadcast to {arguments['shape']}: counted from the right, its axes must "
                "be equal to those or 1")
    if name in ("concatenate", "stack", "split"):
        return f"{said}; slice or pad one of them first"
    if name in ("matmul", "dot") and len(shapes) == 2 and all(shapes):
        (*_, inner), right = shapes
        outer = right[-2] if len(right) > 1 else right[0]
        if inner != outer:
            turned = len(right) > 1 and right[-1] == inner
            return (f"shapes {shapes[0]} and {shapes[1]} do not multiply: the last axis of the first ({inner}) must "
                    f"equal the {'last but one' if len(right) > 1 else 'only'} axis of the second ({outer})"
                    + ("; transpose the second: b.mT" if turned else ""))
    if name == "reshape" and shapes:
        return (f"cannot reshape {shapes[0]}, which has {arrays['a'].size} elements, into {arguments['shape']}: "
                "the sizes must multiply to the same number (one of them may be -1: whatever is left)")
    if "broadcast" in said and len(shapes) > 1:
        for axis in range(1, min(map(len, shapes)) + 1):
            sizes = {shape[-axis] for shape in shapes} - {1}
            if len(sizes) > 1:
                return (f"shapes {' and '.join(map(str, shapes))} do not broadcast: counted from the right, axes must "
                        f"be equal or 1, but axis {-axis} has {' and '.join(map(str, sorted(sizes)))}")
    if isinstance(error, IndexError) and "integer" in said:
        return (f"{said}. Integer arrays, booleans of the array's own shape and slices index; "
                "convert ids with .astype(np.int64)")
    return ""
