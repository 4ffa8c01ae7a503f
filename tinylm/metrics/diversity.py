"""Does a generator repeat itself?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from .overlap import ngrams


def distinct_n(texts: Any, n: int = 1, *, tokenize: Callable[[str], Sequence[str]] = str.split) -> float:
    """The share of n-grams that are distinct: different ones / all, over all texts together, from 0 to 1.

    texts     a list of texts, or of lists of tokens
    tokenize  a text to its tokens; at white space, if not given

    After Li et al. (2016). It falls as texts grow longer, since words come again: compare equal amounts of text. Noise
    has the highest. Without an n-gram it is 0. Raises TypeError for a single text, ValueError for an empty list.
    """
    if isinstance(texts, str):
        raise TypeError("distinct_n: a list of texts is expected; for one text, [text]")
    if not len(texts):
        raise ValueError("distinct_n: there is no text")
    if n < 1:
        raise ValueError(f"distinct_n: n is {n}; it is at least 1")
    counts: Counter[Any] = Counter()
    for one in texts:
        counts += ngrams(tokenize(one) if isinstance(one, str) else one, n)
    return len(counts) / max(counts.total(), 1)
