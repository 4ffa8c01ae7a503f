"""Memory that is kept: an array that is freed serves the next one, instead of going back to the system.

A training step makes and frees the same arrays again and again. C's allocator gives large ones back to the system at
once, which hands them out anew page by page, each cleared to zero: a third of a step can go there. With glibc, the C
library of most Linux systems, it can be told to keep them (`man mallopt`); elsewhere nothing is done.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
import threading
from collections.abc import Iterator
from functools import cache
from typing import Any

MMAP_THRESHOLD, TRIM_THRESHOLD, TOP_PAD = -3, -1, -2  # glibc's numbers of its settings, in malloc.h

KEEP = {
    MMAP_THRESHOLD: 32 << 20,  # the highest that it takes: larger arrays are still asked from the system one by one
    TRIM_THRESHOLD: 2**31 - 1,  # give nothing back while less than this is free
    TOP_PAD: 64 << 20,  # ask for so much more than is needed
}
AFTERWARDS = {
    MMAP_THRESHOLD: 32 << 20,  # where a program that has freed an array of 32 MiB stands by itself
    TRIM_THRESHOLD: 64 << 20,
    TOP_PAD: 128 << 10,
}
_users = 0
_lock = threading.Lock()


@contextlib.contextmanager
def kept_memory() -> Iterator[bool]:
    """`with tl.kept_memory() as kept:` keeps freed memory for the arrays to come; `kept` says whether it can.

    It is the process that keeps it, for all its threads. After the last block what is free goes back to the system.
    `Trainer.fit` does this by itself; `import tinylm` changes nothing.
    """
    global _users  # noqa: PLW0603  (the allocator is the process's)
    glibc = _glibc()
    with _lock:
        _users += 1
        kept = _set(glibc, KEEP)
    try:
        yield kept
    finally:
        with _lock:
            _users -= 1
            if not _users and _set(glibc, AFTERWARDS):
                glibc.malloc_trim(0)


def _set(glibc: Any, settings: dict[int, int]) -> bool:
    """Whether all of the settings were taken."""
    taken = [glibc is not None and glibc.mallopt(name, value) == 1 for name, value in settings.items()]
    return all(taken)


@cache
def _glibc() -> Any:
    """The C library, where it is glibc; else None."""
    if not sys.platform.startswith("linux"):
        return None
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018  (musl, say, has none)
        return library
    return None
