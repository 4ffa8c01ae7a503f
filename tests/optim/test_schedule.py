"""Each schedule against its formula, and all of them saved and loaded."""

import json
import math

import pytest

import tinylm as tl
from tinylm import optim


def optimizer(*rates):
    return optim.SGD([{"params": [tl.Tensor([1.0], requires_grad=True)], "lr": lr} for lr in rates or (1.0,)])


def path(schedule, steps):
    """The learning rate of the first group at t = 0, 1, ..."""
    rates = [schedule.get_last_lr()[0]]
    for _ in range(steps):
        schedule.step()
        rates.append(schedule.get_last_lr()[0])
    return rates


def test_formulas():
    assert path(optim.StepLR(optimizer(), 2, 0.5), 5) == [1, 1, 0.5, 0.5, 0.25, 0.25]
    assert path(optim.ExponentialLR(optimizer(), 0.5), 3) == [1, 0.5, 0.25, 0.125]
    assert path(optim.LinearLR(optimizer(), 0.5, 1.0, 2), 3) == [0.5, 0.75, 1, 1]
    assert path(optim.CosineAnnealingLR(optimizer(), 4, 0.2), 5) == pytest.approx(
        [1, 0.6 + 0.4 * math.sqrt(0.5), 0.6, 0.6 - 0.4 * math.sqrt(0.5), 0.2, 0.6 - 0.4 * math.sqrt(0.5)])
    assert path(optim.LambdaLR(optimizer(), lambda t: 1 / (1 + t)), 3) == [1, 1 / 2, 1 / 3, 1 / 4]


def test_groups_keep_their_proportion():
    groups = optimizer(1.0, 0.1)
    schedule = optim.StepLR(groups, 1, 0.5)
    schedule.step()
    assert [g["lr"] for g in groups.param_groups] == schedule.get_last_lr() == [0.5, 0.05]
    groups.add_param_group({"params": [tl.Tensor([1.0], requires_grad=True)], "lr": 8.0})
    schedule.step()
    assert schedule.get_last_lr() == [0.25, 0.025, 2.0]
    each = optim.LambdaLR(optimizer(1.0, 1.0), [lambda t: t, lambda t: -t + 1])
    each.step()
    assert each.get_last_lr() == [1, 0]


