"""Every fused primitive against the composition that defines it: found by itself, in each dtype, shape and layout."""

import importlib.util

import numpy as np
import pytest

import tinylm as tl
from tinylm import backend, cases, nn, ops
from tinylm.kernels import compiled
from tinylm.nn.fused import gelu as fused_gelu
from tinylm.nn.fused.shapes import PIECE
from tinylm.nn.random import keep_mask
from tinylm.primitives import PRIMITIVES
from tinylm.verify import flat

PAIRS = [p for p in PRIMITIVES.values() if p.composition is not None]
LIMITS = {"float64": 1e-10, "float32": 5e-6, "float16": 2e-2}
HAVE_NUMBA = importlib.util.find_spec("numba") is not None


@pytest.fixture(params=["numpy", pytest.param("compiled", marks=pytest.mark.skipif(
    not HAVE_NUMBA, reason="Numba is not installed: pip install numba"))])
def engine(request):
    """The test runs with NumPy alone, and once more with compiled kernels, where Numba is installed."""
    with compiled(request.param == "compiled"):
        yield request.param


def both(case, dtype, device="cpu", layout="plain", order=1):
    """Outputs and gradients of a case, fused and by the composition, side by side."""
    results = []
    for enabled in (True, False):
        with tl.fused(enabled):
            leaves = case.leaves(device, np.dtype(dtype), layout)
            outputs = flat(case.on(device)(*leaves))
            rng = np.random.default_rng(1)
            cotangents = [tl.Tensor(rng.standard_normal(y.shape), order == 2, y.dtype, device) for y in outputs]
            found = tl.grad(outputs, leaves, cotangents, create_graph=order == 2, allow_unused=True)
            if order == 2:
                used = [g for g in found if g is not None]
                again = [tl.Tensor(rng.standard_normal(g.shape), dtype=g.dtype, device=device) for g in used]
                found += tl.grad(used, [*leaves, *cotangents], again, allow_unused=True)
            results.append([None if t is None else backend.to_host(t._array) for t in (*outputs, *found)])
    return zip(*results, strict=True)


def agree(pairs, limit):
    for ours, theirs in pairs:
        assert (ours is None) == (theirs is None)
        if ours is not None:
            assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
            scale = max(np.abs(theirs).max(initial=0.0).astype(np.float64), 1.0)
            np.testing.assert_allclose(ours.astype(np.float64), theirs.astype(np.float64), rtol=0, atol=limit * scale)


def test_the_layers_have_fused_versions():
    assert {"linear", "layer_norm", "rms_norm", "softmax_cross_entropy", "fused_gelu"} <= {p.name for p in PAIRS}


@pytest.mark.parametrize("dtype", LIMITS)
@pytest.mark.parametrize("primitive", PAIRS, ids=str)
def test_values_and_gradients_are_those_of_the_composition(primitive, dtype, engine):
    with np.errstate(over="ignore"):  # a square in float16 may
        for case in cases.cases_of(primitive):
            if dtype != "float16" or max((np.abs(a).max(initial=0.0) for a in case.arrays), default=0.0) < 100:
                agree(both(case, dtype), LIMITS[dtype])


@pytest.mark.parametrize("layout", cases.LAYOUTS[1:3])
@pytest.mark.parametrize("primitive", PAIRS, ids=str)
def test_layouts_and_devices(primitive, layout, device):
    for case in cases.cases_of(primitive):
        agree(both(case, "float64", device, layout), 1e-10)


@pytest.mark.parametrize("primitive", PAIRS, ids=str)
def test_second_derivatives_need_no_switch(primitive):
    for case in cases.cases_of(primitive):
        agree(both(case, "float64", order=2), 1e-10)


