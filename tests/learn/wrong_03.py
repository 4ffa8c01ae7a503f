"""Wrong answers to the exercises of lesson 03: for each the words that the English message has to contain."""

import numpy as np


def backs(gate, weight=lambda g, x: g.T @ x, bias=lambda g: g.sum(axis=0), to_x=lambda g, W: g @ W):
    """A backward of a ReLU layer with another gate(g, u) or another way into x, W or b."""
    def back(g, x, W, b):
        g = gate(g, x @ W.T + b)
        return to_x(g, W), weight(g, x), bias(g)
    return back


def shut(g, u):
    return np.where(u > 0, g, 0.0)


def in_place(g, x, W, b):
    g *= x @ W.T + b > 0
    return g @ W, g.T @ x, g.sum(axis=0)


def start(first=lambda m: np.ones((m, 2)), second=lambda m: np.ones((1, m)), bias=np.zeros):
    """A start of a network with m hidden units."""
    return lambda m: (first(m), bias(m), second(m), np.zeros(1))


def normal(size):
    """Weights drawn with the standard deviation size(outs, ins, slope)."""
    return lambda rng, outs, ins, slope: rng.normal(0.0, size(outs, ins, slope), (outs, ins))


def he_and_leak(outs, ins, slope):
    return np.sqrt(2 / ((1 + slope ** 2) * ins))


WRONG = {
    "03.1": {
        "all of them": (16, "all the tables there are"),
        "all but XOR": (15, "all their signs turned"),
        "more than there are": (2 ** 8, "not so many tables"),
        "too few": (8, "There are more"),
        "half a table": (13.5, "a whole number"),
        "a function": (lambda: 14, "not for a function"),
    },
    "03.2": {
        "no ReLU": (backs(lambda g, u: g), "the linear map alone"),
        "open at the kink": (backs(lambda g, u: np.where(u >= 0, g, 0.0)), "exactly 0"),
        "the ReLU of the gradient": (backs(lambda g, u: np.maximum(g, 0)), "the sign of g"),
        "times the output": (backs(lambda g, u: g * np.maximum(u, 0)), "multiplied by the output"),
        "W turned": (backs(shut, to_x=lambda g, W: g @ W.T if W.shape[0] == W.shape[1] else g @ W),
                     "the wrong way round"),
        "the mean over the examples": (backs(shut, lambda g, x: g.T @ x / len(x), lambda g: g.mean(axis=0)),
                                       "mean over the examples"),
        "the gradient of W turned": (backs(shut, lambda g, x: x.T @ g), "The axes are the other way round"),
        "a bias for each example": (backs(shut, bias=lambda g: g), "should have been summed away"),
        "minus": (backs(lambda g, u: -shut(g, u)), "the wrong sign"),
        "only one gradient": (lambda g, x, W, b: g @ W, "three gradients"),
        "writing into g": (in_place, "in place"),
    },
    "03.3": {
        "different units": (lambda m: (np.random.default_rng(m).uniform(0.5, 1.5, (m, 2)) * [1, -1], np.zeros(m),
                                       np.random.default_rng(m).uniform(0.5, 1.5, (1, m)), np.zeros(1)),
                            "different from the start"),
        "told apart by the second layer": (start(second=lambda m: np.linspace(-1.5, 2, m)[None]),
                                           "not listen to them alike"),
        "zeros": (start(first=lambda m: np.zeros((m, 2))), "Zeros would be too easy"),
        "giants": (start(first=lambda m: np.full((m, 2), 40.0)), "beyond ±3"),
        "the shape turned": (start(first=lambda m: np.ones((2, m))), "W1 has the shape"),
        "no biases": (lambda m: (np.ones((m, 2)), np.ones((1, m))), "four arrays"),
    },
    "03.4": {
        "He's": (normal(lambda outs, ins, slope: np.sqrt(2 / ins)), "He's start for slope = 0"),
        "Xavier's": (normal(lambda outs, ins, slope: np.sqrt(2 / (ins + outs))), "Xavier's start"),
        "the variance": (normal(lambda *at: he_and_leak(*at) ** 2), "the variance σ²"),
        "by the outputs": (normal(lambda outs, ins, slope: he_and_leak(ins, outs, slope)), "the number of outputs"),
        "for a linear map": (normal(lambda outs, ins, slope: np.sqrt(1 / ins)), "level of a linear map"),
        "the slope not squared": (normal(lambda outs, ins, slope: np.sqrt(2 / ((1 + slope) * ins))), "by s², not by s"),
        "all positive": (lambda rng, outs, ins, slope: np.abs(normal(he_and_leak)(rng, outs, ins, slope)) / 0.6028,
                         "lie around 0"),
        "rows alike": (lambda rng, outs, ins, slope: np.tile(
            np.resize([1.0, -1.0], ins) * he_and_leak(outs, ins, slope), (outs, 1)), "a draw of its own"),
        "another generator": (lambda rng, *at: normal(he_and_leak)(np.random.default_rng(), *at), "from rng"),
        "turned": (lambda rng, outs, ins, slope: normal(he_and_leak)(rng, outs, ins, slope).T, "other way round"),
    },
    "03.5": {
        "through the layer": (lambda g, back: back(g), "the path through the layer alone"),
        "past the layer": (lambda g, back: g, "the path past the layer alone"),
        "the product": (lambda g, back: g * back(g), "paths themselves are added"),
        "the mean": (lambda g, back: (g + back(g)) / 2, "the mean of the two paths"),
        "never called": (lambda g, back: g + back, "TypeError"),
        "minus": (lambda g, back: -g - back(g), "the wrong sign"),
    },
}

EQUIVALENT = {}
"""Changes of a solution that make another right answer, each with the reason."""
