"""Loops with exponentials: GELU, attention, cross-entropy, LSTM and GRU.

They stand in one file because Numba's cache goes by the file alone: a loop in another would keep the old `exp` and
`tanh` when these change.
"""

from __future__ import annotations

import math

import numpy as np

from ..backend import Array
from ..nn.fused.attention import exponentials, probabilities, softmax_gradient
from ..nn.fused.cross_entropy import softmax_of_rows
from ..nn.fused.gelu import _A, _P, gelu_gradient, gelu_values
from ..nn.fused.gru import gru_step, gru_step_back
from ..nn.fused.lstm import lstm_step, lstm_step_back
from ..ops.activation import CUBIC, SLOPE
from .jit import compiles, flag, given, inlined, pair, written

F = np.float32
ONE, HALF, FAR = F(1), F(0.5), F(7.9)


@inlined
def exp(x: F) -> F:
    """eˣ = 2ⁿ eʳ, n = round(x / ln 2), where eʳ is a polynomial, to 1 in the last place (Cephes, Moshier 1989).

    ln 2 is taken off in two parts, so that r keeps its digits, and 2ⁿ put on in two, for results down to the smallest.
    """
    x = F(-104) if x < F(-104) else x
    x = F(89) if x > F(89) else x
    n = np.floor(x * F(1.44269504) + HALF)
    r = x - n * F(0.693359375) - n * F(-2.12194440e-4)
    y = F(1.9875691500e-4)
    y = y * r + F(1.3981999507e-3)
    y = y * r + F(8.3334519073e-3)
    y = y * r + F(4.1665795894e-2)
    y = y * r + F(1.6666665459e-1)
    y = y * r + F(5.0000001201e-1)
    y = y * (r * r) + r + ONE
    whole = np.int32(n)
    half = whole >> 1
    return y * np.int32((half + 127) << 23).view(F) * np.int32((whole - half + 127) << 23).view(F)


@inlined
def tanh(x: F) -> F:
    """x P(x²) / Q(x²), to 2 in the last place; from 7.9 on it is 1 (Eigen's coefficients)."""
    x = -FAR if x < -FAR else x
    x = FAR if x > FAR else x
    s = x * x
    p = F(-2.76076847742355e-16)
    p = p * s + F(2.00018790482477e-13)
    p = p * s + F(-8.60467152213735e-11)
    p = p * s + F(5.12229709037114e-08)
    p = p * s + F(1.48572235717979e-05)
    p = p * s + F(6.37261928875436e-04)
    p = p * s + F(4.89352455891786e-03)
    q = F(1.19825839466702e-06)
    q = q * s + F(1.18534705686654e-04)
    q = q * s + F(2.26843463243900e-03)
    q = q * s + F(4.89352518554385e-03)
    y = x * p / q
    y = ONE if x >= FAR else y
    return -ONE if x <= -FAR else y


@inlined
def sigmoid(x: F) -> F:
    """σ(x) = ½ tanh(½ x) + ½"""
    return HALF * tanh(HALF * x) + HALF


# GELU -----------------------------------------------------------------------------------------------------------

CURVE, LINE = F(SLOPE * CUBIC), F(SLOPE)
P, A1, A2, A3, A4, A5 = (F(number) for number in (_P * math.sqrt(0.5), *_A[::-1]))
PEAK = F(1 / math.sqrt(2 * math.pi))


@inlined
def by_erf(x: F, density: F) -> F:
    """Φ(x), from e^(-x²/2): see `_cumulative_in_float32`."""
    t = ONE / (abs(x) * P + ONE)
    tail = HALF * density * (t * (A1 + t * (A2 + t * (A3 + t * (A4 + t * A5)))))
    return ONE - tail if x > F(0) else tail


@compiles(gelu_values, written(1), given(1), flag)
def _(out: Array, x: Array, by_tanh: bool) -> None:
    if by_tanh:
        for i in range(out.size):
            out[i] = x[i] / (ONE + exp(F(-2) * x[i] * (x[i] * x[i] * CURVE + LINE)))
    else:
        for i in range(out.size):
            out[i] = x[i] * by_erf(x[i], exp(F(-0.5) * x[i] * x[i]))


@compiles(gelu_gradient, written(1), given(1), given(1), flag)
def _(out: Array, g: Array, x: Array, by_tanh: bool) -> None:
    if by_tanh:
        for i in range(out.size):
            square = x[i] * x[i]
            e = exp(F(-2) * x[i] * (square * CURVE + LINE))
            phi = ONE / (ONE + e)
            rest = e * phi if x[i] > F(0) else ONE - phi  # 1 - φ, with all its digits, and no ∞ times 0
            out[i] = g[i] * (phi + x[i] * ((F(6) * square * CURVE + F(2) * LINE) * (phi * rest)))
    else:
        for i in range(out.size):
            density = exp(F(-0.5) * x[i] * x[i])
            out[i] = g[i] * (by_erf(x[i], density) + x[i] * density * PEAK)


# Softmax --------------------------------------------------------------------------------------------------------


@compiles(exponentials, written(3), written(3, "A"), written(3, "A"))
def _(s: Array, peak: Array, total: Array) -> None:
    highest, sums = np.empty(s.shape[2], F), np.empty(s.shape[2], F)
    for head in range(s.shape[0]):
        highest[:] = F(-np.inf)
        sums[:] = F(0)
        for key in range(s.shape[1]):
            row = s[head, key]
            for query in range(row.size):
                highest[query] = row[query] if row[query] > highest[query] else highest[query]
        for key in range(s.shape[1]):
            row = s[head, key]
            for query in range(row.size):
                e = exp(row[query] - highest[query])
                row[query] = e
                sums[query] += e
        peak[head, 0] = highest
        total[head, 0] = sums


