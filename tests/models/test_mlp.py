import numpy as np
import pytest

import tinylm as tl
from tinylm import models, nn


def test_it_computes_bengios_equation(device):
    model = models.MLP(7, context=3, embedding=2, hidden=4, seed=1)
    w = model.state_dict()
    assert {name: array.shape for name, array in w.items()} == {
        "embedding.weight": (7, 2), "hidden.weight": (4, 6), "hidden.bias": (4,), "output.weight": (7, 4),
        "output.bias": (7,)}
    ids = np.array([[1, 2, 3], [6, 0, 6]])
    for row, logits in zip(ids, model(ids).detach().numpy(), strict=True):
        vectors = np.concatenate([w["embedding.weight"][i] for i in row])
        hidden = np.tanh(w["hidden.weight"] @ vectors + w["hidden.bias"])
        assert np.allclose(logits, w["output.weight"] @ hidden + w["output.bias"], atol=1e-6)


def test_it_takes_its_context_and_no_other_number():
    model = models.MLP(7, context=3, embedding=2, hidden=4)
    with pytest.raises(ValueError, match=r"MLP: 4 tokens given, it sees 3: ids\[:, -3:\]"):
        model(np.zeros((1, 4), dtype=int))
    with pytest.raises(ValueError, match=r"MLP: 1 tokens given, it sees 3: put tokenizer.start_id.* in front of fewer"):
        model(np.array([[5]]))
    with pytest.raises(ValueError, match=r"MLP: ids of shape \(3,\), where it takes \(batch, time\)"):
        model(np.array([5, 1, 2]))


def test_every_parameter_gets_its_gradient(device):
    model = models.MLP(7, context=3, embedding=2, hidden=4).to(np.float64)
    ids, target = np.array([[1, 2, 3], [1, 1, 4]]), np.array([4, 0])
    loss = lambda: nn.cross_entropy(model(ids), target)
    parameters = list(model.parameters())
    for parameter, gradient in zip(parameters, tl.grad(loss(), parameters), strict=True):
        start = parameter.detach().numpy()
        direction = np.random.default_rng(0).standard_normal(start.shape)
        values = []
        for h in (1e-5, -1e-5):
            parameter.assign(start + h * direction)
            values.append(loss().item())
        parameter.assign(start)
        assert (values[0] - values[1]) / 2e-5 == pytest.approx(float((gradient.numpy() * direction).sum()), abs=1e-8)


def test_the_seed_decides():
    one, same, other = (models.build("mlp", 5, context=2, seed=s).state_dict()["hidden.weight"] for s in (3, 3, 4))
    assert np.array_equal(one, same) and not np.array_equal(one, other)


def test_names_and_presets():
    assert models.preset("mlp", "tiny")["context"] == 8
    with pytest.raises(ValueError, match="there is no model 'gtp'; there are: mlp"):
        models.build("gtp", 5)
    with pytest.raises(ValueError, match="there is no model 'gtp'"):
        models.preset("gtp", "tiny")
    with pytest.raises(ValueError, match="has no preset 'huge'; it has: tiny, small"):
        models.preset("mlp", "huge")
    with pytest.raises(ValueError, match=r"does not take these settings: .*heads"):
        models.build("mlp", 5, heads=2)
