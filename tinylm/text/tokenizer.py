"""What all tokenizers share: special tokens, checked ids, and the file `tokenizer.json`.

A tokenizer turns text into integers, the ids, and ids into text. `tokenizer.json` is the file format of Hugging
Face's library `tokenizers`, so that what is saved here opens there, and the other way round.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from ..atomic import write

START = "<|endoftext|>"  # GPT-2's name for what stands between two texts, and so before one


class File(NamedTuple):
    """What a tokenizer.json says, whatever its kind."""

    tokens: list[str]  # the id of a token is its place
    special: list[str]  # those of them that are never split
    model: dict[str, Any]
    pre_tokenizer: Any
    decoder: Any


class Tokenizer(ABC):
    """Text to ids and back.

    tokens   what each id stands for, as the file spells it; the id is the place
    special  tokens such as "<|end|>": found in a text as a whole, the longest where several fit, and never split.
             Those that are not among `tokens` come after them

    Raises ValueError for a token that comes twice.
    """

    kind: ClassVar[str]
    """How errors call it."""

    unknown_id: int | None = None
    """The id of everything that the tokenizer has not seen, if there is such a thing."""

    def __init__(self, tokens: Iterable[str], special: Iterable[str] = ()) -> None:
        if isinstance(special, str):
            raise ValueError(f"special is a list of tokens, not one string: write special=[{special!r}]")
        self.special = tuple(dict.fromkeys(special))
        if "" in self.special:
            raise ValueError("a special token is empty: it would be found everywhere")
        self.tokens = list(tokens)
        self.tokens += [token for token in self.special if token not in set(self.tokens)]
        self.ids = {token: place for place, token in enumerate(self.tokens)}
        """The id of each token."""
        if len(self.ids) < len(self.tokens):
            twice = next(token for place, token in enumerate(self.tokens) if self.ids[token] != place)
            raise ValueError(f"the token {twice!r} comes twice in the vocabulary")
        for token in self.special:
            check_unicode(token, f"the special token {token!r}")
        longest_first = sorted(self.special, key=len, reverse=True)
        self._cut = re.compile("(" + "|".join(map(re.escape, longest_first)) + ")")

    def __len__(self) -> int:
        """How many ids there are."""
        return len(self.tokens)

    @property
    def start_id(self) -> int:
        """The id that stands before the first of a text: that of "<|endoftext|>", else the unknown one, else 0.

        Byte and byte-level tokenizers know everything, so only a special token is nothing that a text holds.
        """
        return self.ids.get(START, self.unknown_id or 0)

    def encode(self, text: str) -> np.ndarray:
        """The ids of `text`, (number of tokens,)."""
        parts = self.apart(text)
        if len(parts) == 1:
            return self._encode(text)
        found = [np.array([self.ids[part]]) if place % 2 else self._encode(part) for place, part in enumerate(parts)]
        return np.concatenate(found).astype(np.int64, copy=False)

    def decode(self, ids: Any) -> str:
        """The text of `ids`, special tokens included. Raises IndexError for an id there is not."""
        return self._decode(self._checked(ids))

    def stream(self, ids: Iterable[int], after: str = "") -> Iterator[str]:
        """The text of `ids` piece by piece, each as soon as it is certain; joined, what `decode` gives.

        after  the text before, where it is the continuation of one
        """
        for one in ids:
            yield self.decode(one)

    def unknown(self, text: str) -> str:
        """What of `text` the tokenizer has not seen, each once; "" where nothing is lost."""
        return ""

    def apart(self, text: str) -> list[str]:
        """`text` cut at its special tokens: ordinary, special, ordinary, ..., ordinary."""
        return self._cut.split(text) if self.special else [text]

    def to_json(self) -> str:
        """The content of tokenizer.json, for a file in UTF-8."""
        added = [{"id": self.ids[token], "content": token, "single_word": False, "lstrip": False, "rstrip": False,
                  "normalized": False, "special": True} for token in sorted(self.special, key=self.ids.__getitem__)]
        model, pre_tokenizer, decoder = self._parts()
        content = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
                   "pre_tokenizer": pre_tokenizer, "post_processor": None, "decoder": decoder,
                   "model": {**model, "vocab": self.ids}}
        return json.dumps(content, ensure_ascii=False, indent=1) + "\n"

    def save(self, path: str | Path) -> None:
        """Write tokenizer.json, whole or not at all."""
        write(path, self.to_json().encode("utf-8"))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read tokenizer.json. Raises ValueError for a file that is something else."""
        try:
            return cls.from_file(parse(Path(path).read_bytes()))
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path} is not a {cls.kind} tokenizer: {error}") from error

    @classmethod
    @abstractmethod
    def from_file(cls, file: File) -> Self:
        """The tokenizer that a file describes. Raises ValueError for one of another kind."""

    @abstractmethod
    def _encode(self, text: str) -> np.ndarray:
        """The ids of a text without special tokens, int64."""

    @abstractmethod
    def _decode(self, ids: np.ndarray) -> str:
        """The text of ids that exist."""

    @abstractmethod
    def _parts(self) -> tuple[dict[str, Any], Any, Any]:
        """The model (without its vocabulary), the pre-tokenizer and the decoder of tokenizer.json."""

    def _checked(self, ids: Any) -> np.ndarray:
        array = np.asarray(ids).reshape(-1)
        if array.size and array.dtype.kind not in "iu":
            raise TypeError(f"decode: ids are integers, not {array.dtype}")
        wrong = array[(array < 0) | (array >= len(self))]
        if wrong.size:
            raise IndexError(f"decode: there is no id {wrong[0]}; this tokenizer has 0 to {len(self) - 1}")
        return array.astype(np.int64, copy=False)


def check_unicode(text: str, what: str = "the text") -> None:
    """Raise ValueError where `text` holds half of a surrogate pair, which is no character and has no UTF-8."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{what} is not valid Unicode: position {error.start} holds the lone surrogate "
            f"U+{ord(text[error.start]):04X}. text.encode('utf-16', 'surrogatepass').decode('utf-16', 'replace') "
            "joins halves that belong together and writes � for the others"
        ) from None


def parse(content: bytes) -> File:
    """Read tokenizer.json. Raises ValueError unless it is one, and means nothing that would be ignored here."""
    try:
        found = json.loads(content.decode("utf-8"))
        model = found["model"]
        added = found.get("added_tokens") or []
        post = found.get("post_processor") or {"type": "ByteLevel"}  # that one only moves offsets
        beyond = {"normalizer": found.get("normalizer"), "post_processor": post["type"] != "ByteLevel" and post,
                  **{name: any(token.get(name) for token in added) for name in ("single_word", "lstrip", "rstrip")}}
        for name, value in beyond.items():
            if value:
                raise ValueError(f"it has a setting that TinyLM lacks: {name}")
        ids = {**model["vocab"], **{token["content"]: token["id"] for token in added}}
        tokens = sorted(ids, key=ids.__getitem__)
        special = [str(token["content"]) for token in added]
        for name in ("pre_tokenizer", "decoder"):
            if not isinstance(found.get(name) or {}, dict):
                raise TypeError(f"{name} is not an object")
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it is no tokenizer.json ({error!r})") from error
    if [ids[token] for token in tokens] != list(range(len(tokens))):
        raise ValueError(f"its {len(tokens)} ids are not 0 to {len(tokens) - 1}, each once")
    return File(tokens, special, model, found.get("pre_tokenizer"), found.get("decoder"))
