"""Primitives: what a rule may name, how calls are bound, several outputs, lists, and fused primitives."""

import sys
import textwrap
import threading

import numpy as np
import pytest

import tinylm as tl
from tinylm import backend, ops
from tinylm.graph import arrays_in
from tinylm.primitives import PRIMITIVES
from tinylm.samples import R, call


def leaf(values, dtype=np.float64):
    return tl.Tensor(values, requires_grad=True, dtype=dtype)


def host(tensor):
    return tensor.detach().numpy()


def raw(values, device):
    return backend.to_device(np.array(values), device)


# A primitive of one's own -----------------------------------------------------------------------------


def test_the_ten_line_primitive_of_the_docstring_works_as_printed(registry):
    head = sys.modules["tinylm.primitives"].__doc__
    example = textwrap.dedent("\n".join(line for line in head.splitlines() if line.startswith("    ") or not line))
    lines = [line for line in example.splitlines() if line]
    assert len(lines) <= 10
    names = {"tl": tl, "np": np}
    exec("\n".join(line for line in lines if hasattr(tl, "gradcheck") or "gradcheck" not in line), names)
    softsign = names["softsign"]
    x = leaf([0.5, -2.0])
    y = softsign(x)
    np.testing.assert_allclose(host(y), [1 / 3, -2 / 3])
    first, = tl.grad(y.sum(), [x], create_graph=True)
    np.testing.assert_allclose(host(first), [1 / 1.5**2, 1 / 3**2])
    np.testing.assert_allclose(host(tl.grad(first.sum(), x)), [-2 / 1.5**3, 2 / 3**3])  # d/dx (1 + |x|)⁻²
    assert repr(y).endswith("made by softsign)")
    assert "softsign" in registry


def test_a_primitive_may_answer_a_numpy_function(device, registry):
    with pytest.raises(TypeError, match=r"np\.cbrt"):
        np.cbrt(leaf([8.0]))

    @tl.primitive(np.cbrt)
    def cbrt(x):
        return np.cbrt(x)

    cbrt.vjp("x")(lambda g, y: g / (3 * y * y))
    x = leaf([8.0])
    np.cbrt(x).sum().backward()
    np.testing.assert_allclose(host(x.grad), [1 / 12])


# Rule 1: what a rule may name ---------------------------------------------------------------------------


def test_rule_01_a_rule_names_inputs_shapes_the_output_aux_and_settings(device, registry):
    seen = {}

    @tl.primitive()
    def scaled(x, w, factor=2.0, *, shift=0.0):
        return x * w * factor + shift, (3, 4)

    @scaled.vjp("x")
    def _(g, x, w, x_shape, y, aux, factor, shift):
        seen.update(x=x, w=w, x_shape=x_shape, y=y, aux=aux, factor=factor, shift=shift)
        return g * w * factor

    x, w = leaf([1.0, 2.0]), tl.Tensor([3.0, 4.0], dtype=np.float64)
    y = scaled(x, w, shift=1.0)
    y.sum().backward()
    np.testing.assert_array_equal(host(x.grad), [6, 8])
    assert seen.pop("x") is x._array
    assert seen.pop("w") is w._array
    assert seen.pop("y") is y._array
    assert seen == {"x_shape": (2,), "aux": (3, 4), "factor": 2.0, "shift": 1.0}


@pytest.mark.parametrize("name", ["g", "y", "aux"])
def test_rule_01_g_y_and_aux_are_reserved(registry, name):
    with pytest.raises(TypeError, match="the names g, y and aux belong to the engine"):
        exec(f"@tl.primitive()\ndef mine(x, {name}): return x", {"tl": tl})


def test_rule_01_a_rule_that_names_something_else_is_refused(registry):
    @tl.primitive()
    def mine(x):
        return np.copy(x)

    with pytest.raises(TypeError, match="mine: a rule asks for 'z'"):
        mine.vjp("x")(lambda g, z: g)
    with pytest.raises(TypeError, match="mine has no input 'w'"):
        mine.vjp("w")(lambda g: g)


since_2_1 = pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.1.0", reason="NumPy 2.0 has not this form")


