"""Near duplicates: pairs that agree in a band and resemble each other are joined, and of what is joined one is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

NEIGHBOURS = 50
"""With how many documents before it a document is compared in each band, at most: so the work stays linear where very
many agree in a band without being alike. Many that are alike are found through those in between; two that stand further
apart among others that are not, as pages made from one template may, can be missed."""

Similar = Callable[[np.ndarray, np.ndarray], np.ndarray]


class Forest:
    """Sets of documents that grow together: union-find (Tarjan 1975). The root of a set is its first document."""

    def __init__(self, count: int) -> None:
        self.parent = np.arange(count)

    def roots(self, documents: np.ndarray) -> np.ndarray:
        """The first document of the set that each is in."""
        above = self.parent[documents]
        while True:
            higher = self.parent[above]
            if np.array_equal(higher, above):
                break
            above = higher
        self.parent[documents] = above  # the way is shorter the next time
        return above

    def join(self, first: int, second: int) -> None:
        """Make one set of those of two documents."""
        one, other = self._root(first), self._root(second)
        self.parent[max(one, other)] = min(one, other)

    def _root(self, document: int) -> int:
        parent = self.parent
        while parent[document] != document:
            parent[document] = parent[parent[document]]
            document = int(parent[document])
        return document


def first_alike(bands: Iterable[np.ndarray], documents: np.ndarray, similar: Similar) -> np.ndarray:
    """For each document the first of its cluster, which may be itself, (documents,).

    bands      for each band the keys of all documents, (all documents,)
    documents  which of them to compare, ascending
    similar    whether pairs of documents, (pairs,) and (pairs,), are near duplicates, (pairs,)

    A cluster is what hangs together: a and c are in it if both are like b, even where a is not like c.
    """
    forest = Forest(int(documents[-1]) + 1 if len(documents) else 0)
    for band in bands:
        own = band[documents]
        order = np.argsort(own, kind="stable")  # among equal keys, documents ascend
        ordered, order = own[order], documents[order]
        later = np.arange(len(order))
        for distance in range(1, NEIGHBOURS + 1):
            later = later[later >= distance]
            later = later[ordered[later] == ordered[later - distance]]
            if not len(later):
                break
            first, second = order[later - distance], order[later]
            apart = forest.roots(first) != forest.roots(second)
            first, second = first[apart], second[apart]
            if len(first):
                alike = similar(first, second)
                for one, other in zip(first[alike].tolist(), second[alike].tolist(), strict=True):
                    forest.join(one, other)
    return forest.roots(documents)
