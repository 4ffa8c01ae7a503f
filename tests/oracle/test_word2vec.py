"""word2vec beside gensim's: the same chances, the same loss on held-out text, the same analogies and files."""

import numpy as np
import pytest
import regex

from tinylm import data
from tinylm.models import Word2Vec
from tinylm.models.draws import kept, noise
from tinylm.models.negative_sampling import surprise
from tinylm.models.numbering import numbered, read
from tinylm.vector_files import read_vectors, write_vectors
from tinylm.vectors import WordVectors
from tinylm.word_tests import Question

try:
    from gensim.models import KeyedVectors
    from gensim.models import Word2Vec as Gensim
except ImportError:  # then every test here is skipped, counted and printed with the reason
    Gensim = None

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(Gensim is None, reason='gensim: pip install -e ".[oracle]"'),
]

FORMS = pytest.mark.parametrize("sg", [True, False], ids=["skip-gram", "CBOW"])
SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def lines():
    """Python's documentation by lines of words: nine in ten to learn from, the tenth held out.

    Marks are left out. Of the rulers in it (-----) gensim learns nothing any more once a score is beyond ±6, right or
    wrong, so that its loss would be a few percent higher than ours.
    """
    split = regex.compile(r"\p{L}+").findall
    found = [words for line in data.load("pydoc").lower().splitlines() if (words := split(line))]
    return ([line for number, line in enumerate(found) if number % 10],
            [line for number, line in enumerate(found) if not number % 10])


@pytest.fixture(scope="module")
def made():
    return data.planted(seed=1)


def accuracy(vectors, made):
    found = vectors.analogies([Question("planted", four) for four in made.analogies])["total"]
    assert found.covered == len(made.analogies)
    return found.accuracy


@FORMS
def test_the_loss_on_held_out_text_is_that_of_gensim(sg, lines):
    """Means over seeds. One epoch less is further off than what is allowed, so this would notice one."""
    learn, held_out = lines
    settings = {"vector_size": 50, "window": 5, "min_count": 5, "negative": 5, "sample": 1e-3, "epochs": 4}
    known = read(learn, 5)
    model = Word2Vec(**settings, sg=sg)
    draws = model.draws(numbered(held_out, known.words), known.counts, seed=9, epochs=1, rates=(0.0, 0.0))
    batches = list(draws.batches())

    def ours(seed, **others):
        model = Word2Vec(**settings | others, sg=sg, seed=seed).fit(learn)
        return surprise(model.vectors[known.words], model.outputs, batches)

    def theirs(seed):
        model = Gensim(learn, **settings, sg=int(sg), seed=seed, workers=1)
        return surprise(model.wv[known.words], model.syn1neg[[model.wv.key_to_index[w] for w in known.words]], batches)

    expected = np.mean([theirs(seed) for seed in SEEDS])
    assert np.mean([ours(seed) for seed in SEEDS]) == pytest.approx(expected, rel=0.01)
    assert ours(1, epochs=3) > 1.01 * expected


@FORMS
def test_both_find_what_was_planted(sg, made):
    settings = {"vector_size": 24, "min_count": 1, "sample": 0}
    theirs = Gensim(made.sentences, **settings, sg=int(sg), seed=1, workers=1).wv
    assert accuracy(WordVectors(theirs.index_to_key, theirs.vectors), made) > 0.9
    assert accuracy(Word2Vec(**settings, sg=sg, seed=1).fit(made.sentences).vectors, made) > 0.9


@pytest.mark.parametrize("sample", [1e-2, 1e-3, 1e-5, 0])
def test_what_is_left_to_chance_is_as_likely(sample, lines):
    """gensim keeps both as whole numbers, of 32 and 31 bits."""
    model = Gensim(min_count=5, sample=sample)
    model.build_vocab(lines[0])
    known = read(lines[0], 5)
    rows = [model.wv.key_to_index[word] for word in known.words]
    counts = model.wv.expandos["count"]
    assert len(rows) == len(model.wv) and counts[rows].tolist() == known.counts.tolist()
    stays = model.wv.expandos["sample_int"] / (2**32 - 1)
    assert kept(known.counts, sample) == pytest.approx(stays[rows].astype(float), rel=0, abs=1e-9)
    assert noise(counts) == pytest.approx(model.cum_table / (2**31 - 1), rel=0, abs=1e-9)
    assert not sample or stays.min() < 1


def test_files_go_there_and_back(tmp_path, made):
    ours = Word2Vec(vector_size=24, min_count=1, epochs=1).fit(made.sentences).vectors
    write_vectors(tmp_path / "ours.txt", ours)
    theirs = KeyedVectors.load_word2vec_format(str(tmp_path / "ours.txt"))
    assert theirs.index_to_key == ours.words and theirs.vectors.dtype == np.float32
    np.testing.assert_array_equal(theirs.vectors, ours.matrix)
    theirs.save_word2vec_format(str(tmp_path / "theirs.txt"))
    back = read_vectors(tmp_path / "theirs.txt")
    assert back.words == ours.words
    np.testing.assert_array_equal(back.matrix, ours.matrix)


def test_the_same_questions_have_the_same_answers(tmp_path, made):
    """gensim's analogies and neighbours, of vectors that have learnt too little to be right always."""
    ours = Word2Vec(vector_size=24, min_count=1, epochs=1, seed=1).fit(made.sentences).vectors
    theirs = KeyedVectors(24)
    theirs.add_vectors(ours.words, ours.matrix)
    (tmp_path / "questions.txt").write_text(
        ": planted\n" + "".join(" ".join(four) + "\n" for four in made.analogies), encoding="utf-8")
    share, sections = theirs.evaluate_word_analogies(str(tmp_path / "questions.txt"))
    assert 0 < share < 1 and len(sections[-1]["correct"]) + len(sections[-1]["incorrect"]) == len(made.analogies)
    assert accuracy(ours, made) == pytest.approx(share)
    for word in ours.words[::20]:
        near = theirs.most_similar(word, topn=5)
        assert [one for one, _ in ours.most_similar(word, topn=5)] == [one for one, _ in near]
