"""Reading token by token: what a model says next of texts that grow, for every kind of model.

What was computed for the tokens before need not be computed again: a recurrent model carries its state, a GPT the keys
and values of its attention. Without that, each token asks for the whole text anew; the guesses are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .backend import to_host
from .graph import no_grad
from .models.language import rows


def window(length: int, sees: int | None, absolute: bool = False) -> int:
    """Where the ids begin that a model looks at to say what follows `length` of them.

    sees      how many it looks back at; None is all
    absolute  whether each place in the window is another place to the model, as with learnt positions. Then nothing
              can be carried on in a window that slides with each token; so it jumps: when it is full, the newer half
              stays, and it fills up again. Such a model sees between half of its context and all of it
    """
    if sees is None or length <= sees:
        return 0
    if not absolute:
        return length - sees
    jump = sees - max(1, sees // 2) + 1  # at the id after the last that fits
    return -(-(length - sees) // jump) * jump


class Decoder:
    """A batch of texts of one length that a model reads on and on.

    model       one of tinylm.models, or anything that gives logits (batch, vocabulary) or (batch, time, vocabulary)
                for ids (batch, time up to model.context)
    start       the id that stands before the beginning
    vocabulary  how many logits there should be
    cache       carry on from a state, where the model has one
    """

    def __init__(self, model: Any, start: int, vocabulary: int, cache: bool = True) -> None:
        self.model, self.start, self.vocabulary = model, start, vocabulary
        self.cache = cache and hasattr(model, "advance")
        if hasattr(model, "distribution"):  # counts (models/ngram.py)
            self.sees, self.absolute = model.order - 1, False
        else:
            self.sees = model.sees if hasattr(model, "sees") else model.context
            self.absolute = getattr(model, "absolute", False)
        self.ids: Any = None  # (batch, time): those in the window
        self.length, self.begin, self.state = 0, 0, None

    def read(self, ids: np.ndarray) -> np.ndarray:
        """The logits of what follows when each text has gone on with `ids`.  (batch, new) → (batch, vocabulary)

        float64, on the CPU. Raises ValueError for logits that are not numbers, or not one for each token.
        """
        self.length += ids.shape[1]
        before, self.begin = self.begin, max(self.begin, window(self.length, self.sees, self.absolute))
        whole = ids if self.ids is None else np.concatenate([self.ids, ids], axis=1)
        self.ids = whole[:, self.begin - before:]  # (batch, in the window)
        with no_grad(), evaluating(self.model):
            logits = self._logits(ids, jumped=self.absolute and self.begin != before)
        if self.cache and not self.absolute:  # the state has all that is needed
            self.ids, self.begin = self.ids[:, -1:], self.length - 1
        if logits.shape[-1] != self.vocabulary:
            raise ValueError(f"the model scores {logits.shape[-1]} tokens and the tokenizer has {self.vocabulary}: "
                             "they do not belong together")
        if not np.isfinite(logits.max(axis=-1)).all():
            raise ValueError(f"after {self.length} tokens the model's scores are not numbers (nan or infinite): its "
                             "weights are broken, or became so in training; a lower learning rate may help")
        return logits

    def keep(self, places: Any) -> None:
        """Go on with these rows of the batch, in this order; one may come several times.  places (rows,)"""
        places = np.asarray(places, dtype=np.int64)
        self.ids = self.ids[places]
        if self.state is not None:
            with no_grad():
                self.state = rows(self.state, places, self.model.batch_axis)

    def _logits(self, ids: np.ndarray, jumped: bool) -> np.ndarray:
        if hasattr(self.model, "distribution"):
            with np.errstate(divide="ignore"):  # what was never seen may be impossible
                return np.log([self.model.distribution(row) for row in self.ids])  # (batch, vocabulary)
        if self.cache and (self.state is None or jumped):
            found, self.state = self.model.advance(self.ids)
        elif self.cache:
            found, self.state = self.model.advance(ids, self.state)
        elif getattr(self.model, "predicts", "every") == "last":
            missing = self.model.context - self.ids.shape[1]
            found = self.model(np.pad(self.ids, ((0, 0), (missing, 0)), constant_values=self.start))  # (batch, context)
        else:
            found = self.model(self.ids)
        last = found.data if found.ndim == 2 else found.data[:, -1]  # (batch, vocabulary)
        return to_host(last).astype(np.float64)


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """Inside, a model that is being trained behaves as one that is not: it drops nothing."""
    learning = [part for part in model.modules() if part.training] if getattr(model, "training", False) else []
    for part in learning:
        part.training = False
    try:
        yield
    finally:
        for part in learning:
            part.training = True
