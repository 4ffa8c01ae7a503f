"""What all optimizers share: groups, gradients, one way to write, the L1 penalty, and errors."""

import copy

import numpy as np
import pytest
from all_optimizers import ALL, every, leaf

import tinylm as tl
from tinylm import optim
from tinylm.optim import optimizer as optimizer_module
from tinylm.optim import pack


@every
def test_it_goes_downhill(make, device):
    x = leaf([1.0, -2.0])
    optimizer = make([x])
    for _ in range(200):
        optimizer.step([2 * (x.detach() - 0.5)])
    assert x.device == device and np.abs(x.detach().numpy() - 0.5).max() < 0.4


@every
def test_block_by_block_is_the_same(make, monkeypatch):
    rng = np.random.default_rng(0)
    gradients = [tl.Tensor(rng.standard_normal((5, 7))) for _ in range(3)]
    results = []
    for block in (1 << 20, 4 * 8):  # all at once, and 8 float32 at a time; 35 is no multiple of that
        monkeypatch.setattr(pack, "BLOCK", block)
        x = leaf(np.linspace(-1, 1, 35).reshape(5, 7))
        optimizer = make([x])
        for gradient in gradients:
            optimizer.step([gradient.astype(np.float32)])
        results.append([x.detach().numpy(), *(np.asarray(a) for a in optimizer.state[x].values())])
    for whole, blocks in zip(*results, strict=True):
        assert np.array_equal(whole, blocks)


@every
def test_shapes_and_layouts(make, monkeypatch):
    monkeypatch.setattr(pack, "BLOCK", 8)
    number, empty, turned = leaf(2.0), leaf(np.ones((0, 3))), tl.Tensor(np.ones((2, 3), np.float32)).T.detach()
    turned.requires_grad = True
    assert not turned.data.flags.c_contiguous
    gradient = np.arange(6, dtype=np.float32).reshape(3, 2)
    twin = leaf(np.ones((3, 2)))
    make([number, empty, turned, twin]).step(
        [tl.Tensor(1.0), tl.Tensor(np.ones((0, 3), np.float32)), tl.Tensor(gradient), tl.Tensor(gradient)])
    assert number.shape == () and number.item() < 2 and np.array_equal(turned.data, twin.data)


def test_gradients_are_only_read(device):
    x = leaf([1.0, 2.0])
    for make in ALL.values():
        gradient = tl.Tensor([1.0, -1.0])
        make([x]).step([gradient])
        assert gradient.tolist() == [1.0, -1.0]


def test_gradients_may_be_handed_in():
    x, unused = leaf([1.0]), leaf([7.0])
    optimizer = optim.SGD([x, unused], lr=0.5)
    optimizer.step(tl.grad((x * x).sum(), optimizer.params, allow_unused=True))
    assert x.item() == 0 and unused.item() == 7 and x.grad is None
    assert unused not in optimizer.state


def test_or_stand_in_grad():
    x, unused = leaf([1.0]), leaf([7.0])
    optimizer = optim.SGD([x, unused], lr=0.5)
    (x * x).sum().backward()
    optimizer.step()
    assert x.item() == 0 and unused.item() == 7
    optimizer.zero_grad()
    assert x.grad is None


@pytest.mark.parametrize("block", [1 << 20, 8])
def test_an_update_is_a_write_that_the_graph_notices(block, monkeypatch):
    monkeypatch.setattr(pack, "BLOCK", block)
    x = leaf([2.0, 3.0, 4.0, 5.0])
    loss = (x * x).sum()
    optim.SGD([x], lr=0.1).step([tl.Tensor([1.0] * 4)])
    with pytest.raises(RuntimeError, match="was written to between forward and backward"):
        loss.backward()


def test_groups_have_settings_of_their_own():
    a, b, c = leaf([1.0]), leaf([1.0]), leaf([1.0])
    optimizer = optim.SGD([{"params": [a]}, {"params": b, "lr": 0.5}], lr=0.1)
    optimizer.add_param_group({"params": (t for t in [c]), "weight_decay": 1.0})
    assert optimizer.params == [a, b, c] and [g["lr"] for g in optimizer.param_groups] == [0.1, 0.5, 0.1]
    optimizer.step([tl.Tensor([1.0])] * 3)
    assert [t.item() for t in (a, b, c)] == pytest.approx([0.9, 0.5, 0.8])
    assert optimizer.lr == 0.1
    optimizer.lr = np.float64(0.2)
    assert [type(g["lr"]) for g in optimizer.param_groups] == [float] * 3 and optimizer.lr == 0.2


def test_a_rate_of_float64_does_not_widen_the_parameters():
    x = leaf([1.0])
    optimizer = optim.Adam([x])
    optimizer.param_groups[0]["lr"] = np.float64(0.1)
    optimizer.step([tl.Tensor([1.0])])
    assert {a.dtype for name, a in optimizer.state[x].items() if name != "step"} == {np.dtype(np.float32)}


