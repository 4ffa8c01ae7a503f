"""What RNN, GRU and LSTM share: layers, directions, batches of unequal lengths. What differs is one step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..backend import to_host
from .arrays import array_beside, array_of
from .init import parameter
from .masking import check_probability, dropout
from .module import Module

State = tuple[Any, ...]  # of one layer and direction; each (1, N, hidden_size), the output first


class Recurrent(Module):
    """A stack of recurrent layers. A subclass says how many `gates` its weights hold, how many `states` there are
    and, in `step`, how one state follows another.

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

    def step(self, x: Any, state: State, weight_hh: Any, bias_hh: Any) -> State:
        """The next state from x = W_ih x + b_ih, (1, N, gates · hidden_size), and the last; weight_hh is W_hhᵀ."""
        raise NotImplementedError(f"{type(self).__name__}: write its step(self, x, state, weight_hh, bias_hh)")

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
        last: list[State] = []
        for layer in range(self.num_layers):
            if layer:
                x = dropout(x, self.dropout, self.training, batch_axis=1)
            outputs = []
            for end in self._suffixes(layer):
                place = len(last)
                output, state = self._run(x, tuple(h[place:place + 1] for h in initial), end, valid)
                outputs.append(output)
                last.append(state)
            x = np.concatenate(outputs, -1) if len(outputs) > 1 else outputs[0]  # (L, N, D · hidden_size)
        finals = tuple(np.concatenate(list(parts)) for parts in zip(*last, strict=True))
        return x.swapaxes(0, 1) if self.batch_first else x, finals if self.states > 1 else finals[0]

    def _run(self, x: Any, state: State, end: str, valid: Any) -> tuple[Any, State]:
        """One layer in one direction: all its outputs, (L, N, hidden_size), and the last state."""
        weight_hh, bias_hh = getattr(self, "weight_hh" + end).T, getattr(self, "bias_hh" + end, None)
        projected = x @ getattr(self, "weight_ih" + end).T  # of all steps at once: (L, N, gates · hidden_size)
        projected = projected + getattr(self, "bias_ih" + end) if self.bias else projected
        steps = np.split(projected, x.shape[0])  # each (1, N, gates · hidden_size)
        outputs: list[Any] = [None] * len(steps)
        for t in reversed(range(len(steps))) if end.endswith("_reverse") else range(len(steps)):
            new = self.step(steps[t], state, weight_hh, bias_hh)
            if valid is not None:  # beyond its end a sequence keeps its state
                new = tuple(np.where(valid[t:t + 1], a, b) for a, b in zip(new, state, strict=True))
            outputs[t], state = new[0], new
        output = np.concatenate(outputs)
        return output if valid is None else np.where(valid, output, 0.0), state

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
