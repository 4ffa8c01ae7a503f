"""Sentences by rule: where a text in English or Chinese ends one and begins the next.

A full stop ends a sentence, closes an abbreviation, or both ("... at 5 p.m. He ..."). What decides here is the word
before it, by the abbreviations below, compiled for this project, and the word after it: a sentence does not begin with
a small letter. So split a text before it is lower-cased. Chinese marks (。！？) need no white space after them.
"""

from __future__ import annotations

import re

from .cleaning import check_text
from .stopwords import ENGLISH

ABBREVIATIONS = {
    # Before a name, and so never at the end of a sentence.
    "title": "adm atty brig capt cmdr col cpl dr fr gen gov hon insp lt maj mme mlle mr mrs ms mx messrs mt ofc pres "
             "prof pte pvt rep revd rev sen sgt supt",
    # What goes on after it, whatever it is.
    "inner": "e.g eg i.e ie cf viz vs v approx ca resp esp incl excl",
    # Within a sentence before a number ("No. 5", "fig. 2a", "Jan. 3", "vol. IV"); else they end it.
    "numbered": "no nos n° nr p pp vol vols fig figs eq eqs sec ch chap art arts para ed eds jan feb mar apr jun jul "
                "aug sep sept oct nov dec",
    # Within a name or at its end: the sentence ends if one of `STARTERS` follows. So with U.S., Ph.D. and p.m.
    "either": "al inc ltd co corp bros jr sr st dept univ assn ave blvd rd mass calif penn",
}
KINDS = {word: kind for kind, words in ABBREVIATIONS.items() for word in words.split()}

STARTERS = frozenset(
    word for name in ("articles", "demonstratives", "quantifiers", "personal pronouns", "possessives", "question words",
                      "prepositions", "conjunctions", "place holders", "negation") for word in ENGLISH[name].split())
"""Words of a closed class: with a capital, they begin a sentence rather than continue a name."""

CLOSE = "'\"’”»)\\]}」』）》〉】"
"""What closes after the mark, and belongs to the sentence."""

CHINESE_CLOSE = "’”」』）》〉】"
HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

END = (rf"(?P<chinese>[。！？｡][。！？｡!?…]*[{CHINESE_CLOSE}]*|(?<![!?])[!?]++(?=[{HAN}]))"
       rf"|(?<![.!?…])(?P<mark>[.!?…]++(?: \.(?![\w.]))*+)(?P<close>(?:[{CLOSE}]|\[\d+\])*+)(?=\s|\Z)"
       r"|\n[^\S\n]*\n")
"""Where a sentence may end: after a mark and what closes (or a footnote, [1]), or at an empty line.

The western marks end one only before white space.
"""

SPACE = re.compile(r"\s*")
OPEN = re.compile(r"[\s\"'“‘«‹(\[{¿¡*_—–•⁃·-]*")
WORD = re.compile(r"[^\W_]\w*|.?", re.DOTALL)
LAST = re.compile(r"[^\s\"'“‘«(\[{]*\Z")
ACRONYM = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}")  # U.S, p.m, Ph.D: without its last full stop
NUMBER = re.compile(r"\d|[IVXLC]{2,}\b|[B-HJ-Z]\b")  # "No. I", "no. A" begin sentences
PRONOUN = re.compile(r"\b[a-z]\w*,?\s+I\Z")
LISTED = re.compile(r"\d{1,3}|[IVXLC]+|[A-Za-z]")


def split_sentences(text: str) -> list[str]:
    """The sentences of `text`, without the white space around them.

    Decimal numbers, addresses and "tl.text" have no white space after their dots, and are whole. Known to fail: a
    sentence that begins with a small letter, abbreviations that are not listed before a capital, and what is
    exclaimed or asked before a capital: "“Stop!” Anna said" is two.
    """
    return [sentence for begin, end in sentence_spans(text) if (sentence := text[begin:end].strip())]


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Where each sentence begins and ends; the white space after it is its own. Joined, they are the text, exactly."""
    check_text(text, "sentence_spans")
    spans, begin, first = [], 0, _skip(OPEN, text, 0)  # first: where its first word begins
    for found in re.finditer(END, text):
        end = found.end()
        if end <= first:  # an empty line before the sentence
            continue
        if found["chinese"] and text[end:end + 1] == '"' and text.count('"', begin, end) % 2:
            end += 1  # an ASCII quotation mark closes if one is open
        if found["mark"] and not _ends(text, first, found):
            continue
        end = _skip(SPACE, text, end)
        spans.append((begin, end))
        begin, first = end, _skip(OPEN, text, end)
    if begin < len(text):
        spans.append((begin, len(text)))
    return spans


def _ends(text: str, first: int, found: re.Match[str]) -> bool:
    """Whether the mark that was found ends the sentence whose first word begins at `first`."""
    following = WORD.match(text, _skip(OPEN, text, found.end()))[0]  # type: ignore[index]  # it may be empty
    if following[:1].islower():
        return False
    stop = found.start()
    if text[stop - 1:stop] == "[" and found["close"].startswith("]"):  # "[...]", for what was left out
        return False
    before = LAST.search(text, max(first, stop - 40), stop)[0]  # type: ignore[index]
    listed = stop - len(before) == first and LISTED.fullmatch(before)  # "1. The first", "a.) The first"
    if found["mark"] != "." or (found["close"] and not listed) or not following:
        return True
    if listed:
        return False
    if len(before) == 1 and before.isupper():  # an initial; but "I" after a small word is the pronoun
        return before == "I" and PRONOUN.search(text, max(first, stop - 40), stop) is not None
    kind = "either" if ACRONYM.fullmatch(before) else None
    kind = KINDS.get(before.casefold(), kind)
    if kind == "numbered":
        return not NUMBER.match(following)
    return kind is None or (kind == "either" and following.casefold() in STARTERS)


def _skip(pattern: re.Pattern[str], text: str, place: int) -> int:
    """Where what `pattern` matches at `place` ends; it may be nothing."""
    found = pattern.match(text, place)
    return found.end() if found else place
