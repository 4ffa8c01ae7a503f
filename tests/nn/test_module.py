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
