"""Tensor: how it is made, what it answers as a Python object and as an operand, how it leaves the graph."""

import copy
import operator
import pickle

import numpy as np
import pytest

import tinylm as tl
from tinylm import backend


def leaf(values, dtype=np.float64):
    return tl.Tensor(values, requires_grad=True, dtype=dtype)


def host(tensor):
    return tensor.detach().numpy()


# Making one ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("data", "dtype"), [
    (1.5, np.float32), ([1.0, 2.0], np.float32), ([[1, 2.5]], np.float32), (np.ones(2), np.float64), ([], np.float32),
    (np.ones(2, np.float16), np.float16), (np.ones(2, np.float32), np.float32), (np.float64(1), np.float64),
    (3, np.int64), ([1, 2], np.int64), (np.ones(2, np.int32), np.int32), (np.ones(2, np.uint8), np.uint8),
    (True, np.bool_), ([True, False], np.bool_), (np.ones(2, ">f4"), np.float32),
], ids=repr)
def test_float32_by_default_and_given_dtypes_are_kept(device, data, dtype):
    t = tl.Tensor(data)
    assert t.dtype == dtype
    assert t.dtype.isnative
    assert t.device == device
    assert not t.requires_grad
    np.testing.assert_array_equal(t.numpy(), np.asarray(data))


def test_a_dtype_a_device_or_another_tensor_may_be_given(device):
    t = leaf([1.0, 2.0], np.float32)
    wide = tl.Tensor(t, dtype="float64")
    assert wide.dtype == np.float64
    assert not wide.requires_grad
    assert tl.Tensor(t, device="cpu").device == "cpu"
    twin = tl.Tensor(t)
    twin.assign(0.0)
    np.testing.assert_array_equal(host(t), [1, 2])


def test_facts(device):
    t = tl.Tensor(np.zeros((2, 3)))
    assert (t.shape, t.ndim, t.size, len(t), t.device, t.is_leaf) == ((2, 3), 2, 6, 2, device, True)
    assert t.T.shape == t.mT.shape == (3, 2)
    result = leaf([1.0]) * 2
    assert result.requires_grad
    assert not result.is_leaf
    assert result.detach().is_leaf


def test_memory_is_c_contiguous_and_owned(device):
    t = tl.Tensor(backend.to_device(np.arange(6.0).reshape(2, 3).T, device))
    assert t._array.flags.c_contiguous
    assert t._array.base is None


def test_requires_grad_may_be_set_and_taken_back(device):
    t = tl.Tensor([1.0])
    t.requires_grad = True
    t.requires_grad = True
    (t * 2).sum().backward()
    assert t.grad.item() == 2.0
    t.requires_grad = False
    assert not (t * 2).requires_grad


@pytest.mark.parametrize("dtype", [np.int64, np.bool_, np.uint8])
def test_whole_numbers_and_booleans_carry_no_gradient(device, dtype):
    x, n = leaf([1.0, 2.0]), tl.Tensor(np.array([1, 0], dtype))
    assert not n.requires_grad
    assert not (x > 1).requires_grad
    assert not x.astype(np.int64).requires_grad
    assert not x.argmax().requires_grad
    (x * n).sum().backward()
    assert n.grad is None


def test_astype_and_to_carry_the_gradient_back(device):
    x = leaf([1.0, 2.0], np.float32)
    (x.astype(np.float64) * 3).sum().backward()
    assert x.grad.dtype == np.float32
    np.testing.assert_array_equal(host(x.grad), [3, 3])
    x.grad = None
    moved = x.to("cpu")
    assert moved.device == "cpu"
    (moved * 3).sum().backward()
    assert x.grad.device == device
    assert moved.to(device).device == device


# As a Python object ---------------------------------------------------------------------------------------


def test_rule_07_tensors_hash_by_identity(device):
    a, b = tl.Tensor([1.0]), tl.Tensor([1.0])
    assert len({a, b, a}) == 2
    assert {a: "a", b: "b"}[a] == "a"