@pytest.mark.parametrize(("ours", "numpys"), [
    pytest.param(lambda t: np.clip(t, a_min=0.0), lambda a: np.clip(a, 0.0, None), marks=since_2_1),
    pytest.param(lambda t: np.clip(t, min=0.0, max=1.0), lambda a: np.clip(a, 0.0, 1.0), marks=since_2_1),
    (lambda t: np.clip(t, None, a_max=1.0), lambda a: np.clip(a, None, 1.0)),
    (lambda t: np.sum(t, 1, keepdims=True), lambda a: a.sum(1, keepdims=True)),
    (lambda t: np.sum(axis=0, a=t), lambda a: a.sum(0)),
    (lambda t: np.sum(t, 1, None, None, True), lambda a: a.sum(1, keepdims=True)),
    (lambda t: np.var(t, 0, None, None, 1), lambda a: a.var(0, ddof=1)),
    (lambda t: t.var(axis=0, ddof=1), lambda a: a.var(0, ddof=1)),
    pytest.param(lambda t: np.reshape(t, shape=(3, 2)), lambda a: a.reshape(3, 2), marks=since_2_1),
    (lambda t: np.reshape(t, (3, 2), order="C"), lambda a: a.reshape(3, 2)),
    (lambda t: np.squeeze(np.expand_dims(t, axis=0), axis=0), lambda a: a),
    (lambda t: np.moveaxis(t, source=0, destination=1), lambda a: a.T),
    (lambda t: np.concatenate((t, t), axis=1), lambda a: np.concatenate((a, a), axis=1)),
    (lambda t: np.linalg.norm(t, axis=1), lambda a: np.linalg.norm(a, axis=1)),
])
def test_rule_01_calls_bind_as_numpy_binds_them(device, ours, numpys):
    a = np.array([[0.5, -1.0, 2.0], [3.0, 0.25, -0.5]])
    np.testing.assert_allclose(host(ours(tl.Tensor(a))), numpys(a))


@pytest.mark.parametrize(("call", "message"), [
    (lambda t: np.sum(t, dtype=np.float64), r"sum: dtype=.* is not supported on Tensors; it takes a, axis, keepdims"),
    (lambda t: np.max(t, initial=3.0), r"max: initial=3\.0 is not supported"),
    (lambda t: np.reshape(t, (3, 2), order="F"), "reshape: order='F' is not supported"),
    (lambda t: ops.sum(t, axis=0, axes=1), "sum: axes=1 is not supported"),
    (lambda t: ops.sum(t, a=t), "sum: a is given twice"),
    (lambda t: ops.relu(t, 0.0, 1.0), "relu: 3 arguments given, it takes x"),
    (ops.reshape, "reshape: shape is missing; it takes a, shape"),
])
def test_rule_01_arguments_that_do_not_bind_are_named(call, message):
    with pytest.raises(TypeError, match=message):
        call(tl.Tensor(np.ones((2, 3))))


# Rule 3: derivatives of derivatives ------------------------------------------------------------------------


def derivative(y, x):
    return tl.grad(y.sum(), x, create_graph=True)


@pytest.mark.parametrize(("f", "second"), [
    (lambda x: x * x * x, lambda x: 6 * x),  # inputs, given twice
    (np.exp, np.exp),  # y
    (np.tanh, lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2)),
    (lambda x: np.sum(x * x, keepdims=True) * x, lambda x: 4 * x.sum() + 6 * x),
    (lambda x: np.concatenate([x, x * x]) ** 2, lambda x: 2 + 12 * x * x),  # a list
    (lambda x: np.stack(np.split(x, 3)[::-1]) ** 3, lambda x: 6 * x),  # several outputs
    (lambda x: np.einsum("i,i,i->i", x, x, x), lambda x: 6 * x),
    (lambda x: np.sort(x) ** 2, lambda x: 2 + 0 * x),  # whole numbers as aux
], ids=["input", "y", "tanh", "shape", "list", "outputs", "einsum", "aux"])
def test_rule_03_saved_arrays_come_back_as_tensors_on_their_own_nodes(device, f, second):
    a = np.array([0.5, -1.0, 2.0])
    x = leaf(a)
    got = derivative(derivative(f(x), x), x)
    np.testing.assert_allclose(host(got), second(a), rtol=1e-12, atol=1e-12)


