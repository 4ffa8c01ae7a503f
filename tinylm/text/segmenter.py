"""Words of Chinese, which is written without spaces: by characters, or the most probable words of a dictionary.

Of all ways to cut a text into words w₁ ... wₙ, a unigram model prefers the one with the largest Π P(wᵢ). There are
2^(length-1) ways, but the best way to cut the first j characters ends in some word, and before it stands the best way
to cut what is left: dynamic programming (Viterbi 1967) finds it in one pass over the lattice of all words.

    best(j) = max over i of best(i) + log P(text[i:j]),  best(0) = 0

    text      研 究 生 命 起 源             research | life | origin
    lattice   研究 究 研究生 生命 命 起源     rather than: graduate student | fate | origin
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Self

from . import storage
from .cleaning import check_text
from .tokenizer import check_unicode
from .vocabulary import check_counts

PIECE = r"\p{Han}\p{M}*|(?:(?!\p{Han})[\p{L}\p{M}\p{N}_])+(?:['’](?:(?!\p{Han})\p{L})+)*|[^\s\p{Han}]"
"""A Chinese character, a word or number of another script, or a single other mark: for the package regex."""

UNICODE = 0x110000 - 0x800
"""How many characters there can be: all code points but the halves of surrogate pairs."""


def chinese_characters(text: str) -> list[str]:
    """Each Chinese character a token; the words, numbers and marks between them too, as in `PIECE`, without spaces.

    The simplest way, and no worse than words for many tasks (Li et al. 2019), for it makes no mistake to begin with.
    """
    check_unicode(check_text(text, "chinese_characters"))
    return _pattern().findall(text)


class Segmenter:
    """Cuts a text into the most probable words.

    counts   how often each word occurs in segmented text

    P(w) = (c(w) + T P₀(w)) / (N + T), with N words, T of them distinct, so that what is new has the probability
    T / (N + T) with which a word was new in training (Witten and Bell 1991). P₀(w) spells w by chance, (½)^|w| Π q(a),
    and q(a) = (c(a) + t/U) / (M + t) does for characters what P does for words: M characters, t of them distinct, U
    possible ones. The sum of P over all strings is 1: no constant is chosen by hand.

    The lattice has every word of `counts`, every single character, and every word or number in another script as a
    whole. A Chinese word that is not in `counts` falls apart into characters, or into shorter words: names do.

    Raises ValueError for no words, for counts that are not whole numbers, and for white space in a word.
    """

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.counts = check_counts(counts, "Segmenter")
        if not self.counts:
            raise ValueError("Segmenter: there are no words, so there is nothing to learn")
        if wrong := [word for word in self.counts if not word or any(map(str.isspace, word))]:
            raise ValueError(f"Segmenter: {wrong[0]!r} is no word: it is empty or has white space in it")
        characters: Counter[str] = Counter()
        for word, count in self.counts.items():
            for one in word:
                characters[one] += count
        new = len(characters) / UNICODE
        all_characters = math.log(2 * (characters.total() + len(characters)))
        self._spelt = {one: math.log(count + new) - all_characters for one, count in characters.items()}  # ln(½ q)
        self._new = math.log(new) - all_characters
        self._all_words = math.log(sum(self.counts.values()) + len(self.counts))
        self._lattice: dict[str, float] = {}  # ln P of each word, and -∞ for what only begins one
        for word in self.counts:
            for end in range(1, len(word)):
                self._lattice.setdefault(word[:end], -math.inf)
            self._lattice[word] = self.log_probability(word)

    @classmethod
    def fit(cls, sentences: Iterable[Iterable[str]], min_count: int = 1) -> Self:
        """Count the words of segmented text: each sentence a list of words, or a text with spaces between them.

        min_count  leave out words rarer than that
        """
        if isinstance(sentences, (str, bytes)):
            raise TypeError("Segmenter.fit: sentences is one text; give a list of sentences, as in text.splitlines()")
        counts = Counter(word for one in sentences for word in (one.split() if isinstance(one, str) else one))
        return cls({word: count for word, count in counts.items() if count >= min_count})

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote. Raises ValueError for a file that is something else."""
        content = storage.read(path, "segmenter")
        try:
            return cls(content["counts"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"{path} is no segmenter of TinyLM: {error!r}") from error

    def save(self, path: str | Path) -> None:
        """Write its counts as JSON, whole or not at all."""
        storage.write(path, "segmenter", {"counts": self.counts})

    def log_probability(self, word: str) -> float:
        """ln P(word), for any word."""
        spelt = math.log(len(self.counts)) + sum(self._spelt.get(one, self._new) for one in word)
        count = self.counts.get(word, 0)
        return (math.log(count + math.exp(spelt)) if count else spelt) - self._all_words

    def words(self, text: str) -> list[str]:
        """The most probable words of `text`; joined, the text without its white space."""
        return self.best(text)[0]

    def best(self, text: str) -> tuple[list[str], float]:
        """The most probable words, and the sum of their ln P; of equals, those with the longer last word.

        The time is linear in the text: no more words begin at a place than the longest word has characters.
        """
        check_unicode(check_text(text, "Segmenter"))
        words: list[str] = []
        total = 0.0
        for part in text.split():
            found, score = self._best(part)
            words += found
            total += score
        return words, total

    def _best(self, text: str) -> tuple[list[str], float]:
        """As `best`, for a text without white space."""
        lattice, length = self._lattice, len(text)
        score, back = [0.0] + [-math.inf] * length, [0] * (length + 1)  # of the best way to each place; where from
        whole = {found.start(): found.end() for found in _pattern().finditer(text)}
        for begin in range(length):
            here = score[begin]
            for end in {begin + 1, whole.get(begin, begin + 1)}:
                if text[begin:end] not in self.counts:
                    found = here + self.log_probability(text[begin:end])
                    if found > score[end]:
                        score[end], back[end] = found, begin
            for end in range(begin + 1, length + 1):
                known = lattice.get(text[begin:end])
                if known is None:  # no word begins so
                    break
                if here + known > score[end]:
                    score[end], back[end] = here + known, begin
        words, place = [], length
        while place:
            words.append(text[back[place]:place])
            place = back[place]
        return words[::-1], score[length]


@cache
def _pattern() -> Any:
    import regex

    return regex.compile(PIECE)
