import math

import numpy as np
import pytest

import tinylm as tl
from tinylm import nn


def test_cross_entropy_by_its_definition(device):
    logits = tl.Tensor([[1.0, 2.0, 0.5], [0.0, 0.0, 0.0]], requires_grad=True, dtype=np.float64)
    target = np.array([1, 2])
    first = -math.log(math.exp(2) / (math.exp(1) + math.exp(2) + math.exp(0.5)))
    losses = nn.cross_entropy(logits, target, reduction="none")
    assert np.allclose(losses.detach().numpy(), [first, math.log(3)])
    assert nn.cross_entropy(logits, target, reduction="sum").item() == pytest.approx(first + math.log(3))
    loss = nn.CrossEntropyLoss()(logits, target)
    assert loss.item() == pytest.approx((first + math.log(3)) / 2)
    p = np.exp(logits.detach().numpy())
    p /= p.sum(1, keepdims=True)
    p[[0, 1], target] -= 1
    assert np.allclose(tl.grad(loss, logits).numpy(), p / 2)
    assert nn.cross_entropy(logits[0], np.array(1)).item() == pytest.approx(first)


def test_cross_entropy_does_not_overflow():
    assert nn.cross_entropy(tl.Tensor([[1e4, 0.0]]), np.array([1])).item() == pytest.approx(1e4)


def test_binary_cross_entropy_by_its_definition(device):
    p = tl.Tensor([0.2, 0.9, 0.5], requires_grad=True, dtype=np.float64)
    t = tl.Tensor([0.0, 1.0, 0.3], dtype=np.float64)
    expected = [-math.log(0.8), -math.log(0.9), -0.3 * math.log(0.5) - 0.7 * math.log(0.5)]
    assert np.allclose(nn.binary_cross_entropy(p, t, reduction="none").detach().numpy(), expected)
    loss = nn.BCELoss(reduction="sum")(p, t)
    assert np.allclose(tl.grad(loss, p).numpy(), [1 / 0.8, -1 / 0.9, -0.3 / 0.5 + 0.7 / 0.5])
    worst = nn.binary_cross_entropy(tl.Tensor([0.0, 1.0], requires_grad=True), tl.Tensor([1, 0]), reduction="none")
    assert np.allclose(worst.detach().numpy(), 100, atol=0.05)


def test_errors():
    logits = tl.Tensor(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"input \(2, 3\) with target \(3,\): it takes \(N, C\) with \(N,\)"):
        nn.cross_entropy(logits, np.array([0, 1, 2]))
    with pytest.raises(IndexError, match=r"id 3 at position \(1,\) is outside 0 to 2"):
        nn.cross_entropy(logits, np.array([0, 3]))
    with pytest.raises(TypeError, match="integers, not float64"):
        nn.cross_entropy(logits, np.array([0.0, 1.0]))
    with pytest.raises(ValueError, match="'mean', 'sum' or 'none', not 'avg'"):
        nn.cross_entropy(logits, np.array([0, 1]), reduction="avg")
    with pytest.raises(ValueError, match="a batch of zero"):
        nn.cross_entropy(tl.Tensor(np.zeros((0, 3))), np.zeros(0, dtype=int))
    with pytest.raises(ValueError, match="differ in shape"):
        nn.binary_cross_entropy(tl.Tensor([0.5]), np.array([1.0, 0.0]))
    with pytest.raises(ValueError, match="pass scores through a sigmoid"):
        nn.binary_cross_entropy(tl.Tensor([1.5]), np.array([1.0]))


def test_longer_targets_have_their_classes_second(device):
    logits = tl.Tensor(np.random.default_rng(0).standard_normal((2, 3, 4)))
    target = np.array([[0, 1, 2, 0], [1, 1, 0, 2]])
    losses = nn.cross_entropy(logits, target, reduction="none")
    assert losses.shape == (2, 4)
    flat = nn.cross_entropy(logits.swapaxes(1, 2).reshape(-1, 3), target.reshape(-1), reduction="none")
    assert np.allclose(losses.numpy().reshape(-1), flat.numpy())


