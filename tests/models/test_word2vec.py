"""word2vec: its two forms against each other and against finite differences, what it learns, and what it refuses."""

import math

import numpy as np
import pytest

import tinylm as tl
from tinylm.cooccurrence import END
from tinylm.data import planted
from tinylm.models import Word2Vec, negative_sampling, word2vec
from tinylm.models.draws import Draws, positions_of
from tinylm.models.numbering import read
from tinylm.word_tests import Question

FORMS = pytest.mark.parametrize("sg", [True, False], ids=["skip-gram", "CBOW"])


def sentences(many=60, words=12, seed=0):
    rng = np.random.default_rng(seed)
    return [[f"w{k}" for k in rng.integers(0, words, rng.integers(1, 12))] for _ in range(many)]


def small(sg, **others):
    return Word2Vec(**{"vector_size": 5, "window": 3, "min_count": 1, "sample": 0.05, "sg": sg, "epochs": 2,
                       "alpha": 0.1, "positions": 20, "dtype": np.float64, "seed": 1} | others)


def a_batch(sg, seed=0):
    """A batch, and vectors that are far from zero."""
    text = read(sentences(10, 6, seed))
    batch = next(small(sg, positions=16).draws(text.ids, text.counts, rates=(0.0, 0.0)).epoch(0))
    rng = np.random.default_rng(seed)
    assert not sg == (batch.mix is not None) and batch.right.sum() > 10
    return batch._replace(rate=1.0), rng.standard_normal((6, 4)), rng.standard_normal((6, 4))


def losses(inputs, outputs, batch):
    """The loss of every position, (blocks, positions), as the papers write it: word by word."""
    found = np.zeros(batch.right.shape[:2])
    first = batch.right.shape[-1]
    for b, i in np.ndindex(found.shape):
        if batch.mix is None:
            h = inputs[batch.given[b, i]]
        else:
            h = sum(share * inputs[word] for share, word in zip(batch.mix[b, i], batch.given[b]))
        for k, word in enumerate(batch.asked[b]):
            s = h @ outputs[word]
            if k < first:
                found[b, i] -= batch.right[b, i, k] * math.log(1 / (1 + math.exp(-s)))
            else:
                found[b, i] -= batch.wrong[b, i, k - first] * math.log(1 / (1 + math.exp(s)))
    return found


def differences(function, array, h=1e-5):
    """The gradient of a function of an array, entry by entry."""
    slope = np.zeros_like(array)
    for place in np.ndindex(array.shape):
        there, back = array.copy(), array.copy()
        there[place] += h
        back[place] -= h
        slope[place] = (function(there) - function(back)) / (2 * h)
    return slope


@FORMS
@pytest.mark.parametrize("form", ["primitives", "by hand"])
def test_a_step_goes_down_the_finite_differences(sg, form):
    """Rate 1, so the step is the gradient. CBOW's input vectors get that of each position as often as it has words."""
    batch, inputs, outputs = a_batch(sg)
    times = np.ones(batch.right.shape[:2]) if sg else (batch.mix > 0).sum(-1)
    to_inputs = differences(lambda x: (times * losses(x, outputs, batch)).sum(), inputs)
    to_outputs = differences(lambda x: losses(inputs, x, batch).sum(), outputs)
    moved = inputs.copy(), outputs.copy()
    if form == "primitives":
        word2vec.step_by_step(*moved, iter([batch]))
    else:
        negative_sampling.step(*moved, batch, negative_sampling.Rows(len(inputs)))
    assert np.abs(inputs - moved[0] - to_inputs).max() < 1e-7 < 0.1 < np.abs(to_inputs).max()
    assert np.abs(outputs - moved[1] - to_outputs).max() < 1e-7 < 0.1 < np.abs(to_outputs).max()


@FORMS
def test_the_loss_of_the_engine_is_the_papers(sg):
    batch, inputs, outputs = a_batch(sg)
    expected = losses(inputs, outputs, batch).sum()
    assert word2vec.Network(inputs, outputs)(batch).item() == pytest.approx(expected, rel=1e-12)
    per_pair = negative_sampling.surprise(inputs, outputs, [batch, batch])
    assert per_pair == pytest.approx(expected / batch.right.sum(), rel=1e-12)


