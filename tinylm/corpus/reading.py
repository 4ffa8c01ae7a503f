"""The one pass over all of the text: read, normalise, judge, and keep on disk what the later steps need."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from ..bars import progress
from ..data.corpora import CORPORA
from ..text.cleaning import collapse_whitespace, normalise_unicode, remove_controls
from . import banding, quality, repetition
from .duplicates import fingerprint
from .hashing import grams, words_of
from .minhash import MinHash
from .quality import Fault, Page, Rules
from .report import Example, Report, excerpt, writable
from .sources import LONGEST, Document, documents
from .spool import BATCH, Rows, Spool


def normalised(text: str, keep_spaces: bool = False) -> str:
    """One spelling for what looks the same: NFC, without invisible characters and surplus white space.

    keep_spaces  white space stays as it is, but for line ends, which become "\\n", and empty lines at the ends
    """
    text = normalise_unicode(remove_controls(text))
    if keep_spaces:
        return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    return collapse_whitespace(text, keep_lines=True)


class Collected:
    """The documents of good quality: their texts, fingerprints, signatures, and the keys of their bands.

    folder   where all but the fingerprints lie
    files    their names
    """

    def __init__(self, folder: Path, files: list[Path], sign: MinHash, bands: int, rows: int) -> None:
        self.folder, self.files, self.sign, self.rows = folder, files, sign, rows
        self.fingerprints = bytearray()
        with ExitStack() as opened:
            self.spool = opened.enter_context(Spool(folder / "texts"))
            self.signatures = opened.enter_context(Rows(folder / "signatures", sign.hashes, np.uint32))
            self.bands = [opened.enter_context(Rows(folder / f"band{band}", 1, np.uint64)) for band in range(bands)]
            self._opened = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._opened.close()

    def origin(self, number: int) -> str:
        """Where a document came from."""
        return origin(str(self.files[self.spool.files[number]]), self.spool.lines[number])

    def append(self, texts: list[str], places: list[tuple[int, int]], signatures: np.ndarray) -> None:
        """Add documents, each from the line of a file, with signatures, (documents, hashes)."""
        for text, (file, line) in zip(texts, places, strict=True):
            data = text.encode("utf-8")
            self.spool.append(data, file, line)
            self.fingerprints += fingerprint(data)
        self.signatures.append(signatures)
        for band, keys in zip(self.bands, banding.keys(signatures, len(self.bands), self.rows).T, strict=True):
            band.append(keys)


def origin(source: str, line: int) -> str:
    """A place as editors understand it: "notes.txt:12"."""
    return f"{writable(source)}:{line}" if line else writable(source)


def collect(into: Collected, report: Report, rules: Rules, run: int, separator: str | None = None, field: str = "text",
            keep_spaces: bool = False) -> None:
    """Read all documents; those that break a rule go into the report, the others are collected.

    run  of how many words the signatures are made; the other arguments are those of `documents` and `normalised`
    """
    texts: list[str] = []
    places: list[tuple[int, int]] = []

    def removed(fault: Fault, size: int, where: str, text: str) -> None:
        why = "" if fault.value is None else f"{fault.rule.rsplit(' ', 2)[0]} = {fault.value:,.4g}"
        report.remove("quality", fault.rule, size, lambda: Example(where, why, excerpt(text)))

    def judge() -> None:
        """The documents that have come together."""
        words = words_of(texts)
        faults = repetition.faults(words, rules)
        for fault, text, (file, line) in zip(faults, texts, places, strict=True):
            if fault:
                removed(fault, len(text.encode("utf-8")), origin(str(into.files[file]), line), text)
        good = [place for place, fault in enumerate(faults) if fault is None]
        signatures = into.sign.signatures(grams(words, run))
        into.append([texts[i] for i in good], [places[i] for i in good], signatures[good])
        texts.clear()
        places.clear()

    size = 0
    known = [path for path in into.files if str(path) not in CORPORA]
    total = sum(path.stat().st_size for path in known) if len(known) == len(into.files) else None
    with progress("reading", total) as done:
        for number, path in enumerate(into.files):
            for document in documents(path, separator, field):
                text = normalised(document.text, keep_spaces)
                left = len(text.encode("utf-8")) if document.whole else document.size
                report.read(document.size, left, document.whole and text != document.text.rstrip("\n"))
                fault = _fault(document, text, rules)
                if fault:
                    removed(fault, left, origin(document.source, document.line), text)
                else:
                    texts.append(text)
                    places.append((number, document.line))
                    size += left
                if size >= BATCH:
                    judge()
                    size = 0
                done(document.size)
        if texts:
            judge()


def _fault(document: Document, text: str, rules: Rules) -> Fault | None:
    if not document.whole:
        return Fault(f"characters > {LONGEST:,}")
    return quality.fault(Page(text, document.text), rules)
