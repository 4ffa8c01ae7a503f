"""Wrong answers to the exercises of lesson 04: for each the words that the English message has to contain."""

import numpy as np


def velocity(x, g, v, lr, momentum):
    return momentum * v + g


def stepping(step):
    """Nesterov's update with another step: x - lr · step(g, new v, old v, momentum)."""
    def update(x, g, v, lr, momentum):
        new = velocity(x, g, v, lr, momentum)
        return x - lr * step(g, new, v, momentum), new
    return update


def remembering(memory):
    """Nesterov's update with another velocity: memory(g, v, momentum)."""
    def update(x, g, v, lr, momentum):
        return x - lr * (g + momentum * velocity(x, g, v, lr, momentum)), memory(g, v, momentum)
    return update


def in_place(x, g, v, lr, momentum):
    v *= momentum
    v += g
    return x - lr * (g + momentum * v), v


def rate(fall, rise=lambda step, warmup: (step + 1) / warmup):
    """A schedule with another fall, or another rise."""
    def my_rate(step, steps, lr, warmup):
        return lr * (rise(step, warmup) if step < warmup else fall(step, steps, warmup))
    return my_rate


def cosine(step, steps, warmup):
    return (1 + np.cos(np.pi * (step - warmup) / (steps - warmup))) / 2


def rmsprop(memory, sign=1):
    """RMSprop with another mean of squares: memory(s, g², alpha)."""
    def update(x, g, s, lr, alpha, eps):
        s = memory(s, g**2, alpha)
        return x - sign * lr * g / (np.sqrt(s) + eps), s
    return update


def right_memory(s, square, alpha):
    return alpha * s + (1 - alpha) * square


def worse_each_time(x, g, s, lr, alpha, eps):
    """Right at first; then, as s is larger than one gradient can make it, uphill."""
    new = right_memory(s, g**2, alpha)
    return x - lr * g / (np.sqrt(new) + eps) * np.where(s > 0, -1, 1), new


WRONG = {
    "04.1": {
        "the curvature along an axis": (0.4, "along an axis"),
        "one over the curvature": (0.125, "in a single step"),
        "the fastest": (0.2, "the fastest learning rate"),
        "the flattest direction": (1.0, "the flattest direction allows"),
        "too small": (0.01, "there is still room above"),
        "too large": (0.3, "the limit lies below"),
        "none": (0.0, "one positive number, not 0.0"),
        "a list": ([0.25], "one positive number, not [0.25]"),
        "a function": (np.sqrt, "not for a function"),
    },
    "04.2": {
        "plain momentum": (stepping(lambda g, new, old, momentum: new), "plain momentum"),
        "the velocity in full": (stepping(lambda g, new, old, momentum: g + new), "momentum times v is missing"),
        "gradient descent": (stepping(lambda g, new, old, momentum: g), "the velocity has no effect"),
        "an average": (remembering(lambda g, v, momentum: momentum * v + (1 - momentum) * g), "belongs to averages"),
        "the look ahead handed back": (remembering(lambda g, v, momentum: g + momentum * (momentum * v + g)),
                                       "Hand back the velocity"),
        "the old velocity handed back": (remembering(lambda g, v, momentum: v), "still the old velocity"),
        "only x": (lambda x, g, v, lr, momentum: x - lr * (g + momentum * v), "expected two arrays"),
        "uphill": (stepping(lambda g, new, old, momentum: -g - momentum * new), "It climbs"),
        "writing into v": (in_place, "in place"),
    },
    "04.3": {
        "the first step goes nowhere": (rate(cosine, lambda step, warmup: step / warmup), "goes nowhere"),
        "a cosine from step 0": (rate(lambda step, steps, warmup: (1 + np.cos(np.pi * step / steps)) / 2),
                                 "under the line"),
        "a cosine that takes all steps": (
            rate(lambda step, steps, warmup: (1 + np.cos(np.pi * (step - warmup) / steps)) / 2),
            "not come all the way down"),
        "down in a line": (rate(lambda step, steps, warmup: 1 - (step - warmup) / (steps - warmup)),
                           "where is the cosine"),
        "a cosine below zero": (rate(lambda step, steps, warmup: np.cos(np.pi * (step - warmup) / (steps - warmup))),
                                "go uphill"),
        "no warm-up": (lambda step, steps, lr, warmup: lr * (1 + np.cos(np.pi * step / steps)) / 2, "no warm-up"),
        "twice as much": (lambda step, steps, lr, warmup: 2 * rate(cosine)(step, steps, lr, warmup), "It is 2 times"),
        "all rates at once": (lambda step, steps, lr, warmup: np.full(steps, lr), "has the shape"),
    },
    "04.4": {
        "RMSprop": (rmsprop(right_memory), "later steps too"),
        "no mean": (rmsprop(lambda s, square, alpha: alpha * s + square), "The first step gives it away"),
        "uphill from the second step": (worse_each_time, "gives it away. Find a mistake"),
        "a wrong sign under the root": (rmsprop(lambda s, square, alpha: (1 - alpha) * square - alpha * s),
                                        "not finite everywhere"),
        "only x": (lambda x, g, s, lr, alpha, eps: x - lr * g, "expected two arrays"),
        "one number for all": (rmsprop(lambda s, square, alpha: np.mean(right_memory(s, square, alpha))),
                               "has the shape"),
    },
    "04.5": {
        "the mean of the parts": (lambda gradients, sizes: gradients.mean(axis=0), "Every part weighs the same"),
        "the sum of the parts": (lambda gradients, sizes: gradients.sum(axis=0), "The means were added"),
        "never divided": (lambda gradients, sizes: np.tensordot(sizes, gradients, axes=1), "never divided"),
        "divided by the number of parts": (lambda gradients, sizes: np.tensordot(sizes, gradients, axes=1) / len(sizes),
                                           "the number of parts instead"),
        "the first part alone": (lambda gradients, sizes: gradients[0], "Only the first part"),
        "still in parts": (lambda gradients, sizes: gradients, "has the shape"),
    },
}

EQUIVALENT = {
    "04.4 right only: s + (1 - alpha) * g ** 2 -> (1 - alpha) * g ** 2":
        "it remembers nothing at all: wrong from the second step on, and in a valley it still comes close",
}
"""Changes of a solution that make another right answer, each with the reason."""
