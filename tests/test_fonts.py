"""A font with Chinese characters is found where there is one, also one that was installed since."""

from pathlib import Path

from matplotlib import font_manager

from tinylm import fonts


def test_a_font_installed_after_matplotlib_made_its_list(monkeypatch):
    class Font:
        name = "DejaVu Sans"

    added = []

    def addfont(path):
        added.append(Path(path).name)
        new = Font()
        new.name = "WenQuanYi Micro Hei"
        manager.ttflist.append(new)
    manager = type("Manager", (), {"ttflist": [Font()], "addfont": staticmethod(addfont)})
    monkeypatch.setattr(font_manager, "fontManager", manager)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: ["/f/wqy-microhei.ttc", "/f/other.ttf"])
    monkeypatch.setattr(fonts.importlib.util, "find_spec", lambda name: None)
    assert fonts.chinese_font.__wrapped__() == "WenQuanYi Micro Hei"
    assert added == ["wqy-microhei.ttc"]
    manager.ttflist[:] = [Font()]
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [])
    assert fonts.chinese_font.__wrapped__() is None
