"""How many insertions, deletions and replacements lead from one sequence to another?"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from . import inputs
from .overlap import edit_rows


def edit_distance(first: Sequence[Hashable], second: Sequence[Hashable]) -> int:
    """The least number of insertions, deletions and replacements that turn `first` into `second`, 0 to the longer.

    Texts are compared character by character, lists item by item. After Levenshtein (1966), by the table of Wagner
    and Fischer (1974); time grows with the product of the lengths. A swap of neighbours costs 2.
    """
    *_, last = edit_rows(first, second)
    return int(last[-1])


def word_error_rate(hypotheses: Any, references: Any) -> float:
    """Σ edit distance in words / Σ words of the references; from 0, and above 1 where much was made up.

    hypotheses, references  lists of texts, one reference each; words are what white space parts

    Capitals and punctuation count, so normalise both sides alike. Raises ValueError for unequal lengths, empty lists
    and references without a word.
    """
    return _rate([one.split() for one in inputs.texts(hypotheses, "hypotheses")],
                 [one.split() for one in inputs.texts(references, "references")])


def character_error_rate(hypotheses: Any, references: Any) -> float:
    """The same in characters, white space included: for languages that do not part words."""
    return _rate(inputs.texts(hypotheses, "hypotheses"), inputs.texts(references, "references"))


def _rate(hypotheses: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> float:
    inputs.same_length(hypotheses=hypotheses, references=references)
    total = sum(map(len, references))
    if not total:
        raise ValueError("the references are empty: there is nothing to divide the errors by")
    return sum(map(edit_distance, hypotheses, references)) / total
