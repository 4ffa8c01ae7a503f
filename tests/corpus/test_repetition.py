from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm.corpus.hashing import words_of
from tinylm.corpus.quality import NONE
from tinylm.corpus.repetition import OFTEN, faults, repeated_share, top_share

TEXTS = st.lists(st.lists(st.sampled_from(["a", "bb", "ccc", "中"]), max_size=20).map(" ".join), min_size=1, max_size=4)


def runs(text, n):
    words = text.split() or [text]
    return [tuple(words[i:i + n]) for i in range(max(len(words) - n + 1, 1))], words


def size(words):
    return sum(len(word.encode("utf-8")) for word in words)


def top_by_hand(text, n):
    found, words = runs(text, n)
    shares = [count * size(run) / size(words) for run, count in Counter(found).items() if count >= OFTEN]
    return min(max(shares, default=0), 1)


def repeated_by_hand(text, n):
    found, words = runs(text, n)
    covered, seen = set(), set()
    for place, run in enumerate(found):
        if run in seen:
            covered |= set(range(place, place + len(run)))
        seen.add(run)
    return size(words[i] for i in covered) / max(size(words), 1)


@given(TEXTS, st.integers(1, 4))
def test_both_measures_by_hand(texts, n):
    texts = [text or "?" for text in texts]
    words = words_of(texts)
    np.testing.assert_allclose(top_share(words, n), [top_by_hand(text, n) for text in texts])
    np.testing.assert_allclose(repeated_share(words, n), [repeated_by_hand(text, n) for text in texts])


def test_which_rule_is_broken():
    plain = " ".join(f"w{i}" for i in range(100))
    passage = " ".join(f"p{i}" for i in range(8))
    texts = [plain, f"{plain} {passage} {plain} {passage}", "buy now " * 30 + plain, f"{passage} {plain} {passage}",
             "x"]
    rules = replace(NONE, max_top_2_gram=0.2, max_repeated_5_grams=0.9, max_repeated_7_grams=0.04,
                    max_repeated_9_grams=0.01)
    found = faults(words_of(texts), rules)
    assert [each and each.rule for each in found] == [None, "repeated 7 grams > 0.04", "top 2 gram > 0.2",
                                                      "repeated 7 grams > 0.04", None]
    assert found[3].value == pytest.approx(repeated_by_hand(texts[3], 7))
    assert faults(words_of(texts), NONE) == [None] * 5


@given(TEXTS)
def test_a_batch_is_as_its_documents(texts):
    rules = replace(NONE, max_top_2_gram=0.2, max_repeated_5_grams=0.3, max_repeated_6_grams=0.2,
                    max_repeated_10_grams=0.1)
    texts = [text or "?" for text in texts]
    assert faults(words_of(texts), rules) == [faults(words_of([text]), rules)[0] for text in texts]
