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


TRAIN = ["train", "--data", "text.txt", "--model", "mlp", "--preset", "tiny", "--batch-size", "64", "--steps", "60"]


def test_train_then_generate(here, capsys):
    assert main([*TRAIN, "--name", "cat"]) == 0
    printed = capsys.readouterr()
    assert "2,160 characters to learn from, 240 held out" in printed.out
    assert "bits per byte on the 240 bytes held out, after 60 steps" in printed.out
    assert "A sample of what it writes" in printed.out and 'tinylm generate' in printed.out
    assert "held out" in printed.err and "100%" in printed.err
    config = json.loads((here / "runs" / "cat" / "config.json").read_text(encoding="utf-8"))
    assert config["bits_per_byte"] < 2 and config["model"] == "mlp"
    assert (here / "runs" / "cat" / "log.csv").read_text(encoding="utf-8").startswith("step,")

    assert main(["generate", "--prompt", "the c", "--length", "7", "--greedy"]) == 0
    assert capsys.readouterr().out == "the cat sat \n"
    assert main(["generate", "runs/cat", "--length", "5", "--top-k", "3", "--top-p", "0.9"]) == 0
    assert len(capsys.readouterr().out) == 5 + 1
    assert main(["generate", "--prompt", "the c", "--length", "7", "--beams", "3", "--stop", "sa"]) == 0
    assert capsys.readouterr().out == "the cat \n"
    assert main(["generate", "--prompt", "the c", "--length", "2", "--greedy", "--probabilities"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["'a'", "'t'"]
    assert all(0.3 < float(line.split()[0]) <= 1 for line in lines)


@pytest.mark.parametrize(("wrong", "said"), [
    (["--prompt", "☃"], "'☃'"), (["--temperature", "0"], "temperature"), (["--top-k", "99"], "top_k"),
    (["--top-p", "1.5"], "top_p"), (["--top-p", "0"], "top_p"), (["--repetition-penalty", "0"], "repetition_penalty"),
    (["--length", "-1"], "length"), (["--stop", ""], "stop"), (["--beams", "0"], "beams"),
    (["--greedy", "--temperature", "0.5"], "greedy"), (["--beams", "2", "--top-k", "2"], "beams"),
])
def test_settings_of_generate_that_make_no_sense(here, capsys, wrong, said):
    assert main([*TRAIN[:-1], "1"]) == 0
    capsys.readouterr()
    assert main(["generate", *wrong]) == 1
    printed = capsys.readouterr()
    assert said in printed.err and "Traceback" not in printed.err and not printed.out


@pytest.mark.parametrize("kind", ["byte", "bpe", "word"])
def test_every_tokenizer_and_eval(here, capsys, kind):
    (here / "other.txt").write_text("the mat sat on the catamaran. ☃", encoding="utf-8")
    size = ["--vocabulary", "270"] if kind == "bpe" else []
    arguments = ["train", "--data", "text.txt", "--tokenizer", kind, *size, "--preset", "tiny", "--steps", "12"]
    assert main([*arguments, "--model", "lstm"]) == 0
    printed = capsys.readouterr().out
    config = json.loads((here / "runs" / "lstm-1" / "config.json").read_text(encoding="utf-8"))
    unit = "bits_per_word" if kind == "word" else "bits_per_byte"
    assert f"{config[unit]:.3f} {unit.replace('_', ' ')}" in printed
    assert main(["eval"]) == main(["eval", "runs/lstm-1", "--data", "other.txt"]) == 0
    held_out, other = capsys.readouterr().out.split("runs/lstm-1 on ")[1:]
    assert "the held-out part of text.txt: 240 bytes" in held_out and "other.txt: 33 bytes" in other
    if kind == "word":
        assert "none: words do not give the text back" in held_out
    else:
        assert f"bits per byte  {config['bits_per_byte']:.4f}" in held_out
    (here / "text.txt").write_text("another text. " * 50, encoding="utf-8")
    assert main(["eval"]) == 1
    assert "no longer the one that" in capsys.readouterr().err


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
    (["train", "--tokenizer", "bites"], 1, "there is no tokenizer 'bites'; there are character"),
    (["compare", "--models", "ltsm"], 1, "there is no model 'ltsm' to compare; there are: unigram"),
    (["eval", "runs/none"], 1, "is not a finished run"),
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
    for model, said in (("mlp", "too short for a context of 8"), ("gpt", "shorter than one window of 32")):
        assert main(["train", "--data", "short.txt", "--preset", "tiny", "--model", model]) == 1
        assert said in capsys.readouterr().err
    assert not any((here / "runs").iterdir())


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
    for command in ("train", "resume", "generate", "eval", "compare", "ngram", "gradcheck", "data"):
        assert f"tinylm {command}" in shown
    heavy = "{'tqdm', 'safetensors', 'scipy', 'tinylm.nn'}"
    code = f"import sys, tinylm.cli as c; c.parser(); print({heavy} & set(sys.modules))"
    assert python("-c", code).strip() == "set()"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_an_error_about_a_name_that_is_no_utf_8():
    command = [sys.executable, "-m", "tinylm", "data", b"no\xff.txt"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 1 and "no\\udcff.txt" in done.stderr and "Traceback" not in done.stderr
