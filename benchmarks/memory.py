"""What a forward and a backward take: the peak of memory above that after the imports, and the bytes saved between.

Every figure comes from a fresh process. Both libraries run the same formulas, each in its natural form: TinyLM from
primitives, PyTorch eagerly with F.linear, F.layer_norm, F.gelu and softmax. "Saved" counts distinct memory that the
recorded graph holds between forward and backward, parameters and the given batch left out on both sides.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from common import has_torch, median, once, options, peak, report, serve

LAYERS, WIDTH, BATCH = 20, 512, 256  # of the MLP
ROWS, TIME, HEADS = 4, 256, 8  # of the Transformer block, of the same width
CASES = ["MLP relu", "MLP tanh", "MLP gelu", "Transformer block"]
Network = Callable[[dict[str, Any], Any], Any]


def parameters(case: str) -> dict[str, tuple[int, ...]]:
    """Names and shapes; weights are (in, out)."""
    if case != "Transformer block":
        return {f"{kind}{k}": shape for k in range(LAYERS) for kind, shape in (("w", (WIDTH, WIDTH)), ("b", (WIDTH,)))}
    sizes = {"query": (WIDTH, WIDTH), "key": (WIDTH, WIDTH), "value": (WIDTH, WIDTH), "out": (WIDTH, WIDTH),
             "up": (WIDTH, 4 * WIDTH), "down": (4 * WIDTH, WIDTH)}
    norms = {f"{norm} {part}": (WIDTH,) for norm in ("norm1", "norm2") for part in ("gain", "bias")}
    return sizes | {f"{name} bias": (out,) for name, (_, out) in sizes.items()} | norms


def arrays(case: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The batch and the parameters: the same numbers for both libraries."""
    draw = np.random.default_rng(0)
    shape = (ROWS, TIME, WIDTH) if case == "Transformer block" else (BATCH, WIDTH)
    x = draw.standard_normal(shape, np.float32)
    return x, {name: draw.standard_normal(size, np.float32) / math.sqrt(size[0])
               for name, size in parameters(case).items()}


