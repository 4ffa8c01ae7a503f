"""The recurrent neural network as a language model: the past is not a window but a state (Mikolov et al. 2010).

An MLP forgets what leaves its window. Here each token changes a state that saw all before it. What it cannot do
well is keep: at every step the whole state is multiplied and bent, and after some tokens little of an old one is
left; the GRU and the LSTM mend that. From top to bottom, this file is the whole model; the steps through time are
in `nn.RNN`.
"""

from __future__ import annotations

from typing import Any

from .. import nn
from ..backend import generator
from .language import check_sequences


class RNN(nn.Module):
    """p(next | all before) = softmax(U hₜ + b), where hₜ = tanh(W e[idₜ] + V hₜ₋₁ + d).

    Elman 1990 (the network), Mikolov et al. 2010 (the language model).

    vocabulary    how many tokens there are
    context       how many ids it is trained on at a time; it reads any number
    embedding     the length of each token's vector
    hidden        how many units in a layer
    layers        how many RNNs, one over the other
    nonlinearity  "tanh"; "sigmoid" is the paper's, which learns slower, as its outputs are not centred around 0; "relu"
    dropout       the probability to drop in training what goes up, not what goes on in time (Zaremba et al. 2014)
    seed          of the initial weights

    Mikolov's e are rows of W itself; a vector of its own for each token, as Bengio's, needs fewer weights.
    """

    predicts = "every"
    sees = None
    batch_axis = 1

    def __init__(self, vocabulary: int, context: int = 64, embedding: int = 64, hidden: int = 768, layers: int = 1,
                 nonlinearity: str = "tanh", dropout: float = 0.0, seed: int = 0) -> None:
        self.context = context
        rng = generator(seed)
        self.embedding = nn.Embedding(vocabulary, embedding, rng=rng)
        self.dropout = nn.Dropout(dropout)
        self.recurrent = nn.RNN(embedding, hidden, layers, nonlinearity, batch_first=True, dropout=dropout, rng=rng)
        self.output = nn.Linear(hidden, vocabulary, rng=rng)

    def forward(self, ids: Any) -> Any:
        """Scores of what follows each id, begun with an empty memory.  (batch, time) → (batch, time, vocabulary)"""
        return self.advance(ids)[0]

    def advance(self, ids: Any, state: Any = None) -> tuple[Any, Any]:
        """As `forward`, carrying on from `state`; gives the logits and the state after the last id.

        state  (layers, batch, hidden), as given back before; None is an empty memory
        """
        check_sequences("RNN", ids)
        vectors = self.dropout(self.embedding(ids))  # (batch, time, embedding)
        h, state = self.recurrent(vectors, state)  # (batch, time, hidden)
        return self.output(self.dropout(h)), state  # (batch, time, hidden) → (batch, time, vocabulary)
