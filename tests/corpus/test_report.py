import json
from collections import Counter

import pytest

from tinylm.corpus.report import EXCERPT, SHOWN, Example, Report, excerpt, writable


def example(number):
    return lambda: Example(f"a.txt:{number}", f"why {number}", f"text {number}")


def some():
    report = Report({"seed": 1}, 2, ["b.bin is not UTF-8"], seed=1)
    for number, (size, left) in enumerate([(100, 90), (50, 50), (30, 30), (20, 19), (7, 7)]):
        report.read(size, left, size != left)
        assert report.documents == number + 1
    report.remove("quality", "words < 50", 7, example(4))
    report.remove("exact duplicates", "exact duplicates", 19, example(3))
    report.remove("quality", "bullets > 0.9", 30, example(2))
    report.remove("quality", "bullets > 0.9", 50, example(1))
    report.kept["training"] = 1, 90
    return report


def test_what_goes_in_comes_out():
    told = some().as_dict()
    assert told["read"] == {"files": 2, "documents": 5, "bytes": 207}
    assert told["normalised"] == {"documents": 2, "bytes": 11}
    kept = list(told["kept"].values())
    assert told["read"]["documents"] == sum(each["documents"] for each in [*told["removed"], *kept])
    assert told["read"]["bytes"] == 11 + sum(each["bytes"] for each in [*told["removed"], *kept])
    assert json.loads(json.dumps(told)) == told


def test_the_table_goes_step_by_step():
    lines = some().table().splitlines()
    assert [line[:34].strip() for line in lines] == [
        "", "read", "changed by normalising", "bullets > 0.9", "words < 50", "exact duplicates", "kept to learn from",
        "held out"]
    assert lines[3].split() == ["bullets", ">", "0.9", "-2", "40.0%", "-80"]
    assert lines[-2].split()[-3:] == ["1", "20.0%", "90"]
    assert len({len(line) for line in lines}) == 1
    assert "read" in Report({}, 0, []).table()


def test_examples():
    shown = some().examples(1).splitlines()
    assert shown[:3] == ["bullets > 0.9:", "  a.txt:2: why 2", "    text 2"]
    assert len(shown) == 9 and some().examples().count("a.txt") == 4


def test_every_document_may_be_the_example():
    seen = Counter()
    for seed in range(1000):
        report = Report({}, 0, [], seed)
        for number in range(12):
            report.remove("quality", "words < 50", 1, example(number))
        found = [each.text for each in report.removed["words < 50"].examples]
        assert len(set(found)) == SHOWN
        seen.update(found)
    assert len(seen) == 12
    assert sum((count - 250)**2 / 250 for count in seen.values()) < 31.3  # chi-square, 11 degrees, one in a thousand


def test_an_example_that_is_not_drawn_is_not_made():
    made = []
    report = Report({}, 0, [])
    for number in range(10_000):
        report.remove("quality", "words < 50", 1, lambda: made.append(number) or Example("", "", ""))
    assert len(made) < 60  # 3 (1 + ln(10,000 / 3)) are expected


@pytest.mark.parametrize(("text", "shown"), [("a\n\n b\tc ", "a b c"), ("", ""), ("x" * EXCERPT, "x" * EXCERPT),
                                             ("x" * (EXCERPT + 1), "x" * (EXCERPT - 1) + "…")])
def test_excerpts_are_a_line(text, shown):
    assert excerpt(text) == shown and len(excerpt(text * 1000)) <= EXCERPT


def test_names_that_are_no_utf8_can_be_written():
    assert writable("caf\udce9.txt") == "caf\\udce9.txt" and writable("café.txt") == "café.txt"
    assert Report({}, 0, ["caf\udce9 is hidden"]).skipped == ["caf\\udce9 is hidden"]
