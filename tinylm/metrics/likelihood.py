"""How well does a model predict a text, from the log-probabilities it gave the tokens? `tl.evaluate` gathers them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import inputs

ROUNDING = 1e-4  # a logarithm of a softmax in half precision may come out above 0 by that much


def perplexity(log_probabilities: Any) -> float:
    """e^(-1/n Σ ln p(tokenᵢ | those before)): among how many equally likely tokens the model is in doubt. From 1 up.

    log_probabilities  natural logarithms, one a token that counts, any shape

    It depends on what the tokens are: compare it between models of one tokenizer only. A token of probability 0
    makes it infinite. After Jelinek et al. (1977). Raises ValueError for NaN, for none, and for numbers above 0.
    """
    found = _checked(log_probabilities)
    with np.errstate(over="ignore"):
        return float(np.exp(-found.mean()))


def bits_per_byte(log_probabilities: Any, text: str | bytes | int) -> float:
    """-Σ log₂ p(token) / bytes of the text: the same yardstick for every tokenizer. From 0 up; 8 is no model at all.

    log_probabilities  natural logarithms, one a token, of the whole text
    text               the text, or how many bytes it has in UTF-8

    Tokens that are left out of the sum, such as unknown words, make it look better than it is. Raises ValueError as
    `perplexity` does, and for an empty text.
    """
    size = text if isinstance(text, int) else len(text.encode("utf-8") if isinstance(text, str) else text)
    if size < 1:
        raise ValueError(f"bits_per_byte: the text has {size} bytes; there is nothing to divide by")
    return float(-_checked(log_probabilities).sum() / math.log(2) / size)


def _checked(log_probabilities: Any) -> np.ndarray:
    found = inputs.array(log_probabilities, "log_probabilities").astype(np.float64)
    if not found.size:
        raise ValueError("log_probabilities is empty: without a token there is no perplexity")
    if np.isnan(found).any():
        raise ValueError(f"log_probabilities has {int(np.isnan(found).sum())} NaN: the model has diverged, or tokens "
                         "that do not count were not taken out")
    if found.max() > ROUNDING:
        raise ValueError(f"log_probabilities reaches {found.max():g}, but the logarithm of a probability is at most 0. "
                         "Losses in nats are its negative: give -losses")
    return np.minimum(found, 0.0)
