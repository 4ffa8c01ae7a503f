"""The exercises of lesson 00, start here."""

from __future__ import annotations

from typing import Any

import numpy as np

from .checking import Learner, Wrong, as_array, compare
from .exercises import exercise
from .language import say


def chances(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Random probabilities, which add up to 1 along the last axis."""
    p = rng.random(shape) ** 2 + 1e-3
    return p / p.sum(-1, keepdims=True)


# 00.1 --------------------------------------------------------------------------------------------------------------

def half_and_half() -> float:
    return float(-np.log2([1 / 2, 1 / 8]).mean())


@exercise(
    "00.1", "predict", title=("half sure, half not", "一半有把握，一半没把握"), solution=half_and_half,
    hints=[("What costs a character of probability 1/2 in yes-or-no questions? And one of 1/8?",
            "概率 1/2 的字符要问几次“是或否”？1/8 的呢？"),
           ("Average the questions, not the probabilities.", "求平均的是提问次数，不是概率。")],
    why=("One half costs one bit each, the other three. The average is over bits: the logarithm comes first.",
         "一半字符每个一比特，另一半每个三比特。求平均的是比特：先取对数，再平均。"))
def _(answer: Any) -> None:
    bits = as_array(answer, ("your prediction", "你的预测"))
    if bits.shape != ():
        raise Wrong(say(f"the answer is one number, not {answer!r}", f"答案是一个数，而不是 {answer!r}"))
    p = np.array([1 / 2, 1 / 8])
    compare(bits, half_and_half(), ("your number of bits", "你给出的比特数"), tolerance=0.01, suspects=[
        (-np.log2(p.mean()), ("That is the bits of the average probability. Each character costs its own bits; average "
                              "those.", "这是平均概率的比特数。每个字符各花各的比特，应当对比特求平均。")),
        (-np.log(p).mean(), ("That is in natural logarithms. Bits are logarithms to the base 2.",
                             "这用的是自然对数。比特是以 2 为底的对数。")),
        (-np.log2(p).sum(), ("That is the sum of both; what is asked for is a character's share.",
                             "这是两者之和；要的是平摊到每个字符的数。")),
    ])


# 00.2 --------------------------------------------------------------------------------------------------------------

def score(p: np.ndarray, ids: np.ndarray) -> Any:
    return -np.log2(p[np.arange(len(ids)), ids]).mean()


@exercise(
    "00.2", "implement", title=("bits per character", "每个字符的比特数"), solution=score,
    hints=[("First pick, from each row of p, the probability of the character that came.",
            "先从 p 的每一行里，挑出实际出现的那个字符的概率。"),
           ("p[np.arange(n), ids] takes from row t the column ids[t], for all t at once.",
            "p[np.arange(n), ids] 一次取出每一行 t 的第 ids[t] 列。"),
           ("Then the logarithm to the base 2, its mean, and a minus sign.", "再取以 2 为底的对数，求平均，添负号。")],
    why=("Each place costs -log2 of what the model gave the right character, and the score is the mean over places.",
         "每个位置的代价，是模型给正确字符的概率取 -log2；成绩是对所有位置求平均。"))
def _(answer: Learner) -> None:
    rng = np.random.default_rng(2)
    for n, size in ((1, 2), (5, 5), (7, 3), (40, 11)):
        p, ids = chances(rng, n, size), rng.integers(0, size, n)
        right = p[np.arange(n), ids]
        what = (f"your score of {n} characters out of {size}", f"{n} 个字符、词表大小 {size} 时，你的成绩")
        compare(answer(p, ids), score(p, ids), what, suspects=[
            (np.log2(right).mean(), ("It has the right size and the wrong sign: the logarithm of less than 1 is "
                                     "negative.", "大小正确，符号相反：小于 1 的数，对数是负的。")),
            (-np.log(right).mean(), ("These are natural logarithms; bits are logarithms to the base 2.",
                                     "这用的是自然对数；比特是以 2 为底的对数。")),
            (-np.log2(right).sum(), ("It is the sum over the text: divide by the number of characters, so that long "
                                     "texts and short ones compare.",
                                     "这是整段文字的总和：要除以字符个数，长短不同的文字才好比较。")),
            (-np.log2(right.mean()), ("You averaged the probabilities and then took the logarithm: the other way "
                                      "round. One bad surprise must not drown among good guesses.",
                                      "你先平均了概率再取对数，次序反了：一次糟糕的意外不该被许多好的猜测淹没。")),
            (-np.log2(p.max(-1)).mean(), ("You score the likeliest character, which need not be the one that came.",
                                          "你算的是最可能的字符，而来的未必是它。")),
            (-np.log2(p).mean(), ("You average over all characters, those that did not come too.",
                                  "你对所有字符求了平均，连没有出现的也算上了。")),
        ])
    n = 64
    compare(answer(np.full((n, 16), 1 / 16), rng.integers(0, 16, n)), 4.0,
            ("the score of a model that knows nothing, among 16 characters,",
             "词表大小 16、什么都不知道的模型，你算出的成绩"))


# 00.3 --------------------------------------------------------------------------------------------------------------

def sharpen(p: np.ndarray, temperature: float) -> np.ndarray:
    powers = p ** (1 / temperature)
    return powers / powers.sum(axis=-1, keepdims=True)


@exercise(
    "00.3", "extend", title=("the temperature", "温度"), solution=sharpen,
    hints=[("What does the power 2 do to 0.5 and to 0.1? Which temperature is that?",
            "0.5 和 0.1 平方之后各变成多少？这对应哪个温度？"),
           ("Sum along the last axis, and keep it: sum(axis=-1, keepdims=True).",
            "沿最后一个轴求和，并保留这个轴：sum(axis=-1, keepdims=True)。")],
    why=("A power above 1 (a temperature below 1) makes small probabilities smaller still beside large ones. The "
         "division makes them probabilities again.",
         "次幂大于 1（温度低于 1），小概率与大概率相比就更小了；除一下，它们又成为概率。"))
def _(answer: Learner) -> str:
    rng = np.random.default_rng(3)
    for shape in ((4,), (3, 5), (5, 5), (1, 7), (6, 1)):
        for temperature in (0.5, 1.0, 0.8, 2.0):
            p = chances(rng, *shape)
            right = sharpen(p, temperature)
            powers, wrong_way = p ** (1 / temperature), p ** temperature
            what = (f"your probabilities of shape {shape} at temperature {temperature}",
                    f"形状 {shape}、温度 {temperature} 时，你的概率")
            compare(answer(p, temperature), right, what, suspects=[
                (wrong_way / wrong_way.sum(-1, keepdims=True), (
                    "That is the power T instead of 1/T: your cold is hot.",
                    "用了 T 次幂而不是 1/T 次幂：冷热颠倒了。")),
                (powers, ("The powers are right, but the rows no longer add up to 1.",
                          "次幂算对了，可是每行的和不再是 1。")),
                (powers / powers.sum(), ("You divide by the sum over everything: each row adds up to 1 by itself.",
                                         "你除以了全体的和：应当让每一行各自的和为 1。")),
                (powers / powers.sum(0), ("You sum down the columns; the chances of one place stand in a row: axis=-1.",
                                          "你沿列求了和；一个位置上的概率是一行：axis=-1。")),
                (p / temperature / (p / temperature).sum(-1, keepdims=True), (
                    "Dividing probabilities by T changes nothing once they are divided by their sum: the power does.",
                    "把概率除以 T，再除以总和，等于什么都没做：要取的是次幂。")),
            ])
    p = chances(rng, 5)
    most = np.max(as_array(answer(p, 0.05), ("", "")))
    return say(f"at temperature 0.05 the likeliest of five gets {most:.0%} of the chances",
               f"温度 0.05 时，五个字符里最可能的那个占了 {most:.0%}")


# 00.4 --------------------------------------------------------------------------------------------------------------

def cheat(V: int) -> np.ndarray:
    return np.ones(V)


@exercise(
    "00.4", "break", title=("a model that cheats", "作弊的模型"), solution=cheat,
    hints=[("The score looks at one number only: what was given to the character that came.",
            "成绩只看一个数：给实际出现的那个字符的概率。"),
           ("Nobody has checked yet that the numbers are probabilities, together.",
            "还没有人检查过，这些数合起来是不是概率。")],
    why=("It promises everything to everyone. The numbers of an honest model add up to 1, so what it gives to one "
         "character it takes from another; these add up to V. Whoever compares models has to check that.",
         "它向每个字符都许下了全部。诚实的模型，各数之和为 1，给了这个就要从那个身上扣；这里的和却是 V。"
         "要比较模型，就得检查这一点。"))
def _(answer: Learner) -> str:
    for size in (2, 5, 64):
        what = (f"what your model gives for V = {size}", f"V = {size} 时你的模型给出的数")
        p = as_array(answer(size), what)
        if p.shape != (size,):
            raise Wrong(say(f"{what[0]} has the shape {p.shape}, expected ({size},)",
                            f"{what[1]}形状是 {p.shape}，应为 ({size},)"))
        if not (np.all(p >= 0) and np.all(p <= 1)):
            raise Wrong(say(f"{what[0]} lies not between 0 and 1 throughout: {p.min():.3g} to {p.max():.3g}",
                            f"{what[1]}不全在 0 到 1 之间：从 {p.min():.3g} 到 {p.max():.3g}"),
                        say("That would be noticed at once. Cheat with numbers that each look like a probability.",
                            "这样一眼就会被看穿。请用单个看来都像概率的数来作弊。"))
        worst = float(np.max(-np.log2(p)))
        most = np.log2(size)
        if worst >= most - 1e-9:
            honest = abs(p.sum() - 1) < 1e-6
            raise Wrong(say(f"for V = {size} one character costs {worst:.3g} bits, and log2 V is {most:.3g}",
                            f"V = {size} 时，有一个字符要 {worst:.3g} 比特，并不少于 log2 V = {most:.3g}"),
                        say("Your numbers add up to 1: that is an honest model. What it gives to one character it "
                            "takes from another, and the other may be the one that comes.",
                            "你的数加起来是 1：这是诚实的模型。给了这个字符，就要从那个身上扣，"
                            "而来的可能正是那个。") if honest
                        else say("Whichever character comes, it has to be cheap.",
                                 "无论来哪个字符，都得便宜才行。"))
    return say(f"its numbers add up to {p.sum():.3g}: that is how it is caught",
               f"它的数加起来是 {p.sum():.3g}：一加就露馅")
