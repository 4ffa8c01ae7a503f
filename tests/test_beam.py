import itertools
import math

import numpy as np
import pytest

import tinylm as tl
from tinylm.beam import search
from tinylm.decoding import Decoder

PROMPT = np.array([0])


class Table:
    """p(next | last two) as drawn once; it asks to be read whole."""

    context = 2

    def __init__(self, size, seed):
        self.logits = 2 * np.random.default_rng(seed).standard_normal((size, size, size))

    def __call__(self, ids):
        before = ids[:, -2] if ids.shape[1] > 1 else ids[:, -1] * 0
        return tl.Tensor(self.logits[before, ids[:, -1]])

    def log(self, text):
        """log p of each token of a text after PROMPT."""
        ids, found = [0, 0, *text], []
        for a, b, c in zip(ids, ids[1:], ids[2:], strict=False):
            row = self.logits[a, b] if found else self.logits[0, 0]
            found.append(row[c] - math.log(np.exp(row).sum()))
        return found


def best(model, size, length, end, penalty):
    """Of all texts: those that end with `end`, and those of full length without it."""
    texts = [text for n in range(1, length + 1) for text in itertools.product(range(size), repeat=n)
             if end not in text[:-1] and (n == length or text[-1] == end)]
    return max(texts, key=lambda text: sum(model.log(text)) / len(text) ** penalty)


@pytest.mark.parametrize("penalty", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("seed", range(6))
def test_with_room_for_all_it_finds_the_best(seed, penalty):
    model = Table(3, seed)
    found = search(Decoder(model, 0, 3), PROMPT, 4, 3**4, lambda ids: ids[-1] == 2, length_penalty=penalty)
    wanted = best(model, 3, 4, 2, penalty)
    assert tuple(found.ids) == wanted
    assert found.logs == pytest.approx(model.log(wanted)) and found.total == pytest.approx(sum(model.log(wanted)))


def test_two_tokens_need_no_more_beams_than_tokens():
    for seed in range(20):
        model = Table(5, seed)
        assert tuple(search(Decoder(model, 0, 5), PROMPT, 2, 5, lambda ids: False).ids) == best(model, 5, 2, None, 1.0)


def test_one_beam_is_greedy_and_more_do_better():
    better = 0
    for seed in range(30):
        model = Table(6, seed)
        text = [0, 0]
        for _ in range(8):
            text.append(int(model.logits[text[-2] if len(text) > 2 else 0, text[-1]].argmax()))
        totals = [search(Decoder(model, 0, 6), PROMPT, 8, beams, lambda ids: False) for beams in (1, 4)]
        assert totals[0].ids == text[2:]
        better += totals[1].total > totals[0].total + 1e-9
    assert better > 10


def test_an_ended_one_keeps_its_place():
    """So one beam stops where greedy decoding does, though going on might be likelier by the mean."""
    model = Table(4, 1)
    first = int(model.logits[0, 0].argmax())
    assert search(Decoder(model, 0, 4), PROMPT, 5, 1, lambda ids: ids[-1] == first).ids == [first]
    decoder, rows = Decoder(model, 0, 4), []
    inner = decoder.read
    decoder.read = lambda ids: (rows.append(len(ids)), inner(ids))[1]
    search(decoder, PROMPT, 4, 3, lambda ids: ids == [first])
    assert rows == [1, 2, 2, 2]


def test_what_is_never_written():
    model = Table(4, 2)
    first = int(model.logits[0, 0].argmax())
    found = search(Decoder(model, 0, 4), PROMPT, 6, 3, lambda ids: False, never=first)
    assert len(found.ids) == 6 and first not in found.ids
    assert found.logs == pytest.approx(model.log(found.ids))  # by the model's own probabilities


def test_no_length_no_text():
    assert search(Decoder(Table(3, 0), 0, 3), PROMPT, 0, 2, lambda ids: False).ids == []
