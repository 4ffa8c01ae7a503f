import numpy as np
import pytest
from tiny import SIZES, shaken

import tinylm as tl
from tinylm import models
from tinylm.generation import Token
from tinylm.models.ngram import NGram
from tinylm.text import BPE, Bytes, Characters, Words

TOKENIZER = Characters("abcdef")
END = Characters("abc", special=["<|endoftext|>"])  # ids: 0 unknown, 1 to 3 letters, 4 the end


def made(name):
    if name == "ngram":
        return NGram(7, 3).fit(np.random.default_rng(5).integers(1, 7, 60))
    settings = SIZES.get(name, {"context": 9, "embedding": 2, "hidden": 3})
    return shaken(models.build(name, 7, **settings).to(np.float64))


ALL = pytest.mark.parametrize("name", [*models.MODELS, "ngram"])
WAYS = [{"greedy": True}, {}, {"temperature": 1.5, "top_k": 4, "top_p": 0.9, "repetition_penalty": 1.2, "seed": 3}]


class Next:
    """A model that finds the next letter of the alphabet likeliest, then the one after."""

    context = 3

    def __init__(self, size=7):
        self.size, self.asked = size, []

    def __call__(self, ids):
        self.asked.append(ids.tolist())
        logits = np.full((len(ids), self.size), -20.0, dtype=np.float32)
        logits[:, 0] = 9  # the unknown token: never to be written
        rows, last, letters = np.arange(len(ids)), ids[:, -1], self.size - 1
        logits[rows, 1 + last % letters], logits[rows, 1 + (last + 1) % letters] = 2, 1
        return tl.Tensor(logits)


def writes(text, tokenizer):
    """A model that writes this text, whatever else is asked."""
    ids = [*tokenizer.encode(text).tolist(), 0]

    class Model:
        context = 1
        place = -1

        def __call__(self, asked):
            self.place += 1
            return tl.Tensor(np.eye(len(tokenizer), dtype=np.float32)[[ids[self.place]] * len(asked)])

    return Model()


def write(prompt="", length=40, **settings):
    return "".join(tl.stream(Next(), TOKENIZER, prompt, length, **settings))


# One text ----------------------------------------------------------------------------------------------------


def test_greedy_takes_the_likeliest():
    assert write("a", 6, greedy=True) == "bcdefa"
    assert write("", 3, greedy=True) == "abc"
    assert write("a", 6, top_k=1) == write("a", 6, temperature=1e-3) == write("a", 6, top_p=1e-6) == "bcdefa"
    assert write("ba", 3, greedy=True) == "bcd" and write("ba", 3, greedy=True, repetition_penalty=10.0) == "cde"


def test_what_was_written_counts_as_repeated():
    def model(ids):
        return tl.Tensor([[9.0, 2.0, 1.5, 1.2, -20.0, -20.0, -20.0]])

    model.context = 1
    assert tl.generate(model, TOKENIZER, "f", 6, greedy=True, repetition_penalty=2.0) == "abcaaa"  # then all are halved


@ALL
@pytest.mark.parametrize("settings", WAYS)
def test_the_same_tokens_with_a_cache_and_without(name, settings):
    model = made(name)
    prompts = ["", "fade", "abcdefabcdefacebdf", "c"]
    with_cache = tl.generate(model, TOKENIZER, prompts, 40, **settings)
    assert with_cache == tl.generate(model, TOKENIZER, prompts, 40, **settings, cache=False)
    assert all(len(text) == 40 and set(text) <= set("abcdef") for text in with_cache)
    assert len({text[-20:] for text in with_cache}) > 1 or settings == {"greedy": True}


def test_the_seed_decides():
    assert write(seed=1) == write(seed=1) != write(seed=2)
    assert set(write(length=300, temperature=100.0)) == set("abcdef")  # anything, but never the unknown token


def test_it_draws_by_the_models_probabilities():
    model = made("lstm")
    first = tl.generate(model, TOKENIZER, ["ab"] * 2000, 1)
    logits = model(TOKENIZER.encode("ab")[None]).detach().numpy()[0, -1, 1:]
    wanted = np.exp(logits) / np.exp(logits).sum()
    assert [first.count(letter) / 2000 for letter in "abcdef"] == pytest.approx(wanted, abs=0.04)


