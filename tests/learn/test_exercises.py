"""Every exercise of every lesson: its stub fails, its solution passes, and what is wrong gets the remark it deserves.

The wrong answers of lesson NN stand in wrong_NN.py beside this file; wrong_02.py is a pattern. The exercises of one
lesson alone: pytest tests/learn/test_exercises.py -k 02
"""

import _thread
import ast
import contextlib
import importlib
import io
import re
import signal
import threading
import types
import warnings
from pathlib import Path

import pytest

from tinylm import learn
from tinylm.learn import exercises, language
from tinylm.mutants import code_mutants

MODULES = {path.stem[-2:]: path for path in sorted(Path(learn.__file__).parent.glob("lesson_[0-9][0-9].py"))}
SOURCES = Path(learn.__file__).parents[2] / "lessons" / "source"
NUMBERS = [number for path in MODULES.values()
           for number in re.findall(r'^@exercise\(\s*"([\d.]+)"', path.read_text(encoding="utf-8"), re.MULTILINE)]
"""Read from the text: a lesson that cannot be imported fails its own tests and not those of the others."""

PATIENCE = 20.0
"""Seconds after which an answer is taken for an endless loop."""

CHINESE = re.compile(r"[\u4e00-\u9fff]")


class Endless(BaseException):
    """It has run for too long. (No Exception: `check` must not take it for the learner's.)"""


@contextlib.contextmanager
def patience(seconds=PATIENCE):
    """Endless is raised in the block when it has run for so long."""
    def stop(*_):
        raise Endless
    before = signal.signal(signal.SIGINT, stop)
    timer = threading.Timer(seconds, _thread.interrupt_main)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        signal.signal(signal.SIGINT, before)


def verdict(number, answer):
    """What `check` gives, in silence."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return learn.check(number, answer)


def wrong(number):
    """The module with the wrong answers of an exercise's lesson."""
    return importlib.import_module(f"wrong_{number[:2]}")


def source_of(number):
    """The text of the lesson that an exercise belongs to."""
    found = list(SOURCES.glob(f"{number[:2]}_*.py"))
    assert len(found) == 1, f"lesson {number[:2]} has {len(found)} sources"
    return found[0].read_text(encoding="utf-8")


def stub(number):
    """What the notebook hands to `check` before the learner has written anything.

    Its cell may use what the lesson imports, and nothing of the cells before it.
    """
    text = source_of(number)
    handed = []
    names = {}
    code = "\n".join(cell for cell in re.split(r"^(?=# %%)", text, flags=re.MULTILINE) if "[markdown]" not in cell[:20])
    for node in ast.parse(code).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            with contextlib.suppress(ModuleNotFoundError):  # the experiment's scikit-learn; no stub needs it
                exec(compile(ast.Module([node], []), "<imports>", "exec"), names)
    names["check"] = lambda exercise, answer: handed.append((exercise, answer))
    cells = [cell for cell in re.split(r"^# %%.*\n", text, flags=re.MULTILINE) if f'\ncheck("{number}",' in cell]
    assert len(cells) == 1, f"{len(cells)} cells of the lesson hand something to check({number!r}, ...)"
    exec(cells[0], names)
    assert [exercise for exercise, _ in handed] == [number]
    return handed[0][1]


def mutants(exercise):
    """(what was changed, the changed answer) for every mutant of a solution; each is a function of its own.

    The judge may compute with the solution, which therefore has to stay as it is.
    """
    solution = exercise.solution
    if isinstance(solution, type):
        for name, method in vars(solution).items():
            if isinstance(method, types.FunctionType):
                for label, code in code_mutants(method):
                    yield f"{name}: {label}", type(solution.__name__, (solution,), {name: with_code(method, code)})
        return
    for label, code in code_mutants(solution):
        yield label, with_code(solution, code)


