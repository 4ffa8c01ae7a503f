from hypothesis import given
from hypothesis import strategies as st

from tinylm.text import BPE, Bytes, bpe
from tinylm.text.bytelevel import BYTES, SYMBOLS

TOKENIZER = BPE([("a", "b"), ("ð", "Ł"), ("é", "a")], ["<é>", "<end>"])


def test_the_alphabet():
    assert len(BYTES) == len(SYMBOLS) == 256
    assert SYMBOLS[ord(" ")] == "Ġ" and SYMBOLS[ord("\n")] == "Ċ" and SYMBOLS[ord("a")] == "a" and SYMBOLS[0xFF] == "ÿ"
    assert all(symbol.isprintable() and not symbol.isspace() for symbol in BYTES)
    assert bpe.ALPHABET[:3] == ["!", '"', "#"] and bpe.ALPHABET[-1] == SYMBOLS[0xAD]


@given(st.lists(st.integers(0, len(TOKENIZER) - 1)))
def test_any_ids_stream_as_they_decode(ids):
    pieces = list(TOKENIZER.stream(ids))
    assert "".join(pieces) == TOKENIZER.decode(ids) and all(pieces)


def test_a_character_is_held_back_until_it_is_whole():
    cat = Bytes().encode("a🐈b")
    assert len(cat) == 6 and list(Bytes().stream(cat)) == ["a", "🐈", "b"]
    assert list(Bytes().stream(cat[:3])) == ["a", "�"]
    endless = Bytes().stream(iter(lambda: cat[0], None))
    assert next(endless) == "a"  # not one id is asked for in advance
