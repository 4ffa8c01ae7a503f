"""Layers and losses, each written from the operations of `tinylm.ops`; names and layouts are PyTorch's."""

from . import init
from .activation import ReLU, Sigmoid, Tanh
from .attention import scaled_dot_product_attention
from .batchnorm import BatchNorm1d
from .containers import ModuleList, Sequential
from .conv import Conv1d
from .embedding import Embedding
from .gru import GRU
from .linear import Linear
from .loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    kl_div,
    mse_loss,
    nll_loss,
)
from .losses import BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, KLDivLoss, MSELoss, NLLLoss
from .lstm import LSTM
from .masking import DropConnect, Dropout, dropout
from .module import Module
from .multihead import MultiheadAttention
from .norm import LayerNorm, RMSNorm
from .positions import LearnedPositions, RotaryPositions, SinusoidalPositions
from .random import dropout_keys
from .rnn import RNN
from .transformer import TransformerDecoderLayer, TransformerEncoderLayer

__all__ = [
    "GRU", "LSTM", "RNN", "BCELoss", "BCEWithLogitsLoss", "BatchNorm1d", "Conv1d", "CrossEntropyLoss", "DropConnect",
    "Dropout", "Embedding", "KLDivLoss", "LayerNorm", "LearnedPositions", "Linear", "MSELoss", "Module", "ModuleList",
    "MultiheadAttention", "NLLLoss", "RMSNorm", "ReLU", "RotaryPositions", "Sequential", "Sigmoid",
    "SinusoidalPositions", "Tanh", "TransformerDecoderLayer", "TransformerEncoderLayer", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "cross_entropy", "dropout", "dropout_keys", "init", "kl_div", "mse_loss",
    "nll_loss", "scaled_dot_product_attention",
]

from . import fused  # noqa: F401  (what is imported there runs in the place of the equations)
