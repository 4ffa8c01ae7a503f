"""Corpora and batches."""

from .batches import Batch, Windows
from .corpora import CORPORA, load, split

__all__ = ["CORPORA", "Batch", "Windows", "load", "split"]
