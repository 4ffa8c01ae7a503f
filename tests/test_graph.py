"""The recorded graph and the walk back: what is kept, what is freed, in which order, in which thread."""

import contextlib
import contextvars
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest

import tinylm as tl
from tinylm import backend, graph, ops
from tinylm.graph import arrays_in, newest_first, unbroadcast


def leaf(values, dtype=np.float64):
    return tl.Tensor(values, requires_grad=True, dtype=dtype)


def host(tensor):
    return tensor.detach().numpy()


# Rule 2: the graph links nodes, and keeps what the rules named -----------------------------------------


def test_rule_02_the_graph_links_nodes_not_tensors(device, no_collector):
    x = leaf([0.5, -1.0])
    h = np.tanh(x)
    loss = (h * h).sum()
    gone = weakref.ref(h)
    del h
    assert gone() is None, "an intermediate Tensor lives on although only the graph needs its values"
    loss.backward()
    y = np.tanh([0.5, -1.0])
    np.testing.assert_allclose(host(x.grad), 2 * y * (1 - y * y), rtol=1e-12)


def test_rule_02_a_leaf_is_held_weakly(device, no_collector):
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    loss = (x * w).sum()
    gone = weakref.ref(x)
    del x
    assert gone() is None
    loss.backward()  # the gradient of a leaf that is gone goes nowhere
    np.testing.assert_array_equal(host(w.grad), [1, 2])


def test_rule_02_a_node_keeps_only_what_the_rules_of_tracked_inputs_named(device):
    x, constant = leaf([1.0, 2.0]), tl.Tensor([3.0, 4.0], dtype=np.float64)
    kept = (x * constant)._node.saved
    assert len(kept) == 1
    assert kept[0] is constant._array, "the rule of x names x2 and nothing else"
    assert arrays_in(x.sum()._node.saved) == [], "a shape keeps no array"
    assert arrays_in((x + constant)._node.saved) == []
    y = np.tanh(x)
    assert y._node.saved[0] is y._array


def test_arrays_that_no_rule_named_are_freed_during_the_forward_and_all_others_after_the_backward(device, no_collector):
    x = leaf([1.0, 2.0])
    h = x + 1  # neither add nor exp names it
    y = np.exp(h)  # exp names its output
    unnamed, named = weakref.ref(h._array), weakref.ref(y._array)
    del h
    assert unnamed() is None
    loss = y.sum()
    del y
    assert named() is not None
    loss.backward()
    assert named() is None
    assert x.grad is not None


@pytest.mark.parametrize("differentiate", [
    lambda loss, x: loss.backward(),
    tl.grad,
    lambda loss, x: tl.grad(tl.grad(loss, x, create_graph=True).sum(), x),
    lambda loss, x: loss.backward(create_graph=True),
    lambda loss, x: None,
], ids=["backward", "grad", "grad of grad", "create_graph", "never differentiated"])
def test_nothing_waits_for_the_cyclic_collector(device, no_collector, differentiate):
    x = leaf([1.0, 2.0])
    parts = [x + 1]
    for step in (np.exp, lambda t: t * t, lambda t: t[::-1], lambda t: np.concatenate([t, t]), ops.softmax, np.sum):
        parts.append(step(parts[-1]))
    watched = [weakref.ref(part._array) for part in parts] + [weakref.ref(part._node) for part in parts]
    loss = parts.pop()
    parts.clear()
    result = differentiate(loss, x)
    del loss, result
    x.grad = None
    assert [w() for w in watched if w() is not None] == []


# Rule 6: un-broadcasting --------------------------------------------------------------------------------


@pytest.mark.parametrize(("big", "small"), [
    ((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 3), (2, 1)), ((2, 3), (1, 1)), ((2, 3), ()), ((4, 2, 3), (2, 1)),
    ((0, 3), (3,)), ((2, 0), (2, 1)), ((1, 3), (3,)),
])
def test_rule_06_unbroadcast_sums_where_broadcasting_copied(device, big, small):
    gradient = np.arange(float(np.prod(big))).reshape(big)
    expected = np.zeros(small)
    for position in np.ndindex(big):
        new = len(big) - len(small)
        expected[tuple(0 if n == 1 else i for i, n in zip(position[new:], small, strict=True))] += gradient[position]
    got = unbroadcast(backend.to_device(gradient, device), small)
    assert got.shape == small
    np.testing.assert_array_equal(backend.to_host(got), expected)


