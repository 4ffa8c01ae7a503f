"""What all models share: what goes in and comes out, carrying on, presets."""

import numpy as np
import pytest
from tiny import IDS, SIZES, VOCABULARY, build, numbers, shaken

import tinylm as tl
from tinylm import models

every = pytest.mark.parametrize("name", SIZES)
recurrent = pytest.mark.parametrize("name", ["rnn", "gru", "lstm"])


def test_every_model_says_how_it_predicts(device):
    for name, kind in models.MODELS.items():
        model = build(name) if name in SIZES else models.MLP(VOCABULARY, context=9, embedding=2, hidden=3)
        shape = {"every": (3, 8, VOCABULARY), "last": (3, VOCABULARY)}[kind.predicts]
        assert model(IDS).shape == shape and model.context == 9


def test_the_loss_of_both_kinds():
    rng = np.random.default_rng(2)
    logits, targets = rng.standard_normal((2, 3, 5)), rng.integers(0, 5, (2, 3))
    chances = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    right = -np.log(np.take_along_axis(chances, targets[..., None], -1))
    assert models.next_token_loss(tl.Tensor(logits), targets).item() == pytest.approx(right.mean())
    assert models.next_token_loss(tl.Tensor(logits[:, 0]), targets[:, 0]).item() == pytest.approx(right[:, 0].mean())
    with pytest.raises(ValueError, match=r"logits \(2, 3, 5\) with targets \(2,\).*\"every\".*\"last\""):
        models.next_token_loss(tl.Tensor(logits), targets[:, 0])


@recurrent
def test_going_on_from_a_state_is_one_long_run(name, device):
    model = shaken(build(name))
    whole, end = model.advance(IDS)
    assert np.array_equal(numbers(whole), numbers(model(IDS)))
    state, pieces = None, []
    for piece in (IDS[:, :3], IDS[:, 3:4], IDS[:, 4:]):
        logits, state = model.advance(piece, state)
        pieces.append(numbers(logits))
    assert np.allclose(np.concatenate(pieces, axis=1), numbers(whole), rtol=0, atol=1e-12)
    parts = zip(state, end, strict=True) if name == "lstm" else [(state, end)]
    for part, wanted in parts:
        assert part.shape == (2, 3, 5) and np.allclose(numbers(part), numbers(wanted), rtol=0, atol=1e-12)


@recurrent
def test_a_detached_state_lets_no_gradient_back(name):
    model = shaken(build(name))
    first, second = np.array([[1, 1]]), np.array([[2, 3]])
    for cut in (False, True):
        _, state = model.advance(first)
        logits, _ = model.advance(second, models.detached(state) if cut else state)
        gradient = tl.grad(models.next_token_loss(logits, second), [model.embedding.weight])[0].numpy()
        assert (gradient[1] == 0).all() == cut and (gradient[2] != 0).any()


@recurrent
def test_a_state_of_another_shape(name):
    model = build(name)
    _, state = model.advance(IDS)
    with pytest.raises(ValueError, match=r"the initial state has shape .* it should be \(2, 1, 5\)"):
        model.advance(IDS[:1], state)


@every
def test_errors(name):
    model = build(name)
    kind = name.upper()
    with pytest.raises(ValueError, match=rf"{kind}: ids of shape \(8,\), where it takes \(batch, time\).*ids\[None\]"):
        model(IDS[0])
    for shape in ((0, 4), (1, 0)):
        with pytest.raises(ValueError, match=rf"{kind}: ids of shape .* hold nothing.*id 0"):
            model(np.zeros(shape, dtype=int))
    for wrong in (-1, VOCABULARY):
        with pytest.raises(IndexError, match=str(wrong)):
            model(np.array([[0, wrong]]))
    with pytest.raises(TypeError):
        model(np.array([[0.5, 1.0]]))


@pytest.mark.parametrize("name", models.MODELS)
def test_presets(name):
    parameters = []
    for size in models.PRESETS[name]:
        model = models.build(name, 100, **models.preset(name, size))
        parameters.append(sum(parameter.size for parameter in model.parameters()))
    assert parameters == sorted(parameters) and parameters[0] < 1e5 < parameters[1] < 1e6
    default = models.build(name, 100)
    assert sum(parameter.size for parameter in default.parameters()) == parameters[1]  # small is what it is by itself
    assert default.context == models.preset(name, "small")["context"]
