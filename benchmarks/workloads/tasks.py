"""What is trained: shapes, initial weights, batches, and the matrix products of a step. NumPy alone.

Weights have PyTorch's names and layouts, (out, in), which are TinyLM's too: one dictionary serves all libraries.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

LR, BETAS, EPS, WEIGHT_DECAY = 1e-3, (0.9, 0.999), 1e-8, 1e-2  # of AdamW, in all libraries
BATCHES = 4  # different ones, which come again and again
MLP_WIDTHS = (784, 512, 256, 10)

Weights = dict[str, np.ndarray]
Step = Callable[[np.ndarray, np.ndarray], float]
"""One step of training on (inputs, targets): gradients, update, and the loss before it."""


class Task(NamedTuple):
    """One network and its batch; a size that the kind does not have is not looked at."""

    kind: str  # mlp, rnn, lstm, gpt
    batch: int
    time: int = 64
    vocabulary: int = 65
    embedding: int = 64
    hidden: int = 128
    layers: int = 1
    heads: int = 1
    width: int = 128
    widths: tuple[int, ...] = MLP_WIDTHS  # of the MLP, from inputs to outputs


TASKS = {
    "mlp": Task("mlp", 128),
    "rnn": Task("rnn", 32),
    "lstm": Task("lstm", 32, embedding=128, hidden=256),
    "gpt": Task("gpt", 12, layers=4, heads=4, width=128),
    "gpt-large": Task("gpt", 4, time=256, layers=6, heads=6, width=384),
}
NAMES = {
    "mlp": "MLP 784-512-256-10, batch 128", "rnn": "RNN 128, T 64, batch 32", "lstm": "LSTM 256, T 64, batch 32",
    "gpt": "GPT 4 × 4 × 128, T 64, batch 12", "gpt-large": "GPT 6 × 6 × 384, T 256, batch 4",
}


class NotPossible(Exception):  # noqa: N818  (an answer, not an error)
    """A library cannot do this; the message says why, and stands in the table."""


def initial(task: Task) -> Weights:
    """The weights that every library begins with, drawn as TinyLM and PyTorch draw them."""
    rng = np.random.default_rng(0)
    found: Weights = {}

    def linear(name: str, inputs: int, outputs: int) -> None:
        bound = 1 / math.sqrt(inputs)
        found[f"{name}.weight"] = rng.uniform(-bound, bound, (outputs, inputs)).astype(np.float32)
        found[f"{name}.bias"] = rng.uniform(-bound, bound, outputs).astype(np.float32)

    def normal(name: str, std: float, *shape: int) -> None:
        found[f"{name}.weight"] = rng.normal(0.0, std, shape).astype(np.float32)

    def norm(name: str) -> None:
        found[f"{name}.weight"] = np.ones(task.width, np.float32)
        found[f"{name}.bias"] = np.zeros(task.width, np.float32)

    if task.kind == "mlp":
        for place, (inputs, outputs) in enumerate(zip(task.widths, task.widths[1:])):  # noqa: B905
            linear(str(2 * place), inputs, outputs)  # the odd places are the ReLUs'
    elif task.kind == "gpt":
        normal("embedding", 0.02, task.vocabulary, task.width)
        normal("positions", 0.02, task.time, task.width)
        for k in range(task.layers):
            for part, inputs, outputs in (("attention.qkv", 1, 3), ("attention.out", 1, 1), ("mlp.inner", 1, 4),
                                          ("mlp.out", 4, 1)):
                normal(f"blocks.{k}.{part}", 0.02, outputs * task.width, inputs * task.width)
                found[f"blocks.{k}.{part}.bias"] = np.zeros(outputs * task.width, np.float32)
            norm(f"blocks.{k}.norm1")
            norm(f"blocks.{k}.norm2")
        norm("norm")
    else:
        normal("embedding", 1.0, task.vocabulary, task.embedding)
        rows, bound = task.hidden * (4 if task.kind == "lstm" else 1), 1 / math.sqrt(task.hidden)
        for part, shape in (("weight_ih", (rows, task.embedding)), ("weight_hh", (rows, task.hidden)),
                            ("bias_ih", (rows,)), ("bias_hh", (rows,))):
            found[f"recurrent.{part}_l0"] = rng.uniform(-bound, bound, shape).astype(np.float32)
        linear("output", task.hidden, task.vocabulary)
    return found


def batches(task: Task) -> list[tuple[np.ndarray, np.ndarray]]:
    """(inputs, targets): pictures (batch, 784) and classes (batch,), or ids (batch, time) and those that follow."""
    rng = np.random.default_rng(1)
    if task.kind == "mlp":
        return [(rng.standard_normal((task.batch, task.widths[0]), np.float32),
                 rng.integers(0, task.widths[-1], task.batch)) for _ in range(BATCHES)]
    windows = rng.integers(0, task.vocabulary, (BATCHES, task.batch, task.time + 1))
    return [(np.ascontiguousarray(ids[:, :-1]), np.ascontiguousarray(ids[:, 1:])) for ids in windows]


class Product(NamedTuple):
    """Matrix products (batch, m, k) (batch, k, n), so many in a step. `left` and `right` say which factor lies in
    memory the other way round, as weights (out, in) do in x Wᵀ."""

    times: int
    m: int
    k: int
    n: int
    batch: int = 1
    left: bool = False
    right: bool = False

    @property
    def operations(self) -> int:
        """Multiplications and additions."""
        return 2 * self.times * self.batch * self.m * self.k * self.n


def products(task: Task) -> list[Product]:
    """Every matrix product that a forward and a backward cannot do without; causal attention counted in full."""
    found: list[Product] = []

    def linear(times: int, rows: int, inputs: int, outputs: int, input_gradient: bool = True) -> None:
        found.append(Product(times, rows, inputs, outputs, right=True))  # y = x Wᵀ
        found.append(Product(times, outputs, rows, inputs, left=True))  # W̄ = ȳᵀ x
        if input_gradient:
            found.append(Product(times, rows, outputs, inputs))  # x̄ = ȳ W

    rows = task.batch * task.time
    if task.kind == "mlp":
        for place, (inputs, outputs) in enumerate(zip(task.widths, task.widths[1:])):  # noqa: B905
            linear(1, task.batch, inputs, outputs, place > 0)
    elif task.kind == "gpt":
        for inputs, outputs in ((1, 3), (1, 1), (1, 4), (4, 1)):
            linear(task.layers, rows, inputs * task.width, outputs * task.width)
        linear(1, rows, task.width, task.vocabulary)
        each, size, time = task.batch * task.heads, task.width // task.heads, task.time
        found.append(Product(2 * task.layers, time, size, time, each, right=True))  # q kᵀ, and ȳ vᵀ in the backward
        found.append(Product(2 * task.layers, time, time, size, each))  # p v, and s̄ k
        found.append(Product(2 * task.layers, time, time, size, each, left=True))  # pᵀ ȳ, and s̄ᵀ q
    else:
        gates = task.hidden * (4 if task.kind == "lstm" else 1)
        linear(1, rows, task.embedding, gates)
        linear(1, rows, task.hidden, task.vocabulary)
        found.append(Product(task.time, task.batch, task.hidden, gates, right=True))  # a step through time
        found.append(Product(task.time, task.batch, gates, task.hidden))  # and back
        found.append(Product(1, gates, rows, task.hidden, left=True))  # all steps' weight gradients at once
    return found


def given(answer: Any) -> Task:
    """A Task that came as JSON."""
    return Task(*(tuple(value) if isinstance(value, list) else value for value in answer))
