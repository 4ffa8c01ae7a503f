"""word2vec's steps by hand, in plain NumPy: the same as its primitives' in word2vec.py, in a fraction of the time.

What the engine does not know is that a batch touches some hundred rows of two matrices with many thousand. Here only
those are fetched and written, and each once: `Rows` adds up what a batch has for one row beforehand.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from .draws import Batch

AHEAD = 4
"""Batches made in one go on the other thread: handing one over costs as much as a tenth of making it."""


class Rows:
    """Adds vectors to rows of a matrix, several to the same: what np.add.at does, in a tenth of its time.

    The sums are a product H v, where H[i, k] = 1 if the vector k belongs to the i-th of the rows that occur.
    """

    def __init__(self, ids: np.ndarray, dtype: Any) -> None:
        from scipy.sparse import csr_array

        ids = ids.reshape(-1)
        order = np.argsort(ids, kind="stable")
        ordered = ids[order]
        new = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
        starts = np.concatenate([[0], new, [len(ids)]])
        self.rows = ordered[starts[:-1]]
        self.sums = csr_array((np.ones(len(ids), dtype), order, starts), shape=(len(self.rows), len(ids)))

    def add(self, matrix: np.ndarray, vectors: np.ndarray) -> None:
        """matrix[ids] += vectors, where a row that comes several times gets all of them."""
        matrix[self.rows] += self.sums @ vectors.reshape(-1, matrix.shape[1])  # (rows, ids) (ids, width)


class Prepared(NamedTuple):
    """What a step needs of a batch that does not depend on the vectors, so that another thread can work it out.

    given, mix, asked  as in the batch
    first       how many of the words asked for, the first, may be right
    factor      (blocks, positions, words): -rate · ∂loss/∂s is factor · (tanh(½ s) - 1) for these, + 1 for the others
    backward    (blocks, words, positions): whether the position reads the word; None where each reads one
    to_inputs   which rows of the input vectors are moved, and
    to_outputs  which of the output vectors
    """

    given: np.ndarray
    mix: np.ndarray | None
    asked: np.ndarray
    first: int
    factor: np.ndarray
    backward: np.ndarray | None
    to_inputs: Rows
    to_outputs: Rows


def prepared(batch: Batch) -> Prepared:
    """A batch, ready for `step`.

    With s = h·u, the loss is Σ right (-ln σ(s)) + Σ wrong (-ln σ(-s)). As σ' = σ (1 - σ) and σ(s) = ½ + ½ tanh(½ s),
        ∂loss/∂s = right (σ(s) - 1) + wrong σ(s) = ½ right (tanh(½ s) - 1) + ½ wrong (tanh(½ s) + 1).
    """
    factor = np.concatenate([batch.right, batch.wrong], -1)
    factor *= -0.5 * batch.rate
    backward = None if batch.mix is None else (batch.mix > 0).astype(factor.dtype).mT
    return Prepared(batch.given, batch.mix, batch.asked, batch.right.shape[-1], factor, backward,
                    Rows(batch.given, factor.dtype), Rows(batch.asked, factor.dtype))


def step(inputs: np.ndarray, outputs: np.ndarray, given: Prepared) -> None:
    """θ ← θ - rate · ∂loss/∂θ for the input and output vectors, in place.  (vocabulary, width) each

    ∂loss/∂h = ∂loss/∂s u,  ∂loss/∂u = ∂loss/∂sᵀ h, and each word that h is the mean of gets the whole of ∂loss/∂h, see
    `Network.mean`.
    """
    h, u = hidden(inputs, given.given, given.mix), np.take(outputs, given.asked, axis=0)  # (blocks, words, width)
    s = h @ u.mT  # (blocks, positions, words)
    s *= 0.5
    np.tanh(s, out=s)
    s[..., :given.first] -= 1
    s[..., given.first:] += 1
    s *= given.factor
    moves = s @ u  # (blocks, positions, width)
    given.to_outputs.add(outputs, s.mT @ h)
    given.to_inputs.add(inputs, moves if given.backward is None else given.backward @ moves)


def hidden(inputs: np.ndarray, given: np.ndarray, mix: np.ndarray | None) -> np.ndarray:
    """The vector of each position: its word's, or the mean of its neighbours'.  (blocks, positions, width)"""
    read = np.take(inputs, given, axis=0)  # (blocks, words, width)
    return read if mix is None else mix @ read


def surprise(inputs: np.ndarray, outputs: np.ndarray, batches: Iterable[Batch]) -> float:
    """The loss of a pair, in nats: -ln σ(h·u) of what is right, and -ln σ(-h·u) of the wrong ones beside it.

    The vectors may be those of any model, of this package or another: it is the same question.
    """
    total = pairs = 0.0
    for batch in batches:
        scores = hidden(inputs, batch.given, batch.mix) @ outputs[batch.asked].mT  # (blocks, positions, words)
        first = batch.right.shape[-1]
        total += float((np.logaddexp(0, -scores[..., :first]) * batch.right).sum(dtype=np.float64))
        total += float((np.logaddexp(0, scores[..., first:]) * batch.wrong).sum(dtype=np.float64))
        pairs += float(batch.right.sum(dtype=np.float64))
    return total / pairs if pairs else float("nan")


def ahead(things: Iterator[Any], size: int = AHEAD) -> Iterator[Any]:
    """The same things, made some before they are asked for, on a thread of their own."""
    def some() -> list[Any]:
        return list(islice(things, size))

    with ThreadPoolExecutor(1, "tinylm") as pool:
        waiting = deque([pool.submit(some), pool.submit(some)])
        while made := waiting.popleft().result():
            waiting.append(pool.submit(some))
            yield from made


def train(inputs: np.ndarray, outputs: np.ndarray, batches: Iterator[Batch]) -> None:
    """Take a step for every batch, in place. The next ones are drawn meanwhile, so two cores have work."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):  # the products are small: threads would wait for each other
        for batch in ahead(map(prepared, batches)):
            step(inputs, outputs, batch)
