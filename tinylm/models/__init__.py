"""Language models, one file each, and how to find them by name."""

from __future__ import annotations

from typing import Any

from .mlp import MLP

MODELS: dict[str, Any] = {"mlp": MLP}
"""Every model by the name that `tinylm train --model` takes."""

PRESETS: dict[str, dict[str, dict[str, int]]] = {
    "mlp": {
        "tiny": {"context": 8, "embedding": 16, "hidden": 128},
        "small": {"context": 12, "embedding": 24, "hidden": 768},
    },
}
"""Settings with a name: for each model, its sizes."""


def build(name: str, vocabulary: int, **settings: Any) -> Any:
    """The model `name`, for so many tokens. Raises ValueError for a name or a setting that there is not."""
    if name not in MODELS:
        raise ValueError(f"there is no model {name!r}; there are: {', '.join(MODELS)}")
    try:
        return MODELS[name](vocabulary, **settings)
    except TypeError as error:
        raise ValueError(f"the model {name!r} does not take these settings: {error}") from error


def preset(name: str, size: str) -> dict[str, int]:
    """The settings of a preset. Raises ValueError for one that there is not."""
    if name not in MODELS:
        raise ValueError(f"there is no model {name!r}; there are: {', '.join(MODELS)}")
    if size not in PRESETS[name]:
        raise ValueError(f"the model {name!r} has no preset {size!r}; it has: {', '.join(PRESETS[name])}")
    return PRESETS[name][size]
