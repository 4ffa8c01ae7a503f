"""How much to trust each order of a Jelinek-Mercer model: weights that make a held-out text likeliest, found by EM."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..bars import shown


def fit_weights(likelihoods: Sequence[np.ndarray], seen: Sequence[np.ndarray], uniform: float,
                weights: Sequence[float], iterations: int, tolerance: float) -> tuple[list[float], list[float]]:
    """Expectation maximisation (Dempster, Laird & Rubin 1977) for p_k = λ_k q_k + (1 - λ_k) p_{k-1}.

    Read the model as a story: for each token a coin of weight λ_k is tossed, from the longest order down, until one
    shows heads, and that order draws the token from its q_k. An order whose context was never seen has no toss. Who
    drew was not written down, so
        E  how probable is it, given the tokens, that order k tossed, and that it drew?
        M  λ_k = Σ p(k drew) / Σ p(k tossed), the share of heads that is to be expected
    No step makes the text less likely. Where no context of order k was seen, nothing is tossed, and λ_k stays.

    likelihoods  q_k of each token, for k = 1, ...: (length - k + 1,) each, as the first tokens have no such context
    seen         whether there is such a context, in the same shapes
    uniform      q₀, of every token
    weights      λ_k to begin with

    Gives the weights, and after each iteration, the beginning first, the mean of ln p per token. It ends after
    `iterations`, or with the first that gains less than `tolerance`, which is not taken.
    """
    length = len(likelihoods[0])
    found: list[float] = []
    for _ in shown(range(iterations + 1), "fitting weights"):
        p = [np.full(length, uniform)]  # p_k of each token, from k = 0
        for k, (weight, q, there) in enumerate(zip(weights, likelihoods, seen, strict=True)):
            p.append(p[k].copy())
            p[-1][k:] = np.where(there, weight * q + (1 - weight) * p[k][k:], p[k][k:])
        with np.errstate(divide="ignore"):
            likelihood = float(np.log(p[-1]).mean())
        if found and not likelihood - found[-1] >= tolerance:
            break
        found.append(likelihood)
        taken, weights = weights, list(weights)
        tossed = np.ones(length)  # p(order k tossed or was skipped): that none above it drew
        for k in reversed(range(len(weights))):
            here, there = tossed[k:], seen[k]
            drew = np.where(there, here * taken[k] * likelihoods[k] / p[k + 1][k:], 0.0)
            if (tosses := here[there].sum()) > 0:
                weights[k] = float(min(1.0, drew.sum() / tosses))
            tossed[k:] = here - drew
    return list(taken), found
