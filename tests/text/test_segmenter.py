import itertools
import json
import math
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinylm.text import Segmenter, chinese_characters

COUNTS = {"研究": 8, "研究生": 3, "生命": 6, "命": 2, "起源": 4, "生": 2, "的": 30, "T恤": 2, "GPT": 1, "卡拉OK": 1}


def segmentations(text):
    """Every way to cut a text: at each place between two characters there is a cut or none."""
    for cuts in itertools.product([False, True], repeat=max(len(text) - 1, 0)):
        places = [0, *(place for place, cut in enumerate(cuts, 1) if cut), len(text)]
        yield [text[begin:end] for begin, end in itertools.pairwise(places)]


def log_probability(counts, word):
    """ln of (c(w) + T P₀(w)) / (N + T), as the docstring has it."""
    characters = {}
    for known, count in counts.items():
        for one in known:
            characters[one] = characters.get(one, 0) + count
    distinct, spelt = len(characters), 1.0
    for one in word:
        q = (characters.get(one, 0) + distinct / 1_112_064) / (sum(characters.values()) + distinct)
        spelt *= q / 2
    return math.log((counts.get(word, 0) + len(counts) * spelt) / (sum(counts.values()) + len(counts)))


def test_the_example_of_the_module():
    assert Segmenter(COUNTS).words("研究生命起源") == ["研究", "生命", "起源"]
    assert Segmenter(COUNTS).words("研究生的生命") == ["研究生", "的", "生命"]


def test_the_probability_is_the_formula():
    segmenter = Segmenter(COUNTS)
    for word in [*COUNTS, "研", "☃", "GPT4", "生生生"]:
        assert segmenter.log_probability(word) == pytest.approx(log_probability(COUNTS, word), rel=1e-12)


def test_the_probabilities_of_all_words_sum_to_one():
    segmenter, characters = Segmenter(COUNTS), set("".join(COUNTS))
    known = sum(math.exp(segmenter._spelt[one]) for one in characters)
    by_character = known + (0x110000 - 0x800 - len(characters)) * math.exp(segmenter._new)
    assert by_character == pytest.approx(0.5, rel=1e-12)  # a word ends after each character with ½, so P₀ sums to 1
    words, distinct = sum(COUNTS.values()), len(COUNTS)
    in_dictionary = sum(math.exp(segmenter.log_probability(word)) for word in COUNTS)
    by_chance = sum(math.exp(sum(segmenter._spelt[one] for one in word)) for word in COUNTS)
    assert in_dictionary + (1 - by_chance) * distinct / (words + distinct) == pytest.approx(1, rel=1e-12)


@settings(max_examples=300)
@given(st.dictionaries(st.text("天地人a1", min_size=1, max_size=4), st.integers(1, 30), min_size=1, max_size=8),
       st.text("天地人a1b。", min_size=1, max_size=9))
def test_no_segmentation_is_more_probable(counts, text):
    segmenter = Segmenter(counts)
    whole = set(chinese_characters(text))
    possible = [words for words in segmentations(text)
                if all(word in counts or len(word) == 1 or is_whole(text, words, place, whole)
                       for place, word in enumerate(words))]
    best = max(sum(log_probability(counts, word) for word in words) for words in possible)
    words, score = segmenter.best(text)
    assert words in possible and score == pytest.approx(best, rel=1e-9)
    assert sum(log_probability(counts, word) for word in words) == pytest.approx(score, rel=1e-9)


def is_whole(text, words, place, pieces):
    """Whether a word is a run of letters and digits that cannot be made longer."""
    begin = sum(map(len, words[:place]))
    end = begin + len(words[place])
    other = lambda one: one in "a1b"
    return (words[place] in pieces and all(map(other, words[place]))
            and not (begin and other(text[begin - 1])) and not (end < len(text) and other(text[end])))


def test_what_it_does_not_know():
    segmenter = Segmenter(COUNTS)
    assert segmenter.words("王小明的BERT4、T恤3.5元☃") == [*"王小明的", "BERT4", "、", "T恤", *"3.5元☃"]
    assert segmenter.words("GPT4") == ["GPT", "4"]  # since it knows GPT
    assert segmenter.words("卡拉OK的OK") == ["卡拉OK", "的", "OK"]
    assert segmenter.words("don't naïve") == ["don't", "naïve"]
    assert segmenter.words(" 研究 生\n命\u3000") == ["研究", "生", "命"]  # no word has white space in it
    assert segmenter.best("") == segmenter.best(" \n") == ([], 0.0)


