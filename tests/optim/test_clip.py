import math

import numpy as np
import pytest

import tinylm as tl
from tinylm import optim
from tinylm.optim.gradients import side_by_side
from tinylm.tensor import wrap


def given(*gradients, dtype=np.float32):
    """Parameters with these gradients."""
    params = []
    for gradient in gradients:
        params.append(tl.Tensor(np.zeros(np.shape(gradient)), requires_grad=True, dtype=dtype))
        params[-1].grad = tl.Tensor(gradient, dtype=dtype)
    return params


def test_by_norm(device):
    params = [*given([3.0, 0.0], [[4.0]]), tl.Tensor([1.0], requires_grad=True)]  # the last has no gradient
    norm = optim.clip_grad_norm_(params, 1.0)
    assert isinstance(norm, tl.Tensor) and norm.shape == () and norm.item() == 5 and norm.device == device
    assert params[0].grad.tolist() == pytest.approx([0.6, 0]) and params[1].grad.tolist()[0] == pytest.approx([0.8])
    assert params[2].grad is None


def test_a_short_gradient_stays(device):
    (x,) = given([3.0, 4.0])
    assert optim.clip_grad_norm_(x, 5.1).item() == 5 and x.grad.tolist() == [3, 4]
    assert optim.clip_grad_norm_([x], math.inf).item() == 5 and x.grad.tolist() == [3, 4]


@pytest.mark.parametrize("p", [1, 2, 3.5, math.inf])
def test_other_norms(p, device):
    params = given([3.0, -1.0], [[2.0, -4.0]])
    expected = np.linalg.norm([3, -1, 2, -4], p)
    assert optim.clip_grad_norm_(params, 2.0, p).item() == pytest.approx(expected, rel=1e-6)
    left = [*params[0].grad.tolist(), *params[1].grad.tolist()[0]]
    assert left == pytest.approx(np.array([3, -1, 2, -4]) * 2 / expected, rel=1e-5)


def test_gradients_may_be_handed_in(device):
    x = tl.Tensor([3.0, 4.0], requires_grad=True)
    gradients = tl.grad((x * x).sum(), [x])
    assert optim.clip_grad_norm_([x], 1.0, gradients=gradients).item() == 10
    assert gradients[0].tolist() == pytest.approx([0.6, 0.8]) and x.grad is None and x.tolist() == [3, 4]
    optim.clip_grad_value_([x], 0.7, gradients=gradients)
    assert gradients[0].tolist() == pytest.approx([0.6, 0.7])


def test_by_value(device):
    params = given([3.0, -0.5], [[-4.0, 1.0]])
    optim.clip_grad_value_(params, 1.0)
    assert [p.grad.tolist() for p in params] == [[1, -0.5], [[-1, 1]]]


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # 0 · inf
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_no_number(bad, device):
    params = given([3.0], [bad])
    with pytest.raises(RuntimeError, match=f"norm of the gradients is {bad}.*tl.detect_anomaly"):
        optim.clip_grad_norm_(params, 1.0, error_if_nonfinite=True)
    assert params[0].grad.item() == 3  # left as it was
    assert not math.isfinite(optim.clip_grad_norm_(params, 1.0).item())


def test_float16_does_not_overflow():
    (x,) = given(np.full(100, 200.0), dtype=np.float16)
    assert optim.clip_grad_norm_([x], 1.0).item() == 2000 and x.grad.dtype == np.float16
    assert x.grad.tolist() == pytest.approx([0.1] * 100, rel=1e-3)


def test_errors():
    (x,) = given([1.0])
    for wrong in ({"max_norm": -1.0}, {"max_norm": math.nan}, {"max_norm": 1.0, "norm_type": 0}):
        with pytest.raises(ValueError, match="clip_grad_norm_: max_norm="):
            optim.clip_grad_norm_([x], **wrong)
    with pytest.raises(ValueError, match="clip_value=-1"):
        optim.clip_grad_value_([x], -1.0)
    with pytest.raises(ValueError, match="clip_grad_value_: no parameters given"):
        optim.clip_grad_value_([], 1.0)
    with pytest.raises(RuntimeError, match="clip_grad_norm_: none of the 1 parameters has a gradient"):
        optim.clip_grad_norm_([tl.Tensor([1.0], requires_grad=True)], 1.0)
    with pytest.raises(ValueError, match="2 gradients for 1 parameters"):
        optim.clip_grad_norm_([x], 1.0, gradients=[x.grad, x.grad])


@pytest.mark.parametrize("p", [1, 2, math.inf])
def test_gradients_that_fill_one_array_are_one_vector(p):
    flat = np.array([3.0, -1.0, 2.0, -4.0, 0.5], np.float32)
    parts = lambda array: [wrap(array[:4].reshape(2, 2), None, 0, [0]), wrap(array[4:], None, 0, [0])]
    x, y = (tl.Tensor(np.zeros(shape, np.float32), requires_grad=True) for shape in ((2, 2), (1,)))
    one, other = parts(flat.copy()), [tl.Tensor(part) for part in parts(flat)]
    assert [array.shape for array in side_by_side(one)] == [(5,)] and len(side_by_side(other)) == 2
    norms = [optim.clip_grad_norm_([x, y], 2.0, p, gradients=each).item() for each in (one, other)]
    assert norms[0] == pytest.approx(norms[1]) == pytest.approx(np.linalg.norm(flat, p))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a.data, b.data, rtol=1e-6)
        assert a._version == [1]


def test_others_are_not():
    flat = np.arange(6.0, dtype=np.float32)
    views = lambda *arrays: [wrap(array, None, 0, [0]) for array in arrays]
    assert len(side_by_side(views(flat[:3], flat[3:]))) == 1
    for case in ((flat[:3], flat[3:5]), (flat[3:], flat[:3]), (flat[:3], flat[:3]), (flat[::2], flat[1::2]),
                 (flat[:3], flat[3:].view(np.int32)), (flat.reshape(2, 3).T, flat[:0]), (flat[1:3], flat[3:])):
        assert len(side_by_side(views(*case))) == 2
