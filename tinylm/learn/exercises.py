"""What an exercise is: a judge, hints that come one at a time, and a solution.

Those of lesson 02 stand in lesson_02.py, each as

    @exercise("02.1", "implement", title=("...", "..."), hints=[("...", "..."), ...], solution=central)
    def _(answer):
        ...                                     # raises Wrong, or says what there is to notice

and are imported when one of them is first asked for.
"""

from __future__ import annotations

import importlib
import inspect
import re
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from . import progress
from .language import Both, say

KINDS = {"predict": "预测", "implement": "实现", "break": "弄坏", "extend": "扩展"}
"""What the learner is asked to do, and its name in Chinese."""

Judge = Callable[[Any], str | None]


class Exercise(NamedTuple):
    """An exercise, its texts in both languages."""

    number: str
    kind: str
    title: Both
    judge: Judge  # takes the answer; raises Wrong or Empty, or gives a remark for one that is right
    hints: Sequence[Both]
    solution: Callable[..., Any]  # the answer itself; for a prediction, a function that computes it
    why: Both  # what there is to say about the solution

    @property
    def answer(self) -> Any:
        """What a learner who knows it all would hand in."""
        return self.solution() if self.kind == "predict" else self.solution


EXERCISES: dict[str, Exercise] = {}
"""Every exercise that has been imported, by its number."""


def exercise(number: str, kind: str, *, title: Both, hints: Sequence[Both], solution: Callable[..., Any],
             why: Both) -> Callable[[Judge], Judge]:
    """Make a judge an exercise. Raises ValueError for a kind that is not in `KINDS`."""
    if kind not in KINDS:
        raise ValueError(f"{number}: an exercise is to {', '.join(KINDS)}, not to {kind!r}")

    def register(judge: Judge) -> Judge:
        EXERCISES[number] = Exercise(number, kind, title, judge, tuple(hints), solution, why)
        return judge
    return register


def of_lesson(lesson: str) -> list[Exercise]:
    """The exercises of a lesson such as "02", in order; none if it has none (yet)."""
    name = f"{__package__}.lesson_{lesson}"
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:  # its own imports are another matter
            raise
    return [found for number, found in sorted(EXERCISES.items()) if number.startswith(f"{lesson}.")]


def find(number: str) -> Exercise:
    """The exercise by its number. Raises ValueError, saying which there are, for one that there is not."""
    form = re.fullmatch(r"(\d\d?)\.(\d)", str(number))
    if form is None:
        raise ValueError(say(f'an exercise has a number such as "02.1", as a text; {number!r} is none',
                             f'练习编号是 "02.1" 这样的字符串，{number!r} 不是'))
    lesson, full = form[1].zfill(2), f"{form[1].zfill(2)}.{form[2]}"
    known = {one.number: one for one in of_lesson(lesson)}
    if full not in known:
        there = ", ".join(known)
        raise ValueError(say(f"there is no exercise {full}; " + (f"there are: {there}" if there else
                             f"lesson {lesson} has none"),
                             f"没有练习 {full}；" + (f"有：{there}" if there else f"第 {lesson} 课没有练习")))
    return known[full]


def hint(number: str) -> None:
    """Print the next hint of an exercise such as "02.1", after those that were shown before."""
    found, record = find(number), progress.recall(number)
    shown = min(record.hints + 1, len(found.hints))
    progress.keep(number, record._replace(hints=shown))
    for place, text in enumerate(found.hints[:shown], 1):
        print(f"{number} [{place}/{len(found.hints)}]  {say(*text)}")
    if record.hints >= len(found.hints):
        print(say(f'That was the last hint. solution("{number}") shows one way.',
                  f'提示到此为止。solution("{number}") 给出一种做法。'))


def solution(number: str) -> None:
    """Print one way to solve an exercise such as "02.1", and why it is right."""
    found = find(number)
    print(say(*found.why))
    print()
    print(textwrap.dedent(inspect.getsource(found.solution)).rstrip())