def test_l1_makes_exact_zeros(device):
    """The proximal step: towards zero by lr · l1, and not beyond."""
    x = leaf([1.0, -1.0, 0.05, -0.05, 0.0])
    optim.SGD([x], lr=0.5, l1=0.2).step([tl.Tensor([0.0] * 5)])
    assert x.tolist() == pytest.approx([0.9, -0.9, 0, 0, 0]) and x.tolist()[2:] == [0, 0, 0]


def test_l1_finds_the_minimum_of_the_penalised_loss():
    """½(x - a)² + λ|x| is least at sign(a) max(|a| - λ, 0)."""
    goal, x = np.array([2.0, -0.3, 0.1, -3.0]), leaf(np.ones(4), np.float64)
    optimizer = optim.SGD([x], lr=0.3, l1=0.5)
    for _ in range(200):
        optimizer.step([x.detach() - goal])
    assert x.tolist() == pytest.approx([1.5, 0, 0, -2.5], abs=1e-9) and x.tolist()[1:3] == [0, 0]


class TestErrors:
    def test_parameters(self):
        x = leaf([1.0])
        with pytest.raises(ValueError, match=r"SGD: no parameters given \(model.parameters\(\) is an iterator"):
            optim.SGD([])
        with pytest.raises(ValueError, match="SGD: a group without parameters"):
            optim.SGD([{"params": []}])
        with pytest.raises(TypeError, match=r"parameter 0, of shape \(1,\), does not require a gradient.*tl.Tensor"):
            optim.Adam([tl.Tensor([1.0])])
        with pytest.raises(TypeError, match="is a result of an operation"):
            optim.Adam([x * 2])
        with pytest.raises(TypeError, match=r"params is one Tensor; .* put it into a list, \[weight\]"):
            optim.Adam(x)
        with pytest.raises(TypeError, match=r"parameter 1 is a ndarray; it takes Tensors with requires_grad=True"):
            optim.Adam([x, np.ones(2)])
        with pytest.raises(ValueError, match=r"parameter 1, of shape \(1,\), is given twice"):
            optim.Adam([x, x])
        with pytest.raises(ValueError, match=r"parameter 0, of shape .* is given twice"):
            optim.Adam([{"params": [x]}, {"params": [x]}])

    def test_groups(self):
        x, y = leaf([1.0]), leaf([1.0])
        with pytest.raises(ValueError, match="no setting is called 'momentun'; did you mean 'momentum'"):
            optim.SGD([{"params": [x], "momentun": 0.9}])
        with pytest.raises(ValueError, match="no setting is called 'foo'; it has lr, momentum,"):
            optim.SGD([{"params": [x], "foo": 0.9}])
        with pytest.raises(TypeError, match='a parameter group is a dict with "params"'):
            optim.SGD([x]).add_param_group({"lr": 1.0})
        with pytest.raises(TypeError, match='a parameter group is a dict with "params"'):
            optim.SGD([{"params": [x]}, y])
        optimizer = optim.SGD([x])
        with pytest.raises(ValueError, match="lr=-1"):
            optimizer.add_param_group({"params": [y], "lr": -1})
        assert optimizer.params == [x]

    @pytest.mark.parametrize("value", [-1, float("nan"), float("inf")])
    def test_settings(self, value):
        for make in (optim.SGD, optim.Adagrad, optim.RMSprop, optim.Adam, optim.AdamW):
            for setting in ("lr", "weight_decay", "l1"):
                with pytest.raises(ValueError, match=f"{make.__name__}: {setting}={value} must be from 0 upwards"):
                    make([leaf([1.0])], **{setting: value})

    def test_a_setting_that_went_wrong_on_the_way(self):
        x = leaf([1.0])
        optimizer = optim.SGD([x])
        optimizer.lr = float("nan")
        with pytest.raises(ValueError, match="lr=nan"):
            optimizer.step([tl.Tensor([1.0])])
        assert x.item() == 1

    def test_gradients(self):
        a, b = leaf([1.0]), leaf([1.0, 2.0])
        optimizer = optim.SGD([a, b])
        g, h = tl.Tensor([1.0]), tl.Tensor([1.0, 1.0])
        with pytest.raises(RuntimeError, match=r"SGD.step: none of the 2 parameters has a gradient. Call loss.backw"):
            optimizer.step()
        with pytest.raises(RuntimeError, match="none of the 2 parameters has a gradient"):
            optimizer.step([None, None])
        with pytest.raises(ValueError, match="1 gradients for 2 parameters"):
            optimizer.step([g])
        with pytest.raises(ValueError, match=r"gradient 1 has shape, dtype and device \(1,\), float32, cpu, but its p"):
            optimizer.step([g, g])
        with pytest.raises(ValueError, match="float64"):
            optimizer.step([g, h.astype(np.float64)])
        with pytest.raises(ValueError, match="foreign"):
            optimizer.step([g, h.to("foreign")])
        with pytest.raises(TypeError, match=r"gradients come as a list, one for each parameter.*this is a Tensor"):
            optimizer.step(h)
        with pytest.raises(TypeError, match="gradients come as a list"):
            optimizer.step(lambda: 1.0)
        with pytest.raises(TypeError, match="gradient 1 is a ndarray, not a Tensor"):
            optimizer.step([g, np.ones(2)])
        assert a.tolist() == [1] and b.tolist() == [1, 2]  # nothing was touched, not even what came first

    def test_a_class_without_an_update(self):
        x = leaf([1.0])
        unfinished = optim.Optimizer([x], {"lr": 1.0, "weight_decay": 0.0, "l1": 0.0})
        with pytest.raises(NotImplementedError, match=r"Optimizer: write its update\("):
            unfinished.step([tl.Tensor([1.0])])


