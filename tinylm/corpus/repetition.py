"""Does a document repeat itself? Two measures on its runs of n words (Rae et al. 2021, appendix A.1.1)."""

from __future__ import annotations

import numpy as np

from .hashing import Grams, Words, grams, mixed
from .quality import Fault, Rules, broken

TOP = (2, 3, 4)
REPEATED = (5, 6, 7, 8, 9, 10)

OFTEN = 3
"""The most frequent run has to stand there so often: twice, in a short text, is no habit. Gopher does not ask that."""


def faults(words: Words, rules: Rules) -> list[Fault | None]:
    """For each document the first rule about repetition that it breaks."""
    found: list[Fault | None] = [None] * (len(words.place) - 1)

    def check(name: str, shares: np.ndarray, documents: np.ndarray) -> None:
        limit = getattr(rules, name)
        for document, share in zip(documents.tolist(), shares.tolist(), strict=True):
            found[document] = found[document] or broken(name, share, limit)

    documents = np.arange(len(found))
    for n in TOP:
        if getattr(rules, f"max_top_{n}_gram") is not None:
            check(f"max_top_{n}_gram", top_share(words, n), documents)
    wanted = {n: limit for n in REPEATED if (limit := getattr(rules, f"max_repeated_{n}_grams")) is not None}
    shares = np.zeros(0)
    for n in wanted:
        if not len(shares):
            shares = repeated_share(words, n)
            check(f"max_repeated_{n}_grams", shares, documents)
            # What is repeated in longer runs is repeated in shorter ones: most documents need not be looked at again.
            documents = np.flatnonzero(shares > min(wanted.values()))
            continue
        for document in documents.tolist():
            if found[document] is None:
                check(f"max_repeated_{n}_grams", repeated_share(words.only(document), n), np.array([document]))
    return found


def top_share(words: Words, n: int) -> np.ndarray:
    """For each document the share of its words, in bytes, that the most frequent run of n words makes up.

    How often it stands there, times its size; 0 where none stands there `OFTEN` times.  Gives (documents,).
    """
    found = grams(words, n)
    order, begins = _alike(found)
    counts = np.diff(begins, append=len(order))  # (different grams,)
    often = np.flatnonzero(counts >= OFTEN)
    one = order[begins[often]]  # one place of each
    sizes = _bytes(words)
    share = np.zeros(len(words.place) - 1)
    np.maximum.at(share, found.owner[one], counts[often] * (sizes[found.stops[one]] - sizes[found.starts[one]]))
    return np.minimum(share / np.diff(sizes[words.place]), 1)  # a run may overlap itself: "ha ha ha"


def repeated_share(words: Words, n: int) -> np.ndarray:
    """For each document the share of its words, in bytes, in runs of n words that stood before.  (documents,).

    A word in several such runs counts once.
    """
    found = grams(words, n)
    order, begins = _alike(found)
    sizes = _bytes(words)
    if len(begins) == len(order):
        return np.zeros(len(words.place) - 1)
    again = np.ones(len(order), bool)
    again[np.minimum.reduceat(order, begins)] = False  # the first of each
    depth = np.zeros(len(words.codes) + 1, np.int32)
    np.add.at(depth, found.starts[again], 1)
    np.add.at(depth, found.stops[again], -1)
    covered = np.concatenate([[0], np.cumsum(np.where(np.cumsum(depth[:-1]) > 0, words.sizes, 0))])  # (words + 1,)
    return np.diff(covered[words.place]) / np.diff(sizes[words.place])


def _alike(found: Grams) -> tuple[np.ndarray, np.ndarray]:
    """The places of the runs, sorted so that equal ones of one document are neighbours; and where each kind begins."""
    codes = mixed(found.codes + found.owner.astype(np.uint64))
    order = np.argsort(codes)
    ordered = codes[order]
    return order, np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])[:len(order)])


def _bytes(words: Words) -> np.ndarray:
    """How many bytes the words before each have, (words + 1,)."""
    return np.concatenate([[0], np.cumsum(words.sizes)])
