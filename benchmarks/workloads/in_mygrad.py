"""MyGrad: its tensors, its nnet functions, and NumPy's way of writing the rest."""

from __future__ import annotations

from typing import Any

import mygrad as mg
import numpy as np
from mygrad.nnet import relu, sigmoid, softmax, softmax_crossentropy

from .adamw import AdamW
from .tasks import NotPossible, Step, Task, Weights

F32 = np.float32  # MyGrad makes float64 of Python's numbers


def linear(p: Any, name: str, x: Any) -> Any:
    return mg.matmul(x, p[f"{name}.weight"].T) + p[f"{name}.bias"]


def norm(p: Any, name: str, x: Any) -> Any:
    centred = x - mg.mean(x, axis=-1, keepdims=True)
    spread = mg.sqrt(mg.mean(centred * centred, axis=-1, keepdims=True) + F32(1e-5))  # (batch, time, 1)
    return centred / spread * p[f"{name}.weight"] + p[f"{name}.bias"]


def gelu(x: Any) -> Any:
    return F32(0.5) * x * (F32(1) + mg.tanh(F32(0.7978845608) * (x + F32(0.044715) * (x * x * x))))


def mlp(p: Any, x: Any, task: Task) -> Any:
    for place in range(len(task.widths) - 1):
        x = linear(p, str(2 * place), relu(x) if place else x)
    return x


def recurrent(p: Any, ids: Any, task: Task) -> Any:
    vectors = p["embedding.weight"][ids]  # (batch, time, embedding)
    x = mg.matmul(vectors, p["recurrent.weight_ih_l0"].T) + p["recurrent.bias_ih_l0"] + p["recurrent.bias_hh_l0"]
    back, size = p["recurrent.weight_hh_l0"].T, task.hidden
    h: Any = np.zeros((len(ids), size), F32)
    c, outputs = h, []
    for t in range(task.time):
        z = x[:, t] + mg.matmul(h, back)
        if task.kind == "lstm":
            i, f, g, o = (z[:, k * size:(k + 1) * size] for k in range(4))
            c = sigmoid(f) * c + sigmoid(i) * mg.tanh(g)
            h = sigmoid(o) * mg.tanh(c)
        else:
            h = mg.tanh(z)
        outputs.append(h)
    return linear(p, "output", mg.stack(outputs, axis=1))  # (batch, time, hidden) → (batch, time, vocabulary)


def gpt(p: Any, ids: Any, task: Task) -> Any:
    size, width = task.width // task.heads, task.width
    later = np.where(np.tri(task.time, dtype=bool), 0, -np.inf).astype(F32)  # (time, time)
    x = p["embedding.weight"][ids] + p["positions.weight"]
    for k in range(task.layers):
        at = f"blocks.{k}"
        qkv = linear(p, f"{at}.attention.qkv", norm(p, f"{at}.norm1", x))
        q, k, v = (mg.swapaxes(qkv[..., part * width:(part + 1) * width].reshape(-1, task.time, task.heads, size), 1, 2)
                   for part in range(3))  # each (batch, heads, time, size)
        weights = softmax(mg.matmul(q * F32(size**-0.5), mg.swapaxes(k, 2, 3)) + later, axis=-1)
        mixed = mg.swapaxes(mg.matmul(weights, v), 1, 2).reshape(x.shape)  # (batch, time, width)
        x = x + linear(p, f"{at}.attention.out", mixed)
        x = x + linear(p, f"{at}.mlp.out", gelu(linear(p, f"{at}.mlp.inner", norm(p, f"{at}.norm2", x))))
    return mg.matmul(norm(p, "norm", x), p["embedding.weight"].T)


def build(task: Task, weights: Weights, variant: str = "", device: str = "cpu") -> Step:
    if device != "cpu":
        raise NotPossible("it has no GPU")
    network = {"mlp": mlp, "gpt": gpt}.get(task.kind, recurrent)
    p = {name: mg.tensor(value) for name, value in weights.items()}
    optimizer = AdamW(tensor.data for tensor in p.values())

    def step(inputs: Any, targets: Any) -> float:
        for tensor in p.values():
            tensor.null_grad()
        logits = network(p, inputs, task).reshape(targets.size, -1)
        loss = softmax_crossentropy(logits, targets.reshape(-1))
        loss.backward()
        optimizer.step(tensor.grad for tensor in p.values())
        return float(loss.data)

    return step
