"""Figures of the lessons: one look, labels in the language spoken, and a font that has its characters.

Chinese labels need a font that the system may not have; where there is none, `label` gives the English ones.
"""

from __future__ import annotations

from typing import Any

from ..fonts import chinese_font
from .language import Both, spoken

LOOK: dict[str, Any] = {
    "figure.figsize": (6.4, 3.4), "figure.dpi": 100, "figure.constrained_layout.use": True,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.25,
    "axes.titlesize": "medium", "legend.frameon": False,
}


def prepare() -> None:
    """Set the look of matplotlib's figures, and a font for the language spoken if there is one."""
    import matplotlib

    families = ["DejaVu Sans"]
    if spoken() == "zh" and (font := chinese_font()):
        families.append(font)  # asked for the characters that the first has not
    settings: Any = {**LOOK, "font.family": families}
    matplotlib.rcParams.update(settings)


def label(en: str, zh: str) -> str:
    """A text for a figure: as `say`, but English where no font has the characters of the other."""
    return zh if spoken() == "zh" and chinese_font() else en


def canvas(x: Both | str = "", y: Both | str = "", *, log: str = "", panels: int = 1,
           size: tuple[float, float] | None = None) -> Any:
    """The axes of a new figure, labelled; with more than one panel, an array of them side by side.

    x, y  what stands at the axes: ("English", "中文"), or one text for both
    log   which of the axes are logarithmic: "x", "y" or "xy"
    """
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(1, panels, figsize=size)
    for one in axes if panels > 1 else (axes,):
        one.set(xlabel=_text(x), ylabel=_text(y), **{f"{axis}scale": "log" for axis in log})
    return axes


def _text(text: Both | str) -> str:
    return text if isinstance(text, str) else label(*text)
