import csv
import itertools
import math
import signal
import types

import numpy as np
import pytest

import tinylm as tl
from tinylm import data, models, nn, optim
from tinylm.backend import generator
from tinylm.train import BITS_PER_CHARACTER, LOSS, Trainer

IDS = np.tile(np.arange(1, 9), 60)  # eight tokens round and round: easy to learn


def trainer(log=None, lr=0.02, model=None, **settings):
    windows = data.Windows(IDS[:400], context=3)
    model = model or models.MLP(9, context=3, embedding=4, hidden=16, seed=1)
    return Trainer(model, nn.cross_entropy, optim.AdamW(model.parameters(), lr),
                   lambda step: windows.sample(32, generator(0, step)),
                   held_out=data.Windows(IDS, 3, start=400).batches(32), log=log, **settings)


def mean(array):
    return float(np.mean(array))


def test_it_learns_on_every_device(device):
    job = trainer(unit=BITS_PER_CHARACTER)
    before = job.evaluate(job.held_out)
    after = job.fit(steps=60)
    assert before > 2.5 and after < 0.1 and job.steps == 60 and not job.interrupted
    assert {p.device for p in job.model.parameters()} == {device}


def test_by_steps_it_repeats_exactly(tmp_path):
    one, two = trainer(tmp_path / "one.csv"), trainer(tmp_path / "two.csv")
    assert one.fit(steps=15) == two.fit(steps=15)
    for a, b in zip(one.model.state_dict().values(), two.model.state_dict().values(), strict=True):
        assert np.array_equal(a, b)


def test_by_the_clock_it_ends_in_time_with_the_rate_down(monkeypatch):
    ticks = itertools.count()  # a clock on which a second passes at every look
    monkeypatch.setattr("tinylm.train.time", types.SimpleNamespace(monotonic=lambda: next(ticks)))
    job = trainer()
    job.fit(minutes=0.5, evaluations=5)
    assert 15 < job.steps < 30 and 0 < job.optimizer.lr < 0.02 / 10


def test_the_score_counts_every_target_once():
    job = trainer()
    y = np.concatenate([y for _, y in job.held_out])
    assert len(y) == len(IDS) - 400
    logits = np.concatenate([job.model(x).detach().numpy() for x, _ in job.held_out]).astype(np.float64)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    expected = mean(-np.log(p[np.arange(len(y)), y]))
    assert job.evaluate(job.held_out) == pytest.approx(expected, abs=1e-6)
    assert math.isnan(job.evaluate([])) and LOSS.scale == 1
    assert trainer(unit=BITS_PER_CHARACTER).evaluate(job.held_out) == pytest.approx(expected / math.log(2), abs=1e-6)


def test_the_log_is_a_table(tmp_path):
    job = trainer(tmp_path / "run" / "log.csv")
    final = job.fit(steps=20, evaluations=5)
    with open(tmp_path / "run" / "log.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["step", "seconds", "lr", "training", "held_out"]
    assert [int(row["step"]) for row in rows] == [1, 5, 9, 13, 17, 20]
    assert float(rows[-1]["held_out"]) == pytest.approx(final, abs=1e-5)
    assert float(rows[3]["training"]) < float(rows[0]["training"])


def test_the_bar_shows_the_score(capsys):
    trainer(unit=BITS_PER_CHARACTER).fit(steps=5)
    shown = capsys.readouterr().err
    assert "100%" in shown and "step 5, training" in shown and "held out" in shown and "bits per character" in shown


def test_any_model_and_loss():
    x = np.linspace(-1, 1, 40, dtype=np.float32)[:, None]
    inputs, targets = tl.Tensor(x), tl.Tensor(2 * x + 1)
    model = nn.Linear(1, 1, rng=np.random.default_rng(0))
    job = Trainer(model, lambda y, t: ((y - t) ** 2).mean(), optim.SGD(model.parameters(), lr=0.5),
                  lambda step: (inputs, targets), [(inputs, targets)], schedule=lambda done: 1.0)
    assert job.fit(steps=60) < 1e-6
    assert model.weight.item() == pytest.approx(2, abs=1e-3)


def test_ctrl_c_finishes_the_step():
    class Interrupted(models.MLP):
        calls = 0

        def forward(self, ids):
            Interrupted.calls += 1
            if Interrupted.calls == 10:
                signal.raise_signal(signal.SIGINT)
            return super().forward(ids)

    before = signal.getsignal(signal.SIGINT)
    job = trainer(model=Interrupted(9, context=3, embedding=4, hidden=16))
    score = job.fit(steps=10_000)
    assert job.interrupted and 0 < job.steps <= 10 and math.isfinite(score)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_loss_that_is_no_number_stops_before_the_model_is_touched():
    job = trainer()
    job.fit(steps=3)
    good = job.model.state_dict()
    job.loss = lambda y, t: nn.cross_entropy(y, t) * math.nan
    with pytest.raises(FloatingPointError, match=r"step 3: the loss is nan.*learning rate.*tl\.detect_anomaly\(\)"):
        job.fit(steps=6)
    assert all(np.array_equal(good[name], array) for name, array in job.model.state_dict().items())


def test_how_long_must_be_said():
    with pytest.raises(ValueError, match="in steps or in minutes"):
        trainer().fit()
    for wrong in ({"steps": -1}, {"minutes": -1.0}, {"minutes": math.nan}):
        with pytest.raises(ValueError, match="neither can be negative"):
            trainer().fit(**wrong)
    job = trainer()
    assert job.fit(steps=0) == job.evaluate(job.held_out) and job.steps == 0
