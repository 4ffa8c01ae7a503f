"""One training at a time in a folder: a file that the operating system locks for the process that opened it.

The system lets go of the lock when the process ends, however it ends, and when the machine does. So nobody has to
guess whether the process that a left-over file names is still the one that wrote it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

NAME = "lock"
_held: ContextVar[frozenset[Path]] = ContextVar("locked folders", default=frozenset())


@contextmanager
def locked(folder: str | Path) -> Iterator[None]:
    """Inside, no one else holds the lock of this folder; in the same thread, one may ask for it again.

    Raises RuntimeError, naming the process that holds it, if there is one.
    """
    folder = Path(folder).resolve()
    if folder in _held.get():
        yield
        return
    path = folder / NAME
    file = _open(path)
    token = _held.set(_held.get() | {folder})
    try:
        for left in folder.glob("*.part"):  # a run that was killed while it wrote
            left.unlink(missing_ok=True)
        yield
    finally:
        _held.reset(token)
        with contextlib.suppress(OSError):  # Windows removes no open file
            path.unlink()
        os.close(file)
        if os.name == "nt":
            with contextlib.suppress(OSError):  # another process has it open already
                path.unlink()


def _open(path: Path) -> int:
    """The lock file, open, locked, and naming this process."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT)
        try:
            if not _take(file):
                process = os.read(file, 20).decode("ascii", "replace").strip()
                raise RuntimeError(f"process {process or '(starting just now)'} is training in {path.parent}: wait for "
                                   "it, stop it, or train under another name")
            with contextlib.suppress(FileNotFoundError):  # who held it has just removed it: then once more
                if os.path.samestat(os.fstat(file), os.stat(path)):
                    os.ftruncate(file, 0)
                    os.write(file, f"{os.getpid()}\n".encode("ascii"))
                    return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)


def _take(file: int) -> bool:
    """Whether the lock is ours now. A file system that knows no locks gives it to everyone."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(file, 1 << 20, os.SEEK_SET)  # far behind the text, which others want to read
            try:
                msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
            finally:
                os.lseek(file, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK)
    return True
