"""The Transformer as a language model, as in GPT-2: positions that look back at all before them.

A recurrent network must carry what it read in a state of fixed size, through every step. Here nothing is carried:
each position asks all earlier ones directly, and all positions are computed at once. From top to bottom, this file is
the whole model, in the order it executes.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import nn
from ..backend import generator
from ..nn.linear import linear
from ..ops.activation import gelu
from .language import check_sequences

INITIAL_STD = 0.02  # of all weights at the start, as in GPT-2


class GPT(nn.Module):
    """p(next | all before) = softmax(E norm(x_L)), x₀ = E[ids] + P, xₗ = block(xₗ₋₁).

    Radford et al. 2018 (GPT), 2019 (GPT-2: norms before the blocks and after the last, the start of the weights).

    vocabulary  how many tokens there are
    context     how many ids it sees at most: there is a position vector for each
    width       the length of the vector at a position
    layers      how many blocks, L
    heads       how many attentions side by side in each; width is a multiple of it
    dropout     the probability to drop in training: of the first vectors, attention weights and what a block adds
    seed        of the initial weights

    The embedding E serves at both ends, to read tokens and to score them (Press & Wolf 2017).
    """

    predicts = "every"
    absolute = True
    batch_axis = 0

    def __init__(self, vocabulary: int, context: int = 64, width: int = 128, layers: int = 4, heads: int = 4,
                 dropout: float = 0.0, seed: int = 0) -> None:
        self.context = self.sees = context
        rng = generator(seed)
        self.embedding = nn.Embedding(vocabulary, width, rng=rng)
        self.positions = nn.LearnedPositions(context, width, rng=rng)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Block(width, heads, dropout, rng) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        for name, parameter in self.named_parameters():
            if name.endswith("out.weight"):  # each block adds twice: so the sum of all stays about as large
                nn.init.normal_(parameter, 0.0, INITIAL_STD / math.sqrt(2 * layers), rng=rng)
            elif parameter.ndim == 2:
                nn.init.normal_(parameter, 0.0, INITIAL_STD, rng=rng)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, ids: Any) -> Any:
        """Scores of what follows each id.  ids (batch, time up to context) → logits (batch, time, vocabulary)"""
        return self.advance(ids)[0]

    def advance(self, ids: Any, state: Any = None) -> tuple[Any, Any]:
        """As `forward`, carrying on from `state`; gives the logits and the state after the last id.

        state  the keys and values of all ids before, which never change: for each block a pair, each (batch, heads,
               past, width / heads); None is no past. With it a new id costs one position, not all again
        """
        check_sequences("GPT", ids)
        past = 0 if state is None else state[0][0].shape[2]
        if past + ids.shape[1] > self.context:
            raise ValueError(f"GPT: {past + ids.shape[1]} tokens given, it sees {self.context}: "
                             + (f"ids[:, -{self.context}:]" if state is None else "begin anew with the last of them"))
        x = self.dropout(self.positions(self.embedding(ids), past))  # (batch, time, width)
        seen: list[Any] = []
        for block, before in zip(self.blocks, [None] * len(self.blocks) if state is None else state, strict=True):
            x, now = block(x, before)
            seen.append(now)
        return linear(self.norm(x), self.embedding.weight), tuple(seen)  # (batch, time, width) → (..., vocabulary)


class Block(nn.Module):
    """x ← x + attention(norm(x)): gather from other positions; x ← x + mlp(norm(x)): think about each by itself."""

    def __init__(self, width: int, heads: int, dropout: float, rng: np.random.Generator) -> None:
        self.norm1 = nn.LayerNorm(width)
        self.attention = CausalAttention(width, heads, dropout, rng)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = FeedForward(width, rng)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Any, past: Any = None) -> tuple[Any, Any]:
        """(batch, time, width) → the same, and the keys and values that the next ids will look at"""
        y, seen = self.attention(self.norm1(x), past)
        x = x + self.dropout(y)
        return x + self.dropout(self.mlp(self.norm2(x))), seen


class CausalAttention(nn.Module):
    """yᵢ = W_O [head₁; ...; head_h], each head softmax over j ≤ i of (qᵢ · kⱼ / √d), times vⱼ (Vaswani et al. 2017)."""

    def __init__(self, width: int, heads: int, dropout: float, rng: np.random.Generator) -> None:
        if width % heads:
            raise ValueError(f"GPT: a width of {width} does not divide into {heads} heads")
        self.heads, self.dropout = heads, dropout
        self.qkv = nn.Linear(width, 3 * width, rng=rng)  # W_Q, W_K and W_V, one under the other
        self.out = nn.Linear(width, width, rng=rng)

    def forward(self, x: Any, past: Any = None) -> tuple[Any, Any]:
        """(batch, time, width) → the same, and all keys and values so far; `past` are those of the ids before."""
        batch, time, width = x.shape
        q, k, v = (part.reshape(batch, time, self.heads, -1).swapaxes(1, 2)  # each (batch, heads, time, width / heads)
                   for part in np.split(self.qkv(x), 3, axis=-1))
        mask = None
        if past is not None:
            k, v = np.concatenate([past[0], k], axis=2), np.concatenate([past[1], v], axis=2)
            mask = np.tri(time, k.shape[2], k.shape[2] - time, dtype=bool) if time > 1 else None  # all, up to itself
        y = nn.scaled_dot_product_attention(q, k, v, mask, self.dropout if self.training else 0.0, past is None)
        y = y.swapaxes(1, 2).reshape(batch, time, width)  # from (batch, heads, time, width / heads)
        return self.out(y), (k, v)


class FeedForward(nn.Module):
    """y = W₂ gelu(W₁ x + b₁) + b₂, four times as wide inside; gelu by tanh, as in GPT-2."""

    def __init__(self, width: int, rng: np.random.Generator) -> None:
        self.inner = nn.Linear(width, 4 * width, rng=rng)
        self.out = nn.Linear(4 * width, width, rng=rng)

    def forward(self, x: Any) -> Any:
        """(batch, time, width) → the same"""
        return self.out(gelu(self.inner(x), "tanh"))
