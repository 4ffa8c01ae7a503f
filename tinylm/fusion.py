"""A composition and its fused version: one is the definition, the other is fast.

A layer is written in the equations of its paper:

    @composition
    def swish(x):
        "y = x σ(x)"
        return x * sigmoid(x)

Each operation in it makes an array and records a node. Where that is too slow, a fused version stands in a file of
its own: one formula and one derivative worked out by hand, which hang on the composition by its name.

    @fuses(swish)
    def fused_swish(x):
        s = sigmoid(x)
        return x * s, s

    fused_swish.vjp("x")(lambda g, x, aux: g * aux * (1 + x * (1 - aux)))

From then on `swish(x)` runs the fused version. `with tl.fused(False):` and second derivatives go through the
composition, and a test compares the two for every pair that there is.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from .primitives import Primitive, primitive


class Composition:
    """A function made of primitives, which a fused version may run for. See the head of this file."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.fast = function, None
        functools.update_wrapper(self, function)

    function: Any
    """The definition: a function, or a primitive which a faster one may run for."""
    fast: Primitive | None
    """The fused version, if there is one."""

    def __call__(self, *args: Any, **settings: Any) -> Any:
        """The fused version, which goes back to the composition where that is wanted."""
        return (self.fast or self.function)(*args, **settings)


def composition(function: Callable[..., Any]) -> Composition:
    """Let a function made of primitives have a fused version."""
    return Composition(function)


def fuses(definition: Callable[..., Any], *functions: Any, **facts: Any) -> Callable[[Callable[..., Any]], Primitive]:
    """As `tl.primitive`, for a faster version of `definition`, which stays its definition.

    Second derivatives, and everything under `tl.fused(False)`, go through the definition. What is marked with
    @composition from then on runs the fused version when it is called. Raises TypeError where the parameters differ.
    """
    whole = definition if isinstance(definition, Composition) else None
    defined_by = whole.function if whole else definition

    def register(formula: Callable[..., Any]) -> Primitive:
        if whole:
            ours, theirs = (list(inspect.signature(f).parameters.values()) for f in (formula, defined_by))
            if [(p.name, p.default) for p in ours] != [(p.name, p.default) for p in theirs]:
                raise TypeError(f"{formula.__name__} fuses {defined_by.__name__}, but their parameters differ: "
                                f"{', '.join(map(str, ours))} and {', '.join(map(str, theirs))}")
        made = primitive(*functions, composition=defined_by, **facts)(formula)
        if whole:
            whole.fast = made
        return made
    return register
