"""From scores to a choice: which token to write, when a model has said how likely each is.

To take the likeliest each time gives dull text that soon repeats itself; to draw from all of them now and then picks
one of the many that are each very unlikely, and what follows goes astray. The settings here lie in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np

from .ops.reduce import softmax


@dataclass(frozen=True)
class Sampling:
    """How a token is chosen. What is given is done in this order, on scores of shape (rows, vocabulary):

    repetition_penalty  scores of tokens that the text holds already are divided by it where they are positive and
                        multiplied where they are negative: above 1 it repeats less (Keskar et al. 2019, CTRL)
    temperature         p ∝ e^(score / temperature): below 1 it keeps to what is likely, above 1 it dares more
    top_k               draw among the k likeliest only (Fan et al. 2018); of equals, those with the lower ids
    top_p               draw among the fewest that together have at least this probability (Holtzman et al. 2020)
    greedy              take the likeliest

    Raises ValueError for settings that make no sense, and for greedy beside what shapes a draw.
    """

    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    greedy: bool = False
    repetition_penalty: float | None = None

    def __post_init__(self) -> None:
        for name in ("temperature", "top_k", "top_p", "repetition_penalty"):
            if getattr(self, name) is not None:
                check_number(name, getattr(self, name), whole=name == "top_k")
        if self.temperature is not None and not 0 < self.temperature < float("inf"):
            raise ValueError(f"generate: temperature is {self.temperature}; it is above 0 and finite. For the "
                             "likeliest token each time say greedy")
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"generate: top_k is {self.top_k}; it is a number of tokens, at least 1")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise ValueError(f"generate: top_p is {self.top_p}; it is a probability above 0, and 1 keeps all tokens")
        penalty = self.repetition_penalty
        if penalty is not None and not 0 < penalty < float("inf"):
            raise ValueError(f"generate: repetition_penalty is {penalty}; it is above 0 and finite: 1 changes "
                             "nothing, 1.2 makes what was written already less likely")
        shaping = [name for name in self.given() if name in ("temperature", "top_k", "top_p")]
        if self.greedy and shaping:
            raise ValueError(f"generate: greedy takes the likeliest token, and {' and '.join(shaping)} would change "
                             "how one is drawn: say one or the other")

    def given(self) -> list[str]:
        """The names of what was set."""
        return [name for name, value in vars(self).items() if value is not None and value is not False]

    def chances(self, scores: np.ndarray, occurred: np.ndarray) -> np.ndarray:
        """The probabilities to draw from, (rows, vocabulary); greedy gives all to one token.

        occurred  which tokens each text holds already, booleans (rows, vocabulary)
        """
        if self.repetition_penalty is not None:
            scores = np.where(occurred, penalised(scores, self.repetition_penalty), scores)
        if self.greedy:
            return softmax(likeliest(scores, 1))
        if self.temperature is not None:
            scores = (scores - scores.max(axis=-1, keepdims=True)) / self.temperature
        if self.top_k is not None:
            scores = likeliest(scores, self.top_k)
        return softmax(scores if self.top_p is None else nucleus(scores, self.top_p))


def penalised(scores: np.ndarray, penalty: float) -> np.ndarray:
    """Scores of tokens that occurred: further down on either side of 0."""
    return np.where(scores > 0, scores / penalty, scores * penalty)


def likeliest(scores: np.ndarray, k: int) -> np.ndarray:
    """The k highest scores of each row, the others -∞.  (..., vocabulary) → the same"""
    order = np.argsort(-scores, axis=-1, kind="stable")
    return _only(scores, order[..., :k])


def nucleus(scores: np.ndarray, p: float) -> np.ndarray:
    """The fewest scores of each row whose probabilities add up to p, the others -∞.  (..., vocabulary) → the same"""
    if p == 1:
        return scores  # rounding shall lose none
    order = np.argsort(-scores, axis=-1, kind="stable")
    chances = np.take_along_axis(softmax(scores), order, axis=-1)
    before = np.cumsum(chances, axis=-1) - chances  # what the likelier ones have together
    kept = np.zeros_like(scores, dtype=bool)
    np.put_along_axis(kept, order, before < p, axis=-1)
    return np.where(kept, scores, -np.inf)


def draw(chances: np.ndarray, number: float) -> int:
    """The token in which `number`, uniform in [0, 1), falls when all stand side by side.  chances (vocabulary,)"""
    ends = np.cumsum(chances)
    return int(np.searchsorted(ends, number * ends[-1], side="right"))


def check_number(name: str, value: object, whole: bool = False) -> None:
    """Raise TypeError unless a setting is a number."""
    if not isinstance(value, Integral if whole else Real):
        raise TypeError(f"generate: {name} is {value!r}; it is a {'whole ' if whole else ''}number")


def _only(scores: np.ndarray, places: np.ndarray) -> np.ndarray:
    kept = np.full_like(scores, -np.inf)
    np.put_along_axis(kept, places, np.take_along_axis(scores, places, axis=-1), axis=-1)
    return kept
