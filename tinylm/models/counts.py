"""How often each k-gram stands in a text: the tables that every n-gram model is made from.

A k-gram is a context, its first k-1 tokens, and the token after them. The context is a (k-1)-gram itself, and those are
numbered; so one integer, number · vocabulary + token, names a k-gram whatever k is. Sorted, these integers lay the
grams of one context side by side, and a gram is found by bisection.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..bars import shown


class Grams(NamedTuple):
    """The k-grams of a text, for one k, sorted; the number of a gram is its place here.

    keys      (grams,): number of the context · vocabulary + last token
    counts    (grams,): how often each stands in the text
    shorter   (grams,): the number of the (k-1)-gram that is left when the first token is taken off
    contexts  how many (k-1)-grams there are: 1 for k = 1, the empty one
    """

    keys: np.ndarray
    counts: np.ndarray
    shorter: np.ndarray
    contexts: int

    def context(self, vocabulary: int) -> np.ndarray:
        """The number of each gram's context, (grams,)."""
        return self.keys // vocabulary


def count(ids: np.ndarray, vocabulary: int, order: int) -> list[Grams]:
    """The grams of a text for k = 1, ..., order.  ids (length,), int64. Raises ValueError where 64 bits are too few."""
    length = len(ids)
    if length * vocabulary >= 2**63:
        raise ValueError(f"count: {length:,} tokens from a vocabulary of {vocabulary:,} need numbers beyond 64 bits")
    dtype = np.int32 if length < 2**31 else np.int64  # of counts and numbers: half the memory for most texts
    numbers = previous = np.zeros(length + 1, dtype)  # numbers[i] is that of the k-gram that begins at i
    found: list[Grams] = []
    for k in shown(range(1, order + 1), "counting"):
        keys = numbers[:length - k + 1].astype(np.int64)  # (length - k + 1,)
        keys *= vocabulary
        keys += ids[k - 1:]
        places = np.argsort(keys)
        keys = keys[places]
        new = np.concatenate([[True], keys[1:] != keys[:-1]])
        first = np.flatnonzero(new)  # (grams,): where in the sorted text each gram begins
        previous, numbers = numbers, np.empty(len(keys), dtype)
        numbers[places] = np.cumsum(new, dtype=dtype) - 1
        found.append(Grams(keys[first], np.diff(first, append=len(keys)).astype(dtype), previous[places[first] + 1],
                           len(found[-1].keys) if found else 1))
    return found


def numbers_along(keys_by_order: Sequence[np.ndarray], ids: np.ndarray, vocabulary: int) -> Iterator[
        tuple[np.ndarray, np.ndarray]]:
    """For each k, the numbers of the context before each place of another text and of the k-gram that ends there.

    Yields (context, gram), (length - k + 1,) each, for the places from k-1 on; -1 is one that was never counted.
    """
    before = np.zeros(len(ids) + 1, dtype=np.int64)  # of the empty gram
    for keys in shown(keys_by_order, "looking up"):
        context = before[:-1]  # (length - k + 1,): the last gram has nothing after it
        wanted = context * vocabulary + ids[len(ids) - len(context):]
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        before = np.where(keys[place] == wanted, place, -1)  # after -1 it is negative, and no key is
        yield context, before


def continuations(grams: Sequence[Grams]) -> list[np.ndarray]:
    """Kneser-Ney's counts: below the longest order, the number of different tokens that stand before each gram."""
    below = [np.bincount(longer.shorter, minlength=len(each.keys)) for each, longer in pairwise(grams)]
    return [*below, grams[-1].counts]