@FORMS
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_both_forms_learn_the_same_vectors(sg, seed):
    text = sentences(seed=seed)
    by_hand = small(sg, seed=seed).fit(text)
    with tl.fused(False):
        to_read = small(sg, seed=seed).fit(text)
    for one, other in ((by_hand.vectors.matrix, to_read.vectors.matrix), (by_hand.outputs, to_read.outputs)):
        assert np.abs(one - other).max() < 1e-12 < 0.05 < np.abs(one).max()
    begun = by_hand.start(len(by_hand.vectors))[0]
    assert np.abs(by_hand.vectors.matrix - begun).max() > 0.05


def test_which_form_runs(monkeypatch):
    ran = []
    monkeypatch.setattr(word2vec, "step_by_step", lambda *given: ran.append("to read"))
    monkeypatch.setattr(negative_sampling, "train", lambda *given: ran.append("by hand"))
    small(True).fit(sentences())
    with tl.fused(False):
        small(True).fit(sentences())
    assert ran == ["by hand", "to read"]


@FORMS
def test_the_seed_decides(sg):
    one, same, other = (small(sg, seed=seed, dtype=np.float32).fit(sentences()) for seed in (3, 3, 4))
    assert np.array_equal(one.vectors.matrix, same.vectors.matrix) and one.vectors.matrix.dtype == np.float32
    assert not np.array_equal(one.vectors.matrix, other.vectors.matrix)


@FORMS
def test_planted_analogies_come_out(sg):
    text = planted(seed=1)
    model = Word2Vec(vector_size=24, min_count=1, sample=0, sg=sg).fit(text.sentences)
    questions = [Question("planted", four) for four in text.analogies]
    found = model.vectors.analogies(questions)["total"]
    assert found.covered == len(questions) and found.accuracy > 0.9


@FORMS
def test_learning_makes_another_text_less_surprising(sg):
    text = planted(sentences=2000, seed=1).sentences
    little, much = (Word2Vec(vector_size=20, min_count=1, sg=sg, epochs=epochs, sample=0).fit(text[:1600])
                    for epochs in (1, 8))
    before = 6 * math.log(2)
    assert before > little.loss(text[1600:]) > much.loss(text[1600:]) < 0.8 * before


def test_a_model_that_knows_nothing():
    model = small(True, sample=0).fit(sentences())
    model.outputs[:] = 0
    counts = model.vectors.counts
    right = (counts / counts.sum() * counts**0.75 / (counts**0.75).sum()).sum()  # so many of the wrong words are right
    assert model.loss(sentences(500, seed=5)) == pytest.approx((1 + 5 * (1 - right)) * math.log(2), rel=0.003)


def test_words_and_counts():
    model = small(True, min_count=2).fit([["a", "b", "c"], ["b", "a", "b"], [], ["d"]])
    assert model.vectors.words == ["b", "a"] and model.vectors.counts.tolist() == [3, 2]
    assert model.vectors.matrix.shape == model.outputs.shape == (2, 5)


@FORMS
@pytest.mark.parametrize(("words", "alpha"), [(2, 0.025), (2, 0.1), (9, 0.1)])
def test_few_words_share_steps_and_learn_as_well_as_alone(sg, words, alpha):
    """The smallest vocabularies: every word is in many pairs of a step, and all of them push together."""
    text = [[f"w{k * (k + 1) // 2 % words}" for k in range(1000)]]
    settings = {"vector_size": 3, "min_count": 1, "sg": sg, "sample": 0, "alpha": alpha}
    alone, together = (Word2Vec(**settings, positions=positions).fit(text).loss(text) for positions in (1, None))
    assert together < 1.01 * alone and alone < 0.95 * (1 + 5 * (1 - 1 / words)) * math.log(2)


@FORMS
def test_rulers_in_a_text_do_no_harm(sg):
    """Sixty marks in a row, over and over: all positions of a block say the same, and would push it out of bounds."""
    rng = np.random.default_rng(0)
    text = [line for _ in range(80) for line in ([f"w{k}" for k in rng.integers(0, 30, 20)], ["-"] * 60)]
    model = Word2Vec(vector_size=20, min_count=1, sg=sg, sample=0, epochs=8).fit(text)
    assert np.linalg.norm(model.vectors.matrix, axis=1).max() < 20 and np.linalg.norm(model.outputs, axis=1).max() < 20
    expected = model.loss(text)
    assert expected < 0.6 * 6 * math.log(2)
    model.alpha = model.min_alpha = 10.0
    assert model.loss(text) == expected  # scores count every pair in full, whatever the rate


