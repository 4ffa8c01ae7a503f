"""Does "70 % sure" come true in 70 of 100 cases? The reliability curve and the expected calibration error."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import inputs


class Reliability(NamedTuple):
    """For each bin that is not empty: how often it came true, how sure the model was, how many examples."""

    accuracy: np.ndarray
    confidence: np.ndarray
    size: np.ndarray


def reliability_curve(y_true: Any, y_prob: Any, *, pos_label: Any = None, n_bins: int = 15,
                      strategy: str = "uniform", labels: Any = None) -> Reliability:
    """Examples in bins of like confidence, and in each the mean confidence beside the share that is right.

    y_prob    (n,): the probability of pos_label. (n, classes): the greatest of each row is the confidence, and the
              example is right where that is the true class
    n_bins    how many bins from 0 to 1, each closed on the right
    strategy  "uniform": bins of equal width; "quantile": of about equally many examples
    labels    the classes of the columns, sorted; needed where one of them does not occur in y_true

    After DeGroot and Fienberg (1983). Raises ValueError for what is no probability, for empty and unequal inputs.
    """
    true, proba = inputs.labels(y_true, "y_true"), inputs.probabilities(y_prob, "y_prob")
    inputs.same_length(y_true=true, y_prob=proba)
    if n_bins < 1 or strategy not in ("uniform", "quantile"):
        raise ValueError(f"n_bins is {n_bins!r} and strategy {strategy!r}; at least 1 and 'uniform' or 'quantile'")
    if proba.ndim == 2:
        known = inputs.known_classes(true, labels, proba.shape[1])
        right, proba = known[proba.argmax(1)] == true, proba.max(1)
    elif len(np.unique(true)) > 2:
        raise ValueError("y_true has more than two classes, so y_prob needs a column for each")
    else:
        right = inputs.positive(true, pos_label)
    edges = np.linspace(0.0, 1.0, n_bins + 1)
    if strategy == "quantile":
        edges = np.percentile(proba, edges * 100)
    place = np.searchsorted(edges[1:-1], proba)
    count = np.bincount(place, minlength=n_bins)
    some = count > 0
    sums = [np.bincount(place, side, n_bins)[some] / count[some] for side in (right, proba)]
    return Reliability(sums[0], sums[1], count[some])


def expected_calibration_error(y_true: Any, y_prob: Any, *, pos_label: Any = None, n_bins: int = 15,
                               strategy: str = "uniform", labels: Any = None) -> float:
    """The mean distance of confidence from accuracy: ECE = Σ_b n_b/n |accuracy_b - confidence_b|, from 0 to 1.

    After Naeini et al. (2015) and Guo et al. (2017). It changes with the number of bins and is biased upwards on few
    examples; a model that always answers the base rate has 0 and is of no use, so look at `log_loss` beside it.
    Arguments, and what it raises, as for `reliability_curve`.
    """
    curve = reliability_curve(y_true, y_prob, pos_label=pos_label, n_bins=n_bins, strategy=strategy, labels=labels)
    return float(np.abs(curve.accuracy - curve.confidence) @ curve.size / curve.size.sum())
