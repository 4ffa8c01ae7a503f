import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm.text import cleaning
from tinylm.text.cleaning import (
    casefold,
    collapse_whitespace,
    lower,
    normalise_unicode,
    remove_controls,
    remove_markup,
    remove_punctuation,
    remove_urls,
    unwrap_links,
)

ALL = [lower, casefold, normalise_unicode, collapse_whitespace, remove_controls, remove_markup, unwrap_links,
       remove_urls, remove_punctuation]


def test_letters():
    assert lower("ÜBER Straße ΟΔΟΣ") == "über straße οδος"
    assert casefold("ÜBER Straße ΟΔΟΣ") == "über strasse οδοσ"


@pytest.mark.parametrize(("form", "result"), [
    ("NFC", "\u00e9ﬁＡ①x²"), ("NFD", "e\u0301ﬁＡ①x²"), ("NFKC", "\u00e9fiA1x2"), ("NFKD", "e\u0301fiA1x2"),
])
def test_unicode_forms(form, result):
    assert normalise_unicode("e\u0301ﬁＡ①x²", form) == result


def test_white_space():
    assert collapse_whitespace("\t a\u00a0\u3000b \r\n\n\x85 c\u2028 ") == "a b c"
    assert collapse_whitespace("\n\n a  b \n\tc \r\n \n\n\n d\n\n", keep_lines=True) == "a b\nc\n\nd"


def test_controls():
    assert remove_controls("\ufeffa\x00b\x1bc\u200bd\u00ade\u202ef\ud83dg\ufffeh\x7f\x9f") == "abcdefgh"
    kept = "a\tb\r\nc\x0b\x0c\x1c\x85 \u00a0 👩\u200d🚀 می\u200cخواهم"
    assert remove_controls(kept) == kept


@pytest.mark.parametrize(("text", "result"), [
    ("<p>one</p><p class='x'>two</p>", "\none\n\ntwo\n"),
    ("<b>b</b>old<br/>new", "bold\nnew"),
    ('<a href="x>y" title=\'>\'>z</a>', "z"),
    ("2 < 3 and 5 > 4, I <3 you, <me@example.org> <http://x.org/>", "2 < 3 and 5 > 4, I <3 you, <me@example.org> "
                                                                    "<http://x.org/>"),
    ("a<!-- <b> > --- -->b<!-- c", "ab<!-- c"),
    ("a<script>if (a<b) {'</b>'}</script>b<STYLE type=x>p{}</style >c<scripted>d", "abcd"),
    ("<script>never closed <b>x</b>", "never closed x"),
    ("<!DOCTYPE html><?xml version=\"1.0\"?><x:y z='1'/>.", "."),
    ("AT&amp;T &eacute;&#233;&#xE9;&#XE9; &lt;b&gt; &nbsp;&copy=1", "AT&T éééé <b> \u00a0&copy=1"),
    ("&nosuch; &#0; &#xD800;", "&nosuch; � �"),
    ("&amp;lt;", "&lt;"),
    ("&#99999999999; &#" + "9" * 5000 + ";", "&#99999999999; &#" + "9" * 5000 + ";"),  # no character has such a number
    ("<", "<"), ("<a", "<a"), ("<a '>", "<a '>"),
])
def test_markup(text, result):
    assert remove_markup(text) == result


@pytest.mark.parametrize(("text", "result"), [
    ("see [here](http://x.org/a_(b)) and [there](y 'A title').", "see here and there."),
    ("![a cat](cat.png \"x\")", "a cat"),
    ("[[Cat]], [[Cat|cats]] and [[File:c.jpg|thumb|200px|a cat]]", "Cat, cats and a cat"),
    ("a[0](1, 2) b[i] (c)", "a[0](1, 2) b[i] (c)"),
    ("[x] (y)", "[x] (y)"),
])
def test_links(text, result):
    assert unwrap_links(text) == result


