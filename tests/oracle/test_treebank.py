"""The Treebank's words beside nltk's TreebankWordTokenizer."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinylm import data
from tinylm.text import split_sentences, treebank_spans, treebank_words

try:
    from nltk.tokenize import TreebankWordTokenizer
except ImportError:  # then every test here is skipped, counted and printed with the reason
    TreebankWordTokenizer = None

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(TreebankWordTokenizer is None, reason='nltk: pip install -e ".[oracle]"'),
]

PARTS = [
    "cannot", "CANNOT", "d'ye", "gimme", "gonna", "gotta", "lemme", "more'n", "wanna", "'tis", "'Twas", "can't", "N'T",
    "it's", "dogs'", "I'll", "we'VE", "they'd", "he", "U.S.", "Mr.", "e.g.", "3.14", "1,000", "10:30", "5%", "$3",
    "naïve", "你好", "“x”", '"', "''", "``", "'", "(", ")", "[", "]", "{", "}", "<", ">", ",", ":", ";", ".", "..",
    "...", "....", "!", "?", "?!", "--", "---", "-", "@", "#", "&", "*", "\n", "\t", "  ", "x" * 30, "a.b", "a,b",
    "1,b", "٣", "s", "t", "can", "not", "wan", "na", "�", "_", "…",
]


def same(ours, theirs):
    assert treebank_words(ours) == theirs.tokenize(ours), ours


def test_sentences_of_a_corpus():
    theirs = TreebankWordTokenizer()
    text = data.load("pydoc")
    sentences = [*split_sentences(text), *text.splitlines()]
    assert len(sentences) > 10_000
    for sentence in sentences:
        same(sentence, theirs)


def test_parts_put_together_at_random():
    theirs, draw = TreebankWordTokenizer(), random.Random(0)
    for number in range(30_000):
        space = draw.choice(["", " ", " "])
        same(space.join(draw.choices(PARTS, k=draw.randint(0, 8))), theirs)


@settings(max_examples=1000)
@given(st.text("aAnNtTsS'\"`.,:;?!-()<> \n12") | st.text(st.characters(exclude_categories=["Cs", "Cn", "Cc"])))
def test_any_text(sentence):
    same(sentence, TreebankWordTokenizer())


def test_spans():
    sentence = 'She said "it\'s $3.50 (or more)".'
    assert treebank_spans(sentence) == list(TreebankWordTokenizer().span_tokenize(sentence))
