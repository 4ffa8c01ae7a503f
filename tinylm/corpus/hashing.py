"""Words, and runs of words, as 64-bit numbers: what duplicates are found by.

    code(v₀ … v_m) = mix(Σ vⱼ Bʲ mod 2⁶⁴)        v: the bytes of a word, or the codes of words

A sum S(p) = Σ_{i<p} vᵢ Bⁱ over all of a text gives the code of any span in it, from a to b, since B is odd and so has
an inverse: (S(b) - S(a)) B⁻ᵃ. So the codes of all words, or of all runs of n words, take a few operations on whole
arrays, whatever n is (Karp and Rabin 1987). Arithmetic of 64 bits is modulo 2⁶⁴ by itself.

Two of n different spans have the same code with a probability of about n²/2⁶⁵: 3 % among a thousand million. That
holds for texts, not for strings made to collide (Pachocki and Radoszewski 2013).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

BASE = 0x9E3779B97F4A7C15  # odd: 2⁶⁴ over the golden ratio
INVERSE = pow(BASE, -1, 2**64)
BLOCK = 2**16  # values whose powers are held in memory

APART, WORD, ALONE, MORE = range(4)
KIND = np.full(256, APART, np.uint8)
"""What a byte of UTF-8 makes of its character: part of a word, a word by itself, or neither (MORE: as the one before).

