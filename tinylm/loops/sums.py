"""Loops of sums and square roots: layer norm, RMS norm, Adam."""

from __future__ import annotations

import numpy as np

from ..backend import Array
from ..nn.fused.normalisation import normalised, normalised_gradient, scaled, scaled_gradient
from ..optim.adam import adam_step
from .jit import compiles, given, none, number, pair, written

F = np.float32
ONE = F(1)


@compiles(normalised, given(2), given(1), given(1), number, gives=pair(written(2), written(1), written(1)))
def _(x: Array, weight: Array, bias: Array, eps: float) -> tuple[Array, Array, Array]:
    y, mean, r = np.empty_like(x), np.empty(len(x), F), np.empty(len(x), F)
    width = x.shape[1]
    for i in range(len(x)):
        row, out = x[i], y[i]
        total, squares = F(0), F(0)
        for k in range(width):
            total += row[k]
        total /= F(width)
        for k in range(width):
            squares += (row[k] - total) * (row[k] - total)
        scale = ONE / np.sqrt(squares / F(width) + F(eps))
        for k in range(width):
            out[k] = (row[k] - total) * scale * weight[k] + bias[k]
        mean[i], r[i] = total, scale
    return y, mean, r


@compiles(normalised_gradient, given(2), given(2), given(1), given(1), given(1),
          gives=pair(written(2), written(1), written(1)))
def _(g: Array, x: Array, weight: Array, mean: Array, r: Array) -> tuple[Array, Array, Array]:
    found, for_weight, for_bias = np.empty_like(x), np.zeros_like(weight), np.zeros_like(weight)
    width = x.shape[1]
    for i in range(len(x)):
        row, given_, out, mu, scale = x[i], g[i], found[i], mean[i], r[i]
        total, along = F(0), F(0)
        for k in range(width):
            out[k] = given_[k] * scale * weight[k]
            total += out[k]
        total /= F(width)
        for k in range(width):
            for_bias[k] += given_[k]
            for_weight[k] += given_[k] * scale * (row[k] - mu)
        for k in range(width):
            along += (out[k] - total) * (row[k] - mu)
        along *= scale * scale / F(width)
        for k in range(width):
            out[k] = out[k] - total - (row[k] - mu) * along
    return found, for_weight, for_bias


@compiles(scaled, given(2), given(1), number, gives=pair(written(2), written(1)))
def _(x: Array, weight: Array, eps: float) -> tuple[Array, Array]:
    y, r = np.empty_like(x), np.empty(len(x), F)
    width = x.shape[1]
    for i in range(len(x)):
        row, out, squares = x[i], y[i], F(0)
        for k in range(width):
            squares += row[k] * row[k]
        scale = ONE / np.sqrt(squares / F(width) + F(eps))
        for k in range(width):
            out[k] = row[k] * scale * weight[k]
        r[i] = scale
    return y, r


@compiles(scaled_gradient, given(2), given(2), given(1), given(1), gives=pair(written(2), written(1)))
def _(g: Array, x: Array, weight: Array, r: Array) -> tuple[Array, Array]:
    found, for_weight = np.empty_like(x), np.zeros_like(weight)
    width = x.shape[1]
    for i in range(len(x)):
        row, given_, out, scale, along = x[i], g[i], found[i], r[i], F(0)
        for k in range(width):
            for_weight[k] += given_[k] * scale * row[k]
        for k in range(width):
            out[k] = given_[k] * scale * weight[k]
            along += out[k] * row[k]
        along *= scale * scale / F(width)
        for k in range(width):
            out[k] -= row[k] * along
    return found, for_weight


@compiles(adam_step, written(1), given(1), written(1), written(1), none, number, number, number, number)
def _(parameter: Array, gradient: Array, mean: Array, square: Array, largest: None, beta1: float, beta2: float,
      lr: float, eps: float) -> None:
    keep, take, keep2, take2, length, least = F(beta1), F(1 - beta1), F(beta2), F(1 - beta2), F(lr), F(eps)
    for i in range(parameter.size):
        m = keep * mean[i] + take * gradient[i]
        v = keep2 * square[i] + take2 * (gradient[i] * gradient[i])
        mean[i], square[i] = m, v
        parameter[i] -= length * (m / (np.sqrt(v) + least))
