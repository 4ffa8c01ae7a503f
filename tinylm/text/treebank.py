"""Words as the Penn Treebank cuts them (Marcus, Santorini and Marcinkiewicz 1993), for one sentence of English.

The conventions are those of the Treebank's own tokenizer (MacIntyre 1995): a mark is a token of its own, but a comma
or a colon within a number and a full stop that does not end the sentence stay; a contraction is the two words that it
was made of; and a quotation mark is written `` where it opens, '' where it closes.

    "They won't," he can't have said.     `` They wo n't , '' he ca n't have said .
"""

from __future__ import annotations

import re

from .cleaning import check_text

OPENING = "``"
CLOSING = "''"

MERGED = r"(?i)\b(?:(can)(not)|(d)('ye)|(gim)(me)|(gon)(na)|(got)(ta)|(lem)(me)|(more)('n)|(wan)(na)(?=\s))\b"
"""Two words that are written as one."""

RULES = (
    # A double quotation mark opens at the beginning, and after white space or an opening bracket.
    (r'^"', OPENING),
    (r"(``)", r" \1 "),
    (r"""([ (\[{<])("|'{2})""", rf"\1 {OPENING} "),
    # Marks. A comma or colon before a digit stays: 1,000 and 10:30.
    (r"([:,])(\D)", r" \1 \2"),
    (r"([:,])$", r" \1 "),
    (r"(\.\.\.)", r" \1 "),
    (r"([;@#$%&])", r" \1 "),
    # The last full stop, with what closes after it: all other dots may belong to abbreviations.
    (r"""([^.])(\.)([\])}>"']*)\s*$""", r"\1 \2\3 "),
    (r"([?!])", r" \1 "),
    (r"([^'])' ", r"\1 ' "),
    (r"([\]\[(){}<>])", r" \1 "),
    (r"(--)", r" \1 "),
    # Words of the rules below stand between spaces, the first and the last too.
    (r"\A([\s\S]*)\Z", r" \1 "),
    # What is left of double quotation marks closes.
    (r"''", rf" {CLOSING} "),
    (r'"', rf" {CLOSING} "),
    # Contractions: the possessive or "is", "am", "had"; then "will", "are", "have", "not".
    (r"([^' ])('[sS]|'[mM]|'[dD]|') ", r"\1 \2 "),
    (r"([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ", r"\1 \2 "),
    (MERGED, lambda found: " " + " ".join(filter(None, found.groups())) + " "),
    (r"(?i) ('t)(is)\b", r" \1 \2 "),
    (r"(?i) ('t)(was)\b", r" \1 \2 "),
)
"""The substitutions, in their order: each puts spaces where a token begins or ends."""


def treebank_words(sentence: str) -> list[str]:
    """The tokens of one sentence: the same as those of nltk's TreebankWordTokenizer.

    Only the last full stop of `sentence` is a token, so split a text first: [treebank_words(one) for one in
    split_sentences(text)]. Curly quotation marks and apostrophes are no ASCII: they stay in their words.
    """
    check_text(sentence, "treebank_words")
    for pattern, replacement in RULES:
        sentence = re.sub(pattern, replacement, sentence)
    return sentence.split()


def treebank_spans(sentence: str) -> list[tuple[int, int]]:
    """Where each of `treebank_words` begins and ends: sentence[begin:end], which keeps a " as it was."""
    spans, place = [], 0
    for word in treebank_words(sentence):
        while sentence[place].isspace():
            place += 1
        # The tokens are the text without its white space, but that quotation marks are written otherwise: " as two.
        end = place + (1 if sentence[place] == '"' else len(word))
        spans.append((place, end))
        place = end
    return spans
