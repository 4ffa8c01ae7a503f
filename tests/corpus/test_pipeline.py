import json
import os
import random
import sys
import tracemalloc
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest

from tinylm.corpus import RULES, Settings, clean, pipeline, reading, spool
from tinylm.corpus.decontamination import RUN

LINES = Settings(form="jsonl")


def jsonl(path, texts):
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    return path


def texts_of(path):
    return [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def edited(text, places, draw):
    words = text.split(" ")
    for place in draw.sample(range(len(words)), places):
        words[place] = f"edited{draw.randrange(10**6)}"
    return " ".join(words)


def removed(report, rule):
    return report.removed[rule].documents if rule in report.removed else 0


@pytest.fixture
def mixed(tmp_path, prose):
    """Documents of every kind: good, short, broken, equal, nearly equal, and with passages of others."""
    draw = random.Random(3)
    good = prose(120, words=120)
    passages = [good[i] + "\n" + " ".join(good[i + 40].split(" ")[30:60]) for i in range(10)]
    texts = [*good, *good[:6], *(edited(text, 1, draw) for text in good[6:12]), "too short", "a b c " * 50, *passages]
    draw.shuffle(texts)
    return jsonl(tmp_path / "mixed.jsonl", texts)


def test_every_document_is_accounted_for(tmp_path, mixed):
    report = clean([mixed], tmp_path / "out", replace(LINES, heldout=0.3))
    told = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert told == json.loads(json.dumps(report.as_dict()))
    kept = {part: texts_of(tmp_path / "out" / f"{part.removesuffix('ing')}.jsonl") for part in told["kept"]}
    for part, texts in kept.items():
        size = sum(len(text.encode("utf-8")) for text in texts)
        assert told["kept"][part] == {"documents": len(texts), "bytes": size}
    gone = [*told["removed"], *told["kept"].values()]
    assert told["read"]["documents"] == 144 == sum(each["documents"] for each in gone)
    assert told["read"]["bytes"] == told["normalised"]["bytes"] + sum(each["bytes"] for each in gone)
    assert {each["step"] for each in told["removed"]} == {"quality", "exact duplicates", "near duplicates",
                                                          "held-out text"}
    assert told["settings"]["bands"] == 18 and told["settings"]["rules"]["min_words"] == 50
    assert all(each["examples"] for each in told["removed"])


def test_the_same_in_gives_the_same_bytes(tmp_path, monkeypatch, mixed):
    settings = replace(LINES, heldout=0.2, seed=5)
    clean([mixed], tmp_path / "one", settings)
    for size in (1, 3000):  # however much is done at a time
        monkeypatch.setattr(spool, "BATCH", size)
        monkeypatch.setattr(reading, "BATCH", size)
        clean([mixed], tmp_path / f"out{size}", settings)
        assert contents(tmp_path / "one") == contents(tmp_path / f"out{size}")
    assert sorted(contents(tmp_path / "one")) == ["heldout.jsonl", "report.json", "train.jsonl"]


def test_another_seed_gives_another_split_of_the_same(tmp_path, prose):
    source = jsonl(tmp_path / "a.jsonl", prose(60))
    splits = []
    for seed in (1, 2):
        folder = tmp_path / str(seed)
        clean([source], folder, replace(LINES, heldout=0.25, seed=seed))
        splits.append([texts_of(folder / f"{part}.jsonl") for part in ("train", "heldout")])
    (one, held), (other, hidden) = splits
    assert len(held) == 15 and set(held) != set(hidden) and sorted(one + held) == sorted(other + hidden)
    assert one + held != sorted(one + held)


def test_near_duplicates_go_and_the_first_stays(tmp_path, prose):
    draw = random.Random(1)
    originals, others = prose(60, words=200), prose(20, seed=7, words=200)
    copies = [edited(text, 2, draw) for text in originals[:25]]
    relatives = [edited(text, 30, draw) for text in originals[25:50]]  # a third of the runs is the same
    source = jsonl(tmp_path / "a.jsonl", originals + copies + relatives + others)
    report = clean([source], tmp_path / "out", replace(LINES, heldout=0))
    assert sorted(texts_of(tmp_path / "out" / "train.jsonl")) == sorted(originals + relatives + others)
    assert removed(report, "near duplicates") == 25 and removed(report, "exact duplicates") == 0
    example = report.removed["near duplicates"].examples[0]
    number = int(example.source.rpartition(":")[2])
    assert example.why.startswith(f"resembles {source}:{number - 60}, the first of its cluster, by 0.9")


def test_the_threshold_is_the_users(tmp_path, prose):
    draw = random.Random(1)
    originals = prose(20, words=200)
    source = jsonl(tmp_path / "a.jsonl", originals + [edited(text, 12, draw) for text in originals])  # half of the runs
    count = [removed(clean([source], tmp_path / str(threshold), replace(LINES, threshold=threshold)), "near duplicates")
             for threshold in (0.3, 0.8)]
    assert count == [20, 0]


def test_chinese(tmp_path):
    """No spaces: a character is a word, and a passage is 13 of them."""
    draw = random.Random(2)
    texts = ["".join(draw.choices([chr(0x4e00 + i) for i in range(2000)], k=300)) + "。" for _ in range(30)]
    near = [text[:100] + "改" + text[101:] for text in texts[:5]]
    (tmp_path / "test.txt").write_text(texts[9][50:50 + RUN] + texts[10][50:49 + RUN], encoding="utf-8")
    report = clean(jsonl(tmp_path / "a.jsonl", texts + near), tmp_path / "out",
                   replace(LINES, heldout=0, against=tmp_path / "test.txt"))
    assert sorted(texts_of(tmp_path / "out" / "train.jsonl")) == sorted(texts[:9] + texts[10:])
    assert removed(report, "near duplicates") == 5 and removed(report, f"{RUN} words of held-out text") == 1


def test_what_is_equal_once_it_is_normalised_is_an_exact_duplicate(tmp_path, prose):
    text, other = (each.replace("e", "é") for each in prose(2))
    copies = [unicodedata.normalize("NFD", text), text.replace(" ", "  "), f"\n{text}\r\n", text.replace(" ", "\u00a0")]
    source = jsonl(tmp_path / "a.jsonl", [text, *copies, other])
    report = clean([source], tmp_path / "out", replace(LINES, heldout=0))
    assert removed(report, "exact duplicates") == 4
    assert sorted(texts_of(tmp_path / "out" / "train.jsonl")) == sorted([text, other])
    assert report.removed["exact duplicates"].examples[0].why == f"equal to {source}:1"


def runs(text):
    words = text.replace(".", " ").split()
    return {tuple(words[i:i + RUN]) for i in range(len(words) - RUN + 1)}


def test_no_held_out_text_is_learnt(tmp_path, prose):
    good = prose(200, words=150)
    texts = [f"{text}\n{' '.join(good[(7 * i + 5) % 200].split(' ')[20:50])}" if i % 3 == 0 else text
             for i, text in enumerate(good)]
    report = clean([jsonl(tmp_path / "a.jsonl", texts)], tmp_path / "out", replace(LINES, heldout=0.3))
    training, heldout = (texts_of(tmp_path / "out" / f"{part}.jsonl") for part in ("train", "heldout"))
    tested = set().union(*map(runs, heldout))
    assert len(heldout) == 60 and not any(runs(text) & tested for text in training)
    gone = set(texts) - {*training, *heldout}
    assert len(gone) == removed(report, f"{RUN} words of held-out text") > 10
    assert all(runs(text) & tested for text in gone)  # and nothing else went
    example = report.removed[f"{RUN} words of held-out text"].examples[0]
    assert len(example.text.replace(".", "").split()) == RUN


@pytest.mark.parametrize("name", ["test.txt", "test.jsonl", "tests"])
def test_a_test_set_is_taken_out_too(tmp_path, prose, name):
    texts = prose(30, words=100)
    asked = [" ".join(text.split(" ")[10:40]).upper() for text in texts[:4]]
    path = tmp_path / name
    if name == "test.jsonl":
        jsonl(path, asked)
    elif name == "test.txt":
        path.write_text("\n".join(f"Q: {each}?\n" for each in asked), encoding="utf-8")
    else:
        path.mkdir()
        for number, each in enumerate(asked):
            (path / f"{number}.md").write_text(each, encoding="utf-8")
        (path / "picture.md").write_bytes(b"\xff\xd8")
    settings = replace(LINES, heldout=0, against=path)
    report = clean(jsonl(tmp_path / "a.jsonl", texts), tmp_path / "out", settings)
    assert sorted(texts_of(tmp_path / "out" / "train.jsonl")) == sorted(texts[4:])
    assert report.settings["against"] == [str(path)]
    assert len(report.skipped) == (name == "tests")  # what could not be read is told


def test_text_in_and_out(tmp_path, prose):
    texts = prose(4)
    (tmp_path / "a.txt").write_text("\r\n\r\n".join(texts), encoding="utf-8", newline="")
    clean([tmp_path / "a.txt"], tmp_path / "out", Settings(separator="", heldout=0.25, seed=2))
    train, heldout = ((tmp_path / "out" / f"{part}.txt").read_bytes() for part in ("train", "heldout"))
    assert b"\r" not in train + heldout
    found = train.decode("utf-8").removesuffix("\n").split("\n\n") + [heldout.decode("utf-8").removesuffix("\n")]
    assert len(found) == 4 and sorted(found) == sorted(texts)


def test_code_keeps_its_spaces(tmp_path):
    source = tmp_path / "a.py"
    source.write_text("def f(x):\n    if x:\n\n\n\t\treturn  1\n" * 1 + "\n".join(f"name_{i} = {i}" for i in range(30)),
                      encoding="utf-8", newline="")
    clean(source, tmp_path / "out", Settings(rules=RULES["code"], keep_spaces=True, heldout=0))
    assert (tmp_path / "out" / "train.txt").read_bytes() == source.read_bytes() + b"\n"


def test_the_fields_name_and_where_it_came_from(tmp_path, prose):
    path = tmp_path / "a.ndjson"
    path.write_text("".join(json.dumps({"id": i, "content": text}) + "\n" for i, text in enumerate(prose(3))),
                    encoding="utf-8")
    clean(path, tmp_path / "out", replace(LINES, field="content", heldout=0))
    entries = [json.loads(line) for line in (tmp_path / "out" / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    by_text = {entry["text"]: entry["source"] for entry in entries}
    assert [by_text[text] for text in prose(3)] == [f"{path}:{line}" for line in (1, 2, 3)]


# What goes wrong ------------------------------------------------------------------------------------------


def nothing_new(tmp_path):
    return not [path for path in tmp_path.iterdir() if path.name.startswith("out")]


def test_a_file_that_is_not_utf8(tmp_path, prose):
    (tmp_path / "in").mkdir()
    good = [tmp_path / "in" / f"{number}.txt" for number in range(3)]
    for path, text in zip(good, prose(3), strict=True):
        path.write_text(text, encoding="utf-8")
    bad = tmp_path / "in" / "bad.txt"
    bad.write_bytes(prose(1)[0].encode("utf-8") + b" caf\xe9")
    with pytest.raises(ValueError, match=r"bad\.txt is not UTF-8: byte \d+ is 0xe9"):
        clean([*good, bad], tmp_path / "out")  # named: it has to be read
    assert nothing_new(tmp_path)
    report = clean(tmp_path / "in", tmp_path / "out")  # found: it is passed over, and that is told
    assert report.files == 3 and "bad.txt is not UTF-8" in report.skipped[0]
    assert "bad.txt" in (tmp_path / "out" / "report.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\0\0"])
def test_sources_without_text(tmp_path, content):
    (tmp_path / "in").mkdir()
    if content is not None:
        (tmp_path / "in" / "a.txt").write_bytes(content)
    with pytest.raises((ValueError, FileNotFoundError), match=r"holds no text|is a folder without files"):
        clean([tmp_path / "in"], tmp_path / "out")
    with pytest.raises(ValueError, match="there is no source"):
        clean([], tmp_path / "out")
    with pytest.raises(FileNotFoundError, match="neither a file nor a built-in corpus"):
        clean("nowhere", tmp_path / "out")
    assert nothing_new(tmp_path)


def test_nothing_left(tmp_path, prose):
    source = jsonl(tmp_path / "a.jsonl", ["short", "shorter", "shortest of all"])
    with pytest.raises(ValueError, match=r"nothing is left of 3 documents:[\s\S]*words < 50 [\s\S]*--rules"):
        clean(source, tmp_path / "out")
    *texts, passage = prose(3, words=100)
    shared = [f"{text} {' '.join(passage.split(' ')[:20])}" for text in texts]
    with pytest.raises(ValueError, match="nothing is left to learn from: every document shares 13 words"):
        clean(jsonl(tmp_path / "b.jsonl", shared), tmp_path / "out")
    with pytest.raises(ValueError, match="1 document cannot be split"):
        clean(jsonl(tmp_path / "c.jsonl", texts[:1]), tmp_path / "out")
    assert nothing_new(tmp_path)


def test_a_folder_with_something_in_it_is_refused_at_once(tmp_path, monkeypatch, prose):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine", encoding="utf-8")
    monkeypatch.setattr(pipeline, "find", lambda sources: pytest.fail("it began to read"))
    with pytest.raises(FileExistsError, match="out has something in it already"):
        clean("a.txt", tmp_path / "out")
    assert contents(tmp_path / "out") == {"mine.txt": b"mine"}


@pytest.mark.parametrize("error", [OSError("no space left"), KeyboardInterrupt()])
@pytest.mark.parametrize("where", ["collect", "first_alike", "contaminated", "write_part", "write"])
def test_an_error_leaves_nothing(tmp_path, monkeypatch, prose, where, error):
    def fails(*arguments, **named):
        raise error
    monkeypatch.setattr(pipeline, where, fails)
    with pytest.raises(type(error)):
        clean(jsonl(tmp_path / "a.jsonl", prose(4)), tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


@pytest.mark.parametrize(("change", "said"), [
    ({"heldout": 1}, "the share to hold out is 1"), ({"threshold": 0}, "the threshold is 0"),
    ({"form": "csv"}, "there is no form 'csv'; there are txt, jsonl"), ({"run": 0}, "run is 0; at least 1"),
    ({"hashes": 0}, "hashes is 0; at least 1"), ({"seed": -1}, "seed is -1; at least 0"),
    ({"separator": "\n"}, "is more than a line"),
])
def test_settings_out_of_range(tmp_path, prose, change, said):
    path = tmp_path / "a.txt"
    path.write_text("\n".join(prose(2)), encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        clean(path, tmp_path / "out", Settings(**change))
    assert nothing_new(tmp_path)


# Other systems --------------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="which files are open is asked of Linux")
@pytest.mark.parametrize("there", [False, True])
def test_nothing_is_open_when_it_is_renamed(tmp_path, monkeypatch, mixed, there):
    """Windows neither renames nor deletes a folder with an open file in it, nor a file that is mapped."""
    if there:
        (tmp_path / "out").mkdir()
    seen = []

    def in_use():
        opened = [os.readlink(each) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
        mapped = Path("/proc/self/maps").read_text(encoding="utf-8")
        return [path for path in [*opened, *mapped.split()] if ".part" in path]

    def watched(module, name):
        real = getattr(module, name)

        def does(*arguments, **named):
            seen.append(name)
            assert in_use() == [], name
            return real(*arguments, **named)
        monkeypatch.setattr(module, name, does)

    watched(Path, "rename")
    watched(pipeline.tempfile.TemporaryDirectory, "cleanup")
    clean(mixed, tmp_path / "out", Settings(heldout=0.3))
    assert seen == ["cleanup"] + ["rename"] * (3 if there else 1)
    assert sorted(contents(tmp_path / "out")) == ["heldout.txt", "report.json", "train.txt"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_names_that_are_no_utf8(tmp_path, prose):
    folder = os.fsencode(tmp_path) + b"/caf\xe9"
    os.mkdir(folder)
    for number, text in enumerate([*prose(3), "short"]):
        with open(folder + b"/%d.txt" % number, "w", encoding="utf-8") as file:
            file.write(text)
    with open(folder + b"/\xe9.bin", "wb") as file:
        file.write(b"\xff")
    report = clean(os.fsdecode(folder), tmp_path / "out", replace(LINES, heldout=0.4))
    report.table().encode("utf-8"), report.examples().encode("utf-8")
    told = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert "caf\\udce9" in told["skipped"][0]


# Memory ---------------------------------------------------------------------------------------------------


def peak(source, folder, settings):
    """The most memory in use at a time, in bytes, as Python and NumPy ask for it."""
    tracemalloc.start()
    try:
        clean(source, folder, settings)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_text(tmp_path, monkeypatch, prose):
    for module in (spool, reading):
        monkeypatch.setattr(module, "BATCH", 2**14)  # what it takes for a batch shall not hide what grows
    settings = replace(LINES, heldout=0.001)
    sizes = {}
    for count in (10, 100, 700):
        source = jsonl(tmp_path / f"{count}.jsonl", prose(count, words=300))
        sizes[count] = peak(source, tmp_path / str(count), settings), source.stat().st_size  # the first one imports
    (small, few), (large, many) = sizes[100], sizes[700]
    assert many - few > 1.2e6
    assert large - small < 150 * (700 - 100) + 50_000  # some bytes a document, however long it is


def test_common_words_of_a_test_set_are_counted_over_all(tmp_path, prose):
    """A run that more than ten documents share is a phrase, in however many batches they come."""
    licence = " ".join(f"licence{i}" for i in range(RUN))
    for copies, left in ((11, 31), (10, 20)):
        texts = [f"{text} {licence}" for text in prose(copies)] + prose(20, seed=4)
        (tmp_path / "licence.txt").write_text(licence, encoding="utf-8")
        clean(jsonl(tmp_path / "a.jsonl", texts), tmp_path / f"out{copies}",
              replace(LINES, heldout=0, against=tmp_path / "licence.txt"))
        assert len(texts_of(tmp_path / f"out{copies}" / "train.jsonl")) == left
