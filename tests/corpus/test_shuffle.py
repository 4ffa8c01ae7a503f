from collections import Counter

import numpy as np
import pytest

from tinylm.corpus.shuffle import shuffled


@pytest.mark.parametrize(("share", "count"), [(0.3, 3), (0.25, 2), (0.01, 1), (0.95, 9), (0.999, 9), (0, 0)])
def test_each_document_is_on_one_side(share, count):
    documents = np.arange(10) * 7
    training, heldout = shuffled(documents, share, 0)
    assert len(heldout) == count and sorted([*training, *heldout]) == documents.tolist()


def test_the_seed_alone_decides():
    documents = np.arange(1000)
    one, same, other = (np.concatenate(shuffled(documents, 0.1, seed)) for seed in (3, 3, 4))
    assert np.array_equal(one, same) and not np.array_equal(one, other)
    assert not np.array_equal(one, documents) and documents.tolist() == list(range(1000))


def test_every_order_is_as_likely():
    seen = Counter(tuple(np.concatenate(shuffled(np.arange(3), 0.4, seed)).tolist()) for seed in range(1200))
    assert len(seen) == 6
    assert sum((count - 200)**2 / 200 for count in seen.values()) < 20.5  # chi-square, 5 degrees, one in a thousand


@pytest.mark.parametrize("share", [1, -0.1, 1.5, float("nan")])
def test_shares_that_are_none(share):
    with pytest.raises(ValueError, match=r"the share to hold out is .*at least 0, and below 1"):
        shuffled(np.arange(10), share, 0)


def test_one_document_cannot_be_split():
    with pytest.raises(ValueError, match=r"1 document cannot be split.*--separator.*--heldout 0"):
        shuffled(np.arange(1), 0.1, 0)
    training, heldout = shuffled(np.arange(1), 0, 0)
    assert training.tolist() == [0] and len(heldout) == 0
