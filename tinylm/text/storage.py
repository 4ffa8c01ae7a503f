"""What is learnt from a text and what was done to it, as JSON in a file: written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .. import atomic


def write(path: str | Path, kind: str, content: dict[str, Any]) -> None:
    """Replace the file at once, or leave it as it is: never half of it.

    kind  what the file says it is, "vocabulary"

    Raises ValueError for what JSON cannot hold: NaN, or half of a surrogate pair.
    """
    text = json.dumps({"tinylm": kind, **content}, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    atomic.write(path, text.encode("utf-8"))


def read(path: str | Path, kind: str) -> dict[str, Any]:
    """What `write` wrote. Raises ValueError for a file that is something else."""
    try:
        content = json.loads(Path(path).read_bytes())
    except ValueError as error:
        raise ValueError(f"{path} is no {kind} of TinyLM: {error}") from error
    if not isinstance(content, dict) or content.get("tinylm") != kind:
        said = content.get("tinylm") if isinstance(content, dict) else None
        raise ValueError(f"{path} is no {kind} of TinyLM: " + (f"it is a {said}" if said else "it is some other JSON"))
    return content
