"""What each step took away, and examples of it: as a table to read, and as JSON."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

SHOWN = 3
"""Examples of each kind, drawn at random from all of it."""

EXCERPT = 120


class Example(NamedTuple):
    """A document that was taken away."""

    source: str  # where it came from
    why: str  # such as "words = 3", where the rule is "words < 50"
    text: str  # some of it


class Removed:
    """What one rule took away."""

    def __init__(self, step: str, rule: str) -> None:
        self.step, self.rule = step, rule
        self.documents = self.bytes = 0
        self.examples: list[Example] = []


class Report:
    """Where every document went: documents and bytes that were read = all that were removed + those that are kept.

    settings  how the corpus was made, plain values
    files     how many files were read
    skipped   those that are no text, with the reason
    seed      of the examples
    """

    def __init__(self, settings: dict[str, Any], files: int, skipped: list[str], seed: int = 0) -> None:
        self.settings, self.files, self.skipped = settings, files, list(map(writable, skipped))
        self.documents = self.bytes = 0  # as they were read
        self.changed = self.normalised = 0  # documents that normalising changed, and bytes that it took away
        self.removed: dict[str, Removed] = {}
        self.kept = {"training": (0, 0), "heldout": (0, 0)}  # documents and bytes
        self._draw = random.Random(seed)

    def read(self, size: int, left: int, changed: bool) -> None:
        """A document was read: its bytes, those that normalising left, and whether that changed it."""
        self.documents += 1
        self.bytes += size
        self.normalised += size - left
        self.changed += changed

    def remove(self, step: str, rule: str, size: int, example: Callable[[], Example]) -> None:
        """A document was taken away. What shows it is made only if it is drawn (reservoir sampling, Vitter 1985)."""
        removed = self.removed.setdefault(rule, Removed(step, rule))
        removed.documents += 1
        removed.bytes += size
        if len(removed.examples) < SHOWN:
            removed.examples.append(example())
        elif (place := self._draw.randrange(removed.documents)) < SHOWN:
            removed.examples[place] = example()

    def as_dict(self) -> dict[str, Any]:
        """All of it, in plain values."""
        kept = {part: {"documents": documents, "bytes": size} for part, (documents, size) in self.kept.items()}
        return {
            "read": {"files": self.files, "documents": self.documents, "bytes": self.bytes},
            "normalised": {"documents": self.changed, "bytes": self.normalised},
            "removed": [{"step": one.step, "rule": one.rule, "documents": one.documents, "bytes": one.bytes,
                         "examples": [example._asdict() for example in one.examples]} for one in self._sorted()],
            "kept": kept, "skipped": self.skipped, "settings": self.settings,
        }

    def table(self) -> str:
        """Documents and bytes, step by step."""
        lines = [f"{'':<34}{'documents':>12}{'':>8}{'bytes':>20}",
                 self._line("read", self.documents, self.bytes),
                 self._line("  changed by normalising", self.changed, -self.normalised)]
        lines += [self._line(f"  {one.rule}", -one.documents, -one.bytes) for one in self._sorted()]
        lines += [self._line(label, *self.kept[part])
                  for part, label in (("training", "kept to learn from"), ("heldout", "held out"))]
        return "\n".join(lines)

    def examples(self, shown: int = SHOWN) -> str:
        """What was taken away, up to so many examples for each rule."""
        lines = []
        for one in self._sorted():
            lines.append(f"{one.rule}:")
            for example in one.examples[:shown]:
                lines += ["  " + ": ".join(filter(None, (example.source, example.why))), f"    {example.text}"]
        return "\n".join(lines)

    def _sorted(self) -> list[Removed]:
        """In the order of the steps, and within one those first that took most."""
        steps = list(dict.fromkeys(one.step for one in self.removed.values()))
        return sorted(self.removed.values(), key=lambda one: (steps.index(one.step), -one.documents))

    def _line(self, label: str, documents: int, size: int) -> str:
        share = abs(documents) / self.documents if self.documents else 0
        return f"{label:<34}{documents:>12,}{share:>8.1%}{size:>20,}"


def writable(name: str) -> str:
    """The name of a file, as UTF-8 can write it: Linux allows any bytes in one, which Python keeps as half pairs."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def excerpt(text: str) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text[:4 * EXCERPT].split())
    return line if len(line) <= EXCERPT else line[:EXCERPT - 1] + "…"
