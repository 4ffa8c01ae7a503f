"""The floor: the matrix products of a step and nothing else, in NumPy (or CuPy) and in PyTorch.

Operands stay where they are from one product to the next of the same shape, and results are written into memory that
is there already, so this is less than any library needs that computes with these products. A library that skips
what a causal mask hides, or that has faster products, can come below.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from .tasks import Step, Task, Weights, products


def build(task: Task, weights: Weights, variant: str = "NumPy", device: str = "cpu") -> Step:
    """A "step" that gives no loss: 0. variant: "NumPy" or "PyTorch" """
    rng = np.random.default_rng(0)
    if variant == "PyTorch":
        import torch
        torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
        put: Any = lambda array: torch.from_numpy(array).to("cuda" if device == "gpu" else "cpu")
        multiply: Any = torch.matmul
        swap: Any = torch.swapaxes
    else:
        from tinylm.backend import to_device
        put, multiply, swap = lambda array: to_device(array, device), np.matmul, np.swapaxes
    work = []
    for p in products(task):
        stack = (p.batch,) if p.batch > 1 else ()
        a, b = (put(rng.standard_normal(stack + (shape[::-1] if turned else shape), np.float32))
                for shape, turned in (((p.m, p.k), p.left), ((p.k, p.n), p.right)))
        a, b = (swap(array, -1, -2) if turned else array for array, turned in ((a, p.left), (b, p.right)))
        work.append((p.times, a, b, put(np.empty((*stack, p.m, p.n), np.float32))))

    def step(inputs: np.ndarray, targets: np.ndarray) -> float:
        for times, a, b, out in work:
            for _ in range(times):
                multiply(a, b, out=out)
        return 0.0

    return step
