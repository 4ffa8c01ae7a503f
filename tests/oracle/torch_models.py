"""The models once more, of PyTorch's layers, for the test beside this file."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional as F


class Theirs:
    """A model of PyTorch's layers, by our names, so that our weights go in as they are; `layers` holds the layers."""

    def __init__(self, name: str, **layers: Any) -> None:
        self.name, self.layers = name, torch.nn.ModuleDict(layers)

    def __call__(self, ids: Any) -> Any:
        return getattr(self, self.name)(ids, **self.layers)

    def mlp(self, ids: Any, embedding: Any, hidden: Any, output: Any) -> Any:
        return output(torch.tanh(hidden(embedding(ids).flatten(1))))

    def recurrent(self, ids: Any, embedding: Any, recurrent: Any, output: Any) -> Any:
        return output(recurrent(embedding(ids))[0])

    def cnn(self, ids: Any, embedding: Any, layers: Any, norm: Any, output: Any) -> Any:
        x = embedding(ids)
        for layer in layers:
            reach = layer.convolution.dilation[0] * (layer.convolution.kernel_size[0] - 1)
            padded = F.pad(layer.norm(x).mT, (reach, 0))
            x = x + F.glu(layer.convolution(padded), 1).mT
        return output(norm(x))

    def gpt(self, ids: Any, embedding: Any, positions: Any, blocks: Any, norm: Any) -> Any:
        time = ids.shape[1]
        x = embedding(ids) + positions(torch.arange(time))
        later = torch.ones(time, time, dtype=torch.bool).triu(1)
        for block in blocks:
            x = block(x, later)
        return F.linear(norm(x), embedding.weight)


def theirs(name: str, vocabulary: int, **sizes: int) -> Theirs:
    t, width, hidden = torch.nn, sizes.get("width", 0), sizes.get("hidden", 0)
    embedding = t.Embedding(vocabulary, sizes.get("embedding", width))
    if name == "mlp":
        return Theirs(name, embedding=embedding, hidden=t.Linear(sizes["context"] * sizes["embedding"], hidden),
                      output=t.Linear(hidden, vocabulary))
    if name == "cnn":
        kernel = sizes["kernel"]
        layers = [t.ModuleDict({"norm": t.LayerNorm(width), "convolution": t.Conv1d(
            width, 2 * width, kernel, dilation=2**k)}) for k in range(sizes["layers"])]
        return Theirs(name, embedding=embedding, layers=t.ModuleList(layers), norm=t.LayerNorm(width),
                      output=t.Linear(width, vocabulary))
    if name == "gpt":
        blocks = [t.TransformerEncoderLayer(
            width, sizes["heads"], 4 * width, 0.0, lambda x: F.gelu(x, approximate="tanh"), batch_first=True,
            norm_first=True) for _ in range(sizes["layers"])]
        return Theirs(name, embedding=embedding, positions=t.Embedding(sizes["context"], width),
                      blocks=t.ModuleList(blocks), norm=t.LayerNorm(width))
    kind = getattr(t, name.upper())
    return Theirs("recurrent", embedding=embedding, output=t.Linear(hidden, vocabulary),
                  recurrent=kind(sizes["embedding"], hidden, sizes["layers"], batch_first=True))


IN_PYTORCH = {  # where PyTorch's Transformer has other names than GPT-2
    "attention.qkv.weight": "self_attn.in_proj_weight", "attention.qkv.bias": "self_attn.in_proj_bias",
    "attention.out": "self_attn.out_proj", "mlp.inner": "linear1", "mlp.out": "linear2",
}


def renamed(name: str) -> str:
    for ours, other in IN_PYTORCH.items():
        name = name.replace(ours, other)
    return name