def test_rule_06_a_rule_that_returns_a_wrong_shape_is_named(registry):
    @tl.primitive()
    def careless(x):
        return np.tanh(x)

    careless.vjp("x")(lambda g: np.concatenate([g, g]))
    with pytest.raises(ValueError, match=r"careless.*\(4,\).*\(2,\)"):
        careless(leaf([1.0, 2.0])).backward(np.ones(2))


def test_rule_06_the_gradient_of_a_weight_is_one_product_and_no_batch_of_weights():
    g, x = np.ones((5, 4, 2)), np.ones((5, 4, 3))
    rule = ops.matmul.rules["x2"].function
    assert rule(g, x, (3, 2)).shape == (3, 2)


# Rule 8: nothing is written into --------------------------------------------------------------------------


def test_rule_08_accumulation_is_never_in_place(device):
    a, b = leaf([1.0, 2.0]), leaf([1.0, 2.0])
    s = a + b  # both receive the very same array
    loss = s.sum() + (a * 3).sum() + (a * 5).sum()
    loss.backward()
    np.testing.assert_array_equal(host(a.grad), [9, 9])
    np.testing.assert_array_equal(host(b.grad), [1, 1])


def test_rule_08_gradients_of_leaves_are_owned_copies(device):
    a, b, given = leaf([1.0, 2.0]), leaf([1.0, 2.0]), tl.Tensor([3.0, 4.0], dtype=np.float64)
    (a + b).backward(given)
    a.grad.assign(0.0)
    np.testing.assert_array_equal(host(b.grad), [3, 4])
    np.testing.assert_array_equal(host(given), [3, 4])
    ga, gb = tl.grad((a + b).sum(), [a, b])
    ga.assign(7.0)
    np.testing.assert_array_equal(host(gb), [1, 1])


def test_rule_08_backward_does_not_change_a_gradient_that_somebody_holds(device):
    x = leaf([1.0, 2.0])
    (x * 2).sum().backward()
    first = x.grad
    (x * 3).sum().backward()
    np.testing.assert_array_equal(host(first), [2, 2])
    np.testing.assert_array_equal(host(x.grad), [5, 5])


# Rule 10: order, depth, threads -----------------------------------------------------------------------------


@pytest.fixture
def deposits(monkeypatch):
    """Counts the gradients that the walk hands from node to node."""
    counter, deposit = [0], graph.deposit

    def counted(*args):
        counter[0] += 1
        return deposit(*args)

    monkeypatch.setattr(graph, "deposit", counted)
    return counter


def test_rule_10_a_chain_of_100_000_operations_is_linear(deposits):
    x = leaf(1.0)
    y = x
    for _ in range(50_000):
        y = -(y * 1.0)
    assert len(newest_first([y._node])) == 100_001
    y.backward()
    assert deposits[0] == 100_001, "every edge is walked once"
    assert x.grad.item() == 1.0


def test_rule_10_a_ladder_of_1000_diamonds_is_linear(device, deposits):
    x = leaf(1.0)
    y = x
    for _ in range(1000):  # 2^1000 paths
        y = y * 0.5 + y * 0.5
    y.backward()
    assert deposits[0] == 1 + 4 * 1000
    assert x.grad.item() == 1.0


def test_rule_10_second_order_through_a_ladder_is_linear_too(deposits):
    x = leaf(1.0)
    y = x
    for _ in range(100):
        y = y * 0.5 + y * 0.5
    first = tl.grad(y * y, x, create_graph=True)
    assert tl.grad(first, x).item() == pytest.approx(2.0)
    assert deposits[0] < 100 * 30


def test_rule_10_the_newest_node_is_visited_first():
    x = leaf(2.0)
    early = x * 3
    late = np.exp(early) * early + early  # early must wait for all three
    numbers = [node.number for node in newest_first([late._node])]
    assert numbers == sorted(numbers, reverse=True)
    late.backward()
    assert x.grad.item() == pytest.approx(3 * (np.exp(6.0) * 7 + 1))


def test_rule_10_a_million_operations_differentiate_and_are_freed_without_recursion():
    script = """if True:
        import numpy as np, tinylm as tl
        x = tl.Tensor(1.0, requires_grad=True)
        y = x
        for _ in range(1_000_000):
            y = -y
        y.backward(retain_graph=True)  # so that the whole chain is freed at once
        assert x.grad.item() == 1.0
        del y
    """
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr


