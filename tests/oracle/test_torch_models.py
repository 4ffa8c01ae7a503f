"""Every model beside one of PyTorch's layers: the same weights, batches and AdamW, the same losses for 50 steps."""

from __future__ import annotations

import numpy as np
import pytest
from with_torch import needs_torch, torch

import tinylm as tl
from tinylm import models, optim

if torch is not None:
    from torch_models import renamed, theirs

pytestmark = needs_torch

STEPS, BATCH, VOCABULARY = 50, 8, 31
TOLERANCE = {"float64": 1e-9, "float32": 1e-4}
SIZES: dict[str, dict[str, int]] = {
    "mlp": {"context": 16, "embedding": 8, "hidden": 64},
    "cnn": {"context": 16, "width": 24, "layers": 4, "kernel": 3},
    "rnn": {"context": 16, "embedding": 12, "hidden": 48, "layers": 2},
    "gru": {"context": 16, "embedding": 12, "hidden": 48, "layers": 2},
    "lstm": {"context": 16, "embedding": 12, "hidden": 48, "layers": 2},
    "gpt": {"context": 16, "width": 32, "layers": 3, "heads": 4},
}


def batches(predicts: str, context: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Windows of a random text that comes again and again, so that there is something to learn."""
    rng = np.random.default_rng(0)
    text = np.tile(rng.integers(0, VOCABULARY, 100), 3)
    found = []
    for _ in range(STEPS):
        windows = text[rng.integers(0, 200, BATCH)[:, None] + np.arange(context + 1)]  # (BATCH, context + 1)
        found.append((windows[:, :-1], windows[:, 1:] if predicts == "every" else windows[:, -1]))
    return found


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", SIZES)
def test_the_same_curve(name: str, dtype: str) -> None:
    mine = models.build(name, VOCABULARY, seed=1, **SIZES[name]).to(dtype)
    hers = theirs(name, VOCABULARY, **SIZES[name])
    hers.layers.to(getattr(torch, dtype))
    hers.layers.load_state_dict({renamed(key): torch.tensor(array) for key, array in mine.state_dict().items()})
    one = optim.AdamW(mine.parameters(), lr=3e-3, weight_decay=0.1)
    other = torch.optim.AdamW(hers.layers.parameters(), lr=3e-3, weight_decay=0.1)
    curve = []
    for ids, targets in batches(mine.predicts, SIZES[name]["context"]):
        loss = models.next_token_loss(mine(ids), targets)
        one.step(tl.grad(loss, one.params))
        logits = hers(torch.tensor(ids))
        their_loss = torch.nn.functional.cross_entropy(logits.flatten(0, -2), torch.tensor(targets).flatten())
        other.zero_grad()
        their_loss.backward()
        other.step()
        curve.append((loss.item(), their_loss.item()))
    gaps = [abs(a - b) for a, b in curve]
    assert max(gaps) <= TOLERANCE[dtype], f"{name}: step {int(np.argmax(gaps))} is off by {max(gaps)}"
    assert curve[-1][0] < 0.8 * curve[0][0]  # both have learnt


def test_every_model_has_its_curve() -> None:
    assert set(SIZES) == set(models.MODELS)