def test_it_streams():
    model = Next()
    pieces = tl.stream(model, TOKENIZER, length=10**9)
    assert not model.asked  # nothing before it is asked for
    assert len([next(pieces) for _ in range(3)]) == 3 == len(model.asked)


def test_a_character_of_many_bytes_comes_whole():
    model = writes("aé€", Bytes())
    assert list(tl.stream(model, Bytes(), "x", 6, greedy=True)) == ["a", "é", "€"]
    assert list(tl.stream(writes("é€", Bytes()), Bytes(), "x", 4, greedy=True)) == ["é", "�"]


def test_where_nothing_is_unknown_every_id_may_be_written():
    assert tl.generate(writes("\0\0", Bytes()), Bytes(), "x", 2, greedy=True) == "\0\0"


def test_words_have_spaces_between():
    words = Words.fit("the cat sat")
    for after, wanted in (("the", " cat sat"), ("the ", "cat sat")):
        assert tl.generate(writes("cat sat", words), words, after, 2, greedy=True) == wanted
        assert tl.generate(writes("cat sat", words), words, after, 2, beams=1) == wanted


def test_an_empty_prompt_is_the_beginning():
    for tokenizer, start in ((TOKENIZER, 0), (Bytes(), 0), (END, 4)):
        model = Next(len(tokenizer))
        tl.generate(model, tokenizer, "", 1)
        assert model.asked == [[[start]]]
    assert tl.generate(writes("the", Words.fit("the")), Words.fit("the"), "  ", 1, greedy=True) == "the"


def test_the_mlp_is_padded_with_what_stands_before_the_beginning():
    model = models.MLP(len(END), context=3, embedding=2, hidden=4)
    seen = []
    forward = model.forward
    model.forward = lambda ids: (seen.append(ids.tolist()), forward(ids))[1]
    tl.generate(model, END, "b", 1)
    assert seen == [[[4, 4, 2]]]


# Where it ends --------------------------------------------------------------------------------------------------


def test_the_end_of_a_text():
    for beams in (None, 1):
        how = {"beams": beams} if beams else {"greedy": True}
        assert tl.generate(writes("ab<|endoftext|>c", END), END, "a", 9, **how) == "ab"
        found = tl.generate(writes("ab<|endoftext|>c", END), END, "a", 9, probabilities=True, **how)
        assert [token.text for token in found] == ["a", "b"]


@pytest.mark.parametrize(("text", "stop", "wanted"), [
    ("one\ntwo", "\n", ["o", "n", "e"]), ("aab", "ab", ["a"]), ("ababac", "abac", ["a", "b"]), ("stop", "stop", []),
    ("a st b stop c", "stop", ["a", " ", "s", "t", " ", "b", " "]), ("€é€", "é€", ["€"]), ("no", "x", ["n", "o"]),
    ("ends in st", "stop", [*"ends in ", "s", "t"]),
])
def test_the_stop_string(text, stop, wanted):
    length = len(text.encode())
    assert list(tl.stream(writes(text, Bytes()), Bytes(), "x", length, greedy=True, stop=stop)) == wanted
    joined = "".join(wanted)
    for how in ({"greedy": True}, {"beams": 1}):
        assert tl.generate(writes(text, Bytes()), Bytes(), "x", length, stop=stop, **how) == joined
        tokens = tl.generate(writes(text, Bytes()), Bytes(), "x", length, stop=stop, probabilities=True, **how)
        assert Bytes().decode([token.id for token in tokens]) == joined


def test_a_stop_string_within_a_token():
    tokenizer = BPE([("a", "b"), ("ab", "c")])
    model = writes("abcxabc", tokenizer)
    assert tokenizer.encode("abcx").size == 2
    assert list(tl.stream(model, tokenizer, "x", 3, greedy=True, stop="cxa")) == ["ab"]
    tokens = tl.generate(writes("abcx", tokenizer), tokenizer, "x", 2, greedy=True, stop="b", probabilities=True)
    assert [token.text for token in tokens] == ["abc"]  # it has some of the text before the string


def test_no_more_is_asked_of_the_model_than_is_needed():
    model = Next()
    assert "".join(tl.stream(model, TOKENIZER, "a", 100, greedy=True, stop="d")) == "bc"
    assert len(model.asked) == 3
    assert tl.generate(model, TOKENIZER, "a", 0) == "" and len(model.asked) == 3
    assert tl.generate(model, TOKENIZER, ["a", "b"], 0, beams=None) == ["", ""]


