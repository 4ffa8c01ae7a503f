"""tokenizer.json of every kind, and what is none."""

import json

import numpy as np
import pytest

from tinylm import text
from tinylm.text import BPE, KINDS

SPECIAL = ["<|end|>", "<|e", "a|", "<|end|>>"]
TEXT = "A cat, a naïve café; 猫が好き 🐈\n\n don't <unk> <|end|> it's"


@pytest.fixture(params=KINDS, ids=lambda kind: kind.kind)
def kind(request):
    return request.param


def test_every_kind_comes_back_from_its_file(kind, tmp_path):
    tokenizer = kind.fit(TEXT, special=SPECIAL)
    tokenizer.save(tmp_path / "tokenizer.json")
    loaded = text.load(tmp_path / "tokenizer.json")
    assert type(loaded) is kind and loaded.to_json() == tokenizer.to_json()
    assert (loaded.tokens, set(loaded.special)) == (tokenizer.tokens, set(tokenizer.special))
    for sample in (TEXT, "", "☃ x <|end|>>>", "<|end|><|end|>"):
        ids = tokenizer.encode(sample)
        assert ids.dtype == np.int64 and np.array_equal(loaded.encode(sample), ids)
        assert loaded.decode(ids) == tokenizer.decode(ids) == "".join(tokenizer.stream(ids))


def changed(**parts):
    content = json.loads(BPE([("a", "b")], ["<end>"]).to_json())
    for name, value in parts.items():
        where = content["model"] if name in content["model"] else content["added_tokens"][0] if name in (
            "lstrip", "id", "content") else content
        where[name] = value
    return json.dumps(content)


@pytest.mark.parametrize(("content", "message"), [
    ("", "Expecting value"), ("[]", r"no tokenizer\.json"), ("{}", r"no tokenizer\.json \(KeyError\('model'\)\)"),
    ('{"type": "characters", "characters": "ab"}', r"no tokenizer\.json"),
    (changed(normalizer={"type": "NFC"}), "a setting that TinyLM lacks: normalizer"),
    (changed(post_processor={"type": "TemplateProcessing"}), "a setting that TinyLM lacks: post_processor"),
    (changed(lstrip=True), "a setting that TinyLM lacks: lstrip"),
    (changed(dropout=0.1), "a setting that TinyLM lacks: dropout"),
    (changed(ignore_merges=True), "a setting that TinyLM lacks: ignore_merges"),
    (changed(id=300), "its 258 ids are not 0 to 257"), (changed(content=None), "its 259 ids"),
    (changed(vocab={"a": "b"}), "TypeError"), (changed(vocab=3), "TypeError"),
    (changed(vocab={"a": 0, "<end>": 1}, id=1), "254 of the 256 bytes|255 of the 256 bytes"),
    (changed(merges=[["a", "c"]]), "merges have the token 'ac'"), (changed(merges=["ab"]), "not enough values"),
    (changed(merges=[3]), "BPE: "), (changed(merges=None), "not BPE with merges"),
    (changed(type="Unigram"), "its model is Unigram, not BPE"),
    (changed(pre_tokenizer={"type": "Whitespace"}), "its text is not split as GPT-2 does"),
    (changed(pre_tokenizer={"type": "ByteLevel", "use_regex": False}), "its text is not split as GPT-2 does"),
    (changed(pre_tokenizer="ByteLevel"), "pre_tokenizer is not an object"),
    (changed(pre_tokenizer={"type": "ByteLevel", "add_prefix_space": True}), "no space put before it"),
])
def test_files_that_cannot_be_read(content, message, tmp_path):
    (tmp_path / "t.json").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"(?s)t\.json is (not )?a tokenizer.*({message})"):
        text.load(tmp_path / "t.json")


def test_a_token_in_another_alphabet_or_no_utf8(tmp_path):
    content = json.loads(BPE([]).to_json())
    content["model"]["vocab"]["猫"] = 256
    (tmp_path / "t.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ValueError, match="'猫' is not written in the byte-level alphabet"):
        text.load(tmp_path / "t.json")
    (tmp_path / "t.json").write_bytes(b"\xff{}")
    with pytest.raises(ValueError, match="is not a tokenizer: 'utf-8' codec"):
        text.load(tmp_path / "t.json")
    with pytest.raises(FileNotFoundError):
        text.load(tmp_path / "nowhere.json")
