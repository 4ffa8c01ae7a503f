"""Tokenizers: text to ids and back."""

from .characters import Characters

__all__ = ["Characters"]
