import hashlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tinylm.corpus.duplicates import SIZE, fingerprint, first_equal


def test_a_fingerprint_is_blake2b():
    assert fingerprint(b"one") == hashlib.blake2b(b"one", digest_size=16).digest() != fingerprint(b"One")
    assert len(fingerprint(b"")) == SIZE


@given(st.lists(st.sampled_from([b"a", b"b", b"c", b""]), max_size=12))
def test_the_first_that_is_equal(texts):
    found = first_equal(bytearray(b"".join(map(fingerprint, texts))))
    assert found.tolist() == [texts.index(text) for text in texts]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=12))
def test_all_of_a_fingerprint_counts(halves):
    prints = b"".join(np.array(pair, np.uint64).tobytes() for pair in halves)
    assert first_equal(prints).tolist() == [halves.index(pair) for pair in halves]
