"""Counting: the language model before neural networks, and what they have to beat.

How often did each token follow these k before? Long contexts say most, but few of them have been seen; so each order
is mixed with the one below it, down to the uniform distribution. From top to bottom, this file is the whole model.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np

LONGEST = 10


class _Order(NamedTuple):
    """The k-grams that were seen, sorted, each numbered by its place; -1, the last entry, is one that was not."""

    keys: np.ndarray  # (grams,): number of the first k-1 tokens · vocabulary + the last token
    kept: np.ndarray  # (grams + 1,): the share of p(last | first k-1) that comes from its own count
    passed: np.ndarray  # (contexts + 1,): the share that the order below decides, by number of the first k-1 tokens


class NGram:
    """Interpolated Kneser-Ney (Kneser & Ney 1995; Chen & Goodman 1999), over the ids of any tokenizer.

        p(w | h) = max(c(hw) - D, 0) / Σᵤ c(hu) + D · |{u: c(hu) > 0}| / Σᵤ c(hu) · p(w | h without its first token)

    The longest order takes c from the text; the others ask in how many contexts a k-gram has been seen: c(hw) is the
    number of different tokens before hw, for "Francisco" may be frequent and yet only follow "San". Each order has one
    discount, D = n₁ / (n₁ + 2 n₂) of the k-grams that count once and twice; 1/2 where there are none. Below the first
    order all tokens are equally likely, so none is impossible.

    vocabulary  how many tokens there are
    order       how many tokens a k-gram has at most, 1 to 10: 1 is the unigram, 2 the bigram
    add         if given, no Kneser-Ney but p(w | h) = (c(hw) + add) / (Σᵤ c(hu) + add · vocabulary) of the longest
                order alone (Lidstone; Laplace where add is 1), to see what the mixing is good for
    """

    def __init__(self, vocabulary: int, order: int = 6, add: float | None = None) -> None:
        if not 1 <= order <= LONGEST:
            raise ValueError(f"NGram: order is {order}; it is 1 (how frequent each token is) to {LONGEST}")
        if vocabulary < 1:
            raise ValueError(f"NGram: a vocabulary of {vocabulary} has no token")
        if add is not None and not add > 0:
            raise ValueError(f"NGram: add is {add}; what is added to each count is above 0, or unseen is impossible")
        self.vocabulary, self.order, self.add = vocabulary, order, add
        self._orders: list[_Order] = []

    @property
    def size(self) -> int:
        """How many counts it holds, which is what it has for parameters."""
        return sum(len(order.keys) for order in self._orders)

    def fit(self, ids: Any) -> Self:
        """Count the k-grams of a text, (length,). Raises ValueError for a text shorter than `order`, or other ids."""
        ids = self._checked(ids)
        if len(ids) < self.order:
            raise ValueError(f"NGram: a text of {len(ids)} tokens holds no {self.order}-gram: give a longer text")
        # numbers[k][i] is the number of the k-gram that begins at i. Two k-grams are the same if their first k-1 and
        # their last token are, so that one integer is enough for any k.
        numbers = previous = np.zeros(len(ids) + 1, dtype=np.int64)  # of the empty 0-grams
        counted: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []  # by order: keys, counts, last tokens left off
        for k in range(1, self.order + 1):
            keys, first, numbers, counts = np.unique(
                numbers[:len(ids) - k + 1] * self.vocabulary + ids[k - 1:], True, True, True)
            numbers = numbers.reshape(-1)  # (length - k + 1,)
            if counted and self.add is None:  # of the order below: how many different tokens stand before each
                below = counted[-1]
                after_first = previous[first + 1]  # the (k-1)-gram in each k-gram without its first token
                counted[-1] = (below[0], np.bincount(after_first, minlength=len(below[0])), below[2])
            counted.append((keys, counts, keys // self.vocabulary))
            previous = numbers
        contexts = [1, *(len(keys) for keys, _, _ in counted)]
        self._orders = [self._shares(*each, contexts[k], last=k == self.order - 1) for k, each in enumerate(counted)]
        return self

    def score(self, ids: Any, start: int = 0) -> float:
        """Bits per token over ids[start:], each read after all that stands before it."""
        if not 0 <= start < len(ids):
            raise ValueError(f"NGram: nothing to score: a text of {len(ids)} tokens, from position {start}")
        return float(-np.log2(self.probabilities(ids)[start:]).mean())

    def probabilities(self, ids: Any) -> np.ndarray:
        """What the model gave each token of a text after those before it, (length,)."""
        ids = self._checked(ids)
        orders = self._fitted()
        p = np.full(len(ids), 1 / self.vocabulary)
        numbers = np.zeros(len(ids) + 1, dtype=np.int64)  # of the k-gram that ends before each place
        for keys, kept, passed in orders:
            context = numbers[:-1]  # (length,)
            wanted = np.where(context < 0, -1, context * self.vocabulary + ids)
            place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
            gram = np.where(keys[place] == wanted, place, -1)
            p = kept[gram] + passed[context] * p
            numbers = np.concatenate([[-1], gram])  # before the first token stands nothing
        return p

    def distribution(self, context: Any = ()) -> np.ndarray:
        """How likely each token is to follow `context`, (vocabulary,); it sums to one whatever the context."""
        context = self._checked(context)
        orders = self._fitted()
        p = np.full(self.vocabulary, 1 / self.vocabulary)
        for k, (keys, kept, passed) in enumerate(orders[:len(context) + 1]):
            number = 0
            for j in range(k):  # walk down the last k tokens to the number of their k-gram
                wanted = number * self.vocabulary + int(context[len(context) - k + j])
                number = int(np.searchsorted(orders[j].keys, wanted))
                if number == len(orders[j].keys) or orders[j].keys[number] != wanted:
                    return p  # never seen, and so is whatever is longer
            begin, end = np.searchsorted(keys, [number * self.vocabulary, (number + 1) * self.vocabulary])
            p = passed[number] * p
            p[keys[begin:end] % self.vocabulary] += kept[begin:end]
        return p

    def sample(self, length: int, rng: np.random.Generator, context: Any = ()) -> np.ndarray:
        """`length` tokens drawn one after the other, the first after `context`, (length,)."""
        drawn = list(self._checked(context).tolist())
        begin = len(drawn)
        for _ in range(length):
            p = np.cumsum(self.distribution(drawn[max(0, len(drawn) - self.order + 1):]))
            drawn.append(min(int(np.searchsorted(p, rng.random() * p[-1], side="right")), self.vocabulary - 1))
        return np.array(drawn[begin:], dtype=np.int64)

    def _shares(self, keys: np.ndarray, counts: np.ndarray, context: np.ndarray, contexts: int, last: bool) -> _Order:
        """Counts as shares of probability."""
        total = np.bincount(context, counts, contexts)  # (contexts,): Σᵤ c(hu)
        seen = total > 0
        one = np.maximum(total, 1)  # where nothing is seen, everything is passed on
        if self.add is None:
            once, twice = (counts == 1).sum(), (counts == 2).sum()
            discount = once / (once + 2 * twice) if once else 0.5
            kept = np.maximum(counts - discount, 0) / one[context]
            passed = np.where(seen, discount * np.bincount(context, counts > 0, contexts) / one, 1.0)
        elif last:
            added = self.add * self.vocabulary
            kept, passed = counts / (total + added)[context], added / (total + added)
        else:
            kept, passed = np.zeros(len(keys)), np.ones(contexts)
        return _Order(keys, np.append(kept, 0.0), np.append(passed, 1.0))

    def _fitted(self) -> list[_Order]:
        if not self._orders:
            raise RuntimeError("NGram: it has counted nothing yet: call fit(ids) first")
        return self._orders

    def _checked(self, ids: Any) -> np.ndarray:
        array = np.asarray(ids).reshape(-1)
        if array.size and array.dtype.kind not in "iu":
            raise TypeError(f"NGram: ids are integers, not {array.dtype}")
        wrong = array[(array < 0) | (array >= self.vocabulary)]
        if wrong.size:
            raise IndexError(f"NGram: there is no id {wrong[0]} in a vocabulary of {self.vocabulary}")
        return array.astype(np.int64)
