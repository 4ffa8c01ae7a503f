"""Where do points spread most? Principal components, and the largest singular values of a large sparse matrix."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .backend import generator


class Components(NamedTuple):
    """The principal components of points; names as in scikit-learn's PCA.

    points                    (n, k): the given points, seen along the components: (x - mean) componentsᵀ
    components                (k, d): directions of length one at right angles, that of the largest spread first
    explained_variance        (k,): the variance along each
    explained_variance_ratio  (k,): its share of the variance along all d directions; 0 where there is none at all
    mean                      (d,): of the points
    """

    points: np.ndarray
    components: np.ndarray
    explained_variance: np.ndarray
    explained_variance_ratio: np.ndarray
    mean: np.ndarray

    def project(self, x: np.ndarray) -> np.ndarray:
        """Other points, (m, d), seen along the same components, (m, k)."""
        return (np.asarray(x) - self.mean) @ self.components.T


class Factors(NamedTuple):
    """u · diag(s) · vh, the matrix of rank k that is nearest to another (Eckart & Young 1936).

    u   (m, k): columns of length one at right angles
    s   (k,): singular values, the largest first
    vh  (k, n): rows of length one at right angles
    """

    u: np.ndarray
    s: np.ndarray
    vh: np.ndarray


def principal_components(x: Any, n_components: int = 2) -> Components:
    """The directions along which points, (n, d), spread most (Pearson 1901; Hotelling 1933).

    They are the eigenvectors of the covariance XᵀX / (n - 1) of the centred points X. With X = U S Vᵀ that is
    V S² Vᵀ / (n - 1): so the rows of Vᵀ are the components and S² / (n - 1) the variances, and the squares of small
    numbers need not be formed. Of a direction and its opposite, the one whose largest entry is positive is taken.

    Raises ValueError for fewer than two points, for more components than min(n, d), and for NaN.
    """
    points = np.asarray(x)
    if points.ndim != 2 or len(points) < 2:
        raise ValueError("principal_components: points of shape (n, d) are expected, at least two, for one spreads "
                         f"nowhere; not {points.shape}")
    if not 1 <= n_components <= min(points.shape):
        raise ValueError(f"principal_components: n_components={n_components}; {points.shape[0]} points of "
                         f"{points.shape[1]} dimensions have 1 to {min(points.shape)}")
    points = points.astype(np.float64)
    if not np.isfinite(points).all():
        raise ValueError("principal_components: there are NaN or infinite entries among the points")
    mean = points.mean(0)
    u, s, vh = np.linalg.svd(points - mean, full_matrices=False)  # (n, r), (r,), (r, d)
    signs = _signs(vh)
    variance = s ** 2 / (len(points) - 1)
    total = variance.sum()
    share = variance / total if total else variance
    k = n_components
    return Components((u * s * signs)[:, :k], vh[:k] * signs[:k, None], variance[:k], share[:k], mean)


def truncated_svd(matrix: Any, k: int, *, iterations: int = 100, tolerance: float = 1e-4, seed: int = 0) -> Factors:
    """The k largest singular values of a matrix, (m, n), sparse or dense, and their vectors.

    Subspace iteration from a random start (Halko, Martinsson & Tropp 2011): Q = qr(A Ω), then Q = qr(A qr(Aᵀ Q)) again
    and again. Each turn multiplies the share of direction i in Q by σᵢ², so that the largest prevail; the small matrix
    Qᵀ A then has nearly the singular values of A. Only products with A are needed, so a sparse one stays sparse.

    iterations  at most so many turns
    tolerance   it ends when no singular value has grown by more than this share in a turn

    Raises ValueError for k out of 1 to min(m, n).
    """
    from tqdm import tqdm

    m, n = matrix.shape
    if not 1 <= k <= min(m, n):
        raise ValueError(f"truncated_svd: k={k}; a matrix of shape {(m, n)} has 1 to {min(m, n)} singular values")
    width = min(k + 10 + k // 5, m, n)  # some more than wanted: what is next in size falls away sooner
    q = np.linalg.qr(matrix @ generator(seed).standard_normal((n, width)))[0]  # (m, width)
    before = np.zeros(k)
    for _ in tqdm(range(iterations), "singular values", leave=False, delay=2):
        p, r = np.linalg.qr(matrix.T @ q)  # (n, width), (width, width): A ≈ Q Rᵀ Pᵀ
        s = np.linalg.svd(r, compute_uv=False)[:k]
        if (s - before <= tolerance * s).all():
            break
        before = s
        q = np.linalg.qr(matrix @ p)[0]
    u, s, vh = np.linalg.svd(r.T)  # Rᵀ = u s vh, so A ≈ (Q u) s (vh Pᵀ)
    u, s, vh = (q @ u)[:, :k], s[:k], (vh @ p.T)[:k]
    signs = _signs(vh)
    return Factors(u * signs, s, vh * signs[:, None])


def _signs(directions: np.ndarray) -> np.ndarray:
    """-1 for each row whose largest entry is negative, else 1."""
    largest = np.take_along_axis(directions, np.abs(directions).argmax(1)[:, None], 1)[:, 0]
    return np.where(largest < 0, -1.0, 1.0)
