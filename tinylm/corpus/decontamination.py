"""Takes held-out text out of training text: a model that has read the test knows the answers.

As for GPT-3 (Brown et al. 2020, appendix C): a training document is dropped if a run of 13 words of it stands in the
held-out text too, in whatever case and punctuation; but a run that more than ten training documents share is a common
phrase, a licence or a heading, and does not count. GPT-3 cut the run out of longer documents; here all of it goes.

The split has to be there before: only then is it known what is held out. And it comes after the duplicates, or of two
equal documents one could end up on either side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from ..text.cleaning import normalise_unicode, remove_controls
from .hashing import Grams, Words, grams, words_of
from .sources import JSON_LINES, LONGEST, documents, pieces_of
from .spool import BATCH, Rows

RUN = 13
COMMON = 10

AT_ONCE = 2**21
"""So many held-out runs are looked for in one pass over the training text: 16 MB, and five times that to find and count
them. A larger held-out part takes more passes."""

Batches = Callable[[], Iterable[tuple[list[int], Words]]]


class HeldOut:
    """Runs of words, to be found quickly.

    codes  (runs,), uint64, in any order
    """

    def __init__(self, codes: np.ndarray) -> None:
        self.codes = np.unique(codes)
        bits = max(int(8 * len(self.codes)).bit_length(), 8)  # of 8 to 16 entries at most one is taken
        self._shift = np.uint64(64 - bits)
        self._taken = np.zeros(2**bits, bool)
        self._taken[self.codes >> self._shift] = True

    def hits(self, found: Grams) -> tuple[np.ndarray, np.ndarray]:
        """Which runs of some documents are held out: (hits,) places in `found`, and (hits,) places in `codes`."""
        maybe = np.flatnonzero(self._taken[found.codes >> self._shift])
        codes = found.codes[maybe]
        place = np.minimum(np.searchsorted(self.codes, codes), len(self.codes) - 1)
        same = self.codes[place] == codes
        return maybe[same], place[same]


def contaminated(heldout: Iterable[Words], training: Batches, folder: Path, run: int = RUN,
                 common: int = COMMON) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The numbers of training documents that share a run of words with the held-out text, and the code of one such run.

    They come in several parts, and a document may come more than once.

    heldout   its words
    training  called for each pass: the numbers of documents and their words, batch by batch
    folder    where to keep what was found until the pass is over
    run       of how many words; a document of fewer is one run, found only where it is a whole training document
    common    a run that stands in more training documents than that does not count
    """
    for codes in _some(heldout, run):
        yield from _one_pass(codes, training, folder, run, common)


def _one_pass(codes: np.ndarray, training: Batches, folder: Path, run: int,
              common: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    wanted = HeldOut(codes)
    count = np.zeros(len(wanted.codes), np.int64)  # in how many training documents each stands
    with Rows(folder / "hits", 2, np.int64) as rows:
        for numbers, words in training():
            found = grams(words, run)
            gram, code = wanted.hits(found)
            pairs = np.unique(np.stack([np.array(numbers)[found.owner[gram]], code], 1), axis=0)  # (hits, 2)
            np.add.at(count, pairs[:, 1], 1)
            rows.append(pairs)
        for pairs in rows.parts():
            pairs = pairs[count[pairs[:, 1]] <= common]
            found_in, first = np.unique(pairs[:, 0], return_index=True)
            yield found_in, wanted.codes[pairs[first, 1]]


def words_to_avoid(path: Path, field: str = "text") -> Iterator[Words]:
    """The words of a text that must not be learnt, such that each run of `RUN` words is in one of what comes.

    A file is one text here, however long, and each line of a file of JSON lines. Raises what `documents` raises, and
    ValueError for a line of JSON that is too long.
    """
    if path.name.lower().endswith(JSON_LINES):
        yield from _line_words(path, field)
        return
    before = ""
    for piece in pieces_of(path):
        words = words_of([_spelt(before + piece)])
        yield words
        before = words.raw[words.starts[-RUN:][0]:-1].decode("utf-8")[-LONGEST:]  # the last word may go on


def _line_words(path: Path, field: str) -> Iterator[Words]:
    some: list[str] = []
    size = 0
    for document in documents(path, None, field):
        if not document.whole:
            raise ValueError(f"{path}, line {document.line}, has more than {LONGEST:,} characters: cut it into several")
        some.append(_spelt(document.text))
        size += document.size
        if size >= BATCH:
            yield words_of(some)
            some, size = [], 0
    if some:
        yield words_of(some)


def _spelt(text: str) -> str:
    """As the training text is spelt, which is normalised."""
    return normalise_unicode(remove_controls(text))


def _some(heldout: Iterable[Words], run: int) -> Iterator[np.ndarray]:
    """The held-out runs, at least `AT_ONCE` at a time but for the last."""
    waiting: list[np.ndarray] = []
    count = 0
    for words in heldout:
        waiting.append(grams(words, run).codes)
        count += len(waiting[-1])
        if count >= AT_ONCE:
            codes, waiting, count = np.concatenate(waiting), [], 0
            yield codes
            del codes
    if waiting:
        yield np.concatenate(waiting)
