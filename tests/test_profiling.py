"""tl.profile: counts, times that fit into the block, memory by layer, threads, and nothing left behind."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinylm as tl
from tinylm import batched, doorways, nn, tensor
from tinylm.plan import Plan
from tinylm.primitives import Primitive
from tinylm.profiling import OUTSIDE, Profile
from tinylm.shards import Shards

RNG = np.random.default_rng(0)
DOORWAYS = [(Primitive, "__call__"), (Plan, "record"), (Plan, "pull"), (nn.Module, "__call__"),
            (tensor, "differentiate"), (batched, "differentiate")]
UNTOUCHED = [vars(owner)[name] for owner, name in DOORWAYS]


@pytest.fixture(autouse=True)
def nothing_is_left_behind():
    yield
    assert [vars(owner)[name] for owner, name in DOORWAYS] == UNTOUCHED
    assert "direct" not in vars(Plan)
    assert doorways.ACTIVE.get() == ()


def leaf(*shape: int) -> tl.Tensor:
    return tl.Tensor(RNG.standard_normal(shape), requires_grad=True, dtype=np.float32)


def counts(p: Profile) -> dict[tuple[str, bool], int]:
    return {key: operation.calls for key, operation in p.operations.items() if key[0] != doorways.WALK}


class Two(nn.Module):
    """Two layers, one of them inside another, and an operation of its own."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.first = nn.Sequential(nn.Linear(8, 16, rng=rng), nn.Tanh())
        self.second = nn.Linear(16, 4, rng=rng)

    def forward(self, x: Any) -> Any:
        return np.tanh(self.second(self.first(x)))


def test_every_operation_is_counted_once_forward_and_backward():
    x, w = leaf(3, 4), leaf(4, 4)
    with tl.profile() as p:
        np.sum(np.tanh(np.tanh(x @ w) @ w) + 1).backward()
    both = {"matmul": 2, "tanh": 2, "add": 1, "sum": 1}
    assert counts(p) == {(name, backward): n for name, n in both.items() for backward in (False, True)}
    assert p.operations[doorways.WALK, True].calls == 1


def test_what_was_recorded_before_the_block_is_measured_on_its_way_back():
    x = leaf(3)
    loss = np.sum(np.tanh(x))
    with tl.profile() as p:
        loss.backward()
    assert counts(p) == {("sum", True): 1, ("tanh", True): 1}


def test_only_operations_on_tensors_count_not_formulas_at_work_inside_them():
    x = leaf(3, 4)
    with tl.profile() as p, tl.no_grad():
        tl.ops.softmax(x)
        tl.ops.softmax(x.data)  # plain NumPy
    assert counts(p) == {("softmax", False): 1}


def test_times_are_within_the_block_and_add_up():
    model, x = Two(), RNG.standard_normal((64, 8)).astype(np.float32)
    with tl.profile() as p:
        for _ in range(5):
            tl.grad(np.sum(model(x) ** 2), list(model.parameters()))
    total = sum(operation.seconds for operation in p.operations.values())
    assert 0 < total < p.seconds
    assert all(operation.seconds > 0 for operation in p.operations.values())
    backward = sum(o.seconds for (name, back), o in p.operations.items() if back)
    assert sum(layer.own_backward for layer in p.layers.values()) == pytest.approx(backward)
    assert sum(layer.own_forward for layer in p.layers.values()) < p.seconds - backward


def test_what_measuring_takes_is_no_operation_s_time(monkeypatch: pytest.MonkeyPatch):
    keeps, ran = Profile.keeps, Profile.ran

    def slowly(method: Any) -> Any:
        def slow(*args: Any) -> Any:
            time.sleep(0.02)
            return method(*args)
        return slow

    monkeypatch.setattr(Profile, "keeps", slowly(keeps))
    monkeypatch.setattr(Profile, "ran", slowly(ran))
    x = leaf(3)
    with tl.profile() as p:
        np.sum(np.tanh(np.tanh(x))).backward()
    assert p.seconds > 8 * 0.02  # three nodes, and six times an operation ran
    assert sum(operation.seconds for operation in p.operations.values()) < 2 * 0.02


def test_layers_by_their_paths_with_and_without_what_is_inside():
    model, x = Two(), RNG.standard_normal((64, 8)).astype(np.float32)
    with tl.profile() as p:
        np.sum(model(x)).backward()
        model(x)
    assert list(p.layers) == ["Two", "Two.first", "Two.first.0", "Two.first.1", "Two.second", OUTSIDE]
    assert {name: (layer.kind, layer.calls) for name, layer in p.layers.items()} == {
        "Two": ("Two", 2), "Two.first": ("Sequential", 2), "Two.first.0": ("Linear", 2), "Two.first.1": ("Tanh", 2),
        "Two.second": ("Linear", 2), OUTSIDE: ("", 0)}
    for all_of_it, own in (("forward", "own_forward"), ("backward", "own_backward")):
        layer = {name: getattr(found, all_of_it) for name, found in p.layers.items()}
        mine = {name: getattr(found, own) for name, found in p.layers.items()}
        assert layer["Two.first"] == pytest.approx(mine["Two.first"] + layer["Two.first.0"] + layer["Two.first.1"])
        assert layer["Two"] == pytest.approx(mine["Two"] + layer["Two.first"] + layer["Two.second"])
        assert all(layer[name] > 0 for name in ("Two.first.0", "Two.first.1", "Two.second"))
    assert p.layers["Two"].own_backward > 0  # its own tanh
    assert p.layers[OUTSIDE].own_backward > 0  # the sum


