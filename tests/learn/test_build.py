"""A source becomes two notebooks, and only if something changed; what is wrong with it is said.

What needs the packages of the extra "lessons" is skipped without them; one test here starts a kernel.
"""

import copy
import hashlib
import io
import json

import pytest

from tinylm.learn import build
from tinylm.learn.build import LessonError, comparable, fingerprint, joined, main

SOURCE = '''# %% [markdown] lang="en"
# # 97 Tiny
# ## What you will be able to do
# - add 1
# %% [markdown] lang="zh"
# # 97 小课
# ## 这一课学会什么
# - 加 1
# %%
from tinylm.learn import begin, say

begin("97", "en")
check = print
# %% [markdown] lang="en"
# ## The idea
# It says so: `say`.
# %% [markdown] lang="zh"
# ## 直觉
# 它这样
# 说：`say`。
# %%
print(say("two", "二"), 1 + 1)
# %% tags=["varies"]
print("seconds:", 0.25)
# %% [markdown] lang="en"
# ## The experiment
# %% [markdown] lang="zh"
# ## 实验
# %%
assert 1 + 1 == 2
# %% [markdown] lang="en"
# ## Exercises
# %% [markdown] lang="zh"
# ## 练习
# %%
check("97.1", None)
check("97.2", None)
check("97.3", None)
# %% [markdown] lang="en"
# ## What comes next
# More.
# %% [markdown] lang="zh"
# ## 下一课
# 还有。
'''


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "LESSONS", tmp_path / "lessons")
    path = tmp_path / "lessons" / "source" / "97_tiny.py"
    path.parent.mkdir(parents=True)
    path.write_text(SOURCE, encoding="utf-8")
    return path


@pytest.fixture
def tools():
    for name in ("jupytext", "nbclient", "nbformat", "ipykernel"):
        pytest.importorskip(name)


@pytest.fixture
def without_a_kernel(monkeypatch):
    """What the code prints is taken from its own text: no process is started."""
    seconds = iter(range(100, 200))

    def execute(notebook):
        notebook.metadata.language_info = {"name": "python"}
        for place, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                said = f"seconds: {next(seconds)}\n" if "seconds" in cell.source else f"{cell.source}\n"
                cell.execution_count = place
                cell.outputs = [build.tools()[2].v4.new_output("stream", name="stdout", text=said)]
        return 1.5
    monkeypatch.setattr(build, "execute", execute)
    monkeypatch.setattr(build, "chinese_font", lambda: "Some Font")


def test_each_language_has_its_own_cells(source, tools):
    english, chinese = build.assemble(source, "en"), build.assemble(source, "zh")
    assert [cell.cell_type for cell in english.cells] == [cell.cell_type for cell in chinese.cells]
    assert english.cells[0].source == chinese.cells[0].source == build.INSTALL
    assert english.cells[1].source == "# 97 Tiny\n## What you will be able to do\n- add 1"
    assert chinese.cells[3].source == "## 直觉\n它这样说：`say`。"
    assert 'begin("97", "en")' in english.cells[2].source and 'begin("97", "zh")' in chinese.cells[2].source
    assert english.metadata.tinylm == {"lesson": "97", "language": "en", "source": fingerprint(source)}
    assert chinese.metadata.tinylm.language == "zh"
    assert [cell.metadata.get("tags") for cell in english.cells if cell.metadata] == [["varies"]]


def test_the_first_cell_installs_only_what_is_missing():
    said = []
    shell = type("Shell", (), {"run_line_magic": lambda self, *command: said.append(command)})
    exec(build.INSTALL, {"get_ipython": shell})
    assert said == []  # TinyLM is there
    exec(build.INSTALL.replace('"tinylm"', '"tinylm_that_is_not_there"', 1), {"get_ipython": shell})
    assert said == [("pip", "install -q tinylm")]


def test_the_fingerprint_is_of_the_text_whatever_its_line_endings(source):
    before = fingerprint(source)
    assert before == hashlib.sha256(SOURCE.encode()).hexdigest()
    source.write_bytes(SOURCE.replace("\n", "\r\n").encode())
    assert fingerprint(source) == before
    source.write_text(SOURCE + "# more\n", encoding="utf-8")
    assert fingerprint(source) != before


def test_ids_hang_on_what_the_cells_say_alone(source, tools):
    first = [cell.id for cell in build.assemble(source, "en").cells]
    source.write_text(SOURCE.replace("- add 1", "- add 1 twice"), encoding="utf-8")
    second = [cell.id for cell in build.assemble(source, "en").cells]
    assert len(set(first)) == len(first)
    assert [a == b for a, b in zip(first, second, strict=True)] == [place != 1 for place in range(len(first))]


