"""Merges beside the definition, which counts every pair anew after each."""

from collections import Counter
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tinylm.text.merges import apply, learn

WORDS = st.dictionaries(st.text("abc", min_size=1, max_size=12), st.integers(1, 5), max_size=12)
LOOPS = st.dictionaries(st.text("ab", min_size=5, max_size=20), st.integers(1, 9), min_size=2, max_size=9)
"""Of two letters, so that pairs overlap, and one string can be put together in several ways."""


def learn_slowly(words, size, min_count=1):
    symbols, split, merges = list("abc"), [list(word) for word in words], []
    while len(symbols) < size:
        counts = Counter()
        for word, count in zip(split, words.values()):
            for pair in pairwise(word):
                counts[pair] += count
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], *map(symbols.index, pair)))
        if counts[best] < min_count:
            break
        merges.append(best)
        assert "".join(best) not in symbols
        symbols.append("".join(best))
        split = [merge(word, best) for word in split]
    return merges


def merge(word, pair):
    merged = []
    while word:
        length = 2 if tuple(word[:2]) == pair else 1
        merged.append("".join(word[:length]))
        word = word[length:]
    return merged


@settings(max_examples=300)
@given(WORDS | LOOPS, st.integers(0, 40), st.integers(1, 4))
def test_learning(words, more, min_count):
    assert learn(words, "abc", 3 + more, min_count) == learn_slowly(words, 3 + more, min_count)


def test_ties_go_to_the_older_symbols():
    assert learn({"cb": 1, "ba": 1, "ab": 1}, "abc", 6) == [("a", "b"), ("b", "a"), ("c", "b")]
    assert learn({"cb": 1, "ba": 1, "ab": 1}, "cba", 6) == [("c", "b"), ("b", "a"), ("a", "b")]


def test_repeated_letters():
    assert learn({"aaaaa": 1}, "a", 10) == [("a", "a"), ("aa", "a"), ("aa", "aaa")]
    assert learn({}, "a", 10) == []


@given(st.text("abc", max_size=30), WORDS)
def test_applying(word, words):
    merges = learn(words, "abc", 15)
    tokens = ["a", "b", "c", *dict.fromkeys("".join(pair) for pair in merges)]
    ids = {token: place for place, token in enumerate(tokens)}
    rank = {(ids[left], ids[right]): place for place, (left, right) in enumerate(merges)}
    applied = apply([ids[letter] for letter in word], rank, [ids["".join(pair)] for pair in merges])
    symbols = list(word)
    while found := [(rank[ids[left], ids[right]], at) for at, (left, right) in enumerate(pairwise(symbols))
                    if (ids[left], ids[right]) in rank]:
        at = min(found)[1]
        symbols[at:at + 2] = ["".join(symbols[at:at + 2])]
    assert [tokens[symbol] for symbol in applied] == symbols


def test_a_word_without_end():
    assert apply([0] * 2**17, {(0, 0): 0, (1, 1): 1}, [1, 2]) == [2] * 2**15
