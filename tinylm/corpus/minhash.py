"""MinHash: how much two documents have in common, from a few numbers of each (Broder 1997).

The resemblance of two documents is that of the sets A and B of their runs of n words (Jaccard's index):

    J = |A ∩ B| / |A ∪ B|

Put all runs that there are in a random order. The first run of A is also the first of B if and only if the first of
A ∪ B is in both: with probability J. So with k orders, and the first run in each as a document's signature, the share
of places in which two signatures agree estimates J, without bias, with variance J (1 - J) / k.

An order is that of the numbers π(x) = a x + b mod 2⁶⁴, a odd, where x is a run's code. Since a has an inverse, π is a
permutation of the 64-bit numbers: no two codes tie. What is promised: for codes that are random and independent, which
is what `hashing.mixed` is there for, every run is the first with the same probability, so that each place agrees with
probability J exactly. For sets chosen against it no family of so few bits can promise that (Broder et al. 2000, where
linear permutations are shown to be good on average).
"""

from __future__ import annotations

import numpy as np

from .hashing import Grams


class MinHash:
    """k random orders.

    hashes  k
    seed    another seed gives other orders
    """

    def __init__(self, hashes: int = 128, seed: int = 0) -> None:
        draw = np.random.Generator(np.random.Philox(seed))
        self.hashes = hashes
        self.factors = draw.integers(2**64 - 1, size=hashes, dtype=np.uint64, endpoint=True) | np.uint64(1)
        self.shifts = draw.integers(2**64 - 1, size=hashes, dtype=np.uint64, endpoint=True)

    def signatures(self, found: Grams) -> np.ndarray:
        """The smallest π(x) of each document in each order, (documents, hashes), uint32.

        Of its 64 bits the upper half is kept. For a document of n runs, other smallest ones share that with a
        probability of about n/2³².
        """
        smallest = np.empty((self.hashes, len(found.place) - 1), np.uint64)
        moved = np.empty_like(found.codes)
        for factor, shift, row in zip(self.factors, self.shifts, smallest, strict=True):
            np.multiply(found.codes, factor, out=moved)
            moved += shift
            np.minimum.reduceat(moved, found.place[:-1], out=row)
        return np.ascontiguousarray((smallest >> np.uint64(32)).astype(np.uint32).T)  # (documents, hashes)


def estimate(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The estimated resemblance of each pair of signatures: (pairs, hashes) each, gives (pairs,)."""
    return (first == second).mean(-1)


def resemblance(found: Grams) -> float:
    """The resemblance of the first two documents itself: what the signatures estimate."""
    begin, middle, end = found.place[:3]
    first, second = np.unique(found.codes[begin:middle]), np.unique(found.codes[middle:end])
    common = len(np.intersect1d(first, second, assume_unique=True))
    return common / (len(first) + len(second) - common)
