"""Principal components and rank correlation as others compute them."""

import numpy as np
import pytest

from tinylm.pca import principal_components, truncated_svd

pytestmark = pytest.mark.oracle


@pytest.mark.parametrize(("n", "d"), [(50, 8), (8, 50), (300, 100), (2, 3)])
def test_pca_is_that_of_scikit_learn(n, d):
    decomposition = pytest.importorskip("sklearn.decomposition")
    rng = np.random.default_rng(n)
    x = rng.standard_normal((n, d)) @ rng.standard_normal((d, d)) + 5
    k = min(n, d, 6)
    theirs = decomposition.PCA(k, svd_solver="full").fit(x)
    ours = principal_components(x, k)
    sign = np.sign((theirs.components_ * ours.components).sum(1))
    real = k - 1 if n <= d and k == n else k  # the last of n components of n points has no variance: it may be anything
    np.testing.assert_allclose((ours.components * sign[:, None])[:real], theirs.components_[:real], rtol=0, atol=1e-9)
    np.testing.assert_allclose((ours.points * sign)[:, :real], theirs.transform(x)[:, :real], rtol=0, atol=1e-9)
    np.testing.assert_allclose(ours.explained_variance, theirs.explained_variance_, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ours.explained_variance_ratio, theirs.explained_variance_ratio_, rtol=0, atol=1e-9)
    np.testing.assert_allclose(ours.mean, theirs.mean_, rtol=0, atol=1e-9)


def test_truncated_svd_is_that_of_arpack():
    from scipy.sparse import random_array
    from scipy.sparse.linalg import svds

    matrix = random_array((400, 300), density=0.05, format="csr", random_state=0)
    exact = svds(matrix, 10, return_singular_vectors=False)[::-1]
    np.testing.assert_allclose(truncated_svd(matrix, 10).s, exact, rtol=5e-3)
    np.testing.assert_allclose(truncated_svd(matrix, 10, tolerance=1e-12, iterations=1000).s, exact, rtol=1e-8)
