from dataclasses import replace

import pytest

from tinylm.corpus.quality import MEASURES, NONE, PROSE, RULES, Fault, Page, fault, meaning, with_changes

PROSE_TEXT = ("The quick brown fox jumps over the lazy dog, and the dog does not mind it at all.\n"
              "After a while both of them lie down under an old tree, where the grass is soft.\n"
              "Nobody has ever asked the fox why she jumps, nor the dog why he lets her do it.\n"
              "It may be that some things are done since they have always been done that way.\n")


def test_good_prose_passes():
    assert fault(Page(PROSE_TEXT), PROSE) is None
    assert fault(Page(PROSE_TEXT), RULES["code"]) is None
    assert fault(Page("x"), NONE) is None


@pytest.mark.parametrize(("measure", "text", "value"), [
    ("words", "one two\tthree\nfour", 4), ("words", "我们 went 到", 4), ("words", "한국어 abc", 4),
    ("word_length", "a bb cccccc", 3), ("word_length", "我们都在这里 AI", None), ("word_length", "中 abc defg", 8 / 3),
    ("symbols", "#one two... three… four", 3 / 4),
    ("alphabetic", "one 2 x3 -- don't ½", 3 / 6),
    ("alphabetic", "我 2", 1 / 2),
    ("bullets", "- one\n\n * two\nthree\n4", 2 / 4),
    ("ellipses", "one...\ntwo…  \nthree.\n", 2 / 3),
    ("lorem_ipsum", "a Lorem Ipsum of lorem ipsum", 2),
    ("repeated_lines", "one\n two \n\none\ntwo\none", 3 / 5),
    ("repeated_line_text", "one\nseven\none\nx", 3 / 12),
    ("broken", "ab\ufffd\x00\x1b", 3 / 7), ("broken", "tab\tand\nline\r\x0c\x85", 0),
])
def test_measures(measure, text, value):
    assert MEASURES[measure](Page(text)) == (None if value is None else pytest.approx(value))


@pytest.mark.parametrize(("text", "rule"), [
    ("", "empty"), (" \n\t ", "empty"), ("Too short.", "words < 50"), ("a b c d " * 40, "word length < 3"),
    ("internationalisation " * 60, "word length > 10"), (PROSE_TEXT.replace("the", "# the the #"), "symbols > 0.1"),
    (PROSE_TEXT + "1234 5678 9012 " * 12, "alphabetic < 0.8"),
    ("- " + PROSE_TEXT.replace("\n", "\n- ").rstrip("- "), "bullets > 0.9"),
    (PROSE_TEXT.replace(".\n", " ...\n"), "ellipses > 0.3"), (PROSE_TEXT + "Lorem ipsum dolor.", "lorem ipsum > 0"),
    (PROSE_TEXT + "Menu\n" * 4, "repeated lines > 0.3"),
    (PROSE_TEXT + PROSE_TEXT.split("\n", maxsplit=1)[0] * 2, None),
    (PROSE_TEXT + PROSE_TEXT.split("\n", maxsplit=1)[0] + "\n" + PROSE_TEXT.split("\n")[1], "repeated lines > 0.3"),
])
def test_what_breaks_a_rule(text, rule):
    found = fault(Page(text), PROSE)
    assert (found and found.rule) == rule


def test_broken_is_measured_before_normalising():
    found = fault(Page(PROSE_TEXT, PROSE_TEXT + "\x00"), PROSE)
    assert found == Fault("broken > 0.001", pytest.approx(1 / (len(PROSE_TEXT) + 1)))


def test_limits_themselves_pass():
    page = Page("one two three four")
    assert fault(page, replace(NONE, min_words=4, max_words=4)) is None
    assert fault(page, replace(NONE, min_words=5)) == ("words < 5", 4)
    assert fault(page, replace(NONE, max_words=3)) == ("words > 3", 4)


def test_every_rule_has_a_measure():
    for name in vars(PROSE):
        assert name[:4] in ("min_", "max_") and meaning(name)
        assert name[4:] in MEASURES or "_gram" in name


def test_changes():
    assert with_changes(PROSE, {"min_words": 3, "max_symbols": None}) == replace(PROSE, min_words=3, max_symbols=None)
    with pytest.raises(ValueError, match="there is no rule 'words'; there are max_broken, min_words"):
        with_changes(PROSE, {"words": 3})
