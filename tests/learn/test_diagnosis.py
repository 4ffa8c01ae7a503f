"""What a wrong result looks like is said, and nothing is said of what looks like nothing known."""

import numpy as np
import pytest

from tinylm.learn import diagnosis, language

R = np.random.default_rng(5)
RIGHT = R.standard_normal((3, 4))
SQUARE = R.standard_normal((3, 3))


@pytest.mark.parametrize(("got", "expected", "words"), [
    ((4, 3), (3, 4), "the other way round"),
    ((3,), (3, 1), "keepdims=True"),
    ((3, 1), (3,), "axes of size 1 too many"),
    ((1, 3), (3,), "axes of size 1 too many"),
    ((2, 3), (2, 1), "over the axis of size 1 (axis 1)"),
    ((2, 3), (1, 1), "(axes 0, 1)"),
    ((5, 2, 3), (2, 3), "in front (axis 0)"),
    ((12,), (3, 4), "flattened"),
    ((), (3,), "too few axes"),
    ((7, 3), (2, 5), ""),
])
def test_shapes(got, expected, words):
    found = diagnosis.shape_cause(got, expected)
    assert words in found if words else found == ""


def with_nan():
    array = RIGHT.copy()
    array[0, 0] = np.nan
    return array


def with_one_wrong():
    array = RIGHT.copy()
    array[1, 2] += 1
    return array


PATTERNS = [
    (with_nan(), RIGHT, "1 of 12 entries are NaN"),
    (RIGHT * np.inf, RIGHT, "12 of 12 entries"),
    (RIGHT * 0, RIGHT, "0 everywhere"),
    (-RIGHT, RIGHT, "the wrong sign"),
    (RIGHT / 4, RIGHT, "a mean where a sum belongs"),
    (RIGHT * 2, RIGHT, "2 times what is expected, everywhere"),
    (RIGHT * -3, RIGHT, "-3 times what is expected"),
    (RIGHT * 1e5, RIGHT, "1e+05 times what is expected."),
    (RIGHT + 0.25, RIGHT, "the same amount, 0.25"),
    (SQUARE.T, SQUARE, "the transpose"),
    (RIGHT[:, ::-1], RIGHT, "backwards along axis 1"),
    (np.roll(RIGHT, 1, 0), RIGHT, "one place along axis 0"),
    (np.roll(RIGHT, -1, 1), RIGHT, "one place along axis 1"),
    (with_one_wrong(), RIGHT, "Only 1 of 12 entries"),
    (RIGHT * (1 + 1e-5 * R.standard_normal(RIGHT.shape)), RIGHT, "its precision is not"),
    (R.standard_normal((3, 4)) * 7, RIGHT, ""),
]


@pytest.mark.parametrize(("got", "expected", "words"), PATTERNS)
def test_values(got, expected, words):
    found = diagnosis.value_cause(got, expected)
    assert words in found if words else found == ""


@pytest.mark.parametrize(("got", "expected", "words"), PATTERNS)
def test_values_in_chinese(got, expected, words):
    language.speak("zh")
    found = diagnosis.value_cause(got, expected)
    assert bool(found) == bool(words) and not any(word in found for word in (" is ", "the ", "It "))


def test_a_suspect_comes_before_the_patterns():
    suspects = [(RIGHT * 3, ("three times", "三倍")), (RIGHT * 2, ("twice", "两倍"))]
    assert diagnosis.value_cause(RIGHT * 2, RIGHT, suspects) == "twice"
    assert diagnosis.value_cause(RIGHT * 5, RIGHT, suspects).startswith("It is 5 times")
    language.speak("zh")
    assert diagnosis.value_cause(RIGHT * 2, RIGHT, suspects) == "两倍"


def test_a_suspect_that_is_nearly_right_does_not_take_all():
    close = RIGHT + 1e-4 * R.standard_normal(RIGHT.shape)
    got = RIGHT + 1e-4 * R.standard_normal(RIGHT.shape)  # off by as much, but elsewhere
    assert diagnosis.value_cause(got, RIGHT, [(close, ("suspect", "嫌疑"))]) != "suspect"


def test_single_numbers_and_zeros():
    assert "wrong sign" in diagnosis.value_cause(np.array(-0.6), np.array(0.6))
    assert "2 times" in diagnosis.value_cause(np.array(2.0), np.array(1.0))
    assert diagnosis.value_cause(np.array(1.0), np.array(0.0)) == ""
    assert "everywhere" in diagnosis.value_cause(np.zeros(2), np.ones(2))
