"""A font with Chinese characters, which matplotlib's own lack: one of those that the system has."""

from __future__ import annotations

import functools
import importlib.util
import re
from pathlib import Path

FONTS = ("PingFang SC", "Hiragino Sans GB", "Heiti TC", "Microsoft YaHei", "SimHei", "Noto Sans CJK SC",
         "Source Han Sans SC", "Noto Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Noto Sans CJK JP")
"""Fonts with Chinese characters: macOS's, Windows's, those of Linux. (Of the several in a file with the last but
few, matplotlib knows the first, by the Japanese name; it has the Chinese characters too.)"""

_FILES = re.compile(r"pingfang|hiragino|msyh|simhei|notosans(cjk|sc)|sourcehansans|wqy", re.IGNORECASE)


@functools.cache
def chinese_font() -> str | None:
    """The name of a font with Chinese characters, or None where there is none."""
    from matplotlib import font_manager

    def known() -> str | None:
        names = {font.name for font in font_manager.fontManager.ttflist}
        return next((name for name in FONTS if name in names), None)

    if known() is None:  # one that was installed after matplotlib made its list, or that the package mplfonts has
        files = [Path(name) for name in font_manager.findSystemFonts()]
        package = importlib.util.find_spec("mplfonts")
        if package is not None and package.origin is not None:
            files += Path(package.origin).parent.rglob("*.?t?")
        for file in files:
            if _FILES.search(file.name):
                font_manager.fontManager.addfont(str(file))
    return known()
