import numpy as np
import pytest

import tinylm as tl
from tinylm import nn
from tinylm.nn.random import keep_mask


def ones(*shape):
    return tl.Tensor(np.ones(shape), dtype=np.float32)


def test_dropout_keeps_the_mean_and_scales(device):
    y = nn.Dropout(0.3)(ones(100, 1000)).numpy()
    assert set(np.unique(y)) == {0, np.float32(1 / 0.7)}
    assert abs(y.mean() - 1) < 0.01
    x = tl.Tensor(np.ones((3, 4)), requires_grad=True, dtype=np.float64)
    y = nn.Dropout(0.5)(x)
    assert y.dtype == np.float64
    assert np.array_equal(tl.grad(y.sum(), x).numpy(), y.detach().numpy())  # the gradient goes through the same mask


def test_dropout_does_nothing_in_evaluation_or_without_probability():
    x = ones(2, 3)
    assert nn.Dropout(0.5).eval()(x) is x and nn.Dropout(0.0)(x) is x
    assert (nn.Dropout(1.0)(x).numpy() == 0).all()


@pytest.mark.parametrize("layer", [nn.Dropout, lambda p: nn.DropConnect(2, 2, p=p), lambda p: nn.LSTM(2, 2, dropout=p),
                                   lambda p: nn.MultiheadAttention(2, 1, p)])
@pytest.mark.parametrize("p", [-0.1, 1.5, float("nan")])
def test_a_probability_is_asked_for(layer, p):
    with pytest.raises(ValueError, match="p is the probability to drop, between 0 and 1"):
        layer(p)


def masks(seed, step, rows=6, first_row=0, p=0.5):
    """Of two dropouts in a row."""
    layer = nn.Dropout(p)
    with nn.dropout_keys(seed, step, first_row):
        return [layer(ones(rows, 2, 5)).numpy() for _ in range(2)]


def test_masks_depend_on_seed_step_and_site_alone():
    (one, two), again = masks(3, 7), masks(3, 7)
    assert np.array_equal(one, again[0]) and np.array_equal(two, again[1])
    others = [two, masks(4, 7)[0], masks(3, 8)[0]]
    assert all(not np.array_equal(one, other) for other in others)
    assert not np.array_equal(nn.Dropout(0.5)(ones(6, 2, 5)).numpy(), nn.Dropout(0.5)(ones(6, 2, 5)).numpy())


@pytest.mark.parametrize("width", [1, 7, 8, 9, 64])
def test_shards_of_a_batch_get_the_masks_of_its_rows(width):
    def mask(rows, first_row):
        with nn.dropout_keys(1, 2, first_row):
            return keep_mask((rows, width), 0.5)
    whole = mask(10, 0)
    assert np.array_equal(whole, np.concatenate([mask(3, 0), mask(6, 3), mask(1, 9)]))
    assert width == 1 or len(np.unique(whole, axis=0)) > 1


def test_the_batch_may_lie_along_another_axis():
    with nn.dropout_keys(0, 0):
        first = keep_mask((4, 3, 5), 0.5, 0)
    with nn.dropout_keys(0, 0):
        second = keep_mask((3, 4, 5), 0.5, 1)
    assert np.array_equal(first.swapaxes(0, 1), second)


def test_weights_are_dropped_alike_in_every_shard():
    layer = nn.DropConnect(4, 3, p=0.5, rng=np.random.default_rng(0))
    x = tl.Tensor(np.random.default_rng(1).standard_normal((6, 4)), dtype=np.float32)
    with nn.dropout_keys(0, 0):
        whole = layer(x).detach().numpy()
    with nn.dropout_keys(0, 0, first_row=2):
        assert np.allclose(layer(x[2:]).detach().numpy(), whole[2:])
    evaluated = layer.eval()(x).detach().numpy()
    state = layer.state_dict()
    assert np.allclose(evaluated, x.numpy() @ state["weight"].T + state["bias"])


def test_masks_look_random():
    with nn.dropout_keys(0, 0):
        bits = 2.0 * keep_mask((512, 512), 0.5) - 1  # ±1
    for shifted in (np.roll(bits, 1, 0), np.roll(bits, 1, 1), np.roll(bits, 8, 1)):
        assert abs((bits * shifted).mean()) < 4 / 512
    assert np.abs(bits.mean(0)).max() < 5 / np.sqrt(512) and np.abs(bits.mean(1)).max() < 5 / np.sqrt(512)


def test_keys_are_left_behind_after_an_error_and_refused_when_negative():
    with pytest.raises(KeyError), nn.dropout_keys(0, 0):
        raise KeyError
    assert nn.random._KEYS.get() is None
    with pytest.raises(ValueError, match="none can be negative"), nn.dropout_keys(0, -1):
        pass
