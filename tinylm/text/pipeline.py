"""A pipeline: the steps that prepare a text, with their settings, kept in a file so that they can be repeated.

What a model was trained on is text after cleaning, and what it is asked must be cleaned in the same way. So the steps
are a value, saved and loaded, and each counts what it took away.
"""

from __future__ import annotations

import difflib
import inspect
import os
import threading
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self, TypeVar

from . import cleaning, sentences, stopwords, storage, treebank
from .segmenter import Segmenter, chinese_characters
from .vocabulary import Vocabulary

Kind = Literal["text", "list"]
Function = TypeVar("Function", bound=Callable[..., Any])
Given = str | Callable[..., Any] | tuple[str | Callable[..., Any], dict[str, Any]]

PROBE = ("“It's 9.30 p.m.,” wrote Prof. Ångström in the U.S.; he's not amused…  Visit <b>https://example.org</b>!\r\n\n"
         "ＡＢＣ ﬁne e\u0301tude\u200b &amp; don't  [link](http://a.b)\tLove 3.14 × 1,000 = 3140? "
         "今天天气很好。我们去公园吧！")
"""What a pipeline makes of this text is saved with it: if a loaded one makes something else, something changed."""


class Step(NamedTuple):
    """A function that a file can name."""

    function: Callable[..., Any]
    takes: Kind
    gives: Kind


STEPS: dict[str, Step] = {}
"""The steps that there are, by name."""


def step(function: Function | None = None, *, takes: Kind = "text", gives: Kind = "text") -> Any:
    """Register a function of your own as a step, under its name: write @tl.text.step above it.

    takes, gives  "text", or "list" for a list of words or sentences: @tl.text.step(gives="list")

    What its first argument is not must be settings, given by name: numbers, strings, lists, so that JSON can hold
    them. Raises ValueError for a lambda, which has no name, and for a name that another function has.
    """
    if function is None:
        return lambda function: step(function, takes=takes, gives=gives)
    name = getattr(function, "__name__", "<lambda>")
    if not name.isidentifier():
        raise ValueError(f"step: {name} is no name that a file could give; write the function with def")
    there = STEPS.get(name)
    if there and (there.function.__module__, there.function.__qualname__) != (function.__module__,
                                                                             function.__qualname__):
        raise ValueError(f"step: {there.function.__module__} has a step {name!r} already; call this one otherwise")
    if {takes, gives} - {"text", "list"} or (takes, gives) == ("list", "text"):
        raise ValueError(f"step: {name} takes {takes!r} and gives {gives!r}; each is 'text' or 'list', and a list "
                         "stays one")
    STEPS[name] = Step(function, takes, gives)
    return function


@dataclass
class Tally:
    """What a step did to all texts so far; white space between the items of a list is not counted."""

    texts: int = 0
    changed: int = 0  # how many of them it changed
    characters_before: int = 0
    characters_after: int = 0


