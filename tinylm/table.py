"""The table that `tinylm gradcheck` prints: a row for every primitive, layer and loss, and its worst errors."""

from __future__ import annotations

import difflib
import inspect
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import backend, ops
from .cases import LAYOUTS, LIMITS, Case, cases_of, describe, pin_error
from .graph import TABLE
from .nn import fused  # noqa: F401  (what is fused is checked too)
from .primitives import PRIMITIVES, Primitive

WIDER = {"TransformerDecoderLayer": LIMITS | {"float32": 1e-5}}
"""Layers that are allowed more, by name: three layer norms in a row, of width 3, magnify rounding. It measures 4e-6;
PyTorch's own decoder of width 4 is 9e-6 from its float64 self."""


class Row(NamedTuple):
    """One line of the table: the worst error of each kind, over all cases."""

    name: str
    cases: int
    errors: dict[str, float]
    backends: list[str]
    faults: list[str]  # what went wrong, in words


class Findings:
    """The worst error of each kind so far, and what was more than is allowed."""

    def __init__(self, limits: dict[str, float]) -> None:
        self.limits, self.errors = limits, dict[str, float]()
        self.faults: list[str] = []

    def note(self, column: str, what: str, measure: Callable[[], float]) -> None:
        """Take a measurement; one that raises counts as infinitely wrong."""
        try:
            error = measure()
        except Exception as problem:
            if column == "float16" and "float16 is unsupported" in str(problem):  # LAPACK has no half precision
                return
            error, what = np.inf, f"{what}: {type(problem).__name__}: {problem}"
        self.errors[column] = max(self.errors.get(column, 0.0), error)
        if not error <= self.limits[column]:
            self.faults.append(f"{column}: {what}: off by {error:.1e}, allowed {self.limits[column]:.0e}")


def check_cases(
    name: str, cases: list[Case], devices: list[str], layouts: Sequence[str] = LAYOUTS[:1], dtypes: Sequence[Any] = (),
    analytic: bool = False, pins: Callable[[Findings], Any] = lambda found: None, limits: dict[str, float] = LIMITS,
) -> Row:
    """The cases of anything, at first and second order, and what else is asked for."""
    found = Findings(limits)
    for case in cases:
        for device in devices:
            for layout in layouts:
                found.note("first", f"{case.name}, {layout} on {device}", lambda: case.first_error(device, layout))
            found.note("second", f"{case.name} on {device}", lambda: case.second_error(device))
        if analytic:
            found.note("complex", case.name, case.complex_error)
        for dtype in dtypes:
            found.note(np.dtype(dtype).name, case.name, lambda: case.dtype_error(dtype))
    pins(found)
    return Row(name, len(cases), found.errors, devices, found.faults)


def check(primitive: Primitive, devices: list[str]) -> Row:
    """All checks of one primitive."""
    def pins(found: Findings) -> None:
        for pin in primitive.pins:
            for device in devices:
                what = f"{primitive}{describe(pin.sample)} on {device}"
                found.note("pins", what, lambda: pin_error(primitive, pin, device))
    dtypes = () if primitive.casts else (np.float32, np.float16)
    analytic = primitive.analytic and not primitive.kinks
    return check_cases(primitive.name, cases_of(primitive), devices, LAYOUTS[:3], dtypes, analytic, pins)


def chosen(names: list[str]) -> list[Primitive]:
    """The differentiable primitives by these names, or all. Raises ValueError, with the nearest name, for others."""
    for name in names:
        if name not in PRIMITIVES:
            near = difflib.get_close_matches(name, PRIMITIVES, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            if name in TABLE or hasattr(ops, name):
                hint = ": it is made of others, or nothing flows back through it, so it has no rule of its own"
            raise ValueError(f"gradcheck: no primitive is called {name!r}{hint}")
    return [p for p in PRIMITIVES.values() if p.rules and (not names or p.name in names)]


def present() -> list[str]:
    """The devices of this machine."""
    found = []
    for name in backend.DEVICES:
        try:
            backend.device(name)
        except RuntimeError:
            continue
        found.append(name)
    return found


def report(
    names: list[str] | None = None, devices: list[str] | None = None, write: Callable[[str], Any] = print,
    layers: dict[str, list[Case]] | None = None,
) -> int:
    """Print the table of `tinylm gradcheck`, or with names everything about those; 0 if all is right, else 1.

    layers  cases of what is composed of primitives: layers and losses, by name
    """
    devices, layers = devices or present(), layers or {}
    wanted = [name for name in names or layers if name in layers]
    others = [name for name in names or [] if name not in layers]
    primitives = chosen(others) if others or not names else []
    if names:
        for primitive in primitives:
            write("\n".join(formula(primitive)))
    columns = list(LIMITS)
    write(f"{'name':<28}{'cases':>6}" + "".join(f"{c:>10}" for c in columns) + f"  {'dtypes':<8}  backends")
    failed: list[str] = []
    rows: Iterator[Row] = itertools.chain(
        (check(primitive, devices) for primitive in primitives),
        (check_cases(name, layers[name], devices, dtypes=(np.float32,), limits=WIDER.get(name, LIMITS))
         for name in wanted))
    for row in rows:
        shown = "".join(f"{row.errors[c]:>10.0e}" if c in row.errors else f"{'-':>10}" for c in columns)
        dtypes = "64 " + " ".join(c[5:] for c in ("float32", "float16") if c in row.errors)
        fault = "  ✗" if row.faults else ""
        write(f"{row.name:<28}{row.cases:>6}{shown}  {dtypes:<8}  {', '.join(row.backends)}{fault}")
        failed += [f"  ✗ {fault}" for fault in row.faults]
    more = ", ".join(f"{name}: float32 {wider['float32']:.0e}" for name, wider in WIDER.items())
    limits = ", ".join(f"{column} {LIMITS[column]:.0e}" for column in columns)
    write(f"{len(primitives)} primitives, {len(wanted)} layers and losses; allowed at most: {limits} "
          f"({more})")
    for line in failed:
        write(line)
    return 1 if failed else 0


def formula(primitive: Primitive) -> Iterator[str]:
    """A primitive in full: what it computes, its formula and rules as they stand in the source, its cases."""
    yield f"{primitive.name}: {inspect.getdoc(primitive)}"
    yield "domain " + str(primitive.domain) + (f", kinks {primitive.kinks}" if primitive.kinks else ", smooth")
    if "ufunc" in primitive.formula.__qualname__:  # one of NumPy's own functions
        yield f"formula: np.{primitive.numpy[0].__name__}({', '.join(primitive.names)})"
    else:
        yield inspect.getsource(primitive.formula).rstrip()
    yield from dict.fromkeys(inspect.getsource(rule.function).rstrip() for rule in primitive.rules.values())
    for case in cases_of(primitive):
        yield f"  {case.name:<60} first {case.first_error():.1e}  second {case.second_error():.1e}"
