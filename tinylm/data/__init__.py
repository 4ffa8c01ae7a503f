"""Corpora and batches."""

from .batches import Batch, Windows
from .corpora import CORPORA, load, split
