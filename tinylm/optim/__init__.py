"""Optimizers and schedules; argument names are PyTorch's."""

from .adam import Adam, AdamW
from .optimizer import Optimizer
from .schedule import warmup_cosine
from .sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "warmup_cosine"]
