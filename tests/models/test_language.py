"""What all models share: what goes in and comes out, carrying on, presets."""

import numpy as np
import pytest
from tiny import IDS, RECURRENT, SIZES, VOCABULARY, build, numbers, shaken

import tinylm as tl
from tinylm import models
from tinylm.models import language

every = pytest.mark.parametrize("name", SIZES)
recurrent = pytest.mark.parametrize("name", RECURRENT)


def test_every_model_says_how_it_predicts(device):
    for name, kind in models.MODELS.items():
        model = build(name) if name in SIZES else models.MLP(VOCABULARY, context=8, embedding=2, hidden=3)
        shape = {"every": (3, 8, VOCABULARY), "last": (3, VOCABULARY)}[kind.predicts]
        assert model(IDS).shape == shape and model.context == (9 if name in SIZES else 8)


def test_the_loss_of_both_kinds():
    rng = np.random.default_rng(2)
    logits, targets = rng.standard_normal((2, 3, 5)), rng.integers(0, 5, (2, 3))
    chances = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    right = -np.log(np.take_along_axis(chances, targets[..., None], -1))
    assert models.next_token_loss(tl.Tensor(logits), targets).item() == pytest.approx(right.mean())
    assert models.next_token_loss(tl.Tensor(logits[:, 0]), targets[:, 0]).item() == pytest.approx(right[:, 0].mean())
    with pytest.raises(ValueError, match=r"logits \(2, 3, 5\) with targets \(2,\).*\"every\".*\"last\""):
        models.next_token_loss(tl.Tensor(logits), targets[:, 0])


@every
def test_what_it_sees(name):
    """An id further back than `sees` changes nothing, and one within does."""
    model = shaken(build(name, kernel=2, layers=2) if name == "cnn" else build(name))
    last = numbers(model(IDS))[:, -1]
    for back in range(8):
        other = IDS.copy()
        other[:, 7 - back] = (other[:, 7 - back] + 1) % VOCABULARY
        unseen = model.sees is not None and back >= model.sees
        assert np.array_equal(numbers(model(other))[:, -1], last) == unseen, back


def leaves(state):
    return [leaf for part in state for leaf in leaves(part)] if isinstance(state, tuple) else [state]


@every
def test_going_on_from_a_state_is_one_long_run(name, device):
    model = shaken(build(name))
    whole, end = model.advance(IDS)
    assert np.array_equal(numbers(whole), numbers(model(IDS)))
    state, pieces = None, []
    for piece in (IDS[:, :3], IDS[:, 3:4], IDS[:, 4:]):
        logits, state = model.advance(piece, state)
        pieces.append(numbers(logits))
    assert np.allclose(np.concatenate(pieces, axis=1), numbers(whole), rtol=0, atol=1e-12)
    for part, wanted in zip(leaves(state), leaves(end), strict=True):
        assert part.shape == wanted.shape and part.shape[model.batch_axis] == 3
        assert np.allclose(numbers(part), numbers(wanted), rtol=0, atol=1e-12)
        assert name not in RECURRENT or part.shape == (2, 3, 5)


@every
def test_learning_piece_by_piece_is_learning_from_the_whole(name):
    """Gradients flow back through a state that is not detached."""
    model = shaken(build(name))
    targets = IDS[:, ::-1]
    parameters = list(model.parameters())
    wanted = tl.grad(models.next_token_loss(model(IDS), targets), parameters)
    first, state = model.advance(IDS[:, :3])
    second, _ = model.advance(IDS[:, 3:], state)
    loss = models.next_token_loss(np.concatenate([first, second], axis=1), targets)
    for one, other in zip(tl.grad(loss, parameters), wanted, strict=True):
        assert np.allclose(numbers(one), numbers(other), rtol=0, atol=1e-12)


@every
def test_rows_of_a_state(name):
    model, places = shaken(build(name)), np.array([2, 0, 0])
    _, state = model.advance(IDS[:, :4])
    logits, _ = model.advance(IDS[places, 4:], language.rows(state, places, model.batch_axis))
    assert np.allclose(numbers(logits), numbers(model(IDS))[places, 4:], rtol=0, atol=1e-12)


@every
def test_a_detached_state_lets_no_gradient_back(name):
    model = shaken(build(name))
    looked_up = model.positions if name == "gpt" else model.embedding  # GPT's embedding serves at the output too
    first, second = np.array([[0, 1]]), np.array([[2, 3]])
    for cut in (False, True):
        _, state = model.advance(first)
        logits, _ = model.advance(second, models.detached(state) if cut else state)
        gradient = tl.grad(models.next_token_loss(logits, second), [looked_up.weight])[0].numpy()
        assert (gradient[:2] == 0).all() == cut and (gradient[2] != 0).any()


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
        with pytest.raises(ValueError, match=rf"{kind}: ids of shape .* hold nothing.*tokenizer.start_id"):
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
