import os

import pytest

from tinylm.corpus.folder import new_folder


def everything(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize("there", [False, True])
def test_it_appears_at_the_end(tmp_path, there):
    if there:
        (tmp_path / "corpus").mkdir()
    with new_folder(tmp_path / "corpus") as part:
        (part / "a.txt").write_text("a", encoding="utf-8")
        (part / "deep").mkdir()
        (part / "deep" / "b.txt").write_text("b", encoding="utf-8")
        assert part.name.endswith(".part") and not (tmp_path / "corpus" / "a.txt").exists()
    assert everything(tmp_path) == ["corpus", "corpus/a.txt", "corpus/deep", "corpus/deep/b.txt"]


def test_a_folder_that_is_there_stays_itself(tmp_path):
    """Another disk may begin there, or a shell may stand in it: nothing may take its place."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    before = folder.stat()
    with new_folder(folder) as part:
        assert part.parent == folder
        (part / "a.txt").write_text("a", encoding="utf-8")
    assert (folder.stat().st_ino, folder.stat().st_dev) == (before.st_ino, before.st_dev)


def test_where_one_stands(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with new_folder(".") as part:
        (part / "a.txt").write_text("a", encoding="utf-8")
    assert os.listdir() == ["a.txt"]
    with new_folder("b/c") as part:
        (part / "d.txt").write_text("d", encoding="utf-8")
    assert everything(tmp_path / "here") == ["a.txt", "b", "b/c", "b/c/d.txt"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize(("folder", "left"), [("new", ["old"]), ("a/b/c", ["old"]), ("old", ["old"])])
def test_after_an_error_nothing_is_left(tmp_path, error, folder, left):
    (tmp_path / "old").mkdir()
    with pytest.raises(error), new_folder(tmp_path / folder) as part:
        (part / "deep").mkdir()
        (part / "deep" / "a.txt").write_text("a", encoding="utf-8")
        raise error
    assert everything(tmp_path) == left


def test_what_others_put_beside_it_stays(tmp_path):
    with pytest.raises(OSError, match="full"), new_folder(tmp_path / "a" / "b"):
        (tmp_path / "a" / "theirs.txt").write_text("x", encoding="utf-8")
        raise OSError("full")
    assert everything(tmp_path) == ["a", "a/theirs.txt"]


@pytest.mark.parametrize("meanwhile", [False, True])
@pytest.mark.parametrize("there", [False, True])
def test_nothing_is_overwritten(tmp_path, there, meanwhile):
    folder = tmp_path / "corpus"
    if there or not meanwhile:
        folder.mkdir()

    def theirs():
        folder.mkdir(exist_ok=True)
        (folder / "train.txt").write_text("theirs", encoding="utf-8")

    if not meanwhile:
        theirs()
    with pytest.raises(FileExistsError, match="corpus has something in it already: nothing is overwritten"):
        with new_folder(folder) as part:
            assert meanwhile
            (part / "train.txt").write_text("mine", encoding="utf-8")
            theirs()
    assert (folder / "train.txt").read_text(encoding="utf-8") == "theirs"
    assert everything(tmp_path) == ["corpus", "corpus/train.txt"]


def test_an_empty_folder_that_came_meanwhile_is_no_harm(tmp_path):
    with new_folder(tmp_path / "corpus") as part:
        (part / "a.txt").write_text("a", encoding="utf-8")
        (tmp_path / "corpus").mkdir()
    assert everything(tmp_path) == ["corpus", "corpus/a.txt"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "corpus").write_text("x", encoding="utf-8")
    with pytest.raises(FileExistsError, match="corpus is a file"), new_folder(tmp_path / "corpus"):
        pass
