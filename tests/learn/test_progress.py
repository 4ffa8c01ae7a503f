"""What the learner has done is kept, whatever happens to the files."""

import os
from pathlib import Path

import pytest

from tinylm.learn import progress
from tinylm.learn.progress import Record, keep, recall


@pytest.fixture(autouse=True)
def nothing_unsaved(monkeypatch):
    monkeypatch.setattr(progress, "_unsaved", {})


def test_kept_and_recalled():
    assert recall("02.1") == Record()
    keep("02.1", Record(3, 2, True))
    keep("02.2", Record(1, 0, False))
    assert recall("02.1") == Record(3, 2, True) and recall("02.2") == Record(1, 0, False)


def test_two_exercises_cannot_undo_each_other():
    keep("02.1", Record(1))
    keep("02.2", Record(2))
    assert len(list((progress.folder() / "lessons").glob("*.json"))) == 2


@pytest.mark.parametrize("content", [
    b"", b"{", b"[]", b"null", b'{"tries": 1}', b"\xff\xfe", b'{"tries": "x", "hints": 0}',
    b'{"tries": 1, "hints": null, "passed": true}',
])
def test_a_file_that_cannot_be_read_counts_as_none(content):
    keep("02.1", Record(3, 1, True))
    (progress.folder() / "lessons" / "02.1.json").write_bytes(content)
    assert recall("02.1") == Record()
    keep("02.1", Record(1))
    assert recall("02.1") == Record(1)


def test_it_is_replaced_at_once_or_left_as_it_is(monkeypatch):
    keep("02.1", Record(3))

    def fail(*_):
        raise OSError("the disk is full")
    monkeypatch.setattr(os, "replace", fail)
    keep("02.1", Record(4))
    assert [path.name for path in (progress.folder() / "lessons").iterdir()] == ["02.1.json"]
    assert recall("02.1") == Record(3)  # what is on the disk


def test_in_a_folder_that_is_read_only_it_lasts_as_long_as_the_process(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("TINYLM_CONFIG", str(tmp_path / "file"))
    keep("02.1", Record(2, 1, True))
    assert recall("02.1") == Record(2, 1, True) and recall("02.2") == Record()


@pytest.mark.parametrize(("platform", "settings", "expected"), [
    ("linux", {}, ".config/tinylm"), ("linux", {"XDG_CONFIG_HOME": "/else"}, "/else/tinylm"),
    ("darwin", {"XDG_CONFIG_HOME": "/else"}, "Library/Application Support/tinylm"),
    ("win32", {"APPDATA": "/roaming"}, "/roaming/tinylm"), ("win32", {}, "AppData/Roaming/tinylm"),
    ("linux", {"TINYLM_CONFIG": "/mine"}, "/mine"),
])
def test_where_it_is_kept(platform, settings, expected, monkeypatch):
    monkeypatch.setattr(progress.sys, "platform", platform)
    for name in ("TINYLM_CONFIG", "XDG_CONFIG_HOME", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert progress.folder().as_posix().endswith(Path(expected).as_posix())
