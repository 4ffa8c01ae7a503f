"""A write that is stopped leaves the old file and nothing beside it, whatever is saved."""

import numpy as np
import pytest

from tinylm import WordVectors, atomic, write_vectors
from tinylm.text import Bytes, Vocabulary
from tinylm.weights import save_weights


def stopped(*arguments):
    raise KeyboardInterrupt


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_write_that_is_stopped_leaves_the_old_file(tmp_path, monkeypatch, call):
    atomic.write(tmp_path / "file", b"old")
    monkeypatch.setattr(atomic.os, call, stopped)
    with pytest.raises(KeyboardInterrupt):
        atomic.write(tmp_path / "file", b"new")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_an_error_while_it_is_written(tmp_path):
    atomic.write(tmp_path / "file", b"old")
    with pytest.raises(ZeroDivisionError), atomic.replacing(tmp_path / "file") as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


@pytest.mark.parametrize("save", [
    lambda path: Bytes().save(path), lambda path: Vocabulary({"word": 1}).save(path),
    lambda path: save_weights(path, {"a": np.ones(2)}),
    lambda path: write_vectors(path, WordVectors(["word"], np.ones((1, 2)))),
], ids=["tokenizer", "vocabulary", "weights", "vectors"])
def test_what_is_saved_is_there_whole_or_not_at_all(tmp_path, monkeypatch, save):
    (tmp_path / "file").write_bytes(b"old")
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(atomic.os, "replace", stopped)
        save(tmp_path / "file")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]
    save(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() != b"old" and len(list(tmp_path.iterdir())) == 1
