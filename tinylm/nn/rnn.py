"""The simple recurrent network."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..fusion import composition
from ..ops.activation import relu, sigmoid
from .recurrent import Recurrent, State, unroll

_NONLINEARITIES: dict[str, Any] = {"tanh": np.tanh, "relu": relu, "sigmoid": sigmoid}


def step(x: Any, state: State, weight_hh: Any, bias_hh: Any, nonlinearity: str) -> State:
    """h′ by the equation of `RNN`."""
    z = x + state[0] @ weight_hh
    return (_NONLINEARITIES[nonlinearity](z if bias_hh is None else z + bias_hh),)


@composition
def rnn(x: Any, h: Any, weight_ih: Any, weight_hh: Any, bias_ih: Any = None, bias_hh: Any = None, valid: Any = None,
        reverse: bool = False, nonlinearity: str = "tanh") -> tuple[Any, ...]:
    """All steps of one layer in one direction: outputs (L, N, H) and h (1, N, H). The arguments: see `unroll`."""
    chosen = functools.partial(step, nonlinearity=nonlinearity)
    return unroll(chosen, x, (h,), weight_ih, weight_hh, bias_ih, bias_hh, valid, reverse)


class RNN(Recurrent):
    """h′ = tanh(W_ih x + b_ih + W_hh h + b_hh): what was read so far is in h (Elman 1990).

    nonlinearity  "tanh", "relu" (Le et al. 2015), or "sigmoid" as in the early papers (PyTorch has only the first two)

    Shapes, the other arguments, the weights' names and what it raises: see `Recurrent`.
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh", bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, *,
        rng: np.random.Generator | None = None,
    ) -> None:
        if nonlinearity not in _NONLINEARITIES:
            raise ValueError(f"RNN: nonlinearity is {', '.join(map(repr, _NONLINEARITIES))}, not {nonlinearity!r}")
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, rng=rng)
        self.nonlinearity = nonlinearity

    def through_time(self, *arguments: Any) -> tuple[Any, ...]:
        """All steps of one of its layers: see `rnn`."""
        return rnn(*arguments, self.nonlinearity)
