"""How well do scores tell two classes apart, whatever the threshold? ROC and precision-recall curves, their areas."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from . import inputs


def roc_curve(y_true: Any, y_score: Any, *, pos_label: Any = None, sample_weight: Any = None,
              drop_intermediate: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """False alarms and hits at every threshold: (FP/N, TP/P, thresholds), from the strictest threshold to the loosest.

    pos_label          the positive class; 1 where the classes are 0 and 1, or -1 and 1
    drop_intermediate  leave out points amid a straight horizontal, vertical or evenly spaced line

    Equal scores share a threshold. The first threshold is infinite: nothing is called positive. An axis for which
    there is no example is NaN, with a warning. After Fawcett (2006). Where positives are rare the curve looks better
    than the model is: 1 % of many negatives are more than all positives; see `precision_recall_curve`.
    Raises ValueError for NaN scores, empty and unequal inputs, and classes of which none is said to be positive.
    """
    false, hits, thresholds = _cumulated(y_true, y_score, pos_label, sample_weight)
    if drop_intermediate and len(false) > 2:
        corner = (np.diff(false, 2) != 0) | (np.diff(hits, 2) != 0)
        keep = np.concatenate([[True], corner, [True]])
        false, hits, thresholds = false[keep], hits[keep], thresholds[keep]
    false, hits = np.concatenate([[0.0], false]), np.concatenate([[0.0], hits])
    return _rates(false, "negative"), _rates(hits, "positive"), np.concatenate([[np.inf], thresholds])


def precision_recall_curve(y_true: Any, y_score: Any, *, pos_label: Any = None, sample_weight: Any = None,
                           drop_intermediate: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision and recall at every threshold: (precision, recall, thresholds), from the loosest to the strictest.

    The first two have one entry more, 1 and 0: the end of the curve, which belongs to no threshold.

    drop_intermediate  keep only the first and the last of the points with one recall

    Its level depends on how many positives there are, so compare curves on the same data only (Davis and Goadrich
    2006). Without a positive example recall is 1, with a warning. Raises what `roc_curve` raises.
    """
    false, hits, thresholds = _cumulated(y_true, y_score, pos_label, sample_weight)
    if drop_intermediate and len(false) > 2:
        changes = np.diff(hits) != 0
        keep = np.concatenate([[True], changes[:-1] | changes[1:], [True]])
        false, hits, thresholds = false[keep], hits[keep], thresholds[keep]
    if hits[-1]:
        recall = hits / hits[-1]
    else:
        warnings.warn("precision_recall_curve: there is no positive example, so recall is set to 1",
                      inputs.UndefinedMetricWarning, stacklevel=2)
        recall = np.ones(len(hits))
    precision = hits / (hits + false)
    return np.append(precision[::-1], 1.0), np.append(recall[::-1], 0.0), thresholds[::-1]


def auc(x: Any, y: Any) -> float:
    """The area under a curve by trapezia: Σ (xᵢ₊₁ - xᵢ)(yᵢ + yᵢ₊₁)/2. Raises ValueError unless x only rises or falls.

    For a precision-recall curve use `average_precision`: between its points a straight line is too optimistic.
    """
    across, up = inputs.vector(x, "x"), inputs.vector(y, "y")
    inputs.same_length(x=across, y=up)
    steps = np.diff(across)
    if not len(steps):
        raise ValueError("auc: there is one point; an area needs two")
    if (steps < 0).any() and (steps > 0).any():
        raise ValueError("auc: x goes up and down; sort the points of the curve by x")
    return float(np.trapezoid(up, across)) * (-1 if (steps < 0).any() else 1)


def roc_auc(y_true: Any, y_score: Any, *, average: str | None = "macro", sample_weight: Any = None,
            multi_class: str = "raise", labels: Any = None) -> Any:
    """The chance that a positive example scores above a negative one: P(s⁺ > s⁻) + ½ P(s⁺ = s⁻), from 0 to 1.

    It is the area under the ROC curve; 0.5 is guessing. Of two classes the greater is the positive one.

    y_score      (n,), or for several classes (n, classes): probabilities that add up to 1
    multi_class  "ovr" takes each of several classes against the rest
    average      over those: "macro" is their mean, "weighted" by how often each is true, "micro" all pairs of example
                 and class in one curve, None an array
    labels       the classes of the columns, sorted; needed where one of them does not occur

    After Hanley and McNeil (1982). It says nothing about calibration, nor about the few top scores that may be all
    you use. With one class only it is NaN, with a warning. Raises ValueError for NaN scores, empty and unequal
    inputs, rows that do not add up to 1, and for several classes without multi_class="ovr".
    """
    true, score = inputs.labels(y_true, "y_true"), inputs.scores(y_score, "y_score")
    inputs.same_length(y_true=true, y_score=score)
    present = np.unique(true)
    if len(present) <= 2 and (score.ndim == 1 or score.shape[1] <= 2):
        if score.ndim == 2 and score.shape[1] == 2:
            raise ValueError("roc_auc: for two classes y_score has shape (n,): the scores of the greater class, "
                             "y_score[:, 1]")
        return _area(true == present[-1], score.reshape(-1), sample_weight, len(present) == 2)  # (n,)
    if multi_class != "ovr":
        raise ValueError(f"roc_auc: there are more than two classes and multi_class is {multi_class!r}: use 'ovr', "
                         "each class against the rest")
    if score.ndim == 1 or not np.allclose(score.sum(1), 1):
        raise ValueError("roc_auc: for several classes y_score has a column each and rows that add up to 1; "
                         "logits become probabilities by a softmax")
    hot = true[:, None] == inputs.known_classes(true, labels, score.shape[1])  # (n, classes)
    return _over_classes(lambda t, s, w: _area(t, s, w, 0 < t.sum() < len(t)), hot, score, average, sample_weight)


