"""GloVe: vectors for words, learnt from how often words stand near each other (Pennington, Socher & Manning 2014).

    J = Σ f(X_ij) (w_i · w̃_j + b_i + b̃_j - log X_ij)²

word2vec goes through a text again and again. GloVe counts once, X_ij for word j near word i, and then asks for vectors
whose products say the logarithms of the counts. Ratios of counts become differences of vectors: ice and steam are told
apart by what stands near one more often than near the other, solid and gas, while water and fashion say nothing.

From top to bottom: the objective in the engine's primitives, by which `with tl.fused(False):` trains, the same by hand
on the rows that a batch touches, and the class to use.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple, Self

import numpy as np

from .. import nn, optim
from ..backend import generator
from ..cooccurrence import cooccurrences
from ..graph import MODE
from ..tensor import Tensor, grad
from ..vectors import WordVectors
from .numbering import read


class Batch(NamedTuple):
    """Some entries of the table, (entries,) each: X_ij in row i and column j."""

    i: np.ndarray
    j: np.ndarray
    x: np.ndarray


class Objective(nn.Module):
    """J = Σ f(X_ij) (w_i · w̃_j + b_i + b̃_j - log X_ij)² over the entries of a batch, where f(x) = min(1, (x/x_max)^α).

    Pairs that occur once by chance count little, and frequent ones not more than those that occur x_max times.

    w, w̃  (vocabulary, width): a vector for each word, and one for it where it stands near another
    b, b̃  (vocabulary,): a number for each, which takes up how frequent it is by itself
    """

    def __init__(self, start: np.ndarray, x_max: float, alpha: float) -> None:
        self.x_max, self.alpha = x_max, alpha
        words, contexts = np.split(start, 2)  # (vocabulary, width + 1) each: the last column holds b
        self.w, self.b = _parameter(words[:, :-1]), _parameter(words[:, -1])
        self.w_tilde, self.b_tilde = _parameter(contexts[:, :-1]), _parameter(contexts[:, -1])

    def forward(self, batch: Batch) -> Tensor:
        """J, a single number."""
        said = (self.w[batch.i] * self.w_tilde[batch.j]).sum(-1) + self.b[batch.i] + self.b_tilde[batch.j]
        f = np.minimum(1, (batch.x / self.x_max) ** self.alpha)
        return (f * (said - np.log(batch.x)) ** 2).sum()

    def table(self) -> np.ndarray:
        """All of it as one array, (2 · vocabulary, width + 1), as `start` was."""
        return np.block([[self.w.detach().numpy(), self.b.detach().numpy()[:, None]],
                         [self.w_tilde.detach().numpy(), self.b_tilde.detach().numpy()[:, None]]])


def step_by_step(table: np.ndarray, batches: Iterator[Batch], x_max: float, alpha: float,
                 eta: float) -> Iterator[float]:
    """Train with the engine: its gradients of J/2, of all vectors, and its AdaGrad. Yields each J, before the step.

    θ ← θ - g / √(1/η² + Σ g²): steps begin as those of gradient descent with the learning rate η, and grow shorter for
    what has moved far already. AdaGrad that begins at 0 would make the first step of every number, η, the longest,
    however little it has to do with the pair, and gives worse neighbours. So the program that came with the paper has
    it (which adds g² to the sum after the step, this before).

    table  (2 · vocabulary, width + 1): w and b, below them w̃ and b̃; written into at the end
    """
    objective = Objective(table, x_max, alpha)
    optimizer = optim.Adagrad(objective.parameters(), lr=1.0, initial_accumulator_value=eta ** -2)
    for batch in batches:
        loss = objective(batch)
        optimizer.step(grad(loss / 2, optimizer.params))
        yield loss.item()
    table[:] = objective.table()


def by_hand(table: np.ndarray, batches: Iterator[Batch], x_max: float, alpha: float, eta: float) -> Iterator[float]:
    """As `step_by_step`, but only the rows that a batch names are looked at, for the others do not move.

    With e = w_i · w̃_j + b_i + b̃_j - log X_ij, the derivatives of f e²/2 are f e w̃_j by w_i and f e by b_i, and
    likewise the other way round. A row is named by many entries: a sparse matrix with f e in it adds theirs up.
    """
    half = len(table) // 2
    squares = np.full_like(table, eta ** -2)  # to which all squared gradients are added: AdaGrad's memory
    for i, j, x in batches:
        w, w_tilde = table[i], table[j + half]  # (entries, width + 1)
        error = np.einsum("ed,ed->e", w[:, :-1], w_tilde[:, :-1]) + w[:, -1] + w_tilde[:, -1] - np.log(x)  # (entries,)
        weighted = np.minimum(1, (x / x_max) ** alpha) * error
        yield float(weighted @ error)
        w[:, -1] = w_tilde[:, -1] = 1  # what b is multiplied by
        for names, others in ((i, w_tilde), (j + half, w)):
            rows, gradient = _added(names, weighted, others)  # (rows,), (rows, width + 1)
            total = squares[rows] + np.square(gradient)
            squares[rows] = total
            table[rows] -= gradient / np.sqrt(total)


def _added(names: np.ndarray, weights: np.ndarray, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each name once, and Σ weight · vector over the entries with that name."""
    from scipy.sparse import csr_array

    order = np.argsort(names, kind="stable")
    sorted_names = names[order]
    first = np.flatnonzero(np.concatenate([[True], sorted_names[1:] != sorted_names[:-1]]))
    sums = csr_array((weights[order], order, np.append(first, len(names))), shape=(len(first), len(names)))
    return sorted_names[first], sums @ vectors


