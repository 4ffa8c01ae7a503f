"""The training benchmarks, on tiny networks: what they compute, count, compare and write. No time is asserted."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinylm as tl
from tinylm import optim

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"
sys.path.insert(0, str(FOLDER))

import common  # noqa: E402
import scaling  # noqa: E402
import training  # noqa: E402
import where  # noqa: E402
from workloads import floor, in_tinylm  # noqa: E402
from workloads.adamw import AdamW  # noqa: E402
from workloads.libraries import LIBRARIES, gpu  # noqa: E402
from workloads.tasks import BETAS, EPS, LR, NAMES, TASKS, WEIGHT_DECAY, Task, batches, given, initial, products  # noqa: E402

TINY = {
    "mlp": Task("mlp", 6, widths=(5, 4, 7, 3)),
    "rnn": Task("rnn", 2, time=5, vocabulary=7, embedding=3, hidden=4),
    "lstm": Task("lstm", 2, time=5, vocabulary=7, embedding=3, hidden=4),
    "gpt": Task("gpt", 2, time=5, vocabulary=7, layers=2, heads=2, width=6),
}


@pytest.fixture(autouse=True)
def alone():
    """What a training is surrounded with is taken away again: here the process goes on."""
    yield
    in_tinylm.FOR_GOOD.close()


def test_the_networks_are_those_of_the_issue():
    assert TASKS["mlp"].widths == (784, 512, 256, 10)
    assert TASKS["mlp"].batch == 128
    facts = {name: (task.batch, task.time, task.vocabulary) for name, task in TASKS.items() if name != "mlp"}
    assert facts == {"rnn": (32, 64, 65), "lstm": (32, 64, 65), "gpt": (12, 64, 65), "gpt-large": (4, 256, 65)}
    assert [(t.embedding, t.hidden) for t in (TASKS["rnn"], TASKS["lstm"])] == [(64, 128), (128, 256)]
    assert [(t.layers, t.heads, t.width) for t in (TASKS["gpt"], TASKS["gpt-large"])] == [(4, 4, 128), (6, 6, 384)]
    assert set(NAMES) == set(TASKS)


@pytest.mark.parametrize("task", [*TASKS.values(), *TINY.values()], ids=[*TASKS, *(f"tiny {name}" for name in TINY)])
def test_the_floor_counts_every_multiplication_and_addition(task: Task):
    """2 a product forward and twice that backward; the first layer of an MLP gives its inputs no gradient."""
    rows = task.batch * task.time
    if task.kind == "mlp":
        first, *others = (a * b for a, b in zip(task.widths, task.widths[1:]))
        expected = task.batch * (4 * first + 6 * sum(others))
    elif task.kind == "gpt":  # Kaplan et al. 2020: 12 L d² weights in the blocks, and 2 T d a position in attention
        expected = 6 * rows * (12 * task.layers * task.width**2 + task.vocabulary * task.width)
        expected += 12 * task.layers * rows * task.time * task.width
    else:
        gates = task.hidden * {"rnn": 1, "lstm": 4}[task.kind]
        expected = 6 * rows * (gates * (task.embedding + task.hidden) + task.vocabulary * task.hidden)
    assert sum(product.operations for product in products(task)) == expected


@pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
def test_the_floor_s_products_are_those_of_the_weights(task: Task):
    """x Wᵀ, ȳ W and ȳᵀ x, whose middle axis runs over all rows."""
    matrices = {value.shape for value in initial(task).values() if value.ndim == 2}
    rows = task.batch * (1 if task.kind == "mlp" else task.time)
    for p in products(task):
        if p.batch > 1:
            assert sorted((p.m, p.k, p.n)) == sorted((task.time, task.time, task.width // task.heads))
            assert p.batch == task.batch * task.heads
        elif p.left:
            assert (p.m, p.n) in matrices
            assert p.k == rows
        else:
            assert ((p.n, p.k) if p.right else (p.k, p.n)) in matrices
            assert (p.m, p.times) in ((rows, 1), (rows, task.layers), (task.batch, task.time))


@pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
def test_the_weights_are_drawn_once_and_for_all(task: Task):
    one, other = initial(task), initial(task)
    assert all(np.array_equal(value, other[name]) for name, value in one.items())
    for name, value in one.items():
        assert value.dtype == np.float32
        assert (value.std() > 0) == (task.kind != "gpt" or value.ndim == 2), name


@pytest.mark.parametrize("name", TINY)
def test_the_floor_multiplies_what_it_counts(name: str, monkeypatch: pytest.MonkeyPatch):
    done = []
    multiply = np.matmul

    def counting(a: Any, b: Any, out: Any) -> Any:
        done.append(2 * a.size * b.shape[-1])
        return multiply(a, b, out=out)

    monkeypatch.setattr(np, "matmul", counting)
    step = floor.build(TINY[name], {})
    assert step(np.zeros(0), np.zeros(0)) == 0
    assert sum(done) == sum(product.operations for product in products(TINY[name]))


@pytest.mark.parametrize("name", TINY)
@pytest.mark.parametrize("variant", ["", "one worker", "unfused"])
def test_our_step_is_one_step_of_adamw_on_the_given_weights(name: str, variant: str):
    task = TINY[name]
    weights = initial(task)
    before = {key: value.copy() for key, value in weights.items()}
    step = in_tinylm.build(task, weights, variant)
    model = in_tinylm.model_of(task)
    model.load_state_dict(weights)
    optimizer = optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    for inputs, targets in batches(task)[:3]:
        logits = model(inputs)
        loss = tl.nn.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))
        optimizer.step(tl.grad(loss, optimizer.params))
        assert step(inputs, targets) == pytest.approx(loss.item(), abs=1e-5)
    assert all(np.array_equal(weights[key], value) for key, value in before.items())  # another library needs them too


@pytest.mark.parametrize("name", TINY)
def test_on_another_device(name: str):
    """What `--device gpu` builds, on the arrays that stand in for a GPU's."""
    here, there = (in_tinylm.build(TINY[name], initial(TINY[name]), device=device) for device in ("cpu", "foreign"))
    for inputs, targets in batches(TINY[name])[:3]:
        assert there(inputs, targets) == pytest.approx(here(inputs, targets), abs=1e-5)
    assert floor.build(TINY[name], {}, device="foreign")(np.zeros(0), np.zeros(0)) == 0


