"""The gated recurrent unit in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...backend import Array
from ...fusion import fuses
from ...kernels import kernel
from ..gru import gru
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


@fuses(gru, samples=samples(3, 1), domain=(-1.0, 1.0), analytic=False)
def fused_gru(x: Array, h: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array | None = None,
              bias_hh: Array | None = None, valid: Array | None = None, reverse: bool = False) -> Any:
    """All steps of one layer in one direction.  x (L, N, input), h (1, N, H) → outputs (L, N, H), h (1, N, H)

    Kept for the way back: r, z and n in `gates`, and W_hn h + b_hn in `pasts`, which r resets.
    """
    z = projected(x, weight_ih, bias_ih)  # (L, N, 3 · H), which becomes r, z and n
    hs = trail(h, len(x), reverse)
    onward = multiplier(in_float32(weight_hh).T, hs)
    bias = None if bias_hh is None else in_float32(bias_hh)
    past, pasts = room(z), np.empty_like(hs[1:])
    for t, before, after in course(len(x), reverse):
        onward(hs[before], past)
        if bias is not None:
            past += bias
        gru_step(z[t], past, hs[before], hs[after], pasts[t])
        if valid is not None:
            np.copyto(hs[after], hs[before], where=~valid[t])
    return results(x, valid, reverse, hs), (z, pasts, hs, in_float32(weight_hh))


@kernel
def gru_step(z: Array, past: Array, h: Array, new: Array, past_n: Array) -> None:
    """z ← r, z and n, of z and past, new ← n + z (h - n); what r resets is put aside in past_n, past itself is lost.

    z and past (N, 3 · H), others (N, H)
    """
    gates, pasts = by_gate(z[None], 3)[0], by_gate(past[None], 3)[0]  # (3, N, H)
    r_and_z, n = gates[:2], gates[2]
    r_and_z += pasts[:2]  # σ(a) = ½ tanh(½ a) + ½
    r_and_z *= 0.5
    np.tanh(r_and_z, out=r_and_z)
    r_and_z *= 0.5
    r_and_z += 0.5
    r, update = r_and_z
    past_n[...] = pasts[2]
    n += np.multiply(r, past_n, out=pasts[2])
    np.tanh(n, out=n)
    np.subtract(h, n, out=new)
    new *= update
    new += n


@fused_gru.vjp("x", "h", "weight_ih", "weight_hh", "bias_ih", "bias_hh", joint=True)
def _(g: tuple[Array, ...], x: Array, h: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array | None,
      bias_hh: Array | None, valid: Array | None, reverse: bool, aux: tuple[Array, ...]) -> dict[str, Array]:
    """One step after the other, from the last to the first: h̄ = h̄′ z + (r̄, z̄, p̄) W_hh, where x gets x̄_n for p̄."""
    activated, pasts, hs, weight = aux
    back = multiplier(weight, hs)
    inward, onward = np.empty_like(activated), np.empty_like(activated)  # (L, N, 3 · H)
    given, waiting = received(g)  # h̄, (L, N, H) and (N, H)
    slopes, passed = room(activated), np.empty_like(waiting)
    for t, before, _ in backwards(len(pasts), reverse):
        if valid is not None:  # beyond its end a sequence keeps its state, and shows 0
            beyond = waiting * ~valid[t]
            waiting += given[t]
            waiting *= valid[t]
        else:
            waiting += given[t]
        gru_step_back(inward[t], onward[t], passed, waiting, activated[t], hs[before], pasts[t], slopes)
        back(onward[t], waiting)
        waiting += passed
        if valid is not None:
            waiting += beyond
    return gradients(x, weight_ih, hs, reverse, inward, onward, h=waiting)


@kernel
def gru_step_back(inward: Array, onward: Array, passed: Array, waiting: Array, gates: Array, h: Array, past_n: Array,
                  slopes: Array) -> None:
    """inward ← (r̄, z̄, x̄_n), onward ← (r̄, z̄, p̄), passed ← h̄′ z, from h̄′ in waiting, which is lost.

    With h′ = n + z (h - n) and n = tanh(x_n + r p), where p is past_n:

        z̄ = h̄′ (h - n),  n̄ = h̄′ (1 - z),  x̄_n = n̄ (1 - n²),  r̄ = x̄_n p,  p̄ = x̄_n r

    Before r and z, σ′ = σ (1 - σ) is a further factor.  inward, onward, gates, slopes (N, 3 · H), others (N, H)
    """
    (r, z, n), (into_r, into_z, into_n) = (by_gate(x[None], 3)[0] for x in (gates, inward))
    np.subtract(h, n, out=into_z)
    into_z *= waiting
    np.multiply(waiting, z, out=passed)
    waiting -= passed
    np.multiply(n, n, out=into_n)
    into_n *= waiting
    np.subtract(waiting, into_n, out=into_n)
    np.multiply(into_n, past_n, out=into_r)
    width = 2 * h.shape[1]  # of r and z side by side
    np.multiply(gates, gates, out=slopes)
    np.subtract(gates, slopes, out=slopes)
    inward[:, :width] *= slopes[:, :width]
    onward[...] = inward
    onward[:, width:] *= r
