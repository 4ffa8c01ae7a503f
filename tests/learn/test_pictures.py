"""Films show what was drawn, frame by frame; slim pictures look the same."""

import io

import numpy as np
import pytest

from tinylm.learn import pictures

matplotlib = pytest.importorskip("matplotlib")
Image = pytest.importorskip("PIL.Image")


@pytest.fixture
def plt():
    before = matplotlib.get_backend()
    matplotlib.use("agg")
    import matplotlib.pyplot as plt
    yield plt
    plt.close("all")
    matplotlib.use(before)


def shot(figure):
    figure.canvas.draw()
    return np.array(np.asarray(figure.canvas.buffer_rgba())[..., :3])


def png_of(array):
    file = io.BytesIO()
    Image.fromarray(array).save(file, "png")
    return file.getvalue()


def test_a_film_shows_every_picture_that_was_drawn(plt):
    figure, axes = plt.subplots(figsize=(2, 1.5), dpi=60)
    axes.set(xlim=(0, 10), ylim=(0, 10))
    (dot,) = axes.plot([5], [5], "o", color="C3")
    seen = []

    def draw(number):
        dot.set_data([number], [10 - number])
        seen.append(shot(figure))

    made = pictures.film(figure, draw, range(1, 9, 2), pause=0.2)
    assert not plt.get_fignums()
    found = Image.open(io.BytesIO(made._repr_png_()))
    assert found.n_frames == len(seen) == 4 and found.info["duration"] == 200 and found.info["loop"] == 0
    for number, expected in enumerate(seen):
        found.seek(number)
        shown = np.asarray(found.convert("RGB")).astype(int)
        assert np.abs(shown - expected).mean() < 1, number
        assert np.abs(shown - expected).max() < 64, number  # the dot of the picture before is gone
    assert len(made.png) < sum(len(png_of(array)) for array in seen)


def test_a_film_of_one_picture(plt):
    figure, axes = plt.subplots(figsize=(1, 1), dpi=50)
    made = pictures.film(figure, lambda number: axes.set_title(str(number)), [7])
    assert Image.open(io.BytesIO(made.png)).size == (50, 50)
    assert "0x" not in repr(made)  # it stands in the notebook


def test_a_slim_picture_looks_the_same_and_is_smaller(plt):
    figure, axes = plt.subplots(figsize=(4, 3))
    axes.plot(np.sin(np.arange(60)), label="sin")
    axes.legend()
    before = shot(figure)
    png = png_of(np.dstack([before, np.full(before.shape[:2], 255, dtype=np.uint8)]))
    after = pictures.slim(png)
    assert len(after) < 0.7 * len(png)
    shown = np.asarray(Image.open(io.BytesIO(after)).convert("RGB")).astype(int)
    assert shown.shape == before.shape and np.abs(shown - before).mean() < 0.5 and np.abs(shown - before).max() < 48


def test_what_would_lose_by_it_stays(plt):
    figure, axes = plt.subplots(figsize=(1, 1), dpi=50)
    made = pictures.film(figure, lambda number: axes.set_title(str(number)), range(3)).png
    assert pictures.slim(made) is made
    rng = np.random.default_rng(0)
    drawing = np.repeat(rng.integers(0, 9, (60, 60, 1), dtype=np.uint8) * np.uint8(28), 3, axis=-1)
    assert len(pictures.slim(png_of(drawing))) < len(png_of(drawing))
    clear = png_of(np.dstack([drawing, np.full((60, 60), 254, dtype=np.uint8)]))
    assert pictures.slim(clear) is clear
    file = io.BytesIO()
    Image.fromarray(drawing).save(file, "png", save_all=True, append_images=[Image.fromarray(drawing[::-1].copy())])
    assert pictures.slim(file.getvalue()) == file.getvalue()
    photograph = rng.integers(0, 256, (100, 100, 3), dtype=np.uint8)
    assert pictures.slim(png_of(photograph)) == png_of(photograph)


def test_the_nearest_colour():
    palette = np.array([[0, 0, 0], [255, 255, 255], [255, 0, 0]], dtype=np.uint8)
    pixels = np.array([[[250, 250, 255], [9, 0, 3]], [[200, 60, 60], [255, 255, 255]]], dtype=np.uint8)
    assert pictures.nearest(pixels, palette).tolist() == [[1, 0], [2, 1]]
    assert pictures.most_frequent(pixels[:, [1, 1, 0]], 2).tolist() == [[9, 0, 3], [255, 255, 255]]
