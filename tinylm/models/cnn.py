"""A convolutional language model: the same small window slides over the text, layer over layer (Dauphin et al. 2017).

An MLP learns "the" anew for each place in its window; a convolution learns it once for all places. Each layer looks
twice as far back as the one below it (van den Oord et al. 2016), so a few layers see a hundred tokens. From top to
bottom, this file is the whole model.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import nn
from ..backend import generator
from ..ops.activation import sigmoid
from .language import check_sequences


class CNN(nn.Module):
    """p(next | last tokens) = softmax(U norm(x_L) + b), x₀ = e[ids], xₗ = xₗ₋₁ + gated convolution(norm(xₗ₋₁)).

    Dauphin et al. 2017 (gated convolutions, residual), van den Oord et al. 2016 (dilation 1, 2, 4, ...). In the place
    of Dauphin's normalised weights stands layer norm (Ba et al. 2016).

    vocabulary  how many tokens there are
    context     how many ids it is trained on at a time; it reads any number, and sees the last `sees` of them
    width       the length of the vector at a position
    layers      how many convolutions, L
    kernel      how many places each looks at: its own, and kernel - 1 before it, 2ˡ⁻¹ apart
    dropout     the probability to drop in training: of the first vectors, and of what a layer adds
    seed        of the initial weights
    """

    predicts = "every"
    batch_axis = 0

    def __init__(self, vocabulary: int, context: int = 64, width: int = 128, layers: int = 5, kernel: int = 3,
                 dropout: float = 0.0, seed: int = 0) -> None:
        self.context = context
        self.sees = 1 + (kernel - 1) * (2**layers - 1)
        rng = generator(seed)
        self.embedding = nn.Embedding(vocabulary, width, rng=rng)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(GatedConvolution(width, kernel, 2**layer, rng) for layer in range(layers))
        self.norm = nn.LayerNorm(width)
        self.output = nn.Linear(width, vocabulary, rng=rng)

    def forward(self, ids: Any) -> Any:
        """Scores of what follows each id; zeros stand before the first.  (batch, time) → (batch, time, vocabulary)"""
        return self.advance(ids)[0]

    def advance(self, ids: Any, state: Any = None) -> tuple[Any, Any]:
        """As `forward`, carrying on from `state`; gives the logits and the state after the last id.

        state  what each layer still looks back at: (batch, (kernel - 1) · 2ˡ⁻¹, width) for layer l, `sees` - 1 vectors
               in all; None is zeros. With it a new id costs one position in each layer, however far back that looks
        """
        check_sequences("CNN", ids)
        x = self.dropout(self.embedding(ids))  # (batch, time, width)
        ends: list[Any] = []
        for layer, before in zip(self.layers, [None] * len(self.layers) if state is None else state, strict=True):
            added, end = layer(x, before)
            x = x + self.dropout(added)
            ends.append(end)
        return self.output(self.norm(x)), tuple(ends)  # (batch, time, width) → (batch, time, vocabulary)


class GatedConvolution(nn.Module):
    """y = (W * x + b) ⊙ σ(V * x + c): what is found, and how much of it to let through; * sees nothing later."""

    def __init__(self, width: int, kernel: int, dilation: int, rng: np.random.Generator) -> None:
        self.norm = nn.LayerNorm(width)
        self.convolution = nn.Conv1d(width, 2 * width, kernel, dilation=dilation, rng=rng)  # W and V
        self.back = dilation * (kernel - 1)

    def forward(self, x: Any, past: Any = None) -> tuple[Any, Any]:
        """(batch, time, width) → the same, and the last `back` of what it saw; `past` are those before x."""
        batch, time, width = x.shape
        past = np.zeros_like(x, shape=(batch, self.back, width)) if past is None else past
        seen = np.concatenate([past, self.norm(x)], axis=1)  # (batch, back + time, width)
        both = self.convolution(seen.swapaxes(1, 2))  # (batch, 2 · width, time): channels come second
        found, gate = np.split(both, 2, axis=1)  # each (batch, width, time)
        return (found * sigmoid(gate)).swapaxes(1, 2), seen[:, time:]  # (batch, time, width), (batch, back, width)
