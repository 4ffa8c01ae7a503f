"""`check` treats what it is handed with care, and says where, how much and why."""

import json

import numpy as np
import pytest

import tinylm as tl
from tinylm.learn import check, checking, exercises, hint, language, progress, solution
from tinylm.learn.checking import Wrong, as_array, compare
from tinylm.learn.exercises import EXERCISES, exercise


def double(x):
    return 2 * x


@pytest.fixture
def twice():
    """Exercises of its own: 99.1, double what you are given; and 99.2, how much is 2 times 3?"""
    @exercise("99.1", "implement", title=("double", "加倍"), solution=double, why=("because", "因为"),
              hints=[("add it", "自己加自己"), ("to itself", "就是这样")])
    def _(answer):
        x = np.array([1.0, -2.0, 3.0])
        compare(answer(x), 2 * x, ("your double", "你的两倍"))

    @exercise("99.2", "predict", title=("six", "六"), solution=lambda: 6, why=("3 + 3", "3 + 3"),
              hints=[("5 + 1", "5 + 1")])
    def _(answer):
        compare(answer, 6, ("your number", "你的数"))
        return language.say("well done", "做得好")
    yield
    del EXERCISES["99.1"], EXERCISES["99.2"]


pytestmark = pytest.mark.usefixtures("twice")


def test_right(capsys):
    verdict = check("99.1", double)
    assert verdict and verdict.passed and verdict.number == "99.1" and repr(verdict) == "Verdict(99.1, passed)"
    assert capsys.readouterr().out == "✓ 99.1  double\n" == verdict.text + "\n"
    assert check("99.2", 6).text == "✓ 99.2  six: well done"
    language.speak("zh")
    assert check("99.2", 6).text == "✓ 99.2  六：做得好"


def test_wrong_says_where_how_much_why_and_the_way_out(capsys):
    verdict = check("99.1", lambda x: 3 * x)
    assert not verdict and repr(verdict) == "Verdict(99.1, not yet)"
    assert capsys.readouterr().out.splitlines() == [
        "✗ 99.1  your double at [0] is 3, expected 2 ± 6e-09, off by 1.0e+00",
        "  It is 1.5 times what is expected, everywhere: a factor is missing, or there is one too many.",
        '  hint("99.1") has more.']
    language.speak("zh")
    assert check("99.1", lambda x: 3 * x).text.splitlines() == [
        "✗ 99.1  你的两倍在 [0] 是 3，应为 2 ± 6e-09，相差 1.0e+00",
        "  处处是应有值的 1.5 倍：少了或多了一个因子。", '  hint("99.1") 还有提示。']


@pytest.mark.parametrize("nothing", [None, ..., lambda x: None, lambda x: ..., lambda x: NotImplemented])
def test_no_answer_yet(nothing):
    verdict = check("99.1", nothing)
    assert not verdict and verdict.text.startswith("○ 99.1  ") and 'hint("99.1") gets you started' in verdict.text
    assert progress.recall("99.1").tries == 0
    assert ("`return`" in verdict.text) == callable(nothing)
    language.speak("zh")
    assert 'hint("99.1") 帮你起步。' in check("99.1", nothing).text


def test_a_stub_that_raises_not_implemented():
    def stub(x):
        raise NotImplementedError
    assert check("99.1", stub).text.startswith("○")


def test_an_exception_in_the_answer_is_told_with_its_line(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("def f(x):\n    y = 2 * x\n    return y / nothing\n", encoding="utf-8")
    names = {}
    exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), names)
    text = check("99.1", names["f"]).text
    assert "raises NameError: name 'nothing' is not defined, in line 3: return y / nothing" in text
    assert "It was called with: (3,)." in text


def test_it_says_with_what_the_answer_was_called():
    learner = checking.Learner(lambda f, x, more, text: missing, "99.1")  # noqa: F821
    with pytest.raises(Wrong) as wrong:
        learner(double, 3.5, [0] * 40, "short")
    assert wrong.value.cause == "It was called with: double, 3.5, list, 'short'."


def test_a_wrong_number_of_parameters():
    assert "raises TypeError" in check("99.1", lambda: 1).text


def test_an_answer_cannot_change_what_it_is_judged_by():
    def in_place(x):
        x *= 2
        return x
    assert "changes its argument 1 in place" in check("99.1", in_place).text
    given = [1, 2]
    assert checking.Learner(lambda numbers: numbers.append(3) or numbers, "99.1")(given) == [1, 2, 3]
    assert given == [1, 2]


def test_a_function_is_wanted_or_a_number():
    assert "asks for the function itself; what it got is of type int" in check("99.1", 6).text
    assert 'Hand it over without calling it: check("99.1", my_function).' in check("99.1", 6).text
    assert "not for a function" in check("99.2", double).text
    language.speak("zh")
    assert '不要调用它：check("99.1", my_function)。' in check("99.1", 6).text


