import math
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm import data
from tinylm.models.ngram import NGram
from tinylm.text import Characters

TEXTS = st.integers(1, 5).flatmap(
    lambda size: st.tuples(st.just(size), st.lists(st.integers(0, size - 1), min_size=4, max_size=30)))


def by_hand(vocabulary, order, text, context, token):
    """p(token | context), as the paper has it: dictionaries and a recursion."""
    grams = {k: Counter(tuple(text[i:i + k]) for i in range(len(text) - k + 1)) for k in range(1, order + 1)}
    counts = {order: grams[order]}
    for k in range(1, order):
        before = defaultdict(set)
        for gram in grams[k + 1]:
            before[gram[1:]].add(gram[0])
        counts[k] = {gram: len(before[gram]) for gram in before}

    def p(history):
        k = len(history) + 1
        here = {gram[-1]: n for gram, n in counts[k].items() if gram[:-1] == history}
        below = p(history[1:]) if history else 1 / vocabulary
        if not here:
            return below
        once, twice = (list(counts[k].values()).count(n) for n in (1, 2))
        discount = once / (once + 2 * twice) if once else 0.5
        return (max(here.get(token, 0) - discount, 0) + discount * len(here) * below) / sum(here.values())

    return p(tuple(context[max(0, len(context) - order + 1):]))


@given(TEXTS, st.integers(1, 4), st.data())
def test_as_the_paper_has_it(text, order, more):
    vocabulary, ids = text
    model = NGram(vocabulary, order).fit(ids)
    other = more.draw(st.lists(st.integers(0, vocabulary - 1), min_size=1, max_size=8))
    expected = [by_hand(vocabulary, order, ids, other[:i], token) for i, token in enumerate(other)]
    assert model.probabilities(other) == pytest.approx(expected, abs=1e-12)
    assert [model.distribution(other[:i])[token] for i, token in enumerate(other)] == pytest.approx(expected, abs=1e-12)
    assert model.score(other) == pytest.approx(-sum(map(math.log2, expected)) / len(other))


@given(TEXTS, st.integers(1, 4), st.sampled_from([None, 0.1, 1]), st.data())
def test_every_context_sums_to_one(text, order, add, more):
    vocabulary, ids = text
    model = NGram(vocabulary + 2, order, add).fit(ids)  # two tokens are never seen
    context = more.draw(st.lists(st.integers(0, vocabulary + 1), max_size=6))
    p = model.distribution(context)
    assert p.shape == (vocabulary + 2,) and p.sum() == pytest.approx(1, abs=1e-12) and p.min() > 0
    after = [model.probabilities([*context, token])[-1] for token in range(vocabulary + 2)]
    assert p == pytest.approx(np.array(after), abs=1e-12)


def test_francisco():
    """What Kneser and Ney are for: Francisco is frequent, yet follows only San, so elsewhere it is unlikely."""
    san, francisco, glass, other = range(4)
    text = [san, francisco] * 20 + [glass, other, glass, glass, san, glass, other, glass] * 3
    unseen = NGram(6, 2).fit(text).distribution([5])
    assert text.count(francisco) > text.count(glass) and unseen[francisco] < unseen[glass]


def test_add():
    model = NGram(3, 2, add=0.5).fit([0, 1, 0, 1, 0, 2])
    assert model.distribution([0]) == pytest.approx(np.array([0.5, 2.5, 1.5]) / 4.5)
    assert model.distribution([2]) == pytest.approx(np.full(3, 1 / 3))


@pytest.fixture(scope="module")
def built_in():
    text = data.load("pydoc")
    if len(text) != 465_126:
        pytest.skip(f"the figures are for the text of Python 3.11, 465,126 characters; this one has {len(text):,}")
    training, _ = data.split(text)
    tokenizer = Characters.fit(training)
    return len(tokenizer), tokenizer.encode(text), len(training)


@pytest.mark.parametrize(("order", "bits"), [(3, 2.45), (6, 1.73), (10, 1.65)])
def test_bits_per_character_on_the_built_in_text(built_in, order, bits):
    vocabulary, ids, start = built_in
    model = NGram(vocabulary, order).fit(ids[:start])
    assert model.score(ids, start) == pytest.approx(bits, abs=0.01)


def test_sampling():
    ids = [0, 1, 2, 3] * 50
    model = NGram(4, 3).fit(ids)
    drawn = model.sample(400, np.random.default_rng(0), [2, 3])
    assert drawn[0] == 0 and ((np.diff(drawn) % 4) == 1).mean() > 0.9
    assert np.array_equal(drawn, model.sample(400, np.random.default_rng(0), [2, 3]))
    assert len(model.sample(5, np.random.default_rng(0))) == 5 and model.size == 4 + 4 + 4


def test_frequencies_of_samples_are_the_probabilities():
    model = NGram(3, 1).fit([0, 0, 0, 0, 0, 1, 1, 2])
    drawn = model.sample(4000, np.random.default_rng(0))
    assert np.bincount(drawn) / 4000 == pytest.approx(model.distribution(), abs=0.03)


def test_errors():
    for order in (0, 11):
        with pytest.raises(ValueError, match=f"order is {order}"):
            NGram(5, order)
    with pytest.raises(ValueError, match="a vocabulary of 0"):
        NGram(0)
    for add in (0, -1, math.nan):
        with pytest.raises(ValueError, match="what is added to each count is above 0"):
            NGram(5, add=add)
    with pytest.raises(ValueError, match="a text of 2 tokens holds no 3-gram"):
        NGram(5, 3).fit([1, 2])
    with pytest.raises(RuntimeError, match="call fit"):
        NGram(5).score([1])
    model = NGram(5, 2).fit([1, 2])
    for wrong in (-1, 5):
        with pytest.raises(IndexError, match=f"there is no id {wrong} in a vocabulary of 5"):
            model.score([1, wrong])
    with pytest.raises(TypeError, match="ids are integers, not float64"):
        model.distribution([1.5])
    for ids, start in (([], 0), ([1], 1), ([1], -1)):
        with pytest.raises(ValueError, match="nothing to score"):
            model.score(ids, start)