def test_ignored_targets_do_not_count(device):
    logits = tl.Tensor(np.random.default_rng(0).standard_normal((3, 2)), requires_grad=True)
    target = np.array([1, -100, 0])
    loss = nn.cross_entropy(logits, target)
    assert loss.item() == pytest.approx(nn.cross_entropy(logits[[0, 2]], target[[0, 2]]).item())
    assert not tl.grad(loss, logits).numpy()[1].any()
    assert nn.cross_entropy(logits, target, reduction="none").detach().numpy()[1] == 0
    assert nn.cross_entropy(logits, np.array([1, 1, 7]), ignore_index=7).item() == pytest.approx(
        nn.cross_entropy(logits[:2], np.array([1, 1])).item())
    for loss in (nn.CrossEntropyLoss(), nn.NLLLoss()):
        with pytest.raises(ValueError, match=r"every target is ignore_index \(-100\), so there is no mean"):
            loss(logits, np.array([-100, -100, -100]))
    assert nn.cross_entropy(logits, np.full(3, -100), reduction="sum").item() == 0


def test_class_weights_and_smoothing(device):
    logits, target = tl.Tensor(np.random.default_rng(0).standard_normal((2, 3)), dtype=np.float64), np.array([2, 0])
    log_p = logits.numpy() - np.log(np.exp(logits.numpy()).sum(1, keepdims=True))
    w = np.array([1.0, 2.0, 0.5])
    nll, every = -log_p[[0, 1], target] * w[target], -(log_p * w).mean(1)
    expected = (0.8 * nll + 0.2 * every).sum() / w[target].sum()
    assert nn.cross_entropy(logits, target, w, label_smoothing=0.2).item() == pytest.approx(expected)
    with pytest.raises(ValueError, match=r"weight has shape \(2,\), but there are 3 classes"):
        nn.cross_entropy(logits, target, np.ones(2))
    with pytest.raises(ValueError, match="label_smoothing lies between 0 and 1"):
        nn.cross_entropy(logits, target, label_smoothing=1.5)
    with pytest.raises(ValueError, match=r"add up to 0\.0"):
        nn.cross_entropy(logits, target, np.array([0.0, 1.0, 0.0]))
    assert list(nn.CrossEntropyLoss(np.ones(3)).state_dict()) == ["weight"]


def test_scores_and_probabilities_agree(device):
    x = tl.Tensor([-2.0, 0.5, 3.0], dtype=np.float64)
    t = tl.Tensor([0.0, 1.0, 0.3], dtype=np.float64)
    from_scores = nn.BCEWithLogitsLoss(reduction="none")(x, t).numpy()
    assert np.allclose(from_scores, nn.BCELoss(reduction="none")(tl.sigmoid(x), t).numpy())
    rare = nn.BCEWithLogitsLoss(reduction="none", pos_weight=np.array([3.0]))(x, t).numpy()
    p = tl.sigmoid(x).numpy()
    assert np.allclose(rare, -3 * t.numpy() * np.log(p) - (1 - t.numpy()) * np.log(1 - p))
    huge = nn.binary_cross_entropy_with_logits(tl.Tensor([1e4, -1e4]), tl.Tensor([0.0, 1.0]), reduction="none")
    assert np.allclose(huge.numpy(), 1e4)


def test_divergence(device):
    t = np.array([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
    q = np.array([[0.4, 0.4, 0.2], [0.2, 0.3, 0.5]])
    log_q = tl.Tensor(np.log(q))
    expected = 0.5 * np.log(0.5 / 0.4) * 2
    assert nn.kl_div(log_q, tl.Tensor(t), "sum").item() == pytest.approx(expected)
    assert nn.KLDivLoss("batchmean")(log_q, tl.Tensor(t)).item() == pytest.approx(expected / 2)
    assert nn.KLDivLoss()(log_q, tl.Tensor(t)).item() == pytest.approx(expected / 6)
    with np.errstate(divide="ignore"):
        assert nn.kl_div(log_q, tl.Tensor(np.log(t[1:].repeat(2, 0))), "sum", log_target=True).item() >= 0
    with pytest.raises(ValueError, match="'batchmean', 'mean', 'sum' or 'none', not 'avg'"):
        nn.kl_div(log_q, tl.Tensor(t), "avg")


def test_mean_squared_error(device):
    x, t = tl.Tensor([1.0, 2.0], requires_grad=True), tl.Tensor([0.0, 4.0])
    loss = nn.MSELoss()(x, t)
    assert loss.item() == 2.5 and tl.grad(loss, x).tolist() == [1, -2]
    with pytest.raises(ValueError, match=r"mse_loss: input \(2,\) and target \(2, 1\) differ in shape"):
        nn.mse_loss(x, tl.Tensor([[0.0], [4.0]]))
