import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm.metrics import (
    bleu,
    bleu_details,
    character_error_rate,
    distinct_n,
    edit_distance,
    exact_match,
    normalized,
    rouge_l,
    rouge_lsum,
    rouge_n,
    sentence_bleu,
    token_f1,
    word_error_rate,
)
from tinylm.metrics.overlap import common_rows
from tinylm.metrics.punctuation import TOKENIZERS

WORDS = st.lists(st.sampled_from(list("abc")), max_size=7)


def test_bleu_by_hand():
    """The example of Papineni et al.: "the" counts no more often than in a reference."""
    found = bleu_details(["the the the the the the the"], [["the cat is on the mat", "there is a cat on the mat"]],
                         max_ngram_order=1)
    assert found.precisions == pytest.approx([100 * 2 / 7]) and found.brevity_penalty == 1
    found = bleu_details(["a b c d e"], [["a b c d x y"]], smooth_method="none")
    assert found.precisions == pytest.approx([80, 75, 200 / 3, 50])
    assert found.brevity_penalty == pytest.approx(math.exp(1 - 6 / 5))
    assert found.score == pytest.approx(100 * math.exp(-0.2) * (0.8 * 0.75 * 2 / 3 * 0.5) ** 0.25)


@pytest.mark.parametrize("method, precisions", [
    ("none", [50, 100 / 3, 0, 0]), ("exp", [50, 100 / 3, 25, 25]), ("floor", [50, 100 / 3, 5, 10]),
    ("add-k", [50, 50, 100 / 3, 50])])
def test_smoothing_by_hand(method, precisions):
    found = bleu_details(["a b x y"], [["a b c d"]], smooth_method=method)
    assert found.precisions == pytest.approx(precisions)
    assert found.score == pytest.approx(np.prod(precisions) ** 0.25)


def test_bleu_at_its_ends():
    same = ["The cat sat on the mat."]
    assert bleu(same, [same]) == pytest.approx(100) == sentence_bleu(same[0], same)
    assert bleu([""], [["a b"]]) == 0 == bleu(["x"], [["a b"]]) == bleu([""], [[""]])
    assert bleu(["a b"], [["a b"]]) == 0 and bleu(["a b"], [["a b"]], effective_order=True) == pytest.approx(100)
    assert bleu(["A b c d"], [["a B c d"]], lowercase=True) == pytest.approx(100)


def test_the_nearest_reference_the_shorter_of_two():
    assert bleu_details(["a b c"], [["a b", "a b c d", "a b c d e f"]]).reference_length == 2


def test_tokenizers():
    assert TOKENIZERS["13a"]('He said: "1,000.50 isn\'t 2-3," &amp; left.\nOk') == [
        "He", "said", ":", '"', "1,000.50", "isn't", "2", "-", "3", ",", '"', "&", "left", ".", "Ok"]
    assert TOKENIZERS["zh"]("我有3.5元, ok") == ["我", "有", "3.5", "元", ",", "ok"]
    assert TOKENIZERS["char"](" ab c") == ["a", "b", "c"] and TOKENIZERS["none"]("a, b") == ["a,", "b"]


def test_rouge_by_hand():
    """The example of Lin (2004), section 3: both share three words, one in a better order."""
    right = [["police killed the gunman"]]
    assert rouge_n(["police kill the gunman"], right, 2).f1 == rouge_n(["the gunman kill police"], right, 2).f1
    assert rouge_l(["police kill the gunman"], right).f1 == pytest.approx(3 / 4)
    assert rouge_l(["the gunman kill police"], right).f1 == pytest.approx(2 / 4)
    assert rouge_n(["the the the"], [["the cat"]]) == pytest.approx((1 / 3, 1 / 2, 0.4))
    assert rouge_lsum(["w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5"], [["w1 w2 w3 w4 w5"]]).recall == pytest.approx(4 / 5)
    assert rouge_lsum(["w"], [["w\nw"]]) == pytest.approx((1, 1 / 2, 2 / 3))
    assert rouge_n(["a b c d"], [["a", "a b c d e"]]).recall == pytest.approx(4 / 5)  # the best F1, not the best recall
    assert rouge_n(["日本"], [["日本"]]) == (0, 0, 0)
    assert rouge_n(["日本"], [["日本"]], tokenize=list).f1 == 1


