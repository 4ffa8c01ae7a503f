"""Linear algebra: products of matrices, and what undoes them."""

from __future__ import annotations

import math
import string
from typing import Any

import numpy as np

from ..backend import Array
from ..graph import TABLE
from ..primitives import primitive
from ..samples import R, call
from .elementwise import identity_matrix
from .reduce import in_float32

Shape = tuple[int, ...]

_PRODUCTS = [
    ((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3,)), ((2, 3), (3, 2)), ((2, 2, 3), (3, 2)), ((2, 2, 3), (2, 3, 2)),
    ((1, 2, 3), (2, 3, 2)), ((3,), (2, 3, 2)), ((2, 2, 3), (3,)), ((2, 1, 1, 3), (2, 3, 1)), ((2, 3), (2, 3, 2)),
    ((0, 3), (3, 2)), ((2, 0), (0, 2))]

def _rows(x: Array) -> Array:
    """All axes but the last as one: (rows, width)."""
    return np.reshape(x, (math.prod(x.shape[:-1]), x.shape[-1]))

def _transposed(x: Array) -> Array:
    return np.swapaxes(x, -1, -2)

@primitive(np.matmul, samples=[call(R(*a), R(*b)) for a, b in _PRODUCTS])
def matmul(x1: Array, x2: Array) -> Array:
    """y = x1 x2 over the last two axes, the others broadcast. (..., n, k) (..., k, m) → (..., n, m)"""
    return np.matmul(x1, x2)

@matmul.vjp("x1")
def _(g: Array, x2: Array, x1_shape: Shape) -> Array:
    if x2.ndim == 1:
        return np.expand_dims(g, -1) * x2  # (..., n, 1) (k,)
    if len(x1_shape) == 1:
        return np.matmul(x2, np.expand_dims(g, -1))[..., 0]  # (..., k, m) (..., m, 1)
    return np.matmul(g, _transposed(x2))  # (..., n, m) (..., m, k)

@matmul.vjp("x2")
def _(g: Array, x1: Array, x2_shape: Shape) -> Array:
    if x1.ndim == 1:
        return x1 * g if len(x2_shape) == 1 else x1[:, None] * np.expand_dims(g, -2)  # (k, 1) (..., 1, m)
    if len(x2_shape) == 1:
        return np.matmul(np.expand_dims(g, -2), x1)  # (..., 1, n) (..., n, k), un-broadcast to (k,)
    if len(x2_shape) == 2:  # one weight for the whole batch: one product, not a batch of weights to add up
        return np.matmul(_rows(x1).T, _rows(g))  # (k, batch·n) (batch·n, m)
    return np.matmul(_transposed(x1), g)  # (..., k, n) (..., n, m)

_DOTS = [((3,), (3,)), ((2, 3), (3,)), ((2, 3), (3, 2)), ((2, 2, 3), (2, 3, 2)), ((3,), (2, 3, 2)),
         ((3,), (2, 2, 3, 2)), ((), (2,)), ((2,), ()), ((0, 3), (3, 2))]

@primitive(np.dot, samples=[call(R(*a), R(*b)) for a, b in _DOTS])
def dot(a: Array, b: Array) -> Array:
    """y[i.., j.., m] = Σₖ a[i.., k] b[j.., k, m]; a number multiplies"""
    return np.dot(a, b)

def _unsummed(b_shape: Shape) -> Shape:
    """The axes of dot's second factor that survive: all but the last but one, or none of a vector's."""
    return b_shape[:-2] + b_shape[-1:] if len(b_shape) > 1 else ()

@dot.vjp("a")
def _(g: Array, a_shape: Shape, b: Array) -> Array:
    if np.ndim(b) == 0 or a_shape == ():
        return g * b
    flat = np.reshape(g, (math.prod(a_shape[:-1]), math.prod(_unsummed(b.shape))))  # (i, j·m)
    columns = np.reshape(b if b.ndim == 1 else np.moveaxis(b, -2, 0), (a_shape[-1], flat.shape[1]))  # (k, j·m)
    return np.reshape(np.matmul(flat, columns.T), a_shape)  # (i.., k)