def test_rule_07_bool_wants_one_element(device):
    assert tl.Tensor([[2.0]])
    assert not tl.Tensor(0.0)
    for t in (tl.Tensor([1.0, 2.0]), tl.Tensor(np.zeros(0))):
        with pytest.raises(ValueError, match=r"neither true nor false: use \.any\(\), \.all\(\) or np\.where"):
            bool(t)


def test_len_and_iteration(device):
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    first, second = x
    (first * 10 + second).sum().backward()
    np.testing.assert_array_equal(host(x.grad), [[10, 10], [1, 1]])
    with pytest.raises(TypeError, match="len: a Tensor of shape"):
        len(tl.Tensor(1.0))
    with pytest.raises(TypeError):
        iter(tl.Tensor(1.0)).__next__()


def test_numbers(device):
    t = tl.Tensor([[2.5]])
    assert (float(t), int(t), t.item(), f"{t:.2f}", t.tolist()) == (2.5, 2, 2.5, "2.50", [[2.5]])
    assert type(tl.Tensor(2).item()) is int
    assert type(tl.Tensor(True).item()) is bool
    assert operator.index(tl.Tensor(2)) == 2
    assert [10, 20, 30][tl.Tensor(1)] == 20
    assert f"{t}" == str(t) == repr(t)
    with pytest.raises(TypeError):
        operator.index(tl.Tensor(2.5))
    with pytest.raises(ValueError, match=r"item: a Tensor of shape \(2,\) has 2 elements"):
        tl.Tensor([1.0, 2.0]).item()


def test_repr_can_be_read(device):
    where = "" if device == "cpu" else f", device={device!r}"
    x = leaf([1.0, 2.5], np.float32)
    assert repr(x) == f"Tensor([1. , 2.5], shape=(2,), float32{where}, requires_grad=True)"
    assert repr(np.tanh(x) * 0) == f"Tensor([0., 0.], shape=(2,), float32{where}, made by multiply)"
    assert repr(tl.Tensor(3)) == f"Tensor(3, shape=(), int64{where})"
    long = repr(tl.Tensor(np.zeros((1000, 1000))))
    assert "..." in long
    assert len(long) < 500


@pytest.mark.parametrize("clone", [copy.deepcopy, copy.copy, lambda t: pickle.loads(pickle.dumps(t))],
                         ids=["deepcopy", "copy", "pickle"])
def test_leaves_are_copied_and_pickled_and_results_refuse(device, clone):
    for t in (leaf([[1.0, 2.0]], np.float16), tl.Tensor([1, 2]), tl.Tensor(1.5)):
        twin = clone(t)
        for fact in ("dtype", "shape", "device", "requires_grad"):
            assert getattr(twin, fact) == getattr(t, fact)
        np.testing.assert_array_equal(host(twin), host(t))
        twin.assign(0)
        assert host(t).any()
    x = leaf([1.0])
    twin = clone(x)
    (twin * x * 3).sum().backward()
    assert twin.grad is not x.grad
    with pytest.raises(RuntimeError, match=r"copying or pickling a Tensor with a graph: detach\(\) it first"):
        clone(x * 2)


def test_copies_keep_their_device_whatever_the_default_is(device):
    here = tl.Tensor([1.0], device="cpu")
    assert pickle.loads(pickle.dumps(here)).device == "cpu"
    assert copy.deepcopy(here).device == "cpu"
    assert here.copy().device == "cpu"
    assert here.detach().device == "cpu"


# Out of the graph -------------------------------------------------------------------------------------------


def test_numpy_gives_a_copy_on_the_host(device):
    t = tl.Tensor([1.0, 2.0])
    out = t.numpy()
    assert type(out) is np.ndarray
    out[:] = 9.0
    np.testing.assert_array_equal(t.numpy(), [1, 2])


def test_asarray_works_where_nothing_is_lost():
    t = tl.Tensor([1.0, 2.0], device="cpu")
    np.testing.assert_array_equal(np.asarray(t), [1, 2])
    assert np.asarray(t, dtype=np.float64).dtype == np.float64
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(t)[0] = 5.0
    with pytest.raises(TypeError, match=r"np\.asarray: .*'foreign'.*t\.numpy\(\)"):
        np.asarray(tl.Tensor([1.0], device="foreign"))


