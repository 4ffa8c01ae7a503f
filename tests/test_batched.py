import numpy as np
import pytest

import tinylm as tl
from tinylm import models, nn, optim
from tinylm.batched import Part, Sum, add_parts
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

    def gradients(*cuts):
        total = Sum(params)
        parts = [Part(inputs[a:b], targets[a:b], int((targets[a:b] != -100).sum()), a) for a, b in cuts]
        add_parts(total, model, loss, parts, 9, 5, 2)
        return total.loss, [gradient.numpy() for gradient in total.found()]

    whole, parts = gradients((0, 12)), gradients((0, 2), (2, 7), (7, 12))  # in (0, 2) none counts
    assert parts[0] == pytest.approx(whole[0], rel=1e-13)
    for one, other in zip(whole[1], parts[1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-15)


def test_a_sum_is_one_flat_array(device):
    """Of every dtype; parameters without a gradient have none, and what stood there before is not seen again."""
    a, b = (tl.Tensor(np.ones(shape), requires_grad=True) for shape in ((2, 3), (4,)))
    c, d = (tl.Tensor(np.ones(shape, np.float32), requires_grad=True) for shape in ((), (0, 2)))
    one, two = Sum([a, c, b, d]), Sum([a, c, b, d])
    assert [flat.size for flat in one.flats] == [10, 1]
    one.add((3.0 * a).sum())
    one.add((2.0 * a).sum())
    two.add((b * b).sum() + a.sum())
    assert [None if g is None else g.tolist() for g in one.found()] == [[[5.0] * 3] * 2, None, None, None]
    one.join(two)
    assert [None if g is None else g.tolist() for g in one.found()] == [[[6.0] * 3] * 2, None, [2.0] * 4, None]
    assert one.loss == 18 + 12 + 4 + 6 and one.found()[0].device == device
    one.clear().add((c * c).sum())
    assert one.loss == 1 and [g is None for g in one.found()] == [True, False, True, True]
    one.clear().add((a.sum() + b.sum()).astype(np.float32) + c * 2.0 + d.sum())
    before = [flat.tolist() for flat in one.flats]
    two.clear().add((a.sum() + b.sum()).astype(np.float32) + c * 2.0 + d.sum())
    one.join(two)  # all are there: in one pass
    assert [flat.tolist() for flat in one.flats] == [[2 * x for x in flat] for flat in before] == [[2.0] * 10, [4.0]]


def test_a_loss_without_a_graph():
    a = tl.Tensor([1.0], requires_grad=True)
    total = Sum([a])
    total.add(tl.Tensor(3.0))
    assert total.loss == 3 and total.found() == [None]


def test_accumulating_is_a_larger_batch():
    rng = np.random.default_rng(0)
    inputs, targets = rng.integers(0, 9, (10, 4, 8, 3)), rng.integers(0, 9, (10, 4, 8))

    def train(accumulate, batches, workers=1):
        model = models.MLP(9, context=3, embedding=4, hidden=8).to(np.float64)
        Trainer(model, nn.cross_entropy, optim.AdamW(model.parameters(), 0.02), batches,
                accumulate=accumulate, clip=0.05, workers=workers).fit(steps=10)
        return model.state_dict()

    small = train(4, lambda number: (inputs[number // 4, number % 4], targets[number // 4, number % 4]))
    split = train(4, lambda number: (inputs[number // 4, number % 4], targets[number // 4, number % 4]), 3)
    large = train(1, lambda number: (inputs[number].reshape(32, 3), targets[number].reshape(32)))
    for name, array in small.items():
        np.testing.assert_allclose(array, large[name], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(array, split[name], rtol=1e-9, atol=1e-12)
