import numpy as np
import pytest

from tinylm.corpus import spool as module
from tinylm.corpus.spool import Rows, Spool

TEXTS = ["one\r\ntwo\n", "", "é中😀", "\x00 end", "x" * 5000]


@pytest.mark.parametrize(("width", "dtype"), [(1, np.uint64), (3, np.uint32), (2, np.int64)])
def test_rows_come_back(tmp_path, monkeypatch, width, dtype):
    rows = np.random.default_rng(0).integers(2**31, size=(1000, width)).astype(dtype)
    with Rows(tmp_path / "rows", width, dtype) as kept:
        for begin in (0, 1, 1, 400):  # one part is empty
            kept.append(rows[begin:{0: 1, 1: 400, 400: 1000}[begin]] if begin != 1 or kept.count < 2 else rows[:0])
            assert np.array_equal(kept.all(), rows[:kept.count])  # while it grows, too
        assert kept.count == 1000
        places = np.array([999, 0, 5, 5, 400])
        found = kept.take(places)
        assert np.array_equal(found, rows[places]) and found.dtype == dtype and found.flags.writeable
        assert kept.take(np.zeros(0, int)).shape == (0, width)
        for size in (1, 100, 10**6):
            monkeypatch.setattr(module, "BATCH", size)
            parts = list(kept.parts())
            assert np.array_equal(np.concatenate(parts), rows)
            assert len(parts) == 1 or max(part.nbytes for part in parts) <= max(size, rows[0].nbytes)
    (tmp_path / "rows").unlink()  # Windows allows that only where all is closed


def test_what_was_just_written_is_read(tmp_path):
    rows = np.arange(6).reshape(3, 2)
    for read in (lambda kept: kept.take(np.arange(3)), Rows.all, lambda kept: np.concatenate(list(kept.parts()))):
        with Rows(tmp_path / "rows", 2, np.int64) as kept:
            kept.append(rows)
            assert np.array_equal(read(kept), rows)


def test_rows_of_one_number_are_a_vector(tmp_path):
    with Rows(tmp_path / "rows", 1, np.uint64) as kept:
        kept.append(np.arange(10, dtype=np.uint64)[::2])
        assert kept.all().tolist() == [[0], [2], [4], [6], [8]] and kept.count == 5


def test_texts_come_back_byte_for_byte(tmp_path):
    with Spool(tmp_path / "texts") as spool:
        for number, text in enumerate(TEXTS):
            assert len(spool) == number
            spool.append(text.encode("utf-8"), number % 2, 10 * number)
            assert spool.read(number // 2) == TEXTS[number // 2]  # to read in between moves nothing
        assert [spool.read(number) for number in range(len(TEXTS))] == TEXTS
        assert spool.sizes.tolist() == [len(text.encode("utf-8")) for text in TEXTS]
        assert list(spool.files) == [0, 1, 0, 1, 0] and list(spool.lines) == [0, 10, 20, 30, 40]
    assert (tmp_path / "texts").read_bytes() == "".join(TEXTS).encode("utf-8")


@pytest.mark.parametrize("size", [1, 10, 12, 10**6])
def test_batches_keep_the_order(tmp_path, monkeypatch, size):
    monkeypatch.setattr(module, "BATCH", size)
    order = [4, 0, 2, 1, 3]
    with Spool(tmp_path / "texts") as spool:
        for text in TEXTS:
            spool.append(text.encode("utf-8"), 0, 0)
        batches = list(spool.batches(order))
        assert [number for numbers, _ in batches for number in numbers] == order
        assert [text for _, texts in batches for text in texts] == [TEXTS[number] for number in order]
        for numbers, _ in batches:  # each is full with its last text, and not before
            assert spool.sizes[numbers[:-1]].sum() < size
        assert all(spool.sizes[numbers].sum() >= size for numbers, _ in batches[:-1])
        assert list(spool.batches([])) == []


def test_a_document_takes_sixteen_bytes(tmp_path):
    with Spool(tmp_path / "texts") as spool:
        assert sum(each.itemsize for each in (spool._ends, spool.files, spool.lines)) == 16
