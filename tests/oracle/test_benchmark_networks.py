"""The networks of the training benchmark, tiny: every library that is installed gives the losses of ours."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "benchmarks"))

from workloads import in_tinylm
from workloads.libraries import LIBRARIES
from workloads.tasks import NotPossible, Task, batches, initial

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

TINY = {
    "mlp": Task("mlp", 6, widths=(5, 4, 7, 3)),
    "rnn": Task("rnn", 2, time=5, vocabulary=7, embedding=3, hidden=4),
    "lstm": Task("lstm", 2, time=5, vocabulary=7, embedding=3, hidden=4),
    "gpt": Task("gpt", 2, time=5, vocabulary=7, layers=2, heads=2, width=6),
}


@pytest.mark.parametrize("name", TINY)
@pytest.mark.parametrize("key", ["torch", "mygrad", "autograd", "dezero"])
def test_the_same_losses(key: str, name: str):
    task = TINY[name]
    try:
        module = importlib.import_module(f"workloads.{LIBRARIES[key].module}")
    except ImportError as error:
        pytest.skip(f'{error}: pip install -e ".[benchmarks]"')
    if (key, name) == ("dezero", "gpt"):
        with pytest.raises(NotPossible):
            module.build(task, initial(task))
        return
    ours, theirs = in_tinylm.build(task, initial(task), "one worker"), module.build(task, initial(task))
    data = batches(task)
    mine = [ours(*data[k % len(data)]) for k in range(12)]
    other = [theirs(*data[k % len(data)]) for k in range(12)]
    count = 1 if LIBRARIES[key].compares == 1 and name in ("rnn", "lstm") else 12  # DeZero's biases are half as many
    assert other[:count] == pytest.approx(mine[:count], abs=1e-5)
    in_tinylm.FOR_GOOD.close()
