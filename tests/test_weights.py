import numpy as np
import pytest

from tinylm import weights


def test_arrays_of_any_layout_come_back(tmp_path):
    arrays = {"turned": np.arange(6.0).reshape(2, 3).T, "strided": np.arange(9, dtype=np.float32)[::2],
              "half": np.ones((2, 0), dtype=np.float16), "number": np.float64(3).reshape(())}
    weights.save_weights(tmp_path / "w", arrays)
    loaded = weights.load_weights(tmp_path / "w")
    for name, array in arrays.items():
        assert np.array_equal(loaded[name], array) and loaded[name].dtype == array.dtype, name


def test_facts_come_back_bit_for_bit(tmp_path):
    facts = {"loss": 0.1 + 0.2, "best": float("inf"), "name": "é", "list": [1, None]}
    weights.save_weights(tmp_path / "w", {"a": np.ones(3)}, facts)
    assert weights.load_with_facts(tmp_path / "w")[1] == facts
    content = (tmp_path / "w").read_bytes()
    (tmp_path / "w").write_bytes(content.replace(b"0.30000000000000004", b"0.30000000000000005"))
    with pytest.raises(ValueError, match=r"w is damaged: facts differs from what was saved"):
        weights.load_weights(tmp_path / "w")


@pytest.mark.parametrize("length", [0x480, 0x4b50])
def test_a_header_whose_length_begins_as_a_pickle_or_a_zip_does(tmp_path, length):
    """It is a multiple of 8, so one file in 32 begins with 0x80."""
    def header(padding):
        weights.save_weights(tmp_path / "w", {"a": np.arange(3.0)}, {"padding": "x" * padding})
        return (tmp_path / "w").read_bytes()[:8]

    assert header(length - int.from_bytes(header(0), "little")) == length.to_bytes(8, "little")
    assert header(length - int.from_bytes(header(0), "little"))[:2] in (b"\x80\x04", b"PK")
    assert np.array_equal(weights.load_weights(tmp_path / "w")["a"], np.arange(3.0))