class GloVe:
    """Learns a vector for each word of a text: w + w̃, the sum of its two. Arguments are as in the paper and its code.

    vector_size  the length of a vector
    window       how many words to either side count as near; one at the distance d counts 1/d
    min_count    words rarer than that are left out
    x_max        how often a pair must occur to count in full; for a text of less than some ten million words take 10
    alpha        how little the rarer ones count
    eta          the learning rate of the first steps
    epochs       how often all pairs are gone through, each time in another order
    batch_size   pairs to a step. The paper's program takes one at a time; with more the result is much the same
    seed         of the initial vectors and of the order: the same seed gives the same vectors, bit for bit
    dtype        of the vectors

    Raises ValueError for settings that make no sense.
    """

    def __init__(self, vector_size: int = 50, window: int = 15, min_count: int = 5, x_max: float = 100.0,
                 alpha: float = 0.75, eta: float = 0.05, epochs: int = 25, batch_size: int = 4096, seed: int = 0,
                 dtype: Any = np.float32) -> None:
        for name, number in (("vector_size", vector_size), ("window", window), ("min_count", min_count),
                             ("epochs", epochs), ("batch_size", batch_size)):
            if number < 1 or number != int(number):
                raise ValueError(f"GloVe: {name} is {number}; it is a whole number, 1 or more")
        for name, value in (("x_max", x_max), ("eta", eta)):
            if not 0 < value < math.inf:
                raise ValueError(f"GloVe: {name} is {value}; it is above 0")
        if not 0 <= alpha < math.inf:
            raise ValueError(f"GloVe: alpha is {alpha}; it is 0 (all pairs count in full) or more, 0.75 in the paper")
        self.vector_size, self.window, self.min_count, self.x_max = vector_size, window, min_count, x_max
        self.alpha, self.eta, self.epochs, self.batch_size, self.seed = alpha, eta, epochs, batch_size, seed
        self.dtype = np.dtype(dtype)
        self.losses: list[float] = []
        """J of each epoch, as its batches found it before their steps, divided by the number of pairs."""
        self._vectors: WordVectors | None = None

    @property
    def vectors(self) -> WordVectors:
        """What was learnt. Raises RuntimeError before `fit`."""
        if self._vectors is None:
            raise RuntimeError("GloVe: it has learnt nothing yet: call fit(sentences) first")
        return self._vectors

    def fit(self, sentences: Any) -> Self:
        """Learn from `sentences`, as `numbering.read` takes them: lists of words, or a path.

        Raises ValueError for a text without words, and for one in which no two stand side by side.
        """
        text = read(sentences, self.min_count)
        table = self.fit_counts(cooccurrences(text.ids, len(text.words), self.window))
        half = len(text.words)
        self._vectors = WordVectors(text.words, (table[:half] + table[half:])[:, :-1], text.counts)
        return self

    def fit_counts(self, counts: Any) -> np.ndarray:
        """Learn from a table of counts, (vocabulary, vocabulary), sparse: such as `cooccurrences` gives.

        Gives (2 · vocabulary, vector_size + 1): in each row a vector and its b, first those of w, then those of w̃.
        Raises ValueError for an empty table, and for counts below 0.
        """
        from scipy.sparse import coo_array

        entries = coo_array(counts)
        entries.eliminate_zeros()
        i, j = (np.asarray(places, np.int64) for places in (entries.row, entries.col))
        x = entries.data.astype(self.dtype)
        if not len(x):
            raise ValueError("GloVe: no two words stand side by side: every sentence has at most one word that is "
                             f"frequent enough. Give more text, or a min_count below {self.min_count}")
        if not (np.isfinite(x).all() and x.min() > 0):
            raise ValueError("GloVe: counts are finite, and not below 0")
        draw = generator(self.seed).random((2 * entries.shape[0], self.vector_size + 1), np.float32)
        table = ((draw - 0.5) / self.vector_size).astype(self.dtype)
        train = by_hand if MODE.get().fused else step_by_step
        losses = np.zeros(self.epochs)
        steps = -(-len(x) // self.batch_size)
        batches = self._batches(Batch(i, j, x))
        for step, loss in enumerate(train(table, batches, self.x_max, self.alpha, self.eta)):
            losses[step // steps] += loss
        self.losses = (losses / len(x)).tolist()
        return table

    def _batches(self, entries: Batch) -> Iterator[Batch]:
        """Every epoch all entries in another order, with a bar on the screen once that takes two seconds."""
        from tqdm import tqdm

        many = len(entries.x)
        with tqdm(total=many * self.epochs, desc="GloVe", unit=" pairs", unit_scale=True, leave=False, delay=2) as bar:
            for epoch in range(self.epochs):
                order = generator(self.seed, epoch).permutation(many)
                for begin in range(0, many, self.batch_size):
                    chosen = order[begin:begin + self.batch_size]
                    yield Batch(*(array[chosen] for array in entries))
                    bar.update(len(chosen))


def _parameter(start: np.ndarray) -> Tensor:
    return Tensor(np.ascontiguousarray(start), requires_grad=True)
