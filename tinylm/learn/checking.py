"""How an answer is tried: called with care, compared entry by entry, and told what its mistake looks like."""

from __future__ import annotations

import copy
import linecache
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..tensor import Tensor
from . import progress
from .diagnosis import Suspect, shape_cause, value_cause
from .exercises import find
from .language import Both, say

PACKAGE = Path(__file__).parents[1]


class Wrong(Exception):  # noqa: N818  (it is an answer that is wrong)
    """The answer is wrong: what was expected and where it differs, then the likely cause if there is one."""

    def __init__(self, what: str, cause: str = "") -> None:
        super().__init__(what)
        self.what, self.cause = what, cause


class Empty(Exception):  # noqa: N818
    """There is no answer yet: the stub as it was, or a function that returns nothing."""


class Verdict(NamedTuple):
    """What `check` found: true if the answer is right."""

    number: str
    passed: bool
    text: str

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        return f"Verdict({self.number}, {'passed' if self.passed else 'not yet'})"

    def _ipython_display_(self) -> None:
        """A notebook shows nothing more: `check` has printed it."""


class Learner:
    """A function that the learner wrote, called on copies, so that it cannot change what it is judged by."""

    def __init__(self, function: Callable[..., Any], number: str) -> None:
        self.function, self.number = function, number

    def __call__(self, *args: Any) -> Any:
        """What it returns. Raises Wrong where it fails or writes to its arguments, Empty where it returns nothing."""
        mine = [np.array(value) if isinstance(value, np.ndarray) else copy.copy(value) for value in args]
        try:
            result = self.function(*mine)
        except NotImplementedError:
            raise Empty from None
        except (Wrong, Empty):
            raise
        except Exception as error:
            raise Wrong(*_failure(error, args)) from error
        if result is None or result is Ellipsis or result is NotImplemented:
            raise Empty
        for place, (before, after) in enumerate(zip(args, mine, strict=True)):
            if isinstance(before, np.ndarray) and not np.array_equal(before, after, equal_nan=True):
                raise Wrong(say(f"your function changes its argument {place + 1} in place",
                                f"你的函数就地修改了第 {place + 1} 个参数"),
                            say("An operator such as += or an assignment x[...] = writes into the caller's array. Work "
                                "on a new one.", "+= 或 x[...] = 这样的写法会写进调用者的数组。请另建一个新数组。"))
        return result


def check(number: str, answer: Any) -> Verdict:
    """Try an answer to an exercise such as "02.1", print what was found, and give it back; true if it is right.

    answer  the learner's own object: a function itself (not what it returned), a number, ...

    Raises ValueError for an exercise that there is not.
    """
    exercise = find(number)
    number = exercise.number
    record = progress.recall(number)
    begun = True
    try:
        if answer is None or answer is Ellipsis:
            raise Empty
        with np.errstate(all="ignore"):
            remark = exercise.judge(_careful(answer, number, exercise.kind))
        passed, lines = True, [f"✓ {number}  {say(*exercise.title)}" + (f"{say(': ', '：')}{remark}" if remark else "")]
    except Wrong as wrong:
        passed, lines = False, [f"✗ {number}  {wrong.what}", *([f"  {wrong.cause}"] if wrong.cause else [])]
        lines.append("  " + _way_out(number, len(exercise.hints) - record.hints))
    except Empty:
        passed, begun = False, False
        lines = [f"○ {number}  " + _nothing(answer, number)]
    if begun:
        progress.keep(number, record._replace(tries=record.tries + 1, passed=record.passed or passed))
    verdict = Verdict(number, passed, "\n".join(lines))
    print(verdict.text)
    return verdict


