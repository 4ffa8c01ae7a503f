"""Every primitive, checked on every sample: what `tinylm gradcheck` prints.

A primitive states its samples beside its formula. Each becomes a case: arrays are drawn from the primitive's domain,
away from its kinks and with no two entries alike (so that no maximum is a tie), and what the derivatives should be is
found once by differences of the formula alone. Then the rules are asked: on contiguous, strided, read-only and repeated
inputs, in float64, float32 and float16, on every device, at first and at second order.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from . import backend
from .arguments import ARRAY
from .primitives import REALS, Primitive
from .samples import Call, Pin, R
from .tensor import Tensor, grad, wrap
from .verify import (
    TOLERANCES,
    complex_jacobian,
    contract,
    flat,
    gradient_function,
    numeric_jacobian,
    pullback,
    random_like,
    relative_error,
)

LIMITS = {"first": TOLERANCES[1], "second": TOLERANCES[2], "complex": 1e-11, "float32": 2e-6, "float16": 5e-3,
          "pins": 0.0}
"""What each column of the table may show at most, relative to the largest entry of a gradient."""
LAYOUTS = ("plain", "strided", "read-only", "repeated")


class Case:
    """A function of some arrays, and what its derivatives are by finite differences.

    function  takes Tensors in place of the arrays; `on(device)` gives the same for another device
    """

    def __init__(
        self, name: str, on: Callable[[str], Callable[..., Any]], arrays: list[np.ndarray], seed: int = 0
    ) -> None:
        self.name, self.on, self.arrays = name, on, arrays
        self.rng = np.random.default_rng(seed)
        self.function = on("cpu")
        outputs = self.outputs(*[wrap(a, None, 0, [0]) for a in arrays])
        self.cotangents = [random_like(self.rng, y) for y in outputs]
        self.inner = gradient_function(self.outputs, len(arrays))

    def outputs(self, *leaves: Tensor) -> list[Tensor]:
        """The function's results as a list."""
        return flat(self.function(*leaves))

    def contracted(
        self, jacobians: list[np.ndarray], cotangents: list[Tensor], leaves: list[Tensor]
    ) -> list[np.ndarray]:
        """cᵀJ for each leaf."""
        return [contract(j, cotangents, x.shape) for j, x in zip(jacobians, leaves, strict=True)]

    @functools.cached_property
    def first(self) -> list[np.ndarray]:
        """cᵀJ by differences."""
        leaves = self.leaves()
        return self.contracted(numeric_jacobian(self.function, leaves), self.cotangents, leaves)

    @functools.cached_property
    def second(self) -> tuple[list[Tensor], list[np.ndarray]]:
        """The derivatives of the gradient by differences, and the cotangents they were taken with."""
        leaves = self.leaves() + self.leaves(arrays=[c._array for c in self.cotangents])
        outer = [random_like(self.rng, wrap(a, None, 0)) for a in self.arrays]
        return outer, self.contracted(numeric_jacobian(self.inner, leaves), outer, leaves)

    def leaves(
        self, device: str = "cpu", dtype: Any = np.float64, layout: str = "plain", arrays: Any = None
    ) -> list[Tensor]:
        """The arrays as Tensors that ask for a gradient."""
        made = []
        for array in self.arrays if arrays is None else arrays:
            array = backend.to_device(np.array(array, dtype=dtype), device)
            if layout == "strided":
                array = np.stack([array, array], axis=-1)[..., 0]  # (..., 2) → every other element
            if layout == "read-only" and device == "cpu":
                array.flags.writeable = False
            made.append(wrap(array, None, 0, [0]))
            made[-1].requires_grad = True
        return made

    def first_error(self, device: str = "cpu", layout: str = "plain") -> float:
        """How far the rules are off at first order."""
        leaves = self.leaves(device, layout=layout)
        outputs = flat(self.on(device)(*leaves))
        cotangents = [wrap(backend.to_device(c._array, y.device), None, 0)
                      for c, y in zip(self.cotangents, outputs, strict=True)]
        if layout == "read-only" and device == "cpu":
            for tensor in outputs + cotangents:
                tensor._array.flags.writeable = False
        found = grad(outputs, leaves, cotangents, allow_unused=True)
        return worst([np.zeros(0) if g is None else backend.to_host(g._array) for g in found], self.first)

    def second_error(self, device: str = "cpu") -> float:
        """How far the rules are off at second order, over all pairs of arguments and in the cotangent."""
        outer, expected = self.second
        leaves = self.leaves(device)
        for c, y in zip(self.cotangents, flat(self.on(device)(*leaves)), strict=True):
            leaves += self.leaves(y.device, arrays=[c._array])
        outer = [wrap(backend.to_device(c._array, device), None, 0) for c in outer]
        on_device = self.on(device)
        inner = gradient_function(lambda *x: flat(on_device(*x)), len(self.arrays))
        return worst(pullback(inner, leaves, outer), expected)

    def complex_error(self) -> float:
        """How far the rules are off from the complex step, which is exact to rounding."""
        leaves = self.leaves()
        numeric = self.contracted(complex_jacobian(self.function, leaves), self.cotangents, leaves)
        return worst(pullback(self.outputs, leaves, self.cotangents), numeric)

    def dtype_error(self, dtype: Any) -> float:
        """How far gradients in a shorter dtype are from those in float64 at the same (rounded) inputs."""
        rounded = [a.astype(dtype).astype(np.float64) for a in self.arrays]
        cotangents = [wrap(c._array.astype(dtype), None, 0) for c in self.cotangents]
        wide = [wrap(c._array.astype(np.float64), None, 0) for c in cotangents]
        exact = pullback(self.outputs, self.leaves(arrays=rounded), wide)
        short = pullback(self.outputs, self.leaves(dtype=dtype), cotangents)
        if any(g.dtype != dtype for g in short):
            return np.inf
        return worst(short, exact)

    def repeated(self) -> Case | None:
        """The same function with one Tensor in the place of all arrays of one shape; its gradients add up."""
        shapes = [a.shape for a in self.arrays]
        twice = next((s for s in shapes if shapes.count(s) > 1), None)
        if twice is None:
            return None
        same = [k for k, s in enumerate(shapes) if s == twice]
        keep = max(same, key=lambda k: np.min(self.arrays[k], initial=9.0))  # if one has to be positive, that one
        others = [k for k in range(len(shapes)) if k not in same]

        def on(device: str) -> Callable[..., Any]:
            function = self.on(device)
            return lambda one, *rest: function(
                *[one if k in same else rest[others.index(k)] for k in range(len(shapes))])
        return Case(f"{self.name} repeated", on, [self.arrays[keep], *(self.arrays[k] for k in others)])


