"""Files as text: read piece by piece, so that a text may be larger than memory."""

from __future__ import annotations

import codecs
import glob
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

BLOCK = 2**20  # bytes read at a time


class Survey(NamedTuple):
    """What a source holds."""

    files: list[Path]  # in the order in which they are read
    skipped: list[str]  # the others: each with the reason


def pieces(path: str | Path, block: int = BLOCK) -> Iterator[str]:
    """The text of a UTF-8 file, about `block` bytes at a time.

    A byte-order mark is dropped, and line ends become "\\n". Raises ValueError at a byte that is not UTF-8 (half of a
    surrogate pair is none either) with its place, and at the end of a file where nothing but white space was.
    """
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    seen, rest = False, b""
    with open(path, "rb") as file:
        place = len(codecs.BOM_UTF8) if file.read(3) == codecs.BOM_UTF8 else 0
        file.seek(place)
        while True:
            read = file.read(block)
            try:
                text, used = codecs.utf_8_decode(rest + read, "strict", not read)
            except UnicodeDecodeError as error:
                raise ValueError(f"{path} is not UTF-8: byte {place + error.start} is "
                                 f"0x{error.object[error.start]:02x} ({error.reason}). Save it as UTF-8 in your editor"
                                 ) from error
            place, rest = place + used, (rest + read)[used:]
            if text := newlines.decode(text, final=not read):
                seen = seen or not text.isspace()
                yield text
            if not read:
                break
    if not seen:
        raise ValueError(f"{path} is empty: there is nothing to learn from")


def survey(source: str | Path) -> Survey:
    """Which files a source means: a file, a folder with all that is below it, or a pattern such as "notes/**/*.md".

    Files of a folder or pattern come in the order of their paths, the same on every system; what is hidden or no text
    is skipped. Raises FileNotFoundError where nothing fits, ValueError where all of it is skipped.
    """
    path = Path(source)
    if path.is_file():
        return Survey([path], [])
    skipped: list[str] = []
    if path.is_dir():
        found = _below(path, skipped)
    else:
        found = [name for name in map(Path, glob.glob(str(source), recursive=True)) if name.is_file()]
    if not found and not skipped:
        what = "is a folder without files" if path.is_dir() else "is no file or folder, and no pattern that finds one"
        raise FileNotFoundError(f"{source} {what}")
    files = []
    for each in sorted(found, key=lambda file: file.parts):
        reason = _unreadable(each)
        if reason:
            skipped.append(reason)
        else:
            files.append(each)
    if not files:
        raise ValueError(f"{source} holds no text in UTF-8:\n  " + "\n  ".join(skipped))
    return Survey(files, skipped)


def _below(folder: Path, skipped: list[str]) -> list[Path]:
    """Every file below a folder but the hidden ones, which are noted once, where they begin."""
    found = []
    for place, folders, files in os.walk(folder):
        folders.sort()
        for hidden in sorted(name for name in [*folders, *files] if name.startswith(".")):
            skipped.append(f"{Path(place) / hidden} is hidden")
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place) / name for name in files if not name.startswith(".")]
    return found


def _unreadable(path: Path) -> str:
    """Why a file is no text; "" where it is one."""
    try:
        if any("\0" in piece for piece in pieces(path)):
            return f"{path} holds zero bytes, as programs and pictures do"
    except (ValueError, OSError) as error:
        return str(error)
    return ""
