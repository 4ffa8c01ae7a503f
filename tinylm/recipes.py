"""How each model is best trained: settings found by trying, so that nobody has to begin with a search.

They are for minutes on two cores and a text of some hundred thousand characters. What is more of everything, a larger
model or text or an hour of time, usually wants a lower learning rate and, as long as the held-out loss falls, less
weight decay and dropout.
"""

from __future__ import annotations

from typing import Any

COMMON: dict[str, Any] = {"tokenizer": "character", "vocabulary": None, "lr": 4e-3, "weight_decay": 0.15, "clip": None}

RECIPES: dict[str, dict[str, Any]] = {
    "mlp": {"batch_size": 512},
    "cnn": {"batch_size": 32},
    "rnn": {"batch_size": 32, "clip": 1.0},
    "gru": {"batch_size": 32, "clip": 1.0},
    "lstm": {"batch_size": 32, "clip": 1.0},
    "gpt": {"batch_size": 32, "lr": 3e-3, "weight_decay": 0.1, "clip": 1.0},
}


def recipe(model: str) -> dict[str, Any]:
    """The tokenizer, batch size and optimizer's settings for a model."""
    return {**COMMON, **RECIPES.get(model, {"batch_size": 32})}
