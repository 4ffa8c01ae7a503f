"""Counting n-grams, and the tables of two sequences: what BLEU, ROUGE, edit distance and diversity share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence

import numpy as np


def ngrams(tokens: Sequence[Hashable], n: int) -> Counter[tuple[Hashable, ...]]:
    """How often each run of n tokens occurs."""
    return Counter(zip(*(tokens[k:] for k in range(n)), strict=False))


def numbered(*sequences: Sequence[Hashable]) -> list[np.ndarray]:
    """The sequences as arrays of integers, equal ones for equal tokens."""
    ids: dict[Hashable, int] = {}
    return [np.array([ids.setdefault(token, len(ids)) for token in one], dtype=np.int64) for one in sequences]


def common_rows(first: Sequence[Hashable], second: Sequence[Hashable]) -> Iterator[np.ndarray]:
    """The table of longest common subsequences, row by row: L[i, j] is that of first[:i] and second[:j].

    L[i, j] = L[i-1, j-1] + 1 where the tokens are equal, else max(L[i-1, j], L[i, j-1]). The maximum over j runs
    along the row, so a row is computed at once. Rows (len(second) + 1,).
    """
    rows, columns = numbered(first, second)
    row = np.zeros(len(columns) + 1, dtype=np.int64)
    yield row
    for token in rows:
        above, row = row, row.copy()
        np.maximum(above[1:], above[:-1] + (columns == token), out=row[1:])
        np.maximum.accumulate(row, out=row)
        yield row


def edit_rows(first: Sequence[Hashable], second: Sequence[Hashable]) -> Iterator[np.ndarray]:
    """The table of edit distances, row by row: D[i, j] is that of first[:i] and second[:j].

    D[i, j] = min(D[i-1, j] + 1, D[i, j-1] + 1, D[i-1, j-1] + [tokens differ]). The step along the row is a running
    minimum of D[i, j] - j, so a row is computed at once. Rows (len(second) + 1,).
    """
    rows, columns = numbered(first, second)
    steps = np.arange(len(columns) + 1)
    row = steps
    yield row
    for place, token in enumerate(rows, 1):
        above, row = row, np.empty_like(row)
        row[0] = place
        np.minimum(above[1:] + 1, above[:-1] + (columns != token), out=row[1:])
        row = np.minimum.accumulate(row - steps) + steps
        yield row
