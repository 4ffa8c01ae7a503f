"""The table of derivatives: every operation, its formula and its rules.

Some of these share the name of a Python builtin (`sum`, `max`, `abs`), as NumPy's do: write `ops.sum`
and never `from tinylm.ops import *`.
"""

from ..graph import TABLE
from .activation import elu, erf, gelu, leaky_relu, relu, sigmoid, silu, softplus
from .elementwise import abs, add, arctan, astype, clip, cos, divide, exp, exp2, expm1, identity, log, log1p, log2
from .elementwise import maximum, minimum, multiply, negative, power, remainder, sin, sqrt, square, subtract, tan, tanh
from .elementwise import to, where
from .index import embedding, getitem, one_hot, scatter_add, take, take_along_axis
from .linalg import contract, det, dot, einsum, inv, matmul, outer, solve, trace
from .reduce import cumsum, log_softmax, logsumexp, max, mean, min, norm, prod, softmax, sort, std, sum, var
from ..samples import BINARY, REDUCTIONS, UNARY
from .shape import broadcast_to, concatenate, diagonal, expand_dims, flip, moveaxis, pad, repeat, reshape, roll, split
from .shape import squeeze, stack, swapaxes, tile, transpose, tril, triu

argmax, argmin, argsort = TABLE["argmax"], TABLE["argmin"], TABLE["argsort"]
