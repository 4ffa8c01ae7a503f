"""The LSTM as a language model: a memory that is added to, so that it lasts (Sundermeyer et al. 2012).

Gates learn what to write into a cell, what to keep in it and what to show of it. Kept by a gate near 1, what was
read a hundred tokens ago, and the gradient on its way back to there, arrive almost undiminished. From top to
bottom, this file is the whole model; the steps through time are in `nn.LSTM`.
"""

from __future__ import annotations

from typing import Any

from .. import nn
from ..backend import generator
from .language import check_sequences


class LSTM(nn.Module):
    """p(next | all before) = softmax(U hₜ + b), where hₜ, cₜ = lstm(e[idₜ], hₜ₋₁, cₜ₋₁):

        i, f, o = σ(W_i eₜ + V_i hₜ₋₁), σ(W_f eₜ + V_f hₜ₋₁), σ(W_o eₜ + V_o hₜ₋₁)
        cₜ = f ⊙ cₜ₋₁ + i ⊙ tanh(W_g eₜ + V_g hₜ₋₁),  hₜ = o ⊙ tanh cₜ        (biases left out)

    Hochreiter & Schmidhuber 1997 (the cell), Gers et al. 2000 (f), Sundermeyer et al. 2012 (the language model).

    vocabulary  how many tokens there are
    context     how many ids it is trained on at a time; it reads any number
    embedding   the length of each token's vector
    hidden      how many cells in a layer
    layers      how many LSTMs, one over the other
    dropout     the probability to drop in training what goes up, not what goes on in time (Zaremba et al. 2014)
    seed        of the initial weights
    """

    predicts = "every"
    sees = None
    batch_axis = 1

    def __init__(self, vocabulary: int, context: int = 64, embedding: int = 64, hidden: int = 384, layers: int = 1,
                 dropout: float = 0.0, seed: int = 0) -> None:
        self.context = context
        rng = generator(seed)
        self.embedding = nn.Embedding(vocabulary, embedding, rng=rng)
        self.dropout = nn.Dropout(dropout)
        self.recurrent = nn.LSTM(embedding, hidden, layers, batch_first=True, dropout=dropout, rng=rng)
        self.output = nn.Linear(hidden, vocabulary, rng=rng)

    def forward(self, ids: Any) -> Any:
        """Scores of what follows each id, begun with an empty memory.  (batch, time) → (batch, time, vocabulary)"""
        return self.advance(ids)[0]

    def advance(self, ids: Any, state: Any = None) -> tuple[Any, Any]:
        """As `forward`, carrying on from `state`; gives the logits and the state after the last id.

        state  (h, c), each (layers, batch, hidden), as given back before; None is an empty memory
        """
        check_sequences("LSTM", ids)
        vectors = self.dropout(self.embedding(ids))  # (batch, time, embedding)
        h, state = self.recurrent(vectors, state)  # (batch, time, hidden)
        return self.output(self.dropout(h)), state  # (batch, time, hidden) → (batch, time, vocabulary)
