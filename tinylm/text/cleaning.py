"""Cleaning: small functions from text to text, each a regular expression or a rule of Unicode.

Each takes away something that a model may have needed: `Pipeline` keeps count of what. Half a surrogate pair, which
is no character, passes through all of them but `remove_controls`. All raise TypeError for what is no str.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Any, Literal, get_args

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

COMMENT = r"(?s)<!--.*?(-->|\Z)"
"""A comment of HTML or XML. One that is never closed is matched to the end, with an empty group, and then kept."""

HIDDEN = r"(?is)<(?:script|style)(?=[\s>])[^<>]*>.*?(</(?:script|style)\s*>|\Z)"
"""What a browser runs or obeys but does not show."""

TAG = r"<[/?!]?([A-Za-z][\w:.-]*+)(?=\s|/?>)(?:\"[^\"<]*+\"|'[^'<]*+'|[^<>\"'])*+>"
"""A tag: "<", a name, and all up to the ">" outside quotation marks. Not "2 < 3" nor "<me@example.org>"."""

BLOCK = (r"(?i)address|article|aside|blockquote|body|br|caption|d[dlt]|details|div|fieldset|figcaption|figure|footer|"
         r"form|h[1-6]|head|header|hr|html|legend|li|main|nav|ol|option|p|pre|section|summary|table|tbody|t[dhr]|"
         r"tfoot|thead|title|ul")
"""Elements of HTML that begin on a line of their own, or in a cell: a line break takes their place."""

ENTITY = r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
"""A character by name or number, "&eacute;", "&#233;", "&#xE9;", with its semicolon: "?a=1&copy=2" is no ©."""

MARKDOWN_LINK = r"!?\[([^\[\]]*+)\]\([^()\s]*+(?:\([^()\s]*+\)[^()\s]*+)*+(?:\s+(?:\"[^\"\n]*\"|'[^'\n]*'))?\s*\)"
"""[words](address "title"), or a picture, ![words](address); an address may hold brackets in pairs."""

WIKI_LINK = r"\[\[(?:[^\[\]|]*+\|)*+([^\[\]|]*+)\]\]"
"""[[page]], [[page|words]], [[picture|settings|words]]."""

URL = r"(?i)(?<!\w)(?:https?://|ftp://|www\.)[^\s<>\"⺀-\uffef]*[^\s<>\"⺀-\uffef.,;:!?'’”)\]}*]"
"""An address. The marks at its end belong to the sentence; and it ends before a letter of East Asia (U+2E80 on), for
there it stands in a text without spaces."""

PUNCTUATION = r"[\p{P}\p{S}]"
"""What Unicode calls punctuation (P: . , ' « 。 _ @ #) or a symbol (S: + < $ ^ © ☃): for the package regex."""

CONTROL = (r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # control characters, but for those that are white space
           r"\u00ad\u200b\u2060\ufeff"  # soft hyphen, zero-width space, word joiner, byte-order mark
           r"\u200e\u200f\u202a-\u202e\u2066-\u2069"  # which way to write
           r"\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")  # halves of surrogate pairs, and what is no character
"""What cannot be seen and spells nothing. The zero-width joiner and non-joiner spell Persian, Hindi and emoji: kept."""


def lower(text: str) -> str:
    """Small letters: "Über" → "über". The name Apple, US and the first word of a sentence become apple, us, a word."""
    return check_text(text, "lower").lower()


def casefold(text: str) -> str:
    """Letters that compare equal whatever their case: as `lower`, and "Straße" → "strasse", "ς" → "σ"."""
    return check_text(text, "casefold").casefold()


def normalise_unicode(text: str, form: Form = "NFC") -> str:
    """One spelling for what looks the same, by Unicode's normalisation forms (Unicode Standard Annex #15).

    form  "NFC": é is one character; nothing is lost. "NFD": e and an accent. "NFKC" and "NFKD": what only looks
          different becomes the same too, ﬁ → fi, Ａ → A, ① → 1, and x² → x2: a loss

    Raises ValueError for another form.
    """
    if form not in get_args(Form):
        raise ValueError(f"normalise_unicode: form is {form!r}; the forms are {', '.join(get_args(Form))}")
    return unicodedata.normalize(form, check_text(text, "normalise_unicode"))


def collapse_whitespace(text: str, keep_lines: bool = False) -> str:
    r"""One space for each run of white space (\s, in all scripts), none at the ends.

    keep_lines  do so within each line; a line break stays, and of several empty lines one
    """
    check_text(text, "collapse_whitespace")
    if not keep_lines:
        return " ".join(text.split())
    lines = "\n".join([" ".join(line.split()) for line in text.splitlines()])
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n")


def remove_controls(text: str) -> str:
    """Without characters that cannot be seen and spell nothing: `CONTROL`. Tab and line break are white space."""
    return re.sub(CONTROL, "", check_text(text, "remove_controls"))


def remove_markup(text: str) -> str:
    """The words of HTML or XML: without comments, scripts, styles and tags, and `ENTITY` as the character it means.

    A line break takes the place of a tag of `BLOCK`, so that "<p>one</p><p>two</p>" is two words; any other vanishes:
    "<b>b</b>old" is one. What an entity writes is text: "&lt;b&gt;" becomes "<b>" and stays. It is no parser: a comment
    that is never closed, a tag with "<" in an attribute, and what is around CDATA all stay.
    """
    check_text(text, "remove_markup")
    for pattern in (COMMENT, HIDDEN):
        text = re.sub(pattern, lambda found: "" if found[1] else found[0], text)
    text = re.sub(TAG, lambda found: "\n" if re.fullmatch(BLOCK, found[1]) else "", text)
    return re.sub(ENTITY, lambda found: html.unescape(found[0]), text)


def unwrap_links(text: str) -> str:
    """The words of links in Markdown and wikis, without their addresses: "[here](http://x.org)" → "here".

    `MARKDOWN_LINK` and `WIKI_LINK`; a picture gives its description. Links inside of links are not unwrapped.
    """
    return re.sub(WIKI_LINK, r"\1", re.sub(MARKDOWN_LINK, r"\1", check_text(text, "unwrap_links")))


def remove_urls(text: str, replacement: str = "") -> str:
    """`replacement` for each address that begins with http://, https://, ftp:// or www.: `URL`."""
    check_text(replacement, "remove_urls", "replacement")
    return re.sub(URL, lambda _: replacement, check_text(text, "remove_urls"))


def remove_punctuation(text: str, replacement: str = "", keep: str = "") -> str:
    """`replacement` for each mark and symbol of any script: `PUNCTUATION`.

    keep  marks that stay, such as "'-"

    "don't" becomes "dont", "U.S." "US" and "3.14" "314"; with a space for replacement, "don t", "U S " and "3 14".
    """
    import regex

    check_text(text, "remove_punctuation")
    check_text(replacement, "remove_punctuation", "replacement")
    kept = f"(?![{regex.escape(check_text(keep, 'remove_punctuation', 'keep'))}])" if keep else ""
    return regex.sub(kept + PUNCTUATION, lambda _: replacement, text)


def check_text(text: Any, who: str, what: str = "the text") -> str:
    """`text` itself. Raises TypeError, with the way out, where it is no str."""
    if isinstance(text, str):
        return text
    if isinstance(text, (bytes, bytearray)):
        raise TypeError(f"{who}: {what} is {type(text).__name__}, not str: decode it first, as in text.decode('utf-8')")
    raise TypeError(f"{who}: {what} is of type {type(text).__name__} ({text!r:.60}), not str")
