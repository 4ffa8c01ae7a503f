import numpy as np
import pytest
from scipy.sparse import csr_array

from tinylm.cooccurrence import cooccurrences
from tinylm.data import planted
from tinylm.metrics import spearman
from tinylm.models.numbering import read
from tinylm.models.pmi import PMI, pmi_matrix
from tinylm.models.word2vec import Word2Vec
from tinylm.vectors import WordVectors

COUNTS = np.array([[0, 4.0, 1], [4, 2, 0], [1, 0, 3]])


def by_hand(counts, k, alpha):
    found = np.full(counts.shape, -np.inf)
    for i in range(3):
        for j in range(3):
            if counts[i, j]:
                p_ij = counts[i, j] / counts.sum()
                p_i = counts[i].sum() / counts.sum()
                p_j = counts[:, j].sum() ** alpha / (counts.sum(0) ** alpha).sum()
                found[i, j] = np.log(p_ij / (p_i * p_j)) - np.log(k)
    return found


@pytest.mark.parametrize("k", [1, 5, 0.5])
@pytest.mark.parametrize("alpha", [1.0, 0.75])
def test_against_loops(k, alpha):
    expected = by_hand(COUNTS, k, alpha)
    given = csr_array(COUNTS)
    found = pmi_matrix(given, k, alpha)
    np.testing.assert_allclose(found.toarray(), np.maximum(expected, 0), rtol=1e-12)
    assert found.nnz == (expected > 0).sum()
    kept = pmi_matrix(given, k, alpha, positive=False)
    np.testing.assert_allclose(kept.toarray()[COUNTS > 0], expected[COUNTS > 0], rtol=1e-12)
    np.testing.assert_array_equal(given.toarray(), COUNTS)
    np.testing.assert_array_equal(pmi_matrix(COUNTS, k, alpha).toarray(), found.toarray())


def test_bad_counts():
    for wrong in (-1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="counts are finite"):
            pmi_matrix(np.array([[wrong, 1]]))
    for k in (0, -1, np.inf):
        with pytest.raises(ValueError, match="negative="):
            pmi_matrix(COUNTS, k)
    assert not pmi_matrix(csr_array((3, 3))).nnz


MADE = planted(rows=6, columns=3, company=4, sentences=4000)


@pytest.mark.parametrize("eig", [0, 0.5, 1])
def test_vectors_are_the_svd(eig):
    model = PMI(10, window=6, min_count=1, negative=2, eig=eig).fit(MADE.sentences)
    text = read(MADE.sentences)
    matrix = pmi_matrix(cooccurrences(text.ids, len(text.words), 6, weighting="dynamic"), 2, 0.75).toarray()
    u, s, _ = np.linalg.svd(matrix)
    np.testing.assert_allclose(model.factors.s, s[:10], rtol=1e-3)
    rows = model.vectors.matrix
    nearest = u[:, :10] * s[:10] ** (2 * eig) @ u[:, :10].T
    np.testing.assert_allclose(rows @ rows.T, nearest, atol=0.05 * s[0] ** (2 * eig))
    assert model.vectors.words == text.words and model.vectors.counts.tolist() == text.counts.tolist()


def test_it_finds_what_was_planted():
    vectors = PMI(10, window=6).fit(MADE.sentences).vectors
    assert np.mean([vectors.analogy(a, b, c, 1)[0][0] == d for a, b, c, d in MADE.analogies]) > 0.9


LARGE = planted(rows=6, columns=3, company=4, sentences=20_000)


@pytest.fixture(scope="module")
def skip_gram():
    return Word2Vec(30, window=6, sample=0, sg=True, negative=2, epochs=10).fit(LARGE.sentences)


def test_skip_gram_learns_the_shifted_pmi(skip_gram):
    """Levy & Goldberg 2014: at the optimum w · w̃ = PMI - ln k, with p(j) as wrong words are drawn."""
    text = read(LARGE.sentences, 5)
    counts = cooccurrences(text.ids, len(text.words), 6, weighting="dynamic")
    expected = pmi_matrix(counts, 2, 0.75, positive=False).tocoo()
    said = (skip_gram.vectors.matrix @ skip_gram.outputs.T)[expected.row, expected.col]
    often = counts.tocoo().data > 20  # what was seen often enough to be learnt
    assert often.mean() > 0.5
    assert np.corrcoef(said[often], expected.data[often])[0, 1] > 0.95


def test_its_vectors_say_what_those_of_skip_gram_say(skip_gram):
    """Which words are alike, by the decomposition and by what was learnt step by step.

    Most words of this text have nothing to do with each other, and which of them are a little less unlike is chance.
    Those of the grid have in common a row, a column or nothing; among them the order agrees too.
    """
    learnt, found = skip_gram.vectors, PMI(30, window=6, negative=2).fit(LARGE.sentences).vectors
    assert found.words == learnt.words

    def cosines(vectors, words):
        unit = vectors.unit[[vectors.place(word) for word in words]]
        return (unit @ unit.T)[np.triu_indices(len(words), 1)]

    assert np.corrcoef(cosines(learnt, learnt.words), cosines(found, learnt.words))[0, 1] > 0.8
    grid = [word for row in LARGE.grid for word in row]
    assert spearman(cosines(learnt, grid), cosines(found, grid)) > 0.7
    shuffled = WordVectors(found.words, np.random.default_rng(0).permutation(found.matrix))
    assert abs(spearman(cosines(learnt, grid), cosines(shuffled, grid))) < 0.2


@pytest.mark.parametrize(("sentences", "settings", "said"), [
    ([], {}, "no word"), ([["one"]], {"vector_size": 1}, "no two words stand near each other"),
    ([["a", "b"]], {"vector_size": 3}, "vector_size is 3, but 2 words are all there are"),
    ([["a", "a"]], {"vector_size": 1}, "no two words stand near"),
    ([["a", "b"]] * 9, {"vector_size": 2, "negative": 100}, "no two words stand near"),
])
def test_texts_that_are_too_short(sentences, settings, said):
    model = PMI(**{"min_count": 1, **settings})
    with pytest.raises(RuntimeError, match="has counted nothing yet"):
        model.vectors
    with pytest.raises(ValueError, match=said):
        model.fit(sentences)


@pytest.mark.parametrize(("settings", "said"), [
    ({"vector_size": 0}, "vector_size is 0"), ({"window": 1.5}, "window is 1.5"), ({"min_count": 0}, "min_count is 0"),
    ({"weighting": "none"}, "no weighting 'none'"), ({"eig": 2}, "eig is 2"),
])
def test_settings_that_make_no_sense(settings, said):
    with pytest.raises(ValueError, match=said):
        PMI(**settings)
