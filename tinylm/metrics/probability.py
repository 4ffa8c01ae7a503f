"""How good are predicted probabilities? Log loss and Brier score, which only the true probabilities make least."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from . import inputs


def log_loss(y_true: Any, y_proba: Any, *, normalize: bool = True, sample_weight: Any = None,
             labels: Any = None) -> float:
    """The mean cross-entropy in nats: -1/n Σ ln p(yᵢ), from 0 up.

    y_proba    (n, classes), rows that add up to 1, or (n,): the probability of the greater of two classes
    normalize  False adds the losses up instead
    labels     the classes of the columns, sorted; needed where one of them does not occur in y_true

    A single confident mistake can outweigh all else, so probabilities are clipped to [ε, 1 - ε], ε that of their
    dtype (2.2e-16; 1.2e-7 for float32), as scikit-learn does. Rows that do not add up to 1 bring a warning.
    After Good (1952). Raises ValueError for what is no probability, for empty and unequal inputs, and for one class
    without `labels`.
    """
    hot, proba = _two_sides(y_true, y_proba, labels)
    given = inputs.array(y_proba, "y_proba").dtype
    epsilon = float(np.finfo(given if given == np.float32 else np.float64).eps)
    own = np.clip((proba * hot).sum(1), epsilon, 1 - epsilon)
    return _mean(-np.log(own), sample_weight, normalize)


def brier(y_true: Any, y_proba: Any, *, sample_weight: Any = None, pos_label: Any = None, labels: Any = None,
          scale_by_half: bool | str = "auto") -> float:
    """The mean squared error of probabilities: 1/n Σᵢ Σ_c (p_c - [yᵢ = c])².

    y_proba        (n,): the probability of pos_label, or (n, classes)
    pos_label      1 where the classes are 0 and 1, or -1 and 1
    scale_by_half  half of it, from 0 to 1 (for two classes the familiar (p - y)²); "auto": for two classes only

    After Brier (1950), whose own is not halved. With rare classes it is small whatever the model says: compare it
    with that of constant predictions. Raises ValueError as `log_loss` does.
    """
    if inputs.array(y_proba, "y_proba").ndim == 1:
        true, score = inputs.labels(y_true, "y_true"), inputs.probabilities(y_proba, "y_proba")
        inputs.same_length(y_true=true, y_proba=score)
        if len(np.unique(true)) > 2:
            raise ValueError("brier: y_true has more than two classes, so y_proba needs a column for each")
        right = inputs.positive(true, pos_label)
        hot, proba = np.stack([~right, right], 1), np.stack([1 - score, score], 1)  # (n, 2)
    else:
        hot, proba = _two_sides(y_true, y_proba, labels)
    half = proba.shape[1] < 3 if scale_by_half == "auto" else scale_by_half
    return _mean(((proba - hot) ** 2).sum(1), sample_weight, True) * (0.5 if half else 1.0)


def _two_sides(y_true: Any, y_proba: Any, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    """Truth and prediction, each (n, classes)."""
    true, proba = inputs.labels(y_true, "y_true"), inputs.probabilities(y_proba, "y_proba")
    inputs.same_length(y_true=true, y_proba=proba)
    if proba.ndim == 1:
        proba = np.stack([1 - proba, proba], 1)  # (n, 2)
    if np.abs(proba.sum(1) - 1).max() > 1e-3:
        warnings.warn("the rows of y_proba do not add up to 1, so they are no probabilities of all classes",
                      UserWarning, stacklevel=3)
    return true[:, None] == inputs.known_classes(true, labels, proba.shape[1]), proba


def _mean(values: np.ndarray, sample_weight: Any, normalize: bool) -> float:
    weight = inputs.weights(sample_weight, len(values))
    total = float(values.sum() if weight is None else values @ weight)
    return total / float(len(values) if weight is None else weight.sum()) if normalize else total
