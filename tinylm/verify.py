"""Is a gradient right? Compare it with what the function does when an input moves a little.

    report = tl.gradcheck(lambda x: np.tanh(x) @ x, tl.Tensor([[0.3, -1.0], [0.5, 2.0]], dtype="float64"))

Finite differences: the five-point rule (8(f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))) / 12h has an error of order h⁴,
and in float64 with h = 5e-4 about eleven digits are right. The gradient is taken with a *random* cotangent: the sum
of a softmax is always 1, so its gradient is 0 whatever the rule says, and a check through a sum would believe it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import backend
from .graph import setting
from .tensor import Tensor, grad, wrap

STEP = 5e-4
TOLERANCES = {1: 1e-8, 2: 1e-6}  # by order, relative to the largest entry of a gradient
Function = Callable[..., Any]


class GradientError(AssertionError):
    """A gradient differs from what the function does. `.report` has the details."""

    def __init__(self, report: Report) -> None:
        super().__init__(str(report))
        self.report = report


class Entry(NamedTuple):
    """The worst entry of one input's gradient."""

    order: int
    name: str  # of the input
    position: tuple[int, ...]  # in the array
    analytic: float  # what the backward says
    numeric: float  # what the function does
    error: float  # their difference, relative to the largest entry of this gradient
    kink: bool  # do the slopes to the left and to the right differ?


class Report(NamedTuple):
    """What `gradcheck` found: true if every gradient is right."""

    entries: list[Entry]
    tolerances: dict[int, float]

    def __bool__(self) -> bool:
        return all(entry.error <= self.tolerances[entry.order] for entry in self.entries)  # NaN is not

    @property
    def worst(self) -> Entry:
        """The entry that is furthest off, measured by what its order allows."""
        return max(self.entries, key=lambda e: np.inf if np.isnan(e.error) else e.error / self.tolerances[e.order])

    def __str__(self) -> str:
        lines = ["gradients are right" if self else "a gradient is wrong"]
        for e in self.entries:
            mark = "✓" if e.error <= self.tolerances[e.order] else "✗"
            lines.append(f"  {mark} order {e.order}, {e.name}: worst at {list(e.position)}: "
                         f"backward {e.analytic:.12g}, differences {e.numeric:.12g}, "
                         f"off by {e.error:.1e} of the largest entry (allowed {self.tolerances[e.order]:.0e})")
            if np.isnan(e.numeric) and not np.isnan(e.analytic):
                lines.append("      a small step leaves the function's domain there; move the input inwards")
            if e.kink:
                lines.append("      a kink is near: the slopes on its two sides differ, so no difference quotient can "
                             "be right there; move the input away from it")
        return "\n".join(lines)


def gradcheck(
    function: Function, inputs: Any, order: int = 1, method: str = "five-point", directions: int = 0, seed: int = 0,
    tolerances: float | dict[int, float] | None = None, raise_exception: bool = True,
) -> Report:
    """Compare the gradients of `function(*inputs)` with numeric ones; raise GradientError where they differ.

    inputs      a Tensor, an array or a sequence of these and of anything else the function takes. Arrays become float64
                Tensors; Tensors must be float64 leaves, and are moved in place, so that a model's own parameters
                can be checked: gradcheck(lambda *p: loss(model), model.parameters(), directions=5)
    order       2 checks the derivatives of the gradient as well, with respect to every input and the cotangent
    method      "five-point", or "complex" for analytic functions: Im f(x + ih) / h, exact to rounding
                (Squire & Trapp 1998)
    tolerances  how far a gradient may be off, relative to its largest entry: one number, or one for each order
    directions  compare slopes along so many random directions, instead of every entry: for whole models
    """
    if method not in ("five-point", "complex"):
        raise ValueError(f"gradcheck: method is 'five-point' or 'complex', not {method!r}")
    if order not in (1, 2) or directions < 0:
        raise ValueError(f"gradcheck: order is 1 or 2, not {order}, and directions, {directions}, at least 0")
    given = list(inputs) if isinstance(inputs, (list, tuple)) or hasattr(inputs, "__next__") else [inputs]
    arguments = [_prepared(position, value) for position, value in enumerate(given)]
    leaves = [value for value in arguments if isinstance(value, Tensor) and value.requires_grad]
    if not any(leaf.size for leaf in leaves):
        raise ValueError("gradcheck: there is no floating-point input, or only empty ones: nothing to differentiate by")
    rng, limits = np.random.default_rng(seed), TOLERANCES | (
        tolerances if isinstance(tolerances, dict) else dict.fromkeys((1, 2), tolerances) if tolerances else {})

    def of_leaves(*moved: Tensor) -> list[Tensor]:
        replaced = iter(moved)
        result = function(*[next(replaced) if any(a is leaf for leaf in leaves) else a for a in arguments])
        if not flat(result):
            raise TypeError(f"gradcheck: the function returned {type(result).__name__}, not a Tensor or several")
        return flat(result)

    outputs = of_leaves(*leaves)
    cotangents = [random_like(rng, y) for y in outputs]
    if not np.array_equal(_flattened(outputs), _flattened(of_leaves(*leaves)), equal_nan=True):
        raise ValueError("gradcheck: called twice with the same input the function gave two results; "
                         "switch off what is random in it, such as dropout")
    names = [f"input {k}" for k, value in enumerate(arguments) if any(value is leaf for leaf in leaves)]
    entries = _compare(1, of_leaves, leaves, cotangents, names, method, directions, rng)
    if order == 2:
        free = [wrap(c._array, None, 0, [0]) for c in cotangents]
        for tensor in free:
            tensor.requires_grad = True
        inner = gradient_function(of_leaves, len(leaves))
        outer = [random_like(rng, y) for y in inner(*leaves, *free)]
        names += [f"cotangent {k}" for k in range(len(free))]
        entries += _compare(2, inner, [*leaves, *free], outer, names, "five-point", directions, rng)
    report = Report(entries, limits)
    if raise_exception and not report:
        raise GradientError(report)
    return report


