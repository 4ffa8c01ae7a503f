"""What the tests of the course share: nothing is written to the user's own folder, and each begins in English."""

import pytest

from tinylm.learn import language


@pytest.fixture(autouse=True)
def clean_slate(tmp_path, monkeypatch):
    monkeypatch.setenv("TINYLM_CONFIG", str(tmp_path / "config"))
    language.speak("en")
    yield
    language.speak(None)
