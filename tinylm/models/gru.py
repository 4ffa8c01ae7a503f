"""The GRU as a language model: two gates do nearly what the LSTM's three and its cell do (Cho et al. 2014).

The state is a mean of what it was and what is proposed, and a gate weighs the two: where it says "keep", the past
goes on as it is. From top to bottom, this file is the whole model; the steps through time are in `nn.GRU`.
"""

from __future__ import annotations

from typing import Any

from .. import nn
from ..backend import generator
from .language import check_sequences


class GRU(nn.Module):
    """p(next | all before) = softmax(U hₜ + b), where hₜ = gru(e[idₜ], hₜ₋₁):

        r, z = σ(W_r eₜ + V_r hₜ₋₁), σ(W_z eₜ + V_z hₜ₋₁)
        n = tanh(W_n eₜ + r ⊙ V_n hₜ₋₁),  hₜ = (1 - z) ⊙ n + z ⊙ hₜ₋₁        (biases left out)

    Cho et al. 2014 (the unit; there r acts on hₜ₋₁ before V_n, see `nn.GRU`), Chung et al. 2014 (as a sequence model).

    vocabulary  how many tokens there are
    context     how many ids it is trained on at a time; it reads any number
    embedding   the length of each token's vector
    hidden      how many units in a layer
    layers      how many GRUs, one over the other
    dropout     the probability to drop in training what goes up, not what goes on in time (Zaremba et al. 2014)
    seed        of the initial weights
    """

    predicts = "every"
    sees = None
    batch_axis = 1

    def __init__(self, vocabulary: int, context: int = 64, embedding: int = 64, hidden: int = 448, layers: int = 1,
                 dropout: float = 0.0, seed: int = 0) -> None:
        self.context = context
        rng = generator(seed)
        self.embedding = nn.Embedding(vocabulary, embedding, rng=rng)
        self.dropout = nn.Dropout(dropout)
        self.recurrent = nn.GRU(embedding, hidden, layers, batch_first=True, dropout=dropout, rng=rng)
        self.output = nn.Linear(hidden, vocabulary, rng=rng)

    def forward(self, ids: Any) -> Any:
        """Scores of what follows each id, begun with an empty memory.  (batch, time) → (batch, time, vocabulary)"""
        return self.advance(ids)[0]

    def advance(self, ids: Any, state: Any = None) -> tuple[Any, Any]:
        """As `forward`, carrying on from `state`; gives the logits and the state after the last id.

        state  (layers, batch, hidden), as given back before; None is an empty memory
        """
        check_sequences("GRU", ids)
        vectors = self.dropout(self.embedding(ids))  # (batch, time, embedding)
        h, state = self.recurrent(vectors, state)  # (batch, time, hidden)
        return self.output(self.dropout(h)), state  # (batch, time, hidden) → (batch, time, vocabulary)
