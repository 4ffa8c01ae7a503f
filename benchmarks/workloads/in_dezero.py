"""DeZero: its layers and its Adam, the decay by one of its hooks.

Version 0.0.13 is of 2020, and three things are done for it, so that it runs at all, and in float32. It names `np.int`,
which NumPy removed in 1.24: the name is given back to it. It makes arrays of the numbers in its formulas, and since
NumPy 2 these turn float32 into float64: here they are float32 themselves. Its cross-entropy subtracts a matrix of the
targets' dtype, which must be a small one for the same reason.

Its layers have one bias a gate where PyTorch's have two, so theirs are added up at the start, and move half as far.
"""

from __future__ import annotations

from typing import Any

import numpy as np

np.int = int  # type: ignore[attr-defined]

import dezero  # noqa: E402
import dezero.functions as F  # noqa: E402, N812
import dezero.layers as L  # noqa: E402, N812
from dezero import optimizers  # noqa: E402

from .tasks import BETAS, EPS, LR, WEIGHT_DECAY, NotPossible, Step, Task, Weights  # noqa: E402


def linear(weights: Weights, name: str) -> Any:
    layer = L.Linear(len(weights[f"{name}.bias"]))
    load(layer, weights[f"{name}.weight"], weights[f"{name}.bias"])
    return layer


def load(layer: Any, weight: np.ndarray, bias: np.ndarray | None = None) -> None:
    layer.W.data = np.ascontiguousarray(weight.T)
    if bias is not None:
        layer.b.data = bias.copy()


def as_array(x: Any, array_module: Any = np) -> Any:
    """As DeZero's own, but Python's numbers become float32."""
    if type(x) in (int, float):
        return np.array(x, np.float32)
    return np.array(x) if np.isscalar(x) else x


dezero.core.as_array = as_array


class MLP(dezero.Model):
    def __init__(self, task: Task, weights: Weights) -> None:
        super().__init__()
        self.places = range(len(task.widths) - 1)
        for place in self.places:
            setattr(self, f"l{place}", linear(weights, str(2 * place)))

    def loss(self, x: Any, targets: Any) -> Any:
        for place in self.places:
            x = getattr(self, f"l{place}")(F.relu(x) if place else x)
        return F.softmax_cross_entropy(x, targets)


class Language(dezero.Model):
    """An embedding, a recurrent layer and an output, a step through time after the other."""

    def __init__(self, task: Task, weights: Weights) -> None:
        super().__init__()
        self.embedding = L.EmbedID(task.vocabulary, task.embedding)
        self.embedding.W.data = weights["embedding.weight"].copy()
        self.recurrent = (L.LSTM if task.kind == "lstm" else L.RNN)(task.hidden)
        gates = "ifuo" if task.kind == "lstm" else "h"
        parts = [np.split(weights[f"recurrent.{name}_l0"], len(gates))
                 for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        for gate, w, v, b, d in zip(gates, *parts, strict=True):
            load(getattr(self.recurrent, f"x2{gate}"), w, b + d)
            load(getattr(self.recurrent, f"h2{gate}"), v)
        self.output = linear(weights, "output")

    def loss(self, ids: Any, targets: Any) -> Any:
        self.recurrent.reset_state()
        total = 0
        for t in range(ids.shape[1]):
            logits = self.output(self.recurrent(self.embedding(ids[:, t])))  # (batch, vocabulary)
            total = total + F.softmax_cross_entropy(logits, targets[:, t])
        return total / np.float32(ids.shape[1])


def decay(parameters: Any) -> None:
    for parameter in parameters:
        parameter.data *= 1 - LR * WEIGHT_DECAY


def build(task: Task, weights: Weights, variant: str = "", device: str = "cpu") -> Step:
    if device != "cpu":
        raise NotPossible("not measured on a GPU")
    if task.kind == "gpt":
        raise NotPossible("its matmul has no derivative for stacks of matrices")
    if max(task.vocabulary, *task.widths[-1:]) > np.iinfo(np.int16).max:
        raise NotPossible("more classes than int16 counts")
    model = (MLP if task.kind == "mlp" else Language)(task, weights)
    optimizer = optimizers.Adam(LR, *BETAS, EPS).setup(model)
    optimizer.add_hook(decay)

    def step(inputs: Any, targets: Any) -> float:
        model.cleargrads()
        loss = model.loss(inputs, targets.astype(np.int16))
        loss.backward()
        optimizer.update()
        return float(loss.data)

    return step
