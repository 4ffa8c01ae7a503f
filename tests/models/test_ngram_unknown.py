import math

import pytest

from tinylm.models.ngram import NGram
from tinylm.models.unknown import UNICODE, Unknown, perplexities, spell_unknown
from tinylm.text import Words

TRAINING = "the cat sat on the mat. the cat sat. a dog"


def test_every_unknown_word_is_spelt():
    tokenizer = Words.fit(TRAINING, min_count=2)
    known = len(set(TRAINING))
    assert spell_unknown(tokenizer, TRAINING, "the cat sat.") == Unknown(0, 0.0)
    found = spell_unknown(tokenizer, TRAINING, "the dog saw the dog, é")  # dog, saw, dog, "," and é
    assert found.words == 5
    strange = 3 * math.log2(UNICODE - known)  # w, the comma and é
    assert found.bits == pytest.approx((4 + 4 + 4 + 2 + 2) * math.log2(known + 2) + strange)


def test_the_code_of_the_spelling_is_not_overfull():
    """Kraft: over all words of two letters, however long, the probabilities sum to less than one."""
    tokenizer = Words.fit("ab ab", min_count=1)
    known = 3  # a, b and the space
    total = 0.0
    for length in range(1, 60):
        bits = spell_unknown(tokenizer, "ab ab", "a" * length).bits
        total += 2.0**length * 2.0**-bits  # so many words of that length from a and b alone
    assert bits == pytest.approx(60 * math.log2(known + 2)) and total < 1


def test_fewer_known_words_are_no_longer_better_once_they_are_spelt():
    held_out = "a dog sat on the mat and the dog sat"
    small, large = Words.fit(TRAINING, max_size=2), Words.fit(TRAINING)
    as_class, spelt = {}, {}
    for name, tokenizer in (("small", small), ("large", large)):
        ids = tokenizer.encode(held_out)
        model = NGram(len(tokenizer), 1).fit(tokenizer.encode(TRAINING))
        unknown = spell_unknown(tokenizer, TRAINING, held_out)
        as_class[name], spelt[name] = perplexities(model.score(ids), len(ids), unknown)
        assert as_class[name] == pytest.approx(model.perplexity(ids))
    assert as_class["small"] < as_class["large"] < spelt["large"] < spelt["small"]


def test_infinite_bits_are_an_infinite_perplexity():
    assert perplexities(math.inf, 3, Unknown(1, 8.0)) == (math.inf, math.inf)
    assert perplexities(2.0, 4, Unknown(1, 4.0)) == (4.0, 8.0)
