"""The exercises of lesson 02, derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .checking import Learner, Wrong, as_array, compare
from .exercises import exercise
from .language import Both, say

Function = Callable[[Any], Any]

CURVES: dict[str, tuple[Function, Function]] = {
    "sin": (np.sin, np.cos),
    "exp": (np.exp, np.exp),
    "log": (np.log, lambda x: 1 / x),
    "x²": (np.square, lambda x: 2 * x),
    "x³": (lambda x: x * x * x, lambda x: 3 * x * x),
}
"""Functions and their derivatives, by name."""


# 02.1 --------------------------------------------------------------------------------------------------------------

def central(f: Function, x: Any) -> Any:
    step = np.cbrt(np.finfo(float).eps) * np.maximum(1.0, np.abs(x))
    return (f(x + step) - f(x - step)) / (2 * step)


@exercise(
    "02.1", "implement", title=("a derivative by differences", "用差商求导数"), solution=central,
    hints=[("One-sided differences are off by about h. What would a second step, to the left, cancel?",
            "单侧差商的误差与 h 同阶。再向左走一步，能抵消掉什么？"),
           ("(f(x + h) - f(x - h)) / 2h is off by about h². The V of this lesson tells which h is best near x = 1.",
            "(f(x + h) - f(x - h)) / 2h 的误差与 h² 同阶。本课的 V 形曲线告诉你 x = 1 附近哪个 h 最好。"),
           ("Numbers near 10,000 are spaced ten thousand times more widely than those near 1. So h has to grow with "
            "|x|, but not shrink to nothing at x = 0.",
            "10,000 附近的浮点数，间隔是 1 附近的一万倍。所以 h 要随 |x| 增大，但在 x = 0 处又不能缩成零。")],
    why=("A step to the right and one to the left cancel the error of order h. The step is the cube root of ε, where "
         "the two arms of the V meet, and it grows with |x|, as the spacing of floating-point numbers does.",
         "左右各走一步，h 的一阶误差就抵消了。步长取 ε 的立方根，正是 V 形两臂相交之处；它随 |x| 增大，"
         "因为浮点数的间隔也随 |x| 增大。"))
def _(answer: Learner) -> str | None:
    rng = np.random.default_rng(21)
    places: list[Any] = [0.3, *(rng.uniform(0.3, 2.0, shape) for shape in ((), (4,), (2, 3), (3, 1, 2)))]
    for x in places:
        for name, (f, slope) in CURVES.items():
            seen: list[Any] = []
            got = answer(_spied(f, seen), x)
            _compare_slopes(got, slope(x), name, x, lambda: _steps(seen, x))
    far = rng.uniform(0.9e4, 1.1e4, 5)  # where floating-point numbers lie further apart
    for name, x in (("log", far), ("x²", far), ("x²", -far)):
        f, slope = CURVES[name]
        if _wrong(got := answer(f, x), slope(x), 1e-8):
            error = np.max(np.abs(as_array(got, _slope_of(name, "1e4")) / slope(x) - 1))
            place = f"{np.sign(x[0]) * 1e4:.0f}"
            raise Wrong(say(f"near x = {place} your derivative of {name} is off by {error:.0e} of its size",
                            f"在 x = {place} 附近，你求出的 {name} 的导数相对误差有 {error:.0e}"),
                        say("Near 1 it was right. Is your step the same for every x, however large?",
                            "在 1 附近却是对的。你的步长是不是对再大的 x 也一成不变？"))
    zero = answer(np.exp, np.zeros(3))
    compare(zero, np.ones(3), _slope_of("exp", "0"))
    return None


def _spied(f: Function, seen: list[Any]) -> Function:
    """f, which writes down where it is called."""
    def spy(x: Any) -> Any:
        seen.append(np.array(x, dtype=float))
        return f(x)
    return spy


def _slope_of(name: str, x: Any) -> Both:
    return f"your derivative of {name} at x = {x}", f"你求出的 {name} 在 x = {x} 处的导数"


def _compare_slopes(got: Any, expected: Any, name: str, x: Any, cause: Callable[[], str]) -> None:
    shape = np.shape(x)
    where = f"{float(x):.4g}" if not shape else say(f"an array of shape {shape}", f"形状为 {shape} 的数组")
    try:
        compare(got, expected, _slope_of(name, where))
    except Wrong as wrong:
        raise Wrong(wrong.what, cause() or wrong.cause) from None


def _wrong(got: Any, expected: np.ndarray, tolerance: float) -> bool:
    array = as_array(got, _slope_of("f", "10000"))
    return array.shape != expected.shape or not bool(np.all(np.abs(array - expected) <= tolerance * np.abs(expected)))


def _steps(seen: list[Any], x: Any) -> str:
    """What the places where f was called say about the mistake, if anything."""
    moves = [float(np.ravel(place - x)[0]) for place in seen if place.shape == np.shape(x)]
    right, left = max(moves, default=0.0), min(moves, default=0.0)
    if not moves or (right == 0 == left):
        return say("f was never called beside x: how should one learn its slope?",
                   "从未在 x 的旁边调用过 f：那怎么知道它的斜率？")
    if right > 0 and left > -right / 100:
        return say("You step to the right only: a one-sided difference. What would a step to the left cost you?",
                   "你只向右走：这是单侧差商。再向左走一步要付出什么，又能换来什么？")
    if left < 0 and right < -left / 100:
        return say("You step to the left only: a one-sided difference. What would a step to the right cost you?",
                   "你只向左走：这是单侧差商。再向右走一步要付出什么，又能换来什么？")
    if right > 1e-4:
        return say(f"Your step is {right:.0e}: on the right arm of the V, where the formula is to blame.",
                   f"你的步长是 {right:.0e}：在 V 形的右臂上，误差怪公式。")
    if right < 2e-7:
        return say(f"Your step is {right:.0e}: on the left arm of the V, where rounding is to blame.",
                   f"你的步长是 {right:.0e}：在 V 形的左臂上，误差怪舍入。")
    return ""


# 02.2 --------------------------------------------------------------------------------------------------------------

def best_one_sided_step() -> float:
    return float(np.sqrt(np.finfo(float).eps))


@exercise(
    "02.2", "predict", title=("the best step of a one-sided difference", "单侧差商的最佳步长"),
    solution=best_one_sided_step,
    hints=[("The right arm of its V falls like h, not like h². The left arm is the same as before.",
            "它的 V 形右臂按 h 下降，而不是 h²。左臂与之前相同。"),
           ("The bottom lies where h and ε/h are equal.", "谷底在 h 与 ε/h 相等之处。")],
    why=("The formula is off by about h, rounding by about ε/h. They are equal at h = √ε.",
         "公式的误差约为 h，舍入的误差约为 ε/h，两者在 h = √ε 处相等。"))
def _(answer: Any) -> str:
    step = as_array(answer, ("your prediction", "你的预测"))
    if step.shape != () or not 0 < float(step) < np.inf:
        raise Wrong(say(f"a step is one positive number, not {answer!r}", f"步长是一个正数，而不是 {answer!r}"))
    h = float(step)
    least = min(one_sided_error(10.0 ** k) for k in np.arange(-12, -3, 0.25))
    error = one_sided_error(h)
    found = say(f"with h = {h:.1e} sin is differentiated to within {error:.1e}; the best h gets within {least:.1e}",
                f"取 h = {h:.1e}，sin 的导数误差为 {error:.1e}；最好的 h 能做到 {least:.1e}")
    if error <= 4 * least:
        return found
    if 1e-6 < h < 1e-4:
        raise Wrong(found, say("That is about the best step of the central difference, whose error falls like h². This "
                               "one falls like h.",
                               "这差不多是中心差商的最佳步长，它的误差按 h² 下降；单侧差商只按 h 下降。"))
    if h > best_one_sided_step():
        raise Wrong(found, say("You are on the right arm of the V: the formula is to blame, a smaller step helps.",
                               "你在 V 形的右臂上：误差怪公式，步长小些会更好。"))
    raise Wrong(found, say("You are on the left arm of the V: rounding is to blame, a larger step helps.",
                           "你在 V 形的左臂上：误差怪舍入，步长大些会更好。"))


def one_sided_error(h: float) -> float:
    """The median error of (f(x + h) - f(x)) / h for f = sin, over many x between 0.5 and 1.5."""
    x = np.linspace(0.5, 1.5, 201)
    return float(np.median(np.abs((np.sin(x + h) - np.sin(x)) / h - np.cos(x))))


# 02.3 --------------------------------------------------------------------------------------------------------------

def sum_to(g: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    stretched = tuple(axis for axis, size in enumerate(shape) if size == 1)
    return g.sum(axis=stretched, keepdims=True)


@exercise(
    "02.3", "extend", title=("a gradient back through broadcasting", "让梯度穿过广播"), solution=sum_to,
    hints=[("Broadcasting copies. If b is used in five rows, five gradients arrive at b, and paths add.",
            "广播就是复制。b 若用在五行里，就有五份梯度流回 b，而多条路径的梯度要相加。"),
           ("Two things may have happened to an input: axes were added in front, and axes of size 1 were stretched.",
            "输入可能经历了两件事：前面添了轴，长度为 1 的轴被拉长。"),
           ("Sum the axes in front away first: then the axes of g and of shape have the same numbers.",
            "先把前面多出的轴求和消去：此后 g 与 shape 的轴就一一对应了。")],
    why=("Broadcasting copies, and the gradient of a copy is a sum over the copies. The axes in front are summed away; "
         "those that were stretched from 1 are summed and kept.",
         "广播就是复制，复制的梯度是对各份求和。前面添出的轴求和后消去，从 1 拉长的轴求和后保留。"))
def _(answer: Learner) -> None:
    rng = np.random.default_rng(23)
    shapes = [((3,), (2, 3)), ((2, 1), (2, 3)), ((1, 3), (4, 3)), ((), (2, 2)), ((2, 3), (2, 3)), ((1, 1), (5, 4)),
              ((3, 1), (2, 3, 4)), ((1, 2, 1), (4, 3, 2, 5))]
    for _ in range(20):
        full = tuple(int(size) for size in rng.integers(1, 5, int(rng.integers(1, 5))))
        kept = full[int(rng.integers(0, len(full) + 1)):]
        shapes.append((tuple(1 if rng.random() < 0.4 else size for size in kept), full))
    for shape, full in shapes:
        g = rng.standard_normal(full)
        x = rng.standard_normal(shape)
        what = (f"the gradient of shape {full} for an input of shape {shape}",
                f"形状为 {full} 的梯度送回形状为 {shape} 的输入后，")
        got = answer(g, shape)
        compare(got, sum_to(g, shape), what, suspects=_broadcast_suspects(g, shape))
        _keeps_the_pairing(as_array(got, what), g, x)


def _broadcast_suspects(g: np.ndarray, shape: tuple[int, ...]) -> list[tuple[Any, Both]]:
    one = np.reshape(g[tuple(slice(0, 1) for _ in g.shape)] if not shape else _first(g, shape), shape)
    count = g.size / max(int(np.prod(shape)), 1)
    return [
        (sum_to(g, shape) / count, ("It is the mean over the copies: each copy counts in full, so they are added.",
                                    "这是各份的平均：每一份都要全额计入，所以应当相加。")),
        (one, ("It is the gradient of the first copy alone; those of the others belong to the input too.",
               "这只是第一份的梯度；其余各份的梯度也属于这个输入。")),
    ]


def _first(g: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The gradient of the first of all copies that broadcasting made."""
    g = g[(0,) * (g.ndim - len(shape))]
    return g[tuple(slice(0, size) for size in shape)]


