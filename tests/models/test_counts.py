from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm.models.counts import continuations, count, numbers_along, shown


def spelt(grams, k, number, vocabulary):
    """The tokens of a k-gram, from its number."""
    if not k:
        return ()
    context, token = divmod(int(grams[k - 1].keys[number]), vocabulary)
    return (*spelt(grams, k - 1, context, vocabulary), token)


@given(st.lists(st.integers(0, 4), min_size=4, max_size=30), st.integers(1, 4), st.lists(st.integers(0, 4), max_size=8))
def test_tables_as_dictionaries_have_them(text, order, other):
    grams = count(np.array(text), 5, order)
    for k, each in enumerate(grams, 1):
        expected = Counter(tuple(text[i:i + k]) for i in range(len(text) - k + 1))
        names = [spelt(grams, k, number, 5) for number in range(len(each.keys))]
        assert dict(zip(names, each.counts.tolist(), strict=True)) == expected
        assert [spelt(grams, k - 1, number, 5) for number in each.shorter] == [name[1:] for name in names]
        assert each.contexts == (1 if k == 1 else len(grams[k - 2].keys))
        before = {name: {text[i - 1] for i in range(1, len(text) - k + 1) if tuple(text[i:i + k]) == name}
                  for name in names}
        if k < order:
            assert continuations(grams)[k - 1].tolist() == [len(before[name]) for name in names]
    for k, (context, gram) in enumerate(numbers_along([each.keys for each in grams], np.array(other, int), 5), 1):
        assert len(context) == len(gram) == max(0, len(other) - k + 1)
        for i, (one, two) in enumerate(zip(context, gram, strict=True)):
            known = Counter(tuple(text[j:j + k]) for j in range(len(text) - k + 1))
            name = tuple(other[i:i + k])
            assert (two >= 0) == (name in known) and (two < 0 or spelt(grams, k, two, 5) == name)
            assert one < 0 or spelt(grams, k - 1, one, 5) == name[:-1]


def test_numbers_that_would_not_fit():
    with pytest.raises(ValueError, match="beyond 64 bits"):
        count(np.zeros(100, int), 2**60, 2)


def test_a_bar_after_two_seconds_and_not_before(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr("tqdm.std.time", lambda: now[0])
    for wait, seen in ((0.5, False), (1.5, True)):
        for _ in shown(range(3), "counting"):
            now[0] += wait
        assert ("counting" in capsys.readouterr().err) == seen
