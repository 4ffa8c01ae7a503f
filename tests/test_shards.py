"""Several workers train as one does."""

import threading
import time
from collections import namedtuple

import numpy as np
import pytest
from threadpoolctl import threadpool_info

import tinylm as tl
from tinylm import models, nn, optim, shards
from tinylm.graph import MODE
from tinylm.models import next_token_loss
from tinylm.shards import Shards, cuts, rows_of, suitable, threads
from tinylm.train import Trainer

IGNORED = -100


def loss(logits, targets):
    flat = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)  # (positions, vocabulary), (positions,)
    return nn.cross_entropy(*flat, ignore_index=IGNORED)


def count(targets):
    return int((targets != IGNORED).sum())


class Dropped(nn.Module):
    """Any model with dropout before and behind it."""

    def __init__(self, inner):
        self.inner = inner
        self.scale = tl.Tensor(np.ones(1, np.float32), requires_grad=True)

    def forward(self, ids):
        return nn.dropout(nn.dropout(self.inner(ids), 0.2) * self.scale, 0.3)


MODELS = {
    "mlp": lambda: models.MLP(9, context=5, embedding=4, hidden=8),
    "lstm": lambda: models.LSTM(9, context=5, embedding=4, hidden=6),
    "gpt": lambda: models.GPT(9, context=5, width=8, layers=2, heads=2, dropout=0.2),
}


