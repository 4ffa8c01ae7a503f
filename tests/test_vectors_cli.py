import numpy as np
import pytest

from tinylm import vectors_cli
from tinylm.cli import main
from tinylm.data import planted
from tinylm.vector_files import read_vectors

MADE = planted(rows=4, columns=3, company=3, sentences=1500)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    named = {word: f"r{r}c{c}" for r, row in enumerate(MADE.grid) for c, word in enumerate(row)}
    lines = [" ".join(named.get(word, word.replace("-", "")) for word in line) for line in MADE.sentences]
    (tmp_path / "text.txt").write_text(".\n\n".join(line.capitalize() for line in lines), encoding="utf-8")
    (tmp_path / "small.txt").write_text("5 2\nking 1 0\nqueen 1 1\nman 0.5 -1\nwoman 0.5 0\ncar -1 0.1\n",
                                        encoding="utf-8")
    return tmp_path


TRAIN = ["vectors", "train", "text.txt", "--out", "v.txt", "--size", "12", "--window", "6"]


@pytest.mark.parametrize("model", vectors_cli.MODELS)
def test_train_then_ask(here, capsys, model):
    epochs = [] if model == "pmi" else ["--epochs", "20"]
    assert main([*TRAIN, "--model", model, *epochs]) == 0
    shown = capsys.readouterr().out
    assert f"{model}: 33 words that stand there 5 times or more, 12 numbers each, from 10,500 words" in shown
    assert "nearest neighbours" in shown and "tinylm vectors neighbours v.txt" in shown
    vectors = read_vectors("v.txt")
    assert len(vectors) == 33 and vectors.dimensions == 12 and "r0c0" in vectors and "row00" in vectors

    assert main(["vectors", "neighbours", "v.txt", "row00", "row11", "--number", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "row00" and lines[3] == "row11" and len(lines) == 6
    assert {line.split()[1] for line in lines[1:3]} == {"row01", "row02"}

    assert main(["vectors", "map", "v.txt", "--words", "row00", "row11", "--near", "2", "--out", "map.svg"]) == 0
    assert "row02" in (here / "map.svg").read_text(encoding="utf-8") and "Drawn in map.svg" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_file(here):
    for model in vectors_cli.MODELS:
        assert main([*TRAIN, "--model", model]) == 0
        first = (here / "v.txt").read_bytes()
        assert main([*TRAIN, "--model", model]) == 0 and (here / "v.txt").read_bytes() == first


def test_analogy(capsys):
    assert main(["vectors", "analogy", "small.txt", "man", "king", "woman", "--number", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "man is to king as woman is to"


def test_eval(here, capsys):
    (here / "pairs.txt").write_text("king queen 9\nking car 1\nking woman 5\nking kong 5\n", encoding="utf-8")
    (here / "questions.txt").write_text(": family\nman king woman queen\nman king woman princess\n", encoding="utf-8")
    assert main(["vectors", "eval", "small.txt", "--pairs", "pairs.txt", "--questions", "questions.txt"]) == 0
    shown = capsys.readouterr().out
    assert "Spearman's rho" in shown and "on 3 of 4 pairs; the others have a word without a vector" in shown
    assert "100.0%  family: 1 of 1 right, 1 more with a word" in shown and "100.0%  total: 1 of 1" in shown
    assert main(["vectors", "eval", "small.txt"]) == 1
    assert "give --pairs FILE, --questions FILE" in capsys.readouterr().err


def test_map_of_frequent_words(here, capsys):
    assert main(["vectors", "map", "small.txt"]) == 0
    assert (here / "map.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(("command", "said"), [
    (["neighbours", "small.txt", "quen"], "did you mean 'queen'"),
    (["neighbours", "none.txt", "king"], "there is no file none.txt: `tinylm vectors train` makes one"),
    (["neighbours", "small.txt", "king", "--number", "0"], "topn=0"),
    (["neighbours", "small.txt", "king", "--limit", "0"], "limit=0"),
    (["neighbours", "small.txt", "woman", "--limit", "2"], "no vector for 'woman'"),
    (["neighbours", "text.txt", "king"], "line 1: a word and its vector"),
    (["analogy", "small.txt", "man", "kin", "woman"], "no vector for 'kin'"),
    (["map", "small.txt", "--words", "king"], "a map of 1 words"),
    (["map", "small.txt", "--out", "x.jpg"], ".png or .svg"),
    (["map", "small.txt", "--out", "none/x.png"], "there is no folder none"),
    (["map", "small.txt", "--out", "."], "--out . is a folder"),
    (["map", "small.txt", "--near", "-1"], "--near -1"),
    (["train", "text.txt", "--out", "none/v.txt"], "there is no folder none"),
    (["train", "none.txt", "--out", "v.txt"], "none.txt is neither a file"),
    (["train", "text.txt", "--out", "v.txt", "--min-count", "9999"], "no word stands there 9999 times"),
    (["train", "text.txt", "--out", "v.txt", "--model", "pmi", "--epochs", "3"], "pmi has none"),
    (["train", "text.txt", "--out", "v.txt", "--model", "pmi", "--size", "500"], "33 words are all there are"),
    (["train", "text.txt", "--out", "v.txt", "--model", "glove", "--size", "0"], "vector_size is 0"),
    (["train", "marks.txt", "--out", "v.txt"], "there is no word in marks.txt, only marks and blanks"),
    (["train", "empty.txt", "--out", "v.txt"], "empty.txt is empty"),
    (["train", "text.txt", "--out", "."], "--out . is a folder"),
    (["train", "text.txt", "--out", "v.txt", "--seed", "-1"], "seed"),
    (["train", "one.txt", "--out", "v.txt", "--min-count", "1"], "only"),
])
def test_errors(here, capsys, command, said):
    (here / "marks.txt").write_text("... !!! \n", encoding="utf-8")
    (here / "one.txt").write_text("one", encoding="utf-8")
    (here / "empty.txt").write_text("", encoding="utf-8")
    assert main(["vectors", *command]) == 1
    printed = capsys.readouterr()
    assert said in printed.err and "Traceback" not in printed.err and not printed.out
    assert not (here / "v.txt").exists() and not (here / "map.png").exists()


@pytest.mark.filterwarnings("ignore:plot_map")  # that there is no font, where there is none
def test_words_without_letters_to_count(here, capsys):
    """In Chinese a word has one or two characters: the map takes the most frequent ones all the same."""
    (here / "zh.txt").write_text("3 2\n的 1 0\n春天 0 1\n秋天 1 1\n", encoding="utf-8")
    assert main(["vectors", "map", "zh.txt", "--out", "map.svg"]) == 0
    shown = (here / "map.svg").read_text(encoding="utf-8")
    assert "春天" in shown and "秋天" in shown and "的" not in shown


@pytest.mark.parametrize(("words", "found"), [
    (["the", "that", "king", "o'er", "thou", "x_y_z", "love", "12345"], ["king", "thou"]),
    (["的", "king", "春天"], ["king", "春天"]), (["the", "of", "king"], ["the", "of"]), (["only"], ["only"]),
])
def test_words_that_say_something(words, found):
    assert vectors_cli._telling(words, 2) == found


def test_help(capsys):
    for arguments in ([], ["train"], ["neighbours"], ["analogy"], ["eval"], ["map"]):
        with pytest.raises(SystemExit) as ended:
            main(["vectors", *arguments, "--help"])
        assert ended.value.code == 0 and "tinylm vectors" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["vectors", "neighbors"])
    assert "did you mean neighbours?" in capsys.readouterr().err


def test_paragraphs(here, monkeypatch):
    (here / "a.txt").write_text("One two;\nTHREE don't.\n\n\n--\n\n_Four_5_ — __ _naïve 6\n***\nseven",
                                encoding="utf-8")
    (here / "b.txt").write_text("eight", encoding="utf-8")
    found = [["one", "two", "three", "don't"], ["four_5", "naïve", "6", "seven"], ["eight"]]
    assert list(vectors_cli.paragraphs(["a.txt", "b.txt"])) == found
    monkeypatch.setattr(vectors_cli, "LONGEST", 2)
    assert list(vectors_cli.paragraphs(["a.txt"])) == [["one", "two"], ["three", "don't"], ["four_5", "naïve", "6"],
                                                      ["seven"]]
    with pytest.raises(FileNotFoundError):
        list(vectors_cli.paragraphs(["none.txt"]))


def test_a_file_that_others_published_loads(here, capsys):
    rng = np.random.default_rng(0)
    lines = [" ".join([word, *(f"{x:.5f}" for x in rng.standard_normal(50))]) for word in ("the", ",", ".", "king")]
    (here / "glove.6B.50d.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert main(["vectors", "neighbours", "glove.6B.50d.txt", "king"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4
