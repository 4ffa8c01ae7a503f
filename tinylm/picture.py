"""A picture of the recorded graph: which operations ran, what flows between them, and who keeps what.

`tl.draw(loss)` shows in a notebook, and `tl.draw(loss).save("graph.svg")` writes it to a file. Data flows
downwards, from the leaves to the result. A box names the operation, the shape it made, and what it keeps for the
backward.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from .backend import Array
from .graph import Node, arrays_in, newest_first
from .layout import LINE, Cell, arrange, rows_of, text_width
from .tensor import Tensor

MARGIN = 24  # pixels around it all

STYLE = """
.tl{font-family:system-ui,-apple-system,"Segoe UI","Noto Sans",sans-serif;font-size:12px}
.tl .card{fill:#fff} .tl text{fill:#57606a} .tl .name{font-size:14px;font-weight:600;fill:#1f2328}
.tl .kept{fill:#8a4600} .tl .mark{stroke:#d4791f;stroke-width:3;stroke-linecap:round}
.tl .box{stroke-width:1.2} .tl .op .box,.tl .end .box{fill:#eef4fc;stroke:#7fa6d6}
.tl .leaf .box{fill:#e9f6ec;stroke:#72b184}
.tl .end .box{stroke:#1f5fae;stroke-width:2.4} .tl .more .box{fill:#f3f4f6;stroke:#9aa2ac;stroke-dasharray:5 4}
.tl .wire{fill:none;stroke:#8b949e;stroke-width:1.4} .tl .tip{fill:#8b949e}
.tl .label{font-size:11px;paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}
@media (prefers-color-scheme:dark){
.tl .card{fill:#15181d} .tl text{fill:#a9b3be} .tl .name{fill:#f0f3f6} .tl .kept{fill:#f2b778}
.tl .op .box,.tl .end .box{fill:#1c2a3d;stroke:#4a74a8}
.tl .leaf .box{fill:#18301f;stroke:#4c8a5d} .tl .end .box{stroke:#7db4f5}
.tl .more .box{fill:#22262c;stroke:#6b7480} .tl .label{stroke:#15181d}}
"""


class Picture:
    """An SVG drawing: shows itself in a notebook; `save` writes it to a file."""

    def __init__(self, svg: str, caption: str) -> None:
        self.svg, self.caption = svg, caption

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f'Picture({self.caption}; .save("graph.svg") writes it)'

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the drawing, whole or not at all. Raises ValueError unless the name ends in .svg."""
        target = Path(path)
        if target.suffix.lower() != ".svg":
            raise ValueError(f"draw: the picture is an SVG; give it a name such as {target.with_suffix('.svg').name!r}")
        partial = target.with_name(target.name + ".partial")
        try:
            partial.write_text(self.svg, encoding="utf-8", newline="\n")
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def draw(result: Tensor, limit: int = 150, names: dict[str, Tensor] | None = None) -> Picture:
    """A picture of how `result` was computed, to be taken before the backward frees the graph.

    limit  how many operations to show at most, the latest first; a box tells how many more there are
    names  what to call leaves, such as {"weight": w}

    Raises TypeError for anything but a Tensor, RuntimeError where there is no graph (any more).
    """
    if not isinstance(result, Tensor):
        raise TypeError(f"draw: a Tensor is needed, such as a loss, not {type(result).__name__}")
    if limit < 1:
        raise ValueError(f"draw: limit={limit} shows nothing; it is the number of operations to show, 1 or more")
    if result._node is None:
        raise RuntimeError("draw: this Tensor has no graph. Nothing it was computed from requires a gradient "
                           "(set requires_grad=True on the leaves), or it was computed under no_grad() or detached")
    try:
        order = newest_first([result._node])
    except RuntimeError:
        raise RuntimeError("draw: the graph was freed by a backward. Draw before it, "
                           "or pass it retain_graph=True") from None
    operations = [node for node in order if node.primitive is not None]
    called = {id(tensor): name for name, tensor in (names or {}).items()}
    cells, wires = _cells(order, operations[:limit], len(operations) - limit, called)
    rows = rows_of(cells, wires)
    arrange(rows)
    owners = {id(owner): owner for node in operations for owner in map(_owner, arrays_in(node.saved))}
    kept = _bytes(sum(owner.nbytes for owner in owners.values()))
    caption = (f"{_count(len(operations), 'operation')}, {_count(len(order) - len(operations), 'leaf', 'leaves')}; "
               f"{_count(len(owners), 'array')} kept for the backward: {kept}")
    return Picture(_svg(rows, wires, caption), caption)


def _cells(
    order: list[Node], shown: list[Node], hidden: int, names: dict[int, str]
) -> tuple[list[Cell], dict[tuple[Cell, Cell], str]]:
    """A cell for every node to show, and the labels of the arrows between them."""
    cells: dict[Any, Cell] = {}
    labels: dict[tuple[Any, Any], list[str]] = {}
    layers: dict[Any, int] = {order[0]: 0}
    visible = set(shown)
    for node in shown:  # consumers come before what they consume
        for edge, (parent, output) in enumerate(node.edges):
            source: Any = parent if parent in visible or parent.primitive is None else "more"
            layers[source] = max(layers.get(source, 0), layers[node] + 1)
            position, place = node.plan.edges[edge]
            name = node.primitive.names[position] + ("" if place is None else f"[{place}]")
            label = name if len(node.primitive.rules) > 1 or place is not None else ""
            if len(parent.outputs) > 1:
                label = f"[{output}] → {name}"
            labels.setdefault((source, node), []).append(label)
    if "more" in layers:  # older than all that is shown
        layers["more"] = max(layers.values()) + (layers["more"] < max(layers.values()))
    for node in _inorder(order[0], list(labels)):
        cells[node] = (Cell(layers[node], "more", [f"… {hidden:,} more"], f"{hidden:,} older operations are not shown")
                       if node == "more" else _describe(node, layers[node], node is order[0], names))
    wires = {(cells[a], cells[b]): ", ".join(filter(None, texts)) for (a, b), texts in labels.items()}
    return list(cells.values()), wires


def _inorder(start: Any, wires: list[tuple[Any, Any]]) -> list[Any]:
    """Every node on the way back from `start`, first inputs before second ones: so they stand from left to right."""
    sources: dict[Any, list[Any]] = {}
    for source, target in wires:
        sources.setdefault(target, []).append(source)
    found: dict[Any, None] = {}
    stack = [start]
    while stack:
        node = stack.pop()
        if node not in found:
            found[node] = None
            stack += reversed(sources.get(node, []))
    return list(found)


def _describe(node: Node, layer: int, end: bool, names: dict[int, str]) -> Cell:
    """What the box of a node says; its tooltip says it in full."""
    made = [f"{shape} {dtype}" for shape, dtype in node.outputs]
    if node.primitive is None:
        name = names.get(id(node.leaf and node.leaf()), "leaf")
        title = f"{name}: {made[0]}, a leaf, where gradients are collected"
        return Cell(layer, "leaf", [name, *made], title)
    lines, details = [str(node.primitive), *made[:3]], [f"{node.primitive} makes {', '.join(made)}"]
    lines += [f"and {len(made) - 3} more"] * (len(made) > 3)
    for name, value in dict(zip(node.plan.names, node.saved, strict=True)).items():
        arrays = arrays_in(value)
        if arrays:
            shape = f"{arrays[0].shape}" if len(arrays) == 1 else f"{len(arrays)} arrays"
            lines.append(f"keeps {name} {shape}  {_bytes(sum(a.nbytes for a in arrays))}")
            details += [f"keeps {name}: {a.shape} {a.dtype}, {a.nbytes:,} bytes" for a in arrays]
        else:
            details.append(f"{name} = {value!r}")
    return Cell(layer, "end" if end else "op", lines, "\n".join(details))


def _svg(rows: list[list[Cell]], wires: dict[tuple[Cell, Cell], str], caption: str) -> str:
    cells = [cell for row in rows for cell in row]
    left = min(cell.x - cell.width / 2 for cell in cells) - MARGIN
    texts = []
    for (source, target), label in wires.items():
        x = _entry(next(cell for cell in target.above if _origin(cell) is source), target) + 6
        texts.append((x, target.y - target.height / 2 - 15, label))
    right = max([cell.x + cell.width / 2 for cell in cells] + [x + text_width(label) for x, _, label in texts])
    width = max(right + MARGIN - left, text_width(caption) + 2 * MARGIN)
    bottom = max(cell.y + cell.height / 2 for cell in cells)
    height = bottom + 2 * MARGIN + 22
    view = f"{left:.1f} {-MARGIN} {width:.1f} {height:.1f}"
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" class="tl" width="{width:.0f}" height="{height:.0f}" '
           f'viewBox="{view}" role="img" style="max-width:100%;height:auto"><title>{escape(caption)}</title>'
           f'<style>{STYLE}</style>'
           f'<rect class="card" x="{left:.1f}" y="{-MARGIN}" width="{width:.1f}" height="{height:.1f}" rx="10"/>']
    for cell in cells:
        for lower in cell.below:
            out.append(_wire(cell, lower))
    out += [f'<text class="label" x="{x:.1f}" y="{y:.1f}">{escape(label)}</text>' for x, y, label in texts if label]
    out += [_box(cell) for cell in cells if cell.lines]
    out.append(f'<text x="{left + MARGIN:.1f}" y="{bottom + MARGIN + 12:.1f}">{escape(caption)}</text></svg>')
    return "\n".join(out)


def _origin(cell: Cell) -> Cell:
    while not cell.lines:
        cell = cell.above[0]
    return cell


def _entry(upper: Cell, lower: Cell) -> float:
    """Where along the top of a box an arrow arrives: several stand apart, in the order of where they come from."""
    if not lower.lines:
        return lower.x
    arrivals = sorted(lower.above, key=lambda cell: cell.x)
    return lower.x + (arrivals.index(upper) - (len(arrivals) - 1) / 2) * min(64.0, lower.width * 0.8 / len(arrivals))


def _wire(upper: Cell, lower: Cell) -> str:
    x0, y0, x1, y1 = upper.x, upper.y + upper.height / 2, _entry(upper, lower), lower.y - lower.height / 2
    end = y1 - 7 if lower.lines else y1
    middle = (y0 + end) / 2
    path = f"M{x0:.1f} {y0:.1f}C{x0:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {end:.1f}"
    if not lower.lines:
        return f'<path class="wire" d="{path}V{lower.y + lower.height / 2:.1f}"/>'  # past the boxes of that row
    return f'<path class="wire" d="{path}"/><path class="tip" d="M{x1:.1f} {y1:.1f}l-4.5 -9h9z"/>'


def _box(cell: Cell) -> str:
    x, y = cell.x - cell.width / 2, cell.y - cell.height / 2
    out = [f'<g class="{cell.kind}"><title>{escape(cell.title)}</title><rect class="box" x="{x:.1f}" y="{y:.1f}" '
           f'width="{cell.width:.1f}" height="{cell.height:.1f}" rx="7"/>']
    for k, line in enumerate(cell.lines):
        baseline = y + 7 + LINE * (k + 0.78)
        kept = line.startswith("keeps ") and k > 0
        style = "name" if k == 0 else "kept" if kept else "shape"
        if kept:
            out.append(f'<path class="mark" d="M{x + 6:.1f} {baseline - 9:.1f}v9"/>')
        out.append(f'<text class="{style}" x="{x + 14:.1f}" y="{baseline:.1f}">{escape(line)}</text>')
    return "".join(out) + "</g>"


def _owner(array: Array) -> Array:
    """The array whose memory a view looks at."""
    while getattr(array.base, "nbytes", 0):
        array = array.base
    return array


def _bytes(number: float) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if number < 1024:
            return f"{number:.3g} {unit}" if unit != "bytes" else f"{number:.0f} bytes"
        number /= 1024
    return f"{number:.3g} GiB"


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number:,} {one if number == 1 else several or one + 's'}"
