"""What all tests share: one BLAS thread, settled property tests, and the devices to run on."""

import gc
import os
from collections import Counter

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported: timings and last bits stay the same

import hypothesis
import numpy as np
import pytest
from foreign import ForeignArray

import tinylm as tl
from tinylm import backend
from tinylm.graph import TABLE
from tinylm.primitives import PRIMITIVES

hypothesis.settings.register_profile("tinylm", deadline=None, derandomize=True)
hypothesis.settings.load_profile("tinylm")

backend.DEVICES["foreign"] = backend.Device(
    holds=lambda array: isinstance(array, ForeignArray), put=lambda array: ForeignArray(np.array(array)))

DEVICES = ["cpu", "foreign", pytest.param("gpu", marks=pytest.mark.gpu)]


@pytest.fixture(params=DEVICES)
def device(request):
    """The test runs once on every device: inside it, new Tensors are made there. Gives the device's name."""
    try:
        chosen = tl.device(request.param)
    except RuntimeError as missing:
        pytest.skip(f"no GPU: {missing}")
    with chosen:
        yield request.param


@pytest.fixture
def registry():
    """Primitives that the test registers are gone after it: nothing else shall go through them."""
    before = [(table, table.copy()) for table in (PRIMITIVES, TABLE)]
    yield PRIMITIVES
    for table, entries in before:
        table.clear()
        table.update(entries)


@pytest.fixture
def no_collector():
    """The cyclic collector is off: what is freed is freed because nothing refers to it."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def pytest_terminal_summary(terminalreporter):
    """What was skipped, counted by reason: nothing is left out in silence."""
    skipped = Counter(report.longrepr[2] for report in terminalreporter.stats.get("skipped", []))
    for reason, number in skipped.most_common():
        terminalreporter.write_line(f"{number} skipped: {reason.removeprefix('Skipped: ')}")
