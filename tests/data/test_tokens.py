import json
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm.data import Sequences, chunks, corpora, files, read_tokens, tokens, write_tokens
from tinylm.text import BPE, Bytes, Characters, Words

SPECIAL = ["<|end|>", "a b", "\n\n\n"]
TEXT = "it's a  test, isn't it?\n\n\n<|end|> <|en d|> 猫 🎉\x1c \u2028x\t\ty  \n 12 345's" * 3
TOKENIZERS = [Bytes(), Bytes(SPECIAL), Characters.fit(TEXT, SPECIAL), Words.fit(TEXT, special=SPECIAL),
              BPE.fit(TEXT, 300), BPE.fit(TEXT, 300, SPECIAL)]
ALPHABET = st.sampled_from([*"ab's1,é猫<|end>", " ", "  ", "\n", "\t", "\x1c", "\x85", "\u2028", "\u3000", "'s",
                            *SPECIAL])


@pytest.mark.parametrize("tokenizer", TOKENIZERS, ids=lambda t: f"{t.kind}-{len(t.special)}")
@given(parts=st.lists(ALPHABET, max_size=30), size=st.integers(1, 6))
def test_cutting_changes_nothing(tokenizer, parts, size):
    text = "".join(parts)
    cut = [text[i:i + size] for i in range(0, len(text), size)]
    found = np.concatenate([np.zeros(0, np.int64), *tokens.encoded(cut, tokenizer)])
    assert found.tolist() == tokenizer.encode(text).tolist()


@pytest.mark.parametrize("tokenizer", TOKENIZERS[::2], ids=lambda t: t.kind)
def test_written_is_read(tmp_path, tokenizer):
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8", newline="")
    ids = tokenizer.encode(TEXT)
    assert write_tokens(tmp_path / "ids", tmp_path / "text.txt", tokenizer) == len(ids)
    found = read_tokens(tmp_path / "ids", tokenizer)
    assert np.array_equal(found, ids) and isinstance(found, np.memmap) and not found.flags.writeable
    assert found.dtype.itemsize == (1 if len(tokenizer) <= 256 else 2)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["ids", "text.txt"]
    inputs, targets = Sequences(found, 5).at(np.array([1]))
    assert inputs.tolist() == [ids[:5].tolist()] and targets.tolist() == [ids[1:6].tolist()]


@pytest.mark.parametrize("pieces", [[], [np.zeros(0, np.int64)] * 2])
def test_no_ids_are_no_file(tmp_path, pieces):
    (tmp_path / "ids").write_bytes(b"old")
    assert tokens.write_ids(tmp_path / "ids", pieces, Bytes()) == 0
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_memory_is_bounded(tmp_path):
    path, size = tmp_path / "large.txt", 30 * 2**20
    path.write_bytes("A line of text, é.\n".encode().ljust(32) * (size // 32))
    tracemalloc.start()
    assert write_tokens(tmp_path / "ids", path, Bytes()) == size
    found = read_tokens(tmp_path / "ids")
    Sequences(found, 64).sample(8, np.random.default_rng(0))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == size and peak < 25 * 2**20


def test_pages_are_forgotten(tmp_path):
    def resident():
        (line,) = [line for line in Path("/proc/self/status").read_text("utf-8").splitlines() if "RssFile" in line]
        return int(line.split()[1]) * 1024

    (tmp_path / "text.txt").write_bytes(b"text" * 2**22)
    write_tokens(tmp_path / "ids", tmp_path / "text.txt", Bytes())
    ids = read_tokens(tmp_path / "ids")
    total = int(ids.sum())
    before = resident() if sys.platform == "linux" else 0
    tokens.forget(ids)
    if sys.platform == "linux":
        assert before - resident() > 2**23
    assert int(ids.sum()) == total
    own = np.memmap(tmp_path / "ids", mode="c")
    own[:] = 1
    tokens.forget(own)
    assert own.min() == 1


def test_a_text_without_white_space_is_still_cut():
    text = "猫" * 5000
    assert len(list(tokens.encoded([text] * 3, Bytes()))) == 3
    (ids,) = tokens.encoded([text] * 3, BPE([]))
    assert len(ids) == 3 * 3 * 5000
    assert len(list(tokens.encoded(["<|end|>"] * 300, Bytes(SPECIAL)))) == 300


def test_an_older_file_stays_until_the_new_one_is_whole(tmp_path, monkeypatch):
    (tmp_path / "text.txt").write_text("old", encoding="utf-8")
    write_tokens(tmp_path / "ids", tmp_path / "text.txt", Bytes())
    (tmp_path / "text.txt").write_bytes(b"new" * 1000 + b"\xff")
    monkeypatch.setattr(corpora, "pieces", lambda path: files.pieces(path, 10))  # so that much has been written
    with pytest.raises(ValueError, match="not UTF-8: byte 3000"):
        write_tokens(tmp_path / "ids", tmp_path / "text.txt", Bytes())
    assert bytes(read_tokens(tmp_path / "ids", Bytes())) == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ids", "text.txt"]


def test_what_is_wrong_is_found(tmp_path):
    path = tmp_path / "ids"
    (tmp_path / "text.txt").write_text("some text", encoding="utf-8")
    write_tokens(path, tmp_path / "text.txt", Bytes())
    whole = path.read_bytes()
    with pytest.raises(ValueError, match="written with another tokenizer"):
        read_tokens(path, Bytes(["<a>"]))
    path.write_bytes(whole[:-1])
    with pytest.raises(ValueError, match="truncated or damaged: it has 4,104 bytes and should have 4,105"):
        read_tokens(path)
    path.write_bytes(whole[:-1] + b"T")
    with pytest.raises(ValueError, match=r"damaged: its ids are not those that were written \(SHA-256\)"):
        read_tokens(path)
    assert bytes(read_tokens(path, verify=False)) == b"some texT"
    other = json.dumps({**json.loads(whole[:4096]), "dtype": "<f8"}).ljust(4096).encode()
    for content in (b"", b"some text", b"\xff" * 5000, b"{}", b"[]" + b" " * 5000, other):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="is no token file"):
            read_tokens(path)


def test_a_text_without_tokens(tmp_path):
    (tmp_path / "text.txt").write_text("\u200b", encoding="utf-8")  # no white space, and yet no word
    tokenizer = Words.fit("a")
    tokenizer._encode = lambda text: np.zeros(0, np.int64)
    with pytest.raises(ValueError, match="gives no token with this word tokenizer"):
        write_tokens(tmp_path / "ids", tmp_path / "text.txt", tokenizer)
    assert list(chunks(tmp_path / "text.txt")) == ["\u200b"]
