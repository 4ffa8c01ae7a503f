"""Long short-term memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..fusion import composition
from ..ops.activation import sigmoid
from .recurrent import Recurrent, State, unroll


def step(x: Any, state: State, weight_hh: Any, bias_hh: Any) -> State:
    """(h′, c′) by the equations of `LSTM`."""
    h, c = state
    z = x + h @ weight_hh
    i, f, g, o = np.split(z if bias_hh is None else z + bias_hh, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


@composition
def lstm(x: Any, h: Any, c: Any, weight_ih: Any, weight_hh: Any, bias_ih: Any = None, bias_hh: Any = None,
         valid: Any = None, reverse: bool = False) -> tuple[Any, ...]:
    """All steps of one layer in one direction: outputs (L, N, H), h and c (1, N, H). The arguments: see `unroll`."""
    return unroll(step, x, (h, c), weight_ih, weight_hh, bias_ih, bias_hh, valid, reverse)


class LSTM(Recurrent):
    """A cell c that is added to rather than overwritten, so that gradients survive (Hochreiter & Schmidhuber 1997).

        i = σ(W_ii x + b_ii + W_hi h + b_hi)       input gate: what to write
        f = σ(W_if x + b_if + W_hf h + b_hf)       forget gate: what to keep
        g = tanh(W_ig x + b_ig + W_hg h + b_hg)    what would be written
        o = σ(W_io x + b_io + W_ho h + b_ho)       output gate: what to show
        c′ = f ⊙ c + i ⊙ g
        h′ = o ⊙ tanh c′

    This is PyTorch's variant, with the forget gate of Gers et al. (2000), which the paper of 1997 had not (f = 1),
    and without their later peepholes. The weights' rows are i, f, g, o.

    hx and the state returned are pairs (h, c). Shapes, arguments, the weights' names and what it raises: see
    `Recurrent`.
    """

    gates, states = 4, 2

    def through_time(self, *arguments: Any) -> tuple[Any, ...]:
        """All steps of one of its layers: see `lstm`."""
        return lstm(*arguments)
