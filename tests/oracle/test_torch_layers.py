"""Every layer and loss beside PyTorch's: outputs, gradients of inputs and of all parameters, weights both ways.

A family below is a generator of configurations, each a Pair: our module and PyTorch's, how each is called, and the
inputs. PyTorch's weights are loaded into ours, and ours back into a second module of PyTorch's that must agree.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
from with_torch import needs_torch, torch

import tinylm as tl
from tinylm import nn

pytestmark = needs_torch

WITHOUT_COUNTERPART = {
    "DropConnect": "PyTorch has none",
    "Dropout": "PyTorch draws other masks; in evaluation both do nothing",
    "SinusoidalPositions": "PyTorch has none",
    "RotaryPositions": "PyTorch has none; compared with a product of complex numbers",
    "Module": "a base class", "ModuleList": "a container",
}
TOLERANCE = {"float64": 1e-10, "float32": 1e-5}


class Pair(NamedTuple):
    """The same layer on both sides."""

    label: str
    ours: nn.Module
    theirs: Any  # torch.nn.Module
    arrays: list[np.ndarray]  # the inputs to differentiate by
    call: Callable[..., Any] = lambda layer, *inputs: layer(*inputs)
    their_call: Callable[..., Any] | None = None


FAMILIES: dict[str, Callable[[np.random.Generator], Iterator[Pair]]] = {}


def family(*names: str) -> Callable[..., Any]:
    def register(make: Callable[..., Iterator[Pair]]) -> Callable[..., Iterator[Pair]]:
        FAMILIES.update({name: lambda rng, name=name: make(name, rng) for name in names})
        return make
    return register


def tensors(value: Any) -> list[Any]:
    """The outputs, flattened; None left out."""
    if isinstance(value, (tuple, list)):
        return [part for inner in value for part in tensors(inner)]
    return [] if value is None else [value]


def assert_close(what: str, mine: np.ndarray, theirs: np.ndarray, floor: float = 0.0) -> None:
    assert mine.shape == theirs.shape, f"{what}: shape {mine.shape}, PyTorch {theirs.shape}"
    assert mine.dtype == theirs.dtype, f"{what}: dtype {mine.dtype}, PyTorch {theirs.dtype}"
    if mine.size:
        scale, error = max(float(np.abs(theirs).max()), floor), float(np.abs(mine - theirs).max())
        assert error <= TOLERANCE[str(mine.dtype)] * scale, f"{what}: off by {error}, largest entry {scale}"


def compare(pair: Pair, dtype: str, rng: np.random.Generator) -> None:
    """Outputs, gradients, and state_dict in both directions."""
    theirs = pair.theirs.to(getattr(torch, dtype))
    ours = pair.ours.to(dtype)
    ours.load_state_dict(theirs.state_dict())
    xs = [tl.Tensor(array.astype(dtype), requires_grad=True) for array in pair.arrays]
    us = [torch.tensor(array.astype(dtype), requires_grad=True) for array in pair.arrays]
    ys, vs = tensors(pair.call(ours, *xs)), tensors((pair.their_call or pair.call)(theirs, *us))
    assert len(ys) == len(vs)
    for k, (y, v) in enumerate(zip(ys, vs, strict=True)):
        assert_close(f"{pair.label}: output {k}", y.detach().numpy(), v.detach().numpy())
    cotangents = [np.asarray(rng.standard_normal(y.shape)).astype(dtype) for y in ys]
    mine, parameters = dict(ours.named_parameters()), dict(theirs.named_parameters())
    assert set(mine) == set(parameters), pair.label
    wanted = torch.autograd.grad(vs, [*us, *parameters.values()], [torch.tensor(c) for c in cotangents])
    found = tl.grad(ys, [*xs, *(mine[name] for name in parameters)], [tl.Tensor(c) for c in cotangents])
    names = [*(f"input {k}" for k in range(len(us))), *parameters]
    floor = max(float(g.abs().max()) for g in wanted if g.numel()) * 1e-2  # one that vanishes has no own scale
    for name, f, w in zip(names, found, wanted, strict=True):
        assert_close(f"{pair.label}: gradient of {name}", f.numpy(), w.numpy(), floor)
    for name, array in ours.state_dict().items():  # buffers, after a step
        assert_close(f"{pair.label}: {name}", np.asarray(array, dtype), theirs.state_dict()[name].numpy().astype(dtype))
    theirs.load_state_dict({name: torch.tensor(array + 1) for name, array in ours.state_dict().items()})
    ours.load_state_dict(theirs.state_dict())
    for name, array in theirs.state_dict().items():
        assert np.array_equal(ours.state_dict()[name], array.numpy()), f"{pair.label}: {name} does not go both ways"


def drawn(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.standard_normal(shape)


def size(rng: np.random.Generator, low: int = 1, high: int = 7) -> int:
    return int(rng.integers(low, high))


def coin(rng: np.random.Generator) -> bool:
    return bool(rng.random() < 0.5)


# Layers ---------------------------------------------------------------------------------------------------------------


@family("Linear")
def linear(name: str, rng: np.random.Generator) -> Iterator[Pair]:
    for _ in range(20):
        i, o, bias = size(rng), size(rng), coin(rng)
        shape = [size(rng) for _ in range(size(rng, 0, 4))]
        yield Pair(f"{i}, {o}, {bias}, {shape}", nn.Linear(i, o, bias), torch.nn.Linear(i, o, bias),
                   [drawn(rng, *shape, i)])


@family("Embedding", "LearnedPositions")
def table(name: str, rng: np.random.Generator) -> Iterator[Pair]:
    for _ in range(10):
        n, width, batch, length = size(rng), size(rng), size(rng), size(rng)
        ids = rng.integers(0, n, (batch, length))
        if name == "Embedding":
            yield Pair(f"{n}, {width}", nn.Embedding(n, width), torch.nn.Embedding(n, width), [],
                       lambda layer, ids=ids: layer(ids), lambda layer, ids=ids: layer(torch.tensor(ids)))
        else:
            start, end = sorted((size(rng, 0, n + 1), size(rng, 0, n + 1)))
            yield Pair(f"{n}, {width}, {start} to {end}", nn.LearnedPositions(n, width), torch.nn.Embedding(n, width),
                       [drawn(rng, batch, end - start, width)], lambda layer, x, start=start: layer(x, start),
                       lambda layer, x, start=start, end=end: x + layer(torch.arange(start, end)))


@family("ReLU", "Sigmoid", "Tanh", "Sequential")
def activations(name: str, rng: np.random.Generator) -> Iterator[Pair]:
    for _ in range(5):
        if name == "Sequential":
            i, h, o = size(rng), size(rng), size(rng)
            both = [[side.Linear(i, h), side.Tanh(), side.Sequential(side.Linear(h, o), side.ReLU())]
                    for side in (nn, torch.nn)]
            yield Pair(f"{i}, {h}, {o}", nn.Sequential(*both[0]), torch.nn.Sequential(*both[1]), [drawn(rng, 3, i)])
        else:
            yield Pair(name, getattr(nn, name)(), getattr(torch.nn, name)(), [drawn(rng, size(rng), size(rng))])


@family("LayerNorm", "RMSNorm")
def norms(name: str, rng: np.random.Generator) -> Iterator[Pair]:
    for _ in range(20):
        shape = tuple(size(rng, 2) for _ in range(size(rng, 1, 3)))
        normalized: Any = shape[0] if len(shape) == 1 and coin(rng) else shape
        eps = float(rng.choice([1e-5, 1e-3, 0.1]))
        settings: dict[str, Any] = {"elementwise_affine": coin(rng)}
        if name == "LayerNorm":
            settings |= {"bias": coin(rng)}
        elif coin(rng):
            eps = None
        theirs = getattr(torch.nn, name)(normalized, eps, **settings)
        for p in theirs.parameters():
            torch.nn.init.normal_(p)
        yield Pair(f"{normalized}, {eps}, {settings}", getattr(nn, name)(normalized, eps, **settings), theirs,
                   [drawn(rng, *[size(rng) for _ in range(size(rng, 0, 3))], *shape)])


@family("BatchNorm1d")
def batch_norm(name: str, rng: np.random.Generator) -> Iterator[Pair]:
    for _ in range(20):
        n, c, length = size(rng, 3), size(rng), size(rng)
        settings = (float(rng.choice([1e-5, 1e-2])), float(rng.uniform(0, 1)), coin(rng))
        shape = (n, c, length) if coin(rng) else (n, c)
        ours, theirs = nn.BatchNorm1d(c, *settings), torch.nn.BatchNorm1d(c, *settings)
        if settings[2]:
            torch.nn.init.normal_(theirs.weight)
        theirs(torch.tensor(drawn(rng, *shape), dtype=torch.float32))  # so that the averages are not those of the start
        mode = coin(rng)
        yield Pair(f"{shape}, {settings}, training={mode}", ours.train(mode), theirs.train(mode),
                   [1 + 2 * drawn(rng, *shape)])


@family("Conv1d")
def convolution(name: str, rng: np.random.Generator) -> Iterator[Pair]:
    for k in range(40):
        i, o, kernel, dilation, length = size(rng), size(rng), size(rng, 1, 5), size(rng, 1, 4), size(rng, 1, 12)
        reach, stride, bias = dilation * (kernel - 1), size(rng, 1, 4), coin(rng)
        padding = size(rng, 0, 5)
        if k % 4 == 0:  # PyTorch pads both sides, then the end is cut off
            ours = nn.Conv1d(i, o, kernel, stride, "causal", dilation, bias)
            theirs = torch.nn.Conv1d(i, o, kernel, stride, 0, dilation, bias=bias)
            yield Pair(f"causal, {ours}", ours, theirs, [drawn(rng, size(rng), i, length)], their_call=(
                lambda layer, x, reach=reach: layer(torch.nn.functional.pad(x, (reach, 0)))))
        elif length + 2 * padding > reach:
            ours = nn.Conv1d(i, o, kernel, stride, padding, dilation, bias)
            theirs = torch.nn.Conv1d(i, o, kernel, stride, padding, dilation, bias=bias)
            yield Pair(f"{ours}, {length}", ours, theirs, [drawn(rng, size(rng), i, length)])


@family("RNN", "GRU", "LSTM")
def recurrent(name: str, rng: np.random.Generator) -> Iterator[Pair]:
    for k in range(48):
        i, h, length, batch = size(rng, 1, 5), size(rng, 1, 5), size(rng), size(rng, 1, 5)
        settings: dict[str, Any] = {"num_layers": size(rng, 1, 4), "bias": coin(rng), "batch_first": coin(rng),
                                    "bidirectional": coin(rng)}
        if name == "RNN":
            settings["nonlinearity"] = str(rng.choice(["tanh", "relu"]))
        ours, theirs = getattr(nn, name)(i, h, **settings), getattr(torch.nn, name)(i, h, **settings)
        arrays = [drawn(rng, *((batch, length) if settings["batch_first"] else (length, batch)), i)]
        if k % 3:
            layers = settings["num_layers"] * (1 + settings["bidirectional"])
            arrays += [drawn(rng, layers, batch, h) for _ in range(2 if name == "LSTM" else 1)]
        lengths = rng.integers(1, length + 1, batch) if k % 2 else None

        def mine(layer: Any, x: Any, *state: Any, lengths: Any = lengths) -> Any:
            return layer(x, None if not state else state if len(state) > 1 else state[0], lengths=lengths)

        def hers(layer: Any, x: Any, *state: Any, lengths: Any = lengths, total: int = length) -> Any:
            initial = [] if not state else [state if len(state) > 1 else state[0]]
            if lengths is None:
                return layer(x, *initial)
            packed = torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor(lengths), layer.batch_first, False)
            output, last = layer(packed, *initial)
            return torch.nn.utils.rnn.pad_packed_sequence(output, layer.batch_first, total_length=total)[0], last
        yield Pair(f"{i}, {h}, {settings}, {[a.shape for a in arrays]}, lengths {lengths}", ours, theirs, arrays,
                   mine, hers)


def masks(rng: np.random.Generator, batch: int, heads: int, length: int, source: int) -> dict[str, np.ndarray]:
    """Random masks in PyTorch's sense (True: may not look), which leave every query the first key."""
    found = {}
    if coin(rng):
        shape = (length, source) if coin(rng) else (batch * heads, length, source)
        found["attn_mask"] = rng.random(shape) < 0.4
    if coin(rng):
        found["key_padding_mask"] = rng.random((batch, source)) < 0.4
    for name, mask in found.items():
        mask[..., 0] = False
        if coin(rng):
            found[name] = np.where(mask, -np.inf, rng.standard_normal(mask.shape))
    return found