def test_detach_shares_memory_copy_does_not(device):
    x = leaf([1.0, 2.0])
    shared, own = x.detach(), x.copy()
    x.assign([5.0, 6.0])
    np.testing.assert_array_equal(host(shared), [5, 6])
    np.testing.assert_array_equal(host(own), [1, 2])
    y = x * 2
    assert not y.detach().requires_grad
    assert y.requires_grad


def test_assign_checks_shape_and_leaf(device):
    x = leaf([1.0, 2.0])
    x.assign(tl.Tensor([3.0, 4.0]))
    x.assign(np.array([5.0, 6.0]))
    np.testing.assert_array_equal(host(x), [5, 6])
    with pytest.raises(ValueError, match=r"assign: values of shape \(3,\) for a Tensor of shape \(2,\)"):
        x.assign([1.0, 2.0, 3.0])
    with pytest.raises(RuntimeError, match=r"assign: .*result of an operation.*t\.copy\(\)"):
        (x * 2).assign(0.0)


# Operators ----------------------------------------------------------------------------------------------------

ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.floordiv, operator.mod]
COMPARISONS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]


@pytest.mark.parametrize("f", [*ARITHMETIC, *COMPARISONS], ids=lambda f: f.__name__)
def test_operators_give_what_numpy_gives_on_either_side(device, f):
    a, b = np.array([1.5, 2.0, 3.0], np.float32), np.array([2.0, 2.0, 0.5], np.float32)
    t, u, plain = tl.Tensor(a), tl.Tensor(b), backend.to_device(b, device)
    for got, wanted in [(f(t, u), f(a, b)), (f(t, 2.0), f(a, 2.0)), (f(2.0, t), f(2.0, a)), (f(t, plain), f(a, b)),
                        (f(plain, t), f(b, a)), (f(t, np.float32(2)), f(a, np.float32(2))),
                        (f(np.float32(2), t), f(2.0, a))]:
        assert type(got) is tl.Tensor
        assert got.dtype == wanted.dtype
        np.testing.assert_allclose(host(got), wanted, rtol=1e-6)


@pytest.mark.parametrize("f", ARITHMETIC[:5], ids=lambda f: f.__name__)
def test_operators_have_gradients_on_either_side(device, f):
    a, b, h = np.array([1.5, 2.0, 3.0]), np.array([2.0, 2.5, 0.5]), 1e-6
    x, plain = leaf(a), backend.to_device(b, device)
    left, = tl.grad(f(x, plain).sum(), [x])
    right, = tl.grad(f(plain, x).sum(), [x])
    np.testing.assert_allclose(host(left), (f(a + h, b) - f(a - h, b)) / (2 * h), rtol=1e-6)
    np.testing.assert_allclose(host(right), (f(b, a + h) - f(b, a - h)) / (2 * h), rtol=1e-6)


def test_rule_07_ndarray_on_the_left_makes_a_tensor(device):
    t, ones = leaf([1.0, 2.0, 3.0], np.float32), backend.to_device(np.ones(3, np.float32), device)
    y = ones * t
    assert type(y) is tl.Tensor
    assert y.requires_grad
    matrix = backend.to_device(np.ones((2, 3), np.float32), device)
    np.testing.assert_array_equal(host(matrix @ t), [6, 6])
    np.testing.assert_array_equal(host(tl.grad((matrix @ t).sum(), t)), [2, 2, 2])
    assert (t @ t).item() == 14.0


def test_unary_and_logical_operators(device):
    t, a, b = tl.Tensor([-1.0, 2.0]), tl.Tensor([True, False]), tl.Tensor([True, True])
    np.testing.assert_array_equal(host(-t), [1, -2])
    np.testing.assert_array_equal(host(abs(t)), [1, 2])
    assert +t is t
    for got, wanted in [(a & b, [True, False]), (a | b, [True, True]), (a ^ b, [False, True]), (~a, [False, True])]:
        assert got.dtype == np.bool_
        np.testing.assert_array_equal(host(got), wanted)


