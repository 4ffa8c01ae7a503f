import codecs
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm.data.files import pieces, survey


@given(st.text() | st.text("\r\né猫a"), st.integers(1, 7), st.booleans())
def test_pieces_are_the_text(tmp_path_factory, text, block, mark):
    path = tmp_path_factory.getbasetemp() / "pieces.txt"
    text = "x" + text
    path.write_bytes(codecs.BOM_UTF8 * mark + text.encode("utf-8"))
    found = list(pieces(path, block))
    assert "".join(found) == text.replace("\r\n", "\n").replace("\r", "\n")
    assert all(found) and max(map(len, found)) <= block + 1  # and a line end that was held back


@pytest.mark.parametrize("block", [1, 2, 5, 100])
@pytest.mark.parametrize(("content", "place", "byte"), [
    (b"caf\xe9 au lait", 3, "e9"),
    (b"\xef\xbb\xbfcaf\xe9 au lait", 6, "e9"),
    (b"half a pair: \xed\xa0\x80", 13, "ed"),
    (b"cut off: \xe7\x8c", 9, "e7"),
])
def test_not_utf8_says_where(tmp_path, block, content, place, byte):
    path = tmp_path / "latin.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"latin\.txt is not UTF-8: byte {place} is 0x{byte} "):
        list(pieces(path, block))


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b" \r\n\t"])
def test_nothing_to_read(tmp_path, content):
    (tmp_path / "empty").write_bytes(content)
    with pytest.raises(ValueError, match="is empty: there is nothing to learn from"):
        list(pieces(tmp_path / "empty", 2))


@pytest.fixture
def folder(tmp_path):
    texts = {"b.txt": b"b", "a/z.txt": b"z", "a/B.md": b"B", "a.txt": b"a", "a/picture.png": b"\x89PNG",
             "zeros": b"a\0b", "empty.txt": b"\n", ".git/config": b"hidden", "a/.notes": b"hidden"}
    for name, content in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def test_a_folder_in_a_fixed_order(folder):
    found = survey(folder)
    assert [path.relative_to(folder).as_posix() for path in found.files] == ["a/B.md", "a/z.txt", "a.txt", "b.txt"]
    reasons = "\n".join(found.skipped).replace(str(folder) + os.sep, "").replace(os.sep, "/")
    assert reasons == (".git is hidden\na/.notes is hidden\n"
                       "a/picture.png is not UTF-8: byte 0 is 0x89 (invalid start byte). "
                       "Save it as UTF-8 in your editor\n"
                       "empty.txt is empty: there is nothing to learn from\n"
                       "zeros holds zero bytes, as programs and pictures do")


def test_a_pattern_and_a_file(folder):
    assert [path.name for path in survey(f"{folder}/**/*.txt").files] == ["z.txt", "a.txt", "b.txt"]
    assert survey(folder / "zeros") == ([folder / "zeros"], [])  # asked for by name: read it, whatever it is


def test_nothing_there(tmp_path):
    for source, message in ((tmp_path / "none", "is no file or folder"), (tmp_path, "is a folder without files"),
                            (tmp_path / "*.txt", "no pattern that finds one")):
        with pytest.raises(FileNotFoundError, match=message):
            survey(source)
    (tmp_path / "a.png").write_bytes(b"\x89")
    with pytest.raises(ValueError, match=r"holds no text in UTF-8:\n .*a\.png is not UTF-8"):
        survey(tmp_path)
