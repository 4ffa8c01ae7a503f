"""A folder that appears when all that is in it is whole."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def new_folder(folder: str | Path) -> Iterator[Path]:
    """Inside, a folder to write into; at the end it takes the name of the one to come. After an error nothing is left.

    It lies beside that one, or in it where that is there already, and empty: another disk may begin there, and then
    what was written moves up at the end. A process that is killed leaves one whose name ends in .part. Raises
    FileExistsError where there is something already: nothing is overwritten.
    """
    folder = Path(folder).resolve()
    check_empty(folder)
    name = f"{secrets.token_hex(4)}.part"
    part = folder / name if folder.exists() else folder.with_name(f"{folder.name}.{name}")
    missing = [above for above in part.parents if not above.exists()]  # the innermost first
    part.mkdir(parents=True)
    try:
        yield part
        check_empty(folder, but=part)
        if part.parent == folder:
            for each in sorted(part.iterdir()):
                each.rename(folder / each.name)
            part.rmdir()
        else:
            if folder.exists():
                folder.rmdir()  # Windows renames onto nothing that is there
            part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        for above in missing:
            with suppress(OSError):  # someone else has put something there
                above.rmdir()
        raise


def check_empty(folder: str | Path, but: Path | None = None) -> None:
    """Raises FileExistsError unless the folder is not there yet, or has nothing in it `but` what is named."""
    folder = Path(folder)
    if folder.is_dir() and all(each == but for each in folder.iterdir()):
        return
    if folder.exists():
        what = "has something in it already" if folder.is_dir() else "is a file"
        raise FileExistsError(f"{folder} {what}: nothing is overwritten. Name a folder that is empty or not there yet")
