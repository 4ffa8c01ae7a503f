"""Which documents to compare at all: those whose signatures agree in a band.

After Leskovec, Rajaraman and Ullman, Mining of Massive Datasets (2014), chapter 3.

A signature is cut into b bands of r rows. Two documents of resemblance s agree in all rows of one band with probability
sʳ, and so in at least one band with

    P(s) = 1 - (1 - sʳ)ᵇ

an S: close to 0 for small s, close to 1 for large ones, steepest near s = (1/b)^(1/r). So the pairs that matter are
found by sorting each band, without a look at all the others.
"""

from __future__ import annotations

import numpy as np

from .hashing import mixed

FOUND = 0.95
"""With which probability a pair that is just at the threshold shall be found."""


def probability(s: float, bands: int, rows: int) -> float:
    """P(s): that two documents of resemblance s agree in at least one band."""
    return float(1 - (1 - s**rows)**bands)


def bands_and_rows(threshold: float, hashes: int) -> tuple[int, int]:
    """The bands and rows for a threshold: the most rows, so the fewest pairs to compare, with P(threshold) ≥ `FOUND`.

    Raises ValueError for a threshold outside of 0 to 1, and one so low that it needs more hashes.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"the threshold is {threshold}; it lies above 0, and at most at 1: with 0.8, two documents "
                         "are near duplicates if four fifths of all that is in either are in both")
    for rows in range(hashes, 0, -1):
        if probability(threshold, hashes // rows, rows) >= FOUND:
            return hashes // rows, rows
    raise ValueError(f"a threshold of {threshold} cannot be told from chance with {hashes} hashes: take more "
                     "of them, or a higher threshold")


def keys(signatures: np.ndarray, bands: int, rows: int) -> np.ndarray:
    """A number for what stands in each band, (documents, bands), from signatures (documents, hashes)."""
    parts = signatures[:, :bands * rows].astype(np.uint64).reshape(-1, bands, rows)  # (documents, bands, rows)
    found = np.zeros(parts.shape[:2], np.uint64)
    for row in range(rows):
        found = mixed(found + parts[:, :, row])
    return found
