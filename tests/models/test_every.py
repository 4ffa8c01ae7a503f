"""What holds for every model that predicts a token at every position."""

import importlib

import numpy as np
import pytest
from tiny import IDS, SIZES, VOCABULARY, build, numbers, shaken

import tinylm as tl
from tinylm import models, nn, optim

every = pytest.mark.parametrize("name", SIZES)


@every
def test_the_seed_decides(name):
    weights = [build(name, seed=seed).state_dict() for seed in (3, 3, 4)]
    for key, array in weights[0].items():
        assert np.array_equal(array, weights[1][key])
    assert any(not np.array_equal(array, weights[2][key]) for key, array in weights[0].items())


@every
def test_nothing_later_is_seen(name, device):
    model = shaken(build(name))
    logits = numbers(model(IDS))
    for t in range(1, 8):
        later = IDS.copy()
        later[:, t:] = (later[:, t:] + 3) % VOCABULARY
        changed = numbers(model(later))
        assert np.array_equal(changed[:, :t], logits[:, :t])
        assert (np.abs(changed[:, t] - logits[:, t]).max(-1) > 1e-6).all()
        assert np.allclose(numbers(model(IDS[:, :t])), logits[:, :t], rtol=0, atol=1e-12)


@every
def test_everything_before_is_seen(name):
    model = shaken(build(name))
    logits = numbers(model(IDS))
    for t in range(8):
        other = IDS.copy()
        other[:, t] = (other[:, t] + 1) % VOCABULARY
        assert (np.abs(numbers(model(other))[:, -1] - logits[:, -1]).max(-1) > 1e-9).all(), t


@every
def test_sequences_of_a_batch_do_not_meet(name):
    model = shaken(build(name))
    for row, logits in zip(IDS, numbers(model(IDS)), strict=True):
        assert np.allclose(numbers(model(row[None]))[0], logits, rtol=0, atol=1e-12)


@every
def test_gradients(name):
    model = shaken(build(name))
    targets = np.random.default_rng(1).integers(0, VOCABULARY, IDS.shape)
    tl.gradcheck(lambda *parameters: models.next_token_loss(model(IDS), targets), model.parameters(), directions=10)


@every
def test_every_parameter_learns(name, device):
    model = shaken(build(name))
    gradients = tl.grad(models.next_token_loss(model(IDS), IDS), list(model.parameters()))
    for (key, _), gradient in zip(model.named_parameters(), gradients, strict=True):
        assert np.abs(gradient.numpy()).max() > 0, key


@every
def test_it_learns_by_heart(name):
    """Four rows of sixteen, each known by its first id: the loss of a uniform guess is 2.5."""
    ids = np.random.default_rng(1).integers(0, 12, (4, 17))
    ids[:, 0] = range(4)
    sizes = {"cnn": {"width": 32, "layers": 4, "kernel": 2},
             "gpt": {"context": 16, "width": 32, "layers": 2, "heads": 2}}
    model = models.build(name, 12, seed=0, **sizes.get(name, {"embedding": 16, "hidden": 64}))
    optimizer = optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(120):
        loss = models.next_token_loss(model(ids[:, :-1]), ids[:, 1:])
        optimizer.step(tl.grad(loss, optimizer.params))
    assert loss.item() < 0.05
    assert np.array_equal(model(ids[:, :-1]).detach().numpy().argmax(-1), ids[:, 1:])


@every
def test_dropout_depends_on_its_keys_and_rows_alone(name):
    model = build(name, dropout=0.4)
    with nn.dropout_keys(1, 2):
        whole = numbers(model(IDS))
    with nn.dropout_keys(1, 2, first_row=1):
        assert np.allclose(numbers(model(IDS[1:])), whole[1:], rtol=0, atol=1e-12)
    with nn.dropout_keys(1, 3):
        assert not np.allclose(numbers(model(IDS)), whole)
    model.eval()
    assert np.array_equal(numbers(model(IDS)), numbers(build(name)(IDS)))
    with pytest.raises(ValueError, match=r"p is the probability to drop, between 0 and 1, not 1\.5"):
        build(name, dropout=1.5)


@every
def test_where_something_is_dropped(name, monkeypatch):
    def record(shape, p, batch_axis):
        shapes.append(shape)
        return np.ones(shape, bool)

    shapes, vectors = [], {"cnn": (3, 8, 6), "gpt": (3, 8, 8)}.get(name, (3, 8, 3))
    monkeypatch.setattr(importlib.import_module(nn.Dropout.__module__), "keep_mask", record)
    build(name, dropout=0.4)(IDS)
    assert shapes == [vectors, *{
        "cnn": [vectors] * 3,  # what each layer adds
        "gpt": [(3, 2, 8, 8), vectors, vectors] * 2,  # of each block: attention weights, and what it adds, twice
    }.get(name, [(8, 3, 5), (3, 8, 5)])]  # between the layers, time first, and after the last one
