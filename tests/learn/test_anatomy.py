"""Each complaint about a lesson can be provoked, and a sound lesson provokes none."""

import json
from pathlib import Path

import pytest
from cells import Cell, code, pair, prose

from tinylm import learn
from tinylm.learn import anatomy
from tinylm.learn.anatomy import complaints, sections, unproved_numbers

NOTEBOOKS = sorted((Path(learn.__file__).parents[2] / "lessons").glob("*/*.ipynb"))


def lesson():
    return [
        *pair("# 77 Counting\n## What you will be able to do\n- count", "# 77 计数\n## 这一课学会什么\n- 计数"),
        *pair("## The idea: one more\nHow many, $n+1$?", "## 直觉：再来一个\n有多少，$n+1$？"),
        code("n = 3\nprint(n + 1)"),
        *pair("## The experiment\nSee [this](https://a.b/c) and `n`: 4.",
              "## 实验\n见[此处](https://a.b/c)与 `n`：4。"),
        code("assert n == 3"),
        *pair("## Exercises", "## 练习"),
        *(code(f'def f(x):\n    ...\n\ncheck("77.{k}", f)') for k in (1, 2, 3)),
        *pair("## What comes next\nMore.", "## 下一课\n还有。"),
    ]


def test_a_sound_lesson_has_no_complaints():
    assert complaints(lesson(), "77") == []


def put(place, text):
    def change(cells):
        cells[place] = Cell(cells[place], source=text)
    return change


def put_into(place, old, new):
    def change(cells):
        assert old in cells[place].source
        cells[place] = Cell(cells[place], source=cells[place].source.replace(old, new))
    return change


def swap_sections(cells):
    cells[2:5], cells[5:8] = cells[5:8], cells[2:5]


def code_between(cells):
    cells.insert(1, code("n = 3"))


@pytest.mark.parametrize(("change", "words"), [
    (lambda cells: cells.pop(1), "does not stand in pairs"),
    (lambda cells: cells.insert(0, cells.pop(1)), "does not stand in pairs"),
    (code_between, "between the two halves"),
    (put_into(3, "$n+1$", "$n-1$"), "the formulas of the two languages differ"),
    (put_into(6, "`n`", "`m`"), "the code of the two languages differ"),
    (put_into(6, "a.b/c", "a.b/d"), "the links of the two languages differ"),
    (put_into(6, "4。", "5。"), "the numbers of the two languages differ"),
    (put_into(1, "## 这", "### 这"), "the headings of the two languages differ"),
    (put_into(3, "有多少，", "有多少,"), "punctuation of half width in Chinese: '少,'"),
    (put_into(3, "有多少，", "*有多少*，"), "italics in Chinese: '*有多少*'"),
    (put_into(2, "## The idea", "## An idea"), "none of the headings"),
    (put_into(3, "## 直觉", "## The idea"), "none of the headings of a lesson in that language"),
    (swap_sections, "their order is"),
    (put_into(13, "## What comes next\n", ""), "'What comes next' is missing"),
    (lambda cells: cells.__delitem__(slice(2, 5)), "'The idea' is missing"),
    (put(4, "n = 3\n" * 26), "has 26 lines, more than 25"),
    (put(4, "n = 3  # " + "x" * 100), "has 109 columns, more than 100"),
    (put(7, "n == 3"), "'The experiment' asserts nothing"),
    (put(7, "# assert n"), "'The experiment' asserts nothing"),
    (put(11, 'check("77.4", f)'), "numbered from 77.1"),
    (put(11, "f"), "there are 3 to 6"),
    (put(11, 'check("78.3", f)'), "numbered from 77.1"),
])
def test_complaints(change, words):
    cells = lesson()
    change(cells)
    found = complaints(cells, "77")
    assert any(words in complaint for complaint in found), found


def test_a_complaint_tells_what_each_language_has():
    cells = lesson()
    put_into(3, "$n+1$", "$n-1$")(cells)
    assert any("English has ['n+1'] and Chinese has ['n-1']" in complaint for complaint in complaints(cells, "77"))


def test_bold_and_latin_italics_are_no_italics_in_chinese():
    cells = lesson()
    put_into(3, "有多少，", "**有**多**少**，*Nature* 与 *BIT*，")(cells)
    assert complaints(cells, "77") == []


def test_blank_lines_do_not_count_and_spaces_in_formulas_do_not_matter():
    cells = lesson()
    cells[4] = code("n = 3\n\n" * 25)
    cells[3] = prose(cells[3].source.replace("$n+1$", "$$n + 1$$"), "zh")
    assert complaints(cells, "77") == []


def test_every_cell_knows_its_section():
    keys = [key for key, _ in sections(lesson())]
    assert keys == ["goal"] * 2 + ["idea"] * 3 + ["experiment"] * 3 + ["exercises"] * 5 + ["next"] * 2


def numbers(text, *more):
    return unproved_numbers([prose("## The idea\n" + text), *more])


def test_numbers_that_nothing_shows():
    assert numbers("It is 42, or 0.5.") == ["42", "0.5"]
    assert numbers("It is 42.", code("x = 42")) == []
    assert numbers("It is 42, 1,000 and 3e-4.", code("print(x)", "42.0 1000\n0.0003")) == []
    assert numbers("That is 97 %.", code("print(x)", "accuracy 0.97")) == []
    assert numbers("It is 42.", code("x = 421")) == ["42"]


def test_an_output_that_is_not_printed_counts_too():
    shown = Cell(code("x"), outputs=[Cell(output_type="execute_result", data={"text/plain": "42"})])
    assert numbers("It is 42.", shown) == []


@pytest.mark.parametrize("text", [
    "In 1986 and in 2024.", "See lesson 03, lessons 04 and 第 05 课.", "Exercise 02.3 has it.",
    "$x^{17} + 3$ and $$y=8$$", "`f(12)` and [a link](https://a.b/123)", "1. First\n2. Second",
    "### 12 apples", "x2 and float64",
])
def test_what_is_left_alone(text):
    assert numbers(text) == []


def test_references_are_left_alone():
    assert unproved_numbers([prose("## References\n*Nature* 323, 533")]) == []
    assert unproved_numbers([prose("## 参考文献\n*Nature* 323")]) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_number_in_the_prose_of_a_lesson_is_shown_by_its_code(path):
    found = [cell_of(cell) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    assert unproved_numbers(found) == []


def cell_of(raw):
    """A cell of a notebook file, whose texts are lists of lines there."""
    outputs = [Cell(output, text="".join(output.get("text", "")),
                    data={kind: "".join(text) for kind, text in output.get("data", {}).items()})
               for output in raw.get("outputs", ())]
    return Cell(cell_type=raw["cell_type"], source="".join(raw["source"]), metadata=raw["metadata"], outputs=outputs)


def test_the_sections_are_those_of_the_readme():
    text = (Path(learn.__file__).parents[2] / "lessons" / "README.md").read_text(encoding="utf-8")
    for section in anatomy.SECTIONS:
        english, chinese = (f"**{name}**" if section.required else name for name in section.heading)
        assert f"| {english} | {chinese} |" in text
