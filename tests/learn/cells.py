"""Cells as jupytext and nbformat give them, made by hand: what reads them needs neither to be tested."""

from typing import Any


class Cell(dict):
    """A dictionary whose entries are attributes too."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def prose(text, lang=None):
    return Cell(cell_type="markdown", source=text, metadata={"lang": lang} if lang else {})


def code(text, *printed):
    return Cell(cell_type="code", source=text, metadata={},
                outputs=[Cell(output_type="stream", name="stdout", text=one) for one in printed])


def pair(english, chinese):
    return [prose(english, "en"), prose(chinese, "zh")]
