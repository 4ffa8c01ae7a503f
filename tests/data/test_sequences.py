import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm.backend import generator
from tinylm.data import IGNORED, Sequences


def test_shifted_by_one():
    inputs, targets = Sequences(np.array([5, 6, 7, 8], dtype=np.uint8), 3, first=9).at(np.array([0, 1]))
    assert inputs.tolist() == [[9, 5, 6], [5, 6, 7]] and targets.tolist() == [[5, 6, 7], [6, 7, 8]]
    assert inputs.dtype == targets.dtype == np.int64


def test_a_batch_depends_on_its_key_alone():
    sequences = Sequences(np.arange(100, 1100), time=8, start=20)
    first, again, other = (sequences.sample(16, generator(1, step)) for step in (5, 5, 6))
    assert np.array_equal(first[0], again[0]) and np.array_equal(first[1], again[1])
    assert not np.array_equal(first[1], other[1])
    assert first[0].shape == first[1].shape == (16, 8)
    assert np.array_equal(first[0] + 1, first[1]) and first[1].min() >= 120


def test_every_window_is_drawn():
    _, targets = Sequences(np.arange(10), time=4, start=3).sample(300, generator(0))
    assert set(targets[:, 0].tolist()) == {3, 4, 5, 6}


@given(st.integers(1, 40), st.integers(1, 9), st.integers(0, 39), st.integers(1, 4), st.data())
def test_every_position_once_in_order(length, time, start, batch_size, more):
    start = min(start, length - 1)
    fresh = more.draw(st.one_of(st.none(), st.integers(1, time)))
    ids = np.arange(1, length + 1)
    batches = Sequences(ids, time, start).batches(batch_size, fresh)
    scored, seen_before = [], []
    for inputs, targets in batches:
        assert inputs.shape == targets.shape and len(inputs) <= batch_size and inputs.shape[1] <= time
        assert np.array_equal((inputs + 1)[targets != IGNORED], targets[targets != IGNORED])
        assert (np.diff(inputs, axis=1) == 1).all()
        _, places = np.nonzero(targets != IGNORED)
        scored += targets[targets != IGNORED].tolist()
        seen_before += places.tolist()
    assert scored == ids[start:].tolist()
    if fresh is not None:  # each with as much before it as was promised, or as there is
        assert all(seen >= min(time - fresh, target - 1, length - fresh)
                   for seen, target in zip(seen_before, scored, strict=True))


def test_batches_are_a_list_in_all_but_memory():
    batches = Sequences(np.arange(1, 31), 4, start=20).batches(1)
    assert len(batches) == 3 and [y.size for _, y in batches] == [4, 4, 2]
    assert batches[-1][1].tolist() == [[29, 30]] and batches[0][0][0, 0] == 20
    assert [y.tolist() for _, y in batches[::2]] == [[[21, 22, 23, 24]], [[29, 30]]]
    with pytest.raises(IndexError):
        batches[3]


def test_errors():
    with pytest.raises(ValueError, match="a text of 4 tokens is shorter than one window of 5"):
        Sequences(np.arange(4), 5).sample(1, generator(0))
    for ids, start in ((np.arange(0), 0), (np.arange(4), 4), (np.arange(4), -1)):
        with pytest.raises(ValueError, match="has nothing to predict from position"):
            Sequences(ids, 2, start)
    with pytest.raises(ValueError, match="a window of 0"):
        Sequences(np.arange(4), 0)
    for call in (lambda s: s.sample(0, generator(0)), lambda s: s.batches(0)):
        with pytest.raises(ValueError, match="a batch of 0"):
            call(Sequences(np.arange(4), 2))
    with pytest.raises(ValueError, match="fresh is 3; a window of 2 scores 1 to 2"):
        Sequences(np.arange(4), 2).batches(1, 3)
