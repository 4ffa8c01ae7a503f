"""A run on disk: a folder that holds a model, its tokenizer and what it was made with.

    config.json        the model's name and settings, and how it was trained
    tokenizer.json     text to ids, in the format of Hugging Face's `tokenizers`
    model.safetensors  the weights, with a SHA-256 of each

While it is trained, the Trainer adds snapshots (snapshots.py), log.csv and loss.png. A run that has no
model.safetensors yet can be resumed, but not used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from . import models, text
from .atomic import write
from .models.ngram import NGram
from .nn import Module
from .text import Tokenizer
from .weights import load_weights, save_weights

CONFIG, TOKENIZER, WEIGHTS = "config.json", "tokenizer.json", "model.safetensors"


class Run(NamedTuple):
    """What a run folder holds."""

    model: Any
    tokenizer: Tokenizer
    config: dict[str, Any]


def save(folder: str | Path, model: Module, tokenizer: Tokenizer, config: Mapping[str, Any]) -> None:
    """Write a run.

    config  plain values; "model" (its name) and "settings" (its arguments but `vocabulary`) are needed to load it
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    save_weights(folder / WEIGHTS, model.state_dict())
    begin(folder, tokenizer, config)  # the config last: what it says of the weights shall be true


def begin(folder: str | Path, tokenizer: Tokenizer, config: Mapping[str, Any]) -> None:
    """Write all of a run but the weights: what is needed to train it, or to resume its training."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / TOKENIZER, tokenizer.to_json().encode("utf-8"))
    write(folder / CONFIG, (json.dumps(dict(config), indent=1) + "\n").encode("utf-8"))


def load(folder: str | Path) -> Run:
    """Read a run. Raises FileNotFoundError where there is none, ValueError where a file is damaged or does not fit."""
    folder = Path(folder)
    missing = [name for name in (CONFIG, TOKENIZER, WEIGHTS) if not (folder / name).is_file()]
    if missing:
        way_out = f"`tinylm resume {folder}` finishes it" if CONFIG not in missing else "`tinylm train` makes one"
        raise FileNotFoundError(f"{folder} is not a finished run: {', '.join(missing)} is not in it. {way_out}")
    config = load_config(folder)
    name, settings = config["model"], config["settings"]
    tokenizer = text.load(folder / TOKENIZER)
    if name == "ngram":
        return Run(NGram.load(folder / WEIGHTS), tokenizer, config)
    model = models.build(name, len(tokenizer), **settings)
    try:
        model.load_state_dict(load_weights(folder / WEIGHTS))
    except ValueError as error:
        raise ValueError(f"{folder}: {error}") from error
    return Run(model.eval(), tokenizer, config)


def load_config(folder: str | Path) -> dict[str, Any]:
    """What a run was made with. Raises FileNotFoundError where there is no run, ValueError for a damaged file."""
    path = Path(folder) / CONFIG
    if not path.is_file():
        raise FileNotFoundError(f"{folder} is not a run: {CONFIG} is not in it. `tinylm train` makes one")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        config["model"], config["settings"].keys()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is damaged: {error!r}") from error
    return dict(config)
