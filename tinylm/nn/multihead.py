"""Multi-head attention: several small attentions side by side, each with its own idea of what fits."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import Tensor
from .arrays import array_beside, array_of
from .attention import attention_weights, scaled_dot_product_attention
from .init import xavier_uniform_, zeros_
from .linear import Linear
from .masking import check_probability, dropout
from .module import Module


class MultiheadAttention(Module):
    """y = [head₁; ...; head_h] W_Oᵀ + b_O, headᵢ = attention(q W_Qᵢᵀ + b, k W_Kᵢᵀ + b, v W_Vᵢᵀ + b).

    Vaswani et al. 2017. Each head works with embed_dim / num_heads numbers of a position.

    dropout         the probability to drop an attention weight in training
    in_proj_weight  (3 · embed_dim, embed_dim): the rows of W_Q, then W_K, then W_V; in_proj_bias (3 · embed_dim,)
    out_proj        W_O and b_O; names and layouts are PyTorch's, and so is the start: Xavier, and zero biases

    Raises ValueError unless embed_dim is a multiple of num_heads.
    """

    def __init__(self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True,
                 batch_first: bool = False, *, rng: np.random.Generator | None = None) -> None:
        if embed_dim % num_heads:
            raise ValueError(f"MultiheadAttention: embed_dim {embed_dim} does not divide into {num_heads} heads")
        check_probability("MultiheadAttention", dropout)
        self.embed_dim, self.num_heads, self.dropout, self.batch_first = embed_dim, num_heads, dropout, batch_first
        self.in_proj_weight = Tensor(np.zeros((3 * embed_dim, embed_dim)), requires_grad=True, dtype=np.float32)
        self.in_proj_bias = Tensor(np.zeros(3 * embed_dim), requires_grad=True, dtype=np.float32) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias, rng=rng)
        xavier_uniform_(self.in_proj_weight, rng=rng)
        if self.out_proj.bias is not None:
            zeros_(self.out_proj.bias)

    def forward(
        self, query: Any, key: Any, value: Any, key_padding_mask: Any = None, need_weights: bool = True,
        attn_mask: Any = None, average_attn_weights: bool = True, is_causal: bool = False,
    ) -> tuple[Any, Any]:
        """The output, (L, N, embed_dim) as the query, and the weights, or None unless need_weights.

        query             (L, N, embed_dim); key and value (S, N, embed_dim); with batch_first N comes first in all
        key_padding_mask  (N, S), True for a key that nobody may look at (or numbers, which are added to the scores)
        attn_mask         (L, S) or (N · num_heads, L, S), True where a query may not look, or numbers to add
        is_causal         query i looks at keys 0 to i only; PyTorch wants attn_mask beside it, here it is enough
        average_attn_weights  the weights' mean over the heads, (N, L, S), or each head's, (N, num_heads, L, S)

        Raises ValueError where a query may look nowhere, and for shapes that do not fit.
        """
        self._check(query, key, value)
        q, k, v = self._project(query, key, value)
        batch_axis = 0 if self.batch_first else 1
        q, k, v = (self._heads(x, batch_axis) for x in (q, k, v))
        mask = self._mask(attn_mask, key_padding_mask, (*q.shape[:3], k.shape[2]), array_of(q))
        if need_weights:
            weights = dropout(attention_weights(q, k, mask, is_causal), self.dropout, self.training)
            y = weights @ v  # (N, heads, L, S) (N, heads, S, width)
        else:
            y = scaled_dot_product_attention(q, k, v, mask, self.dropout if self.training else 0.0, is_causal)
        joined = y.transpose((0, 2, 1, 3) if self.batch_first else (2, 0, 1, 3))  # (N, L, heads, width)
        output = self.out_proj(joined.reshape(query.shape))  # (N, L, embed_dim)
        if not need_weights:
            return output, None
        return output, weights.mean(axis=1) if average_attn_weights else weights

    def _project(self, query: Any, key: Any, value: Any) -> Any:
        """q W_Qᵀ + b_Q, k W_Kᵀ + b_K, v W_Vᵀ + b_V; in one product where all three are the same."""
        weight, bias = self.in_proj_weight, self.in_proj_bias
        if query is key is value:
            x = query @ weight.T
            return np.split(x if bias is None else x + bias, 3, axis=-1)
        projected = [x @ w.T for x, w in zip((query, key, value), np.split(weight, 3), strict=True)]
        return projected if bias is None else [x + b for x, b in zip(projected, np.split(bias, 3), strict=True)]

    def _heads(self, x: Any, batch_axis: int) -> Any:
        x = x.reshape(*x.shape[:2], self.num_heads, -1)  # (N, L, heads, width), or (L, N, heads, width)
        return x.transpose((0, 2, 1, 3) if batch_axis == 0 else (1, 2, 0, 3))  # (N, heads, L, width)

    def _mask(self, attn_mask: Any, key_padding_mask: Any, shape: tuple[int, ...], like: Any) -> Any:
        """Both masks as one, in the sense of `attention_weights`: True where a query may look, or numbers to add."""
        batch, heads, length, source = shape
        masks = []
        for name, mask, shapes in (
            ("attn_mask", attn_mask, {(length, source): (1, 1, length, source),
                                      (batch * heads, length, source): shape}),
            ("key_padding_mask", key_padding_mask, {(batch, source): (batch, 1, 1, source)}),
        ):
            if mask is None:
                continue
            mask = mask if hasattr(mask, "dtype") else np.asarray(mask)
            if mask.shape not in shapes:
                raise ValueError(f"MultiheadAttention: {name} has shape {mask.shape}, it should be "
                                 + " or ".join(map(str, shapes)))
            mask = mask if isinstance(mask, Tensor) else array_beside(mask, like)
            masks.append(mask.reshape(shapes[mask.shape]))  # (N or 1, heads or 1, L or 1, S)
        if all(mask.dtype.kind == "b" for mask in masks):
            masks = [np.logical_not(mask) for mask in masks]
            return np.logical_and(*masks) if len(masks) == 2 else masks[0] if masks else None
        numbers = [np.where(m, -np.inf, np.zeros_like(m, dtype=like.dtype)) if m.dtype.kind == "b" else
                   m.astype(like.dtype) for m in masks]
        return numbers[0] if len(numbers) == 1 else numbers[0] + numbers[1]

    def _check(self, query: Any, key: Any, value: Any) -> None:
        axis = 0 if self.batch_first else 1
        shapes = [x.shape for x in (query, key, value)]
        if (any(len(s) != 3 or s[2] != self.embed_dim for s in shapes) or shapes[1] != shapes[2]
                or shapes[0][axis] != shapes[1][axis]):
            order = "(N, L, {0}) and twice (N, S, {0})" if self.batch_first else "(L, N, {0}) and twice (S, N, {0})"
            raise ValueError(f"MultiheadAttention: query, key and value have shapes {', '.join(map(str, shapes))}; it "
                             f"takes {order.format(self.embed_dim)}")
