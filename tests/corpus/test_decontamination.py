import json
import tracemalloc
import unicodedata
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm.corpus import decontamination
from tinylm.corpus.decontamination import COMMON, RUN, HeldOut, contaminated, words_to_avoid
from tinylm.corpus.hashing import grams, words_of

TEXTS = st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=10).map(" ".join), max_size=6)


def found(folder, heldout, training, run=RUN, common=COMMON, together=2):
    """The numbers of contaminated documents, which come `together` at a time."""
    def batches():
        for begin in range(0, len(training), together):
            some = training[begin:begin + together]
            yield list(range(begin, begin + len(some))), words_of(some)
    parts = contaminated([words_of([text]) for text in heldout], batches, folder, run, common)
    return sorted({int(number) for numbers, _ in parts for number in numbers})


def runs(text, n):
    words = text.split()
    return {tuple(words[i:i + n]) for i in range(max(len(words) - n + 1, 1))}


def by_hand(heldout, training, run, common):
    tested = set().union(*(runs(text, run) for text in heldout))
    count = Counter(each for text in training for each in runs(text, run))
    return [number for number, text in enumerate(training)
            if any(count[each] <= common for each in runs(text, run) & tested)]


@given(TEXTS, TEXTS, st.integers(1, 4), st.integers(1, 3), st.sampled_from([1, 3, 2**21]))
def test_by_hand_in_one_pass_or_many(tmp_path_factory, heldout, training, run, common, at_once):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decontamination, "AT_ONCE", at_once)
        folder = tmp_path_factory.getbasetemp()
        assert found(folder, heldout, training, run, common) == by_hand(heldout, training, run, common)


def words(count, name):
    return " ".join(f"{name}{i}" for i in range(count))


def test_thirteen_words_and_no_fewer(tmp_path):
    assert RUN == 13
    passage = [f"p{i}" for i in range(RUN)]
    heldout = [f"{words(20, 'h')} {' '.join(passage)} {words(20, 'g')}"]
    training = [f"{words(30, 'a')} {' '.join(passage)} {words(9, 'b')}", f"{words(30, 'c')} {' '.join(passage[:-1])} x",
                f"{words(9, 'd')}\n«{', '.join(passage).upper()}!» {words(9, 'e')}", words(50, "f")]
    assert found(tmp_path, heldout, training) == [0, 2]


def test_no_pass_looks_for_more_than_it_should(tmp_path, monkeypatch):
    monkeypatch.setattr(decontamination, "AT_ONCE", 50)
    sizes = []
    monkeypatch.setattr(decontamination, "HeldOut", lambda codes: sizes.append(len(codes)) or HeldOut(codes))
    assert found(tmp_path, [words(20 + RUN - 1, f"h{number}x") for number in range(7)], [words(20, "h3x")]) == [0]
    assert sizes == [60, 60, 20]


def test_a_pass_leaves_nothing_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(decontamination, "AT_ONCE", 2**15)
    training = [([0], words_of(["x"]))]
    peaks = []
    for count in (9, 36):  # batches of 4096 runs: 2 passes, and 5
        tracemalloc.start()
        heldout = (words_of([words(4096 + RUN - 1, f"h{number}x")]) for number in range(count))
        assert list(contaminated(heldout, lambda: training, tmp_path)) == []
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]


def test_a_common_phrase_does_not_count(tmp_path):
    licence = words(RUN, "l")
    copies = [f"{licence} {words(30, f'x{number}y')}" for number in range(COMMON + 1)]
    assert found(tmp_path, [licence], copies) == []
    assert found(tmp_path, [licence], copies[:COMMON]) == list(range(COMMON))


def test_which_run_it_was(tmp_path):
    passage = words(RUN, "p")
    (numbers, codes), = contaminated([words_of([passage])], lambda: [([7], words_of([f"a b {passage} c"]))], tmp_path)
    assert numbers.tolist() == [7] and codes.tolist() == grams(words_of([passage]), RUN).codes.tolist()


@pytest.mark.parametrize("count", [1, 100, 5000])
def test_runs_are_found(count):
    draw = np.random.default_rng(count)
    codes = draw.integers(2**64, size=count, dtype=np.uint64)
    asked = np.concatenate([draw.choice(codes, 50), draw.integers(2**64, size=50, dtype=np.uint64), codes[:1] + 1])
    place, code = HeldOut(codes).hits(grams(words_of(["x"]), 1)._replace(codes=asked))
    assert place.tolist() == np.flatnonzero(np.isin(asked, codes, kind="sort")).tolist()
    assert np.array_equal(np.unique(codes)[code], asked[place])


def all_runs(path, field="text"):
    return set(np.concatenate([grams(each, RUN).codes for each in words_to_avoid(path, field)]).tolist())


@pytest.mark.parametrize("block", [1, 7, 64, 10**6])
def test_no_run_is_lost_where_pieces_end(tmp_path, monkeypatch, block):
    accents = " ".join(f"É{i}" for i in range(20))
    text = f"{words(40, 'w')}.\n\n-- {accents} 中文没有空格 {'! ' * 30}{words(20, 'z')}"
    pieces = [text[i:i + block] for i in range(0, len(text), block)]
    monkeypatch.setattr(decontamination, "pieces_of", lambda path: pieces)
    whole = grams(words_of([text]), RUN).codes.tolist()
    assert set(whole) <= all_runs(tmp_path / "test.txt")
    if block == 10**6:
        assert set(whole) == all_runs(tmp_path / "test.txt")


def test_a_test_set_is_spelt_as_the_corpus(tmp_path):
    text = " ".join(["\u00e9tude"] * 2 + [f"w{i}" for i in range(RUN)])
    (tmp_path / "a.txt").write_text(unicodedata.normalize("NFD", text).replace("w3", "w\u00ad3"), encoding="utf-8")
    assert all_runs(tmp_path / "a.txt") == set(grams(words_of([text]), RUN).codes.tolist())


def test_lines_of_json_are_texts_of_their_own(tmp_path, monkeypatch):
    texts = [words(RUN + 2, "a"), "", words(5, "b"), words(RUN, "c")]
    path = tmp_path / "test.jsonl"
    path.write_text("".join(json.dumps({"question": text}) + "\n" for text in texts), encoding="utf-8")
    expected = set(grams(words_of(texts), RUN).codes.tolist())
    assert all_runs(path, "question") == expected
    assert len(list(words_to_avoid(path, "question"))) == 1  # together: each alone would take far longer
    monkeypatch.setattr(decontamination, "BATCH", 20)
    assert all_runs(path, "question") == expected and len(list(words_to_avoid(path, "question"))) == 2
    monkeypatch.setattr("tinylm.corpus.sources.LONGEST", 30)
    with pytest.raises(ValueError, match=r"test\.jsonl, line 1, has more than .* characters: cut it"):
        list(words_to_avoid(path, "question"))