def for_torch(arrays: dict[str, np.ndarray], dtype: Any) -> dict[str, Any]:
    return {name: torch.tensor(a if a.dtype == bool else a.astype(str(dtype).removeprefix("torch.")))
            for name, a in arrays.items()}


@family("MultiheadAttention")
def multihead(name: str, rng: np.random.Generator) -> Iterator[Pair]:
    for k in range(48):
        heads = size(rng, 1, 4)
        width, bias, first = heads * size(rng, 1, 4), coin(rng), coin(rng)
        ours = nn.MultiheadAttention(width, heads, bias=bias, batch_first=first)
        theirs = torch.nn.MultiheadAttention(width, heads, bias=bias, batch_first=first)
        if bias:
            torch.nn.init.normal_(theirs.in_proj_bias)
        batch, length, source = size(rng, 1, 4), size(rng), size(rng)
        same, causal, weights, average = k % 2 == 0, k % 4 == 0, coin(rng), coin(rng)
        source = length if same else source
        given = masks(rng, batch, heads, length, source)
        shapes = [(batch, n) if first else (n, batch) for n in (length, source, source)[:1 if same else 3]]

        def mine(layer: Any, *x: Any, given: Any = given, causal: bool = causal, weights: bool = weights,
                 average: bool = average) -> Any:
            return layer(*(x * 3 if len(x) == 1 else x), need_weights=weights, average_attn_weights=average,
                         is_causal=causal, **given)

        def hers(layer: Any, *x: Any, given: Any = given, causal: bool = causal, weights: bool = weights,
                 average: bool = average, length: int = length) -> Any:
            given = dict(given)
            if causal:
                upper = np.triu(np.ones((length, length), bool), 1)
                mask = given.get("attn_mask", np.zeros((length, length), bool))
                given["attn_mask"] = mask | upper if mask.dtype == bool else np.where(upper, -np.inf, mask)
            return layer(*(x * 3 if len(x) == 1 else x), need_weights=weights, average_attn_weights=average,
                         **for_torch(given, x[0].dtype))
        yield Pair(f"{width}, {heads}, {bias}, {first}, {shapes}, {list(given)}, causal={causal}", ours, theirs,
                   [drawn(rng, *shape, width) for shape in shapes], mine, hers)


