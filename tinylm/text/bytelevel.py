"""The alphabet of byte-level tokenizers: a text is its bytes in UTF-8, so nothing is ever unknown.

A vocabulary file is text, but most bytes are no text by themselves. Radford et al. (2019, GPT-2) therefore write each
byte as one visible character: those that print stand for themselves, the other 68 for the characters from U+0100
on, in order. The space, byte 32, is "Ġ"; the line end, byte 10, is "Ċ".
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from .tokenizer import File, Tokenizer, check_unicode

PRINTABLE = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]  # ! to ~, ¡ to ¬, ® to ÿ
OTHERS = sorted(set(range(256)) - set(PRINTABLE))
SYMBOLS = {byte: chr(byte) for byte in PRINTABLE} | {byte: chr(256 + place) for place, byte in enumerate(OTHERS)}
"""How each byte is written."""
BYTES = {symbol: byte for byte, symbol in SYMBOLS.items()}
"""The byte that each symbol stands for."""

PRE_TOKENIZER = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}


class ByteLevel(Tokenizer):
    """A tokenizer whose tokens are byte strings. Decoding is the exact inverse of encoding for any valid Unicode.

    Bytes that are no UTF-8, which a model may well write, are decoded as "�".
    """

    def __init__(self, tokens: Iterable[str], special: Iterable[str] = ()) -> None:
        super().__init__(tokens, special)
        self.spelling = [bytes([BYTES[symbol] for symbol in token]) if token not in self.special
                         else token.encode("utf-8") for token in self.tokens]
        """The bytes of each id."""

    def encode(self, text: str) -> np.ndarray:
        """The ids of `text`, (number of tokens,). Raises ValueError for a lone surrogate, which has no bytes."""
        check_unicode(text)
        return super().encode(text)

    def stream(self, ids: Iterable[int], after: str = "") -> Iterator[str]:
        """The text of `ids` piece by piece; the bytes of a character are held back until it is whole."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        for one in ids:
            (checked,) = self._checked(one)
            if text := decoder.decode(self.spelling[checked]):
                yield text
        if text := decoder.decode(b"", final=True):
            yield text

    def _decode(self, ids: np.ndarray) -> str:
        spelling = self.spelling
        return b"".join([spelling[i] for i in ids.tolist()]).decode("utf-8", "replace")

    def _parts(self) -> tuple[dict[str, Any], Any, Any]:
        off = dict.fromkeys(["fuse_unk", "byte_fallback", "ignore_merges"], False)
        none = dict.fromkeys(["dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"])
        return {"type": "BPE", **none, **off, "merges": []}, PRE_TOKENIZER, PRE_TOKENIZER


def check_byte_level(file: File) -> None:
    """Raise ValueError unless the file describes byte-level BPE that is split as GPT-2 does."""
    model, split = file.model, file.pre_tokenizer or {}
    if model.get("type") != "BPE" or not isinstance(model.get("merges"), list):
        raise ValueError(f"its model is {model.get('type')}, not BPE with merges")
    if split.get("type") != "ByteLevel" or split.get("add_prefix_space") or not split.get("use_regex", True):
        raise ValueError("its text is not split as GPT-2 does (pre_tokenizer ByteLevel, no space put before it)")
    for name in ("dropout", "continuing_subword_prefix", "end_of_word_suffix", "ignore_merges"):
        if model.get(name):
            raise ValueError(f"its model has a setting that TinyLM lacks: {name}")
    missing = sorted(BYTES.keys() - set(file.tokens))
    if missing:
        raise ValueError(f"{len(missing)} of the 256 bytes have no token, such as {missing[0]!r}")
    odd = next((token for token in file.tokens if not BYTES.keys() >= set(token) and token not in file.special), None)
    if odd is not None:
        raise ValueError(f"the token {odd!r} is not written in the byte-level alphabet")
