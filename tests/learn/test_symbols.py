"""Every public symbol has its lesson and its test, no lesson uses what comes later, and all pointers lead somewhere."""

import ast
import importlib
import re
import types
from pathlib import Path

import pytest

import tinylm
from tinylm import learn
from tinylm.learn import lessons, symbols
from tinylm.learn.symbols import BLACK_BOXES, TABLE, known_in

ROOT = Path(tinylm.__file__).parents[1]
SOURCES = sorted((ROOT / "lessons" / "source").glob("[0-9][0-9]_*.py"))
MODULES = sorted(Path(learn.__file__).parent.glob("lesson_[0-9][0-9].py"))
PAGES = [ROOT / "lessons" / name for name in ("README.md", "glossary.md", "common_errors.md")]

PACKAGES = ["nn", "optim", "text", "data", "models", "metrics", "corpus", "learn"]
"""Those that say in __all__ what is public; beside them, all that `tl.` finds, the operations and the initialisers."""


def public():
    """The full names of all public symbols."""
    names = {f"tinylm.{package}.{name}" for package in PACKAGES
             for name in importlib.import_module(f"tinylm.{package}").__all__}
    for module in (tinylm, tinylm.ops, tinylm.nn.init):
        for name in dir(module):
            value = getattr(module, name)
            if name.startswith("_") or isinstance(value, types.ModuleType):
                continue
            if module is tinylm.nn.init and getattr(value, "__module__", "") != "tinylm.nn.init":
                continue
            names.add(f"{module.__name__}.{name}")
    return names - {"tinylm.importlib", "tinylm.Any", "tinylm.ops.TABLE"}


def resolve(name):
    """The object of a dotted name, modules on the way imported; LookupError if there is none."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        try:
            for part in parts[cut:]:
                found = getattr(found, part)
        except AttributeError:
            continue
        return found
    raise LookupError(name)


def defined(where):
    """The text of a test, or of a whole file; LookupError if it is not there."""
    file, _, test = where.partition("::")
    path = ROOT / file
    if not path.is_file():
        raise LookupError(f"there is no file {file}")
    text = path.read_text(encoding="utf-8")
    if test and not re.search(rf"^def {test}\(", text, re.MULTILINE):
        raise LookupError(f"there is no test {where}")
    return text


def test_every_public_symbol_is_in_the_table():
    missing = sorted(public() - set(symbols.symbols()))
    assert not missing, f"add rows to tinylm/learn/symbols.py, a lesson and a test for each of: {' '.join(missing)}"


def test_what_is_in_the_table_is_there():
    gone = []
    for name in symbols.symbols():
        try:
            resolve(name)
        except LookupError:
            gone.append(name)
    assert not gone
    kept = {f"{module}." for module in TABLE if module.removeprefix("tinylm.") in [*PACKAGES, "ops", "nn.init"]}
    private = [name for name in symbols.symbols()
               if name.rpartition(".")[0] + "." in kept and name not in public()]
    assert not private, f"no longer public: {private}"


def test_every_symbol_names_a_lesson_that_is_there_or_planned():
    assert {taught.lesson for taught in symbols.symbols().values()} <= set(lessons.LESSONS)


def test_every_symbol_names_a_test_that_is_there():
    faults = []
    for name, taught in symbols.symbols().items():
        try:
            text = defined(taught.test)
        except LookupError as error:
            faults.append(f"{name}: {error}")
            continue
        if "::" not in taught.test and not re.search(rf"\b{name.rpartition('.')[2]}\b", text):
            faults.append(f"{name}: {taught.test} does not mention it; name the test there that proves it (file::test)")
    assert not faults, "\n".join(faults)


def test_a_symbol_stands_once(monkeypatch):
    monkeypatch.setitem(TABLE, "tinylm.optim", TABLE["tinylm.optim"] + "\n04 optim/test_equations.py SGD")
    with pytest.raises(ValueError, match="SGD stands twice"):
        symbols.symbols()


def code_of(path):
    """The code of a source without its prose, or of a module."""
    cells = re.split(r"^(?=# %%)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return "".join(cell for cell in cells if "[markdown]" not in cell.split("\n", 1)[0])


def used(tree, package=""):
    """(full name, line) of what a piece of code uses of TinyLM, as far as modules go: tl.nn.Linear, not its methods."""
    aliases = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            aliases |= {name.asname or name.name.split(".")[0]: name.name if name.asname else name.name.split(".")[0]
                        for name in node.names if name.name.split(".")[0] == "tinylm"}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[:len(package.split(".")) + 1 - node.level] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            if module.split(".")[0] == "tinylm":
                aliases |= {name.asname or name.name: f"{module}.{name.name}" for name in node.names}
                yield from ((f"{module}.{name.name}", node.lineno) for name in node.names)
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Attribute, ast.Name)) and id(node) not in inner:
            parts, head = [], node
            while isinstance(head, ast.Attribute):
                parts.insert(0, head.attr)
                head = head.value
            if isinstance(head, ast.Name) and head.id in aliases:
                yield ".".join([aliases[head.id], *parts]), node.lineno


def settled(name):
    """The name of the symbol itself: what comes after it is its own; `tl.exp` is an operation. None for a module."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        found = resolve(".".join(parts[:end]))
        if not isinstance(found, types.ModuleType):
            name = ".".join(parts[:end])
            shared = end == 2 and name not in symbols.symbols() and hasattr(tinylm.ops, parts[1])
            return f"tinylm.ops.{parts[1]}" if shared else name
    return None


