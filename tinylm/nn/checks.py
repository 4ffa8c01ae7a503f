"""Every layer and loss as cases for the finite differences of `tinylm gradcheck`: by its inputs and its parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .. import nn
from ..cases import Case
from ..tensor import Tensor

Builder = Callable[[], nn.Module]


def layer_case(name: str, build: Builder, *shapes: tuple[int, ...], call: Callable[..., Any] | None = None) -> Case:
    """A case of a layer: inputs of these shapes are drawn, then the parameters as they start.

    call  call(layer, *inputs) → what to differentiate; the layer's own outputs if there is none
    """
    rng = np.random.default_rng(0)
    arrays = [rng.uniform(0.1, 1.5, shape) * rng.choice([-1.0, 1.0], shape) for shape in shapes]
    for parameter in build().to(np.float64).parameters():  # weights of one and biases of zero would hide mistakes
        arrays.append(np.asarray(parameter.data) + rng.uniform(0.05, 0.2, parameter.shape))

    def on(device: str) -> Callable[..., Any]:
        layer: Any = build().to(np.float64).to(device)
        places = [place for place in layer._places() if not place.buffer]
        buffers = [place for place in layer._places() if place.buffer]

        def function(*leaves: Any) -> Any:
            for place, leaf in zip(places, leaves[len(shapes):], strict=True):
                vars(place.owner)[place.attribute] = leaf
            for place in buffers:
                if place.tensor.dtype.kind == "f":
                    fresh = Tensor(place.tensor, dtype=leaves[0].dtype, device=device)
                    vars(place.owner)[place.attribute] = fresh
            with nn.dropout_keys(seed=0, step=0):  # the same masks at every call
                return (call or nn.Module.__call__)(layer, *leaves[:len(shapes)])
        return function
    return Case(name, on, arrays)


def loss_case(name: str, loss: Callable[..., Any], *arrays: np.ndarray) -> Case:
    """A case of a loss, differentiated by these arrays."""
    return Case(name, lambda device: loss, list(arrays))


def _made(kind: Any, *args: Any, **settings: Any) -> Builder:
    return lambda: kind(*args, **settings, rng=np.random.default_rng(1))


def _small() -> Iterator[Case]:
    yield layer_case("Linear(3, 2)", _made(nn.Linear, 3, 2), (4, 3))
    yield layer_case("Linear(3, 2, bias=False)", _made(nn.Linear, 3, 2, bias=False), (2, 2, 3))
    yield layer_case("Embedding(4, 2)", _made(nn.Embedding, 4, 2),
                     call=lambda layer: layer(np.array([[0, 3], [3, 1]])))
    yield layer_case("Sigmoid()", nn.Sigmoid, (2, 3))
    yield layer_case("ReLU()", nn.ReLU, (2, 3))
    yield layer_case("Tanh()", nn.Tanh, (2, 3))
    yield layer_case("Dropout(0.4)", lambda: nn.Dropout(0.4), (3, 4))
    yield layer_case("Dropout(0.4), evaluation", lambda: nn.Dropout(0.4).eval(), (3, 4))
    yield layer_case("DropConnect(3, 4)", _made(nn.DropConnect, 3, 4), (2, 3))
    yield layer_case("Sequential(Linear, Tanh, Linear)", lambda: nn.Sequential(
        _made(nn.Linear, 2, 3)(), nn.Tanh(), _made(nn.Linear, 3, 1)()), (2, 2))
    yield layer_case("LayerNorm(3)", lambda: nn.LayerNorm(3), (2, 3))
    yield layer_case("LayerNorm((2, 3))", lambda: nn.LayerNorm((2, 3)), (2, 2, 3))
    yield layer_case("RMSNorm(3)", lambda: nn.RMSNorm(3, 1e-6), (2, 3))
    yield layer_case("BatchNorm1d(2)", lambda: nn.BatchNorm1d(2), (4, 2))
    yield layer_case("BatchNorm1d(2), (N, C, L)", lambda: nn.BatchNorm1d(2), (2, 2, 3))
    yield layer_case("BatchNorm1d(2), evaluation", lambda: nn.BatchNorm1d(2).eval(), (3, 2))
    yield layer_case("Conv1d(2, 3, 2)", _made(nn.Conv1d, 2, 3, 2), (2, 2, 4))
    yield layer_case("Conv1d(2, 2, 3, stride=2, padding=1, dilation=2)",
                     _made(nn.Conv1d, 2, 2, 3, 2, 1, 2), (1, 2, 6))
    yield layer_case("Conv1d(1, 2, 2, padding='causal')", _made(nn.Conv1d, 1, 2, 2, padding="causal"),
                     (2, 1, 3))
    yield layer_case("SinusoidalPositions()", nn.SinusoidalPositions, (1, 2, 3))
    yield layer_case("LearnedPositions(3, 2)", _made(nn.LearnedPositions, 3, 2), (2, 2, 2))
    yield layer_case("RotaryPositions()", nn.RotaryPositions, (1, 2, 4))


def _recurrent() -> Iterator[Case]:
    lengths = np.array([2, 1])
    for nonlinearity in ("tanh", "relu", "sigmoid"):
        yield layer_case(f"RNN(2, 2, nonlinearity={nonlinearity!r})",
                         _made(nn.RNN, 2, 2, nonlinearity=nonlinearity), (2, 1, 2))
    for kind in (nn.RNN, nn.GRU, nn.LSTM):
        name, states = kind.__name__, 2 if kind is nn.LSTM else 1
        yield layer_case(f"{name}(1, 2), initial state", _made(kind, 1, 2), (2, 1, 1), *[(1, 1, 2)] * states,
                         call=lambda layer, x, *h: layer(x, h if len(h) > 1 else h[0]))
        yield layer_case(f"{name}(1, 2, bias=False), lengths", _made(kind, 1, 2, bias=False), (2, 2, 1),
                         call=lambda layer, x: layer(x, lengths=lengths))
        yield layer_case(f"{name}(1, 1, 2, bidirectional, batch_first, dropout)",
                         _made(kind, 1, 1, 2, bidirectional=True, batch_first=True, dropout=0.3), (1, 2, 1))


def _attention() -> Iterator[Case]:
    attend = nn.scaled_dot_product_attention
    lower = np.array([[True, False, True], [True, True, False]])
    def cross(layer: Any, x: Any, memory: Any) -> Any:
        return layer(x, memory, memory, key_padding_mask=np.array([[False, True]]))
    yield loss_case("scaled_dot_product_attention", attend, *_draw((2, 2), (3, 2), (3, 2)))
    yield loss_case("scaled_dot_product_attention, mask",
                    lambda q, k, v: attend(q, k, v, lower), *_draw((2, 2), (3, 2), (3, 1)))
    yield loss_case("scaled_dot_product_attention, mask to add, causal",
                    lambda q, k, v, m: attend(q, k, v, m, is_causal=True), *_draw((2, 2), (2, 2), (2, 1), (2, 2)))
    yield layer_case("MultiheadAttention(2, 2), causal", _made(nn.MultiheadAttention, 2, 2), (2, 1, 2),
                     call=lambda layer, x: layer(x, x, x, is_causal=True))
    yield layer_case("MultiheadAttention(2, 1, 0.2), two inputs, padding",
                     _made(nn.MultiheadAttention, 2, 1, 0.2, batch_first=True), (1, 2, 2), (1, 2, 2),
                     call=cross)
    for first, activation in ((False, "gelu"), (True, "relu")):
        settings: dict[str, Any] = {"activation": activation, "norm_first": first, "batch_first": first}
        yield layer_case(f"TransformerEncoderLayer({activation}, norm_first={first})",
                         _made(nn.TransformerEncoderLayer, 3, 1, 2, **settings), (2, 1, 3))
        yield layer_case(f"TransformerDecoderLayer({activation}, norm_first={first})",
                         _made(nn.TransformerDecoderLayer, 3, 1, 1, **settings, bias=False),
                         (1, 2, 3) if first else (2, 1, 3), (1, 1, 3))


def _losses() -> Iterator[Case]:
    rng, target = np.random.default_rng(1), np.array([2, 0, -100])
    scores, longer = _draw((3, 3), (2, 3, 2))
    p, t, u = rng.uniform(0.1, 0.9, (2, 3)), rng.uniform(0.1, 0.9, (2, 3)), rng.uniform(0.1, 0.9, (2, 3))
    weight = np.array([0.5, 2.0, 1.0])
    yield loss_case("cross_entropy, a target ignored", lambda x: nn.cross_entropy(x, target), scores)
    yield loss_case("cross_entropy, weight, label_smoothing",
                    lambda x: nn.cross_entropy(x, target, weight, label_smoothing=0.2), scores)
    yield loss_case("cross_entropy, (N, C, T)",
                    lambda x: nn.cross_entropy(x, np.array([[0, 2], [1, 1]]), reduction="none"), longer)
    yield loss_case("nll_loss", lambda x: nn.nll_loss(x, target, weight), scores)
    yield loss_case("mse_loss", nn.mse_loss, p, u)
    yield loss_case("binary_cross_entropy", lambda x, y: nn.binary_cross_entropy(x, y, t), p, u)
    yield loss_case("binary_cross_entropy_with_logits", lambda x, y: nn.binary_cross_entropy_with_logits(
        x, y, pos_weight=weight), scores[:2], u)
    yield loss_case("kl_div", lambda x, y: nn.kl_div(x, y, "batchmean"), scores[:2], t)
    yield loss_case("kl_div, log_target", lambda x, y: nn.kl_div(x, y, log_target=True), scores[:2], t)


def _draw(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [rng.standard_normal(shape) for shape in shapes]


def all_cases() -> dict[str, list[Case]]:
    """The cases of every layer and loss, by its name."""
    found: dict[str, list[Case]] = {}
    for part in (_small, _recurrent, _attention, _losses):
        for case in part():
            found.setdefault(case.name.split("(")[0].split(",")[0], []).append(case)
    return found
