"""Vectors of words as text, in word2vec's format: what is published loads, and what is written here loads elsewhere.

    400000 50                       how many words, how many dimensions
    the 0.418 0.24968 -0.41242 ...
    of 0.70853 0.57088 -0.4716 ...

GloVe's files are the same without the first line, and are recognised. Both are UTF-8, by convention the most frequent
word first. Files may be compressed (.gz).
"""

from __future__ import annotations

import gzip
import itertools
import os
import re
import warnings
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from .atomic import replacing
from .bars import shown
from .vectors import WordVectors

LINES = 4096
"""So many lines are read at a time."""

BINARY = ". Is the file binary? Only text is read here: gensim's save_word2vec_format(..., binary=False) writes it"

Line = tuple[int, bytes]  # its number, from 1, and what it holds


class Head(NamedTuple):
    """What the first line says."""

    words: int | None  # how many there are; None where the file does not say
    dimensions: int


def read_vectors(path: str | Path, limit: int | None = None) -> WordVectors:
    """The vectors of a text file in word2vec's or GloVe's format, as float32.

    limit  read only so many words, the first

    A word may hold blanks, as some of GloVe's do, unless what follows a blank in it reads as a number. Published files
    have words that come again and words that were cut within a character: of the former the first stands, the latter
    are left out, and a warning says so. Raises ValueError, with the line, for a line of another width and for entries
    that are no finite numbers; for a file that ends before all words that it promises, and for an empty one.
    """
    from tqdm import tqdm

    path = Path(path)
    if limit is not None and limit < 1:
        raise ValueError(f"read_vectors: limit={limit}; it is how many words to read, 1 or more")
    with open(path, "rb") as raw, tqdm(total=os.path.getsize(path), desc=f"reading {path.name}", unit="B",
                                       unit_scale=True, leave=False, delay=2) as bar:
        lines = _lines(_unpacked(path, raw) if path.suffix == ".gz" else raw)
        first = next(lines, None)
        if first is None:
            raise ValueError(f"{path} is empty: it holds no vectors")
        head = _head(path, first[1])
        if head.words is None:
            lines = itertools.chain([first], lines)
        wanted = head.words if limit is None or (head.words is not None and head.words < limit) else limit
        places: dict[str, int] = {}  # the line of each word
        left_out: list[str] = []
        blocks: list[np.ndarray] = []
        seen = 0
        while block := list(itertools.islice(lines, LINES if wanted is None else min(LINES, wanted - seen))):
            blocks.append(_rows(path, block, head.dimensions, places, left_out))
            seen += len(block)
            bar.update(raw.tell() - bar.n)
        more = next(lines, None) if limit is None else None
    if wanted is not None and seen < wanted and head.words is not None:
        raise ValueError(f"{path} is truncated: its first line promises {head.words:,} words, and there are {seen:,}")
    if more is not None:
        raise ValueError(f"{path}, line {more[0]}: its first line promises {head.words:,} words, and there are more")
    if left_out:
        shown = [*left_out[:3], *(["..."] if len(left_out) > 3 else [])]
        warnings.warn(f"{path}: {len(left_out):,} of {seen:,} words are left out:\n  " + "\n  ".join(shown),
                      stacklevel=2)
    if not places:
        raise ValueError(f"{path} holds no word in UTF-8{BINARY}")
    return WordVectors(list(places), np.concatenate(blocks))


def write_vectors(path: str | Path, vectors: WordVectors) -> None:
    """Write word2vec's text format, so that reading gives the same float32 numbers; the file appears when it is whole.

    Raises ValueError for words that the format cannot hold: empty ones, those with white space in them, and those that
    UTF-8 has no bytes for (half of a surrogate pair, which broken text may hold).
    """
    path = Path(path)
    for word in vectors.words:
        if not word or re.search(r"[ \t\r\n\v\f]", word):
            raise ValueError(f"write_vectors: the word {word!r} is empty or has white space in it, which separates "
                             "words from numbers in this format: write an underscore for it")
        try:
            word.encode("utf-8")
        except UnicodeEncodeError as error:
            raise ValueError(f"write_vectors: the word {word!r} cannot be written in UTF-8: {error.reason}") from error
    digits = 9 if vectors.matrix.dtype == np.float32 else 17  # as many as tell two neighbouring numbers apart
    form = " ".join([f"%.{digits}g"] * vectors.dimensions)
    with replacing(path) as file:
        file.write(f"{len(vectors)} {vectors.dimensions}\n".encode())
        for word, row in zip(shown(vectors.words, f"writing {path.name}"), vectors.matrix, strict=True):
            file.write(f"{word} {form % tuple(row.tolist())}\n".encode())


