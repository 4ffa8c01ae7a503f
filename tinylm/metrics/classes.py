"""Right or wrong: accuracy, the confusion matrix, and precision, recall and F1 that are read off it."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np

from . import inputs

AVERAGES = ("binary", "micro", "macro", "weighted", None)


class Counts(NamedTuple):
    """For each class, shape (classes,): how often it was predicted rightly, predicted, and true."""

    hits: np.ndarray
    predicted: np.ndarray
    true: np.ndarray


def accuracy(y_true: Any, y_pred: Any, *, normalize: bool = True, sample_weight: Any = None) -> float:
    """The share of examples that are right: 1/n Σ [y = ŷ], from 0 to 1.

    normalize      False counts them instead
    sample_weight  what each example weighs

    Misleads where classes are unbalanced: where 99 of 100 mails are harmless, "always harmless" has 0.99. Look at
    `f1(..., average="macro")` beside it. Raises ValueError for empty and unequal inputs, scores and mixed labels.
    """
    true, predicted = inputs.pair(y_true, y_pred)
    return share(true == predicted, sample_weight, normalize)


def top_k_accuracy(y_true: Any, y_score: Any, *, k: int = 2, normalize: bool = True, sample_weight: Any = None,
                   labels: Any = None) -> float:
    """The share of examples whose true class is among the k of highest score, from 0 to 1.

    y_score  (n, classes), or (n,) for two classes: then k = 1 cuts at 0.5 (at 0 if any score is outside [0, 1])
    labels   the classes of the columns, sorted; needed where one of them does not occur in y_true

    Among equal scores the later class comes first, as in scikit-learn: a model that gives all classes one score
    is right on the last k. Raises ValueError for NaN scores, k below 1, and columns without a class.
    """
    true, score = inputs.labels(y_true, "y_true"), inputs.scores(y_score, "y_score")
    inputs.same_length(y_true=true, y_score=score)
    if k < 1:
        raise ValueError(f"top_k_accuracy: k is {k}; at least one guess is needed")
    columns = 2 if score.ndim == 1 else score.shape[1]
    known = inputs.known_classes(true, labels, columns)
    if k >= columns:
        warnings.warn(f"top_k_accuracy: with k = {k} of {columns} classes every guess is right",
                      inputs.UndefinedMetricWarning, stacklevel=2)
    place = np.searchsorted(known, true)
    if score.ndim == 1:
        threshold = 0.5 if score.min() >= 0 and score.max() <= 1 else 0
        return share(((score > threshold) == place) | (k > 1), sample_weight, normalize)
    own = score[np.arange(len(true)), place][:, None]  # (n, 1)
    ahead = (score > own) | ((score == own) & (np.arange(columns) > place[:, None]))
    return share(ahead.sum(1) < k, sample_weight, normalize)


def share(right: np.ndarray, sample_weight: Any, normalize: bool) -> float:
    """The weighted share, or number, of examples that are right."""
    weight = inputs.weights(sample_weight, len(right))
    total = float(right.sum() if weight is None else right @ weight)
    return total / float(len(right) if weight is None else weight.sum()) if normalize else total


def confusion_matrix(y_true: Any, y_pred: Any, *, labels: Any = None, sample_weight: Any = None,
                     normalize: str | None = None) -> np.ndarray:
    """How often class i was taken for class j: C[i, j] = Σ [y = i][ŷ = j], shape (classes, classes).

    labels     the classes, in the order of the rows; without, all that occur on either side, sorted. Examples with
               another class on either side are left out
    normalize  "true" makes each row add up to 1, "pred" each column, "all" the whole; an empty one stays 0

    Raises ValueError for empty and unequal inputs, and for labels none of which is in y_true.
    """
    true, predicted = inputs.pair(y_true, y_pred)
    if normalize not in (None, "true", "pred", "all"):
        raise ValueError(f"confusion_matrix: normalize is {normalize!r}; it is 'true', 'pred', 'all' or None")
    known, (rows, columns) = _encoded(true, predicted, labels)
    if not (rows >= 0).any():
        raise ValueError("confusion_matrix: at least one of labels must be in y_true")
    weight = inputs.weights(sample_weight, len(true))
    among = (rows >= 0) & (columns >= 0)
    flat = rows[among] * len(known) + columns[among]
    counted = np.bincount(flat, None if weight is None else weight[among], len(known) ** 2)
    matrix = counted.reshape(len(known), len(known))  # (true, predicted)
    if normalize is None:
        return matrix
    total = matrix.sum({"true": 1, "pred": 0, "all": None}[normalize], keepdims=True)
    return np.divide(matrix, total, out=np.zeros(matrix.shape), where=total != 0)


def precision(y_true: Any, y_pred: Any, *, labels: Any = None, pos_label: Any = 1, average: str | None = "binary",
              sample_weight: Any = None, zero_division: Any = "warn") -> Any:
    """Of what was called class c, the share that is c: P = TP / (TP + FP), from 0 to 1.

    It says nothing about what was missed: one cautious, right guess has precision 1. Settings, and what it raises,
    as for `f1`; nothing called c is 0/0.
    """
    counts = class_counts(y_true, y_pred, labels, pos_label, average, sample_weight)
    return averaged(counts.hits, counts.predicted, counts.true, average, zero_division, "precision")


def recall(y_true: Any, y_pred: Any, *, labels: Any = None, pos_label: Any = 1, average: str | None = "binary",
           sample_weight: Any = None, zero_division: Any = "warn") -> Any:
    """Of what is class c, the share that was found: R = TP / (TP + FN), from 0 to 1.

    It says nothing about false alarms: calling everything c has recall 1. Settings, and what it raises, as for `f1`;
    no example of c is 0/0.
    """
    counts = class_counts(y_true, y_pred, labels, pos_label, average, sample_weight)
    return averaged(counts.hits, counts.true, counts.true, average, zero_division, "recall")


def f1(y_true: Any, y_pred: Any, *, labels: Any = None, pos_label: Any = 1, average: str | None = "binary",
       sample_weight: Any = None, zero_division: Any = "warn") -> Any:
    """The harmonic mean of precision and recall: F₁ = 2PR / (P + R) = 2TP / (2TP + FP + FN), from 0 to 1.

    labels         the classes to count; without, all that occur on either side
    pos_label      the class that "binary" is about
    average        "binary": that of pos_label. "micro": from the counts of all classes together (with all of them,
                   the accuracy). "macro": the mean over classes, where the rare count as much as the frequent.
                   "weighted": the mean, each class by how often it is true. None: an array, one a class
    sample_weight  what each example weighs
    zero_division  the value of 0/0: 0, 1 or NaN (which means leave out); "warn" is 0 and a warning

    After van Rijsbergen (1979). It ignores true negatives and changes when the two classes change roles. The mean
    of F₁ is not the F₁ of mean precision and recall. Raises ValueError for empty and unequal inputs, for more than
    two classes with "binary", and for a pos_label that is not there.
    """
    counts = class_counts(y_true, y_pred, labels, pos_label, average, sample_weight)
    return averaged(2 * counts.hits, counts.predicted + counts.true, counts.true, average, zero_division, "f1")


def class_counts(y_true: Any, y_pred: Any, labels: Any, pos_label: Any, average: str | None,
                 sample_weight: Any) -> Counts:
    """The counts that precision, recall and F1 are made of."""
    if average not in AVERAGES:
        raise ValueError(f"average is {average!r}; it is one of {', '.join(map(repr, AVERAGES))}")
    true, predicted = inputs.pair(y_true, y_pred)
    if average == "binary":
        present = np.unique(np.concatenate([true, predicted]))
        if len(present) > 2:
            raise ValueError(f"average='binary' is for two classes and there are {len(present)}: use 'macro', "
                             "'micro', 'weighted' or None")
        if len(present) == 2 and pos_label not in present.tolist():
            raise ValueError(f"pos_label {pos_label!r} is not one of the classes {present.tolist()}")
        labels = [pos_label]
        if len(present) == 1 and (present.dtype.kind in "US") != isinstance(pos_label, str):
            nothing = np.zeros(1)
            return Counts(nothing, nothing, nothing)
    known, (rows, columns) = _encoded(true, predicted, labels)
    weight = inputs.weights(sample_weight, len(true))

    def count(places: np.ndarray, which: np.ndarray) -> np.ndarray:
        return np.bincount(places[which], None if weight is None else weight[which], len(known)).astype(np.float64)

    return Counts(count(rows, (rows == columns) & (rows >= 0)), count(columns, columns >= 0), count(rows, rows >= 0))


def averaged(above: np.ndarray, below: np.ndarray, support: np.ndarray, average: str | None, zero_division: Any,
             name: str) -> Any:
    """above / below for each class, or their average."""
    if average == "micro":
        above, below = above.sum(keepdims=True), below.sum(keepdims=True)
    values = divided(above, below, zero_division, name)
    if average is None:
        return values
    defined = ~np.isnan(values)
    if not defined.any():
        return float("nan")
    weight = support[defined] if average == "weighted" else np.ones(int(defined.sum()))
    return float(np.average(values[defined], weights=weight if weight.any() else None))


def divided(above: np.ndarray, below: np.ndarray, zero_division: Any, name: str) -> np.ndarray:
    """above / below, with the convention of the caller where that is 0/0."""
    if not (zero_division == "warn" or zero_division in (0, 1) or np.isnan(zero_division)):
        raise ValueError(f"zero_division is {zero_division!r}; it is 0, 1, NaN or 'warn'")
    empty = below == 0
    if empty.any() and zero_division == "warn":
        warnings.warn(f"{name} is 0/0 for {int(empty.sum())} of {len(below)} classes and set to 0; zero_division=0, "
                      "1 or NaN says what it shall be", inputs.UndefinedMetricWarning, stacklevel=4)
    values = np.full(len(below), 0.0 if zero_division == "warn" else float(zero_division))
    return np.divide(above, below, out=values, where=~empty)


def _encoded(true: np.ndarray, predicted: np.ndarray, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    """The classes, and the place of each example's among them, (2, n): true and predicted, -1 for others."""
    both = np.stack([true, predicted])  # (2, n)
    if labels is None:
        known, places = np.unique(both, return_inverse=True)
        return known, places.reshape(both.shape)  # (2, n)
    known = inputs.vector(labels, "labels")
    if (known.dtype.kind in "US") != (both.dtype.kind in "US"):
        raise ValueError(f"labels holds {known.dtype} and y_true {true.dtype}: these never match")
    order = np.argsort(known)
    if len(np.unique(known)) < len(known):
        raise ValueError("labels has a class twice")
    near = order[np.searchsorted(known, both, sorter=order).clip(max=len(known) - 1)]  # (2, n)
    return known, np.where(known[near] == both, near, -1)
