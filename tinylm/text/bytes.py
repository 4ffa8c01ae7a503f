"""The tokenizer that needs no learning: one token for each byte of the text in UTF-8."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

import numpy as np

from .bytelevel import SYMBOLS, ByteLevel, check_byte_level
from .tokenizer import File


class Bytes(ByteLevel):
    """Bytes to ids and back: the id is the byte, 0 to 255; special tokens follow.

    English has one byte for each character, most of Europe's letters take two, Chinese characters three, emoji four.
    A vocabulary of 256 and nothing unknown, at the price of long sequences (Xue et al. 2022, ByT5).
    """

    kind = "byte"

    def __init__(self, special: Iterable[str] = ()) -> None:
        super().__init__([SYMBOLS[byte] for byte in range(256)], special)
        for token in self.special:
            if token in SYMBOLS.values():
                raise ValueError(f"the special token {token!r} is a byte already: take a longer name")

    @classmethod
    def fit(cls, text: str, special: Iterable[str] = ()) -> Self:
        """There is nothing to learn from a text; it is here so that all tokenizers are made alike."""
        return cls(special)

    @classmethod
    def from_file(cls, file: File) -> Self:
        """The tokenizer that a file describes. Raises ValueError for one of another kind."""
        check_byte_level(file)
        if file.model["merges"] or file.tokens != cls(file.special).tokens:
            raise ValueError("its ids are not the bytes")
        return cls(file.special)

    def _encode(self, text: str) -> np.ndarray:
        return np.frombuffer(text.encode("utf-8"), dtype=np.uint8).astype(np.int64)
