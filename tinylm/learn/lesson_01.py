"""The exercises of lesson 01, arrays."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .checking import Learner, Wrong, as_array, compare
from .exercises import exercise
from .language import Both, say

Shape = tuple[int, ...]


# 01.1 --------------------------------------------------------------------------------------------------------------

def bytes_of_products(n: int = 1000, d: int = 729) -> int:
    return n * n * d * 8


@exercise(
    "01.1", "predict", title=("what all products take at once", "所有乘积一次占多少内存"), solution=bytes_of_products,
    hints=[("Write the sentence of the products before the sum: for each ..., for each ..., for each ...",
            "先把求和之前那些乘积的句子写出来：对每个……，对每个……，对每个……"),
           ("The shape says how many numbers there are. How many bytes does one float64 take?",
            "形状说出一共有多少个数。一个 float64 占多少字节？")],
    why=("For each page, for each page, for each feature: a product, of 8 bytes. The stretched tables themselves take "
         "nothing, since their stride is 0.",
         "对每个页面、对每个页面、对每个特征，都有一个乘积，各占 8 字节。拉伸后的两张表本身不占内存，因为步长是 0。"))
def _(answer: Any) -> str:
    guess = as_array(answer, ("your prediction", "你的预测"))
    if guess.shape != () or not 0 < float(guess) < np.inf:
        raise Wrong(say(f"a number of bytes is one positive number, not {answer!r}",
                        f"字节数是一个正数，而不是 {answer!r}"))
    n, d, right = 1000, 729, float(bytes_of_products())
    known: list[tuple[float, Both]] = [
        (n * n * d, ("That is how many products there are. Each of them takes more than one byte.",
                     "这是乘积的个数，而每个乘积不止一个字节。")),
        (n * n * 8, ("That is the result, after the sum. What is there before it?",
                     "这是求和之后的结果。求和之前有什么？")),
        (n * d * 8, ("That is one of the two tables. How many rows does each row meet?",
                     "这是两张表中的一张。每一行要和多少行相遇？")),
        (2 * n * d * 8, ("Those are the two tables. How many rows does each row meet?",
                         "这是两张表本身。每一行要和多少行相遇？")),
        (2 * right, ("The stretched tables are not there: only what is computed from them is.",
                     "拉伸后的表并不真的存在，存在的只是由它们算出的东西。")),
        (3 * right, ("The stretched tables are not there: only what is computed from them is.",
                     "拉伸后的表并不真的存在，存在的只是由它们算出的东西。")),
        (right / 2, ("That would be float32, at 4 bytes a number.", "那是 float32，每个数 4 字节。")),
        *((right / unit, ("The number is right, the unit is not: it was asked for in bytes.",
                          "数字对，单位不对：问的是字节。"))
          for unit in (1e3, 1e6, 1e9, 2.0**10, 2.0**20, 2.0**30)),
    ]
    if abs(float(guess) / right - 1) < 0.01:
        return say(f"{right / 1e9:.1f} GB, on the way to a result of {n * n * 8 / 1e6:.0f} MB",
                   f"{right / 1e9:.1f} GB，而最后的结果只有 {n * n * 8 / 1e6:.0f} MB")
    cause = next((remark for value, remark in known if abs(float(guess) / value - 1) < 0.01),
                 ("Write the shape of the products down before you multiply it out.", "先写下乘积的形状，再把它乘开。"))
    raise Wrong(say(f"all products at once do not take {float(guess):,.0f} bytes",
                    f"所有乘积一次占用的不是 {float(guess):,.0f} 字节"), say(*cause))


# 01.2 --------------------------------------------------------------------------------------------------------------

def broadcast_shape(a: Shape, b: Shape) -> Shape:
    ndim = max(len(a), len(b))
    a, b = (1,) * (ndim - len(a)) + a, (1,) * (ndim - len(b)) + b
    if any(p != q and 1 not in (p, q) for p, q in zip(a, b, strict=True)):
        raise ValueError(f"{a} and {b} do not fit")
    return tuple(q if p == 1 else p for p, q in zip(a, b, strict=True))


@exercise(
    "01.2", "implement", title=("the shape of a result", "结果的形状"), solution=broadcast_shape,
    hints=[("Write the shapes under each other, from the right. What does a missing axis count as?",
            "把两个形状靠右对齐，上下写好。缺的轴算作几？"),
           ("Put as many 1s in front of the shorter one as it lacks: then every axis has a partner.",
            "短的那个前面缺几个轴，就补几个 1：这样每个轴都有了搭档。"),
           ("Of two partners, one is 1 (then the other counts) or both are equal. Otherwise: raise ValueError.",
            "一对搭档里，要么有一个是 1（那就听另一个的），要么两个相等。否则 raise ValueError。")],
    why=("With 1s in front both have the same number of axes. Of a pair the one that is not 1 counts. This is not the "
         "same as the larger one: 1 against 0, an empty axis, is 0.",
         "前面补 1 之后，两个形状的轴就一样多了。每一对里，不是 1 的那个说了算。"
         "这与“取较大者”不同：1 遇到 0（空轴），结果是 0。"))
def _(answer: Learner) -> None:
    rng = np.random.default_rng(12)
    tried: list[tuple[Shape, Shape]] = [
        ((3, 4), (3, 4)), ((3, 4), (4,)), ((4,), (3, 4)), ((3, 1), (1, 4)), ((3, 1), (4,)), ((), (2, 3)), ((5,), ()),
        ((2, 1, 4), (3, 1)), ((7, 1, 5), (2, 7, 6, 1)), ((1,), (1, 1)), ((), ()),
        ((3, 2), (3, 4)), ((3, 4), (3,)), ((2, 3, 4), (2, 1, 3)), ((2,), (3,)), ((4, 6), (2, 6))]
    for _ in range(60):
        full = tuple(int(size) for size in rng.integers(1, 5, int(rng.integers(0, 5))))
        tried.append((_thinned(full, rng), _thinned(full, rng)))
        tried.append((_thinned(full, rng), tuple(int(size) for size in rng.integers(1, 5, int(rng.integers(0, 4))))))
    tried += [((0,), (1,)), ((1, 3), (0, 1)), ((2, 1), (2, 0))]  # an empty batch has shapes too
    for a, b in tried:
        _judge_shape(answer, a, b)


def _thinned(full: Shape, rng: np.random.Generator) -> Shape:
    """A shape that stretches to `full`."""
    return tuple(1 if rng.random() < 0.3 else size for size in full[int(rng.integers(0, len(full) + 1)):])


def _merged(a: Shape, b: Shape) -> Shape | None:
    """What NumPy makes of two shapes; None where it refuses."""
    try:
        return np.broadcast_shapes(a, b)
    except ValueError:
        return None


def _judge_shape(answer: Learner, a: Shape, b: Shape) -> None:
    right = _merged(a, b)
    try:
        got = answer(a, b)
    except Wrong as wrong:
        if not isinstance(wrong.__cause__, ValueError):
            raise
        if right is None:
            return
        raise Wrong(say(f"{a} and {b} fit, to {right}, and your function raises ValueError: {wrong.__cause__}",
                        f"{a} 与 {b} 配得上，得 {right}，你的函数却抛出 ValueError：{wrong.__cause__}"),
                    _from_the_left(a, b, None)) from None
    if not isinstance(got, (tuple, list)) or not all(isinstance(size, (int, np.integer)) for size in got):
        raise Wrong(say(f"a shape is a tuple of numbers, not {got!r}", f"形状是由整数组成的元组，而不是 {got!r}"))
    shape = tuple(int(size) for size in got)
    if right is None:
        raise Wrong(say(f"{a} and {b} do not fit, and your function gives {shape}",
                        f"{a} 与 {b} 配不上，你的函数却给出 {shape}"),
                    _from_the_left(a, b, shape) or _why_not(a, b))
    if shape != right:
        raise Wrong(say(f"for {a} and {b} your function gives {shape}, expected {right}",
                        f"对于 {a} 与 {b}，你的函数给出 {shape}，应为 {right}"), _why_other(a, b, shape, right))


def _from_the_left(a: Shape, b: Shape, got: Shape | None) -> str:
    """Is this what comes out of it where shapes are laid under each other from the left?"""
    other = _merged(a[::-1], b[::-1])
    if len(a) != len(b) and got == (None if other is None else other[::-1]):
        return say("Do you line the shapes up on the left? They are laid under each other from the right.",
                   "你是不是让形状靠左对齐了？应当靠右对齐。")
    return ""


def _why_not(a: Shape, b: Shape) -> str:
    p, q = next((p, q) for p, q in zip(a[::-1], b[::-1], strict=False) if p != q and 1 not in (p, q))
    return say(f"Counted from the right, {p} meets {q}, and neither of them is 1: raise ValueError.",
               f"从右往左数，{p} 遇上 {q}，两个都不是 1：应当 raise ValueError。")


def _why_other(a: Shape, b: Shape, got: Shape, right: Shape) -> str:
    if 0 in right:
        return say("An axis of size 0 is empty, and 1 stretches to it too: the larger of the two is not the answer.",
                   "长度为 0 的轴是空的，1 也会配合它：答案并不是两者中较大的那个。")
    if got == right[::-1] and got != right:
        return say("The axes are the other way round.", "轴的次序反了。")
    if len(got) < len(right) and got == right[len(right) - len(got):]:
        return say("The axes that only one of them has, in front, belong to the result too.",
                   "只有一方才有的前面那些轴，也属于结果。")
    return _from_the_left(a, b, got)


# 01.3 --------------------------------------------------------------------------------------------------------------

def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    squares = np.sum(a * a, axis=1)[:, None] + np.sum(b * b, axis=1) - 2 * a @ b.T
    return np.sqrt(np.maximum(squares, 0))


@exercise(
    "01.3", "implement", title=("all distances by one matrix product", "一次矩阵乘法算出所有距离"), solution=distances,
    hints=[("Multiply out: |p - q|² = |p|² + |q|² - 2 p·q. Which shape does each of the three have, for all pairs?",
            "展开：|p - q|² = |p|² + |q|² - 2 p·q。对所有点对来说，这三项各是什么形状？"),
           ("The first is for each row of a: (n, 1). The second is for each row of b: (m,). The third is a @ b.T.",
            "第一项对 a 的每一行：(n, 1)。第二项对 b 的每一行：(m,)。第三项是 a @ b.T。"),
           ("Of two equal points the three terms cancel, up to rounding: what is left may be slightly below 0.",
            "两个点相同时，三项互相抵消，只剩舍入误差：余下的数可能略小于 0。")],
    why=("|p - q|² = |p|² + |q|² - 2 p·q, as (n, 1) + (m,) - (n, m). Nothing of the shape (n, m, d) is ever there. The "
         "price is rounding: where points are nearly equal, digits cancel, and what is below 0 is taken for 0.",
         "|p - q|² = |p|² + |q|² - 2 p·q，形状是 (n, 1) + (m,) - (n, m)，从头到尾没有 (n, m, d) 的数组。代价是舍入："
         "两点几乎相同时，有效数字互相抵消，小于 0 的就当作 0。"))
def _(answer: Learner) -> str:
    rng = np.random.default_rng(13)
    sizes = [(3, 4, 2), (1, 5, 3), (4, 1, 1), (6, 6, 3), *(tuple(rng.integers(1, 9, 3)) for _ in range(8))]
    for n, m, d in sizes:
        a, b = rng.standard_normal((n, d)), rng.standard_normal((m, d))
        right = np.sqrt(np.sum((a[:, None] - b) ** 2, axis=-1))
        compare(answer(a, b), right, (f"the table of distances of {a.shape} and {b.shape}",
                                      f"{a.shape} 与 {b.shape} 的距离表"), tolerance=1e-6, suspects=[
            (right ** 2, ("Those are the squares of the distances.", "这是距离的平方。")),
            (a @ b.T, ("Those are the products of the rows, not their distances.", "这是各行的内积，不是距离。"))])
    a = 3 * rng.standard_normal((60, 16))
    b = np.concatenate([a[::2], rng.standard_normal((9, 16))])  # half of a's points are b's too
    what = ("the distance of equal points", "相同两点的距离")
    if np.isnan(got := as_array(answer(a, b), what)).any():
        raise Wrong(say("where two points are equal, your distance is NaN", "两点相同时，你算出的距离是 NaN"),
                    say("By rounding the square may come out as -1e-15, which has no root. What is the least that a "
                        "square can be?", "由于舍入，平方可能算成 -1e-15，开不了根。平方最小能是多少？"))
    compare(got, np.sqrt(np.sum((a[:, None] - b) ** 2, axis=-1)), what, tolerance=1e-6)
    n, m, d = 300, 250, 64
    a, b = rng.standard_normal((n, d)), rng.standard_normal((m, d))
    peak, result, all_at_once = _peak(lambda: answer(a, b)), 8 * n * m, 8 * n * m * d
    if peak > 12 * result + 8 * (n + m) * d:
        raise Wrong(say(f"the numbers are right, but on the way to {result / 1e6:.1f} MB your function takes "
                        f"{peak / 1e6:.0f} MB", f"数字对了，可为了得到 {result / 1e6:.1f} MB 的结果，你的函数一度占用 "
                        f"{peak / 1e6:.0f} MB"),
                    say("Is there an array of the shape (n, m, d) on the way? A matrix product adds up without one.",
                        "途中是不是有一个形状为 (n, m, d) 的数组？矩阵乘法边乘边加，用不着它。"))
    return say(f"{peak / 1e6:.1f} MB at most, where all differences at once take {all_at_once / 1e6:.0f} MB",
               f"最多占用 {peak / 1e6:.1f} MB，而一次算出所有的差要占 {all_at_once / 1e6:.0f} MB")


def _peak(call: Callable[[], Any]) -> int:
    """How many bytes a call had at once, over what was there before."""
    running = tracemalloc.is_tracing()
    if not running:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        call()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        if not running:
            tracemalloc.stop()


# 01.4 --------------------------------------------------------------------------------------------------------------

def windows(ids: np.ndarray, context: int, hop: int) -> tuple[np.ndarray, np.ndarray]:
    rows = sliding_window_view(ids, context + 1)[::hop]  # (rows, context + 1)
    return rows[:, :-1], rows[:, 1:]


@exercise(
    "01.4", "extend", title=("windows that hop", "跳着走的窗口"), solution=windows,
    hints=[("Cut windows of context + 1 ids: the inputs are all but the last of them, the targets all but the first.",
            "先切出 context + 1 个 id 的窗口：输入是去掉最后一个，目标是去掉第一个。"),
           ("Of all windows, take every hop-th. Does a slice with a step copy?",
            "在所有窗口中每隔 hop 个取一个。带步长的切片会复制吗？")],
    why=("A window of context + 1 ids holds its inputs and, one place later, its targets. A slice with a step only "
         "multiplies a stride: all of it is a view.",
         "长为 context + 1 的窗口里，既有输入，也有错后一位的目标。带步长的切片只是把步长乘上一个倍数：全部都是视图。"))
def _(answer: Learner) -> str:
    rng = np.random.default_rng(14)
    tried = [(10, 3, 1), (10, 3, 3), (11, 4, 2), (6, 5, 1), (6, 5, 4), (7, 1, 4), (13, 3, 5)]
    tried += [(int(c + 1 + rng.integers(0, 30)), int(c), int(rng.integers(1, 7))) for c in rng.integers(1, 9, 20)]
    for length, context, hop in tried:
        ids = rng.permutation(100)[:length]
        given = say(f"of {length} ids, context {context}, hop {hop}",
                    f"（{length} 个 id，context {context}，hop {hop}）")
        starts = range(0, length - context, hop)
        right = [np.array([ids[k + later:k + later + context] for k in starts]) for later in (0, 1)]
        inputs, targets = _both(answer(ids, context, hop))
        _count_of_rows(inputs, len(starts), given)
        apart = ("The windows do not begin hop ids apart.", "相邻两个窗口的起点相隔的不是 hop 个 id。")
        compare(inputs, right[0], (f"the array of inputs {given}", f"输入{given}"), suspects=[
            (right[1], ("Those are the targets: the inputs begin one place earlier.", "这是目标：输入要早一位。")),
            *((_starting(ids, context, step, len(starts)), apart) for step in (1, context) if step != hop)])
        compare(targets, right[1], (f"the array of targets {given}", f"目标{given}"), suspects=[
            (right[0], ("The targets are the inputs themselves: the model would only have to repeat what it sees.",
                        "目标就是输入本身：模型只要照抄看到的就行了。"))])
    ids, context = rng.integers(0, 100, 3001), 50
    for hop in (1, 7):
        inputs, targets = _both(answer(ids, context, hop))
        _is_view(inputs, ids, ("inputs", "输入"))
        _is_view(targets, ids, ("targets", "目标"))
    rows = 3001 - context
    return say(f"{rows * context:,} inputs and as many targets, in the memory of {ids.size:,} ids",
               f"{rows * context:,} 个输入和同样多的目标，都在 {ids.size:,} 个 id 的内存里")


def _both(got: Any) -> tuple[np.ndarray, np.ndarray]:
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        raise Wrong(say(f"your function returns {type(got).__name__}, expected a pair: inputs, targets",
                        f"你的函数返回的是 {type(got).__name__}，应返回两个数组：输入和目标"))
    return as_array(got[0], ("the array of inputs", "输入")), as_array(got[1], ("the array of targets", "目标"))


def _count_of_rows(inputs: np.ndarray, right: int, given: str) -> None:
    if inputs.ndim == 2 and len(inputs) != right:
        cause = ("A window that fits is missing: is it the last one?", "少了放得下的窗口：是不是漏了最后一个？")
        if len(inputs) > right:
            cause = ("Some of them reach beyond the last id, or start less than hop apart.",
                     "有的窗口越过了最后一个 id，或者起点之间不足 hop。")
        raise Wrong(say(f"there are {len(inputs)} windows {given}, expected {right}",
                        f"窗口有 {len(inputs)} 个{given}，应为 {right} 个"), say(*cause))


def _starting(ids: np.ndarray, context: int, step: int, rows: int) -> np.ndarray:
    """Windows that start every `step` ids, as many as are asked for; the end is repeated where there are none left."""
    places = step * np.arange(rows)[:, None] + np.arange(context)  # (rows, context)
    return ids[np.minimum(places, len(ids) - 1)]


def _is_view(array: np.ndarray, ids: np.ndarray, name: Both) -> None:
    owner: Any = array
    while getattr(owner, "base", None) is not None:
        owner = owner.base
    if getattr(owner, "size", 0) != ids.size:
        raise Wrong(say(f"the {name[0]} are right, but they are a copy: {array.nbytes:,} bytes, where all ids take "
                        f"{ids.nbytes:,}", f"{name[1]}对了，但它是副本：占 {array.nbytes:,} 字节，而全部 id 只占 "
                        f"{ids.nbytes:,} 字节"),
                    say("Lists, np.stack and arrays of positions copy. Which of the views in this lesson slides?",
                        "列表、np.stack、用位置数组索引，都会复制。这一课里的哪种视图会滑动？"))


# 01.5 --------------------------------------------------------------------------------------------------------------

def circling(n: int) -> np.ndarray:
    return 1.0 + (np.arange(n)[:, None] + np.arange(n)) % n


@exercise(
    "01.5", "break", title=("a table on which the mistake hides", "让错误藏身的表"), solution=circling,
    hints=[("The right line divides row i by the sum of row i. By what does the wrong one divide column j?",
            "正确的写法用第 i 行之和去除第 i 行。错误的写法用什么去除第 j 列？"),
           ("They agree where the sum of row i and the sum of row j are the same, for all i and j.",
            "对所有 i 和 j，只要第 i 行之和等于第 j 行之和，两者就一致。"),
           ("What can you do to a row that changes the places of its numbers, but not their sum?",
            "对一行做什么，能换掉各数的位置，却不改变它们的和？")],
    why=("Every row is the one above it, moved on by a place: all rows have the same sum, so it does not matter which "
         "of them divides. A test on such tables passes the mistake; one on random counts does not.",
         "每一行都是上一行错开一位：各行之和全都相同，除以哪一个都一样。拿这样的表来测试，错误会溜过去；"
         "换成随机的计数就溜不过去了。"))
def _(answer: Learner) -> str:
    for n in (2, 3, 5, 8):
        what = (f"your table for n = {n}", f"n = {n} 时你的表")
        table = as_array(answer(n), what).astype(np.float64)
        if table.shape != (n, n):
            raise Wrong(say(f"{what[0]} has the shape {table.shape}, expected {(n, n)}",
                            f"{what[1]}形状是 {table.shape}，应为 {(n, n)}"))
        if not np.isfinite(table).all() or not (table > 0).all():
            raise Wrong(say(f"{what[0]} has entries that are not positive", f"{what[1]}里有不是正数的元素"),
                        say("With zeros in it the mistake hides more easily. Find one where every pair was counted.",
                            "表里有零，错误就更容易藏。请找一张每一对都数到过的表。"))
        if np.ptp(table) < 1e-9 * table.max():
            raise Wrong(say(f"{what[0]} has the same number everywhere", f"{what[1]}处处是同一个数"),
                        say("On that every mistake hides. Find one that looks like counts.",
                            "什么错误都能藏在那里。找一张看上去像计数的表。"))
        off = np.abs(table / table.sum(axis=1) - table / table.sum(axis=1, keepdims=True))
        if off.max() > 1e-9:
            i, j = np.unravel_index(int(np.argmax(off)), off.shape)
            sums = table.sum(axis=1)
            symmetric = np.allclose(table, table.T)
            raise Wrong(say(f"{what[0]} betrays the mistake: at [{i}, {j}] the two lines differ by {off.max():.2g}",
                            f"{what[1]}让错误露了馅：在 [{i}, {j}] 处两种写法相差 {off.max():.2g}"),
                        (say("To be symmetric is not enough. ", "光是对称还不够。") if symmetric else "")
                        + say(f"Row {i} adds up to {sums[i]:.4g} and row {j} to {sums[j]:.4g}.",
                              f"第 {i} 行之和是 {sums[i]:.4g}，第 {j} 行之和是 {sums[j]:.4g}。"))
    counts = np.random.default_rng(15).integers(1, 100, (8, 8))
    off = np.abs(counts / counts.sum(axis=1) - counts / counts.sum(axis=1, keepdims=True))
    return say(f"no test with it sees the mistake; random counts show it, off by {off.max():.2g}",
               f"用它测试，看不出错误；换成随机的计数就现形了，相差 {off.max():.2g}")
