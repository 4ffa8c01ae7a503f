"""word2vec's steps by hand, in plain NumPy: the same as its primitives' in word2vec.py, in a fraction of the time.

What the engine does not know is that a batch touches some hundred rows of two matrices with many thousand. Here only
those are fetched and written, and each once: `Rows` adds up what a batch has for one row beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from .draws import Batch


class Rows:
    """Adds vectors to rows of a matrix, several to the same: what np.add.at does, in a tenth of its time.

    The sums are a product H v, where H[i, k] = 1 if the vector k belongs to the i-th of the rows that occur.
    """

    def __init__(self, vocabulary: int) -> None:
        self._last = np.zeros(vocabulary, np.int32)  # where each row was last seen among some ids

    def add(self, matrix: np.ndarray, ids: np.ndarray, vectors: np.ndarray) -> None:
        """matrix[ids] += vectors, where a row that comes several times gets all of them."""
        from scipy.sparse import csc_array

        ids = ids.reshape(-1)
        places = np.arange(len(ids) + 1, dtype=np.int32)
        self._last[ids] = places[:-1]
        last = self._last[ids]  # (ids,): the place that stands for all places of the same row
        chosen = last == places[:-1]
        number = np.cumsum(chosen, dtype=np.int32) - 1
        rows = ids[chosen]
        sums = csc_array((np.ones(len(ids), vectors.dtype), number[last], places), shape=(len(rows), len(ids)))
        matrix[rows] += sums @ vectors.reshape(-1, matrix.shape[1])  # (rows, ids) (ids, width)


def step(inputs: np.ndarray, outputs: np.ndarray, batch: Batch, rows: Rows) -> None:
    """θ ← θ - rate · ∂loss/∂θ for the input and output vectors, in place.  (vocabulary, width) each

    With s = h·u, the loss is Σ right (-ln σ(s)) + Σ wrong (-ln σ(-s)). As σ' = σ (1 - σ) and σ(s) = ½ + ½ tanh(½ s),
        ∂loss/∂s = right (σ(s) - 1) + wrong σ(s) = ½ right (tanh(½ s) - 1) + ½ wrong (tanh(½ s) + 1).
    ∂loss/∂h = ∂loss/∂s u,  ∂loss/∂u = ∂loss/∂sᵀ h, and each word that h is the mean of gets the whole of ∂loss/∂h, see
    `Network.mean`.
    """
    h, u = hidden(inputs, batch), np.take(outputs, batch.asked, axis=0)  # (blocks, words, width)
    s = h @ u.mT  # (blocks, positions, words)
    s *= 0.5
    np.tanh(s, out=s)
    first = batch.right.shape[-1]
    right, wrong = s[..., :first], s[..., first:]
    right -= 1
    wrong += 1
    right *= batch.right
    wrong *= batch.wrong
    s *= -0.5 * batch.rate
    moves = s @ u  # (blocks, positions, width)
    if batch.mix is not None:
        moves = (batch.mix > 0).astype(s.dtype).mT @ moves  # (blocks, words, width)
    rows.add(outputs, batch.asked, s.mT @ h)
    rows.add(inputs, batch.given, moves)


def hidden(inputs: np.ndarray, batch: Batch) -> np.ndarray:
    """The vector of each position: its word's, or the mean of its neighbours'.  (blocks, positions, width)"""
    read = np.take(inputs, batch.given, axis=0)  # (blocks, words, width)
    return read if batch.mix is None else batch.mix @ read


def surprise(inputs: np.ndarray, outputs: np.ndarray, batches: Iterable[Batch]) -> float:
    """The loss of a pair, in nats: -ln σ(h·u) of what is right, and -ln σ(-h·u) of the wrong ones beside it.

    The vectors may be those of any model, of this package or another: it is the same question.
    """
    total = pairs = 0.0
    for batch in batches:
        scores = hidden(inputs, batch) @ outputs[batch.asked].mT  # (blocks, positions, words)
        first = batch.right.shape[-1]
        total += float((np.logaddexp(0, -scores[..., :first]) * batch.right).sum(dtype=np.float64))
        total += float((np.logaddexp(0, scores[..., first:]) * batch.wrong).sum(dtype=np.float64))
        pairs += float(batch.right.sum(dtype=np.float64))
    return total / pairs if pairs else float("nan")


def train(inputs: np.ndarray, outputs: np.ndarray, batches: Iterator[Batch]) -> None:
    """Take a step for every batch, in place."""
    from threadpoolctl import threadpool_limits

    rows = Rows(len(inputs))
    with threadpool_limits(1, user_api="blas"):  # the products are small: threads would wait for each other
        for batch in batches:
            step(inputs, outputs, batch, rows)
