import pytest

from tinylm.text import remove_stop_words, stop_words, stopwords


def test_the_lists():
    english, chinese = stop_words(), stop_words("chinese")
    assert {"the", "of", "and", "she", "not", "would", "n't", "whose"} <= english
    assert {"的", "了", "在", "我们", "不", "是"} <= chinese
    assert not {"say", "good", "time", "very", "now", "two"} & english and not {"人", "时间", "说"} & chinese
    assert all(word == word.lower() == word.strip() and word for word in english | chinese)


@pytest.mark.parametrize("language", stopwords.LANGUAGES)
def test_every_class_has_words_once_each(language):
    for name, words in stopwords.LANGUAGES[language].items():
        listed = words.split()
        assert listed and len(set(listed)) == len(listed), name
    classes = list(stopwords.LANGUAGES[language])
    assert stop_words(language, without=classes) == frozenset()


def test_classes_can_be_left_out():
    assert stop_words() - stop_words(without=["negation"]) == set(stopwords.ENGLISH["negation"].split())
    assert stop_words(without="negation") == stop_words(without=["negation"])


def test_removed():
    words = "It is not what the Cats said , is it ?".split()
    assert remove_stop_words(words) == ["Cats", "said", ",", "?"]
    assert remove_stop_words(words, without=["negation"]) == ["not", "Cats", "said", ",", "?"]
    assert remove_stop_words(["我们", "的", "猫"], "chinese") == ["猫"]
    assert remove_stop_words([]) == []


def test_contractions():
    words = ["Isn't", "don’t", "it's", "they'd", "cat's", "won't", "n't", "'s", "'", "''"]
    assert remove_stop_words(words) == ["cat's", "'", "''"]
    assert remove_stop_words(words, without=["negation"]) == ["Isn't", "don’t", "cat's", "won't", "n't", "'", "''"]


def test_errors():
    with pytest.raises(ValueError, match="no list for 'german'; there is one for english, chinese"):
        stop_words("german")
    with pytest.raises(ValueError, match="english has no class 'pronouns'; it has articles, "):
        stop_words(without=["pronouns"])
    with pytest.raises(TypeError, match="remove_stop_words: a word is of type float"):
        remove_stop_words(["a", float("nan")])
    with pytest.raises(TypeError, match="remove_stop_words: words is one text"):
        remove_stop_words("the cat")
