"""The pages beside the lessons: the glossary is sorted and without doubles, each common error has both languages."""

import re
from pathlib import Path

import pytest

from tinylm import learn

FOLDER = Path(learn.__file__).parents[2] / "lessons"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]")


def glossary():
    lines = (FOLDER / "glossary.md").read_text(encoding="utf-8").splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("|--"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[start + 1:] if line.strip()]


def errors():
    """(English title, Chinese title, text below it) of every common error."""
    text = (FOLDER / "common_errors.md").read_text(encoding="utf-8")
    parts = re.split(r"^### (.+) · (.+)$", text, flags=re.MULTILINE)[1:]
    return [(*parts[k:k + 2], re.split(r"^## ", parts[k + 2], flags=re.MULTILINE)[0]) for k in range(0, len(parts), 3)]


ERRORS = [pytest.param(*error, id=error[0]) for error in errors()]


def test_the_glossary_is_sorted_and_complete():
    rows = glossary()
    assert len(rows) >= 120 and all(len(row) == 4 and all(row) for row in rows)
    terms = [row[0] for row in rows]
    assert terms == sorted(terms, key=str.casefold)


def test_no_term_stands_twice():
    rows = glossary()
    for column in (0, 1, 2, 3):
        entries = [row[column].casefold() for row in rows]
        assert len(set(entries)) == len(entries), sorted(entry for entry in set(entries) if entries.count(entry) > 1)


def test_every_column_has_its_language():
    for english, chinese, meaning, sense in glossary():
        assert not CHINESE.search(english + meaning), english
        assert CHINESE.search(chinese) or chinese.lower() == english.lower(), english
        assert CHINESE.search(sense) or sense == meaning, english
        assert not HALF_WIDTH.search(chinese + sense), f"{english}: punctuation of half width in Chinese"


@pytest.mark.parametrize("page", ["README.md", "glossary.md", "common_errors.md"])
def test_every_link_to_a_file_leads_there(page):
    links = re.findall(r"\]\(([^)#]+)\)", (FOLDER / page).read_text(encoding="utf-8"))
    assert all((FOLDER / link).exists() for link in links if "://" not in link), links


def test_the_two_that_are_easily_confused():
    terms = {english: chinese for english, chinese, *_ in glossary()}
    assert terms["recurrent neural network"] == "循环神经网络"
    assert terms["recursive neural network"] == "递归神经网络"


def test_there_are_errors_and_no_two_alike():
    found = errors()
    assert len(found) >= 25 and len({english for english, *_ in found}) == len({zh for _, zh, _ in found}) == len(found)


@pytest.mark.parametrize(("english", "chinese", "text"), ERRORS)
def test_a_common_error_has_wrong_and_right_and_why_in_both_languages(english, chinese, text):
    assert CHINESE.search(chinese) and not CHINESE.search(english)
    paragraphs = [part.replace("\n", " ") for part in text.strip().split("\n\n")]
    wrong, right, why, reason, source = paragraphs
    assert wrong.startswith("✗ ") and right.startswith("✓ ") and source.startswith("Source · 源码：`tinylm.")
    assert not CHINESE.search(why) or "循环神经网络" in right
    assert CHINESE.search(reason) and not HALF_WIDTH.search(re.sub(r"\$[^$]+\$|`[^`]+`", "", reason))
    assert len(why) > 80 and len(reason) > 30


@pytest.mark.parametrize(("english", "chinese", "text"), ERRORS)
def test_its_formulas_are_whole(english, chinese, text):
    assert text.count("$") % 2 == 0
    formulas = re.findall(r"\$([^$]+)\$", text)
    for formula in formulas:
        assert formula.count("{") == formula.count("}") and formula == formula.strip(), formula
        assert len(re.findall(r"\\left(?!a|r)", formula)) == len(re.findall(r"\\right(?!a)", formula)), formula
        assert "*" not in formula and "<" not in formula, f"Markdown may take it for its own: {formula}"
    formulas_of = [sorted(re.findall(r"\$([^$]+)\$", part)) for part in text.strip().split("\n\n")[2:4]]
    assert formulas_of[0] == formulas_of[1], "English and Chinese have other formulas"
