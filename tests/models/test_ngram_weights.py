import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm.models.ngram import NGram


def written(length, seed):
    """A text in which a token hangs on the two before it, on the one, or on nothing; some are rare."""
    rng, ids = np.random.default_rng(seed), [0, 1]
    for _ in range(length):
        source = rng.random()
        ids.append((ids[-1] + ids[-2]) % 7 if source < 0.35 else 2 * ids[-1] % 7 if source < 0.65
                   else min(int(rng.exponential(4)), 19))
    return ids


TEXT, HELD_OUT = written(600, 1), written(150, 2)


def likelihood(model, weights, ids):
    model.weights = list(weights)
    model._smooth()
    return float(np.log(model.probabilities(ids)).mean())


@pytest.mark.parametrize("order", [1, 2, 3])
def test_em_ends_where_a_grid_search_does(order):
    model = NGram(20, order, estimator="jelinek-mercer").fit(TEXT)
    history = model.fit_weights(HELD_OUT, 5000, 1e-13)
    found = model.weights
    assert history[-1] == pytest.approx(likelihood(model, found, HELD_OUT), abs=1e-12)
    assert all(0.05 < weight < 0.98 for weight in found)
    best, step = [0.5] * order, 0.1
    while step > 1e-4:  # a grid over everything, then finer and finer ones around its best point
        grid = [np.clip(each + step * np.arange(-5, 6), 0.01, 0.99) for each in best]
        best = max(itertools.product(*grid), key=lambda weights: likelihood(model, weights, HELD_OUT))
        step /= 4
    assert found == pytest.approx(list(best), abs=0.001)
    assert likelihood(model, best, HELD_OUT) <= history[-1] < likelihood(model, best, HELD_OUT) + 1e-6


@given(st.lists(st.integers(0, 4), min_size=3, max_size=40), st.lists(st.integers(0, 4), min_size=1, max_size=20),
       st.integers(1, 3))
def test_the_likelihood_never_falls(text, held_out, order):
    model = NGram(5, order, estimator="jelinek-mercer").fit(text)
    before = model.score(held_out)
    history = model.fit_weights(held_out, 30, 0)
    assert all(b >= a for a, b in itertools.pairwise(history))
    assert history[0] == pytest.approx(-before * math.log(2))
    assert model.score(held_out) == pytest.approx(-history[-1] / math.log(2))
    assert all(0 <= weight <= 1 for weight in model.weights)


def test_one_step_of_em_by_hand():
    """A unigram of text 0 0 1 in a vocabulary of 2, held out 1: λ = 1/2 · 1/3 / (1/2 · 1/3 + 1/2 · 1/2) = 2/5."""
    model = NGram(2, 1, estimator="jelinek-mercer").fit([0, 0, 1])
    history = model.fit_weights([1], iterations=1)
    assert model.weights == pytest.approx([2 / 5])
    assert history == pytest.approx([math.log(5 / 12), math.log(2 / 5 / 3 + 3 / 5 / 2)])


def test_a_weight_that_the_text_says_nothing_of_stays():
    model = NGram(4, 2, estimator="jelinek-mercer").fit([0, 1, 0, 1])
    model.fit_weights([3, 3, 3, 2])
    assert model.weights[1] == 0.5 and model.weights[0] < 0.01


def test_errors():
    model = NGram(4, 2, estimator="jelinek-mercer")
    with pytest.raises(RuntimeError, match="call fit"):
        model.fit_weights([1])
    model.fit([0, 1, 2])
    with pytest.raises(ValueError, match="no weights can be fitted to an empty text"):
        model.fit_weights([])
    with pytest.raises(ValueError, match="0 iterations"):
        model.fit_weights([1], iterations=0)
    with pytest.raises(IndexError, match="there is no id 4"):
        model.fit_weights([4])
    with pytest.raises(ValueError, match="'kneser-ney' has no weights to fit; 'jelinek-mercer' has"):
        NGram(4, 2).fit([0, 1]).fit_weights([1])
