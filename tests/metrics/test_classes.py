import numpy as np
import pytest
from foreign import ForeignArray

import tinylm as tl
from tinylm import metrics
from tinylm.metrics import UndefinedMetricWarning, accuracy, confusion_matrix, f1, precision, recall, top_k_accuracy

TRUE = ["cat", "dog", "pig", "cat", "dog", "pig"]
PREDICTED = ["cat", "pig", "dog", "cat", "cat", "dog"]


def test_a_worked_example():
    """By hand: cat has TP 2, FP 1, FN 0; dog and pig have no hit."""
    assert confusion_matrix(TRUE, PREDICTED).tolist() == [[2, 0, 0], [1, 0, 1], [0, 2, 0]]
    assert accuracy(TRUE, PREDICTED) == pytest.approx(2 / 6)
    assert precision(TRUE, PREDICTED, average=None) == pytest.approx([2 / 3, 0, 0])
    assert recall(TRUE, PREDICTED, average=None) == pytest.approx([1, 0, 0])
    assert f1(TRUE, PREDICTED, average="macro") == pytest.approx(0.8 / 3)
    assert f1(TRUE, PREDICTED, average="micro") == pytest.approx(accuracy(TRUE, PREDICTED))
    assert f1(TRUE, PREDICTED, labels=["cat"], average="weighted") == pytest.approx(0.8)


def test_several_averages_of_unbalanced_classes():
    true, predicted = [0] * 8 + [1] * 2, [0] * 10
    assert accuracy(true, predicted) == 0.8
    with pytest.warns(UndefinedMetricWarning, match="precision is 0/0"):
        assert precision(true, predicted) == 0
    assert f1(true, predicted) == 0 == f1(true, predicted, average="binary")
    assert f1(true, predicted, average="macro") == pytest.approx((16 / 18) / 2)
    assert f1(true, predicted, average="weighted") == pytest.approx((16 / 18) * 0.8)


@pytest.mark.parametrize("kind", [list, tuple, np.array, np.float32, tl.Tensor, ForeignArray])
def test_lists_arrays_and_tensors(kind):
    true, predicted = kind([0, 1, 2, 2]), kind([0, 2, 2, 2])
    assert accuracy(true, predicted) == 0.75
    assert f1(true, predicted, average="micro") == 0.75
    assert confusion_matrix(true, predicted).sum() == 4


def test_a_tensor_with_a_graph_is_left_alone():
    logits = tl.Tensor([[1.0, 2.0, 0.0], [3.0, 1.0, 2.0]], requires_grad=True) * 2
    assert top_k_accuracy([1, 2], logits, k=1, labels=range(3)) == 0.5
    assert logits.requires_grad


def test_ties_go_to_the_later_class():
    assert top_k_accuracy([0, 1, 2], np.zeros((3, 3)), k=1) == pytest.approx(1 / 3)
    assert top_k_accuracy([2, 2, 2], np.zeros((3, 3)), k=1, labels=[0, 1, 2]) == 1
    with pytest.warns(UndefinedMetricWarning, match="every guess is right"):
        assert top_k_accuracy([0, 1, 2], np.zeros((3, 3)), k=3) == 1


def test_zero_division():
    true, predicted = [0, 0, 1], [0, 0, 0]
    assert [precision(true, predicted, zero_division=z) for z in (0, 1)] == [0, 1]
    assert np.isnan(precision(true, predicted, zero_division=np.nan))
    assert precision(true, predicted, average="macro", zero_division=np.nan) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match=r"zero_division is 0\.5"):
        precision(true, predicted, zero_division=0.5)


def test_only_one_class():
    assert f1([1, 1], [1, 1]) == 1
    with pytest.warns(UndefinedMetricWarning, match="f1 is 0/0"):
        assert f1([0, 0], [0, 0]) == 0
    with pytest.warns(UndefinedMetricWarning):
        assert f1(["a"], ["a"]) == 0
    assert confusion_matrix([3, 3], [3, 3]).tolist() == [[2]]


def test_a_label_absent_from_the_predictions():
    with pytest.warns(UndefinedMetricWarning, match="1 of 3 classes"):
        assert precision([0, 1, 2], [0, 1, 1], average=None) == pytest.approx([1, 0.5, 0])
    assert confusion_matrix([0, 1, 2], [0, 1, 1], labels=[2, 1, 0, 7]).tolist() == [
        [0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize("call, error, says", [
    (lambda: accuracy([], []), ValueError, "y_true is empty"),
    (lambda: accuracy([1, 0], [1]), ValueError, "unequal lengths: y_true has 2, y_pred has 1"),
    (lambda: accuracy([1, 0], [0.2, 0.9]), ValueError, "name no class. Scores become classes by a threshold"),
    (lambda: accuracy([1, 0], [float("nan"), 1]), ValueError, "nan that name no class"),
    (lambda: accuracy([1, 0], [float("inf"), 1]), ValueError, "infinite"),
    (lambda: accuracy([[1, 0]], [[1, 0]]), ValueError, r"shape \(1, 2\); one value an example"),
    (lambda: accuracy([[1, 0], [1]], [1, 0]), ValueError, "ragged"),
    (lambda: accuracy(["a", 1], ["a", "b"]), ValueError, "mixes texts and numbers"),
    (lambda: accuracy([None, 1], [1, 1]), ValueError, "None among them"),
    (lambda: accuracy(["a", "b"], [0, 1]), ValueError, "these never match"),
    (lambda: accuracy("ab", "ab"), TypeError, "is a text"),
    (lambda: accuracy([1, 0], [1, 0], sample_weight=[1]), ValueError, "1 entries for 2 examples"),
    (lambda: accuracy([1, 0], [1, 0], sample_weight=[0, 0]), ValueError, "not 0 everywhere"),
    (lambda: accuracy([1, 0], [1, 0], sample_weight=[2, -1]), ValueError, "at least 0"),
    (lambda: f1([0, 1, 2], [0, 1, 2]), ValueError, "is for two classes and there are 3"),
    (lambda: f1([0, 1], [0, 1], average="mean"), ValueError, "average is 'mean'"),
    (lambda: f1([1, 2], [1, 2], pos_label=0), ValueError, "pos_label 0 is not one"),
    (lambda: f1([1, 2], [1, 2], labels=["a"], average="macro"), ValueError, "never match"),
    (lambda: f1([1, 2], [1, 2], labels=[1, 1], average="macro"), ValueError, "twice"),
    (lambda: confusion_matrix([1, 2], [1, 2], labels=[5]), ValueError, "at least one of labels"),
    (lambda: confusion_matrix([1, 2], [1, 2], normalize="rows"), ValueError, "normalize is 'rows'"),
    (lambda: top_k_accuracy([0, 1], [[0.1, np.nan], [0, 1]]), ValueError, r"y_score is nan at index \(0, 1\)"),
    (lambda: top_k_accuracy([0, 1], np.eye(2), k=0), ValueError, "k is 0"),
    (lambda: top_k_accuracy([0, 1], np.eye(3)[:2], k=1), ValueError, r"labels=range\(3\)"),
    (lambda: top_k_accuracy([0, 5], np.eye(3)[:2], k=1, labels=range(3)), ValueError, "5, which is not among"),
    (lambda: top_k_accuracy([0, 1], np.eye(3)[:2], k=1, labels=[2, 1, 0]), ValueError, "sorted and distinct"),
])
def test_bad_input_is_told(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_everything_is_exported_and_explained():
    for name in metrics.__all__:
        assert getattr(metrics, name).__doc__, name
    assert tl.metrics is metrics
