"""Documents, one at a time, from text files, JSON lines and the built-in texts."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from ..data.corpora import CORPORA, own
from ..data.files import BLOCK, Survey, pieces

LONGEST = 2**21
"""A document of more characters is never in memory as a whole, and is dropped. Ulysses has three quarters of that."""

JSON_LINES = (".jsonl", ".ndjson")
"""How the names of files end that hold one JSON object a line."""


class Document(NamedTuple):
    """A text, and where it stands."""

    text: str  # of one longer than `LONGEST`, only the beginning
    source: str  # the file, or the built-in text
    line: int  # where in the file it begins, from 1 on; 0 for a file that is one document
    size: int  # bytes of UTF-8, all of it
    whole: bool  # False: longer than `LONGEST`


def find(sources: str | Path | Sequence[str | Path]) -> Survey:
    """The files that some sources mean, in the order given, and what is skipped; built-in texts stay names.

    Raises what `data.load` raises, and ValueError for no source at all.
    """
    sources = [sources] if isinstance(sources, (str, Path)) else sources
    files: list[Path] = []
    skipped: list[str] = []
    for source in sources:
        found = Survey([Path(source)], []) if str(source) in CORPORA else own(source)
        files += found.files
        skipped += found.skipped
    if not files:
        raise ValueError("there is no source: name files, folders or patterns to read documents from")
    return Survey(files, skipped)


def documents(path: str | Path, separator: str | None = None, field: str = "text") -> Iterator[Document]:
    """The documents of a file that `find` found.

    separator  a line that is this text and nothing else ends a document; "" is an empty line. None: the file is one
               document, but a built-in text is cut at empty lines
    field      which entry of an object is its text, in files whose names end as `JSON_LINES` do; each line is a
               document there, and no separator counts

    What is nothing but white space between two separators is no document.
    Raises ValueError, with the place, for what is not UTF-8, and for a line that is no JSON object with such a text;
    and for a separator of several lines.
    """
    name = str(path)
    if separator and ("\n" in separator or "\r" in separator):
        raise ValueError(f"the separator {separator!r} is more than a line: it is compared with each line, without its "
                         "end, so that '' is an empty line")
    if name in CORPORA:
        yield from _blocks(pieces_of(name), name, separator or "")
    elif name.lower().endswith(JSON_LINES):
        yield from _json_lines(name, field)
    elif separator is not None:
        yield from _blocks(pieces_of(name), name, separator)
    else:
        growing = _Growing(name, 0)
        for piece in pieces_of(name):
            growing.add(piece)
        yield growing.document()


def pieces_of(path: str | Path) -> Iterator[str]:
    """The text of a file, or a built-in one, about a megabyte at a time. Raises what `data.files.pieces` raises."""
    if str(path) not in CORPORA:
        yield from pieces(path)
        return
    text = CORPORA[str(path)]()
    for begin in range(0, len(text), BLOCK):
        yield text[begin:begin + BLOCK]


class _Growing:
    """A document that comes in pieces."""

    def __init__(self, source: str, line: int) -> None:
        self.source, self.line = source, line
        self.parts: list[str] = []
        self.length = self.size = 0

    def add(self, piece: str) -> None:
        if self.length < LONGEST:
            self.parts.append(piece[:LONGEST - self.length])
        self.length += len(piece)
        self.size += len(piece.encode("utf-8"))

    def document(self) -> Document:
        return Document("".join(self.parts), self.source, self.line, self.size, self.length <= LONGEST)


def _blocks(text: Iterable[str], source: str, separator: str) -> Iterator[Document]:
    """What stands between lines that are `separator`."""
    growing, number, rest, within = _Growing(source, 1), 0, "", False
    for piece in chain(text, ["\n", separator, "\n"]):
        *lines, rest = (rest + piece).split("\n")
        for line in lines:
            number += 1
            if line == separator and not within:
                document = growing.document()
                if document.text and not document.text.isspace():
                    yield document
                growing = _Growing(source, number + 1)
            else:
                growing.add(line + "\n")
            within = False
        if len(rest) > LONGEST:  # a line without end: what follows is within it
            growing.add(rest)
            rest, within = "", True


def _json_lines(path: str, field: str) -> Iterator[Document]:
    """One document a line."""
    seen = False
    for number, (begin, end, line) in enumerate(_lines(path), 1):
        if line.isspace():
            continue
        seen = True
        try:
            content = line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"{path} is not UTF-8: byte {begin + error.start} is 0x{line[error.start]:02x} "
                             f"({error.reason}). Save it as UTF-8 in your editor") from error
        if end - begin == len(line):
            text = _field(content, field, f"{path}, line {number},")
            yield Document(text, path, number, len(text.encode("utf-8")), len(text) <= LONGEST)
        else:
            yield Document(content, path, number, end - begin, False)
    if not seen:
        raise ValueError(f"{path} is empty: there is nothing to learn from")


def _lines(path: str) -> Iterator[tuple[int, int, bytes]]:
    """The lines of a file: where each begins and ends, in bytes, and its content; of one too long, the beginning."""
    limit = 8 * LONGEST  # bytes: a document within `LONGEST` hardly needs more
    with open(path, "rb") as file:
        begin = len(codecs.BOM_UTF8) if file.read(3) == codecs.BOM_UTF8 else 0
        file.seek(begin)
        while line := file.readline(limit):
            end = begin + len(line)
            if len(line) == limit and not line.endswith(b"\n"):
                line = line[:LONGEST].rpartition(b" ")[0]  # at a space, no character is split
                while more := file.readline(limit):
                    end += len(more)
                    if more.endswith(b"\n"):
                        break
            yield begin, end, line
            begin = end


def _field(line: str, field: str, where: str) -> str:
    """The text in a line of JSON. Half a surrogate pair, which JSON can write and UTF-8 cannot, becomes U+FFFD."""
    try:
        entry: Any = json.loads(line)
    except (ValueError, RecursionError) as error:  # the latter: brackets in brackets, a thousand deep
        raise ValueError(f"{where} is no JSON ({error}): each line should be an object, "
                         f'{{"{field}": "..."}}') from error
    if not isinstance(entry, dict):
        raise ValueError(f'{where} is a JSON {type(entry).__name__}, not an object such as {{"{field}": "..."}}')
    if field not in entry:
        raise ValueError(f"{where} has no entry {field!r}; it has {', '.join(map(repr, entry)) or 'none'}. "
                         "Say which one is the text (--field)")
    text = entry[field]
    if not isinstance(text, str):
        raise ValueError(f"{where}: {field!r} is a {type(text).__name__} ({text!r:.40}), where a text is expected")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
