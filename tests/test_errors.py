"""Bad input gets an error that names the operation, the shapes or values, and the way out.

Every case is a call and a pattern of its message; where the input lives on a device, on every device.
"""

import numpy as np
import pytest

import tinylm as tl
from tinylm import backend, ops


def leaf(values, dtype=np.float64):
    return tl.Tensor(values, requires_grad=True, dtype=dtype)


def ones(*shape):
    return tl.Tensor(np.ones(shape), requires_grad=True)


def twice():
    loss = ones(2).sum()
    loss.backward()
    loss.backward()


def written():
    x = ones(2)
    loss = (x * x).sum()
    x.assign(0.0)
    loss.backward()


AXIS = (ValueError, IndexError)  # NumPy's AxisError is both

CASES = {
    # Gradients
    "requires_grad on integers": (
        lambda: tl.Tensor([1, 2], requires_grad=True), TypeError, r"requires_grad: .*int64.*t\.astype\(np\.float32\)"),
    "requires_grad on booleans": (
        lambda: tl.Tensor([True], requires_grad=True), TypeError, r"requires_grad: .*bool.*astype"),
    "requires_grad set on integers": (
        lambda: setattr(tl.Tensor([1]), "requires_grad", True), TypeError, r"requires_grad: .*int64.*astype"),
    "requires_grad taken from a result": (
        lambda: setattr(ones(1) * 2, "requires_grad", False), RuntimeError,
        r"requires_grad: .*a result; t\.detach\(\)"),
    "backward on many elements": (
        lambda: ones(2, 3).backward(), ValueError,
        r"backward: .*\(2, 3\) needs a `gradient` of that shape.*\.mean\(\)"),
    "grad of many elements": (lambda: tl.grad(x := ones(2, 3), x), ValueError, r"\(2, 3\) needs a `gradient`"),
    "a gradient of the wrong shape": (
        lambda: ones(2, 3).backward(np.ones(3)), ValueError,
        r"backward: a gradient of shape \(3,\) for a Tensor of shape \(2, 3\)"),
    "a gradient of the wrong dtype": (
        lambda: ones(3).backward(np.ones(3, np.float32)), TypeError,
        r"backward: .*float32.*float64.*\.astype\(np\.float64\)"),
    "backward without a graph": (
        lambda: tl.Tensor(1.0).backward(), RuntimeError,
        r"backward: .*no graph.*requires_grad=True.*no_grad\(\) or detached"),
    "backward of a detached result": (lambda: ones(2).sum().detach().backward(), RuntimeError, "backward: .*no graph"),
    "backward twice": (twice, RuntimeError, r"backward: .*sum was freed.*Run the forward again.*retain_graph=True"),
    "a saved array written to": (written, RuntimeError, r"backward: .*multiply saved was written to.*copy\(\)"),
    # Leaving the graph
    "numpy() of what needs a gradient": (
        lambda: ones(2).numpy(), RuntimeError, r"numpy\(\): .*t\.detach\(\)\.numpy\(\)"),
    "np.asarray of what needs a gradient": (
        lambda: np.asarray(ones(2)), RuntimeError, r"np\.asarray: .*t\.detach\(\)\.numpy\(\)"),
    "np.array of what needs a gradient": (lambda: np.array(ones(2) * 2), RuntimeError, r"t\.detach\(\)\.numpy\(\)"),
    # As a Python object
    "if t:": (
        lambda: bool(ones(2)), ValueError,
        r"shape \(2,\) is neither true nor false: use \.any\(\), \.all\(\) or np\.where"),
    "if t == u:": (lambda: bool(ones(2) == ones(2)), ValueError, "neither true nor false"),
    "t[i] = v": (
        lambda: ones(2).__setitem__(0, 1.0), TypeError,
        r"t\[i\] = v: .*np\.where\(mask, v, t\).*t\.assign\(values\)"),
    "a function with no rule": (
        lambda: np.median(ones(2)), TypeError,
        r"np\.median: no derivative is registered.*@tl\.primitive\(np\.median\).*detach"),
    # Shapes
    "matmul": (lambda: ones(2, 3) @ ones(2, 3), ValueError, r"matmul: .*\(2, 3\) and \(2, 3\).*\(3\).*\(2\).*b\.mT"),
    "matmul of batches": (
        lambda: ones(5, 2, 3) @ ones(5, 4, 2), ValueError, r"matmul: .*\(5, 2, 3\) and \(5, 4, 2\).*\(3\).*\(4\)"),
    "matmul with batches that differ": (
        lambda: ones(5, 2, 3) @ ones(4, 3, 2), ValueError, r"matmul: .*\(5, 2, 3\).*\(4, 3, 2\)"),
    "matmul of a number": (lambda: ones() @ ones(2), ValueError, r"matmul: .*x1 \(\).*x2 \(2,\)"),
    "dot": (lambda: np.dot(ones(3), ones(2)), ValueError, r"dot: .*\(3,\) and \(2,\)"),
    "broadcasting": (
        lambda: ones(2, 3) + ones(2), ValueError,
        r"add: shapes \(2, 3\) and \(2,\) do not broadcast.*axis -1 has 2 and 3"),
    "broadcasting in where": (
        lambda: np.where(ones(2, 3) > 0, ones(3), ones(4)), ValueError, r"where: .*\(2, 3\).*\(3,\).*\(4,\)"),
    "broadcast_to": (lambda: np.broadcast_to(ones(3), (3, 2)), ValueError, r"broadcast_to: .*\(3, ?\).*\(3, 2\)"),
    "einsum operands": (
        lambda: np.einsum("ij,jk->ik", ones(2, 3)), ValueError, r"einsum: 'ij,jk->ik' names 2 operands, 1 are given"),
    "einsum axes": (lambda: np.einsum("ij->", ones(2, 3, 4)), ValueError, r"einsum: 'ij' .*\(2, 3, 4\)"),
    "einsum sizes": (
        lambda: np.einsum("ij,jk->ik", ones(2, 3), ones(4, 2)), ValueError, r"(einsum|contract): .*\(2, 3\).*\(4, 2\)"),
    "concatenate": (
        lambda: np.concatenate([ones(2, 3), ones(2)]), ValueError,
        r"concatenate: .*arrays\[0\] \(2, 3\).*arrays\[1\] \(2,\)"),
    "stack": (lambda: np.stack([ones(2), ones(3)]), ValueError, r"stack: .*arrays\[0\] \(2,\).*arrays\[1\] \(3,\)"),
    "split": (lambda: np.split(ones(5), 2), ValueError, r"split: .*\(5,\).*indices_or_sections=2"),
    "reshape": (
        lambda: ones(2, 3).reshape(4, 2), ValueError, r"reshape: .*\(2, 3\), which has 6 elements, into \(4, 2\).*-1"),
    "reshape with two unknown sizes": (
        lambda: ones(2, 3).reshape(-1, -1), ValueError, r"reshape: .*\(2, 3\).*\(-1, -1\)"),
    "squeeze": (lambda: np.squeeze(ones(2, 3), 0), ValueError, r"squeeze: .*\(2, 3\).*axis=0"),
    "inv of a matrix that is not square": (lambda: np.linalg.inv(ones(2, 3)), Exception, r"inv: .*\(2, 3\)"),
    "inv of a singular matrix": (lambda: np.linalg.inv(ones(2, 2)), Exception, r"inv: .*[Ss]ingular"),
    "ragged lists": (lambda: tl.Tensor([[1.0, 2.0], [3.0]]), ValueError, r"Tensor: .*same length.*pad"),
    "a list of strings": (lambda: tl.Tensor(["a"]), TypeError, r"Tensor: <U1 is not one of float16, float32, float64"),
    "complex numbers": (lambda: tl.Tensor(1j), TypeError, r"Tensor: complex128 is not one of"),
    # Axes
    "sum": (lambda: np.sum(ones(2, 3), axis=2), AXIS, r"sum: axis 2 is out of bounds.*shape \(2, 3\) are -2 to 1"),
    "mean over several": (lambda: np.mean(ones(2, 3), axis=(0, -3)), AXIS, r"mean: .*-3.*shape \(2, 3\) are -2 to 1"),
    "the same axis twice": (lambda: np.sum(ones(2, 3), axis=(0, 0)), ValueError, r"sum: .*axis=\(0, 0\)"),
    "max of a number": (lambda: np.max(ones(), axis=1), AXIS, r"max: .*no axes"),
    "std": (lambda: np.std(ones(2, 3), axis=2), AXIS, r"std: .*axis 2.*\(2, 3\)"),
    "prod": (lambda: np.prod(ones(2, 3), axis=2), AXIS, r"prod: .*axis 2.*\(2, 3\)"),
    "norm": (lambda: np.linalg.norm(ones(2, 3), axis=2), AXIS, r"norm: .*axis 2.*\(2, 3\)"),
    "softmax": (lambda: ops.softmax(ones(2, 3), 2), AXIS, r"softmax: .*axis 2.*\(2, 3\)"),
    "log_softmax": (lambda: ops.log_softmax(ones(2, 3), -3), AXIS, r"log_softmax: .*axis -3.*\(2, 3\)"),
    "logsumexp": (lambda: ops.logsumexp(ones(2, 3), 2), AXIS, r"logsumexp: .*axis 2.*\(2, 3\)"),
    "cumsum": (lambda: np.cumsum(ones(2, 3), 2), AXIS, r"cumsum: .*axis 2.*\(2, 3\)"),
    "sort": (lambda: np.sort(ones(2, 3), 2), AXIS, r"sort: .*axis 2.*\(2, 3\)"),
    "argmax": (lambda: ones(2, 3).argmax(2), AXIS, r"argmax: .*axis 2.*\(2, 3\)"),
    "transpose": (lambda: ones(2, 3).transpose(0, 2), AXIS, r"transpose: .*axis 2.*\(2, 3\)"),
    "transpose with too few axes": (lambda: ones(2, 3).transpose(0), ValueError, r"transpose: .*\(2, 3\).*axes=0"),
    "swapaxes": (lambda: ones(2, 3).swapaxes(0, 2), AXIS, r"swapaxes: .*\(2, 3\)"),
    "moveaxis": (lambda: np.moveaxis(ones(2, 3), 2, 0), AXIS, r"moveaxis: .*axis 2.*\(2, 3\)"),
    "expand_dims": (lambda: np.expand_dims(ones(2, 3), 4), AXIS, r"expand_dims: .*4.*\(2, 3\)"),
    "concatenate along": (lambda: np.concatenate([ones(2), ones(2)], 1), AXIS, r"concatenate: .*axis 1.*\(2,\)"),
    "stack along": (lambda: np.stack([ones(2), ones(2)], 3), AXIS, r"stack: .*axis 3.*\(2,\)"),
    "flip": (lambda: np.flip(ones(2), 1), AXIS, r"flip: .*axis 1.*\(2,\)"),
    "repeat": (lambda: np.repeat(ones(2), 2, 1), AXIS, r"repeat: .*axis 1.*\(2,\)"),
    "take along": (lambda: np.take(ones(2), [0], 1), AXIS, r"take: .*1.*\(2,\)"),
    # Indices: NumPy looks for itself, a GPU would wrap around
    "an integer": (lambda: ones(3, 2)[3], IndexError, r"getitem: .*3.*x \(3, 2\)"),
    "a negative integer": (lambda: ones(3, 2)[:, -3], IndexError, r"getitem: .*-3.*axis 1.*x \(3, 2\)"),
    "an array": (
        lambda: ones(3, 2)[np.array([0, 3])], IndexError, r"getitem: .*3 is out of bounds for axis 0 with size 3"),
    "a negative entry": (
        lambda: ones(3, 2)[np.array([0, -4])], IndexError, r"getitem: .*-4.*out of bounds for axis 0 with size 3"),
    "a list": (lambda: ones(3, 2)[:, [0, 5]], IndexError, r"getitem: .*5.*out of bounds for axis 1 with size 2"),
    "a Tensor": (
        lambda: ones(3, 2)[tl.Tensor([0, 7])], IndexError, r"getitem: .*7.*out of bounds for axis 0 with size 3"),
    "several arrays": (
        lambda: ones(3, 2)[np.array([0]), np.array([2])], IndexError,
        r"getitem: .*2.*out of bounds for axis 1 with size 2"),
    "after an ellipsis": (
        lambda: ones(3, 2, 4)[..., [4]], IndexError, r"getitem: .*4.*out of bounds for axis 2 with size 4"),
    "after a mask": (
        lambda: ones(2, 2, 4)[np.ones((2, 2), bool), np.array([0, 1, 2, 9])], IndexError,
        r"getitem: .*9.*out of bounds"),
    "after a new axis": (
        lambda: ones(3)[None, [3]], IndexError, r"getitem: .*3 is out of bounds for axis 0 with size 3"),
    "too many": (lambda: ones(3)[0, 0], IndexError, r"getitem: .*too many indices.*x \(3,\)"),
    "floats": (lambda: ones(3)[np.array([0.0, 1.0])], IndexError, r"getitem: .*integer.*\.astype\(np\.int64\)"),
    "a float": (lambda: ones(3)[1.5], IndexError, r"getitem: .*integer"),
    "a mask of another shape": (lambda: ones(3)[np.array([True, False])], IndexError, r"getitem: .*3.*2"),
    "take": (lambda: np.take(ones(3, 2), [0, 6]), IndexError, r"take: .*6.*out of bounds"),
    "take rows": (lambda: np.take(ones(3, 2), np.array([3]), 0), IndexError, r"take: .*3.*out of bounds"),
    "take one": (lambda: np.take(ones(3, 2), 3, 0), IndexError, r"take: .*3.*out of bounds"),
    "take by floats": (
        lambda: np.take(ones(3), [0.0]), TypeError, r"take: indices are integers, not float64.*\.astype\(np\.int64\)"),
    "take by booleans": (
        lambda: np.take(ones(3), [True, False]), TypeError, r"take: indices are integers, not bool.*astype"),
    "take_along_axis": (
        lambda: np.take_along_axis(ones(2, 3), tl.Tensor([[0], [3]]), 1), IndexError,
        r"take_along_axis: .*3.*out of bounds"),
    "take_along_axis flat": (
        lambda: np.take_along_axis(ones(2, 3), tl.Tensor([0, 6]), None), IndexError,
        r"take_along_axis: .*6.*out of bounds"),
    "take_along_axis by floats": (
        lambda: np.take_along_axis(ones(2, 3), tl.Tensor([[0.0], [1.0]]), 1), TypeError,
        r"take_along_axis: indices are integers"),
    "scatter_add": (
        lambda: ops.scatter_add(ones(2), tl.Tensor([0, 5]), (3,)), IndexError, r"scatter_add: .*5.*out of bounds"),
    # Ids
    "an id too large": (
        lambda: ops.embedding(tl.Tensor([[0, 1], [2, 5]]), ones(5, 2)), IndexError,
        r"embedding: id 5 at position \(1, 1\) is outside 0 to 4"),
    "a negative id": (
        lambda: ops.embedding(tl.Tensor([0, -1]), ones(5, 2)), IndexError,
        r"embedding: id -1 at position \(1,\).*never negative"),
    "ids in a list": (lambda: ops.embedding([0, 9], ones(5, 2)), IndexError, r"embedding: id 9 at position \(1,\)"),
    "floats as ids": (
        lambda: ops.embedding(tl.Tensor([0.0]), ones(5, 2)), TypeError, r"embedding: .*integers, not float32.*astype"),
    "booleans as ids": (
        lambda: ops.embedding(tl.Tensor([True]), ones(5, 2)), TypeError, r"embedding: .*integers, not bool.*astype"),
    "one_hot too large": (
        lambda: ops.one_hot(tl.Tensor([0, 3]), 3), IndexError, r"one_hot: id 3 at position \(1,\) is outside 0 to 2"),
    "one_hot negative": (lambda: ops.one_hot(tl.Tensor([-1]), 3), IndexError, r"one_hot: id -1.*never negative"),
    "one_hot of floats": (
        lambda: ops.one_hot(tl.Tensor([1.0]), 3), TypeError, r"one_hot: .*integers, not float32.*astype"),
    "one_hot of booleans": (
        lambda: ops.one_hot(tl.Tensor([True]), 3), TypeError, r"one_hot: .*integers, not bool.*astype"),
    # Dtypes
    "float32 meets float64": (
        lambda: ones(2) * leaf([1.0, 2.0], np.float32), TypeError,
        r"multiply: float(32|64) meets float(32|64) \(x1 is float64, x2 is float32\).*x\d\.astype\(np\.float(32|64)\)"),
    "float32 meets float64 in a list": (
        lambda: np.concatenate([ones(2), leaf([1.0], np.float32)]), TypeError,
        r"concatenate: .*arrays\[0\] is float64, arrays\[1\] is float32.*astype"),
    # What has no derivative
    "a matrix norm": (lambda: np.linalg.norm(ones(2, 2), 2), ValueError, r"norm: ord=2 over 2 axes.*\"fro\""),
    "pad by reflection": (lambda: np.pad(ones(2), 1, "reflect"), ValueError, r"pad: mode 'reflect'.*'constant'"),
    "gelu": (lambda: ops.gelu(ones(2), "sigmoid"), ValueError, r"gelu: approximate is 'none' or 'tanh', not 'sigmoid'"),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_gets_a_clear_error(device, case):
    call, kind, message = CASES[case]
    with pytest.raises(kind, match=f"(?s){message}") as caught:
        call()
    assert "foreign." not in str(caught.value)
    if device != "cpu":
        assert "ForeignArray" not in str(caught.value), "an error speaks of Tensors, not of the library beneath"


def test_an_index_in_range_is_no_error(device):
    x = ones(3, 2)
    for index in (np.array([-3, 2]), (slice(None), [-2, 1]), (..., np.array([-2])), np.zeros(0, int), []):
        x[index].sum().backward()


# Devices that meet ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", [
    lambda a, b: a + b, lambda a, b: b * a, lambda a, b: a @ b, lambda a, b: np.concatenate([a, b]),
    lambda a, b: np.where(b > 0, a, a), lambda a, b: np.einsum("i,i->", a, b), lambda a, b: a == b, np.maximum,
], ids=["add", "multiply", "matmul", "concatenate", "where", "einsum", "equal", "maximum"])
@pytest.mark.parametrize("plain", [False, True], ids=["Tensor", "ndarray"])
def test_two_devices_that_meet_are_both_named_with_the_way_out(call, plain):
    there, here = tl.Tensor([1.0, 2.0], device="foreign"), tl.Tensor([1.0, 2.0], device="cpu")
    here = here.numpy() if plain else here
    with pytest.raises(TypeError, match=r"'foreign'.*'cpu'.*\.to\("):
        call(there, here)


