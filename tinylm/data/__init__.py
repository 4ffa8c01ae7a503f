"""Corpora and batches."""

from .analogies import Planted, planted
from .batches import Batch, Windows
from .corpora import CORPORA, MOST, chunks, load, split, split_at
from .sequences import IGNORED, Sequences
from .sheets import SHEETS, Sheet, overview, sheet
from .tokens import read_tokens, write_tokens

__all__ = ["CORPORA", "IGNORED", "MOST", "SHEETS", "Batch", "Planted", "Sequences", "Sheet", "Windows", "chunks",
           "load", "overview", "planted", "read_tokens", "sheet", "split", "split_at", "write_tokens"]
