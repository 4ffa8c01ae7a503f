"""Maximum likelihood and add-k beside NLTK's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm.models.ngram import NGram

try:
    from nltk.lm import MLE, Laplace, Lidstone, Vocabulary
    from nltk.util import everygrams
except ImportError:  # then every test here is skipped, counted and printed with the reason
    everygrams = None

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(everygrams is None, reason='nltk: pip install -e ".[oracle]"'),
]

TEXTS = st.integers(1, 6).flatmap(
    lambda size: st.tuples(st.just(size), st.lists(st.integers(0, size - 1), min_size=4, max_size=60)))


def theirs(kind, vocabulary, order, ids, *settings):
    """NLTK's model of the same text; its token for unknown words is our last id, which the text does not have."""
    model = kind(*settings, order, vocabulary=Vocabulary([str(i) for i in range(vocabulary - 1)]))
    model.fit([list(everygrams([str(i) for i in ids], max_len=order))])
    assert len(model.vocab) == vocabulary
    return model


@given(TEXTS, st.integers(1, 4), st.sampled_from([None, 0.01, 0.5, 1.0]), st.data())
def test_as_nltk_has_it(text, order, add, more):
    vocabulary, ids = text[0] + 1, text[1]
    kind, settings = (MLE, ()) if add is None else (Laplace, ()) if add == 1 else (Lidstone, (add,))
    reference = theirs(kind, vocabulary, order, ids, *settings)
    model = NGram(vocabulary, order, add, "mle" if add is None else "add").fit(ids)
    context = more.draw(st.lists(st.integers(0, vocabulary - 1), max_size=order - 1))
    words = [str(i) for i in range(vocabulary - 1)] + ["<UNK>"]
    expected = [reference.score(word, [words[i] for i in context]) for word in words]
    if add is None and not sum(expected):  # after a context it never saw, NLTK's gives 0 to all; ours is a distribution
        assert model.distribution(context).sum() == pytest.approx(1)
    else:
        assert np.abs(model.distribution(context) - expected).max() < 1e-9
        text = [*context, 0]
        assert abs(model.probabilities(text)[-1] - expected[0]) < 1e-9