def test_rule_03_mixed_and_third_derivatives(device):
    x, w = leaf([0.5, 2.0]), leaf([3.0, -1.0])
    by_x = derivative(np.exp(x * w), x)  # w e^(xw)
    a, b = host(x), host(w)
    np.testing.assert_allclose(host(derivative(by_x, w)), (1 + a * b) * np.exp(a * b), rtol=1e-12)
    third = derivative(derivative(derivative(np.exp(2 * x), x), x), x)
    np.testing.assert_allclose(host(third), 8 * np.exp(2 * a), rtol=1e-12)


# Rule 4: aux ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("aux", [lambda y: 1 - y * y, lambda y: (3, [1 - y * y]), lambda y: float((1 - y * y).sum())],
                         ids=["array", "nested", "python float"])
def test_rule_04_a_floating_point_aux_makes_a_rule_once_differentiable(device, registry, aux):
    @tl.primitive()
    def hasty(x):
        y = np.tanh(x)
        return y, aux(y)

    @hasty.vjp("x")
    def _(g, aux):
        return g * (aux[1][0] if isinstance(aux, tuple) else aux)

    x = leaf([0.5])
    assert tl.grad(hasty(x).sum(), x).item() == pytest.approx(1 - np.tanh(0.5) ** 2)
    with pytest.raises(RuntimeError, match=r"hasty: .* no second derivative"):
        tl.grad(hasty(x).sum(), x, create_graph=True)


# Rule 5: one array or a flat tuple; lists; missing cotangents ------------------------------------------------------


def test_rule_05_a_missing_cotangent_is_zeros(device):
    x = leaf(np.arange(6.0).reshape(3, 2))
    _, second, _ = np.split(x, [1, 2])
    second.sum().backward()
    np.testing.assert_array_equal(host(x.grad), [[0, 0], [1, 1], [0, 0]])


def test_rule_05_several_outputs_of_different_shapes(device, registry):
    @tl.primitive()
    def moments(x):
        return np.sum(x), x * x

    @moments.vjp("x")
    def _(g, x):
        assert isinstance(g, tuple)
        assert [part.shape for part in g] == [(), (2,)]
        assert all(part.dtype == np.float32 for part in g)
        return g[0] + 2 * g[1] * x

    x = leaf([1.0, 2.0], np.float32)
    total, squares = moments(x)
    total.backward()
    np.testing.assert_array_equal(host(x.grad), [1, 1])
    total, squares = moments(x)
    (total * 10 + squares.sum()).backward()
    np.testing.assert_array_equal(host(x.grad), [13, 15])


def test_rule_05_members_of_a_list_get_each_their_own(device):
    x, c, w = leaf([1.0, 2.0]), tl.Tensor([3.0], dtype=np.float64), leaf([4.0])
    weights = tl.Tensor([1.0, 10.0, 100.0, 1000.0], dtype=np.float64)
    (np.concatenate([x, c, w]) * weights).sum().backward()
    np.testing.assert_array_equal(host(x.grad), [1, 10])
    np.testing.assert_array_equal(host(w.grad), [1000])
    (np.concatenate([x, x]) * weights).sum().backward()  # the same Tensor twice
    np.testing.assert_array_equal(host(x.grad), [1 + 101, 10 + 1010])


# Rule 8: every rule on read-only arrays ---------------------------------------------------------------------------


def frozen(array):
    array = np.array(array)
    array.flags.writeable = False
    return array


def drawn(value, primitive, name, rng):
    """A sample's argument with its R's drawn from the domain of the parameter `name`."""
    if isinstance(value, R):
        low, high = primitive.domain.get(name, (-2.0, 2.0)) if isinstance(primitive.domain, dict) else primitive.domain
        value = rng.uniform(low, high, value.shape)
    if isinstance(value, list) and name == primitive.many:
        return [drawn(part, primitive, name, rng) for part in value]
    if name not in primitive.rules or not isinstance(value, np.ndarray):
        return value
    tensor = leaf(value)
    tensor._array.flags.writeable = False
    return tensor


CASES = [pytest.param(p, sample, id=f"{name}-{k}")
         for name, p in PRIMITIVES.items() for k, sample in enumerate(p.samples or ()) if p.rules]


