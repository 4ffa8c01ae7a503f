"""A tiny model of each kind, for the tests of this folder."""

import numpy as np

from tinylm import models

SIZES = {
    "cnn": {"context": 9, "width": 6, "layers": 3, "kernel": 2},
    "rnn": {"context": 9, "embedding": 3, "hidden": 5, "layers": 2},
    "gru": {"context": 9, "embedding": 3, "hidden": 5, "layers": 2},
    "lstm": {"context": 9, "embedding": 3, "hidden": 5, "layers": 2},
    "gpt": {"context": 9, "width": 8, "layers": 2, "heads": 2},
}
RECURRENT = ["rnn", "gru", "lstm"]
VOCABULARY = 7
IDS = np.random.default_rng(0).integers(0, VOCABULARY, (3, 8))


def build(name, dtype=np.float64, **settings):
    model = models.build(name, VOCABULARY, **SIZES[name] | settings)
    return model.to(dtype)


def numbers(logits):
    return logits.detach().numpy()


def shaken(model):
    """Away from the start, where biases are 0 and GPT's weights so small that its attention is nearly uniform."""
    rng = np.random.default_rng(3)
    for parameter in model.parameters():
        parameter.assign(numbers(parameter) + 0.3 * rng.standard_normal(parameter.shape))
    return model
