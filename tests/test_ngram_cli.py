import json
import math
import re

import pytest

from tinylm import checkpoint, ngram_cli
from tinylm.cli import main
from tinylm.models.ngram import ESTIMATORS, NGram

OPTIONS = {"data": "text.txt", "tokenizer": None, "vocabulary": None, "order": 3, "estimator": None, "add": None,
           "seed": 0}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = "the cat sat on the mat. it was a fat cat. "
    (tmp_path / "text.txt").write_text(words * 40 + "a zebra sat on it. " * 8, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_run_that_counts(here, capsys, estimator):
    assert ngram_cli.ngram("one", {**OPTIONS, "estimator": estimator}) == 0
    shown = capsys.readouterr().out
    config = json.loads((here / "runs" / "one" / "config.json").read_text(encoding="utf-8"))
    assert ("bits_per_byte" in config) and f"{config['bits_per_byte']:.3f} bits per byte" in shown
    assert math.isinf(config["bits_per_byte"]) == (estimator == "mle") == ("Infinite" in shown)
    run = checkpoint.load(here / "runs" / "one")
    assert isinstance(run.model, NGram) and run.model.estimator == estimator and run.model.order == 3
    assert main(["eval", "runs/one"]) == main(["generate", "runs/one", "--length", "5"]) == 0
    if estimator != "mle":
        assert f"bits per byte  {config['bits_per_byte']:.4f}" in capsys.readouterr().out


def test_em_is_reported_and_never_falls(capsys):
    assert ngram_cli.ngram("one", {**OPTIONS, "estimator": "jelinek-mercer"}) == 0
    bits = [float(found) for found in re.findall(r"EM +\d+: ([\d.]+) bits", capsys.readouterr().out)]
    assert len(bits) > 2 and bits == sorted(bits, reverse=True)


def test_words_both_ways(capsys):
    assert ngram_cli.ngram("one", {**OPTIONS, "tokenizer": "word"}) == 0
    shown = capsys.readouterr().out
    as_class, spelt = map(float, re.findall(r"^perplexity ([\d.]+)", shown, re.MULTILINE))
    assert as_class < spelt and "unknown ones" in shown
    assert main(["generate", "runs/one", "--length", "5"]) == 0


def test_wrong_options_leave_nothing_behind(here):
    for wrong, message in (({"order": 0}, "order is 0"), ({"estimator": "best"}, "there is no estimator 'best'"),
                           ({"estimator": "mle", "add": 1.0}, "'mle' adds nothing")):
        with pytest.raises(ValueError, match=message):
            ngram_cli.ngram("one", {**OPTIONS, **wrong})
    with pytest.raises(ValueError, match="letters, digits"):
        ngram_cli.ngram("../one", OPTIONS)
    (here / "text.txt").write_text("abc", encoding="utf-8")
    with pytest.raises(ValueError, match="holds no 5-gram"):
        ngram_cli.ngram("one", {**OPTIONS, "order": 5})
    assert not (here / "runs" / "one").exists()


def test_a_name_is_taken_once():
    assert ngram_cli.ngram("one", OPTIONS) == 0
    with pytest.raises(ValueError, match="there is a run runs/one already"):
        ngram_cli.ngram("one", OPTIONS)
