import numpy as np
import pytest

from tinylm.metrics import plot_calibration, plot_confusion_matrix, plot_precision_recall, plot_roc, plots

RANDOM = np.random.default_rng(0)
TRUE = RANDOM.integers(0, 2, 200)
SCORE = np.clip(TRUE * 0.3 + RANDOM.random(200) * 0.7, 0, 1)
DRAWN = {
    "confusion": lambda to: plot_confusion_matrix(TRUE, SCORE > 0.5, to),
    "shares": lambda to: plot_confusion_matrix(["a", "b"], ["b", "b"], to, labels=["b", "a"], normalize="true"),
    "roc": lambda to: plot_roc(TRUE, SCORE, to),
    "two roc": lambda to: plot_roc(TRUE, {"good": SCORE, "bad": 1 - SCORE}, to),
    "precision-recall": lambda to: plot_precision_recall(np.where(TRUE, "yes", "no"), SCORE, to, pos_label="yes"),
    "calibration": lambda to: plot_calibration(TRUE, {"one": SCORE}, to, n_bins=5, strategy="quantile"),
}


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("ending", [".png", ".svg"])
def test_a_picture_is_whole_and_alone(name, ending, tmp_path):
    import matplotlib

    before = dict(matplotlib.rcParams)
    DRAWN[name](tmp_path / f"picture{ending}")
    content = (tmp_path / f"picture{ending}").read_bytes()
    if ending == ".png":
        assert content[:8] == b"\x89PNG\r\n\x1a\n" and content[-8:-4] == b"IEND"
    else:
        assert content.startswith(b"<?xml") and content.rstrip().endswith(b"</svg>")
    assert [path.name for path in tmp_path.iterdir()] == [f"picture{ending}"]
    assert dict(matplotlib.rcParams) == before


def test_what_is_drawn(monkeypatch, tmp_path):
    drawn = []
    monkeypatch.setattr(plots, "_save", lambda figure, picture: drawn.append(figure.axes[0]))
    plot_roc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], tmp_path / "x.png")
    plot_confusion_matrix(["a", "b", "b"], ["b", "b", "b"], tmp_path / "x.png")
    plot_calibration([1, 0], [0.9, 0.9], tmp_path / "x.png")
    roc, confusion, calibration = drawn
    assert roc.lines[0].get_xydata().tolist() == [[0, 0], [0, 0.5], [0.5, 0.5], [0.5, 1], [1, 1]]
    assert roc.lines[0].get_label() == "AUC 0.750"
    assert [one.get_text() for one in confusion.texts] == ["0", "1", "0", "2"]
    assert [one.get_text() for one in confusion.get_yticklabels()] == ["a", "b"]
    assert calibration.lines[1].get_xydata().tolist() == [[0.9, 0.5]]


def test_a_failure_leaves_the_old_picture(monkeypatch, tmp_path):
    picture = tmp_path / "x.png"
    picture.write_bytes(b"old")

    def fail(*given):
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        plot_roc(TRUE, SCORE, picture)
    assert picture.read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("call, says", [
    (lambda to: plot_roc(TRUE, SCORE, to / "x.jpg"), "ends in .png or .svg"),
    (lambda to: plot_roc(TRUE, SCORE[:3], to / "x.png"), "unequal lengths"),
    (lambda to: plot_calibration(TRUE, SCORE * 9, to / "x.png"), "probabilities lie within"),
])
def test_bad_input_is_told(call, says, tmp_path):
    with pytest.raises(ValueError, match=says):
        call(tmp_path)
    assert not list(tmp_path.iterdir())
