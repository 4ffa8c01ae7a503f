"""What the metrics take: lists, NumPy arrays and Tensors, checked before anything is computed from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


class UndefinedMetricWarning(UserWarning):
    """A metric has no value on these data (0/0), and what was returned is a convention."""


def array(values: Any, name: str) -> np.ndarray:
    """`values` as a NumPy array on the host: a list, an array of any library, or a Tensor (its graph is left alone).

    Raises ValueError for ragged lists, TypeError for what is no array at all.
    """
    if isinstance(values, np.ndarray):
        return values
    if hasattr(values, "detach"):
        return values.detach().numpy()
    if isinstance(values, (str, bytes)):
        raise TypeError(f"{name} is a text, {values[:20]!r}; a list or an array with one entry an example is expected")
    if isinstance(values, (list, tuple)) and len({isinstance(part, (str, bytes)) for part in values}) > 1:
        raise ValueError(f"{name} mixes texts and numbers: use labels of one kind")
    try:
        return np.asarray(values)
    except TypeError:
        if hasattr(values, "get"):  # a device array, which leaves the device only when asked
            return values.get()
        raise
    except ValueError as error:
        raise ValueError(f"{name} is ragged: its parts have different lengths") from error


def vector(values: Any, name: str) -> np.ndarray:
    """One value an example. Raises ValueError for any other shape, and where there is no example."""
    found = array(values, name)
    if found.ndim != 1:
        raise ValueError(f"{name} has shape {found.shape}; one value an example is expected, shape (n,). "
                         "Flatten batches with .reshape(-1); class scores become labels by .argmax(-1)")
    if not len(found):
        raise ValueError(f"{name} is empty: a metric needs at least one example")
    return found


def labels(values: Any, name: str) -> np.ndarray:
    """One class an example: integers, booleans, texts, or floating-point numbers that are whole.

    Raises ValueError for NaN, for scores where classes are expected, and for missing labels (None).
    """
    found = vector(values, name)
    if found.dtype.kind == "f" and not np.array_equal(found, np.floor(found)):
        raise ValueError(f"{name} has entries such as {found[found != np.floor(found)][0]} that name no class. "
                         "Scores become classes by a threshold, scores >= 0.5, or by .argmax(-1)")
    if found.dtype.kind == "f" and not np.isfinite(found).all():
        raise ValueError(f"{name} has an infinite entry, which names no class")
    if found.dtype.kind == "O":
        if not all(isinstance(label, str) for label in found):
            raise ValueError(f"{name} mixes kinds of labels or has None among them: use labels of one kind")
        found = found.astype(str)
    return found


def pair(y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
    """True and predicted classes. Raises ValueError where they differ in number or in kind."""
    true, predicted = labels(y_true, "y_true"), labels(y_pred, "y_pred")
    same_length(y_true=true, y_pred=predicted)
    if (true.dtype.kind in "US") != (predicted.dtype.kind in "US"):
        raise ValueError(f"y_true holds labels such as {true.tolist()[0]!r} and y_pred such as "
                         f"{predicted.tolist()[0]!r}: these never match. Use labels of one kind")
    return true, predicted


def scores(values: Any, name: str) -> np.ndarray:
    """Finite numbers, shape (n,) or (n, classes), float64. Raises ValueError for NaN and infinity, naming the place."""
    found = array(values, name)
    if found.ndim not in (1, 2) or not found.size:
        raise ValueError(f"{name} has shape {found.shape}; (n,) or (n, classes) with n at least 1 is expected")
    if found.dtype.kind not in "fiub":
        raise TypeError(f"{name} holds {found.dtype}; numbers are expected")
    found = found.astype(np.float64, copy=False)
    if not np.isfinite(found).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(found))[0])
        raise ValueError(f"{name} is {found[place]} at index {place[0] if len(place) == 1 else place}: "
                         "a ranking needs finite scores; look for a division by zero or a diverged model")
    return found


def probabilities(values: Any, name: str) -> np.ndarray:
    """Scores within [0, 1]. Raises ValueError for others, which most likely are logits."""
    found = scores(values, name)
    if found.min() < 0 or found.max() > 1:
        raise ValueError(f"{name} reaches from {found.min():g} to {found.max():g}; probabilities lie within [0, 1]. "
                         "Logits become probabilities by a softmax or a sigmoid")
    return found


def weights(sample_weight: Any, count: int) -> np.ndarray | None:
    """The weights of the examples. Raises ValueError where they are negative, NaN, all zero, or not one each."""
    if sample_weight is None:
        return None
    found = vector(sample_weight, "sample_weight").astype(np.float64)
    if len(found) != count:
        raise ValueError(f"sample_weight has {len(found)} entries for {count} examples")
    if not (np.isfinite(found).all() and found.min() >= 0 and found.any()):
        raise ValueError("sample_weight must be finite, at least 0, and not 0 everywhere")
    return found


def same_length(**given: Any) -> None:
    """Raises ValueError, with the names and the lengths, unless all are equally long."""
    if len({len(one) for one in given.values()}) > 1:
        listed = ", ".join(f"{name} has {len(one)}" for name, one in given.items())
        raise ValueError(f"unequal lengths: {listed}; both sides must hold the same examples in the same order")


def known_classes(y_true: np.ndarray, given: Any, columns: int | None = None) -> np.ndarray:
    """The classes in the order of the columns of scores: those given, or those in y_true, sorted.

    Raises ValueError where the classes given are not sorted and distinct, lack one that occurs, or are not as many
    as the columns.
    """
    found = np.unique(y_true) if given is None else vector(given, "labels")
    if given is not None and not np.array_equal(found, np.unique(found)):
        raise ValueError("labels must be sorted and distinct: they name the columns from left to right")
    if columns is not None and len(found) != columns:
        way_out = "" if given is not None else (
            f". A class that does not occur in y_true must be named: labels=range({columns})")
        raise ValueError(f"there are {columns} columns of scores and {len(found)} classes{way_out}")
    unknown = np.setdiff1d(y_true, found)
    if len(unknown):
        raise ValueError(f"y_true has {unknown.tolist()[0]!r}, which is not among labels")
    return found


def positive(y_true: np.ndarray, pos_label: Any) -> np.ndarray:
    """Which examples are of the positive class. Without pos_label the classes must be 0 and 1, or -1 and 1.

    Raises ValueError otherwise.
    """
    if pos_label is None:
        present = set(np.unique(y_true).tolist())
        if not (present <= {0, 1} or present <= {-1, 1}):
            raise ValueError(f"y_true has the classes {sorted(present)[:5]}: say which is the positive one, "
                             f"pos_label={max(present)!r}")
        pos_label = 1
    return y_true == pos_label


def texts(values: Any, name: str) -> list[str]:
    """A list of texts. Raises TypeError for a single text and for other things, ValueError for an empty list."""
    if isinstance(values, str) or not isinstance(values, (Sequence, np.ndarray)):
        raise TypeError(f"{name} is a {type(values).__name__}; a list of texts is expected, one an example")
    found = list(values)
    for place, one in enumerate(found):
        if not isinstance(one, str):
            raise TypeError(f"{name}[{place}] is a {type(one).__name__}; a text is expected")
    if not found:
        raise ValueError(f"{name} is empty: a metric needs at least one example")
    return found


def texts_and_references(hypotheses: Any, references: Any) -> tuple[list[str], list[list[str]]]:
    """What was written, and for each the list of what would have been right.

    Raises TypeError where references are not one list a hypothesis, ValueError for unequal lengths and empty lists.
    """
    found = texts(hypotheses, "hypotheses")
    if isinstance(references, str) or not isinstance(references, (Sequence, np.ndarray)):
        raise TypeError(f"references is a {type(references).__name__}; one list of texts a hypothesis is expected")
    if any(isinstance(one, str) for one in references):
        raise TypeError("references holds texts; one list a hypothesis is expected, since several answers may be "
                        "right. With one each: [[reference] for reference in references]")
    if len(references) != len(found):
        raise ValueError(f"unequal lengths: {len(found)} hypotheses and {len(references)} lists of references. "
                         "references[i] lists all references of hypotheses[i] (sacrebleu has it the other way round)")
    return found, [texts(one, f"references[{place}]") for place, one in enumerate(references)]
