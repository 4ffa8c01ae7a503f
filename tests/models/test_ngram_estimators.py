"""Every estimator beside dictionaries and a recursion, written from the paper's equation without NumPy's tables."""

import math
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm import data
from tinylm.models.ngram import ESTIMATORS, NGram
from tinylm.models.smoothing import expected_counts
from tinylm.text import Characters

TEXTS = st.integers(1, 5).flatmap(
    lambda size: st.tuples(st.just(size), st.lists(st.integers(0, size - 1), min_size=4, max_size=40)))


def counted(text, order):
    return {k: Counter(tuple(text[i:i + k]) for i in range(len(text) - k + 1)) for k in range(1, order + 1)}


def continued(grams, order):
    counts = {order: grams[order]}
    for k in range(1, order):
        before = defaultdict(set)
        for gram in grams[k + 1]:
            before[gram[1:]].add(gram[0])
        counts[k] = Counter({gram: len(tokens) for gram, tokens in before.items()})
    return counts


def after(counts, history):
    """What follows a context: token to count."""
    return {gram[-1]: n for gram, n in counts[len(history) + 1].items() if gram[:-1] == history}


def by_hand(model, text, context, token):
    vocabulary, order, grams = model.vocabulary, model.order, counted(text, model.order)
    continuing = continued(grams, order)
    tokens = range(vocabulary)

    def mle(history, token):
        here = after(grams, history)
        return here.get(token, 0) / sum(here.values()) if here else mle(history[1:], token)

    def add(history, token):
        here = after(grams, history)
        return (here.get(token, 0) + model.add) / (sum(here.values()) + model.add * vocabulary)

    def jelinek_mercer(history, token):
        here, weight = after(grams, history), model.weights[len(history)]
        below = jelinek_mercer(history[1:], token) if history else 1 / vocabulary
        return weight * here.get(token, 0) / sum(here.values()) + (1 - weight) * below if here else below

    def good_turing(history, token):
        lower = (lambda each: good_turing(history[1:], each)) if history else lambda each: 1 / vocabulary
        here = after(grams, history)
        if not here:
            return lower(token)
        stars = simple_good_turing(list(grams[len(history) + 1].values()))
        kept = {each: stars[n] / sum(here.values()) for each, n in here.items()}
        if len(here) == vocabulary:
            return kept[token] / sum(kept.values())
        if token in kept:
            return kept[token]
        return (1 - sum(kept.values())) * lower(token) / sum(lower(each) for each in tokens if each not in here)

    def modified(history, token):
        here = {each: n for each, n in after(continuing, history).items() if n}
        below = modified(history[1:], token) if history else 1 / vocabulary
        if not here:
            return below
        n1, n2, n3, n4 = (list(continuing[len(history) + 1].values()).count(r) for r in (1, 2, 3, 4))
        discounts = 0.5, 1, 1.5
        if n1 and n2 and n3 and n4:
            y = n1 / (n1 + 2 * n2)
            found = 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3
            if 0 < found[0] < 1 and 0 < found[1] < 2 and 0 < found[2] < 3:
                discounts = found
        taken = {each: discounts[min(n, 3) - 1] for each, n in here.items()}
        kept = max(here[token] - taken[token], 0) if token in here else 0
        return (kept + sum(taken.values()) * below) / sum(here.values())

    by_name = {"mle": mle, "add": add, "jelinek-mercer": jelinek_mercer, "good-turing": good_turing,
               "modified-kneser-ney": modified}
    return by_name[model.estimator](tuple(context[max(0, len(context) - order + 1):]), token)


