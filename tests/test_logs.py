import math
import sys

import pytest

from tinylm import nn, optim
from tinylm.logs import Row, csv_log, tensorboard_log
from tinylm.train import Trainer


def test_going_on_drops_the_rows_after(tmp_path):
    path = tmp_path / "new" / "log.csv"
    with csv_log(path) as write:
        for step in range(1, 6):
            write(Row(step, 0.5, 0.1, 2.0, math.nan))
    with csv_log(path, kept=2) as write:
        write(Row(9, 0.7, 0.1, 1.0, 1.5))
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines == ["step,seconds,lr,training,held_out", "1,0.50,0.1,2.00000,", "2,0.50,0.1,2.00000,",
                     "9,0.70,0.1,1.00000,1.50000"]
    path.unlink()
    with csv_log(path, kept=2):
        pass
    assert path.read_text(encoding="utf-8").splitlines() == lines[:1]
    with csv_log(path):
        pass
    assert path.read_text(encoding="utf-8").splitlines() == lines[:1]


def test_without_tensorboard_the_way_out_comes_first(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "tensorboard.compat.proto.event_pb2", None)
    model = nn.Linear(1, 1)
    with pytest.raises(ImportError, match=r"pip install tensorboard \(or, .*\[tensorboard\]"):
        Trainer(model, nn.mse_loss, optim.SGD(model.parameters(), 0.1), lambda step: None, events=tmp_path / "events")
    assert not list(tmp_path.iterdir())


def test_tensorboard_reads_what_was_written(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with tensorboard_log(tmp_path) as write:
        for step in (1, 5, 9):
            write(Row(step, 0.5, 0.1, 2.0 + step, math.nan))
    with tensorboard_log(tmp_path, step=5) as write:
        write(Row(9, 0.5, 0.1, 1.0, 1.5))
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss/training")] == [(1, 3.0), (5, 7.0), (9, 1.0)]
    assert [event.step for event in events.Scalars("loss/held out")] == [9]
