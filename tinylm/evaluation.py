"""How well does a model predict a text? Perplexity, and the yardstick that serves all tokenizers: bits per byte."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .backend import to_host
from .data import IGNORED, Sequences, Windows
from .data.batches import Batch
from .graph import no_grad
from .models import next_token_loss
from .prepare import Prepared, spelling_bits
from .text import Tokenizer


class Score(NamedTuple):
    """What a model gave a text."""

    bits: float  # Σ -log₂ p(token | those before), and what it takes to spell unknown characters; NaN for words
    nats: float  # Σ -ln p(token | those before)
    tokens: int
    bytes: int  # in UTF-8

    @property
    def perplexity(self) -> float:
        """e^(mean loss): among how many equally likely tokens the model is, so to say, in doubt each time.

        It depends on what the tokens are: compare it between models of one tokenizer only.
        """
        return math.exp(self.nats / self.tokens)

    @property
    def bits_per_byte(self) -> float:
        """How many yes-or-no questions a byte of the text takes; the same yardstick for every tokenizer."""
        return self.bits / self.bytes


def evaluate(model: Any, tokenizer: Tokenizer, content: str) -> Score:
    """Score a text from its first token to its last, each once. Raises ValueError for an empty one."""
    ids = tokenizer.encode(content)
    if not len(ids):
        raise ValueError("evaluate: the text is empty" if not content else
                         f"evaluate: this {tokenizer.kind} tokenizer finds no token in the text")
    return _score(model, tokenizer, ids, 0, len(content.encode("utf-8")), spelling_bits(tokenizer, content))


def evaluate_held_out(model: Any, prepared: Prepared, progress: bool = False) -> Score:
    """Score the held-out part of a text, its beginning read on from the training part.

    progress  show a bar on the screen
    """
    return _score(model, prepared.tokenizer, prepared.ids, prepared.start, prepared.size, prepared.spelling, progress)


def held_out_batches(model: Any, tokenizer: Tokenizer, ids: np.ndarray, start: int) -> Sequence[Batch]:
    """Batches in which every id from `start` on is a target once, and all others are IGNORED.

    A model that sees a window is given overlapping ones, and scored on the later half of each, so that no target has
    less than half a window before it. One that reads any number of ids is given four times its context at once, and
    scored on the later three.
    """
    context, first = model.context, tokenizer.start_id
    if model.predicts == "last":
        return Windows(ids, context, start, first).batches(2048)
    time, fresh = (context, -(-context // 2)) if getattr(model, "absolute", False) else (4 * context, 3 * context)
    return Sequences(ids, time, start, first).batches(max(1, 4096 // time), fresh)


def counted(targets: Any) -> int:
    """How many of the targets count."""
    return int((targets != IGNORED).sum())


def _score(model: Any, tokenizer: Tokenizer, ids: np.ndarray, start: int, size: int, spelling: float,
           progress: bool = False) -> Score:
    if hasattr(model, "score"):  # an n-gram: it has no batches
        tokens = len(ids) - start
        nats = model.score(ids, start) * tokens * math.log(2)
    else:
        if len(ids) <= model.context and model.predicts == "last":  # too short for a window: begin with the start
            ids = np.concatenate([np.full(model.context, tokenizer.start_id), ids])
            start += model.context
        tokens, nats, training = 0, 0.0, model.training
        model.eval()
        batches = held_out_batches(model, tokenizer, ids, start)
        with no_grad():
            for inputs, targets in _shown(batches) if progress else batches:
                count = counted(targets)
                nats += float(to_host(next_token_loss(model(inputs), targets).data)) * count
                tokens += count
        model.train(training)
    return Score(nats / math.log(2) + spelling, nats, tokens, size)


def _shown(batches: Sequence[Batch]) -> Any:
    """The batches, with a bar on the screen."""
    from tqdm import tqdm

    return tqdm(batches, leave=False, unit=" batches")
