import itertools

import numpy as np
import pytest

from tinylm.metrics import (
    accuracy,
    bleu,
    bleu_counts,
    bleu_of_counts,
    bootstrap,
    f1,
    paired_bootstrap,
    randomization_test,
    roc_auc,
)


def test_the_interval_of_a_mean_is_that_of_theory():
    values = np.random.default_rng(0).normal(3, 2, 400)
    found = bootstrap(np.mean, values, resamples=4000)
    width = 1.96 * values.std() / np.sqrt(len(values))
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - width, abs=0.1 * width)
    assert found.high == pytest.approx(values.mean() + width, abs=0.1 * width)
    narrow = bootstrap(np.mean, values, resamples=4000, confidence=0.5)
    assert narrow.high - narrow.low == pytest.approx(2 * 0.6745 / 1.96 * width, rel=0.1)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    random = np.random.default_rng(1)
    inside = 0
    for _ in range(200):
        found = bootstrap(np.mean, random.exponential(size=60), resamples=200, confidence=0.9)
        inside += found.low <= 1 <= found.high
    assert 165 <= inside <= 195


def test_any_metric_with_its_settings():
    true, predicted = [0, 1, 2] * 10, [0, 1, 1] * 10
    found = bootstrap(f1, true, predicted, average="macro", zero_division=0)
    assert found.low < found.value == f1(true, predicted, average="macro", zero_division=0) < found.high
    assert found == bootstrap(f1, np.array(true), np.array(predicted), average="macro", zero_division=0)
    assert found != bootstrap(f1, true, predicted, average="macro", zero_division=0, seed=1)


def test_counts_give_what_texts_give():
    hypotheses = ["a b c d e", "a b x d e", "q a b c d"] * 4
    references = [["a b c d e f"], ["a b c d e"], ["a b c d"]] * 4
    counts = bleu_counts(hypotheses, references)
    assert bootstrap(bleu, hypotheses, references, resamples=50) == bootstrap(
        lambda rows: bleu_of_counts(rows).score, counts, resamples=50)


def test_resamples_without_a_value_are_left_out_and_counted():
    found = bootstrap(roc_auc, [0, 0, 0, 1], [0.1, 0.2, 0.3, 0.4], resamples=300)
    assert 300 * 0.75 ** 4 == pytest.approx(found.undefined, abs=35) and found.low == 1 == found.high


def test_randomization_agrees_with_all_swaps():
    random = np.random.default_rng(2)
    first, second = random.random(10), random.random(10) + 0.15
    gaps = [abs(np.dot(signs, first - second)) for signs in itertools.product((1, -1), repeat=10)]
    exact = np.mean(np.array(gaps) >= abs((first - second).sum()) - 1e-12)
    found = randomization_test(np.mean, [first], [second], trials=20_000)
    assert found.p_value == pytest.approx(exact, abs=3 * np.sqrt(exact * (1 - exact) / 20_000) + 1e-4)
    assert found.difference == pytest.approx(first.mean() - second.mean())


@pytest.mark.parametrize("test", [paired_bootstrap, randomization_test])
def test_p_is_uniform_where_there_is_no_difference(test):
    random = np.random.default_rng(3)
    count = {"resamples" if test is paired_bootstrap else "trials": 99}
    small = [test(np.mean, [random.normal(size=40)], [random.normal(size=40)], **count).p_value for _ in range(300)]
    assert np.mean(np.array(small) <= 0.1) == pytest.approx(0.1, abs=0.055)
    assert np.mean(small) == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("test", [paired_bootstrap, randomization_test])
def test_a_difference_is_found_and_none_is_not(test):
    true = [0, 1] * 60
    bad = [1 - y if i % 3 == 0 else y for i, y in enumerate(true)]
    found = test(accuracy, (true, true), (true, bad), **{"resamples" if test is paired_bootstrap else "trials": 500})
    assert found.first == 1 and found.second == pytest.approx(2 / 3) and found.p_value == pytest.approx(1 / 501)
    assert test(accuracy, (true, bad), (true, bad)).p_value == 1


@pytest.mark.parametrize("call, says", [
    (lambda: bootstrap(np.mean, []), "no example"),
    (lambda: bootstrap(np.mean), "needs data"),
    (lambda: bootstrap(accuracy, [1, 0], [1]), "unequal lengths: argument 0 has 2, argument 1 has 1"),
    (lambda: bootstrap(np.mean, [1, 2], confidence=95), "confidence is 95"),
    (lambda: bootstrap(np.mean, [1, 2], resamples=0), "resamples is 0"),
    (lambda: bootstrap(np.mean, [float("nan")]), "NaN on every"),
    (lambda: paired_bootstrap(np.mean, [[1.0, 2]], [[1.0]]), "unequal lengths"),
    (lambda: paired_bootstrap(np.mean, [[float("nan")]], [[1.0]]), "nothing to compare"),
    (lambda: randomization_test(np.mean, [[1.0]], []), "1 and 0 arguments"),
    (lambda: randomization_test(np.mean, [[1.0]], [[1.0]], trials=0), "trials is 0"),
])
def test_bad_input_is_told(call, says):
    with pytest.raises(ValueError, match=says):
        call()