@pytest.mark.parametrize("primitive", PAIRS, ids=str)
def test_nothing_that_was_given_is_written_to(primitive, engine):
    for case in cases.cases_of(primitive):
        leaves = case.leaves()
        outputs = flat(case.function(*leaves))
        cotangents = case.cotangents
        before = [t._array.copy() for t in (*leaves, *outputs, *cotangents)]
        once = tl.grad(outputs, leaves, cotangents, retain_graph=True, allow_unused=True)
        twice = tl.grad(outputs, leaves, cotangents, allow_unused=True)  # what was kept is as it was
        for was, tensor in zip(before, (*leaves, *outputs, *cotangents), strict=True):
            np.testing.assert_array_equal(was, tensor._array)
        for a, b in zip(once, twice, strict=True):
            assert a is b is None or np.array_equal(a._array, b._array)


@pytest.mark.parametrize("primitive", PAIRS, ids=str)
def test_each_input_by_itself(primitive, engine):
    """Only some inputs need a gradient: the others are constants."""
    for case in cases.cases_of(primitive):
        whole = case.leaves()
        y = flat(case.function(*whole))
        expected = tl.grad(y, whole, case.cotangents, allow_unused=True)
        for k in range(len(case.arrays)):
            leaves = [t if i == k else t.detach() for i, t in enumerate(case.leaves())]
            y = flat(case.function(*leaves))
            if any(t.requires_grad for t in y):
                found = tl.grad(y, leaves[k], case.cotangents, allow_unused=True)
                assert found is expected[k] is None or np.array_equal(found.numpy(), expected[k].numpy())


def random_calls(rng):
    """Calls of the layers' functions, at sizes that no sample has: (function, inputs that are differentiated)."""
    lead = tuple(int(n) for n in rng.integers(1, 6, rng.integers(0, 4)))
    width, out, classes = (int(n) for n in rng.integers(1, 40, 3))
    x = rng.standard_normal((*lead, width))
    yield nn.linear.linear, [x, rng.standard_normal((out, width)), rng.standard_normal(out)]
    yield lambda x, w, b: nn.norm.layer_norm(x, (width,), w, b, 0.1), [x, *rng.standard_normal((2, width))]
    yield lambda x, w: nn.norm.rms_norm(x, (width,), w, 0.1), [x, rng.standard_normal(width)]
    yield lambda x: ops.gelu(x, "tanh"), [3 * x]
    yield ops.gelu, [3 * x]
    rest = lead[1:]
    target = rng.integers(0, classes, lead[:1] + rest)
    scores = rng.standard_normal((*lead[:1], classes, *rest))
    for reduction in ("sum", "none"):
        yield lambda x, reduction=reduction: nn.cross_entropy(x, target, None, 0, reduction), [scores]


@pytest.mark.parametrize("seed", range(20))
def test_random_shapes(seed, engine):
    for function, arrays in random_calls(np.random.default_rng(seed)):
        case = cases.Case("random", lambda device: function, arrays)
        agree(both(case, "float64"), 1e-10)
        agree(both(case, "float32"), 5e-6)


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelu_of_several_pieces(approximate, device, engine):
    rng = np.random.default_rng(0)
    case = cases.Case("long", lambda device: lambda x: ops.gelu(x, approximate), [rng.standard_normal((3, PIECE - 7))])
    agree(both(case, "float64", device), 1e-10)
    agree(both(case, "float32", device, "strided"), 1e-6)


def test_gelu_in_float32_over_the_whole_line():
    special = pytest.importorskip("scipy.special")
    x = np.linspace(-30, 30, 200001, dtype=np.float32)
    exact = special.ndtr(x.astype(np.float64))
    assert np.abs(fused_gelu.cumulative(x, False) - exact).max() < 4e-7
    with np.errstate(all="raise", under="ignore"):
        far = tl.Tensor(np.array([-1e4, -200.0, 200.0, 1e4], np.float32), requires_grad=True)
        y = ops.gelu(far)
        assert y.tolist() == [0.0, 0.0, 200.0, 1e4]
        assert tl.grad(y.sum(), far).tolist() == [0, 0, 1, 1]