def test_rule_10_grad_walks_only_paths_that_reach_its_inputs(registry):
    @tl.primitive()
    def forbidden(x):
        return np.copy(x)

    @forbidden.vjp("x")
    def _(g):
        raise AssertionError("this path does not lead to the input")

    x, w = leaf(2.0), leaf(3.0)
    loss = x * x + forbidden(w) * x
    assert tl.grad(loss, x, retain_graph=True).item() == 7.0
    with pytest.raises(AssertionError):
        tl.grad(loss, w)


def in_threads(*jobs):
    """Run the jobs at once, switching between them as often as Python can; re-raise what they raise."""
    errors, start = [], threading.Barrier(len(jobs))

    def run(job):
        try:
            start.wait()
            job()
        except BaseException as error:
            errors.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    if errors:
        raise errors[0]


def test_rule_10_two_threads_take_gradients_of_the_same_parameters_by_grad():
    w, b = leaf(np.ones((3, 3))), leaf(np.zeros(3))

    def job(seed):
        x = tl.Tensor(np.random.default_rng(seed).normal(size=(4, 3)))

        def gradients():
            return [host(g) for g in tl.grad(np.tanh(x @ w + b).sum(), [w, b])]

        def work():
            for _ in range(300):
                for got, wanted in zip(gradients(), expected, strict=True):
                    np.testing.assert_array_equal(got, wanted)

        expected = gradients()
        return work

    in_threads(job(0), job(1))
    assert w.grad is None
    assert b.grad is None


def test_rule_10_two_threads_accumulate_into_the_same_parameters_by_backward():
    w = leaf(np.ones(4000))  # long enough for NumPy to let the other thread run in the middle of the addition
    inputs, repetitions = (np.arange(4000.0) % 5, np.arange(4000.0) % 7), 400

    def job(x):
        return lambda: [(w * x).sum().backward() for _ in range(repetitions)]

    in_threads(job(inputs[0]), job(inputs[1]))
    np.testing.assert_array_equal(host(w.grad), repetitions * (inputs[0] + inputs[1]))  # whole numbers: exact


def test_rule_10_modes_belong_to_a_thread_and_travel_with_its_context(device):
    seen = {}

    def look(name):
        mode = graph.MODE.get()
        seen[name] = (mode.record, mode.fused, backend.default_device())

    with tl.no_grad(), tl.fused(False):
        context = contextvars.copy_context()
        in_threads(lambda: contextvars.Context().run(look, "another thread"), lambda: context.run(look, "a worker"))
        look("here")
    look("after")
    assert seen["another thread"] == (True, True, "cpu")
    assert seen["a worker"] == seen["here"] == (False, False, device)
    assert seen["after"] == (True, True, device)


def test_no_grad_records_nothing_and_may_decorate(device):
    x = leaf([1.0])

    @tl.no_grad()
    def forward():
        with tl.no_grad():
            pass
        return x * 2

    assert not forward().requires_grad
    assert (x * 2).requires_grad
    with tl.no_grad():
        assert not (x * 2).requires_grad
    with pytest.raises(ZeroDivisionError), tl.no_grad():
        raise ZeroDivisionError
    assert (x * 2).requires_grad, "an exception leaves the mode as it was"


# Rule 11: writes between forward and backward ----------------------------------------------------------------


@pytest.mark.parametrize("write", [
    lambda x, c: x.assign(7.0),
    lambda x, c: c.assign([7.0, 7.0, 7.0]),
    lambda x, c: x.detach().assign(0.0),
    lambda x, c: c[1:].assign(7.0),
    lambda x, c: c[1:][:1].assign(7.0),
    lambda x, c: np.reshape(c, (3, 1)).assign(7.0),
    lambda x, c: c.T[::2].assign(7.0),
], ids=["x", "c", "detached", "view", "view of a view", "reshaped", "transposed"])
def test_rule_11_backward_refuses_a_saved_array_that_was_written_to(device, write):
    x, c = leaf([1.0, 2.0, 3.0]), leaf([1.0, 2.0, 3.0])
    loss = (x * c).sum()
    with tl.no_grad():
        write(x, c)
    with pytest.raises(RuntimeError, match="multiply saved was written to"):
        loss.backward()