def with_code(function, code):
    """A function like another, but for its code."""
    new = types.FunctionType(code, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
    new.__kwdefaults__ = function.__kwdefaults__
    return new


def fate(exercise, answer):
    """What becomes of a mutant: "caught", "survived", or "judge", if the judge fails instead of judging."""
    with patience(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if exercise.kind == "predict":
                try:
                    answer = answer()
                except Exception:
                    return "caught"
            return "survived" if verdict(exercise.number, answer) else "caught"
        except Endless:
            return "caught"
        except Exception as error:
            return f"judge: {type(error).__name__}: {error}"


def test_there_are_exercises():
    assert len(NUMBERS) >= 4 and "02.1" in NUMBERS


@pytest.mark.parametrize("lesson", MODULES)
def test_those_of_the_source_are_those_of_the_module(lesson):
    registered = [exercise.number for exercise in exercises.of_lesson(lesson)]
    assert registered == [number for number in NUMBERS if number.startswith(f"{lesson}.")]
    text = source_of(lesson)
    assert re.findall(r'^check\("([\d.]+)"', text, re.MULTILINE) == registered
    kinds = {exercise.kind for exercise in exercises.of_lesson(lesson)}
    assert len(kinds) >= 2, f"all exercises of lesson {lesson} are of one kind"


@pytest.mark.parametrize("number", NUMBERS)
def test_its_heading_its_hints_and_its_solution(number, capsys):
    exercise = exercises.find(number)
    text = source_of(number)
    kind = exercise.kind
    assert f"# ### {number} {kind.capitalize()}: {exercise.title[0]}\n" in text
    assert f"# ### {number} {exercises.KINDS[kind]}：{exercise.title[1]}\n" in text
    assert exercise.hints
    for english, chinese in (exercise.title, exercise.why, *exercise.hints):
        assert CHINESE.search(chinese) and not CHINESE.search(english) and english.strip() and chinese.strip()
    learn.solution(number)
    printed = capsys.readouterr().out
    assert exercise.why[0] in printed
    name = exercise.solution.__name__
    assert f"def {name}(" in printed or f"class {name}" in printed


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("tongue", language.LANGUAGES)
def test_the_stub_fails_and_the_solution_passes(number, tongue):
    language.speak(tongue)
    empty = verdict(number, stub(number))
    assert not empty and empty.text.startswith("○"), f"the stub is not taken for an empty answer:\n{empty.text}"
    right = verdict(number, exercises.find(number).answer)
    assert right and right.text.startswith("✓"), right.text
    again = verdict(number, exercises.find(number).answer)
    assert again.text == right.text, "the judge says something else the second time: it draws without a seed"


@pytest.mark.parametrize("number", NUMBERS)
def test_each_wrong_answer_gets_its_own_message(number):
    answers = wrong(number).WRONG[number]
    assert len(answers) >= 2, "at least two wrong answers by name"
    messages = {}
    for tongue in language.LANGUAGES:
        language.speak(tongue)
        for name, (answer, _) in answers.items():
            found = verdict(number, answer)
            assert not found and found.text.startswith("✗"), f"{name} ({tongue}): {found.text}"
            assert tongue == "en" or CHINESE.search(found.text), f"{name}: {found.text}"
            messages[tongue, name] = found.text
    for name, (_, words) in answers.items():
        assert words in messages["en", name], f"{name}: {words!r} is not in: {messages['en', name]}"
        others = [other for other in answers if other != name and words in messages["en", other]]
        assert not others, f"{words!r}, said of {name}, is said of {', '.join(others)} too"
    assert len(set(messages.values())) == len(messages)


@pytest.mark.parametrize("number", NUMBERS)
def test_every_mutant_of_the_solution_fails(number):
    exercise = exercises.find(number)
    equal = {label.removeprefix(f"{number} "): why for label, why in wrong(number).EQUIVALENT.items()
             if label.startswith(f"{number} ")}
    fates = {}
    for label, answer in mutants(exercise):
        fates.setdefault(fate(exercise, answer), set()).add(label)
    assert fates.get("caught"), "nothing was changed"
    survived = fates.pop("survived", set())
    caught = fates.pop("caught")
    assert not fates, f"the judge itself fails, where it should say what is wrong: {fates}"
    assert not survived - set(equal), "the judge is content with these changes of its solution"
    gone = set(equal) - survived
    assert not gone, f"no longer made, or no longer right ({len(caught)} are caught)"
    assert all(len(why) > 10 for why in equal.values())


@pytest.mark.parametrize("lesson", MODULES)
def test_the_wrong_answers_are_to_exercises_that_there_are(lesson):
    module = wrong(lesson)
    numbers = {number for number in NUMBERS if number.startswith(f"{lesson}.")}
    assert set(module.WRONG) == numbers
    assert {label.split()[0] for label in module.EQUIVALENT} <= numbers


def test_an_endless_loop_is_ended():
    def endless():
        while True:
            pass
    with pytest.raises(Endless), patience(0.05):
        endless()


def test_a_judge_that_grades_its_own_solution_is_found():
    """A mutant is a copy: the function in the module, with which a judge may compute, is not touched."""
    exercise = exercises.find("02.3")
    before = exercise.solution.__code__
    labels = [label for label, answer in mutants(exercise) if answer is not exercise.solution]
    assert len(labels) > 10 and exercise.solution.__code__ is before
