"""Wrong answers to the exercises of lesson 01: for each the words that the English message has to contain."""

import numpy as np


def from_the_left(a, b):
    try:
        return np.broadcast_shapes(a[::-1], b[::-1])[::-1]
    except ValueError as error:
        raise ValueError("they do not fit") from error


def padded(a, b):
    ndim = max(len(a), len(b))
    return (1,) * (ndim - len(a)) + tuple(a), (1,) * (ndim - len(b)) + tuple(b)


def larger(a, b):
    a, b = padded(a, b)
    if any(p != q and 1 not in (p, q) for p, q in zip(a, b, strict=True)):
        raise ValueError("they do not fit")
    return tuple(map(max, a, b))


def as_far_as_both_go(a, b):
    return np.broadcast_shapes(a, b)[-min(len(a), len(b)):]


def squares(a, b):
    return np.sum(a * a, axis=1)[:, None] + np.sum(b * b, axis=1) - 2 * a @ b.T


def listed(ids, context, hop):
    places = range(0, len(ids) - context, hop)
    return tuple(np.array([ids[k + later:k + later + context] for k in places]) for later in (0, 1))


def slid(ids, context, hop):
    return np.lib.stride_tricks.sliding_window_view(ids, context + 1)[::hop]


WRONG = {
    "01.1": {
        "their number": (1000 * 1000 * 729, "how many products there are"),
        "the result": (1000 * 1000 * 8, "after the sum"),
        "one table": (1000 * 729 * 8, "one of the two tables"),
        "both tables": (2 * 1000 * 729 * 8, "Those are the two tables"),
        "the stretched tables too": (3 * 1000 * 1000 * 729 * 8, "The stretched tables are not there"),
        "in single precision": (1000 * 1000 * 729 * 4, "would be float32"),
        "in gigabytes": (5.832, "the unit is not"),
        "something else": (1e6, "before you multiply it out"),
        "its shape": ((1000, 1000, 729), "one positive number"),
    },
    "01.2": {
        "from the left": (from_the_left, "line the shapes up on the left"),
        "the larger one": (larger, "the larger of the two is not the answer"),
        "never refusing": (lambda a, b: tuple(q if p == 1 else p for p, q in zip(*padded(a, b), strict=True)),
                           "and neither of them is 1"),
        "the other way round": (lambda a, b: np.broadcast_shapes(a, b)[::-1], "the other way round"),
        "the axes in front forgotten": (as_far_as_both_go, "that only one of them has, in front"),
        "one number": (lambda a, b: len(a), "a tuple of numbers"),
        "another error": (lambda a, b: a[3], "IndexError"),
    },
    "01.3": {
        "the squares": (squares, "squares of the distances"),
        "the products": (lambda a, b: a @ b.T, "products of the rows"),
        "a root of what is below 0": (lambda a, b: np.sqrt(squares(a, b)), "has no root"),
        "all differences at once": (lambda a, b: np.sqrt(np.sum((a[:, None] - b) ** 2, axis=-1)), "but on the way to"),
        "b by a": (lambda a, b: np.sqrt(np.maximum(squares(b, a), 0)), "is something transposed?"),
        "row by row of both": (lambda a, b: np.sqrt(np.sum((a - b) ** 2, axis=1)), "ValueError"),
    },
    "01.4": {
        "a copy": (listed, "but they are a copy"),
        "the same twice": (lambda ids, context, hop: (slid(ids, context, hop)[:, :-1],) * 2, "only have to repeat"),
        "the targets first": (lambda ids, context, hop: (slid(ids, context, hop)[:, 1:],
                                                         slid(ids, context, hop)[:, :-1]), "begin one place earlier"),
        "one too few": (lambda ids, context, hop: (slid(ids[:-1], context, hop)[:, :-1],
                                                   slid(ids[:-1], context, hop)[:, 1:]), "is it the last one?"),
        "every one": (lambda ids, context, hop: (slid(ids, context, 1)[:, :-1], slid(ids, context, 1)[:, 1:]),
                      "start less than hop apart"),
        "the inputs alone": (lambda ids, context, hop: slid(ids, context, hop), "expected a pair"),
    },
    "01.5": {
        "all the same": (lambda n: np.ones((n, n)), "the same number everywhere"),
        "zeros": (lambda n: np.diag(1.0 + np.arange(n)), "not positive"),
        "symmetric": (lambda n: 1.0 + np.arange(n)[:, None] + np.arange(n), "To be symmetric is not enough"),
        "equal columns": (lambda n: 1.0 + np.arange(n)[:, None] + np.zeros(n), "Row 1 adds up to 4 and row 0 to 2."),
        "one row": (lambda n: 1.0 + np.arange(n), "has the shape (2,)"),
    },
}

EQUIVALENT = {
    "01.2 arguments: zip(a, b, strict=True) -> zip(b, a, strict=True)": "which of the two comes first does not matter",
    "01.5 constant: 1.0 -> 2.0": "the rows still have one sum",
    "01.5 operator: np.arange(n)[:, None] + np.arange(n) -> np.arange(n)[:, None] - np.arange(n)":
        "the rows are moved in the other direction",
}
"""Changes of a solution that make another right answer, each with the reason."""
