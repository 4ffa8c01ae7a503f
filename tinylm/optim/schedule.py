"""How the learning rate changes in the course of a training."""

from __future__ import annotations

import math


def warmup_cosine(progress: float, warmup: float = 0.05, floor: float = 0.01) -> float:
    """The factor on the learning rate: up from 0 in a line, then down to `floor` along half a cosine.

    progress  how much of the training is done, 0 to 1
    warmup    the share of it that goes up: the first gradients are large and say little (Goyal et al. 2017)
    floor     where it ends; small steps at last let the weights settle (Loshchilov & Hutter 2017)
    """
    if progress < warmup:
        return progress / warmup
    done = min((progress - warmup) / (1 - warmup), 1.0) if warmup < 1 else 1.0
    return floor + (1 - floor) * (1 + math.cos(math.pi * done)) / 2
