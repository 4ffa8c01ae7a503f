"""Tokenizers: text to ids and back."""

from .bpe import BPE, gpt2
from .bytes import Bytes
from .characters import Characters
from .files import KINDS, load
from .tokenizer import Tokenizer
from .words import Words

__all__ = ["BPE", "KINDS", "Bytes", "Characters", "Tokenizer", "Words", "gpt2", "load"]