@given(WORDS, WORDS)
def test_tables_agree_with_their_definitions(first, second):
    def common(i, j):
        if not i or not j:
            return 0
        return common(i - 1, j - 1) + 1 if first[i - 1] == second[j - 1] else max(common(i - 1, j), common(i, j - 1))

    def edits(i, j):
        if not i or not j:
            return i + j
        return min(edits(i - 1, j) + 1, edits(i, j - 1) + 1, edits(i - 1, j - 1) + (first[i - 1] != second[j - 1]))

    first, second = first[:5], second[:5]
    *_, last = common_rows(first, second)
    assert last[-1] == common(len(first), len(second))
    assert edit_distance(first, second) == edits(len(first), len(second))
    assert edit_distance("".join(first), "".join(second)) == edit_distance(second, first)


def test_error_rates():
    assert edit_distance("kitten", "sitting") == 3 and edit_distance("", "") == 0 and edit_distance("ab", "ba") == 2
    assert word_error_rate(["a b c", "x"], ["a x c d", "x"]) == pytest.approx(2 / 5)
    assert word_error_rate(["a b c"], ["x"]) == 3
    assert character_error_rate(["abd"], ["abc"]) == pytest.approx(1 / 3)


def test_answers():
    assert normalized("The  U.S.A., an ally!") == "usa ally"
    assert exact_match(["The cat.", "dog"], [["a cat", "x"], ["dogs"]]) == 0.5
    assert token_f1(["the big black cat"], [["cat", "black cat"]]) == pytest.approx(2 * 2 / (3 + 2))
    assert token_f1(["the", "x", ""], [[""], [""], ["x"]], average=None).tolist() == [1, 0, 0]
    assert exact_match(["a", "b"], [["c"], ["b"]], average=None).tolist() == [0, 1]


def test_distinct():
    assert distinct_n(["a b a b"], 1) == 0.5 and distinct_n(["a b a b"], 2) == pytest.approx(2 / 3)
    assert distinct_n([["a", "b"], ["a", "b"]], 2) == 0.5
    assert distinct_n(["a", ""], 2) == 0 == distinct_n([""])


@pytest.mark.parametrize("metric", [bleu, rouge_n, rouge_l, rouge_lsum, exact_match, token_f1])
def test_bad_references_are_told(metric):
    for hypotheses, references, error, says in [
            (["a"], ["a"], TypeError, r"\[\[reference\] for reference in references\]"),
            ("a", [["a"]], TypeError, "hypotheses is a str"),
            (["a"], "a", TypeError, "references is a str"),
            (["a", 3], [["a"], ["b"]], TypeError, r"hypotheses\[1\] is a int"),
            (["a"], [[None]], TypeError, r"references\[0\]\[0\] is a NoneType"),
            (["a"], [["a"], ["b"]], ValueError, "1 hypotheses and 2 lists.*sacrebleu has it the other way"),
            (["a"], [[]], ValueError, r"references\[0\] is empty"),
            ([], [], ValueError, "hypotheses is empty")]:
        with pytest.raises(error, match=says):
            metric(hypotheses, references)


@pytest.mark.parametrize("call, error, says", [
    (lambda: bleu(["a"], [["a"]], tokenize="intl"), ValueError, "tokenize is 'intl'; it is one of '13a'"),
    (lambda: bleu(["a"], [["a"]], smooth_method="x"), ValueError, "smooth_method is 'x'"),
    (lambda: bleu(["a"], [["a"]], smooth_method="floor", smooth_value=-1), ValueError, "smooth_value is -1"),
    (lambda: bleu(["a"], [["a"]], max_ngram_order=0), ValueError, "max_ngram_order is 0"),
    (lambda: rouge_n(["a"], [["a"]], 0), ValueError, "n is 0"),
    (lambda: rouge_l(["a"], [["a"]], average="max"), ValueError, "average is 'max'"),
    (lambda: token_f1(["a"], [["a"]], average="max"), ValueError, "average is 'max'"),
    (lambda: distinct_n("a b"), TypeError, r"\[text\]"),
    (lambda: distinct_n([]), ValueError, "no text"),
    (lambda: distinct_n(["a"], 0), ValueError, "n is 0"),
    (lambda: word_error_rate(["a"], [""]), ValueError, "references are empty"),
    (lambda: word_error_rate(["a"], ["a", "b"]), ValueError, "unequal lengths"),
    (lambda: character_error_rate([], []), ValueError, "empty"),
])
def test_bad_input_is_told(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_numpy_arrays_of_texts():
    assert bleu(np.array(["a b c d"]), np.array([["a b c d"]])) == pytest.approx(100)
