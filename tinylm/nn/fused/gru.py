"""The gated recurrent unit in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...backend import Array
from ...fusion import fuses
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
    gates, hs = by_gate(z, 3), trail(h, len(x), reverse)
    onward = multiplier(in_float32(weight_hh).T, hs)
    bias = None if bias_hh is None else in_float32(bias_hh)
    past, pasts = room(z), np.empty_like(hs[1:])
    past_r_and_z, past_n = np.split(by_gate(past[None], 3)[0], [2])  # (2, N, H), (1, N, H)
    for t, before, after in course(len(x), reverse):
        onward(hs[before], past)
        if bias is not None:
            past += bias
        r_and_z, n = gates[t, :2], gates[t, 2]
        r_and_z += past_r_and_z  # σ(a) = ½ tanh(½ a) + ½
        r_and_z *= 0.5
        np.tanh(r_and_z, out=r_and_z)
        r_and_z *= 0.5
        r_and_z += 0.5
        r, update = r_and_z
        pasts[t] = past_n[0]
        n += np.multiply(r, past_n[0], out=past_n[0])
        np.tanh(n, out=n)
        new = np.subtract(hs[before], n, out=hs[after])
        new *= update
        new += n  # n + z (h - n)
        if valid is not None:
            np.copyto(new, hs[before], where=~valid[t])
    return results(x, valid, reverse, hs), (z, pasts, hs, in_float32(weight_hh))


@fused_gru.vjp("x", "h", "weight_ih", "weight_hh", "bias_ih", "bias_hh", joint=True)
def _(g: tuple[Array, ...], x: Array, h: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array | None,
      bias_hh: Array | None, valid: Array | None, reverse: bool, aux: tuple[Array, ...]) -> dict[str, Array]:
    """One step after the other, from the last to the first, with h′ = n + z (h - n), n = tanh(x_n + r p):

        z̄ = h̄′ (h - n),  n̄ = h̄′ (1 - z),  x̄_n = n̄ (1 - n²),  r̄ = x̄_n p,  p̄ = x̄_n r

    Before the gates r and z, σ′ = σ (1 - σ) is a further factor. h̄ = h̄′ z + (r̄, z̄, p̄) W_hh, where x gets x̄_n for p̄.
    """
    activated, pasts, hs, weight = aux
    back = multiplier(weight, hs)
    inward, onward = np.empty_like(activated), np.empty_like(activated)  # (L, N, 3 · H)
    gates, by_gates, on_by_gates = by_gate(activated, 3), by_gate(inward, 3), by_gate(onward, 3)  # (L, 3, N, H)
    given, waiting = received(g)  # h̄, (L, N, H) and (N, H)
    slopes, passed = room(gates[:, :2]), np.empty_like(waiting)
    for t, before, _ in backwards(len(pasts), reverse):
        r, z, n = gates[t]
        into_r, into_z, into_n = by_gates[t]
        if valid is not None:  # beyond its end a sequence keeps its state, and shows 0
            beyond = waiting * ~valid[t]
            waiting += given[t]
            waiting *= valid[t]
        else:
            waiting += given[t]
        np.subtract(hs[before], n, out=into_z)
        into_z *= waiting
        np.multiply(waiting, z, out=passed)
        waiting -= passed
        np.multiply(n, n, out=into_n)
        into_n *= waiting
        np.subtract(waiting, into_n, out=into_n)
        np.multiply(into_n, pasts[t], out=into_r)
        np.multiply(gates[t, :2], gates[t, :2], out=slopes)
        np.subtract(gates[t, :2], slopes, out=slopes)
        slopes *= by_gates[t, :2]
        by_gates[t, :2] = slopes
        on_by_gates[t, :2] = slopes
        np.multiply(into_n, r, out=on_by_gates[t, 2])
        back(onward[t], waiting)
        waiting += passed
        if valid is not None:
            waiting += beyond
    return gradients(x, weight_ih, hs, reverse, inward, onward, h=waiting)
