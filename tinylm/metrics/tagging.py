"""Entities in tagged sentences: an entity is right when its type and both its ends are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from . import inputs
from .classes import divided

SCHEMES = {"IOB2": "BI", "IOBES": "BIES", "BILOU": "BILU"}
"""For each scheme the letters that begin, continue, end, and are an entity alone."""


class Entity(NamedTuple):
    """What is named, and in which tokens: from `start` up to but not including `end`."""

    type: str
    start: int
    end: int


class EntityScores(NamedTuple):
    """The scores of one type, and how many entities there truly are of it."""

    precision: float
    recall: float
    f1: float
    support: int


def entities(tags: Sequence[str], scheme: str | None = None) -> list[Entity]:
    """The entities in the tags of one sentence, such as B-PER I-PER O.

    scheme  None reads leniently, as CoNLL's conlleval does: an entity begins at B or S, and where the type changes or
            nothing was open; it ends after E or S. "IOB2", "IOBES" and "BILOU" read strictly: what does not begin,
            or under the latter two does not end, as the scheme wants is no entity

    Raises ValueError for what is no tag or has a letter that the scheme does not know.
    """
    if scheme is not None and scheme not in SCHEMES:
        raise ValueError(f"entities: scheme is {scheme!r}; it is None, {', '.join(map(repr, SCHEMES))}")
    parts = [_parts(tag, SCHEMES[scheme] if scheme else "BIES", scheme) for tag in tags]
    return _strict(parts, SCHEMES[scheme]) if scheme else _lenient(parts)


def entity_f1(y_true: Sequence[Sequence[str]], y_pred: Sequence[Sequence[str]], *, average: str | None = "micro",
              scheme: str | None = None, zero_division: Any = "warn") -> Any:
    """F₁ = 2PR/(P + R) over entities, from 0 to 1; P and R are the shares of predicted and true entities in both.

    y_true, y_pred  a list of tags for each sentence
    average         "micro": over all entities; "macro": the mean over types; "weighted": by how many entities a type
                    truly has; None: an array, one a type in alphabetic order (`entity_report` has the names)
    scheme          how to read tags: see `entities`. A strict scheme is what seqeval calls mode="strict"
    zero_division   the value of 0/0 in P and in R: 0, 1, or "warn": 0 and a warning

    After Tjong Kim Sang and De Meulder (2003). One token too many is as wrong as an entity missed, and counts twice:
    once in P, once in R. Lenient reading forgives tags that no tagger should give. Without any entity on either side
    it is zero_division. Raises ValueError for empty and unequal inputs and for tags it cannot read.
    """
    if average not in ("micro", "macro", "weighted", None):
        raise ValueError(f"entity_f1: average is {average!r}; it is 'micro', 'macro', 'weighted' or None")
    if zero_division not in (0, 1, "warn"):
        raise ValueError(f"entity_f1: zero_division is {zero_division!r}; it is 0, 1 or 'warn'")
    _, hits, predicted, true = _counted(y_true, y_pred, scheme)
    if average == "micro" or (average and not len(hits)):
        hits, predicted, true = (np.array([side.sum()]) for side in (hits, predicted, true))
    if average == "weighted" and not true.any():
        return float(zero_division == 1 and not predicted.any())
    values = _rates(hits, predicted, true, zero_division)[2]
    if average is None:
        return values
    return float(np.average(values, weights=true if average == "weighted" else None))


def entity_report(y_true: Sequence[Sequence[str]], y_pred: Sequence[Sequence[str]], *, scheme: str | None = None,
                  zero_division: Any = "warn") -> dict[str, EntityScores]:
    """Precision, recall, F₁ and support of each type, in alphabetic order. Arguments as for `entity_f1`."""
    types, hits, predicted, true = _counted(y_true, y_pred, scheme)
    rows = zip(types, *(side.tolist() for side in (*_rates(hits, predicted, true, zero_division), true)), strict=True)
    return {kind: EntityScores(*scores) for kind, *scores in rows}


def _rates(hits: np.ndarray, predicted: np.ndarray, true: np.ndarray,
           zero_division: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    precision = divided(hits, predicted, zero_division, "precision")
    recall = divided(hits, true, zero_division, "recall")
    both = precision + recall
    return precision, recall, np.divide(2 * precision * recall, both, out=np.zeros(len(both)), where=both > 0)


def _counted(y_true: Sequence[Sequence[str]], y_pred: Sequence[Sequence[str]],
             scheme: str | None) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """The types, and for each the entities that are right, predicted, and true."""
    inputs.same_length(y_true=y_true, y_pred=y_pred)
    if not len(y_true):
        raise ValueError("entity_f1: there is no sentence")
    true, predicted = set(), set()
    for place, (right, given) in enumerate(zip(y_true, y_pred, strict=True)):
        if isinstance(right, str) or isinstance(given, str):
            raise TypeError(f"entity_f1: sentence {place} is a text; a list of tags for each sentence is expected")
        if len(right) != len(given):
            raise ValueError(f"entity_f1: sentence {place} has {len(right)} tags and {len(given)} predicted ones")
        true |= {(place, entity) for entity in entities(right, scheme)}
        predicted |= {(place, entity) for entity in entities(given, scheme)}
    types = sorted({entity.type for _, entity in true | predicted})
    counts = [np.array([sum(entity.type == kind for _, entity in side) for kind in types], dtype=np.int64)
              for side in (true & predicted, predicted, true)]
    return types, counts[0], counts[1], counts[2]


def _parts(tag: str, letters: str, scheme: str | None) -> tuple[str, str]:
    """The letter and the type of a tag; a letter alone has the type "_"."""
    letter, _, kind = str(tag).partition("-")
    if letter == "O":
        return "O", ""
    if len(letter) != 1 or letter not in letters or (not kind and "-" in str(tag)):
        known = ", ".join(f"{k}-TYPE" for k in letters)
        raise ValueError(f"{tag!r} is not among the tags of {scheme or 'lenient reading'}: {known} and O")
    return letter, kind or "_"


def _lenient(parts: Sequence[tuple[str, str]]) -> list[Entity]:
    found: list[Entity] = []
    start, before, open_type = 0, "O", ""
    for place, (letter, kind) in enumerate([*parts, ("O", "")]):
        begins = letter in "BS" or before in "OES" or kind != open_type
        if before != "O" and (letter == "O" or begins):
            found.append(Entity(open_type, start, place))
        if letter != "O" and begins:
            start = place
        before, open_type = letter, kind
    return found


def _strict(parts: Sequence[tuple[str, str]], letters: str) -> list[Entity]:
    begin, inside, end, alone = letters[0], letters[1], letters[2:3], letters[3:]
    found: list[Entity] = []
    place = 0
    while place < len(parts):
        start, (letter, kind) = place, parts[place]
        place += 1
        if letter == begin:
            while (place < len(parts) and parts[place] in ((inside, kind), (end, kind))
                   and parts[place - 1][0] != end):
                place += 1
            if not end or parts[place - 1][0] == end:
                found.append(Entity(kind, start, place))
        elif letter == alone:
            found.append(Entity(kind, start, place))
    return found
