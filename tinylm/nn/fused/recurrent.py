"""What the fused RNN, GRU and LSTM share: where a step's arrays lie, and the gradients that wait for the last step.

A step's one product, h W_hhᵀ, is too small to be split among threads and too large to be hidden, so everything around
it is kept short: arrays are made once for all steps, and written into. Products that need not wait for a step, by the
inputs and for the gradients of the weights, are one product for all steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ...backend import Array
from ...samples import Call, R, call
from .shapes import in_float32, rows

FEW_STEPS = 4  # up to here W_hh is used as it lies
SMALL = 10**6  # multiplications: up to here OpenBLAS's kernels for small matrices take a product, where there are any
NARROWEST, WIDEST = 16, 64  # columns of a block


def by_gate(array: Array, gates: int) -> Array:
    """A view with the gates, or blocks of columns, in front: (L, N, gates · H) → (L, gates, N, H)."""
    steps, batch, width = array.shape
    return np.swapaxes(np.reshape(array, (steps, batch, gates, width // gates)), 1, 2)


def projected(x: Array, weight_ih: Array, *biases: Array | None) -> Array:
    """W_ih x + b of all steps, (L, N, gates · H), an array of our own to write into."""
    y = np.matmul(rows(in_float32(x)), in_float32(weight_ih).T)  # (L · N, input) (input, gates · H)
    given = [in_float32(b) for b in biases if b is not None]
    if given:
        y += sum(given[1:], given[0])
    return np.reshape(y, (*x.shape[:2], weight_ih.shape[0]))


def in_blocks(matrix: Array, trail: Array) -> Array:
    """A matrix (k, m) as blocks of its columns, (blocks, k, m / blocks), to multiply N rows with in each step.

    OpenBLAS takes small matrices as they lie, and brings large ones into an order of its own, in each step anew. With
    few rows that is a third of the time, so here no product is large. The copy pays from a few steps on.
    """
    (k, m), (steps, batch, _) = matrix.shape, trail.shape
    most = min(WIDEST, SMALL // max(batch * k, 1))
    width = next((w for w in range(most, NARROWEST - 1, -1) if m % w == 0), m)
    width = width if steps > FEW_STEPS and batch * k * m > SMALL else m
    blocks = np.swapaxes(np.reshape(matrix, (k, m // width, width)), 0, 1)
    return np.copy(blocks, order="C") if steps > FEW_STEPS else blocks


def multiplier(matrix: Array, trail: Array) -> Callable[[Array, Array], Any]:
    """A function that multiplies x, (N, k), with the matrix (k, m), and writes into y, (N, m), by blocks."""
    blocks = in_blocks(matrix, trail)
    return lambda x, y: np.matmul(x, blocks, out=by_gate(y[None], len(blocks))[0])


def room(array: Array) -> Array:
    """Room for one step of it."""
    return np.empty_like(array, shape=array.shape[1:])


def trail(state: Array, steps: int, reverse: bool) -> Array:
    """Room for a state before, between and after all steps, (L + 1, N, H), the first one in its place."""
    states = np.empty_like(in_float32(state), shape=(steps + 1, *state.shape[1:]))
    states[steps if reverse else 0] = state[0]
    return states


def course(steps: int, reverse: bool) -> Iterator[tuple[int, int, int]]:
    """For each step in the order of time: its t, and where in a `trail` the states before and after it stand."""
    for t in reversed(range(steps)) if reverse else range(steps):
        yield (t, t + 1, t) if reverse else (t, t, t + 1)


def backwards(steps: int, reverse: bool) -> Iterator[tuple[int, int, int]]:
    """The same against the order of time."""
    return ((t, after, before) for t, before, after in course(steps, not reverse))


def results(x: Array, valid: Array | None, reverse: bool, *trails: Array) -> tuple[Array, ...]:
    """What a layer gives: the outputs, and the last of each state."""
    outputs = trails[0][:-1] if reverse else trails[0][1:]  # (L, N, H)
    lasts = [states[:1] if reverse else states[-1:] for states in trails]
    outputs = outputs if valid is None else np.where(valid, outputs, outputs.dtype.type(0))
    return outputs.astype(x.dtype, copy=False), *[state.astype(x.dtype) for state in lasts]  # a state is a copy


def received(g: Sequence[Array]) -> tuple[Array, ...]:
    """The gradients of the outputs, (L, N, H), and of the last states, each (N, H), to go on from."""
    return in_float32(g[0]), *[np.copy(in_float32(state)[0], order="C") for state in g[1:]]


def gradients(x: Array, weight_ih: Array, trail: Array, reverse: bool, inward: Array, onward: Array | None = None,
              **first: Array) -> dict[str, Array]:
    """All gradients: those of the `first` states, and those that one product for all steps gives, from the gradients
    of W_ih x + b_ih, `inward`, and W_hh h + b_hh, `onward` if it is another, each (L, N, gates · H)."""
    into, on = rows(inward), rows(inward if onward is None else onward)
    found = {
        "x": np.reshape(np.matmul(into, in_float32(weight_ih)), x.shape),  # (L · N, gates · H) (gates · H, input)
        "weight_ih": np.matmul(into.T, rows(in_float32(x))),  # (gates · H, L · N) (L · N, input)
        "weight_hh": np.matmul(on.T, rows(trail[1:] if reverse else trail[:-1])),  # (gates · H, L · N) (L · N, H)
        "bias_ih": np.sum(into, axis=0),
        "bias_hh": np.sum(on, axis=0),
        **{name: state[None] for name, state in first.items()},  # (1, N, H)
    }
    return {name: gradient.astype(x.dtype, copy=False) for name, gradient in found.items()}


def samples(gates: int, states: int) -> list[Call]:
    """Sample calls for a layer of 2 units: both directions, with and without biases, unequal lengths, no sequence."""
    arrays = [R(1, 2, 2)] * states + [R(2 * gates, 3), R(2 * gates, 2)]
    biases, none = [R(2 * gates), R(2 * gates)], [R(1, 0, 2)] * states + arrays[states:]
    ends = np.array([[[True], [True]], [[False], [True]]])  # (L, N, 1): lengths 1 and 2
    x = R(2, 2, 3)
    return [call(x, *arrays, *biases), call(x, *arrays, *biases, reverse=True), call(x, *arrays),
            call(x, *arrays, *biases, ends), call(x, *arrays, *biases, ends, True), call(R(2, 0, 3), *none, *biases)]
