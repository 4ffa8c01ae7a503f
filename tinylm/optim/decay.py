"""Learning rates that fall in stairs, by a factor, in a line, or along a cosine."""

from __future__ import annotations

import math

from .optimizer import Optimizer
from .schedule import LRScheduler, positive


class StepLR(LRScheduler):
    """lr(t) = lr₀ · gamma^⌊t / step_size⌋: by a factor every now and then."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        positive("StepLR", step_size=step_size, gamma=gamma)
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: int, group: int) -> float:
        """lr₀ · gamma^⌊t / step_size⌋"""
        return base * self.gamma ** (t // self.step_size)


class ExponentialLR(LRScheduler):
    """lr(t) = lr₀ · gammaᵗ: by the same factor every time."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        positive("ExponentialLR", gamma=gamma)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: int, group: int) -> float:
        """lr₀ · gammaᵗ"""
        return base * self.gamma**t


class LinearLR(LRScheduler):
    """lr(t) = lr₀ · (start + (end - start) · min(t / total_iters, 1)): in a line, and then it stays.

    start_factor, end_factor  start and end; the defaults warm up from a third
    total_iters               how many steps it takes
    """

    def __init__(self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0,
                 total_iters: int = 5, last_epoch: int = -1) -> None:
        positive("LinearLR", start_factor=start_factor, total_iters=total_iters)
        if not (start_factor <= 1 and 0 <= end_factor <= 1):
            raise ValueError(f"LinearLR: start_factor={start_factor} and end_factor={end_factor} must be from 0 to 1")
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: int, group: int) -> float:
        """lr₀ · (start + (end - start) · min(t / total_iters, 1))"""
        done = min(t / self.total_iters, 1)
        return base * (self.start_factor + (self.end_factor - self.start_factor) * done)


class CosineAnnealingLR(LRScheduler):
    """lr(t) = eta_min + (lr₀ - eta_min) · (1 + cos(π t / T_max)) / 2  (Loshchilov & Hutter 2017)

    T_max    after so many steps it is at eta_min; it rises again from there, as PyTorch's does
    eta_min  the lowest learning rate
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        positive("CosineAnnealingLR", T_max=T_max)
        if not eta_min >= 0:
            raise ValueError(f"CosineAnnealingLR: eta_min={eta_min} must not be negative")
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: int, group: int) -> float:
        """eta_min + (lr₀ - eta_min) · (1 + cos(π t / T_max)) / 2"""
        return self.eta_min + (base - self.eta_min) * (1 + math.cos(math.pi * t / self.T_max)) / 2
