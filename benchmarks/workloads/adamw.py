"""AdamW for libraries that bring none: in place, as somebody who minds the time would write it in NumPy."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from .tasks import BETAS, EPS, LR, WEIGHT_DECAY


class AdamW:
    """θ ← (1 - lr λ) θ - lr m̂ / (√v̂ + eps)  (Loshchilov & Hutter 2019)"""

    def __init__(self, parameters: Iterable[np.ndarray]) -> None:
        self.parameters = list(parameters)
        self.means = [np.zeros_like(p) for p in self.parameters]
        self.squares = [np.zeros_like(p) for p in self.parameters]
        self.steps = 0

    def step(self, gradients: Iterable[np.ndarray]) -> None:
        self.steps += 1
        rate, root = LR / (1 - BETAS[0] ** self.steps), math.sqrt(1 - BETAS[1] ** self.steps)
        for p, g, mean, square in zip(self.parameters, gradients, self.means, self.squares, strict=True):
            mean *= BETAS[0]
            mean += (1 - BETAS[0]) * g
            square *= BETAS[1]
            square += (1 - BETAS[1]) * g * g
            step = np.sqrt(square)
            step /= root
            step += EPS
            np.divide(mean, step, out=step)
            step *= rate
            p *= 1 - LR * WEIGHT_DECAY
            p -= step