@pytest.mark.parametrize(("primitive", "sample"), CASES)
def test_rule_08_every_rule_leaves_what_it_is_given_as_it_was(primitive, sample):
    rng = np.random.default_rng(0)
    args = [drawn(value, primitive, name, rng) for name, value in zip(primitive.names, sample.args)]
    outputs = primitive(*args, **sample.settings)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    node = outputs[0]._node
    for array in arrays_in(node.saved):
        array.flags.writeable = False
    g = [frozen(rng.normal(size=output.shape)) for output in outputs]
    wanted = {parent for parent, _ in node.edges}
    for _edge, part in node.plan.pull(node, tuple(g) if len(g) > 1 else g[0], wanted, None):
        assert isinstance(part, (np.ndarray, np.generic))


def test_rule_08_the_test_above_would_notice_a_rule_that_writes(registry):
    @tl.primitive()
    def rude(x):
        return np.copy(x)

    @rude.vjp("x")
    def _(g):
        g *= 2
        return g

    with pytest.raises(ValueError, match="read-only"):
        test_rule_08_every_rule_leaves_what_it_is_given_as_it_was(rude, call(R(2)))


# Rule 9: dtypes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("other", [
    2, 2.0, True, np.float64(2), np.float32(2), np.int64(2), [2, 2], [2.0, 2.0], np.array([2, 2]),
    np.array([True, True]), np.array([2, 2], np.uint8), np.array(2.0),
], ids=repr)
def test_rule_09_numbers_and_whole_arrays_take_the_tensors_dtype(dtype, other):
    t = leaf([1.0, 2.0], dtype)
    for result in (t * other, other * t, np.maximum(t, other), np.where([True, False], t, other)):
        assert result.dtype == dtype
        assert tl.grad(result.sum(), t).dtype == dtype


def test_rule_09_whole_tensors_take_the_dtype_of_the_others(device):
    t, n, mask = leaf([1.0, 2.0], np.float32), tl.Tensor([2, 3]), tl.Tensor([True, False])
    for other in (n, mask, raw([2, 3], device), np.int64(3)):
        assert (t * other).dtype == (other * t).dtype == np.float32
    assert np.concatenate([t, n]).dtype == np.float32
    assert np.einsum("i,i->", t, n).dtype == np.float32


def test_rule_09_lists_go_where_the_tensor_is(device):
    t = leaf([1.0, 2.0], np.float32)
    for result in (t * [2.0, 3.0], [2, 3] * t, np.maximum(t, [0, 5])):
        assert (result.device, result.dtype) == (device, np.float32)
    np.testing.assert_array_equal(host(tl.grad((t * [2.0, 3.0]).sum(), t)), [2, 3])


def test_rule_09_whole_numbers_make_float32_where_they_make_fractions(device):
    n = tl.Tensor([1, 2])
    assert n.dtype.kind == "i"
    assert (n + 1).dtype == (n * n).dtype == n.sum().dtype == n.dtype
    for result in (n * 1.5, n + 0.5, 1.5 - n, n / 2, n / n, n.mean(), np.exp(n), np.sqrt(n), n.var(), ops.softmax(n)):
        assert result.dtype == np.float32
        assert not result.requires_grad


def test_rule_09_two_floating_dtypes_are_an_error_that_names_the_cast(device):
    narrow, wide = leaf([1.0, 2.0], np.float32), leaf([1.0, 2.0], np.float64)
    for clash in (lambda: narrow * wide, lambda: wide * narrow, lambda: narrow @ wide, lambda: np.stack([narrow, wide]),
                  lambda: narrow + raw([1.0, 2.0], device), lambda: raw([1.0, 2.0], device) + narrow,
                  lambda: np.einsum("i,i->", narrow, wide)):
        with pytest.raises(TypeError, match=r"(add|multiply|matmul|stack|einsum): .*float\d\d.*\.astype\(np\.float"):
            clash()


@pytest.mark.parametrize("swap", [False, True])
def test_rule_09_two_floating_tensors_are_an_error_even_if_one_is_a_single_number(device, swap):
    narrow, number = leaf([1.0, 2.0], np.float32), leaf(3.0, np.float64)
    with pytest.raises(TypeError, match=r"astype\(np\.float"):
        number * narrow if swap else narrow * number


def test_rule_09_a_gradient_of_another_dtype_names_the_rule(device, registry):
    @tl.primitive()
    def widening(x):
        return np.copy(x)

    widening.vjp("x")(lambda g: g.astype(np.float64))
    with pytest.raises(TypeError, match="widening with respect to x: a rule returned float64 for an input of float32"):
        widening(leaf([1.0], np.float32)).sum().backward()


