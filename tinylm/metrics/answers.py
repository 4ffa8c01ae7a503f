"""Is an answer the right one? Exact match and token F1, as SQuAD scores answers to questions."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from . import inputs

PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalized(answer: str) -> str:
    """The answer in small letters, without ASCII punctuation, without a, an, the, single spaces between words."""
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", answer.lower().translate(PUNCTUATION)).split())


def exact_match(hypotheses: Any, references: Any, *, average: str | None = "mean") -> Any:
    """The share of answers that equal one of their references once both are `normalized`, from 0 to 1.

    hypotheses  a list of answers
    references  one list of right answers each; [""] for a question without an answer
    average     None gives one value an example, (n,)

    After Rajpurkar et al. (2016), who multiply by 100. "in 1998" for "1998" counts as wrong: see `token_f1`. Raises
    TypeError for references that are not one list an answer, ValueError for unequal lengths and empty lists.
    """
    def score(written: str, right: str) -> float:
        return float(normalized(written) == normalized(right))

    return _best(score, hypotheses, references, average)


def token_f1(hypotheses: Any, references: Any, *, average: str | None = "mean") -> Any:
    """The overlap in words of each answer with the best of its references: F₁ = 2PR/(P + R), from 0 to 1, averaged.

    Words are those of `normalized`, each as often as it occurs. Where an answer or a reference has none, it is 1 if
    both are empty and else 0 (Rajpurkar et al. 2018). A long answer that contains the right one is punished, "not"
    is one word like any other. Arguments, and what it raises, as for `exact_match`.
    """
    def score(written: str, right: str) -> float:
        ours, theirs = normalized(written).split(), normalized(right).split()
        if not ours or not theirs:
            return float(ours == theirs)
        return 2 * (Counter(ours) & Counter(theirs)).total() / (len(ours) + len(theirs))

    return _best(score, hypotheses, references, average)


def _best(score: Callable[[str, str], float], hypotheses: Any, references: Any, average: str | None) -> Any:
    if average not in ("mean", None):
        raise ValueError(f"average is {average!r}; it is 'mean' or None")
    pairs = zip(*inputs.texts_and_references(hypotheses, references), strict=True)
    found = np.array([max(score(text, one) for one in right) for text, right in pairs])
    return found if average is None else float(found.mean())