def simple_good_turing(counts):
    """r* of each r, as Gale & Sampson (1995) describe it, with least squares by hand."""
    n = Counter(counts)
    rs = sorted(n)
    slope = -2.0
    if len(rs) > 1:
        points = []
        for i, r in enumerate(rs):
            q = rs[i - 1] if i else 0
            t = rs[i + 1] if i + 1 < len(rs) else 2 * r - q
            points.append((math.log(r), math.log(n[r] / (0.5 * (t - q)))))
        x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
        found = sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _ in points)
        slope = found if found < -1 else slope
    stars, turing = {}, True
    for r in range(1, max(rs) + 1):
        smooth = r * (1 + 1 / r) ** (slope + 1)
        if turing and n[r] and n[r + 1]:
            star = (r + 1) * n[r + 1] / n[r]
            deviation = math.sqrt((r + 1) ** 2 * n[r + 1] / n[r] ** 2 * (1 + n[r + 1] / n[r]))
            turing = abs(star - smooth) > 1.65 * deviation and star < r
        else:
            turing = False
        stars[r] = star if turing else smooth
    return stars


@pytest.mark.parametrize("estimator", [name for name in ESTIMATORS if name != "kneser-ney"])
@given(TEXTS, st.integers(1, 4), st.data())
def test_as_the_equations_have_it(estimator, text, order, more):
    vocabulary, ids = text
    add = more.draw(st.sampled_from([0.01, 0.5, 1.0])) if estimator == "add" else None
    model = NGram(vocabulary + 1, order, add, estimator)  # one token is never seen
    model.weights = more.draw(st.lists(st.floats(0.05, 0.95), min_size=order, max_size=order))
    model.fit(ids)
    other = more.draw(st.lists(st.integers(0, vocabulary), min_size=1, max_size=6))
    expected = [by_hand(model, ids, other[:i], token) for i, token in enumerate(other)]
    assert model.probabilities(other) == pytest.approx(expected, abs=1e-9)
    assert [model.distribution(other[:i])[token] for i, token in enumerate(other)] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@given(TEXTS, st.integers(1, 4), st.integers(0, 2), st.data())
def test_every_context_sums_to_one(estimator, text, order, unseen, more):
    vocabulary, ids = text[0] + unseen, text[1]
    model = NGram(vocabulary, order, estimator=estimator).fit(ids)
    context = more.draw(st.lists(st.integers(0, vocabulary - 1), max_size=6))
    p = model.distribution(context)
    assert p.shape == (vocabulary,) and p.sum() == pytest.approx(1, abs=1e-9)
    assert p.min() >= 0 if estimator == "mle" else p.min() > 0
    after = [model.probabilities([*context, token])[-1] for token in range(vocabulary)]
    assert p == pytest.approx(np.array(after), abs=1e-12)


def test_modified_kneser_ney_takes_three_discounts_from_a_large_text():
    ids = np.random.default_rng(0).zipf(1.4, 3000) % 50
    model = NGram(51, 2, estimator="modified-kneser-ney").fit(ids)
    for context, token in ((1, 1), (1, 3), (2, 50), (50, 7)):
        assert model.distribution([context])[token] == pytest.approx(by_hand(model, ids.tolist(), [context], token))


def test_good_turing_leaves_the_singletons_share():
    """Of a text whose counts fall as Zipf says, about n₁ / N of the probability is for what was never seen."""
    ids = np.random.default_rng(1).zipf(1.3, 5000)
    ids = ids[ids < 20_000]
    model = NGram(20_000, 1, estimator="good-turing").fit(ids)
    counts = np.bincount(ids, minlength=20_000)
    assert model.distribution()[counts == 0].sum() == pytest.approx((counts == 1).sum() / len(ids), rel=0.15)


def test_turing_for_small_counts_and_a_line_for_large_ones():
    counts = np.repeat([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 26],
                       [120, 40, 24, 13, 15, 5, 11, 2, 2, 1, 3, 1])  # after Gale & Sampson's table of prosody
    expected = expected_counts(counts)
    found = dict(zip(counts.tolist(), expected.tolist(), strict=True))
    by_formula = simple_good_turing(counts.tolist())
    assert found == pytest.approx({r: by_formula[r] for r in found})
    assert all(0 < star < r for r, star in found.items()) and found[1] != found[2] / 2


