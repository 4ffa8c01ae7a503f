"""A map of words: their vectors seen along the two directions in which they spread most."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .atomic import write
from .fonts import chinese_font
from .pca import principal_components
from .vectors import WordVectors

FORMATS = (".png", ".svg")

RINGS = (5, 11, 18, 27, 38)
"""How far from its point a label may stand, in pixels: the nearest place that is free."""

DPI = 110


class Box(NamedTuple):
    """A rectangle in pixels."""

    left: float
    bottom: float
    right: float
    top: float

    def overlap(self, others: np.ndarray) -> float:
        """The area that it shares with other boxes, (boxes, 4), together."""
        wide = np.minimum(self.right, others[:, 2]) - np.maximum(self.left, others[:, 0])
        high = np.minimum(self.top, others[:, 3]) - np.maximum(self.bottom, others[:, 1])
        return float((np.maximum(wide, 0) * np.maximum(high, 0)).sum())


def plot_map(vectors: WordVectors, words: Sequence[str] | Mapping[str, Sequence[str]], picture: str | Path) -> None:
    """Draw words as points with labels, PNG or SVG by the name's ending.

    The two axes are the principal components of these words' vectors, scaled to length one as for cosines; beside each
    stands how much of their variance it has. What is left out may tell two words apart that lie together here.

    words  or groups of them by name, each in a colour of its own; a word of several groups is drawn with the first

    Labels are placed where they hide no point and no other label, as far as there is room. Warns of characters that no
    font has. Raises ValueError for fewer than two words and for other pictures, UnknownWordError for a word without a
    vector.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    path = check_picture(picture)
    groups = words if isinstance(words, Mapping) else {"": words}
    group_of: dict[str, str] = {}
    for name, members in groups.items():
        for word in members:
            group_of.setdefault(word, name)
    labels = list(group_of)
    if len(labels) < 2:
        raise ValueError(f"plot_map: a map of {len(labels)} words shows nothing: give two or more")
    unit = vectors.unit[[vectors.place(word) for word in labels]]
    if vectors.dimensions < 2:
        raise ValueError("plot_map: a map needs vectors of two dimensions or more")
    found = principal_components(unit, 2)
    side = float(np.clip(4.5 + 0.07 * len(labels), 6, 14))  # inches: room for the labels
    figure = Figure(figsize=(side * 1.15, side), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    colours = {name: f"C{place % 10}" for place, name in enumerate(groups)}
    for name in groups:
        mine = [place for place, word in enumerate(labels) if group_of[word] == name]
        x, y = found.points[mine].T  # (words of the group,) each
        axes.scatter(x, y, s=14, color=colours[name], label=name, zorder=2)
    axes.set(**{f"{axis}label": f"component {place + 1}: {found.explained_variance_ratio[place]:.0%} of the variance"
                for place, axis in enumerate("xy")})
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.25)
    axes.margins(0.08)
    if any(groups):
        axes.legend(fontsize=8, loc="best", framealpha=0.6)
    figure.draw_without_rendering()  # settles the layout: from here on, a place on the axes is one in pixels
    figure.set_layout_engine("none")
    family, content = _family(labels), io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # said once, by _family
        _label(figure, axes, found.points, labels, [colours[group_of[word]] for word in labels], family)
        figure.savefig(content, format=path.suffix.lower()[1:],
                       metadata={"Date": None} if path.suffix.lower() == ".svg" else None)
    write(path, content.getvalue())


def check_picture(picture: str | Path) -> Path:
    """Raises ValueError unless the name is one of a PNG or SVG."""
    path = Path(picture)
    if path.suffix.lower() not in FORMATS:
        raise ValueError(f"{picture}: a picture's name ends in {' or '.join(FORMATS)}")
    return path


def _label(figure: Any, axes: Any, points: np.ndarray, labels: Sequence[str], colours: Sequence[str],
           family: Sequence[str]) -> None:
    """Write each word beside its point, where it hides least; those in the thick of it choose first."""
    renderer = figure.canvas.get_renderer()
    pixels = axes.transData.transform(points)  # (words, 2)
    frame = Box(*axes.get_window_extent(renderer).extents)
    distance = np.linalg.norm(pixels[:, None] - pixels, axis=-1)  # (words, words)
    np.fill_diagonal(distance, np.inf)
    taken = np.concatenate([pixels - 3, pixels + 3], 1)  # (boxes, 4): the points, then the labels that are written
    for place in np.argsort(np.sort(distance, 1)[:, :3].sum(1), kind="stable"):
        x, y = pixels[place]
        text = axes.annotate(labels[place], points[place], (0, 0), textcoords="offset pixels", fontsize=8.5,
                             fontfamily=family, color=colours[place] if len(set(colours)) > 1 else "black",
                             parse_math=False, zorder=3)
        size = text.get_window_extent(renderer)
        box, ring = _freest(x, y, size.width, size.height, taken, frame)
        text.set_position((box.left - x, box.bottom - y))
        if ring > RINGS[1]:
            middle = (box.left + box.right) / 2 - x, (box.bottom + box.top) / 2 - y
            axes.annotate("", points[place], middle, textcoords="offset pixels", zorder=1,
                          arrowprops={"arrowstyle": "-", "color": "grey", "linewidth": 0.5, "shrinkA": 5, "shrinkB": 2})
        taken = np.vstack([taken, box])


def _freest(x: float, y: float, width: float, height: float, taken: np.ndarray, frame: Box) -> tuple[Box, float]:
    """Where a label of this size hides least around a point, and how far from it; of equals the nearest."""
    best, least, at = Box(x, y, x + width, y + height), np.inf, 0.0
    for ring in RINGS:
        for across, up in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)):
            shift = ring if not across or not up else 0.7 * ring
            left = x + across * shift + (across - 1) / 2 * width
            bottom = y + up * shift + (up - 1) / 2 * height
            box = Box(left, bottom, left + width, bottom + height)
            inside = box.overlap(np.array([frame]))
            hidden = box.overlap(taken) + 4 * (width * height - inside)
            if hidden < least - 1e-6:
                best, least, at = box, hidden, ring
    return best, at


def _family(labels: Sequence[str]) -> list[str]:
    """The fonts to write with: matplotlib's own, and for Chinese one that is installed. Warns of what they all lack."""
    from matplotlib import font_manager

    found, characters = ["DejaVu Sans"], dict.fromkeys("".join(labels))
    if any(ord(character) >= 0x2E80 for character in characters):
        found += filter(None, [chinese_font()])
    fonts = [font_manager.get_font(font_manager.findfont(name)) for name in found]
    missing = [each for each in characters if not any(font.get_char_index(ord(each)) for font in fonts)]
    if missing:
        warnings.warn(f"plot_map: no font here has {' '.join(missing[:10])}: a box stands for it. For Chinese install "
                      "Noto Sans CJK SC (Debian: apt install fonts-noto-cjk)", stacklevel=3)
    return found