def test_layers_that_nobody_holds_have_names_too():
    a, b, x = nn.Linear(4, 4), nn.Linear(4, 4), leaf(2, 4)
    with tl.profile() as p:
        b(a(a(x)))
    assert {name: layer.calls for name, layer in p.layers.items()} == {"Linear": 2, "Linear 2": 1}


def test_kept_memory_without_parameters_inputs_and_doubles():
    first, x = nn.Linear(8, 16), leaf(32, 8)
    with tl.profile() as p:
        h = np.tanh(first(x))  # keeps itself; the product keeps x and the weight, which are not its own
        y = np.exp(h * h)  # the product keeps h, which is kept already; exp keeps itself
        assert p.kept == p.saved == h.data.nbytes + y.data.nbytes
        np.sum(y).backward()
        del h, y
        leaf(1) * 2
        assert p.kept == 0


def test_what_a_walk_has_freed_is_not_counted_while_its_result_lives_on():
    first, x = nn.Linear(8, 16), leaf(32, 8)
    with tl.profile() as p:
        for _ in range(3):
            z = np.tanh(first(x))
            np.sum(z).backward()
    assert p.saved == z.data.nbytes


def test_a_graph_that_nobody_walks_gives_its_memory_back():
    x = leaf(10)
    with tl.profile() as p:
        y = np.tanh(x)
        assert p.kept == 40
        del y
        assert p.kept == 0


def test_kept_memory_counts_in_the_layers_around():
    model, x = Two(), RNG.standard_normal((32, 8)).astype(np.float32)
    with tl.profile() as p:
        loss = np.sum(model(x))
    del loss
    hidden, output = 32 * 16 * 4, 32 * 4 * 4
    given = x.nbytes  # a plain array is copied by the layer that keeps it
    saved = {name: layer.saved for name, layer in p.layers.items()}
    assert saved["Two.first.1"] == hidden
    assert saved["Two.first.0"] in (0, given)
    assert saved["Two.first"] == hidden + saved["Two.first.0"]
    assert saved["Two"] == saved["Two.first"] + output


def test_new_memory_only():
    x = leaf(6, 4)
    with tl.profile() as p:
        np.sum(np.tanh(x.reshape(4, 6))).backward()
    assert p.operations["reshape", False].bytes == p.operations["reshape", True].bytes == 0
    assert p.operations["tanh", False].bytes == p.operations["tanh", True].bytes == 96
    assert p.operations["sum", False].bytes == 4


def test_fused_under_their_names_and_their_parts_where_they_are_not():
    fused = next(name for name in ("layer_norm", "fused_layer_norm") if name in tl.primitives.PRIMITIVES)
    norm, x = nn.LayerNorm(8), leaf(2, 8)
    with tl.profile() as p:
        np.sum(norm(x) ** 2).backward()
    assert counts(p)[fused, False] == counts(p)[fused, True] == 1
    with tl.profile() as p, tl.fused(False):
        np.sum(norm(x) ** 2).backward()
    assert (fused, False) not in counts(p)
    assert counts(p)["sqrt", False] == counts(p)["sqrt", True] == 1


def test_nothing_changes_in_what_is_computed():
    model, x = Two(), RNG.standard_normal((5, 8)).astype(np.float32)
    params, seed = list(model.parameters()), RNG.standard_normal((5, 4)).astype(np.float32)
    def run() -> list[Any]:
        y = model(x)
        found = tl.grad(y, params, seed)
        first = tl.grad(np.sum(model(x) ** 3), params[0], create_graph=True)
        return [y.detach().numpy(), *(g.numpy() for g in found), tl.grad(np.sum(first * first), params[2]).numpy()]
    plain = run()
    with tl.profile():
        measured = run()
    assert all(np.array_equal(a, b) for a, b in zip(plain, measured, strict=True))


def test_several_outputs_and_lists():
    x, y = leaf(4, 6), leaf(4, 6)
    with tl.profile() as p:
        a, b = np.split(np.concatenate([x, y]), 2)
        np.sum(a * b).backward()
    assert counts(p)["split", True] == counts(p)["concatenate", True] == 1


def test_blocks_inside_blocks_and_one_after_the_other():
    x = leaf(3)
    with tl.profile() as outer:
        np.tanh(x)
        with tl.profile() as inner:
            np.exp(x)
        with inner:
            np.exp(x)
        np.tanh(x)
    assert counts(inner) == {("exp", False): 2}
    assert counts(outer) == {("tanh", False): 2, ("exp", False): 2}
    assert inner.seconds < outer.seconds


