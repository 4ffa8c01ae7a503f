"""Convolution along a sequence: the same small linear map at every place."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .init import parameter
from .module import Module


class Conv1d(Module):
    """y[n, o, t] = bias[o] + Σ_c Σ_k weight[o, c, k] · x[n, c, stride · t + dilation · k], x padded with zeros.

    Waibel et al. 1989 (over time), LeCun et al. 1989; dilation and causal padding: van den Oord et al. 2016.
    x (N, in_channels, L) → y (N, out_channels, M), M = ⌊(L + added - dilation (kernel_size - 1) - 1) / stride⌋ + 1

    padding  how many zeros on either side; "causal" (PyTorch has it not) puts dilation (kernel_size - 1) of them before
             the beginning and none after the end, so that y[t] sees nothing after x[t], as a language model must not
    weight   (out_channels, in_channels, kernel_size); bias (out_channels,), or None; as PyTorch starts them, uniform in
             ±1/√(in_channels · kernel_size)

    As in PyTorch it is strictly a correlation: the weights are not reversed.
    Raises ValueError for an input of another shape, or shorter than the window.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, padding: int | str = 0,
        dilation: int = 1, bias: bool = True, *, rng: np.random.Generator | None = None,
    ) -> None:
        if isinstance(padding, str) and padding != "causal":
            raise ValueError(f"Conv1d: padding is a number of zeros or 'causal', not {padding!r}")
        if min(kernel_size, stride, dilation) < 1:
            raise ValueError(f"Conv1d: kernel_size {kernel_size}, stride {stride}, dilation {dilation}: 1 is the least")
        rng, bound = rng or np.random.default_rng(), 1 / math.sqrt(in_channels * kernel_size)
        self.stride, self.padding, self.dilation = stride, padding, dilation
        self.weight: Any = parameter(rng, bound, out_channels, in_channels, kernel_size)
        self.bias = parameter(rng, bound, out_channels) if bias else None

    def forward(self, input: Any) -> Any:
        """The windows of x as the rows of a matrix, times the weights."""
        out_channels, in_channels, kernel_size = self.weight.shape
        reach = self.dilation * (kernel_size - 1)  # from the first to the last place that a window sees
        before, after = (reach, 0) if isinstance(self.padding, str) else (self.padding, self.padding)
        if input.ndim != 3 or input.shape[1] != in_channels:
            raise ValueError(f"Conv1d: an input of shape {input.shape}, where it takes (N, {in_channels}, L); channels "
                             "come second: x.swapaxes(1, 2)")
        starts = (input.shape[2] + before + after - reach - 1) // self.stride + 1
        if starts < 1:
            raise ValueError(f"Conv1d: {input.shape[2]} places and {before + after} zeros are fewer than the "
                             f"{reach + 1} that a window spans; use longer inputs or more padding")
        x = input.swapaxes(1, 2)  # (N, L, in)
        if before or after:
            x = np.pad(x, ((0, 0), (before, after), (0, 0)))
        span = self.stride * (starts - 1) + 1
        places = [self.dilation * k for k in range(kernel_size)]
        windows = np.concatenate([x[:, k:k + span:self.stride] for k in places], axis=-1)  # (N, M, kernel · in)
        matrix = self.weight.transpose(2, 1, 0).reshape(kernel_size * in_channels, out_channels)  # (kernel · in, out)
        y = windows @ matrix
        y = y if self.bias is None else y + self.bias
        return y.swapaxes(1, 2)  # (N, out, M)
