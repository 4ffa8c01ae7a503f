import json
import random
import subprocess
import sys

import pytest

from tinylm.cli import main
from tinylm.corpus import PROSE

VOCABULARY = ["".join(random.Random(i).choices("abcdefghijklmnopqrstuvwxyz", k=3 + i % 6)) for i in range(2000)]


def prose(seed, words=90):
    return " ".join(random.Random(seed).choices(VOCABULARY, k=words)) + "."


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder with 30 notes, one of them twice, one nearly, one that is a list, and a picture."""
    monkeypatch.chdir(tmp_path)
    notes = tmp_path / "notes"
    notes.mkdir()
    texts = {f"n{seed:02}.txt": prose(seed) for seed in range(30)}
    texts |= {"twice.txt": prose(0), "nearly.txt": prose(1).replace(prose(1).split(" ")[40], "edited", 1),
              "list.txt": "\n".join("- buy" for _ in range(60))}
    for name, text in texts.items():
        (notes / name).write_text(text, encoding="utf-8")
    for number in range(5):
        (notes / f"p{number}.png").write_bytes(b"\x89PNG")
    return tmp_path


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_of_notes(here, capsys):
    assert main(["clean", "notes/", "--out", "corpus", "--heldout", "0.1"]) == 0
    shown = capsys.readouterr().out
    lines = {line[:34].strip(): line[34:].split() for line in shown.splitlines()}
    assert lines["read"][0] == "33" and lines["kept to learn from"][0] == "27" and lines["held out"][0] == "3"
    assert lines["exact duplicates"][0] == lines["near duplicates"][0] == "-1"
    assert "list.txt: word length = 2" in shown and "equal to " in shown and "resembles " in shown
    assert shown.count(".png is not UTF-8") == 3 and "and 2 more, which report.json lists" in shown
    assert "tinylm train --data" in shown and "train.txt" in shown
    assert files(here / "corpus") == ["heldout.txt", "report.json", "train.txt"]
    train = (here / "corpus" / "train.txt").read_text(encoding="utf-8")
    assert len(train.split("\n\n")) == 27
    assert len(json.loads((here / "corpus" / "report.json").read_text(encoding="utf-8"))["skipped"]) == 5


def test_what_it_makes_can_be_learnt_from(here, capsys):
    assert main(["clean", "notes/", "--out", "corpus"]) == 0
    assert main(["ngram", "--data", "corpus/train.txt", "--order", "2"]) == 0


def test_options_arrive(here, capsys):
    (here / "dump.jsonl").write_text("".join(json.dumps({"body": prose(seed, 30)}) + "\n" for seed in range(40)),
                                     encoding="utf-8")
    (here / "test.txt").write_text(" ".join(prose(5, 30).split(" ")[5:25]), encoding="utf-8")
    assert main(["clean", "dump.jsonl", "--out", "corpus", "--field", "body", "--rule", "min_words=20", "--rule",
                 "max_symbols=off", "--heldout", "0.25", "--against", "test.txt", "--form", "jsonl", "--seed", "4",
                 "--threshold", "0.7", "--keep-spaces"]) == 0
    shown = capsys.readouterr().out
    assert "13 words of held-out text" in shown and "tinylm train" not in shown
    settings = json.loads((here / "corpus" / "report.json").read_text(encoding="utf-8"))["settings"]
    assert settings["rules"]["min_words"] == 20 and settings["rules"]["max_symbols"] is None
    expected = {"field": "body", "heldout": 0.25, "against": ["test.txt"], "form": "jsonl", "seed": 4,
                "threshold": 0.7, "keep_spaces": True}
    assert {name: settings[name] for name in expected} == expected
    assert files(here / "corpus") == ["heldout.jsonl", "report.json", "train.jsonl"]


def test_code_keeps_its_spaces(here):
    (here / "a.py").write_text("def f(x):\n    return  x\n" + "\n".join(f"n{i} = {i}" for i in range(30)),
                               encoding="utf-8")
    assert main(["clean", "a.py", "--out", "corpus", "--rules", "code", "--heldout", "0"]) == 0
    assert "    return  x\n" in (here / "corpus" / "train.txt").read_text(encoding="utf-8")
    assert files(here / "corpus") == ["report.json", "train.txt"]


def test_a_built_in_text_cut_at_empty_lines(here, capsys):
    assert main(["clean", "pydoc", "--out", "corpus", "--rule", "min_words=20"]) == 0
    told = json.loads((here / "corpus" / "report.json").read_text(encoding="utf-8"))
    assert told["read"]["documents"] > 1000 and told["kept"]["training"]["documents"] > 300


def test_the_rules_are_shown(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["clean", "--show-rules"])
    shown = capsys.readouterr().out
    lines = {line.split()[0]: line for line in shown.splitlines() if line}
    assert stopped.value.code == 0 and len(vars(PROSE)) == 21 == sum("_" in name and name[0] == "m" for name in lines)
    assert lines["min_words"].split()[1:3] == ["50", "20"] and "how many words" in lines["min_words"]
    assert lines["max_bullets"].split()[1:3] == ["0.9", "off"]
    assert max(map(len, shown.splitlines())) <= 120


def test_help(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["clean", "--help"])
    shown = capsys.readouterr().out
    assert stopped.value.code == 0 and "tinylm clean notes/ --out corpus" in shown
    assert max(map(len, shown.splitlines())) <= 120


@pytest.mark.parametrize(("arguments", "code", "said"), [
    (["notes", "--out", "notes"], 1, "notes has something in it already: nothing is overwritten"),
    (["notes", "--out", "corpus", "--rule", "words=3"], 1, "there is no rule 'words'; there are max_broken, min_words"),
    (["notes", "--out", "corpus", "--rule", "min_words"], 2, "'min_words' is not NAME=LIMIT"),
    (["notes", "--out", "corpus", "--rule", "min_words=few"], 2, "'min_words=few' is not NAME=LIMIT"),
    (["notes", "--out", "corpus", "--rule", "min_words=nan"], 2, "'min_words=nan' is not NAME=LIMIT"),
    (["notes", "--out", "corpus", "--heldout", "2"], 1, "the share to hold out is 2.0"),
    (["notes", "--out", "corpus", "--threshold", "80"], 1, "the threshold is 80.0"),
    (["notes", "--out", "corpus", "--seed", "-1"], 1, "seed is -1; at least 0"),
    (["notes", "--out", "corpus", "--rule", "min_words=1000"], 1, "nothing is left of 33 documents"),
    (["nowhere", "--out", "corpus"], 1, "nowhere is neither a file nor a built-in corpus"),
    (["notes/n00.txt", "--out", "corpus"], 1, "1 document cannot be split"),
    (["notes"], 2, "--out"),
])
def test_what_goes_wrong_is_told(here, capsys, arguments, code, said):
    try:
        found = main(["clean", *arguments])
    except SystemExit as stopped:
        found = stopped.code
    error = capsys.readouterr().err
    assert found == code and said in error and "Traceback" not in error
    assert files(here) == ["notes"] and len(files(here / "notes")) == 38


def test_as_a_program(here):
    done = subprocess.run([sys.executable, "-m", "tinylm", "clean", "notes", "--out", "a/b"], check=False,
                          capture_output=True, text=True, encoding="utf-8", cwd=here)
    assert done.returncode == 0 and "Saved in a/b." in done.stdout and done.stderr == ""
    assert files(here / "a" / "b") == ["heldout.txt", "report.json", "train.txt"]
