import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm import data
from tinylm.text import sentence_spans, split_sentences


@pytest.mark.parametrize("text", [
    "One ends here.|Two ends here!|Three? |And what has no end",
    "Dr. Jane Gray met Prof. Li and Mrs. Ito on Jan. 5 near No. 10.|They talked.",
    "See fig. 3, pp. 4-7, vol. IV and Sec. B of it.|No.|I will not.|He said no.|Then he left.",
    "J. R. R. Tolkien and George W. Bush were not there.|I was.|Nor am I.|You were.",
    "It costs 3.14 or 1.000.000 at example.org or in tl.text.Pipeline.|Version 2.0 came in 1998.|It grew.",
    "The U.S. Government moved.|He lives in the U.S.|He came at 5 p.m. and at 6 p.m.|They left.",
    "She has a Ph.D. in physics from M.I.T. in the U.S.A. now.|The Acme Corp. Building is old.|He left Acme Corp.|The",
    "Smith et al. (2003) say so, cf. Jones, e.g. Anna, i.e. Ida.|But Smith et al. did not.|Nor Li et al.|They did.",
    "Apples, pears, etc. are fruit.|We like fruit, etc.|We do.",
    "“Is it?” he asked.|“It is!”|She sighed.|(So it was.)|[It was.]|'Yes.'|\"No.\"|Well.",
    "He says [...] so.|“He [...]” (Li 5).|So . . . no . . .|So be it. . . .|No . . . .",
    "1.) One.|2.) Two.|• 9. Nine.|See N°. 5, you and I.|Albert I. Jones and I.|Then Ida and Albert I. Jones.|I do.",
    "Wait... what?|Well...|Maybe.|So… no.|So…|No!!!|What?!|Yes",
    "Yahoo! is a name.|So it is.[12]|The notes say so.[3][4]|All do.",
    "1. The first item.|2. The second.|A. A third.|IV. A fourth.",
    "A heading without an end\n\n|A text.\n \t\n|Another\nline. |Last",
    "今天天气很好。|我们去公园吧！|真的吗？！|他说：“好。”|然后走了……走了。|End!|开始",
    "真的吗?|是的!|他说\"好。\"|走了。|\"你好。\"|好。",
    "中文（括号里。）|中文「好。」|中文3.5米。|完",
    "Straße ist lang.|Élan is French.|Ñandú is a bird.|Да.|Нет.",
    "a.b.c d.e",
    "- He left.|- She stayed.|* A point.|* Another.",
])
def test_where_sentences_end(text):
    expected = text.split("|")
    joined = "".join(one if one[-1:] in " \n" or "\u3000" <= one[-1:] or "\u3000" <= after[:1] else one + " "
                     for one, after in zip(expected, [*expected[1:], "。"]))
    assert split_sentences(joined) == [one.strip() for one in expected]


@pytest.mark.parametrize(("text", "wrongly"), [  # what the docstring says
    ("It was late. iPhones rang.", ["It was late. iPhones rang."]),
    ("Prof. em. Li left.", ["Prof. em.", "Li left."]),
    ("“Stop!” Anna said.", ["“Stop!”", "Anna said."]),
])
def test_what_rules_cannot_know(text, wrongly):
    assert split_sentences(text) == wrongly


@given(st.text("aAI .!?…。！”\"')\n1D") | st.text())
def test_the_spans_are_the_text(text):
    spans = sentence_spans(text)
    assert "".join(text[begin:end] for begin, end in spans) == text
    assert all(begin < end for begin, end in spans)
    assert [begin for begin, _ in spans[1:]] == [end for _, end in spans[:-1]]
    assert all(text[begin:end].strip() for begin, end in spans) or not text.strip()
    assert all(not text[begin].isspace() for begin, _ in spans[1:])


def test_on_a_corpus():
    text = data.load("pydoc")
    spans = sentence_spans(text)
    assert "".join(text[begin:end] for begin, end in spans) == text
    assert len(spans) > 4000


def test_the_ends_of_what_there_is():
    assert split_sentences("") == sentence_spans("") == []
    assert split_sentences(" \n\n ") == [] and sentence_spans(" \n\n ") == [(0, 4)]
    assert split_sentences("word") == ["word"] and split_sentences(".") == ["."] and split_sentences("。") == ["。"]
    assert split_sentences("a\ud800. B") == ["a\ud800.", "B"]
    assert sentence_spans("\n\n A.\n\n\n B") == [(0, 9), (9, 10)]
    with pytest.raises(TypeError, match="sentence_spans: the text is bytes"):
        split_sentences(b"a")


@pytest.mark.parametrize("piece", [
    ".", ". ", "a. ", "A. ", "1. ", "! ", "!", "?x", ".x", "。", "。\"", "\"", "\n", "\n ", " ", "(", "( ", "a.)",
    ".)x", "[1]", ".[1]x", "…x", "!。", "Mr. ", "I. ", "i. I ",
])
def test_no_text_takes_longer_than_its_length(piece):
    text = (piece * 100_000)[:100_000]
    start = time.perf_counter()
    sentence_spans(text)
    assert time.perf_counter() - start < 3  # a quarter of a second; a square of the length would be minutes
