"""What is known of the documents between two steps: the texts on disk, a few numbers of each in memory."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

BATCH = 2**18
"""Documents go through the array operations together, this many bytes at a time: so that they stay in the cache."""


class Rows:
    """Rows of numbers on disk: written one after the other, and read wherever."""

    def __init__(self, path: Path, width: int, dtype: Any) -> None:
        self.path, self.width, self.dtype = path, width, np.dtype(dtype)
        self.count = 0
        self._file = open(path, "wb")  # noqa: SIM115  (closed by __exit__)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._file.close()

    def append(self, rows: np.ndarray) -> None:
        """Write rows, (count, width) or, of width 1, (count,)."""
        self._file.write(np.ascontiguousarray(rows, self.dtype).tobytes())
        self.count += len(rows)

    def take(self, places: np.ndarray) -> np.ndarray:
        """Some rows, (places, width). They are read one by one: of a map of the file far more would be in memory."""
        self._file.flush()
        found = np.empty((len(places), self.width), self.dtype)
        with open(self.path, "rb", buffering=0) as file:
            for row, place in zip(found, places.tolist(), strict=True):
                file.seek(place * row.nbytes)
                file.readinto(row)
        return found

    def parts(self) -> Iterator[np.ndarray]:
        """All rows in their order, about `BATCH` bytes of them at a time, (rows, width)."""
        self._file.flush()
        row = self.width * self.dtype.itemsize
        with open(self.path, "rb") as file:
            while data := file.read(max(BATCH // row, 1) * row):
                yield np.frombuffer(data, self.dtype).reshape(-1, self.width)

    def all(self) -> np.ndarray:
        """All rows, (count, width)."""
        self._file.flush()
        return np.fromfile(self.path, self.dtype).reshape(-1, self.width)


class Spool:
    """Texts on disk, each with its number: the first is 0.

    In memory are, of each, where it ends and where it comes from: 16 bytes.
    """

    def __init__(self, path: Path) -> None:
        self._file = open(path, "w+b")  # noqa: SIM115  (closed by __exit__)
        self._ends, self.files, self.lines = array("Q", [0]), array("I"), array("I")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._ends) - 1

    def append(self, data: bytes, file: int, line: int) -> None:
        """Add a text in UTF-8, which came from there."""
        self._file.seek(0, os.SEEK_END)
        self._file.write(data)
        self._ends.append(self._ends[-1] + len(data))
        self.files.append(file)
        self.lines.append(line)

    def read(self, number: int) -> str:
        """The text of this number."""
        self._file.seek(self._ends[number])
        return self._file.read(self._ends[number + 1] - self._ends[number]).decode("utf-8")

    @property
    def sizes(self) -> np.ndarray:
        """The bytes of each text, (texts,)."""
        return np.diff(np.array(self._ends, np.int64))

    def batches(self, numbers: Iterable[int]) -> Iterator[tuple[list[int], list[str]]]:
        """These texts in this order, about `BATCH` bytes at a time, each with its number."""
        some: list[int] = []
        size = 0
        for number in numbers:
            some.append(number)
            size += self._ends[number + 1] - self._ends[number]
            if size >= BATCH:
                yield some, [self.read(each) for each in some]
                some, size = [], 0
        if some:
            yield some, [self.read(each) for each in some]
