import subprocess
import sys

import pytest

import tinylm as tl
from tinylm import memory

GLIBC = memory._glibc() is not None


def test_it_says_whether_it_keeps():
    with tl.kept_memory() as kept:
        assert kept == GLIBC


def test_nested_and_after_an_error(monkeypatch):
    calls = []

    class Library:
        def mallopt(self, name, value):
            calls.append((name, value))
            return 1

        def malloc_trim(self, pad):
            calls.append("trimmed")
    monkeypatch.setattr(memory, "_glibc", Library)
    with pytest.raises(ZeroDivisionError), tl.kept_memory() as kept:
        with tl.kept_memory():
            assert kept and calls == 2 * list(memory.KEEP.items())
        assert len(calls) == 6  # the outer one still keeps
        raise ZeroDivisionError
    assert calls[6:] == [*memory.AFTERWARDS.items(), "trimmed"] and memory._users == 0


def test_a_library_that_refuses(monkeypatch):
    class Library:
        mallopt = lambda self, name, value: 0
        malloc_trim = None
    monkeypatch.setattr(memory, "_glibc", Library)
    with tl.kept_memory() as kept:
        assert not kept
    monkeypatch.setattr(memory, "_glibc", lambda: None)
    with tl.kept_memory() as kept:
        assert not kept


@pytest.mark.skipif(not GLIBC, reason="the C library is not glibc")
def test_freed_arrays_serve_again():
    """Page faults of making and freeing 8 MiB a hundred times: thousands each time, or none."""
    program = """
import resource, numpy as np, tinylm as tl
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def churn():
    before = faults()
    for _ in range(100):
        pair = np.ones((1024, 1024)), np.ones((1024, 1024))
        del pair
    return faults() - before
assert not any("tinylm.memory" == name for name in __import__("sys").modules)
with tl.kept_memory():
    churn()
    print(churn())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 500  # without: 16 MiB in pages of 4 KiB, 100 times, 400,000