def worst(found: list[np.ndarray], expected: list[np.ndarray]) -> float:
    """The largest relative error over all gradients; infinite where a shape is wrong or a NaN turns up."""
    errors = [np.max(relative_error(f, e), initial=0.0) for f, e in zip(found, expected, strict=True)]
    return float(np.inf if np.any(np.isnan(errors)) else np.max(errors, initial=0.0))


def draw(primitive: Primitive, shapes: list[tuple[str, tuple[int, ...]]], rng: np.random.Generator) -> list[np.ndarray]:
    """Arrays for named parameters: spread over the domain, all entries apart, none near a kink."""
    total = sum(int(np.prod(shape)) for _, shape in shapes)
    places = (rng.permutation(total) + rng.uniform(0.3, 0.7, total)) / max(total, 1)
    made = []
    for name, shape in shapes:
        size = int(np.prod(shape))
        low, high = primitive.domain.get(name, REALS) if isinstance(primitive.domain, dict) else primitive.domain
        values, places = low + (high - low) * places[:size], places[size:]
        for kink in primitive.kinks if not isinstance(primitive.kinks, str) else ():
            values = np.where(values >= kink, values + 0.02, values - 0.02)
        made.append(np.reshape(values, shape))
    return made


def case_of(primitive: Primitive, sample: Call, seed: int) -> Case:
    """A sample of a primitive with its arrays drawn."""
    slots: list[tuple[int, int | None]] = []  # where the differentiable arrays stand: argument, place in a list
    for position, value in enumerate(sample.args):
        if primitive.kinds[position]:
            for place, part in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(part, R) or (isinstance(part, np.ndarray) and part.dtype.kind == "f"):
                    slots.append((position, place))
    parts = [sample.args[i] if k is None else sample.args[i][k] for i, k in slots]
    wanted = [(primitive.names[i], part.shape) for (i, _), part in zip(slots, parts, strict=True)
              if isinstance(part, R)]
    drawn = iter(draw(primitive, wanted, np.random.default_rng(seed)))
    arrays = [next(drawn) if isinstance(part, R) else part for part in parts]

    def on(device: str) -> Callable[..., Any]:
        def function(*leaves: Tensor) -> Any:
            args = [list(a) if isinstance(a, list) else to_device(a, device) for a in sample.args]
            for (position, place), leaf in zip(slots, leaves, strict=True):
                if place is None:
                    args[position] = leaf
                else:
                    args[position][place] = leaf
            return primitive(*args, **sample.settings)
        return function
    return Case(f"{primitive.name}{describe(sample)}", on, arrays, seed)


def to_device(value: Any, device: str) -> Any:
    """The arrays in a setting (masks, indices), brought to a device."""
    if isinstance(value, tuple):
        return tuple(to_device(part, device) for part in value)
    return backend.to_device(value, device) if isinstance(value, np.ndarray) else value


def describe(sample: Call) -> str:
    """A sample as a person would write it."""
    def short(value: Any) -> str:
        if isinstance(value, np.ndarray):
            return f"{value.dtype}{value.shape}"
        if isinstance(value, (list, tuple)) and any(isinstance(v, (R, np.ndarray)) for v in value):
            return "[" + ", ".join(map(short, value)) + "]"
        return repr(value)
    return "(" + ", ".join([*map(short, sample.args), *(f"{k}={short(v)}" for k, v in sample.settings.items())]) + ")"


def cases_of(primitive: Primitive) -> list[Case]:
    """The cases of a primitive, repeated inputs included. Raises ValueError if it states no samples."""
    if not primitive.samples:
        raise ValueError(f"{primitive}: no samples, so its derivatives cannot be checked; "
                         "give @primitive(samples=[call(R(2, 3)), ...])")
    cases = [case_of(primitive, sample, seed) for seed, sample in enumerate(primitive.samples)]
    if primitive.kinks != "ties":
        cases += [case for case in map(Case.repeated, cases) if case is not None]
    return cases


def pin_error(primitive: Primitive, pin: Pin, device: str = "cpu") -> float:
    """How far the gradient at a kink is from the convention."""
    args = [Tensor(a, True, device=device) if primitive.kinds[i] == ARRAY and isinstance(a, np.ndarray) else a
            for i, a in enumerate(pin.sample.args)]
    leaves = [args[primitive.names.index(name)] for name in pin.gradients]
    with np.errstate(all="ignore"):  # a pin may stand where a slope is infinite
        y = primitive(*args, **pin.sample.settings)
        found = grad(y, leaves, np.ones_like(y._array))
    expected = [np.asarray(e, dtype=np.float64) for e in pin.gradients.values()]
    return worst([backend.to_host(g._array) for g in found], expected)
