import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm.cooccurrence import END
from tinylm.models import numbering as module
from tinylm.models.numbering import numbered, read

TEXT = [["the", "cat", "saw", "the", "dog"], [], ["the", "dog", "sat"], ["sat"]]


def test_words_are_numbered_by_how_often_they_come():
    text = read(TEXT)
    assert text.words == ["the", "dog", "sat", "cat", "saw"] and text.counts.tolist() == [3, 2, 2, 1, 1]
    assert text.ids.tolist() == [0, 3, 4, 0, 1, END, END, 0, 1, 2, END, 2, END] and text.ids.dtype == np.int32


def test_rare_words_are_left_out_and_their_neighbours_move_together():
    text = read(TEXT, min_count=2)
    assert text.words == ["the", "dog", "sat"] and text.counts.tolist() == [3, 2, 2]
    assert text.ids.tolist() == [0, 0, 1, END, END, 0, 1, 2, END, 2, END]


@pytest.mark.parametrize("given", [
    (iter(sentence) for sentence in TEXT), iter(TEXT), [tuple(sentence) for sentence in TEXT],
    (np.array(sentence, dtype=str) for sentence in TEXT)])
def test_sentences_may_be_any_iterables(given):
    assert read(given).ids.tolist() == read(TEXT).ids.tolist()


@given(st.lists(st.lists(st.sampled_from("abcdefg"), max_size=8), max_size=8), st.integers(1, 4), st.integers(1, 9))
def test_by_pieces_as_by_hand(sentences, min_count, piece):
    counts = Counter(itertools.chain.from_iterable(sentences))
    expected = sorted((word for word in counts if counts[word] >= min_count), key=lambda word: (-counts[word], word))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PIECE", piece)
        if not expected:
            with pytest.raises(ValueError, match="no word"):
                read(sentences, min_count)
            return
        text = read(sentences, min_count)
    assert text.words == expected and text.counts.tolist() == [counts[word] for word in expected]
    assert text.ids.tolist() == numbered(sentences, expected).tolist() == [
        number for sentence in sentences for number in [*(expected.index(w) for w in sentence if w in expected), END]]


def test_ids_of_a_tokenizer():
    ids = [[7, 3, 7], [3, 7, 12]]
    expected = read([[str(i) for i in sentence] for sentence in ids])
    for kind in (ids, [np.array(sentence) for sentence in ids], np.array(ids)):
        text = read(kind)
        assert text.words == ["7", "3", "12"] and np.array_equal(text.ids, expected.ids)
    assert read(np.array([7, 3, 7])).ids.tolist() == [0, 1, 0, END]


def test_a_file_is_read_line_by_line(tmp_path, monkeypatch):
    from tinylm.data import corpora

    monkeypatch.setattr(corpora, "joined", lambda found: itertools.chain.from_iterable(
        path.read_text(encoding="utf-8") for path in found.files))  # one character at a time
    path = tmp_path / "text.txt"
    path.write_text("The cat isn't here.\n\nThe cat!", encoding="utf-8")
    text = read(path)
    by_hand = read([["The", "cat", "isn't", "here", "."], [], ["The", "cat", "!"]])
    assert text.words == by_hand.words and text.ids.tolist() == by_hand.ids.tolist()
    assert read(str(path)).ids.tolist() == text.ids.tolist()


def test_another_text_in_the_same_numbers():
    words = read(TEXT, min_count=2).words
    ids = numbered([["a", "dog", "sat", "zebra"], ["zebra"], ["the"]], words)
    assert ids.tolist() == [1, 2, END, END, 0, END]
    assert numbered([[12, 3]], ["3", "12"]).tolist() == [1, 0, END]
    assert numbered([], words).tolist() == []


@pytest.mark.parametrize("nothing", [[], [[]], [[], []], iter([]), np.zeros(0, int)])
def test_a_text_without_words(nothing):
    with pytest.raises(ValueError, match="there is no word in these sentences"):
        read(nothing)


def test_no_word_is_frequent_enough():
    said = r"no word stands there 9 times: the most frequent, 'the', 3 times.*min_count=3"
    with pytest.raises(ValueError, match=said):
        read(TEXT, min_count=9)


def test_strings_in_the_place_of_sentences():
    for function in (read, lambda given: numbered(given, ["a"])):
        with pytest.raises(TypeError, match=r"not a string.*'the cat sat'"):
            function(["the cat sat"])
    with pytest.raises(TypeError, match="a list of words, or of ids; one of these is neither"):
        read([[["a", "nested"], ["list"]]])
    for function in (read, lambda given: numbered(given, ["a"])):
        with pytest.raises(TypeError, match="one of these is neither: 7"):
            function([7, 8])
        for nothing in (None, 7, np.array(7)):
            with pytest.raises(TypeError, match=f"or the path of a text, not {type(nothing).__name__}: "):
                function(nothing)
    with pytest.raises(TypeError, match="words are strings, or else ids throughout; these are int and str"):
        read([["1", 1]])
    with pytest.raises(TypeError, match="these are float"):
        read([[1.5]])
