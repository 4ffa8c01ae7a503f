"""What is drawn: the pairs against loops over the text, the frequencies against what the paper says they are."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tinylm.cooccurrence import END
from tinylm.models import draws
from tinylm.models.draws import Draws, kept, noise

SETTINGS = {"window": 3, "negative": 5, "sample": 0.0, "sg": True, "positions": 24, "dtype": np.float64}


def text(sentences):
    return np.array([number for sentence in sentences for number in [*sentence, END]], np.int32)


def drawn(ids, counts=None, **others):
    counts = np.bincount(ids[ids != END]) if counts is None else counts
    return Draws(ids, counts, **SETTINGS | others)


def pairs(batch, sg):
    """The pairs (word, neighbour) of a batch, one list for every position, in the order of the text."""
    found = []
    for block in range(len(batch.given)):
        centres, around = (batch.given, batch.asked) if sg else (batch.asked, batch.given)
        near = batch.right[block] if sg else batch.mix[block] > 0
        for position, row in enumerate(near):
            found.append([(int(centres[block, position]), int(around[block, k])) for k in np.flatnonzero(row)])
    return found


SENTENCES = st.lists(st.lists(st.integers(0, 5), max_size=9), min_size=1, max_size=12)


@settings(max_examples=60)
@given(SENTENCES, st.integers(1, 4), st.sampled_from([1, 5, 8, 64]), st.booleans(), st.integers(1, 40))
def test_pairs_are_those_of_the_text(sentences, window, positions, sg, piece):
    """However it is cut into blocks, batches and pieces, every word has its own neighbours, all within its reach."""
    ids = text(sentences)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draws, "PIECE", piece)
        patch.setattr(draws, "BLOCK", 8)
        model = drawn(ids, np.ones(6), window=window, positions=positions, sg=sg)
        found = [each for batch in model.epoch(0) for each in pairs(batch, sg)]
    expected = [(sentence, place) for sentence in sentences for place in range(len(sentence))]
    for (sentence, place), mine in zip(expected, found, strict=False):
        far = [abs(k - place) for k in range(len(sentence))]
        reaches = [[(sentence[place], other) for k, other in zip(far, sentence) if 0 < k <= reach]
                   for reach in range(1, window + 1)]
        assert mine in reaches
    assert not any(found[len(expected):]) and len(found) >= len(expected)  # what fills the last block is empty


def test_what_a_batch_asks_for_by_loops():
    """right, wrong and mix of skip-gram and CBOW, word by word."""
    rng = np.random.default_rng(0)
    ids = text(rng.integers(0, 4, (30, 7)).tolist())
    for sg in (True, False):
        for batch in drawn(ids, sg=sg, window=2).epoch(0):
            for b, i in np.ndindex(batch.right.shape[:2]):
                near = np.flatnonzero(batch.right[b, i] if sg else batch.mix[b, i])
                words = (batch.asked if sg else batch.given)[b, near]
                first = batch.right.shape[-1]
                shared = batch.asked[b, first:]
                if sg:
                    expected = [sum(5 / len(shared) for o in words if o != n) for n in shared]
                    assert batch.right[b, i].tolist() == [float(k in near) for k in range(first)]
                else:
                    centre = batch.asked[b, i]
                    expected = [5 / len(shared) * (n != centre) * (len(near) > 0) for n in shared]
                    assert batch.right[b, i].tolist() == [float(k == i and len(near) > 0) for k in range(first)]
                    assert batch.mix[b, i, near] == pytest.approx(1 / max(len(near), 1))
                assert batch.wrong[b, i] == pytest.approx(np.array(expected))


def test_both_models_see_the_same_draws():
    ids = text(np.random.default_rng(0).integers(0, 9, (40, 11)).tolist())
    for one, other in zip(drawn(ids).epoch(3), drawn(ids, sg=False).epoch(3), strict=True):
        assert pairs(one, True) == pairs(other, False)
        assert np.array_equal(one.asked[:, one.right.shape[-1]:], other.asked[:, other.right.shape[-1]:])


def test_reach_is_even_from_one_to_the_window():
    ids = text([np.arange(20_000) % 50])
    batches = drawn(ids, window=5, positions=256).epoch(0)
    far = Counter(len(mine) for batch in batches for mine in pairs(batch, True)[5:-5])
    observed = [far[2 * reach] for reach in range(1, 6)]
    assert sum(observed) > 0.9 * len(ids) and stats.chisquare(observed).pvalue > 0.01


def test_wrong_words_come_by_their_count_to_the_three_quarters():
    counts = np.array([1000, 300, 100, 30, 10, 3])
    ids = text([np.arange(40_000) % 6])
    words = np.concatenate([batch.asked[:, batch.right.shape[-1]:].reshape(-1)
                            for batch in drawn(ids, counts, positions=256).epoch(0)])
    expected = counts**0.75 / (counts**0.75).sum() * len(words)
    assert len(words) > 30_000 and stats.chisquare(np.bincount(words), expected).pvalue > 0.01
    assert stats.chisquare(np.bincount(words), counts / counts.sum() * len(words)).pvalue < 1e-9  # it would notice
    assert noise(counts)[-1] == 1


def test_frequent_words_are_passed_over():
    """min(1, √(t/f) + t/f) of them stay."""
    rng = np.random.default_rng(0)
    share = np.array([0.5, 0.3, 0.15, 0.04, 0.01])
    ids = text([rng.choice(5, 50_000, p=share)])
    counts = np.bincount(ids[ids != END])
    stay = np.minimum(1, np.sqrt(0.05 * counts.sum() / counts) + 0.05 * counts.sum() / counts)
    assert kept(counts, 0.05) == pytest.approx(stay) and kept(counts, 0).tolist() == [1] * 5 and stay[-1] == 1
    found = np.zeros(5)
    for batch in drawn(ids, sample=0.05, positions=256).epoch(0):
        alive = batch.right.sum(-1) > 0
        found += np.bincount(batch.given[alive], minlength=5)
    assert found[-1] == counts[-1] and found[-2] == counts[-2]
    for word in range(3):
        assert stats.binomtest(int(found[word]), int(counts[word]), stay[word]).pvalue > 0.01


def test_words_that_are_passed_over_are_stepped_over():
    """They are taken out before windows are drawn, so those behind them come near, as in the paper's program."""
    ids = text([[0, 1] * 2000])
    counts = np.array([10**9, 1])  # 0 is all but never kept
    found = Counter(pair for batch in drawn(ids, counts, sample=1e-9, window=1).epoch(0)
                    for mine in pairs(batch, True) for pair in mine)
    assert found[1, 1] > 3900 and found[0, 1] < 10