def _prepared(position: int, value: Any) -> Any:
    if isinstance(value, Tensor):
        if value.dtype.kind == "f" and value.dtype != np.float64:
            raise TypeError(f"gradcheck: input {position} is {value.dtype}, in which differences drown in rounding; "
                            "use .astype(np.float64), or build the model in float64")
        if not value.is_leaf:
            raise ValueError(f"gradcheck: input {position} is a result of an operation, which cannot be moved; "
                             "give it t.detach(), or check the function of its leaves")
        if value.dtype.kind == "f" and not value.requires_grad:
            return Tensor(value, requires_grad=True)
        return value
    if isinstance(value, (np.ndarray, float)) and np.asarray(value).dtype.kind == "f":
        return Tensor(value, requires_grad=True, dtype=np.float64)
    return value


def _compare(
    order: int, function: Function, leaves: list[Tensor], cotangents: list[Tensor], names: list[str], method: str,
    directions: int, rng: np.random.Generator,
) -> list[Entry]:
    analytic = pullback(function, leaves, cotangents)
    if directions:
        return [_along(order, function, leaves, cotangents, analytic, rng, k) for k in range(directions)]
    jacobians = complex_jacobian(function, leaves) if method == "complex" else numeric_jacobian(function, leaves)
    entries = []
    for name, leaf, a, jacobian in zip(names, leaves, analytic, jacobians, strict=True):
        numeric = contract(jacobian, cotangents, leaf.shape)
        error = relative_error(a, numeric)
        if error.size:
            index = np.unravel_index(np.argmax(np.where(np.isnan(error), np.inf, error)), error.shape)
            kink = bool(error[index] > 1e-9) and _kink(function, leaf, leaves, index, cotangents)
            entries.append(Entry(order, name, tuple(map(int, index)), float(a[index]), float(numeric[index]),
                                 float(error[index]), kink))
    return entries


def flat(outputs: Any) -> list[Tensor]:
    """The Tensors in what a function returned."""
    if isinstance(outputs, (list, tuple)):
        return [tensor for part in outputs for tensor in flat(part)]
    return [outputs] if isinstance(outputs, Tensor) else []


def random_like(rng: np.random.Generator, y: Tensor) -> Tensor:
    """A random cotangent for y: no entry near zero, no two alike."""
    values = np.asarray(rng.uniform(0.5, 1.5, y.shape) * rng.choice([-1.0, 1.0], y.shape))
    return wrap(backend.to_device(values.astype(y.dtype), y.device), None, 0, [0])


def pullback(function: Function, leaves: list[Tensor], cotangents: list[Tensor], create: bool = False) -> list[Any]:
    """cᵀJ for every leaf, as the engine computes it: arrays, or Tensors if the walk is recorded (`create`)."""
    with setting(record=True):
        pairs = [(y, c) for y, c in zip(function(*leaves), cotangents, strict=True) if y.requires_grad]
        found: list[Any] = [None] * len(leaves)
        if pairs:
            found = grad([y for y, _ in pairs], leaves, [c for _, c in pairs], create_graph=create, allow_unused=True)
    found = [wrap(np.zeros_like(x._array), None, 0) if g is None else g for g, x in zip(found, leaves, strict=True)]
    return found if create else [backend.to_host(g._array) for g in found]


def gradient_function(function: Function, count: int) -> Function:
    """(x₁, …, xₙ, c) ↦ cᵀJ(x): the function whose derivatives are the second derivatives of `function`."""
    def gradients(*arguments: Tensor) -> list[Tensor]:
        return pullback(function, list(arguments[:count]), list(arguments[count:]), create=True)
    return gradients


def numeric_jacobian(function: Function, leaves: list[Tensor]) -> list[np.ndarray]:
    """∂(all outputs, flattened)/∂leaf by the five-point rule: an array (outputs, entries of the leaf) for each leaf."""
    return [_columns(_slopes(function, leaves, leaf)) for leaf in leaves]


def _columns(slopes: Iterator[np.ndarray]) -> np.ndarray:
    columns = list(slopes)
    return np.stack(columns, axis=1) if columns else np.zeros((0, 0))  # (outputs, entries)


