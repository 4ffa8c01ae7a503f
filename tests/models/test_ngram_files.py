import numpy as np
import pytest

from tinylm.models.ngram import ESTIMATORS, NGram
from tinylm.weights import save_weights

TEXT = (np.random.default_rng(0).zipf(1.5, 500) % 9).tolist()


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_saved_and_loaded_to_the_last_bit(tmp_path, estimator):
    model = NGram(10, 3, estimator=estimator).fit(TEXT)
    if estimator == "jelinek-mercer":
        model.fit_weights([1, 2, 3, 1])
    model.save(tmp_path / "model.safetensors")
    loaded = NGram.load(tmp_path / "model.safetensors")
    other = [9, 1, 2, 1, 1, 3, 0, 8]
    assert np.array_equal(loaded.probabilities(other), model.probabilities(other))
    assert np.array_equal(loaded.distribution([1, 2]), model.distribution([1, 2]))
    assert (loaded.estimator, loaded.order, loaded.add, loaded.weights, loaded.size) == (
        model.estimator, model.order, model.add, model.weights, model.size)


def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    NGram(10, 2).fit(TEXT).save(path)
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="damaged"):
        NGram.load(path)
    path.write_bytes(content[:-20])
    with pytest.raises(ValueError, match="truncated or damaged"):
        NGram.load(path)
    save_weights(path, {"w": np.zeros(3)})
    with pytest.raises(ValueError, match="holds no n-gram model"):
        NGram.load(path)


def test_nothing_is_saved_before_something_is_counted(tmp_path):
    with pytest.raises(RuntimeError, match="call fit"):
        NGram(3).save(tmp_path / "model.safetensors")
