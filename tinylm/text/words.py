"""One token for each word and each punctuation mark: the vocabulary of language models before subwords."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Self

import numpy as np

from .tokenizer import File, Tokenizer, check_unicode
from .vocabulary import UNKNOWN_WORD, frequent

PATTERN = r"[\p{L}\p{M}\p{N}_]+(?:['’]\p{L}+)*|[^\s\p{L}\p{M}\p{N}_]"
"""A word, with what follows its apostrophes ("don't", "Rosalind's"), or a single other mark."""

SPLIT = {"type": "Split", "pattern": {"Regex": PATTERN}, "behavior": "Removed", "invert": True}


class Words(Tokenizer):
    """Words to ids and back.

    tokens   the vocabulary; the id is the place
    special  tokens that are kept whole
    unknown  the token, among `tokens`, that stands for every word that is not

    White space is dropped and decoding puts one space between tokens: the text comes back word for word, not
    byte for byte, and each rare word as `unknown`.
    """

    kind = "word"

    def __init__(self, tokens: Iterable[str], special: Iterable[str] = (), unknown: str = UNKNOWN_WORD) -> None:
        super().__init__(tokens, special)
        if unknown not in self.ids:
            raise ValueError(f"Words: the token for unknown words, {unknown!r}, is not in the vocabulary")
        self.unknown_word, self.unknown_id = unknown, self.ids[unknown]

    @classmethod
    def fit(cls, text: str, min_count: int = 1, max_size: int | None = None, special: Iterable[str] = ()) -> Self:
        """The words of `text`, the most frequent first, ties by the alphabet. Give it training text alone.

        min_count  leave out words rarer than that (with 2, the model sees what an unknown word is like)
        max_size   how many ids there may be, the unknown and the special ones included

        Raises ValueError for a text without words, and for a size that leaves no room for one.
        """
        check_unicode(text)
        reserved = cls([UNKNOWN_WORD], special)
        counts = Counter(word for part in reserved.apart(text)[::2] for word in _split(part))
        if not counts:
            raise ValueError("Words.fit: there is no word in the text, so there is nothing to learn")
        if max_size is not None and max_size <= len(reserved):
            raise ValueError(f"Words.fit: max_size is {max_size}, but the unknown word and the special tokens "
                             f"take {len(reserved)}")
        words = [word for word in frequent(counts, min_count) if word not in reserved.ids]
        room = None if max_size is None else max_size - len(reserved)
        return cls([UNKNOWN_WORD, *words[:room]], reserved.special)

    @classmethod
    def from_file(cls, file: File) -> Self:
        """The tokenizer that a file describes. Raises ValueError for one of another kind."""
        if file.model.get("type") != "WordLevel" or file.pre_tokenizer != SPLIT:
            raise ValueError("its model is not WordLevel on a text split into words and marks as TinyLM does")
        return cls(file.tokens, file.special, file.model.get("unk_token") or UNKNOWN_WORD)

    def unknown(self, text: str) -> str:
        """The words of `text` that the tokenizer has not seen, each once, with spaces between."""
        words = {word for part in self.apart(text)[::2] for word in _split(part)}
        return " ".join(sorted(words - self.ids.keys()))

    def stream(self, ids: Iterable[int], after: str = "") -> Iterator[str]:
        """The words of `ids` one by one, each after a space; the first too where it follows a word."""
        space = " " if after and not after[-1].isspace() else ""
        for one in ids:
            yield space + self.decode(one)
            space = " "

    def _encode(self, text: str) -> np.ndarray:
        ids, unknown = self.ids, self.unknown_id
        return np.array([ids.get(word, unknown) for word in _split(text)], dtype=np.int64)

    def _decode(self, ids: np.ndarray) -> str:
        tokens = self.tokens
        return " ".join([tokens[i] for i in ids.tolist()])

    def _parts(self) -> tuple[dict[str, Any], Any, Any]:
        return {"type": "WordLevel", "unk_token": self.unknown_word}, SPLIT, None


def _split(text: str) -> list[str]:
    return _pattern().findall(text)


@cache
def _pattern() -> Any:
    import regex

    return regex.compile(PATTERN)
