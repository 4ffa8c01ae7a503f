"""From files to a corpus. Every document is read once and leaves through one of the doors that the report counts.

    read, normalise ─ quality ─ exact duplicates ─ near duplicates ─ shuffle, split ─ held-out text ─ write

Why in this order: what is broken need not be compared with anything. Duplicates go before the split, so that no two
alike are on its two sides. And only after the split is it known what has to be taken out of the training part.

Texts wait on disk, in the folder to come: the normalised text once, and beside it 4 bytes a document for each hash and
8 for each band. In memory are a batch of text, some 120 bytes a document, 20 to 60 times the longest document (400 MB
at most: sources.py drops longer ones), and 40 bytes for each held-out word, but never more than 100 MB of these
(decontamination.py).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from ..atomic import write
from ..bars import progress
from ..data.files import Survey
from .banding import bands_and_rows
from .clusters import first_alike
from .decontamination import RUN, contaminated, words_to_avoid
from .duplicates import first_equal
from .folder import check_empty, new_folder
from .hashing import Words, grams, words_of
from .minhash import MinHash, estimate, resemblance
from .output import FORMATS, write_part
from .quality import PROSE, Rules
from .reading import Collected, collect
from .report import Example, Report, excerpt, writable
from .shuffle import check_share, shuffled
from .sources import find

REPORT = "report.json"
PAIRS = 4096  # signatures are compared so many pairs at a time


@dataclass(frozen=True)
class Settings:
    """How a corpus is made.

    separator    what ends a document, field: see `documents`
    keep_spaces  white space stays as it is: for source code, verse and tables
    rules        of quality: see quality.py
    threshold    documents that resemble each other so much are near duplicates
    run, hashes  resemblance is that of runs of so many words, estimated by so many hashes
    heldout      the share of the documents that is held out
    against      files, folders or patterns with other held-out text: a test set, say
    form         of the files that are written: "txt" or "jsonl"
    seed         another one gives another order, and another split
    """

    separator: str | None = None
    field: str = "text"
    keep_spaces: bool = False
    rules: Rules = PROSE
    threshold: float = 0.8
    run: int = 5
    hashes: int = 128
    heldout: float = 0.01
    against: str | Path | Sequence[str | Path] = ()
    form: str = "txt"
    seed: int = 0


def clean(sources: str | Path | Sequence[str | Path], folder: str | Path, settings: Settings | None = None) -> Report:
    """Make a corpus: train.txt and heldout.txt (or .jsonl) and report.json in a folder, which appears when it is whole.

    sources  files, folders, patterns or names of built-in texts

    The same sources and settings give the same bytes. Raises FileExistsError for a folder that has something in it;
    ValueError for sources without text, with the place where one is not UTF-8, for settings out of range, and where
    nothing is left to learn from or to hold out; FileNotFoundError for a source that is not there.
    """
    settings = settings or Settings()
    bands, rows = _check(settings)
    check_empty(folder)
    found = find(sources)
    tests = find(settings.against) if settings.against else Survey([], [])
    report = Report(_plain(settings) | {"bands": bands, "rows": rows}, len(found.files),
                    found.skipped + tests.skipped, settings.seed)
    with new_folder(folder) as part:
        with tempfile.TemporaryDirectory(dir=part, ignore_cleanup_errors=True) as work, Collected(
                Path(work), found.files, MinHash(settings.hashes, settings.seed), bands, rows) as collected:
            collect(collected, report, settings.rules, settings.run, settings.separator, settings.field,
                    settings.keep_spaces)
            kept = _without_near(collected, _without_exact(collected, report), report, settings)
            if not len(kept):
                raise ValueError(f"nothing is left of {report.documents:,} documents:\n{report.table()}\nIf they are "
                                 "good, the rules are wrong for them: take others (--rules, --rule)")
            training, heldout = shuffled(kept, settings.heldout, settings.seed)
            training = _without_heldout(collected, training, heldout, tests.files, report, settings)
            if not len(training):
                raise ValueError(f"nothing is left to learn from: every document shares {RUN} words in a row with "
                                 f"the held-out text\n{report.table()}")
            for name, numbers in (("training", training), ("heldout", heldout)):
                report.kept[name] = len(numbers), int(collected.spool.sizes[numbers].sum())
                if len(numbers):
                    _write(part / f"{'train' if name == 'training' else name}.{settings.form}", collected, numbers,
                           settings.form)
        write(part / REPORT, (json.dumps(report.as_dict(), indent=1, ensure_ascii=False) + "\n").encode("utf-8"))
    return report


def _check(settings: Settings) -> tuple[int, int]:
    """The bands and rows of the signatures. Raises ValueError for settings out of range."""
    check_share(settings.heldout)
    if settings.form not in FORMATS:
        raise ValueError(f"there is no form {settings.form!r}; there are {', '.join(FORMATS)}")
    for name, least in (("run", 1), ("hashes", 1), ("seed", 0)):
        if getattr(settings, name) < least:
            raise ValueError(f"{name} is {getattr(settings, name)}; at least {least} is needed")
    return bands_and_rows(settings.threshold, settings.hashes)


def _plain(settings: Settings) -> dict[str, Any]:
    against = [settings.against] if isinstance(settings.against, (str, Path)) else settings.against
    return asdict(settings) | {"against": [writable(str(each)) for each in against]}


def _without_exact(collected: Collected, report: Report) -> np.ndarray:
    """The numbers of the documents that no earlier one equals, ascending."""
    first = first_equal(collected.fingerprints)
    own, sizes = first == np.arange(len(first)), collected.spool.sizes
    for number in np.flatnonzero(~own).tolist():
        report.remove("exact duplicates", "exact duplicates", int(sizes[number]), lambda: Example(
            collected.origin(number), f"equal to {collected.origin(int(first[number]))}",
            excerpt(collected.spool.read(number))))
    return np.flatnonzero(own)


def _without_near(collected: Collected, documents: np.ndarray, report: Report, settings: Settings) -> np.ndarray:
    """The numbers of the documents that are the first of their cluster, ascending."""
    def similar(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        take, some = collected.signatures.take, range(0, len(first), PAIRS)
        return np.concatenate([estimate(take(first[i:i + PAIRS]), take(second[i:i + PAIRS])) >= settings.threshold
                               for i in some])

    def bands() -> Iterator[np.ndarray]:
        with progress("near duplicates", len(collected.bands), " bands") as done:
            for band in collected.bands:
                yield band.all()[:, 0]
                done(1)

    first, sizes = first_alike(bands(), documents, similar), collected.spool.sizes
    for number, root in np.stack([documents, first], 1)[first != documents].tolist():
        report.remove("near duplicates", "near duplicates", int(sizes[number]),
                      lambda: _near_example(collected, number, root, settings.run))
    return documents[first == documents]


def _near_example(collected: Collected, number: int, root: int, run: int) -> Example:
    texts = [collected.spool.read(root), collected.spool.read(number)]
    return Example(collected.origin(number), f"resembles {collected.origin(root)}, the first of its cluster, by "
                   f"{resemblance(grams(words_of(texts), run)):.2f}", excerpt(texts[1]))


def _without_heldout(collected: Collected, training: np.ndarray, heldout: np.ndarray, tests: Sequence[Path],
                     report: Report, settings: Settings) -> np.ndarray:
    """The training part without what shares a run of words with held-out text, in the same order."""
    spool = collected.spool

    def tested() -> Iterator[Words]:
        own = (words_of(texts) for _, texts in spool.batches(map(int, heldout)))
        with progress("reading held-out text") as done:
            for words in chain(own, *(words_to_avoid(path, settings.field) for path in tests)):
                yield words
                done(len(words.raw))

    def learnt() -> Iterator[tuple[list[int], Words]]:
        with progress("looking for held-out text", int(sizes[training].sum())) as done:
            for numbers, texts in spool.batches(map(int, np.sort(training))):
                yield numbers, words_of(texts)
                done(int(sizes[numbers].sum()))

    sizes, leaked = spool.sizes, np.zeros(len(spool), bool)
    for numbers, codes in contaminated(tested(), learnt, collected.folder):
        for number, code in zip(numbers.tolist(), codes, strict=True):
            if not leaked[number]:
                leaked[number] = True
                report.remove("held-out text", f"{RUN} words of held-out text", int(sizes[number]),
                              lambda: _leaked_example(collected, number, code))
    return training[~leaked[training]]


def _leaked_example(collected: Collected, number: int, code: np.uint64) -> Example:
    words = words_of([collected.spool.read(number)])
    found = grams(words, RUN)
    place = int(np.argmax(found.codes == code))
    return Example(collected.origin(number), "it holds",
                   excerpt(words.between(int(found.starts[place]), int(found.stops[place]))))


def _write(path: Path, collected: Collected, numbers: np.ndarray, form: str) -> None:
    spool = collected.spool
    sizes = spool.sizes
    with progress(f"writing {path.name}", int(sizes[numbers].sum())) as done:
        def texts() -> Iterable[tuple[str, str]]:
            for number in map(int, numbers):
                yield spool.read(number), collected.origin(number)
                done(int(sizes[number]))
        write_part(path, texts(), form)
