"""What all models of sequences share: the form of what goes in and comes out, and the loss of it.

Two kinds of models predict the next token, and each says which kind it is in its attribute `predicts`:

    "last"   ids (batch, time) → logits (batch, vocabulary): what may follow the last id (mlp)
    "every"  ids (batch, time) → logits (batch, time, vocabulary): what may follow each id, with nothing later seen, so
             that one forward learns from `time` guesses (all others)

`context` says how many ids it is trained on at a time. In all of them, id 0 stands before the beginning of a text.

Recurrent models also have `advance(ids, state=None)` → (logits, state): given back, the state carries on where the
ids before ended, however many they were. That is how to write token by token, and how to learn from a long text
piece by piece.
"""

from __future__ import annotations

from typing import Any

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
    """The state of a recurrent model without its history: learning then ends where the piece begins.

    That is truncated backpropagation through time (Williams & Peng 1990): what happened before the piece is known
    to the model, but no gradient flows back into it.
    """
    return tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()


def check_sequences(name: str, ids: Any) -> None:
    """Raise ValueError unless ids are (batch, time), with something in them."""
    if len(ids.shape) != 2:
        raise ValueError(f"{name}: ids of shape {ids.shape}, where it takes (batch, time); give one sequence "
                         "alone as ids[None]")
    if 0 in ids.shape:
        raise ValueError(f"{name}: ids of shape {ids.shape} hold nothing to go on from; where a text begins, give "
                         "the id 0, which stands before its beginning")