def too_early(code, lesson, package=""):
    """What a lesson's code uses that neither it nor an earlier lesson introduces."""
    names = {(settled(name), line) for name, line in used(ast.parse(code), package)}
    own = ("tinylm.learn.", "tinylm.Any")  # what exercises are made of
    return sorted(f"{name} (line {line})" for name, line in names
                  if name and name not in known_in(lesson) and not (package and name.startswith(own)))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_lesson_uses_what_it_or_an_earlier_one_introduces(path):
    assert not too_early(code_of(path), path.name[:2]), "see TABLE and BLACK_BOXES in tinylm/learn/symbols.py"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_its_exercises_too(path):
    assert not too_early(path.read_text(encoding="utf-8"), path.stem[-2:], "tinylm.learn")


@pytest.mark.parametrize(("code", "found"), [
    ("import tinylm as tl\ntl.nn.LSTM(3, 4).forward", ["tinylm.nn.LSTM (line 2)"]),
    ("from tinylm import nn\nx = nn.LSTM", ["tinylm.nn.LSTM (line 2)"]),
    ("from tinylm.models.gpt import GPT", ["tinylm.models.gpt.GPT (line 1)"]),
    ("import tinylm as tl\ntl.embedding, tl.exp, tl.gradcheck", ["tinylm.ops.embedding (line 2)"]),
    ("import tinylm as tl\ntl.graph.unbroadcast", ["tinylm.graph.unbroadcast (line 2)"]),
    ("import numpy as np\nimport tinylm as tl\nnp.nn, tl.Tensor.backward, tl.nn", []),
])
def test_what_comes_too_early_is_found(code, found, monkeypatch):
    monkeypatch.setattr(symbols, "BLACK_BOXES", {})
    assert too_early(code, "02") == found


def test_black_boxes_are_taught_later():
    for lesson, names in BLACK_BOXES.items():
        for name in names.split():
            assert symbols.symbols()[name].lesson > lesson, f"{name} is no black box in lesson {lesson}"
            path = next((path for path in SOURCES if path.name[:2] == lesson), None)
            if path is not None:
                assert name in {settled(one) for one, _ in used(ast.parse(code_of(path)))}, f"{lesson} has no {name}"


def pointers(text):
    """The names in prose that say where something is in the library: `tinylm.x.y`, `tl.x.y`, `tinylm/x/y.py`."""
    spans = re.findall(r"`([^`\n]+)`", text)
    names = [re.match(r"(?:tinylm|tl)(?:\.\w+)+", span) for span in spans]
    paths = [re.fullmatch(r"(?:tinylm|tests|lessons)/[\w/.]*\w", span) for span in spans]
    return ([match[0].replace("tl.", "tinylm.", 1) if match[0].startswith("tl.") else match[0]
             for match in names if match],
            [match[0] for match in paths if match])


def prose_of(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    cells = re.split(r"^(?=# %%)", text, flags=re.MULTILINE)
    return "".join(cell for cell in cells if "[markdown]" in cell.split("\n", 1)[0])


@pytest.mark.parametrize("path", [*SOURCES, *PAGES], ids=lambda path: path.stem)
def test_every_pointer_leads_somewhere(path):
    names, paths = pointers(prose_of(path))
    lost = []
    for name in names:
        try:
            resolve(name)
        except LookupError:
            lost.append(name)
    lost += [name for name in paths if "NN" not in name and not (ROOT / name).exists()]
    assert not lost
    assert names or paths or path.stem == "glossary"


def test_a_pointer_that_leads_nowhere_is_found():
    names, paths = pointers("`tinylm.verify.gradcheck(f, x)`, `tl.nn.Nothing` and `tinylm/nothing.py`; `np.tanh`, `tl`")
    assert names == ["tinylm.verify.gradcheck", "tinylm.nn.Nothing"] and paths == ["tinylm/nothing.py"]
    assert resolve(names[0]) is tinylm.gradcheck
    with pytest.raises(LookupError):
        resolve(names[1])


def test_every_file_of_the_reading_order_is_there():
    text = (ROOT / "lessons" / "README.md").read_text(encoding="utf-8")
    steps = re.findall(r"^\d+\. (.+(?:\n   .+)*)", text[text.index("## Without the lessons"):], re.MULTILINE)
    assert len(steps) >= 10
    for step in steps:
        folder = ROOT
        spans = re.findall(r"`([\w/.]+)`", step)
        assert spans
        for span in spans:
            folder = (ROOT / span).parent if "/" in span.rstrip("/") else folder
            assert (ROOT / span if "/" in span else folder / span).exists(), f"{span} in {step!r}"
