import math

import numpy as np
import pytest

import tinylm as tl
from tinylm.metrics import bits_per_byte, brier, expected_calibration_error, log_loss, perplexity, reliability_curve


def test_worked_examples():
    assert log_loss([1, 0], [0.5, 0.25]) == pytest.approx((math.log(2) - math.log(0.75)) / 2)
    assert log_loss([1, 0], [0.5, 0.25], normalize=False) == pytest.approx(math.log(2) - math.log(0.75))
    assert brier([1, 0], [0.5, 0.25]) == pytest.approx((0.25 + 0.0625) / 2)
    assert brier([1, 0], [[0.5, 0.5], [0.75, 0.25]], scale_by_half=False) == pytest.approx((0.5 + 0.125) / 2)
    assert brier([0, 1, 2], np.eye(3)) == 0


def test_a_certain_mistake_is_clipped():
    assert log_loss([1, 0], [0.0, 0.0]) == pytest.approx(-math.log(np.finfo(float).eps) / 2)
    single = np.zeros(2, np.float32)
    assert log_loss([1, 0], single) == pytest.approx(-math.log(np.finfo(np.float32).eps) / 2, rel=1e-5)
    assert log_loss([1, 0], np.array([1, 0], np.float32)) == pytest.approx(np.finfo(np.float32).eps)


def test_calibration_of_a_model_that_is_too_sure():
    true, proba = [1, 0, 1, 0, 1, 1, 1, 1, 1, 0], [0.9] * 10
    curve = reliability_curve(true, proba)
    assert curve.accuracy == pytest.approx([0.7]) and curve.confidence == pytest.approx([0.9])
    assert curve.size.tolist() == [10]
    assert expected_calibration_error(true, proba) == pytest.approx(0.2)
    assert expected_calibration_error([1, 0], [1.0, 0.0]) == 0


def test_calibration_of_several_classes_takes_the_greatest():
    proba = [[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.2, 0.2, 0.6]]
    assert expected_calibration_error([0, 1, 0], proba, n_bins=1, labels=range(3)) == pytest.approx(
        abs(2 / 3 - 1.9 / 3))


def test_a_bin_is_closed_on_the_right():
    assert reliability_curve([0, 1], [0.5, 0.51], n_bins=2).size.tolist() == [1, 1]
    curve = reliability_curve([0, 1, 1, 1], [0.1, 0.11, 0.12, 0.9], n_bins=2, strategy="quantile")
    assert curve.size.tolist() == [2, 2]


def test_perplexity_and_bits_per_byte():
    uniform = np.full((3, 4), -math.log(256))
    assert perplexity(uniform) == pytest.approx(256) == perplexity(tl.Tensor(uniform))
    assert bits_per_byte(uniform, "x" * 12) == pytest.approx(8) == bits_per_byte(uniform, 12)
    assert bits_per_byte([-1.0], "é") == pytest.approx(1 / math.log(2) / 2) == bits_per_byte([-1.0], b"ab")
    assert perplexity([0.0]) == 1 and perplexity([-math.inf, -1.0]) == math.inf
    assert perplexity([-1e9]) == math.inf


@pytest.mark.parametrize("call, says", [
    (lambda: log_loss([], []), "empty"),
    (lambda: log_loss([0, 1], [0.5]), "unequal lengths"),
    (lambda: log_loss([0, 1], [-1.0, 2.0]), "Logits become probabilities"),
    (lambda: log_loss([0, 1], [0.5, np.nan]), "y_proba is nan at index 1"),
    (lambda: log_loss([1, 1], [0.5, 0.5]), r"labels=range\(2\)"),
    (lambda: brier([0, 1, 2], [0.1, 0.2, 0.3]), "more than two classes"),
    (lambda: brier(["a", "b"], [0.1, 0.2]), "pos_label='b'"),
    (lambda: reliability_curve([0, 1, 2], [0.1, 0.2, 0.3]), "more than two classes"),
    (lambda: reliability_curve([0, 1], [0.1, 1.2]), "reaches from 0.1 to 1.2"),
    (lambda: expected_calibration_error([0, 1], [0.1, 0.2], n_bins=0), "n_bins is 0"),
    (lambda: expected_calibration_error([], []), "empty"),
    (lambda: perplexity([]), "empty"),
    (lambda: perplexity([float("nan"), -1]), "1 NaN"),
    (lambda: perplexity([2.3, 1.1]), "give -losses"),
    (lambda: bits_per_byte([-1.0], ""), "0 bytes"),
])
def test_bad_input_is_told(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_rows_that_do_not_add_up_bring_a_warning():
    with pytest.warns(UserWarning, match="do not add up"):
        log_loss([0, 1], [[0.5, 0.1], [0.5, 0.1]])
