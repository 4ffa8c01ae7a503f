import csv
import json
import random
import signal
import subprocess
import sys
import time

import pytest

from tinylm import prepare, runs, snapshots
from tinylm.cli import main
from tinylm.lock import locked
from tinylm.train import Trainer
from tinylm.weights import load_weights

TRAIN = ["train", "--data", "text.txt", "--model", "mlp", "--preset", "tiny", "--batch-size", "16", "--seed", "3",
         "--steps", "40"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """An empty folder to work in, with a text that is quick to learn; every step is saved."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Trainer, "save_every", 0.0)
    (tmp_path / "text.txt").write_text("the cat sat on the mat. " * 100, encoding="utf-8")
    return tmp_path


def losses(folder):
    with open(folder / "log.csv", encoding="utf-8", newline="") as file:
        return [{name: value for name, value in row.items() if name != "seconds"} for row in csv.DictReader(file)]


def same(one, two):
    arrays, others = (load_weights(run / "model.safetensors") for run in (one, two))
    assert arrays.keys() == others.keys()
    assert all(array.tobytes() == others[name].tobytes() for name, array in arrays.items())
    assert losses(one) == losses(two)
    scores = [json.loads((run / "config.json").read_text(encoding="utf-8")) for run in (one, two)]
    assert scores[0]["bits_per_byte"] == scores[1]["bits_per_byte"]


def stop_at(monkeypatch, step, error):
    """The forward of this step fails, or gets a Ctrl-C; later ones do not."""
    original = Trainer._step

    def interrupted(self):
        if self.steps == step:
            monkeypatch.setattr(Trainer, "_step", original)
            if error is not None:
                raise error
            signal.raise_signal(signal.SIGINT)
        return original(self)

    monkeypatch.setattr(Trainer, "_step", interrupted)


@pytest.mark.parametrize("options", [[], ["--accumulate", "2", "--clip", "0.5", "--patience", "50"],
                                     ["--model", "cnn", "--batch-size", "2", "--steps", "8"],
                                     ["--model", "gpt", "--batch-size", "2", "--steps", "8", "--tokenizer", "byte"]])
def test_resumed_is_as_if_nothing_had_happened(here, capsys, monkeypatch, options):
    arguments = [*TRAIN, *options]
    assert main([*arguments, "--name", "whole"]) == 0
    stop_at(monkeypatch, 5, None)
    assert main([*arguments, "--name", "stopped"]) == 130
    shown = capsys.readouterr().out
    assert "stopped early, saved in" in shown and "tinylm resume" in shown
    assert main(["generate", "runs/stopped", "--length", "3"]) == 0
    assert main(["resume", "runs/stopped"]) == 0
    same(here / "runs" / "whole", here / "runs" / "stopped")
    files = {path.name for path in (here / "runs" / "stopped").iterdir()}
    assert {"config.json", "tokenizer.json", "log.csv", "loss.png", "model.safetensors"} <= files
    assert "lock" not in files and len(files) == 7  # and two snapshots


SCRIPT = """
import builtins, os, sys, time
from tinylm import atomic
from tinylm.cli import main
from tinylm.train import Trainer

Trainer.save_every = 0.0
replace = os.replace

class Slow:  # it writes in two halves, with a pause between them
    def __init__(self, *arguments):
        self.file = builtins.open(*arguments)
    def __enter__(self):
        return self
    def __exit__(self, *exception):
        self.file.close()
    def write(self, content):
        self.file.write(content[:len(content) // 2])
        self.file.flush()
        time.sleep(0.004)
        self.file.write(content[len(content) // 2:])
    def __getattr__(self, name):
        return getattr(self.file, name)

def slow_replace(*arguments):
    time.sleep(0.002)
    replace(*arguments)
    time.sleep(0.002)

atomic.open, atomic.os.replace = Slow, slow_replace
print("ready", flush=True)
sys.exit(main(sys.argv[1:]))
"""
KILLS = 6


def test_killed_at_random_moments(here, capsys):
    (here / "script.py").write_text(SCRIPT, encoding="utf-8")
    arguments = [*TRAIN, "--steps", "60"]
    assert main([*arguments, "--name", "whole"]) == 0
    moments, folder, killed = random.Random(1), here / "runs" / "killed", 0
    for _ in range(50):
        begun = (folder / "config.json").exists()
        command = ["resume", str(folder)] if begun else [*arguments, "--name", "killed"]
        process = subprocess.Popen([sys.executable, "script.py", *command], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        process.stdout.readline()
        if killed < KILLS:
            earlier, patience = snapshots.found(folder)[:1], time.monotonic() + 20
            while begun and snapshots.found(folder)[:1] == earlier and time.monotonic() < patience:
                time.sleep(0.001)
            time.sleep(moments.uniform(0, 0.06 if begun else 0.6))
            process.kill()  # SIGKILL; on Windows TerminateProcess
        errors = process.communicate()[1].decode("utf-8", "replace")
        if process.returncode == 0:
            break
        assert killed < KILLS, errors
        killed += 1
    assert killed == KILLS
    same(here / "runs" / "whole", folder)
    assert not list(folder.glob("*.part"))


def test_by_the_clock_the_time_that_is_left(here, monkeypatch):
    stop_at(monkeypatch, 4, None)
    assert main([*TRAIN[:-2], "--minutes", "0.01", "--name", "timed"]) == 130
    newest = snapshots.load(here / "runs" / "timed")
    newest.facts["seconds"] = 0.55
    snapshots.save(here / "runs" / "timed", newest.facts["steps"], newest.arrays, newest.facts)
    began = time.monotonic()
    assert main(["resume", "runs/timed"]) == 0
    last = snapshots.load(here / "runs" / "timed").facts
    assert 0.6 <= last["seconds"] < 0.6 + time.monotonic() - began


def test_a_changed_setting_is_shown_and_refused(here, capsys, monkeypatch):
    stop_at(monkeypatch, 7, None)
    assert main([*TRAIN, "--name", "cat"]) == 130
    assert main(["resume", "runs/cat", "--lr", "0.5", "--steps", "40", "--batch-size", "16"]) == 1
    shown = capsys.readouterr().err
    assert "--lr 0.5, and the run was begun with 0.004" in shown and "--change" in shown and "--steps" not in shown
    assert main(["resume", "runs/cat", "--model", "gpt", "--change"]) == 1
    assert "--model gpt, and the run was begun with mlp" in capsys.readouterr().err
    assert main(["resume", "runs/cat", "--lr", "0.003", "--steps", "42", "--change"]) == 0
    config = json.loads((here / "runs" / "cat" / "config.json").read_text(encoding="utf-8"))
    assert config["lr"] == 0.003 and config["steps_taken"] == 42 and config["finished"]
    assert main(["resume", "runs/cat"]) == 1
    assert "is finished, after 42 steps" in capsys.readouterr().err
    assert main(["resume", "runs/none"]) == 1
    assert "is not a run" in capsys.readouterr().err


def test_another_text_or_number_of_threads(here, capsys, monkeypatch):
    stop_at(monkeypatch, 7, None)
    assert main([*TRAIN, "--name", "cat"]) == 130
    monkeypatch.setattr(Trainer, "threads", {"workers": 64, "blas_threads": 1, "compiled": 0})
    text = here / "text.txt"
    content = text.read_text(encoding="utf-8")
    text.write_text(content + "more", encoding="utf-8")
    assert main(["resume", "runs/cat"]) == 1
    assert "no longer the one" in capsys.readouterr().err
    text.write_text(content, encoding="utf-8")
    assert main(["resume", "runs/cat"]) == 0
    assert "goes on with 64 workers" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_nan_keeps_the_last_good_snapshot(here, capsys, monkeypatch):
    stop_at(monkeypatch, 7, FloatingPointError("step 7: stop"))
    assert main([*TRAIN, "--name", "cat"]) == 1
    original = runs.next_token_loss

    def broken(logits, targets):
        loss = original(logits, targets)
        return loss / 0.0 - loss / 0.0 if job[0].steps == 9 else loss

    job, init = [], Trainer.__init__
    monkeypatch.setattr(Trainer, "__init__", lambda self, *a, **k: (job.append(self), init(self, *a, **k))[1])
    monkeypatch.setattr(runs, "next_token_loss", broken)
    assert main(["resume", "runs/cat"]) == 1
    shown = capsys.readouterr().err
    assert "step 9: the loss is nan" in shown and "divide" in shown and "made infinity" in shown
    assert "The last good snapshot is" in shown and "step-9.safetensors" in shown
    assert not (here / "runs" / "cat" / "model.safetensors").exists()
    assert main(["generate", "runs/cat"]) == 1
    assert "`tinylm resume" in capsys.readouterr().err


def test_a_damaged_snapshot(here, capsys, monkeypatch):
    stop_at(monkeypatch, 7, None)
    assert main([*TRAIN, "--name", "cat"]) == 130
    newest, older = snapshots.found(here / "runs" / "cat")
    content = bytearray(newest.read_bytes())
    content[-3] ^= 4
    newest.write_bytes(content)
    assert main(["resume", "runs/cat"]) == 1
    shown = capsys.readouterr().err
    assert f"{newest.name} is damaged" in shown and f"{older.name} beside it is older, and whole" in shown
    newest.unlink()
    assert main(["resume", "runs/cat"]) == 0


def test_the_second_run_in_a_folder_names_the_first(here, capsys):
    assert main([*TRAIN[:-2], "--steps", "1", "--name", "cat"]) == 0
    code = ("import sys; from tinylm.lock import locked\n"
            "with locked('runs/cat'): print('ready', flush=True); sys.stdin.read()")
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    for command in ([*TRAIN, "--name", "cat"], ["resume", "runs/cat", "--steps", "9", "--change"]):
        assert main(command) == 1
        assert f"process {process.pid} is training in" in capsys.readouterr().err
    process.kill()
    process.communicate()
    assert main(["resume", "runs/cat", "--steps", "9", "--change"]) == 0
    with locked(here / "runs" / "cat"):
        pass


def test_what_comes_before_the_training_leaves_nothing(here, capsys):
    for wrong in (["--name", "a/b"], ["--accumulate", "0"], ["--batch-size", "0"], ["--clip", "0"], ["--lr", "-1"]):
        assert main([*TRAIN, *wrong]) == 1
        shown = capsys.readouterr().err
        assert wrong[0].strip("-").replace("-", " ").split()[0] in shown and "Traceback" not in shown
    assert not any((here / "runs").glob("*"))


def test_the_best_weights_are_kept(here, capsys):
    assert main([*TRAIN[:-2], "--steps", "300", "--lr", "0.3", "--patience", "2", "--name", "cat"]) == 0
    config = json.loads((here / "runs" / "cat" / "config.json").read_text(encoding="utf-8"))
    assert config["steps_taken"] <= 300
    seen = [float(row["held_out"]) for row in losses(here / "runs" / "cat")]
    assert seen[-1] == min(seen)


def test_a_text_larger_than_memory_is_learnt_from_its_file(here, capsys, monkeypatch):
    assert main([*TRAIN, "--name", "whole"]) == 0
    monkeypatch.setattr(prepare, "IN_MEMORY", 500)
    stop_at(monkeypatch, 7, None)
    assert main([*TRAIN, "--name", "filed"]) == 130
    assert main(["resume", "runs/filed"]) == 0
    same(here / "runs" / "whole", here / "runs" / "filed")
    assert (here / "runs" / "filed" / "tokens.bin").exists()
    assert main(["eval", "runs/filed"]) == 0
    config = json.loads((here / "runs" / "filed" / "config.json").read_text(encoding="utf-8"))
    assert f"bits per byte  {config['bits_per_byte']:.4f}" in capsys.readouterr().out