@dot.vjp("b")
def _(g: Array, a: Array, b_shape: Shape) -> Array:
    if np.ndim(a) == 0 or b_shape == ():
        return g * a
    rest = _unsummed(b_shape)
    flat = np.reshape(g, (math.prod(a.shape[:-1]), math.prod(rest)))  # (i, j·m)
    product = np.reshape(np.matmul(_rows(a).T, flat), (a.shape[-1], *rest))  # (k, j.., m)
    return np.moveaxis(product, 0, len(b_shape) - 2)  # (j.., k, m)

_PAIRS = [call(R(2), R(3)), call(R(2, 2), R(3)), call(R(2), R(2, 2)), call(R(), R(2)), call(R(0), R(3))]

@primitive(np.outer, samples=_PAIRS)
def outer(a: Array, b: Array) -> Array:
    """y[i, j] = a[i] b[j], both flattened"""
    return np.outer(a, b)

outer.vjp("a")(lambda g, a_shape, b: np.reshape(np.matmul(g, np.ravel(b)), a_shape))  # (i, j) (j,)
outer.vjp("b")(lambda g, a, b_shape: np.reshape(np.matmul(np.ravel(a), g), b_shape))  # (i,) (i, j)

def trace(a: Array, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: None = None, out: None = None) -> Array:
    """y = the sum of a diagonal; dtype and out stand here as in NumPy, and are not supported"""
    if dtype is not None or out is not None:
        raise TypeError("trace: dtype and out are not supported on Tensors; use .astype")
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1)

_A, _B = np.array([[2.0, 0.5], [-0.3, 1.5]]), np.array([[1.5, 0.2, -0.4], [0.3, -2.0, 0.5], [0.6, 0.1, 1.2]])
_REGULAR = [call(np.array([[-1.5]])), call(_A), call(np.stack([_B, _B.T + 0.5])), call(R(0, 0)), call(R(0, 2, 2))]

@primitive(np.linalg.inv, samples=_REGULAR)
def inv(a: Array) -> Array:
    """y = a⁻¹ (..., n, n); from a y = 1 follows dy = -y da y. Raises on a singular matrix"""
    return np.linalg.inv(a)

inv.vjp("a")(lambda g, y: -np.matmul(np.matmul(_transposed(y), g), _transposed(y)))

@primitive(np.linalg.solve, samples=[
    call(_A, R(2)), call(_B, R(3, 2)), call(np.stack([_A, _A.T]), R(2, 2, 1)), call(_A, R(3, 2, 1)),
    call(np.stack([_A, _A.T]), R(2)), call(R(0, 0), R(0, 2))])
def solve(a: Array, b: Array) -> Array:
    """y with a y = b, for b (n,) or (..., n, m). Raises on a singular matrix"""
    return np.linalg.solve(a, b)

# a y = b gives da y + a dy = db, so dy = a⁻¹ (db - da y): b receives a⁻ᵀ g, and a receives -(a⁻ᵀ g) yᵀ
@solve.vjp("a")
def _(g: Array, a: Array, b_shape: Shape, y: Array) -> Array:
    if len(b_shape) == 1:  # a vector, solved with every matrix of the batch
        return -np.linalg.solve(_transposed(a), g[..., None]) * y[..., None, :]  # (..., n, 1) (..., 1, n)
    return -np.matmul(np.linalg.solve(_transposed(a), g), _transposed(y))  # (..., n, m) (..., m, n)

@solve.vjp("b")
def _(g: Array, a: Array, b_shape: Shape) -> Array:
    if len(b_shape) == 1:
        return np.linalg.solve(_transposed(a), g[..., None])[..., 0]  # (..., n, 1)
    return np.linalg.solve(_transposed(a), g)

@primitive(np.linalg.det, samples=_REGULAR)
def det(a: Array) -> Array:
    """y = det a (..., n, n); dy = y tr(a⁻¹ da) (Jacobi), so a singular matrix has a value and no gradient"""
    return np.linalg.det(a)

det.vjp("a")(lambda g, a, y: np.expand_dims(g * y, (-1, -2)) * _transposed(np.linalg.inv(a)))

# Einstein's sums ----------------------------------------------------------------------------------------

def einsum(subscripts: str, *operands: Any, optimize: Any = False) -> Array:
    """Einstein's summation, as in NumPy: einsum("bij,bjk->bik", a, b); repeated and omitted letters and ... too."""
    if not isinstance(subscripts, str):
        raise TypeError(f"einsum: the subscripts come first, as a string such as 'ij,jk->ik', not {type(subscripts)}")
    shapes = [np.shape(operand) for operand in operands]
    return contract(explicit(subscripts, shapes), list(operands))

