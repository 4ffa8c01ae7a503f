"""Sample calls for the gradient check that many primitives share: shapes, broadcasts, axes, empty arrays."""

from typing import Any

from ..primitives import Call, R, call


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
