import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from tinylm.vectors import UnknownWordError, WordVectors
from tinylm.word_tests import Question

WORDS = ["the", "king", "queen", "man", "woman", "Paris", "nothing"]
ROWS = np.array([[1, 1, 1], [1, 0, 1], [1, 1.2, 1], [0, 0, 2], [0, 1, 1], [-3, 0, 0], [0, 0, 0]], dtype=np.float64)


@pytest.fixture
def vectors():
    return WordVectors(WORDS, ROWS, np.arange(7)[::-1])


def cosine(a, b):
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


def test_looked_up(vectors):
    assert len(vectors) == 7 and vectors.dimensions == 3 and list(vectors) == WORDS
    assert "king" in vectors and "kings" not in vectors and 3 not in vectors
    np.testing.assert_array_equal(vectors["queen"], ROWS[2])
    np.testing.assert_array_equal(vectors[["man", "king"]], ROWS[[3, 1]])
    assert vectors[[]].shape == (0, 3)
    with pytest.raises(ValueError, match="read-only"):
        vectors["king"][0] = 1
    ROWS[0, 0] = 1  # what was given can still be written


@pytest.mark.parametrize(("word", "said"), [
    ("knig", "did you mean 'king'"), ("paris", "did you mean 'Paris'"), ("KING", "did you mean 'king'"),
    ("Kinge", "did you mean 'king'"),
    ("xylophone", "not among the 7 words"), ("", "not among"),
])
def test_never_seen(vectors, word, said):
    for ask in (lambda: vectors[word], lambda: vectors[["king", word]], lambda: vectors.similarity("king", word),
                lambda: vectors.most_similar(word), lambda: vectors.most_similar("king", [word]),
                lambda: vectors.analogy(word, "king", "man")):
        with pytest.raises(KeyError) as caught:
            ask()
        assert isinstance(caught.value, UnknownWordError) and isinstance(caught.value, ValueError)
        assert said in str(caught.value) and str(caught.value).startswith("there is no vector for")
    with pytest.raises(TypeError, match="a word is a string, not int"):
        vectors[[3]]


def test_of_words_spelt_equally_near_the_most_frequent_is_meant():
    vectors = WordVectors(["king", "sign", "skin", "kin", "gnu"], np.eye(5))
    with pytest.raises(UnknownWordError, match="did you mean 'kin' or 'king' or 'sign'"):
        vectors["kign"]


def test_similarity(vectors):
    assert vectors.similarity("king", "woman") == pytest.approx(cosine(ROWS[1], ROWS[4]))
    assert vectors.similarity("king", "king") == pytest.approx(1)
    assert vectors.similarity("king", "nothing") == vectors.similarity("nothing", "nothing") == 0


def test_neighbours(vectors):
    found = vectors.most_similar("king", topn=3)
    assert [word for word, _ in found] == ["the", "queen", "man"]
    assert [near for _, near in found] == pytest.approx([cosine(ROWS[1], ROWS[k]) for k in (0, 2, 3)])
    assert len(vectors.most_similar("king", topn=99)) == 6
    assert vectors.most_similar(["king"]) == vectors.most_similar("king")
    by_vector = vectors.most_similar(7 * ROWS[1])
    assert by_vector[0] == ("king", pytest.approx(1)) and by_vector[1:] == [
        (word, pytest.approx(near)) for word, near in vectors.most_similar("king")]
    assert vectors.most_similar([ROWS[1]])[0][0] == "king"


@given(st.integers(0, 10**6), st.integers(1, 12))
def test_neighbours_are_those_of_a_full_sort(seed, topn):
    rng = np.random.default_rng(seed)
    rows = rng.integers(-1, 2, (10, 2)).astype(np.float32)  # many ties, and some zeros
    vectors = WordVectors([str(k) for k in range(10)], rows)
    positive, negative = [str(k) for k in rng.integers(0, 10, 2)], str(rng.integers(0, 10))
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    total = unit[int(positive[0])] + unit[int(positive[1])] - unit[int(negative)]
    if np.linalg.norm(total) < 1e-6:
        with pytest.raises(ValueError, match="is zero"):
            vectors.most_similar(positive, negative)
        return
    near = unit @ (total / np.linalg.norm(total))
    expected = sorted((k for k in range(10) if str(k) not in (*positive, negative)), key=lambda k: (-near[k], k))
    found = vectors.most_similar(positive, [negative], topn)
    assert len(found) == min(topn, len(expected))
    assert [x for _, x in found] == pytest.approx([near[k] for k in expected[:topn]], abs=1e-6)
    if len({round(float(x), 5) for x in near}) == 10:  # no ties, which rounding may put into any order
        assert [word for word, _ in found] == [str(k) for k in expected[:topn]]


def test_equal_ones_in_the_order_of_the_vocabulary():
    vectors = WordVectors(["a", "b", "c", "d"], np.ones((4, 2)))
    assert [word for word, _ in vectors.most_similar("c", topn=2)] == ["a", "b"]


def test_analogy(vectors):
    by_hand = {word: cosine(row, sum(sign * ROWS[k] / np.linalg.norm(ROWS[k]) for sign, k in ((-1, 3), (1, 4), (1, 1))))
               for word, row in zip(WORDS, ROWS, strict=True) if word not in ("man", "woman", "king", "nothing")}
    found = vectors.analogy("man", "woman", "king", topn=3)  # man is to woman as king is to queen
    assert found[0] == ("queen", pytest.approx(by_hand["queen"])) and max(by_hand, key=by_hand.get) == "queen"
    assert vectors.most_similar(["woman", "king"], ["man"], topn=3) == found


