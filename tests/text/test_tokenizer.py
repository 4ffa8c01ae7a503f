"""What holds for every tokenizer: special tokens, ids that exist, valid Unicode."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm.text import BPE, KINDS, Bytes, Characters, Words

SPECIAL = ["<|end|>", "<|e", "a|", "<|end|>>"]
TEXT = "A cat, a naïve café; 猫が好き 🐈"


@pytest.fixture(params=KINDS, ids=lambda kind: kind.kind)
def kind(request):
    return request.param


@given(st.text("<|end>a ☃"))
def test_special_tokens_are_whole_and_the_longest_wins(sample):
    expected, at = [], 0  # by the definition: at each place the longest that fits
    while at < len(sample):
        found = max((token for token in SPECIAL if sample.startswith(token, at)), key=len, default="")
        expected += [found] if found else []
        at += len(found) or 1
    for tokenizer in (Bytes(SPECIAL), BPE([], SPECIAL), Characters("a", SPECIAL), Words(["<unk>"], SPECIAL)):
        ids = tokenizer.encode(sample)
        assert [tokenizer.tokens[i] for i in ids if tokenizer.tokens[i] in SPECIAL] == expected


def test_ids_that_there_are_not(kind):
    tokenizer = kind.fit(TEXT)
    last = len(tokenizer) - 1
    for wrong in (-1, last + 1, [0, -5], np.array([[0, 2**40]])):
        with pytest.raises(IndexError, match=rf"there is no id -?\d+; this tokenizer has 0 to {last}"):
            tokenizer.decode(wrong)
        with pytest.raises(IndexError):
            list(tokenizer.stream(np.reshape(wrong, -1)))
    with pytest.raises(TypeError, match="ids are integers, not float64"):
        tokenizer.decode([1.5])
    assert tokenizer.decode([]) == "" and tokenizer.decode(np.uint8(5)) == tokenizer.decode([5])


def test_lone_surrogates():
    message = r"position 2 holds the lone surrogate U\+D83D\. text\.encode\('utf-16', 'surrogatepass'\)"
    for act in (Bytes().encode, BPE([]).encode, Bytes(["ab"]).encode, BPE.fit, Characters.fit, Words.fit):
        with pytest.raises(ValueError, match=message):
            act("ab\ud83d c")
    assert "\ud83d\ude00 \ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "replace") == "😀 �"  # the way out
    with pytest.raises(ValueError, match=r"special token .* is not valid Unicode"):
        Bytes(["<\ud83d>"])


def test_special_tokens_that_make_no_sense(kind):
    with pytest.raises(ValueError, match=r"write special=\['<end>'\]"):
        kind.fit("a", special="<end>")
    with pytest.raises(ValueError, match="a special token is empty"):
        kind.fit("a", special=[""])
    assert kind.fit("a", special=["<end>", "<end>"]).special == ("<end>",)
