import numpy as np
import pytest

import tinylm as tl
from tinylm import nn


class Tied(nn.Module):
    def __init__(self):
        self.first = nn.Linear(2, 2, rng=np.random.default_rng(0))
        self.body = nn.Sequential(nn.Tanh(), nn.Linear(2, 3, bias=False, rng=np.random.default_rng(1)))
        self.first_again = self.first
        self.size = 3


def test_names_are_pytorchs():
    model = Tied()
    assert [name for name, _ in model.named_parameters()] == ["first.weight", "first.bias", "body.1.weight"]
    assert list(model.state_dict()) == ["first.weight", "first.bias", "body.1.weight"]
    assert [p.shape for p in model.parameters()] == [(2, 2), (2,), (3, 2)]


def test_state_goes_out_and_in_again(device):
    one, other = Tied(), Tied()
    other.load_state_dict({name: array + 1 for name, array in one.state_dict().items()})
    for name, array in other.state_dict().items():
        assert np.array_equal(array, one.state_dict()[name] + 1)
    other.state_dict()["first.bias"][:] = 9
    assert not (other.state_dict()["first.bias"] == 9).any()


def test_every_mismatch_is_listed_and_nothing_written():
    model = Tied()
    before = model.state_dict()
    wrong = {"first.weight": np.ones((3, 2)), "first.bias": np.ones(2), "head.weight": np.ones(1)}
    with pytest.raises(ValueError) as error:
        model.load_state_dict(wrong)
    for part in ("do not fit this Tied", "body.1.weight is missing", "head.weight is not part of the model",
                 "first.weight has shape (3, 2), the model wants (2, 2)"):
        assert part in str(error.value)
    assert all(np.array_equal(before[name], array) for name, array in model.state_dict().items())


def test_another_dtype(device):
    model = Tied().to(np.float64)
    assert {p.dtype for p in model.parameters()} == {np.dtype(np.float64)}
    assert len(list(model.parameters())) == 3


def test_forward_is_asked_for():
    with pytest.raises(NotImplementedError, match="Tied: write its forward"):
        Tied()(1)


def test_linear(device):
    layer = nn.Linear(100, 50, rng=np.random.default_rng(0))
    weight, bias = layer.state_dict().values()
    assert weight.shape == (50, 100) and bias.shape == (50,) and weight.dtype == np.float32
    assert 0.09 < np.abs(weight).max() <= 0.1
    x = np.random.default_rng(1).standard_normal((2, 3, 100)).astype(np.float32)
    assert np.allclose(layer(tl.Tensor(x)).detach().numpy(), x @ weight.T + bias, atol=1e-5)
    plain = nn.Linear(100, 50, bias=False)
    assert plain.bias is None and plain(tl.Tensor(x)).shape == (2, 3, 50)


def test_embedding(device):
    layer = nn.Embedding(5, 2, rng=np.random.default_rng(0))
    y = layer(np.array([[4, 1, 4]]))
    assert y.shape == (1, 3, 2)
    y.sum().backward()
    assert layer.weight.grad.tolist() == [[0, 0], [1, 1], [0, 0], [0, 0], [2, 2]]
    for ids, kind in (([5], IndexError), ([-1], IndexError), ([0.5], TypeError), ([True], TypeError)):
        with pytest.raises(kind, match="embedding"):
            layer(np.array(ids))


def test_linear_says_what_does_not_fit():
    with pytest.raises(ValueError, match=r"Linear: an input of shape \(2, 4\).*in_features = 3"):
        nn.Linear(3, 2)(tl.Tensor(np.zeros((2, 4))))


class Counted(nn.Module):
    """A parameter of its own after a child, a buffer, and what is no part of the state."""

    def __init__(self):
        self.inner = nn.Linear(2, 1)
        self.register_buffer("steps", tl.Tensor(3, dtype=np.int64))
        self.scale = tl.Tensor([1.0], requires_grad=True)
        self.kept = tl.Tensor([5.0])
        self.nothing = None

    def forward(self, x):
        self.seen = self.inner(x) * self.scale
        return self.seen


def test_buffers_and_parameters():
    model = Counted()
    model(tl.Tensor([[1.0, 2.0]]))  # leaves a result as an attribute: it is none of the parameters
    assert list(model.state_dict()) == ["steps", "scale", "inner.weight", "inner.bias"]
    assert [name for name, _ in model.named_parameters()] == ["scale", "inner.weight", "inner.bias"]
    assert [name for name, _ in model.named_buffers()] == ["steps"]
    model.load_state_dict(model.state_dict() | {"steps": np.array(7)})
    assert model.steps.item() == 7 and model.steps.dtype == np.int64
    model.to(np.float64)
    assert model.steps.dtype == np.int64 and model.scale.dtype == np.float64 and model.kept.dtype == np.float32


def test_a_frozen_parameter_stays_in_the_state():
    model = nn.Linear(2, 1)
    model.weight.requires_grad = False
    assert list(model.state_dict()) == ["weight", "bias"]


def test_shared_parameters(device):
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    vars(model)["1"].weight = model[0].weight
    assert list(model.state_dict()) == ["0.weight"]
    one = np.ones((2, 2))
    model.load_state_dict({"0.weight": one, "1.weight": one})  # PyTorch writes both names
    model.load_state_dict({"1.weight": one * 2})
    assert (model[0].weight.detach().numpy() == 2).all()
    with pytest.raises(ValueError, match=r"1\.weight and 0\.weight are one in the model, and differ"):
        model.load_state_dict({"0.weight": one, "1.weight": one * 2})
    assert model.to(np.float64)[0].weight is model[1].weight


def test_modes_reach_every_part():
    model = nn.Sequential(nn.Dropout(0.5), nn.ModuleList([nn.Dropout(0.1)]))
    assert all(module.training for module in model.modules())
    assert model.eval() is model and not any(module.training for module in model.modules())
    assert all(module.training for module in model.train().modules())


def test_names_of_modules():
    model = Tied()
    assert [name for name, _ in model.named_modules()] == ["", "first", "body", "body.0", "body.1"]


def test_containers():
    parts = nn.ModuleList([nn.Linear(1, 1), nn.Tanh()])
    parts.append(nn.Linear(1, 2))
    assert len(parts) == 3 and isinstance(parts[1], nn.Tanh) and [type(p) for p in parts][2] is nn.Linear
    assert list(parts.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    with pytest.raises(TypeError, match="its parts are Modules, not ufunc"):
        nn.Sequential(np.sin)


def test_modules_in_a_plain_list_are_refused():
    model = nn.Module()
    with pytest.raises(TypeError, match=r"nn\.ModuleList"):
        model.layers = [nn.Tanh()]


def test_to_refuses_what_is_neither_a_device_nor_a_dtype():
    for wrong in ("tpu", np.int64, 3):
        with pytest.raises(ValueError, match=r"Linear\.to: .* is neither a device \(cpu.*dtype"):
            nn.Linear(1, 1).to(wrong)


def test_to_a_device(device):
    model = nn.Linear(2, 1).to("cpu")
    assert model.weight.device == "cpu" and model.to(device).weight.device == device
    assert model(tl.Tensor([[1.0, 2.0]])).device == device


def test_a_module_describes_itself():
    model = nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.1))
    assert repr(model) == "Sequential(9 parameters)\n  0: Linear(weight (3, 2), bias (3,))\n  1: Dropout(p=0.1)"
    assert repr(nn.Sequential(nn.Sequential(nn.Tanh()))).splitlines()[-1] == "    0: Tanh()"
