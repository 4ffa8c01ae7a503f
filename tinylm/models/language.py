"""What all models of sequences share: the form of what goes in and comes out, and the loss of it.

Two kinds of models predict the next token, and each says which kind it is in its attribute `predicts`:

    "last"   ids (batch, time) → logits (batch, vocabulary): what may follow the last id (mlp)
    "every"  ids (batch, time) → logits (batch, time, vocabulary): what may follow each id, with nothing later seen, so
             that one forward learns from `time` guesses (all others)

`context` says how many ids it is trained on at a time, and `sees` how many of the last ids a guess can hang on; None
is all. The id that `tokenizer.start_id` names stands before the beginning of a text.

Models of the second kind also have `advance(ids, state=None)` → (logits, state): given back, the state carries on
where the ids before ended. That is how to write token by token, and how to learn from a long text piece by piece. A
state is an array or nested tuples of arrays, and `batch_axis` says which of their axes is the batch. It carries on
for ever, unless `absolute` says that positions are counted from the first id, so that `sees` is also the most there
can be.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import nn


def next_token_loss(logits: Any, targets: Any) -> Any:
    """-ln p(target), the mean over all targets, in nats; for either kind of model.

    logits (batch, vocabulary) with targets (batch,), or (batch, time, vocabulary) with (batch, time).
    Raises ValueError where they do not go together.
    """
    if logits.shape[:-1] != targets.shape:
        raise ValueError(f"next_token_loss: logits {logits.shape} with targets {targets.shape}: a model that predicts "
                         "\"every\" token takes targets (batch, time), one that predicts the \"last\" takes (batch,)")
    return nn.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))  # (batch · time, vocabulary)


def detached(state: Any) -> Any:
    """The state of a model without its history: learning then ends where the piece begins.

    That is truncated backpropagation through time (Williams & Peng 1990): what happened before the piece is known
    to the model, but no gradient flows back into it.
    """
    return tuple(detached(part) for part in state) if isinstance(state, tuple) else state.detach()


def rows(state: Any, places: Any, axis: int) -> Any:
    """The state of these rows of the batch, in this order; one may come several times.  places (rows,) of integers"""
    if isinstance(state, tuple):
        return tuple(rows(part, places, axis) for part in state)
    return np.take(state, places, axis=axis)


def check_sequences(name: str, ids: Any) -> None:
    """Raise ValueError unless ids are (batch, time), with something in them."""
    if len(ids.shape) != 2:
        raise ValueError(f"{name}: ids of shape {ids.shape}, where it takes (batch, time); give one sequence "
                         "alone as ids[None]")
    if 0 in ids.shape:
        raise ValueError(f"{name}: ids of shape {ids.shape} hold nothing to go on from; where a text begins, give "
                         "the id tokenizer.start_id, which stands before its beginning")
