"""Corpora and batches."""

from .batches import Batch, Windows
from .corpora import CORPORA, chunks, load, split
from .sequences import IGNORED, Sequences
from .sheets import SHEETS, Sheet, overview, sheet
from .tokens import read_tokens, write_tokens

__all__ = ["CORPORA", "IGNORED", "SHEETS", "Batch", "Sequences", "Sheet", "Windows", "chunks", "load", "overview",
           "read_tokens", "sheet", "split", "write_tokens"]
