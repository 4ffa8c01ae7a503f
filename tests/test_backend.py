"""Devices: naming, moving, what is said when one is missing, and that the second one in these tests is strict."""

import ast
import contextvars
import pathlib
import subprocess
import sys
import types

import numpy as np
import pytest
from foreign import ForeignArray

import tinylm as tl
from tinylm import backend

SOURCES = sorted(pathlib.Path(tl.__file__).parent.rglob("*.py"))


def test_arrays_know_their_device_and_come_back_unchanged(device):
    a = np.arange(6.0).reshape(2, 3)
    there = backend.to_device(a, device)
    assert backend.device_of(there) == device
    assert backend.to_device(there, device) is there
    back = backend.to_host(there)
    assert type(back) is np.ndarray
    np.testing.assert_array_equal(back, a)
    assert backend.device_of(backend.beside(a, there)) == device
    assert backend.device_of(backend.beside(there, a)) == "cpu"
    assert backend.device_of(3.0) == backend.device_of(np.float32(3)) == "cpu"


def test_the_default_device_holds_for_a_block_and_a_thread(device):
    assert backend.default_device() == device
    with tl.device("cpu"):
        assert tl.Tensor([1.0]).device == "cpu"
        with tl.device(device) as chosen:
            assert chosen.name == device
            assert tl.Tensor([1.0]).device == device
        assert tl.Tensor([1.0]).device == "cpu"
    assert contextvars.Context().run(backend.default_device) == "cpu"
    assert contextvars.copy_context().run(backend.default_device) == device
    with pytest.raises(ZeroDivisionError), tl.device("cpu"):
        raise ZeroDivisionError
    assert backend.default_device() == device


def test_gradients_cross_devices_and_come_home(device):
    x = tl.Tensor([1.0, 2.0], requires_grad=True)
    y = np.tanh(x.to("cpu")).to(device) * 2
    assert y.device == device
    y.sum().backward()
    assert x.grad.device == device
    np.testing.assert_allclose(x.grad.numpy(), 2 * (1 - np.tanh([1.0, 2.0]) ** 2), rtol=1e-6)


@pytest.mark.parametrize("call", [tl.device, lambda name: tl.Tensor([1.0]).to(name),
                                  lambda name: tl.Tensor(1.0, device=name)])
def test_an_unknown_device_names_those_there_are(call):
    with pytest.raises(ValueError, match=r"no device is called 'cuda'.*'cpu', 'gpu'"):
        call("cuda")


def fake_cupy(monkeypatch, count):
    class CUDARuntimeError(RuntimeError):
        pass

    def devices():
        if count is None:
            raise CUDARuntimeError("cudaErrorNoDevice")
        return count

    runtime = types.SimpleNamespace(getDeviceCount=devices, CUDARuntimeError=CUDARuntimeError)
    cupy = types.SimpleNamespace(cuda=types.SimpleNamespace(runtime=runtime))
    monkeypatch.setitem(sys.modules, "cupy", cupy)


@pytest.mark.parametrize("call", [tl.device, lambda name: tl.Tensor([1.0]).to(name),
                                  lambda name: tl.Tensor(1.0, device=name)])
def test_a_missing_gpu_says_which_part_is_missing(monkeypatch, call):
    monkeypatch.setitem(sys.modules, "cupy", None)  # import cupy raises ImportError
    lines = r'CuPy.*pip install cupy-cuda13x for CUDA 13.*pip install cupy-cuda12x for CUDA 12'
    with pytest.raises(RuntimeError, match=lines):
        call("gpu")
    fake_cupy(monkeypatch, None)
    with pytest.raises(RuntimeError, match=r"no NVIDIA driver or no GPU.*nvidia-smi"):
        call("gpu")
    fake_cupy(monkeypatch, 0)
    with pytest.raises(RuntimeError, match="CUDA_VISIBLE_DEVICES"):
        call("gpu")