# Several texts -----------------------------------------------------------------------------------------------


@ALL
@pytest.mark.parametrize("settings", WAYS)
def test_a_text_is_the_same_alone(name, settings):
    model = made(name)
    prompts = ["facade", "b", "", "deafdeafdeafdeafdeaf", "c"]
    together = tl.generate(model, TOKENIZER, prompts, 25, **settings)
    for place, prompt in enumerate(prompts):
        assert tl.generate(model, TOKENIZER, ["a"] * place + [prompt], 25, **settings)[place] == together[place]
        if "greedy" in settings or place == 0:
            assert tl.generate(model, TOKENIZER, prompt, 25, **settings) == together[place]
    if "greedy" not in settings:
        assert len(set(tl.generate(model, TOKENIZER, ["a"] * 6, 25, **settings))) == 6  # its own numbers for each


def test_unequal_prompts_go_in_step():
    model = Next()
    assert tl.generate(model, TOKENIZER, ["ab", "fedcba"], 2, greedy=True) == ["cd", "bc"]
    assert model.asked == [[[1, 2], [6, 5]], [[1, 2, 3], [6, 5, 4]], [[5, 4, 3]], [[4, 3, 2]], [[3, 2, 1]],
                           [[2, 1, 2]]]


def test_one_that_met_its_stop_string_leaves():
    model = Next()
    assert tl.generate(model, TOKENIZER, ["d", "a"], 4, greedy=True, stop="f") == ["e", "bcde"]
    assert [len(batch) for batch in model.asked] == [2, 2, 1, 1]


# Probabilities -----------------------------------------------------------------------------------------------


@ALL
def test_probabilities_are_the_models_own(name):
    model = made(name)
    for settings in ({"temperature": 0.5, "top_k": 3, "repetition_penalty": 1.3}, {"greedy": True}, {"beams": 3}):
        found = tl.generate(model, TOKENIZER, "bad", 5, probabilities=True, **settings)
        assert all(isinstance(token, Token) for token in found)
        text = tl.generate(model, TOKENIZER, "bad", 5, **settings)
        assert "".join(token.text for token in found) == text
        ids = TOKENIZER.encode("bad" + text)
        assert [token.id for token in found] == ids[3:].tolist()
        for place, token in enumerate(found, 3):
            if name == "ngram":
                p = model.distribution(ids[:place])
            else:
                asked = np.concatenate([np.zeros(9, dtype=int), ids[:place]])[-9:] if name == "mlp" else ids[:place]
                logits = model(asked[None]).detach().numpy().reshape(-1, 7)[-1]
                p = np.exp(logits) / np.exp(logits).sum()
            assert token.probability == pytest.approx(p[token.id], abs=1e-12)


def test_tokens_stream_too():
    pieces = tl.stream(writes("é", Bytes()), Bytes(), "x", 2, greedy=True, probabilities=True)
    assert [(token.text, token.id) for token in pieces] == [("�", 0xC3), ("�", 0xA9)]
    several = tl.generate(Next(), TOKENIZER, ["a", "b"], 2, greedy=True, probabilities=True)
    assert [[token.text for token in one] for one in several] == [["b", "c"], ["c", "d"]]


# Beams -------------------------------------------------------------------------------------------------------


@ALL
def test_one_beam_is_greedy_and_beams_need_no_cache(name):
    model = made(name)
    assert tl.generate(model, TOKENIZER, "ace", 30, beams=1) == tl.generate(model, TOKENIZER, "ace", 30, greedy=True)
    several = tl.generate(model, TOKENIZER, ["ace", "", "deafdeafdeaf"], 20, beams=4)
    assert several == tl.generate(model, TOKENIZER, ["ace", "", "deafdeafdeaf"], 20, beams=4, cache=False)
    assert several[0] == tl.generate(model, TOKENIZER, "ace", 20, beams=4)


