import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm.corpus.hashing import grams, words_of
from tinylm.corpus.minhash import MinHash, estimate, resemblance

PAIRS, HASHES = 120, 512


def runs(text, n):
    words = text.split() or [text]
    return {tuple(words[i:i + n]) for i in range(max(len(words) - n + 1, 1))}


def jaccard(first, second):
    return len(first & second) / len(first | second)


def pairs():
    """Sets that overlap from not at all to wholly, as texts, each pair of other words."""
    draw = np.random.default_rng(5)
    for pair in range(PAIRS):
        common, own, other = draw.integers(1, 40, 3).tolist() if pair % 10 else (30, 0, 0)
        words = [f"p{pair}w{i}" for i in range(common + own + other)]
        yield " ".join(words[:common + own]), " ".join(words[:common] + words[common + own:])


def test_the_estimate_is_unbiased_with_the_variance_promised():
    texts = [text for pair in pairs() for text in pair]
    exact = np.array([jaccard(runs(a, 1), runs(b, 1)) for a, b in pairs()])
    signatures = MinHash(HASHES, seed=1).signatures(grams(words_of(texts), 1))
    error = estimate(signatures[::2], signatures[1::2]) - exact
    deviation = np.sqrt(exact * (1 - exact) / HASHES)
    assert (error[exact == 1] == 0).all() and (exact == 1).sum() == PAIRS / 10
    between = exact < 1
    assert abs(error.sum()) < 4 * np.sqrt((deviation**2).sum())
    assert 0.7 < np.mean((error[between] / deviation[between])**2) < 1.4


def test_strangers_agree_nowhere():
    signatures = MinHash(4096).signatures(grams(words_of(["a b c d e", "f g h i j"]), 2))
    assert estimate(signatures[:1], signatures[1:]).tolist() == [0]


@given(st.lists(st.text("ab cé中.\n", max_size=25), min_size=1, max_size=6), st.integers(1, 4))
def test_a_batch_is_as_its_documents(texts, n):
    sign = MinHash(16)
    together = sign.signatures(grams(words_of(texts), n))
    assert together.shape == (len(texts), 16) and together.dtype == np.uint32
    assert np.array_equal(together, np.concatenate([sign.signatures(grams(words_of([text]), n)) for text in texts]))


def test_how_often_a_run_stands_there_does_not_count():
    one, other = MinHash().signatures(grams(words_of(["a b a", "b a b a b a b a b"]), 2))
    assert np.array_equal(one, other)


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=12), st.integers(1, 4))
def test_resemblance_is_that_of_the_sets(first, second, n):
    texts = [" ".join(words) for words in (first, second)]
    assert resemblance(grams(words_of(texts), n)) == jaccard(*(runs(text, n) for text in texts))


def test_seeds():
    found = grams(words_of(["one two three four five six"]), 2)
    one, same, other = (MinHash(64, seed).signatures(found) for seed in (1, 1, 2))
    assert np.array_equal(one, same) and (one != other).mean() > 0.9


def test_each_order_is_a_permutation():
    """x -> a x + b modulo 2⁶⁴ is one if and only if a is odd."""
    sign = MinHash(64)
    assert (sign.factors % 2 == 1).all() and len({*sign.factors.tolist()}) == len({*sign.shifts.tolist()}) == 64


@pytest.mark.parametrize("hashes", [1, 3])
def test_shorter_signatures_are_the_beginning(hashes):
    found = grams(words_of(["one two three", "four five"]), 1)
    assert MinHash(hashes).signatures(found).shape == (2, hashes)
