import itertools

import numpy as np
import pytest
from scipy.sparse import csr_array

import tinylm as tl
from tinylm.cooccurrence import cooccurrences
from tinylm.data import planted
from tinylm.models.glove import Batch, GloVe, Objective, by_hand, step_by_step
from tinylm.models.numbering import read

TEXT = [line.split() for line in ("the cat sat on the mat", "the dog sat on the log", "a cat and a dog ran", "cats",
                                  "the mat and the log burn and the cat and the dog ran away from the fire on the mat")]


def reference(counts, size, x_max, alpha, eta, orders, start):
    """The paper's equations, one entry after the other: dictionaries, loops, AdaGrad for every single number."""
    v = len(counts)
    w, b = start[:v, :-1].copy(), start[:v, -1].copy()
    w_tilde, b_tilde = start[v:, :-1].copy(), start[v:, -1].copy()
    squares = [np.zeros_like(one) for one in (w, w_tilde, b, b_tilde)]
    entries = [(i, j) for i in range(v) for j in range(v) if counts[i, j] > 0]
    losses = []
    for batches in orders:
        total = 0.0
        for batch in batches:
            gradients = [np.zeros_like(one) for one in (w, w_tilde, b, b_tilde)]
            for place in batch:
                i, j = entries[place]
                f = min(1.0, (counts[i, j] / x_max) ** alpha)
                error = sum(w[i, k] * w_tilde[j, k] for k in range(size)) + b[i] + b_tilde[j] - np.log(counts[i, j])
                total += f * error**2
                for k in range(size):
                    gradients[0][i, k] += f * error * w_tilde[j, k]
                    gradients[1][j, k] += f * error * w[i, k]
                gradients[2][i] += f * error
                gradients[3][j] += f * error
            for parameter, square, gradient in zip((w, w_tilde, b, b_tilde), squares, gradients, strict=True):
                square += gradient**2
                parameter -= eta * gradient / np.sqrt(1 + eta**2 * square)
        losses.append(total / len(entries))
    return losses, w + w_tilde


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("batch_size", [1, 16, 10_000])
def test_equal_to_the_equations(fused, batch_size):
    model = GloVe(3, window=4, min_count=1, x_max=2.0, alpha=0.6, eta=0.1, epochs=3, batch_size=batch_size, seed=5,
                  dtype=np.float64)
    with tl.fused(fused):
        model.fit(TEXT)
    text = read(TEXT)
    counts = cooccurrences(text.ids, len(text.words), 4)
    many = counts.nnz
    orders = []
    for epoch in range(3):
        order = tl.backend.generator(5, epoch).permutation(many).tolist()
        orders.append([order[begin:begin + batch_size] for begin in range(0, many, batch_size)])
    start = (tl.backend.generator(5).random((2 * len(text.words), 4), np.float32) - 0.5) / 3
    losses, vectors = reference(counts.toarray(), 3, 2.0, 0.6, 0.1, orders, start.astype(np.float64))
    assert model.vectors.words == text.words and model.vectors.counts.tolist() == text.counts.tolist()
    np.testing.assert_allclose(model.losses, losses, rtol=1e-10)
    np.testing.assert_allclose(model.vectors.matrix, vectors, rtol=1e-8, atol=1e-10)
    assert losses == sorted(losses, reverse=True)


def test_the_objective_and_its_gradient():
    rng = np.random.default_rng(0)
    start = rng.standard_normal((8, 4))
    batch = Batch(np.array([0, 1, 3, 0]), np.array([2, 2, 0, 2]), np.array([0.5, 3.0, 10.0, 200.0]))
    objective = Objective(start, x_max=10, alpha=0.75)
    by_loop = 0.0
    for i, j, x in zip(*batch, strict=True):
        f = (x / 10) ** 0.75 if x < 10 else 1
        by_loop += f * (start[i, :3] @ start[4 + j, :3] + start[i, 3] + start[4 + j, 3] - np.log(x)) ** 2
    assert objective(batch).item() == pytest.approx(by_loop, rel=1e-12)
    np.testing.assert_array_equal(objective.table(), start)

    def loss(w, b, w_tilde, b_tilde):
        objective.w, objective.b, objective.w_tilde, objective.b_tilde = w, b, w_tilde, b_tilde
        return objective(batch)

    tl.gradcheck(loss, [start[:4, :3], start[:4, 3], start[4:, :3], start[4:, 3]])


