"""What an optimizer remembers, as PyTorch lays it out, on the way to a file and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .. import backend
from ..tensor import Tensor

IMPLEMENTATION = {"foreach", "fused", "capturable", "differentiable", "decoupled_weight_decay", "param_names"}
"""Settings in PyTorch's groups that say how a step is carried out, not what it is."""

Group = dict[str, Any]
State = dict[Tensor, dict[str, Any]]


def dump(groups: Sequence[Group], memory: State) -> dict[str, Any]:
    """The groups with numbers for their parameters, and copies of what is remembered under those numbers."""
    params = [parameter for group in groups for parameter in group["params"]]
    places = {parameter: place for place, parameter in enumerate(params)}
    return {
        "state": {place: {name: np.array(backend.to_host(value)) for name, value in memory[parameter].items()}
                  for parameter, place in places.items() if parameter in memory},
        "param_groups": [{**group, "params": [places[parameter] for parameter in group["params"]]} for group in groups],
    }


def load(caller: str, saved: Mapping[str, Any], groups: Sequence[Group],
         buffers: Callable[[Group], Mapping[str, float]]) -> tuple[list[Group], State]:
    """The groups with the saved settings, and what was remembered of their parameters.

    Raises ValueError naming every group, parameter and buffer that does not fit.
    """
    sizes = [[len(group["params"]) for group in side] for side in (saved["param_groups"], groups)]
    if sizes[0] != sizes[1]:
        raise ValueError(f"{caller}.load_state_dict: the saved groups hold {sizes[0]} parameters, this optimizer's "
                         f"{sizes[1]}. Build model and optimizer with the settings they were saved with")
    wrong: list[str] = []
    loaded: list[Group] = []
    memory: State = {}
    states = {int(place): entries for place, entries in saved["state"].items()}  # JSON makes its keys strings
    for number, (given, group) in enumerate(zip(saved["param_groups"], groups, strict=True)):
        strange = [name for name, value in given.items() if value and name not in group
                   and name not in IMPLEMENTATION | {"initial_lr"}]
        wrong += [f"group {number}: a setting {name}={given[name]}, which it does not have" for name in strange]
        known = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
                 if name in group or name == "initial_lr"}
        loaded.append({**group, **known, "params": group["params"]})
        for place, parameter in zip(given["params"], group["params"], strict=True):
            if place in states:
                memory[parameter], misfits = _entries(states[place], parameter, buffers(loaded[-1]))
                wrong += [f"parameter {place}: {misfit}" for misfit in misfits]
    if wrong:
        raise ValueError(f"{caller}.load_state_dict: this state does not fit:\n  " + "\n  ".join(wrong)
                         + "\nBuild model and optimizer with the settings they were saved with")
    return loaded, memory


def _entries(given: Mapping[str, Any], parameter: Tensor, names: Mapping[str, float]) -> tuple[Group, list[str]]:
    """What is remembered of one parameter, in its dtype and on its device; and what does not fit."""
    given = {name: np.asarray(value) for name, value in given.items() if value is not None}
    wrong = [f"{name} is missing" for name in names if name not in given]
    wrong += [f"{name} belongs to another optimizer" for name in given if name != "step" and name not in names]
    wrong += [f"{name} has shape {value.shape}, the parameter {parameter.shape}"
              for name, value in given.items() if name in names and value.shape != parameter.shape]
    if wrong:
        return {}, wrong
    entries: Group = {"step": int(given.get("step", 1))}  # PyTorch's SGD does not count: any step but the first
    for name in names:
        entries[name] = backend.to_device(np.array(given[name], dtype=parameter.dtype, order="C"), parameter.device)
    return entries, []