@pytest.mark.parametrize(("text", "result"), [
    ("at https://a.org/b?c=d#e.", "at @."), ("(see HTTP://a.org/b_(c))", "(see @))"), ("www.a.org, x", "@, x"),
    ("ftp://a.org/x y", "@ y"), ("“http://a.org/”", "“@”"), ("<http://a.org>", "<@>"), ("看http://a.cn。你好", "看http://a.cn。你好"),
    ("看 http://a.cn/中文", "看 @中文"), ("https://de.wikipedia.org/wiki/Köln.", "@."), ("http://", "http://"),
    ("awww.so nice", "awww.so nice"), ("a.b.org", "a.b.org"),
])
def test_addresses(text, result):
    assert remove_urls(text, "@") == result


def test_what_replaces_an_address_is_no_template():
    assert remove_urls("http://a.org", r"\1\g<0>") == r"\1\g<0>"
    assert remove_punctuation("a.b", r"\1") == r"a\1b"


def test_punctuation():
    assert remove_punctuation("“Don’t!” (U.S. $3.14) a_b 日本、。 ☃+√") == "Dont US 314 ab 日本 "
    assert remove_punctuation("a-b, c^d]e", keep="-^]") == "a-b c^d]e"
    assert remove_punctuation("a.b", " ") == "a b"
    marks = "".join(c for c in map(chr, range(0x3000)) if unicodedata.category(c)[0] in "PS")
    assert remove_punctuation(marks) == ""
    letters = "".join(c for c in map(chr, range(0x3000)) if unicodedata.category(c)[0] in "LMNZ")
    assert remove_punctuation(letters) == letters


@pytest.mark.parametrize("function", ALL)
def test_on_any_text(function):
    assert function("") == ""
    assert function("word") == "word"
    if function is not remove_controls:
        assert "\ud800" in function("a\ud800b")  # no character, but no reason to stop either
    with pytest.raises(TypeError, match=rf"{function.__name__}: the text is bytes, not str: .*decode"):
        function(b"word")
    for wrong in (None, float("nan"), ["a"]):
        with pytest.raises(TypeError, match=rf"{function.__name__}: the text is of type {type(wrong).__name__}"):
            function(wrong)


@given(st.text() | st.text("ab \t\n\r\u3000\x85\x00\u200be\u0301ÅﬁＡ"))
def test_once_is_enough(text):
    for function in (normalise_unicode, collapse_whitespace, remove_controls, remove_punctuation, casefold):
        once = function(text)
        assert function(once) == once or function is casefold
    lines = collapse_whitespace(text, keep_lines=True)
    assert collapse_whitespace(lines, keep_lines=True) == lines
    assert lines.split() == text.split() == collapse_whitespace(text).split()


def test_errors():
    with pytest.raises(ValueError, match="form is 'nfc'; the forms are NFC, NFD, NFKC, NFKD"):
        normalise_unicode("a", "nfc")
    with pytest.raises(TypeError, match="remove_urls: replacement is of type NoneType"):
        remove_urls("a", None)
    with pytest.raises(TypeError, match="remove_punctuation: keep is of type int"):
        remove_punctuation("a", keep=3)


HOSTILE = [
    "<", "<a ", "<!--", "<script>", "<script ", "</script>", "<a '", '<a "\'', '<a "">', "<p \"x'y", "-->", "<!-->",
    "&", "&#", "&a", "[", "[[", "[a](", "[a](x '", '[a](x "', "[[a|", "[a](x(", "http://", "www.", "www.!", "http://a.",
    " ", "\n", "!", "\n ",
]


@pytest.mark.parametrize("function", ALL)
def test_no_text_takes_longer_than_its_length(function):
    function("")  # what is imported and compiled at first use
    for piece in HOSTILE:
        text = (piece * 50_000)[:50_000]
        start = time.perf_counter()
        function(text)
        assert time.perf_counter() - start < 2, piece  # some milliseconds; a square of the length would be minutes


def test_what_cleaning_offers_is_tested():
    named = {name for name, value in vars(cleaning).items() if callable(value) and getattr(value, "__module__", "")
             == cleaning.__name__}
    assert named == {function.__name__ for function in ALL} | {"check_text"}
