import warnings

import pytest

from tinylm.metrics import UndefinedMetricWarning, entities, entity_f1, entity_report

TRUE = [["O", "O", "B-MISC", "I-MISC", "B-MISC", "O", "O"], ["B-PER", "I-PER", "O"]]
PREDICTED = [["O", "O", "B-MISC", "I-MISC", "B-MISC", "I-MISC", "O"], ["B-PER", "I-PER", "O"]]


def test_a_worked_example():
    """Two of three entities are right on either side; of MISC one of two."""
    assert entity_f1(TRUE, PREDICTED) == pytest.approx(2 / 3)
    assert entity_f1(TRUE, PREDICTED, average="macro") == pytest.approx((0.5 + 1) / 2)
    assert entity_f1(TRUE, PREDICTED, average=None).tolist() == [0.5, 1]
    report = entity_report(TRUE, PREDICTED)
    assert list(report) == ["MISC", "PER"] and report["MISC"] == (0.5, 0.5, 0.5, 2) and report["PER"].support == 1


@pytest.mark.parametrize("tags, lenient, iob2, iobes", [
    ("B-X I-X O", [("X", 0, 2)], [("X", 0, 2)], []),
    ("I-X I-X O", [("X", 0, 2)], [], []),
    ("B-X I-Y", [("X", 0, 1), ("Y", 1, 2)], [("X", 0, 1)], []),
    ("B-X B-X", [("X", 0, 1), ("X", 1, 2)], [("X", 0, 1), ("X", 1, 2)], []),
    ("B-X I-X E-X S-X", [("X", 0, 3), ("X", 3, 4)], None, [("X", 0, 3), ("X", 3, 4)]),
    ("E-X I-X", [("X", 0, 1), ("X", 1, 2)], None, []),
    ("B-X E-X E-X", [("X", 0, 2), ("X", 2, 3)], None, [("X", 0, 2)]),
    ("S-X I-X", [("X", 0, 1), ("X", 1, 2)], None, [("X", 0, 1)]),
    ("B I O B-", None, None, None),
    ("B I O", [("_", 0, 2)], [("_", 0, 2)], []),
    ("B-A-B I-A-B", [("A-B", 0, 2)], [("A-B", 0, 2)], []),
    ("", [], [], []),
])
def test_reading_tags(tags, lenient, iob2, iobes):
    for scheme, expected in ((None, lenient), ("IOB2", iob2), ("IOBES", iobes)):
        if expected is None:
            with pytest.raises(ValueError, match="not among the tags"):
                entities(tags.split(), scheme)
        else:
            assert entities(tags.split(), scheme) == expected


def test_no_entities():
    for average in ("micro", "macro", "weighted"):
        assert entity_f1([["O"]], [["O"]], average=average, zero_division=1) == 1
        assert entity_f1([["O"]], [["O"]], average=average, zero_division=0) == 0
        assert entity_f1([["O"]], [["B-X"]], average=average, zero_division=1) == 0
    assert len(entity_f1([["O"]], [["O"]], average=None)) == 0 and entity_report([["O"]], [["O"]]) == {}
    with pytest.warns(UndefinedMetricWarning):
        assert entity_f1([["O"]], [["O"]]) == 0


def test_a_type_that_is_never_predicted():
    with pytest.warns(UndefinedMetricWarning, match="precision is 0/0"):
        assert entity_f1([["B-X", "B-Y"]], [["B-X", "O"]], average=None).tolist() == [1, 0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert entity_f1([["B-X", "B-Y"]], [["B-X", "O"]], average="weighted", zero_division=0) == 0.5


@pytest.mark.parametrize("call, error, says", [
    (lambda: entity_f1([], []), ValueError, "no sentence"),
    (lambda: entity_f1([["O"]], [["O"], ["O"]]), ValueError, "unequal lengths"),
    (lambda: entity_f1([["O"], ["O", "O"]], [["O"], ["O"]]), ValueError, "sentence 1 has 2 tags and 1"),
    (lambda: entity_f1(["O"], ["O"]), TypeError, "list of tags for each sentence"),
    (lambda: entity_f1([["PER"]], [["O"]]), ValueError, "'PER' is not among the tags of lenient reading: B-TYPE"),
    (lambda: entity_f1([["U-X"]], [["O"]], scheme="IOBES"), ValueError, "tags of IOBES"),
    (lambda: entity_f1([["O"]], [["O"]], scheme="IOB"), ValueError, "scheme is 'IOB'"),
    (lambda: entity_f1([["O"]], [["O"]], average="binary"), ValueError, "average is 'binary'"),
    (lambda: entity_f1([["O"]], [["O"]], zero_division=float("nan")), ValueError, "zero_division is nan"),
])
def test_bad_input_is_told(call, error, says):
    with pytest.raises(error, match=says):
        call()
