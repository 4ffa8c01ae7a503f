"""Do two lists of numbers put the examples into the same order?"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import inputs


def ranks(values: Any) -> np.ndarray:
    """The place of each value when they are sorted, from 1; equal ones share the mean of their places.  (n,) → (n,)

    Raises ValueError for NaN and infinity, and where there is no value.
    """
    found = inputs.scores(inputs.vector(values, "values"), "values")
    _, inverse, counts = np.unique(found, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)  # of each run of equal values
    return (last - (counts - 1) / 2)[inverse]


def spearman(a: Any, b: Any) -> float:
    """Pearson's correlation of the ranks: 1 for the same order, -1 for the opposite one, 0 for no relation.

    ρ = cov(rank a, rank b) / (std rank a · std rank b)

    Equal values share the mean of their ranks. NaN where all values of a, or all of b, are equal, which is no order;
    so a single example gives NaN. Only the order counts: the two may be on different scales. After Spearman (1904).
    Raises ValueError for NaN, infinity, no examples and unequal lengths.
    """
    first, second = (inputs.scores(inputs.vector(one, name), name) for one, name in ((a, "a"), (b, "b")))
    inputs.same_length(a=first, b=second)
    x, y = (rank - rank.mean() for rank in (ranks(first), ranks(second)))
    spread = np.sqrt((x @ x) * (y @ y))
    return float(np.clip(x @ y / spread, -1, 1)) if spread else float("nan")