@compiles(probabilities, written(3), given(3, "A"), given(3, "A"))
def _(s: Array, peak: Array, share: Array) -> None:
    for head in range(s.shape[0]):
        highest, part = peak[head, 0].copy(), share[head, 0].copy()
        for key in range(s.shape[1]):
            row = s[head, key]
            for query in range(row.size):
                row[query] = exp(row[query] - highest[query]) * part[query]


@compiles(softmax_gradient, written(3), written(3))
def _(slope: Array, p: Array) -> None:
    sums = np.empty(p.shape[2], F)
    for head in range(p.shape[0]):
        sums[:] = F(0)
        for key in range(p.shape[1]):
            a, b = slope[head, key], p[head, key]
            for query in range(a.size):
                sums[query] += a[query] * b[query]
        for key in range(p.shape[1]):
            a, b = slope[head, key], p[head, key]
            for query in range(a.size):
                a[query] = b[query] * (a[query] - sums[query])


@compiles(softmax_of_rows, given(2), given(1), gives=pair(written(2), written(1)))
def _(x: Array, peak: Array) -> tuple[Array, Array]:
    p, total = np.empty_like(x), np.empty_like(peak)
    for i in range(len(x)):
        row, sum_ = p[i], F(0)
        for k in range(row.size):
            row[k] = exp(x[i, k] - peak[i])
            sum_ += row[k]
        total[i] = sum_
        for k in range(row.size):
            row[k] /= sum_
    return p, total


# Steps of recurrent layers --------------------------------------------------------------------------------------


@compiles(lstm_step, written(2), given(2), given(2), written(2), written(2), given(2), given(2), given(2))
def _(z: Array, past: Array, c: Array, cell: Array, h: Array, scale: Array, shift: Array, shown: Array) -> None:
    width = c.shape[1]
    for n in range(len(z)):
        for start in (0, width, 3 * width):
            gate, more = z[n, start:start + width], past[n, start:start + width]
            for k in range(width):
                gate[k] = sigmoid(gate[k] + more[k])
        gate, more = z[n, 2 * width:3 * width], past[n, 2 * width:3 * width]
        for k in range(width):
            gate[k] = tanh(gate[k] + more[k])
        row = cell[n]
        for k in range(width):
            row[k] = z[n, width + k] * c[n, k] + z[n, k] * z[n, 2 * width + k]
        for k in range(width):
            h[n, k] = z[n, 3 * width + k] * tanh(row[k])


@compiles(lstm_step_back, written(2), written(2), written(2), given(2), given(2), given(2), given(2), given(2))
def _(inward: Array, kept: Array, waiting: Array, gates: Array, c: Array, cell: Array, slopes: Array,
      shown: Array) -> None:
    width = c.shape[1]
    for n in range(len(c)):
        i, f = gates[n, :width], gates[n, width:2 * width]
        new, o = gates[n, 2 * width:3 * width], gates[n, 3 * width:]
        for_i, for_f = inward[n, :width], inward[n, width:2 * width]
        for_g, for_o = inward[n, 2 * width:3 * width], inward[n, 3 * width:]
        past, g = kept[n], waiting[n]
        for k in range(width):
            seen = tanh(cell[n, k])
            for_o[k] = g[k] * seen * o[k] * (ONE - o[k])
            past[k] += g[k] * o[k] * (ONE - seen * seen)
        for k in range(width):
            for_i[k] = past[k] * new[k] * i[k] * (ONE - i[k])
        for k in range(width):
            for_g[k] = past[k] * i[k] * (ONE - new[k] * new[k])
        for k in range(width):
            for_f[k] = past[k] * c[n, k] * f[k] * (ONE - f[k])
        for k in range(width):
            past[k] *= f[k]


@compiles(gru_step, written(2), given(2), given(2), written(2), written(2))
def _(z: Array, past: Array, h: Array, new: Array, past_n: Array) -> None:
    width = h.shape[1]
    for n in range(len(z)):
        gates, more = z[n], past[n]
        for k in range(2 * width):
            gates[k] = sigmoid(gates[k] + more[k])
        r, update, proposed, aside = gates[:width], gates[width:2 * width], gates[2 * width:], more[2 * width:]
        past_n[n] = aside
        for k in range(width):
            proposed[k] = tanh(proposed[k] + r[k] * aside[k])
        for k in range(width):
            new[n, k] = proposed[k] + update[k] * (h[n, k] - proposed[k])


@compiles(gru_step_back, written(2), written(2), written(2), given(2), given(2), given(2), given(2), given(2))
def _(inward: Array, onward: Array, passed: Array, waiting: Array, gates: Array, h: Array, past_n: Array,
      slopes: Array) -> None:
    width = h.shape[1]
    for n in range(len(h)):
        r, z, new = gates[n, :width], gates[n, width:2 * width], gates[n, 2 * width:]
        into_r, into_z, into_n = inward[n, :width], inward[n, width:2 * width], inward[n, 2 * width:]
        g, on, p = waiting[n], onward[n], past_n[n]
        for k in range(width):
            passed[n, k] = g[k] * z[k]
        for k in range(width):
            into_n[k] = g[k] * (ONE - z[k]) * (ONE - new[k] * new[k])
        for k in range(width):
            into_z[k] = g[k] * (h[n, k] - new[k]) * z[k] * (ONE - z[k])
        for k in range(width):
            into_r[k] = into_n[k] * p[k] * r[k] * (ONE - r[k])
        on[:2 * width] = inward[n, :2 * width]
        for k in range(width):
            on[2 * width + k] = into_n[k] * r[k]
