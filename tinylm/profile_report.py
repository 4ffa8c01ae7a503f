"""How a profile is shown: two tables, and a picture of bars."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .atomic import write

FORMATS = (".png", ".svg")
ROWS = 24  # of bars, at most


class Report:
    """What can be done with the figures of a `Profile`, which has the attributes named here."""

    operations: dict[tuple[str, bool], Any]
    layers: dict[str, Any]
    seconds: float
    saved: int

    @property
    def threads(self) -> int:
        """How many threads took part."""
        raise NotImplementedError

    def __str__(self) -> str:
        total = sum(operation.seconds for operation in self.operations.values())
        threads = f", added up over {self.threads} threads" if self.threads > 1 else ""
        return "\n".join([
            f"{_ms(self.seconds)} ms in all; in operations {_ms(total)} ms{threads}; "
            f"at most {_mib(self.saved)} MiB kept for the backward", "", *self._by_operation(total), "",
            *self._by_layer()])

    __repr__ = __str__

    def _by_operation(self, total: float) -> list[str]:
        rows = [[o.name, "backward" if o.backward else "forward", o.calls, _ms(o.seconds),
                 f"{o.seconds / total:.1%}" if total else "-", _mib(o.bytes)]
                for o in sorted(self.operations.values(), key=lambda o: -o.seconds)]
        return _table(["operation", "direction", "calls", "time (ms)", "share", "results (MiB)"], rows, left=2)

    def _by_layer(self) -> list[str]:
        rows = [[layer.path, layer.kind, layer.calls, _ms(layer.forward), _ms(layer.own_forward), _ms(layer.backward),
                 _ms(layer.own_backward), _mib(layer.saved)] for layer in self.layers.values()]
        return _table(["layer", "kind", "calls", "forward (ms)", "own", "backward (ms)", "own", "kept (MiB)"],
                      rows, left=2)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Draw bars of the time, by operation and by layer, and write them, whole or not at all.

        Raises ValueError unless the name ends in .png or .svg.
        """
        target = Path(path)
        kind = target.suffix.lower()
        if kind not in FORMATS:
            raise ValueError(f"profile: the picture is {' or '.join(FORMATS)}; give it a name such as "
                             f"{target.with_suffix('.png').name!r}")
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        operations: dict[str, list[float]] = {}
        for (name, backward), operation in self.operations.items():
            operations.setdefault(name, [0.0, 0.0])[backward] += operation.seconds
        layers = {layer.path: [layer.own_forward, layer.own_backward] for layer in self.layers.values()}
        sides = [(title, dict(sorted(found.items(), key=lambda pair: -sum(pair[1]))[:ROWS])) for title, found in
                 (("by operation", operations), ("by layer, without the layers inside it", layers))]
        rows = max(len(found) for _, found in sides)
        figure = Figure(figsize=(12, 1.5 + 0.24 * rows), layout="constrained")
        for axes, (title, found) in zip(figure.subplots(1, 2), sides, strict=True):
            there, back = ([pair[k] * 1e3 for pair in found.values()] for k in (0, 1))
            axes.barh(list(found), there, color="#2f6fb7", label="forward")
            axes.barh(list(found), back, left=there, color="#d4791f", label="backward")
            axes.set_ylim(rows - 0.4, -0.6)  # the longest on top, bars equally thick on both sides
            axes.set_title(title, fontsize=10, loc="left")
            axes.set_xlabel("ms")
            axes.tick_params(labelsize=8)
            axes.spines[["top", "right"]].set_visible(False)
            axes.legend(fontsize=8, loc="lower right")
        FigureCanvasAgg(figure)
        content = io.BytesIO()
        figure.savefig(content, format=kind[1:], dpi=100)
        write(target, content.getvalue())


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:,.3f}"


def _mib(size: float) -> str:
    return f"{size / 2**20:,.2f}"


def _table(header: Sequence[str], rows: Sequence[Sequence[Any]], left: int) -> list[str]:
    """Lines of columns: so many to the left, the figures to the right."""
    cells = [[str(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[k]) for row in cells) for k in range(len(header))]
    return ["  ".join(cell.ljust(width) if k < left else cell.rjust(width)
                      for k, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip() for row in cells]