def test_results_of_any_kind_are_read():
    assert check("99.1", lambda x: list(2 * x)) and check("99.1", lambda x: tl.Tensor(2 * x))
    assert check("99.1", lambda x: tl.Tensor(2 * x, requires_grad=True))
    assert "of type str, expected a number" in check("99.1", lambda x: "2x").text
    assert "of type list, expected a number" in check("99.1", lambda x: [[1], [1, 2]]).text
    assert "of type function" in check("99.1", lambda x: double).text


def test_records():
    check("99.1", lambda x: x)
    assert progress.recall("99.1") == (1, 0, False)
    check("99.1", double)
    check("99.1", lambda x: x)
    assert progress.recall("99.1") == (3, 0, True)  # passed once is passed


def test_hints_come_one_at_a_time(capsys):
    hint("99.1")
    assert capsys.readouterr().out == "99.1 [1/2]  add it\n"
    hint("99.1")
    assert capsys.readouterr().out == "99.1 [1/2]  add it\n99.1 [2/2]  to itself\n"
    hint("99.1")
    assert capsys.readouterr().out.splitlines()[-1] == 'That was the last hint. solution("99.1") shows one way.'
    assert progress.recall("99.1").hints == 2
    assert 'The hints are used up; solution("99.1") shows one way.' in check("99.1", lambda x: x).text
    language.speak("zh")
    hint("99.1")
    assert "99.1 [2/2]  就是这样" in capsys.readouterr().out
    assert '提示用完了；solution("99.1") 给出一种做法。' in check("99.1", lambda x: x).text


def test_the_solution_is_shown_with_its_reason(capsys):
    solution("99.1")
    assert capsys.readouterr().out == "because\n\ndef double(x):\n    return 2 * x\n"


@pytest.mark.parametrize("number", ["2.1", "02.1", 2.1])
def test_a_number_may_be_written_short(number):
    assert exercises.find(number).number == "02.1"


@pytest.mark.parametrize(("number", "words"), [
    ("99.7", "there is no exercise 99.7; there are: 99.1, 99.2"), ("98.1", "lesson 98 has none"),
    ("two", "'two' is none"), ("02.1.3", "is none"), (None, "None is none"),
])
def test_a_number_that_there_is_not(number, words):
    with pytest.raises(ValueError, match=words):
        check(number, 1)


def test_a_kind_that_there_is_not():
    with pytest.raises(ValueError, match="is to predict, implement, break, extend, not to 'guess'"):
        exercise("99.3", "guess", title=("", ""), solution=double, why=("", ""), hints=[])


def test_compare():
    what = ("the result", "结果")
    compare(np.ones(3), np.ones(3), what)
    compare(1e6 + 1e-4, 1e6, what)  # relative to what is large
    compare(np.array([np.inf, 1.0]), np.array([np.inf, 1.0]), what)
    for got in (np.array([1.0, np.nan]), np.array([1.0, 1.0 + 1e-6]), np.array([np.inf, 1.0])):
        with pytest.raises(Wrong):
            compare(got, np.ones(2), what)
    with pytest.raises(Wrong, match=r"the result has the shape \(2, 1\), expected \(2,\)"):
        compare(np.ones((2, 1)), np.ones(2), what)
    with pytest.raises(Wrong, match=r"at \[1, 0\] is 2, expected 1"):
        compare(np.array([[1.0, 1.0], [2.0, 1.0]]), np.ones((2, 2)), what)
    compare(-1e6 - 1e-4, -1e6, what)
    with pytest.raises(Wrong, match=r"the result is 0\.1235, expected 0\.5 ±"):
        compare(0.123456, 0.5, what)
    with pytest.raises(Wrong, match=r"the result is 1\.00002, expected 1\.00001"):
        compare(1.00002, 1.00001, what)
    compare(1.1, 1.0, what, tolerance=0.2)


def test_as_array():
    assert as_array(tl.Tensor([1.0]), ("x", "x")).dtype == np.float32
    assert as_array(True, ("x", "x")).dtype == bool
    for bad in ("1", {"a": 1}, [[1], [2, 3]], object(), np.array(["a"]), 1j):
        with pytest.raises(Wrong, match="expected a number or an array"):
            as_array(bad, ("x", "x"))


def test_a_solution_is_never_shown_unasked():
    for _ in range(5):
        assert "return 2" not in check("99.1", lambda x: x).text


def test_the_learner_never_sees_the_package_in_a_traceback():
    def calls_back(x):
        return tl.Tensor(x) @ np.ones((5, 5), dtype=np.float32)
    text = check("99.1", calls_back).text
    assert "in line" in text and "return tl.Tensor(x)" in text


def test_what_is_written_down_can_be_read_by_others():
    check("99.1", double)
    text = (progress.folder() / "lessons" / "99.1.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"tries": 1, "hints": 0, "passed": True}


def test_a_notebook_does_not_show_the_verdict_twice():
    assert checking.Verdict("1", True, "text")._ipython_display_() is None
