"""Optimizers, schedules of the learning rate, and clipping; names, arguments and state are PyTorch's."""

from .adagrad import Adagrad
from .adam import Adam
from .adamw import AdamW
from .clip import clip_grad_norm_, clip_grad_value_
from .decay import CosineAnnealingLR, ExponentialLR, LinearLR, StepLR
from .optimizer import Optimizer
from .plateau import ReduceLROnPlateau
from .rmsprop import RMSprop
from .schedule import LambdaLR, LRScheduler
from .sgd import SGD
from .warmup import warmup_cosine

__all__ = [
    "SGD", "Adagrad", "Adam", "AdamW", "CosineAnnealingLR", "ExponentialLR", "LRScheduler", "LambdaLR", "LinearLR",
    "Optimizer", "RMSprop", "ReduceLROnPlateau", "StepLR", "clip_grad_norm_", "clip_grad_value_", "warmup_cosine",
]