def _keeps_the_pairing(got: np.ndarray, g: np.ndarray, x: np.ndarray) -> None:
    """Σ g · broadcast(x) = Σ got · x for every x: what a gradient of a linear map has to fulfil."""
    there, back = float(np.sum(g * np.broadcast_to(x, g.shape))), float(np.sum(got * x))
    compare(back, there, ("Σ gradient · x", "Σ 梯度 · x "), tolerance=1e-9)


# 02.4 --------------------------------------------------------------------------------------------------------------

def minus_the_mean(g: np.ndarray, y: np.ndarray) -> np.ndarray:
    return y * (g - np.mean(g, axis=-1, keepdims=True))


@exercise(
    "02.4", "break", title=("a wrong rule that a sum believes", "骗过求和的错误规则"), solution=minus_the_mean,
    hints=[("A check through the sum hands your rule g = 1 everywhere. What must it return then, to be believed?",
            "经由求和的检验，交给你的规则的 g 处处为 1。此时它必须返回什么，才会被相信？"),
           ("The right rule is y (g - Σ g y). For g = 1 the bracket is 0. What else is 0 then, and not for other g?",
            "正确的规则是 y (g - Σ g y)。g = 1 时括号为 0。还有什么在 g = 1 时为 0，在别处不为 0？")],
    why=("The mean of g is a mistake that one really makes in the place of Σ g y. Where all entries of g are equal, "
         "both are the same, so a check through the sum sees no difference.",
         "把 Σ g y 误写成 g 的平均，是真会犯的错。g 的各元素相等时两者相同，所以经由求和的检验看不出差别。"))
