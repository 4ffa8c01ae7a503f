"""The first neural language model: guess the next token from the last few (Bengio et al. 2003).

Where a table of counts sees "cat sat" and "dog sat" as strangers, this model gives each token a vector,
learnt together with the rest, and what is alike comes to lie close together. From top to bottom, this
file is the whole model.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import nn
from ..backend import generator
from .language import check_sequences


class MLP(nn.Module):
    """p(next | last tokens) = softmax(U tanh(H [e₁; ...; eₙ] + d) + b), where eᵢ is the vector of the i-th of them.

    vocabulary  how many tokens there are
    context     how many tokens back it sees: n
    embedding   the length of each token's vector
    hidden      how many hidden units
    seed        of the initial weights

    Bengio's direct connections from the vectors to the output are left out, as he found them to matter little.
    """

    predicts = "last"

    def __init__(self, vocabulary: int, context: int = 12, embedding: int = 24, hidden: int = 768,
                 seed: int = 0) -> None:
        self.context = self.sees = context
        rng = generator(seed)
        self.embedding = nn.Embedding(vocabulary, embedding, rng=rng)
        self.hidden = nn.Linear(context * embedding, hidden, rng=rng)
        self.output = nn.Linear(hidden, vocabulary, rng=rng)

    def forward(self, ids: Any) -> Any:
        """Scores of each possible next token.  ids (batch, context) → logits (batch, vocabulary)"""
        check_sequences("MLP", ids)
        batch, length = ids.shape
        if length != self.context:
            raise ValueError(f"MLP: {length} tokens given, it sees {self.context}: " + (
                f"ids[:, -{self.context}:]" if length > self.context else
                "put tokenizer.start_id, which stands before the beginning, in front of fewer"))
        vectors = self.embedding(ids)  # (batch, context, embedding)
        joined = vectors.reshape(batch, -1)  # (batch, context · embedding)
        return self.output(np.tanh(self.hidden(joined)))  # (batch, hidden) → (batch, vocabulary)