def tinylm_networks() -> dict[str, Network]:
    import tinylm as tl

    def mlp(activation: Callable[[Any], Any]) -> Network:
        def run(p: dict[str, Any], h: Any) -> Any:
            for k in range(LAYERS):
                h = activation(h @ p[f"w{k}"] + p[f"b{k}"])
            return np.mean(h * h)
        return run

    def norm(p: dict[str, Any], name: str, x: Any) -> Any:
        spread = np.sqrt(np.var(x, axis=-1, keepdims=True) + 1e-5)  # (rows, time, 1)
        return (x - np.mean(x, axis=-1, keepdims=True)) / spread * p[f"{name} gain"] + p[f"{name} bias"]

    def heads(x: Any) -> Any:
        return x.reshape(ROWS, TIME, HEADS, WIDTH // HEADS).transpose(0, 2, 1, 3)  # (rows, heads, time, width / heads)

    def block(p: dict[str, Any], x: Any) -> Any:
        linear = lambda name, h: h @ p[name] + p[f"{name} bias"]
        seen = np.tril(np.ones((TIME, TIME), bool))
        h = norm(p, "norm1", x)
        q, k, v = (heads(linear(name, h)) for name in ("query", "key", "value"))
        scores = np.where(seen, q @ k.mT * (1 / math.sqrt(WIDTH // HEADS)), -np.inf)  # (rows, heads, time, time)
        mixed = (tl.ops.softmax(scores) @ v).transpose(0, 2, 1, 3).reshape(ROWS, TIME, WIDTH)
        x = x + linear("out", mixed)
        x = x + linear("down", tl.ops.gelu(linear("up", norm(p, "norm2", x))))
        return np.mean(x * x)

    return {"MLP relu": mlp(tl.ops.relu), "MLP tanh": mlp(np.tanh), "MLP gelu": mlp(tl.ops.gelu),
            "Transformer block": block}


def torch_networks() -> dict[str, Network]:
    import torch
    import torch.nn.functional as F  # noqa: N812

    def mlp(activation: Callable[[Any], Any]) -> Network:
        def run(p: dict[str, Any], h: Any) -> Any:
            for k in range(LAYERS):
                h = activation(F.linear(h, p[f"w{k}"].T, p[f"b{k}"]))
            return (h * h).mean()
        return run

    def block(p: dict[str, Any], x: Any) -> Any:
        linear = lambda name, h: F.linear(h, p[name].T, p[f"{name} bias"])
        norm = lambda name, h: F.layer_norm(h, (WIDTH,), p[f"{name} gain"], p[f"{name} bias"])
        heads = lambda h: h.view(ROWS, TIME, HEADS, WIDTH // HEADS).transpose(1, 2)  # (rows, heads, time, ...)
        hidden = ~torch.ones(TIME, TIME, dtype=torch.bool).tril()
        h = norm("norm1", x)
        q, k, v = (heads(linear(name, h)) for name in ("query", "key", "value"))
        scores = (q @ k.mT * (1 / math.sqrt(WIDTH // HEADS))).masked_fill(hidden, -math.inf)  # (..., time, time)
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(ROWS, TIME, WIDTH)
        x = x + linear("out", mixed)
        x = x + linear("down", F.gelu(linear("up", norm("norm2", x))))
        return (x * x).mean()

    return {"MLP relu": mlp(torch.relu), "MLP tanh": mlp(torch.tanh), "MLP gelu": mlp(F.gelu),
            "Transformer block": block}


def saved_by_tinylm(loss: Any, given: list[Any]) -> int:
    """Bytes of the distinct buffers in the graph behind `loss`."""
    from tinylm.graph import arrays_in, newest_first

    def owner(array: Any) -> Any:
        while isinstance(array.base, np.ndarray):
            array = array.base
        return array

    held = {id(owner(a)): owner(a).nbytes for node in newest_first([loss._node]) for a in arrays_in(node.saved)}
    return sum(size for key, size in held.items() if key not in {id(owner(tensor._array)) for tensor in given})


def worker(library: str) -> None:
    networks = tinylm_networks() if library == "TinyLM" else torch_networks()

    def measure(case: str, what: str) -> list[float]:
        """[peak above the imports, bytes saved, loss, length of the gradient]; one of the first two is measured."""
        after_import = peak()
        x, values = arrays(case)
        saved = 0
        if library == "TinyLM":
            import tinylm as tl
            x, p = tl.Tensor(x), {name: tl.Tensor(value, requires_grad=True) for name, value in values.items()}
            del values
            loss = networks[case](p, x)
            if what == "saved":
                saved = saved_by_tinylm(loss, [x, *p.values()])
            loss.backward()
            length = math.sqrt(sum(float(np.sum(np.square(t.grad.data, dtype=np.float64))) for t in p.values()))
        else:
            import torch
            x, p = torch.tensor(x), {name: torch.tensor(value, requires_grad=True) for name, value in values.items()}
            del values
            held: dict[int, Any] = {}
            given = {t.untyped_storage().data_ptr() for t in [x, *p.values()]}

            def pack(tensor: Any) -> Any:
                storage = tensor.untyped_storage()  # held on to, so that no address comes twice
                held[storage.data_ptr()] = storage
                return tensor

            hooks = torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor)
            with hooks if what == "saved" else contextlib.nullcontext():
                loss = networks[case](p, x)
            saved = sum(storage.nbytes() for address, storage in held.items() if address not in given)
            loss.backward()
            length = math.sqrt(sum(float(t.grad.double().square().sum()) for t in p.values()))
        return [float(peak() - after_import), float(saved), float(loss.item()), length]

    serve(measure)


def main() -> None:
    given = options(__doc__, count=5)
    if given.worker:
        worker(given.worker)
        return
    libraries = ["TinyLM"] + ["PyTorch"] * has_torch()
    figures: dict[str, dict[str, dict[str, float]]] = {}
    for case in CASES:
        runs: dict[str, list[list[float]]] = {name: [] for name in libraries}
        for _ in range(given.rounds):
            for name in libraries:
                runs[name].append(once(__file__, name, 2, case, "peak"))
        saved = {name: once(__file__, name, 2, case, "saved") for name in libraries}
        figures[case] = {name: {"peak": median([run[0] for run in runs[name]]), "saved": saved[name][1],
                                "loss": saved[name][2], "gradient": saved[name][3]} for name in libraries}
        if len(libraries) == 2:  # the same network, or the comparison means nothing
            ours, theirs = figures[case].values()
            assert math.isclose(ours["loss"], theirs["loss"], rel_tol=1e-4), figures[case]
            assert math.isclose(ours["gradient"], theirs["gradient"], rel_tol=1e-3), figures[case]
    rows = []
    for case, by_library in figures.items():
        row: list[Any] = [case]
        for what in ("peak", "saved"):
            sizes = [by_library[name][what] / 2**20 for name in libraries]
            row += [f"{size:.1f}" for size in sizes] + [size / sizes[1] for size in sizes[:1] if len(sizes) > 1]
        rows.append(row)
    header = ["case (MiB)"]
    for what in ("peak", "saved"):
        header += [f"{name}, {what}" for name in libraries] + ["ratio"] * (len(libraries) - 1)
    report("Memory of a forward and a backward", header, rows, figures, given.json)


if __name__ == "__main__":
    main()
