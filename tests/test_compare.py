import json

import pytest

from tinylm import compare, runs
from tinylm.cli import main
from tinylm.compare import Rung, table
from tinylm.train import Trainer

ARGUMENTS = ["compare", "--data", "text.txt", "--preset", "tiny", "--steps", "5", "--models"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("the cat sat on the mat. it was a fat cat. " * 40, encoding="utf-8")
    return tmp_path


def result(here, name="compare"):
    return json.loads((here / "runs" / name / "compare.json").read_text(encoding="utf-8"))


def test_the_whole_ladder_on_one_chart(here, capsys):
    assert main([*ARGUMENTS, *compare.LADDER]) == 0
    shown = capsys.readouterr().out
    models = result(here)["models"]
    assert [entry["model"] for entry in models] == list(compare.LADDER)
    lines = shown[shown.index("model "):].splitlines()
    for entry, line in zip(models, lines[1:], strict=False):
        assert line.startswith(entry["model"]) and f"{entry['bits_per_byte']:.3f}" in line
        assert f"{entry['parameters']:,}" in line
    assert (here / "runs" / "compare" / "compare.png").stat().st_size > 5000
    bits = {entry["model"]: entry["bits_per_byte"] for entry in models}
    assert bits["unigram"] > bits["bigram"] > bits["n-gram"]
    assert main(["eval", "runs/compare/lstm"]) == main(["generate", "runs/compare/gpt", "--length", "3"]) == 0
    assert f"bits per byte  {bits['lstm']:.4f}" in capsys.readouterr().out


def test_what_is_finished_is_not_trained_again(here, capsys, monkeypatch):
    assert main([*ARGUMENTS, "unigram", "mlp"]) == 0
    first, steps, original = result(here)["models"], [], Trainer._step
    monkeypatch.setattr(Trainer, "_step", lambda self: (steps.append(1), original(self))[1])
    assert main([*ARGUMENTS, "unigram", "mlp", "gru"]) == 0
    assert len(steps) == 5 and result(here)["models"][:2] == first and len(result(here)["models"]) == 3
    assert main([*ARGUMENTS, "mlp", "--seed", "1"]) == 1
    assert "would go on with seed 1, and it was begun with 0: take another --name" in capsys.readouterr().err


def test_stopped_by_ctrl_c_it_goes_on(here, monkeypatch):
    original = runs._finish

    def stopped(folder, job, *rest, **more):
        monkeypatch.setattr(runs, "_finish", original)
        fit = job.fit

        def short(steps, minutes, resume):
            score = fit(2, None, resume=resume)
            job.interrupted = True
            return score

        job.fit = short
        return original(folder, job, *rest, **more)

    monkeypatch.setattr(runs, "_finish", stopped)
    assert main([*ARGUMENTS, "bigram", "mlp"]) == 130
    assert [entry["model"] for entry in result(here)["models"]] == ["bigram"]
    assert main([*ARGUMENTS, "bigram", "mlp"]) == 0
    assert [entry["model"] for entry in result(here)["models"]] == ["bigram", "mlp"]


def test_the_order_is_not_chosen_on_what_is_scored(monkeypatch):
    seen = []

    class Watching:
        def __init__(self, vocabulary, order, estimator):
            self.order, self.size, self.longest = order + (estimator == "kneser-ney"), 1, 0

        def fit(self, ids):
            self.longest = len(ids)
            return self

        def score(self, ids, start=0):
            seen.append((self.order, self.longest, start, len(ids)))
            return abs(self.order - 5)

    monkeypatch.setattr(compare, "NGram", Watching)
    rung = compare.count("n-gram", {"data": "text.txt", "tokenizer": None, "vocabulary": None})
    length, training = 42 * 40, 42 * 40 * 9 // 10
    assert rung.about == "kneser-ney, order 4"
    assert seen[-1] == (5, training, training, length)
    assert all(fitted == start < training == end for _, fitted, start, end in seen[:-1])


def test_the_table():
    shown = table([Rung("unigram", "counts", 12, 0.01, 4.5), Rung("gpt", "bpe of 1,000", 812345, 300.2, 1.5)])
    one, two = shown.splitlines()[1:]
    assert "0.0 s" in one and one.endswith("4.500 " + 24 * "█")
    assert "812,345" in two and "5.0 min" in two and two.endswith("1.500 " + 8 * "█")
