import numpy as np
import pytest

from tinylm.text import Characters


def test_decoding_undoes_encoding():
    text = "naïve café — 猫が好き 🐈\n\ttab"
    tokenizer = Characters.fit(text)
    ids = tokenizer.encode(text)
    assert ids.dtype == np.int64 and ids.shape == (len(text),)
    assert ids.min() >= 1 and ids.max() == len(tokenizer) - 1
    assert tokenizer.decode(ids) == text
    assert tokenizer.encode("").shape == (0,)


def test_what_was_not_seen_is_unknown():
    tokenizer = Characters.fit("abc")
    assert tokenizer.encode("a☃z\ud800").tolist() == [1, 0, 0, 0]
    assert tokenizer.decode([1, 0]) == "a�"
    assert tokenizer.unknown("cab☃z☃") == "z☃"


def test_the_replacement_character_is_the_unknown_one():
    tokenizer = Characters.fit("a�b")
    assert tokenizer.characters == "ab" and tokenizer.encode("a�").tolist() == [1, 0]


def test_special_tokens_follow():
    tokenizer = Characters.fit("ba<end>", special=["<end>"])
    assert tokenizer.characters == "ab" and tokenizer.tokens == ["�", "a", "b", "<end>"]
    assert tokenizer.encode("a<end>b<end").tolist() == [1, 3, 2, 0, 0, 0, 0]
    assert tokenizer.decode([1, 3, 2]) == "a<end>b"
    assert tokenizer.unknown("a<end><x") == "<x"


def test_saved_and_loaded(tmp_path):
    tokenizer = Characters.fit('"quoted"\n\\ 猫')
    tokenizer.save(tmp_path / "tokenizer.json")
    loaded = Characters.load(tmp_path / "tokenizer.json")
    assert loaded.characters == tokenizer.characters and len(loaded) == len(tokenizer)


def test_errors(tmp_path):
    with pytest.raises(ValueError, match="text is empty"):
        Characters.fit("")
    with pytest.raises(ValueError, match=r"lone surrogate U\+DC00"):
        Characters.fit("a\udc00")
    with pytest.raises(ValueError, match="comes twice"):
        Characters("aba")
    with pytest.raises(ValueError, match="it stands for what is unknown"):
        Characters("a�")
    for wrong in ([3], [-1]):
        with pytest.raises(IndexError, match=r"there is no id -?\d; this tokenizer has 0 to 2"):
            Characters("ab").decode(wrong)
    for content in ("not json", "[]", "{}", '{"type": "bytes"}', '{"type": "characters", "characters": "aa"}',
                    Characters("ab").to_json().replace('"unk_token": "�"', '"unk_token": "a"')):
        (tmp_path / "t.json").write_text(content, encoding="utf-8")
        with pytest.raises(ValueError, match=r"t\.json is not a character tokenizer"):
            Characters.load(tmp_path / "t.json")