def test_rule_09_a_rule_that_returns_nothing_is_named(registry):
    @tl.primitive()
    def forgetful(x):
        return np.copy(x)

    @forgetful.vjp("x")
    def _(g):
        g * 2

    with pytest.raises(TypeError, match=r"derivative of forgetful with respect to x: .* returned None"):
        forgetful(leaf([1.0])).sum().backward()


ONES = np.ones((5000, 2), np.float16)


@pytest.mark.parametrize(("reduce", "expected"), [
    (lambda t: np.sum(t, 0), 5000), (lambda t: np.mean(t, 0), 1), (lambda t: np.cumsum(t, 0)[-1], 5000),
    (lambda t: np.var(t * 3, 0), 0), (lambda t: np.linalg.norm(t, axis=0), 70.7107), (ops.logsumexp, 10.2103),
    (lambda t: ops.softmax(t, 0).sum(0), 1), (lambda t: np.trace(np.broadcast_to(t[:, :1], (5000, 5000))), 5000),
    (lambda t: np.einsum("ij->j", t), 5000), (lambda t: tl.Tensor(ONES[:, 0]) @ t, 5000),
], ids="sum mean cumsum var norm logsumexp softmax trace einsum matmul".split())
def test_rule_09_float16_is_summed_in_float32(reduce, expected):
    y = reduce(tl.Tensor(ONES))
    assert y.dtype == np.float16
    np.testing.assert_allclose(host(y).astype(float), expected, rtol=2e-3)


@pytest.mark.parametrize(("spread", "shape"), [
    (lambda t: t + tl.Tensor(0 * ONES), (2,)),
    (lambda t: np.cumsum(np.concatenate([t, tl.Tensor(0 * ONES[1:])]), 0), (1, 2)),
    (lambda t: t[np.zeros(5000, int)], (1, 2)), (lambda t: ops.embedding(np.zeros(5000, int), t), (1, 2)),
    (lambda t: np.tile(t, (5000, 1)), (1, 2)), (lambda t: np.repeat(t, 5000, 0), (1, 2)),
    (lambda t: np.take(t, np.zeros(5000, int), 0), (1, 2)), (lambda t: np.broadcast_to(t, (5000, 2)), (1, 2)),
], ids="add cumsum getitem embedding tile repeat take broadcast_to".split())
def test_rule_09_gradients_in_float16_are_summed_in_float32(spread, shape):
    t = leaf(np.ones(shape), np.float16)
    spread(t).backward(np.ones_like(host(spread(t))))
    assert t.grad.dtype == np.float16
    np.testing.assert_allclose(host(t.grad).astype(float), 5000, rtol=2e-3)


# Rule 12: plain arrays, and what is refused ----------------------------------------------------------------------


def test_rule_12_a_primitive_on_plain_arrays_returns_plain_arrays(device):
    a = raw([[1.0, 2.0], [3.0, 4.0]], device)
    for result in (ops.tanh(a), ops.sum(a, 0), ops.softmax(a), ops.concatenate([a, a]), ops.einsum("ij->j", a), a[0],
                   ops.getitem(a, 0), *ops.split(a, 2), ops.getitem(a, np.array([1, 0]))):
        assert type(result) is type(a)
    np.testing.assert_allclose(backend.to_host(ops.sum(a, 0)), [4, 6])
    np.testing.assert_array_equal(backend.to_host(ops.sort(a)), backend.to_host(a))  # aux is not handed out


@pytest.mark.parametrize(("call", "message"), [
    (lambda t: np.add(t, t, out=np.ones(2)), r"np\.add: Tensors cannot be written into .*x = x \+ t"),
    (lambda t: np.tanh(np.ones(2), out=t), r"np\.tanh: Tensors cannot be written into"),
    (lambda t: np.sum(t, out=np.ones(())), r"sum: out=.* is not supported on Tensors"),
    (lambda t: np.add(t, t, where=np.array([True, False])), r"add: where=.* is not supported on Tensors"),
    (np.add.reduce, r"np\.add\.reduce: .*np\.sum"),
    (lambda t: np.multiply.outer(t, t), r"np\.multiply\.outer: .*use the function itself"),
    (lambda t: np.add.at(t, [0], 1.0), r"np\.add\.at: "),
    (np.median, r"np\.median: no derivative is registered.*@tl\.primitive\(np\.median\).*detach"),
    (np.arcsinh, r"np\.arcsinh: no derivative is registered"),
    (np.linalg.svd, r"np\.linalg\.svd: no derivative is registered"),
])
def test_rule_12_what_has_no_rule_is_refused_by_name_with_the_way_out(call, message):
    with pytest.raises(TypeError, match=message):
        call(tl.Tensor([1.0, 2.0], device="cpu"))


