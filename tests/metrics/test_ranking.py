import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm.metrics import UndefinedMetricWarning, auc, average_precision, precision_recall_curve, roc_auc, roc_curve


def test_a_worked_example():
    true, score = [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]
    false, hits, thresholds = roc_curve(true, score)
    assert false.tolist() == [0, 0, 0.5, 0.5, 1] and hits.tolist() == [0, 0.5, 0.5, 1, 1]
    assert thresholds.tolist() == [np.inf, 0.8, 0.4, 0.35, 0.1]
    assert roc_auc(true, score) == 0.75 == auc(false, hits)
    precision, recall, _ = precision_recall_curve(true, score)
    assert precision == pytest.approx([1 / 2, 2 / 3, 1 / 2, 1, 1]) and recall.tolist() == [1, 1, 0.5, 0.5, 0]
    assert average_precision(true, score) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=2).filter(lambda c: len({y for y, _ in c}) == 2))
def test_the_area_is_the_chance_to_rank_a_pair_rightly(cases):
    true, score = map(list, zip(*cases))
    pairs = [(p > n) + (p == n) / 2 for y, p in cases if y for z, n in cases if not z]
    assert roc_auc(true, score) == pytest.approx(np.mean(pairs))
    false, hits, _ = roc_curve(true, score)
    assert auc(false, hits) == pytest.approx(np.mean(pairs))
    assert roc_auc(true, [-s for s in score]) == pytest.approx(1 - np.mean(pairs))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.integers(0, 3)), min_size=2)
       .filter(lambda c: len({y for y, _, w in c if w}) == 2))
def test_a_weight_is_a_repetition(cases):
    true, score, weight = map(list, zip(*cases))
    again = [(y, s) for y, s, w in cases for _ in range(w)]
    for metric in (roc_auc, average_precision):
        assert metric(true, score, sample_weight=weight) == pytest.approx(metric(*map(list, zip(*again))))


def test_what_is_left_out_changes_no_area():
    random = np.random.default_rng(0)
    true, score = random.integers(0, 2, 500), random.normal(size=500).round(2)
    short, long = roc_curve(true, score), roc_curve(true, score, drop_intermediate=False)
    assert len(short[0]) < len(long[0])
    assert auc(*short[:2]) == pytest.approx(auc(*long[:2]))
    fewer, more = (precision_recall_curve(true, score, drop_intermediate=drop) for drop in (True, False))
    assert len(fewer[0]) < len(more[0]) and set(fewer[1]) == set(more[1])


@pytest.mark.parametrize("label", [0, 1])
def test_only_one_class(label):
    true, score = [label] * 3, [0.1, 0.5, 0.5]
    with pytest.warns(UndefinedMetricWarning, match="one class"):
        assert np.isnan(roc_auc(true, score))
    with pytest.warns(UndefinedMetricWarning, match="negative" if label else "positive"):
        false, hits, _ = roc_curve(true, score)
    assert np.isnan(false if label else hits).all()
    if label:
        assert average_precision(true, score) == 1
    else:
        with pytest.warns(UndefinedMetricWarning, match="recall is set to 1"):
            assert average_precision(true, score) == 0


def test_several_classes():
    true = [0, 1, 2, 2]
    proba = np.array([[0.6, 0.2, 0.2], [0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.1, 0.1, 0.8]])
    each = [roc_auc(np.equal(true, c), proba[:, c]) for c in range(3)]
    assert roc_auc(true, proba, multi_class="ovr", average=None).tolist() == each
    assert roc_auc(true, proba, multi_class="ovr") == pytest.approx(np.mean(each))
    assert roc_auc(true, proba, multi_class="ovr", average="weighted") == pytest.approx(np.dot(each, [1, 1, 2]) / 4)


@pytest.mark.parametrize("call, says", [
    (lambda f: f([], []), "empty"),
    (lambda f: f([0, 1], [0.5]), "unequal lengths"),
    (lambda f: f([0, 1], [0.5, np.nan]), "y_score is nan at index 1"),
    (lambda f: f([0, 1], [np.inf, 1]), "y_score is inf at index 0"),
    (lambda f: f([0, 0.5], [0, 1]), "name no class"),
    (lambda f: f([0, 1, 1], np.eye(3)[:, :2]), "y_score"),
    (lambda f: f([0, 1, 2], [0.1, 0.2, 0.3]), "classes"),
])
@pytest.mark.parametrize("metric", [roc_curve, precision_recall_curve, roc_auc, average_precision])
def test_bad_input_is_told(metric, call, says):
    with pytest.raises(ValueError, match=says):
        call(metric)


@pytest.mark.parametrize("call, says", [
    (lambda: roc_curve(["a", "b"], [0, 1]), "pos_label='b'"),
    (lambda: roc_auc([0, 1, 2], np.eye(3)), "use 'ovr'"),
    (lambda: roc_auc([0, 1, 2], np.eye(3) * 9, multi_class="ovr"), "add up to 1"),
    (lambda: roc_auc([0, 1, 1], np.full((3, 3), 1 / 3), multi_class="ovr"), r"labels=range\(3\)"),
    (lambda: roc_auc([0, 1, 2], np.eye(3), multi_class="ovr", average="x"), "average is 'x'"),
    (lambda: average_precision([2, 3], [0, 1]), "pos_label 1 is not"),
    (lambda: auc([0, 1, 0.5], [0, 1, 2]), "up and down"),
    (lambda: auc([0], [0]), "one point"),
])
def test_other_bad_input_is_told(call, says):
    with pytest.raises(ValueError, match=says):
        call()