def average_precision(y_true: Any, y_score: Any, *, average: str | None = "macro", pos_label: Any = 1,
                      sample_weight: Any = None) -> Any:
    """The area under the precision-recall curve by steps: AP = Σ (Rₙ - Rₙ₋₁) Pₙ, from 0 to 1.

    Guessing gives the share of positives, not 0.5. For several classes y_score is (n, classes) and each class stands
    against the rest; `average` as in `roc_auc`. Raises what `precision_recall_curve` raises, and ValueError for a
    pos_label that is not there.
    """
    true, score = inputs.labels(y_true, "y_true"), inputs.scores(y_score, "y_score")
    inputs.same_length(y_true=true, y_score=score)
    present = np.unique(true)
    if len(present) <= 2:
        if len(present) == 2 and pos_label not in present.tolist():
            raise ValueError(f"average_precision: pos_label {pos_label!r} is not one of {present.tolist()}")
        return _steps(true == pos_label, score, sample_weight)
    if score.ndim == 1:
        raise ValueError(f"average_precision: y_true has {len(present)} classes, so y_score needs a column for each")
    hot = true[:, None] == inputs.known_classes(true, None, score.shape[1])  # (n, classes)
    return _over_classes(_steps, hot, score, average, sample_weight)


def _steps(true: np.ndarray, score: np.ndarray, sample_weight: Any) -> float:
    precision, recall, _ = precision_recall_curve(true, score, sample_weight=sample_weight)
    return max(0.0, float(-(np.diff(recall) @ precision[:-1])))


def _area(true: np.ndarray, score: np.ndarray, sample_weight: Any, both: bool) -> float:
    if not both:
        warnings.warn("roc_auc: all examples are of one class, so no pair can be ranked: NaN",
                      inputs.UndefinedMetricWarning, stacklevel=3)
        return float("nan")
    false, hits, _ = _cumulated(true, score, None, sample_weight)
    false, hits = np.concatenate([[0.0], false]), np.concatenate([[0.0], hits])
    return float(np.trapezoid(_rates(hits, "positive"), _rates(false, "negative")))


def _over_classes(metric: Callable[[np.ndarray, np.ndarray, Any], float], hot: np.ndarray, score: np.ndarray,
                  average: str | None, sample_weight: Any) -> Any:
    """A metric of two classes for each column against the rest. hot, score (n, classes)."""
    if average not in ("micro", "macro", "weighted", None):
        raise ValueError(f"average is {average!r}; it is 'micro', 'macro', 'weighted' or None")
    weight = inputs.weights(sample_weight, len(hot))
    if average == "micro":
        each = None if weight is None else weight.repeat(hot.shape[1])
        return metric(hot.reshape(-1), score.reshape(-1), each)  # (n · classes,)
    values = np.array([metric(hot[:, c], score[:, c], weight) for c in range(hot.shape[1])])
    if average is None:
        return values
    if average == "macro":
        return float(values.mean())
    support = hot.sum(0) if weight is None else weight @ hot
    return float(np.average(np.where(support == 0, 0.0, values), weights=support))


def _cumulated(y_true: Any, y_score: Any, pos_label: Any,
               sample_weight: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the negatives and of the positives, how many score at or above each distinct score, the highest first."""
    true, score = inputs.labels(y_true, "y_true"), inputs.scores(y_score, "y_score")
    if score.ndim != 1:
        raise ValueError(f"y_score has shape {score.shape}; one score an example is expected: that of the positive "
                         "class, y_score[:, 1]")
    inputs.same_length(y_true=true, y_score=score)
    right, weight = inputs.positive(true, pos_label), inputs.weights(sample_weight, len(true))
    if weight is not None:
        right, score, weight = right[weight > 0], score[weight > 0], weight[weight > 0]
    order = np.argsort(score)[::-1]  # equal scores count together, so their order is free
    right, score = right[order], score[order]
    last = np.append(np.flatnonzero(score[1:] != score[:-1]), len(score) - 1)  # of each run of equal scores
    if weight is None:
        hits = np.cumsum(right)[last].astype(np.float64)
        return last + 1 - hits, hits, score[last]
    weight = weight[order]
    return np.cumsum(weight * ~right)[last], np.cumsum(weight * right)[last], score[last]


def _rates(counts: np.ndarray, kind: str) -> np.ndarray:
    if counts[-1] > 0:
        return counts / counts[-1]
    warnings.warn(f"roc_curve: there is no {kind} example, so the rate of {kind}s found is NaN",
                  inputs.UndefinedMetricWarning, stacklevel=3)
    return np.full(len(counts), np.nan)
