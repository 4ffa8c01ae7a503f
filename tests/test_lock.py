import os
import threading

import pytest

from tinylm.lock import locked


def test_a_second_one_is_refused(tmp_path):
    found = []

    def second():
        try:
            with locked(tmp_path):
                found.append("in")
        except RuntimeError as error:
            found.append(str(error))

    with locked(tmp_path), locked(tmp_path / "." ):  # the same thread may ask again
        other = threading.Thread(target=second)
        other.start()
        other.join()
    assert f"process {os.getpid()} is training in" in found[0]
    second()
    assert found[1:] == ["in"] and not list(tmp_path.iterdir())


def test_what_a_dead_run_left_is_no_obstacle(tmp_path):
    (tmp_path / "lock").write_text("1\n", encoding="ascii")  # process 1 always lives, and holds no lock
    (tmp_path / "step-3.safetensors.1.part").write_bytes(b"half")
    with locked(tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_an_error_inside_lets_go(tmp_path):
    with pytest.raises(ZeroDivisionError), locked(tmp_path):
        raise ZeroDivisionError
    with locked(tmp_path):
        pass
