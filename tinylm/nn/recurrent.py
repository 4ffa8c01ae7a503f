"""What RNN, GRU and LSTM share: layers, directions, batches of unequal lengths. What differs is one step.

A step is a function: from x = W_ih x + b_ih, (1, N, gates · H), the last state, W_hhᵀ and b_hh, or None, to the next
state. `unroll` takes it through time, and so defines what a layer computes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..backend import to_host
from .arrays import array_beside, array_of
from .init import parameter
from .masking import check_probability, dropout
from .module import Module

_WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
State = tuple[Any, ...]  # of one layer and direction; each (1, N, hidden_size), the output first


def unroll(step: Callable[..., State], x: Any, state: State, weight_ih: Any, weight_hh: Any, bias_ih: Any = None,
           bias_hh: Any = None, valid: Any = None, reverse: bool = False) -> tuple[Any, ...]:
    """One layer in one direction, step after step: all outputs, (L, N, H), and each part of the last state, (1, N, H).

    x          (L, N, input), and the parts of the state to begin with (1, N, H)
    weight_ih  (gates · H, input), weight_hh (gates · H, H), and both biases (gates · H,) or None
    valid      (L, N, 1): where it is False, the state stays as it is and the output is 0; None if all steps count
    reverse    from the last step to the first
    """
    weight_hh, x = weight_hh.T, x @ weight_ih.T  # of all steps at once: (L, N, gates · H)
    steps = np.split(x if bias_ih is None else x + bias_ih, x.shape[0])  # each (1, N, gates · H)
    outputs: list[Any] = [None] * len(steps)
    for t in reversed(range(len(steps))) if reverse else range(len(steps)):
        new = step(steps[t], state, weight_hh, bias_hh)
        if valid is not None:  # beyond its end a sequence keeps its state
            new = tuple(np.where(valid[t:t + 1], a, b) for a, b in zip(new, state, strict=True))
        outputs[t], state = new[0], new
    output = np.concatenate(outputs)
    return output if valid is None else np.where(valid, output, 0.0), *state


class Recurrent(Module):
    """A stack of recurrent layers. A subclass says how many `gates` its weights hold, how many `states` there are
    and, in `through_time`, what one of the layers computes.

    input   (L, N, input_size), or (N, L, input_size) with batch_first
    hx      the state to begin with, (num_layers · D, N, hidden_size); zeros if there is none
    lengths  how many steps of each sequence count, (N,); all if there is none. What stands after a sequence's end
            changes nothing: its outputs there are 0, its last state is that at its end, and the reverse
            direction begins there (as for PyTorch's packed sequences)
    returns output (L, N, D · hidden_size), or with batch_first (N, L, ...), and the last state in the form of hx;
            D = 2 if bidirectional, else 1

    dropout  between layers, not after the last one
    weight_ih_l0 (gates · hidden_size, input_size), weight_hh_l0 (gates · hidden_size, hidden_size), bias_ih_l0,
    bias_hh_l0 (gates · hidden_size), and so on with l1, ...; `_reverse` at the end for the other direction: the names
    and layouts are PyTorch's, and so is the start, uniform in ±1/√hidden_size

    Raises ValueError for inputs, states or lengths of another shape, and for lengths outside 1 to L.
    """

    gates, states = 1, 1

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
        dropout: float = 0.0, bidirectional: bool = False, *, rng: np.random.Generator | None = None,
    ) -> None:
        check_probability(type(self).__name__, dropout)
        self.input_size, self.hidden_size, self.num_layers, self.bias = input_size, hidden_size, num_layers, bias
        self.batch_first, self.dropout, self.bidirectional = batch_first, dropout, bidirectional
        rng, bound, rows = rng or np.random.default_rng(), 1 / math.sqrt(hidden_size), self.gates * hidden_size
        for layer in range(num_layers):
            width = input_size if layer == 0 else hidden_size * len(self._suffixes(0))
            for end in self._suffixes(layer):
                setattr(self, "weight_ih" + end, parameter(rng, bound, rows, width))
                setattr(self, "weight_hh" + end, parameter(rng, bound, rows, hidden_size))
                if bias:
                    setattr(self, "bias_ih" + end, parameter(rng, bound, rows))
                    setattr(self, "bias_hh" + end, parameter(rng, bound, rows))

    def _suffixes(self, layer: int) -> list[str]:
        return [f"_l{layer}", f"_l{layer}_reverse"] if self.bidirectional else [f"_l{layer}"]

    def through_time(self, *arguments: Any) -> tuple[Any, ...]:
        """`unroll` with a step of one's own: x, the parts of the state, weight_ih and all that follows it there."""
        raise NotImplementedError(f"{type(self).__name__}: write its through_time(self, x, *state, weight_ih, "
                                  "weight_hh, bias_ih, bias_hh, valid, reverse), by unroll")

    def forward(self, input: Any, hx: Any = None, lengths: Any = None) -> tuple[Any, Any]:
        """All steps of all layers; see the class."""
        name = type(self).__name__
        if input.ndim != 3 or input.shape[2] != self.input_size or 0 in input.shape[:2]:
            order = "N, L" if self.batch_first else "L, N"
            raise ValueError(f"{name}: an input of shape {input.shape}, where it takes ({order}, {self.input_size}): "
                             "N sequences of L steps, neither of them 0")
        x = input.swapaxes(0, 1) if self.batch_first else input  # (L, N, input_size)
        valid = None if lengths is None else self._valid(lengths, x)
        initial = self._initial(hx, x)
        last: list[list[Any]] = []
        for layer in range(self.num_layers):
            if layer:
                x = dropout(x, self.dropout, self.training, batch_axis=1)
            outputs = []
            for end in self._suffixes(layer):
                place = len(last)
                weights = [getattr(self, name + end, None) for name in _WEIGHTS]
                state = [h[place:place + 1] for h in initial]
                output, *state = self.through_time(x, *state, *weights, valid, end.endswith("_reverse"))
                outputs.append(output)
                last.append(state)
            x = np.concatenate(outputs, -1) if len(outputs) > 1 else outputs[0]  # (L, N, D · hidden_size)
        finals = tuple(np.concatenate(list(parts)) for parts in zip(*last, strict=True))
        return x.swapaxes(0, 1) if self.batch_first else x, finals if self.states > 1 else finals[0]

    def _initial(self, hx: Any, x: Any) -> State:
        shape = (self.num_layers * len(self._suffixes(0)), x.shape[1], self.hidden_size)
        if hx is None:
            return (np.zeros_like(x, shape=shape),) * self.states
        given = tuple(hx) if self.states > 1 else (hx,)
        if len(given) != self.states or any(h.shape != shape for h in given):
            found, wanted = " and ".join(str(h.shape) for h in given), " and ".join([str(shape)] * self.states)
            raise ValueError(f"{type(self).__name__}: the initial state has shape {found}, it should be {wanted}: "
                             "(layers · directions, N, hidden_size), also with batch_first")
        return given

    def _valid(self, lengths: Any, x: Any) -> Any:
        """Which steps count, (L, N, 1)."""
        steps, batch = x.shape[:2]
        counts = to_host(array_of(lengths))
        if counts.shape != (batch,) or counts.dtype.kind not in "iu" or counts.min() < 1 or counts.max() > steps:
            raise ValueError(f"{type(self).__name__}: lengths {counts.tolist()}: it takes {batch} whole numbers, one "
                             f"for each sequence, from 1 to {steps}; leave empty sequences out of the batch")
        return array_beside(np.arange(steps)[:, None, None] < counts[:, None], x)  # (L, N, 1)
