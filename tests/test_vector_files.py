import gzip
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm import vector_files
from tinylm.vector_files import read_vectors, write_vectors
from tinylm.vectors import WordVectors

GLOVE = "the 0.5 -1e-3\nking 2 3\n. . . 4 5\nnaïve 6 7\n"
WORDS = ["the", "king", ". . .", "naïve"]
ROWS = np.array([[0.5, -1e-3], [2, 3], [4, 5], [6, 7]], dtype=np.float32)


@pytest.mark.parametrize("text", [GLOVE, "4 2\n" + GLOVE, "4 2\r\n" + GLOVE.replace("\n", " \r\n"), "\ufeff" + GLOVE,
                                  "4 2\n" + GLOVE.strip()])
def test_both_formats(tmp_path, text):
    path = tmp_path / "vectors.txt"
    path.write_bytes(text.encode("utf-8"))
    vectors = read_vectors(path)
    assert vectors.words == WORDS and vectors.matrix.dtype == np.float32
    np.testing.assert_array_equal(vectors.matrix, ROWS)
    (tmp_path / "vectors.txt.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert read_vectors(str(tmp_path / "vectors.txt.gz")).words == WORDS
    assert read_vectors(path, limit=2).words == WORDS[:2]
    assert read_vectors(path, limit=9).words == WORDS


FINITE = st.floats(allow_nan=False, allow_infinity=False, width=32)
WORD = st.text(st.characters(exclude_categories=["Cs", "Zs", "Cc"]), min_size=1, max_size=5)


@given(st.dictionaries(WORD, st.tuples(FINITE, FINITE, FINITE), min_size=1, max_size=8))
def test_there_and_back(tmp_path_factory, table):
    path = tmp_path_factory.mktemp("there") / "vectors.txt"
    rows = np.array(list(table.values()), dtype=np.float32)
    write_vectors(path, WordVectors(list(table), rows))
    found = read_vectors(path)
    assert found.words == list(table)
    np.testing.assert_array_equal(found.matrix, rows)
    assert path.read_text(encoding="utf-8").split("\n")[0] == f"{len(table)} 3"
    assert [each.name for each in path.parent.iterdir()] == ["vectors.txt"]


def test_many_lines(tmp_path, monkeypatch):
    monkeypatch.setattr(vector_files, "LINES", 7)
    rows = np.random.default_rng(0).standard_normal((100, 3))
    write_vectors(tmp_path / "vectors.txt", WordVectors([f"w{k}" for k in range(100)], rows))
    for limit in (None, 6, 7, 8, 100):
        found = read_vectors(tmp_path / "vectors.txt", limit)
        assert len(found) == (limit or 100)
        np.testing.assert_array_equal(found.matrix, rows[:limit].astype(np.float32))


@pytest.mark.parametrize(("content", "said"), [
    ("", "is empty"), ("\n \n", "is empty"), ("0 5\n", "promises none"), ("1 0\n", "promises none"),
    ("hello\nworld\n", "line 1: a word and its vector"),
    ("a 1 2\nb 3\n", "line 2: 2 numbers are expected after the word 'b', and there are 1"),
    ("a 1 2\nb 3 4 5\n", "line 2: 2 numbers are expected after the word 'b', and there are 3"),
    ("a 1 2\nb\n", "line 2: 2 numbers"), ("2 3\na 1 2\nb 1 2\n", "line 2: 3 numbers"),
    ("a 1 2\nb x 4\n", "line 2: the vector of 'b' holds what is no finite number"),
    ("a 1 2\n\nb nan 4\n", "line 3: the vector of 'b' holds what is no finite number"),
    ("a 1 2\nb 1 -inf\n", "line 2: the vector of 'b'"), ("a 1 2\nb 1e39 1\n", "line 2: the vector of 'b'"),
    ("3 2\na 1 2\nb 3 4\n", "truncated: its first line promises 3 words, and there are 2"),
    ("1 2\na 1 2\nb 3 4\n", "line 3: its first line promises 1 words, and there are more"),
])
def test_bad_files(tmp_path, content, said):
    path = tmp_path / "vectors.txt"
    path.write_text(content, encoding="utf-8", newline="")
    with pytest.raises(ValueError, match=said):
        read_vectors(path)


@pytest.mark.parametrize("lines", [1, 2, 4096])
@pytest.mark.parametrize("header", [b"", b"5 2\n"])
def test_words_that_come_again_or_are_cut(tmp_path, monkeypatch, lines, header):
    """As in files that others published: the first of equal words stands, what is no UTF-8 goes, and it is said."""
    monkeypatch.setattr(vector_files, "LINES", lines)
    path = tmp_path / "vectors.txt"
    path.write_bytes(header + b"a 1 2\n\xff\xfe 3 4\na 5 6\nb 7 8\nb 9 9\n")
    first = 1 + len(header[:1])
    with pytest.warns(UserWarning) as caught:
        found = read_vectors(path)
    assert found.words == ["a", "b"] and found.matrix.tolist() == [[1, 2], [7, 8]]
    assert str(caught[0].message).splitlines() == [
        f"{path}: 3 of 5 words are left out:", f"  line {first + 1}: '��' is not UTF-8",
        f"  line {first + 2}: 'a' stands in line {first} already",
        f"  line {first + 4}: 'b' stands in line {first + 3} already"]
    with pytest.warns(UserWarning, match="2 of 3 words"):
        assert read_vectors(path, limit=3).words == ["a"]


def test_an_entry_that_is_no_number_after_a_word_that_was_left_out(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("a 1 2\na 1 2\nb 1 2\nc x 2\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 4: the vector of 'c'"):
        read_vectors(path)


def test_files_of_other_kinds(tmp_path):
    path = tmp_path / "vectors.bin"
    for numbers in (b"\x00\x00\x80?\x00\x00\x00@", b"\xcd\xcc\x8c?\xcd\xcc\x8c?"):
        path.write_bytes(b"2 2\na " + numbers + b"\nb " + numbers + b"\n")
        with pytest.raises(ValueError, match=r"line 2: 2 numbers .* Is the file binary\? Only text is read here"):
            read_vectors(path)
    path.write_bytes(b"1 2\n\xff\xfe 1 2\n")
    with (pytest.warns(UserWarning, match="1 of 1 words are left out"),
          pytest.raises(ValueError, match=r"no word in UTF-8\. Is the file binary")):
        read_vectors(path)
    path.with_suffix(".gz").write_bytes(gzip.compress(GLOVE.encode("utf-8"))[:30])
    with pytest.raises(ValueError, match=r"truncated|damaged"):
        read_vectors(path.with_suffix(".gz"))
    path.with_suffix(".gz").write_bytes(GLOVE.encode("utf-8"))
    with pytest.raises(ValueError, match=r"truncated|damaged"):
        read_vectors(path.with_suffix(".gz"))
    with pytest.raises(FileNotFoundError):
        read_vectors(tmp_path / "none.txt")
    with pytest.raises(ValueError, match="limit=0"):
        read_vectors(path, 0)


@pytest.mark.parametrize(("word", "said"), [(word, "is empty or has white space") for word in (
    "", "New York", "a\nb", "a\tb", " a")] + [("\ud83d", "cannot be written in UTF-8: surrogates")])
def test_words_that_do_not_fit(tmp_path, word, said):
    with pytest.raises(ValueError, match=said):
        write_vectors(tmp_path / "vectors.txt", WordVectors(["fine", word], np.ones((2, 2))))
    assert not list(tmp_path.iterdir())


def test_the_older_file_stays_if_writing_fails(tmp_path, monkeypatch):
    path = tmp_path / "vectors.txt"
    path.write_text("old 1\n", encoding="utf-8")

    def fails(number):
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="full"):
        write_vectors(path, WordVectors(["new"], np.ones((1, 2))))
    assert path.read_text(encoding="utf-8") == "old 1\n" and len(list(tmp_path.iterdir())) == 1


def test_numbers_of_64_bits_are_written_whole(tmp_path):
    write_vectors(tmp_path / "vectors.txt", WordVectors(["a"], np.array([[1 / 3, 1e-300]])))
    line = (tmp_path / "vectors.txt").read_text(encoding="utf-8").splitlines()[1]
    assert [float(part) for part in line.split()[1:]] == [1 / 3, 1e-300]
