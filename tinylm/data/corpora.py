"""Texts to learn from, and how they are split."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path


def _pydoc() -> str:
    """The documentation that every Python carries (`help("topics")`), English technical prose, PSF licence.

    Its wording differs a little from one Python version to the next: 465,126 characters in 3.11.
    """
    from pydoc_data.topics import topics

    return "\n\n".join(topics[name] for name in sorted(topics))


CORPORA: dict[str, Callable[[], str]] = {"pydoc": _pydoc}
"""The built-in texts by name."""


def load(source: str | Path) -> str:
    """The text of a built-in corpus ("pydoc") or of any UTF-8 file.

    A byte-order mark is dropped, and line ends become "\\n". Raises FileNotFoundError where there is
    neither, and ValueError for a file that is empty or not UTF-8, with the place of the first wrong byte.
    """
    if str(source) in CORPORA:
        return CORPORA[str(source)]()
    path = Path(source)
    if not path.is_file():
        raise FileNotFoundError(f"{source} is neither a file nor a built-in corpus ({', '.join(CORPORA)})")
    content = path.read_bytes()
    mark = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
    try:
        text = content[mark:].decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8: byte {mark + error.start} is 0x{error.object[error.start]:02x} "
                         f"({error.reason}). Save it as UTF-8 in your editor") from error
    if not text.strip():
        raise ValueError(f"{path} is empty: there is nothing to learn from")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def split(text: str, held_out: float = 0.1) -> tuple[str, str]:
    """`text` as (training part, held-out part): the last tenth is never trained on, only scored.

    The end rather than a random choice, for sentences next to each other are no independent test.
    Raises ValueError for a text too short to be split.
    """
    place = int(len(text) * (1 - held_out))
    if not 0 < place < len(text):
        raise ValueError(f"split: a text of {len(text)} characters is too short to hold {held_out:.0%} of it out")
    return text[:place], text[place:]
