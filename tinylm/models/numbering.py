"""Sentences as numbers: what models of words count and draw from."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..bars import shown
from ..cooccurrence import END
from ..data import chunks
from ..text.words import PATTERN

PIECE = 2**20
"""So many words are counted, and numbered anew, at a time."""


class Sentences(NamedTuple):
    """A text whose words are numbered, the most frequent first.

    words   the vocabulary; the number of a word is its place here
    counts  (vocabulary,): how often each stands in the text
    ids     (length,), int32: the sentences one after the other, each followed by END; rare words are left out
    """

    words: list[str]
    counts: np.ndarray
    ids: np.ndarray


def read(sentences: Any, min_count: int = 1) -> Sentences:
    """Number the words of `sentences`, and leave out those that stand there less than `min_count` times.

    sentences  lists of words, or of ids of any tokenizer, whose word is then the id written out; one array of ids is
               one sentence. A path, or the name of a corpus, is read line by line, cut as `tl.text.Words` cuts

    It is gone through once. Raises ValueError where there is no word, or none that is frequent enough; TypeError for a
    sentence that is not a list of words.
    """
    numbers = _Numbers()
    found = _one_after_the_other(sentences, numbers.__getitem__)
    if not numbers:
        raise ValueError("there is no word in these sentences, so there is nothing to learn: are they an iterator that "
                         "was used up before?")
    return _sorted(_names(numbers), found, min_count)


def numbered(sentences: Any, words: Iterable[str]) -> np.ndarray:
    """`Sentences.ids` of another text, in which words outside the vocabulary `words` are left out."""
    known = {word: number for number, word in enumerate(words)}
    rare = len(known)
    ids = _one_after_the_other(sentences, lambda word: known.get(str(word), rare))
    return ids[ids != rare]


class _Numbers(dict[Any, int]):
    """A number for every word, in the order in which they come."""

    def __missing__(self, word: Any) -> int:
        self[word] = number = len(self)
        return number


def _one_after_the_other(sentences: Any, number: Callable[[Any], int]) -> np.ndarray:
    """(length,), int32: the numbers of the words of all sentences, each followed by END."""
    found = array("i")
    for sentence in shown(_lists(sentences), "reading"):
        if isinstance(sentence, (str, bytes)):
            raise TypeError("a sentence is a list of words, not a string, whose letters would be its words: split "
                            f"{sentence!r:.60} first; several sentences are a list of such lists")
        try:
            found.extend(map(number, sentence))
        except TypeError as error:
            raise TypeError(f"a sentence is a list of words, or of ids; one of these is neither: {sentence!r:.80}"
                            ) from error
        found.append(END)
    return np.frombuffer(found, np.int32)


def _lists(sentences: Any) -> Iterable[Any]:
    """The sentences, whatever they were given as."""
    if isinstance(sentences, (str, Path)):
        import regex

        split = regex.compile(PATTERN).findall
        return (split(line) for line in lines(chunks(sentences)))
    if isinstance(sentences, np.ndarray) and sentences.ndim == 1:
        sentences = [sentences]
    try:
        return (sentence.tolist() if isinstance(sentence, np.ndarray) else sentence for sentence in sentences)
    except TypeError as error:
        raise TypeError("sentences are lists of words, or the path of a text, not "
                        f"{type(sentences).__name__}: {sentences!r:.60}") from error


def lines(pieces: Iterable[str]) -> Iterator[str]:
    """The lines of a text that comes in pieces, without their ends."""
    rest = ""
    for piece in pieces:
        *lines, rest = (rest + piece).split("\n")
        yield from lines
    yield rest


def _names(numbers: dict[Any, int]) -> list[str]:
    """The words as strings; what is neither a string nor a whole number is no word."""
    kinds = {str if isinstance(word, str) else int if isinstance(word, (int, np.integer)) else type(word)
             for word in numbers}
    if len(kinds) > 1 or not kinds <= {str, int}:
        raise TypeError("words are strings, or else ids throughout; these are "
                        + " and ".join(sorted(kind.__name__ for kind in kinds)))
    return [str(word) for word in numbers]


def _sorted(words: list[str], found: np.ndarray, min_count: int) -> Sentences:
    """Number anew: frequent words first, ties by the alphabet, rare ones out. Writes into `found`."""
    size = len(words) + 1
    pieces = [found[start:start + PIECE] for start in range(0, len(found), PIECE)]
    counts = np.zeros(size, np.int64)
    for piece in pieces:
        counts += np.bincount(piece + 1, minlength=size)
    counts = counts[1:]  # in the first place was END, -1
    order = sorted(np.flatnonzero(counts >= min_count).tolist(), key=lambda k: (-counts[k], words[k]))
    if not order:
        most = int(counts.argmax())
        raise ValueError(f"no word stands there {min_count} times: the most frequent, {words[most]!r}, {counts[most]} "
                         f"times; give more text, or min_count={counts[most]} or less")
    new, length = np.full(size, size, np.int32), 0  # `size` is no number of a word: that of the rare ones
    new[order], new[END] = np.arange(len(order)), END
    for piece in pieces:
        stays = new[piece]
        stays = stays[stays != size]
        found[length:length + len(stays)] = stays
        length += len(stays)
    return Sentences([words[k] for k in order], counts[order], found[:length])
