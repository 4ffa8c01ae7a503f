"""Every primitive is checked, on samples that cover what there is to cover; none can be registered without."""

import numpy as np
import pytest

import tinylm as tl
from tinylm import cases, table
from tinylm.primitives import PRIMITIVES
from tinylm.samples import R, call

ALL = [p for p in PRIMITIVES.values() if p.rules]


@pytest.mark.parametrize("primitive", ALL, ids=str)
def test_every_primitive_on_every_sample(primitive, device):
    row = table.check(primitive, [device])
    assert not row.faults, "\n".join(row.faults)
    assert {"first", "second", *([] if primitive.casts else ["float32"])} <= set(row.errors)


@pytest.mark.parametrize("primitive", ALL, ids=str)
def test_the_samples_cover_shapes_axes_and_empty_arrays(primitive):
    shapes = [a.shape for case in cases.cases_of(primitive) for a in case.arrays]
    assert any(0 in shape for shape in shapes) or primitive.name in WITHOUT_EMPTY, "no sample is empty"
    assert any(len(shape) > 1 for shape in shapes), "no sample has two axes"
    if "axis" in primitive.names:
        where = primitive.names.index("axis")
        axes = [c.args[where] if len(c.args) > where else c.settings.get("axis", primitive.defaults.get("axis"))
                for c in primitive.samples]
        assert any(a < 0 for axis in axes if axis is not None for a in (axis if isinstance(axis, tuple) else [axis]))
    if len(primitive.rules) > 1 and not primitive.many:
        assert any(len({a.shape for a in case.arrays}) > 1 for case in cases.cases_of(primitive)), "no broadcast"


WITHOUT_EMPTY = {"astype", "to"}


def test_a_primitive_without_samples_is_refused():
    @tl.primitive()
    def unsampled(x):
        "y = 2x"
        return 2 * x

    unsampled.vjp("x")(lambda g: 2 * g)
    try:
        with pytest.raises(ValueError, match=r"unsampled: no samples.*@primitive\(samples="):
            cases.cases_of(unsampled)
    finally:
        del PRIMITIVES["unsampled"]


def test_a_kink_that_is_not_stated_is_found_out():
    @tl.primitive(samples=[call(np.array([0.5, 1e-5]))])
    def hat(x):
        "y = |x|, its kink kept a secret"
        return np.absolute(x)

    hat.vjp("x")(lambda g, x: g * np.sign(x))
    try:
        assert table.check(hat, ["cpu"]).faults
    finally:
        del PRIMITIVES["hat"]


def test_draws_keep_apart_and_away_from_kinks():
    relu = PRIMITIVES["relu"]
    drawn = cases.draw(relu, [("x", (5, 6)), ("x", (7,))], np.random.default_rng(0))
    values = np.sort(np.concatenate([a.ravel() for a in drawn]))
    assert np.min(np.diff(values)) > 0.01 and np.min(np.abs(values)) > 0.01


def test_the_table_and_a_single_formula(capsys):
    assert table.report(["tanh", "matmul"], ["cpu"]) == 0
    shown = capsys.readouterr().out
    assert "y = tanh x" in shown and "lambda g, y: g * (1 - y * y)" in shown
    assert "domain (-2.0, 2.0), smooth" in shown and "64 32 16" in shown and "matmul(R(2, 3), R(3, 2))" in shown
    with pytest.raises(ValueError, match="did you mean 'tanh'"):
        table.report(["tanhh"], ["cpu"])


def test_a_wrong_rule_fails_the_table(capsys):
    rule = PRIMITIVES["exp"].rules["x"]
    try:
        PRIMITIVES["exp"].vjp("x")(lambda g, y: g * y * 1.0001)
        assert table.report(["exp"], ["cpu"]) == 1
        assert "✗ first: exp(R(3,))" in capsys.readouterr().out
    finally:
        PRIMITIVES["exp"].vjp("x")(rule.function)


def test_a_pin_that_is_broken_fails():
    relu = PRIMITIVES["relu"]
    rule = relu.rules["x"]
    try:
        relu.vjp("x")(lambda g, y: np.where(y >= 0, g, 0.0) * (y > -1))
        assert any(fault.startswith("pins") for fault in table.check(relu, ["cpu"]).faults)
    finally:
        relu.vjp("x")(rule.function)


def test_samples_describe_themselves():
    assert cases.describe(call([R(2, 3), R(2, 1)], axis=1)) == "([R(2, 3), R(2, 1)], axis=1)"
