"""What word2vec learns from: words beside each other, drawn from a text, and words that chance puts there.

Four things are left to chance (Mikolov et al. 2013b, sections 2.2 and 2.3, and the C program that came with it):
which of the frequent words are passed over, how far each word sees, and which words stand for all those that are not
there. Both forms of the model take what is drawn here, so they learn the same.

Drawing five wrong words for every pair, one pair at a time, leaves nothing for a matrix product to do. So a block of
positions shares its wrong words, each counting for as many as it stands for (Ji et al. 2016): the loss expected is
the same, and what a block computes becomes three products of matrices.

A step takes several blocks, and what it must not do is push one word too far. All pairs of a step are judged by the
vectors that were there before it. Each moves its word's u against its own error alone, and N of them that agree on h
move it N times: the error, σ(h·u) - 1 say, is then multiplied by about 1 - rate N σ' |h|², where σ' ≤ ¼. Past -1 it
grows from step to step, and the vectors with it. So rate N is held in bounds: a step has fewer positions in texts of
few words (`positions_of`), and where a text says one word over and over, as rulers (-----) do, each time counts less
(`Draws._calmed`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..backend import generator
from ..cooccurrence import END

POWER = 0.75
"""Wrong words are drawn by count^0.75: rare ones more often than they occur (Mikolov et al. 2013b)."""

BLOCK = 16
"""Positions that share their wrong words, at most; and so many wrong words they share, however few they are: with one
alone, all the wrong answers of a position would be the same word, and push it too far."""

PUSH, USUAL = 5.4, 3.6
"""How far, rate times pairs, a step may push a word, and how far it pushes the most frequent one on average. In texts
of 2 to 100 words, at rates up to 0.3, this learns as well as a half of it; with 7.2 some diverge."""

MOST = 512
"""Positions of a step at most: more are no faster."""

PIECE, TOGETHER = 2**14, 2**11
"""Words of the text that are drawn from at a time, and positions that are made into blocks at a time."""


class Batch(NamedTuple):
    """Some blocks of positions of a text, one step's worth. Every array begins with the axis of the blocks.

    given  (blocks, words): what is read, rows of the input vectors
    mix    (blocks, positions, words): how the vector h of each position is made of them, a mean; None where each
           position reads the one word in its place
    asked  (blocks, words): what is asked for, rows of the output vectors: first those that may be right
    right  (blocks, positions, first words): how often each of those is the right answer: 0, 1 or less (`Draws._calmed`)
    wrong  (blocks, positions, other words): for how many wrong answers each of the others counts
    rate   the learning rate
    place  how many words of the text, over all epochs, came before
    """

    given: np.ndarray
    mix: np.ndarray | None
    asked: np.ndarray
    right: np.ndarray
    wrong: np.ndarray
    rate: float
    place: int


class Draws:
    """Draws batches from a text.

    ids       (length,), as `Sentences.ids`
    counts    (vocabulary,): how often each word stands in the training text
    window    how many words to either side belong to a word at most: how many is drawn for each, 1 to `window`
    negative  how many wrong words a right one is told from
    sample    the share of the text above which a word begins to be passed over; 0 passes over none
    sg        skip-gram, the word reads and its neighbours are asked for; else CBOW, the neighbours read together, and
              the word is asked for
    positions how many positions a batch has, down to whole blocks of 16 where it is more
    rates     the learning rate at the beginning and at the end; between, it falls as a line
    """

    def __init__(self, ids: np.ndarray, counts: np.ndarray, *, window: int, negative: int, sample: float, sg: bool,
                 positions: int, rates: tuple[float, float] = (0.0, 0.0), epochs: int = 1, seed: int = 0,
                 dtype: type = np.float32) -> None:
        self.ids, self.window, self.negative, self.sg = ids, window, negative, sg
        self.rates, self.epochs, self.seed, self.dtype = rates, epochs, seed, dtype
        self.keep = kept(counts, sample)
        self.noise = noise(counts)
        self.block = min(BLOCK, positions)
        self.blocks = positions // self.block
        i, j = np.ogrid[:self.block, :self.block + 2 * window]
        self._far = np.abs(i + window - j)  # (positions, words around): how far apart
        self._far[self._far == 0] = window + 1  # a word is not its own neighbour
        self._pairs = np.zeros(len(counts))  # zeros between one use and the next

    def batches(self) -> Iterator[Batch]:
        """The batches of all epochs, one after the other."""
        for epoch in range(self.epochs):
            yield from self.epoch(epoch)

    def epoch(self, epoch: int) -> Iterator[Batch]:
        """The batches of one epoch: every word of the text that is not passed over has one position in them."""
        rng, margin = generator(self.seed, epoch), self.window
        size = self.block * self.blocks
        none = np.full((3, margin), END)  # before and after the text: words of no sentence
        text, sentence = none, 0  # (3, length): words, their sentences' numbers, their places in the text
        for start in range(0, len(self.ids), PIECE):
            piece = self.ids[start:start + PIECE]
            new, sentence = self._sampled(piece, start, sentence, rng)
            last = start + PIECE >= len(self.ids)
            text = np.concatenate([text, new, *[none] * last], axis=1)
            positions = text.shape[1] - 2 * margin
            use = positions if last else positions // size * size
            if use > 0:
                reach = rng.integers(1, margin + 1, use)
                wrong = self._noise_words(-(-use // self.block), rng)
                some = max(TOGETHER // size, 1) * size
                for begin in range(0, use, some):
                    end = min(begin + some, use)
                    mine = slice(begin // self.block, -(-end // self.block))
                    yield from self._batches(text[:, begin:end + 2 * margin], reach[begin:end], wrong[mine], epoch)
                text = text[:, use:]

    def _sampled(self, piece: np.ndarray, start: int, sentence: int, rng: np.random.Generator
                 ) -> tuple[np.ndarray, int]:
        """(3, length) what stays of a piece; and the number of the sentence that goes on after it."""
        ends = np.cumsum(piece == END) + sentence
        stays = np.flatnonzero((rng.random(len(piece)) < self.keep[piece]) & (piece != END))
        return np.stack([piece[stays], ends[stays], stays + start]), int(ends[-1])

    def _noise_words(self, blocks: int, rng: np.random.Generator) -> np.ndarray:
        """(blocks, shared words): each drawn for itself, one may come twice."""
        return np.searchsorted(self.noise, rng.random((blocks, BLOCK)), side="right")

    def _batches(self, text: np.ndarray, reach: np.ndarray, wrong: np.ndarray, epoch: int) -> Iterator[Batch]:
        """Positions into blocks: `text` (3, positions + 2 window), `reach` (positions,), `wrong` (blocks, words)."""
        margin, block, dtype = self.window, self.block, self.dtype
        blocks = len(wrong)
        missing = blocks * block - len(reach)  # at the end of a text the last block is not full
        words, sentences, places = np.pad(text, [(0, 0), (0, missing)], constant_values=END)
        reach = np.pad(reach, (0, missing)).reshape(blocks, block, 1)
        parts = ((margin, block), (0, block + 2 * margin))
        (centres, around), (of_centre, of_other) = (
            [_blocks(values, start, blocks, block, width) for start, width in parts]
            for values in (words, sentences))  # (blocks, block), (blocks, block + 2 window)
        near = (self._far <= reach) & (of_centre[:, :, None] == of_other[:, None, :])  # (blocks, block, around)
        near &= (of_centre != END)[:, :, None]
        beside = near.astype(dtype)
        each = beside.sum(-1, keepdims=True)  # (blocks, block, 1): how many neighbours
        share = self.negative / wrong.shape[1]
        given, asked = np.maximum(centres, 0), np.maximum(around, 0)  # what is beside the text counts for nothing
        if self.sg:
            mix, pairs, right, reads = None, each, beside, each[..., 0]
            same = (around[:, :, None] == wrong[:, None, :]).astype(dtype)  # a word drawn that is right says nothing
            asked, others, asks = np.concatenate([asked, wrong], 1), share * (each - right @ same), beside.sum(1)
        else:
            given, asked, mix = asked, np.concatenate([given, wrong], 1), beside / np.maximum(each, 1)
            pairs = (each > 0).astype(dtype)  # (blocks, block, 1): how often a position is asked
            right, reads, asks = np.eye(block, dtype=dtype) * pairs, beside.sum(1), pairs[..., 0]
            others = (centres[:, :, None] != wrong[:, None, :]) * (share * pairs)
        reads = (1 + self.negative) * reads  # (blocks, words read): in how many pairs each is, right and wrong
        asks = np.concatenate([asks, np.repeat(share * pairs.sum(1), BLOCK, 1)], 1)  # (blocks, words asked for)
        for begin in range(0, blocks, self.blocks):
            part = slice(begin, begin + self.blocks)
            place = epoch * len(self.ids) + int(places[margin + begin * block])
            rate = self.rates[0] + (self.rates[1] - self.rates[0]) * place / (len(self.ids) * self.epochs)
            batch = Batch(given[part], None if mix is None else mix[part], asked[part], right[part], others[part], rate,
                          place)
            yield self._calmed(batch, reads[part], asks[part])

    def _calmed(self, batch: Batch, reads: np.ndarray, asks: np.ndarray) -> Batch:
        """The batch, in which pairs of a word that would be pushed beyond PUSH count less, so that it is not.

        reads  (blocks, words read): the pairs of each, and
        asks   (blocks, words asked for): of each of these

        A pair has a word that is read, or several, and one that is asked for; the one that allows the least decides.
        Wrong words drawn that are right are counted too: so few do not matter.
        """
        given, asked = self._together(batch.given, reads), self._together(batch.asked, asks)
        if batch.rate * max(given.max(), asked.max()) <= PUSH:
            return batch
        given, asked = ((PUSH / np.maximum(batch.rate * each, PUSH)).astype(self.dtype) for each in (given, asked))
        if batch.mix is not None:
            given = np.where(batch.mix > 0, given[:, None], 1).min(2)  # (blocks, positions)
        share = np.minimum(given[:, :, None], asked[:, None], dtype=self.dtype)  # (blocks, positions, words)
        first = batch.right.shape[2]
        return batch._replace(right=batch.right * share[..., :first], wrong=batch.wrong * share[..., first:])

    def _together(self, ids: np.ndarray, pairs: np.ndarray) -> np.ndarray:
        """(blocks, words): the pairs of each word, those in its other places too."""
        np.add.at(self._pairs, ids.ravel(), pairs.ravel().astype(np.float64))
        found = self._pairs[ids]
        self._pairs[ids] = 0
        return found


def positions_of(counts: np.ndarray, sample: float, alpha: float, window: int, negative: int) -> int:
    """How many positions a step may have, if the most frequent word's pairs, right and wrong, push it by USUAL.

    A position has window + 1 right pairs on average, and `negative` wrong ones to each.
    """
    often = counts * kept(counts, sample)
    push = alpha * (window + 1) * (1 + negative) * often.max() / often.sum()  # of one position
    return int(np.clip(round(USUAL / max(push, USUAL / MOST)), 1, MOST))


def kept(counts: np.ndarray, sample: float) -> np.ndarray:
    """How likely each word is to stay: min(1, √(t/f) + t/f), f its share of the text, t = sample.  (vocabulary,)

    That is the C program's; the paper has √(t/f) alone.
    """
    if not sample:
        return np.ones(len(counts))
    ratio = sample * counts.sum() / counts
    return np.minimum(1, np.sqrt(ratio) + ratio)


def noise(counts: np.ndarray) -> np.ndarray:
    """How likely a wrong word is one of the first k: the sum of their count^0.75, by that of all.  (vocabulary,)"""
    total = np.cumsum(counts.astype(np.float64) ** POWER)
    return total / total[-1]


def _blocks(values: np.ndarray, start: int, blocks: int, step: int, width: int) -> np.ndarray:
    """(blocks, width): `width` values from start, start + step, ..."""
    windows = np.lib.stride_tricks.sliding_window_view(values[start:], width)
    return windows[:(blocks - 1) * step + 1:step]
