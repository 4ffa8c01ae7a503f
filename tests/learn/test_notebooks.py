"""The notebooks are what their sources say; `-m lessons` executes them and compares what they print."""

import json
import re

import pytest

from tinylm.learn import build
from tinylm.learn.language import LANGUAGES

SOURCES = build.sources()
BOTH = [pytest.param(source, tongue, id=f"{tongue}-{source.stem}") for source in SOURCES for tongue in LANGUAGES]


def target(source, tongue):
    return build.LESSONS / tongue / f"{source.stem}.ipynb"


def read(source, tongue):
    path = target(source, tongue)
    assert path.is_file(), f"not built: python -m tinylm.learn.build {source.name[:2]}"
    return json.loads(path.read_text(encoding="utf-8"))


def test_there_are_lessons():
    assert SOURCES


@pytest.mark.parametrize(("source", "tongue"), BOTH)
def test_a_notebook_is_built_from_its_source_as_it_is(source, tongue):
    facts = read(source, tongue)["metadata"]["tinylm"]
    assert facts == {"lesson": source.name[:2], "language": tongue, "source": build.fingerprint(source)}, \
        f"the source has changed since: python -m tinylm.learn.build {source.name[:2]}"


@pytest.mark.parametrize(("source", "tongue"), BOTH)
def test_its_cells_are_those_of_the_source(source, tongue):
    pytest.importorskip("jupytext")
    assembled = build.assemble(source, tongue).cells
    cells = read(source, tongue)["cells"]
    assert [("".join(cell["source"]), cell["id"]) for cell in cells] == [(cell.source, cell.id) for cell in assembled]


@pytest.mark.parametrize(("source", "tongue"), BOTH)
def test_it_was_executed_from_top_to_bottom(source, tongue):
    cells = [cell for cell in read(source, tongue)["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"], "a warning is no part of a lesson"
    assert any("image/png" in output.get("data", {}) for output in outputs), "a lesson without a picture"


@pytest.mark.parametrize(("source", "tongue"), BOTH)
def test_it_says_nothing_of_the_machine_that_built_it(source, tongue):
    text = target(source, tongue).read_text(encoding="utf-8")
    assert not re.search(r"/home/|/root/|/tmp/|/Users/|[A-Z]:\\\\Users", text)


@pytest.mark.parametrize(("source", "tongue"), BOTH)
def test_its_size(source, tongue):
    assert target(source, tongue).stat().st_size <= build.MOST_BYTES


def test_the_size_of_all():
    assert sum(path.stat().st_size for path in build.LESSONS.glob("*/*.ipynb")) < 5_000_000


def test_no_notebook_is_without_a_source():
    there = {path.relative_to(build.LESSONS).as_posix() for path in build.LESSONS.rglob("*.ipynb")
             if ".ipynb_checkpoints" not in path.parts}
    assert there == {f"{tongue}/{source.stem}.ipynb" for source in SOURCES for tongue in LANGUAGES}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_a_source_has_no_complaints(source):
    pytest.importorskip("jupytext")
    build.cells_of(source)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_both_languages_draw_the_same_pictures(source):
    counts = [[sum("image/png" in output.get("data", {}) for output in cell.get("outputs", ()))
               for cell in read(source, tongue)["cells"]] for tongue in LANGUAGES]
    assert counts[0] == counts[1]


@pytest.mark.lessons
@pytest.mark.parametrize(("source", "tongue"), BOTH)
def test_executed_again_it_gives_the_same(source, tongue, monkeypatch):
    """All but what varies from machine to machine, which its cell says, and pictures.

    Two minutes are what the builder allows; here a slow machine is no failure, and .ci/run limits the sum.
    """
    monkeypatch.setattr(build, "MOST_SECONDS", 5 * build.MOST_SECONDS)
    notebook = build.assemble(source, tongue)
    seconds = build.execute(notebook)
    print(f"{source.stem} ({tongue}): {seconds:.0f} s")
    nbformat = build.tools()[2]
    before = build.comparable(nbformat.read(target(source, tongue), as_version=4), pictures=False)
    after = build.comparable(nbformat.reads(nbformat.writes(notebook), as_version=4), pictures=False)
    for old, new in zip(before.cells, after.cells, strict=True):
        assert old == new, f"a cell gives something else here: {old.source}\nit gave {old.get('outputs')}\n" \
            f"and now {new.get('outputs')}\n(has it to say tags=[\"varies\"]?)"
    assert before.metadata == after.metadata