def test_a_tensor_with_a_gradient_is_refused_where_there_is_no_derivative(device):
    x, slope = leaf([1.0, -2.0]), leaf([0.5, 0.5])
    with pytest.raises(TypeError, match=r"leaky_relu: there is no derivative with respect to this.*detach\(\)"):
        ops.leaky_relu(x, slope)
    assert ops.leaky_relu(x, slope.detach()).requires_grad


# Fused primitives ------------------------------------------------------------------------------------------------


def polar(x, z):
    """The definition: radius and angle of the point (x, z)."""
    return np.sqrt(x * x + z * z), np.arctan(z / x)


@pytest.fixture
def fused_polar(registry):
    """Two outputs, one joint rule, and floating-point numbers put aside for it."""
    @tl.fuses(polar)
    def fused_polar(x, z):
        fused_polar.calls += 1
        r = np.sqrt(x * x + z * z)
        return (r, np.arctan(z / x)), (x / r, z / r, r)

    @fused_polar.vjp("x", "z", joint=True)
    def _(g, x, z, aux):
        c, s, r = aux
        return {"x": g[0] * c - g[1] * s / r, "z": g[0] * s + g[1] * c / r}

    fused_polar.calls = 0
    return fused_polar


def mixed(f, x, z):
    r, angle = f(x, z)
    return (r * angle * angle).sum()


def test_fused_agrees_with_its_composition_in_value_gradient_and_second_order(device, fused_polar):
    x, z = leaf([1.0, 2.0]), leaf([0.5, -3.0])
    for inputs in ([x, z], [x], [z]):
        results = []
        for f in (polar, fused_polar):
            first = tl.grad(mixed(f, x, z), inputs, create_graph=True)
            plain = tl.grad(mixed(f, x, z), inputs)
            second = tl.grad(sum((g * g).sum() for g in first), [x, z])
            results.append([host(t) for t in (*f(x, z), *first, *plain, *second)])
        for ours, theirs in zip(*results, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize("other", [np.tanh, lambda x: x * 1.0, lambda x: x], ids=["tanh", "copy", "the same"])
def test_fused_f_of_x_and_h_of_x_counts_the_path_through_h_once(device, fused_polar, other):
    x = leaf([1.0, 2.0])
    results = []
    for f in (polar, fused_polar):
        first = tl.grad(mixed(f, x, other(x)), x, create_graph=True)
        results.append((host(first), host(tl.grad(first.sum(), x))))
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-15)


def test_fused_with_a_missing_cotangent(device, fused_polar):
    x, z = leaf([1.0, 2.0]), leaf([0.5, -3.0])
    for which in (0, 1):
        for create in (False, True):
            ours = tl.grad(fused_polar(x, z)[which].sum(), [x, z], create_graph=create)
            theirs = tl.grad(polar(x, z)[which].sum(), [x, z])
            for a, b in zip(ours, theirs, strict=True):
                np.testing.assert_allclose(host(a), host(b), rtol=1e-12)


def test_fused_false_runs_the_composition_in_this_thread_only(device, fused_polar):
    x, z, made = leaf([1.0]), leaf([2.0]), {}

    def look(name):
        made[name] = repr(fused_polar(x, z)[0]._node.primitive)

    look("by default")
    with tl.fused(False):
        look("switched off")
        thread = threading.Thread(target=look, args=("another thread",))
        thread.start()
        thread.join()
        with tl.fused(True):
            look("switched on again")
    assert made == {"by default": "fused_polar", "switched off": "sqrt", "another thread": "fused_polar",
                    "switched on again": "fused_polar"}
    assert fused_polar.calls == 3