def _unpacked(path: Path, raw: BinaryIO) -> Iterator[bytes]:
    try:
        with gzip.open(raw) as file:
            yield from file
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} is truncated or damaged: {error}") from error


def _lines(file: Iterable[bytes]) -> Iterator[Line]:
    """The lines without their ends, and without blanks there, which word2vec itself leaves; empty ones are left out."""
    for number, line in enumerate(file, 1):
        if line := line.rstrip(b" \r\n"):
            yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line


def _head(path: Path, line: bytes) -> Head:
    parts = line.split(b" ")
    if re.fullmatch(rb"\d+ \d+", line):
        if not int(parts[0]) * int(parts[1]):
            raise ValueError(f"{path} holds no vectors: its first line promises none")
        return Head(int(parts[0]), int(parts[1]))
    dimensions = sum(1 for _ in itertools.takewhile(_is_number, reversed(parts[1:])))
    if not dimensions:
        raise ValueError(f"{path}, line 1: a word and its vector, or how many words and dimensions there are, is "
                         f"expected, not {line[:60]!r}{BINARY}")
    return Head(None, dimensions)


def _rows(path: Path, lines: list[Line], dimensions: int, places: dict[str, int], left_out: list[str]) -> np.ndarray:
    """The vectors of some lines, (lines, dimensions); their words are added to `places`, or else to `left_out`."""
    numbers, kept = [], []
    for number, line in lines:
        parts = line.split(b" ", 1)
        if line.count(b" ") != dimensions:
            fields = line.split(b" ")
            inside = len(fields) - dimensions  # how many parts the word has, if all else is numbers
            if inside < 1 or any(_is_number(part) for part in fields[1:inside]):
                raise ValueError(f"{path}, line {number}: {dimensions} numbers are expected after the word "
                                 f"{_shown(fields[0])}, and there are {len(fields) - 1}"
                                 + ("" if _is_text(line) else BINARY))
            parts = line.rsplit(b" ", dimensions)
            parts[1:] = [b" ".join(parts[1:])]
        try:
            word = parts[0].decode("utf-8")
        except UnicodeDecodeError:
            left_out.append(f"line {number}: {_shown(parts[0])} is not UTF-8")
            continue
        if word in places:
            left_out.append(f"line {number}: {word!r} stands in line {places[word]} already")
            continue
        places[word] = number
        numbers.append(parts[1].decode("latin-1"))
        kept.append((number, line))
    if not kept:
        return np.zeros((0, dimensions), dtype=np.float32)
    try:
        rows = np.loadtxt(numbers, np.float32, comments=None, delimiter=" ", ndmin=2)  # (lines, dimensions)
    except ValueError:
        rows = np.full((len(kept), dimensions), np.nan, dtype=np.float32)  # one of them is no number: say which
        for row, text in zip(rows, numbers, strict=True):
            if not all(_is_number(part.encode("latin-1")) for part in text.split(" ")):
                break
            row[:] = 0
    wrong = np.flatnonzero(~np.isfinite(rows).all(1))
    if wrong.size:
        number, line = kept[wrong[0]]
        raise ValueError(f"{path}, line {number}: the vector of {_shown(line.split(b' ')[0])} holds what is no finite "
                         "number")
    return rows


def _is_number(part: bytes) -> bool:
    try:
        float(part)
    except ValueError:
        return False
    return True


def _is_text(line: bytes) -> bool:
    try:
        return not re.search(r"[\x00-\x08]", line.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _shown(word: bytes) -> str:
    return repr(word[:40].decode("utf-8", "replace"))
