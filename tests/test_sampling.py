"""The filters against their definitions, written once more as loops; and that draws follow the probabilities."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm.sampling import Sampling, draw, likeliest, nucleus, penalised

NONE = np.zeros((1, 6), dtype=bool)
SCORES = st.lists(st.floats(-5, 5).map(lambda x: round(x, 1)), min_size=6, max_size=6)  # with ties


def by_hand(scores, occurred, temperature, top_k, top_p, penalty):
    """The probability of each token: Keskar 2019, temperature, Fan 2018, Holtzman 2020, a token at a time."""
    left = {}
    for token, score in enumerate(scores):
        if penalty is not None and token in occurred:
            score = score / penalty if score > 0 else score * penalty
        left[token] = score / (1 if temperature is None else temperature)
    ranked = sorted(left, key=lambda token: (-left[token], token))
    ranked = ranked if top_k is None else ranked[:top_k]

    def shares(tokens):
        total = sum(math.exp(left[token]) for token in tokens)
        return {token: math.exp(left[token]) / total for token in tokens}

    if top_p is not None:
        p, kept, together = shares(ranked), [], 0.0
        for token in ranked:
            kept.append(token)
            together += p[token]
            if together >= top_p:
                break
        ranked = kept if top_p < 1 else ranked
    p = shares(ranked)
    return [p.get(token, 0.0) for token in range(len(scores))]


@given(SCORES, st.sets(st.integers(0, 5)), st.sampled_from([None, 0.5, 1.0, 3.0]), st.sampled_from([None, 1, 2, 6]),
       st.sampled_from([None, 0.05, 0.5, 0.91, 1.0]), st.sampled_from([None, 0.7, 1.0, 1.3]))
def test_the_filters_by_their_definitions(scores, occurred, temperature, top_k, top_p, penalty):
    mask = np.isin(np.arange(6), list(occurred))[None]
    found = Sampling(temperature, top_k, top_p, False, penalty).chances(np.array([scores]), mask)
    assert found.shape == (1, 6)
    assert found[0] == pytest.approx(by_hand(scores, occurred, temperature, top_k, top_p, penalty), abs=1e-12)


def test_every_row_by_itself():
    scores = np.random.default_rng(0).standard_normal((4, 6))
    occurred = np.random.default_rng(1).random((4, 6)) < 0.5
    sampling = Sampling(0.7, 4, 0.8, False, 1.5)
    rows = [sampling.chances(scores[row:row + 1], occurred[row:row + 1]) for row in range(4)]
    assert np.array_equal(sampling.chances(scores, occurred), np.concatenate(rows))


def test_known_cases():
    p = np.array([[0.5, 0.3, 0.15, 0.05]])
    kept = lambda top_p: np.isfinite(nucleus(np.log(p), top_p))[0].tolist()
    assert kept(0.01) == kept(0.49) == [True, False, False, False]  # at least one
    assert kept(0.6) == kept(0.79) == [True, True, False, False]
    assert kept(0.9) == [True, True, True, False] and kept(1.0) == [True] * 4
    assert np.isfinite(nucleus(np.zeros((1, 4)), 0.5))[0].tolist() == [True, True, False, False]  # exactly enough
    assert np.isfinite(likeliest(np.array([[1.0, 3, 3, 3]]), 2))[0].tolist() == [False, True, True, False]
    assert penalised(np.array([2.0, -2.0, 0.0]), 4.0).tolist() == [0.5, -8.0, 0.0]
    nearly = np.array([[0.0, -1000.0, -1001.0]])  # what is never drawn may still not be lost
    assert np.isfinite(nucleus(nearly, 1.0)).all()


def test_greedy_takes_the_likeliest_and_of_equals_the_first():
    scores = np.array([[1.0, 5, 5, 0, 2, 3]])
    assert Sampling(greedy=True).chances(scores, NONE)[0].tolist() == [0, 1, 0, 0, 0, 0]
    again = np.array([[False, True, True, False, False, False]])
    assert np.argmax(Sampling(greedy=True, repetition_penalty=2.0).chances(scores, again)) == 5


def test_what_is_forbidden_stays_so_and_large_scores_do_no_harm():
    scores = np.array([[-np.inf, 800.0, 799.0, -800.0, -np.inf, 0.0]])
    for sampling in (Sampling(), Sampling(0.01), Sampling(100.0, 5, 0.999, False, 2.0)):
        p = sampling.chances(scores, np.ones((1, 6), dtype=bool))[0]
        assert p.sum() == pytest.approx(1) and p[0] == p[4] == 0 and p[1] > p[2]


def test_draws():
    p = np.array([0.0, 0.25, 0.0, 0.75, 0.0])
    assert [draw(p, u) for u in (0.0, 0.2499, 0.25, 0.5, math.nextafter(1, 0))] == [1, 1, 3, 3, 3]
    rng = np.random.default_rng(0)
    drawn = [draw(np.array([0.1, 0.6, 0.3]), rng.random()) for _ in range(4000)]
    assert np.bincount(drawn) / 4000 == pytest.approx([0.1, 0.6, 0.3], abs=0.03)


@pytest.mark.parametrize(("settings", "message"), [
    ({"temperature": 0.0}, "temperature is 0.0; it is above 0 and finite.*greedy"),
    ({"temperature": -1.0}, "temperature is -1.0"), ({"temperature": math.inf}, "temperature is inf"),
    ({"temperature": math.nan}, "temperature is nan"),
    ({"top_k": 0}, "top_k is 0; it is a number of tokens, at least 1"),
    ({"top_p": 0.0}, "top_p is 0.0; it is a probability above 0"), ({"top_p": 1.01}, "top_p is 1.01"),
    ({"top_p": math.nan}, "top_p is nan"),
    ({"repetition_penalty": 0.0}, "repetition_penalty is 0.0; it is above 0 and finite"),
    ({"repetition_penalty": math.inf}, "repetition_penalty is inf"),
    ({"greedy": True, "temperature": 1.0}, "greedy takes the likeliest token, and temperature would"),
    ({"greedy": True, "top_k": 2, "top_p": 0.5}, "and top_k and top_p would change how one is drawn: say one or"),
])
def test_errors(settings, message):
    with pytest.raises(ValueError, match=f"generate: .*{message}"):
        Sampling(**settings)


@pytest.mark.parametrize("settings", [{"temperature": "hot"}, {"top_k": 2.5}, {"top_p": "0.9"},
                                      {"repetition_penalty": [1]}])
def test_what_is_no_number(settings):
    (name,) = settings
    with pytest.raises(TypeError, match=f"generate: {name} is .*; it is a (whole )?number"):
        Sampling(**settings)
    Sampling(temperature=np.float32(1), top_k=np.int64(3), top_p=1)


def test_greedy_goes_with_a_penalty():
    assert Sampling(greedy=True, repetition_penalty=1.2).given() == ["greedy", "repetition_penalty"]
