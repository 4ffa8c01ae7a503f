"""TinyLM: language models from their primitives, to read, to learn from and to use.

    import numpy as np, tinylm as tl

    x = tl.Tensor([1.0, 2.0], requires_grad=True)
    np.tanh(x).sum().backward()          # NumPy's functions work on Tensors
    print(x.grad)

What stands here is the engine. The rest is imported when it is first asked for: `tl.nn`, `tl.optim`, `tl.Trainer`, ...
"""

import importlib
from typing import Any

from . import ops
from .backend import device
from .fusion import composition, fuses
from .graph import detect_anomaly, fused, no_grad
from .primitives import constant, primitive
from .tensor import Tensor, grad

__version__ = "0.1.0"

_LATER = {
    "gradcheck": "verify", "GradientError": "verify", "jacobian": "derivatives", "hessian": "derivatives",
    "vjp": "derivatives", "hvp": "derivatives", "draw": "picture", "Trainer": "train", "remat": "recompute",
    "kept_memory": "memory", "compiled": "kernels", "generate": "generation",
    "stream": "generation", "evaluate": "evaluation", "profile": "profiling",
    "WordVectors": "vectors", "read_vectors": "vector_files", "write_vectors": "vector_files", "plot_map": "vector_map",
    "principal_components": "pca", "cooccurrences": "cooccurrence",
    "nn": None, "optim": None, "models": None, "text": None, "data": None, "metrics": None, "learn": None,
    "corpus": None,
}
"""Names that are imported at first use, and the module that has them (None: they are modules themselves)."""


def __getattr__(name: str) -> Any:
    if name in _LATER:
        where = importlib.import_module(f".{_LATER[name] or name}", __name__)
        value = getattr(where, name) if _LATER[name] else where
        globals()[name] = value
        return value
    if hasattr(ops, name):
        return getattr(ops, name)
    raise AttributeError(f"module 'tinylm' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
