"""The two halves of byte-pair encoding: learning merges from a text, and applying them to a word.

Gage (1994) compresses a file by writing a new symbol for its most frequent pair of neighbours, again and again.
Sennrich, Haddow and Birch (2016) stop early and use the symbols as the vocabulary of a model: frequent words become
one token, rare ones fall into parts. Merges never cross the border of a word.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise

Pair = tuple[int, int]

GONE = -1  # stands where a symbol was that is now part of its left neighbour; no pair with it is ever merged


def learn(words: Mapping[str, int], alphabet: Iterable[str], size: int, min_count: int = 1) -> list[tuple[str, str]]:
    """The merges, in the order in which they are learnt.

    words      how often each word occurs, written in `alphabet`
    size       how large the vocabulary becomes, the alphabet included
    min_count  leave pairs that are rarer than that

    The most frequent pair is merged first; among equals the one whose symbols are oldest, in the order of the
    alphabet and then of their making, as Hugging Face's `tokenizers` does. Counting all pairs anew would
    read every word for every merge. Only words that hold the pair change, and only next to it, so the counts are
    kept up to date there; the heap may hold outdated ones, which are put right when they come to the top.
    """
    symbols = list(alphabet)
    ids = {symbol: place for place, symbol in enumerate(symbols)}
    split = [[ids[symbol] for symbol in word] for word in words]
    counts = list(words.values())
    total: dict[Pair, int] = defaultdict(int)  # how often each pair occurs that has not been merged
    where: dict[Pair, set[int]] = defaultdict(set)  # the words that it occurs in, and perhaps some that it did
    for place, word in enumerate(split):
        for pair in pairwise(word):
            total[pair] += counts[place]
            where[pair].add(place)
    heap = [(-count, pair) for pair, count in total.items()]
    heapq.heapify(heap)
    merges = []
    while len(symbols) < size and heap:
        count, pair = heapq.heappop(heap)
        now = total[pair]
        if -count != now:
            heapq.heappush(heap, (-now, pair))
            continue
        if now < max(min_count, 1):
            break
        left, right = pair
        merges.append((symbols[left], symbols[right]))
        new = len(symbols)  # no other pair has made it: inside a string merges go the same way wherever it stands
        symbols.append(symbols[left] + symbols[right])
        born = set()
        for place in where.pop(pair):
            word, count, last = split[place], counts[place], len(split[place]) - 1
            at = 0
            while at < last:
                if word[at] != left or word[at + 1] != right:
                    at += 1
                    continue
                if at:
                    before = word[at - 1]
                    total[before, left] -= count
                    total[before, new] += count
                    where[before, new].add(place)
                    born.add((before, new))
                if at + 1 < last:
                    after = word[at + 2]
                    total[right, after] -= count
                    total[new, after] += count
                    where[new, after].add(place)
                    born.add((new, after))
                word[at:at + 2] = [new]
                last -= 1
                at += 1
        for each in born:
            heapq.heappush(heap, (-total[each], each))
    return merges


def apply(symbols: list[int], rank: Mapping[Pair, int], made: list[int]) -> list[int]:
    """Merge the neighbours in `symbols`, the merge that was learnt first coming first, the leftmost pair first.

    rank  when each pair was learnt: 0, 1, 2, ...
    made  the symbol that the merge of each rank makes

    The pairs wait in a heap, so that a word of a million letters takes n log n steps, not n².
    """
    symbols = [*symbols, GONE]
    before = list(range(-1, len(symbols) - 1))  # the place of the neighbour on the left; -1, the last one, is GONE
    after = list(range(1, len(symbols) + 1))
    waiting = [(rank[pair], at) for at, pair in enumerate(pairwise(symbols)) if pair in rank]
    heapq.heapify(waiting)
    while waiting:
        when, at = heapq.heappop(waiting)
        other = after[at]
        if rank.get((symbols[at], symbols[other])) != when:
            continue  # one of the two has been merged with something else since
        symbols[at], symbols[other] = made[when], GONE
        after[at] = after[other]
        before[after[at]] = at
        for start, end in ((before[at], at), (at, after[at])):
            if (pair := (symbols[start], symbols[end])) in rank:
                heapq.heappush(waiting, (rank[pair], start))
    return [symbol for symbol in symbols if symbol != GONE]
