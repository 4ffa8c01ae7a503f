"""What the learner has done so far: a small file for every exercise, in the folder where the user's settings are.

A file for each, so that two notebooks open at once cannot undo each other; each is replaced at once or left as it is.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import NamedTuple

from ..atomic import write


class Record(NamedTuple):
    """What was done about an exercise, or (tries alone) a lesson."""

    tries: int = 0
    hints: int = 0  # how many were shown
    passed: bool = False


_unsaved: dict[Path, Record] = {}
"""What could not be written, because the folder is read-only: it lasts as long as the process."""


def folder() -> Path:
    """Where it is kept: TINYLM_CONFIG, or `tinylm` where the system has its settings."""
    if os.environ.get("TINYLM_CONFIG"):
        return Path(os.environ["TINYLM_CONFIG"])
    if sys.platform == "win32":
        home = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        home = Path.home() / "Library" / "Application Support"
    else:
        home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return home / "tinylm"


def recall(name: str) -> Record:
    """The record of an exercise such as "02.1", or of a lesson; an empty one if there is none that can be read."""
    path = _path(name)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Record(int(found["tries"]), int(found["hints"]), bool(found["passed"]))
    except (OSError, ValueError, KeyError, TypeError):
        return _unsaved.get(path, Record())


def keep(name: str, record: Record) -> None:
    """Write a record down. In a folder that cannot be written to it is kept for as long as this process runs."""
    path = _path(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, (json.dumps(record._asdict()) + "\n").encode())
    except OSError:
        _unsaved[path] = record


def _path(name: str) -> Path:
    return folder() / "lessons" / f"{name}.json"
