"""Every kernel's loop against the NumPy that defines it, and what decides which of them runs."""

import contextvars
import importlib.util
import sys

import numpy as np
import pytest
from foreign import ForeignArray

import tinylm as tl
from tinylm import kernels, models, nn, optim
from tinylm.kernels import KERNELS, compiled
from tinylm.shards import Shards

HAVE = importlib.util.find_spec("numba") is not None
needs_numba = pytest.mark.skipif(not HAVE, reason="Numba is not installed: pip install numba")


def arguments(name, rng):
    """Arguments for a kernel, in float64, in each of the ways that it is called."""
    def some(*shape):
        return rng.standard_normal(shape)

    def part(*shape):
        return rng.uniform(0.05, 0.95, shape)

    n, h = (int(k) for k in rng.integers(1, 40, 2))
    if name in ("gelu_values", "gelu_gradient"):
        for by_tanh in (False, True):
            yield [some(7 * h), *[some(7 * h) * 3 for _ in range(1 + (name == "gelu_gradient"))], by_tanh]
    elif name in ("normalised", "scaled"):
        yield [some(n, h) * 2 + 1, some(h), *[some(h)] * (name == "normalised"), 1e-3]
    elif name in ("normalised_gradient", "scaled_gradient"):
        x, weight = some(n, h) * 2 + 1, some(h)
        given = (x, weight, some(h), 0.1) if name == "normalised_gradient" else (x, weight, 0.1)
        yield [some(n, h), x, weight, *KERNELS[name.removesuffix("_gradient")].function(*given)[1:]]
    elif name in ("exponentials", "probabilities"):
        s, columns = some(3, n, h) * 3, slice(2, 2 + h)
        s[:, 1:, 0] = -np.inf  # forbidden by a mask
        wide = [some(3, 1, h + 5)[..., columns], part(3, 1, h + 5)[..., columns]]
        yield [s, *wide]
    elif name == "softmax_gradient":
        yield [some(3, n, h), part(3, n, h)]
    elif name == "softmax_of_rows":
        x = some(n, h) * 5
        yield [x, x.max(axis=1)]
    elif name == "adam_step":
        for largest in (None, part(n)):
            yield [some(n), some(n), some(n), part(n), largest, 0.9, 0.999, 0.01, 1e-8]
    elif name == "lstm_step":
        scale = np.full((n, 4, h), 0.5)
        scale[:, 2] = 1
        scale = scale.reshape(n, 4 * h)
        yield [some(n, 4 * h) * 3, some(n, 4 * h), some(n, h), some(n, h), some(n, h), scale, 1 - scale, some(n, h)]
    elif name == "lstm_step_back":
        yield [some(n, 4 * h), *[some(n, h) for _ in range(2)], part(n, 4 * h), some(n, h), some(n, h), some(n, 4 * h),
               some(n, h)]
    elif name == "gru_step":
        yield [some(n, 3 * h) * 3, some(n, 3 * h), *[some(n, h) for _ in range(3)]]
    elif name == "gru_step_back":
        yield [some(n, 3 * h), some(n, 3 * h), *[some(n, h) for _ in range(2)], part(n, 3 * h), some(n, h), some(n, h),
               some(n, 3 * h)]


WRITTEN = {  # what a kernel leaves behind in its arguments, by their places; all else is lost or as it was
    "gelu_values": (0,), "gelu_gradient": (0,), "exponentials": (0, 1, 2), "probabilities": (0,),
    "softmax_gradient": (0,), "adam_step": (0, 2, 3, 4), "lstm_step": (0, 3, 4), "lstm_step_back": (0, 1),
    "gru_step": (0, 3, 4), "gru_step_back": (0, 1, 2),
}


def results(function, name, given):
    found = function(*given)
    parts = [] if found is None else [*found]
    return [*parts, *[given[k] for k in WRITTEN.get(name, ()) if given[k] is not None]]


def in_dtype(given, dtype):
    """Copies in another dtype; what was a part of a wider array is one again."""
    def one(value):
        if not isinstance(value, np.ndarray):
            return value
        whole = np.zeros((*value.shape[:-1], value.shape[-1] + 3 * (not value.flags.c_contiguous)), dtype)
        view = whole[..., :value.shape[-1]]
        view[...] = value
        return view
    return [one(value) for value in given]


def test_every_kernel_has_samples():
    assert all(list(arguments(name, np.random.default_rng(0))) for name in KERNELS) and len(KERNELS) > 10


@needs_numba
@pytest.mark.parametrize("name", KERNELS)
def test_a_loop_computes_what_its_kernel_says(name):
    """No further from float64 than a few times what NumPy's float32 is, over random sizes."""
    with compiled():
        loop = KERNELS[name].loop
    worst = {"loop": 0.0, "numpy": 0.0}
    for seed in range(30):
        for given in arguments(name, np.random.default_rng(seed)):
            given = in_dtype(in_dtype(given, np.float32), np.float64)  # numbers that float32 has
            exact = results(KERNELS[name].function, name, in_dtype(given, np.float64))
            if name == "adam_step" and given[4] is not None:  # amsgrad has no loop
                continue
            for way, function in (("loop", loop), ("numpy", KERNELS[name].function)):
                found = results(function, name, in_dtype(given, np.float32))
                assert len(found) == len(exact)
                for ours, right in zip(found, exact, strict=True):
                    assert ours.dtype == np.float32 and ours.shape == right.shape
                    assert np.array_equal(np.isfinite(ours), np.isfinite(right))
                    error = np.abs(ours - right).max(initial=0) / max(np.abs(right).max(initial=0), 1e-3)
                    worst[way] = max(worst[way], float(error))
    assert worst["loop"] <= max(2 * worst["numpy"], 4e-7), worst