@pytest.fixture(scope="module")
def built_in():
    text = data.load("pydoc")
    training, _ = data.split(text)
    tokenizer = Characters.fit(training)
    return len(tokenizer), tokenizer.encode(text), len(training)


def test_kneser_ney_below_interpolation_below_add_one(built_in):
    vocabulary, ids, start = built_in
    counted = start * 9 // 10
    bits = {}
    for estimator in ("kneser-ney", "modified-kneser-ney", "good-turing", "add", "jelinek-mercer"):
        model = NGram(vocabulary, 5, estimator=estimator).fit(ids[:counted])
        if estimator == "jelinek-mercer":
            model.fit_weights(ids[counted:start])
        bits[estimator] = model.score(ids, start)
    assert bits["modified-kneser-ney"] < bits["kneser-ney"] < bits["jelinek-mercer"] < bits["add"]
    assert bits["good-turing"] < bits["add"]


@pytest.mark.parametrize(("order", "bits"), [(3, 2.453), (4, 1.964), (5, 1.786), (6, 1.729)])
def test_kneser_ney_on_the_text_of_python_3_11(built_in, order, bits):
    vocabulary, ids, start = built_in
    if len(ids) != 465_126:
        pytest.skip(f"the figures are for the text of Python 3.11, 465,126 characters; this one has {len(ids):,}")
    assert NGram(vocabulary, order).fit(ids[:start]).score(ids, start) == pytest.approx(bits, abs=0.0006)


def test_what_maximum_likelihood_never_saw_is_infinitely_surprising():
    model = NGram(3, 2, estimator="mle").fit([0, 1, 0, 1, 1])
    assert model.score([0, 1]) < math.inf
    with np.errstate(all="raise"):
        assert model.score([0, 0]) == model.score([2]) == model.perplexity([0, 1, 2]) == math.inf
    assert model.distribution([2]) == pytest.approx([2 / 5, 3 / 5, 0])  # never a context: the unigram decides
    drawn = model.sample(2000, np.random.default_rng(0))
    assert set(drawn.tolist()) == {0, 1} and not ((drawn[:-1] == 0) & (drawn[1:] == 0)).any()


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_texts_of_one_word(estimator):
    with pytest.raises(ValueError, match=r"a text of 0 tokens holds no 1-gram: give a longer text$"):
        NGram(4, 1, estimator=estimator).fit([])
    with pytest.raises(ValueError, match=r"a text of 1 tokens holds no 2-gram: .*, or an order of at most 1"):
        NGram(4, 2, estimator=estimator).fit([3])
    p = NGram(4, 1, estimator=estimator).fit([3]).distribution()
    assert p.sum() == pytest.approx(1) and p[0] == p[1] == p[2]
    assert p[3] == p[0] if estimator == "kneser-ney" else p[3] > p[0]  # n₂ = 0 makes its discount all of a count of 1
    alone = NGram(1, 3, estimator=estimator).fit([0, 0, 0])
    assert alone.score([0, 0, 0, 0]) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_score_of_an_end_is_that_of_the_whole_text_there(estimator):
    ids = np.random.default_rng(2).integers(0, 5, 60)
    model = NGram(6, 3, estimator=estimator).fit(ids)
    for start in (0, 1, 2, 30, 59):
        assert model.score(ids, start) == pytest.approx(-np.log2(model.probabilities(ids)[start:]).mean(), abs=1e-12)


def test_estimators_that_do_not_exist():
    with pytest.raises(ValueError, match="there is no estimator 'katz'; there are: mle, add"):
        NGram(4, estimator="katz")
    with pytest.raises(ValueError, match="add=1 is for the estimator 'add'; 'mle' adds nothing"):
        NGram(4, add=1, estimator="mle")
    assert NGram(4, estimator="add").add == 1 and NGram(4, add=0.5).estimator == "add"
    assert NGram(4).estimator == "kneser-ney"
