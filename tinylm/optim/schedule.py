"""What all schedules share: a count of steps, and the learning rate that follows from it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .optimizer import Group, Optimizer


class LRScheduler:
    """Sets the learning rate of every group as a function of t, how often `step` was called. A subclass writes `rate`.

    Call `scheduler.step()` after `optimizer.step()`, once a step or once an epoch, as t is to be counted.

    optimizer   whose groups to set; the learning rates they have now are where the schedule starts
    last_epoch  t - 1 to go on from, with the starting rates in the groups' "initial_lr"; -1 starts anew

    Schedules here are formulas in t, so t is all there is to save, and nothing adds up rounding errors. PyTorch
    multiplies the last rate instead; the numbers are the same, but two of its schedules can drive one optimizer
    together. Here the last one to step wins: write their product with LambdaLR.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(self).__name__}: it takes an optimizer, not a {type(optimizer).__name__}")
        if last_epoch != -1 and not all("initial_lr" in group for group in optimizer.param_groups):
            raise ValueError(f'{type(self).__name__}: last_epoch={last_epoch} needs "initial_lr" in every group: load '
                             "the optimizer's and the schedule's state_dict instead")
        self.optimizer, self.last_epoch = optimizer, last_epoch
        self.step()

    def rate(self, base: float, t: int, group: int) -> float:
        """The learning rate at t of the group of that number, which started at `base`."""
        raise NotImplementedError(f"{type(self).__name__}: write its rate(self, base, t, group)")

    def step(self) -> None:
        """Count one more, and set the learning rates."""
        self.last_epoch += 1
        for number, (group, base) in enumerate(zip(self.optimizer.param_groups, self.base_lrs, strict=True)):
            group["lr"] = float(self.rate(base, self.last_epoch, number))
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    @property
    def base_lrs(self) -> list[float]:
        """Where each group started; a group that joined later starts where it is."""
        return [_initial(group) for group in self.optimizer.param_groups]

    def get_last_lr(self) -> list[float]:
        """The learning rate that was last set for each group."""
        return list(self._last_lr)

    def state_dict(self) -> dict[str, Any]:
        """All but the optimizer and functions, as numbers and lists. Save the optimizer's state_dict beside it."""
        kept = {name: value for name, value in vars(self).items() if _plain(value)}
        return {**kept, "base_lrs": self.base_lrs}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`, ours or PyTorch's. The learning rates themselves are in the optimizer's."""
        kept = [name for name, value in vars(self).items() if _plain(value)]
        missing = [name for name in kept if name not in state_dict]
        bases = list(state_dict.get("base_lrs", self.base_lrs))
        if missing or len(bases) != len(self.optimizer.param_groups):
            raise ValueError(f"{type(self).__name__}.load_state_dict: "
                             + (f"{', '.join(missing)} missing: saved by another schedule?" if missing else
                                f"saved for {len(bases)} groups, the optimizer has {len(self.optimizer.param_groups)}"))
        for group, base in zip(self.optimizer.param_groups, bases, strict=True):
            group["initial_lr"] = base
        vars(self).update({name: state_dict[name] for name in kept})


class LambdaLR(LRScheduler):
    """lr(t) = lr₀ · f(t): any schedule, as a function of your own.

    lr_lambda  f, or a list of them, one for each group
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
                 last_epoch: int = -1) -> None:
        count = len(optimizer.param_groups)
        self.lr_lambdas = [lr_lambda] * count if callable(lr_lambda) else tuple(lr_lambda)
        if len(self.lr_lambdas) != count:
            raise ValueError(f"LambdaLR: {len(self.lr_lambdas)} functions for {count} groups")
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: int, group: int) -> float:
        """lr₀ · f(t)"""
        return base * self.lr_lambdas[group](t)


def _initial(group: Group) -> float:
    group.setdefault("initial_lr", group["lr"])
    return float(group["initial_lr"])


def _plain(value: Any) -> bool:
    """Whether a file of text could hold it."""
    if isinstance(value, (list, tuple)):
        return all(_plain(part) for part in value)
    return value is None or isinstance(value, (bool, int, float, str))


def positive(caller: str, **settings: float) -> None:
    """Raise ValueError for a setting that is not above zero, or not finite."""
    for name, value in settings.items():
        if not 0 < value < math.inf:
            raise ValueError(f"{caller}: {name}={value} must be above 0")
