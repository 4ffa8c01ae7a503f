"""Reading a tokenizer.json of any kind."""

from __future__ import annotations

from pathlib import Path

from .bpe import BPE
from .bytes import Bytes
from .characters import Characters
from .tokenizer import Tokenizer, parse
from .words import Words

KINDS: list[type[Tokenizer]] = [Bytes, Characters, Words, BPE]
"""All tokenizers; the first that can read a file does (bytes are BPE without merges, so they come before it)."""


def load(path: str | Path) -> Tokenizer:
    """The tokenizer in a tokenizer.json, saved here or by Hugging Face's `tokenizers`.

    Raises ValueError where it is none, or one of a kind that TinyLM lacks, saying for each kind why not.
    """
    try:
        file = parse(Path(path).read_bytes())
    except ValueError as error:
        raise ValueError(f"{path} is not a tokenizer: {error}") from error
    reasons = []
    for kind in KINDS:
        try:
            return kind.from_file(file)
        except (ValueError, TypeError) as error:
            reasons.append(f"  {kind.kind}: {error}")
    raise ValueError(f"{path} is a tokenizer of a kind that TinyLM lacks:\n" + "\n".join(reasons))
