"""What an update costs: milliseconds for one step of AdamW and of SGD over about a million parameters.

PyTorch's step is measured in each of its three forms: one fused kernel, lists of tensors at once, and a tensor at
a time. The gradients are the same at every step; no forward or backward is in the figures.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from common import Worker, has_torch, median, options, report, rounds, serve

MODELS = {
    "one matrix of 1,000,000": [(1000, 1000)],
    "a Transformer's, 53 tensors": [(256, 128), *[
        (128,), (128,), (384, 128), (384,), (128, 128), (128,), (128,), (128,),
        (512, 128), (512,), (128, 512), (128,), (128,)
    ] * 4],
    "1,000 tensors of 64": [(64,)] * 1000,
}
OPTIMIZERS: dict[str, dict[str, Any]] = {"AdamW": {}, "SGD": {"momentum": 0.9}}
FORMS = {"fused": {"fused": True}, "foreach": {"foreach": True}, "plain": {"foreach": False}}


def worker(library: str) -> None:
    """Measure in this process: the seconds of one step."""
    rng = np.random.default_rng(0)

    def prepare(optimizer: str, shapes: list[tuple[int, ...]]) -> Callable[[], Any]:
        values, gradients = ([rng.standard_normal(shape, np.float32) for shape in shapes] for _ in range(2))
        if library == "TinyLM":
            import tinylm as tl
            from tinylm import optim
            ours = [tl.Tensor(value, requires_grad=True) for value in values]
            for parameter, gradient in zip(ours, gradients, strict=True):
                parameter.grad = tl.Tensor(gradient)
            return getattr(optim, optimizer)(ours, 1e-6, **OPTIMIZERS[optimizer]).step
        import torch
        torch.set_num_threads(int(library[-1]))
        theirs = [torch.nn.Parameter(torch.tensor(value)) for value in values]
        for parameter, gradient in zip(theirs, gradients, strict=True):
            parameter.grad = torch.tensor(gradient)
        form = FORMS[library.split()[1].strip(",")]
        return getattr(torch.optim, optimizer)(theirs, 1e-6, **OPTIMIZERS[optimizer], **form).step

    steps = {f"{optimizer}, {model}": prepare(optimizer, shapes)
             for optimizer in OPTIMIZERS for model, shapes in MODELS.items()}

    def measure(case: str) -> float:
        times = []
        for _ in range(3):
            start = time.perf_counter()
            steps[case]()
            times.append(time.perf_counter() - start)
        return median(times)

    for case in steps:
        measure(case)
    serve(measure)


def main() -> None:
    given = options(__doc__, count=11)
    if given.worker:
        worker(given.worker)
        return
    theirs = [*(f"PyTorch {form}, threads 1" for form in FORMS), "PyTorch fused, threads 2"] * has_torch()
    workers = {name: Worker(__file__, name, threads=int(name[-1]) if "threads" in name else 1)
               for name in ["TinyLM", *theirs]}
    cases = [f"{optimizer}, {model}" for optimizer in OPTIMIZERS for model in MODELS]
    answers = rounds(workers, cases, given.rounds)
    for one in workers.values():
        one.close()
    milli = {case: {name: median(seconds) * 1e3 for name, seconds in by_library.items()}
             for case, by_library in answers.items()}
    rows = []
    for case, figures in milli.items():
        row: list[Any] = [case, figures["TinyLM"]]
        for name in theirs:
            row += [figures[name], figures["TinyLM"] / figures[name]]
        rows.append(row)
    header = ["case (ms a step)", "TinyLM"]
    for name in theirs:
        header += [name, "ratio"]
    report("A step of an optimizer", header, rows, milli, given.json)


if __name__ == "__main__":
    main()
