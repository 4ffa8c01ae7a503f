"""What `tinylm lessons` does: list the lessons of the course, open one, copy them out."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.util
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

from .atomic import write
from .learn import lessons
from .learn.language import LANGUAGES, say, speak, spoken

SUMMARY = "list, open and copy the lessons: notebooks with exercises that are checked"
FOLDER = "my-lessons"
"""Where `tinylm lessons open` puts the copy that is opened: not `lessons`, which a clone has already."""


def add_options(command: argparse.ArgumentParser) -> None:
    """Add what `tinylm lessons` takes to its parser."""
    command.add_argument("action", nargs="?", choices=["list", "open", "copy"], default="list", metavar="ACTION",
                         help="list (the default), open NUMBER, or copy FOLDER")
    command.add_argument("what", nargs="?", metavar="WHAT", help="the number of a lesson, or a folder")
    command.add_argument("--language", choices=LANGUAGES, help="en or zh (default: the system's)")


def run(args: Any) -> int:
    """Do what the options say; gives the exit code. Raises ValueError where something is missing or does not exist."""
    speak(args.language)
    if args.action == "list":
        show()
    elif args.what is None:
        needed = "the number of a lesson" if args.action == "open" else "a folder"
        raise ValueError(f"tinylm lessons {args.action} needs {needed}")
    elif args.action == "open":
        return open_lesson(args.what)
    else:
        copy_lessons(Path(args.what))
    return 0


def show() -> None:
    """Print every lesson that is written, with the time it takes and how far the learner is."""
    there = {lesson.number for lesson in lessons.written()}
    states = {"done": say("done", "完成"), "begun": say("begun", "进行中"), "": ""}
    for part, members in lessons.PARTS:
        rows = [lesson for lesson in members if lesson.number in there]
        if rows:
            print(say(*part))
        for lesson in rows:
            state, passed, count = lessons.state(lesson)
            exercises = say(f"{passed}/{count} exercises", f"练习 {passed}/{count}")
            print(f"  {lesson.number}  {_wide(say(*lesson.title), 28)}{lesson.minutes:>4} {say('min', '分钟')}  "
                  f"{_wide(exercises, 15)}{states[state]}".rstrip())
    print(say("\ntinylm lessons open 2       a copy of lesson 02, in Jupyter"
              "\ntinylm lessons copy DIR     copies of all of them, the glossary, and a page of common errors",
              "\ntinylm lessons open 2       用 Jupyter 打开第 02 课的副本"
              "\ntinylm lessons copy DIR     复制全部笔记本，连同术语表和常见错误"))


def open_lesson(number: str) -> int:
    """Copy a lesson into the folder my-lessons/ here, unless it is there, and open it in Jupyter; gives the exit code.

    Raises ValueError for a lesson that there is not.
    """
    original = lessons.notebook(number)
    path = Path(FOLDER) / original.parent.name / original.name
    copied = _copy(original, path)
    for server in ("jupyterlab", "notebook"):
        if importlib.util.find_spec(server):
            if copied:
                _trust(path)
            return subprocess.run([sys.executable, "-m", server, str(path)], check=False).returncode
    print(say(f"The lesson is in {path}. Open it in VS Code, or install Jupyter and open it there:\n"
              f"  python -m pip install jupyterlab\n  python -m jupyterlab {path}",
              f"笔记本在 {path}。可以用 VS Code 打开，或者安装 Jupyter 再打开：\n"
              f"  python -m pip install jupyterlab\n  python -m jupyterlab {path}"))
    return 0


def copy_lessons(folder: Path) -> None:
    """Copy every notebook, in the language spoken, and the pages beside them into a folder.

    What lies there already is left as it is.
    """
    originals = [lessons.notebook(lesson.number, spoken()) for lesson in lessons.written()]
    for original in [*originals, *(page for page in map(lessons.home().joinpath, lessons.PAGES) if page.is_file())]:
        _copy(original, folder / original.name)


def _copy(original: Path, path: Path) -> bool:
    if path.exists():
        print(say(f"{path} is there already, and stays as it is", f"{path} 已经存在，保持原样"))
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, original.read_bytes())
    print(path)
    return True


def _trust(path: Path) -> None:
    """Sign a notebook of ours: Jupyter then shows the drawings in it (SVG) before it is run."""
    nbformat = importlib.import_module("nbformat")
    with contextlib.suppress(OSError):
        importlib.import_module("nbformat.sign").NotebookNotary().sign(nbformat.read(path, as_version=4))


def _wide(text: str, width: int) -> str:
    """The text, filled up to so many columns; a Chinese character takes two."""
    return text + " " * (width - sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text))
