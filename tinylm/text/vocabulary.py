"""A vocabulary: which words a model knows, how often each occurred, and which integer stands for it.

The words of a text follow Zipf's law (1949): a few make up most of it, and half of them occur once. A model cannot
learn what occurs once, so rare words share one symbol, <unk>, and what that costs is told by `coverage`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from . import storage
from .cleaning import check_text
from .tokenizer import check_unicode

UNKNOWN_WORD = "<unk>"
PAD, START, END = "<pad>", "<s>", "</s>"
SPECIAL = (PAD, UNKNOWN_WORD, START, END)
"""What fills a batch up, what stands for every other word, what begins a sentence, what ends it; ids 0 to 3."""


class Coverage(NamedTuple):
    """How much of a text a vocabulary knows."""

    words: int
    known: int  # of these
    distinct: int
    distinct_known: int  # of these
    unknown: list[tuple[str, int]]  # the most frequent that it does not know, and how often each occurs

    @property
    def share(self) -> float:
        """known / words; 1 for no words at all."""
        return self.known / self.words if self.words else 1.0


class Vocabulary:
    """Words to ids and back.

    counts  how often each word occurred in training. The first has id 4, since the special symbols have 0 to 3:
            <pad>, <unk>, <s>, </s>
    rare    how many words, and how many distinct ones, were left out of it: (occurrences, words)

    Raises ValueError for a count that is not a whole number of at least 1, and for a special symbol among the words.
    """

    def __init__(self, counts: Mapping[str, int], rare: tuple[int, int] = (0, 0)) -> None:
        checked = check_counts(counts, "Vocabulary")
        if both := [word for word in SPECIAL if word in checked]:
            raise ValueError(f"Vocabulary: {both[0]!r} is a special symbol, so it cannot be a word too: rename it")
        self.tokens = [*SPECIAL, *checked]
        self.ids = {token: place for place, token in enumerate(self.tokens)}
        """The id of each token."""
        self.counts = np.array([0, rare[0], 0, 0, *checked.values()], dtype=np.int64)
        """How often each token occurred in training, (number of tokens,); <unk> as often as all rare words."""
        self.rare = rare

    @classmethod
    def fit(cls, words: Iterable[str], min_count: int = 1, max_size: int | None = None) -> Self:
        """The vocabulary of a text: the most frequent word first, ties by the alphabet. Give it training text alone.

        words      one after the other: [word for one in split_sentences(text) for word in treebank_words(one)]
        min_count  leave out words rarer than that
        max_size   how many ids there may be, the special ones included

        A special symbol in the text is the symbol: <unk> there counts as a rare word.

        Raises TypeError for one text instead of words; ValueError for none, and for a size without room for a word.
        """
        if isinstance(words, (str, bytes)):
            raise TypeError("Vocabulary.fit: words is one text; cut it first, as in treebank_words(text)")
        found = Counter(check_text(word, "Vocabulary.fit", "a word") for word in words)
        outside = found.pop(UNKNOWN_WORD, 0)
        for symbol in SPECIAL:
            found.pop(symbol, None)
        if not found:
            raise ValueError("Vocabulary.fit: there are no words, so there is nothing to learn")
        if max_size is not None and max_size <= len(SPECIAL):
            raise ValueError(f"Vocabulary.fit: max_size is {max_size}, but the special symbols take {len(SPECIAL)}")
        kept = frequent(found, min_count, None if max_size is None else max_size - len(SPECIAL))
        rare = (outside + found.total() - sum(found[word] for word in kept), len(found) - len(kept))
        return cls({word: found[word] for word in kept}, rare)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote. Raises ValueError for a file that is something else."""
        content = storage.read(path, "vocabulary")
        try:
            occurrences, words = content["rare"]
            return cls(content["counts"], (int(occurrences), int(words)))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"{path} is no vocabulary of TinyLM: {error!r}") from error

    def save(self, path: str | Path) -> None:
        """Write it as JSON, whole or not at all."""
        counts = dict(zip(self.tokens, self.counts.tolist(), strict=True))
        storage.write(path, "vocabulary", {"rare": self.rare, "counts": {word: counts[word] for word in self.words}})

    def __len__(self) -> int:
        """How many ids there are, the special ones included."""
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self.ids

    def __repr__(self) -> str:
        return f"Vocabulary of {len(self)}: {' '.join(self.tokens[:8])}{' ...' if len(self) > 8 else ''}"

    @property
    def words(self) -> list[str]:
        """The tokens that are no special symbols."""
        return self.tokens[len(SPECIAL):]

    def encode(self, words: Iterable[str], start: bool = False, end: bool = False) -> np.ndarray:
        """The ids of `words`, (number of words,), int64; each that is not known as <unk>.

        start, end  whether the id of <s> comes before them, and that of </s> after
        """
        ids, unknown = self.ids, self.ids[UNKNOWN_WORD]
        found = [ids.get(word, unknown) for word in _words(words, "encode")]
        return np.array([ids[START]] * start + found + [ids[END]] * end, dtype=np.int64)

    def decode(self, ids: Any) -> list[str]:
        """The words of `ids`, special symbols included. Raises IndexError for an id that there is not."""
        array = np.asarray(ids).reshape(-1)  # (number of ids,)
        if array.size and array.dtype.kind not in "iu":
            raise TypeError(f"Vocabulary.decode: ids are integers, not {array.dtype}")
        wrong = array[(array < 0) | (array >= len(self))]
        if wrong.size:
            raise IndexError(f"Vocabulary.decode: there is no id {wrong[0]}; there are 0 to {len(self) - 1}")
        return [self.tokens[i] for i in array.tolist()]

    def replace_rare(self, words: Iterable[str]) -> list[str]:
        """`words` with <unk> for each that is not known: what a model with this vocabulary sees of them."""
        return [word if word in self.ids else UNKNOWN_WORD for word in _words(words, "replace_rare")]

    def coverage(self, words: Iterable[str], most: int = 10) -> Coverage:
        """How many of `words` it knows, counted with repetition and without; <unk> itself is not known.

        most  how many of the unknown ones to name
        """
        found = Counter(_words(words, "coverage"))
        unknown = Counter({word: n for word, n in found.items() if word not in self.ids or word == UNKNOWN_WORD})
        return Coverage(found.total(), found.total() - unknown.total(), len(found), len(found) - len(unknown),
                        [(word, unknown[word]) for word in frequent(unknown, room=most)])


def frequent(counts: Mapping[str, int], min_count: int = 1, room: int | None = None) -> list[str]:
    """The words of at least `min_count`, the most frequent first, ties by the alphabet; no more than `room`."""
    kept = [word for word in counts if counts[word] >= min_count]
    return sorted(kept, key=lambda word: (-counts[word], word))[:room]


def check_counts(counts: Mapping[str, int], who: str) -> dict[str, int]:
    """`counts`, as Python's own integers. Raises TypeError or ValueError where one is no whole number of at least 1."""
    for word, count in counts.items():
        check_unicode(check_text(word, who, "a word"), f"{who}: the word {word!r}")
        if not isinstance(count, (int, np.integer)) or isinstance(count, bool) or count < 1:
            raise ValueError(f"{who}: the count of {word!r} is {count!r}; it must be a whole number of at least 1")
    return {word: int(count) for word, count in counts.items()}


def _words(words: Iterable[str], who: str) -> list[str]:
    if isinstance(words, (str, bytes)):
        raise TypeError(f"Vocabulary.{who}: words is one text; cut it first, as in treebank_words(text)")
    return [check_text(word, f"Vocabulary.{who}", "a word") for word in words]
