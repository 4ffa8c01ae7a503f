"""The learning rate of most language models: up in a line, down along a cosine."""

from __future__ import annotations

import math


def warmup_cosine(progress: float, warmup: float = 0.05, floor: float = 0.01) -> float:
    """The factor on the learning rate: up from 0 in a line, then down to `floor` along half a cosine.

    progress  how much of the training is done, 0 to 1
    warmup    the share of it that goes up: the first gradients are large and say little (Goyal et al. 2017)
    floor     where it ends; small steps at last let the weights settle (Loshchilov & Hutter 2017)

    The Trainer asks for it by how much is done. Counted in steps it is
    LambdaLR(optimizer, lambda step: warmup_cosine((step + 1) / steps)); the first step goes nowhere without the + 1.

    Raises ValueError for a `warmup` or a `floor` outside [0, 1] and for a negative `progress`.
    """
    if not (0 <= warmup <= 1 and 0 <= floor <= 1 and progress >= 0):
        raise ValueError(f"warmup_cosine: progress={progress} must not be negative, and warmup={warmup} and "
                         f"floor={floor} must be shares from 0 to 1")
    if progress < warmup:
        return progress / warmup
    done = min((progress - warmup) / (1 - warmup), 1.0) if warmup < 1 else 1.0
    return floor + (1 - floor) * (1 + math.cos(math.pi * done)) / 2
