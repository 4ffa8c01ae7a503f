"""Small parameters side by side: what an optimizer moves in one go."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..backend import Array
from ..tensor import Tensor

BLOCK = 384 * 1024
"""Bytes that a formula walks over at a time, so that what it makes stays in the cache; with much less, threads would
wait for the interpreter more than they compute (measured: 96 KB takes two threads as long as one)."""
SMALL = 96 * 1024  # bytes of a pack of several parameters; more is not worth its copy


class Pack:
    """Parameters of one dtype and device, and what is remembered of them in one flat array for each name.

    The parameters and their gradients stay where they are and are copied together for the step; a parameter that is
    alone is not copied.
    """

    def __init__(self, params: Sequence[Tensor]) -> None:
        self.params = list(params)
        ends = list(itertools.accumulate(parameter.size for parameter in params))
        self.parts = [slice(end - p.size, end) for p, end in zip(params, ends, strict=True)]
        self._flats: dict[str, Array] = {}

    def state(self, memories: Sequence[dict[str, Any]], names: Sequence[str]) -> dict[str, Array]:
        """What is remembered of all the parameters, flat: what stands in `memories` shares that memory from now on."""
        if len(memories) == 1:
            return {name: memories[0][name].reshape(-1) for name in names}
        for name in names:
            flat = self._flats.get(name)
            if flat is None or not all(memory[name].base is flat for memory in memories):
                flat = self._flats[name] = np.concatenate([memory[name].reshape(-1) for memory in memories])
                for memory, part in zip(memories, self.parts, strict=True):
                    memory[name] = flat[part].reshape(memory[name].shape)
        return {name: self._flats[name] for name in names}

    def gather(self) -> Array:
        """The values of all parameters, flat; to be written to, and then given to `scatter`."""
        if len(self.params) == 1:
            return self.params[0].writable().reshape(-1)  # its own memory, unless its layout is another
        return np.concatenate([parameter._array.reshape(-1) for parameter in self.params])

    def scatter(self, values: Array) -> None:
        """Write the new values into the parameters."""
        if len(self.params) == 1:
            own = self.params[0]._array
            if not own.flags.c_contiguous:
                own[...] = values.reshape(own.shape)
            return
        for parameter, part in zip(self.params, self.parts, strict=True):
            own = parameter.writable()
            own[...] = values[part].reshape(own.shape)


def blocks(array: Array) -> Iterator[slice]:
    """A flat array cut into what fits in the cache; on a GPU all of it at once."""
    length = BLOCK // array.itemsize if isinstance(array, np.ndarray) else max(array.size, 1)
    return (slice(start, start + length) for start in range(0, array.size, length))


def packs(params: Sequence[Tensor], steps: Sequence[int]) -> list[Pack]:
    """The parameters in packs. What is large is alone, since a formula on it costs more than the call, and copying it
    would cost too; on a GPU, where each call costs much, nothing is large.

    steps  how often each was moved: those of a pack are alike in it
    """
    alone: list[list[Tensor]] = []
    together: dict[Any, list[Tensor]] = {}  # the pack to be filled
    sizes: dict[Any, int] = {}
    for parameter, step in zip(params, steps, strict=True):
        array, key = parameter._array, (parameter.dtype, parameter.device, step)
        on_host = isinstance(array, np.ndarray)
        if on_host and array.nbytes > SMALL // 4:
            alone.append([parameter])
            continue
        if key not in together or (on_host and sizes[key] + array.nbytes > SMALL):
            together[key], sizes[key] = [], 0
            alone.append(together[key])
        together[key].append(parameter)
        sizes[key] += array.nbytes
    return [Pack(members) for members in alone]
