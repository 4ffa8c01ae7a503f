"""What words outside the vocabulary cost: without it, a model would look the better the fewer words it knows."""

from __future__ import annotations

import math
from typing import NamedTuple

from ..text import Words
from ..text.words import PATTERN

UNICODE = 0x110000 - 0x800
"""How many characters there may be."""


class Unknown(NamedTuple):
    """The unknown words of a text."""

    words: int  # how many it has
    bits: float  # to spell them all


def spell_unknown(tokenizer: Words, training: str, content: str) -> Unknown:
    """What it takes to say which words stand where the tokenizer only sees its unknown token.

    A word of n characters costs (n + 1) log₂(A + 2) bits: its characters and an end, one of A + 2 equally likely
    signs, where A characters occur in the training text, and the last sign is for any other; such a one then costs
    log₂ of how many others Unicode has. It is a code in which every word can be written, fixed before `content` is
    seen; so what is said with it can be compared between vocabularies of any size.
    """
    import regex

    known, unknown = set(training), 0
    sign, other = math.log2(len(known) + 2), math.log2(UNICODE - len(known))
    bits = 0.0
    for part in tokenizer.apart(content)[::2]:
        for word in regex.findall(PATTERN, part):
            if word not in tokenizer.ids:
                unknown += 1
                bits += (len(word) + 1) * sign + sum(character not in known for character in word) * other
    return Unknown(unknown, bits)


def perplexities(bits_per_token: float, tokens: int, unknown: Unknown) -> tuple[float, float]:
    """The perplexity with unknown words as one class, and with each spelt out.

    bits_per_token  of a text of so many tokens, as the model scores it: p(unknown token) where a word is unknown
    """
    as_class = bits_per_token
    spelt = bits_per_token + unknown.bits / tokens
    return _power(as_class), _power(spelt)


def _power(bits: float) -> float:
    return 2.0**bits if bits < 1000 else math.inf
