import ast
import json
from pathlib import Path

import pytest

import tinylm
from tinylm.corpus import documents
from tinylm.corpus.output import write_part

TEXTS = [("one\n\ntwo é", "a.txt"), ("中😀 \u2028 \"quoted\" \\", "b.txt:7"), ("last", "pydoc:3")]


def test_text(tmp_path):
    write_part(tmp_path / "train.txt", iter(TEXTS))
    expected = "one\n\ntwo é\n\n中😀 \u2028 \"quoted\" \\\n\nlast\n"
    assert (tmp_path / "train.txt").read_bytes() == expected.encode("utf-8")


def test_lines_of_json_are_read_as_they_were_written(tmp_path):
    write_part(tmp_path / "train.jsonl", iter(TEXTS), "jsonl")
    content = (tmp_path / "train.jsonl").read_bytes()
    assert content.count(b"\n") == 3 and content.endswith(b"\n") and b"\r" not in content and "中😀".encode() in content
    assert [tuple(json.loads(line).values()) for line in content.decode("utf-8").split("\n")[:-1]] == TEXTS
    assert [document.text for document in documents(tmp_path / "train.jsonl")] == [text for text, _ in TEXTS]


SOURCES = [*sorted((Path(tinylm.__file__).parent / "corpus").glob("*.py")),
           Path(tinylm.__file__).with_name("clean_cli.py")]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_file_depends_on_the_system(path):
    """Where Windows would write other line ends, or another encoding: every open says what it is about."""
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        assert name not in ("write_text", "read_text"), f"{path.name}:{call.lineno}"
        if name == "open":
            mode = call.args[1].value if len(call.args) > 1 else "r"
            said = {keyword.arg for keyword in call.keywords}
            assert "b" in mode or {"encoding", "newline"} <= said, f"{path.name}:{call.lineno}"
