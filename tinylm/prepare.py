"""From a text to what a language model is trained on: a tokenizer, ids, and where the held-out part begins.

Nothing of the held-out part is looked at before it is scored: the tokenizer is fitted on the training part alone, and
the two are encoded apart.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from . import data, text
from .data.tokens import encoded, id_type, write_ids
from .text import Tokenizer
from .text.tokenizer import START

IN_MEMORY = 2**26
"""A text of more characters than that is not held in memory: its ids are kept in a file."""

FITTED_ON = 10_000_000
"""A tokenizer learns from so many characters at most, the first of the training part."""

TOKENIZERS = ("character", "byte", "word", "bpe", "gpt2")


class Prepared(NamedTuple):
    """A text, ready to be learnt from."""

    tokenizer: Tokenizer
    ids: np.ndarray  # (length,), in memory or in a file
    start: int  # where the held-out part begins: ids[start:] is never trained on
    characters: tuple[int, int]  # how many the training part and the held-out part have
    size: int  # of the held-out part, in bytes of UTF-8
    spelling: float  # bits to spell the characters of the held-out part that the tokenizer does not know
    fingerprint: str  # SHA-256 of the whole text

    @property
    def tokens_per_byte(self) -> float:
        """Of the held-out part: what turns a loss a token into one a byte."""
        return (len(self.ids) - self.start) / self.size


def prepare(source: str | Path, tokenizer: str | Tokenizer, vocabulary: int | None = None,
            ids_file: Path | None = None, whole: bool = False) -> Prepared:
    """Read, split, fit and encode.

    source      whatever `data.load` takes
    tokenizer   one that is there, or the kind to fit: see TOKENIZERS; or the path of a tokenizer.json
    vocabulary  how many ids a "bpe" or "word" tokenizer shall have
    ids_file    where the ids of a large text are kept; a text that needs it and has none raises ValueError
    whole       hold all of the text out: nothing is learnt from it, so the tokenizer has to be there

    Raises what `data.load` raises, and ValueError for a tokenizer that there is not.
    """
    kept: list[str] | None = []
    length, checksum = 0, hashlib.sha256()
    for piece in data.chunks(source):
        length += len(piece)
        checksum.update(piece.encode("utf-8", "surrogatepass"))
        kept = [*kept, piece] if kept is not None and length <= IN_MEMORY else None
    place = 0 if whole else data.split_at(length)

    def part(begin: int, end: int) -> Iterator[str]:
        return _between(data.chunks(source) if kept is None else iter(kept), begin, end)

    if isinstance(tokenizer, str):
        tokenizer = fitted(tokenizer, "".join(part(0, min(place, FITTED_ON))), vocabulary)
    start, size, spelling = 0, 0, 0.0
    for piece in part(place, length):
        size += len(piece.encode("utf-8"))
        spelling += spelling_bits(tokenizer, piece)

    def learnt() -> Iterator[np.ndarray]:
        nonlocal start
        for ids in encoded(part(0, place), tokenizer):
            start += len(ids)
            yield ids

    pieces = chain(learnt(), encoded(part(place, length), tokenizer))
    if kept is not None:
        found = np.concatenate([ids.astype(id_type(tokenizer)) for ids in pieces])
    elif ids_file is None:
        raise ValueError(f"{source} has {length:,} characters, too many to hold in memory: give a file for its ids")
    else:
        write_ids(ids_file, pieces, tokenizer)
        found = data.read_tokens(ids_file, tokenizer, verify=False)
    if len(found) == start:
        raise ValueError(f"{source}: this {tokenizer.kind} tokenizer finds no token in the part that is scored")
    return Prepared(tokenizer, found, start, (place, length - place), size, spelling, checksum.hexdigest())


def fitted(kind: str, training: str, vocabulary: int | None = None) -> Tokenizer:
    """The tokenizer of this kind for a training text. Raises ValueError for a kind that there is not."""
    if vocabulary is not None and kind not in ("bpe", "word"):
        raise ValueError(f"--vocabulary {vocabulary}: the size of a {kind} vocabulary is not chosen; take a bpe or a "
                         "word tokenizer")
    if kind == "character":
        return text.Characters.fit(training)
    if kind == "byte":
        return text.Bytes([START])
    if kind == "word":
        return text.Words.fit(training, min_count=2, max_size=vocabulary)
    if kind == "bpe":
        return text.BPE.fit(training, 1000 if vocabulary is None else vocabulary, [START])
    if kind == "gpt2":
        return text.gpt2()
    if Path(kind).is_file():
        return text.load(kind)
    raise ValueError(f"there is no tokenizer {kind!r}; there are {', '.join(TOKENIZERS)}, or the path of a "
                     "tokenizer.json")


def spelling_bits(tokenizer: Any, content: str) -> float:
    """What it costs, beyond the unknown token, to say which characters stood there: one of all others in Unicode.

    Without it a tokenizer would score the better the less it knows. NaN for a word tokenizer: it drops white space
    and cannot give the text back, so that no number of bits is enough.
    """
    if isinstance(tokenizer, text.Words):
        return math.nan
    if tokenizer.unknown_id is None:
        return 0.0
    strange = set(tokenizer.unknown(content))
    if not strange:
        return 0.0
    return sum(map(content.count, strange)) * math.log2(0x110000 - 0x800 - len(tokenizer))


def _between(pieces: Iterator[str], begin: int, end: int) -> Iterator[str]:
    """The characters begin to end of a text that comes in pieces."""
    place = 0
    for piece in pieces:
        if place + len(piece) > begin:
            yield piece[max(0, begin - place):end - place]
        place += len(piece)
        if place >= end:
            return