@family("TransformerEncoderLayer", "TransformerDecoderLayer")
def transformer(name: str, rng: np.random.Generator) -> Iterator[Pair]:
    encoder = name == "TransformerEncoderLayer"
    for k in range(24):
        heads = size(rng, 1, 4)
        settings: dict[str, Any] = {
            "d_model": heads * size(rng, 4, 6), "nhead": heads, "dim_feedforward": size(rng), "dropout": 0.0,
            "activation": str(rng.choice(["relu", "gelu"])), "layer_norm_eps": float(rng.choice([1e-5, 1e-2])),
            "batch_first": coin(rng), "norm_first": coin(rng), "bias": coin(rng)}
        ours, theirs = getattr(nn, name)(**settings), getattr(torch.nn, name)(**settings)
        for p in theirs.parameters():
            torch.nn.init.normal_(p, std=0.5)
        batch, length, source = size(rng, 1, 4), size(rng), size(rng)
        lengths = (length,) if encoder else (length, source)
        padding = rng.random((batch, lengths[-1])) < 0.3
        padding[:, 0] = False
        upper = np.triu(np.ones((length, length), bool), 1)
        given = {("src" if encoder else "memory") + "_key_padding_mask": padding} if k % 2 else {}
        causal = {"is_causal" if encoder else "tgt_is_causal": True} if k % 3 else {}
        mask = {"src_mask" if encoder else "tgt_mask": upper} if k % 3 else {}
        shapes = [(batch, n) if settings["batch_first"] else (n, batch) for n in lengths]
        yield Pair(f"{settings}, {shapes}", ours.train(coin(rng)), theirs,
                   [drawn(rng, *shape, settings["d_model"]) for shape in shapes],
                   lambda layer, *x, given=given, causal=causal: layer(*x, **given, **causal),
                   lambda layer, *x, given=given, mask=mask: layer(*x, **for_torch(given | mask, x[0].dtype)))


