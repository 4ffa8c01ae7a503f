"""How often words stand near each other: the table that GloVe and PMI vectors are made from.

X_ij is how often word j stands within `window` words of word i; a pair at the distance d may count less the farther it
is apart. Almost all of a table of all pairs would be 0, so only those that occur are kept. A pair is one integer,
i · vocabulary + j; sorted, equal ones lie side by side and are added up. That is done for as many pairs at a time as
memory shall hold, and what they come to is kept in sorted runs on the disk, which are merged at the end.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .bars import shown

END = -1
"""Stands between two texts, or after each sentence: words of different ones are never near each other."""

PAIRS = 2**21
"""So many pairs are held at a time. Sorting them takes 50 bytes for each, or 150 where almost all differ: 300 MB."""

WEIGHTING: dict[str, Callable[[int, int], float]] = {
    "harmonic": lambda distance, window: 1 / distance,
    "dynamic": lambda distance, window: (window + 1 - distance) / window,
    "flat": lambda distance, window: 1.0,
}
"""What a pair counts: as in GloVe (Pennington et al. 2014); as word2vec's, which draws how far each word sees from 1 to
`window`, on average (Mikolov et al. 2013); or 1 whatever the distance."""


class Run(NamedTuple):
    """Pairs and how often they occurred; each once, sorted.

    keys    (pairs,), int64: row · vocabulary + column
    values  (pairs,), float64
    """

    keys: np.ndarray
    values: np.ndarray


def cooccurrences(ids: Any, vocabulary: int, window: int = 10, *, symmetric: bool = True, weighting: str = "harmonic",
                  pairs: int = PAIRS) -> Any:
    """X, (vocabulary, vocabulary), a scipy.sparse.csr_array of float64 with sorted indices.

    ids        (length,): a text, or several with END between them; may lie on the disk (np.memmap)
    window     how far two words may be apart: 1 are neighbours
    symmetric  count words on both sides, else only those on the left: X_ij of word j before word i
    weighting  one of WEIGHTING
    pairs      how many are held at a time while counting; more wait in a temporary folder. How long the text is does
               not matter then. Memory holds besides what comes out, 12 bytes for each pair that occurs, and up to four
               times that at the end

    A text without words, or of one word, has no pairs, and its table is empty. Raises IndexError for ids outside the
    vocabulary, TypeError for what are no ids, ValueError for settings that make no sense.
    """
    from scipy.sparse import csr_array

    ids = np.asanyarray(ids)
    if ids.ndim != 1 or (ids.size and ids.dtype.kind not in "iu"):
        raise TypeError(f"cooccurrences: ids are integers, (length,), not {ids.dtype} {ids.shape}")
    if window < 1 or pairs < 1 or not 1 <= vocabulary < 2**31:
        raise ValueError(f"cooccurrences: window={window}, pairs={pairs} and vocabulary={vocabulary} are 1 or more, "
                         "and the last is below 2^31")
    if weighting not in WEIGHTING:
        raise ValueError(f"cooccurrences: there is no weighting {weighting!r}; there are: {', '.join(WEIGHTING)}")
    columns, values = [np.zeros(0, np.int32)], [np.zeros(0)]
    rows = np.zeros(vocabulary, dtype=np.int64)  # how many entries each has
    with tempfile.TemporaryDirectory(prefix="tinylm-", ignore_cleanup_errors=True) as folder:
        runs = _Runs(Path(folder), pairs)
        step = max(1, pairs // window)
        for begin in shown(range(0, len(ids), step), "counting pairs"):
            start = min(begin, window)  # so many words before were counted, and are seen
            text = _checked(ids[begin - start:begin + step], vocabulary)
            runs.add(_count(text, start, vocabulary, window, symmetric, WEIGHTING[weighting]))
        for part in shown(runs.merged(vocabulary), "merging pairs"):
            rows += np.bincount(part.keys // vocabulary, minlength=vocabulary)
            columns.append((part.keys % vocabulary).astype(np.int32))
            values.append(part.values)
        del runs
    ends = np.concatenate([[0], np.cumsum(rows)])
    found = csr_array((np.concatenate(values), np.concatenate(columns), ends), shape=(vocabulary, vocabulary))
    if symmetric:
        found = (found + found.T).tocsr()
        found.sort_indices()
    return found


class _Runs:
    """Sorted runs: merged as long as they fit into memory, then kept on the disk."""

    def __init__(self, folder: Path, pairs: int) -> None:
        self.folder, self.pairs = folder, pairs
        self.held: list[Run] = []  # in memory, each at least twice as long as the one after it
        self.stored = 0  # how many there are on the disk

    def add(self, run: Run) -> None:
        """One more run. Those of about a length are merged, so that each pair takes part in few mergers."""
        while self.held and len(self.held[-1].keys) < 2 * len(run.keys):
            run = _added([self.held.pop(), run])
        self.held.append(run)
        if sum(len(each.keys) for each in self.held) > self.pairs:
            self._store(_added(self.held))
            self.held = []

    def merged(self, vocabulary: int) -> Iterator[Run]:
        """All of it as one run, in pieces: whole rows, of at most `pairs` entries before they are merged or one row."""
        if not self.stored and not self.held:
            return
        keys = np.arange(vocabulary + 1) * vocabulary  # (vocabulary + 1,): with which each row begins
        entries = np.zeros(vocabulary + 1, dtype=np.int64)  # how many there are in all rows before
        for found in self._keys():
            entries += np.searchsorted(found, keys)
        ends = [0]
        while ends[-1] < vocabulary:
            full = np.searchsorted(entries, entries[ends[-1]] + self.pairs, side="right") - 1
            ends.append(max(ends[-1] + 1, int(full)))
        cuts = np.array([np.searchsorted(found, keys[ends]) for found in self._keys()])  # (runs, pieces + 1)
        for cut in zip(cuts[:, :-1].T.tolist(), cuts[:, 1:].T.tolist(), strict=True):
            yield _added([self._part(number, begin, end) for number, (begin, end) in enumerate(zip(*cut, strict=True))])

    def _store(self, run: Run) -> None:
        """Write a run to the disk. Two files each: they are opened for a moment only, for systems allow few hundred."""
        for name, array in run._asdict().items():
            array.tofile(self.folder / f"{self.stored}.{name}")
        self.stored += 1

    def _keys(self) -> Iterator[np.ndarray]:
        """The keys of all runs, those on the disk first."""
        for number in range(self.stored):
            yield np.memmap(self.folder / f"{number}.keys", np.int64, "r")
        for run in self.held:
            yield run.keys

    def _part(self, number: int, begin: int, end: int) -> Run:
        """Some entries of a run."""
        if number >= self.stored:
            return Run(*(array[begin:end] for array in self.held[number - self.stored]))
        return Run(*(np.fromfile(self.folder / f"{number}.{name}", dtype, end - begin, offset=8 * begin)
                     for name, dtype in zip(Run._fields, (np.int64, np.float64), strict=True)))


def _count(ids: np.ndarray, start: int, vocabulary: int, window: int, symmetric: bool,
           weight: Callable[[int, int], float]) -> Run:
    """The pairs whose later word stands at `start` or after it.

    For each distance they are the ids against themselves, shifted by so many. If the table is to be symmetric, a pair
    is counted once, the greater id first: the table and its transpose together are all of it.
    """
    text = np.cumsum(ids == END)  # (length,): which of the texts a word is in
    keys, values = [np.zeros(0, np.int64)], [np.zeros(0)]
    for distance in range(1, min(window, len(ids) - 1) + 1):
        begin = max(start, distance)
        earlier = slice(begin - distance, len(ids) - distance)
        word, before = ids[begin:], ids[earlier]  # (length - begin,)
        near = (word != END) & (before != END) & (text[begin:] == text[earlier])
        word, before = word[near], before[near]
        if symmetric:
            word, before = np.maximum(word, before), np.minimum(word, before)
        keys.append(word * vocabulary + before)
        values.append(np.full(len(word), weight(distance, window)))
    return _sorted(np.concatenate(keys), np.concatenate(values))


def _added(runs: list[Run]) -> Run:
    """Several runs as one: equal pairs are added up."""
    if len(runs) == 1:
        return runs[0]
    return _sorted(np.concatenate([run.keys for run in runs]), np.concatenate([run.values for run in runs]))


def _sorted(keys: np.ndarray, values: np.ndarray) -> Run:
    """Sort pairs, (pairs,) each, and add up the values of equal ones."""
    if not len(keys):
        return Run(keys, values)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    return Run(keys[first], np.add.reduceat(values[order], first))


def _checked(ids: np.ndarray, vocabulary: int) -> np.ndarray:
    ids = ids.astype(np.int64)
    wrong = ids[(ids != END) & ((ids < 0) | (ids >= vocabulary))]
    if wrong.size:
        raise IndexError(f"cooccurrences: there is no id {wrong[0]} in a vocabulary of {vocabulary}")
    return ids
