"""PyTorch at its best: nn.LSTM and nn.RNN, scaled_dot_product_attention, fused AdamW; eagerly, or compiled."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from .tasks import BETAS, EPS, LR, WEIGHT_DECAY, Step, Task, Weights


class Language(nn.Module):
    """An embedding, recurrent layers, an output."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        kind = nn.LSTM if task.kind == "lstm" else nn.RNN
        self.embedding = nn.Embedding(task.vocabulary, task.embedding)
        self.recurrent = kind(task.embedding, task.hidden, batch_first=True)
        self.output = nn.Linear(task.hidden, task.vocabulary)

    def forward(self, ids: Any) -> Any:
        return self.output(self.recurrent(self.embedding(ids))[0])


class Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.qkv, self.out = heads, nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: Any) -> Any:
        batch, time, width = x.shape
        q, k, v = (part.view(batch, time, self.heads, -1).transpose(1, 2)  # (batch, heads, time, width / heads)
                   for part in self.qkv(x).split(width, -1))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).reshape(batch, time, width))


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.norm2, self.attention = nn.LayerNorm(width), nn.LayerNorm(width), Attention(width, heads)
        self.mlp = nn.ModuleDict({"inner": nn.Linear(width, 4 * width), "out": nn.Linear(4 * width, width)})

    def forward(self, x: Any) -> Any:
        x = x + self.attention(self.norm1(x))
        return x + self.mlp["out"](F.gelu(self.mlp["inner"](self.norm2(x)), approximate="tanh"))


class GPT(nn.Module):
    def __init__(self, task: Task) -> None:
        super().__init__()
        self.embedding = nn.Embedding(task.vocabulary, task.width)
        self.positions = nn.Embedding(task.time, task.width)
        self.blocks = nn.ModuleList(Block(task.width, task.heads) for _ in range(task.layers))
        self.norm = nn.LayerNorm(task.width)

    def forward(self, ids: Any) -> Any:
        x = self.embedding(ids) + self.positions.weight[:ids.shape[1]]
        for block in self.blocks:
            x = block(x)
        return F.linear(self.norm(x), self.embedding.weight)


def model_of(task: Task) -> Any:
    if task.kind == "mlp":
        parts: list[Any] = []
        for inputs, outputs in zip(task.widths, task.widths[1:]):  # noqa: B905
            parts += [nn.Linear(inputs, outputs), nn.ReLU()]
        return nn.Sequential(*parts[:-1])
    return GPT(task) if task.kind == "gpt" else Language(task)


def build(task: Task, weights: Weights, variant: str = "", device: str = "cpu") -> Step:
    """variant  "", or "compiled": forward, loss and backward by torch.compile"""
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    place = "cuda" if device == "gpu" else "cpu"
    model = model_of(task)
    model.load_state_dict({name: torch.tensor(value) for name, value in weights.items()})
    model.to(place)
    optimizer = torch.optim.AdamW(model.parameters(), LR, BETAS, EPS, WEIGHT_DECAY, fused=True)

    def loss_of(inputs: Any, targets: Any) -> Any:
        return F.cross_entropy(model(inputs).flatten(0, -2), targets.flatten())

    compute = torch.compile(loss_of) if variant == "compiled" else loss_of

    def step(inputs: np.ndarray, targets: np.ndarray) -> float:
        x, y = torch.from_numpy(inputs).to(place), torch.from_numpy(targets).to(place)
        optimizer.zero_grad()
        loss = compute(x, y)
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step