def test_an_unchanged_lesson_is_not_written(source, tools, without_a_kernel):
    assert build.build(source, "en") == (1.5, True)
    target = source.parents[1] / "en" / "97_tiny.ipynb"
    before = target.read_bytes(), target.stat().st_mtime_ns
    assert build.build(source, "en") == (1.5, False)  # although the seconds that it prints are others
    assert (target.read_bytes(), target.stat().st_mtime_ns) == before
    assert b"seconds: 10" in before[0] and before[0].endswith(b"\n}\n")


@pytest.mark.parametrize(("old", "new"), [
    ("1 + 1)\n", "1 + 2)\n"), ("It says so", "It says it"), ("- add 1", "- add one"), ('"zh"\n# # 97', '"zh"\n# # 97 '),
    ('tags=["varies"]', ""),
])
def test_a_changed_one_is(old, new, source, tools, without_a_kernel):
    build.build(source, "en")
    assert old in SOURCE
    changed = SOURCE.replace(old, new)
    source.write_text(changed.replace("- 加 1", "- 加一") if "one" in new else changed, encoding="utf-8")
    assert build.build(source, "en")[1]


def test_a_changed_picture_is_a_change(tools):
    nbformat = build.tools()[2]

    def notebook(picture, text="x", tags=()):
        output = nbformat.v4.new_output("display_data", {"image/png": picture, "text/plain": text})
        cell = nbformat.v4.new_code_cell("draw()", outputs=[output], id="a", metadata={"tags": list(tags)})
        return nbformat.v4.new_notebook(cells=[cell])
    assert comparable(notebook("AAAA")) != comparable(notebook("BBBB"))
    assert comparable(notebook("AAAA"), pictures=False) == comparable(notebook("BBBB"), pictures=False)
    assert comparable(notebook("A", tags=["varies"])) == comparable(notebook("B", tags=["varies"]))
    given = notebook("AAAA")
    before = copy.deepcopy(given)
    comparable(given)
    assert given == before


def test_a_lesson_that_is_too_large(source, tools, without_a_kernel, monkeypatch):
    monkeypatch.setattr(build, "MOST_BYTES", 1000)
    with pytest.raises(LessonError, match=r"97_tiny\.ipynb \(en\) has [\d,]+ bytes, more than 1,000: draw fewer"):
        build.build(source, "en")
    assert not (source.parents[1] / "en").exists()


def test_a_number_that_no_code_shows(source, tools, without_a_kernel):
    changed = SOURCE.replace("It says so", "It says 42").replace("它这样", "它说 42")
    source.write_text(changed, encoding="utf-8")
    with pytest.raises(LessonError, match=r"97_tiny\.py \(en\): no code shows these numbers of its prose: 42"):
        build.build(source, "en")


def test_a_lesson_with_complaints(source, tools):
    source.write_text(SOURCE.replace("## 直觉", "## 想法"), encoding="utf-8")
    with pytest.raises(LessonError, match=r"97_tiny\.py:\n'想法' is none of the headings"):
        build.assemble(source, "en")


def test_without_a_font_no_chinese_notebook(source, tools, without_a_kernel, monkeypatch):
    monkeypatch.setattr(build, "chinese_font", lambda: None)
    build.build(source, "en")
    with pytest.raises(LessonError, match="install one, such as Debian's fonts-wqy-microhei"):
        build.build(source, "zh")


def test_executed_in_an_empty_folder_in_its_own_language(source, tools, tmp_path, monkeypatch):
    text = SOURCE.replace("print(say(", "import os; print(os.listdir(), end=''); print(say(")
    source.write_text(text, encoding="utf-8")
    monkeypatch.setenv("TINYLM_CONFIG", str(tmp_path / "mine"))
    notebook = build.assemble(source, "zh")
    assert 0 < build.execute(notebook) < 60
    printed = [output.text for cell in notebook.cells for output in cell.get("outputs", ())]
    assert printed == ["[]二 2\n", "seconds: 0.25\n", "97.1 None\n97.2 None\n97.3 None\n"]
    assert not (tmp_path / "mine").exists()  # the learner's own progress is left alone
    assert notebook.metadata.language_info == {"name": "python"}


@pytest.mark.parametrize(("failure", "words"), [("CellExecutionError", "a cell fails"),
                                                ("CellTimeoutError", "too long")])
