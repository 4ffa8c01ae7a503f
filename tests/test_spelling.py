from hypothesis import given
from hypothesis import strategies as st

from tinylm.spelling import Token, spelt, until
from tinylm.text import Bytes


@given(st.lists(st.text("ab", min_size=1, max_size=4)), st.text("ab", min_size=1, max_size=4))
def test_up_to_a_string_however_the_text_is_cut(parts, stop):
    pieces = [(part, [Token(part, place, 1.0)]) for place, part in enumerate(parts)]
    found = list(until(iter(pieces), stop))
    before = "".join(parts).partition(stop)[0]
    assert "".join(text for text, _ in found) == before
    assert all(text for text, _ in found)
    begun = [place for place in range(len(parts)) if len("".join(parts[:place])) < len(before)]
    assert [token.id for _, tokens in found for token in tokens] == begun  # those that have some of the text
    assert list(until(iter(pieces), None)) == pieces


@given(st.lists(st.text("ab", min_size=1, max_size=4), min_size=1), st.text("ab", min_size=1, max_size=4))
def test_a_piece_waits_only_while_it_may_belong_to_the_string(parts, stop):
    given_out = so_far = ""

    def pieces():
        nonlocal so_far
        ends = [0]
        for part in parts:
            so_far += part
            ends.append(len(so_far))
            yield part, []
            assert stop not in so_far  # else there is nothing more to ask for
            begun = min(n for n in range(len(so_far) + 1) if stop.startswith(so_far[n:]))
            assert len(given_out) == max(end for end in ends if end <= begun)

    for text, _ in until(pieces(), stop):
        given_out += text


@given(st.text(max_size=8))
def test_each_piece_with_the_tokens_that_it_took(text):
    tokens = [Token(Bytes().decode(one), int(one), 1.0) for one in Bytes().encode(text)]
    found = list(spelt(Bytes(), iter(tokens), ""))
    assert [piece for piece, _ in found] == list(text)
    assert [token for _, some in found for token in some] == tokens
    assert [len(some) for _, some in found] == [len(letter.encode()) for letter in text]
