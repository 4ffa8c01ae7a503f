"""From tokens to text: piece by piece, each as soon as it is certain, up to a string at which to stop."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from .text import Tokenizer


class Token(NamedTuple):
    """A token that was written.

    text         what it stands for by itself: "�" for a part of a character
    probability  what the model itself gave it at its place: softmax of its logits over all tokens, before temperature
                 and the like, so that -Σ log₂ is what training counts in bits
    """

    text: str
    id: int
    probability: float


Piece = tuple[str, list[Token]]  # text that is certain, and the tokens that made it so


def spelt(tokenizer: Tokenizer, tokens: Iterator[Token], prompt: str) -> Iterator[Piece]:
    """The text of tokens, each piece with those that it took: a character may need several."""
    taken: list[Token] = []

    def ids() -> Iterator[int]:
        for token in tokens:
            taken.append(token)
            yield token.id

    for text in tokenizer.stream(ids(), prompt):
        yield text, taken.copy()
        taken.clear()


def until(pieces: Iterator[Piece], stop: str | None) -> Iterator[Piece]:
    """The pieces before the string `stop`; those that may be its beginning wait for what follows."""
    if stop is None:
        yield from pieces
        return
    waiting: deque[Piece] = deque()
    text = ""  # of those that wait
    for piece in pieces:
        waiting.append(piece)
        text += piece[0]
        found = text.find(stop)
        certain = len(text) - _begun(text, stop) if found < 0 else found  # how many characters can be given out
        while waiting and len(waiting[0][0]) <= certain:
            certain -= len(waiting[0][0])
            text = text[len(waiting[0][0]):]
            yield waiting.popleft()
        if found >= 0:
            if certain:
                yield waiting[0][0][:certain], waiting[0][1]
            return
    yield from waiting


def _begun(text: str, stop: str) -> int:
    """How many characters at the end of `text` are the beginning of `stop`."""
    return next(n for n in range(min(len(text), len(stop) - 1), -1, -1) if text.endswith(stop[:n]))