def test_both_ways_in_32_bits():
    entries = Batch(np.array([0, 0, 1, 2]), np.array([1, 0, 2, 0]), np.array([1.0, 2.0, 5.0, 0.5], np.float32))
    start = np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32)
    first, second = start.copy(), start.copy()
    losses = [list(train(table, iter([entries] * 20), 4.0, 0.75, 0.05))
              for train, table in ((by_hand, first), (step_by_step, second))]
    np.testing.assert_allclose(*losses, rtol=1e-5)
    np.testing.assert_allclose(first, second, rtol=1e-4, atol=1e-6)
    assert first.dtype == second.dtype == np.float32 and not np.array_equal(first, start)


def test_it_finds_logarithms_of_counts():
    """Wide enough, and with as many steps as it needs, the products are the logarithms."""
    rng = np.random.default_rng(0)
    counts = csr_array(np.exp(rng.normal(0, 1, (6, 6))))
    model = GloVe(6, x_max=1e-6, eta=0.1, epochs=3000, batch_size=36, dtype=np.float64)
    table = model.fit_counts(counts)
    w, w_tilde = table[:6], table[6:]
    said = w[:, :-1] @ w_tilde[:, :-1].T + w[:, -1:] + w_tilde[:, -1]
    np.testing.assert_allclose(said, np.log(counts.toarray()), atol=1e-3)
    assert model.losses[-1] < 1e-6 < model.losses[0]


def test_the_same_seed_gives_the_same_vectors():
    def learnt(seed):
        return GloVe(4, min_count=1, epochs=2, batch_size=8, seed=seed).fit(TEXT).vectors.matrix

    np.testing.assert_array_equal(learnt(1), learnt(1))
    assert not np.array_equal(learnt(1), learnt(2)) and learnt(1).dtype == np.float32


def test_it_learns_what_was_planted():
    made = planted(rows=6, columns=3, company=4, sentences=4000)
    vectors = GloVe(24, window=6, x_max=10, epochs=30, batch_size=256).fit(made.sentences).vectors
    found = [vectors.analogy(a, b, c, 1)[0][0] == d for a, b, c, d in made.analogies]
    assert np.mean(found) > 0.8
    same = [vectors.similarity(a, b) for row in made.grid for a, b in itertools.combinations(row, 2)]
    other = [vectors.similarity(made.grid[r][0], made.grid[s][1]) for r in range(6) for s in range(6) if r != s]
    assert min(same) > np.mean(other)


@pytest.mark.parametrize(("sentences", "settings", "said"), [
    ([], {}, "no word"), ([[]], {}, "no word"), ([["a"], ["b"]], {}, "no two words stand side by side"),
    ([["one"]], {}, "no two words"), (TEXT, {"min_count": 99}, "99 times"),
    ([["a", "b", "a"]], {"min_count": 2, "window": 1}, None),
])
def test_texts_that_are_too_short(sentences, settings, said):
    model = GloVe(2, **{"min_count": 1, "epochs": 1, **settings})
    with pytest.raises(RuntimeError, match="has learnt nothing yet"):
        model.vectors
    if said is None:  # one word, beside itself once the rare one between is gone
        assert model.fit(sentences).vectors.words == ["a"] and np.isfinite(model.vectors.matrix).all()
    else:
        with pytest.raises(ValueError, match=said):
            model.fit(sentences)


@pytest.mark.parametrize(("settings", "said"), [
    ({"vector_size": 0}, "vector_size is 0"), ({"window": 0}, "window is 0"), ({"min_count": 0.5}, "min_count"),
    ({"epochs": 0}, "epochs is 0"), ({"batch_size": 0}, "batch_size is 0"), ({"x_max": 0}, "x_max is 0"),
    ({"eta": -1}, "eta is -1"), ({"eta": float("nan")}, "eta is nan"), ({"alpha": -0.1}, "alpha is -0.1"),
])
def test_settings_that_make_no_sense(settings, said):
    with pytest.raises(ValueError, match=said):
        GloVe(**settings)


def test_counts_that_make_no_sense():
    for wrong in (-1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="counts are finite"):
            GloVe().fit_counts(csr_array(np.array([[1.0, wrong], [0, 1]])))
    with pytest.raises(ValueError, match="no two words"):
        GloVe().fit_counts(csr_array((3, 3)))
    dense = np.array([[0, 2.0], [1.0, 0]])
    np.testing.assert_array_equal(GloVe(2, epochs=1).fit_counts(dense), GloVe(2, epochs=1).fit_counts(csr_array(dense)))
