"""Exact duplicates: documents whose normalised texts are equal."""

from __future__ import annotations

import hashlib

import numpy as np

SIZE = 16
"""Bytes of a fingerprint. That two of n texts share one by accident has a probability of n²/2¹²⁹."""


def fingerprint(data: bytes) -> bytes:
    """128 bits of BLAKE2b (RFC 7693) of a text in UTF-8."""
    return hashlib.blake2b(data, digest_size=SIZE).digest()


def first_equal(fingerprints: bytes | bytearray) -> np.ndarray:
    """For each document the first one with the same fingerprint, which may be itself, (documents,).

    fingerprints  `SIZE` bytes each, one after the other
    """
    halves = np.frombuffer(fingerprints, np.uint64).reshape(-1, 2)  # (documents, halves)
    if not len(halves):
        return np.zeros(0, np.int64)
    order = np.lexsort((halves[:, 1], halves[:, 0]))  # stable: equal ones stay in their order
    new = np.concatenate([[True], (halves[order[1:]] != halves[order[:-1]]).any(1)])
    found = np.empty(len(order), np.int64)
    found[order] = order[np.flatnonzero(new)][np.cumsum(new) - 1]
    return found
