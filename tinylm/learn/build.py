"""From the source of a lesson to its two notebooks, executed:

    python -m tinylm.learn.build            # every lesson
    python -m tinylm.learn.build 02 --run   # only executes it, and writes nothing

lessons/README.md says what a source looks like. A notebook that would differ only in what depends on the machine (the
outputs of cells with the tag "varies": times, rounding) is left as it is.
"""

from __future__ import annotations

import argparse
import base64
import copy
import hashlib
import importlib
import itertools
import os
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..atomic import write
from ..fonts import chinese_font
from .anatomy import complaints, unproved_numbers
from .language import LANGUAGES
from .pictures import slim

LESSONS = Path(__file__).parents[2] / "lessons"
MOST_BYTES, MOST_SECONDS = 400_000, 120

INSTALL = ('import importlib.util; importlib.util.find_spec("tinylm") or '
           'get_ipython().run_line_magic("pip", "install -q tinylm");')
"""The first cell of every notebook, for Colab and the like."""


_WIDE = re.compile(r"[\u2014\u2018-\u201d\u2026\u3000-\u9fff\uff00-\uffef]")
_ITEM = re.compile(r"\s*([-*]|\d+\.) ")  # begins a new item of a list
_APART = re.compile(r"#|\||>|\$\$")  # stands for itself


class LessonError(Exception):
    """A lesson cannot be built; the message says what to change."""


def tools() -> tuple[Any, Any, Any]:
    """The packages jupytext, nbclient and nbformat. Raises ImportError with the install line where they are missing."""
    try:
        importlib.import_module("ipykernel")
        return tuple(map(importlib.import_module, ("jupytext", "nbclient", "nbformat")))  # type: ignore[return-value]
    except ImportError as error:
        raise ImportError(f"building lessons needs {error.name}: in a clone of TinyLM, "
                          'pip install -e ".[lessons]"') from error


def sources() -> list[Path]:
    """The sources of all lessons."""
    return sorted((LESSONS / "source").glob("[0-9][0-9]_*.py"))


def cells_of(source: Path) -> list[Any]:
    """The cells of a source, both languages, as jupytext reads them. Raises LessonError for one with complaints."""
    jupytext, _, _ = tools()
    cells: list[Any] = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent").cells
    if found := complaints(cells, source.name[:2]):
        raise LessonError("\n".join([f"{source.name}:", *found]))
    return cells


def assemble(source: Path, tongue: str) -> Any:
    """The notebook of a source in one language, not executed."""
    _, _, nbformat = tools()
    notebook = nbformat.v4.new_notebook(metadata={
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "tinylm": {"lesson": source.name[:2], "language": tongue, "source": fingerprint(source)},
    })
    notebook.cells = [nbformat.v4.new_code_cell(INSTALL)]
    for cell in cells_of(source):
        if cell.metadata.get("lang", tongue) == tongue:
            text = cell.source if cell.cell_type == "code" or tongue != "zh" else joined(cell.source)
            text = re.sub(r'^begin\("(\d\d)", "en"\)', rf'begin("\1", "{tongue}")', text, flags=re.MULTILINE)
            new = nbformat.v4.new_code_cell if cell.cell_type == "code" else nbformat.v4.new_markdown_cell
            notebook.cells.append(new(text, metadata={k: v for k, v in cell.metadata.items() if k == "tags"}))
    _name(notebook.cells)
    return notebook


def joined(text: str) -> str:
    """Chinese prose with the line breaks taken out that would show as gaps between its characters."""
    lines = text.splitlines()
    result = lines[:1]
    for before, line in itertools.pairwise(lines):
        prose = before and line and not _APART.match(before) and not _APART.match(line) and not _ITEM.match(line)
        if prose and _WIDE.match(before[-1]) and (_WIDE.match(line.lstrip()) or not before[-1].isalnum()):
            result[-1] += line.lstrip()
        else:
            result.append(line)
    return "\n".join(result)


def fingerprint(source: Path) -> str:
    """The SHA-256 of a source, whatever its line endings."""
    return hashlib.sha256(source.read_text(encoding="utf-8").encode()).hexdigest()


def execute(notebook: Any) -> float:
    """Run a notebook from top to bottom in an empty folder; gives the seconds it took.

    Raises LessonError where a cell fails, or where it takes longer than `MOST_SECONDS`.
    """
    _, nbclient, _ = tools()
    tongue = notebook.metadata.tinylm.language
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place, "notebook")
        folder.mkdir()
        surroundings = {**os.environ, "PYTHONWARNDEFAULTENCODING": "",  # what others open is not our affair
                        "TINYLM_CONFIG": str(Path(place, "config")), "PYTHONHASHSEED": "0",
                        "IPYTHONDIR": str(Path(place, "ipython"))}
        client = nbclient.NotebookClient(notebook, timeout=MOST_SECONDS, kernel_name="python3", record_timing=False,
                                         extra_arguments=["--IPKernelApp.log_level=ERROR"],
                                         resources={"metadata": {"path": str(folder)}})
        began = time.monotonic()
        try:
            client.execute(env=surroundings)
        except (nbclient.exceptions.CellExecutionError, nbclient.exceptions.CellTimeoutError) as error:
            raise LessonError(f"lesson {notebook.metadata.tinylm.lesson} ({tongue}): {error}") from error
        seconds = time.monotonic() - began
    if seconds > MOST_SECONDS:
        raise LessonError(f"lesson {notebook.metadata.tinylm.lesson} ({tongue}) takes {seconds:.0f} s, more than "
                          f"{MOST_SECONDS}")
    _settle(notebook)
    return seconds


