"""Writing: ask a model for the next token, take one, append it, ask again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .backend import generator, to_host
from .graph import no_grad
from .text import Tokenizer


def stream(
    model: Any, tokenizer: Tokenizer, prompt: str = "", length: int = 500, temperature: float = 1.0,
    top_k: int | None = None, greedy: bool = False, seed: int = 0,
) -> Iterator[str]:
    """The text of `length` tokens that the model writes after `prompt`, each as soon as it is there.

    model        gives logits (1, vocabulary), or (1, time, vocabulary), for ids (1, time up to model.context)
    temperature  p ∝ e^(logit / temperature): below 1 it keeps to what is likely, above 1 it dares more
    top_k        draw among the k likeliest only (Fan et al. 2018)
    greedy       always take the likeliest
    seed         the same seed, model and prompt give the same text

    Raises ValueError, at once, for settings that make no sense.
    """
    if length < 0:
        raise ValueError(f"generate: length is {length}; it cannot be negative")
    if not 0 < temperature < float("inf"):
        raise ValueError(f"generate: temperature is {temperature}; it must be above 0. For the likeliest token "
                         "each time say greedy")
    choices = len(tokenizer) - (tokenizer.unknown_id is not None)
    if top_k is not None and not 1 <= top_k <= choices:
        raise ValueError(f"generate: top_k is {top_k}; it is from 1 to {choices}, the tokens there are")
    rng = generator(seed)
    ids = list(tokenizer.encode(prompt))

    def write() -> Iterator[int]:
        for _ in range(length):
            with no_grad():
                window = np.array(ids[-model.context:], dtype=np.int64)[None]  # (1, up to context)
                scores = to_host(model(window).data)  # (1, vocabulary), or (1, up to context, vocabulary)
                logits = scores.reshape(-1, scores.shape[-1])[-1]  # (vocabulary,)
            ids.append(choose(logits, rng, temperature, top_k, greedy, tokenizer.unknown_id))
            yield ids[-1]

    return tokenizer.stream(write(), after=prompt)


def choose(logits: np.ndarray, rng: np.random.Generator, temperature: float, top_k: int | None, greedy: bool,
           never: int | None = 0) -> int:
    """Draw an id from softmax(logits / temperature), or take the largest; not `never`, the unknown.  (vocabulary,)"""
    scores = logits.astype(np.float64)
    if never is not None:
        scores[never] = -np.inf
    if greedy:
        return int(np.argmax(scores))
    if top_k is not None:
        scores[np.argsort(-scores, kind="stable")[top_k:]] = -np.inf
    chances = np.exp((scores - scores.max()) / temperature)
    return int(rng.choice(len(chances), p=chances / chances.sum()))