def test_comparison_with_what_is_no_number(device):
    t = tl.Tensor([1.0])
    assert (t == None) is False  # noqa: E711
    assert (t != "text") is True
    np.testing.assert_array_equal(host(t == [1.0]), [True])


def test_rule_07_augmented_assignment_rebinds(device):
    t = leaf([1.0, 2.0])
    before = t
    t += 1.0
    t *= leaf([2.0, 2.0])
    t -= 1.0
    t /= 2.0
    assert t is not before
    np.testing.assert_array_equal(host(before), [1, 2])
    np.testing.assert_array_equal(host(t), [1.5, 2.5])
    np.testing.assert_array_equal(host(tl.grad(t.sum(), before)), [1, 1])


def test_rule_07_a_plain_array_is_not_added_to_in_place(device):
    x, t = backend.to_device(np.ones(2), device), leaf([1.0, 2.0])
    with pytest.raises(TypeError, match=r"np\.add: Tensors cannot be written into .*x = x \+ t"):
        x += t
    x = x + t
    assert type(x) is tl.Tensor


# NumPy's functions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [
    np.tanh, np.exp, np.sum, np.mean, np.transpose, np.ravel, np.negative, np.absolute, np.sign, np.floor, np.isnan,
    lambda t: np.concatenate([t, t], axis=1), lambda t: np.stack((t, t)), lambda t: np.where(t > 2, t, 0.0),
    lambda t: np.split(t, 3, axis=1)[1], lambda t: np.matmul(t, np.transpose(t)), lambda t: np.maximum(t, 2.5),
    lambda t: np.einsum("ij,ij->i", t, t), lambda t: np.clip(t, 1, 2), lambda t: np.argmax(t, axis=1), np.shape,
    np.ndim, np.linalg.norm, lambda t: t.reshape(3, 2), lambda t: t.reshape((3, -1)), lambda t: t.transpose(1, 0),
    lambda t: t.transpose(), lambda t: t.sum(axis=0), lambda t: t.max(), lambda t: t.flatten(),
    lambda t: t.swapaxes(0, 1), lambda t: t.any(), lambda t: t.all(axis=0), lambda t: t.take([0, 1]),
    lambda t: t.repeat(2), lambda t: t[:, None].squeeze(1), np.zeros_like, lambda t: np.array_equal(t, t),
    lambda t: np.allclose(t, t),
])
def test_numpy_functions_and_methods_give_what_numpy_gives(device, f):
    a = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 0.5]])
    got, wanted = f(tl.Tensor(a)), f(a)
    if isinstance(got, tl.Tensor):
        assert got.device == device
        got = host(got)
    assert np.shape(got) == np.shape(wanted)
    np.testing.assert_allclose(got, wanted, rtol=1e-12)


def test_scipys_erf_is_answered(device):
    special = pytest.importorskip("scipy.special")
    x = leaf([0.5])
    special.erf(x).sum().backward()
    np.testing.assert_allclose(host(x.grad), 2 / np.sqrt(np.pi) * np.exp(-0.25))


def test_indexing_with_everything(device):
    a = np.arange(24.0).reshape(2, 3, 4)
    x = leaf(a)
    ids, mask = np.array([0, -1, 0]), a > 11
    for index in (0, -1, slice(1, None), (..., 1), (None, 0), (0, slice(None), [1, 1]), (slice(None), ids),
                  (slice(None), ids, ids), mask, (0, np.array([True, False, True])), (ids[:2, None], ids), (1, 2, 3),
                  np.array(1), ([0, 1], [2, 0])):
        y = x[index]
        np.testing.assert_array_equal(host(y), a[index])
        weights = np.random.default_rng(0).normal(size=y.shape)
        expected = np.zeros_like(a)
        np.add.at(expected, index, weights)
        np.testing.assert_allclose(host(tl.grad(y, x, weights)), expected)