def test_the_mlp_s_first_loss_by_hand():
    task = TINY["mlp"]
    weights, (x, targets) = initial(task), batches(task)[0]
    h: Any = x.astype(np.float64)
    for place in range(3):
        h = np.maximum(h, 0) if place else h
        h = h @ weights[f"{2 * place}.weight"].T + weights[f"{2 * place}.bias"]
    expected = np.mean(np.log(np.exp(h).sum(1)) - h[np.arange(6), targets])
    assert in_tinylm.build(task, weights)(x, targets) == pytest.approx(expected, abs=1e-6)


def test_adamw_for_those_who_have_none():
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal((4, 3)).astype(np.float32), rng.standard_normal(5).astype(np.float32)]
    tensors = [tl.Tensor(array, requires_grad=True) for array in arrays]
    one, other = AdamW(arrays), optim.AdamW(tensors, LR, BETAS, EPS, WEIGHT_DECAY)
    for _ in range(4):
        gradients = [rng.standard_normal(array.shape).astype(np.float32) for array in arrays]
        one.step(gradients)
        other.step([tl.Tensor(gradient) for gradient in gradients])
    for array, tensor in zip(arrays, tensors, strict=True):
        np.testing.assert_allclose(array, tensor.detach().numpy(), rtol=1e-6)


def test_a_task_survives_the_way_to_a_worker():
    for task in TINY.values():
        assert given(json.loads(json.dumps(task))) == task


@pytest.fixture(scope="module")
def figures() -> training.Figures:
    return training.measure({"mlp": TINY["mlp"]}, ["tinylm", "floor-numpy"], turns=1, warm_up=0)


def test_a_run_measures_time_and_memory(figures: training.Figures):
    ours, floor = figures
    assert [entry["library"] for entry in figures] == ["tinylm", "floor-numpy"]
    assert 0 < ours["best"] <= ours["median"]
    assert ours["memory"] > 0
    assert len(ours["losses"]) == 4
    assert ours["losses"][0] == pytest.approx(in_tinylm.build(TINY["mlp"], initial(TINY["mlp"]))(
        *batches(TINY["mlp"])[0]), abs=1e-6)
    assert ours["steps"] >= 1
    assert floor["median"] > 0


def test_the_table_and_the_json(figures: training.Figures, tmp_path: Path):
    refused = {"task": "mlp", "name": NAMES["mlp"], "library": "dezero", "not possible": "because"}
    torch = {**figures[0], "library": "torch", "median": 2 * figures[0]["median"], "memory": math.nan}
    lines = training.tables([*figures, torch, refused]).splitlines()
    assert lines[0].startswith(f"| {NAMES['mlp']} ")
    assert lines[2].split("|")[1].strip() == "TinyLM"
    assert float(lines[2].split("|")[4]) == 0.5
    assert lines[4].split("|")[6].strip() == "-"
    assert "DeZero: not possible, because" in lines[5]
    assert len({line.count("|") for line in lines}) == 1
    common.save("title", figures, tmp_path / "figures.json")
    read = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert read["figures"][0]["library"] == "tinylm"
    assert "numpy" in read["about"]


