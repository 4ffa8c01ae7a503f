import numpy as np
import pytest

from tinylm import models, nn, optim
from tinylm.batched import gradients
from tinylm.train import Trainer


def loss(logits, targets):
    return nn.cross_entropy(logits, targets, ignore_index=-100)


class Dropped(models.MLP):
    """With dropout, whose masks hang on the row of the whole batch."""

    def forward(self, ids):
        return nn.dropout(super().forward(ids), 0.3)


def test_parts_are_one_batch():
    rng = np.random.default_rng(0)
    inputs, targets = rng.integers(0, 9, (12, 3)), rng.integers(0, 9, 12)
    targets[[0, 1, 7]] = -100
    model = Dropped(9, context=3, embedding=4, hidden=8).to(np.float64)
    params = list(model.parameters())

    def count(part):
        return int((part != -100).sum())

    whole = gradients(model, loss, params, [(inputs, targets)], [9], 5, 2)
    cut = [(inputs[a:b], targets[a:b]) for a, b in ((0, 2), (2, 7), (7, 12))]  # in the first one, none counts
    parts = gradients(model, loss, params, cut, [count(part) for _, part in cut], 5, 2)
    assert parts.loss == pytest.approx(whole.loss, rel=1e-13) and parts.targets == whole.targets == 9
    for one, other in zip(whole.found, parts.found, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-12, atol=1e-15)
    with pytest.raises(ValueError, match="step 2: the batch has no target that counts"):
        gradients(model, loss, params, cut[:1], [0], 5, 2)


def test_accumulating_is_a_larger_batch():
    rng = np.random.default_rng(0)
    inputs, targets = rng.integers(0, 9, (10, 4, 8, 3)), rng.integers(0, 9, (10, 4, 8))

    def train(accumulate, batches):
        model = models.MLP(9, context=3, embedding=4, hidden=8).to(np.float64)
        Trainer(model, nn.cross_entropy, optim.AdamW(model.parameters(), 0.02), batches,
                accumulate=accumulate, clip=0.05).fit(steps=10)
        return model.state_dict()

    small = train(4, lambda number: (inputs[number // 4, number % 4], targets[number // 4, number % 4]))
    large = train(1, lambda number: (inputs[number].reshape(32, 3), targets[number].reshape(32)))
    for name, array in small.items():
        np.testing.assert_allclose(array, large[name], rtol=1e-9, atol=1e-12)
