import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm.text import treebank_spans, treebank_words


@pytest.mark.parametrize(("sentence", "words"), [
    ('"They won\'t," he can\'t have said.', "`` They wo n't , '' he ca n't have said ."),
    ("I cannot, I'm gonna, we'll've, d'ye, 'Tis the dogs' and Anna's.",
     "I can not , I 'm gon na , we'll 've , d 'ye , 'T is the dogs ' and Anna 's ."),
    ("It cost $1,000.50 (at 10:30), i.e. 3% more--really?!",
     "It cost $ 1,000.50 ( at 10:30 ) , i.e. 3 % more -- really ? !"),
    ("Mr. Smith left the U.S. yesterday ...", "Mr. Smith left the U.S. yesterday ..."),
    ("He said \"a 'b' (''c'').\"", "He said `` a 'b ' ( `` c '' ) . ''"),
    ("Wanna go? I wanna.", "Wan na go ? I wan na ."),
    ("One. Two.", "One. Two ."),
    ("", ""), (" \n", ""), ("word", "word"), (".", "."), ("“Curly’s”", "“Curly’s”"), ("你好，世界。", "你好，世界。"),
])
def test_words(sentence, words):
    assert treebank_words(sentence) == words.split()


def test_spans_keep_the_text_as_it_was():
    sentence = 'She  said "it\'s ``fine\'\'".'
    spans = treebank_spans(sentence)
    pieces = ["She", "said", '"', "it", "'s", "``", "fine", "''", '"', "."]
    assert [sentence[begin:end] for begin, end in spans] == pieces
    assert spans[0] == (0, 3) and spans[1] == (5, 9)


@given(st.text("ab'\"`.,: \n()ns1-") | st.text())
def test_nothing_but_white_space_is_lost(sentence):
    pieces = [sentence[begin:end] for begin, end in treebank_spans(sentence)]
    assert "".join(pieces) == "".join(sentence.split())
    words = treebank_words(sentence)
    assert len(words) == len(pieces)
    assert all(word == piece or (piece in ('"', "''") and word in ("``", "''")) for word, piece in zip(words, pieces))


def test_it_takes_text():
    with pytest.raises(TypeError, match="treebank_words: the text is bytes"):
        treebank_words(b"a")
    with pytest.raises(TypeError, match="treebank_words: the text is of type list"):
        treebank_spans(["a"])
    assert treebank_words("a\ud800.") == ["a\ud800", "."]
