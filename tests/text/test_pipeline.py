import functools
import json
import math
import threading
import warnings

import pytest

from tinylm.text import STEPS, Pipeline, Segmenter, Vocabulary, pipeline, step

STEPS_OF_MINE = ["remove_markup", ("normalise_unicode", {"form": "NFKC"}), "lower", "treebank_words",
                 ("remove_stop_words", {"without": ["negation"]})]
TEXT = "<p>The ﬁne cat isn't Ｈere.</p>"


@pytest.fixture(autouse=True)
def steps():
    """Steps that a test registers are gone after it."""
    before = STEPS.copy()
    yield
    STEPS.clear()
    STEPS.update(before)


def test_the_steps_are_done_in_their_order():
    assert Pipeline(STEPS_OF_MINE)(TEXT) == ["fine", "cat", "n't", "."]
    assert Pipeline(["lower", "remove_urls"])("HTTP://A.ORG B") == " b"
    assert Pipeline([])("Ab") == "Ab"
    assert Pipeline(STEPS_OF_MINE)("") == []


def test_a_step_for_a_text_is_done_with_each_of_a_list():
    prepare = Pipeline(["split_sentences", "lower", "treebank_words", "remove_stop_words", "lower"])
    assert prepare("A Cat. The DOG is here!") == [["cat", "."], ["dog", "!"]]
    assert Pipeline(["chinese_characters"])("你好 A") == ["你", "好", "A"]


def test_what_was_done_is_counted():
    prepare = Pipeline(["remove_markup", "collapse_whitespace", "treebank_words"])
    prepare("<b>a</b>  c")
    prepare("ab")
    counted = [(one.texts, one.changed, one.characters_before, one.characters_after) for one in prepare.record]
    assert counted == [(2, 1, 13, 6), (2, 1, 6, 5), (2, 2, 5, 4)]
    assert prepare.report().splitlines()[1].split() == ["remove_markup", "1", "2", "6", "53.85%"]
    assert "form='NFKC'" in Pipeline(STEPS_OF_MINE).report()