def test_a_step_has_as_many_positions_as_the_most_frequent_word_allows():
    even = np.full(5000, 100)
    assert positions_of(even, 0, 0.025, 5, 5) == 512 and positions_of(even, 0, 0.0, 5, 5) == 512
    two = np.array([50, 50])
    assert positions_of(two, 0, 0.025, 5, 5) == 8 and positions_of(two, 0, 9.0, 5, 5) == 1
    one = np.array([2500, *even[:75]])  # a quarter of the text, that of two words would be a half
    assert positions_of(one, 0, 0.025, 5, 5) == 16 and positions_of(one, 1e-3, 0.025, 5, 5) > 48
    assert positions_of(one, 0, 0.05, 11, 2) == 8
    drawn = Word2Vec(window=11, negative=2, alpha=0.05, sample=0).draws(np.zeros(1, np.int32), one)
    assert drawn.block * drawn.blocks == 8


@FORMS
def test_a_rate_that_is_far_too_high(sg):
    model = small(sg, alpha=1000.0, dtype=np.float32, epochs=20).fit(sentences())
    assert np.abs(model.vectors.matrix).max() < 1000


def test_words_never_seen():
    model = small(True).fit(sentences())
    with pytest.raises(KeyError, match="there is no vector for 'zebra'"):
        model.vectors["zebra"]
    assert model.loss([["w1", "zebra", "w2"], ["zebra"]]) == model.loss([["w1", "w2"], []])
    with pytest.raises(ValueError, match="no two words of a sentence of this text were learnt"):
        model.loss([["zebra", "w1"], ["w2"]])


@pytest.mark.parametrize(("given", "message"), [
    ([], "there is no word in these sentences"),
    ([[], []], "there is no word in these sentences"),
    ([["a", "b"]], r"no word stands there 2 times"),
    ([["a", "a", "a"]], "'a' is the only word"),
    ([["a"], ["b"], ["a"], ["b"]], "no two words stand side by side"),
    ([["a"], ["a", "x"], ["b"], ["y", "b"]], "no two words stand side by side"),
])
def test_texts_from_which_nothing_can_be_learnt(given, message):
    with pytest.raises(ValueError, match=message):
        Word2Vec(min_count=2).fit(given)


@pytest.mark.parametrize(("wrong", "message"), [
    ({"vector_size": 0}, "vector_size is 0"), ({"window": 0}, "window is 0"), ({"negative": 0}, "negative is 0"),
    ({"min_count": 0}, "min_count is 0"), ({"epochs": 1.5}, "epochs is 1.5"), ({"positions": 0}, "positions is 0"),
    ({"epochs": math.nan}, "epochs is nan"), ({"window": "5"}, "window is '5'"), ({"epochs": None}, "epochs is None"),
    ({"sample": -1}, "sample is -1"), ({"sample": math.nan}, "sample is nan"), ({"sample": 1}, "sample is 1"),
    ({"dtype": int}, "dtype is int64; vectors are learnt in float32"), ({"dtype": np.float16}, "dtype is float16"),
    ({"alpha": 0.01, "min_alpha": 0.02}, "alpha=0.01 to min_alpha=0.02"), ({"alpha": math.inf}, "alpha=inf"),
])
def test_settings_that_make_no_sense(wrong, message):
    with pytest.raises(ValueError, match=message):
        Word2Vec(**wrong)


def test_before_it_has_learnt():
    for asks in (lambda model: model.vectors, lambda model: model.loss([["a", "b"]])):
        with pytest.raises(RuntimeError, match="call fit"):
            asks(Word2Vec())


def test_a_bar_counts_the_words(monkeypatch, capsys):
    import tqdm

    bars = []

    class Bar(tqdm.tqdm):
        def __init__(self, *args, **settings):
            super().__init__(*args, **settings | {"delay": 0})
            bars.append((self, settings))
    monkeypatch.setattr(tqdm, "tqdm", Bar)
    small(True).fit(sentences())
    bar, settings = bars[-1]
    ids = read(sentences()).ids
    assert settings["delay"] == 2 and not settings["leave"] and bar.n == bar.total == 2 * len(ids)
    assert "word2vec" in capsys.readouterr().err and (ids == END).any()


def test_settings_reach_the_draws():
    model = Word2Vec(window=2, negative=7, sample=0.01, sg=True, alpha=0.5, min_alpha=0.1, epochs=3, seed=9)
    draws = model.draws(np.array([0, 1, END], np.int32), np.array([1, 1]))
    assert isinstance(draws, Draws) and (draws.window, draws.negative, draws.sg, draws.epochs) == (2, 7, True, 3)
    assert draws.rates == (0.5, 0.1) and draws.seed == 9