def test_characters():
    assert chinese_characters("我有2只iPhone，don't ask。〇々葛\U000e0100") == \
        ["我", "有", "2", "只", "iPhone", "，", "don't", "ask", "。", "〇", "々", "葛\U000e0100"]
    assert chinese_characters("") == [] and chinese_characters("a") == ["a"]
    assert chinese_characters("𠮷野家") == ["𠮷", "野", "家"]


def test_learnt_from_segmented_text():
    segmenter = Segmenter.fit(["我 爱 北京", ["北京", "欢迎", "我"]])
    assert segmenter.counts == {"我": 2, "爱": 1, "北京": 2, "欢迎": 1}
    assert Segmenter.fit(["我 爱 北京", "北京 欢迎 我"], min_count=2).counts == {"我": 2, "北京": 2}
    assert segmenter.words("北京欢迎我") == ["北京", "欢迎", "我"]


def test_saved_and_loaded(tmp_path):
    segmenter = Segmenter(COUNTS)
    segmenter.save(tmp_path / "s.json")
    loaded = Segmenter.load(tmp_path / "s.json")
    assert loaded.counts == COUNTS and loaded.best("王小明的T恤") == segmenter.best("王小明的T恤")
    assert json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))["counts"]["研究"] == 8
    assert [path.name for path in tmp_path.iterdir()] == ["s.json"]


@pytest.mark.parametrize(("content", "said"), [
    ("", "no segmenter of TinyLM: Expecting value"), ("[]", "it is some other JSON"), ("{}", "it is some other JSON"),
    ('{"tinylm": "vocabulary"}', "it is a vocabulary"), ('{"tinylm": "segmenter"}', "counts"),
    ('{"tinylm": "segmenter", "counts": {}}', "no words"), ('{"tinylm": "segmenter", "counts": {"a": NaN}}', "nan"),
    ('{"tinylm": "segmenter", "counts": ["a"]}', "items"),
])
def test_other_files(content, said, tmp_path):
    (tmp_path / "s.json").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"s\.json is no segmenter of TinyLM.*{said}|s\.json is {said}"):
        Segmenter.load(tmp_path / "s.json")


@pytest.mark.parametrize(("counts", "error", "said"), [
    ({}, ValueError, "there are no words"), ({"a": 0}, ValueError, "the count of 'a' is 0; it must be a whole number"),
    ({"a": 1.5}, ValueError, "is 1.5"), ({"a": math.nan}, ValueError, "is nan"), ({"a": True}, ValueError, "is True"),
    ({"a b": 1}, ValueError, "'a b' is no word"), ({"": 1}, ValueError, "'' is no word"),
    ({b"a": 1}, TypeError, "a word is bytes"), ({math.nan: 1}, TypeError, "a word is of type float"),
    ({"a\ud800": 1}, ValueError, "lone surrogate"),
])
def test_bad_counts(counts, error, said):
    with pytest.raises(error, match=said):
        Segmenter(counts)


def test_bad_text():
    for function in (Segmenter(COUNTS).words, chinese_characters):
        with pytest.raises(TypeError, match="the text is bytes"):
            function("研究".encode())
        with pytest.raises(ValueError, match=r"lone surrogate U\+D800"):
            function("研\ud800")
    with pytest.raises(TypeError, match="sentences is one text"):
        Segmenter.fit("我 爱 北京")
    with pytest.raises(ValueError, match="there are no words"):
        Segmenter.fit([], min_count=2)


@pytest.mark.parametrize("piece", ["研究生命", "的", "☃", "a", "T恤", "研", "研究生命 "])
def test_the_time_is_linear_in_the_text(piece):
    segmenter = Segmenter({**COUNTS, "的" * 8: 1})
    text = (piece * 100_000)[:100_000]
    start = time.perf_counter()
    segmenter.words(text)
    assert time.perf_counter() - start < 5  # half a second; a square of the length would be an hour


def test_a_segmenter_is_right_about_text_like_its_own():
    words = [*COUNTS, "今天", "天气", "很", "好", "公园"]
    draw = random.Random(0)
    text = [draw.choices(words, k=10) for _ in range(300)]
    segmenter = Segmenter.fit(text[:200])
    wrong = sum(segmenter.words("".join(one)) != one for one in text[200:])
    assert wrong < 30
