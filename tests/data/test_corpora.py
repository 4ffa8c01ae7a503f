import sys

import pytest

from tinylm import data


def test_the_built_in_text():
    text = data.load("pydoc")
    assert len(text) > 400_000 and "\n\n" in text
    if sys.version_info[:2] == (3, 11):
        assert len(text) == 465_126 and len(set(text)) == 103
    training, held_out = data.split(text)
    assert training + held_out == text
    assert len(held_out) == pytest.approx(len(text) / 10, abs=1)


def test_any_utf8_file(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(b"\xef\xbb\xbf" + "é 猫\r\nend\r".encode())
    assert data.load(path) == data.load(str(path)) == "é 猫\nend\n"


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_not_utf8_says_where(tmp_path, mark):
    path = tmp_path / "latin.txt"
    path.write_bytes(mark + b"caf\xe9 au lait")
    with pytest.raises(ValueError, match=rf"latin\.txt is not UTF-8: byte {len(mark) + 3} is 0xe9 .*Save it as"):
        data.load(path)


def test_errors(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing-there is neither a file nor a built-in corpus \(pydoc\)"):
        data.load("nothing-there")
    (tmp_path / "empty").write_text(" \n", encoding="utf-8")
    with pytest.raises(ValueError, match="is empty: there is nothing to learn from"):
        data.load(tmp_path / "empty")
    for text in ("", "a"):
        with pytest.raises(ValueError, match=rf"a text of {len(text)} characters is too short"):
            data.split(text)
