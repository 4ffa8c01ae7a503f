import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm.models import negative_sampling
from tinylm.models.negative_sampling import Rows, ahead, surprise


@given(st.lists(st.integers(0, 6), min_size=1, max_size=30), st.integers(0, 2**32 - 1))
def test_rows_add_up_as_add_at_does(ids, seed):
    rng = np.random.default_rng(seed)
    matrix, vectors = rng.standard_normal((7, 3)), rng.standard_normal((len(ids), 3))
    expected = matrix.copy()
    np.add.at(expected, ids, vectors)
    Rows(np.array(ids), np.float64).add(matrix, vectors)
    assert np.allclose(matrix, expected, rtol=0, atol=1e-13)


def test_nothing_is_surprising_where_nothing_is_asked():
    assert np.isnan(surprise(np.zeros((3, 2)), np.zeros((3, 2)), []))


@pytest.mark.parametrize("count", [0, 1, 8, 16, 35])
def test_ahead_gives_the_same_things(count):
    assert list(ahead(iter(range(count)))) == list(range(count))


def test_ahead_works_on_another_thread_and_not_too_far():
    made = []

    def things():
        for k in range(100):
            made.append(threading.get_ident())
            yield k
    taken = ahead(things())
    assert next(taken) == 0
    time.sleep(0.05)
    assert len(made) <= 3 * negative_sampling.AHEAD and threading.get_ident() not in made
    taken.close()
    assert len(made) <= 3 * negative_sampling.AHEAD  # whoever stops is not kept waiting for the rest


def test_ahead_raises_what_was_raised():
    def things():
        yield 1
        raise ValueError("no more")
    with pytest.raises(ValueError, match="no more"):
        list(ahead(things()))
