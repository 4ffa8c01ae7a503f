"""A vector for each token."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops.index import embedding
from ..tensor import Tensor
from .module import Module


class Embedding(Module):
    """y = weight[ids]: a learnt vector for each id (Bengio et al. 2003).  ids (...) → y (..., embedding_dim)

    weight  (num_embeddings, embedding_dim), starting as N(0, 1), as in PyTorch
    rng     where the initial values come from; None draws new ones each time

    Raises IndexError for an id outside 0 to num_embeddings - 1, TypeError for ids that are not integers.
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, *, rng: np.random.Generator | None = None) -> None:
        rng = rng or np.random.default_rng()
        self.weight = Tensor(rng.standard_normal((num_embeddings, embedding_dim)), requires_grad=True, dtype=np.float32)

    def forward(self, input: Any) -> Any:
        """The rows of `weight` at the ids `input`."""
        return embedding(input, self.weight)