def test_fused_that_kept_too_little_for_second_order_says_what_to_do(registry):
    @tl.fuses(np.exp)
    def thrifty(x):
        y = np.exp(x)
        return y, y.copy()

    thrifty.vjp("x")(lambda g, aux: g * aux)
    x = leaf([1.0])
    assert tl.grad(thrifty(x).sum(), x).item() == pytest.approx(np.e)
    with pytest.raises(RuntimeError, match=r"thrifty: .*did not keep x.*tl\.fused\(False\)"):
        tl.grad(thrifty(x).sum(), x, create_graph=True)
    with tl.fused(False):
        assert tl.grad(tl.grad(thrifty(x).sum(), x, create_graph=True).sum(), x).item() == pytest.approx(np.e)


# What the author of a primitive may do wrong, and less usual things that are right ---------------------------------


def test_a_fused_primitive_with_settings_after_the_star(registry):
    def scaled(x, *, k=2.0):
        return np.tanh(x) * k

    @tl.fuses(scaled)
    def fast_scaled(x, *, k=2.0):
        y = np.tanh(x)
        return y * k, y

    fast_scaled.vjp("x")(lambda g, x, k, aux: g * k * (1 - aux * aux))
    assert tl.gradcheck(lambda x: fast_scaled(x, k=3.0), np.array([0.3, -1.0]), order=2)
    with tl.fused(False):
        assert tl.gradcheck(lambda x: fast_scaled(x, k=3.0), np.array([0.3, -1.0]), order=2)


def test_a_fused_primitive_of_a_list_has_second_derivatives(registry):
    @tl.fuses(lambda parts: np.concatenate(parts) ** 2, many="parts")
    def squared_together(parts):
        joined = np.concatenate(parts)
        return joined ** 2, joined

    @squared_together.vjp("parts")
    def _(g, parts, aux):
        return np.split(2 * aux * g, np.cumsum([part.shape[0] for part in parts])[:-1])

    assert tl.gradcheck(lambda a, b: squared_together([a, b, np.sin(a)]), [np.ones(2) * 0.5, np.ones(3)], order=2)


def test_an_output_of_integers_has_no_gradient(registry):
    @tl.primitive()
    def top(x):
        i = np.argmax(x)
        return (np.asarray(i), x[i] * 1.0), i

    top.vjp("x")(lambda g, x_shape, aux: tl.ops.scatter_add(g[1], aux, x_shape))
    x = tl.Tensor([1.0, 3.0, 2.0], requires_grad=True)
    index, value = top(x)
    assert not index.requires_grad and index.item() == 1
    assert tl.grad(value, x).tolist() == [0, 1, 0]


@pytest.mark.parametrize(("formula", "rule", "message"), [
    (lambda x: 1.0, lambda g: g, "the formula returned float; it returns an array"),
    (lambda x: None, lambda g: g, "the formula returned NoneType"),
    (lambda x: [x], lambda g: g, "the formula returned list"),
    (lambda x: tl.Tensor([1.0]), lambda g: g, "the formula returned Tensor"),
    (lambda x: x * 2, lambda g: 1.0, "with respect to x: a rule returned float, not an array"),
    (lambda x: x * 2, lambda g, aux: g, r"a rule asks for aux, so the formula has to return \(result, aux\)"),
])
def test_a_wrong_formula_or_rule_is_named(registry, formula, rule, message):
    formula.__name__ = "mine"
    mine = tl.primitive()(formula)
    mine.vjp("x")(rule)
    with pytest.raises(TypeError, match=f"mine.*{message}"):
        tl.grad(mine(tl.Tensor([1.0, 2.0], requires_grad=True)).sum(), [])  # the forward, or
        mine(tl.Tensor([1.0, 2.0], requires_grad=True)).sum().backward()  # the backward


def test_a_joint_rule_without_an_entry_is_named(registry):
    @tl.primitive()
    def product(a, b):
        return a * b

    product.vjp("a", "b", joint=True)(lambda g, a, b: {"a": g * b})
    a, b = (tl.Tensor([1.0], requires_grad=True) for _ in range(2))
    with pytest.raises(TypeError, match="product with respect to b: the rule returned dict without an entry for it"):
        product(a, b).backward()
    with pytest.raises(TypeError, match="many='parts' names none of its parameters, x"):
        tl.primitive(many="parts")(lambda x: x)
