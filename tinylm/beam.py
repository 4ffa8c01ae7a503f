"""Beam search: not the likeliest token each time, but the likeliest text, as far as looking at a few at once goes.

The token that is likeliest now may have no good continuation. So several beginnings are kept, each is continued by
every token, and of all those the likeliest go on (Graves 2012; Sutskever et al. 2014). Good where there is one right
answer, as in translation; where there is none, the likeliest text is a dull one (Holtzman et al. 2020).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .decoding import Decoder
from .ops.reduce import log_softmax


class Beam(NamedTuple):
    """A beginning: its tokens, log p of each given those before it, and their sum."""

    ids: list[int]
    logs: list[float]
    total: float

    def score(self, length_penalty: float) -> float:
        """What finished ones are compared by: log p / length^penalty."""
        return self.total / max(1, len(self.ids)) ** length_penalty


def search(
    decoder: Decoder, prompt: np.ndarray, length: int, beams: int, ended: Callable[[list[int]], bool],
    never: int | None = None, length_penalty: float = 1.0,
) -> Beam:
    """The continuation of `prompt` with the highest log p(tokens) / (number of tokens)^length_penalty that is found.

    beams           how many beginnings are kept; one that has ended keeps its place, so that 1 is greedy decoding
    ended           whether a continuation is over; all are after `length` tokens
    never           an id that is not written
    length_penalty  0 compares sums, which favours short texts; 1 the means; above 1 it favours long ones

    The same call gives the same text: nothing is drawn, and of equals that with the lower ids goes on.
    """
    live, done = [Beam([], [], 0.0)], list[Beam]()
    fresh = prompt[None]  # (beams, new)
    while live and len(live[0].ids) < length:
        logs = log_softmax(decoder.read(fresh))  # (beams, vocabulary)
        possible = logs.copy()
        if never is not None:
            possible[:, never] = -np.inf
        totals = np.array([[beam.total] for beam in live]) + possible
        best = np.argsort(-totals.reshape(-1), kind="stable")[:beams - len(done)]  # of (beams · vocabulary,)
        best = best[totals.reshape(-1)[best] > -np.inf]
        parents: list[int] = []
        grown: list[Beam] = []
        for place in best:
            row, token = divmod(int(place), totals.shape[1])
            beam = live[row]
            more = Beam([*beam.ids, token], [*beam.logs, float(logs[row, token])], float(totals[row, token]))
            if ended(more.ids):
                done.append(more)
            else:
                parents.append(row)
                grown.append(more)
        live = grown
        if live:
            decoder.keep(parents)
            fresh = np.array([[beam.ids[-1]] for beam in live])
    return max([*done, *live], key=lambda beam: beam.score(length_penalty))
