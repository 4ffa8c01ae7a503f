"""HIPS autograd: plain NumPy functions of a dictionary of weights, differentiated by value_and_grad."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import numpy
from autograd import value_and_grad
from autograd.scipy.special import expit, logsumexp

from .adamw import AdamW
from .tasks import NotPossible, Step, Task, Weights


def linear(p: Any, name: str, x: Any) -> Any:
    return np.dot(x, p[f"{name}.weight"].T) + p[f"{name}.bias"]


def norm(p: Any, name: str, x: Any) -> Any:
    centred = x - np.mean(x, axis=-1, keepdims=True)
    spread = np.sqrt(np.mean(centred * centred, axis=-1, keepdims=True) + 1e-5)  # (batch, time, 1)
    return centred / spread * p[f"{name}.weight"] + p[f"{name}.bias"]


def gelu(x: Any) -> Any:
    return 0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * (x * x * x))))


def mlp(p: Any, x: Any, task: Task) -> Any:
    for place in range(len(task.widths) - 1):
        x = linear(p, str(2 * place), np.maximum(x, 0) if place else x)
    return x


def recurrent(p: Any, ids: Any, task: Task) -> Any:
    vectors = p["embedding.weight"][ids]  # (batch, time, embedding)
    x = np.dot(vectors, p["recurrent.weight_ih_l0"].T) + p["recurrent.bias_ih_l0"] + p["recurrent.bias_hh_l0"]
    back = p["recurrent.weight_hh_l0"].T
    h = c = numpy.zeros((len(ids), task.hidden), numpy.float32)
    outputs = []
    for t in range(task.time):
        z = x[:, t] + np.dot(h, back)
        if task.kind == "lstm":
            i, f, g, o = np.split(z, 4, axis=1)
            c = expit(f) * c + expit(i) * np.tanh(g)
            h = expit(o) * np.tanh(c)
        else:
            h = np.tanh(z)
        outputs.append(h)
    return linear(p, "output", np.stack(outputs, axis=1))  # (batch, time, hidden) → (batch, time, vocabulary)


def gpt(p: Any, ids: Any, task: Task) -> Any:
    size, hidden = task.width // task.heads, ~numpy.tri(task.time, dtype=bool)
    later = numpy.where(hidden, -numpy.inf, 0).astype(numpy.float32)  # (time, time)
    x = p["embedding.weight"][ids] + p["positions.weight"]
    for k in range(task.layers):
        at = f"blocks.{k}"
        qkv = linear(p, f"{at}.attention.qkv", norm(p, f"{at}.norm1", x))
        q, k, v = (np.swapaxes(np.reshape(part, (len(ids), task.time, task.heads, size)), 1, 2)
                   for part in np.split(qkv, 3, axis=-1))  # each (batch, heads, time, size)
        scores = np.matmul(q * size**-0.5, np.swapaxes(k, 2, 3)) + later
        weights = np.exp(scores - logsumexp(scores, axis=-1, keepdims=True))
        mixed = np.reshape(np.swapaxes(np.matmul(weights, v), 1, 2), x.shape)  # (batch, time, width)
        x = x + linear(p, f"{at}.attention.out", mixed)
        x = x + linear(p, f"{at}.mlp.out", gelu(linear(p, f"{at}.mlp.inner", norm(p, f"{at}.norm2", x))))
    return np.dot(norm(p, "norm", x), p["embedding.weight"].T)


def build(task: Task, weights: Weights, variant: str = "", device: str = "cpu") -> Step:
    if device != "cpu":
        raise NotPossible("it has no GPU")
    network = {"mlp": mlp, "gpt": gpt}.get(task.kind, recurrent)

    def loss_of(p: Any, inputs: Any, targets: Any) -> Any:
        logits = np.reshape(network(p, inputs, task), (targets.size, -1))
        return np.mean(logsumexp(logits, axis=1) - logits[numpy.arange(targets.size), targets.reshape(-1)])

    p = {name: value.copy() for name, value in weights.items()}
    differentiate, optimizer = value_and_grad(loss_of), AdamW(p.values())

    def step(inputs: Any, targets: Any) -> float:
        loss, gradients = differentiate(p, inputs, targets)
        optimizer.step(gradients[name] for name in p)
        return float(loss)

    return step