def compare(got: Any, expected: Any, what: Both, *, tolerance: float = 1e-9, suspects: Sequence[Suspect] = ()) -> None:
    """Raise Wrong unless `got` is `expected`, with the first place that differs and the likely cause.

    what       what was computed, as a noun: ("your derivative of exp at x = 0.3", "你求出的 exp 在 x = 0.3 处的导数")
    tolerance  how far an entry may be off, relative to the largest expected one, or to 1 if that is larger
    suspects   what known mistakes would have given, and what to say then
    """
    array, right = as_array(got, what), np.asarray(expected)
    if array.shape != right.shape:
        raise Wrong(say(f"{what[0]} has the shape {array.shape}, expected {right.shape}",
                        f"{what[1]}形状是 {array.shape}，应为 {right.shape}"), shape_cause(array.shape, right.shape))
    allowed = tolerance * max(1.0, float(np.max(np.abs(right), initial=0.0)))
    with np.errstate(invalid="ignore"):
        off = np.where(array == right, 0.0, np.abs(array.astype(np.float64) - right))
    bad = ~(off <= allowed)  # NaN is bad
    if not bad.any():
        return
    place = tuple(int(k) for k in np.argwhere(bad)[0])
    where = f" [{', '.join(map(str, place))}]" if place else ""
    mine, theirs = _digits(float(array[place]), float(right[place]))
    raise Wrong(say(f"{what[0]}{where and ' at'}{where} is {mine}, expected {theirs} ± {allowed:.0e}, "
                    f"off by {off[place]:.1e}",
                    f"{what[1]}{where and '在'}{where}{where and ' '}是 {mine}，应为 {theirs} ± {allowed:.0e}，"
                    f"相差 {off[place]:.1e}"),
                value_cause(array, right, suspects))


def as_array(value: Any, what: Both) -> np.ndarray:
    """What the learner's code gave, as an array of numbers. Raises Wrong for anything that is none."""
    try:
        array = np.asarray(value.data if isinstance(value, Tensor) else value)
    except (ValueError, TypeError):
        array = np.asarray(value, dtype=object)
    if array.dtype.kind not in "fiub":
        raise Wrong(say(f"{what[0]} is of type {type(value).__name__}, expected a number or an array of numbers",
                        f"{what[1]}的类型是 {type(value).__name__}，应为数或由数组成的数组"))
    return array


def _careful(answer: Any, number: str, kind: str) -> Any:
    if kind == "predict":
        if callable(answer):
            raise Wrong(say("this exercise asks for a prediction, not for a function", "这道题要的是预测值，不是函数"))
        return answer
    if not callable(answer):
        raise Wrong(say(f"this exercise asks for the function itself; what it got is of type {type(answer).__name__}",
                        f"这道题要的是函数本身，收到的却是 {type(answer).__name__} 类型"),
                    say(f'Hand it over without calling it: check("{number}", my_function).',
                        f'直接交出函数，不要调用它：check("{number}", my_function)。'))
    return Learner(answer, number)


def _failure(error: Exception, args: Sequence[Any]) -> tuple[str, str]:
    """What to say of an exception in the learner's code: which, on which line of theirs, for which arguments."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__)
              if PACKAGE not in Path(frame.filename).parents]
    own = [frame for frame in frames if "site-packages" not in frame.filename]
    line = ""
    if own:
        text = linecache.getline(own[-1].filename, own[-1].lineno or 0).strip()
        line = say(f", in line {own[-1].lineno}: {text}", f"，在第 {own[-1].lineno} 行：{text}") if text else ""
    shapes = ", ".join(str(a.shape) if isinstance(a, np.ndarray) else _short(a) for a in args)
    return (say(f"your function raises {type(error).__name__}: {error}{line}",
                f"你的函数抛出 {type(error).__name__}：{error}{line}"),
            say(f"It was called with: {shapes}.", f"调用时的参数是：{shapes}。"))


def _short(value: Any) -> str:
    if callable(value):
        return getattr(value, "__name__", type(value).__name__)
    text = repr(value)
    return text if len(text) < 40 else type(value).__name__


def _nothing(answer: Any, number: str) -> str:
    if callable(answer):
        return say(f'your function returns nothing yet. (If it is written: is `return` missing?) hint("{number}") '
                   "gets you started.", f'你的函数还没有返回任何东西。（如果已经写好：是不是漏了 return？）'
                   f'hint("{number}") 帮你起步。')
    return say(f'there is no answer yet. hint("{number}") gets you started.',
               f'还没有答案。hint("{number}") 帮你起步。')


def _way_out(number: str, left: int) -> str:
    if left > 0:
        return say(f'hint("{number}") has more.', f'hint("{number}") 还有提示。')
    return say(f'The hints are used up; solution("{number}") shows one way.',
               f'提示用完了；solution("{number}") 给出一种做法。')


def _digits(got: float, expected: float) -> tuple[str, str]:
    """Both with as many digits as it takes to see that they differ, and two more."""
    for digits in range(1, 16):
        if f"{got:.{digits}g}" != f"{expected:.{digits}g}":
            break
    return f"{got:.{max(digits + 2, 4)}g}", f"{expected:.{max(digits + 2, 4)}g}"