MAKERS = {
    "StepLR": lambda o: optim.StepLR(o, 3), "ExponentialLR": lambda o: optim.ExponentialLR(o, 0.9),
    "LinearLR": lambda o: optim.LinearLR(o, 0.1, 0.9, 7), "CosineAnnealingLR": lambda o: optim.CosineAnnealingLR(o, 9),
    "LambdaLR": lambda o: optim.LambdaLR(o, lambda t: 1 / (1 + t)),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_resuming(make):
    whole = path(make(optimizer(0.7)), 10)
    first = optimizer(0.7)
    schedule = make(first)
    assert path(schedule, 4) == whole[:5]
    saved = json.loads(json.dumps([schedule.state_dict(), first.state_dict()]))
    second = optimizer(99.0)
    again = make(second)
    second.load_state_dict(saved[1])
    again.load_state_dict(saved[0])
    assert second.lr == whole[4] and path(again, 6) == whole[4:]
    third = optimizer(99.0)
    third.load_state_dict(saved[1])
    if make is MAKERS["StepLR"]:
        assert path(optim.StepLR(third, 3, last_epoch=4), 5) == whole[5:]


def test_warmup_cosine():
    factors = [optim.warmup_cosine(k / 100, warmup=0.1, floor=0.02) for k in range(101)]
    assert factors[0] == 0 and factors[5] == pytest.approx(0.5) and factors[10] == pytest.approx(1)
    assert factors[55] == pytest.approx(0.51) and factors[100] == pytest.approx(0.02)
    assert factors[10:] == sorted(factors[10:], reverse=True)
    assert optim.warmup_cosine(1.5) == pytest.approx(0.01) and optim.warmup_cosine(0.5, warmup=0) < 1
    assert optim.warmup_cosine(0.5, warmup=1) == 0.5 and optim.warmup_cosine(1, warmup=1) == pytest.approx(0.01)
    rates = path(optim.LambdaLR(optimizer(2.0), lambda step: optim.warmup_cosine((step + 1) / 100, 0.1, 0.02)), 99)
    assert rates == pytest.approx([2 * f for f in factors[1:]])


@pytest.mark.parametrize("wrong", [{"progress": -0.1}, {"progress": math.nan}, {"warmup": 1.1}, {"floor": -0.1}])
def test_warmup_cosine_out_of_range(wrong):
    with pytest.raises(ValueError, match="warmup_cosine: progress="):
        optim.warmup_cosine(**{"progress": 0.5, **wrong})


class TestPlateau:
    def rates(self, scores, **settings):
        one = optimizer(1.0)
        schedule = optim.ReduceLROnPlateau(one, factor=0.5, **settings)
        out = []
        for score in scores:
            schedule.step(score)
            out.append(one.lr)
        return out

    def test_patience(self):
        assert self.rates([3, 2, 2, 2, 2, 1, 1], patience=1) == [1, 1, 1, 0.5, 0.5, 0.5, 0.5]
        assert self.rates([1, 2, 2], mode="max", patience=0) == [1, 1, 0.5]

    def test_threshold(self):
        assert self.rates([10, 9.5, 9.4], patience=0, threshold=0.1) == [1, 0.5, 0.25]
        assert self.rates([10, 9.5, 9.3], patience=0, threshold=0.3, threshold_mode="abs") == [1, 1, 0.5]
        assert self.rates([10, 10.5], mode="max", patience=0, threshold=0.1) == [1, 0.5]
        assert self.rates([10, 10.5], mode="max", patience=0, threshold=0.1, threshold_mode="abs") == [1, 1]

    def test_cooldown_floor_and_nan(self):
        assert self.rates([1] * 7, patience=0, cooldown=2) == [1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25]
        assert self.rates([1] * 4, patience=0, min_lr=0.4) == [1, 0.5, 0.4, 0.4]
        assert self.rates([1, math.nan, math.nan], patience=1) == [1, 1, 0.5]
        assert self.rates([1] * 3, patience=0, eps=0.6) == [1, 1, 1]

    def test_resuming(self):
        scores = [3, 2, 2, 2, 1, 1, 1, 1, 1, 1]
        whole = self.rates(scores, patience=1, cooldown=1)
        one, two = optimizer(1.0), optimizer(5.0)
        first, second = (optim.ReduceLROnPlateau(o, factor=0.5, patience=1, cooldown=1) for o in (one, two))
        for score in scores[:5]:
            first.step(score)
        two.load_state_dict(one.state_dict())
        second.load_state_dict(json.loads(json.dumps(first.state_dict())))
        for score, rate in zip(scores[5:], whole[5:], strict=True):
            second.step(score)
            assert two.lr == rate and second.get_last_lr() == [rate]

    def test_errors(self):
        one = optimizer()
        for wrong in ({"mode": "least"}, {"threshold_mode": "percent"}, {"factor": 1.0}, {"patience": -1},
                      {"min_lr": [0.1, 0.1]}, {"min_lr": -1.0}):
            with pytest.raises(ValueError, match="ReduceLROnPlateau: "):
                optim.ReduceLROnPlateau(one, **wrong)
        with pytest.raises(TypeError, match=r"it needs the score: scheduler.step\(loss\)"):
            optim.ReduceLROnPlateau(one).step()


def test_errors():
    one = optimizer()
    with pytest.raises(TypeError, match="StepLR: it takes an optimizer, not a float"):
        optim.StepLR(0.1, 3)
    for make, setting in ((optim.StepLR, "step_size"), (optim.LinearLR, "total_iters"), (optim.ExponentialLR, "gamma"),
                          (optim.CosineAnnealingLR, "T_max")):
        with pytest.raises(ValueError, match=f"{make.__name__}: {setting}=0 must be above 0"):
            make(one, **{setting: 0})
    with pytest.raises(ValueError, match="eta_min=-1"):
        optim.CosineAnnealingLR(one, 3, -1)
    with pytest.raises(ValueError, match="end_factor=2"):
        optim.LinearLR(one, end_factor=2)
    with pytest.raises(ValueError, match="LambdaLR: 2 functions for 1 groups"):
        optim.LambdaLR(one, [abs, abs])
    with pytest.raises(ValueError, match='last_epoch=3 needs "initial_lr"'):
        optim.StepLR(optimizer(), 3, last_epoch=3)
    schedule = optim.StepLR(one, 3)
    with pytest.raises(ValueError, match="step_size missing: saved by another schedule"):
        schedule.load_state_dict(optim.ExponentialLR(one, 0.9).state_dict())
    with pytest.raises(ValueError, match="saved for 2 groups, the optimizer has 1"):
        schedule.load_state_dict(optim.StepLR(optimizer(1.0, 2.0), 3).state_dict())
    with pytest.raises(ValueError, match="lr=-1"):
        broken = optimizer()
        optim.LambdaLR(broken, lambda t: -1.0)
        broken.step([tl.Tensor([1.0])])


def test_a_schedule_of_ones_own():
    class Halves(optim.LRScheduler):
        def rate(self, base, t, group):
            return base / 2**t

    assert path(Halves(optimizer()), 2) == [1, 0.5, 0.25]
    with pytest.raises(NotImplementedError, match="write its rate"):
        optim.LRScheduler(optimizer())
