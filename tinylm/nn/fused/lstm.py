"""The LSTM in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...backend import Array
from ...fusion import fuses
from ..lstm import lstm
from .recurrent import (
    backwards,
    by_gate,
    course,
    gradients,
    multiplier,
    projected,
    received,
    results,
    room,
    samples,
    trail,
)
from .shapes import in_float32


@fuses(lstm, samples=samples(4, 2), domain=(-1.0, 1.0), analytic=False)
def fused_lstm(x: Array, h: Array, c: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array | None = None,
               bias_hh: Array | None = None, valid: Array | None = None, reverse: bool = False) -> Any:
    """All steps of one layer in one direction.  x (L, N, input), h and c (1, N, H) → outputs (L, N, H), h, c

    With σ(z) = ½ tanh(½ z) + ½ the four gates are one tanh: z ← s tanh(s z) + 1 - s, where s = ½, and 1 for g.
    """
    z = projected(x, weight_ih, bias_ih, bias_hh)  # (L, N, 4 · H), which becomes i, f, g and o
    gates, hs, cs = by_gate(z, 4), trail(h, len(x), reverse), trail(c, len(x), reverse)
    onward = multiplier(in_float32(weight_hh).T, hs)
    scale, past, shown = np.full_like(z[0], 0.5), room(z), np.empty_like(hs[0])
    by_gate(scale[None], 4)[0, 2] = 1.0
    shift = 1 - scale
    for t, before, after in course(len(x), reverse):
        onward(hs[before], past)
        z[t] += past
        z[t] *= scale
        np.tanh(z[t], out=z[t])
        z[t] *= scale
        z[t] += shift
        i, f, new, o = gates[t]
        cell = np.multiply(f, cs[before], out=cs[after])
        cell += np.multiply(i, new, out=shown)
        np.multiply(o, np.tanh(cell, out=shown), out=hs[after])
        if valid is not None:
            np.copyto(hs[after], hs[before], where=~valid[t])
            np.copyto(cell, cs[before], where=~valid[t])
    return results(x, valid, reverse, hs, cs), (z, hs, cs, in_float32(weight_hh))


@fused_lstm.vjp("x", "h", "c", "weight_ih", "weight_hh", "bias_ih", "bias_hh", joint=True)
def _(g: tuple[Array, ...], x: Array, h: Array, c: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array | None,
      bias_hh: Array | None, valid: Array | None, reverse: bool, aux: tuple[Array, ...]) -> dict[str, Array]:
    """One step after the other, from the last to the first, with h′ = o tanh c′ and c′ = f c + i g:

        ō = h̄′ tanh c′,  c̄′ ← c̄′ + h̄′ o (1 - tanh² c′),  ī = c̄′ g,  f̄ = c̄′ c,  ḡ = c̄′ i,  c̄ = c̄′ f

    Of what is before the gates, z = W_ih x + b_ih + W_hh h + b_hh, the gradient has σ′ = σ (1 - σ) and
    tanh′ = 1 - tanh² as further factors; h̄ = z̄ W_hh.
    """
    activated, hs, cs, weight = aux
    back = multiplier(weight, hs)
    inward = np.empty_like(activated)  # z̄, (L, N, 4 · H)
    gates, by_gates = by_gate(activated, 4), by_gate(inward, 4)  # (L, 4, N, H)
    given, waiting, kept = received(g)  # h̄, (L, N, H) and (N, H), and c̄, (N, H)
    shown, slopes = np.empty_like(kept), room(activated)
    slope_of_g = by_gate(slopes[None], 4)[0, 2]
    for t, before, after in backwards(len(gates), reverse):
        i, f, new, o = gates[t]
        for_i, for_f, for_g, for_o = by_gates[t]
        if valid is not None:  # beyond its end a sequence keeps its state, and shows 0
            beyond = waiting * ~valid[t], kept * ~valid[t]
            kept *= valid[t]
            waiting += given[t]
            waiting *= valid[t]
        else:
            waiting += given[t]
        np.tanh(cs[after], out=shown)
        np.multiply(waiting, shown, out=for_o)
        waiting *= o
        kept += waiting
        shown *= shown
        shown *= waiting
        kept -= shown
        np.multiply(kept, new, out=for_i)
        np.multiply(kept, cs[before], out=for_f)
        np.multiply(kept, i, out=for_g)
        np.multiply(activated[t], activated[t], out=slopes)
        np.subtract(activated[t], slopes, out=slopes)  # σ - σ²
        np.subtract(1, new * new, out=slope_of_g)
        inward[t] *= slopes
        kept *= f
        back(inward[t], waiting)
        if valid is not None:
            waiting += beyond[0]
            kept += beyond[1]
    return gradients(x, weight_ih, hs, reverse, inward, h=waiting, c=kept)
