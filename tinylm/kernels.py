"""Kernels: the inner steps of what is fused, on plain arrays, for which compiled loops may run.

A step such as Adam's is a dozen of NumPy's operations, each of which goes over all its numbers. It stands in a
function of its own:

    @kernel
    def decayed(mean, new, beta):
        mean *= beta
        mean += new

That is its definition. In `tinylm/loops/` a loop that Numba makes machine code of may hang on it, and runs in its
place for float32 arrays on the CPU, inside `with tl.compiled():`. Both write the same into the same arrays, so every
call is free to take the one or the other, and a test compares the two for every kernel that there is.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

KERNELS: dict[str, Kernel] = {}
"""Every kernel by name."""

SWITCH = "TINYLM_FAST"
"""The environment variable that keeps `Trainer.fit` from compiling anything, if it is 0."""

_wanted: ContextVar[bool | None] = ContextVar("compiled", default=None)  # None: nobody has said yet


class Kernel:
    """A function on arrays, and a loop that may run for it. See the head of this file."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.loop: Callable[..., Any] | None = None
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any) -> Any:
        """The loop where it is wanted, there, and made for such arrays; else the function."""
        if _wanted.get() and self.loop is not None and all(map(_suits, args)):
            try:
                return self.loop(*args)
            except TypeError:  # of arguments alone: a layout, say, that it was not compiled for
                pass
        return self.function(*args)


def kernel(function: Callable[..., Any]) -> Kernel:
    """Let a function on plain arrays have a compiled loop."""
    KERNELS[function.__name__] = made = Kernel(function)
    return made


@contextmanager
def compiled(enabled: bool | None = True) -> Iterator[bool]:
    """`with tl.compiled():` runs compiled kernels, in this thread, and `tl.compiled(False)` NumPy alone.

    enabled  None is what `Trainer.fit` asks for: as a block around it says; where none does, compiled if Numba is
             installed and the environment variable TINYLM_FAST is not 0

    Results are the same to rounding. Gives whether they are on. The first time ever, compiling takes some seconds.
    Raises ImportError, with what to install, where they are asked for and Numba is missing.
    """
    if enabled is None:
        enabled = _wanted.get()
    if enabled is None:
        enabled = os.environ.get(SWITCH) != "0" and importlib.util.find_spec("numba") is not None and _loads()
    if enabled:
        load()
    token = _wanted.set(enabled)
    try:
        yield enabled
    finally:
        _wanted.reset(token)


def load() -> None:
    """Compile all loops, or take them from Numba's cache."""
    try:
        importlib.import_module("numba")
    except ImportError as error:
        raise ImportError("compiled kernels need Numba, and it does not import: pip install numba (or, in a clone of "
                          'TinyLM, pip install -e ".[fast]")') from error
    importlib.import_module("tinylm.loops")


def _loads() -> bool:
    """Whether they can be had; a Numba that does not go with this Python or NumPy is done without."""
    try:
        load()
    except ImportError as error:
        warnings.warn(f"Numba is installed, but does not import, so no kernels are compiled: {error.__cause__}",
                      stacklevel=4)
        return False
    return True


def _suits(value: Any) -> bool:
    """Whether a loop may take it: a number, None, or NumPy's array of float32; not float16, float64, or a GPU's."""
    kind = type(value)
    return value.dtype == np.float32 if kind is np.ndarray else kind is float or kind is bool or value is None
