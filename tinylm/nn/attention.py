"""Attention: every position looks at the others and takes from each as much as it finds fit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..fusion import composition
from ..ops.reduce import softmax
from ..tensor import Tensor
from .arrays import array_beside
from .masking import dropout


def scaled_dot_product_attention(
    query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0, is_causal: bool = False,
    scale: float | None = None,
) -> Any:
    """y = softmax(q kᵀ / √d + mask) v: a mean of the values, weighted by how well query and key agree.

    Vaswani et al. 2017; the first attention is Bahdanau et al.'s, 2015.
    query (..., L, d), key (..., S, d), value (..., S, e) → (..., L, e)

    attn_mask  broadcast to (..., L, S): booleans, True where a query may look (in MultiheadAttention, as in PyTorch,
               it is the other way round), or numbers that are added to the scores
    dropout_p  the probability to drop a weight; it is applied whether or not anything is in training
    is_causal  query i looks at keys 0 to i only; with attn_mask, at those that both allow (PyTorch takes one of them)
    scale      what the scores are multiplied by, 1/√d if None

    Raises ValueError where a query may look nowhere: the mean of nothing is not a number.
    """
    if dropout_p or (isinstance(attn_mask, Tensor) and attn_mask.requires_grad):
        weights = attention_weights(query, key, attn_mask, is_causal, scale)
        return dropout(weights, dropout_p) @ value  # (..., L, S) (..., S, e)
    return attention(query, key, value, attn_mask, is_causal, scale)


@composition
def attention(query: Any, key: Any, value: Any, attn_mask: Any = None, is_causal: bool = False,
              scale: float | None = None) -> Any:
    """`scaled_dot_product_attention` without dropout, and with a mask that nothing flows back to."""
    return attention_weights(query, key, attn_mask, is_causal, scale) @ value  # (..., L, S) (..., S, e)


def attention_weights(query: Any, key: Any, attn_mask: Any = None, is_causal: bool = False,
                      scale: float | None = None) -> Any:
    """softmax(q kᵀ / √d + mask), (..., L, S): how much each query takes from each key; each row adds up to 1."""
    allowed, added = visible(query, key, attn_mask, is_causal)
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = (query * scale) @ key.swapaxes(-1, -2)  # (..., L, d) (..., d, S)
    scores = scores if added is None else scores + added
    return softmax(scores if allowed is None else np.where(allowed, scores, -np.inf))


def visible(query: Any, key: Any, attn_mask: Any, is_causal: bool) -> tuple[Any, Any]:
    """Where a query may look, (..., L, S), and the numbers that are added to the scores; each may be None.

    Raises ValueError where a query may look nowhere, and where queries and keys differ in width.
    """
    check_widths(query, key)
    allowed, added = None, None
    if attn_mask is not None:
        mask = array_beside(attn_mask, query)
        if mask.dtype.kind == "b":
            allowed = mask
        else:
            added = attn_mask if isinstance(attn_mask, Tensor) else mask.astype(query.dtype)
            allowed = mask != -np.inf if bool((mask == -np.inf).any()) else None
    if is_causal:
        triangle = array_beside(np.tri(query.shape[-2], key.shape[-2], dtype=bool), query)  # (L, S)
        allowed = triangle if allowed is None else triangle & allowed
    if attn_mask is not None and allowed is not None:
        _check_somewhere(allowed)
    return allowed, added


def check_widths(query: Any, key: Any) -> None:
    """Raise ValueError unless queries and keys can be multiplied."""
    if query.shape[-1] != key.shape[-1]:
        raise ValueError(f"attention: queries of width {query.shape[-1]} and keys of width {key.shape[-1]} have no "
                         f"product (shapes {query.shape} and {key.shape}): project both to one width")


def _check_somewhere(allowed: Any) -> None:
    """Raise ValueError for a row of nothing but False."""
    blind = ~allowed.any(-1)
    if bool(blind.any()):
        first = next(place for place in np.ndindex(blind.shape) if bool(blind[place]))
        raise ValueError(f"attention: the mask of shape {allowed.shape} leaves row {first} nothing to attend to; let "
                         "it see one position at least (itself, say), or leave empty sequences out of the batch")