def _(answer: Learner) -> str:
    rng = np.random.default_rng(24)
    largest = 0.0
    for shape in ((5,), (3, 4), (2, 3, 6)):
        scores = rng.standard_normal(shape)
        y = np.exp(scores) / np.sum(np.exp(scores), axis=-1, keepdims=True)
        ones, g = np.ones(shape), rng.standard_normal(shape)
        believed, got = _ruled(answer, ones, y), _ruled(answer, g, y)
        off = np.max(np.abs(believed), initial=0.0)
        if not off < 1e-9:
            raise Wrong(say(f"for g = 1 and y of shape {shape} your rule gives up to {off:.2g}, and 0 is right",
                            f"g 处处为 1、y 的形状为 {shape} 时，你的规则给出的值大到 {off:.2g}，而正确的是 0"),
                        say("Even the sum catches this one: the sum of a softmax is always 1, so its gradient is 0.",
                            "这样的错连求和也能抓住：softmax 的和恒为 1，所以梯度是 0。"))
        right = y * (g - np.sum(g * y, axis=-1, keepdims=True))
        if np.max(np.abs(got - right)) < 1e-6:
            raise Wrong(say("this rule is right: no check can find anything wrong with it",
                            "这条规则是对的：任何检验都挑不出毛病"),
                        say("Break it, so that it still gives 0 where all of g is 1.",
                            "把它弄坏，但在 g 处处为 1 时仍要得 0。"))
        if not np.isfinite(got).all():
            raise Wrong(say("for random g your rule gives entries that are NaN or infinite",
                            "对随机的 g，你的规则给出了 NaN 或无穷"),
                        say("That would be noticed at once. Find a mistake that gives numbers.",
                            "这样的错一眼就能看出来。找一个仍给出普通数值的错误。"))
        if not got.any():
            raise Wrong(say("your rule gives 0 for every g", "无论 g 是什么，你的规则都给出 0"),
                        say("A sum does believe that, but nothing would ever learn. Find a mistake that looks alive.",
                            "求和确实会信，可这样什么也学不会。找一个看上去“活着”的错误。"))
        largest = max(largest, float(np.max(np.abs(got - right)) / np.max(np.abs(right))))
    return say(f"a sum believes it, and a random g finds it {largest:.0%} off",
               f"求和信以为真，随机的 g 却发现它偏了 {largest:.0%}")


def _ruled(answer: Learner, g: np.ndarray, y: np.ndarray) -> np.ndarray:
    got = as_array(answer(g, y), ("what your rule returns", "你的规则返回的结果"))
    if got.shape != y.shape:
        raise Wrong(say(f"for y of the shape {y.shape} your rule returns the shape {got.shape}",
                        f"y 的形状是 {y.shape}，你的规则返回的形状却是 {got.shape}"),
                    say("A gradient has the shape of its input.", "梯度与它的输入形状相同。"))
    return got
