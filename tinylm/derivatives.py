"""Whole derivatives built from gradients: Jacobians, Hessians, and their products with a vector.

One walk back through a graph gives one row of a Jacobian (or vᵀJ, a mixture of rows) at the cost of about two
forwards, however many inputs there are. So products with a vector are cheap, and a Jacobian of m outputs costs
m walks. The signatures follow torch.autograd.functional.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .graph import setting
from .tensor import Tensor, grad, wrap


def _leaf(value: Any) -> Tensor:
    """A fresh leaf with the same values, so that the caller's graph is left alone."""
    return Tensor(value, requires_grad=True)


def _apply(func: Callable[[Tensor], Tensor], x: Tensor, name: str) -> Tensor:
    with setting(record=True):
        y = func(x)
    if not isinstance(y, Tensor):
        raise TypeError(f"{name}: the function returned {type(y).__name__}, not a Tensor")
    return y


def jacobian(func: Callable[[Tensor], Tensor], inputs: Any) -> Tensor:
    """J[i.., j..] = ∂yᵢ/∂xⱼ for y = func(x): shape (*y.shape, *x.shape). Costs one backward per element of y."""
    x = _leaf(inputs)
    y = _apply(func, x, "jacobian")
    rows = np.zeros_like(x._array, shape=(y.size, *x.shape))
    for i in range(y.size if y.requires_grad else 0):
        one = np.zeros_like(y._array, shape=(y.size,))
        one[i] = 1
        row = grad(y, x, wrap(np.reshape(one, y.shape), None, 0), retain_graph=True, allow_unused=True)
        if row is not None:
            rows[i] = row._array
    return wrap(np.reshape(rows, (*y.shape, *x.shape)), None, 0, [0])  # (outputs, inputs), each in its own shape


def hessian(func: Callable[[Tensor], Tensor], inputs: Any) -> Tensor:
    """H[i.., j..] = ∂²y/∂xᵢ∂xⱼ for a single number y = func(x): shape (*x.shape, *x.shape)."""
    return jacobian(lambda x: _gradient(func, x, "hessian"), inputs)


def vjp(func: Callable[[Tensor], Tensor], inputs: Any, v: Any) -> tuple[Tensor, Tensor]:
    """(y, vᵀJ) for y = func(x) and v of y's shape: one backward."""
    x = _leaf(inputs)
    y = _apply(func, x, "vjp")
    return y.detach(), grad(y, x, v)


def hvp(func: Callable[[Tensor], Tensor], inputs: Any, v: Any) -> tuple[Tensor, Tensor]:
    """(y, H v) for a single number y = func(x): the gradient of ∇y · v; no H is ever built (Pearlmutter 1994)."""
    x = _leaf(inputs)
    gradient = _gradient(func, x, "hvp")
    product = grad(gradient, x, v, allow_unused=True) if gradient.requires_grad else None
    zero = wrap(np.zeros_like(x._array), None, 0, [0])
    return func(x).detach(), zero if product is None else product


def _gradient(func: Callable[[Tensor], Tensor], x: Tensor, name: str) -> Tensor:
    y = _apply(func, x, name)
    if y.size != 1:
        raise ValueError(f"{name}: the function gave a Tensor of shape {y.shape}; it takes a number, such as a loss")
    found: Tensor = grad(y, x, create_graph=True)
    return found