def batch(name, rows=7):
    rng = np.random.default_rng(3)
    targets = rng.integers(0, 9, (rows,) if name == "mlp" else (rows, 5))
    targets[:3] = IGNORED  # all of the first shard of two, and of three
    targets[5:6] = IGNORED
    return rng.integers(0, 9, (rows, 5)), targets


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("workers", [2, 3, 20])
def test_as_one_worker(name, workers):
    model = Dropped(MODELS[name]()).to(np.float64)
    params, results = list(model.parameters()), []
    for number in (1, workers):
        with Shards(model, loss, count, number) as split:
            loss_, found, targets = split.gradients(params, [batch(name), batch(name, 4)], seed=5, step=2)
            results.append((loss_, [gradient.numpy() for gradient in found], targets))
            again = split.gradients(params, [batch(name), batch(name, 4)], seed=5, step=2)  # bit for bit
            assert again.loss == loss_
            assert all(np.array_equal(a.data, b) for a, b in zip(again.found, results[-1][1], strict=True))
        outside = split.gradients(params, [batch(name), batch(name, 4)], seed=5, step=2)  # without threads, too
        assert all(np.array_equal(a.data, b) for a, b in zip(outside.found, results[-1][1], strict=True))
    (one, ones, targets), (other, others, same) = results
    assert one == pytest.approx(other, rel=1e-12) and targets == same == count(batch(name)[1]) + count(
        batch(name, 4)[1])
    for a, b in zip(ones, others, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    assert any(np.abs(gradient).max() > 1e-3 for gradient in ones)


def test_no_target_that_counts():
    model = MODELS["mlp"]()
    inputs, targets = batch("mlp")
    with pytest.raises(ValueError, match="step 4: the batch has no target that counts"):
        Shards(model, loss, count, 2).gradients(list(model.parameters()), [(inputs, targets * 0 + IGNORED)], 0, 4)


def test_each_worker_is_a_thread_with_one_thread_of_blas():
    seen, together = set(), threading.Barrier(3, timeout=20)

    class Watched(models.MLP):
        def forward(self, ids):
            seen.add((threading.get_ident(), MODE.get(), tl.backend.default_device(), len(ids)))
            assert max(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas") == 1
            together.wait()  # they run at once, or this fails
            return super().forward(ids)

    before = threadpool_info()
    model = Watched(9, context=5, embedding=4, hidden=8)
    with Shards(model, loss, count, 3) as split, tl.fused(False):
        split.gradients(list(model.parameters()), [(np.ones((8, 5), int), np.ones(8, int))], 0, 0)
        assert split.each(lambda item: (item * 2, MODE.get().fused), range(7)) == [(2 * k, False) for k in range(7)]
        with tl.no_grad():
            assert split.each(lambda item: MODE.get().record, range(3)) == [False] * 3
        assert split.each(str, []) == []
    assert len({thread for thread, *_ in seen}) == 3 and threading.get_ident() in {thread for thread, *_ in seen}
    assert {mode.fused for _, mode, *_ in seen} == {False} and [n for *_, n in sorted(seen, key=lambda s: s[3])] == [
        2, 3, 3]
    assert threadpool_info() == before


@pytest.mark.parametrize("where", ["the calling thread", "another"])
def test_an_error_arrives_as_it_was_once_the_others_are_done(where):
    done = []

    class Failing(models.MLP):
        def forward(self, ids):
            if (threading.current_thread() is threading.main_thread()) == (where == "the calling thread"):
                raise ZeroDivisionError("in the model")
            time.sleep(0.05)
            done.append(1)
            return super().forward(ids)

    model = Failing(9, context=5, embedding=4, hidden=8)
    with Shards(model, loss, count, 2) as split:
        with pytest.raises(ZeroDivisionError, match="in the model") as caught:
            split.gradients(list(model.parameters()), [(np.ones((6, 5), int), np.ones(6, int))], 0, 0)
        assert done == [1]
    assert caught.traceback[-1].name == "forward"


def test_a_parameter_that_is_not_used_is_named():
    model = Dropped(MODELS["mlp"]())
    with pytest.raises(RuntimeError, match=r"the loss does not depend on scale, of shape \(1,\)\. Was it used"):
        Shards(model, lambda y, t: loss(model.inner(np.ones((len(t), 5), int)), t), count, 2).gradients(
            list(model.parameters()), [batch("mlp")], 0, 0)


def test_what_cannot_be_split_refuses():
    class Normed(nn.Module):
        def __init__(self):
            self.norm, self.out = nn.BatchNorm1d(5), nn.Linear(5, 9)

        def forward(self, x):
            return self.out(self.norm(x))

    model = Normed()
    x, y = np.random.default_rng(0).standard_normal((8, 5)).astype(np.float32), np.zeros(8, int)

    def trainer(**settings):
        return Trainer(model, nn.cross_entropy, optim.SGD(model.parameters(), 0.1),
                       lambda number: (tl.Tensor(x), y), **settings)

    with pytest.raises(ValueError, match=r"workers=2: BatchNorm1d \(norm\) mixes the rows of a batch, so it cannot be"):
        trainer(workers=2)
    job = trainer()
    job.fit(steps=2)
    assert job.threads["workers"] == 1
    trainer(workers=1).fit(steps=1)
    with pytest.raises(ValueError, match="workers=0: it takes at least 1"):
        trainer(workers=0)

    class Contrasted(nn.CrossEntropyLoss):
        splits = False
    plain = nn.Linear(5, 9)
    with pytest.raises(ValueError, match="Contrasted mixes the rows"):
        Shards(plain, Contrasted(), count, 2)
    with pytest.raises(ValueError, match="workers=2: the model is on a GPU"):
        Shards(nn.Linear(5, 9).to("foreign"), nn.cross_entropy, count, 2)


def test_how_many_workers_suit(monkeypatch):
    model = nn.Linear(100, 10)  # 1,010 weights
    x, y = np.zeros((64, 100), np.float32), np.zeros(64, int)
    monkeypatch.setattr(shards, "cores", lambda: 6)
    monkeypatch.setattr(shards, "ENOUGH", 1010 * 4)
    assert suitable(model, nn.cross_entropy, (x, y)) == 4
    assert suitable(model, nn.cross_entropy, (x[:15], y[:15])) == 1  # too little work
    assert suitable(model, nn.cross_entropy, (x[:1], y[:1])) == 1
    monkeypatch.setattr(shards, "ENOUGH", 1)
    assert suitable(model, nn.cross_entropy, (x, y)) == 6
    assert suitable(model, nn.cross_entropy, (x[:2], y[:2])) == 2  # not more than rows
    assert suitable(model, nn.cross_entropy, (x.T, y)) == 1  # the rows do not come first
    assert suitable(model, nn.cross_entropy, (x, y[0])) == 1
    assert suitable(nn.Linear(100, 10).to("foreign"), nn.cross_entropy, (x, y)) == 1
    ids = np.zeros((64, 50), int)  # one target for 50 positions
    monkeypatch.setattr(shards, "ENOUGH", 1010 * 16 * 50)
    assert suitable(model, nn.cross_entropy, (ids, y)) == 2
    monkeypatch.undo()
    assert shards.cores() >= 1
    monkeypatch.setenv("TINYLM_FAST", "0")
    assert threads(3) == {"workers": 3, "blas_threads": 1, "compiled": 0} and threads(1)["blas_threads"] >= 1


def test_where_to_cut():
    assert cuts(7, 3) == [(0, 2), (2, 4), (4, 7)] and cuts(2, 5) == [(0, 1), (1, 2)] and cuts(0, 2) == [(0, 0)]
    Pair = namedtuple("Pair", "source target")
    x = np.arange(12).reshape(6, 2)
    cut = rows_of({"a": [x, (tl.Tensor(x),)], "b": Pair(x, x[:, 0])}, 6, 2, 4)
    assert cut["a"][0].tolist() == cut["a"][1][0].tolist() == [[4, 5], [6, 7]] and cut["b"].target.tolist() == [4, 6]
    for wrong in (x.T, [x, "text"], np.array(3)):
        with pytest.raises(ValueError, match="a batch of 6 targets cannot be cut into shards: its inputs hold"):
            rows_of(wrong, 6, 2, 4)
    assert rows_of("anything", 6, 0, 6) == "anything"


def trainer(folder=None, workers=2, model=None, **settings):
    model = model or models.GPT(9, context=5, width=8, layers=1, heads=2, dropout=0.2, seed=1)

    def batches(number):
        rng = np.random.default_rng(number)
        return rng.integers(0, 9, (7, 5)), rng.integers(0, 9, (7, 5))
    return Trainer(model, next_token_loss, optim.AdamW(model.parameters(), 0.02), batches, [batches(10**6)],
                   folder=folder, workers=workers, seed=4, clip=1.0, **settings)


def test_a_training_on_two_workers_resumes_bit_for_bit(tmp_path):
    whole = trainer(schedule=lambda done: 1.0)
    score = whole.fit(steps=9)
    trainer(tmp_path, schedule=lambda done: 1.0).fit(steps=4)
    second = trainer(tmp_path, schedule=lambda done: 1.0)
    assert second.fit(steps=9, resume=True) == score and second.threads == whole.threads
    for a, b in zip(whole.model.state_dict().values(), second.model.state_dict().values(), strict=True):
        assert np.array_equal(a, b)
    alone = trainer(workers=1, schedule=lambda done: 1.0)
    assert alone.fit(steps=9) == pytest.approx(score, rel=1e-4)


def test_what_went_wrong_in_a_worker_is_explained():
    job = trainer()
    good = job.loss

    def bad(y, t):
        wrong = np.log((y * 0.0).sum()) if threading.current_thread() is not threading.main_thread() else 0.0
        return good(y, t) + wrong
    job.loss = bad
    with pytest.warns(RuntimeWarning), pytest.raises(FloatingPointError, match=r"step 0: the loss is -inf.*log: made"):
        job.fit(steps=3)


def test_the_engine_under_many_threads():
    """Plans, numbers of nodes, accumulation: four threads on the same weights find what one finds."""
    weights = [tl.Tensor(np.random.default_rng(k).standard_normal((6, 6)), requires_grad=True) for k in range(4)]
    xs = [np.random.default_rng(k).standard_normal((3, 6)) for k in range(40)]

    def work(x):
        h = tl.Tensor(x)
        for weight in weights * 5:
            h = np.tanh(h @ weight) * 0.5 + np.concatenate([h[:, 3:], h[:, :3]], 1)
        y = (h * h).sum()
        found = tl.grad(y, weights, retain_graph=True)
        y.backward()
        return [gradient.numpy() for gradient in found]

    expected = [work(x) for x in xs]
    total = [weight.grad.numpy() for weight in weights]
    for weight in weights:
        weight.grad = None
    with Shards(nn.Linear(1, 1), loss, count, 4) as split:
        found = split.each(work, xs)
    for a, b in zip(expected, found, strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
    for weight, gradient in zip(weights, total, strict=True):
        np.testing.assert_allclose(weight.grad.numpy(), gradient, rtol=1e-10)


def test_an_optimizer_moves_blocks_on_threads_to_the_same_bits(monkeypatch):
    rng, ids = np.random.default_rng(5), set()
    original = optim.AdamW._move

    def watched(self, job):
        ids.add(threading.get_ident())
        original(self, job)

    monkeypatch.setattr(optim.AdamW, "_move", watched)

    def moved(workers):
        ids.clear()
        weights = [tl.Tensor(value, requires_grad=True) for value in values]
        optimizer = optim.AdamW(weights, 0.01, amsgrad=True, l1=1e-4)
        with Shards(nn.Linear(1, 1), nn.mse_loss, count, workers) as pool:
            for gradients in steps:
                optimizer.step([tl.Tensor(gradient) for gradient in gradients], pool.each)
        return [weight.detach().numpy().tobytes() for weight in weights], len(ids)

    shapes = [(700, 400), (9,), (30, 40), (3, 3)]
    values, *steps = ([rng.standard_normal(shape, np.float32) for shape in shapes] for _ in range(4))
    (one, alone), (two, shared) = moved(1), moved(2)
    assert one == two and (alone, shared) == (1, 2)
    shapes[0] = (7, 4)  # too little for a thread to pay
    values, *steps = ([rng.standard_normal(shape, np.float32) for shape in shapes] for _ in range(4))
    assert moved(1)[0] == moved(2)[0] and len(ids) == 1
