from dataclasses import replace

import numpy as np
import pytest

from tinylm.corpus import reading
from tinylm.corpus.hashing import grams, words_of
from tinylm.corpus.minhash import MinHash
from tinylm.corpus.quality import NONE, PROSE
from tinylm.corpus.reading import Collected, collect, normalised, origin
from tinylm.corpus.report import Report

BANDS, ROWS, HASHES = 3, 2, 8


def collected(tmp_path, files, rules=NONE, **settings):
    """What is collected of some files, in plain values; and the report."""
    report = Report({}, len(files), [])
    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    with Collected(work, files, MinHash(HASHES), BANDS, ROWS) as into:
        collect(into, report, rules, 2, **settings)
        numbers = range(len(into.spool))
        return (list(map(into.spool.read, numbers)), list(map(into.origin, numbers)), bytes(into.fingerprints),
                into.signatures.all(), np.concatenate([band.all() for band in into.bands], 1)), report


def file(path, *texts):
    path.write_text("\n%\n".join(texts), encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize(("text", "spaces", "lines"), [
    ("  e\u0301tude  one \r\n\r\n\r\n\ttwo\u200b \n", "étude one\n\ntwo", "  étude  one \n\n\n\ttwo "),
    ("\n\n  a\x00b\rc\n\n", "ab\nc", "  ab\nc"), ("\ufb01 \u2460", "\ufb01 \u2460", "\ufb01 \u2460"),
])
def test_normalised(text, spaces, lines):
    assert normalised(text) == spaces
    assert normalised(text, keep_spaces=True) == lines
    assert normalised(spaces) == spaces and normalised(lines, True) == lines  # once is enough


def test_documents_are_kept_with_where_they_came_from(tmp_path, prose):
    texts = prose(5, words=30)
    files = [file(tmp_path / "a.txt", *texts[:3]), file(tmp_path / "b.txt", *texts[3:])]
    (kept, origins, prints, signatures, bands), report = collected(tmp_path, files, separator="%")
    assert kept == texts and len(prints) == 16 * 5
    assert origins == [f"{files[0]}:1", f"{files[0]}:5", f"{files[0]}:9", f"{files[1]}:1", f"{files[1]}:5"]
    assert np.array_equal(signatures, MinHash(HASHES).signatures(grams(words_of(texts), 2)))
    assert bands.shape == (5, BANDS) and report.documents == 5 and not report.removed


@pytest.mark.parametrize("size", [1, 100, 500])
def test_batches_do_not_show(tmp_path, monkeypatch, prose, size):
    texts = [*prose(8, words=30), "short", "buy now " * 30, *prose(2, seed=1, words=30)]
    rules = replace(NONE, min_words=5, max_top_2_gram=0.3)
    path = file(tmp_path / "a.txt", *texts)
    whole, report = collected(tmp_path, [path], rules, separator="%")
    monkeypatch.setattr(reading, "BATCH", size)
    again, other = collected(tmp_path, [path], rules, separator="%")
    assert all(np.array_equal(one, same) for one, same in zip(whole, again, strict=True))
    assert report.as_dict() == other.as_dict() and len(whole[0]) == 10


def test_what_breaks_a_rule_is_told(tmp_path, monkeypatch, prose):
    monkeypatch.setattr("tinylm.corpus.sources.LONGEST", 1500)
    monkeypatch.setattr(reading, "LONGEST", 1500)
    good, = prose(1)
    path = file(tmp_path / "a.txt", good, "too  short", "x" * 2000, "limited offer " * 50 + good,
                good.replace("a", "a\x00"))  # it is broken before it is normalised
    (kept, *_), report = collected(tmp_path, [path], PROSE, separator="%")
    assert kept == [good]
    told = {each["rule"]: each for each in report.as_dict()["removed"]}
    assert set(told) == {"words < 50", "characters > 1,500", "top 2 gram > 0.2", "broken > 0.001"}
    assert told["words < 50"]["bytes"] == len("too short")
    assert told["words < 50"]["examples"] == [{"source": f"{path}:9", "why": "words = 2", "text": "too short"}]
    assert told["characters > 1,500"]["bytes"] == 2001 and told["characters > 1,500"]["documents"] == 1
    assert told["top 2 gram > 0.2"]["examples"][0]["text"].startswith("limited offer limited offer")


def test_bytes_add_up(tmp_path, prose):
    path = file(tmp_path / "a.txt", "e\u0301 " * 3, prose(1)[0] + "  \n\n\n\n", "\u0958" * 3)  # the last one grows
    (kept, *_), report = collected(tmp_path, [path], separator="%")
    assert report.bytes - report.normalised == sum(len(text.encode("utf-8")) for text in kept)
    assert report.changed == 3 and kept[2] == "\u0915\u093c" * 3


def test_origins():
    assert origin("a.txt", 12) == "a.txt:12" and origin("a.txt", 0) == "a.txt"
    assert origin("caf\udce9.txt", 1) == "caf\\udce9.txt:1"