def test_the_length_penalty_decides_between_short_and_long():
    class Model:
        """An end at once has p = 0.4; "a" and then always "a", 0.5 and 0.9 each."""

        context = 1

        def __call__(self, ids):
            first, later = [0.05, 0.5, 0.05, 0, 0.4], [0.02, 0.9, 0.06, 0, 0.02]
            with np.errstate(divide="ignore"):
                return tl.Tensor(np.log([first if one == 3 else later for one in ids[:, 0]]))

    found = [tl.generate(Model(), END, "c", 4, beams=3, length_penalty=penalty) for penalty in (0.0, None, 1.0)]
    assert found == ["", "aaaa", "aaaa"]  # 0.4 > 0.5 · 0.9³, but not its fourth root


# Errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("settings", "message"), [
    ({"temperature": 0.0}, "temperature is 0.0; it is above 0.*greedy"), ({"top_k": 0}, "top_k is 0"),
    ({"top_k": 7}, "top_k is 7; it is from 1 to 6"), ({"top_p": 2.0}, "top_p is 2.0"),
    ({"repetition_penalty": -1.0}, "repetition_penalty is -1.0"), ({"length": -1}, "length is -1; it is a number of"),
    ({"seed": -1}, "seed is -1; it is 0 or more"), ({"stop": ""}, "stop is an empty string.*None"),
    ({"greedy": True, "top_p": 0.5}, "say one or the other"), ({"prompt": "a☃z"}, "never seen 'z☃'.*allow_unknown"),
    ({"prompt": "\ud83d"}, "the prompt is not valid Unicode: position 0 holds the lone surrogate"),
])
def test_errors_come_at_once(settings, message):
    for function in (tl.stream, tl.generate):
        with pytest.raises(ValueError, match=message):
            function(None, TOKENIZER, **settings)  # no model is asked


@pytest.mark.parametrize(("settings", "message"), [
    ({"prompt": []}, "an empty list of prompts"), ({"beams": 0}, "beams is 0; it is from 1 to 6"),
    ({"beams": 7}, "beams is 7; it is from 1 to 6, the tokens there are"),
    ({"beams": 2, "length_penalty": np.nan}, "length_penalty is nan; it is finite"),
    ({"beams": 2, "top_k": 2}, "leave out beams, or top_k"),
    ({"beams": 2, "greedy": True, "temperature": None}, "leave out beams, or greedy"),
    ({"beams": 2, "repetition_penalty": 1.1}, "or repetition_penalty"), ({"length_penalty": 1.0}, "say beams too"),
    ({"prompt": ["a", "\ud83d"]}, "not valid Unicode"), ({"prompt": ["a", "☃"]}, "never seen '☃'"),
])
def test_errors_of_generate(settings, message):
    with pytest.raises(ValueError, match=message):
        tl.generate(None, TOKENIZER, **settings)


def test_errors_of_type():
    for function, prompt in ((tl.stream, 3), (tl.stream, ["a"]), (tl.generate, 3), (tl.generate, ["a", None]),
                             (tl.generate, [b"a"])):
        with pytest.raises(TypeError, match="a prompt is a string, not"):
            function(None, TOKENIZER, prompt)
    for name, value in (("length", 2.5), ("length", None), ("seed", "x"), ("beams", "4"), ("stop", ["a"])):
        with pytest.raises(TypeError, match=f"generate: {name} is .*; it is (a whole number|one string)"):
            tl.generate(None, TOKENIZER, **{name: value})


def test_what_is_unknown_is_read_on_request():
    model = Next()
    tl.generate(model, TOKENIZER, "a☃b", 1, allow_unknown=True)
    assert model.asked == [[[1, 0, 2]]]


def test_scores_that_are_not_numbers():
    class Model:
        context = 3

        def __call__(self, ids):
            return tl.Tensor(np.full((1, 7), np.nan if ids.shape[1] == 3 else 1.0))

    pieces = tl.stream(Model(), TOKENIZER, "a")
    assert len([next(pieces), next(pieces)]) == 2
    with pytest.raises(ValueError, match="after 3 tokens the model's scores are not numbers"):
        next(pieces)


def test_a_real_model_on_every_device(device):
    for name in ("mlp", "gpt", "cnn"):
        model = models.build(name, 7, **SIZES.get(name, {"context": 3, "embedding": 2, "hidden": 4}))
        written = tl.generate(model, TOKENIZER, ["a", "abc"], 20, seed=1)
        assert [len(text) for text in written] == [20, 20]
        assert len(tl.generate(model, TOKENIZER, "a", 12, beams=2)) == 12
