"""Is the difference more than luck? The bootstrap and the randomisation test, for any metric."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import inputs

Metric = Callable[..., float]


class Interval(NamedTuple):
    """A metric and the interval in which it stays on most samples of the same size."""

    value: float
    low: float
    high: float
    undefined: int  # resamples on which the metric was NaN; they are left out


class Comparison(NamedTuple):
    """A metric of two systems on the same examples, and the chance of such a difference if they were alike."""

    first: float
    second: float
    difference: float  # first - second
    p_value: float


def bootstrap(metric: Metric, *data: Any, resamples: int = 1000, confidence: float = 0.95, seed: int = 0,
              **settings: Any) -> Interval:
    """The percentile interval of a metric: it is computed on n examples drawn with replacement, again and again.

        bootstrap(f1, y_true, y_pred, average="macro")
        bootstrap(bleu, hypotheses, references)

    data        what the metric takes, each an array or a list with one entry an example
    confidence  the share of resamples inside; as much is outside on either end
    seed        the same seed draws the same examples
    settings    handed to the metric

    After Efron (1979). It shows the luck of the test set alone: not that of training, which other seeds show. It needs
    independent examples, so resample documents rather than their sentences; with few dozens it is too narrow. For
    the mean of values one an example, give `np.mean` and the values. Raises ValueError for empty and unequal data,
    and where the metric is NaN on every resample.
    """
    rows, count = _rows(data, "bootstrap")
    if not 0 < confidence < 1:
        raise ValueError(f"bootstrap: confidence is {confidence}; it lies between 0 and 1, such as 0.95")
    value = float(metric(*data, **settings))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", inputs.UndefinedMetricWarning)
        found = np.array([float(metric(*rows(chosen), **settings)) for chosen in _draws(count, resamples, seed)])
    defined = found[~np.isnan(found)]
    if not len(defined):
        raise ValueError("bootstrap: the metric is NaN on every resample")
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(value, float(low), float(high), len(found) - len(defined))


def paired_bootstrap(metric: Metric, first: Sequence[Any], second: Sequence[Any], *, resamples: int = 1000,
                     seed: int = 0, **settings: Any) -> Comparison:
    """Compare two systems on resamples of the same examples.

        paired_bootstrap(bleu, (ours, references), (theirs, references))

    first, second  for each system what the metric takes, in its order; entry i is of the same example in both

    The differences d* of the resamples scatter around d, that of all examples; p is the share of them with
    |d* - mean d*| ≥ |d|, (count + 1)/(resamples + 1), so it is never 0. After Koehn (2004), made two-sided by centring
    (Efron and Tibshirani 1993). sacrebleu centres |d*| instead (Riezler and Maxwell 2005), which gives a smaller p:
    of systems that do not differ it finds too many to. A small p says that d is hardly luck, not that it matters;
    of twenty systems that are alike, one has p < 0.05. Raises ValueError for empty and unequal data, and where the
    metric is NaN.
    """
    rows, count = _rows((*first, *second), "paired_bootstrap")
    values = _both(metric, first, second, settings)
    differences = np.empty(resamples)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", inputs.UndefinedMetricWarning)
        for place, chosen in enumerate(_draws(count, resamples, seed)):
            parts = rows(chosen)
            one, other = _both(metric, parts[:len(first)], parts[len(first):], settings)
            differences[place] = one - other
    differences = differences[~np.isnan(differences)]
    spread = np.abs(differences - differences.mean()) if len(differences) else differences
    return _comparison(*values, spread >= abs(values[0] - values[1]), "paired_bootstrap")


def randomization_test(metric: Metric, first: Sequence[Any], second: Sequence[Any], *, trials: int = 10_000,
                       seed: int = 0, **settings: Any) -> Comparison:
    """Compare two systems by swapping their outputs on a random half of the examples, again and again.

    If the systems were alike, a swap would not matter: p is the share of trials whose |difference| is at least the
    one found, (count + 1)/(trials + 1). Arguments, and what it raises, as for `paired_bootstrap`.

    After Noreen (1989). It assumes less than the bootstrap does, and gives no interval. Two equal systems have p = 1.
    """
    if len(first) != len(second):
        raise ValueError(f"randomization_test: {len(first)} and {len(second)} arguments; a system each")
    _, count = _rows((*first, *second), "randomization_test")
    values = _both(metric, first, second, settings)
    joined = [_joined(one, other) for one, other in zip(first, second, strict=True)]
    if trials < 1:
        raise ValueError(f"randomization_test: trials is {trials}; at least one is needed")
    generator, own = np.random.Generator(np.random.Philox(seed)), np.arange(count)
    found = np.empty(trials)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", inputs.UndefinedMetricWarning)
        for place in range(trials):
            chosen = own + count * generator.integers(0, 2, count)
            one, other = _both(metric, [_take(part, chosen) for part in joined],
                               [_take(part, (chosen + count) % (2 * count)) for part in joined], settings)
            found[place] = abs(one - other)
    found = found[~np.isnan(found)]
    difference = abs(values[0] - values[1])
    return _comparison(*values, found >= difference * (1 - 1e-12), "randomization_test")  # the last bit is no evidence


def _comparison(first: float, second: float, as_extreme: np.ndarray, name: str) -> Comparison:
    if not len(as_extreme) or np.isnan(first - second):
        raise ValueError(f"{name}: the metric is NaN, so there is nothing to compare")
    p_value = (int(as_extreme.sum()) + 1) / (len(as_extreme) + 1)
    return Comparison(first, second, first - second, p_value)


def _both(metric: Metric, first: Sequence[Any], second: Sequence[Any], settings: dict[str, Any]) -> tuple[float, float]:
    return float(metric(*first, **settings)), float(metric(*second, **settings))


def _rows(data: Sequence[Any], name: str) -> tuple[Callable[[np.ndarray], list[Any]], int]:
    """What takes chosen rows of all data, and how many rows there are."""
    parts = [part if isinstance(part, (list, tuple)) else inputs.array(part, name) for part in data]
    if not parts:
        raise ValueError(f"{name}: the metric needs data")
    inputs.same_length(**{f"argument {place}": part for place, part in enumerate(parts)})
    if not len(parts[0]):
        raise ValueError(f"{name}: there is no example to draw")
    return (lambda chosen: [_take(part, chosen) for part in parts]), len(parts[0])


def _take(part: Any, chosen: np.ndarray) -> Any:
    return part[chosen] if isinstance(part, np.ndarray) else [part[i] for i in chosen.tolist()]


def _joined(first: Any, second: Any) -> Any:
    if isinstance(first, (list, tuple)) and isinstance(second, (list, tuple)):
        return [*first, *second]
    return np.concatenate([inputs.array(first, "first"), inputs.array(second, "second")])


def _draws(count: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    if resamples < 1:
        raise ValueError(f"resamples is {resamples}; at least one is needed")
    generator = np.random.Generator(np.random.Philox(seed))
    return (generator.integers(0, count, count) for _ in range(resamples))
