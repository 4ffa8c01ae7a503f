"""The simple recurrent network in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...backend import Array
from ...fusion import fuses
from ...samples import call
from ..rnn import rnn
from .recurrent import (
    backwards,
    course,
    gradients,
    multiplier,
    projected,
    received,
    results,
    samples,
    trail,
)
from .shapes import in_float32

_SAMPLES = samples(1, 1)
_SAMPLES += [call(*_SAMPLES[0].args, nonlinearity=name) for name in ("relu", "sigmoid")]


@fuses(rnn, samples=_SAMPLES, domain=(-1.0, 1.0), analytic=False)
def fused_rnn(x: Array, h: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array | None = None,
              bias_hh: Array | None = None, valid: Array | None = None, reverse: bool = False,
              nonlinearity: str = "tanh") -> Any:
    """All steps of one layer in one direction.  x (L, N, input), h (1, N, H) → outputs (L, N, H), h (1, N, H)"""
    inputs, states = projected(x, weight_ih, bias_ih, bias_hh), trail(h, len(x), reverse)
    onward = multiplier(in_float32(weight_hh).T, states)
    for t, before, after in course(len(x), reverse):
        new = states[after]
        onward(states[before], new)
        new += inputs[t]
        if nonlinearity == "relu":
            np.maximum(new, 0, out=new)
        elif nonlinearity == "tanh":
            np.tanh(new, out=new)
        else:  # σ(z) = ½ tanh(½ z) + ½
            new *= 0.5
            np.tanh(new, out=new)
            new *= 0.5
            new += 0.5
        if valid is not None:
            np.copyto(new, states[before], where=~valid[t])
    return results(x, valid, reverse, states), (states, in_float32(weight_hh))


@fused_rnn.vjp("x", "h", "weight_ih", "weight_hh", "bias_ih", "bias_hh", joint=True)
def _(g: tuple[Array, ...], x: Array, h: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array | None,
      bias_hh: Array | None, valid: Array | None, reverse: bool, nonlinearity: str,
      aux: tuple[Array, ...]) -> dict[str, Array]:
    """With h′ = φ(z), z̄ = h̄′ φ′(z), and h̄ = z̄ W_hh: one step after the other, from the last to the first."""
    states, weight = aux
    back = multiplier(weight, states)
    y = states[:-1] if reverse else states[1:]  # (L, N, H)
    if nonlinearity == "relu":
        inward = (y > 0).astype(y.dtype)  # the slopes φ′(z), which become z̄
    else:
        inward = 1 - y * y if nonlinearity == "tanh" else y * (1 - y)
    given, waiting = received(g)  # h̄, (L, N, H) and (N, H)
    for t, _, _ in backwards(len(y), reverse):
        if valid is not None:  # beyond its end a sequence keeps its state, and shows 0
            beyond = waiting * ~valid[t]
            waiting += given[t]
            waiting *= valid[t]
        else:
            waiting += given[t]
        inward[t] *= waiting
        back(inward[t], waiting)
        if valid is not None:
            waiting += beyond
    return gradients(x, weight_ih, states, reverse, inward, h=waiting)