def test_a_layer_has_one_name_in_all_blocks_and_a_block_may_open_inside_a_layer():
    a, b, x = nn.Linear(4, 4), nn.Linear(4, 4), leaf(2, 4)
    inner = []

    class Watched(nn.Module):
        def __init__(self) -> None:
            self.part = nn.Tanh()

        def forward(self, x: Any) -> Any:
            with tl.profile() as p:
                y = self.part(x)
            inner.append(p)
            return self.part(y)

    with tl.profile() as outer:
        a(x)
        with tl.profile() as p:
            b(x)
        np.sum(Watched()(x)).backward()
    assert list(outer.layers) == ["Linear", "Linear 2", "Watched", "Watched.part", OUTSIDE]
    assert list(p.layers) == ["Linear 2"]
    assert inner[0].layers["Watched.part"].calls == 1
    assert outer.layers["Watched.part"].calls == 2


def test_one_profile_cannot_measure_inside_itself():
    with tl.profile() as p:
        with pytest.raises(RuntimeError, match="measuring already"), p:
            pass
        np.tanh(leaf(3))
    assert counts(p) == {("tanh", False): 1}


def test_after_an_error_all_is_as_it_was():
    x = leaf(3)
    with pytest.raises(ValueError, match="matmul"), tl.profile() as p:
        np.tanh(x)
        x @ leaf(4, 4)
    assert counts(p) == {("tanh", False): 1}
    broken = Primitive(lambda x: np.copy(x))
    broken.vjp("x")(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError), tl.profile():
        np.sum(broken(x)).backward()
    with tl.profile() as p:  # the clocks of this thread stand where they should
        np.sum(np.tanh(x)).backward()
    assert doorways._HERE.operations == doorways._HERE.modules == []
    assert sum(operation.seconds for operation in p.operations.values()) < p.seconds


def in_thread(work: Callable[[], Any]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_threads_of_this_context_and_no_others():
    x = leaf(3)
    with tl.profile() as p:
        here = contextvars.copy_context()
        in_thread(lambda: here.run(lambda: np.tanh(x)))
        in_thread(lambda: contextvars.Context().run(lambda: np.exp(x)))
        np.tanh(x)
    assert counts(p) == {("tanh", False): 2}
    assert p.threads == 2


def test_many_threads_lose_no_call():
    model, x = Two(), RNG.standard_normal((4, 8)).astype(np.float32)
    all_done = threading.Barrier(4)  # a thread that has ended may lend its number to the next
    def work() -> None:
        for _ in range(30):
            tl.grad(np.sum(model(x)), list(model.parameters()))
        all_done.wait()
    with tl.profile() as p:
        threads = [threading.Thread(target=contextvars.copy_context().run, args=(work,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert p.operations["sum", False].calls == p.operations["sum", True].calls == 120
    assert p.layers["Two.second"].calls == 120
    assert p.threads == 4


def test_a_step_on_several_workers():
    model, x = Two(), RNG.standard_normal((6, 8)).astype(np.float32)
    loss = lambda y, targets: nn.cross_entropy(y, targets)
    with Shards(model, loss, lambda targets: targets.size, 2) as shards, tl.profile() as p:
        shards.gradients(list(model.parameters()), [(x, np.arange(6) % 4)], 0, 0)
    assert p.threads == 2
    assert p.layers["Two"].calls == 2
    assert p.operations[doorways.WALK, True].calls == 2


def test_on_another_device():
    with tl.device("foreign"):
        x = leaf(3, 4)
    with tl.profile() as p:
        y = np.tanh(x)
        assert p.kept == 48
        np.sum(y * 2).backward()
    assert counts(p)["tanh", True] == 1
    assert p.operations["tanh", False].bytes == 48
    assert p.saved == 48


def test_a_device_is_waited_for():
    waited = []
    class Device:
        def synchronize(self) -> None:
            waited.append(True)
    class Far:
        device = Device()
    doorways._wait([np.zeros(2), Far(), Far()])
    assert waited == [True]


def test_the_tables_say_it_in_words():
    model, x = Two(), RNG.standard_normal((64, 8)).astype(np.float32)
    with tl.profile() as p:
        np.sum(model(x)).backward()
    lines = str(p).splitlines()
    assert "kept for the backward" in lines[0]
    rows = {tuple(line.split()[:2]): line.split() for line in lines}
    assert rows["tanh", "forward"][2] == "2"
    assert rows["Two.first.0", "Linear"][2] == "1"
    shares = [float(line.split()[-2][:-1]) for line in lines if "%" in line]
    assert sum(shares) == pytest.approx(100, abs=1)
    assert str(tl.profile()).count("\n") == 4  # nothing measured yet


@pytest.mark.parametrize(("name", "begins"), [("p.png", b"\x89PNG"), ("p.svg", b"<?xml")])
def test_the_picture(name: str, begins: bytes, tmp_path: Path):
    with tl.profile() as p:
        np.sum(Two()(np.ones((2, 8), np.float32))).backward()
    p.save(tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(begins)
    if name.endswith("svg"):
        assert "Two.first.0" in (tmp_path / name).read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_picture_of_another_kind_is_refused():
    with pytest.raises(ValueError, match=r"p\.png"):
        tl.profile().save("p.bmp")
