import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tinylm.models.negative_sampling import Rows, surprise


@given(st.lists(st.integers(0, 6), min_size=1, max_size=30), st.integers(0, 2**32 - 1))
def test_rows_add_up_as_add_at_does(ids, seed):
    rng = np.random.default_rng(seed)
    matrix, vectors = rng.standard_normal((7, 3)), rng.standard_normal((len(ids), 3))
    expected = matrix.copy()
    np.add.at(expected, ids, vectors)
    rows = Rows(7)
    rows.add(np.zeros((7, 3)), np.array([6, 0, 6, 5]), np.ones((4, 3)))  # what was seen before does not matter
    rows.add(matrix, np.array(ids), vectors)
    assert np.allclose(matrix, expected, rtol=0, atol=1e-13)


def test_nothing_is_surprising_where_nothing_is_asked():
    assert np.isnan(surprise(np.zeros((3, 2)), np.zeros((3, 2)), []))