def _slopes(function: Function, leaves: list[Tensor], leaf: Tensor) -> Iterator[np.ndarray]:
    home = backend.to_host(leaf._array).copy()
    for index in np.ndindex(leaf.shape):
        direction = np.zeros_like(home)
        direction[index] = 1.0
        yield _slope(function, leaves, [leaf], [home], [direction], STEP * max(1.0, abs(float(home[index]))))


def _slope(function: Function, leaves: list[Tensor], moved: list[Tensor], homes: list[np.ndarray],
           directions: list[np.ndarray], h: float) -> np.ndarray:
    """The five-point slope of all outputs as the leaves `moved` go from `homes` along `directions`."""
    values = []
    try:
        for k in (2, 1, -1, -2):
            for tensor, home, direction in zip(moved, homes, directions, strict=True):
                tensor.assign(home + k * h * direction)
            values.append(_flattened(function(*leaves)))
    finally:
        for tensor, home in zip(moved, homes, strict=True):
            tensor.assign(home)
    return (8 * (values[1] - values[2]) - (values[0] - values[3])) / (12 * h)


def _flattened(outputs: Any) -> np.ndarray:
    return np.concatenate([np.ravel(backend.to_host(y._array)) for y in flat(outputs)])


def complex_jacobian(function: Function, leaves: list[Tensor], h: float = 1e-30) -> list[np.ndarray]:
    """As `numeric_jacobian`, by the complex step. Raises TypeError if the function leaves the complex numbers."""
    def slopes(leaf: Tensor) -> Iterator[np.ndarray]:
        for index in np.ndindex(leaf.shape):
            moved = [wrap(backend.to_host(x._array).astype(np.complex128), None, 0) for x in leaves]
            moved[next(k for k, x in enumerate(leaves) if x is leaf)]._array[index] += 1j * h
            values = _flattened(function(*moved))
            if values.dtype.kind != "c":
                raise TypeError("gradcheck: the function is not analytic (it returned real numbers); use 'five-point'")
            yield values.imag / h
    return [_columns(slopes(leaf)) for leaf in leaves]


def contract(jacobian: np.ndarray, cotangents: Sequence[Tensor], shape: tuple[int, ...]) -> np.ndarray:
    """cᵀJ in the shape of the input."""
    c = np.concatenate([np.ravel(backend.to_host(c._array)) for c in cotangents])
    return np.reshape(c @ jacobian, shape) if jacobian.size else np.zeros(shape)  # (outputs) (outputs, entries)


def relative_error(analytic: np.ndarray, numeric: np.ndarray) -> np.ndarray:
    """|analytic - numeric| / the largest entry of the gradient (never less than 1e-3, for gradients that vanish)."""
    if analytic.shape != numeric.shape:
        return np.full(numeric.shape, np.inf)
    largest = max(np.max(np.abs(numeric), initial=0.0, where=np.isfinite(numeric)), 1e-3)
    with np.errstate(invalid="ignore"):
        error = np.abs(analytic.astype(np.float64) - numeric) / largest
    return np.where(analytic == numeric, 0.0, error)  # two infinities are equal, their difference is not 0


def _along(order: int, function: Function, leaves: list[Tensor], cotangents: list[Tensor], analytic: list[np.ndarray],
           rng: np.random.Generator, k: int) -> Entry:
    """Compare the slope along one random direction in the space of all inputs together."""
    directions = [rng.standard_normal(leaf.shape) for leaf in leaves]
    length = np.sqrt(sum(np.sum(d * d) for d in directions))
    directions = [d / length for d in directions]
    homes = [backend.to_host(leaf._array).copy() for leaf in leaves]
    c = np.concatenate([np.ravel(backend.to_host(c._array)) for c in cotangents])
    numeric = float(c @ _slope(function, leaves, leaves, homes, directions, STEP))
    by_rules = float(sum(np.sum(a * d) for a, d in zip(analytic, directions, strict=True)))
    size = np.sqrt(sum(np.sum(a * a) for a in analytic) / max(sum(a.size for a in analytic), 1))
    return Entry(order, "all inputs", (k,), by_rules, numeric, abs(by_rules - numeric) / max(float(size), 1e-3), False)


def _kink(function: Function, leaf: Tensor, leaves: list[Tensor], index: Any, cotangents: list[Tensor]) -> bool:
    """Does the slope jump within the reach of the differences? Then one second difference towers over the others."""
    home = backend.to_host(leaf._array).copy()
    c = np.concatenate([np.ravel(backend.to_host(c._array)) for c in cotangents])
    values = []
    try:
        for step in np.linspace(-2.5 * STEP, 2.5 * STEP, 26):
            moved = home.copy()
            moved[index] += step
            leaf.assign(moved)
            values.append(float(c @ _flattened(function(*leaves))))
    finally:
        leaf.assign(home)
    bends = np.sort(np.abs(np.diff(values, 2)))
    return bool(bends[-1] > 1e-9 and bends[-1] > 20 * bends[-4])  # a jump shows in at most two of them