class Pipeline:
    """Steps that are done one after the other: `pipeline(text)`.

    steps  each a name of `STEPS`, or a name and its settings, ("normalise_unicode", {"form": "NFKC"}). A function
           from text to text works too, but with one that is not registered (see `step`) it cannot be saved

    A step that takes a text does so with each where there is a list, so ["split_sentences", "treebank_words"] gives a
    list of words for each sentence. Raises ValueError for a step or setting that there is not, and for a step that
    takes a list where there is none.
    """

    def __init__(self, steps: Iterable[Given]) -> None:
        if isinstance(steps, str):
            raise TypeError(f"Pipeline: steps is a list of names: Pipeline([{steps!r}])")
        self.steps = [_parsed(given) for given in steps]
        """The name of each (or the function), and its settings."""
        self.record = [Tally() for _ in self.steps]
        """What each step did so far."""
        self._lock = threading.Lock()
        self._do: list[tuple[Step, int]] = []  # what each does, and how deep in lists
        depth = 0
        for name, settings in self.steps:
            known = STEPS[name] if isinstance(name, str) else Step(name, "text", "text")
            _check_settings(known.function, settings)
            inside = depth - (known.takes == "list")
            if inside < 0:
                raise ValueError(f"Pipeline: {_called(name)} takes a list of words, but there it is given a text: "
                                 "put a step such as treebank_words before it")
            depth = inside + (known.gives == "list")
            self._do.append((known, inside))

    def __call__(self, text: str) -> Any:
        """The prepared text, or the list that the last step gives. Raises TypeError for what is no str."""
        value: Any = cleaning.check_text(text, "Pipeline")
        size, tallies = len(text), []
        for (known, depth), (_, settings) in zip(self._do, self.steps, strict=True):
            before, had = value, size
            value = _apply(known, settings, before, depth)
            size = _size(value)
            tallies.append(Tally(1, int(value != before), had, size))
        with self._lock:
            for mine, new in zip(self.record, tallies, strict=True):
                for field, amount in asdict(new).items():
                    setattr(mine, field, getattr(mine, field) + amount)
        return value

    def __repr__(self) -> str:
        shown = [f"({_called(name)}, {settings})" if settings else _called(name) for name, settings in self.steps]
        return f"Pipeline([{', '.join(shown)}])"

    def report(self) -> str:
        """What each step did, as a table to print."""
        lines = [f"{'step':40} {'changed':>9} {'texts':>9} {'characters':>12} {'taken away':>11}"]
        for (name, settings), did in zip(self.steps, self.record, strict=True):
            shown = ", ".join([_called(name).strip("'"), *(f"{key}={value!r}" for key, value in settings.items())])
            lost = did.characters_before - did.characters_after
            share = f"{lost / did.characters_before:11.2%}" if did.characters_before else f"{'-':>11}"
            lines.append(f"{shown:40.40} {did.changed:9,} {did.texts:9,} {did.characters_after:12,} {share}")
        return "\n".join(lines)

    def save(self, path: str | Path) -> None:
        """Write the steps, their settings and the record as JSON, whole or not at all.

        Raises ValueError for a function without a name (see `step`), and for a setting that JSON cannot hold.
        """
        for name, settings in self.steps:
            if not isinstance(name, str):
                raise ValueError(f"Pipeline.save: {_called(name)} is not registered, so a file cannot name it: write "
                                 "@tl.text.step above its definition, and give its name to the Pipeline")
            for key, value in settings.items():
                if not _plain(value):
                    raise ValueError(f"Pipeline.save: {name}: JSON cannot hold {key}={value!r}; settings are numbers, "
                                     "strings, and lists or dictionaries of them")
        steps = [{"step": name, "settings": settings, "did": asdict(did)}
                 for (name, settings), did in zip(self.steps, self.record, strict=True)]
        storage.write(path, "pipeline", {"steps": steps, "probe": self._probe()})

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote, the record too. Functions of your own must be registered before.

        Warns where a text comes out otherwise than when it was saved: another version of a function, of Python's
        Unicode, or of a file that a step reads. Raises ValueError for a file that is something else.
        """
        content = storage.read(path, "pipeline")
        try:
            steps = [(str(one["step"]), dict(one["settings"])) for one in content["steps"]]
            record = [Tally(**one["did"]) for one in content["steps"]]
            probe = content["probe"]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} is no pipeline of TinyLM: {error!r}") from error
        try:
            made = cls(steps)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path}: {error}") from error
        if made._probe() != probe:
            warnings.warn(f"{path}: this pipeline no longer does what it did when it was saved: a step, a file that it "
                          "reads, or Python's Unicode is of another version", stacklevel=2)
        made.record = record
        return made

    def _probe(self) -> Any:
        """What becomes of `PROBE`, without a trace in the record; or which error does."""
        try:
            return type(self)(self.steps)(PROBE)
        except Exception as error:
            return {"error": type(error).__name__}


def segment(text: str, file: str) -> list[str]:
    """The words of a text by the `Segmenter` in a file; its path is from the working directory, or absolute."""
    return _loaded(Segmenter, file).words(text)


def replace_rare(words: Sequence[str], file: str) -> list[str]:
    """Words, with <unk> for each that the `Vocabulary` in a file does not know."""
    return _loaded(Vocabulary, file).replace_rare(words)


BUILT_IN: dict[tuple[Kind, Kind], list[Callable[..., Any]]] = {
    ("text", "text"): [
        cleaning.lower, cleaning.casefold, cleaning.normalise_unicode, cleaning.collapse_whitespace,
        cleaning.remove_controls, cleaning.remove_markup, cleaning.unwrap_links, cleaning.remove_urls,
        cleaning.remove_punctuation,
    ],
    ("text", "list"): [sentences.split_sentences, treebank.treebank_words, chinese_characters, segment],
    ("list", "list"): [stopwords.remove_stop_words, replace_rare],
}
for (_takes, _gives), _functions in BUILT_IN.items():
    for _function in _functions:
        step(_function, takes=_takes, gives=_gives)


def _parsed(given: Any) -> tuple[str | Callable[..., Any], dict[str, Any]]:
    name, settings = given if isinstance(given, (tuple, list)) and len(given) == 2 else (given, {})
    if not (isinstance(name, str) or callable(name)) or not isinstance(settings, dict):
        raise TypeError(f"Pipeline: a step is a name, or a name and a dictionary of settings, not {given!r}")
    registered = STEPS.get(getattr(name, "__name__", ""))
    if registered and registered.function is name:
        name = name.__name__
    if isinstance(name, str) and name not in STEPS:
        near = difflib.get_close_matches(name, STEPS, 1, 0.5)
        raise ValueError(f"Pipeline: there is no step {name!r}" + (f"; did you mean {near[0]!r}?" if near else ".")
                         + f" There are {', '.join(STEPS)}. One of your own is registered by @tl.text.step")
    return name, {key: list(value) if isinstance(value, tuple) else value for key, value in settings.items()}


def _check_settings(function: Callable[..., Any], settings: dict[str, Any]) -> None:
    """Raise ValueError for a setting that the function lacks, or lacks a value for."""
    parameters = list(inspect.signature(function).parameters.values())
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        return
    names = [one.name for one in parameters[1:]]
    called = getattr(function, "__name__", repr(function))
    for key in settings:
        if key not in names:
            near = difflib.get_close_matches(str(key), names, 1, 0.5)
            raise ValueError(f"Pipeline: {called} has no setting {key!r}" + (f"; did you mean {near[0]!r}?" if near else
                             f"; it has {', '.join(names) or 'none'}"))
    for one in parameters[1:]:
        if one.default is one.empty and one.kind is not one.VAR_POSITIONAL and one.name not in settings:
            raise ValueError(f"Pipeline: {called} needs the setting {one.name!r}: ({called!r}, {{{one.name!r}: ...}})")


def _apply(known: Step, settings: dict[str, Any], value: Any, depth: int) -> Any:
    """What the step makes of `value`, or of each item where there are `depth` lists around."""
    if depth:
        return [_apply(known, settings, one, depth - 1) for one in value]
    made = known.function(value, **settings)
    if not isinstance(made, list if known.gives == "list" else str):
        raise TypeError(f"Pipeline: {_called(known.function)} gave {type(made).__name__}, not "
                        + ("a list; return one" if known.gives == "list" else
                           "str; a step that gives a list is registered by @tl.text.step(gives='list')"))
    return made


def _size(value: Any) -> int:
    """How many characters there are in a text, or in all of a list."""
    return len(value) if isinstance(value, str) else sum(map(_size, value))


def _plain(value: Any) -> bool:
    """Whether JSON gives the value back as it is."""
    if isinstance(value, list):
        return all(map(_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and _plain(one) for key, one in value.items())
    return value is None or isinstance(value, (str, int)) or (isinstance(value, float) and value - value == 0)


def _called(name: Any) -> str:
    return repr(name) if isinstance(name, str) else getattr(name, "__name__", repr(name))


def _loaded(kind: Any, file: str) -> Any:
    status = os.stat(file)
    return _load(kind, file, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=8)
def _load(kind: Any, file: str, *_: int) -> Any:
    return kind.load(file)
