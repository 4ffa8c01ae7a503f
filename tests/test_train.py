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


def test_early_stopping_keeps_the_best_weights():
    rng = np.random.default_rng(0)
    inputs, noise = rng.integers(1, 9, (200, 3)), rng.integers(1, 9, 200)
    windows = data.Windows(IDS, 3)

    def batches(step):  # from step 60 on there is nothing right to learn
        return windows.sample(32, generator(0, step)) if step < 60 else (inputs, noise)

    job = trainer(patience=3, schedule=lambda done: 1.0)
    job.batches = batches
    score = job.fit(steps=1000, evaluations=50)
    assert 60 <= job.steps < 200 and not job.interrupted
    assert score < 0.3 and job.evaluate(job.held_out) == score
    with pytest.raises(ValueError, match="patience=0 counts evaluations"):
        trainer(patience=0)
    with pytest.raises(ValueError, match="needs held_out batches"):
        Trainer(job.model, nn.cross_entropy, job.optimizer, batches, patience=2)


def test_clipping_bounds_the_step():
    free, held = (trainer(clip=clip, model=models.MLP(9, 3, 4, 16, seed=1)) for clip in (None, 1e-3))
    before = free.model.state_dict()
    for job in (free, held):
        job.optimizer = optim.SGD(job.model.parameters(), 1.0)
        job.highest_lrs, job.schedule = [1.0], lambda done: 1.0
        job.fit(steps=1)
    moved = [math.sqrt(sum(float(((job.model.state_dict()[name] - array) ** 2).sum()) for name, array in
                           before.items())) for job in (free, held)]
    assert moved[0] > 0.1 and moved[1] == pytest.approx(1e-3, rel=1e-2)
    with pytest.raises(ValueError, match="clip=0 lets no gradient through"):
        trainer(clip=0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_gradient_that_is_no_number_is_named_before_it_is_used():
    job = trainer()
    job.loss = lambda y, t: nn.cross_entropy(y, t) + np.sqrt((y * 0.0).sum())
    before = job.model.state_dict()
    with pytest.raises(FloatingPointError, match=r"step 0: the loss is \d.*its gradient holds NaN.*sqrt"):
        job.fit(steps=3)
    assert all(np.array_equal(before[name], array) for name, array in job.model.state_dict().items())


def test_a_sample_at_each_quarter(capsys):
    said = []
    job = trainer(sample=lambda: said.append(job.steps) or f"sample {len(said)}")
    job.fit(steps=80)
    assert said == [21, 41, 61]
    assert "sample 3" in capsys.readouterr().err


def test_evaluation_is_not_training():
    modes = []

    class Watched(models.MLP):
        def forward(self, ids):
            modes.append(self.training)
            return super().forward(ids)

    job = trainer(model=Watched(9, context=3, embedding=4, hidden=16))
    job.evaluate(job.held_out[:1])
    job.fit(steps=0)
    assert not any(modes) and job.model.training
