"""The lessons there are and shall be, where their notebooks lie, and which of them the learner has done."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from . import figures, progress
from .exercises import of_lesson
from .language import Both, speak, spoken
from .progress import Record


class Lesson(NamedTuple):
    """One notebook in two languages."""

    number: str
    name: str  # of the file, after the number
    title: Both
    minutes: int = 60  # to read, to run and to do the exercises


PARTS: list[tuple[Both, list[Lesson]]] = [
    (("Foundations", "基础"), [
        Lesson("00", "start", ("Start here", "从这里开始"), 30),
        Lesson("01", "arrays", ("Arrays", "数组")),
        Lesson("02", "derivatives", ("Derivatives", "导数")),
        Lesson("03", "networks", ("Networks", "网络")),
        Lesson("04", "learning", ("Learning", "学习")),
        Lesson("05", "honesty", ("Not fooling yourself", "别骗自己")),
    ]),
    (("Language", "语言"), [
        Lesson("06", "text", ("Text", "文本")),
        Lesson("07", "ngrams", ("N-grams", "n 元语法")),
        Lesson("08", "word_vectors", ("Word vectors", "词向量")),
        Lesson("09", "neural_ngrams", ("Neural n-grams", "神经 n 元模型")),
        Lesson("10", "rnn", ("Recurrent networks", "循环网络")),
        Lesson("11", "lstm", ("LSTM", "长短期记忆")),
    ]),
    (("Attention", "注意力"), [
        Lesson("12", "attention", ("Attention", "注意力")),
        Lesson("13", "transformer", ("The Transformer", "Transformer")),
        Lesson("14", "gpt", ("GPT", "GPT")),
        Lesson("15", "decoding", ("Decoding", "解码")),
    ]),
    (("Put to use", "应用"), [
        Lesson("16", "fine_tuning", ("Fine-tuning", "微调")),
        Lesson("17", "tagging", ("Tagging", "序列标注")),
        Lesson("18", "translation", ("Translation", "翻译")),
        Lesson("19", "summarising", ("Summarising", "摘要")),
        Lesson("20", "question_answering", ("Question answering", "问答")),
        Lesson("21", "pretrained", ("Real pretrained weights", "真正的预训练权重")),
    ]),
    (("Scale", "规模"), [
        Lesson("22", "scale", ("Training at scale", "大规模训练")),
        Lesson("23", "compression", ("Smaller and faster", "更小更快")),
    ]),
    (("Trust", "可信"), [
        Lesson("24", "interpretability", ("Looking inside", "看进模型里面")),
        Lesson("25", "fairness", ("Fairness and robustness", "公平与稳健")),
    ]),
]
"""Every lesson, written or planned, by the part that it belongs to."""

PAGES = ("glossary.md", "common_errors.md")
"""What stands beside the notebooks, each in both languages."""

LESSONS: dict[str, Lesson] = {lesson.number: lesson for _, lessons in PARTS for lesson in lessons}


def home() -> Path:
    """The folder with the notebooks, `en` and `zh` in it: a clone's, or what a wheel installed.

    Raises FileNotFoundError where there is neither.
    """
    clone = Path(__file__).parents[2] / "lessons"
    if (clone / "source").is_dir():
        return clone
    try:
        for file in importlib.metadata.files("tinylm") or ():
            if file.suffix == ".ipynb" and file.parent.name == "en":
                return Path(str(file.locate())).resolve().parents[1]
    except importlib.metadata.PackageNotFoundError:
        pass
    raise FileNotFoundError("the notebooks of the lessons are not installed: install TinyLM from a wheel, or work in a "
                            "clone of it")


def notebook(number: str, tongue: str | None = None) -> Path:
    """The notebook of a lesson such as "02" or "2", in the language spoken unless another is given.

    Raises ValueError for a number that there is not, or whose lesson is planned and not written yet.
    """
    lesson = LESSONS.get(str(number).zfill(2)) if number else None
    path = lesson and home() / (tongue or spoken()) / f"{lesson.number}_{lesson.name}.ipynb"
    if path is None or lesson is None:
        raise ValueError(f"there is no lesson {number}; there are: {', '.join(one.number for one in written())}")
    if not path.is_file():
        raise ValueError(f"lesson {lesson.number}, {lesson.title[0]}, is planned and not written yet; there are: "
                         f"{', '.join(one.number for one in written())}")
    return path


def written() -> list[Lesson]:
    """The lessons that have notebooks."""
    where = home()
    return [lesson for lesson in LESSONS.values() if (where / "en" / f"{lesson.number}_{lesson.name}.ipynb").is_file()]


def begin(number: str, tongue: str | None = None) -> None:
    """Begin a lesson: its notebook's first call. The course speaks its language from here on, in figures too."""
    if tongue is not None:
        speak(tongue)
    figures.prepare()
    record = progress.recall(number)
    progress.keep(number, record._replace(tries=record.tries + 1))


def state(lesson: Lesson) -> tuple[str, int, int]:
    """("done", "begun" or "", how many of its exercises were passed, how many there are)."""
    numbers: Sequence[str] = [exercise.number for exercise in of_lesson(lesson.number)]
    records = [progress.recall(number) for number in numbers]
    passed = sum(record.passed for record in records)
    opened = progress.recall(lesson.number)
    if numbers and passed == len(numbers):
        return "done", passed, len(numbers)
    if opened != Record() or any(record != Record() for record in records):
        return "begun", passed, len(numbers)
    return "", passed, len(numbers)
