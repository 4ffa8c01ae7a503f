"""A run on disk: a folder that holds a model, its tokenizer and what it was made with.

    config.json        the model's name and settings, and how it was trained
    tokenizer.json     text to ids, in the format of Hugging Face's `tokenizers`
    model.safetensors  the weights, with a SHA-256 of each

A file is written under another name first, pushed to the disk, and only then renamed: whatever happens on
the way, the old file or the new one is there, whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from . import models, text
from .nn import Module
from .text import Tokenizer

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
    write(folder / CONFIG, (json.dumps(dict(config), indent=1) + "\n").encode("utf-8"))
    write(folder / TOKENIZER, tokenizer.to_json().encode("utf-8"))
    save_weights(folder / WEIGHTS, model.state_dict())


def load(folder: str | Path) -> Run:
    """Read a run. Raises FileNotFoundError where there is none, ValueError where a file is damaged or does not fit."""
    folder = Path(folder)
    missing = [name for name in (CONFIG, TOKENIZER, WEIGHTS) if not (folder / name).is_file()]
    if missing:
        raise FileNotFoundError(f"{folder} is not a finished run: {', '.join(missing)} is not in it. "
                                "`tinylm train` makes one")
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        name, settings = config["model"], config["settings"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{folder / CONFIG} is damaged: {error!r}") from error
    tokenizer = text.load(folder / TOKENIZER)
    model = models.build(name, len(tokenizer), **settings)
    try:
        model.load_state_dict(load_weights(folder / WEIGHTS))
    except ValueError as error:
        raise ValueError(f"{folder}: {error}") from error
    return Run(model, tokenizer, config)


def save_weights(path: str | Path, weights: Mapping[str, np.ndarray]) -> None:
    """Write arrays as safetensors, a SHA-256 of each in its metadata (the format itself has no checksum)."""
    from safetensors.numpy import save as to_bytes

    # Others than contiguous ones are written scrambled; ascontiguousarray gives a single number an axis.
    arrays = {name: np.ascontiguousarray(array).reshape(array.shape) for name, array in weights.items()}
    write(Path(path), to_bytes(arrays, {f"sha256.{name}": _sha256(array) for name, array in arrays.items()}))


def load_weights(path: str | Path) -> dict[str, np.ndarray]:
    """Read what `save_weights` wrote. Raises ValueError unless every tensor is, bit for bit, what was written."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    content = Path(path).read_bytes()
    way_out = "take an older copy, or train it again"
    if content[:1] == b"\x80" or content[:2] == b"PK":
        raise ValueError(f"{path} is a pickle (a PyTorch file?), which may run code of others: it is not opened. "
                         "Convert it to safetensors where it came from")
    try:
        weights = from_bytes(content)
        (length,) = struct.unpack("<Q", content[:8])
        metadata = json.loads(content[8:8 + length]).get("__metadata__", {})
    except (SafetensorError, struct.error, ValueError, KeyError) as error:
        raise ValueError(f"{path} is truncated or damaged ({error}): {way_out}") from error
    sums = {key.removeprefix("sha256."): value for key, value in metadata.items() if key.startswith("sha256.")}
    wrong = sorted(name for name in sums.keys() | weights.keys()
                   if name not in weights or sums.get(name) != _sha256(weights[name]))
    if wrong:
        raise ValueError(f"{path} is damaged: {', '.join(wrong)} differs from what was saved (SHA-256): {way_out}")
    return weights


def write(path: Path, content: bytes) -> None:
    """Replace the file at once, or leave it as it is: never half of it."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _sha256(array: np.ndarray) -> str:
    return hashlib.sha256(array.tobytes()).hexdigest()
