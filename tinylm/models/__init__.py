"""Language models, one file each, and how to find them by name.

What they take and give is the same for all, but for one thing that `predicts` tells: see language.py.
"""

from __future__ import annotations

from typing import Any

from .cnn import CNN
from .glove import GloVe
from .gpt import GPT
from .gru import GRU
from .language import detached, next_token_loss
from .lstm import LSTM
from .mlp import MLP
from .ngram import NGram
from .pmi import PMI, pmi_matrix
from .rnn import RNN
from .word2vec import Word2Vec

__all__ = ["CNN", "GPT", "GRU", "LSTM", "MLP", "MODELS", "PMI", "PRESETS", "RNN", "GloVe", "NGram", "Word2Vec",
           "build", "detached", "next_token_loss", "pmi_matrix", "preset"]

MODELS: dict[str, Any] = {"mlp": MLP, "cnn": CNN, "rnn": RNN, "gru": GRU, "lstm": LSTM, "gpt": GPT}
"""Every model by the name that `tinylm train --model` takes, as a rule from the weakest to the strongest."""

PRESETS: dict[str, dict[str, dict[str, int | float]]] = {
    "mlp": {
        "tiny": {"context": 8, "embedding": 16, "hidden": 128},
        "small": {"context": 12, "embedding": 24, "hidden": 768},
    },
    "cnn": {
        "tiny": {"context": 32, "width": 48, "layers": 4, "kernel": 2},
        "small": {"context": 64, "width": 128, "layers": 5, "kernel": 3, "dropout": 0.3},
        "base": {"context": 256, "width": 384, "layers": 7, "kernel": 3, "dropout": 0.1},
    },
    "rnn": {
        "tiny": {"context": 32, "embedding": 32, "hidden": 192},
        "small": {"context": 64, "embedding": 64, "hidden": 768},
        "base": {"context": 128, "embedding": 256, "hidden": 1024, "layers": 3, "dropout": 0.1},
    },
    "gru": {
        "tiny": {"context": 32, "embedding": 32, "hidden": 112},
        "small": {"context": 64, "embedding": 64, "hidden": 448, "dropout": 0.3},
        "base": {"context": 128, "embedding": 256, "hidden": 768, "layers": 3, "dropout": 0.1},
    },
    "lstm": {
        "tiny": {"context": 32, "embedding": 32, "hidden": 96},
        "small": {"context": 64, "embedding": 64, "hidden": 384, "dropout": 0.3},
        "base": {"context": 128, "embedding": 256, "hidden": 640, "layers": 3, "dropout": 0.1},
    },
    "gpt": {
        "tiny": {"context": 32, "width": 48, "layers": 2, "heads": 2},
        "small": {"context": 64, "width": 128, "layers": 4, "heads": 4},
        "base": {"context": 256, "width": 384, "layers": 6, "heads": 6, "dropout": 0.1},
    },
}
"""Settings with a name: for each model, its sizes.

tiny is for trying out, small for minutes on a CPU, base for a GPU.
"""


def build(name: str, vocabulary: int, **settings: Any) -> Any:
    """The model `name`, for so many tokens. Raises ValueError for a name or a setting that there is not."""
    if name not in MODELS:
        raise ValueError(f"there is no model {name!r}; there are: {', '.join(MODELS)}")
    try:
        return MODELS[name](vocabulary, **settings)
    except TypeError as error:
        raise ValueError(f"the model {name!r} does not take these settings: {error}") from error


def preset(name: str, size: str) -> dict[str, int | float]:
    """The settings of a preset. Raises ValueError for one that there is not."""
    if name not in MODELS:
        raise ValueError(f"there is no model {name!r}; there are: {', '.join(MODELS)}")
    if size not in PRESETS[name]:
        raise ValueError(f"the model {name!r} has no preset {size!r}; it has: {', '.join(PRESETS[name])}")
    return PRESETS[name][size]
