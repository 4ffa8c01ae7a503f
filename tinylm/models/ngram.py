"""Counting: the language model before neural networks, and what they have to beat.

How often did each token follow these k before? Long contexts say most, but few of them have been seen; so each order
is mixed with the one below it, down to the uniform distribution. The tables of counts are made in counts.py, and
smoothing.py turns them into shares of probability; here they are asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import numpy as np

from ..bars import shown
from ..weights import load_with_facts, save_weights
from . import mixing, smoothing
from .counts import Grams, count, numbers_along
from .smoothing import Shares

LONGEST = 10

ESTIMATORS = ("mle", "add", "good-turing", "jelinek-mercer", "kneser-ney", "modified-kneser-ney")
"""Each has its equation in smoothing.py."""


class NGram:
    """An n-gram model over the ids of any tokenizer: p(token | the order - 1 tokens before it).

    vocabulary  how many tokens there are
    order       how many tokens a k-gram has at most, 1 to 10: 1 is the unigram, 2 the bigram
    add         of the estimator "add": what is added to each count (1 is Laplace's); giving it chooses that estimator
    estimator   one of ESTIMATORS, by default "kneser-ney"

    With fewer tokens before it than order - 1, at the beginning of a text, the longest order that there is decides.
    All but "mle" give every token some probability. "mle" gives 0 to what it has not seen: one such token, and the
    score of a text is infinite bits.
    """

    def __init__(self, vocabulary: int, order: int = 6, add: float | None = None,
                 estimator: str | None = None) -> None:
        estimator = estimator or ("kneser-ney" if add is None else "add")
        if not 1 <= order <= LONGEST:
            raise ValueError(f"NGram: order is {order}; it is 1 (how frequent each token is) to {LONGEST}")
        if vocabulary < 1:
            raise ValueError(f"NGram: a vocabulary of {vocabulary} has no token")
        if estimator not in ESTIMATORS:
            raise ValueError(f"NGram: there is no estimator {estimator!r}; there are: {', '.join(ESTIMATORS)}")
        if estimator == "add":
            add = 1.0 if add is None else add
        elif add is not None:
            raise ValueError(f"NGram: add={add} is for the estimator 'add'; {estimator!r} adds nothing")
        if add is not None and not 0 < add < np.inf:
            raise ValueError(f"NGram: add is {add}; what is added to each count is above 0, or unseen is impossible")
        self.vocabulary, self.order, self.add, self.estimator = vocabulary, order, add, estimator
        self.weights = [0.5] * order
        """λ₁, λ₂, ... of "jelinek-mercer", one for each order: a half, until `fit_weights` has found better ones."""
        self._grams: list[Grams] = []
        self._shares: list[Shares] = []

    @property
    def size(self) -> int:
        """How many counts it holds, which is what it has for parameters."""
        return sum(len(grams.keys) for grams in self._grams)

    def fit(self, ids: Any) -> Self:
        """Count the k-grams of a text, (length,). Raises ValueError for a text shorter than `order`, or other ids."""
        ids = self._checked(ids)
        if len(ids) < self.order:
            raise ValueError(f"NGram: a text of {len(ids)} tokens holds no {self.order}-gram: give a longer text"
                             + (f", or an order of at most {len(ids)}" if len(ids) else ""))
        self._grams = count(ids, self.vocabulary, self.order)
        self._smooth()
        return self

    def fit_weights(self, held_out: Any, iterations: int = 100, tolerance: float = 1e-6) -> list[float]:
        """Find the weights of "jelinek-mercer" under which a text that was not counted is likeliest, by EM.

        Gives the mean of ln p per token under the weights it began with, and after each iteration: it never falls. It
        ends when an iteration gains less than `tolerance`. The counted text itself would give the longest order all
        weight, and unseen tokens none. Raises ValueError for other estimators, and for an empty text.
        """
        if self.estimator != "jelinek-mercer":
            raise ValueError(f"NGram: {self.estimator!r} has no weights to fit; 'jelinek-mercer' has")
        ids = self._checked(held_out)
        if not len(ids):
            raise ValueError("NGram: no weights can be fitted to an empty text")
        if iterations < 1 or not tolerance >= 0:
            raise ValueError(f"NGram: {iterations} iterations to a tolerance of {tolerance}: take at least 1, and 0")
        self._fitted()
        plain = smoothing.maximum_likelihood(self._grams, self.vocabulary)
        likelihoods, seen = [], []
        for (kept, passed), (context, gram) in zip(plain, self._numbers(ids), strict=True):
            likelihoods.append(kept[gram])
            seen.append(passed[context] == 0)
        self.weights, history = mixing.fit_weights(likelihoods, seen, 1 / self.vocabulary, self.weights, iterations,
                                                   tolerance)
        self._smooth()
        return history

    def score(self, ids: Any, start: int = 0) -> float:
        """Bits per token over ids[start:], each read after all that stands before it; inf if one has probability 0."""
        if not 0 <= start < len(ids):
            raise ValueError(f"NGram: nothing to score: a text of {len(ids)} tokens, from position {start}")
        begin = max(0, start - self.order + 1)  # what stands before is out of sight
        with np.errstate(divide="ignore"):
            return float(-np.log2(self.probabilities(ids[begin:])[start - begin:]).mean())

    def perplexity(self, ids: Any, start: int = 0) -> float:
        """2^score: among how many equally likely tokens the model is in doubt, so to say."""
        return float(np.exp2(self.score(ids, start)))

    def probabilities(self, ids: Any) -> np.ndarray:
        """What the model gave each token of a text after those before it, (length,)."""
        ids = self._checked(ids)
        p = uniform = np.full(len(ids), 1 / self.vocabulary)
        for k, ((kept, passed), (context, gram)) in enumerate(zip(self._fitted(), self._numbers(ids), strict=True)):
            below = uniform if self.estimator == "add" else p
            p = np.append(p[:k], kept[gram] + passed[context] * below[k:])  # the first k have no context so long
        return p

    def distribution(self, context: Any = ()) -> np.ndarray:
        """How likely each token is to follow `context`, (vocabulary,); it sums to one whatever the context."""
        context = self._checked(context)
        p = uniform = np.full(self.vocabulary, 1 / self.vocabulary)
        for k, (kept, passed) in enumerate(self._fitted()[:len(context) + 1]):
            number = self._find(context[len(context) - k:])
            p = passed[number] * (uniform if self.estimator == "add" else p)
            if number >= 0:
                keys = self._grams[k].keys
                begin, end = np.searchsorted(keys, [number * self.vocabulary, (number + 1) * self.vocabulary])
                p[keys[begin:end] % self.vocabulary] += kept[begin:end]
        return p

    def sample(self, length: int, rng: np.random.Generator, context: Any = ()) -> np.ndarray:
        """`length` tokens drawn one after the other, the first after `context`, (length,)."""
        drawn = list(self._checked(context).tolist())
        begin = len(drawn)
        for _ in shown(range(length), "writing"):
            p = np.cumsum(self.distribution(drawn[max(0, len(drawn) - self.order + 1):]))
            place = np.searchsorted(p, rng.random() * p[-1], side="right")
            drawn.append(int(min(place, np.searchsorted(p, p[-1]))))  # rounded up, at most the last that is possible
        return np.array(drawn[begin:], dtype=np.int64)

    def save(self, path: str | Path) -> None:
        """Write the counts, the estimator and its settings: safetensors, with a SHA-256 of each array."""
        self._fitted()
        arrays = {f"{name}.{k}": getattr(grams, name) for k, grams in enumerate(self._grams, 1)
                  for name in ("keys", "counts", "shorter")}
        facts = {"model": "ngram", "vocabulary": self.vocabulary, "order": self.order, "add": self.add,
                 "estimator": self.estimator, "weights": self.weights}
        save_weights(path, arrays, facts)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """What `save` wrote, to the last bit. Raises ValueError for a file that is damaged, or something else."""
        arrays, facts = load_with_facts(path)
        if facts.get("model") != "ngram":
            raise ValueError(f"{path} holds no n-gram model: NGram.save did not write it")
        model = cls(facts["vocabulary"], facts["order"], facts["add"], facts["estimator"])
        model.weights, contexts = facts["weights"], 1
        for k in range(1, model.order + 1):
            model._grams.append(Grams(arrays[f"keys.{k}"], arrays[f"counts.{k}"], arrays[f"shorter.{k}"], contexts))
            contexts = len(arrays[f"keys.{k}"])
        model._smooth()
        return model

    def _smooth(self) -> None:
        """From counts to shares, by the estimator."""
        by_name: dict[str, list[Any]] = {"add": [self.add], "jelinek-mercer": [self.weights]}
        settings = by_name.get(self.estimator, [])
        self._shares = _SMOOTHING[self.estimator](self._grams, self.vocabulary, *settings)

    def _numbers(self, ids: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return numbers_along([grams.keys for grams in self._grams], ids, self.vocabulary)

    def _find(self, tokens: np.ndarray) -> int:
        """The number of a k-gram; -1 if it was never seen."""
        number = 0
        for token, grams in zip(tokens.tolist(), self._grams, strict=False):
            wanted = number * self.vocabulary + token
            number = int(np.searchsorted(grams.keys, wanted))
            if number == len(grams.keys) or grams.keys[number] != wanted:
                return -1
        return number

    def _fitted(self) -> list[Shares]:
        if not self._shares:
            raise RuntimeError("NGram: it has counted nothing yet: call fit(ids) first")
        return self._shares

    def _checked(self, ids: Any) -> np.ndarray:
        array = np.asarray(ids).reshape(-1)
        if array.size and array.dtype.kind not in "iu":
            raise TypeError(f"NGram: ids are integers, not {array.dtype}")
        wrong = array[(array < 0) | (array >= self.vocabulary)]
        if wrong.size:
            raise IndexError(f"NGram: there is no id {wrong[0]} in a vocabulary of {self.vocabulary}")
        return array.astype(np.int64)


_SMOOTHING: dict[str, Any] = dict(zip(ESTIMATORS, (
    smoothing.maximum_likelihood, smoothing.additive, smoothing.good_turing, smoothing.jelinek_mercer,
    smoothing.kneser_ney, smoothing.modified_kneser_ney), strict=True))
