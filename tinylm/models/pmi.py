"""Vectors for words by linear algebra alone: pointwise mutual information, and its singular value decomposition.

PMI(i, j) = ln p(i, j) / (p(i) p(j)) says how much more often two words stand near each other than chance would have it.
Skip-gram with k wrong words for each right one is at its optimum where w_i · w̃_j = PMI(i, j) - ln k (Levy & Goldberg
2014): so what it learns step by step is a factorisation of this matrix, and the best one of each width is known in
closed form. No gradient is needed, and the result is found again by anybody.
"""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np

from ..cooccurrence import WEIGHTING, cooccurrences
from ..pca import Factors, truncated_svd
from ..vectors import WordVectors
from .numbering import read


def pmi_matrix(counts: Any, negative: float = 1.0, ns_exponent: float = 1.0, positive: bool = True) -> Any:
    """PMI(i, j) - ln k of the pairs that occur: ln (X_ij / Σ X) - ln (X_i· / Σ X) - ln p(j) - ln k, sparse.

    counts       X, (vocabulary, vocabulary), sparse, such as `cooccurrences` gives
    negative     k; 1 leaves PMI as it is
    ns_exponent  p(j) = X_·j^ns_exponent / Σ_l X_·l^ns_exponent: below 1, rare words have less to say (0.75: Levy,
                 Goldberg & Dagan 2015, after word2vec, which draws its wrong words so)
    positive     leave out what is below 0 ("PPMI", Church & Hanks 1990, Bullinaria & Levy 2007): what was not seen, of
                 which PMI is -∞, then counts as 0 like what is seen no more often than by chance. Otherwise values
                 below 0 are kept, and a missing entry is -∞, not 0

    Raises ValueError for counts below 0, and for k not above 0.
    """
    if not 0 < negative < math.inf:
        raise ValueError(f"pmi_matrix: negative={negative}; it is how many wrong words a right one has, above 0")
    from scipy.sparse import csr_array

    found = csr_array(counts, dtype=np.float64, copy=True)
    found.eliminate_zeros()
    if not (np.isfinite(found.data).all() and (found.data > 0).all()):
        raise ValueError("pmi_matrix: counts are finite, and not below 0")
    rows, columns = np.asarray(found.sum(1)).reshape(-1), np.asarray(found.sum(0)).reshape(-1)  # (vocabulary,) each
    smoothed = columns ** ns_exponent
    entries = found.tocoo()
    i, j = entries.row, entries.col
    found.data = np.log(found.data * smoothed.sum() / (rows[i] * smoothed[j] * negative))
    if positive:
        found.data = np.maximum(found.data, 0)
        found.eliminate_zeros()
    return found


class PMI:
    """A vector for each word of a text, of the singular value decomposition of its shifted positive PMI matrix.

    M_ij = max(PMI(i, j) - ln k, 0) ≈ U Σ Vᵀ, and the vectors are the rows of U Σ^eig.

    vector_size  the length of a vector, at most the number of words
    window       how many words to either side count as near
    min_count    words rarer than that are left out
    weighting    what a near word counts by its distance: one of `cooccurrence.WEIGHTING`
    negative     k
    ns_exponent  smoothing of the context's probability, as in `pmi_matrix`
    eig          1 makes the products of vectors those of M's rows, nearly; 0 and 0.5, which count the lesser directions
                 for more, are better at saying which words are alike (Levy, Goldberg & Dagan 2015)
    seed         of the start of the iteration; the result hardly depends on it

    Raises ValueError for settings that make no sense.
    """

    def __init__(self, vector_size: int = 100, window: int = 5, min_count: int = 5, weighting: str = "dynamic",
                 negative: float = 1.0, ns_exponent: float = 0.75, eig: float = 0.5, seed: int = 0) -> None:
        for name, value in (("vector_size", vector_size), ("window", window), ("min_count", min_count)):
            if value < 1 or value != int(value):
                raise ValueError(f"PMI: {name} is {value}; it is a whole number, 1 or more")
        if weighting not in WEIGHTING:
            raise ValueError(f"PMI: there is no weighting {weighting!r}; there are: {', '.join(WEIGHTING)}")
        if not 0 <= eig <= 1:
            raise ValueError(f"PMI: eig is {eig}; it is 0 to 1")
        self.vector_size, self.window, self.min_count, self.weighting = vector_size, window, min_count, weighting
        self.negative, self.ns_exponent, self.eig, self.seed = negative, ns_exponent, eig, seed
        self.factors: Factors | None = None
        """U, Σ and Vᵀ."""
        self._vectors: WordVectors | None = None

    @property
    def vectors(self) -> WordVectors:
        """What was found. Raises RuntimeError before `fit`."""
        if self._vectors is None:
            raise RuntimeError("PMI: it has counted nothing yet: call fit(sentences) first")
        return self._vectors

    def fit(self, sentences: Any) -> Self:
        """Count the pairs of `sentences`, as `numbering.read` takes them (lists of words, or a path), and decompose.

        Raises ValueError for a text without words, with fewer different ones than vector_size, and for one in which no
        two stand near each other more often than by chance.
        """
        text = read(sentences, self.min_count)
        if len(text.words) < self.vector_size:
            raise ValueError(f"PMI: vector_size is {self.vector_size}, but {len(text.words)} words are all there are "
                             f"that stand there {self.min_count} times: take at most that")
        counts = cooccurrences(text.ids, len(text.words), self.window, weighting=self.weighting)
        matrix = pmi_matrix(counts, self.negative, self.ns_exponent)
        if not matrix.nnz:
            raise ValueError("PMI: no two words stand near each other more often than by chance: give more text, or "
                             "negative=1")
        self.factors = truncated_svd(matrix, self.vector_size, seed=self.seed)
        vectors = self.factors.u * self.factors.s ** self.eig  # (vocabulary, vector_size)
        self._vectors = WordVectors(text.words, vectors.astype(np.float32), text.counts)
        return self
