import json

import pytest

from tinylm.corpus import sources as module
from tinylm.corpus.sources import documents, find
from tinylm.data import load


@pytest.fixture
def short(monkeypatch):
    """A document is long from eleven characters on."""
    monkeypatch.setattr(module, "LONGEST", 10)


def written(path, *lines):
    path.write_text("\n".join(lines), encoding="utf-8", newline="\n")
    return path


def texts(path, *arguments):
    return [document.text for document in documents(path, *arguments)]


def test_a_file_is_a_document(tmp_path):
    (document,) = documents(written(tmp_path / "a.txt", "one", "", "two é"))
    assert document == ("one\n\ntwo é", str(tmp_path / "a.txt"), 0, 11, True)


def test_documents_between_separators(tmp_path):
    path = written(tmp_path / "a.txt", "", "one", "more", "", "", "two", " ", "", "  ", "", "three")
    found = list(documents(path, ""))
    assert [(document.text.strip(), document.line) for document in found] == [("one\nmore", 2), ("two", 6),
                                                                              ("three", 11)]
    path = written(tmp_path / "b.txt", "%", "one", "", "%%", "%", "%", "two%", "%")
    assert texts(path, "%") == ["one\n\n%%\n", "two%\n"]


@pytest.mark.parametrize("block", [1, 2, 3, 7])
def test_separators_where_pieces_end(tmp_path, monkeypatch, block):
    real = module.pieces
    monkeypatch.setattr(module, "pieces", lambda path: real(path, block))
    path = written(tmp_path / "a.txt", "one", "--", "two", "-", "--", "", "--", "three")
    assert texts(path, "--") == ["one\n", "two\n-\n", "three\n"]


def test_lines_of_json(tmp_path):
    path = written(tmp_path / "a.jsonl", '{"text": "one\\ntwo", "id": 3}', "", '{"text": ""}',
                   '{"text": "\\ud83d\\ude00"}', '{"text": "half \\ud800 of it"}')
    found = list(documents(path, "one"))
    assert [document.text for document in found] == ["one\ntwo", "", "\U0001f600", "half \ufffd of it"]
    assert [document.line for document in found] == [1, 3, 4, 5]
    assert [document.size for document in found] == [7, 0, 4, 14]
    path = written(tmp_path / "b.ndjson", '{"content": "one"}')
    assert texts(path, None, "content") == ["one"]


@pytest.mark.parametrize(("line", "said"), [
    ('{"content": "x", "id": 1}', r"line 2, has no entry 'text'; it has 'content', 'id'.*--field"),
    ("{}", "line 2, has no entry 'text'; it has none"),
    ("not json", "line 2, is no JSON"), ("[" * 100_000, r"line 2, is no JSON \(maximum recursion depth"),
    ('["x"]', 'line 2, is a JSON list, not an object such as {"text": "..."}'),
    ('{"text": ["x"]}', "line 2,: 'text' is a list"),
    ('{"text": null}', "'text' is a NoneType"),
])
def test_lines_that_hold_no_text(tmp_path, line, said):
    path = written(tmp_path / "a.jsonl", '{"text": "good"}', line)
    with pytest.raises(ValueError, match=said):
        list(documents(path))


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_not_utf8_says_where(tmp_path, name, mark):
    content = mark + b'{"text": "good"}\n{"text": "caf\xe9"}\n'
    (tmp_path / name).write_bytes(content)
    place = content.index(b"\xe9")
    with pytest.raises(ValueError, match=rf"{name} is not UTF-8: byte {place} is 0xe9 "):
        list(documents(tmp_path / name))


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
def test_nothing_in_it(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match="is empty: there is nothing to learn from"):
        list(documents(tmp_path / name))


def test_long_documents_are_not_held(tmp_path, short):
    (document,) = documents(written(tmp_path / "a.txt", "é" * 30))
    assert document == ("é" * 10, str(tmp_path / "a.txt"), 0, 60, False)
    found = list(documents(written(tmp_path / "b.txt", "x" * 30, "", "short"), ""))
    assert [(each.text, each.whole) for each in found] == [("x" * 10, False), ("short\n", True)]
    lines = [json.dumps({"text": text}) for text in ("x" * 200, "y" * 11, "y" * 10)]
    found = list(documents(written(tmp_path / "c.jsonl", *lines)))
    assert [(each.whole, each.line) for each in found] == [(False, 1), (False, 2), (True, 3)]
    assert found[0].size == len(lines[0]) + 1 and found[1].size == 11


@pytest.mark.parametrize("block", [3, 8, 100])
def test_a_line_without_end_is_one_document(tmp_path, monkeypatch, short, block):
    real = module.pieces
    monkeypatch.setattr(module, "pieces", lambda path: real(path, block))
    path = written(tmp_path / "a.txt", "x" * 24, "more", "", "next")  # 24: an end of a piece is the end of the line
    assert [(each.size, each.whole) for each in documents(path, "")] == [(30, False), (5, True)]


def test_built_in_texts_come_in_pieces_too(monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 10_000)
    found = list(module.pieces_of("pydoc"))
    assert "".join(found) == load("pydoc") and max(map(len, found)) == 10_000


def test_built_in_texts_and_sources(tmp_path):
    found = list(documents("pydoc"))
    assert len(found) > 1000 and {document.source for document in found} == {"pydoc"}
    written(tmp_path / "b.txt", "b")
    written(tmp_path / "a.txt", "a")
    (tmp_path / "c.bin").write_bytes(b"\0\xff")
    survey = find(["pydoc", tmp_path])
    assert [path.name for path in survey.files] == ["pydoc", "a.txt", "b.txt"]
    assert len(survey.skipped) == 1 and "c.bin is not UTF-8" in survey.skipped[0]
    with pytest.raises(ValueError, match="there is no source"):
        find([])
    with pytest.raises(FileNotFoundError, match="nor a pattern that finds a file"):
        find([tmp_path / "none"])
