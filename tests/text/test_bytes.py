import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm.text import Bytes


@given(st.text())
def test_decoding_undoes_encoding(text):
    ids = Bytes().encode(text)
    assert ids.dtype == np.int64 and ids.tolist() == list(text.encode("utf-8"))
    assert Bytes().decode(ids) == text
    assert Bytes.fit(text).unknown(text) == ""


def test_special_tokens_follow():
    tokenizer = Bytes(["<a>", "<ab>"])
    assert len(tokenizer) == 258
    assert tokenizer.encode("<ab>é<a>").tolist() == [257, 0xC3, 0xA9, 256]
    assert tokenizer.decode([257, 0xC3, 0xA9, 256]) == "<ab>é<a>"


def test_bytes_that_are_no_text():
    assert Bytes().decode([0x61, 0xC3, 0x62]) == "a�b"
    assert "".join(Bytes().stream([0x61, 0xC3, 0x62])) == "a�b"


def test_errors(tmp_path):
    with pytest.raises(IndexError, match="there is no id 256; this tokenizer has 0 to 255"):
        Bytes().decode([256])
    with pytest.raises(ValueError, match="'Ġ' is a byte already"):
        Bytes(["Ġ"])
    content = Bytes().to_json().replace('"A": 65', '"A": 66').replace('"B": 66', '"B": 65')
    (tmp_path / "t.json").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"t\.json is not a byte tokenizer: its ids are not the bytes"):
        Bytes.load(tmp_path / "t.json")
