"""Wrong answers to the exercises of lesson 00: for each the words that the English message has to contain."""

import numpy as np


def picked(p, ids):
    return p[np.arange(len(ids)), ids]


def normed(p):
    return p / p.sum(axis=-1, keepdims=True)


WRONG = {
    "00.1": {
        "the bits of the mean": (-np.log2(0.3125), "bits of the average probability"),
        "natural logarithms": (-np.log([0.5, 0.125]).mean(), "natural logarithms"),
        "the sum": (4, "sum of both"),
        "two numbers": ([1, 3], "one number"),
        "minus": (-2, "the wrong sign"),
    },
    "00.2": {
        "no minus": (lambda p, ids: np.log2(picked(p, ids)).mean(), "the logarithm of less than 1"),
        "natural logarithms": (lambda p, ids: -np.log(picked(p, ids)).mean(), "to the base 2"),
        "the sum": (lambda p, ids: -np.log2(picked(p, ids)).sum(), "sum over the text"),
        "the bits of the mean": (lambda p, ids: -np.log2(picked(p, ids).mean()), "averaged the probabilities"),
        "the likeliest": (lambda p, ids: -np.log2(p.max(-1)).mean(), "the likeliest character"),
        "all characters": (lambda p, ids: -np.log2(p).mean(), "those that did not come too"),
        "one for each place": (lambda p, ids: -np.log2(picked(p, ids)), "has the shape (1,)"),
        "a text": (lambda p, ids: "two bits", "expected a number"),
    },
    "00.3": {
        "the power T": (lambda p, T: normed(p ** T), "your cold is hot"),
        "not divided": (lambda p, T: p ** (1 / T), "no longer add up"),
        "divided by everything": (lambda p, T: p ** (1 / T) / np.sum(p ** (1 / T)), "the sum over everything"),
        "divided by T": (lambda p, T: normed(p / T), "changes nothing"),
        "the other axis": (lambda p, T: p ** (1 / T) / np.sum(p ** (1 / T), axis=0), "sum down the columns"),
        "in place": (lambda p, T: np.power(p, 1 / T, out=p), "in place"),
    },
    "00.4": {
        "an honest model": (lambda V: np.full(V, 1 / V), "that is an honest model"),
        "one sure guess": (lambda V: np.where(np.arange(V), 0.5, 0.1), "has to be cheap"),
        "too much": (lambda V: np.full(V, 2.0), "between 0 and 1"),
        "one number": (lambda V: 1.0, "has the shape ()"),
    },
}

EQUIVALENT = {
    "00.1 call: float(-np.log2([1 / 2, 1 / 8]).mean()) -> -np.log2([1 / 2, 1 / 8]).mean()":
        "a NumPy number is a number",
    "00.2 name: ids -> p": "there are as many rows as characters",
}
"""Changes of a solution that make another right answer, each with the reason."""