def test_the_picture_needs_pytorch_and_shows_all_that_ran(figures: training.Figures, tmp_path: Path):
    with pytest.raises(SystemExit, match="add torch"):
        training.plot(figures, tmp_path / "none.svg")
    training.plot([*figures, {**figures[0], "library": "torch"}], tmp_path / "new" / "bars.svg")
    drawn = (tmp_path / "new" / "bars.svg").read_text(encoding="utf-8")
    assert all(f"<!-- {LIBRARIES[key].title} -->" in drawn for key in ("tinylm", "floor-numpy", "torch"))


@pytest.mark.parametrize("wrong", [1.002, math.nan])
def test_libraries_that_train_something_else_stop_the_run(wrong: float):
    right = [1.0, 0.9, 0.8, 0.7]
    training.compare("x", {"torch": right, "tinylm": [1.0005, 0.9, 0.8, 0.7], "floor-numpy": [0.0] * 4})
    with pytest.raises(SystemExit, match="TinyLM"):
        training.compare("x", {"torch": right, "tinylm": [wrong, 0.9, 0.8, 0.7]})
    with pytest.raises(SystemExit, match="TinyLM"):
        training.compare("x", {"torch": right, "tinylm": [1.0, 0.9, 0.8, wrong]})
    training.compare("x", {"torch": right, "dezero": [1.0, 5.0, 5.0, 5.0]})  # whose biases move otherwise
    with pytest.raises(SystemExit, match="DeZero"):
        training.compare("x", {"torch": right, "dezero": [wrong, 0.9, 0.8, 0.7]})


def test_curves(tmp_path: Path):
    curve = {n: TINY["gpt"]._replace(time=n) for n in (2, 4)}
    figures = scaling.along(curve, "T", ["tinylm"], 1, "cpu", memory=False)
    assert [(entry["curve"], entry["value"], entry["sizes"]["time"]) for entry in figures] == [("T", 2, 2), ("T", 4, 4)]
    assert set(scaling.series(figures, "T", "median")["tinylm"]) == {2, 4}
    assert scaling.series(figures, "T", "memory") == {}  # it was not asked for
    both = [*figures, *({**entry, "library": "torch", "median": 2 * entry["median"]} for entry in figures)]
    lines = scaling.tables(both).splitlines()
    assert lines[0].split("|")[1:5] == [" T ", *(f" {part} " for part in (
        "TinyLM (ms)", "PyTorch (ms)", "TinyLM, ratio"))]
    assert [float(line.split("|")[4]) for line in lines[2:]] == [0.5, 0.5]
    scaling.plot(both, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_every_curve_changes_one_size_alone():
    for name, curve in scaling.CURVES.items():
        changed = {k for k, values in enumerate(zip(*curve.values(), strict=True)) if len(set(values)) > 1}
        assert len(changed) == 1, name
        place = changed.pop()
        assert [task[place] for task in curve.values()] == list(curve)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, encoding="utf-8",
                          env=common.environment(1), check=False)


@pytest.mark.skipif(not gpu(), reason="there is a GPU")
@pytest.mark.parametrize("script", ["training.py", "scaling.py"])
def test_without_a_gpu_it_says_so(script: str):
    done = run(str(FOLDER / script), "--device", "gpu")
    assert done.returncode == 0
    assert done.stdout.startswith("No GPU here")
    assert done.stdout.count("\n") == 1


def test_unknown_names_are_refused_with_those_there_are():
    done = run(str(FOLDER / "training.py"), "--only", "mlp,gtp")
    assert done.returncode == 2
    assert "gtp: there are mlp, rnn, lstm, gpt, gpt-large" in done.stderr


def test_the_peak_of_memory():
    common.reset_peak()
    before = common.peak()
    block = np.ones(60 * 2**17)  # 60 MiB
    grown = common.peak() - before
    del block
    assert grown >= 55 * 2**20 or sys.platform == "win32" or grown == 0  # systems that cannot begin anew
    if sys.platform == "linux":
        common.reset_peak()
        assert common.peak() - before < 30 * 2**20


def test_where_the_time_goes_names_the_operations():
    found = where.answer("NumPy", list(TINY["mlp"]), 2)
    assert {"linear, forward", "linear, backward", "relu, backward"} <= set(found["operations"])
    assert min(found["step"], found["optimizer"], found["products"], *found["operations"].values()) > 0