def test_a_cell_that_fails(failure, words, source, tools, monkeypatch):
    import nbclient

    class Client:
        def __init__(self, *_, **__):
            pass

        def execute(self, env):
            error = getattr(nbclient.exceptions, failure)
            raise error(words, "E", "e") if failure == "CellExecutionError" else error(words)
    monkeypatch.setattr(nbclient, "NotebookClient", Client)
    with pytest.raises(LessonError, match=rf"(?s)lesson 97 \(en\): .*{words}"):
        build.execute(build.assemble(source, "en"))


def test_a_lesson_that_takes_too_long(source, tools, monkeypatch):
    import nbclient

    monkeypatch.setattr(nbclient.NotebookClient, "execute", lambda self, env: None)
    clock = iter([0.0, 121.0])
    monkeypatch.setattr(build.time, "monotonic", lambda: next(clock))
    with pytest.raises(LessonError, match=r"lesson 97 \(zh\) takes 121 s, more than 120"):
        build.execute(build.assemble(source, "zh"))


def test_pieces_of_what_was_printed_are_joined(tools):
    v4 = build.tools()[2].v4
    pieces = [v4.new_output("stream", name=name, text=text) for name, text in
              [("stdout", "a"), ("stdout", "b"), ("stderr", "c"), ("stdout", "d")]]
    notebook = v4.new_notebook(cells=[v4.new_code_cell("", outputs=pieces)])
    build._settle(notebook)
    assert [output.text for output in notebook.cells[0].outputs] == ["ab", "c", "d"]


def test_progress_bars_are_left_out_and_warnings_are_not(tools):
    v4 = build.tools()[2].v4
    said = ("\r 10% |##  |", "\r100% |####|", "\n", "Careful!\n")
    pieces = [v4.new_output("stream", name="stderr", text=text) for text in said]
    notebook = v4.new_notebook(cells=[v4.new_code_cell("", outputs=pieces)])
    build._settle(notebook)
    assert [output.text for output in notebook.cells[0].outputs] == ["Careful!\n"]


@pytest.mark.parametrize(("text", "expected"), [
    ("梯度\n下降", "梯度下降"), ("用 `x`\n表示", "用 `x`\n表示"), ("它是\n`x`", "它是\n`x`"),
    ("在 $x$\n处", "在 $x$\n处"), ("先\n\n后", "先\n\n后"), ("- 一\n- 二", "- 一\n- 二"),
    ("- 一\n  又一", "- 一又一"), ("## 标题\n正文", "## 标题\n正文"),
    ("| 表 |\n| 格 |", "| 表 |\n| 格 |"), ("如下：\n$$x$$", "如下：\n$$x$$"), ("1. 一\n2. 二", "1. 一\n2. 二"),
    ("Adam\n优化器", "Adam\n优化器"), ("优化器\nAdam", "优化器\nAdam"), ("（1964）\n让机器", "（1964）让机器"),
])
def test_lines_of_chinese_are_joined(text, expected):
    assert joined(text) == expected


def test_the_command(source, tools, without_a_kernel, capsys):
    assert main(["97"]) == 0
    assert capsys.readouterr().out == "97_tiny (en): 1.5 s, written\n97_tiny (zh): 1.5 s, written\n"
    assert main([]) == 0
    assert capsys.readouterr().out == "97_tiny (en): 1.5 s, unchanged\n97_tiny (zh): 1.5 s, unchanged\n"
    assert main(["97", "--language", "zh", "--run"]) == 0
    assert capsys.readouterr().out == "97_tiny (zh): 1.5 s\n"


def test_the_command_says_what_is_wrong(source, tools, without_a_kernel, capsys):
    assert main(["98"]) == 1
    assert "there are sources of lessons 97 in" in capsys.readouterr().err
    source.write_text(SOURCE.replace("assert 1", "print(1"), encoding="utf-8")
    assert main(["97"]) == 1
    assert "asserts nothing" in capsys.readouterr().err


def test_without_the_tools_the_way_to_get_them_is_said(monkeypatch):
    def missing(name):
        raise ImportError(f"No module named {name!r}", name=name)
    monkeypatch.setattr(build.importlib, "import_module", missing)
    with pytest.raises(ImportError, match=r'building lessons needs ipykernel: .* pip install -e "\.\[lessons\]"'):
        build.tools()


def test_a_notebook_is_read_back_as_it_was_written(source, tools, without_a_kernel):
    build.build(source, "zh")
    raw = (source.parents[1] / "zh" / "97_tiny.ipynb").read_bytes()
    assert json.load(io.BytesIO(raw))["metadata"]["tinylm"]["source"] == fingerprint(source)
    assert "直觉".encode() in raw  # as characters, not as \\u escapes
