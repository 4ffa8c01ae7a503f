"""An optimizer saved and loaded goes on as if nothing had happened."""

import copy
import json

import numpy as np
import pytest
from all_optimizers import every, leaf

import tinylm as tl
from tinylm import optim

RNG = np.random.default_rng(0)
GRADIENTS = [[tl.Tensor(RNG.standard_normal(shape), dtype=np.float32) for shape in ((3, 4), (5,))] for _ in range(9)]


def start():
    return [leaf(np.linspace(-1, 1, 12).reshape(3, 4)), leaf(np.ones(5))]


def run(optimizer, gradients):
    for each in gradients:
        optimizer.step([g.to(p.device) for g, p in zip(each, optimizer.params, strict=True)])


@every
def test_resuming_is_bit_identical(make, device):
    one = start()
    run(make(one), GRADIENTS)

    two = start()
    first = make(two)
    run(first, GRADIENTS[:4])
    saved, weights = first.state_dict(), [t.detach().numpy() for t in two]
    before = copy.deepcopy(saved)
    run(first, GRADIENTS[4:5])  # what was saved does not follow

    three = [leaf(w) for w in weights]
    second = make(three)
    second.load_state_dict(saved)
    run(second, GRADIENTS[4:])
    for a, b in zip(one, three, strict=True):
        assert np.array_equal(a.detach().numpy(), b.detach().numpy()) and b.device == device
    for place, entries in before["state"].items():  # and is not written into
        for name, value in entries.items():
            assert type(value) is np.ndarray and np.array_equal(value, saved["state"][place][name])


def test_the_layout_is_pytorchs():
    a, b, c = leaf([1.0]), leaf([1.0]), leaf([1.0])
    optimizer = optim.AdamW([{"params": [a, b]}, {"params": [c], "lr": 0.5}])
    optimizer.step([tl.Tensor([1.0]), None, tl.Tensor([1.0])])
    saved = optimizer.state_dict()
    assert list(saved) == ["state", "param_groups"] and list(saved["state"]) == [0, 2]
    assert list(saved["state"][0]) == ["step", "exp_avg", "exp_avg_sq"] and saved["state"][0]["step"] == 1
    assert [g["params"] for g in saved["param_groups"]] == [[0, 1], [2]]
    assert [g["lr"] for g in saved["param_groups"]] == [1e-3, 0.5]


def test_settings_come_back_from_json():
    optimizer, other = optim.Adam(start(), 0.3, betas=(0.5, 0.6)), optim.Adam(start())
    run(optimizer, GRADIENTS[:1])
    saved = optimizer.state_dict()
    lists = {str(k): {n: v.tolist() for n, v in entries.items()} for k, entries in saved["state"].items()}
    other.load_state_dict(json.loads(json.dumps({**saved, "state": lists})))
    assert other.param_groups[0]["betas"] == (0.5, 0.6) and other.lr == 0.3
    for mine, theirs in zip(other.state.values(), optimizer.state.values(), strict=True):
        assert all(np.array_equal(mine[name], theirs[name]) for name in theirs)
        assert mine["exp_avg"].dtype == np.float32


def test_what_does_not_fit_is_listed_and_nothing_is_changed():
    sgd, adam = optim.SGD(start(), momentum=0.9), optim.Adam(start())
    run(sgd, GRADIENTS[:1])
    run(adam, GRADIENTS[:1])
    before = adam.state_dict()
    with pytest.raises(ValueError, match=r"(?s)Adam\.load_state_dict.*momentum=0\.9, which it does not have.*"
                                         r"parameter 0: exp_avg is missing.*parameter 1: exp_avg_sq is missing.*"
                                         r"momentum_buffer belongs to another optimizer"):
        adam.load_state_dict(sgd.state_dict())
    with pytest.raises(ValueError, match=r"hold \[2\] parameters, this optimizer's \[1, 1\]"):
        a, b = start()
        optim.Adam([{"params": [a]}, {"params": [b]}]).load_state_dict(before)
    with pytest.raises(ValueError, match=r"parameter 0: exp_avg has shape \(3, 4\), the parameter \(5,\)"):
        optim.Adam(start()[::-1]).load_state_dict(before)
    wrong = adam.state_dict()
    wrong["param_groups"][0]["lr"] = -1
    with pytest.raises(ValueError, match="lr=-1"):
        adam.load_state_dict(wrong)
    assert adam.lr == 1e-3 and len(adam.state) == 2
    after = adam.state_dict()
    assert all(np.array_equal(before["state"][k][n], after["state"][k][n]) for k in (0, 1) for n in before["state"][k])
