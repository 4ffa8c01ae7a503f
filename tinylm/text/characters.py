"""The simplest tokenizer: one token for each character."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np

from .tokenizer import File, Tokenizer, check_unicode

UNKNOWN = 0  # the id of every character that the tokenizer has not seen
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"  # how that one is written

SPLIT = {"type": "Split", "pattern": {"Regex": r"[\s\S]"}, "behavior": "Isolated", "invert": False}


class Characters(Tokenizer):
    """Characters to ids and back.

    characters  the known ones, each once; the first has id 1, since 0 stands for all the others
    special     tokens that are kept whole; their ids follow

    Decoding undoes encoding wherever every character is known.
    """

    kind = "character"
    unknown_id = UNKNOWN

    def __init__(self, characters: str, special: Iterable[str] = ()) -> None:
        if len(set(characters)) != len(characters):
            raise ValueError("Characters: a character comes twice in the vocabulary")
        if REPLACEMENT in characters:
            raise ValueError(f"Characters: {REPLACEMENT} cannot be in the vocabulary: it stands for what is unknown")
        check_unicode(characters, "the vocabulary")
        super().__init__([REPLACEMENT, *characters], special)
        self.characters = characters
        codes = np.array([ord(c) for c in characters], dtype=np.int64)
        self._ids = np.zeros(int(codes.max(initial=0)) + 2, dtype=np.int64)  # by code point; the last is unknown
        self._ids[codes] = np.arange(1, len(characters) + 1)

    @classmethod
    def fit(cls, text: str, special: Iterable[str] = ()) -> Self:
        """The tokenizer of the characters of `text`. Give it training text alone: held-out text stays unseen."""
        if not text:
            raise ValueError("Characters.fit: the text is empty, so there is nothing to learn characters from")
        check_unicode(text)
        special = list(cls("", special).special)
        ordinary = "".join(cls("", special).apart(text)[::2])
        return cls("".join(sorted(set(ordinary) - {REPLACEMENT})), special)

    @classmethod
    def from_file(cls, file: File) -> Self:
        """The tokenizer that a file describes. Raises ValueError for one of another kind."""
        if file.model.get("type") != "WordLevel" or file.pre_tokenizer != SPLIT:
            raise ValueError("its model is not WordLevel on a text split into single characters")
        known = [token for token in file.tokens if len(token) == 1 and token not in (REPLACEMENT, *file.special)]
        made = cls("".join(known), file.special)
        if made.tokens != file.tokens or file.model.get("unk_token") != REPLACEMENT:
            raise ValueError(f"its tokens are not {REPLACEMENT}, characters, and special ones, in this order")
        return made

    def unknown(self, text: str) -> str:
        """The characters of `text` that the tokenizer has not seen, each once."""
        return "".join(sorted(set("".join(self.apart(text)[::2])) - set(self.characters)))

    def _encode(self, text: str) -> np.ndarray:
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        return self._ids[np.minimum(codes, len(self._ids) - 1)]

    def _decode(self, ids: np.ndarray) -> str:
        tokens = self.tokens
        return "".join([tokens[i] for i in ids.tolist()])

    def _parts(self) -> tuple[dict[str, Any], Any, Any]:
        return {"type": "WordLevel", "unk_token": REPLACEMENT}, SPLIT, {"type": "Fuse"}
