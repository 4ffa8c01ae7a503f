import numpy as np
import pytest

from tinylm.backend import generator
from tinylm.data import Windows


def test_what_stands_before_and_what_follows():
    windows = Windows(np.array([5, 6, 7, 8]), context=3)
    inputs, targets = windows.at(np.arange(4))
    assert inputs.tolist() == [[0, 0, 0], [0, 0, 5], [0, 5, 6], [5, 6, 7]]
    assert targets.tolist() == [5, 6, 7, 8]


def test_every_position_once_in_context():
    ids = np.arange(1, 31)
    windows = Windows(ids, context=4, start=20)
    batches = windows.batches(3)
    assert len(windows) == 10 and [len(y) for _, y in batches] == [3, 3, 3, 1]
    assert np.concatenate([y for _, y in batches]).tolist() == list(range(21, 31))
    assert batches[0][0][0].tolist() == [17, 18, 19, 20]  # read on from what comes before


def test_a_batch_depends_on_its_key_alone():
    windows = Windows(np.arange(1, 1001), context=4)
    first, again, other = (windows.sample(64, generator(1, step)) for step in (5, 5, 6))
    assert np.array_equal(first[0], again[0]) and np.array_equal(first[1], again[1])
    assert not np.array_equal(first[1], other[1])
    inputs, targets = first
    whole = targets > 4
    assert np.array_equal(inputs[whole, -1], targets[whole] - 1)


def test_hidden_are_the_oldest():
    ids = np.arange(1, 1001)
    windows = Windows(ids, context=6, start=6)
    inputs, _ = windows.sample(100, generator(0), hide=0.5)
    gone = inputs == 0
    assert not gone[50:].any() and gone[:50].any()
    assert not (np.diff(gone.astype(int), axis=1) > 0).any()  # never a gap
    assert ids.tolist() == list(range(1, 1001))


def test_errors():
    for ids, start in ((np.arange(4), 0), (np.arange(9), 9), (np.arange(0), 0)):
        with pytest.raises(ValueError, match="too short for a context of 4: give a longer text"):
            Windows(ids, context=4, start=start)
    with pytest.raises(ValueError, match="a context of 0"):
        Windows(np.arange(9), 0)
    with pytest.raises(ValueError, match="a batch of 0"):
        Windows(np.arange(9), 4).sample(0, generator(0))
