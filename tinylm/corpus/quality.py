"""Is this a text that is worth learning from? The rules of Gopher (Rae et al. 2021) and C4 (Raffel et al. 2020).

A rule is a measure of a document and a limit to it. None looks at what a text says: they tell running prose from
menus, lists of key words, tables and broken files. What repeats itself is measured in repetition.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property
from itertools import filterfalse
from typing import NamedTuple

SPACELESS = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
"""Scripts whose characters count as words: Japanese, Chinese, Korean. Chinese and Japanese write no spaces."""

WORD = rf"[{SPACELESS}]|[^\s{SPACELESS}]+"
BULLETS = ("-", "*", "•", "‣", "·", "–")
CONTROLS = bytes([*range(9), *range(0x0E, 0x20), 0x7F])
_spaceless, _word = re.compile(f"[{SPACELESS}]"), re.compile(WORD)


@dataclass(frozen=True)
class Rules:
    """The limits, by name; None switches a rule off. The defaults are for prose.

    Each name is min_ or max_ and a measure: `MEASURES` here, and the n-grams of repetition.py. The figures are
    Gopher's, but for `broken` and `lorem_ipsum` (C4 drops a page with one).
    """

    max_broken: float | None = 0.001
    min_words: float | None = 50
    max_words: float | None = 100_000
    min_word_length: float | None = 3
    max_word_length: float | None = 10
    max_symbols: float | None = 0.1
    min_alphabetic: float | None = 0.8
    max_bullets: float | None = 0.9
    max_ellipses: float | None = 0.3
    max_lorem_ipsum: float | None = 0
    max_repeated_lines: float | None = 0.3
    max_repeated_line_text: float | None = 0.2
    max_top_2_gram: float | None = 0.20
    max_top_3_gram: float | None = 0.18
    max_top_4_gram: float | None = 0.16
    max_repeated_5_grams: float | None = 0.15
    max_repeated_6_grams: float | None = 0.14
    max_repeated_7_grams: float | None = 0.13
    max_repeated_8_grams: float | None = 0.12
    max_repeated_9_grams: float | None = 0.11
    max_repeated_10_grams: float | None = 0.10


PROSE = Rules()
NONE = Rules(*[None] * len(fields(Rules)))
CODE = replace(NONE, max_broken=0.001, min_words=20, max_words=100_000, max_word_length=20, max_lorem_ipsum=0,
               max_repeated_line_text=0.5, max_repeated_10_grams=0.5)
RULES = {"prose": PROSE, "code": CODE, "none": NONE}
"""Sets of rules by name. Those for code are ours: a program is right to repeat itself, and to be full of symbols."""


class Fault(NamedTuple):
    """Why a document is dropped."""

    rule: str  # such as "words < 50"
    value: float | None = None  # of the measure


class Page:
    """A document as the measures want it: cut into words and lines once."""

    def __init__(self, text: str, raw: str | None = None) -> None:
        self.text, self.raw = text, text if raw is None else raw

    @cached_property
    def words(self) -> list[str]:
        """What stands between white space, and each character of `SPACELESS`."""
        if self.text.isascii() or not _spaceless.search(self.text):
            return self.text.split()
        return _word.findall(self.text)

    @cached_property
    def characters(self) -> int:
        """How many of the words are single characters of `SPACELESS`."""
        return 0 if self.text.isascii() else len(_spaceless.findall(self.text))

    @cached_property
    def lines(self) -> list[str]:
        """The lines that are not empty."""
        return [line for line in map(str.strip, self.text.split("\n")) if line]


def fault(page: Page, rules: Rules) -> Fault | None:
    """The first rule that a document breaks, of those about the document alone; None where it keeps them all.

    One that has no words is dropped whatever the rules are.
    """
    if not page.text or page.text.isspace():
        return Fault("empty")
    for name, measure, limit in _limits(rules):
        found = broken(name, measure(page), limit)
        if found is not None:
            return found
    return None


def broken(name: str, value: float | None, limit: float) -> Fault | None:
    """Whether a value is on the wrong side of the limit of the rule `name`. None is a measure that does not apply."""
    if value is None or (value >= limit if name.startswith("min_") else value <= limit):
        return None
    return Fault(describe(name, limit), value)


def describe(name: str, limit: float) -> str:
    """When a rule drops a document: "words < 50"."""
    side, measure = name.split("_", 1)
    return f"{measure.replace('_', ' ')} {'<' if side == 'min' else '>'} {limit:g}"


@cache
def _limits(rules: Rules) -> list[tuple[str, Callable[[Page], float | None], float]]:
    return [(name, MEASURES[name[4:]], limit) for name, limit in vars(rules).items()
            if limit is not None and name[4:] in MEASURES]


def meaning(name: str) -> str:
    """What the measure of a rule is, in words."""
    measure = MEASURES.get(name[4:])
    if measure is not None:
        text = " ".join((measure.__doc__ or "").split()).split(": ")[0].split(". ")[0].rstrip(".")
        return text[0].lower() + text[1:]
    n = re.sub(r"\D", "", name)
    return (f"the share of text that the most frequent run of {n} words makes up" if "_top_" in name
            else f"the share of text in runs of {n} words that stood before")


def with_changes(rules: Rules, changes: dict[str, float | None]) -> Rules:
    """Other limits. Raises ValueError for a rule that there is not."""
    for name in changes:
        if name not in vars(rules):
            raise ValueError(f"there is no rule {name!r}; there are {', '.join(vars(rules))}")
    return replace(rules, **changes)


def _words(page: Page) -> float:
    """How many words it has."""
    return len(page.words)


def _word_length(page: Page) -> float | None:
    """How many characters a word has on average. It does not apply to a script whose characters are words."""
    words = page.words
    if 2 * page.characters > len(words):
        return None
    return sum(map(len, words)) / len(words)


def _symbols(page: Page) -> float:
    """Hash signs and ellipses (… or ...) for each word: what is full of them is tags, or teasers."""
    text = page.text
    return (text.count("#") + text.count("…") + text.count("...")) / len(page.words)


def _alphabetic(page: Page) -> float:
    """The share of words with a letter in them."""
    rest = list(filterfalse(str.isalpha, page.words))  # most words are letters alone, and that is told quickly
    return 1 - sum(1 for word in rest if not any(map(str.isalpha, word))) / len(page.words)


def _bullets(page: Page) -> float:
    """The share of lines that begin with a bullet."""
    return sum(1 for line in page.lines if line.startswith(BULLETS)) / len(page.lines)


def _ellipses(page: Page) -> float:
    """The share of lines that end in an ellipsis: what is cut off there stands elsewhere."""
    return sum(1 for line in page.lines if line.endswith(("…", "..."))) / len(page.lines)


def _lorem_ipsum(page: Page) -> float:
    """How often the blind text of printers stands in it."""
    return page.text.lower().count("lorem ipsum")


def _broken(page: Page) -> float:
    """The share of control characters, and of what some program could not decode: U+FFFD. Of all bytes."""
    data = page.raw.encode("utf-8", "replace")
    controls = len(data) - len(data.translate(None, CONTROLS))
    return (controls + page.raw.count("\ufffd")) / max(len(data), 1)


def _repeated_lines(page: Page) -> float:
    """The share of lines that stood before."""
    return 1 - len(set(page.lines)) / len(page.lines)


def _repeated_line_text(page: Page) -> float:
    """The share of characters in lines that stood before."""
    return 1 - sum(map(len, set(page.lines))) / sum(map(len, page.lines))


MEASURES: dict[str, Callable[[Page], float | None]] = {
    "broken": _broken, "words": _words, "word_length": _word_length, "symbols": _symbols, "alphabetic": _alphabetic,
    "bullets": _bullets, "ellipses": _ellipses, "lorem_ipsum": _lorem_ipsum, "repeated_lines": _repeated_lines,
    "repeated_line_text": _repeated_line_text,
}
