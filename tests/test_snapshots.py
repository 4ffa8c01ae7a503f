import math
import os

import numpy as np
import pytest

import tinylm as tl
from tinylm import nn, optim, snapshots


def spirals(seed, count=100):
    """Two spirals: points (count, 2) and which arm they are on (count,)."""
    rng = np.random.default_rng(seed)
    arm, turn = rng.integers(0, 2, count), rng.uniform(0.5, 3, count)
    angle = turn * 2 + arm * math.pi
    points = np.stack([turn * np.cos(angle), turn * np.sin(angle)], 1) + rng.normal(0, 0.05, (count, 2))
    return points.astype(np.float32), arm


def trainer(folder, hidden=16, make=optim.Adam, batches=spirals, **settings):
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(2, hidden, rng=rng), nn.BatchNorm1d(hidden), nn.Tanh(), nn.Dropout(0.1),
                          nn.Linear(hidden, 2, rng=rng))
    job = tl.Trainer(model, nn.cross_entropy, make(model.parameters(), 0.02), batches, [spirals(-1 % 2**32)],
                     folder=folder, **settings)
    job.save_every = 0.0
    return job


def weights(job):
    return {name: array.tobytes() for name, array in job.model.state_dict().items()}


@pytest.mark.parametrize("make", [optim.SGD, optim.Adagrad, optim.RMSprop, optim.Adam, optim.AdamW])
def test_every_optimizer_goes_on_as_if_nothing_had_happened(tmp_path, make):
    def dies(number):
        if number == 9:
            raise KeyboardInterrupt
        return spirals(number)

    whole = trainer(tmp_path / "whole", make=make)
    score = whole.fit(steps=20)
    with pytest.raises(KeyboardInterrupt):
        trainer(tmp_path / "dead", make=make, batches=dies).fit(steps=20)
    again = trainer(tmp_path / "dead", make=make)
    assert again.fit(steps=20, resume=True) == score
    assert weights(again) == weights(whole) and again.steps == 20
    rows = [[line.split(",")[i] for i in (0, 3, 4)] for line in
            (tmp_path / "whole" / "log.csv").read_text(encoding="utf-8").splitlines()]
    others = [[line.split(",")[i] for i in (0, 3, 4)] for line in
              (tmp_path / "dead" / "log.csv").read_text(encoding="utf-8").splitlines()]
    assert rows == others and len(rows) == 22
    assert [path.name for path in snapshots.found(tmp_path / "dead")] == ["step-20.safetensors", "step-19.safetensors"]


def test_a_folder_that_holds_a_training(tmp_path):
    trainer(tmp_path).fit(steps=3)
    with pytest.raises(ValueError, match=r"already \(step-3\.safetensors\): fit\(\.\.\., resume=True\)"):
        trainer(tmp_path).fit(steps=3)


def test_from_another_model_everything_is_listed(tmp_path):
    trainer(tmp_path).fit(steps=3)
    with pytest.raises(ValueError) as error:
        trainer(tmp_path, hidden=8, make=optim.SGD).fit(steps=6, resume=True)
    for line in (r"step-3.safetensors does not fit", "0.weight has shape (16, 2), the model wants (8, 2)",
                 "4.weight has shape (2, 16), the model wants (2, 8)", "exp_avg belongs to another optimizer"):
        assert line in str(error.value)


def test_a_full_disk_leaves_the_old_one(tmp_path, monkeypatch):
    def full(number):
        raise OSError(28, "No space left on device")

    def batches(number):
        if number == 4:
            before.update({path.name: path.read_bytes() for path in snapshots.found(tmp_path)})
            monkeypatch.setattr(os, "fsync", full)
        return spirals(number)

    before = {}
    with pytest.raises(OSError, match=r"step-5\.safetensors could not be written \(.*No space left.*step-4\.saf"):
        trainer(tmp_path, batches=batches).fit(steps=6)
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in snapshots.found(tmp_path)} == before and len(before) == 2
    assert not list(tmp_path.glob("*.part"))
    whole = trainer(tmp_path / "whole")
    again = trainer(tmp_path)
    again.fit(steps=6, resume=True)
    whole.fit(steps=6)
    assert again.steps == 6 and weights(again) == weights(whole)
    assert trainer(tmp_path).fit(steps=6, resume=True) == again.evaluate(again.held_out)


@pytest.mark.parametrize("damage", [lambda content: content[:100], lambda content: content[:-1], lambda content: b"",
                                    lambda content: content[:-1] + bytes([content[-1] ^ 1]),
                                    lambda content: content.replace(b"seconds", b"sekonds"),
                                    lambda content: b"\x80\x04K\x01."])
def test_a_damaged_one_is_refused_and_the_older_named(tmp_path, damage):
    trainer(tmp_path).fit(steps=3)
    newest, older = snapshots.found(tmp_path)
    newest.write_bytes(damage(newest.read_bytes()))
    with pytest.raises(ValueError, match=rf"{newest.name} is .*\n{older.name} beside it is older, and whole"):
        trainer(tmp_path).fit(steps=6, resume=True)
    older.write_bytes(b"")
    with pytest.raises(ValueError, match="no older one that is whole"):
        trainer(tmp_path).fit(steps=6, resume=True)


def test_weights_that_are_no_numbers_are_not_saved(tmp_path):
    job = trainer(tmp_path)
    job.fit(steps=2)
    job.model[0].weight.assign(np.full((16, 2), np.nan, np.float32))
    job._state.steps = 3
    with pytest.raises(FloatingPointError, match=r"step 3: NaN or infinities stand in model\.0\.weight.*\n.*step-2\."):
        job.save()
    assert snapshots.found(tmp_path)[0].name == "step-2.safetensors"
