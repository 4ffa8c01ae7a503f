import numpy as np
import pytest

import tinylm as tl
from tinylm import generate, models
from tinylm.text import Bytes, Characters

TOKENIZER = Characters("abcd")


class Next:
    """A model that finds the next letter of the alphabet likeliest, then the one after."""

    context = 3

    def __init__(self):
        self.seen = []

    def __call__(self, ids):
        self.seen.append(ids[0].tolist())
        last = ids[0, -1] if ids.shape[1] else 0
        logits = np.full((1, 5), -20.0, dtype=np.float32)
        logits[0, 0] = 9  # the unknown token: never to be written
        logits[0, 1 + last % 4], logits[0, 1 + (last + 1) % 4] = 2, 1
        return tl.Tensor(logits)


def text(prompt="", length=40, **settings):
    return "".join(generate.stream(Next(), TOKENIZER, prompt, length, **settings))


def test_greedy_takes_the_likeliest():
    assert text("a", 6, greedy=True) == "bcdabc"
    assert text("", 3, greedy=True) == "abc"
    assert text("a", 6, top_k=1) == text("a", 6, temperature=1e-3) == "bcdabc"


def test_the_model_sees_at_most_its_context():
    model = Next()
    list(generate.stream(model, TOKENIZER, "dcba", 2, greedy=True))
    assert model.seen == [[3, 2, 1], [2, 1, 2]]


def test_the_seed_decides():
    assert text(seed=1) == text(seed=1) != text(seed=2)
    assert set(text(length=200, temperature=100.0)) == set("abcd")  # hot: anything, but never the unknown token


def test_temperature_and_top_k_shape_the_chances():
    logits, rng = np.array([9, 2, 1, 0], dtype=np.float32), np.random.default_rng(0)
    drawn = [generate.choose(logits, rng, 2.0, 2, False) for _ in range(4000)]
    assert set(drawn) == {1, 2}
    assert np.mean(np.array(drawn) == 1) == pytest.approx(1 / (1 + np.exp(-0.5)), abs=0.03)


def test_it_streams():
    characters = generate.stream(Next(), TOKENIZER, length=10**9)
    assert len([next(characters) for _ in range(3)]) == 3


def test_a_character_of_many_bytes_comes_whole():
    def model(ids):  # writes é over and over
        return tl.Tensor(np.eye(256, dtype=np.float32)[[0xA9 if ids[0, -1] == 0xC3 else 0xC3]])

    model.context = 3
    assert list(generate.stream(model, Bytes(), "a", 4, greedy=True)) == ["é", "é"]
    assert list(generate.stream(model, Bytes(), "a", 3, greedy=True)) == ["é", "�"]


def test_where_nothing_is_unknown_every_id_may_be_written():
    logits = np.array([9, 2, 1], dtype=np.float32)
    assert generate.choose(logits, np.random.default_rng(0), 1.0, None, True, never=None) == 0
    with pytest.raises(ValueError, match="top_k is 257; it is from 1 to 256"):
        generate.stream(Next(), Bytes(), top_k=257)


def test_a_real_model_on_every_device(device):
    model = models.MLP(5, context=3, embedding=2, hidden=4)
    written = "".join(generate.stream(model, TOKENIZER, "a☃", 20))
    assert len(written) == 20 and set(written) <= set("abcd")


def test_errors_come_at_once():
    for settings, message in [
        ({"temperature": 0.0}, "temperature is 0.0; it must be above 0.*greedy"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"top_k": 0}, "top_k is 0; it is from 1 to 4"), ({"top_k": 5}, "top_k is 5"),
        ({"length": -1}, "cannot be negative"),
    ]:
        with pytest.raises(ValueError, match=message):
            generate.stream(Next(), TOKENIZER, **settings)