def test_threads_lose_no_count():
    prepare = Pipeline(["lower"] * 5)
    threads = [threading.Thread(target=lambda: [prepare("AB") for _ in range(200)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.texts for one in prepare.record] == [800] * 5 and prepare.record[0].characters_before == 1600


def test_saved_and_loaded(tmp_path):
    prepare = Pipeline(STEPS_OF_MINE)
    prepare(TEXT)
    prepare.save(tmp_path / "p.json")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded = Pipeline.load(tmp_path / "p.json")
    assert loaded.steps == prepare.steps and loaded.record == prepare.record and repr(loaded) == repr(prepare)
    assert loaded(TEXT) == prepare(TEXT)
    again = Pipeline.load(tmp_path / "p.json")
    again.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "p.json").read_bytes()
    assert eval(repr(prepare)).steps == prepare.steps


def test_a_function_of_ones_own(tmp_path):
    @step
    def without_digits(text, marks=""):
        return "".join(one for one in text if not one.isdigit() and one not in marks)

    @step(takes="list", gives="list")
    def long_words(words, least):
        return [word for word in words if len(word) >= least]

    prepare = Pipeline([("without_digits", {"marks": "#"}), "treebank_words", ("long_words", {"least": 2})])
    assert prepare("a1 bc #2") == ["bc"] and without_digits("1a") == "a"
    assert Pipeline([without_digits]).steps == Pipeline(["without_digits"]).steps
    prepare.save(tmp_path / "p.json")
    assert Pipeline.load(tmp_path / "p.json").steps == prepare.steps
    step(without_digits)  # the same function again, as when a notebook's cell is run twice
    del STEPS["long_words"]
    with pytest.raises(ValueError, match=r"p\.json: Pipeline: there is no step 'long_words'.*by @tl\.text\.step"):
        Pipeline.load(tmp_path / "p.json")


def test_another_version_of_a_step_is_noticed(tmp_path):
    def changing(text):
        return text.replace("a", suffix)

    suffix = "b"
    step(changing)
    Pipeline(["changing"]).save(tmp_path / "p.json")
    suffix = "c"
    with pytest.warns(UserWarning, match=r"p\.json: this pipeline no longer does what it did"):
        Pipeline.load(tmp_path / "p.json")


def test_a_step_that_fails_on_the_probe_is_saved_all_the_same(tmp_path):
    @step
    def picky(text):
        if "☃" not in text:
            raise ValueError("no snowman")
        return text

    Pipeline(["picky"]).save(tmp_path / "p.json")
    assert Pipeline.load(tmp_path / "p.json")("☃") == "☃"


def test_steps_that_read_a_file(tmp_path):
    segmenter, vocabulary = str(tmp_path / "s.json"), str(tmp_path / "v.json")
    Segmenter({"北京": 2, "我": 3}).save(segmenter)
    Vocabulary({"我": 3}).save(vocabulary)
    prepare = Pipeline([("segment", {"file": segmenter}), ("replace_rare", {"file": vocabulary})])
    assert prepare("我北京") == ["我", "<unk>"]
    prepare.save(tmp_path / "p.json")
    assert Pipeline.load(tmp_path / "p.json").steps == prepare.steps
    Segmenter({"北京公": 2, "我们": 3}).save(segmenter)
    assert prepare("我们北京公") == ["<unk>", "<unk>"]
    with pytest.warns(UserWarning, match="no longer does what it did"):
        Segmenter({"公园": 1, "天气很好": 1}).save(segmenter)
        Vocabulary({"公园": 3}).save(vocabulary)
        Pipeline.load(tmp_path / "p.json")
    with pytest.raises(FileNotFoundError):
        Pipeline([("segment", {"file": str(tmp_path / "none.json")})])("a")


def test_what_cannot_be_saved(tmp_path):
    def mine(text):
        return text + "!"

    prepare = Pipeline(["lower", mine])
    assert prepare("A") == "a!"
    with pytest.raises(ValueError, match=r"mine is not registered, so a file cannot name it: write @tl\.text\.step"):
        prepare.save(tmp_path / "p.json")
    with pytest.raises(ValueError, match=r"partial\(.* is not registered"):
        Pipeline([functools.partial(mine)]).save(tmp_path / "p.json")
    @step
    def scaled(text, by):
        return text

    for value in (math.nan, math.inf, {1, 2}, object(), {1: 2}, b"a"):
        with pytest.raises(ValueError, match="scaled: JSON cannot hold by="):
            Pipeline([("scaled", {"by": value})]).save(tmp_path / "p.json")
    assert not list(tmp_path.iterdir())
    Pipeline([("scaled", {"by": ({"a": [1, 2.5, None, True]}, "b")})]).save(tmp_path / "p.json")
    assert Pipeline.load(tmp_path / "p.json").steps == [("scaled", {"by": [{"a": [1, 2.5, None, True]}, "b"]})]


@pytest.mark.parametrize(("given", "error", "said"), [
    (["lowr"], ValueError, "there is no step 'lowr'; did you mean 'lower'\\?"),
    (["xyz"], ValueError, "there is no step 'xyz'\\. There are lower, "),
    ([("normalise_unicode", {"from": "NFC"})], ValueError, "no setting 'from'; did you mean 'form'\\?"),
    ([("lower", {"x": 1})], ValueError, "lower has no setting 'x'; it has none"),
    (["segment"], ValueError, r"segment needs the setting 'file': \('segment', \{'file': ...\}\)"),
    (["lower", "remove_stop_words"], ValueError, "'remove_stop_words' takes a list of words, but there it is given a"),
    ("lower", TypeError, r"Pipeline\(\['lower'\]\)"), ([3], TypeError, "a step is a name"),
    ([("lower", "upper")], TypeError, "a step is a name, or a name and a dictionary"),
    ([None], TypeError, "a step is a name"), ([math.nan], TypeError, "a step is a name"),
])
def test_bad_steps(given, error, said):
    with pytest.raises(error, match=said):
        Pipeline(given)


def test_bad_functions_and_texts():
    with pytest.raises(TypeError, match=r"<lambda> gave NoneType, not str; a step that gives a list is registered by"):
        Pipeline([lambda text: None])("a")
    with pytest.raises(ValueError, match="<lambda> is no name"):
        step(lambda text: text)
    with pytest.raises(ValueError, match=r"tinylm\.text\.cleaning has a step 'lower' already"):
        @step
        def lower(text):
            return text
    with pytest.raises(ValueError, match="other takes 'list' and gives 'text'"):
        @step(takes="list", gives="text")
        def other(words):
            return ""
    @step(gives="list")
    def cut(text):
        return text
    with pytest.raises(TypeError, match="cut gave str, not a list"):
        Pipeline(["cut"])("a")
    for wrong in (b"a", None, math.nan, ["a"]):
        with pytest.raises(TypeError, match="Pipeline: the text is"):
            Pipeline(["lower"])(wrong)
    prepare = Pipeline(["lower"])
    with pytest.raises(TypeError):
        prepare(b"a")
    assert prepare.record[0].texts == 0


@pytest.mark.parametrize("content", [
    "", "{}", '{"tinylm": "vocabulary"}', '{"tinylm": "pipeline"}', '{"tinylm": "pipeline", "steps": [1], "probe": ""}',
    '{"tinylm": "pipeline", "steps": [{"step": "lower", "settings": {}}], "probe": ""}',
    '{"tinylm": "pipeline", "steps": [{"step": "lower", "settings": {}, "did": {"x": 1}}], "probe": ""}',
])
def test_other_files(content, tmp_path):
    (tmp_path / "p.json").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"p\.json is no pipeline of TinyLM"):
        Pipeline.load(tmp_path / "p.json")


def test_the_file_says_what_was_done(tmp_path):
    prepare = Pipeline(["lower"])
    prepare("AB")
    prepare.save(tmp_path / "p.json")
    content = json.loads((tmp_path / "p.json").read_text(encoding="utf-8"))
    assert content["steps"] == [{"step": "lower", "settings": {}, "did": {
        "texts": 1, "changed": 1, "characters_before": 2, "characters_after": 2}}]
    assert content["probe"] == pipeline.PROBE.lower()
