"""Where BLEU cuts a text into tokens. A score means nothing without it (Post 2018)."""

from __future__ import annotations

import re
from collections.abc import Callable

RULES = [(re.compile(pattern), replacement) for pattern, replacement in (
    (r"([ -&(-+:-@\[-`{-~/])", r" \1 "),  # all ASCII punctuation but ' , - . stands alone
    (r"([^0-9])([.,])", r"\1 \2 "),  # full stop and comma too, unless a digit is on either side: 1,000.5
    (r"([.,])([^0-9])", r" \1 \2"),
    (r"([0-9])(-)", r"\1 \2 "),  # a hyphen only after a digit
)]
"""The substitutions of NIST's mteval-v13a for Western languages, in their order."""

ENTITIES = (("<skipped>", ""), ("-\n", ""), ("\n", " "), ("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))

CHINESE = re.compile("([\u2001-\u2a6d\u2e80-\u2fdf\u2ff0-\u303f\u3100-\u312f\u31a0-\u31ef\u3200-\u4db5\u4e00-\u9fbb"
                     "\uf900-\ufa2d\ufa30-\ufa6a\ufa70-\ufad9\ufe10-\ufe1f\ufe30-\ufe4f\uff00-\uffef])")
"""What sacrebleu's "zh" takes for a Chinese character: a sign of its own each.

The first range is wider than meant there: two ranges beyond U+FFFF were written with four digits. So characters
from U+2001 to U+2A6D, most of them mathematical, count, and the rare characters beyond U+FFFF do not.
"""


def western(text: str) -> list[str]:
    """The tokens of mteval-v13a: white space and punctuation cut, but not inside numbers."""
    for old, new in ENTITIES:
        text = text.replace(old, new)
    return _apply(f" {text} ")


def chinese(text: str) -> list[str]:
    """Each Chinese character a token, and the rest as in `western`."""
    return _apply(CHINESE.sub(r" \1 ", text.strip()))


def characters(text: str) -> list[str]:
    """Each character a token; white space is none."""
    return " ".join(text).split()


def _apply(text: str) -> list[str]:
    for pattern, replacement in RULES:
        text = pattern.sub(replacement, text)
    return text.split()


TOKENIZERS: dict[str, Callable[[str], list[str]]] = {
    "13a": western, "none": str.split, "char": characters, "zh": chinese,
}
