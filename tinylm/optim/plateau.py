"""A learning rate that falls when the score no longer gets better."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .optimizer import Optimizer
from .schedule import LRScheduler


class ReduceLROnPlateau(LRScheduler):
    """lr ← max(lr · factor, min_lr), whenever the score did not improve for more than `patience` steps.

    mode            "min" for scores such as a loss, "max" for scores such as an accuracy
    factor          from 0 up to, but without, 1
    patience        how many steps without an improvement are borne
    threshold       what counts as an improvement: in "min", score < best · (1 - threshold)
    threshold_mode  "rel", as above, or "abs": score < best - threshold
    cooldown        how many steps to look away after the learning rate has fallen
    min_lr          it never falls below; a number, or one for each group
    eps             a change smaller than this is not made

    `step(score)` takes the score; a NaN is no improvement.
    """

    def __init__(
        self, optimizer: Optimizer, mode: str = "min", factor: float = 0.1, patience: int = 10,
        threshold: float = 1e-4, threshold_mode: str = "rel", cooldown: int = 0,
        min_lr: float | Sequence[float] = 0.0, eps: float = 1e-8,
    ) -> None:
        if mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            raise ValueError(f'ReduceLROnPlateau: mode={mode!r} must be "min" or "max", and '
                             f'threshold_mode={threshold_mode!r} "rel" or "abs"')
        if not 0 <= factor < 1:
            raise ValueError(f"ReduceLROnPlateau: factor={factor} must be from 0 up to, but without, 1, or the "
                             "learning rate would not fall")
        count = len(optimizer.param_groups)
        self.min_lrs = [min_lr] * count if isinstance(min_lr, (int, float)) else list(min_lr)
        if len(self.min_lrs) != count:
            raise ValueError(f"ReduceLROnPlateau: {len(self.min_lrs)} values of min_lr for {count} groups")
        if not all(value >= 0 for value in (patience, threshold, cooldown, eps, *self.min_lrs)):
            raise ValueError(f"ReduceLROnPlateau: patience={patience}, threshold={threshold}, cooldown={cooldown}, "
                             f"min_lr={min_lr} and eps={eps} must not be negative")
        self.mode, self.factor, self.patience, self.cooldown = mode, factor, patience, cooldown
        self.threshold, self.threshold_mode, self.eps = threshold, threshold_mode, eps
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = self.cooldown_counter = 0
        super().__init__(optimizer)

    def step(self, metrics: float | None = None) -> None:
        """Look at the score and, where it has stayed away too long, lower the learning rates."""
        self.last_epoch += 1
        if metrics is not None:
            self._look(float(metrics))
        elif self.last_epoch > 0:
            raise TypeError("ReduceLROnPlateau.step: it needs the score: scheduler.step(loss)")
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def _look(self, score: float) -> None:
        if self._better(score):
            self.best, self.num_bad_epochs = score, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter, self.num_bad_epochs = self.cooldown_counter - 1, 0
        if self.num_bad_epochs > self.patience:
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
            for group, least in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
                lower = max(group["lr"] * self.factor, least)
                if group["lr"] - lower > self.eps:
                    group["lr"] = lower

    def _better(self, score: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "rel":
            return sign * score > sign * self.best * (1 + sign * self.threshold)
        return sign * score > sign * self.best + self.threshold
