"""The simplest tokenizer: one token for each character."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

UNKNOWN = 0  # the id of every character that the tokenizer has not seen
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"  # how that one is written


class Characters:
    """Characters to ids and back.

    characters  the known ones, each once; the first has id 1, since 0 stands for all the others

    Decoding undoes encoding wherever every character is known.
    """

    def __init__(self, characters: str) -> None:
        if len(set(characters)) != len(characters):
            raise ValueError("Characters: a character comes twice in the vocabulary")
        self.characters = characters
        codes = np.array([ord(c) for c in characters], dtype=np.int64)
        self._ids = np.zeros(int(codes.max(initial=0)) + 2, dtype=np.int64)  # by code point; the last is unknown
        self._ids[codes] = np.arange(1, len(characters) + 1)

    @classmethod
    def fit(cls, text: str) -> Characters:
        """The tokenizer of the characters of `text`. Give it training text alone: held-out text stays unseen."""
        if not text:
            raise ValueError("Characters.fit: the text is empty, so there is nothing to learn characters from")
        return cls("".join(sorted(set(text))))

    def __len__(self) -> int:
        """How many ids there are, the unknown one included."""
        return len(self.characters) + 1

    def encode(self, text: str) -> np.ndarray:
        """The id of each character, (len(text),); 0 for those not seen in training."""
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        return self._ids[np.minimum(codes, len(self._ids) - 1)]

    def decode(self, ids: Any) -> str:
        """The characters of `ids`; the unknown one reads "�". Raises IndexError for an id there is not."""
        ids = np.asarray(ids, dtype=np.int64).reshape(-1)
        wrong = ids[(ids < 0) | (ids >= len(self))]
        if wrong.size:
            raise IndexError(f"decode: there is no id {wrong[0]}; this tokenizer has 0 to {len(self) - 1}")
        written = REPLACEMENT + self.characters
        return "".join([written[i] for i in ids])

    def unknown(self, text: str) -> str:
        """The characters of `text` that the tokenizer has not seen, each once."""
        return "".join(sorted(set(text) - set(self.characters)))

    def to_json(self) -> str:
        """The vocabulary as text, for a file in UTF-8."""
        return json.dumps({"type": "characters", "characters": self.characters}, indent=1) + "\n"

    def save(self, path: str | Path) -> None:
        """Write the vocabulary to a file."""
        Path(path).write_text(self.to_json(), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> Characters:
        """Read what `save` wrote. Raises ValueError for a file that is something else."""
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
            if content["type"] != "characters":
                raise ValueError(f"its type is {content['type']!r}, not 'characters'")
            return cls(content["characters"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} is not a character tokenizer: {error}") from error