SHAPES = [(3, 2), (), (5,), (0, 4), (700,), (2, 2, 2)]


@every
def test_small_ones_side_by_side_are_the_same(make, monkeypatch):
    """As each by itself; also where some have no gradient now and then, and where a state was loaded on the way."""
    rng = np.random.default_rng(0)
    gradients = [[None if step and rng.random() < 0.2 and place else
                  tl.Tensor(rng.standard_normal(shape), dtype=np.float32) for place, shape in enumerate(SHAPES)]
                 for step in range(8)]
    results = []
    for block in (4 * 800, 0):  # all but the one of 700, or none
        monkeypatch.setattr(pack, "BLOCK", block or 4)
        leaves = [leaf(np.random.default_rng(place).standard_normal(shape)) for place, shape in enumerate(SHAPES)]
        optimizer = make(leaves)
        for step, each in enumerate(gradients):
            optimizer.step(each)
            if step == 3:
                optimizer.load_state_dict(optimizer.state_dict())
            if step == 5:
                optimizer = copy.deepcopy(optimizer)
                leaves = optimizer.params
        sizes = [len(p.params) for *_, made in optimizer._packs for p in made]
        assert max(sizes) > 1 if block else set(sizes) <= {1, 2, 3}  # the empty one and the number are never large
        results.append([*(t.detach().numpy() for t in leaves),
                        *(np.asarray(a) for t in leaves for a in optimizer.state[t].values())])
    for together, alone in zip(*results, strict=True):
        assert np.array_equal(together, alone)


def test_a_state_put_in_by_hand_is_used():
    a, b = leaf([1.0]), leaf([1.0])
    optimizer = optim.SGD([a, b], 1.0, momentum=0.5)
    optimizer.step([tl.Tensor([0.0]), tl.Tensor([0.0])])
    optimizer.state[b]["momentum_buffer"] = np.array([4.0], np.float32)
    optimizer.state[a]["momentum_buffer"][...] = 2.0
    optimizer.step([tl.Tensor([0.0]), tl.Tensor([0.0])])
    assert a.item() == 0 and b.item() == -1 and optimizer.state[b]["momentum_buffer"].item() == 2


def test_what_has_decayed_to_denormals_becomes_zero():
    x = leaf(np.ones(4))
    optimizer = optim.AdamW([x], betas=(0.9, 0.9), weight_decay=0.0)
    optimizer.step([tl.Tensor([1.0, -1.0, 0.0, 1e-12])])
    for _ in range(1200):  # rounded to what is nearest, 0.9 times the smallest number is that number
        optimizer.step([tl.Tensor([0.0, 0.0, 0.0, 1e-12])])
    memory = optimizer.state[x]
    assert memory["exp_avg"].tolist()[:3] == memory["exp_avg_sq"].tolist()[:3] == [0, 0, 0]
    assert memory["exp_avg"][3] == pytest.approx(1e-12) and memory["exp_avg_sq"][3] == pytest.approx(1e-24)
    assert np.isfinite(x.detach().numpy()).all()


@pytest.mark.parametrize(("dtype", "eps"), [(np.float32, 0.0), (np.float16, 1e-3)])
def test_but_not_where_that_would_show(dtype, eps):
    """√v without eps would be 0; in float16 such numbers are all there is."""
    size = 1e-20 if dtype == np.float32 else 1e-3  # its square, 1e-40 or 1e-6, is denormal
    x = leaf([1.0], dtype)
    optimizer = optim.Adam([x], 1e-2, betas=(0.5, 0.5), eps=eps)
    for _ in range(optimizer_module.FLUSH):
        optimizer.step([tl.Tensor([size], dtype=dtype)])
    assert optimizer.state[x]["exp_avg_sq"].item() > 0 and x.item() < 0.95
    optimizer.step([tl.Tensor([0.0], dtype=dtype)])
    assert 0 < x.item() < 0.95
