"""Wrong answers to the exercises of lesson 02: for each the words that the English message has to contain."""

import numpy as np

EPS = np.finfo(float).eps


def differences(step, over=2.0):
    """A central difference with a step of one's own, divided by `over` steps."""
    return lambda f, x: (f(x + step(x)) - f(x - step(x))) / (over * step(x))


def in_place(f, x):
    h = np.cbrt(EPS)
    x += h
    up = f(x)
    x -= 2 * h
    return (up - f(x)) / (2 * h)


def in_front(g, shape):
    return g.sum(axis=tuple(range(g.ndim - len(shape))))


def stretched(g, shape):
    return g.sum(axis=tuple(axis for axis, size in enumerate(shape) if size == 1))


WRONG = {
    "02.1": {
        "a step to the right": (lambda f, x: (f(x + 1e-8) - f(x)) / 1e-8, "to the right only"),
        "a step to the left": (lambda f, x: (f(x) - f(x - 1e-8)) / 1e-8, "to the left only"),
        "too large a step": (differences(lambda x: 1e-3), "on the right arm of the V"),
        "too small a step": (differences(lambda x: 1e-10), "on the left arm of the V"),
        "the 2 forgotten": (differences(lambda x: np.cbrt(EPS), over=1.0), "It is 2 times what is expected"),
        "the wrong way round": (differences(lambda x: np.cbrt(EPS), over=-2.0), "the wrong sign"),
        "one step for every x": (differences(lambda x: np.cbrt(EPS)), "the same for every x"),
        "nothing left of the step at 0": (differences(lambda x: np.cbrt(EPS) * np.abs(x)), "divided by 0"),
        "the slope of something else": (lambda f, x: np.cos(x), "never called beside x"),
        "the number of one entry": (lambda f, x: float(np.ravel(differences(lambda x: np.cbrt(EPS))(f, x))[0]),
                                    "too few axes"),
        "writing into x": (in_place, "in place"),
        "a name that is not there": (lambda f, x: f(x + step), "NameError"),  # noqa: F821
    },
    "02.2": {
        "the step of the central difference": (6e-6, "of the central difference"),
        "too large a step": (1e-3, "a smaller step helps"),
        "too small a step": (1e-13, "a larger step helps"),
        "a step backwards": (-1e-8, "one positive number"),
        "a function": (np.sqrt, "not for a function"),
        "a text": ("1e-8", "expected a number"),
    },
    "02.3": {
        "the mean": (lambda g, shape: in_front(g, shape) / (g.size / max(np.prod(shape), 1)), "mean over the copies"),
        "the first copy": (lambda g, shape: g[(0,) * (g.ndim - len(shape))], "first copy alone"),
        "as it came": (lambda g, shape: g, "in front (axis 0) should have been summed"),
        "only the axes in front": (in_front, "over the axis of size 1"),
        "the axes in front kept": (lambda g, shape: g.sum(axis=tuple(range(g.ndim - len(shape))), keepdims=True),
                                   "axes of size 1 too many"),
        "no axis of size 1 kept": (lambda g, shape: stretched(in_front(g, shape), shape), "keepdims=True keeps them"),
        "the sum of all": (lambda g, shape: np.sum(g), "too few axes"),
        "minus": (lambda g, shape: -in_front(g, shape), "the wrong sign"),
    },
    "02.4": {
        "the right rule": (lambda g, y: y * (g - np.sum(g * y, axis=-1, keepdims=True)), "this rule is right"),
        "the sum forgotten": (lambda g, y: y * g, "Even the sum catches"),
        "nothing at all": (lambda g, y: np.zeros_like(y), "for every g"),
        "one number": (lambda g, y: np.sum(y * g), "has the shape of its input"),
        "not a number": (lambda g, y: np.where(g == 1, 0.0, np.nan), "NaN or infinite"),
        "not what was asked for": (np.ones(3), "the function itself"),
    },
}

EQUIVALENT = {
    "02.1 constant: 1.0 -> 2.0": "twice the step is still at the bottom of the V",
    "02.2 call: float(np.sqrt(np.finfo(float).eps)) -> np.sqrt(np.finfo(float).eps)": "a NumPy number is a number",
    "02.4 right only: y * (g - np.mean(g, axis=-1, keepdims=True)) -> g - np.mean(g, axis=-1, keepdims=True)":
        "it is wrong too, and 0 where g is 1",
    "02.4 name: y -> g": "it is wrong too, and 0 where g is 1",
    "02.4 keyword: np.mean(g, axis=-1, keepdims=True) -> np.mean(g, keepdims=True)":
        "the mean of all of g is wrong too, and 0 is left where g is 1",
}
"""Changes of a solution that make another right answer, each with the reason."""
