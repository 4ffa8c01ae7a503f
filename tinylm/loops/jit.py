"""How loops are compiled: serially, since `Shards` has the threads, and without the interpreter's lock."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import numba
from numba import types

from ..kernels import Kernel

Function = TypeVar("Function", bound=Callable[..., Any])

FREELY = {"contract", "reassoc", "nsz"}
"""What rounding may change: a b + c in one go, and sums in another order. NaN and infinity stay what they are."""

number, flag, none = types.float64, types.boolean, types.none
_said: list[str] = []


def given(axes: int, layout: str = "C") -> Any:
    """An array of float32 that is read."""
    return types.Array(types.float32, axes, layout, readonly=True)


def written(axes: int, layout: str = "C") -> Any:
    """An array of float32 that is written to, or made."""
    return types.Array(types.float32, axes, layout)


def pair(*kinds: Any) -> Any:
    """Several results."""
    return types.Tuple(kinds)


def compiles(kernel: Kernel, *arguments: Any, gives: Any = none) -> Callable[[Function], Function]:
    """Compile a function for arguments of these types, to run for a kernel. What is compiled is kept on disk."""
    def register(loop: Function) -> Function:
        how: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": FREELY}
        try:
            made = numba.njit(gives(*arguments), cache=True, **how)(loop)
            new = bool(made.stats.cache_misses)
        except (RuntimeError, OSError):  # no folder that can be written to
            made, new = numba.njit(gives(*arguments), **how)(loop), True
        if new and not _said:
            _said.append("said")
            print("TinyLM compiles its kernels: this takes some seconds, once", file=sys.stderr)
        kernel.loop = made
        return loop
    return register


def inlined(function: Function) -> Function:
    """A function of numbers, for loops to call: it is compiled into them, and rounds as it is written."""
    return numba.njit(fastmath={"contract"}, error_model="numpy")(function)
