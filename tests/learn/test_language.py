import pytest

from tinylm.learn import language
from tinylm.learn.language import say, speak, spoken


@pytest.fixture(autouse=True)
def silent(monkeypatch):
    for name in ("TINYLM_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(language.locale, "getlocale", lambda: (None, None))
    speak(None)


def test_what_is_chosen_is_spoken():
    speak("zh")
    assert spoken() == "zh" and say("one", "一") == "一"
    speak("en")
    assert spoken() == "en" and say("one", "一") == "one"


@pytest.mark.parametrize(("settings", "expected"), [
    ({}, "en"), ({"LANG": "zh_CN.UTF-8"}, "zh"), ({"LANG": "de_DE.UTF-8"}, "en"), ({"LANG": "C"}, "en"),
    ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"), ({"LC_MESSAGES": "zh_TW"}, "zh"),
    ({"LANG": "en_US", "TINYLM_LANGUAGE": "zh"}, "zh"), ({"LANG": "zh_CN", "TINYLM_LANGUAGE": "en"}, "en"),
])
def test_or_else_what_the_system_says(settings, expected, monkeypatch):
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert spoken() == expected


@pytest.mark.parametrize("name", ["Chinese (Simplified)_China", "Chinese_China", "zh_CN"])
def test_windows_has_its_own_names(name, monkeypatch):
    monkeypatch.setattr(language.locale, "getlocale", lambda: (name, "936"))
    assert spoken() == "zh"


def test_another_language_is_refused():
    with pytest.raises(ValueError, match="no language 'fr' here; there are: en, zh"):
        speak("fr")
