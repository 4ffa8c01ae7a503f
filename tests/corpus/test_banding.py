import numpy as np
import pytest

from tinylm.corpus.banding import FOUND, bands_and_rows, keys, probability

PAIRS = 20_000


@pytest.mark.parametrize("s", [0.3, 0.5, 0.65, 0.8, 0.95])
@pytest.mark.parametrize(("bands", "rows"), [(18, 7), (5, 3), (1, 4), (12, 1)])
def test_the_formula_is_what_happens(s, bands, rows):
    draw = np.random.default_rng([bands, int(100 * s)])
    first = draw.integers(2**32, size=(PAIRS, bands * rows + 1), dtype=np.uint32)
    second = np.where(draw.random(first.shape) < s, first, draw.integers(2**32, size=first.shape, dtype=np.uint32))
    second[:, -1] = first[:, -1] + 1  # what is over after the last band does not count
    agree = (keys(first, bands, rows) == keys(second, bands, rows)).any(1).mean()
    expected = probability(s, bands, rows)
    assert abs(agree - expected) < 4 * np.sqrt(expected * (1 - expected) / PAIRS) + 1e-9


def test_keys_are_the_same_for_the_same_band_only():
    signatures = np.array([[1, 2, 3, 4], [1, 2, 4, 3], [2, 1, 3, 4], [3, 4, 1, 2]], np.uint32)
    found = keys(signatures, 2, 2)
    assert found.shape == (4, 2) and found.dtype == np.uint64
    assert found[0, 0] == found[1, 0] and found[0, 1] == found[2, 1]
    assert len(np.unique(found[:, 0])) == 3  # the order of the rows counts: 1 2 is not 2 1
    assert len(np.unique(found[:, 1])) == 3
    assert keys(np.zeros((0, 4), np.uint32), 2, 2).shape == (0, 2)


@pytest.mark.parametrize("hashes", [64, 128, 200])
@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.99, 1])
def test_as_many_rows_as_find_the_threshold(threshold, hashes):
    bands, rows = bands_and_rows(threshold, hashes)
    assert bands == hashes // rows and probability(threshold, bands, rows) >= FOUND
    for more in range(rows + 1, hashes + 1):
        assert probability(threshold, hashes // more, more) < FOUND


def test_the_default():
    assert bands_and_rows(0.8, 128) == (18, 7)
    assert bands_and_rows(1, 128) == (1, 128)


@pytest.mark.parametrize("threshold", [0, -1, 1.01, 80, float("nan")])
def test_thresholds_that_are_none(threshold):
    with pytest.raises(ValueError, match="lies above 0, and at most at 1"):
        bands_and_rows(threshold, 128)


def test_too_few_hashes():
    with pytest.raises(ValueError, match="cannot be told from chance with 4 hashes: take more"):
        bands_and_rows(0.3, 4)
