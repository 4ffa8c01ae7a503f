import numpy as np
import pytest
from tiny import SIZES, VOCABULARY, build, numbers, shaken

import tinylm as tl
from tinylm import models
from tinylm.decoding import Decoder, window
from tinylm.models.ngram import NGram

ALL = [*SIZES, "mlp", "ngram"]
TEXT = np.random.default_rng(5).integers(0, VOCABULARY, (3, 40))


def made(name):
    if name == "mlp":
        return shaken(models.MLP(VOCABULARY, context=9, embedding=2, hidden=3).to(np.float64))
    if name == "ngram":
        return NGram(VOCABULARY, 3).fit(TEXT[0])
    return shaken(build(name))


def read(model, pieces, cache):
    decoder = Decoder(model, 0, VOCABULARY, cache)
    return [decoder.read(piece) for piece in pieces]


def test_windows():
    assert [window(n, None) for n in (1, 10, 1000)] == [0, 0, 0]
    assert [window(n, 4) for n in (1, 4, 5, 9)] == [0, 0, 1, 5]
    jumping = [n - window(n, 9, absolute=True) for n in range(1, 29)]  # how many ids it sees
    assert jumping == [*range(1, 10), *range(4, 10), *range(4, 10), *range(4, 10), 4]
    for sees in range(1, 8):
        lengths = [n - window(n, sees, absolute=True) for n in range(1, 50)]
        assert max(lengths) == sees and min(lengths[sees:]) == max(1, sees // 2)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("first", [1, 5, 25])
def test_with_a_cache_and_without(name, first):
    model = made(name)
    pieces = [TEXT[:, :first], *(TEXT[:, n:n + 1] for n in range(first, 40))]
    for one, other in zip(read(model, pieces, True), read(model, pieces, False), strict=True):
        assert one.shape == (3, VOCABULARY) and one.dtype == np.float64
        assert np.allclose(one, other, rtol=0, atol=1e-11)


@pytest.mark.parametrize("name", ALL)
def test_it_is_what_the_model_says(name):
    """Of the whole text, where the model sees it; else of its end."""
    model = made(name)
    for n, logits in enumerate(read(model, [TEXT[:, n:n + 1] for n in range(40)], True), 1):
        text = TEXT[:, :n]
        if name == "ngram":
            wanted = np.log([model.distribution(row) for row in text])
        elif name == "mlp":
            wanted = numbers(model(np.concatenate([np.zeros((3, 9), dtype=int), text], axis=1)[:, -9:]))
        elif name == "gpt":
            wanted = numbers(model(text[:, window(n, 9, True):]))[:, -1]
        else:
            wanted = numbers(model(text))[:, -1]
        assert np.allclose(logits, wanted, rtol=0, atol=1e-11), n


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("name", ALL)
def test_rows_can_leave_change_places_and_be_doubled(name, cache, device):
    model = made(name)
    decoder = Decoder(model, 0, VOCABULARY, cache)
    decoder.read(TEXT[:, :5])
    rows = TEXT
    for n in range(5, 16):
        if n in (5, 7, 12):
            places = {5: [2, 0, 0, 1], 7: [3, 0], 12: [1]}[n]
            decoder.keep(places)
            rows = rows[places]
        found = decoder.read(rows[:, n:n + 1])
        wanted = Decoder(model, 0, VOCABULARY).read(rows[:, :n + 1])
        assert np.allclose(found, wanted, rtol=0, atol=1e-11)


def test_a_cache_reads_each_token_once(monkeypatch):
    for name, limit in (("gpt", 9), ("cnn", 8), ("lstm", 40)):
        model, asked = made(name), []
        inner = model.advance
        monkeypatch.setattr(type(model), "advance", lambda self, ids, state=None: (
            asked.append(ids.shape[1]), inner(ids, state))[1])
        read(model, [TEXT[:, :20], *(TEXT[:, n:n + 1] for n in range(20, 40))], True)
        first = {"gpt": 8, "cnn": 8, "lstm": 20}[name]
        again = [n for n in asked[1:] if n > 1]
        assert asked[0] == first and len(asked) == 21 and again == ([4] * 4 if name == "gpt" else []), name
        assert max(asked) <= max(limit, 20)
        monkeypatch.undo()


def test_nothing_is_recorded_and_nothing_dropped():
    model = models.LSTM(VOCABULARY, embedding=3, hidden=5, dropout=0.5, seed=1)
    model.recurrent.eval()
    once, again = (read(model, [TEXT[:, :5]], True)[0] for _ in range(2))
    assert np.array_equal(once, again)
    assert model.training and model.dropout.training and not model.recurrent.training  # as they were
    decoder = Decoder(model, 0, VOCABULARY)
    decoder.read(TEXT[:, :5])
    assert not any(part.requires_grad for part in decoder.state)


def test_models_of_ones_own():
    """Anything that gives logits for ids, and says how many it takes."""
    seen = []

    def model(ids):
        seen.append(ids.tolist())
        return tl.Tensor(np.eye(VOCABULARY)[ids[:, -1]])

    model.context = 3
    assert Decoder(model, 0, VOCABULARY).read(np.array([[1, 2, 3, 4]])).argmax() == 4
    assert seen == [[[2, 3, 4]]]


def test_errors():
    model = made("gpt")
    with pytest.raises(ValueError, match="the model scores 7 tokens and the tokenizer has 9: they do not belong"):
        Decoder(model, 0, 9).read(TEXT[:, :2])
    model.norm.weight.assign(np.full(8, np.nan))
    with pytest.raises(ValueError, match="after 2 tokens the model's scores are not numbers"):
        Decoder(model, 0, VOCABULARY).read(TEXT[:, :2])