@needs_numba
def test_exp_and_tanh_over_the_whole_line():
    with compiled():
        import numba

        from tinylm.loops import smooth

    @numba.njit
    def of_all(exps, tanhs, x):
        for k in range(x.size):
            exps[k], tanhs[k] = smooth.exp(x[k]), smooth.tanh(x[k])
    x = np.concatenate([np.linspace(-110, 88.7, 200_001), np.linspace(-9, 9, 200_001), np.logspace(-30, 0, 1000),
                        [np.nan, np.inf, -np.inf, 0]]).astype(np.float32)
    exps, tanhs = np.empty_like(x), np.empty_like(x)
    of_all(exps, tanhs, x)
    wide = x.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        for ours, right, limit in ((exps, np.exp(wide), 1.2e-7), (tanhs, np.tanh(wide), 3e-7)):
            normal = np.isfinite(right) & (np.abs(right) > 1.2e-38) & (np.abs(right) < 3.4e38)
            assert (np.abs(ours - right)[normal] / np.abs(right)[normal]).max() < limit
            assert np.array_equal(np.isnan(ours), np.isnan(right))
    assert np.nanmax(tanhs) == 1 and np.nanmin(tanhs) == -1
    assert exps[x < -104].max() == 0 and tanhs[-1] == 0 and np.isinf(exps[-3])


@needs_numba
def test_what_a_loop_is_not_made_for_goes_to_numpy(monkeypatch):
    kernel = KERNELS["gelu_values"]
    with compiled():
        calls = []
        monkeypatch.setattr(kernel, "loop", lambda *args, real=kernel.loop: calls.append(1) or real(*args))
        x = np.linspace(-3, 3, 10)
        for dtype, runs in ((np.float64, 0), (np.float32, 1)):
            calls.clear()
            out = np.empty(10, dtype)
            kernel(out, x.astype(dtype), True)
            assert len(calls) == runs and np.isfinite(out).all()
        calls.clear()
        out = np.empty(20, np.float32)[::2]
        kernel(out, x.astype(np.float32), True)  # asks the loop, which declines: NumPy does it
        expected = np.empty(10, np.float32)
        kernel.function(expected, x.astype(np.float32), True)
        assert np.array_equal(out, expected)
        assert not kernels._suits(ForeignArray(np.ones(3, np.float32)))


@needs_numba
def test_the_innermost_block_decides(monkeypatch):
    monkeypatch.delenv(kernels.SWITCH, raising=False)
    seen = []
    with compiled(None) as outer:
        with compiled(False), compiled(None) as inner:
            seen.append(inner)
        with compiled(None) as again:
            seen += [outer, again]
        seen.append(contextvars.copy_context().run(lambda: kernels._wanted.get()))  # as workers are started
    assert seen == [False, True, True, True]
    monkeypatch.setenv(kernels.SWITCH, "0")
    with compiled(None) as by_variable:
        assert not by_variable


def test_without_numba(monkeypatch):
    monkeypatch.delenv(kernels.SWITCH, raising=False)
    monkeypatch.setitem(sys.modules, "numba", None)  # importing it fails
    with pytest.raises(ImportError, match=r'pip install -e "\.\[fast\]"'), compiled():
        pass
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with compiled(None) as on:
        assert not on


@needs_numba
def test_a_numba_that_does_not_import_is_done_without(monkeypatch):
    monkeypatch.delenv(kernels.SWITCH, raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.warns(UserWarning, match="Numba"), compiled(None) as on:
        assert not on


@needs_numba
@pytest.mark.parametrize("workers", [1, 2])
def test_a_training_comes_out_the_same(workers):
    ends = []
    for enabled in (False, True):
        model = models.GPT(11, 8, 16, 2, 2, seed=1)
        optimizer = optim.AdamW(model.parameters(), 1e-2)
        shards = Shards(model, models.next_token_loss, lambda targets: targets.size, workers)
        rng = np.random.default_rng(0)
        with compiled(enabled), shards:
            for step in range(5):
                batch = rng.integers(0, 11, (4, 8)), rng.integers(0, 11, (4, 8))
                found = shards.gradients(optimizer.params, [batch], 0, step)
                optimizer.step(found.found)
        ends.append(np.concatenate([p.detach().numpy().reshape(-1) for p in model.parameters()]))
    assert 0 < np.abs(ends[0] - ends[1]).mean() < 1e-6  # other bits, the same numbers


@needs_numba
def test_layers_run_loops(monkeypatch):
    """What a layer calls arrives at its loop: no argument makes it decline."""
    ran = set()
    with compiled():
        for name, kernel in KERNELS.items():
            def spy(*args, name=name, real=kernel.loop):
                result = real(*args)
                ran.add(name)
                return result
            monkeypatch.setattr(kernel, "loop", spy)
        x = tl.Tensor(np.random.default_rng(0).standard_normal((2, 5, 8)).astype(np.float32))
        layers = [nn.LSTM(8, 8), nn.GRU(8, 8), nn.LayerNorm(8), nn.RMSNorm(8), tl.gelu, lambda x: tl.gelu(x, "tanh"),
                  lambda x: nn.scaled_dot_product_attention(x, x, x, is_causal=True)]
        parameters = [p for layer in layers[:4] for p in layer.parameters()]
        for layer in layers:
            y = layer(x)
            x = y[0] if isinstance(y, tuple) else y
        loss = nn.cross_entropy(x.reshape(10, 8), np.arange(10) % 8)
        optim.Adam(parameters).step(tl.grad(loss, parameters))
    assert ran == set(KERNELS)