def test_a_gradient_on_another_device_is_refused():
    x = tl.Tensor([1.0], requires_grad=True, device="foreign")
    with pytest.raises(TypeError, match=r"backward: a gradient on 'cpu' for a Tensor on 'foreign'.*\.to\('foreign'\)"):
        (x * 2).backward(tl.Tensor([1.0], device="cpu"))


# Anomalies ---------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("forward", "message"), [
    (lambda x: np.exp(np.log(x)).sum(), r"log: made NaN out of finite numbers, in a result of shape \(3,\)"),
    (lambda x: np.tanh(1 / (x + 1)) * 2, r"divide: made infinity out of finite"),
    (lambda x: np.exp(x * 1e4) * 0, r"exp: made infinity"),
    (lambda x: np.split(np.sqrt(x), 3)[0], r"sqrt: made NaN"),
], ids=["log", "divide", "exp", "sqrt"])
def test_detect_anomaly_names_the_first_operation_that_made_it(device, forward, message):
    x = leaf([-1.0, 0.5, 2.0])
    forward(x)  # silent without
    with tl.detect_anomaly(), pytest.raises(FloatingPointError, match=message):
        forward(x)
    with tl.detect_anomaly(), tl.no_grad(), pytest.raises(FloatingPointError, match=message):
        forward(x)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_detect_anomaly_names_the_first_derivative_that_made_it(device):
    x = leaf([0.0, 1.0])
    with tl.detect_anomaly():
        loss = (np.sqrt(x * 1.0) * 2).sum()
        with pytest.raises(FloatingPointError, match="the derivative of sqrt with respect to x made NaN or infinity"):
            loss.backward()
        loss = (np.sqrt(x * 1.0) * 2).sum()
        with pytest.raises(FloatingPointError, match=r"(sqrt|divide).* made"):
            tl.grad(loss, x, create_graph=True)
    loss = np.sqrt(x).sum()
    with tl.detect_anomaly(), pytest.raises(FloatingPointError, match="the derivative of sqrt"):
        loss.backward()  # recorded outside: the backward is watched all the same


def test_detect_anomaly_lets_masks_of_infinity_pass(device):
    with tl.detect_anomaly():
        scores = np.where(tl.Tensor([True, False]), leaf([1.0, 2.0]), -np.inf)
        tl.ops.softmax(scores).sum().backward()


def test_detect_anomaly_passes_what_was_not_finite_before(device):
    x = tl.Tensor([np.inf, 1.0], requires_grad=True)
    with tl.detect_anomaly():
        y = (x * 2).sum()
        assert y.item() == np.inf
        y.backward()
    assert x.grad.tolist() == [2, 2]


def test_a_raw_array_of_the_wrong_library_is_named_in_an_index(device):
    x, index = ones(3), backend.to_device(np.array([2, 0]), device)
    np.testing.assert_array_equal(x[index].detach().numpy(), [1, 1])
