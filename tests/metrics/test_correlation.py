import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from tinylm.metrics.correlation import ranks, spearman

PAIRS = st.lists(st.tuples(st.integers(-5, 5), st.floats(-1e6, 1e6)), min_size=2, max_size=40)


@given(PAIRS)
def test_equal_to_scipy(pairs):
    a, b = zip(*pairs, strict=True)
    np.testing.assert_array_equal(ranks(a), scipy.stats.rankdata(a))
    np.testing.assert_array_equal(ranks(b), scipy.stats.rankdata(b))
    if len(set(a)) > 1 and len(set(b)) > 1:
        np.testing.assert_allclose(spearman(a, b), scipy.stats.spearmanr(a, b).statistic, rtol=0, atol=1e-12)
    else:
        assert np.isnan(spearman(a, b))


def test_by_hand():
    assert ranks([30, 10, 20, 10]).tolist() == [4, 1.5, 3, 1.5]
    assert spearman([1, 2, 3], [10, 20, 900]) == 1
    assert spearman([1, 2, 3], [3, 2, 1]) == -1
    assert spearman([1, 2, 3, 4], [2, 1, 4, 3]) == pytest.approx(1 - 6 * 4 / (4 * 15))  # 1 - 6 Σd² / n(n² - 1)
    assert np.isnan(spearman([1], [2]))


@pytest.mark.parametrize(("a", "b", "said"), [
    ([], [], "a is empty"), ([1, 2], [1], "unequal lengths"), ([1, np.nan], [1, 2], "a is nan at index 1"),
    ([1, 2], [np.inf, 2], "b is inf"), ([[1, 2]], [[1, 2]], "shape"),
])
def test_bad_input(a, b, said):
    with pytest.raises(ValueError, match=said):
        spearman(a, b)
