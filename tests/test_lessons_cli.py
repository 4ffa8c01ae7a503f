import json
import os
import re
from pathlib import Path

import pytest

from tinylm import lessons_cli
from tinylm.cli import main
from tinylm.learn import check, exercises, language, lessons


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TINYLM_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("TINYLM_LANGUAGE", "en")
    language.speak(None)
    yield tmp_path
    language.speak(None)


@pytest.fixture
def no_jupyter(monkeypatch):
    monkeypatch.setattr(lessons_cli.importlib.util, "find_spec", lambda name: None)


def test_the_list(capsys):
    assert main(["lessons"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Foundations\n")
    line = next(line for line in shown.splitlines() if "02  Derivatives" in line)
    assert re.fullmatch(r"  02  Derivatives +60 min  0/4 exercises", line)
    assert "tinylm lessons open 2" in shown and "tinylm lessons copy DIR" in shown
    assert main(["lessons", "list"]) == 0 and capsys.readouterr().out == shown


def test_the_list_has_what_is_written_and_nothing_more(capsys):
    main(["lessons"])
    numbers = re.findall(r"^  (\d\d)  ", capsys.readouterr().out, re.MULTILINE)
    assert numbers == [lesson.number for lesson in lessons.written()] and "02" in numbers


def test_the_list_in_chinese(capsys):
    assert main(["lessons", "--language", "zh"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("基础\n") and re.search(r"^  02  导数 +60 分钟  练习 0/4$", shown, re.MULTILINE)
    columns = {len(line.split("分钟")[0].encode("gbk")) for line in shown.splitlines() if "分钟" in line}
    assert len(columns) == 1  # a Chinese character is two columns wide, as it has two bytes in GBK


def test_states(capsys):
    for number in ("02.1", "02.2"):
        check(number, exercises.find(number).answer)
    capsys.readouterr()
    main(["lessons"])
    assert re.search(r"02 .* 2/4 exercises  begun$", capsys.readouterr().out, re.MULTILINE)
    for number in ("02.3", "02.4"):
        check(number, exercises.find(number).answer)
    capsys.readouterr()
    main(["lessons"])
    assert re.search(r"02 .* 4/4 exercises  done$", capsys.readouterr().out, re.MULTILINE)
    main(["lessons", "--language", "zh"])
    assert re.search(r"02 .* 练习 4/4 +完成$", capsys.readouterr().out, re.MULTILINE)


def test_copy(here, capsys):
    assert main(["lessons", "copy", "mine"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == len(lessons.written()) + len(lessons.PAGES)
    assert all((here / "mine" / page).is_file() for page in lessons.PAGES)
    copy = here / "mine" / "02_derivatives.ipynb"
    assert str(Path("mine", "02_derivatives.ipynb")) in shown
    assert copy.read_bytes() == (lessons.home() / "en" / "02_derivatives.ipynb").read_bytes()


def test_what_the_learner_has_written_is_never_overwritten(here, capsys):
    main(["lessons", "copy", "mine"])
    copy = here / "mine" / "02_derivatives.ipynb"
    copy.write_text("mine", encoding="utf-8")
    capsys.readouterr()
    assert main(["lessons", "copy", "mine"]) == 0
    assert copy.read_text(encoding="utf-8") == "mine"
    assert "is there already, and stays as it is" in capsys.readouterr().out


def test_copy_in_chinese(here):
    assert main(["lessons", "copy", "mine", "--language", "zh"]) == 0
    notebook = json.loads((here / "mine" / "02_derivatives.ipynb").read_text(encoding="utf-8"))
    assert notebook["metadata"]["tinylm"]["language"] == "zh"


def test_open_without_jupyter_says_what_to_do(here, capsys, no_jupyter):
    assert main(["lessons", "open", "2"]) == 0
    shown = capsys.readouterr().out
    path = Path("my-lessons", "en", "02_derivatives.ipynb")
    assert path.is_file() and f"The lesson is in {path}" in shown and "pip install jupyterlab" in shown
    assert main(["lessons", "open", "02", "--language", "zh"]) == 0
    assert Path("my-lessons", "zh", "02_derivatives.ipynb").is_file()
    assert "可以用 VS Code 打开" in capsys.readouterr().out


@pytest.mark.parametrize("server", ["jupyterlab", "notebook"])
def test_open_with_jupyter(server, monkeypatch):
    calls, signed = [], []
    monkeypatch.setattr(lessons_cli.importlib.util, "find_spec", lambda name: name == server or None)
    monkeypatch.setattr(lessons_cli.subprocess, "run",
                        lambda command, check: calls.append(command) or type("Done", (), {"returncode": 3}))
    monkeypatch.setattr(lessons_cli, "_trust", signed.append)
    assert main(["lessons", "open", "2"]) == main(["lessons", "open", "2"]) == 3
    assert signed == [Path("my-lessons", "en", "02_derivatives.ipynb")]  # ours, and not what the learner made of it
    assert calls[0][1:] == calls[1][1:] == ["-m", server, os.path.join("my-lessons", "en", "02_derivatives.ipynb")]


def test_a_notebook_of_ours_is_trusted(here, monkeypatch):
    """Jupyter would show the text in the place of a drawing."""
    nbformat = pytest.importorskip("nbformat")
    sign = pytest.importorskip("nbformat.sign")
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(here / "jupyter"))
    main(["lessons", "copy", "mine"])
    path = here / "mine" / "02_derivatives.ipynb"
    notary = sign.NotebookNotary()
    assert not notary.check_signature(nbformat.read(path, as_version=4))
    lessons_cli._trust(path)
    assert notary.check_signature(nbformat.read(path, as_version=4))


def test_open_in_a_clone_does_not_touch_the_original(here, capsys, no_jupyter, monkeypatch):
    """A clone has a folder lessons/ with the originals: the copy has to be another file."""
    clone = here / "clone"
    original = clone / "lessons" / "en" / "02_derivatives.ipynb"
    original.parent.mkdir(parents=True)
    (clone / "lessons" / "source").mkdir()
    original.write_text("original", encoding="utf-8")
    monkeypatch.chdir(clone)
    monkeypatch.setattr(lessons, "home", lambda: clone / "lessons")
    assert main(["lessons", "open", "2"]) == 0
    opened = re.search(r"The lesson is in (\S+)\. Open", capsys.readouterr().out)[1]
    assert (clone / opened).resolve() != original.resolve()
    assert (clone / opened).read_text(encoding="utf-8") == "original"


@pytest.mark.parametrize(("arguments", "words"), [
    (["open"], "tinylm lessons open needs the number of a lesson"),
    (["copy"], "tinylm lessons copy needs a folder"),
    (["open", "77"], "there is no lesson 77; there are: "),
])
def test_what_is_missing_is_said(arguments, words, capsys):
    assert main(["lessons", *arguments]) == 1
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(("arguments", "words"), [
    (["opne", "2"], "did you mean open?"), (["--language", "fr"], "invalid choice: 'fr'"),
])
def test_what_does_not_exist_is_answered_with_a_guess(arguments, words, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["lessons", *arguments])
    assert stop.value.code == 2 and words in capsys.readouterr().err


def test_not_installed(capsys, monkeypatch):
    def home():
        raise FileNotFoundError("the notebooks of the lessons are not installed")
    monkeypatch.setattr(lessons, "home", home)
    assert main(["lessons"]) == 1
    assert "tinylm: the notebooks of the lessons are not installed" in capsys.readouterr().err


def test_an_original_that_is_read_only_gives_a_copy_that_is_not(here, monkeypatch):
    main(["lessons", "copy", "mine"])
    assert os.access(here / "mine" / "02_derivatives.ipynb", os.W_OK)


def test_a_copy_is_whole_or_not_there(here, monkeypatch, capsys):
    def full(*_):
        raise OSError("No space left on device")
    monkeypatch.setattr(os, "replace", full)
    assert main(["lessons", "copy", "mine"]) == 1
    assert not list((here / "mine").iterdir()) and "No space left" in capsys.readouterr().err
