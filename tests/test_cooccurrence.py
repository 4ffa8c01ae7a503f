import tempfile
import tracemalloc
import weakref
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm import cooccurrence
from tinylm.cooccurrence import END, cooccurrences


def by_hand(ids, vocabulary, window, symmetric, weight):
    found = np.zeros((vocabulary, vocabulary))
    texts = [[]]
    for one in ids:
        if one == END:
            texts.append([])
        else:
            texts[-1].append(one)
    for text in texts:
        for place, word in enumerate(text):
            for distance in range(1, window + 1):
                if place >= distance:
                    found[word, text[place - distance]] += weight(distance)
                    if symmetric:
                        found[text[place - distance], word] += weight(distance)
    return found


WEIGHTS = {"harmonic": lambda d, w: 1 / d, "dynamic": lambda d, w: (w - d + 1) / w, "flat": lambda d, w: 1}


@given(st.lists(st.integers(-1, 4), max_size=60), st.integers(1, 6), st.booleans(), st.sampled_from(sorted(WEIGHTS)),
       st.sampled_from([1, 7, 20, 10**6]))
def test_against_loops(ids, window, symmetric, weighting, pairs):
    """Whether it all fits into memory or not."""
    settings = {"symmetric": symmetric, "weighting": weighting, "pairs": pairs}
    found = cooccurrences(np.array(ids, dtype=np.int64), 5, window, **settings)
    expected = by_hand(ids, 5, window, symmetric, lambda d: WEIGHTS[weighting](d, window))
    np.testing.assert_allclose(found.toarray(), expected, rtol=1e-13)
    assert found.nnz == np.count_nonzero(expected) and found.has_sorted_indices and found.dtype == np.float64
    if symmetric:
        assert (found != found.T).nnz == 0


def test_a_small_text():
    found = cooccurrences([0, 1, 0, END, 2, 1], 3, window=2).toarray()
    np.testing.assert_allclose(found, [[1, 2, 0], [2, 0, 1], [0, 1, 0]])  # 0 is two from itself, seen from both sides


def test_the_memory_is_bounded(tmp_path, monkeypatch):
    """With more pairs than may be held, they go to the disk, and never more than so many are sorted at once."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ids = np.random.default_rng(0).zipf(1.3, 20_000).clip(max=3000) - 1
    whole = cooccurrences(ids, 3000, 5)
    sizes, stored, real, store = [], [], cooccurrence._sorted, cooccurrence._Runs._store

    def watched(keys, values):
        sizes.append(len(keys))
        return real(keys, values)

    monkeypatch.setattr(cooccurrence, "_sorted", watched)
    monkeypatch.setattr(cooccurrence._Runs, "_store",
                        lambda self, run: (stored.append(len(run.keys)), store(self, run)))
    pairs = 5_000
    found = cooccurrences(ids, 3000, 5, pairs=pairs)
    np.testing.assert_allclose(found.toarray(), whole.toarray(), rtol=1e-12)
    widest = int((whole.indptr[1:] - whole.indptr[:-1]).max())
    runs = len(stored)
    assert runs > 3 and max(stored) <= 2 * pairs + pairs and max(sizes) <= max(3 * pairs, runs * widest)
    assert not list(tmp_path.iterdir())


def peak(ids, **settings):
    """The most memory that counting took at a time, in bytes."""
    tracemalloc.start()
    try:
        cooccurrences(ids, 400, 8, **settings)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_longer_text_takes_no_more_memory(tmp_path):
    """What comes out is as large for each of them; what is held to find it depends on `pairs` alone."""
    cooccurrences([0, 1], 2)  # what is imported
    paths = []
    for times in (1, 2, 8):
        paths.append(tmp_path / f"{times}.npy")
        np.save(paths[-1], np.tile(np.random.default_rng(0).integers(0, 400, 40_000), times))
    once, twice, often = (peak(np.load(path, mmap_mode="r"), pairs=50_000) for path in paths)
    assert twice < 1.1 * once and often < 1.1 * once
    result = 12 * 400**2
    assert often < 4 * result < 40 * result < peak(np.load(paths[-1], mmap_mode="r"), pairs=10**8)


def test_the_memory_for_a_pair_that_is_held(monkeypatch):
    """As PAIRS promises: where few different ones come up again and again, and where almost all differ."""
    ids = np.random.default_rng(0).integers(0, 400, 60_000)
    for pairs in (60_000, 120_000):
        assert 20 * pairs < peak(ids % 20, pairs=pairs) < 60 * pairs
        with monkeypatch.context() as only_counting:
            only_counting.setattr(cooccurrence._Runs, "merged", lambda self, vocabulary: [])
            assert 60 * pairs < peak(ids, pairs=pairs) < 160 * pairs


def test_few_files_are_open_at_a_time(monkeypatch):
    """However many runs there are, for some systems allow 256 files, and each run has two."""
    opened, most, memmap = [], 0, np.memmap

    def watched(*given):
        nonlocal most
        array = memmap(*given)
        opened.append(weakref.ref(array))
        most = max(most, sum(one() is not None for one in opened))
        return array

    monkeypatch.setattr(np, "memmap", watched)
    ids = np.random.default_rng(0).integers(0, 50, 2000)
    found = cooccurrences(ids, 50, 4, pairs=150)
    assert len(opened) > 50 and most <= 2
    monkeypatch.undo()
    np.testing.assert_allclose(found.toarray(), cooccurrences(ids, 50, 4).toarray(), rtol=1e-12)


def test_texts_without_pairs():
    for ids in ([], [END], [0], [0, END, 1, END, 0], np.zeros(0, np.int64)):
        found = cooccurrences(ids, 2)
        assert found.shape == (2, 2) and not found.nnz
    assert cooccurrences([0, 0], 1).toarray() == 2


def test_ids_on_the_disk(tmp_path):
    ids = np.random.default_rng(0).integers(0, 50, 1000).astype(np.uint16)
    np.save(tmp_path / "ids.npy", ids)
    mapped = np.load(tmp_path / "ids.npy", mmap_mode="r")
    in_memory = cooccurrences(ids.astype(np.int64), 50)
    np.testing.assert_array_equal(cooccurrences(mapped, 50).toarray(), in_memory.toarray())
    counted = Counter(zip(ids[1:].tolist(), ids[:-1].tolist(), strict=True))
    found = cooccurrences(mapped, 50, 1, symmetric=False)
    assert all(found[pair] == count for pair, count in counted.items()) and found.sum() == 999


@pytest.mark.parametrize(("ids", "settings", "error", "said"), [
    ([0, 3], {}, IndexError, "there is no id 3 in a vocabulary of 3"), ([0, -2], {}, IndexError, "no id -2"),
    ([0.5], {}, TypeError, "ids are integers"), ([[0, 1]], {}, TypeError, r"\(1, 2\)"),
    ([0], {"window": 0}, ValueError, "window=0"), ([0], {"pairs": 0}, ValueError, "pairs=0"),
    ([0], {"weighting": "square"}, ValueError, "no weighting 'square'; there are: harmonic, dynamic, flat"),
])
def test_bad_input(ids, settings, error, said):
    with pytest.raises(error, match=said):
        cooccurrences(ids, 3, **settings)
    with pytest.raises(ValueError, match="vocabulary=0"):
        cooccurrences([], 0)
