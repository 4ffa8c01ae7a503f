"""The metrics that people look at, as pictures: PNG or SVG, by the ending of the name.

All are drawn on a canvas of their own, so figures and settings of yours in matplotlib stay as they are. A file is
replaced at once or left as it is.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..atomic import write
from . import inputs
from .calibration import expected_calibration_error, reliability_curve
from .classes import confusion_matrix
from .ranking import average_precision, precision_recall_curve, roc_auc, roc_curve

FORMATS = (".png", ".svg")


def plot_confusion_matrix(y_true: Any, y_pred: Any, picture: str | Path, *, labels: Any = None,
                          normalize: str | None = None) -> None:
    """Draw `confusion_matrix` with its numbers: rows the true classes, columns the predicted ones.

    Raises what it raises, and ValueError for a picture that is neither PNG nor SVG.
    """
    matrix = confusion_matrix(y_true, y_pred, labels=labels, normalize=normalize)
    names = labels if labels is not None else np.unique(np.concatenate(inputs.pair(y_true, y_pred)))
    size = max(3.5, 0.6 * len(matrix) + 1.5)
    figure, axes = _canvas(picture, (size + 0.5, size))
    shown = axes.imshow(matrix, cmap="Blues", vmin=0)
    for (row, column), value in np.ndenumerate(matrix):
        axes.text(column, row, f"{value:.2f}" if normalize else f"{value:g}", ha="center", va="center",
                  color="white" if value > matrix.max() / 2 else "black", fontsize=8)
    axes.set_xticks(range(len(names)), [str(name) for name in names], rotation=45 if len(names) > 5 else 0)
    axes.set_yticks(range(len(names)), [str(name) for name in names])
    axes.set(xlabel="predicted", ylabel="true")
    figure.colorbar(shown, ax=axes, fraction=0.046)
    _save(figure, picture)


def plot_roc(y_true: Any, y_score: Any, picture: str | Path, *, pos_label: Any = None) -> None:
    """Draw `roc_curve`, with its area, beside the diagonal that guessing gives.

    y_score  the scores, or a dictionary of them by the name of the model

    Raises what `roc_curve` raises, and ValueError for a picture that is neither PNG nor SVG.
    """
    figure, axes = _canvas(picture)
    true = inputs.positive(inputs.labels(y_true, "y_true"), pos_label)
    for name, score in _named(y_score):
        false, hits, _ = roc_curve(true, score)
        axes.plot(false, hits, label=f"{name}AUC {roc_auc(true, score):.3f}")
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":", label="guessing")
    axes.set(xlabel="false alarms, FP / negatives", ylabel="found, TP / positives", aspect="equal")
    axes.legend(loc="lower right")
    _save(figure, picture)


def plot_precision_recall(y_true: Any, y_score: Any, picture: str | Path, *, pos_label: Any = None) -> None:
    """Draw `precision_recall_curve`, with its average precision, beside the share of positives that guessing gives.

    Arguments, and what it raises, as for `plot_roc`.
    """
    figure, axes = _canvas(picture)
    true = inputs.positive(inputs.labels(y_true, "y_true"), pos_label)
    for name, score in _named(y_score):
        precision, recall, _ = precision_recall_curve(true, score)
        axes.step(recall, precision, where="post", label=f"{name}AP {average_precision(true, score):.3f}")
    axes.axhline(float(true.mean()), color="grey", linestyle=":", label="guessing")
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.05))
    axes.legend(loc="lower left")
    _save(figure, picture)


def plot_calibration(y_true: Any, y_prob: Any, picture: str | Path, *, pos_label: Any = None, n_bins: int = 15,
                     strategy: str = "uniform", labels: Any = None) -> None:
    """Draw `reliability_curve`, with its expected calibration error, beside the diagonal; dots grow with their bin.

    y_prob  the probabilities, or a dictionary of them by the name of the model

    Raises what `reliability_curve` raises, and ValueError for a picture that is neither PNG nor SVG.
    """
    figure, axes = _canvas(picture)
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":", label="well calibrated")
    settings = {"pos_label": pos_label, "n_bins": n_bins, "strategy": strategy, "labels": labels}
    for name, proba in _named(y_prob):
        curve = reliability_curve(y_true, proba, **settings)
        error = expected_calibration_error(y_true, proba, **settings)
        (line,) = axes.plot(curve.confidence, curve.accuracy, label=f"{name}ECE {error:.3f}")
        axes.scatter(curve.confidence, curve.accuracy, 10 + 200 * curve.size / curve.size.sum(),
                     color=line.get_color(), alpha=0.6)
    axes.set(xlabel="how sure", ylabel="how often right", xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.legend(loc="upper left")
    _save(figure, picture)


def _named(scores: Any) -> list[tuple[str, Any]]:
    if isinstance(scores, Mapping):
        return [(f"{name}, ", score) for name, score in scores.items()]
    return [("", scores)]


def _canvas(picture: str | Path, size: tuple[float, float] = (5, 5)) -> tuple[Any, Any]:
    if Path(picture).suffix.lower() not in FORMATS:
        raise ValueError(f"{picture}: a picture's name ends in {' or '.join(FORMATS)}")
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _save(figure: Any, picture: str | Path) -> None:
    content = io.BytesIO()
    path = Path(picture)
    figure.savefig(content, format=path.suffix.lower()[1:])
    write(path, content.getvalue())
