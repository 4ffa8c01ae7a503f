"""The corpus as files: text, or JSON lines."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from ..data.corpora import SEPARATOR

FORMATS = ("txt", "jsonl")


def write_part(path: Path, texts: Iterable[tuple[str, str]], form: str = "txt") -> None:
    """Write documents, each with where it came from; the file is on the disk when this returns.

    form  "txt": the texts alone, with an empty line between them, as `tinylm train --data` reads it
          "jsonl": {"text": ..., "source": ...} on a line each, so that it is known where one ends
    """
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        for number, (text, source) in enumerate(texts):
            if form == "jsonl":
                file.write(json.dumps({"text": text, "source": source}, ensure_ascii=False) + "\n")
            else:
                file.write((SEPARATOR if number else "") + text)
        if form == "txt":
            file.write("\n")
        file.flush()
        os.fsync(file.fileno())
