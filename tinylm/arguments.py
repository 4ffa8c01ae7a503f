"""What a call was given: put in the order of the formula's parameters, its Tensors turned into arrays, one dtype."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from types import EllipsisType, NoneType
from typing import Any

import numpy as np

from .backend import Array, beside
from .errors import dtype_clash
from .graph import MODE
from .tensor import Tensor

ALIASES = {("clip", "min"): "a_min", ("clip", "max"): "a_max", ("reshape", "newshape"): "shape",
           ("var", "correction"): "ddof", ("std", "correction"): "ddof"}
"""Second names that NumPy gives to some parameters."""

USUAL = ("C", "same_kind", "raise")  # settings that NumPy fills in by itself

ORDINARY = MODE.get()  # recording, and nothing else switched on
SETTING, ARRAY, ARRAYS = range(3)  # what a parameter takes: anything, one differentiable array, a list of them
PLAIN = frozenset({int, float, bool, str, NoneType, slice, EllipsisType, type})
NUMBERS = frozenset({int, float, bool})


def bind(primitive: Any, args: Sequence[Any], settings: dict[str, Any]) -> list[Any]:
    """Put the arguments of a call in order, as this primitive or the NumPy function it answers names them."""
    names = primitive.names[: primitive.positional]
    if len(args) > len(names):
        names = _numpy_names(primitive)
        if len(args) > len(names):
            raise TypeError(f"{primitive.name}: {len(args)} arguments given, it takes {', '.join(primitive.names)}")
    given = dict(zip(names, args))  # noqa: B905
    for key, value in settings.items():
        key = ALIASES.get((primitive.name, key), key)
        if key in given:
            raise TypeError(f"{primitive.name}: {key} is given twice")
        given[key] = value
    for key in [key for key in given if key not in primitive.names]:
        if not (given[key] is None or given[key] is np._NoValue or str(given[key]) in USUAL):
            raise TypeError(f"{primitive.name}: {key}={given[key]!r} is not supported on Tensors; "
                            f"it takes {', '.join(primitive.names)}")
    missing = [name for name in primitive.names if name not in given and name not in primitive.defaults]
    if missing:
        raise TypeError(f"{primitive.name}: {', '.join(missing)} is missing; it takes {', '.join(primitive.names)}")
    values = [given[name] if name in given else primitive.defaults[name] for name in primitive.names]
    return [primitive.defaults.get(name) if value is np._NoValue else value
            for name, value in zip(primitive.names, values, strict=True)]


def _numpy_names(primitive: Any) -> list[str]:
    for function in primitive.numpy:
        try:
            return [ALIASES.get((primitive.name, name), name) for name in inspect.signature(function).parameters]
        except (ValueError, TypeError):  # a ufunc, or written in C
            continue
    return primitive.names[: primitive.positional]


def strip(primitive: Any, value: Any) -> tuple[Any, bool]:
    """A setting with its Tensors turned into arrays, and whether there were any."""
    if type(value) is Tensor:
        if value._node is not None and MODE.get().record:
            raise TypeError(f"{primitive.name}: there is no derivative with respect to this argument, yet the Tensor "
                            "given for it requires a gradient; detach() it if it is meant as a constant")
        return value._array, True
    if type(value) in (tuple, list):
        parts = [strip(primitive, part) for part in value]
        return type(value)(part for part, _ in parts), any(found for _, found in parts)
    return value.item() if isinstance(value, np.generic) else value, False


def unify(primitive: Any, args: Sequence[Any], raw: list[Any]) -> list[Any]:
    """Bring numbers, integer arrays and lists to the floating-point dtype of the others.

    Raises TypeError where two arrays have different ones.
    """
    floats: dict[str, np.dtype] = {}
    where: Array = None  # an array: lists go where it lives
    for name, kind, given in zip(primitive.names, primitive.kinds, args, strict=True):
        several = kind == ARRAYS and isinstance(given, (list, tuple))
        for place, part in enumerate(given if several else [given] if kind else []):
            array = part._array if type(part) is Tensor else part
            if hasattr(array, "__array_function__"):
                where = array if where is None or type(part) is Tensor else where
                if array.dtype.kind in "fc" and (array.ndim or type(part) is Tensor):  # else it is a number
                    floats[f"{name}[{place}]" if kind == ARRAYS else name] = array.dtype
    if len(set(floats.values())) > 1:
        raise dtype_clash(primitive.name, floats)
    dtype = next(iter(floats.values()), None)
    try:
        return [value if not kind else [_convert(part, dtype, where) for part in value] if kind == ARRAYS
                else _convert(value, dtype, where) for value, kind in zip(raw, primitive.kinds, strict=True)]
    except (ValueError, TypeError) as error:
        raise type(error)(f"{primitive.name}: {error}") from error


def plain(value: Any) -> Any:
    """The value with arrays for its Tensors, inside tuples and lists too."""
    if type(value) in (tuple, list):
        return type(value)(map(plain, value))
    return value._array if type(value) is Tensor else value


def _convert(value: Any, dtype: np.dtype | None, where: Array) -> Any:
    """An operand in the dtype of the others; numbers stay numbers, which take any dtype."""
    if isinstance(value, (list, tuple)):
        value = np.asarray(value)
        dtype = dtype or (np.dtype(np.float32) if value.dtype.kind == "f" else None)
        value = value if where is None else beside(value, where)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, complex):
        raise TypeError(f"the number {value} is complex, Tensors are real")
    return value.astype(dtype) if dtype is not None and getattr(value, "dtype", dtype) != dtype else value
