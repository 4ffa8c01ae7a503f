"""Which array library an array belongs to, and how to move it to another.

The formulas of TinyLM are written in NumPy and reach other libraries through NumPy's own dispatch
protocols (NEP 13 and NEP 18), so this file is short: it only names devices, moves arrays between
them, and says what to install when a device is missing. It is the only file that knows CuPy's name.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Any, NamedTuple

import numpy as np

Array = Any  # a numpy.ndarray, a cupy.ndarray, or whatever answers NumPy's protocols as they do


class Device(NamedTuple):
    """How to recognise the arrays of a device and how to bring a NumPy array there."""

    holds: Callable[[Array], bool]
    put: Callable[[np.ndarray], Array]


DEVICES: dict[str, Device] = {
    "cpu": Device(holds=lambda array: isinstance(array, (np.ndarray, np.generic)), put=lambda array: array),
    "gpu": Device(holds=lambda array: type(array).__module__.partition(".")[0] == "cupy",
                  put=lambda array: _cupy().asarray(array)),
}
_default: ContextVar[str] = ContextVar("default device", default="cpu")


def _cupy() -> Any:
    """Import CuPy and make sure that it sees a GPU; otherwise say which of the three is missing."""
    try:
        import cupy
    except ImportError as error:
        raise RuntimeError(
            "the device 'gpu' needs CuPy, which is not installed: pip install cupy-cuda13x for CUDA 13, "
            'pip install cupy-cuda12x for CUDA 12 (or, in a clone of TinyLM, pip install -e ".[gpu13]" or ".[gpu]")'
        ) from error
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise RuntimeError(
            f"CuPy is installed, but no NVIDIA driver or no GPU answers it ({error}): run nvidia-smi to see "
            "which, install the driver for your card, or stay on the device 'cpu'"
        ) from error
    if count == 0:
        raise RuntimeError("CuPy and a driver are there, but no GPU is visible: is CUDA_VISIBLE_DEVICES empty?")
    return cupy


def _known(name: str) -> Device:
    try:
        return DEVICES[name]
    except (KeyError, TypeError):
        raise ValueError(f"no device is called {name!r}: TinyLM knows {', '.join(map(repr, DEVICES))}") from None


def device_of(array: Array) -> str:
    """The name of the device that holds `array`; a plain Python value counts as being on the CPU."""
    if type(array) is np.ndarray:
        return "cpu"
    return next((name for name, device in DEVICES.items() if device.holds(array)), "cpu")


def to_host(array: Array) -> np.ndarray:
    """The same values as a NumPy array: itself where it is one, else a copy brought over."""
    if isinstance(array, np.ndarray):
        return array
    return np.asarray(array.get() if hasattr(array, "get") else array)


def to_device(array: Array, name: str) -> Array:
    """The same values on the device `name`; raises RuntimeError, with the way out, if it is missing."""
    target = _known(name)
    return array if target.holds(array) else target.put(to_host(array))


def beside(array: Array, reference: Array) -> Array:
    """`array`, moved to wherever `reference` lives."""
    return to_device(array, device_of(reference))


def default_device() -> str:
    """The device on which new Tensors are made: "cpu", unless `tl.device` says otherwise."""
    return _default.get()


class device:  # noqa: N801  (used like a function: with tl.device("gpu"): ...)
    """`with tl.device("gpu"):` makes new Tensors on the GPU inside the block, in this thread.

    Raises RuntimeError with the install line where CuPy, a driver or a GPU is missing.
    """

    def __init__(self, name: str) -> None:
        _known(name).put(np.zeros(1))
        self.name, self._tokens = name, list[Token[str]]()

    def __enter__(self) -> device:
        self._tokens.append(_default.set(self.name))
        return self

    def __exit__(self, *exception: object) -> None:
        _default.reset(self._tokens.pop())


def checksum(array: Array) -> int:
    """A number that changes when the array's bytes do (CRC-32)."""
    return zlib.crc32(np.ascontiguousarray(to_host(array)).tobytes())


def generator(*key: int) -> np.random.Generator:
    """Random numbers that depend on `key` alone, such as (seed, step): nothing to save, nothing to drift.

    Philox is counter-based (Salmon et al. 2011): the key says where in its sequence to start.
    """
    return np.random.Generator(np.random.Philox(np.random.SeedSequence((len(key), *key))))
