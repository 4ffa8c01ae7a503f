"""A bar for what takes more than two seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any


def shown(things: Iterable[Any], what: str) -> Iterable[Any]:
    """The things, with a bar on the screen once they take more than two seconds."""
    from tqdm import tqdm

    return tqdm(things, what, leave=False, delay=2)


@contextmanager
def progress(what: str, total: int | None = None, unit: str = "B") -> Iterator[Callable[[int], Any]]:
    """Inside, call it with how much more is done; `total` is all of it, None where that is not known."""
    from tqdm import tqdm

    with tqdm(desc=what, total=total, unit=unit, unit_scale=True, leave=False, delay=2) as bar:
        yield bar.update
