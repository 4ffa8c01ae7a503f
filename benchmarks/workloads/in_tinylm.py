"""TinyLM as its users run it: its own models, and the function that the Trainer calls at every step."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np

import tinylm as tl
from tinylm import models, nn, optim
from tinylm.memory import kept_memory
from tinylm.shards import Shards

from .tasks import BETAS, EPS, LR, WEIGHT_DECAY, NotPossible, Step, Task, Weights, batches

FOR_GOOD = ExitStack()  # what a training is surrounded with; here the process ends with the measurement


def model_of(task: Task) -> Any:
    if task.kind == "mlp":
        parts: list[nn.Module] = []
        for inputs, outputs in zip(task.widths, task.widths[1:]):  # noqa: B905
            parts += [nn.Linear(inputs, outputs), nn.ReLU()]
        return nn.Sequential(*parts[:-1])
    if task.kind == "gpt":
        return models.GPT(task.vocabulary, task.time, task.width, task.layers, task.heads)
    kind = models.LSTM if task.kind == "lstm" else models.RNN
    return kind(task.vocabulary, task.time, task.embedding, task.hidden)


def build(task: Task, weights: Weights, variant: str = "", device: str = "cpu") -> Step:
    """variant  "" as the Trainer does it by itself with NumPy alone, "compiled" with kernels that Numba compiles, "one
    worker", or "unfused": all of it from compositions"""
    if variant == "compiled" and not importlib.util.find_spec("numba"):
        raise NotPossible("Numba is not installed")
    if variant == "compiled" and device != "cpu":
        raise NotPossible("compiled kernels are the CPU's")
    with tl.device(device):
        model = model_of(task)
    model.load_state_dict(weights)
    loss = nn.cross_entropy if task.kind == "mlp" else models.next_token_loss
    optimizer = optim.AdamW(model.parameters(), LR, BETAS, EPS, WEIGHT_DECAY)
    train = as_in_fit(model, loss, optimizer, 1 if variant == "one worker" else None, batches(task)[0])

    def step(inputs: np.ndarray, targets: np.ndarray) -> float:
        with tl.device(device), tl.fused(variant != "unfused"), tl.compiled(variant == "compiled"):
            return train(inputs if device == "cpu" or inputs.dtype.kind == "i" else tl.Tensor(inputs), targets)

    return step


def as_in_fit(model: Any, loss: Any, optimizer: Any, workers: int | None, first: Any) -> Callable[[Any, Any], float]:
    """What Trainer.fit prepares and Trainer._step then does: the only place here that knows how it is done."""
    shards = Shards(model, loss, lambda targets: int(targets.size), workers)
    shards.decide(lambda number: first)
    FOR_GOOD.enter_context(kept_memory())
    FOR_GOOD.enter_context(shards)

    def step(inputs: Any, targets: Any) -> float:
        found = shards.gradients(optimizer.params, [(inputs, targets)], 0, 0)
        optimizer.step(found.found, shards.each)
        return found.loss

    return step