def test_layer_norm_in_float32_loses_no_more_than_its_composition(engine):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((64, 128)) * rng.uniform(0.01, 10, (64, 1)) + rng.uniform(-5, 5, (64, 1))
    case = cases.Case("rows", lambda device: lambda x, w, b: nn.norm.layer_norm(x, (128,), w, b),
                      [a.astype(np.float32).astype(np.float64) for a in (x, *rng.standard_normal((2, 128)))])
    fused = case.dtype_error(np.float32)
    with tl.fused(False):
        assert fused <= 2 * case.dtype_error(np.float32)


def test_cross_entropy_raises_what_its_composition_raises():
    logits = tl.Tensor(np.zeros((2, 3)), requires_grad=True)
    wrong = [(np.array([0, 3]), {}), (np.array([0.0, 1.0]), {}), (np.array([0]), {}),
             (np.array([0, 1]), {"reduction": ""}), (np.array([7, 7]), {"ignore_index": 7})]
    for target, settings in wrong:
        said = []
        for enabled in (True, False):
            with tl.fused(enabled), pytest.raises((ValueError, IndexError, TypeError)) as caught:
                nn.cross_entropy(logits, target, **settings)
            said.append((caught.type, str(caught.value).splitlines()[0]))
        assert said[0] == said[1]


def test_targets_as_tensors_lists_and_on_the_device(device):
    logits = tl.Tensor(np.random.default_rng(0).standard_normal((3, 4)), requires_grad=True)
    array = np.array([1, 2, 3])
    losses = [nn.cross_entropy(logits, target, ignore_index=2).item()
              for target in ([1, 2, 3], array, tl.Tensor(array), tl.Tensor(array, device="cpu"))]
    assert len(set(losses)) == 1


def test_a_layer_runs_what_is_fused():
    layer, x = nn.Linear(3, 2), tl.Tensor(np.ones((2, 3), np.float32))
    with tl.fused(True):
        assert str(layer(x)._node.primitive) == "linear"
    with tl.fused(False):
        assert str(layer(x)._node.primitive) == "add"


# What is fast without a composition ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_the_gradient_of_rows_is_that_of_adding_one_by_one(dtype, device):
    rng = np.random.default_rng(0)
    for shape, ids in (((5, 3), rng.integers(0, 5, (4, 6))), ((5,), rng.integers(0, 5, 9)), ((3, 2, 2), [0, 0, 2]),
                       ((4, 0), np.array([1, 1])), ((4, 2), np.array([-1, 3, -4])), ((70, 8), rng.integers(0, 9, 500))):
        g = rng.standard_normal((*np.shape(ids), *shape[1:])).astype(dtype)
        expected = np.zeros(shape, np.float32 if dtype == "float16" else dtype)
        np.add.at(expected, np.asarray(ids), g.astype(expected.dtype))
        found = ops.scatter_add(tl.Tensor(g, dtype=dtype), ids, shape)
        assert np.array_equal(found.numpy(), expected.astype(dtype))  # to the last bit: in the same order
    with pytest.raises(IndexError, match="index 5 is out of bounds for axis 0 with size 5"):
        ops.scatter_add(tl.Tensor(np.ones((2, 3))), np.array([0, 5]), (5, 3))


@pytest.mark.parametrize("p", [1e-12, 0.1, 0.2, 0.5, 1 / 3, 0.9, 1 - 2**-24, 1 - 1e-12])
def test_masks_are_comparisons_of_uniform_numbers(p):
    """They are drawn as bits; what NumPy makes of these bits, compared with p, gives the same."""
    rows, width = 6, 1234
    for first_row in (0, 3):
        with nn.dropout_keys(7, 3, first_row):
            keep = keep_mask((rows, width), p)
        blocks = -(-width // 8)
        key = np.array([7, 3 << 16], np.uint64)
        stream = np.random.Generator(np.random.Philox(key=key, counter=first_row * blocks))
        uniform = stream.random((rows, 8 * blocks), dtype=np.float32)[:, :width]
        assert np.array_equal(keep, uniform >= p)
