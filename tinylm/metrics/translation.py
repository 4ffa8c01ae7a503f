"""BLEU: how many of a translation's n-grams stand in a reference. Counted as sacrebleu counts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from . import inputs
from .overlap import ngrams
from .punctuation import TOKENIZERS

SMOOTHING = {"none": 0.0, "floor": 0.1, "add-k": 1.0, "exp": 0.0}
"""How a precision of zero is lifted (Chen and Cherry 2014), and the value for it where it takes one."""


class Bleu(NamedTuple):
    """BLEU and what it is made of."""

    score: float  # from 0 to 100
    precisions: list[float]  # in per cent, one an order
    brevity_penalty: float
    hypothesis_length: int  # in tokens
    reference_length: int


def bleu(hypotheses: Any, references: Any, **settings: Any) -> float:
    """BLEU of a corpus, from 0 to 100: BP · exp(1/N Σₙ ln pₙ), BP = min(1, e^(1 - r/c)).

    pₙ is the share of the hypotheses' n-grams that stand in a reference, each no more often than there; c and r are
    the lengths of the hypotheses and, for each, of the reference nearest in length (the shorter of two equally near).
    The counts of all sentences are added up first, so it is not the mean of sentences.

    hypotheses       a list of texts
    references       one list of texts a hypothesis; their numbers may differ
    tokenize         "13a" (punctuation is split off), "none" (at white space), "char", or "zh"
    lowercase        whether capitals count as small letters
    smooth_method    for an order without a match: "exp" (½, ¼, ... of one), "floor" (smooth_value matches), "add-k"
                     (smooth_value added to counts of orders above 1), "none" (BLEU is 0)
    smooth_value     0.1 for "floor" and 1 for "add-k", if not given
    max_ngram_order  N, 4
    effective_order  stop at the longest order the hypothesis is long enough for

    After Papineni et al. (2002); give detokenised text and say the settings with the figure (Post 2018). It knows no
    synonyms and hardly any grammar, and differences below a point mean little: see `paired_bootstrap`. Where no
    unigram matches it is 0, smoothed or not. Raises TypeError for references that are not one list a hypothesis,
    ValueError for unequal lengths, empty lists and unknown settings.
    """
    return bleu_details(hypotheses, references, **settings).score


def sentence_bleu(hypothesis: str, references: Sequence[str], **settings: Any) -> float:
    """BLEU of one text against a list of references; `effective_order` is on, as sacrebleu advises.

    A short text hardly has 4-grams, so this is mostly smoothing: average over many, or use `bleu`.
    """
    return bleu([hypothesis], [references], **{"effective_order": True, **settings})


def bleu_details(hypotheses: Any, references: Any, *, tokenize: str = "13a", lowercase: bool = False,
                 smooth_method: str = "exp", smooth_value: float | None = None, max_ngram_order: int = 4,
                 effective_order: bool = False) -> Bleu:
    """BLEU with its precisions, brevity penalty and lengths. Settings, and what it raises, as for `bleu`."""
    counts = bleu_counts(hypotheses, references, tokenize=tokenize, lowercase=lowercase,
                         max_ngram_order=max_ngram_order)
    return bleu_of_counts(counts, smooth_method=smooth_method, smooth_value=smooth_value,
                          effective_order=effective_order)


def bleu_counts(hypotheses: Any, references: Any, *, tokenize: str = "13a", lowercase: bool = False,
                max_ngram_order: int = 4) -> np.ndarray:
    """For each sentence its length, that of the nearest reference, matches and n-grams by order, (n, 2 + 2N).

    What BLEU needs to know: `bootstrap(lambda rows: bleu_of_counts(rows).score, counts)` counts no text twice.
    """
    written, expected = inputs.texts_and_references(hypotheses, references)
    if tokenize not in TOKENIZERS:
        raise ValueError(f"bleu: tokenize is {tokenize!r}; it is one of {', '.join(map(repr, TOKENIZERS))}")
    if max_ngram_order < 1:
        raise ValueError(f"bleu: max_ngram_order is {max_ngram_order}; it is at least 1")

    def split(text: str) -> list[str]:
        return TOKENIZERS[tokenize]((text.lower() if lowercase else text).rstrip())

    rows = []
    for text, right in zip(written, expected, strict=True):
        tokens, others = split(text), [split(one) for one in right]
        nearest = min((abs(len(other) - len(tokens)), len(other)) for other in others)[1]
        matches, totals = [], []
        for n in range(1, max_ngram_order + 1):
            allowed: Counter[Any] = Counter()
            for other in others:
                allowed |= ngrams(other, n)
            found = ngrams(tokens, n)
            matches.append((found & allowed).total())
            totals.append(found.total())
        rows.append([len(tokens), nearest, *matches, *totals])
    return np.array(rows, dtype=np.int64)


def bleu_of_counts(counts: Any, *, smooth_method: str = "exp", smooth_value: float | None = None,
                   effective_order: bool = False) -> Bleu:
    """BLEU from the rows of `bleu_counts`, which are added up."""
    if smooth_method not in SMOOTHING:
        raise ValueError(f"bleu: smooth_method is {smooth_method!r}; it is one of {', '.join(map(repr, SMOOTHING))}")
    lift = SMOOTHING[smooth_method] if smooth_value is None else smooth_value
    if lift < 0:
        raise ValueError(f"bleu: smooth_value is {lift}; it is at least 0")
    sums = np.asarray(counts).sum(0).tolist()
    length, reference = sums[:2]
    order = len(sums) // 2 - 1
    matches, totals = sums[2:2 + order], sums[2 + order:]
    penalty = 1.0 if length >= reference else math.exp(1 - reference / length) if length else 0.0
    precisions, used, halved = [0.0] * order, order, 1.0
    if not any(matches):
        return Bleu(0.0, precisions, penalty, length, reference)
    for n, (match, total) in enumerate(zip(matches, totals, strict=True)):
        if smooth_method == "add-k" and n:
            match, total = match + lift, total + lift
        if not total:
            break
        used = n + 1 if effective_order else order
        if not match and smooth_method == "exp":
            halved /= 2
            match = halved
        elif not match and smooth_method == "floor":
            match = lift
        precisions[n] = 100.0 * match / total
    score = 0.0
    if all(precisions[:used]):
        score = penalty * math.exp(sum(map(math.log, precisions[:used])) / used)
    return Bleu(score, precisions, penalty, length, reference)
