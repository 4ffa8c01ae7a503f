"""What every lesson has: the same headings in the same order, both languages saying the same, code in small cells.

`complaints` reads a source, `unproved_numbers` an executed notebook. The builder refuses a lesson with complaints.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from .language import Both

MOST_LINES, MOST_COLUMNS = 25, 100
"""Of a code cell: more does not fit into one look."""


class Section(NamedTuple):
    """A heading that all lessons share."""

    key: str
    heading: Both
    required: bool = False
    asserts: bool = False  # does its code prove what its text says?


SECTIONS = (
    Section("goal", ("What you will be able to do", "这一课学会什么"), required=True),
    Section("cost", ("Time, memory and data", "时间、内存与数据")),
    Section("origin", ("Where the idea came from", "来龙去脉")),
    Section("idea", ("The idea", "直觉"), required=True),
    Section("mathematics", ("The mathematics", "数学")),
    Section("code", ("In plain NumPy", "只用 NumPy")),
    Section("library", ("TinyLM's own", "TinyLM 的实现"), asserts=True),
    Section("gradient", ("Check the gradient, then break it", "检验梯度，再弄坏它"), asserts=True),
    Section("experiment", ("The experiment", "实验"), required=True, asserts=True),
    Section("exercises", ("Exercises", "练习"), required=True),
    Section("source", ("Read on in the source", "接着读源码")),
    Section("references", ("References", "参考文献")),
    Section("next", ("What comes next", "下一课"), required=True),
)
"""In this order. A lesson's own words may follow: "The idea: how small is small enough?"."""

EXERCISES = range(3, 7)
"""How many a lesson has."""

_CODE, _LINK = re.compile(r"`([^`]+)`"), re.compile(r"\]\(([^)]+)\)")
_MATHS = re.compile(r"\$\$([^$]+)\$\$|\$([^$]+)\$")
_NUMBER = re.compile(r"(?<![A-Za-z0-9_.])\d(?:[\d,]*\d)?(?:\.\d+)?(?:e[+-]?\d+)?(?![A-Za-z0-9_])", re.ASCII)
_HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]")
_CHARACTER = re.compile(r"[\u4e00-\u9fff]")
_ITALICS = re.compile(r"(?<!\*)\*(?!\*)[^*\n]+\*(?!\*)")
_YEAR = re.compile(r"1[5-9]\d\d|20\d\d")


def complaints(cells: Sequence[Any], number: str) -> list[str]:
    """What is wrong with the cells of a source, in words; nothing if all is as it should be."""
    return [*_pairs(cells), *_chinese(cells), *_headings(cells), *_code(cells), *_exercises(cells, number)]


