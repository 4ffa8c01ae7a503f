"""Where the boxes of a layered drawing go, so that every arrow points down and few cross.

After Sugiyama et al. (1981): cells stand in rows; a long arrow passes a point in every row between; within a row
the cells are sorted by the mean position of their neighbours; then each is moved as close to that mean as its row
allows. All lengths are pixels.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

ROW_GAP, GAP, LINE = 46, 26, 17  # between rows, between boxes, of a line of text
SWEEPS = 8  # how often the rows are sorted and moved, down and up in turn


class Cell:
    """A place in a row: a box with text, or (without lines) a point that an arrow passes on its way."""

    def __init__(self, layer: int, kind: str = "", lines: Sequence[str] = (), title: str = "") -> None:
        self.layer, self.kind, self.lines, self.title = layer, kind, lines, title
        self.width = max((text_width(line, k) + 28 for k, line in enumerate(lines)), default=0.0)
        self.height = len(lines) * LINE + 15.0 if lines else 0.0
        self.x, self.y = 0.0, 0.0  # the middle of it
        self.above: list[Cell] = []
        self.below: list[Cell] = []


def rows_of(cells: list[Cell], wires: Iterable[tuple[Cell, Cell]]) -> list[list[Cell]]:
    """The rows from top to bottom. All long arrows out of one box share the points that they pass."""
    rows: list[list[Cell]] = [[] for _ in range(max(cell.layer for cell in cells) + 1)]
    for cell in cells:
        rows[cell.layer].append(cell)
    passing: dict[tuple[Cell, int], Cell] = {}
    for source, target in wires:
        last = source
        for layer in range(source.layer - 1, target.layer, -1):
            point = passing.get((source, layer))
            if point is None:
                point = passing[source, layer] = Cell(layer)
                rows[layer].append(point)
                _link(last, point)
            last = point
        _link(last, target)
    return rows[::-1]


def _link(upper: Cell, lower: Cell) -> None:
    upper.below.append(lower)
    lower.above.append(upper)


def arrange(rows: list[list[Cell]]) -> None:
    """Give every cell its x and y."""
    for row in rows:
        _place(row, [0.0] * len(row))
    for sweep in range(2 * SWEEPS):
        down = sweep % 2 == 1
        for row in rows if down else rows[::-1]:
            if sweep < SWEEPS:  # later sweeps keep the order and only move
                wish = {cell: _mean(cell, cell.above if down else cell.below) for cell in row}
                row.sort(key=wish.__getitem__)
                _place(row, [wish[cell] for cell in row])
            else:
                _place(row, [_mean(cell, cell.above + cell.below) for cell in row])
    top = 0.0
    for row in rows:
        height = max(cell.height for cell in row)
        for cell in row:
            cell.y, cell.height = top + height / 2, cell.height if cell.lines else height
        top += height + ROW_GAP


def _mean(cell: Cell, neighbours: list[Cell]) -> float:
    """Where its neighbours want a cell. Operation to operation, and a long arrow in itself, shall be straight lines."""
    pull = [(1.0 if other.kind == cell.kind else 0.15, other.x) for other in neighbours]
    return sum(weight * x for weight, x in pull) / sum(weight for weight, _ in pull) if pull else cell.x


def _place(row: list[Cell], wish: list[float]) -> None:
    """Move each cell as near to its wish as order and gaps allow: least squares, by pooling adjacent violators."""
    offsets = [0.0]
    for left, right in itertools.pairwise(row):
        offsets.append(offsets[-1] + (left.width + right.width) / 2 + GAP)
    blocks: list[tuple[float, float, int]] = []  # (mean wish, weight, cells) of cells that stand gap by gap
    for cell, x, offset in zip(row, wish, offsets, strict=True):
        mean, weight, size = x - offset, 1.0 if cell.kind == "op" else 0.3, 1
        while blocks and blocks[-1][0] > mean:
            other, heavy, many = blocks.pop()
            mean, weight, size = (mean * weight + other * heavy) / (weight + heavy), weight + heavy, size + many
        blocks.append((mean, weight, size))
    places = [mean for mean, _, size in blocks for _ in range(size)]
    for cell, place, offset in zip(row, places, offsets, strict=True):
        cell.x = place + offset


def text_width(text: str, line: int = 1) -> float:
    """About how wide a text will be: nobody here knows the reader's fonts, so rather too wide."""
    return len(text) * (8.4 if line == 0 else 6.7)
