"""From counts to probabilities: the estimators of n-gram models, from the plainest to the best.

Most k-grams that a new text holds were in none before, so what was counted has to make room for what was not. Every
estimator here does so in the same form, and differs only in who keeps and who passes on:

    p(w | h) = kept(hw) + passed(h) · p(w | h without its first token)

Below the unigram all tokens are equally likely. A context that was never seen keeps nothing and passes on all, so p
sums to one after it as well: where Σ_w kept(hw) + passed(h) = 1 in each context, p sums to one by induction.
c(hw) is how often the k-gram hw was counted, c(h) = Σ_w c(hw), and n_r how many different k-grams were counted r times.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .counts import Grams, continuations


class Shares(NamedTuple):
    """Who decides p(w | h), for the k-grams of one k. The last entry of each, that of number -1, is one never seen."""

    kept: np.ndarray  # (grams + 1,): what a k-gram has of its own; 0 where never seen
    passed: np.ndarray  # (contexts + 1,): the share that the order below decides; 1 where never seen


def maximum_likelihood(grams: Sequence[Grams], vocabulary: int) -> list[Shares]:
    """p(w | h) = c(hw) / c(h): what makes the text it was counted in likeliest (Fisher 1922).

    What was not seen after h is impossible. After an h that was never seen itself, 0/0, the shorter context decides.
    """
    found = []
    for each in grams:
        context = each.context(vocabulary)
        total = np.bincount(context, each.counts, each.contexts)  # (contexts,): c(h)
        found.append(_shares(each.counts / total[context], (total == 0).astype(np.float64)))
    return found


def additive(grams: Sequence[Grams], vocabulary: int, amount: float) -> list[Shares]:
    """p(w | h) = (c(hw) + k) / (c(h) + k · vocabulary), k = `amount` (Lidstone 1920; with k = 1, Laplace 1814).

    Each token is counted k times more than it was. The longest context alone decides: what it passes on is shared by
    all tokens equally, and goes to no order below.
    """
    found = []
    for each in grams:
        context = each.context(vocabulary)
        total = np.bincount(context, each.counts, each.contexts) + amount * vocabulary  # (contexts,)
        found.append(_shares(each.counts / total[context], amount * vocabulary / total))
    return found


def good_turing(grams: Sequence[Grams], vocabulary: int) -> list[Shares]:
    """Good-Turing discounts, and Katz' back-off to the order below (Good 1953; Katz 1987; Gale & Sampson 1995).

        p(w | h) = c*(hw) / c(h) where hw was seen, else α(h) · p(w | h without its first token)
        r* = (r + 1) n_{r+1} / n_r

    What was seen r times will be seen r* times in as much text again, so n₁ of all tokens are left for the unseen. α(h)
    is what makes p(· | h) sum to one; where every token was seen after h, the discounted shares are scaled to do so.
    The n_r are smoothed as Gale & Sampson do: see `expected_counts`.
    """
    found: list[Shares] = []
    below = np.full(1, 1 / vocabulary)  # p of each gram of the order below; of the empty one, what each token has
    for each in grams:
        context = each.context(vocabulary)
        total = np.bincount(context, each.counts, each.contexts)  # (contexts,): c(h)
        p = expected_counts(each.counts) / np.maximum(total, 1)[context]  # (grams,): c*(hw) / c(h)
        seen = np.bincount(context, p, each.contexts)  # (contexts,): what the seen have together
        shorter = below[each.shorter]  # (grams,): what the order below would give them
        unseen = 1 - np.bincount(context, shorter, each.contexts)  # and what it gives all others
        full = (np.bincount(context, minlength=each.contexts) == vocabulary) | (unseen <= 0)
        p = np.where(full[context], p / np.where(full, seen, 1)[context], p)
        alpha = np.where(full, 0.0, (1 - seen) / np.where(full, 1, unseen))
        found.append(_shares(p - alpha[context] * shorter, alpha))  # so that kept + passed · p(below) is p
        below = p
    return found


def jelinek_mercer(grams: Sequence[Grams], vocabulary: int, weights: Sequence[float]) -> list[Shares]:
    """p(w | h) = λₖ c(hw) / c(h) + (1 - λₖ) p(w | h without its first token) (Jelinek & Mercer 1980).

    weights  λ₁, ..., one for each order; `mixing.fit_weights` finds those that suit a held-out text
    """
    plain = maximum_likelihood(grams, vocabulary)
    return [Shares(weight * kept, np.where(passed == 0, 1 - weight, 1.0))
            for (kept, passed), weight in zip(plain, weights, strict=True)]


def kneser_ney(grams: Sequence[Grams], vocabulary: int) -> list[Shares]:
    """Absolute discounts, and lower orders that count contexts (Kneser & Ney 1995; interpolated, Chen & Goodman 1999).

        p(w | h) = max(c(hw) - D, 0) / c(h) + D · |{u: c(hu) > 0}| / c(h) · p(w | h without its first token)

    The longest order takes c from the text; the others ask in how many contexts a k-gram has been seen: c(hw) is the
    number of different tokens before hw, for "Francisco" may be frequent and yet only follow "San". Each order has one
    discount, D = n₁ / (n₁ + 2 n₂) of the k-grams that count once and twice; 1/2 where there are none.
    """
    def discount(once: int, twice: int, *_: int) -> list[float]:
        return [once / (once + 2 * twice) if once else 0.5] * 3

    return [_discounted(each, counts, vocabulary, discount(*_counts_of_counts(counts)))
            for each, counts in zip(grams, continuations(grams), strict=True)]


def modified_kneser_ney(grams: Sequence[Grams], vocabulary: int) -> list[Shares]:
    """Kneser-Ney with three discounts: for what counts once, twice, and more often (Chen & Goodman 1999).

        Dᵣ = r - (r + 1) Y n_{r+1} / n_r  for r = 1, 2, 3,  Y = n₁ / (n₁ + 2 n₂)

    Where a small text has no such n, or they give a Dᵣ that is not between 0 and r, they are 1/2, 1 and 3/2.
    """
    def discounts(*n: int) -> list[float]:
        if min(n) > 0:
            y = n[0] / (n[0] + 2 * n[1])
            found = [r - (r + 1) * y * n[r] / n[r - 1] for r in (1, 2, 3)]
            if all(0 < d < r for r, d in enumerate(found, 1)):
                return found
        return [0.5, 1.0, 1.5]

    return [_discounted(each, counts, vocabulary, discounts(*_counts_of_counts(counts)))
            for each, counts in zip(grams, continuations(grams), strict=True)]


def expected_counts(counts: np.ndarray) -> np.ndarray:
    """r* of each count r: simple Good-Turing (Gale & Sampson 1995).  (grams,) → (grams,)

    For large r most n_r are 0, so each is spread over the gap between its neighbours, and a line is laid through
    log n_r over log r. From its slope b, r* = r (1 + 1/r)^(b+1). Small r keep Turing's own (r + 1) n_{r+1} / n_r, from
    1 on, as long as it differs from that by more than 1.65 standard deviations and is below r.
    Where there is no line, or none that falls steeper than -1 and so would free something, b = -2 (Zipf 1935).
    """
    r, n = np.unique(counts, return_counts=True)  # (different counts,)
    slope = -2.0
    if len(r) > 1:
        before, after = np.concatenate([[0], r[:-1]]), np.append(r[1:], 2 * r[-1] - r[-2])
        found = float(np.polyfit(np.log(r), np.log(2 * n / (after - before)), 1)[0])
        slope = found if found < -1 else slope
    expected = r * (1 + 1 / r) ** (slope + 1)
    for i in range(len(r) - 1):
        if r[i] != i + 1 or r[i + 1] != i + 2:
            break
        ratio = n[i + 1] / n[i]
        turing = r[i + 1] * ratio
        deviation = r[i + 1] * np.sqrt(ratio / n[i] * (1 + ratio))
        if abs(turing - expected[i]) <= 1.65 * deviation or turing >= r[i]:
            break
        expected[i] = turing
    return expected[np.searchsorted(r, counts)]


def _counts_of_counts(counts: np.ndarray) -> list[int]:
    """n₁, n₂, n₃, n₄."""
    return [int((counts == r).sum()) for r in (1, 2, 3, 4)]


def _discounted(grams: Grams, counts: np.ndarray, vocabulary: int, discounts: Sequence[float]) -> Shares:
    """Counts less a discount, which goes to the order below.  counts (grams,); discounts of 1, 2, and 3 or more"""
    context = grams.context(vocabulary)
    total = np.bincount(context, counts, grams.contexts)  # (contexts,)
    one = np.maximum(total, 1)  # where nothing is seen, everything is passed on
    discount = np.array([0.0, *discounts])[np.minimum(counts, 3)]  # (grams,)
    passed = np.where(total > 0, np.bincount(context, discount, grams.contexts) / one, 1.0)
    return _shares(np.maximum(counts - discount, 0) / one[context], passed)


def _shares(kept: np.ndarray, passed: np.ndarray) -> Shares:
    return Shares(np.append(kept, 0.0), np.append(passed, 1.0))
