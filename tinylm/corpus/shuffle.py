"""In which order, and on which side: the numbers of documents are shuffled and split, while the texts stay on disk."""

from __future__ import annotations

import numpy as np


def shuffled(documents: np.ndarray, heldout: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The documents in random order, as (training part, held-out part): every order is equally likely.

    heldout  the share of the documents that is held out, rounded, but at least one; with 0 none is
    seed     the same seed gives the same order of the same documents

    Split by document, for two parts of one document are no independent test. Eight bytes a document are in memory
    (Durstenfeld 1964, whose shuffle NumPy's is). Raises ValueError for a share outside of [0, 1), and where there are
    fewer than two documents to split.
    """
    check_share(heldout)
    if heldout and len(documents) < 2:
        raise ValueError(f"{len(documents)} document{'' if len(documents) == 1 else 's'} cannot be split into a "
                         "training and a held-out part. If the file holds several, say what stands between them "
                         "(--separator), or hold nothing out (--heldout 0)")
    order = np.random.Generator(np.random.Philox(seed)).permutation(documents)
    count = min(max(round(heldout * len(order)), 1), len(order) - 1) if heldout else 0
    return order[count:], order[:count]


def check_share(heldout: float) -> None:
    """Raises ValueError for a share that cannot be held out."""
    if not 0 <= heldout < 1:
        raise ValueError(f"the share to hold out is {heldout}; it is at least 0, and below 1, since something has to "
                         "be left to learn from: 0.01 is one document in a hundred")
