"""How a primitive states the sample calls on which its derivatives are checked, and samples that many share.

    call(R(2, 3), axis=0)                 a 2 × 3 array drawn from the primitive's domain, summed over axis 0
    pin(call(np.array([0.0])), x=[0.0])   at the kink 0 the gradient with respect to x is 0, by convention
"""

from __future__ import annotations

from typing import Any, NamedTuple


class R:
    """In a sample, an array of this shape, drawn from the primitive's domain: R(2, 3) is some x in ℝ²ˣ³."""

    def __init__(self, *shape: int) -> None:
        self.shape = shape

    def __repr__(self) -> str:
        return f"R{self.shape}"


class Call(NamedTuple):
    """One sample call of a primitive."""

    args: tuple[Any, ...]
    settings: dict[str, Any]


def call(*args: Any, **settings: Any) -> Call:
    """A sample call: `call(R(2, 3), axis=0)`."""
    return Call(args, settings)


class Pin(NamedTuple):
    """A sample call at a kink, and by convention its gradients there (with a cotangent of ones)."""

    sample: Call
    gradients: dict[str, Any]


def pin(sample: Call, **gradients: Any) -> Pin:
    """The convention at a kink: `pin(call(np.array([0.0])), x=[0.0])`."""
    return Pin(sample, gradients)


def calls(*rows: list[Any]) -> list[Call]:
    """Sample calls of one array each: its shape, then the settings. calls([(2, 3), -1]) is [call(R(2, 3), -1)]."""
    return [call(R(*shape), *settings) for shape, *settings in rows]


UNARY = calls([()], [(3,)], [(2, 3)], [(0, 3)])

BINARY = [call(R(2, 3), R(2, 3)), call(R(3), R(2, 1)), call(R(2, 1, 2), R(1, 2, 1)), call(R(), R(2)), call(R(2), R()),
          call(R(0, 3), R(3)), call(R(2), 1.5), call(0.75, R(2))]

REDUCTIONS = [
    call(R(2, 3)), call(R()), call(R(3), axis=0), call(R(2, 3), axis=-1), call(R(2, 3), axis=0, keepdims=True),
    call(R(2, 3, 2), axis=1), call(R(2, 3, 2), axis=(0, -1)), call(R(2, 3, 2), axis=(-2, 0), keepdims=True),
    call(R(2, 3), keepdims=True), call(R(0, 3), axis=1)]
