"""Words as vectors, and what can be asked of them: neighbours, analogies, and whether people agree.

What is close in meaning lies in a similar direction, for it stands among similar words (Harris 1954; Firth 1957). How
near two directions are is the cosine of the angle between them: cos(u, v) = u·v / (|u| |v|). How such vectors are
learnt is told in models/word2vec.py, glove.py and pmi.py; here they come from wherever you have them.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .metrics.correlation import spearman
from .word_tests import JudgedPair, Question, read_pairs, read_questions

NEAR = 50_000
"""So many words, the first, are looked through for a similar spelling."""

BLOCK = 64
"""So many analogies are answered at a time."""

Asked = str | np.ndarray  # a word, or a vector (dimensions,)


class UnknownWordError(KeyError, ValueError):
    """A word that has no vector."""

    def __str__(self) -> str:
        return str(self.args[0])


class Agreement(NamedTuple):
    """How far the vectors agree with people on which pairs of words are more similar.

    rho      Spearman's correlation of cosines and judgements, -1 to 1; NaN for fewer than two pairs, or where all
             cosines, or all judgements, are equal
    covered  how many of the pairs have vectors for both words; only these are compared
    total    how many pairs there are
    """

    rho: float
    covered: int
    total: int


class Score(NamedTuple):
    """How many analogies came out.

    correct  how many of the covered ones
    covered  how many have vectors for all four words
    total    how many were asked
    """

    correct: int
    covered: int
    total: int

    @property
    def accuracy(self) -> float:
        """The share of the covered ones that came out; NaN where none is covered."""
        return self.correct / self.covered if self.covered else float("nan")


class WordVectors:
    """A vector for each word.

    words   each once; by convention the most frequent first
    matrix  (words, dimensions), finite; kept as it is where it is floating-point, so do not write into it afterwards
    counts  (words,): how often each word stood in the text, if that is known

    `vectors["word"]` is its vector, `vectors[["one", "two"]]` the rows of several, `"word" in vectors` whether there
    is one. Raises ValueError for no words, one that comes twice, shapes that do not fit, and NaN. A word that was
    never seen raises UnknownWordError, a KeyError that names near spellings.
    """

    def __init__(self, words: Sequence[str], matrix: np.ndarray, counts: np.ndarray | None = None) -> None:
        self.words = list(words)
        array = np.asarray(matrix)
        if not self.words:
            raise ValueError("WordVectors: there is no word: was the text empty, or min_count too high for it?")
        if array.ndim != 2 or len(array) != len(self.words) or not array.shape[1]:
            raise ValueError(f"WordVectors: {len(self.words)} words need a matrix of shape ({len(self.words)}, "
                             f"dimensions), not {array.shape}")
        if array.dtype.kind not in "fiu":
            raise TypeError(f"WordVectors: vectors hold numbers, not {array.dtype}")
        array = array.view() if array.dtype.kind == "f" and array.itemsize > 2 else array.astype(np.float32)
        array.flags.writeable = False
        self.matrix: np.ndarray = array
        self.ids = {word: place for place, word in enumerate(self.words)}
        """The row of each word."""
        if len(self.ids) < len(self.words):
            twice = next(word for place, word in enumerate(self.words) if self.ids[word] != place)
            raise ValueError(f"WordVectors: the word {twice!r} comes twice")
        wrong = np.flatnonzero(~np.isfinite(array).all(1))
        if wrong.size:
            raise ValueError(f"WordVectors: the vector of {self.words[wrong[0]]!r} has entries that are not finite")
        self.counts = None if counts is None else np.asarray(counts)
        if self.counts is not None and self.counts.shape != (len(self.words),):
            raise ValueError(f"WordVectors: counts have shape {self.counts.shape}; {len(self.words)} words need "
                             "one each")

    def __len__(self) -> int:
        """How many words there are."""
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self.ids

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def __getitem__(self, word: str | Sequence[str]) -> np.ndarray:
        """The vector of a word, (dimensions,), or those of several, (words, dimensions)."""
        if isinstance(word, str):
            return self.matrix[self.place(word)]
        return self.matrix[np.array([self.place(each) for each in word], dtype=np.int64)]

    @property
    def dimensions(self) -> int:
        """How many numbers a vector has."""
        return self.matrix.shape[1]

    @cached_property
    def unit(self) -> np.ndarray:
        """The vectors scaled to length one, (words, dimensions); those of length zero stay so."""
        length = np.linalg.norm(self.matrix, axis=1, keepdims=True)
        return self.matrix / np.where(length == 0, 1, length)

    def place(self, word: str) -> int:
        """The row of a word. Raises UnknownWordError, with near spellings, for one that has none."""
        if word in self.ids:
            return self.ids[word]
        if not isinstance(word, str):
            raise TypeError(f"WordVectors: a word is a string, not {type(word).__name__}")
        cases = [other for other in dict.fromkeys((word.lower(), word.capitalize(), word.upper())) if other in self.ids]
        near = cases or self._spelt_like(word)
        raise UnknownWordError(f"there is no vector for {word!r}: "
                               + (f"did you mean {' or '.join(map(repr, near))}?" if near else
                                  f"it is not among the {len(self):,} words that were seen often enough"))

    def _spelt_like(self, word: str) -> list[str]:
        """The words that are spelt most like it, of equally near ones the most frequent."""
        near = {other for way in (word, word.lower())
                for other in difflib.get_close_matches(way, self.words[:NEAR], 50, 0.7)}
        likeness = {other: difflib.SequenceMatcher(None, other.lower(), word.lower()).ratio() for other in near}
        return sorted(near, key=lambda other: (-likeness[other], self.ids[other]))[:3]

    def similarity(self, a: str, b: str) -> float:
        """The cosine of the angle between two words' vectors, -1 to 1; 0 where one of them is zero."""
        return float(self.unit[self.place(a)] @ self.unit[self.place(b)])

    def most_similar(self, positive: Asked | Sequence[Asked] = (), negative: Asked | Sequence[Asked] = (),
                     topn: int = 10) -> list[tuple[str, float]]:
        """The words whose vectors are nearest to Σ positive - Σ negative, the nearest first, each with its cosine.

        positive, negative  words, or vectors (dimensions,) as they are; a single one needs no list. Words are scaled to
                            length one before they are added (3CosAdd: Mikolov, Yih & Zweig 2013), and no answers
        topn                how many words at most; equally near ones come in the order of the vocabulary

        Raises UnknownWordError for a word without a vector, and ValueError where the sum is zero: nothing is near.
        """
        if topn < 1:
            raise ValueError(f"most_similar: topn={topn}; it is how many words to give, 1 or more")
        direction = np.zeros(self.dimensions, dtype=self.unit.dtype)
        given = []
        for asked, sign in ((positive, 1), (negative, -1)):
            for one in [asked] if isinstance(asked, (str, np.ndarray)) and np.ndim(asked) < 2 else asked:
                if isinstance(one, str):
                    given.append(self.place(one))
                direction += sign * self._direction(one)
        length = np.linalg.norm(direction)
        if not length > 1e-6:
            raise ValueError("most_similar: the sum of what is given is zero, and nothing is near to that" if given else
                             "most_similar: give at least one word: most_similar('word')")
        cosines = self.unit @ (direction / length)  # (words,)
        cosines[given] = -np.inf
        return [(self.words[place], float(cosines[place])) for place in _largest(cosines, topn) if place not in given]

    def analogy(self, a: str, b: str, c: str, topn: int = 10) -> list[tuple[str, float]]:
        """What is to `c` as `b` is to `a`? Paris is to France as Rome to ...: b - a + c, the likeliest answer first."""
        return self.most_similar([b, c], [a], topn)

    def analogies(self, questions: str | Path | Iterable[Question], ignore_case: bool = True,
                  restrict_vocab: int | None = 300_000) -> dict[str, Score]:
        """How many analogies come out, by the section of the questions; all of them together under "total".

        questions       a file such as Mikolov's questions-words.txt (see `word_tests.read_questions`), or what it gives
        ignore_case     "Athens" is found as "athens"; of words that differ in nothing else the first stands
        restrict_vocab  the answer is sought among so many words, the first (None: among all), as is usual

        The answer is the word nearest to b - a + c but these three; it counts only if it is the one expected. Questions
        with a word that has no vector are not asked: look at `covered` before you compare two models.
        """
        from tqdm import tqdm

        asked = read_questions(questions) if isinstance(questions, (str, Path)) else list(questions)
        fold: Callable[[str], str] = str.casefold if ignore_case else str
        places: dict[str, int] = {}
        for place, word in enumerate(self.words[:restrict_vocab]):
            places.setdefault(fold(word), place)
        rows = np.array(list(places.values()))
        number = {word: row for row, word in enumerate(places)}  # of each word among those that may be the answer
        known = [question for question in asked if all(fold(word) in number for word in question.words)]
        ids = np.array([[number[fold(word)] for word in question.words] for question in known], dtype=np.int64)
        unit = self.unit[rows]
        right: list[bool] = []
        for begin in tqdm(range(0, len(ids), BLOCK), "analogies", leave=False, delay=2):
            given, expected = ids[begin:begin + BLOCK, :3], ids[begin:begin + BLOCK, 3]
            a, b, c = given.T
            cosines = (unit[b] - unit[a] + unit[c]) @ unit.T  # (questions, words)
            np.put_along_axis(cosines, given, -np.inf, 1)
            right += ((cosines.argmax(1) == expected) & (given != expected[:, None]).all(1)).tolist()
        scores = {section: Score(0, 0, 0) for section in [*dict.fromkeys(q.section for q in asked), "total"]}
        for section in scores:
            mine = [correct for correct, q in zip(right, known, strict=True) if section in (q.section, "total")]
            scores[section] = Score(sum(mine), len(mine), sum(section in (q.section, "total") for q in asked))
        return scores

    def spearman(self, pairs: str | Path | Iterable[JudgedPair], ignore_case: bool = True) -> Agreement:
        """Do the cosines of pairs of words rise as people judge the pairs to be more similar? See `Agreement`.

        pairs  a file such as WordSim-353 or SimLex-999 (see `word_tests.read_pairs`), or (word, word, judgement)s

        A pair with a word that has no vector is left out; `covered` and `total` say how many were. With ignore_case,
        a word that has no vector as it is written is looked for in lower case.
        """
        judged = read_pairs(pairs) if isinstance(pairs, (str, Path)) else [JudgedPair(*pair) for pair in pairs]
        cosines, people = [], []
        for pair in judged:
            a, b = (word if word in self.ids or not ignore_case else word.lower() for word in pair[:2])
            if a in self.ids and b in self.ids:
                cosines.append(self.similarity(a, b))
                people.append(pair.judgement)
        rho = spearman(cosines, people) if people else float("nan")
        return Agreement(rho, len(people), len(judged))

    def _direction(self, one: Any) -> np.ndarray:
        if isinstance(one, str):
            return self.unit[self.place(one)]
        vector = np.asarray(one)
        if vector.shape != (self.dimensions,) or vector.dtype.kind not in "fiu":
            raise ValueError(f"most_similar: words or vectors of shape ({self.dimensions},) are expected, not "
                             f"{vector.dtype} {vector.shape}")
        if not np.isfinite(vector).all():
            raise ValueError("most_similar: a vector that is given has NaN or infinite entries")
        return vector


def _largest(values: np.ndarray, many: int) -> np.ndarray:
    """The places of the largest values, the largest first, equal ones in their order."""
    least = np.partition(values, -many)[-many] if many < len(values) else -np.inf
    places = np.flatnonzero(values >= least)
    return places[np.argsort(-values[places], kind="stable")][:many]
