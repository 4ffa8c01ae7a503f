import numpy as np

from tinylm import models


def test_by_the_equations(device):
    """Every window by itself: zeros stand before the beginning."""
    model = models.CNN(7, width=4, layers=2, kernel=3).to(np.float64)
    rng = np.random.default_rng(0)
    for parameter in model.parameters():
        parameter.assign(rng.standard_normal(parameter.shape))
    w, ids = model.state_dict(), rng.integers(0, 7, (2, 9))

    def norm(name, x):
        centred = x - x.mean(-1, keepdims=True)
        return centred / np.sqrt(x.var(-1, keepdims=True) + 1e-5) * w[f"{name}.weight"] + w[f"{name}.bias"]

    for row, logits in zip(ids, model(ids).detach().numpy(), strict=True):
        x = w["embedding.weight"][row]  # (time, width)
        for layer, dilation in (("layers.0", 1), ("layers.1", 2)):
            normed, kernel = norm(f"{layer}.norm", x), w[f"{layer}.convolution.weight"]  # (2 · width, width, 3)
            both = np.tile(w[f"{layer}.convolution.bias"], (9, 1))
            for t in range(9):
                for k in range(3):
                    place = t - dilation * (2 - k)
                    if place >= 0:
                        both[t] += kernel[:, :, k] @ normed[place]
            x = x + both[:, :4] / (1 + np.exp(-both[:, 4:]))
        assert np.allclose(norm("norm", x) @ w["output.weight"].T + w["output.bias"], logits, atol=1e-9)


def test_how_far_it_sees():
    model = models.CNN(5, width=4, layers=3, kernel=2).to(np.float64)
    assert model.sees == 8
    ids = np.random.default_rng(0).integers(0, 5, (1, 20))
    last = model(ids).detach().numpy()[0, -1]
    for back in range(20):
        other = ids.copy()
        other[0, 19 - back] = (other[0, 19 - back] + 1) % 5
        assert np.array_equal(model(other).detach().numpy()[0, -1], last) == (back >= 8), back