def test_indexing_with_tensors(device):
    x = leaf([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(host(x[tl.Tensor([2, 0])]), [3, 1])
    np.testing.assert_array_equal(host(x[x > 1.5]), [2, 3])
    np.testing.assert_array_equal(host(x[tl.Tensor(1)]), 2)
    np.testing.assert_array_equal(host(tl.grad(x[x > 1.5].sum(), x)), [0, 1, 1])


# Calls that look right ---------------------------------------------------------------------------------------------


def test_bitwise_operators_are_bitwise():
    assert (tl.Tensor([6]) & 3).tolist() == [2] and (~tl.Tensor([6])).tolist() == [-7]
    assert (tl.Tensor([6]) | 1).tolist() == [7] and (tl.Tensor([6]) ^ 3).tolist() == [5]
    assert (~(tl.Tensor([1.0]) > 0)).tolist() == [False]
    with pytest.raises(TypeError, match="bitwise_and"):
        tl.Tensor([1.0]) & tl.Tensor([1.0])


def test_tuples_compare_as_lists_do():
    assert (tl.Tensor([1.0, 2.0]) == (1.0, 3.0)).tolist() == [True, False]


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda t: tl.Tensor([1.0], np.float64), TypeError, "requires_grad is True or False.*dtype=np.float64"),
    (lambda t: t.astype(complex), TypeError, "astype: complex128 is not one of float16"),
    (lambda t: t + 1j, TypeError, "add: the number 1j is complex"),
    (lambda t: t.ravel("F"), TypeError, "reshape: order='F' is not supported"),
    (lambda t: t + [[1.0], [1.0, 2.0]], ValueError, "add: .*inhomogeneous"),
    (lambda t: t + [1.0, 2.0], ValueError, r"add: shapes \(3,\) and \(2,\) do not broadcast"),
    (lambda t: np.broadcast_to(t, (2, 4)), ValueError, r"broadcast_to: shape \(3,\) does not broadcast to \(2, 4\)"),
    (lambda t: t @ 2, ValueError, "matmul: .*numbers multiply with"),
    (lambda t: t.sum(axis=[0]), TypeError, r"sum: several axes are given as a tuple: axis=\(0,\)"),
    (lambda t: tl.Tensor([t, t]), TypeError, r"np\.stack"),
    (lambda t: np.einsum(t, [0], [0]), TypeError, "einsum: the subscripts come first, as a string"),
    (lambda t: tl.grad(t.sum(), None), TypeError, "grad: inputs are Tensors, number 0 is NoneType"),
    (lambda t: tl.grad(1.0, t), TypeError, "grad: outputs are Tensors, number 0 is float"),
    (lambda t: tl.grad([t.sum(), t.sum()], t, [1.0]), ValueError, "grad: 2 outputs and 1 gradients"),
    (lambda t: np.round(t, out=np.zeros(3)), TypeError, r"round: Tensors cannot be written into \(out=\)"),
    (lambda t: np.linalg.inv(tl.Tensor(np.zeros((2, 2)))), np.linalg.LinAlgError, "inv: Singular matrix"),
])
def test_a_wrong_call_is_explained(call, error, message):
    with pytest.raises(error, match=message):
        call(tl.Tensor([1.0, 2.0, 3.0], requires_grad=True))


@pytest.mark.parametrize("call", [
    lambda v: np.dot(2.0, v), lambda v: np.dot(v, 3), lambda v: np.einsum("i,->i", v, 2.0),
    lambda v: np.transpose(v, 0),
    lambda v: np.roll(v, np.array(2)), lambda v: np.copy(a=v), lambda v: np.squeeze(v) * v,
])
def test_forms_that_numpy_takes_have_gradients(call):
    assert tl.gradcheck(call, np.array([0.5, -1.0, 2.0]), order=2)


def test_a_numpy_number_is_a_gradient():
    x = tl.Tensor([1.0, 2.0], requires_grad=True)
    x.sum().backward(np.float64(2))
    assert x.grad.tolist() == [2, 2]
