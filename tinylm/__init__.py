"""TinyLM: language models from their primitives, to read, to learn from and to use."""

from . import ops
from .backend import device
from .primitive import constant, fuses, primitive
from .tensor import Tensor, detect_anomaly, fused, grad, no_grad

__version__ = "0.1.0"