# Losses ---------------------------------------------------------------------------------------------------------------


REDUCTIONS = ("mean", "sum", "none")


@family("CrossEntropyLoss", "NLLLoss")
def likelihoods(name: str, rng: np.random.Generator) -> Iterator[Pair]:
    for reduction, k in itertools.product(REDUCTIONS, range(16)):
        batch, classes = size(rng), size(rng, 2)
        shape = [batch, classes, *[size(rng, 1, 4) for _ in range(size(rng, 0, 3))]] if k else [classes]
        target = rng.integers(0, classes, shape[:1] * bool(k) + shape[2:])
        ignore = int(rng.choice([-100, 0, 1]))
        if k % 2 and target.size > 1:
            target.flat[0], target.flat[1] = ignore, (ignore + 1) % classes if ignore >= 0 else 0
        elif ignore >= 0:
            ignore = -100
        weight = rng.uniform(0.1, 2, classes) if k % 3 == 0 else None
        settings: dict[str, Any] = {"ignore_index": ignore, "reduction": reduction}
        if name == "CrossEntropyLoss" and coin(rng):
            settings["label_smoothing"] = float(rng.uniform(0, 1))
        theirs = getattr(torch.nn, name)(None if weight is None else torch.tensor(weight), **settings)
        yield Pair(f"{shape}, {settings}", getattr(nn, name)(weight, **settings), theirs, [drawn(rng, *shape)],
                   lambda layer, x, target=target: layer(x, target),
                   lambda layer, x, target=target: layer(x, torch.tensor(target)))


