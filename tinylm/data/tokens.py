"""A text as a file of token ids, mapped into memory: the way to train on more text than memory holds.

A token file is one page of JSON (dtype, length, which tokenizer, SHA-256), filled up with spaces, and then nothing but
the ids, so that NumPy reads them where they lie and the system fetches only the pages that are looked at.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..atomic import replacing
from .corpora import chunks
from .files import BLOCK

FORMAT = "TinyLM tokens 1"
HEADER = 4096  # bytes before the first id


class Tokenizer(Protocol):
    """What is needed of a tokenizer here; those in tinylm.text have it."""

    @property
    def kind(self) -> Any:
        """Of which kind it is."""

    @property
    def special(self) -> Sequence[str]:
        """Tokens that are kept whole."""

    def __len__(self) -> int: ...
    def encode(self, text: str, /) -> np.ndarray:
        """The ids of `text`."""

    def apart(self, text: str, /) -> list[str]:
        """`text` cut at its special tokens: ordinary, special, ordinary, ..., ordinary."""

    def to_json(self) -> str:
        """All there is to know about it."""


def write_tokens(path: str | Path, source: str | Path, tokenizer: Tokenizer) -> int:
    """Write the ids of a text (whatever `data.load` takes) to a file, piece by piece; gives how many there are.

    The file appears when it is whole; until then an older one stays as it is (on Windows it cannot be replaced while
    arrays of it are in use). Ids take one, two or four bytes, by the size of the vocabulary.
    Raises what `load` raises.
    """
    length = write_ids(path, encoded(chunks(source), tokenizer), tokenizer)
    if not length:
        raise ValueError(f"write_tokens: {source} gives no token with this {tokenizer.kind} tokenizer")
    return length


def write_ids(path: str | Path, pieces: Iterable[np.ndarray], tokenizer: Tokenizer) -> int:
    """As `write_tokens`, for ids that come in pieces; where there are none, no file is written."""
    dtype = id_type(tokenizer)
    length, checksum = 0, hashlib.sha256()
    with suppress(_NoIds), replacing(path) as file:
        file.write(b" " * HEADER)
        for ids in pieces:
            content = ids.astype(dtype).tobytes()
            file.write(content)
            checksum.update(content)
            length += len(ids)
        if not length:
            raise _NoIds
        header = json.dumps({"format": FORMAT, "dtype": dtype.str, "length": length, "vocabulary": len(tokenizer),
                             "tokenizer": _identity(tokenizer), "sha256": checksum.hexdigest()})
        file.seek(0)
        file.write(header.ljust(HEADER - 1).encode("ascii") + b"\n")
    return length


class _NoIds(Exception):  # noqa: N818  (no error: there is nothing to write)
    pass


def id_type(tokenizer: Tokenizer) -> np.dtype:
    """The smallest type that holds the ids: one, two or four bytes, little-endian."""
    return np.min_scalar_type(len(tokenizer) - 1).newbyteorder("<")


def read_tokens(path: str | Path, tokenizer: Tokenizer | None = None, verify: bool = True) -> np.ndarray:
    """The ids of a token file as an array that stays on the disk, (length,), read-only.

    tokenizer  if given, it has to be the one that the file was written with
    verify     compare the checksum, for which the whole file is read once

    Raises ValueError for a file that is something else, is truncated or damaged, or is from another tokenizer.
    """
    path = Path(path)
    with open(path, "rb") as file:
        try:
            header = json.loads(file.read(HEADER))
            if header["format"] != FORMAT:
                raise ValueError(f"its format is {header['format']!r}, not {FORMAT!r}")
            dtype, length, made_by, checksum = (header[key] for key in ("dtype", "length", "tokenizer", "sha256"))
            if dtype not in ("|u1", "<u2", "<u4") or not isinstance(length, int) or length < 1:
                raise ValueError(f"it holds {length} ids of dtype {dtype}")
            dtype = np.dtype(dtype)
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is no token file ({error}): write one with data.write_tokens") from error
        expected, found = HEADER + length * dtype.itemsize, os.path.getsize(path)
        if found != expected:
            raise ValueError(f"{path} is truncated or damaged: it has {found:,} bytes and should have {expected:,}. "
                             "Write it again with data.write_tokens")
        if tokenizer is not None and made_by != _identity(tokenizer):
            raise ValueError(f"{path} was written with another tokenizer: take that one, or write the file again")
        if verify and _checksum(file) != checksum:
            raise ValueError(f"{path} is damaged: its ids are not those that were written (SHA-256). "
                             "Write it again with data.write_tokens")
    return np.memmap(path, dtype=dtype, mode="r", offset=HEADER, shape=(length,))


def forget(ids: np.ndarray) -> None:
    """Let go of the pages of a token file that have been looked at; where needed again, they are read again.

    The system would do so when memory gets scarce, but until then they count as ours: a file of a gigabyte from which
    random windows are drawn is soon in memory as a whole. Arrays in memory, those that can be written to, and Windows,
    which has no such call, are left alone.
    """
    mapped = getattr(ids, "_mmap", None)
    if mapped is not None and not ids.flags.writeable and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def encoded(text: Iterable[str], tokenizer: Tokenizer) -> Iterator[np.ndarray]:
    """The ids of a text that comes in pieces; joined, what `tokenizer.encode` gives for the whole.

    Where a piece ends means nothing, so it is cut again where no token is split. A text without any white space has no
    such place for words and BPE: it is held in memory until it ends.
    """
    waiting, enough = "", 0
    for piece in text:
        for begin in range(0, len(piece), BLOCK):
            waiting += piece[begin:begin + BLOCK]
            if len(waiting) < enough:
                continue
            place = _cut(waiting, tokenizer)
            if place:
                yield tokenizer.encode(waiting[:place])
            waiting = waiting[place:]
            enough = 0 if place else 2 * len(waiting)  # so that looking in vain stays linear
    if waiting:
        yield tokenizer.encode(waiting)


def _cut(text: str, tokenizer: Tokenizer) -> int:
    """The last place where the text before and the text after can be encoded apart; 0 where there is none.

    It lies within no special token, nor so far at the end that one might begin before it and go on in what is to come.
    Unless each byte or character is a token, it is also before a space or line end that follows something else: no word
    of GPT-2's or of ours goes on there, and what is decided by the white space that follows is decided before.
    """
    last = len(text) - max(map(len, tokenizer.special), default=1) + 1
    begins = np.cumsum([0, *map(len, tokenizer.apart(text))])  # of ordinary, special, ordinary, ..., and the end

    def whole(place: int) -> bool:
        before = int(np.searchsorted(begins, place)) - 1  # the last part that begins before
        return before % 2 == 0 or begins[before + 1] == place

    if tokenizer.kind in ("byte", "character"):
        return next((place for place in range(last, 0, -1) if whole(place)), 0)
    return next((place for place in range(min(last, len(text) - 1), 0, -1)
                 if text[place] in " \n" and not text[place - 1].isspace() and whole(place)), 0)


def _identity(tokenizer: Tokenizer) -> str:
    return hashlib.sha256(tokenizer.to_json().encode("utf-8")).hexdigest()


def _checksum(file: Any) -> str:
    """Of what is left of a file."""
    found = hashlib.sha256()
    while block := file.read(BLOCK):
        found.update(block)
    return found.hexdigest()