def test_nothing_to_be_near_to(vectors):
    for positive, negative, said in (([], [], "give at least one word"), ("king", "king", "is zero"),
                                     ("nothing", (), "is zero")):
        with pytest.raises(ValueError, match=said):
            vectors.most_similar(positive, negative)
    with pytest.raises(ValueError, match="topn=0"):
        vectors.most_similar("king", topn=0)
    with pytest.raises(ValueError, match=r"shape \(3,\) are expected, not float64 \(2,\)"):
        vectors.most_similar([np.ones(2)])
    for wrong in (np.nan, np.inf):
        with pytest.raises(ValueError, match="NaN or infinite"):
            vectors.most_similar(np.array([1, wrong, 0]))


def test_one_word_has_no_neighbours():
    assert WordVectors(["alone"], np.ones((1, 2))).most_similar("alone") == []


QUESTIONS = """: royal
man woman king queen
MAN WOMAN KING QUEEN
man woman king the
: capitals
paris king man woman
Rome Italy Paris France
"""


def test_questions(vectors, tmp_path):
    (tmp_path / "questions.txt").write_text(QUESTIONS, encoding="utf-8")
    scores = vectors.analogies(tmp_path / "questions.txt")
    assert list(scores) == ["royal", "capitals", "total"]
    assert scores["royal"] == (2, 3, 3) and scores["capitals"][1:] == (1, 2) and scores["total"][1:] == (4, 5)
    assert scores["royal"].accuracy == pytest.approx(2 / 3)
    assert vectors.analogies(str(tmp_path / "questions.txt"), ignore_case=False)["royal"] == (1, 2, 3)
    few = vectors.analogies(tmp_path / "questions.txt", restrict_vocab=4)  # no woman among them
    assert few["total"] == (0, 0, 5) and np.isnan(few["total"].accuracy)


def test_questions_one_by_one():
    rng = np.random.default_rng(0)
    words = [f"w{k}" for k in range(30)]
    vectors = WordVectors(words, rng.standard_normal((30, 5)))
    asked = [Question("", tuple(words[k] for k in rng.integers(0, 30, 4))) for _ in range(600)]
    right = 0
    for question in asked:
        a, b, c, d = question.words
        try:
            right += vectors.analogy(a, b, c, 1)[0][0] == d
        except ValueError:  # a - a + 0
            continue
    assert vectors.analogies(asked)["total"] == (right, 600, 600) and right > 10


def test_words_of_the_question_are_no_answer():
    """Also where the vocabulary holds no others, or the question expects one of them."""
    vectors = WordVectors(["a", "b", "c"], np.eye(3))
    asked = [Question("", four) for four in (("a", "b", "c", "a"), ("b", "a", "c", "a"), ("a", "a", "b", "b"))]
    assert vectors.analogies(asked)["total"] == (0, 3, 3)
    assert vectors.analogies([Question("", ("a", "a", "b", "c"))])["total"] == (1, 1, 1)  # c, the only one left


def test_agreement_with_people(vectors, tmp_path):
    pairs = [("king", "Queen", 9.0), ("king", "man", 8.0), ("man", "woman", 8.0), ("the", "Paris", 0.5),
             ("king", "kingdom", 7.0)]
    cosines = [vectors.similarity(a, b.lower() if b == "Queen" else b) for a, b, _ in pairs[:4]]
    expected = scipy.stats.spearmanr(cosines, [9, 8, 8, 0.5]).statistic
    assert vectors.spearman(pairs) == (pytest.approx(expected), 4, 5)
    (tmp_path / "pairs.tsv").write_text("".join(f"{a}\t{b}\t{x}\n" for a, b, x in pairs), encoding="utf-8")
    assert vectors.spearman(tmp_path / "pairs.tsv") == (pytest.approx(expected), 4, 5)
    assert vectors.spearman(pairs, ignore_case=False)[1:] == (3, 5)
    for few in (pairs[:1], pairs[4:], []):
        rho, covered, total = vectors.spearman(few)
        assert np.isnan(rho) and total == len(few) and covered == (few == pairs[:1])


@pytest.mark.parametrize(("words", "matrix", "error", "said"), [
    ([], np.zeros((0, 3)), ValueError, "there is no word"), (["a"], np.zeros((2, 3)), ValueError, r"\(1, dimensions\)"),
    (["a"], np.zeros(1), ValueError, "not \\(1,\\)"), (["a"], np.zeros((1, 0)), ValueError, r"not \(1, 0\)"),
    (["a", "b", "a"], np.zeros((3, 1)), ValueError, "'a' comes twice"),
    (["a", "b"], np.array([[1.0], [np.nan]]), ValueError, "vector of 'b'"),
    (["a"], np.array([[np.inf]]), ValueError, "vector of 'a'"), (["a"], np.array([["x"]]), TypeError, "not <U1"),
])
def test_no_vectors(words, matrix, error, said):
    with pytest.raises(error, match=said):
        WordVectors(words, matrix)
    with pytest.raises(ValueError, match="counts have shape"):
        WordVectors(["a"], np.zeros((1, 1)), np.zeros(2))


def test_dtypes():
    for given_as, kept in ((np.float64, np.float64), (np.float32, np.float32), (np.float16, np.float32),
                           (np.int64, np.float32)):
        vectors = WordVectors(["a", "b"], np.ones((2, 2), given_as))
        assert vectors.matrix.dtype == kept and vectors.unit.dtype == kept
        assert vectors.most_similar("a") == [("b", pytest.approx(1))]