@family("MSELoss", "BCELoss", "BCEWithLogitsLoss", "KLDivLoss")
def elementwise(name: str, rng: np.random.Generator) -> Iterator[Pair]:
    for reduction, k in itertools.product([*REDUCTIONS, *["batchmean"] * (name == "KLDivLoss")], range(8)):
        shape = [size(rng) for _ in range(size(rng, 1, 4))]
        x = rng.uniform(0.02, 0.98, shape) if name == "BCELoss" else drawn(rng, *shape)
        target = rng.uniform(0.02, 0.98, shape)
        settings: dict[str, Any] = {"reduction": reduction}
        if name == "KLDivLoss":
            settings["log_target"] = coin(rng)
        extras = {}
        if name.startswith("BCE") and coin(rng):
            extras["weight"] = rng.uniform(0.1, 2, shape)
        if name == "BCEWithLogitsLoss" and coin(rng):
            extras["pos_weight"] = rng.uniform(0.1, 3, shape[-1])
        theirs = getattr(torch.nn, name)(**settings, **{key: torch.tensor(w) for key, w in extras.items()})
        yield Pair(f"{shape}, {settings}, {list(extras)}", getattr(nn, name)(**settings, **extras), theirs, [x, target])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", FAMILIES)
def test_beside_pytorch(name: str, dtype: str) -> None:
    if torch is not None:
        torch.manual_seed(zlib.crc32(name.encode()))
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    for pair in FAMILIES[name](rng):
        compare(pair, dtype, rng)


