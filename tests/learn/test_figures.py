import ast
import functools
import re
from pathlib import Path

import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")

import matplotlib.pyplot as plt  # noqa: E402

from tinylm import learn  # noqa: E402
from tinylm.learn import canvas, figures, label, speak  # noqa: E402

SOURCES = sorted((Path(learn.__file__).parents[2] / "lessons" / "source").glob("*.py"))


@pytest.fixture(autouse=True)
def own_settings():
    with matplotlib.rc_context():
        yield
        plt.close("all")


def test_labels_speak_the_language_where_there_is_a_font(monkeypatch):
    monkeypatch.setattr(figures, "chinese_font", lambda: "Some Font")
    assert label("step", "步长") == "step"
    speak("zh")
    assert label("step", "步长") == "步长"


def test_and_english_where_there_is_none(monkeypatch):
    monkeypatch.setattr(figures, "chinese_font", lambda: None)
    speak("zh")
    assert label("step", "步长") == "step"
    figures.prepare()
    assert matplotlib.rcParams["font.family"] == ["DejaVu Sans"]
    assert canvas(x=("step", "步长")).get_xlabel() == "step"


def test_the_font_is_asked_after_the_first(monkeypatch):
    monkeypatch.setattr(figures, "chinese_font", lambda: "Some Font")
    figures.prepare()
    assert matplotlib.rcParams["font.family"] == ["DejaVu Sans"]
    speak("zh")
    figures.prepare()
    assert matplotlib.rcParams["font.family"] == ["DejaVu Sans", "Some Font"]
    assert matplotlib.rcParams["axes.grid"]


def test_canvas():
    axes = canvas(x=("step", "步长"), y="loss", log="xy")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("step", "loss")
    assert axes.get_xscale() == axes.get_yscale() == "log"
    left, right = canvas(y="loss", log="y", panels=2, size=(9, 3))
    assert left.get_yscale() == right.get_yscale() == "log" and left.get_xscale() == "linear"
    assert tuple(left.figure.get_size_inches()) == (9, 3) and left.figure is right.figure


@functools.cache
def characters_of(font):
    from matplotlib import font_manager, ft2font

    files = [entry.fname for entry in font_manager.fontManager.ttflist if entry.name in (font, "DejaVu Sans")]
    return {10}.union(*(ft2font.FT2Font(file).get_charmap() for file in files))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_the_font_has_every_character_of_the_labels(path):
    font = figures.chinese_font()
    if font is None:
        pytest.skip("no font with Chinese characters")
    code = "".join(part for part in re.split(r"^(?=# %%)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
                   if "[markdown]" not in part[:20])
    texts = [node.value for node in ast.walk(ast.parse(code))
             if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    assert not {character for text in texts for character in text if ord(character) not in characters_of(font)}
