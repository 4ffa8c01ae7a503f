"""Texts that pass for prose, with words of no meaning."""

import random
from collections.abc import Callable

import pytest


def made(count: int, seed: int = 0, words: int = 80) -> list[str]:
    """So many different texts of so many words each, twelve to a line."""
    draw = random.Random(seed)
    vocabulary = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(3, 8))) for _ in range(3000)]
    texts = []
    for _ in range(count):
        chosen = draw.choices(vocabulary, k=words)
        texts.append(".\n".join(" ".join(chosen[i:i + 12]) for i in range(0, words, 12)))
    return texts


@pytest.fixture
def prose() -> Callable[..., list[str]]:
    return made
