"""Pictures in notebooks: some that move, and all of them small."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

MANY = 8000
"""Colours of a picture from which on it is a photograph and not a drawing."""


class Film:
    """A picture that moves: an animated PNG, which plays wherever a notebook is shown, without a kernel."""

    def __init__(self, png: bytes) -> None:
        self.png = png

    def __repr__(self) -> str:
        return "Film()"  # the same in every run: a notebook keeps it

    def _repr_png_(self) -> bytes:
        return self.png


def film(figure: Any, draw: Callable[[int], Any], numbers: Iterable[int], pause: float = 0.12,
         colours: int = 64) -> Film:
    """A film of a figure; the figure is closed.

    draw     draw(number) changes what is in the figure; every number gives a picture
    pause    seconds from one picture to the next
    colours  how many there are, at most 255: the most frequent of the last picture, which should have them all

    Only what changes is kept of each picture but the first.
    """
    import matplotlib.pyplot as plt

    pictures = []
    for number in numbers:
        draw(number)
        figure.canvas.draw()
        pictures.append(np.array(np.asarray(figure.canvas.buffer_rgba())[..., :3]))  # (height, width, 3)
    plt.close(figure)
    palette = most_frequent(pictures[-1], colours)
    frames = [nearest(picture, palette) for picture in pictures]
    unchanged = len(palette)  # one more entry of the palette: here the picture before shows through
    changes = [np.where(new == old, unchanged, new) for old, new in itertools.pairwise(frames)]
    first, *rest = [_image(frame, np.vstack([palette, palette[:1]])) for frame in (frames[0], *changes)]
    file = io.BytesIO()
    first.save(file, "png", save_all=True, append_images=rest, duration=round(1000 * pause), loop=0, blend=1,
               disposal=0, transparency=unchanged)
    return Film(file.getvalue())


def slim(png: bytes) -> bytes:
    """The same drawing with 255 colours, about a third of the size. What is no drawing is given back as it was: a film,
    a photograph, a picture that is transparent anywhere.
    """
    from PIL import Image

    picture = Image.open(io.BytesIO(png))
    if getattr(picture, "n_frames", 1) > 1 or picture.mode not in ("RGB", "RGBA"):
        return png
    pixels, alpha = np.split(np.asarray(picture), [3], axis=-1)
    if alpha.min(initial=255) < 255 or len(np.unique(_numbers(pixels))) > MANY:
        return png
    palette = most_frequent(pixels, 255)
    file = io.BytesIO()
    _image(nearest(pixels, palette), palette).save(file, "png", optimize=True)
    return min(file.getvalue(), png, key=len)


def most_frequent(pixels: np.ndarray, colours: int) -> np.ndarray:
    """The colours that a picture (height, width, 3) has most of, as they are: (at most `colours`, 3)."""
    found, counts = np.unique(_numbers(pixels), return_counts=True)
    chosen = found[np.argsort(-counts, kind="stable")[:colours]]
    return np.stack([chosen >> 16, chosen >> 8 & 255, chosen & 255], axis=-1).astype(np.uint8)


def nearest(pixels: np.ndarray, palette: np.ndarray) -> np.ndarray:
    """For each pixel (height, width, 3) the number of the colour (n, 3) that is most like it: (height, width)."""
    _, first, inverse = np.unique(_numbers(pixels), return_index=True, return_inverse=True)
    colours = pixels.reshape(-1, 3)[first].astype(np.int64)  # (found, 3)
    off = np.sum((colours[:, None] - palette) ** 2, axis=-1)  # (found, n)
    return np.argmin(off, axis=1)[inverse].reshape(pixels.shape[:2])  # (height, width)


def _numbers(pixels: np.ndarray) -> np.ndarray:
    """A number for each colour: (height * width,)."""
    red, green, blue = pixels.reshape(-1, 3).astype(np.int64).T
    return red << 16 | green << 8 | blue


def _image(numbers: np.ndarray, palette: np.ndarray) -> Any:
    from PIL import Image

    picture = Image.fromarray(numbers.astype(np.uint8))
    picture.putpalette(palette.ravel().tolist())
    return picture
