"""Files of questions that vectors of words are tested with: analogies, and pairs that people have judged."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple


class Question(NamedTuple):
    """a is to b as c is to expected."""

    section: str
    words: tuple[str, str, str, str]


class JudgedPair(NamedTuple):
    """How similar people found two words, on whatever scale."""

    a: str
    b: str
    judgement: float


def read_questions(path: str | Path) -> list[Question]:
    """The analogies of a file as Mikolov's questions-words.txt has them (Mikolov et al. 2013).

        : capital-common-countries
        Athens Greece Baghdad Iraq

    A line with a colon begins a section; the others hold four words each. Raises ValueError, with the line, for any
    other, and for a file without questions.
    """
    section, found = "", []
    for number, line in enumerate(_lines(path), 1):
        if line.startswith(":"):
            section = line[1:].strip()
        elif line:
            words = line.split()
            if len(words) != 4:
                raise ValueError(f"{path}, line {number}: an analogy has four words, 'Athens Greece Baghdad Iraq', and "
                                 f"this line has {len(words)}: {line[:60]!r}")
            found.append(Question(section, (words[0], words[1], words[2], words[3])))
    if not found:
        raise ValueError(f"{path} holds no analogy")
    return found


def read_pairs(path: str | Path) -> list[JudgedPair]:
    """The pairs of a file such as WordSim-353, MEN, RG-65 or SimLex-999: two words a line, and a judgement.

    The columns are separated by tabs, else by commas, else by blanks; the judgement is the first column after the words
    that reads as a number. A line with # is a comment, and the first line may be a heading. Raises ValueError, with
    the line, for any other, and for a file without pairs.
    """
    found: list[JudgedPair] = []
    for number, line in enumerate(_lines(path), 1):
        if not line or line.startswith("#"):
            continue
        separator = "\t" if "\t" in line else "," if "," in line else None
        columns = [column.strip() for column in line.split(separator)]
        numbers = [column for column in columns[2:] if re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)", column)]
        if numbers and all(columns[:2]):
            found.append(JudgedPair(columns[0], columns[1], float(numbers[0])))
        elif number > 1:
            raise ValueError(f"{path}, line {number}: two words and a number are expected, 'tiger cat 7.35', not "
                             f"{line[:60]!r}")
    if not found:
        raise ValueError(f"{path} holds no pair of words with a judgement")
    return found


def _lines(path: str | Path) -> list[str]:
    try:
        return [line.strip() for line in Path(path).read_text(encoding="utf-8-sig").split("\n")]
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8: byte {error.start}") from error
