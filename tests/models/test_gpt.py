import math

import numpy as np
import pytest

from tinylm import models


def norm(x, weight, bias):
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5) * weight + bias


def test_by_the_equations(device):
    """GPT-2 once more in NumPy, a sequence, a position and a head at a time."""
    model = models.GPT(7, context=5, width=6, layers=2, heads=3).to(np.float64)
    rng = np.random.default_rng(0)
    for parameter in model.parameters():
        parameter.assign(rng.standard_normal(parameter.shape))
    w, ids = model.state_dict(), np.array([[1, 6, 0, 6], [3, 3, 2, 5]])
    for row, logits in zip(ids, model(ids).detach().numpy(), strict=True):
        x = w["embedding.weight"][row] + w["positions.weight"][:4]
        for block in ("blocks.0.", "blocks.1."):
            def linear(name, value, block=block):
                return value @ w[f"{block}{name}.weight"].T + w[f"{block}{name}.bias"]
            normed = norm(x, w[block + "norm1.weight"], w[block + "norm1.bias"])
            q, k, v = np.split(linear("attention.qkv", normed), 3, axis=1)
            y = np.zeros_like(x)
            for i in range(4):
                for head in (slice(0, 2), slice(2, 4), slice(4, 6)):
                    weights = np.exp([q[i, head] @ k[j, head] / math.sqrt(2) for j in range(i + 1)])
                    y[i, head] = weights / weights.sum() @ v[:i + 1, head]
            x = x + linear("attention.out", y)
            inner = linear("mlp.inner", norm(x, w[block + "norm2.weight"], w[block + "norm2.bias"]))
            gelu = 0.5 * inner * (1 + np.tanh(math.sqrt(2 / math.pi) * (inner + 0.044715 * inner**3)))
            x = x + linear("mlp.out", gelu)
        assert np.allclose(norm(x, w["norm.weight"], w["norm.bias"]) @ w["embedding.weight"].T, logits, atol=1e-9)


def test_it_starts_as_gpt_2_does():
    w = models.GPT(50, context=32, width=64, layers=3, heads=4).state_dict()
    for name, array in w.items():
        if array.ndim == 2:
            wanted = 0.02 / math.sqrt(6) if name.endswith("out.weight") else 0.02
            assert array.std() == pytest.approx(wanted, rel=0.06), name
        else:
            assert (array == name.endswith("weight")).all(), name  # a norm's weights are 1, all biases 0
    assert "output.weight" not in w  # the embedding is the output


def test_at_the_start_it_guesses():
    ids = np.random.default_rng(0).integers(0, 50, (4, 32))
    model = models.GPT(50, context=32, width=64, layers=3, heads=4)
    assert models.next_token_loss(model(ids[:, :-1]), ids[:, 1:]).item() == pytest.approx(math.log(50), abs=0.1)


def test_errors():
    with pytest.raises(ValueError, match=r"GPT: 10 tokens given, it sees 9: ids\[:, -9:\]"):
        models.GPT(7, context=9, width=8, layers=1, heads=2)(np.zeros((1, 10), dtype=int))
    full = models.GPT(7, context=9, width=8, layers=1, heads=2)
    with pytest.raises(ValueError, match="GPT: 10 tokens given, it sees 9: begin anew with the last of them"):
        full.advance(np.zeros((1, 1), dtype=int), full.advance(np.zeros((1, 9), dtype=int))[1])
    with pytest.raises(ValueError, match="a width of 8 does not divide into 3 heads"):
        models.GPT(7, width=8, heads=3)
