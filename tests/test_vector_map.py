import itertools
import warnings
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from tinylm import vector_map
from tinylm.pca import principal_components
from tinylm.vector_map import Box, plot_map
from tinylm.vectors import UnknownWordError, WordVectors


def some(n, seed=0):
    rng = np.random.default_rng(seed)
    return WordVectors([f"word{k}" for k in range(n)], rng.standard_normal((n, 8)))


@pytest.fixture
def drawn(monkeypatch):
    """What was placed: for each label its text and its box, and where the points are, in pixels."""
    boxes, points = [], []
    real = vector_map._freest

    def watched(x, y, width, height, taken, frame):
        box, ring = real(x, y, width, height, taken, frame)
        boxes.append(box)
        points.append((x, y))
        return box, ring

    monkeypatch.setattr(vector_map, "_freest", watched)
    return boxes, points


@pytest.mark.parametrize("ending", ["png", "svg", "PNG"])
def test_a_picture(tmp_path, ending):
    import matplotlib

    before = dict(matplotlib.rcParams)
    picture = tmp_path / f"map.{ending}"
    plot_map(some(20), [f"word{k}" for k in range(20)], picture)
    content = picture.read_bytes()
    if ending == "svg":
        assert ET.fromstring(content).tag.endswith("svg")
    else:
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert [path.name for path in tmp_path.iterdir()] == [picture.name] and dict(matplotlib.rcParams) == before
    plot_map(some(20), [f"word{k}" for k in range(20)], picture)
    if ending == "png":
        assert picture.read_bytes() == content


@pytest.mark.parametrize("n", [2, 30, 80])
def test_labels_hide_nothing(tmp_path, drawn, n):
    boxes, points = drawn
    plot_map(some(n), [f"word{k}" for k in range(n)], tmp_path / "map.png")
    assert len(boxes) == n
    area = sum((box.right - box.left) * (box.top - box.bottom) for box in boxes)
    hidden = sum(a.overlap(np.array([b])) for a, b in itertools.combinations(boxes, 2))
    assert hidden < 0.01 * area
    inside = sum(box.left < x < box.right and box.bottom < y < box.top for box in boxes for x, y in points)
    assert inside <= n // 20


def test_points_lie_where_the_components_say(tmp_path, drawn):
    vectors = some(12)
    _, points = drawn
    words = vectors.words[3:9]
    plot_map(vectors, words, tmp_path / "map.png")
    expected = principal_components(vectors.unit[3:9], 2).points
    pixels = np.array(points)
    order = [np.argsort(pixels[:, axis]) for axis in range(2)]
    for axis in range(2):  # pixels are drawn in another order, but a scale and a shift of the points
        a, b = np.sort(pixels[:, axis]), np.sort(expected[:, axis])
        np.testing.assert_allclose((a - a[0]) / (a[-1] - a[0]), (b - b[0]) / (b[-1] - b[0]), atol=1e-6)
    assert len(order[0]) == 6


@pytest.mark.filterwarnings("ignore:plot_map")  # that there is no font for the cat, where there is none
def test_groups_and_words_that_need_care(tmp_path):
    words = ["$x$", "$", "a_b", "猫", "naïve", "<b>&"]
    vectors = WordVectors(words, np.random.default_rng(0).standard_normal((6, 3)))
    plot_map(vectors, {"one": words[:3], "two & three": words[2:]}, tmp_path / "map.svg")
    shown = (tmp_path / "map.svg").read_text(encoding="utf-8")
    assert ET.fromstring(shown) is not None and "$x$" in shown and "&lt;b&gt;&amp;" in shown


def test_a_character_that_no_font_has(tmp_path, monkeypatch):
    monkeypatch.setattr(vector_map, "chinese_font", lambda: None)
    vectors = WordVectors(["春天", "秋天", "x"], np.eye(3))
    with pytest.warns(UserWarning) as caught:
        plot_map(vectors, vectors.words, tmp_path / "map.png")
    assert [str(one.message).split(":")[1] for one in caught] == [" no font here has 春 天 秋"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plot_map(WordVectors(["naïve", "Москва", "θ"], np.eye(3)), ["naïve", "Москва", "θ"], tmp_path / "map.png")


def test_all_in_one_place(tmp_path):
    vectors = WordVectors(["a", "b", "c"], np.ones((3, 2)))
    plot_map(vectors, ["a", "b", "c"], tmp_path / "map.png")
    assert (tmp_path / "map.png").exists()


def test_overlap():
    box = Box(0, 0, 10, 4)
    assert box.overlap(np.array([[5, 2, 20, 20], [10, 0, 20, 4], [-5, -5, 1, 1]])) == 10 + 0 + 1


@pytest.mark.parametrize(("words", "name", "error", "said"), [
    (["word1"], "map.png", ValueError, "a map of 1 words"), ([], "map.png", ValueError, "a map of 0 words"),
    (["word1", "word1"], "map.png", ValueError, "a map of 1 words"), ({}, "map.png", ValueError, "a map of 0 words"),
    (["word1", "word2"], "map.jpg", ValueError, r"ends in \.png or \.svg"),
    (["word1", "wrod2"], "map.png", UnknownWordError, "did you mean 'word2"),
])
def test_no_map(tmp_path, words, name, error, said):
    with pytest.raises(error, match=said):
        plot_map(some(9), words, tmp_path / name)
    with pytest.raises(ValueError, match="two dimensions"):
        plot_map(WordVectors(["a", "b"], np.ones((2, 1))), ["a", "b"], tmp_path / "map.png")
    assert not list(tmp_path.iterdir())