def some(rng):
    return rng.integers(1, 40, (20, 15)).tolist()


PUSHED = {
    "read over and over": (lambda rng: [*some(rng), [0] * 60, *some(rng)], np.ones(40), 0.05),
    "asked for over and over": (lambda rng: [*some(rng)[:4], *([0, k] for k in range(1, 40))], np.ones(40), 0.5),
    "drawn over and over": (lambda rng: some(rng)[:4], np.append(np.ones(39), 1e9), 0.5),
}
"""Sentences, counts and a rate: why a word would be pushed too far."""


@pytest.mark.parametrize("sg", [True, False])
@pytest.mark.parametrize("why", PUSHED)
def test_words_that_come_over_and_over_count_less(why, sg, monkeypatch):
    """In no step is a word pushed beyond PUSH, pair by pair; steps in which none would be stay as they are."""
    sentences, counts, rate = PUSHED[why]
    ids = text(sentences(np.random.default_rng(0)))
    calm = list(drawn(ids, counts, sg=sg, rates=(rate, rate)).epoch(0))
    monkeypatch.setattr(draws, "PUSH", np.inf)
    before = list(drawn(ids, counts, sg=sg, rates=(rate, rate)).epoch(0))
    monkeypatch.undo()
    far = np.zeros((2, len(calm)))
    for number, (batch, old) in enumerate(zip(calm, before, strict=True)):
        pushes = []
        for each in (old, batch):
            weight = np.concatenate([each.right, each.wrong], -1)
            if each is old:  # to what it is compared, wrong words that are right are counted too
                share = each.right.sum(-1, keepdims=True) * 5 / draws.BLOCK
                weight = np.concatenate([each.right, np.repeat(share, draws.BLOCK, -1)], -1)
            given, asked = np.zeros(40), np.zeros(40)
            for b, i, k in np.ndindex(weight.shape):
                asked[each.asked[b, k]] += rate * weight[b, i, k]
                for j in [i] if sg else np.flatnonzero(each.mix[b, i]):
                    given[each.given[b, j]] += rate * weight[b, i, k]
            pushes.append((given, asked))
        far[:, number] = [max(given.max(), asked.max()) for given, asked in pushes]
        share = np.concatenate([batch.right, batch.wrong], -1)
        for b, i, k in np.ndindex(share.shape):  # of a pair, as much as the word that allows the least
            read = [i] if sg else np.flatnonzero(old.mix[b, i])
            allowed = [pushes[0][0][old.given[b, j]] for j in read] + [pushes[0][1][old.asked[b, k]]]
            was = np.concatenate([old.right[b, i], old.wrong[b, i]])[k]
            assert share[b, i, k] == pytest.approx(was * min(1, draws.PUSH / max(*allowed, 1e-9)))
        if far[0, number] < draws.PUSH:
            assert np.array_equal(batch.right, old.right) and np.array_equal(batch.wrong, old.wrong)
    assert far[1].max() <= draws.PUSH * 1.000001 and far[0].max() > 2 * draws.PUSH
    assert why != "read over and over" or (far[0] < draws.PUSH).sum() > 10


def test_the_rate_falls_as_a_line():
    ids = text([np.arange(3000) % 7])
    batches = list(drawn(ids, rates=(0.05, 0.01), epochs=2, positions=16).batches())
    assert batches[0].rate == 0.05 and batches[0].place == 0 and batches[-1].place < 2 * len(ids)
    for batch in batches:
        assert batch.rate == pytest.approx(0.05 - 0.04 * batch.place / (2 * len(ids)))
    assert np.diff([batch.place for batch in batches]).tolist() == [16] * 187 + [9] + [16] * 187  # an epoch has 3001


def test_epochs_and_seeds_differ_and_repeat():
    ids = text([np.arange(500) % 7])

    def numbers(seed, epoch):
        return np.concatenate([batch.asked.reshape(-1) for batch in drawn(ids, seed=seed).epoch(epoch)])
    assert np.array_equal(numbers(0, 0), numbers(0, 0))
    assert not np.array_equal(numbers(0, 0), numbers(0, 1)) and not np.array_equal(numbers(0, 0), numbers(1, 0))


def test_a_text_without_words_has_no_batches():
    assert list(drawn(np.zeros(0, np.int32), np.ones(3)).batches()) == []
    assert all(not batch.right.any() for batch in drawn(text([[], []]), np.ones(3)).batches())
