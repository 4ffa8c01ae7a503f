"""The gated recurrent unit."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..fusion import composition
from ..ops.activation import sigmoid
from .recurrent import Recurrent, State, unroll


def step(x: Any, state: State, weight_hh: Any, bias_hh: Any) -> State:
    """h′ by the equations of `GRU`."""
    (h,) = state
    past = h @ weight_hh
    past = past if bias_hh is None else past + bias_hh
    cut = [2 * h.shape[-1]]
    x_gates, x_n = np.split(x, cut, axis=-1)
    past_gates, past_n = np.split(past, cut, axis=-1)
    r, z = np.split(sigmoid(x_gates + past_gates), 2, axis=-1)
    n = np.tanh(x_n + r * past_n)
    return (n + z * (h - n),)  # = (1 - z) n + z h


@composition
def gru(x: Any, h: Any, weight_ih: Any, weight_hh: Any, bias_ih: Any = None, bias_hh: Any = None, valid: Any = None,
        reverse: bool = False) -> tuple[Any, ...]:
    """All steps of one layer in one direction: outputs (L, N, H) and h (1, N, H). The arguments: see `unroll`."""
    return unroll(step, x, (h,), weight_ih, weight_hh, bias_ih, bias_hh, valid, reverse)


class GRU(Recurrent):
    """Gates decide how much of the past a proposal sees, and how much of it stays (Cho et al. 2014).

        r = σ(W_ir x + b_ir + W_hr h + b_hr)             reset
        z = σ(W_iz x + b_iz + W_hz h + b_hz)             update
        n = tanh(W_in x + b_in + r ⊙ (W_hn h + b_hn))    proposal
        h′ = (1 - z) ⊙ n + z ⊙ h

    This is PyTorch's variant: the paper resets before the product, n = tanh(W_in x + W_hn (r ⊙ h)), and has no
    biases. Resetting after it makes one product of the three by h. The weights' rows are r, z, n.

    Shapes, arguments, the weights' names and what it raises: see `Recurrent`.
    """

    gates = 3

    def through_time(self, *arguments: Any) -> tuple[Any, ...]:
        """All steps of one of its layers: see `gru`."""
        return gru(*arguments)
