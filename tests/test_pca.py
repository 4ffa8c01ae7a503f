import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm.pca import principal_components, truncated_svd


def cloud(n=40, d=6, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)) * [9, 5, 3, 1, 0.5, 0.1][:d] @ np.linalg.qr(rng.standard_normal((d, d)))[0] + 7


@given(st.integers(0, 10**6), st.integers(2, 30), st.integers(1, 6))
def test_by_the_covariance(seed, n, d):
    x = cloud(n, d, seed)
    k = min(n, d)
    found = principal_components(x, k)
    values = np.linalg.eigvalsh(np.cov(x.T).reshape(d, d))
    np.testing.assert_allclose(found.explained_variance, values[::-1][:k], rtol=1e-7, atol=1e-9)
    if k == d:
        np.testing.assert_allclose(found.explained_variance_ratio.sum(), 1)
    np.testing.assert_allclose(found.components @ found.components.T, np.eye(k), atol=1e-12)
    np.testing.assert_allclose(found.points @ found.components + found.mean, x, atol=1e-9)
    np.testing.assert_allclose(found.project(x), found.points, atol=1e-9)
    assert (found.components[np.arange(k), np.abs(found.components).argmax(1)] > 0).all()
    fewer = principal_components(x, 1)
    np.testing.assert_array_equal(fewer.components, found.components[:1])
    np.testing.assert_array_equal(fewer.explained_variance_ratio, found.explained_variance_ratio[:1])


def test_on_a_line():
    found = principal_components([[0, 0], [3, 4], [6, 8]], 2)
    np.testing.assert_allclose(found.components[0], [0.6, 0.8])
    np.testing.assert_allclose(found.points[:, 0], [-5, 0, 5])
    np.testing.assert_allclose(found.explained_variance, [25, 0], atol=1e-12)
    np.testing.assert_allclose(found.explained_variance_ratio, [1, 0], atol=1e-12)


def test_points_that_spread_nowhere():
    found = principal_components(np.ones((3, 2)), 2)
    assert not found.explained_variance.any() and not found.explained_variance_ratio.any() and not found.points.any()


@pytest.mark.parametrize(("x", "k", "said"), [
    (np.ones((1, 3)), 1, "at least two"), (np.ones(3), 1, "at least two"), (np.ones((0, 3)), 1, "at least two"),
    (np.ones((4, 3)), 4, "have 1 to 3"), (np.ones((2, 3)), 0, "have 1 to 2"),
    (np.array([[1.0], [np.nan]]), 1, "NaN"),
])
def test_bad_points(x, k, said):
    with pytest.raises(ValueError, match=said):
        principal_components(x, k)


@pytest.mark.parametrize("shape", [(60, 40), (40, 60), (12, 12)])
def test_truncated_svd(shape):
    from scipy.sparse import random_array

    matrix = random_array(shape, density=0.2, format="csr", random_state=0)
    exact = np.linalg.svd(matrix.toarray(), full_matrices=False)
    found = truncated_svd(matrix, 5, tolerance=1e-12, iterations=500)
    np.testing.assert_allclose(found.s, exact[1][:5], rtol=1e-8)
    np.testing.assert_allclose(found.u * found.s @ found.vh, exact[0][:, :5] * exact[1][:5] @ exact[2][:5], atol=1e-5)
    np.testing.assert_allclose(found.u.T @ found.u, np.eye(5), atol=1e-12)
    np.testing.assert_allclose(found.vh @ found.vh.T, np.eye(5), atol=1e-12)
    again = truncated_svd(matrix, 5, tolerance=1e-12, iterations=500, seed=1)
    np.testing.assert_allclose(again.u, found.u, atol=1e-4)  # signs too


def test_all_singular_values_of_a_dense_matrix():
    matrix = np.random.default_rng(0).standard_normal((7, 5))
    found = truncated_svd(matrix, 5)
    np.testing.assert_allclose(found.u * found.s @ found.vh, matrix, atol=1e-12)
    zero = truncated_svd(np.zeros((4, 3)), 2)
    assert not zero.s.any() and np.isfinite(zero.u).all()
    for k in (0, 6):
        with pytest.raises(ValueError, match=f"k={k}"):
            truncated_svd(matrix, k)