def _settle(notebook: Any) -> None:
    """Drop what differs from one run to the next, join what was printed in pieces, and make the pictures small."""
    notebook.metadata.language_info = {"name": "python"}
    for cell in notebook.cells:
        joined: list[Any] = []
        for output in cell.get("outputs", ()):
            output.pop("metadata", None) if output.get("metadata") == {"needs_background": "light"} else None
            if output.get("name") == "stderr" and ("\r" in output.text or output.text == "\n"):
                continue  # a bar that moved, or the end of its line
            if picture := output.get("data", {}).get("image/png"):
                output.data["image/png"] = base64.b64encode(slim(base64.b64decode(picture))).decode()
            if output.output_type == "stream" and joined and joined[-1].get("name") == output.name:
                joined[-1].text += output.text
            else:
                joined.append(output)
        if cell.cell_type == "code":
            cell.outputs = joined


def _name(cells: Sequence[Any]) -> None:
    """Ids that depend on what the cells say alone: a change of one leaves the others'."""
    seen: set[str] = set()
    for cell in cells:
        name = digest = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        while name in seen:
            name = f"{digest}-{len(seen)}"
        seen.add(name)
        cell.id = name


def comparable(notebook: Any, pictures: bool = True) -> Any:
    """A notebook without the outputs that depend on the machine and, if you like, without pictures."""
    kept = copy.deepcopy(notebook)
    for cell in kept.cells:
        if cell.cell_type == "code":
            cell.outputs = [] if "varies" in cell.metadata.get("tags", ()) else [
                output for output in cell.outputs if pictures or "image/png" not in output.get("data", {})]
    return kept


def build(source: Path, tongue: str) -> tuple[float, bool]:
    """Write the notebook of a source in one language: (seconds it ran, whether anything changed).

    Raises LessonError for a lesson that has complaints, fails, or grows too large, and where there is no font.
    """
    _, _, nbformat = tools()
    if tongue == "zh" and chinese_font() is None:
        raise LessonError("no font with Chinese characters is here, so the figures would have English labels: install "
                          "one, such as Debian's fonts-wqy-microhei (apt-get install fonts-wqy-microhei)")
    notebook = assemble(source, tongue)
    seconds = execute(notebook)
    if numbers := unproved_numbers(notebook.cells):
        raise LessonError(f"{source.name} ({tongue}): no code shows these numbers of its prose: {', '.join(numbers)}")
    target = LESSONS / tongue / f"{source.stem}.ipynb"
    content = (nbformat.writes(notebook).rstrip("\n") + "\n").encode()
    if len(content) > MOST_BYTES:
        raise LessonError(f"{target.name} ({tongue}) has {len(content):,} bytes, more than {MOST_BYTES:,}: draw fewer "
                          "points, or set a smaller figure.dpi")
    if target.is_file():
        old = nbformat.read(target, as_version=4)
        if comparable(old) == comparable(nbformat.reads(content.decode(), as_version=4)):
            return seconds, False
    target.parent.mkdir(exist_ok=True)
    write(target, content)
    return seconds, True


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the lessons that are named, or all; 0 if that went well, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tinylm.learn.build", description="Build lessons from their source")
    parser.add_argument("lessons", nargs="*", metavar="NN", help="numbers of lessons (default: all)")
    parser.add_argument("--language", choices=LANGUAGES, help="only this one")
    parser.add_argument("--run", action="store_true", help="only execute, and write nothing")
    wanted = parser.parse_args(arguments)
    chosen = [path for path in sources() if not wanted.lessons or path.name[:2] in wanted.lessons]
    try:
        if len(chosen) < len(set(wanted.lessons)) or not chosen:
            raise LessonError(f"there are sources of lessons {', '.join(path.name[:2] for path in sources())} in "
                              f"{LESSONS / 'source'}")
        for source in chosen:
            for tongue in [wanted.language] if wanted.language else LANGUAGES:
                if wanted.run:
                    print(f"{source.stem} ({tongue}): {execute(assemble(source, tongue)):.1f} s", flush=True)
                    continue
                seconds, changed = build(source, tongue)
                print(f"{source.stem} ({tongue}): {seconds:.1f} s, {'written' if changed else 'unchanged'}", flush=True)
    except (LessonError, ImportError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
