"""English and Chinese: whatever the course says, it says in both, side by side in the source.

say("the step", "步长") gives the one that is spoken at the moment.
"""

from __future__ import annotations

import locale
import os

LANGUAGES = ("en", "zh")
Both = tuple[str, str]
"""A text in English and in Chinese."""

_chosen: list[str] = []  # the last is spoken


def spoken() -> str:
    """"en" or "zh": what `speak` chose, or else what TINYLM_LANGUAGE says, or else the system."""
    if _chosen:
        return _chosen[-1]
    for variable in ("TINYLM_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(variable):
            return _nearest(os.environ[variable])
    return _nearest(locale.getlocale()[0] or "")


def speak(name: str | None) -> None:
    """Choose "en" or "zh" for this process; None is the system's own. Raises ValueError for any other."""
    if name not in (*LANGUAGES, None):
        raise ValueError(f"there is no language {name!r} here; there are: {', '.join(LANGUAGES)}")
    _chosen[:] = [name] if name else []


def say(en: str, zh: str) -> str:
    """The one of two texts, which say the same, that is in the language spoken."""
    return zh if spoken() == "zh" else en


def _nearest(name: str) -> str:
    return "zh" if name.lower().startswith(("zh", "chinese")) else "en"
