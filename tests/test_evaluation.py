import math

import numpy as np
import pytest

import tinylm as tl
from tinylm import models
from tinylm.evaluation import Score, counted, evaluate, evaluate_held_out, held_out_batches
from tinylm.models.ngram import NGram
from tinylm.prepare import prepare
from tinylm.text import Bytes, Characters

TEXT = "the cat sat on the mat. " * 30


class Counting:
    """Predicts from how far a target is from where it was first let to look; remembers which targets counted."""

    predicts, context, training = "every", 6, False

    def __init__(self, absolute):
        self.absolute = absolute

    def eval(self):
        return self

    def train(self, mode):
        return self

    def __call__(self, ids):
        assert not self.absolute or ids.shape[1] <= self.context
        return tl.Tensor(np.zeros((*ids.shape, 12)))


@pytest.mark.parametrize("model", [Counting(True), Counting(False), models.MLP(12, 6, 3, 4)])
@pytest.mark.parametrize("start", [0, 1, 50, 717])
def test_every_token_is_scored_once_with_history(model, start):
    tokenizer = Characters.fit(TEXT)
    ids = tokenizer.encode(TEXT)
    found = np.zeros(0, dtype=np.int64)
    for inputs, targets in held_out_batches(model, tokenizer, ids, start):
        assert inputs.dtype == targets.dtype == np.int64
        assert len(inputs) == len(targets)
        for wanted in targets if targets.ndim == 2 else targets[:, None]:
            kept = np.flatnonzero(wanted != -100)
            found = np.append(found, wanted[kept])
            if targets.ndim == 2 and kept[0] < model.context // 2:
                assert start < model.context  # only at the beginning of a text is so little before
    assert np.array_equal(found, ids[start:])


def test_bits_and_perplexity_of_a_uniform_model():
    tokenizer = Characters.fit(TEXT)
    score = evaluate(Counting(True), tokenizer, TEXT + "é")
    assert score.tokens == 721 and score.bytes == 722
    assert score.perplexity == pytest.approx(12)
    assert score.bits == pytest.approx(721 * math.log2(12) + math.log2(1112064 - len(tokenizer)))
    assert score.bits_per_byte == pytest.approx(score.bits / 722)
    assert Score(8.0, 8 * math.log(2), 4, 2) == (8.0, 8 * math.log(2), 4, 2)
    assert Score(8.0, 8 * math.log(2), 4, 2).perplexity == pytest.approx(4)


@pytest.mark.parametrize("name", [*models.MODELS])
def test_by_hand(name):
    """A text no longer than a window: one token after the other, each after all before it."""
    tokenizer = Bytes(["<|endoftext|>"])
    model = models.build(name, len(tokenizer), **{**models.preset(name, "tiny"), "context": 16})
    text = "a short é text"[:12]
    ids = tokenizer.encode(text)
    nats = 0.0
    for place, wanted in enumerate(ids):
        before = [tokenizer.start_id, *ids[:place].tolist()]
        if model.predicts == "last":
            before = [tokenizer.start_id] * (16 - place) + ids[:place].tolist()
        logits = model(np.array([before])).detach().numpy().astype(np.float64).reshape(-1, len(tokenizer))[-1]
        nats -= logits[wanted] - np.log(np.exp(logits - logits.max()).sum()) - logits.max()
    score = evaluate(model, tokenizer, text)
    assert score.nats == pytest.approx(nats, rel=1e-5)
    assert score.tokens == len(ids) == score.bytes == 13


def test_an_n_gram_and_the_held_out_part(tmp_path):
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    prepared = prepare(tmp_path / "text.txt", "character")
    model = NGram(len(prepared.tokenizer), 3).fit(prepared.ids[:prepared.start])
    score = evaluate_held_out(model, prepared)
    assert score.bits_per_byte == pytest.approx(model.score(prepared.ids, prepared.start))
    assert score.bytes == score.tokens == 72


def test_the_mode_of_the_model_is_left_as_it_was():
    model = models.GPT(300, context=8, width=8, layers=1, heads=2, dropout=0.5)
    tokenizer = Bytes(["<|endoftext|>"])
    assert evaluate(model.train(), tokenizer, TEXT) == evaluate(model, tokenizer, TEXT)  # without dropout
    assert model.training
    assert not model.eval().training and evaluate(model, tokenizer, TEXT) and not model.training


def test_nothing_to_score():
    with pytest.raises(ValueError, match="evaluate: the text is empty"):
        evaluate(Counting(True), Bytes(), "")


def test_counted():
    assert counted(np.array([[1, -100], [-100, 0]])) == 2