def test_everything_has_its_pair() -> None:
    modules = {name for name in nn.__all__ if isinstance(getattr(nn, name), type)}
    assert modules == set(FAMILIES) | set(WITHOUT_COUNTERPART)


# What is no module, or has no counterpart -----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_scaled_dot_product_attention(dtype: str) -> None:
    rng = np.random.default_rng(5)
    for k in range(40):
        front = [size(rng, 1, 4) for _ in range(size(rng, 0, 3))]
        length, source, d, e = size(rng), size(rng), size(rng), size(rng)
        arrays = [drawn(rng, *front, length, d), drawn(rng, *front, source, d), drawn(rng, *front, source, e)]
        mask, causal = None, k % 3 == 0
        scale = float(rng.uniform(0.1, 2)) if coin(rng) else None
        if k % 3 == 1:
            mask = rng.random((length, source)) < 0.6
            mask[:, 0] = True
        if k % 3 == 2:
            mask = drawn(rng, *front, length, source).astype(dtype)
        xs = [tl.Tensor(a.astype(dtype), requires_grad=True) for a in arrays]
        us = [torch.tensor(a.astype(dtype), requires_grad=True) for a in arrays]
        y = nn.scaled_dot_product_attention(*xs, mask, is_causal=causal, scale=scale)
        v = torch.nn.functional.scaled_dot_product_attention(
            *us, None if mask is None else torch.tensor(mask), is_causal=causal, scale=scale)
        assert_close("output", y.detach().numpy(), v.detach().numpy())
        c = drawn(rng, *y.shape).astype(dtype)
        wanted = torch.autograd.grad(v, us, torch.tensor(c))
        floor = 1e-2 * max(float(w.abs().max()) for w in wanted)  # with one key, that of the scores vanishes
        for f, w in zip(tl.grad(y, xs, tl.Tensor(c)), wanted, strict=True):
            assert_close("gradient", f.numpy(), w.numpy(), floor)


def test_rotary_positions_are_a_product_of_complex_numbers() -> None:
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 6))
    pairs = torch.view_as_complex(torch.tensor(x).reshape(2, 3, 5, 3, 2))
    angles = torch.outer(torch.arange(7.0, 12.0, dtype=torch.float64), 100.0 ** (-torch.arange(0, 6, 2).double() / 6))
    wanted = torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)).flatten(-2)
    assert np.allclose(nn.RotaryPositions(100.0)(tl.Tensor(x), 7).numpy(), wanted.numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_",
                                  "orthogonal_", "trunc_normal_", "uniform_", "normal_"])
def test_initialisers_have_pytorchs_spread(name: str) -> None:
    """Not the same numbers, but the same mean, standard deviation and largest entry."""
    for shape in ((200, 300), (300, 50, 4)):
        t = torch.empty(*shape)
        getattr(torch.nn.init, name)(t)
        x = getattr(nn.init, name)(tl.Tensor(np.zeros(shape)), rng=np.random.default_rng(0)).numpy()
        assert x.std() == pytest.approx(t.std().item(), rel=0.02)
        assert abs(x.mean() - t.mean().item()) < 0.02 * t.std().item() + 0.002
        assert np.abs(x).max() == pytest.approx(t.abs().max().item(), rel=0.3)


def test_gains_are_pytorchs() -> None:
    for name in ("linear", "sigmoid", "tanh", "relu", "leaky_relu"):
        assert nn.init.calculate_gain(name) == pytest.approx(torch.nn.init.calculate_gain(name), rel=1e-15)
    assert nn.init.calculate_gain("leaky_relu", 0.3) == pytest.approx(torch.nn.init.calculate_gain("leaky_relu", 0.3))
