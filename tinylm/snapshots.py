"""A training on its way, on disk: `step-500.safetensors` holds all that the 501st step depends on.

The two newest are kept. A new one takes its place only when it is complete, and only then the oldest goes, so
whatever happens, one that is whole is there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .nn import Module
from .optim import Optimizer
from .weights import load_with_facts, save_weights

KEPT = 2


class Snapshot(NamedTuple):
    """What a file holds: arrays by name, and plain values."""

    path: Path
    arrays: dict[str, np.ndarray]
    facts: dict[str, Any]


def found(folder: str | Path) -> list[Path]:
    """The files in a folder, the newest first."""
    steps = {path: re.fullmatch(r"step-(\d+)\.safetensors", path.name) for path in Path(folder).glob("step-*")}
    numbered = sorted(((int(match[1]), path) for path, match in steps.items() if match), reverse=True)
    return [path for _, path in numbered]


def save(folder: str | Path, step: int, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> Path:
    """Write a new one, then drop all but the two newest. Raises OSError, the older ones untouched, if it cannot."""
    folder = Path(folder)
    path = folder / f"step-{step}.safetensors"
    before = found(folder)
    try:
        save_weights(path, arrays, facts)
    except OSError as error:
        kept = f"{before[0].name} is untouched: make room, and resume from there" if before else "none was saved before"
        raise OSError(f"{path} could not be written ({error}). {kept}") from error
    for old in found(folder)[KEPT:]:
        old.unlink(missing_ok=True)
    return path


def load(folder: str | Path) -> Snapshot | None:
    """The newest one, or None where none was saved yet.

    Raises ValueError for a file that is not, bit for bit, what was saved, naming an older one that is.
    """
    paths = found(folder)
    if not paths:
        return None
    try:
        return Snapshot(paths[0], *load_with_facts(paths[0]))
    except ValueError as error:
        whole = next((older.name for older in paths[1:] if _whole(older)), None)
        way_out = (f"{whole} beside it is older, and whole: delete {paths[0].name}, and resume from there" if whole
                   else "There is no older one that is whole: start anew")
        raise ValueError(f"{error}\n{way_out}") from error


def _whole(path: Path) -> bool:
    try:
        load_with_facts(path)
    except (ValueError, OSError):
        return False
    return True


# What a training is made of -------------------------------------------------------------------------------


def gather(model: Module, optimizer: Optimizer, best: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The model's weights, what the optimizer remembers, and the best weights so far, under one roof."""
    arrays = {f"model.{name}": array for name, array in model.state_dict().items()}
    for place, memory in optimizer.state_dict()["state"].items():
        arrays |= {f"optimizer.{place}.{name}": array for name, array in memory.items()}
    return arrays | {f"best.{name}": array for name, array in best.items()}


def restore(before: Snapshot, model: Module, optimizer: Optimizer, facts: set[str]) -> dict[str, np.ndarray]:
    """Bring model and optimizer to where they were; gives the best weights. The optimizer's settings stay as they are.

    facts  what the snapshot shall know besides

    Raises ValueError with all that does not fit.
    """
    parts: dict[str, dict[str, np.ndarray]] = {"model": {}, "optimizer": {}, "best": {}}
    for name, array in before.arrays.items():
        kind, _, rest = name.partition(".")
        parts.setdefault(kind, {})[rest] = array
    memory: dict[str, dict[str, np.ndarray]] = {}
    for name, array in parts["optimizer"].items():
        place, _, rest = name.partition(".")
        memory.setdefault(place, {})[rest] = array
    wrong = [] if before.facts.keys() == facts else ["it is no snapshot of this Trainer"]
    groups = optimizer.state_dict()["param_groups"]
    for load, state in ((model.load_state_dict, parts["model"]),
                        (optimizer.load_state_dict, {"state": memory, "param_groups": groups})):
        try:
            load(state)
        except ValueError as error:
            wrong.append(str(error))
    if wrong:
        raise ValueError(f"{before.path} does not fit:\n" + "\n".join(wrong))
    return parts["best"]