def sections(cells: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    """(key of the section, cell) for every cell; "" before the first heading that all lessons share."""
    key = ""
    for cell in cells:
        for heading in _level_two(cell):
            key = next((section.key for section in SECTIONS if _begins(heading, section)), key)
        yield key, cell


def unproved_numbers(cells: Sequence[Any]) -> list[str]:
    """The numbers in the prose of an executed notebook that are neither in its code nor in what it printed.

    Years, exercises and lessons by their number, headings, formulas, `code` and references are left alone.
    """
    proved = {value for cell in cells if cell.cell_type == "code"
              for text in (cell.source, *_printed(cell)) for value in _values(text)}
    found = []
    for key, cell in sections(cells):
        if cell.cell_type == "markdown" and key != "references":
            lines = [line for line in cell.source.splitlines() if not line.startswith(("#", "|--"))]
            prose = re.sub(r"^\s*\d+\. |\b\d\d\.\d\b|[Ll]essons? \d\d|第 ?\d\d ?课", "", "\n".join(lines),
                           flags=re.MULTILINE)
            found += [text for text in _NUMBER.findall(_bare(prose))
                      if not _YEAR.fullmatch(text) and not {_value(text), _value(text) / 100} & proved]
    return found


def _pairs(cells: Sequence[Any]) -> Iterator[str]:
    """Prose stands in pairs, English first, and both halves have the same formulas, code, links and numbers."""
    prose = [cell for cell in cells if cell.cell_type == "markdown"]
    tongues = [cell.metadata.get("lang") for cell in prose]
    if tongues != ["en", "zh"] * (len(prose) // 2):
        yield "prose does not stand in pairs of cells, lang=\"en\" before lang=\"zh\""
        return
    kinds = "".join(cell.metadata.get("lang", "x")[0] if cell.cell_type == "markdown" else "c" for cell in cells)
    if "ec" in kinds:
        yield "code stands between the two halves of a pair"
    for english, chinese in zip(prose[::2], prose[1::2], strict=True):
        for what, left, right in zip(("code", "formulas", "links", "numbers", "headings"), _spans(english.source),
                                     _spans(chinese.source), strict=True):
            if left != right:
                yield (f"{english.source.splitlines()[0]!r}: the {what} of the two languages differ: "
                       f"English has {list((left - right).elements())} and Chinese has "
                       f"{list((right - left).elements())} for it")


def _chinese(cells: Sequence[Any]) -> Iterator[str]:
    """Punctuation of full width, and bold instead of italics, which its characters have not."""
    for cell in cells:
        if cell.metadata.get("lang") == "zh":
            bare = _bare(cell.source)
            yield from (f"punctuation of half width in Chinese: {found!r}" for found in _HALF_WIDTH.findall(bare))
            italics = filter(_CHARACTER.search, _ITALICS.findall(bare))
            yield from (f"italics in Chinese: {found!r}" for found in italics)


def _headings(cells: Sequence[Any]) -> Iterator[str]:
    keys: list[str] = []
    for cell in cells:
        tongue = cell.metadata.get("lang")
        for heading in _level_two(cell):
            found = [section for section in SECTIONS if _begins(heading, section)]
            if not found or not _begins(heading, found[0], tongue):
                yield f"{heading!r} is none of the headings of a lesson in that language"
            elif tongue == "en":
                keys.append(found[0].key)
    order = [section.key for section in SECTIONS if section.key in keys]
    if keys != order:
        yield f"the sections stand as {', '.join(keys)}; their order is {', '.join(order)}, each once"
    for section in SECTIONS:
        if section.required and section.key not in keys:
            yield f"the section {section.heading[0]!r} is missing"


def _code(cells: Sequence[Any]) -> Iterator[str]:
    asserts: Counter[str] = Counter()
    present: set[str] = set()
    for key, cell in sections(cells):
        present.add(key)
        if cell.cell_type == "code":
            asserts[key] += len(re.findall(r"^\s*assert ", cell.source, re.MULTILINE))
            lines = [line for line in cell.source.splitlines() if line.strip()]
            yield from (f"a line of code has {len(line)} columns, more than {MOST_COLUMNS}: {line.strip()}"
                        for line in lines if len(line) > MOST_COLUMNS)
            if len(lines) > MOST_LINES:
                yield f"a cell has {len(lines)} lines, more than {MOST_LINES}: {lines[0]}"
    for section in SECTIONS:
        if section.asserts and section.key in present and not asserts[section.key]:
            yield f"the section {section.heading[0]!r} asserts nothing"


def _exercises(cells: Sequence[Any], number: str) -> Iterator[str]:
    checked = [found for key, cell in sections(cells) if key == "exercises" and cell.cell_type == "code"
               for found in re.findall(r'^check\("([\d.]+)"', cell.source, re.MULTILINE)]
    wanted = [f"{number}.{k}" for k in range(1, len(checked) + 1)]
    if checked != wanted or len(checked) not in EXERCISES:
        yield (f"the exercises checked are {', '.join(checked) or 'none'}: there are {EXERCISES[0]} to "
               f"{EXERCISES[-1]}, numbered from {number}.1")


def _spans(text: str) -> Iterator[Counter[str]]:
    """What both languages have in common: code, formulas, links, numbers, levels of headings."""
    maths = [re.sub(r"\\text\{[^}]*\}|[\s$]", "", found[0]) for found in _MATHS.finditer(_CODE.sub("", text))]
    yield Counter(_CODE.findall(text))
    yield Counter(maths)
    yield Counter(_LINK.findall(text))
    yield Counter(_NUMBER.findall(_bare(text)))
    yield Counter(re.findall(r"^(#+) ", text, re.MULTILINE))


def _bare(text: str) -> str:
    """Prose without its code, formulas and links."""
    return _LINK.sub("]", _MATHS.sub(" ", _CODE.sub(" ", text)))


def _level_two(cell: Any) -> list[str]:
    return re.findall(r"^## (.+)$", cell.source, re.MULTILINE) if cell.cell_type == "markdown" else []


def _begins(heading: str, section: Section, tongue: str | None = None) -> bool:
    names = {"en": section.heading[:1], "zh": section.heading[1:]}.get(tongue or "", section.heading)
    return any(heading == name or heading.startswith((f"{name}:", f"{name}：")) for name in names)


def _printed(cell: Any) -> Iterator[str]:
    for output in cell.get("outputs", ()):
        yield output.get("text", "")
        yield output.get("data", {}).get("text/plain", "")


def _values(text: str) -> Iterator[float]:
    yield from map(_value, _NUMBER.findall(text.replace("_", "")))


def _value(text: str) -> float:
    return float(text.replace(",", ""))