def explicit(subscripts: str, shapes: list[Shape]) -> str:
    """The same sum with its result written out and letters for each `...`.

    Raises ValueError if the subscripts do not fit the shapes.
    """
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(shapes):
        raise ValueError(f"einsum: {subscripts!r} names {len(terms)} operands, {len(shapes)} are given")
    spare = [c for c in string.ascii_letters if c not in subscripts]
    widths = [len(shape) - len(term.replace("...", "")) for term, shape in zip(terms, shapes, strict=True)]
    for term, shape, width in zip(terms, shapes, widths, strict=True):
        if width < 0 or (width and "..." not in term):
            raise ValueError(f"einsum: {term!r} does not fit an operand of shape {shape}: a letter for every axis, "
                             "or ... for those that have none")
    widest = max([w for term, w in zip(terms, widths, strict=True) if "..." in term], default=0)
    dots = "".join(spare[:widest])
    terms = [term.replace("...", dots[widest - width:]) for term, width in zip(terms, widths, strict=True)]
    if not arrow:
        letters = "".join(terms)
        output = dots + "".join(sorted(c for c in set(letters) if letters.count(c) == 1 and c not in dots))
    return ",".join(terms) + "->" + output.replace("...", dots)

_SUMS = [
    ("ij,jk->ik", (2, 3), (3, 2)), ("bij,bjk->bik", (2, 2, 3), (2, 3, 1)), ("ij,k->k", (2, 3), (2,)), ("ii->i", (3, 3)),
    ("i,ij,j->", (2,), (2, 3), (3,)), ("ii->", (3, 3)), ("aab->b", (2, 2, 3)), ("aaa,ab->b", (2, 2, 2), (2, 3)),
    ("ij->i", (2, 3)),
    ("ij->ji", (2, 3)), ("ij->", (2, 3)), ("ij,ij->ij", (2, 1), (2, 3)), ("i,j->ij", (0,), (2,)),
    ("i,i->", (1,), (3,)), ("ia,ib->ab", (1, 2), (3, 2))]

@primitive(name="einsum", many="operands", samples=[call(s, [R(*shape) for shape in shapes]) for s, *shapes in _SUMS])
def contract(subscripts: str, operands: list[Array]) -> Array:
    """y = the sum over every letter that the result does not name of the product of the operands"""
    return in_float32(np.einsum, subscripts, *operands)

@contract.vjp("operands")
def _(g: Array, subscripts: str, operands: list[Array]) -> list[Array]:
    inputs, output = subscripts.split("->")
    terms = inputs.split(",")
    return [_operand_gradient(g, output, k, terms, operands) for k in range(len(terms))]

def _operand_gradient(g: Array, output: str, k: int, terms: list[str], operands: list[Any]) -> Array:
    """Contract `g` with the other operands. A letter that only operand k has was summed away: broadcast along it.
    A letter it repeats gets a new name for each repeat, tied to the first by an identity matrix."""
    shape, letters = np.shape(operands[k]), ""
    factors = [(term, operand) for j, (term, operand) in enumerate(zip(terms, operands, strict=True)) if j != k]
    fresh = (c for c in string.ascii_letters if c not in "".join(terms))
    for letter, size in zip(terms[k], shape, strict=True):
        if letter in letters:
            repeat = next(fresh)
            factors.append((letter + repeat, identity_matrix(size, g)))
            letter = repeat
        letters += letter
    factors = [(output, g), *factors]
    sizes: dict[str, int] = {}  # of the letters that the factors know; a size 1 gives way to any other
    for term, factor in factors:
        sizes |= {c: n for c, n in zip(term, np.shape(factor), strict=True) if n != 1 or c not in sizes}
    inner = "".join(c for c in letters if c in sizes)
    d = contract(",".join(term for term, _ in factors) + "->" + inner, [operand for _, operand in factors])
    d = np.reshape(d, [sizes.get(c, 1) for c in letters])  # (size, or 1 where it is not known)
    return np.broadcast_to(d, [n if sizes.get(c, 1) == 1 else sizes[c] for c, n in zip(letters, shape, strict=True)])

TABLE[np.einsum], TABLE[np.trace] = einsum, trace
