"""The list of lessons, where their notebooks are, and how far the learner is."""

import types
from pathlib import Path

import pytest

matplotlib = pytest.importorskip("matplotlib")

from tinylm.learn import check, exercises, language, lessons, progress  # noqa: E402
from tinylm.learn.lessons import LESSONS, PARTS, begin, home, notebook, state, written  # noqa: E402


@pytest.fixture(autouse=True)
def own_settings():
    with matplotlib.rc_context():
        yield


def test_numbers_and_names():
    numbers = [lesson.number for _, members in PARTS for lesson in members]
    assert numbers == sorted(set(numbers)) and len(numbers) > 20
    assert all(len(number) == 2 and number.isdigit() for number in numbers)
    names = [lesson.name for lesson in LESSONS.values()]
    assert len(set(names)) == len(names) and all(name == name.lower() and " " not in name for name in names)
    assert all(0 < lesson.minutes <= 90 for lesson in LESSONS.values())


def test_every_source_and_notebook_is_of_a_lesson():
    names = {f"{lesson.number}_{lesson.name}" for lesson in LESSONS.values()}
    folder = Path(lessons.__file__).parents[2] / "lessons"
    assert {path.stem for path in folder.glob("*/*.py")} | {path.stem for path in folder.glob("*/*.ipynb")} <= names


def test_every_title_is_that_of_the_source():
    for path in (Path(lessons.__file__).parents[2] / "lessons" / "source").glob("*.py"):
        lesson = LESSONS[path.name[:2]]
        text = path.read_text(encoding="utf-8")
        assert all(f"# # {lesson.number} {title}" in text.splitlines() for title in lesson.title), path.name


def test_home_in_a_clone():
    assert home() == Path(lessons.__file__).parents[2] / "lessons"
    assert "02" in [lesson.number for lesson in written()]


def test_home_where_a_wheel_put_them(tmp_path, monkeypatch):
    put = tmp_path / "share" / "tinylm" / "lessons" / "en" / "02_derivatives.ipynb"
    put.parent.mkdir(parents=True)
    put.write_text("{}", encoding="utf-8")

    class Installed(type(Path("en/02_derivatives.ipynb"))):
        def locate(self):
            return put
    monkeypatch.setattr(lessons, "__file__", str(tmp_path / "lib" / "tinylm" / "learn" / "lessons.py"))
    monkeypatch.setattr(lessons.importlib.metadata, "files", lambda name: [
        Installed("tinylm/__init__.py"), Installed("../share/tinylm/lessons/en/02_derivatives.ipynb")])
    assert home() == tmp_path / "share" / "tinylm" / "lessons"
    assert [lesson.number for lesson in written()] == ["02"]
    assert notebook("2", "en") == put


@pytest.mark.parametrize("files", [lambda name: None, lambda name: []])
def test_nowhere(files, tmp_path, monkeypatch):
    monkeypatch.setattr(lessons, "__file__", str(tmp_path / "lib" / "tinylm" / "learn" / "lessons.py"))
    monkeypatch.setattr(lessons.importlib.metadata, "files", files)
    with pytest.raises(FileNotFoundError, match="install TinyLM from a wheel, or work in a clone"):
        home()


def test_nowhere_and_not_installed(tmp_path, monkeypatch):
    def files(name):
        raise lessons.importlib.metadata.PackageNotFoundError(name)
    monkeypatch.setattr(lessons, "__file__", str(tmp_path / "lib" / "tinylm" / "learn" / "lessons.py"))
    monkeypatch.setattr(lessons.importlib.metadata, "files", files)
    with pytest.raises(FileNotFoundError):
        home()


def test_a_notebook_by_its_number():
    assert notebook("02") == notebook("2") == home() / "en" / "02_derivatives.ipynb"
    assert notebook("02", "zh") == home() / "zh" / "02_derivatives.ipynb"
    language.speak("zh")
    assert notebook("02") == home() / "zh" / "02_derivatives.ipynb"


@pytest.mark.parametrize("number", ["77", "two", "", "-1"])
def test_a_number_that_there_is_not(number):
    with pytest.raises(ValueError, match=rf"there is no lesson {number}; there are: 0"):
        notebook(number)


def test_a_lesson_that_is_planned(tmp_path, monkeypatch):
    monkeypatch.setattr(lessons, "home", lambda: tmp_path)
    with pytest.raises(ValueError, match="lesson 02, Derivatives, is planned and not written yet"):
        notebook("2")


def test_begin_chooses_the_language_and_is_remembered():
    assert state(LESSONS["02"])[0] == ""
    begin("02", "zh")
    assert language.spoken() == "zh" and progress.recall("02").tries == 1
    assert state(LESSONS["02"])[0] == "begun"
    begin("02")
    assert language.spoken() == "zh" and progress.recall("02").tries == 2


def test_state():
    lesson = LESSONS["02"]
    numbers = [exercise.number for exercise in exercises.of_lesson("02")]
    assert state(lesson) == ("", 0, len(numbers))
    check("02.2", 1e-3)
    assert state(lesson) == ("begun", 0, len(numbers))
    for k, number in enumerate(numbers, 1):
        check(number, exercises.find(number).answer)
        assert state(lesson) == ("done" if k == len(numbers) else "begun", k, len(numbers))


def test_a_planned_lesson_has_no_exercises_and_is_not_done():
    planned = types.SimpleNamespace(number="98")
    assert state(planned) == ("", 0, 0)


def test_an_error_inside_the_exercises_is_not_taken_for_a_lesson_without(monkeypatch):
    def broken(name):
        raise ModuleNotFoundError("No module named 'sklearn'", name="sklearn")
    monkeypatch.setattr(exercises.importlib, "import_module", broken)
    with pytest.raises(ModuleNotFoundError, match="sklearn"):
        exercises.of_lesson("02")
