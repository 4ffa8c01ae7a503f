"""The table of derivatives: every operation, its formula and its rules.

Some of these share the name of a Python builtin (`sum`, `max`, `abs`), as NumPy's do: write `ops.sum`
and never `from tinylm.ops import *`.
"""

from .activation import elu, erf, gelu, leaky_relu, relu, sigmoid, silu, softplus, tanh
from .elementwise import (
    abs,
    add,
    arctan,
    astype,
    clip,
    cos,
    divide,
    exp,
    exp2,
    expm1,
    identity,
    log,
    log1p,
    log2,
    maximum,
    minimum,
    multiply,
    negative,
    power,
    remainder,
    sin,
    sqrt,
    square,
    subtract,
    tan,
    to,
    where,
)
from .index import embedding, getitem, one_hot, scatter_add, take, take_along_axis
from .linalg import det, dot, einsum, inv, matmul, outer, solve, trace
from .reduce import cumsum, log_softmax, logsumexp, max, mean, min, norm, prod, softmax, sort, std, sum, var
from .samples import BINARY, REDUCTIONS, UNARY
from .shape import (
    broadcast_to,
    concatenate,
    diagonal,
    expand_dims,
    flip,
    moveaxis,
    pad,
    repeat,
    reshape,
    roll,
    split,
    squeeze,
    stack,
    swapaxes,
    tile,
    transpose,
    tril,
    triu,
)
