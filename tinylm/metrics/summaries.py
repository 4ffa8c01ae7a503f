"""ROUGE: how much of a reference summary is found again, in n-grams or in the longest common subsequence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import inputs
from .overlap import common_rows, ngrams

Tokenize = Callable[[str], list[str]]


class Rouge(NamedTuple):
    """Precision (of what was written), recall (of the reference) and their harmonic mean, each from 0 to 1."""

    precision: float
    recall: float
    f1: float


def words(text: str) -> list[str]:
    """ROUGE's tokens: runs of a-z and 0-9 in small letters. All else, every other alphabet too, is dropped.

    There is no stemmer; `tokenize=lambda text: [stem(w) if len(w) > 3 else w for w in words(text)]` is where one goes.
    """
    return re.findall("[a-z0-9]+", text.lower())


def rouge_n(hypotheses: Any, references: Any, n: int = 1, *, tokenize: Tokenize = words,
            average: str | None = "mean") -> Any:
    """ROUGE-n: matches = Σ min(count in hypothesis, count in reference) over n-grams; P and R = matches / n-grams.

    hypotheses  a list of texts
    references  one list of texts a hypothesis; the one with the best F₁ counts
    n           1 for words, 2 for pairs of words, ...
    tokenize    text to tokens; the default knows only the English alphabet
    average     "mean": the mean over the examples, a Rouge; None: an array of each, (examples, 3)

    After Lin (2004). Recall alone rewards length, so compare F₁. It does not see whether a summary is true. Raises
    TypeError for references that are not one list a hypothesis, ValueError for unequal lengths and empty lists.
    """
    if n < 1:
        raise ValueError(f"rouge_n: n is {n}; it is at least 1")

    def score(written: str, right: str) -> Rouge:
        ours, theirs = ngrams(tokenize(written), n), ngrams(tokenize(right), n)
        return _rouge((ours & theirs).total(), ours.total(), theirs.total())

    return _over_examples(score, hypotheses, references, average)


def rouge_l(hypotheses: Any, references: Any, *, tokenize: Tokenize = words, average: str | None = "mean") -> Any:
    """ROUGE-L: the longest common subsequence, words in order with gaps; P = LCS / len(hyp), R = LCS / len(ref).

    The text is one sequence; `rouge_lsum` goes by its lines. Arguments, and what it raises, as for `rouge_n`.
    """
    def score(written: str, right: str) -> Rouge:
        ours, theirs = tokenize(written), tokenize(right)
        *_, last = common_rows(theirs, ours)
        return _rouge(int(last[-1]), len(ours), len(theirs))

    return _over_examples(score, hypotheses, references, average)


def rouge_lsum(hypotheses: Any, references: Any, *, tokenize: Tokenize = words, average: str | None = "mean") -> Any:
    """ROUGE-L of summaries whose sentences stand on lines of their own: for each line of the reference the union of
    its common subsequences with all lines of the hypothesis; no word counts more often than it occurs on either side.

    Where a line has several longest subsequences, the one is taken that rouge-score takes. Arguments, and what it
    raises, as for `rouge_n`.
    """
    def score(written: str, right: str) -> Rouge:
        ours = [tokenize(line) for line in written.split("\n") if line]
        theirs = [tokenize(line) for line in right.split("\n") if line]
        left = Counter(token for line in ours for token in line) & Counter(token for line in theirs for token in line)
        hits = 0
        for line in theirs:
            for place in sorted(set().union(*(_common(line, other) for other in ours))):
                if left[line[place]]:
                    left[line[place]] -= 1
                    hits += 1
        return _rouge(hits, sum(map(len, ours)), sum(map(len, theirs)))

    return _over_examples(score, hypotheses, references, average)


def _common(first: Sequence[str], second: Sequence[str]) -> set[int]:
    """The places in `first` of one longest common subsequence, read from the end of the table."""
    table = [row.tolist() for row in common_rows(first, second)]
    i, j, places = len(first), len(second), set()
    while i and j:
        if first[i - 1] == second[j - 1]:
            i, j = i - 1, j - 1
            places.add(i)
        elif table[i][j - 1] > table[i - 1][j]:
            j -= 1
        else:
            i -= 1
    return places


def _rouge(matches: int, ours: int, theirs: int) -> Rouge:
    precision, recall = matches / max(ours, 1), matches / max(theirs, 1)
    return Rouge(precision, recall, 2 * precision * recall / (precision + recall) if matches else 0.0)


def _over_examples(score: Callable[[str, str], Rouge], hypotheses: Any, references: Any, average: str | None) -> Any:
    """The best score over the references of each example, the first of equals; or the mean over examples."""
    if average not in ("mean", None):
        raise ValueError(f"rouge: average is {average!r}; it is 'mean' or None")
    pairs = zip(*inputs.texts_and_references(hypotheses, references), strict=True)
    found = np.array([max((score(text, one) for one in right), key=lambda s: s.f1) for text, right in pairs])
    return found if average is None else Rouge(*found.mean(0).tolist())  # found (examples, 3)