def test_checksums_tell_arrays_apart(device):
    a = backend.to_device(np.arange(6.0).reshape(2, 3), device)
    before = backend.checksum(a)
    assert backend.checksum(a.copy()) == before
    assert backend.checksum(a.T) != before
    a[0, 0] = 1.0
    assert backend.checksum(a) != before


def test_generators_depend_on_their_key_alone():
    first = backend.generator(7, 3).random(4)
    np.testing.assert_array_equal(first, backend.generator(7, 3).random(4))
    for other in [(7, 4), (3, 7), (7,), (7, 3, 0)]:
        assert not np.array_equal(first, backend.generator(*other).random(4))


def test_one_file_knows_cupys_name():
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
        names += [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        imported = {name.partition(".")[0] for name in names}
        assert ("cupy" in imported) == (path.name == "backend.py"), path


def test_rule_07_the_engine_does_not_know_the_operations():
    for name in ("backend", "graph", "errors", "tensor", "plan", "arguments", "primitives"):
        tree = ast.parse((SOURCES[0].parent / f"{name}.py").read_text(encoding="utf-8"))
        modules = {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not any("ops" in module.split(".") for module in modules), name


def test_rule_14_nothing_is_star_imported():
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        stars = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"]
        assert not stars, path


def test_the_import_is_light():
    heavy = ["scipy", "matplotlib", "tqdm", "cupy", "safetensors"]
    script = f"import sys, tinylm; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"


# The foreign arrays of these tests --------------------------------------------------------------------------


@pytest.mark.parametrize(("call", "error"), [
    (lambda a, n: a + n, TypeError), (lambda a, n: n * a, TypeError), (lambda a, n: np.matmul(a, n.T), TypeError),
    (lambda a, n: np.concatenate([a, n]), TypeError), (lambda a, n: np.where(n > 0, a, a), TypeError),
    (lambda a, n: np.add.at(a, [0], n[0]), TypeError), (lambda a, n: np.add(a, a, out=n), TypeError),
    (lambda a, n: operator_iadd(n, a), TypeError), (lambda a, n: a.__setitem__(0, n[0]), TypeError),
    (lambda a, n: np.asarray(a), TypeError), (lambda a, n: a.flags.writeable, AttributeError),
    (lambda a, n: a.__array_interface__, AttributeError), (lambda a, n: a[2], IndexError),
    (lambda a, n: a[0.5], IndexError), (lambda a, n: hash(a), TypeError), (lambda a, n: bool(a), ValueError),
])
def test_the_foreign_array_refuses_to_mix(call, error):
    n = np.arange(6.0).reshape(2, 3)
    with pytest.raises(error):
        call(ForeignArray(n.copy()), n)


def operator_iadd(a, b):
    a += b


def test_the_foreign_array_behaves_as_cupys():
    a = ForeignArray(np.arange(6.0).reshape(2, 3))
    for result in (np.sum(a), np.max(a), a.max(), np.add.reduce(a, axis=None), a[0, 0], np.mean(a, axis=(0, 1))):
        assert type(result) is ForeignArray
        assert result.shape == ()
    assert a.get().tolist() == [[0, 1, 2], [3, 4, 5]]
    assert a[np.array([5, -1])].tolist() == [[3, 4, 5], [3, 4, 5]], "out of range wraps around"
    assert np.take(a, ForeignArray(np.array([6]))).tolist() == [0]
    assert (np.float64(2) * a).tolist() == [[0, 2, 4], [6, 8, 10]]
    out = ForeignArray(np.zeros((2, 3)))
    assert np.exp(a, out=out) is out
    assert out.get()[0, 0] == 1.0
    for view in (a[0], a.T, np.reshape(a, -1), a[0][1:], a.view()):
        assert view.base is a
    assert a.copy().base is None
    assert a[np.array([0])].base is None
    a[0] = 7.0
    np.add.at(a, np.array([0, 0]), ForeignArray(np.ones(3)))
    assert a.tolist() == [[9, 9, 9], [3, 4, 5]]
