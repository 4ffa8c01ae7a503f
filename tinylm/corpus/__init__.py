"""From raw text to a corpus: normalised, without what is short, broken or there twice, and split by document.

In the manner of SlimPajama (Soboleva et al. 2023). `clean` does it all, in pipeline.py; each step is a file of its own
here, in the order in which they come: sources, quality and repetition, duplicates, minhash, banding and clusters,
shuffle, decontamination. Words and runs of them are numbers throughout: hashing.py.
"""

from .pipeline import Settings, clean
from .quality import PROSE, RULES, Rules
from .report import Report
from .sources import Document, documents

__all__ = ["PROSE", "RULES", "Document", "Report", "Rules", "Settings", "clean", "documents"]
