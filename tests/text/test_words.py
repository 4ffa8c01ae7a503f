import numpy as np
import pytest

from tinylm.text import Words

TEXT = "The cat doesn't see the mouse; the mouse sees the cat."


def test_the_vocabulary_is_ordered_by_count_then_alphabet():
    tokenizer = Words.fit(TEXT)
    assert tokenizer.tokens == ["<unk>", "the", "cat", "mouse", ".", ";", "The", "doesn't", "see", "sees"]
    assert tokenizer.unknown_id == 0


def test_words_and_marks():
    tokenizer = Words.fit("naïve café_2 猫 « l’été » ... 'quoted' नमस्ते")
    assert tokenizer.decode(tokenizer.encode("« l’été »...\n café_2\t'quoted' नमस्ते")) == \
        "« l’été » . . . café_2 ' quoted ' नमस्ते"


def test_what_was_not_seen_is_unknown():
    tokenizer = Words.fit(TEXT, special=["<end>"])
    ids = tokenizer.encode("the dog sees 2 dogs.<end>")
    assert ids.dtype == np.int64 and ids.tolist() == [1, 0, 9, 0, 0, 4, 10]
    assert tokenizer.decode(ids) == "the <unk> sees <unk> <unk> . <end>"
    assert tokenizer.unknown("the dog sees 2 dogs.<end>") == "2 dog dogs"
    assert tokenizer.encode(" ").shape == (0,)


def test_a_smaller_vocabulary():
    assert Words.fit(TEXT, min_count=2).tokens == ["<unk>", "the", "cat", "mouse"]
    assert Words.fit(TEXT, max_size=3).tokens == ["<unk>", "the", "cat"]
    assert Words.fit(TEXT, max_size=4, special=["<end>"]).tokens == ["<unk>", "the", "cat", "<end>"]


def test_it_streams_with_a_space_where_one_belongs():
    tokenizer = Words.fit(TEXT)
    ids = tokenizer.encode("the cat .")
    assert list(tokenizer.stream(ids)) == ["the", " cat", " ."]
    assert "".join(tokenizer.stream(ids, after="see")) == " the cat ."
    assert "".join(tokenizer.stream(ids, after="see ")) == "the cat ."


def test_saved_and_loaded(tmp_path):
    tokenizer = Words.fit(TEXT, special=["<end>"])
    tokenizer.save(tmp_path / "t.json")
    loaded = Words.load(tmp_path / "t.json")
    assert (loaded.tokens, loaded.special, loaded.unknown_id) == (tokenizer.tokens, ("<end>",), 0)


def test_the_unknown_word_may_have_another_name_and_place(tmp_path):
    Words(["a", "[UNK]"], ["[UNK]"], unknown="[UNK]").save(tmp_path / "t.json")
    loaded = Words.load(tmp_path / "t.json")
    assert loaded.unknown_id == 1 and loaded.encode("a b [UNK]").tolist() == [0, 1, 1]


def test_errors(tmp_path):
    with pytest.raises(ValueError, match="there is no word in the text"):
        Words.fit(" \n")
    with pytest.raises(ValueError, match=r"max_size is 2, but .* take 2"):
        Words.fit(TEXT, max_size=2, special=["<end>"])
    with pytest.raises(ValueError, match="'<unk>', is not in the vocabulary"):
        Words(["a"])
    with pytest.raises(ValueError, match="'a' comes twice"):
        Words(["<unk>", "a", "a"])
    (tmp_path / "t.json").write_text(Words(["<unk>"]).to_json().replace("Removed", "Isolated"), encoding="utf-8")
    with pytest.raises(ValueError, match=r"t\.json is not a word tokenizer: its model is not WordLevel on a text"):
        Words.load(tmp_path / "t.json")
