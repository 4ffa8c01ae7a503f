import json
import math

import numpy as np
import pytest

from tinylm.text import Vocabulary, Words, treebank_words
from tinylm.text.vocabulary import SPECIAL, frequent

WORDS = treebank_words("The cat sees the mouse; the mouse sees the cat and a dog.")


def test_the_most_frequent_word_comes_first():
    vocabulary = Vocabulary.fit(WORDS)
    assert vocabulary.tokens == [*SPECIAL, "the", "cat", "mouse", "sees", ".", ";", "The", "a", "and", "dog"]
    assert vocabulary.counts.tolist() == [0, 0, 0, 0, 3, 2, 2, 2, 1, 1, 1, 1, 1, 1]
    assert len(vocabulary) == 14 and "cat" in vocabulary and "Cat" not in vocabulary and "<unk>" in vocabulary
    assert vocabulary.ids["<pad>"] == 0 and vocabulary.ids["<unk>"] == 1 and vocabulary.words[0] == "the"
    assert repr(vocabulary) == "Vocabulary of 14: <pad> <unk> <s> </s> the cat mouse sees ..."


def test_rare_words():
    vocabulary = Vocabulary.fit(WORDS, min_count=2)
    assert vocabulary.words == ["the", "cat", "mouse", "sees"]
    assert vocabulary.rare == (6, 6) and vocabulary.counts.tolist() == [0, 6, 0, 0, 3, 2, 2, 2]
    assert vocabulary.replace_rare(["the", "dog", "sees"]) == ["the", "<unk>", "sees"]
    assert vocabulary.counts.sum() == len(WORDS)
    small = Vocabulary.fit(WORDS, max_size=6)
    assert small.words == ["the", "cat"] and small.rare == (10, 8) and len(small) == 6


def test_ids_and_back():
    vocabulary = Vocabulary.fit(WORDS, min_count=2)
    ids = vocabulary.encode(["the", "dog", "sees"], start=True, end=True)
    assert ids.dtype == np.int64 and ids.tolist() == [2, 4, 1, 7, 3]
    assert vocabulary.decode(ids) == ["<s>", "the", "<unk>", "sees", "</s>"]
    assert vocabulary.encode([]).shape == (0,) and vocabulary.encode([]).dtype == np.int64
    assert vocabulary.decode([]) == [] and vocabulary.decode(np.int8(4)) == ["the"]


def test_special_symbols_in_the_text_are_the_symbols():
    vocabulary = Vocabulary.fit(["<s>", "a", "<unk>", "b", "a", "<unk>", "</s>"], min_count=2)
    assert vocabulary.words == ["a"] and vocabulary.rare == (3, 1)
    assert vocabulary.encode(["<s>", "<unk>", "a"]).tolist() == [2, 1, 4]


def test_coverage():
    vocabulary = Vocabulary.fit(WORDS, min_count=2)
    found = vocabulary.coverage(["the", "dog", "the", "<unk>", "dog", "ox", "elk"], most=2)
    assert found == (7, 2, 5, 1, [("dog", 2), ("<unk>", 1)]) and found.share == 2 / 7
    assert vocabulary.coverage([]) == (0, 0, 0, 0, []) and vocabulary.coverage([]).share == 1
    assert Vocabulary.fit(WORDS).coverage(WORDS).share == 1


def test_the_tokenizer_of_words_has_the_same_order():
    text = "b a a c c d"
    assert Words.fit(text).tokens[1:] == Vocabulary.fit(text.split()).words == ["a", "c", "b", "d"]
    assert frequent({"b": 1, "a": 1, "c": 2}, room=2) == ["c", "a"]


def test_saved_and_loaded(tmp_path):
    vocabulary = Vocabulary.fit([*WORDS, "猫", "\u2028"], min_count=1, max_size=13)
    vocabulary.save(tmp_path / "v.json")
    loaded = Vocabulary.load(tmp_path / "v.json")
    assert (loaded.tokens, loaded.ids, loaded.rare) == (vocabulary.tokens, vocabulary.ids, vocabulary.rare)
    assert np.array_equal(loaded.counts, vocabulary.counts)
    loaded.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "v.json").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.json", "v.json"]


def test_a_file_is_never_half_written(tmp_path, monkeypatch):
    Vocabulary({"a": 1}).save(tmp_path / "v.json")

    def fail(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="the disk is full"):
        Vocabulary({"b": 1}).save(tmp_path / "v.json")
    assert Vocabulary.load(tmp_path / "v.json").words == ["a"] and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("changed", [
    {"counts": {"a": 0}}, {"counts": {"a": "1"}}, {"counts": [1]}, {"counts": {"<s>": 1}}, {"rare": None},
    {"rare": [1]}, {"tinylm": "segmenter"}, {"tinylm": None},
])
def test_other_files(changed, tmp_path):
    content = {"tinylm": "vocabulary", "rare": [0, 0], "counts": {"a": 1}, **changed}
    (tmp_path / "v.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ValueError, match=r"v\.json is no vocabulary of TinyLM"):
        Vocabulary.load(tmp_path / "v.json")
    (tmp_path / "v.json").write_bytes(b"\xff")
    with pytest.raises(ValueError, match=r"v\.json is no vocabulary of TinyLM"):
        Vocabulary.load(tmp_path / "v.json")


def test_errors():
    vocabulary = Vocabulary({"a": 1})
    for function in (Vocabulary.fit, vocabulary.encode, vocabulary.replace_rare, vocabulary.coverage):
        with pytest.raises(TypeError, match="words is one text; cut it first, as in treebank_words"):
            function("a text")
        with pytest.raises(TypeError, match="a word is of type float"):
            function(["a", math.nan])
        with pytest.raises(TypeError, match="a word is of type list"):
            function([["a"], ["b"]])
        with pytest.raises(TypeError, match="a word is bytes"):
            function([b"a"])
    with pytest.raises(ValueError, match="there are no words"):
        Vocabulary.fit([])
    with pytest.raises(ValueError, match="max_size is 4, but the special symbols take 4"):
        Vocabulary.fit(["a"], max_size=4)
    with pytest.raises(ValueError, match="'<s>' is a special symbol"):
        Vocabulary({"<s>": 1})
    with pytest.raises(ValueError, match=r"the count of 'a' is 1\.0; it must be a whole number"):
        Vocabulary({"a": 1.0})
    with pytest.raises(ValueError, match="lone surrogate"):
        Vocabulary({"a\ud800": 1})
    with pytest.raises(IndexError, match="there is no id 5; there are 0 to 4"):
        vocabulary.decode([4, 5])
    with pytest.raises(IndexError, match="there is no id -1"):
        vocabulary.decode([-1])
    with pytest.raises(TypeError, match="ids are integers, not float64"):
        vocabulary.decode([1.0])