Letters and digits of ASCII and of the scripts from U+00C0 to U+1FFF (Latin, Greek, Cyrillic, Arabic, Hindi, ...) are
parts of words. From U+3000 on (Chinese, Japanese, Korean) each character is a word, since there words have no spaces
between them. The rest, U+2000 to U+2FFF among it, is punctuation and symbols.
"""
for _first, _last, _kind in ((b"0", b"9", WORD), (b"A", b"Z", WORD), (b"a", b"z", WORD), (b"\x80", b"\xbf", MORE),
                             (b"\xc3", b"\xe1", WORD), (b"\xe3", b"\xf4", ALONE)):
    KIND[_first[0]:_last[0] + 1] = _kind


@dataclass(frozen=True)
class Words:
    """The words of some documents, one after the other.

    codes   (words,): a number for each word, the same for the same letters in either case
    starts  (words,): where it begins in `raw`
    sizes   (words,): how many bytes it has
    place   (documents + 1,): words place[d] to place[d + 1] are those of document d
    raw     the documents in small letters, with a line end after each, in UTF-8
    """

    codes: np.ndarray
    starts: np.ndarray
    sizes: np.ndarray
    place: np.ndarray
    raw: bytes

    def only(self, document: int) -> Words:
        """The words of one document."""
        begin, end = self.place[document:document + 2]
        return Words(self.codes[begin:end], self.starts[begin:end], self.sizes[begin:end],
                     np.array([0, end - begin]), self.raw)

    def between(self, first: int, last: int) -> str:
        """The text from the word `first` to the word before `last`."""
        return self.raw[self.starts[first]:self.starts[last - 1] + self.sizes[last - 1]].decode("utf-8", "replace")


class Grams(NamedTuple):
    """The runs of n words of some documents; a document of fewer words is one run."""

    codes: np.ndarray  # (grams,)
    starts: np.ndarray  # (grams,): the first word of each
    stops: np.ndarray  # (grams,): the word after it
    place: np.ndarray  # (documents + 1,): grams place[d] to place[d + 1] are those of document d

    @property
    def owner(self) -> np.ndarray:
        """The document of each, (grams,)."""
        return np.repeat(np.arange(len(self.place) - 1), np.diff(self.place))


def words_of(texts: Sequence[str]) -> Words:
    """The words of each text, in small letters and without punctuation. A text without words is one word itself."""
    data = [text.lower().encode("utf-8") for text in texts]
    begins = np.cumsum([0, *(len(each) + 1 for each in data)])
    joined = b"\n".join([*data, b""])
    raw = np.frombuffer(joined, np.uint8)
    kind = KIND[raw]
    alone: np.ndarray | bool = False
    if not joined.isascii():
        more = kind == MORE
        kind = kind[np.maximum.accumulate(np.where(more, 0, np.arange(len(raw), dtype=np.int32)))]
        alone = (kind[1:] == ALONE) & ~more[1:]
    edges = np.flatnonzero((kind[1:] != kind[:-1]) | alone) + 1  # where a word begins or ends
    if len(kind) and kind[0] != APART:
        edges = np.concatenate([[0], edges])
    sums = _sums(raw, edges)
    inside = np.flatnonzero(kind[edges] != APART)  # after the last word there is an edge: the line end
    starts = edges[inside]
    codes = mixed((sums[inside + 1] - sums[inside]) * _inverse_power(starts))
    words = Words(codes, starts, edges[inside + 1] - starts, np.searchsorted(starts, begins), joined)
    return _with_wordless(words, data, begins)


def grams(words: Words, n: int) -> Grams:
    """All runs of n words, within each document."""
    count = np.diff(words.place)  # (documents,)
    place = np.concatenate([[0], np.cumsum(np.maximum(count - n + 1, np.minimum(count, 1)))])
    owner_count = np.diff(place)
    starts = np.arange(place[-1]) + np.repeat(words.place[:-1] - place[:-1], owner_count)
    stops = np.minimum(starts + n, np.repeat(words.place[1:], owner_count))
    sums = _sums(words.codes, np.arange(len(words.codes) + 1))
    return Grams(mixed((sums[stops] - sums[starts]) * _inverse_power(starts)), starts, stops, place)


def mixed(codes: np.ndarray) -> np.ndarray:
    """Each number shuffled so that every bit depends on all: a permutation of the 64-bit numbers, that of SplitMix64.

    Steele, Lea and Flood 2014.
    """
    codes = codes ^ (codes >> np.uint64(30))
    codes *= np.uint64(0xBF58476D1CE4E5B9)
    codes ^= codes >> np.uint64(27)
    codes *= np.uint64(0x94D049BB133111EB)
    codes ^= codes >> np.uint64(31)
    return codes


def _powers(base: int, count: int) -> np.ndarray:
    """base⁰, base¹, ..., modulo 2⁶⁴."""
    powers = np.full(count, base, np.uint64)
    powers[:1] = 1
    return np.cumprod(powers, dtype=np.uint64)


POWERS, INVERSE_POWERS = _powers(BASE, BLOCK), _powers(INVERSE, BLOCK)


def _sums(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """S(p) at ascending places, block by block: a document may be long, and its powers need not be in memory."""
    found = np.empty(len(places), np.uint64)
    before, done = 0, 0
    for begin in range(0, max(len(values), 1), BLOCK):
        part = values[begin:begin + BLOCK]
        sums = np.zeros(len(part) + 1, np.uint64)
        np.cumsum(part * POWERS[:len(part)], out=sums[1:])
        end = int(np.searchsorted(places, begin + len(part), "right"))
        scale = pow(BASE, begin, 2**64)
        found[done:end] = sums[places[done:end] - begin] * np.uint64(scale) + np.uint64(before)
        before, done = (before + scale * int(sums[-1])) % 2**64, end
    return found


def _inverse_power(places: np.ndarray) -> np.ndarray:
    """B⁻ᵖ for each place, as B⁻ᵖ = B^-(p mod block) · B^-(p - p mod block)."""
    if not len(places):
        return np.empty(0, np.uint64)
    blocks = _powers(pow(INVERSE, BLOCK, 2**64), int(places[-1]) // BLOCK + 1)
    return INVERSE_POWERS[places % BLOCK] * blocks[places // BLOCK]


def _with_wordless(words: Words, data: Sequence[bytes], begins: np.ndarray) -> Words:
    """A document of nothing but punctuation becomes a word of its own."""
    wordless = np.flatnonzero(np.diff(words.place) == 0)
    if not len(wordless):
        return words
    marks = [data[i] for i in wordless.tolist()]
    codes = [int.from_bytes(hashlib.blake2b(each, digest_size=8).digest(), "little") for each in marks]
    at = words.place[wordless]
    more = np.zeros(len(words.place), words.place.dtype)
    more[wordless + 1] = 1
    return Words(np.insert(words.codes, at, np.array(codes, np.uint64)), np.insert(words.starts, at, begins[wordless]),
                 np.insert(words.sizes, at, list(map(len, marks))), words.place + np.cumsum(more),
                 words.raw)
