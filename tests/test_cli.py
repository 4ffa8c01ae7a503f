import json
import signal
import subprocess
import sys

import pytest

from tinylm import models
from tinylm.cli import main


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """An empty folder to work in, with a text that is quick to learn."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("the cat sat on the mat. " * 100, encoding="utf-8")
    return tmp_path


TRAIN = ["train", "--data", "text.txt", "--preset", "tiny", "--batch-size", "64", "--steps", "60"]


def test_train_then_generate(here, capsys):
    assert main([*TRAIN, "--name", "cat"]) == 0
    printed = capsys.readouterr()
    assert "2,160 characters to learn from, 240 held out" in printed.out
    assert "bits per character on the 240 held-out characters after 60 steps" in printed.out
    assert "A sample of what it writes" in printed.out and 'tinylm generate' in printed.out
    assert "held out" in printed.err and "100%" in printed.err
    config = json.loads((here / "runs" / "cat" / "config.json").read_text(encoding="utf-8"))
    assert config["bits_per_character"] < 2 and config["model"] == "mlp"
    assert (here / "runs" / "cat" / "log.csv").read_text(encoding="utf-8").startswith("step,")

    assert main(["generate", "--prompt", "the c", "--length", "7", "--greedy"]) == 0
    assert capsys.readouterr().out == "the cat sat \n"
    assert main(["generate", "runs/cat", "--prompt", "☃", "--length", "5", "--top-k", "3"]) == 0
    printed = capsys.readouterr()
    assert "never seen '☃'" in printed.err and len(printed.out) == 1 + 5 + 1


def test_runs_are_numbered_and_never_overwritten(here, capsys):
    for _ in range(2):
        assert main([*TRAIN[:-1], "1"]) == 0
    assert sorted(path.name for path in (here / "runs").iterdir()) == ["mlp-1", "mlp-2"]
    assert main([*TRAIN, "--name", "mlp-1"]) == 1
    assert "there is a run runs/mlp-1 already: take another --name" in capsys.readouterr().err


def test_ctrl_c_saves_and_exits_130(here, capsys, monkeypatch):
    calls, forward = [], models.MLP.forward

    def interrupted(self, ids):
        calls.append(1)
        if len(calls) == 5:
            signal.raise_signal(signal.SIGINT)
        return forward(self, ids)

    monkeypatch.setattr(models.MLP, "forward", interrupted)
    assert main([*TRAIN[:-1], "100000"]) == 130
    assert "stopped early, saved in" in capsys.readouterr().out
    assert main(["generate", "--length", "3"]) == 0


@pytest.mark.parametrize(("arguments", "code", "message"), [
    (["trian"], 2, "did you mean train?"),
    (["train", "--seeed", "3"], 2, "did you mean --seed?"),
    (["train", "--step=3"], 2, "did you mean --steps?"),
    (["resume", "runs/a", "--chnage"], 2, "did you mean --change?"),
    (["resume", "runs/a"], 1, "is not a run: config.json is not in it"),
    (["generate", "--devise", "cpu"], 2, "did you mean --device?"),
    (["train", "--device", "cpuu"], 2, "did you mean cpu?"),
    (["train", "--model", "gpt5"], 1, "there is no model 'gpt5'; there are: mlp"),
    (["train", "--data", "nowhere.txt"], 1, "nowhere.txt is neither a file nor a built-in corpus"),
    (["generate"], 1, "there is no run in the folder runs/ here: `tinylm train` makes one"),
    (["generate", "runs/none"], 1, "is not a finished run"),
])
def test_errors_are_for_people(arguments, code, message, capsys):
    try:
        found = main(arguments)
    except SystemExit as error:
        found = error.code
    assert found == code
    shown = capsys.readouterr().err
    assert message in shown and "Traceback" not in shown


def test_a_text_too_short(here, capsys):
    (here / "short.txt").write_text("hello you", encoding="utf-8")
    assert main(["train", "--data", "short.txt", "--preset", "tiny"]) == 1
    assert "too short for a context of 8" in capsys.readouterr().err


def test_a_gpu_that_is_absent(capsys):
    try:
        import cupy

        if cupy.cuda.is_available():
            pytest.skip("there is a GPU")
    except ImportError:
        pass
    assert main([*TRAIN, "--device", "gpu"]) == 1
    assert "gpu" in capsys.readouterr().err.lower()


def test_gradcheck_hands_over(monkeypatch):
    calls = []
    monkeypatch.setattr("tinylm.table.report", lambda names, devices, layers: calls.append((names, devices)) or 3)
    monkeypatch.setattr("tinylm.mutate.report", lambda names: calls.append(names) or 0)
    assert main(["gradcheck"]) == main(["gradcheck", "--device", "cpu"]) == 3
    assert main(["gradcheck", "tanh", "--mutate"]) == 0
    assert calls == [([], None), ([], ["cpu"]), ["tanh"]]


def test_the_texts_to_learn_from(here, capsys):
    assert main(["data"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("pydoc", "shakespeare", "stdlib"))
    assert main(["data", "pydoc"]) == main(["data", "text.txt"]) == 0
    shown = capsys.readouterr().out
    assert "licence" in shown and "2,400 characters (11 distinct ones)" in shown
    assert main(["data", "pydocs"]) == 1
    assert "pydocs is neither a file nor a built-in corpus" in capsys.readouterr().err


def test_help_and_the_module():
    def python(*arguments):
        command = [sys.executable, *arguments]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True).stdout

    shown = python("-m", "tinylm", "--help")
    for command in ("train", "resume", "generate", "gradcheck", "data"):
        assert f"tinylm {command}" in shown
    heavy = "{'tqdm', 'safetensors', 'scipy', 'tinylm.nn'}"
    code = f"import sys, tinylm.cli as c; c.parser(); print({heavy} & set(sys.modules))"
    assert python("-c", code).strip() == "set()"