def test_rule_11_a_saved_view_is_noticed_when_its_owner_is_written_to(device):
    x, c = leaf([1.0, 2.0]), tl.Tensor([1.0, 2.0, 3.0], dtype=np.float64)
    view = c[1:][...]
    loss = (x * view).sum()
    c.assign(0.0)
    with pytest.raises(RuntimeError, match="written to"):
        loss.backward()


def test_rule_11_a_write_that_matters_to_no_rule_is_no_error(device):
    x, c = leaf([1.0, 2.0]), tl.Tensor([1.0, 2.0], dtype=np.float64)
    loss = (x + c).sum()
    c.assign(0.0)
    loss.backward()
    c.assign(1.0)
    loss = (x * c).sum()
    loss.backward()
    c.assign(5.0)  # after the backward
    np.testing.assert_array_equal(host(x.grad), [2, 2])


@pytest.mark.parametrize("use", [
    lambda x, a: x * a,
    lambda x, a: a * x,
    lambda x, a: np.einsum("i,i->i", x, a),
    lambda x, a: np.where(a > 0, x, 0.0) * a,
], ids=["multiply", "reflected", "einsum", "where"])
def test_rule_11_raw_operands_that_a_rule_names_are_copied(device, use):
    x, a = leaf([1.0, 2.0]), backend.to_device(np.array([3.0, 4.0]), device)
    loss = use(x, a).sum()
    a[...] = -100.0
    loss.backward()
    np.testing.assert_array_equal(host(x.grad), [3, 4])


def test_rule_11_raw_indices_are_copied(device):
    x, index, several = leaf([1.0, 2.0, 3.0]), np.array([0, 2]), [0, 2]
    loss = x[index].sum() + x[several].sum() + np.take(x, index).sum() + x[(index,)].sum()
    index[:] = 1
    several[:] = [1, 1]
    loss.backward()
    np.testing.assert_array_equal(host(x.grad), [4, 0, 4])


def test_rule_11_anomaly_mode_finds_writes_behind_the_engines_back(device):
    x = leaf([1.0, 2.0])
    with tl.detect_anomaly():
        loss = (x * x).sum()
        x._array[0] = 9.0  # as an older view of the memory could
        with pytest.raises(RuntimeError, match="multiply saved was written to"):
            loss.backward()


def test_rule_11_data_is_a_read_only_view():
    x = tl.Tensor([1.0, 2.0], device="cpu")
    assert np.shares_memory(x.data, x._array)
    with pytest.raises(ValueError, match="read-only"):
        x.data[0] = 5.0


def test_rule_11_a_tensor_owns_its_memory(device):
    raw = backend.to_device(np.array([1.0, 2.0]), device)
    x = tl.Tensor(raw)
    raw[...] = 9.0
    np.testing.assert_array_equal(host(x), [1, 2])


# Rule 13: grad and backward ------------------------------------------------------------------------------------


def test_rule_13_grad_returns_and_touches_nothing_backward_accumulates(device):
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    gx, gw = tl.grad((x * w).sum(), [x, w])
    assert x.grad is None
    assert w.grad is None
    np.testing.assert_array_equal(host(gx), [3, 4])
    np.testing.assert_array_equal(host(gw), [1, 2])
    for times in (1, 2):
        (x * w).sum().backward()
        np.testing.assert_array_equal(host(x.grad), times * host(gx))
    assert not x.grad.requires_grad


def test_rule_13_grad_takes_one_input_or_several_and_results_as_inputs(device):
    x = leaf([1.0, 2.0])
    h = np.exp(x)
    loss = (h * h).sum()
    assert isinstance(tl.grad(loss, h, retain_graph=True), tl.Tensor)
    for_h, for_x = tl.grad(loss, (h, x))
    np.testing.assert_allclose(host(for_h), 2 * np.exp([1, 2]))
    np.testing.assert_allclose(host(for_x), 2 * np.exp([2, 4]))


def test_rule_13_grad_of_several_outputs_with_their_weights(device):
    x = leaf([1.0, 2.0])
    weights = [tl.Tensor([1.0, 10.0], dtype=np.float64), tl.Tensor([100.0, 1000.0], dtype=np.float64)]
    got = tl.grad([x * 2, x * 3], x, weights)
    np.testing.assert_array_equal(host(got), [302, 3020])
    np.testing.assert_array_equal(host(tl.grad([x.sum(), (x * x).sum()], x)), [3, 5])


