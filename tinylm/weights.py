"""Named arrays in a file, and back: safetensors, each array with its checksum, written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .atomic import write


def save_weights(path: str | Path, weights: Mapping[str, np.ndarray], facts: Mapping[str, Any] | None = None) -> None:
    """Write arrays as safetensors, a SHA-256 of each in its metadata (the format itself has no checksum).

    facts  plain values to keep beside them: numbers, strings, lists
    """
    from safetensors.numpy import save as to_bytes

    # Others than contiguous ones are written scrambled; ascontiguousarray gives a single number an axis.
    arrays = {name: np.ascontiguousarray(array).reshape(array.shape) for name, array in weights.items()}
    metadata = {f"sha256.{name}": _sha256(array.tobytes()) for name, array in arrays.items()}
    if facts is not None:
        text = json.dumps(dict(facts))
        metadata |= {"facts": text, "facts.sha256": _sha256(text.encode("utf-8"))}
    write(path, to_bytes(arrays, metadata))


def load_weights(path: str | Path) -> dict[str, np.ndarray]:
    """Read what `save_weights` wrote. Raises ValueError unless every tensor is, bit for bit, what was written."""
    return load_with_facts(path)[0]


def load_with_facts(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays, and the facts beside them ({} where there are none). Raises ValueError as `load_weights` does."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    content = Path(path).read_bytes()
    way_out = "take an older copy, or train it again"
    if content[8:9] != b"{" and (content[:1] == b"\x80" or content[:2] == b"PK"):  # a header's length may begin so too
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
                   if name not in weights or sums.get(name) != _sha256(weights[name].tobytes()))
    facts = metadata.get("facts", "{}")
    if "facts" in metadata and metadata.get("facts.sha256") != _sha256(facts.encode("utf-8")):
        wrong.append("facts")
    if wrong:
        raise ValueError(f"{path} is damaged: {', '.join(wrong)} differs from what was saved (SHA-256): {way_out}")
    return weights, json.loads(facts)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
