import json
import os
import pickle

import numpy as np
import pytest

from tinylm import checkpoint, models
from tinylm.text import Characters

SETTINGS = {"context": 3, "embedding": 2, "hidden": 4}


@pytest.fixture
def folder(tmp_path):
    """A saved run."""
    model = models.MLP(4, **SETTINGS, seed=5)
    checkpoint.save(tmp_path / "run", model, Characters("abc"), {"model": "mlp", "settings": SETTINGS, "note": "é"})
    return tmp_path / "run"


def test_a_run_comes_back(folder, device):
    run = checkpoint.load(folder)
    wanted = models.MLP(4, **SETTINGS, seed=5).state_dict()
    assert all(np.array_equal(wanted[name], array) for name, array in run.model.state_dict().items())
    assert run.tokenizer.characters == "abc" and run.config["note"] == "é"
    assert sorted(os.listdir(folder)) == ["config.json", "model.safetensors", "tokenizer.json"]


def test_truncated_anywhere(folder):
    path = folder / "model.safetensors"
    content = path.read_bytes()
    for length in [0, 4, 8, 100, len(content) // 2, len(content) - 1]:
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"model\.safetensors is truncated or damaged .*take an older copy"):
            checkpoint.load(folder)


def test_one_bit_flipped_anywhere(folder):
    path = folder / "model.safetensors"
    content, wanted = path.read_bytes(), models.MLP(4, **SETTINGS, seed=5).state_dict()
    for place in range(0, len(content), 7):
        broken = bytearray(content)
        broken[place] ^= 1 << place % 8
        path.write_bytes(broken)
        try:
            weights = checkpoint.load(folder).model.state_dict()
        except ValueError:
            continue
        assert all(np.array_equal(array, wanted[name]) for name, array in weights.items())
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ValueError, match=r"is damaged: \S+ differs from what was saved \(SHA-256\)"):
        checkpoint.load(folder)


def test_from_another_model_all_mismatches_are_listed(folder):
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["settings"]["hidden"] = 9
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ValueError) as error:
        checkpoint.load(folder)
    for line in ("hidden.weight has shape (4, 6), the model wants (9, 6)",
                 "hidden.bias has shape (4,), the model wants (9,)",
                 "output.weight has shape (4, 4), the model wants (4, 9)"):
        assert line in str(error.value)


def test_what_is_no_run(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"is not a finished run: config.*, tokenizer.*, model.* is not in it"):
        checkpoint.load(tmp_path / "nowhere")
    (folder / "model.safetensors").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(ValueError, match=r"is a pickle .* not opened"):
        checkpoint.load(folder)
    (folder / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match=r"config\.json is damaged"):
        checkpoint.load(folder)


def test_a_write_that_fails_leaves_the_old_file(folder, monkeypatch):
    path = folder / "model.safetensors"
    old = path.read_bytes()

    def full(number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        checkpoint.save(folder, models.MLP(4, **SETTINGS, seed=6), Characters("abc"), {})
    assert path.read_bytes() == old and len(os.listdir(folder)) == 3