def test_rule_13_one_output_of_several_as_an_input(device):
    x = leaf(np.arange(4.0))
    first, second = np.split(x * 2, 2)
    loss = (first * second).sum()
    a, b = tl.grad(loss, [first, second])
    np.testing.assert_array_equal(host(a), [4, 6])
    np.testing.assert_array_equal(host(b), [0, 2])


def test_rule_13_the_graph_is_freed_unless_asked_otherwise(device):
    x = leaf([1.0, 2.0])
    loss = (x * x).sum()
    loss.backward(retain_graph=True)
    loss.backward()
    np.testing.assert_array_equal(host(x.grad), [4, 8])
    for again in (loss.backward, lambda: tl.grad(loss, x), (loss * 2).backward):
        with pytest.raises(RuntimeError, match=r"freed by an earlier backward.*retain_graph=True"):
            again()


def test_rule_13_create_graph_keeps_the_graph_and_records(device):
    x = leaf([1.0, 2.0])
    loss = (x * x * x).sum()
    loss.backward(create_graph=True)
    assert x.grad.requires_grad
    second = tl.grad(x.grad.sum(), x)
    np.testing.assert_array_equal(host(second), [6, 12])
    loss = (x * x * x).sum()
    with tl.no_grad():  # what the walk records does not depend on the mode around it
        assert tl.grad(loss, x, create_graph=True).requires_grad


def test_rule_13_unused_inputs_are_an_error_or_none(device):
    x, w = leaf([1.0]), leaf([1.0])
    with pytest.raises(RuntimeError, match=r"do not depend on input 1.*allow_unused=True"):
        tl.grad((x * 2).sum(), [x, w])
    got, unused = tl.grad((x * 2).sum(), [x, w], allow_unused=True)
    assert unused is None
    assert got.item() == 2.0
    with pytest.raises(TypeError, match="input 0 is not a Tensor with requires_grad=True"):
        tl.grad((x * 2).sum(), tl.Tensor([1.0]))


# Writes that a counter has to see -------------------------------------------------------------------------------


@pytest.mark.parametrize("view", [
    np.squeeze, lambda x: np.einsum("ij->ji", x), lambda x: np.einsum("ij", x), np.transpose, lambda x: x[1:],
    lambda x: np.split(x, 2)[0], lambda x: np.broadcast_to(x, (3, 2, 2)),
], ids=["squeeze of nothing", "einsum", "einsum as it is", "transpose", "slice", "split", "broadcast_to"])
def test_rule_11_a_write_to_the_owner_of_a_view_is_seen(view):
    x, v = tl.Tensor([[1.0, 2.0], [3.0, 4.0]]), tl.Tensor(2.0, requires_grad=True)
    loss = (view(x) * v).sum()
    x.assign(100.0)
    with pytest.raises(RuntimeError, match="multiply saved was written to"):
        tl.grad(loss, v)


def test_rule_11_a_write_between_first_and_second_order_is_seen():
    x = tl.Tensor([0.5], requires_grad=True)
    first = tl.grad(np.sin(x).sum(), x, create_graph=True)
    x.assign(3.0)
    with pytest.raises(RuntimeError, match="was written to"):
        tl.grad(first.sum(), x)


def test_rule_08_gradients_recorded_by_create_graph_are_owned_too():
    a, b = (tl.Tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    v = tl.Tensor([3.0, 4.0])
    (a + b).backward(v, create_graph=True)
    assert a.grad is not b.grad and a.grad is not v
    assert not np.shares_memory(a.grad.data, b.grad.data) and not np.shares_memory(a.grad.data, v.data)


def test_an_error_does_not_keep_arrays_alive(no_collector):
    def fail():
        x = tl.Tensor(np.ones((2, 3)))
        with contextlib.suppress(ValueError):
            x @ x
        with contextlib.suppress(ValueError, IndexError):
            np.argmax(x, axis=7)
        return weakref.ref(x)

    assert fail()() is None


def test_a_failed_assign_counts_as_no_write():
    x = tl.Tensor([2.0], requires_grad=True)
    loss = (x * x).sum()
    with pytest.raises((ValueError, TypeError)):
        x.assign(["abc"])
    assert tl.grad(loss, x).item() == 4
