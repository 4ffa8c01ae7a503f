"""gradcheck finds what is wrong, says where, and lets nothing pass."""

import numpy as np
import pytest

import tinylm as tl
from tinylm.primitives import PRIMITIVES
from tinylm.verify import GradientError, gradcheck


@pytest.fixture
def broken():
    """A primitive whose rule is right except in one entry."""
    @tl.primitive()
    def lopsided(x):
        "y = x²"
        return x * x

    @lopsided.vjp("x")
    def _(g, x):
        return g * 2 * x * (1 + 1e-4 * (np.arange(x.shape[-1]) == 1))

    yield lopsided
    del PRIMITIVES["lopsided"]


def test_the_report_names_the_worst_entry(broken):
    report = gradcheck(broken, np.array([[1.0, 2.0, 3.0]]), raise_exception=False)
    assert not report
    assert report.worst.position == (0, 1)
    assert report.worst.analytic == pytest.approx(report.worst.numeric * 1.0001, rel=1e-6)
    assert "worst at [0, 1]" in str(report) and "✗" in str(report)


def test_it_raises_unless_told_otherwise(broken):
    with pytest.raises(GradientError, match=r"worst at \[1\]") as caught:
        gradcheck(broken, np.array([1.0, 2.0, 3.0]))
    assert not caught.value.report


def test_a_sum_of_a_softmax_would_hide_what_a_random_cotangent_shows():
    @tl.primitive()
    def zero_slope(x):
        "softmax with the gradient that its sum has: none"
        e = np.exp(x - np.max(x, axis=-1, keepdims=True))
        return e / np.sum(e, axis=-1, keepdims=True)

    zero_slope.vjp("x")(lambda g, y: g * 0.0)
    x = np.array([0.1, 0.7, -0.3])
    assert gradcheck(lambda x: zero_slope(x).sum(), x)  # blind
    assert not gradcheck(zero_slope, x, raise_exception=False)
    del PRIMITIVES["zero_slope"]


def test_nan_fails():
    with np.errstate(invalid="ignore"):
        assert not gradcheck(np.sqrt, np.array([-1.0]), raise_exception=False)


def test_a_kink_is_named():
    for near in (0.0, 1e-5, 2e-4, 7e-4):
        report = gradcheck(tl.ops.relu, np.array([0.5, near]), raise_exception=False)
        assert not report and report.worst.kink and "a kink is near" in str(report)
    assert not gradcheck(lambda x: x * x.detach(), np.array([0.5]), raise_exception=False).worst.kink


def test_second_order_sees_what_first_order_cannot():
    @tl.primitive()
    def cut(x):
        "y = x³, its derivative right, and cut from the graph"
        return x * x * x

    cut.vjp("x")(lambda g, x: g * 3 * (x * x if isinstance(x, np.ndarray) else (x * x).detach()))
    assert gradcheck(cut, np.array([1.0, 2.0]))
    assert not gradcheck(cut, np.array([1.0, 2.0]), order=2, raise_exception=False)
    del PRIMITIVES["cut"]


def test_the_complex_step_is_exact_to_rounding():
    report = gradcheck(lambda x, w: np.tanh(x @ w) / (1 + np.exp(x @ w)), [np.ones((2, 3)), np.full((3, 2), 0.3)],
                       method="complex")
    assert report.worst.error < 1e-14
    with pytest.raises(TypeError, match="not analytic"):
        gradcheck(lambda x: np.absolute(x), np.ones(2), method="complex")


def test_directions_check_a_model_through_its_own_parameters():
    r = np.random.default_rng(0)
    w, b = (tl.Tensor(r.normal(size=s), requires_grad=True) for s in ((30, 20), (20,)))
    x = r.normal(size=(5, 30))
    before = w.numpy() if not w.requires_grad else w.detach().numpy()
    report = gradcheck(lambda *_: tl.ops.logsumexp(np.tanh(x @ w + b)), [w, b], directions=4, order=2)
    assert report and len(report.entries) == 8
    np.testing.assert_array_equal(before, w.detach().numpy())  # the parameters are back where they were
    assert not gradcheck(lambda *_: (w * w.detach()).sum() + b.sum(), [w, b], directions=2, raise_exception=False)


def test_inputs_that_are_not_to_be_differentiated_pass_through():
    assert gradcheck(tl.ops.embedding, [np.array([0, 2, 0]), np.random.default_rng(0).normal(size=(3, 2))], order=2)
    assert gradcheck(lambda a, axis: tl.ops.softmax(a, axis), [np.arange(6.0).reshape(2, 3) / 3, 0])


def test_several_outputs():
    assert gradcheck(lambda x: tl.ops.split(x * x, [1]), np.array([1.0, 2.0, 3.0]), order=2)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: gradcheck(np.exp, tl.Tensor([1.0], requires_grad=True)), "input 0 is float32.*astype"),
    (lambda: gradcheck(np.exp, np.array([1])), "no floating-point input"),
    (lambda: gradcheck(np.exp, np.zeros((0, 2))), "only empty ones"),
    (lambda: gradcheck(np.exp, np.ones(2), order=3), "order is 1 or 2, not 3"),
    (lambda: gradcheck(np.exp, np.ones(2), directions=-1), "directions, -1"),
    (lambda: gradcheck(lambda x: None, np.ones(2)), "the function returned NoneType"),
    (lambda: gradcheck(np.exp, tl.Tensor(np.ones(2), requires_grad=True) * 2), "input 0 is a result of an operation"),
    (lambda: gradcheck(lambda x: x * float(np.random.default_rng().normal()), np.ones(2)), "switch off what is random"),
    (lambda: gradcheck(np.exp, np.array([1.0]), method="magic"), "five-point.*complex.*magic"),
])
def test_wrong_use(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_a_step_out_of_the_domain_is_named():
    with np.errstate(invalid="ignore"):
        report = gradcheck(np.log, np.array([1e-4]), raise_exception=False)
    assert not report and "leaves the function's domain" in str(report)


def test_a_function_that_differentiates_can_be_checked():
    assert gradcheck(lambda x: tl.grad((x ** 3).sum(), x, create_graph=True), np.array([0.5, 2.0]), order=2)


def test_one_tolerance_for_all_orders():
    assert gradcheck(np.exp, np.ones(2), order=2, tolerances=1e-3).tolerances == {1: 1e-3, 2: 1e-3}
