"""Layers and losses, each written from the operations of `tinylm.ops`; names and layouts are PyTorch's."""

from .activation import ReLU, Sigmoid, Tanh
from .embedding import Embedding
from .linear import Linear
from .loss import BCELoss, CrossEntropyLoss, binary_cross_entropy, cross_entropy
from .module import Module, Sequential

__all__ = [
    "BCELoss", "CrossEntropyLoss", "Embedding", "Linear", "Module", "ReLU", "Sequential", "Sigmoid",
    "Tanh", "binary_cross_entropy", "cross_entropy",
]
