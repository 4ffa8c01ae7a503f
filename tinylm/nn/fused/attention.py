"""Attention in one pass, without ever holding all weights.

The weights are as many as queries times keys. They are made a tile at a time, some heads by some queries by all keys
that these may see, small enough to stay in the processor's cache; the way back makes them again, from each query's
highest score and sum, which are all that is kept (Rabe & Staats 2021; Dao et al. 2022). A tile stands on its side,
(keys, queries): so sums and maxima over keys go along whole rows of memory.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...backend import Array, device_of
from ...fusion import fuses
from ...kernels import kernel
from ...samples import R, call
from ..arrays import array_beside
from ..attention import attention, check_widths, visible
from .shapes import in_float32

TILE = 1 << 17
"""How many weights are made at a time: 512 KB of float32."""
QUERIES = 32
"""How many queries of a causal tile share their keys, or an eighth of all if that is more: with fewer, less is computed
in vain, but in smaller products."""


def stacked(x: Array, heads: tuple[int, ...]) -> Array:
    """All heads under each other, in one piece: (..., L, width) → (heads, L, width)."""
    x = np.broadcast_to(x, (*heads, *x.shape[-2:]))
    return in_float32(np.reshape(x, (math.prod(heads), *x.shape[-2:])))


def over_keys(weights: Array) -> Array:
    """Σ over the keys of a tile, (heads, keys, queries) → (heads, 1, queries), by a product: faster than a sum."""
    return np.matmul(np.ones_like(weights, shape=(1, weights.shape[1])), weights)


def apart(x: Array, heads: tuple[int, ...], dtype: Any) -> Array:
    """`stacked` undone, in the dtype that was given: (heads, L, width) → (..., L, width)."""
    return np.reshape(x, (*heads, *x.shape[1:])).astype(dtype, copy=False)


def turned(x: Array) -> Array:
    """(..., L, width) → (..., width, L)"""
    return np.swapaxes(x, -1, -2)


def on_its_side(x: Array) -> Array:
    """The same, copied in that order."""
    return np.copy(turned(x), order="C")


def heads_of(*inputs: Array) -> tuple[int, ...]:
    """The axes before the last two, broadcast."""
    return np.broadcast_shapes(*[x.shape[:-2] for x in inputs])


def what_is_added(query: Array, key: Array, attn_mask: Any, is_causal: bool) -> Array | None:
    """The mask as numbers that are added to scores on their side, (..., S or 1, L or 1); None if there is none.

    What is_causal forbids is left to the tiles.
    """
    if attn_mask is None:
        check_widths(query, key)
        return None
    _, added = visible(query, key, attn_mask, is_causal)
    if added is None:
        added = np.where(array_beside(attn_mask, query), query.dtype.type(0), query.dtype.type(-np.inf))
    return on_its_side(in_float32(np.atleast_2d(added)))


def tiles(columns: Sequence[Array], keys: Sequence[Array], rows: Sequence[Array], added: Array | None, causal: bool,
          heads: tuple[int, ...]) -> Iterator[tuple[Array, Sequence[Array], Sequence[Array], Sequence[Array]]]:
    """For one tile after the other its scores, k qᵀ + mask, to be written into, and the parts of all arrays there.

    columns  arrays (heads, ·, L), the first of them the queries; keys (heads, S, ·), the first the keys; rows (heads,
             L, ·). Of a causal tile's keys come those up to its last query
    """
    many, _, length = columns[0].shape
    source, whole = keys[0].shape[1], device_of(columns[0]) != "cpu"
    step = max(1, length if whole or not causal else max(QUERIES, length // 8))
    step = step if whole else max(1, min(step, TILE // max(source, 1)))
    group = many if whole else max(1, TILE // max(step * source, 1))
    room = np.empty_like(columns[0], shape=(min(group, many) * min(step, length) * source,))
    later = np.tril(np.full_like(room, -np.inf, shape=(step, step)), -1) if causal else None  # key after query
    heads = heads or (1,)
    added = None if added is None else np.broadcast_to(added, (*heads, *added.shape[-2:]))
    for first in range(0, many, max(group, 1)):
        head = slice(first, min(first + group, many))
        here = None if added is None else added[np.unravel_index(np.arange(head.start, head.stop), heads)]
        for i in range(0, length, step):
            j = min(i + step, length)
            end = min(j, source) if causal else source
            scores = np.reshape(room[:(head.stop - first) * end * (j - i)], (head.stop - first, end, j - i))
            np.matmul(keys[0][head, :end], columns[0][head, :, i:j], out=scores)  # (heads, end, d) (heads, d, j - i)
            if here is not None:
                scores += here[:, :end, i:j] if here.shape[2] > 1 else here[:, :end]
            if later is not None and i < end:
                scores[:, i:] += later[:end - i, :j - i]
            yield (scores, [x[head, :, i:j] for x in columns], [x[head, :end] for x in keys],
                   [x[head, i:j] for x in rows])


_MASK = np.array([[True, False, True, True], [False, True, True, False], [True, True, False, True]])  # (L, S)
_THREE = [R(2, 3, 2), R(2, 4, 2), R(2, 4, 3)]
_SAMPLES = [
    call(*_THREE), call(*_THREE, is_causal=True), call(*_THREE, _MASK), call(*_THREE, np.where(_MASK, 0.5, -np.inf)),
    call(R(2, 2, 3, 2), R(2, 1, 4, 2), R(2, 4, 3), _MASK[:2, None, None], scale=0.7), call(R(3, 2), R(2, 2), R(2, 1)),
    call(*_THREE, np.stack([_MASK, _MASK[::-1]]), True), call(R(0, 3, 2), R(0, 4, 2), R(0, 4, 2)),
]


@fuses(attention, samples=_SAMPLES, domain=(-1.0, 1.0), analytic=False)
def fused_attention(query: Array, key: Array, value: Array, attn_mask: Any = None, is_causal: bool = False,
                    scale: float | None = None) -> Any:
    """softmax(q kᵀ scale + mask) v, a tile at a time."""
    heads, added = heads_of(query, key, value), what_is_added(query, key, attn_mask, is_causal)
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    q, k, v = stacked(query, heads) * scale, stacked(key, heads), stacked(value, heads)
    y = np.empty_like(q, shape=(*q.shape[:2], v.shape[2]))  # (heads, L, e)
    peaks, sums = (np.empty_like(q, shape=(len(q), 1, q.shape[1])) for _ in range(2))  # of each query, (heads, 1, L)
    for s, (_, peak, total), (_, values), (out,) in tiles(
            (on_its_side(q), peaks, sums), (k, v), (y,), added, is_causal, heads):
        exponentials(s, peak, total)
        np.matmul(turned(s), values, out=out)
        out /= turned(total)
    return apart(y, heads, query.dtype), (peaks, sums, heads, added, scale, query.dtype)


@fused_attention.vjp("query", "key", "value", joint=True)
def _(g: Array, query: Array, key: Array, value: Array, attn_mask: Any, is_causal: bool, scale: float | None,
      aux: tuple[Any, ...]) -> dict[str, Array]:
    """With pᵢⱼ = e^sᵢⱼ / Σⱼ e^sᵢⱼ and y = p v:

        v̄ = pᵀ ȳ,  p̄ = ȳ vᵀ,  s̄ᵢⱼ = pᵢⱼ p̄ᵢⱼ - pᵢⱼ Σⱼ pᵢⱼ p̄ᵢⱼ,  q̄ = s̄ k scale,  k̄ = s̄ᵀ q scale

    The sum is also ȳ · y, but that differs in the last digits, which are all that is left where s̄ is small.
    """
    peaks, sums, heads, added, scale, dtype = aux
    q, k, v, given = stacked(query, heads) * scale, stacked(key, heads), stacked(value, heads), stacked(g, heads)
    dk, dv = np.zeros_like(k), np.zeros_like(v)
    columns = on_its_side(q), on_its_side(given), peaks, 1 / sums
    for p, (_, given_t, peak, share), (keys, values, for_k, for_v), (queries, given_rows) in tiles(
            columns, (k, v, dk, dv), (q, given), added, is_causal, heads):
        probabilities(p, peak, share)
        for_v += np.matmul(p, given_rows)
        slope = np.matmul(values, given_t)  # (heads, keys, e) (heads, e, queries)
        softmax_gradient(slope, p)
        for_k += np.matmul(slope, queries)
        np.matmul(turned(slope), keys, out=queries)  # what was used last makes room for its gradient
    return {name: apart(x, heads, dtype) for name, x in (("query", q * scale), ("key", dk), ("value", dv))}


# On a tile, (heads, keys, queries), with numbers of its queries, (heads, 1, queries)


@kernel
def exponentials(s: Array, peak: Array, total: Array) -> None:
    """peak ← max s, s ← e^(s - peak), total ← Σ s"""
    s -= np.max(s, axis=1, keepdims=True, out=peak)
    np.exp(s, out=s)
    total[...] = over_keys(s)


@kernel
def probabilities(s: Array, peak: Array, share: Array) -> None:
    """s ← e^(s - peak) share"""
    s -= peak
    np.exp(s, out=s)
    s *= share


@kernel
def softmax_gradient(slope: Array, p: Array) -> None:
    """slope ← p slope - p Σ p slope; what was in p is lost"""
    slope *= p
    p *= over_keys(slope)
    slope -= p
