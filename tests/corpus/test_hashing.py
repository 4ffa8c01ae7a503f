import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tinylm.corpus import hashing
from tinylm.corpus.hashing import BASE, grams, mixed, words_of

TEXT = st.text("ab1 .,\nÉéß中文。한😀—'_", max_size=30)
APART = "\\s.,'_—"


def split(text):
    """The words of a text of the characters above, by a regular expression."""
    return re.findall(rf"[中文。한😀]|[^{APART}中文。한😀]+", text.lower()) or [text.lower()]


def by_hand(codes):
    """code(v) as the head of the file has it, in Python's integers."""
    return int(mixed(np.array([sum(v * BASE**j for j, v in enumerate(codes)) % 2**64], np.uint64))[0])


@given(st.lists(TEXT, min_size=1, max_size=4))
@example(["", "a"])
@example(["...", "a", ",", ""])
def test_words_and_their_codes(texts):
    words = words_of(texts)
    for document, text in enumerate(texts):
        expected = split(text)
        own = words.only(document)
        assert [own.between(i, i + 1) for i in range(len(own.codes))] == expected
        if re.search(rf"[^{APART}]", text):
            assert own.codes.tolist() == [by_hand(word.encode("utf-8")) for word in expected]
    assert words.place[-1] == len(words.codes) == len(words.starts) == len(words.sizes)


@given(st.lists(TEXT, min_size=1, max_size=4), st.integers(1, 6))
def test_runs_of_words(texts, n):
    words = words_of(texts)
    found = grams(words, n)
    place = 0
    for document in range(len(texts)):
        codes = words.only(document).codes.tolist()
        runs = [codes[i:i + n] for i in range(max(len(codes) - n + 1, 1))]
        assert found.codes[place:place + len(runs)].tolist() == [by_hand(run) for run in runs]
        assert (found.owner[place:place + len(runs)] == document).all()
        place += len(runs)
    assert place == len(found.codes) == found.place[-1]


@pytest.mark.parametrize("block", [2, 3, 16])
def test_blocks_do_not_show(monkeypatch, block):
    texts = ["the cat sat on the mat " * 9, "", "中文 and more of it " * 5]
    whole = words_of(texts), grams(words_of(texts), 3)
    monkeypatch.setattr(hashing, "BLOCK", block)
    monkeypatch.setattr(hashing, "POWERS", hashing.POWERS[:block])
    monkeypatch.setattr(hashing, "INVERSE_POWERS", hashing.INVERSE_POWERS[:block])
    assert np.array_equal(words_of(texts).codes, whole[0].codes)
    assert np.array_equal(grams(words_of(texts), 3).codes, whole[1].codes)


def test_case_and_punctuation_do_not_count():
    one, other, third = (words_of([text]).codes.tolist() for text in ("The cat, sat.", "the CAT -- sat", "the cats at"))
    assert one == other != third


def test_codes_differ():
    words = words_of([" ".join(f"w{i}" for i in range(200_000))])
    assert len(np.unique(words.codes)) == 200_000
    assert len(np.unique(grams(words, 5).codes)) == 200_000 - 4
    alike = np.array([bin(x).count("1") for x in (mixed(np.arange(1000, dtype=np.uint64)) ^ mixed(
        np.arange(1000, dtype=np.uint64) ^ np.uint64(1))).tolist()])
    assert 31 < alike.mean() < 33  # one bit changed in, half of them out
