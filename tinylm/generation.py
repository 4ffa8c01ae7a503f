"""Writing: ask a model for the next token, take one, append it, ask again.

    for piece in tl.stream(model, tokenizer, "The ", temperature=0.8, top_p=0.95):
        print(piece, end="", flush=True)
    print(tl.generate(model, tokenizer, ["The ", "A "], length=40, greedy=True, stop="\\n"))

How a token is chosen stands in sampling.py, how the model reads on in decoding.py, the likeliest text in beam.py, and
how tokens become text in spelling.py.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np

from . import beam
from .backend import generator
from .decoding import Decoder
from .ops.reduce import softmax
from .sampling import Sampling, check_number, draw
from .spelling import Piece, Token, spelt, until
from .text import Tokenizer
from .text.tokenizer import START, check_unicode


def stream(
    model: Any, tokenizer: Tokenizer, prompt: str = "", length: int = 500, *, temperature: float | None = None,
    top_k: int | None = None, top_p: float | None = None, greedy: bool = False,
    repetition_penalty: float | None = None, stop: str | None = None, seed: int = 0, cache: bool = True,
    probabilities: bool = False, allow_unknown: bool = False,
) -> Iterator[Any]:
    """What the model writes after `prompt`, piece by piece, each as soon as it is certain.

    model          one of tinylm.models, of a run or of your own; see `Decoder`
    prompt         how the text begins; an empty one is the beginning of a text
    length         how many tokens at most
    temperature, top_k, top_p, greedy, repetition_penalty
                   how a token is chosen, see `Sampling`; without any, it is drawn by the model's own probabilities
    stop           the text ends before this string, which is not given out: pieces that may be its beginning wait
    seed           the same seed, model, prompt and settings give the same text
    cache          False reads the whole window anew for each token: the same text, and slow
    probabilities  give a `Token` for each token, with its probability, instead of pieces of text
    allow_unknown  read what of the prompt the tokenizer has never seen as its unknown token

    The text also ends with the special token "<|endoftext|>", where the tokenizer has it. The tokenizer's unknown token
    is never written. Raises ValueError or TypeError, at once, for settings that make no sense, and for a prompt with
    what the tokenizer has never seen; later, for a model whose scores are not numbers.
    """
    sampling = Sampling(temperature, top_k, top_p, greedy, repetition_penalty)
    _check(tokenizer, length, stop, top_k, seed)
    ids = [_encode(tokenizer, prompt, allow_unknown)]
    texts = _Texts(Decoder(model, tokenizer.start_id, len(tokenizer), cache), tokenizer, ids, length, sampling, seed)
    pieces = until(spelt(tokenizer, texts.tokens(0), prompt), stop)
    if probabilities:
        return (token for _, tokens in pieces for token in tokens)
    return (text for text, _ in pieces)


def generate(
    model: Any, tokenizer: Tokenizer, prompt: str | list[str] | tuple[str, ...] = "", length: int = 500, *,
    temperature: float | None = None, top_k: int | None = None, top_p: float | None = None, greedy: bool = False,
    repetition_penalty: float | None = None, stop: str | None = None, seed: int = 0, cache: bool = True,
    probabilities: bool = False, allow_unknown: bool = False, beams: int | None = None,
    length_penalty: float | None = None,
) -> Any:
    """What the model writes after `prompt`: a string, or with `probabilities` a list of `Token`.

    prompt  one, or a list of them, which gives a list: they are written side by side, in one batch. Each has random
            numbers of its own, by its place in the list, so the others and their lengths change nothing of it (beyond
            the rounding of sums)
    beams   keep this many beginnings and give the likeliest text that is found, see tinylm/beam.py. Nothing is drawn,
            so it stands alone: without temperature, top_k, top_p, greedy and repetition_penalty
    length_penalty  with beams, what texts of unequal length are compared by: log p / length^penalty (default 1)

    The other settings, and what it raises, are those of `stream`.
    """
    prompts = list(prompt) if isinstance(prompt, list | tuple) else [prompt]
    if not prompts:
        raise ValueError("generate: an empty list of prompts; for a text from its beginning say [\"\"]")
    sampling = Sampling(temperature, top_k, top_p, greedy, repetition_penalty)
    _check(tokenizer, length, stop, top_k, seed)
    ids = [_encode(tokenizer, one, allow_unknown) for one in prompts]

    def decoder() -> Decoder:
        return Decoder(model, tokenizer.start_id, len(tokenizer), cache)

    if beams is not None:
        penalty = 1.0 if length_penalty is None else length_penalty
        _check_beams(tokenizer, beams, penalty, sampling)
        found = [_search(decoder(), tokenizer, one, text, length, beams, stop, penalty)
                 for one, text in zip(ids, prompts, strict=True)]
    elif length_penalty is not None:
        raise ValueError("generate: length_penalty is for beam search: say beams too")
    else:
        found = _side_by_side(_Texts(decoder(), tokenizer, ids, length, sampling, seed), tokenizer, prompts, stop)
    results: list[Any] = [[token for _, tokens in pieces for token in tokens] if probabilities else
                          "".join(text for text, _ in pieces) for pieces in found]
    return results if isinstance(prompt, list | tuple) else results[0]


# One token after the other --------------------------------------------------------------------------------


class _Text:
    """A text that is being written."""

    def __init__(self, prompt: np.ndarray, vocabulary: int, rng: np.random.Generator, over: bool) -> None:
        self.prompt, self.rng, self.over = prompt, rng, over
        self.occurred = np.zeros(vocabulary, dtype=bool)  # which tokens it holds
        self.occurred[prompt] = True
        self.written = 0
        self.waiting: deque[Token] = deque()  # what was written and not yet asked for


class _Texts:
    """Several texts that go on side by side, a token of each at a step.

    Prompts of unequal lengths need no padding: what all have is read at once, and then a text whose prompt is longer
    takes its next token from there, as if the model had written it.
    """

    def __init__(self, decoder: Decoder, tokenizer: Tokenizer, prompts: list[np.ndarray], length: int,
                 sampling: Sampling, seed: int) -> None:
        self.decoder, self.tokenizer, self.length, self.sampling = decoder, tokenizer, length, sampling
        self.all = [_Text(ids, len(tokenizer), generator(seed, place), over=length == 0)
                    for place, ids in enumerate(prompts)]
        self.rows = self.all  # the texts in the batch
        self.read = min(map(len, prompts))  # how many tokens of each the model has read, or will at the next step
        self.fresh = np.stack([ids[:self.read] for ids in prompts])  # (rows, new)
        self.end = _end(tokenizer)

    def tokens(self, place: int) -> Iterator[Token]:
        """The tokens of one text, as they come; for each, the others in the batch get one too, which waits."""
        text = self.all[place]
        while text.waiting or not text.over:
            if text.waiting:
                yield text.waiting.popleft()
            else:
                self.step()

    def step(self) -> None:
        """One token more in each text that is not over."""
        on = [row for row, text in enumerate(self.rows) if not text.over]
        if len(on) < len(self.rows):
            self.rows, self.fresh = [self.rows[row] for row in on], self.fresh[on]
            self.decoder.keep(on)
        logits = self.decoder.read(self.fresh)  # (rows, vocabulary)
        scores = logits.copy()
        if self.tokenizer.unknown_id is not None:
            scores[:, self.tokenizer.unknown_id] = -np.inf
        chances = self.sampling.chances(scores, np.stack([text.occurred for text in self.rows]))
        following = [int(text.prompt[self.read]) if self.read < len(text.prompt) else self._write(text, *both)
                     for text, *both in zip(self.rows, logits, chances, strict=True)]
        self.fresh = np.array(following)[:, None]  # (rows, 1)
        self.read += 1

    def _write(self, text: _Text, logits: np.ndarray, chances: np.ndarray) -> int:
        """Draw a token, and note it down."""
        drawn = draw(chances, text.rng.random())
        text.occurred[drawn] = True
        if drawn != self.end:
            text.waiting.append(Token(self.tokenizer.decode(drawn), drawn, float(softmax(logits)[drawn])))
            text.written += 1
        text.over = text.over or drawn == self.end or text.written == self.length
        return drawn


def _side_by_side(texts: _Texts, tokenizer: Tokenizer, prompts: list[str], stop: str | None) -> list[list[Piece]]:
    """The pieces of all texts: of each one in turn, so that one that met its stop string leaves the batch."""
    found: list[list[Piece]] = [[] for _ in prompts]
    writing = {place: until(spelt(tokenizer, texts.tokens(place), prompt), stop)
               for place, prompt in enumerate(prompts)}
    while writing:
        for place, pieces in list(writing.items()):
            piece = next(pieces, None)
            if piece is None:
                del writing[place]
                texts.all[place].over = True
            else:
                found[place].append(piece)
    return found


def _search(decoder: Decoder, tokenizer: Tokenizer, ids: np.ndarray, prompt: str, length: int, beams: int,
            stop: str | None, length_penalty: float) -> list[Piece]:
    """The pieces of the likeliest text."""
    end = _end(tokenizer)

    def ended(found: list[int]) -> bool:
        return found[-1] == end or (stop is not None and stop in "".join(tokenizer.stream(found, prompt)))

    best = beam.search(decoder, ids, length, beams, ended, tokenizer.unknown_id, length_penalty)
    tokens = [Token(tokenizer.decode(one), one, float(np.exp(log)))
              for one, log in zip(best.ids, best.logs, strict=True) if one != end]
    return list(until(spelt(tokenizer, iter(tokens), prompt), stop))


# Settings --------------------------------------------------------------------------------------------------


def _end(tokenizer: Tokenizer) -> int | None:
    """The id after which a text is over, if there is one."""
    return tokenizer.ids[START] if START in tokenizer.special else None


def _encode(tokenizer: Tokenizer, prompt: str, allow_unknown: bool) -> np.ndarray:
    """The ids of a prompt, at least one."""
    if not isinstance(prompt, str):
        raise TypeError(f"generate: a prompt is a string, not {prompt!r}; several come as a list of strings")
    check_unicode(prompt, "the prompt")
    if not allow_unknown and (unknown := tokenizer.unknown(prompt)):
        raise ValueError(f"generate: the model has never seen {unknown!r}, which is in the prompt: write it otherwise, "
                         f"or with allow_unknown=True it reads {tokenizer.tokens[tokenizer.unknown_id or 0]!r} there")
    ids = tokenizer.encode(prompt)
    return ids if len(ids) else np.array([tokenizer.start_id])


def _check(tokenizer: Tokenizer, length: int, stop: str | None, top_k: int | None, seed: int) -> None:
    check_number("length", length, whole=True)
    check_number("seed", seed, whole=True)
    if length < 0:
        raise ValueError(f"generate: length is {length}; it is a number of tokens, 0 or more")
    if seed < 0:
        raise ValueError(f"generate: seed is {seed}; it is 0 or more")
    if not isinstance(stop, str | None):
        raise TypeError(f"generate: stop is {stop!r}; it is one string")
    if stop == "":
        raise ValueError("generate: stop is an empty string, which is found everywhere; None lets the text go on")
    if top_k is not None and top_k > _choices(tokenizer):
        raise ValueError(f"generate: top_k is {top_k}; it is from 1 to {_choices(tokenizer)}, the tokens there are")


def _check_beams(tokenizer: Tokenizer, beams: int, length_penalty: float, sampling: Sampling) -> None:
    if sampling.given():
        raise ValueError(f"generate: beams finds the likeliest text and draws nothing: leave out beams, or "
                         f"{' and '.join(sampling.given())}")
    check_number("beams", beams, whole=True)
    if not 1 <= beams <= _choices(tokenizer):
        raise ValueError(f"generate: beams is {beams}; it is from 1 to {_choices(tokenizer)}, the tokens there are")
    check_number("length_penalty", length_penalty)
    if not np.isfinite(length_penalty):
        raise ValueError(f"generate: length_penalty is {length_penalty}; it is finite: 0 compares log p itself, 1 its "
                         "mean over the tokens")


def _choices(tokenizer: Tokenizer) -> int:
    """How many tokens can be written."""
    return len(tokenizer) - (tokenizer.unknown_id is not None)
