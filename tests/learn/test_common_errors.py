"""What the page of common errors calls right is what the library computes, and what it calls wrong is not."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from test_pages import errors

import tinylm as tl
from tinylm import metrics, nn, ops, optim
from tinylm.models import NGram
from tinylm.nn.attention import attention_weights
from tinylm.sampling import Sampling, nucleus

R = np.random.default_rng(31)
PROOFS: dict[str, Callable[[], None]] = {}


def proof(title):
    def register(function):
        PROOFS[title] = function
        return function
    return register


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x, axis=-1):
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def leaf(*shape):
    return tl.Tensor(R.standard_normal(shape), requires_grad=True, dtype=np.float64)


def weight(tensor):
    return tensor.detach().numpy().astype(np.float64)


@proof("Sigmoid as the output of a classifier over words")
def _():
    z = R.standard_normal(50)
    assert ops.softmax(z).sum() == pytest.approx(1) and sigmoid(z).sum() > 10
    assert np.allclose(ops.softmax(z), np.exp(z) / np.exp(z).sum())


@proof("Softmax before a loss that has one")
def _():
    z, y, n = 20 * R.standard_normal((3, 8)), np.array([1, 0, 5]), 8
    loss = nn.cross_entropy(tl.Tensor(z), y, reduction="none").numpy()
    assert np.allclose(loss, np.log(np.exp(z).sum(1)) - z[range(3), y])
    assert softmax(z).max() > 0.99 and softmax(softmax(z)).max() <= math.e / (math.e + n - 1)
    assert softmax(np.eye(n)).max() == pytest.approx(math.e / (math.e + n - 1))


@proof("Only the diagonal of the softmax's derivative")
def _():
    z = leaf(5)
    p = ops.softmax(weight(z))
    assert np.allclose(weight(tl.jacobian(ops.softmax, z)), p[:, None] * (np.eye(5) - p))
    gradient = tl.grad(nn.cross_entropy(z[None], np.array([2])), z)
    assert np.allclose(weight(gradient), p - np.eye(5)[2])


@proof("tanh as a stretched sigmoid")
def _():
    x = np.linspace(-3, 3, 13)
    assert np.allclose(np.tanh(x), 2 * ops.sigmoid(2 * x) - 1) and np.allclose(np.tanh(x / 2), 2 * sigmoid(x) - 1)


@proof("A variance used as a standard deviation")
def _():
    width = 300
    w = nn.init.kaiming_normal_(tl.Tensor(np.zeros((width, width)), requires_grad=True), nonlinearity="relu",
                                rng=np.random.default_rng(1))
    assert weight(w).std() == pytest.approx(math.sqrt(2 / width), rel=0.02)
    x = wrong = R.standard_normal((20, width))
    for _ in range(10):
        x = np.maximum(x @ R.normal(0, math.sqrt(2 / width), (width, width)), 0)
        wrong = np.maximum(wrong @ R.normal(0, 2 / width, (width, width)), 0)
    assert x.std() > 0.3 and wrong.std() < 1e-8


@proof("The mean of the means of batches")
def _():
    losses = np.array([1.0, 2.0, 3.0, 10.0])
    assert np.mean([losses[:3].mean(), losses[3:].mean()]) != pytest.approx(losses.mean())
    logits, targets = tl.Tensor(R.standard_normal((4, 6))), np.array([1, 2, 3, 0])
    whole = nn.cross_entropy(logits, targets).item()
    parts = [nn.cross_entropy(logits[:3], targets[:3]).item(), nn.cross_entropy(logits[3:], targets[3:]).item()]
    assert whole == pytest.approx((3 * parts[0] + parts[1]) / 4, rel=1e-5)


@proof("Dropout without the factor")
def _():
    x, p = np.ones(20000), 0.25
    with nn.dropout_keys(seed=1, step=0):
        kept = nn.dropout(tl.Tensor(x[None]), p).numpy()
    assert kept.mean() == pytest.approx(1, rel=0.02) and np.allclose(np.unique(kept), [0, 1 / (1 - p)])
    assert (kept == 0).mean() == pytest.approx(p, rel=0.05)
    assert nn.dropout(tl.Tensor(x), p, training=False).numpy().sum() == x.sum()


@proof("Weight decay that Adam divides away")
def _():
    start, gradient = np.array([1.0, 1.0]), np.array([1e-3, 1e3])

    def shrunk(kind):
        w = tl.Tensor(start, requires_grad=True, dtype=np.float64)
        optimizer = kind([w], lr=0.1, weight_decay=0.5)
        optimizer.step([tl.Tensor(gradient, dtype=np.float64)])
        return weight(w)
    step = 0.1 * gradient / (gradient + 1e-8)  # at the first step m̂ = g and √v̂ = |g|
    assert np.allclose(shrunk(optim.AdamW), (1 - 0.1 * 0.5) * start - step)
    assert np.allclose(shrunk(optim.Adam), start - 0.1, atol=1e-6)  # as if there were no decay


@proof("Add one, and the denominator forgotten")
def _():
    ids, size = np.array([0, 1, 0, 1, 0, 2]), 4
    p = NGram(size, 2, estimator="add", add=1.0).fit(ids).distribution([0])
    counts = np.array([0, 2, 1, 0])  # what follows 0
    assert np.allclose(p, (counts + 1) / (counts.sum() + size)) and p.sum() == pytest.approx(1)
    assert ((counts + 1) / (counts.sum() + 1)).sum() > 1.5


@proof("Kneser–Ney that backs off to frequencies")
def _():
    # 3 ("Francisco") comes four times and only after 2 ("San"); 1 comes as often, after different words
    ids = np.array([2, 3, 0, 1, 2, 3, 4, 1, 2, 3, 5, 1, 2, 3, 6, 1, 0])
    model = NGram(8, 2, estimator="kneser-ney").fit(ids)
    p = model.distribution([7])  # after a word that was never seen the lower order decides
    assert np.sum(ids == 3) == np.sum(ids == 1) == 4 and p[1] > 2 * p[3]


@proof("Perplexity of the wrong mean, or the wrong base")
def _():
    p = np.array([0.5, 0.25, 0.01])
    assert metrics.perplexity(np.log(p)) == pytest.approx(np.prod(1 / p) ** (1 / 3))
    assert np.mean(1 / p) > 2 * metrics.perplexity(np.log(p))
    assert 2 ** -np.mean(np.log2(p)) == pytest.approx(metrics.perplexity(np.log(p)))
    assert 2 ** -np.mean(np.log(p)) < 0.7 * metrics.perplexity(np.log(p))


@proof("Perplexities of different tokenizers compared")
def _():
    words, subwords = np.log([1 / 100]), np.log([1 / 10, 1 / 10])  # the same text at the same price, in other pieces
    assert metrics.perplexity(words) == pytest.approx(100) and metrics.perplexity(subwords) == pytest.approx(10)
    assert metrics.bits_per_byte(words, "token") == pytest.approx(metrics.bits_per_byte(subwords, "token"))


@proof("Negative sampling without the minus")
def _():
    def loss(length, sign):
        u = v = length * np.ones(4) / 2  # all vectors alike
        return -np.log(sigmoid(u @ v)) - np.sum(np.log(sigmoid(sign * np.array([u, u]) @ v)))
    assert loss(10, 1) < 1e-8 and loss(10, -1) > 100


@proof("One matrix for two maps")
def _():
    layer = nn.RNN(3, 5, rng=np.random.default_rng(0)).to(np.float64)
    assert layer.weight_ih_l0.shape == (5, 3) and layer.weight_hh_l0.shape == (5, 5)
    x, h = R.standard_normal((1, 1, 3)), R.standard_normal((1, 1, 5))
    w_ih, w_hh = weight(layer.weight_ih_l0), weight(layer.weight_hh_l0)
    bias = weight(layer.bias_ih_l0) + weight(layer.bias_hh_l0)
    out = weight(layer(tl.Tensor(x), tl.Tensor(h))[0])
    assert np.allclose(out, np.tanh(x @ w_ih.T + h @ w_hh.T + bias))
    assert np.allclose(out, np.tanh(np.concatenate([x, h], -1) @ np.concatenate([w_ih, w_hh], 1).T + bias))


@proof("The cell of an LSTM shown as it is")
def _():
    layer = nn.LSTM(3, 4, rng=np.random.default_rng(0)).to(np.float64)
    x, h, c = (3 * R.standard_normal((1, 1, n)) for n in (3, 4, 4))
    z = x @ weight(layer.weight_ih_l0).T + h @ weight(layer.weight_hh_l0).T
    i, f, g, o = np.split(z + weight(layer.bias_ih_l0) + weight(layer.bias_hh_l0), 4, -1)
    cell = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    out, (_, new) = layer(tl.Tensor(x), (tl.Tensor(h), tl.Tensor(c)))
    assert np.allclose(weight(new), cell) and np.allclose(weight(out), sigmoid(o) * np.tanh(cell))
    assert not np.allclose(weight(out), sigmoid(o) * cell)


@proof("A GRU whose gate keeps and lets in alike")
def _():
    layer = nn.GRU(3, 4, rng=np.random.default_rng(0)).to(np.float64)
    x, h = R.standard_normal((1, 1, 3)), R.standard_normal((1, 1, 4))
    a = np.split(x @ weight(layer.weight_ih_l0).T + weight(layer.bias_ih_l0), 3, -1)
    b = np.split(h @ weight(layer.weight_hh_l0).T + weight(layer.bias_hh_l0), 3, -1)
    r, z = sigmoid(a[0] + b[0]), sigmoid(a[1] + b[1])
    n = np.tanh(a[2] + r * b[2])
    assert np.allclose(weight(layer(tl.Tensor(x), tl.Tensor(h))[0]), z * h + (1 - z) * n)


@proof("\"The LSTM cures exploding gradients\"")
def _():
    g = R.standard_normal(6)
    for limit in (0.5, 100.0):
        w = tl.Tensor(np.zeros(6), requires_grad=True, dtype=np.float64)
        (g * w).sum().backward()
        optim.clip_grad_norm_([w], limit)
        assert np.allclose(weight(w.grad), g * min(1, limit / np.linalg.norm(g)), rtol=1e-5)
    layer = nn.LSTM(2, 2, bias=False, rng=np.random.default_rng(0)).to(np.float64)
    layer.weight_hh_l0.assign(np.repeat([0, 0, 16, 0], 2)[:, None] * np.tile(np.eye(2), (4, 1)))
    h = tl.Tensor(np.zeros((1, 1, 2)), requires_grad=True, dtype=np.float64)
    out, _ = layer(tl.Tensor(np.zeros((20, 1, 2))), (h, tl.Tensor(np.zeros((1, 1, 2)))))
    assert np.linalg.norm(weight(tl.grad(out[-1].sum(), h))) > 1e6


@proof("Attention weights added to position codes")
def _():
    time, width = 6, 4
    q, k, v = (R.standard_normal((time, width)) for _ in range(3))
    weights = attention_weights(q, k)
    assert weights.shape == (time, time) != v.shape
    assert np.allclose(nn.scaled_dot_product_attention(q, k, v), softmax(q @ k.T / math.sqrt(width)) @ v)


@proof("Scaled by the wrong width")
def _():
    q, k = R.standard_normal((2, 20000, 64))
    products = np.sum(q * k, axis=1)
    assert products.var() == pytest.approx(64, rel=0.05) and (products / 8).var() == pytest.approx(1, rel=0.05)
    q, k = R.standard_normal((2, 5, 64))
    assert np.allclose(attention_weights(q, k), softmax(q @ k.T / 8))


@proof("Softmax along the queries")
def _():
    weights = attention_weights(*R.standard_normal((2, 5, 4)))
    assert np.allclose(weights.sum(-1), 1) and not np.allclose(weights.sum(-2), 1)


@proof("A mask that hides nothing")
def _():
    q, k = R.standard_normal((2, 5, 4))
    scores, mask = q @ k.T / 2, np.tri(5)
    with np.errstate(divide="ignore"):
        right = softmax(scores + np.log(mask))
    assert np.allclose(attention_weights(q, k, is_causal=True), right)
    assert softmax(mask * scores)[0, 4] > 0 and (mask * softmax(scores)).sum(-1)[0] < 0.99
    later = k.copy()
    later[4] += 1
    assert np.allclose(attention_weights(q, later, is_causal=True)[:4], right[:4])
    assert not np.allclose((mask * softmax(q @ later.T / 2))[:4], (mask * softmax(scores))[:4])


@proof("Heads cut by a reshape alone")
def _():
    time, heads, width = 3, 2, 4
    x = np.arange(time * heads * width).reshape(time, heads * width)
    cut = x.reshape(time, heads, width).swapaxes(0, 1)
    assert all(np.array_equal(cut[h], x[:, h * width:(h + 1) * width]) for h in range(heads))
    assert not np.array_equal(x.reshape(heads, time, width), cut)


@proof("Waves with the wrong exponent")
def _():
    width, k = 8, 3
    p = weight(nn.SinusoidalPositions()(tl.Tensor(np.zeros((20, width)), dtype=np.float64)))
    pair = np.arange(0, width, 2)
    t = np.arange(20)[:, None]
    assert np.allclose(p[:, 0::2], np.sin(t / 10000 ** (pair / width)))
    assert np.allclose(p[:, 1::2], np.cos(t / 10000 ** (pair / width)))
    turn = np.linalg.lstsq(p[:-k], p[k:], rcond=None)[0]  # one linear map for every t
    assert np.allclose(p[:-k] @ turn, p[k:], atol=1e-9)
    every = np.arange(width)
    wrong = np.where(every % 2 == 0, np.sin(t / 10000 ** (every / width)), np.cos(t / 10000 ** (every / width)))
    turn = np.linalg.lstsq(wrong[:-k], wrong[k:], rcond=None)[0]
    assert not np.allclose(wrong[:-k] @ turn, wrong[k:], atol=1e-3)


@proof("A residual that is normalised")
def _():
    for first in (True, False):
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, norm_first=first, rng=np.random.default_rng(0))
        for block in (layer.self_attn.out_proj, layer.linear2):
            for parameter in (block.weight, block.bias):
                parameter.assign(np.zeros(parameter.shape, dtype=np.float32))
        x = np.float32(R.standard_normal((5, 1, 8)))
        assert np.allclose(weight(layer(tl.Tensor(x))), x, atol=1e-6) == first  # with f = 0, x itself goes through


@proof("The target is the input")
def _():
    windows = tl.data.Sequences(np.arange(10), 4)
    batch = windows.sample(3, np.random.default_rng(0))
    inputs, targets = batch[0], batch[1]
    assert np.array_equal(targets, inputs + 1)


@proof("Temperature on the wrong side")
def _():
    z, tau = R.standard_normal((1, 6)), 0.5
    p = softmax(z)
    found = Sampling(temperature=tau).chances(z, np.zeros((1, 6), dtype=bool))
    assert np.allclose(found, softmax(z / tau)) and np.allclose(found, p ** (1 / tau) / (p ** (1 / tau)).sum())
    assert np.allclose((p / tau) / (p / tau).sum(), p) and found.max() > p.max()


@proof("Top-p without the token that crosses")
def _():
    scores = np.log([[0.95, 0.03, 0.02], [0.5, 0.45, 0.05]])
    assert np.isfinite(nucleus(scores, 0.9)).tolist() == [[True, False, False], [True, True, False]]


@proof("The mean of precision and recall")
def _():
    truth, all_positive = np.array([1] * 5 + [0] * 95), np.ones(100, dtype=int)
    p, r = metrics.precision(truth, all_positive), metrics.recall(truth, all_positive)
    assert metrics.f1(truth, all_positive) == pytest.approx(2 * p * r / (p + r)) and (p + r) / 2 > 0.5
    assert metrics.f1(truth, all_positive) < 0.1


@proof("BLEU as a mean over sentences")
def _():
    hypotheses = ["the cat sat on the mat today", "a dog ran home"]
    references = ["the cat sat on the mat today", "a dog went home"]
    alone = [metrics.bleu([h], [[r]], smooth_method="none") for h, r in zip(hypotheses, references, strict=True)]
    whole = metrics.bleu(hypotheses, [[r] for r in references], smooth_method="none")
    assert alone[1] == 0 and alone[0] == pytest.approx(100) and whole > np.mean(alone) + 10


@pytest.mark.parametrize("title", PROOFS)
def test_proof(title):
    PROOFS[title]()


def test_every_error_has_a_proof():
    words_alone = {"Recurrent and recursive"}  # a matter of names
    assert set(PROOFS) == {english.replace("“", '"').replace("”", '"') for english, *_ in errors()} - words_alone
