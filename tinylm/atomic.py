"""A file that is there whole or not at all.

It is written under another name first, pushed to the disk, and only then renamed: whatever happens on the way, the old
file or the new one is there, whole.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """Inside, a file to write into, which takes its name at the end; after an error all is as it was."""
    path = Path(path)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with open(part, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # the name, too, shall be there after a power cut; Windows has no such call
        with contextlib.suppress(OSError):
            directory = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)


def write(path: str | Path, content: bytes) -> None:
    """Replace the file at once, or leave it as it is: never half of it."""
    with replacing(path) as file:
        file.write(content)
