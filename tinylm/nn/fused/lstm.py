"""The LSTM in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...backend import Array
from ...fusion import fuses
from ...kernels import kernel
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
    hs, cs = trail(h, len(x), reverse), trail(c, len(x), reverse)
    onward = multiplier(in_float32(weight_hh).T, hs)
    scale, past, shown = np.full_like(z[0], 0.5), room(z), np.empty_like(hs[0])
    by_gate(scale[None], 4)[0, 2] = 1.0
    shift = 1 - scale
    for t, before, after in course(len(x), reverse):
        onward(hs[before], past)
        lstm_step(z[t], past, cs[before], cs[after], hs[after], scale, shift, shown)
        if valid is not None:
            np.copyto(hs[after], hs[before], where=~valid[t])
            np.copyto(cs[after], cs[before], where=~valid[t])
    return results(x, valid, reverse, hs, cs), (z, hs, cs, in_float32(weight_hh))


@kernel
def lstm_step(z: Array, past: Array, c: Array, cell: Array, h: Array, scale: Array, shift: Array, shown: Array) -> None:
    """z ← the gates of z + past, cell ← f c + i g, h ← o tanh cell.  z, past, scale, shift (N, 4 · H), others (N, H)"""
    z += past
    z *= scale
    np.tanh(z, out=z)
    z *= scale
    z += shift
    i, f, new, o = by_gate(z[None], 4)[0]
    np.multiply(f, c, out=cell)
    cell += np.multiply(i, new, out=shown)
    np.multiply(o, np.tanh(cell, out=shown), out=h)


@fused_lstm.vjp("x", "h", "c", "weight_ih", "weight_hh", "bias_ih", "bias_hh", joint=True)
def _(g: tuple[Array, ...], x: Array, h: Array, c: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array | None,
      bias_hh: Array | None, valid: Array | None, reverse: bool, aux: tuple[Array, ...]) -> dict[str, Array]:
    """One step after the other, from the last to the first; from what is before the gates, z, h̄ = z̄ W_hh."""
    activated, hs, cs, weight = aux
    back = multiplier(weight, hs)
    inward = np.empty_like(activated)  # z̄, (L, N, 4 · H)
    given, waiting, kept = received(g)  # h̄, (L, N, H) and (N, H), and c̄, (N, H)
    shown, slopes = np.empty_like(kept), room(activated)
    for t, before, after in backwards(len(inward), reverse):
        if valid is not None:  # beyond its end a sequence keeps its state, and shows 0
            beyond = waiting * ~valid[t], kept * ~valid[t]
            kept *= valid[t]
            waiting += given[t]
            waiting *= valid[t]
        else:
            waiting += given[t]
        lstm_step_back(inward[t], kept, waiting, activated[t], cs[before], cs[after], slopes, shown)
        back(inward[t], waiting)
        if valid is not None:
            waiting += beyond[0]
            kept += beyond[1]
    return gradients(x, weight_ih, hs, reverse, inward, h=waiting, c=kept)


@kernel
def lstm_step_back(inward: Array, kept: Array, waiting: Array, gates: Array, c: Array, cell: Array, slopes: Array,
                   shown: Array) -> None:
    """inward ← z̄ and kept ← c̄, from h̄′ in waiting, which is lost, and c̄′ in kept.  With h′ = o tanh c′, c′ = f c + i g:

        ō = h̄′ tanh c′,  c̄′ ← c̄′ + h̄′ o (1 - tanh² c′),  ī = c̄′ g,  f̄ = c̄′ c,  ḡ = c̄′ i,  c̄ = c̄′ f

    z̄ has σ′ = σ (1 - σ), for g tanh′ = 1 - tanh², as a further factor.  inward, gates, slopes (N, 4 · H), others (N, H)
    """
    (i, f, new, o), (for_i, for_f, for_g, for_o) = (by_gate(x[None], 4)[0] for x in (gates, inward))
    np.tanh(cell, out=shown)
    np.multiply(waiting, shown, out=for_o)
    waiting *= o
    kept += waiting
    shown *= shown
    shown *= waiting
    kept -= shown
    np.multiply(kept, new, out=for_i)
    np.multiply(kept, c, out=for_f)
    np.multiply(kept, i, out=for_g)
    np.multiply(gates, gates, out=slopes)
    np.subtract(gates, slopes, out=slopes)  # σ - σ²
    np.subtract(1, new * new, out=by_gate(slopes[None], 4)[0, 2])
    inward *= slopes
    kept *= f
