import math

import numpy as np
import pytest

from tinylm import prepare as module
from tinylm.data import MOST, split_at
from tinylm.prepare import fitted, prepare, spelling_bits
from tinylm.text import BPE, Bytes, Characters, Words

TEXT = "the cat sat on the mat. " * 40 + "Zürich ☃! " * 10  # what is only at the end is held out


@pytest.fixture
def path(tmp_path):
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path / "text.txt"


@pytest.mark.parametrize("kind", ["character", "byte", "bpe", "word"])
def test_the_parts_are_encoded_apart_and_the_tokenizer_sees_the_first_alone(path, kind):
    found = prepare(path, kind, 270 if kind == "bpe" else None)
    place = split_at(len(TEXT))
    training, held_out = TEXT[:place], TEXT[place:]
    assert found.tokenizer.to_json() == fitted(kind, training, 270 if kind == "bpe" else None).to_json()
    assert found.ids[:found.start].tolist() == found.tokenizer.encode(training).tolist()
    assert found.ids[found.start:].tolist() == found.tokenizer.encode(held_out).tolist()
    assert found.characters == (place, len(TEXT) - place) and found.size == len(held_out.encode())
    assert found.ids.dtype.itemsize <= 2
    assert found.tokens_per_byte == pytest.approx((len(found.ids) - found.start) / len(held_out.encode()))


def test_a_large_text_is_the_same_by_way_of_a_file(path, tmp_path, monkeypatch):
    whole = prepare(path, "bpe", 280)
    monkeypatch.setattr(module, "IN_MEMORY", 100)
    again = prepare(path, "bpe", 280, tmp_path / "ids")
    assert isinstance(again.ids, np.memmap) and np.array_equal(again.ids, whole.ids)
    assert again[2:] == whole[2:] and again.tokenizer.to_json() == whole.tokenizer.to_json()
    with pytest.raises(ValueError, match="too many to hold in memory: give a file"):
        prepare(path, "bpe", 280)


def test_a_text_to_be_scored_only(path):
    tokenizer = Characters.fit("the cat")
    found = prepare(path, tokenizer, whole=True)
    assert found.start == 0 and found.characters == (0, len(TEXT)) and found.size == len(TEXT.encode())
    assert found.spelling == pytest.approx(spelling_bits(tokenizer, TEXT))


def test_what_is_unknown_is_spelled():
    tokenizer = Characters("abc")  # with the unknown one: 4 tokens
    assert spelling_bits(tokenizer, "cab") == 0
    assert spelling_bits(tokenizer, "cabxx☃") == pytest.approx(3 * math.log2(1112064 - 4))
    assert spelling_bits(Bytes(), "☃") == spelling_bits(BPE([]), "☃") == 0
    assert math.isnan(spelling_bits(Words.fit("a b"), "a b"))


def test_at_most_a_million_characters_are_held_out():
    assert split_at(1000) == 900
    assert split_at(50 * MOST) == 49 * MOST
    with pytest.raises(ValueError, match="too short to hold 10% of it out"):
        split_at(0)


def test_tokenizers_by_name(tmp_path):
    assert fitted("byte", "").start_id == 256
    assert fitted("bpe", "abab" * 100, 258).start_id == fitted("bpe", "abab" * 100, 258).ids["<|endoftext|>"]
    assert fitted("word", "a a b").tokens == ["<unk>", "a"]  # what came once is unknown, so that unknown is learnt
    Characters("xyz").save(tmp_path / "tokenizer.json")
    assert fitted(str(tmp_path / "tokenizer.json"), "").to_json() == Characters("xyz").to_json()
    with pytest.raises(ValueError, match="there is no tokenizer 'bites'; there are character, byte, word, bpe, gpt2"):
        fitted("bites", "")
    with pytest.raises(ValueError, match="--vocabulary 9: the size of a byte vocabulary is not chosen"):
        fitted("byte", "", 9)


def test_a_text_without_tokens(tmp_path):
    (tmp_path / "text.txt").write_text("word " * 95 + "\u200b" * 60, encoding="utf-8")
    with pytest.raises(ValueError, match="this word tokenizer finds no token in the part that is scored"):
        prepare(tmp_path / "text.txt", _WithoutMarks.fit("word word"))


class _WithoutMarks(Words):
    """Words alone."""

    def _encode(self, text):
        return np.array([self.ids[word] for word in text.split() if word in self.ids], dtype=np.int64)
