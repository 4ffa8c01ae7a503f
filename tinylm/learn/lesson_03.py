"""The exercises of lesson 03, networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .checking import Learner, Wrong, as_array, compare
from .diagnosis import Suspect
from .exercises import exercise
from .language import Both, say

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR = np.array([[0.0], [1.0], [1.0], [0.0]])


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + e⁻ˣ)"""
    return 0.5 * (1 + np.tanh(0.5 * x))


# 03.1 --------------------------------------------------------------------------------------------------------------

def tables_of_one_neuron() -> int:
    return 2 ** 4 - 2


def found_by_search() -> int:
    """How many tables a search through many lines finds."""
    w = np.reshape(np.meshgrid([-1, 0, 1], [-1, 0, 1]), (2, 9))
    scores = (CORNERS @ w)[:, :, None] + np.array([-1.5, -0.5, 0.5, 1.5])  # (4, 9, 1) + (4,)
    return len({tuple(table) for table in np.reshape(scores > 0, (4, -1)).T})  # (4, 36)


@exercise(
    "03.1", "predict", title=("how many tables one neuron can compute", "一个神经元能算出几张真值表"),
    solution=tables_of_one_neuron,
    hints=[("Each of the four corners is answered with 0 or 1: how many tables are there in all?",
            "四个角各答 0 或 1：真值表一共有几张？"),
           ("If a neuron can compute a table, turning the signs of its weights and its bias round gives the opposite "
            "one. What does that say about the opposite of XOR?",
            "神经元若能算出某张表，把权重和偏置全部变号，就算出相反的那张。由此看，与 XOR 相反的表会怎样？")],
    why=("There are 2⁴ tables. A line can cut off no corner, one, or two that share a side; only the two tables that "
         "want opposite corners together are left: XOR and its opposite.",
         "真值表共有 2⁴ 张。一条直线可以一个角也不切，切下一个角，或切下同一条边上的两个角；"
         "做不到的只有要求对角归为一类的两张：XOR 和与它相反的那张。"))
def _(answer: Any) -> str:
    count = as_array(answer, ("your prediction", "你的预测"))
    if count.shape != () or float(count) != int(count):
        raise Wrong(say(f"a number of tables is a whole number, not {answer!r}",
                        f"真值表的张数是一个整数，而不是 {answer!r}"))
    found = found_by_search()
    if int(count) == found:
        return say(f"a search through many lines finds {found} tables", f"把许多直线试一遍，找到 {found} 张")
    what = say(f"it is not {int(count)}", f"不是 {int(count)} 张")
    if int(count) == 16:
        raise Wrong(what, say("Those are all the tables there are, and XOR is among them.",
                              "那是全部的真值表，XOR 也在其中。"))
    if int(count) == 15:
        raise Wrong(what, say("XOR is out, yes. What would a neuron compute whose weights have all their signs turned?",
                              "XOR 的确不行。可是，把一个神经元的权重全部变号，它会算出什么？"))
    if int(count) > 16:
        raise Wrong(what, say("There are not so many tables: four corners, each answered with 0 or 1.",
                              "真值表没有这么多：四个角，每个角答 0 或 1。"))
    raise Wrong(what, say("There are more. Have you counted the tables that answer all four corners alike, and those "
                          "that look at one input alone?",
                          "还有别的。四个角答案全都一样的表，以及只看一个输入的表，你数进去了吗？"))


# 03.2 --------------------------------------------------------------------------------------------------------------

def relu_layer_back(g: np.ndarray, x: np.ndarray, W: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, ...]:
    g = np.where(x @ W.T + b > 0, g, 0.0)
    return g @ W, g.T @ x, g.sum(axis=0)


@exercise(
    "03.2", "implement", title=("back through a ReLU layer", "反向穿过 ReLU 层"), solution=relu_layer_back,
    hints=[("The same three moves as with the sigmoid; only the slope of the nonlinearity is another one.",
            "和 sigmoid 一样是三步，只是非线性的斜率换了。"),
           ("First g through the ReLU: it passes where x Wᵀ + b is positive, and is 0 elsewhere. Then the ReLU is out "
            "of the way.",
            "先让 g 穿过 ReLU：x Wᵀ + b 为正处原样通过，别处变成 0。此后就不用再管 ReLU 了。"),
           ("With u = x Wᵀ + b: x̄ = ū W (N, in), W̄ = ūᵀ x (out, in), b̄ = the sum of ū over the N examples (out,).",
            "记 u = x Wᵀ + b：x̄ = ū W (N, in)，W̄ = ūᵀ x (out, in)，b̄ 是 ū 对 N 个样本求和 (out,)。")],
    why=("g passes where the ReLU was open. What is left is the gradient of a linear map: back through the weights, "
         "into the weights, and into the bias, which all the examples share.",
         "ReLU 打开的地方，g 原样通过。剩下的就是线性映射的梯度：穿过权重、流进权重、流进所有样本共用的偏置。"))
def _(answer: Learner) -> None:
    rng = np.random.default_rng(32)
    sizes = [(1, 1, 1), (1, 3, 2), (4, 1, 3), (5, 3, 1), (6, 4, 4)]
    sizes += [(int(a), int(b), int(c)) for a, b, c in rng.integers(1, 7, (12, 3))]
    for examples, ins, outs in sizes:
        x, W = rng.standard_normal((examples, ins)), rng.standard_normal((outs, ins))
        b, g = rng.standard_normal(outs), rng.standard_normal((examples, outs))
        _compare_three(answer(g, x, W, b), g, x, W, b)
    x, W, b = np.array([[1.0, 2.0]]), np.array([[2.0, -1.0], [1.0, 1.0], [-1.0, 0.0]]), np.zeros(3)
    g = np.array([[3.0, 1.0, 2.0]])
    _compare_three(answer(g, x, W, b), g, x, W, b)  # the first unit stands at its kink, the last is shut
    _, to_weight, to_bias = _three(answer(10 * g, x, W, b + 1))
    there = float(np.sum(10 * g * np.maximum(x @ W.T + b + 1, 0)))  # y grows in proportion to W and b (Euler)
    compare(np.sum(as_array(to_weight, _W_BAR) * W) + np.sum(as_array(to_bias, _B_BAR) * (b + 1)), there,
            ("Σ W̄ · W + Σ b̄ · b, which is Σ g · y for a ReLU layer,", "Σ W̄ · W + Σ b̄ · b（对 ReLU 层应等于 Σ g · y）"))


_X_BAR: Both = ("your x̄", "你求出的 x̄ ")
_W_BAR: Both = ("your W̄", "你求出的 W̄ ")
_B_BAR: Both = ("your b̄", "你求出的 b̄ ")


def _three(got: Any) -> Sequence[Any]:
    if not isinstance(got, (tuple, list)) or len(got) != 3:
        found = len(got) if isinstance(got, (tuple, list)) else 1
        raise Wrong(say(f"three gradients are to be returned, not {found}", f"应当返回三个梯度，而不是 {found} 个"),
                    say("return x̄, W̄, b̄, in this order.", "按这个次序返回：x̄, W̄, b̄。"))
    return got


def _compare_three(got: Any, g: np.ndarray, x: np.ndarray, W: np.ndarray, b: np.ndarray) -> None:
    u = x @ W.T + b
    open_, kink = np.where(u > 0, g, 0.0), np.where(u >= 0, g, 0.0)
    clipped, once = np.where(g > 0, g, 0.0), np.where(u > 0, g * u, 0.0)
    ways: list[tuple[np.ndarray, Both]] = [
        (g, ("That is the linear map alone: g has to pass the ReLU first, shut where x Wᵀ + b is not positive.",
             "这只是线性映射的梯度：g 要先穿过 ReLU，而 x Wᵀ + b 不为正的地方，ReLU 是关着的。")),
        (kink, ("Where x Wᵀ + b is exactly 0 the slope counts as 0 here: only what is greater than 0 passes.",
                "x Wᵀ + b 恰好为 0 时，这里约定斜率为 0：只有大于 0 才通过。")),
        (clipped, ("You sent g itself through the ReLU. Whether it passes is decided by the sign of x Wᵀ + b, not by "
                   "the sign of g.",
                   "你把 g 本身送进了 ReLU。能否通过，由 x Wᵀ + b 的符号决定，而不是 g 的符号。")),
        (once, ("g was multiplied by the output of the ReLU. Its slope is wanted: 1 where it is open, else 0.",
                "你用 ReLU 的输出去乘 g。要乘的是它的斜率：打开处为 1，否则为 0。")),
    ]
    mean: Both = ("It is the mean over the examples: each of them counts in full, so they are added.",
                  "这是对样本取的平均：每个样本都要全额计入，所以应当相加。")
    right = relu_layer_back(g, x, W, b)
    for place, (name, mine) in enumerate(zip((_X_BAR, _W_BAR, _B_BAR), _three(got), strict=True)):
        suspects: list[Suspect] = [((way @ W, way.T @ x, way.sum(axis=0))[place], remark) for way, remark in ways]
        if place:
            suspects.append((right[place] / len(x), mean))
        elif W.shape[0] == W.shape[1]:
            suspects.append((open_ @ W.T, ("W stands the wrong way round: the forward used Wᵀ, so the way back uses W.",
                                           "W 的方向反了：前向用的是 Wᵀ，往回走就该用 W。")))
        compare(mine, right[place], name, suspects=suspects)


# 03.3 --------------------------------------------------------------------------------------------------------------

class Start(NamedTuple):
    """Where the weights of a network 2 → hidden → 1 begin."""

    W1: np.ndarray  # (hidden, 2)
    b1: np.ndarray  # (hidden,)
    W2: np.ndarray  # (1, hidden)
    b2: np.ndarray  # (1,)


def all_alike(hidden: int) -> tuple[np.ndarray, ...]:
    return np.ones((hidden, 2)), np.zeros(hidden), np.ones((1, hidden)), np.zeros(1)


@exercise(
    "03.3", "break", title=("a start from which XOR is never learnt", "永远学不会 XOR 的起点"), solution=all_alike,
    hints=[("One neuron cannot do it. When are several neurons no more than one?",
            "一个神经元做不到。几个神经元，什么时候只顶得上一个？"),
           ("Two units that compute the same and are listened to in the same way get the same gradient. What happens "
            "to them after the step?",
            "两个单元算得一样，下一层也一样地听它们，它们得到的梯度就一样。走一步之后会怎样？"),
           ("So all rows of W1 alike, all entries of b1 alike, and all entries of W2 alike.",
            "所以：W1 各行相同，b1 各元素相同，W2 各元素也相同。")],
    why=("Units that begin alike, and are listened to alike, get the same gradient and stay alike for ever: one "
         "neuron, written down several times. That is why weights start at random.",
         "起点相同、下一层又同等对待的单元，梯度也相同，于是永远相同：不过是把一个神经元抄了好几遍。"
         "所以权重要随机地开始。"))
def _(answer: Learner) -> str:
    for hidden in (2, 3, 6):
        start = _started(answer(hidden), hidden)
        begun, trained = start, descend(start, 100)
        if _say_the_same(begun) and _say_the_same(trained):
            continue
        trained = descend(trained, 4000)
        right = int(np.sum((outputs(trained)[1] > 0.5) == (XOR > 0.5)))
        if right == 4:
            what = say(f"with {hidden} hidden units it has learnt XOR after a few thousand steps",
                       f"有 {hidden} 个隐藏单元时，几千步之后它学会了 XOR")
            if _say_the_same(begun):
                raise Wrong(what, say("Your units begin alike, but the second layer does not listen to them alike: the "
                                      "first step already tells them apart.",
                                      "你的单元起点相同，可下一层对它们并不一视同仁：走第一步就把它们区分开了。"))
            raise Wrong(what, say("Your units are different from the start, so each can find work of its own.",
                                  "你的单元一开始就各不相同，所以能各找各的活干。"))
        raise Wrong(say(f"with {hidden} hidden units it gets {right} of 4 right after a few thousand steps, but its "
                        "units are not alike",
                        f"有 {hidden} 个隐藏单元时，几千步之后 4 个里对了 {right} 个，可它的单元并不相同"),
                    say("That may be bad luck, which more steps can mend. A start that never learns makes several "
                        "units into one.",
                        "这可能只是运气不好，再走些步也许就好了。永远学不会的起点，要让几个单元变成一个。"))
    return say("the units stay alike, and several of them are no more than one",
               "这些单元始终相同，几个加起来也不过是一个")


def _started(got: Any, hidden: int) -> Start:
    shapes = Start((hidden, 2), (hidden,), (1, hidden), (1,))  # type: ignore[arg-type]
    if not isinstance(got, (tuple, list)) or len(got) != 4:
        raise Wrong(say("the start is W1, b1, W2, b2: four arrays", "起点是 W1, b1, W2, b2 四个数组"))
    arrays = []
    for name, value, shape in zip(Start._fields, got, shapes, strict=True):
        array = as_array(value, (f"your {name}", f"你的 {name} "))
        if array.shape != shape:
            raise Wrong(say(f"with {hidden} hidden units {name} has the shape {shape}, yours has {array.shape}",
                            f"有 {hidden} 个隐藏单元时，{name} 的形状是 {shape}，你的却是 {array.shape}"))
        size = np.abs(array)
        if not bool(np.all(size <= 3)):
            raise Wrong(say(f"your {name} has an entry beyond ±3", f"你的 {name} 有元素超出 ±3"),
                        say("With giants the sigmoids are flat and nothing moves: that would be too easy.",
                            "数太大，sigmoid 就全平了，什么也动不了：那样太容易了。"))
        if name[0] == "W" and bool(np.any(size < 0.1)):
            raise Wrong(say(f"your {name} has an entry within ±0.1", f"你的 {name} 有元素在 ±0.1 以内"),
                        say("Zeros would be too easy. There is a start without any that is just as bad.",
                            "全用零就太容易了。不用零，也有同样糟糕的起点。"))
        arrays.append(array.astype(np.float64))
    return Start(*arrays)


def outputs(start: Start) -> tuple[np.ndarray, np.ndarray]:
    """(hidden outputs (4, hidden), outputs (4, 1)) at the four corners.

    Sums over an axis instead of matrix products: those may round one column otherwise than the next.
    """
    h = sigmoid((CORNERS[:, None, :] * start.W1).sum(axis=2) + start.b1)  # (4, hidden, 2) → (4, hidden)
    return h, sigmoid((h * start.W2).sum(axis=1, keepdims=True) + start.b2)


def descend(start: Start, steps: int, rate: float = 1.0) -> Start:
    """So many steps down the gradient of -Σ ln p(right answer)."""
    for _ in range(steps):
        h, y = outputs(start)
        g = y - XOR  # (4, 1)
        u = g * start.W2 * h * (1 - h)  # (4, hidden)
        start = Start(start.W1 - rate * (u[:, :, None] * CORNERS[:, None, :]).sum(axis=0),
                      start.b1 - rate * u.sum(axis=0), start.W2 - rate * (g * h).sum(axis=0, keepdims=True),
                      start.b2 - rate * g.sum(axis=0))
    return start


def _say_the_same(start: Start) -> bool:
    """Do all hidden units tell the next layer the same, up to scale and offset?"""
    h, _ = outputs(start)
    sizes = np.linalg.svd(h - h.mean(axis=0), compute_uv=False)
    return bool(sizes[1] <= 1e-8)


# 03.4 --------------------------------------------------------------------------------------------------------------

def leaky_start(rng: np.random.Generator, outs: int, ins: int, slope: float) -> np.ndarray:
    return rng.normal(0.0, np.sqrt(2 / ((1 + slope ** 2) * ins)), (outs, ins))


@exercise(
    "03.4", "extend", title=("a start for leaky ReLUs", "给 leaky ReLU 一个好起点"), solution=leaky_start,
    hints=[("Let u be symmetric around 0 with mean square q. Which part of q is left in the mean square of ReLU(u)? "
            "And of the leaky one?",
            "设 u 关于 0 对称，均方为 q。ReLU(u) 的均方是 q 的几分之几？换成 leaky 的呢？"),
           ("Half of the u are positive and keep their square; the other half have theirs times slope². So "
            "(1 + slope²)/2 is left.",
            "一半的 u 为正，平方不变；另一半的平方要乘以 slope²。所以剩下 (1 + slope²)/2。"),
           ("One layer multiplies the mean square by ins · σ² · (1 + slope²)/2. That is to be 1.",
            "一层把均方乘以 ins · σ² · (1 + slope²)/2。让它等于 1。")],
    why=("Each u is a sum of `ins` terms, so its mean square is ins · σ² times that of the inputs, and the leaky ReLU "
         "leaves (1 + slope²)/2 of it. σ² = 2 / ((1 + slope²) · ins) makes the product 1. A slope of 0 is He's start.",
         "每个 u 是 ins 项之和，均方是输入的 ins · σ² 倍，leaky ReLU 再留下其中的 (1 + slope²)/2。"
         "取 σ² = 2 / ((1 + slope²) · ins)，乘积就是 1。slope 为 0 时就是 He 的起点。"))
def _(answer: Learner) -> str:
    level = 1.0
    for seed, (outs, ins, slope) in enumerate([(300, 200, 0.0), (150, 400, 0.5), (400, 150, 0.01), (200, 300, 1.0)]):
        name: Both = (f"your start for slope = {slope:g}", f"slope = {slope:g} 时你的起点")
        W = _drawn(answer, seed, outs, ins, slope, name)
        _judge_size(float(np.std(W)), outs, ins, slope)
        mean, noise = float(np.mean(W)), float(np.std(W)) / np.sqrt(W.size)
        if abs(mean) > 5 * noise:
            raise Wrong(say(f"the mean of your weights is {mean:.2g}", f"你的权重平均是 {mean:.2g}"),
                        say("They should lie around 0: else all units lean the same way.",
                            "它们应当以 0 为中心，否则所有单元都偏向同一边。"))
        if np.linalg.matrix_rank(W) < min(W.shape):
            raise Wrong(say("some rows of your weights are copies or mixtures of others",
                            "你的权重里，有些行是别的行的复制或组合"),
                        say("Units that begin alike stay alike: every weight needs a draw of its own.",
                            "起点相同的单元会一直相同：每个权重都要单独抽取。"))
        if slope == 0.5:
            level = through_layers(answer, slope)
            if not 0.1 < level < 10:
                raise Wrong(say(f"after 20 layers the mean square is {level:.1e} of what it was",
                                f"穿过 20 层之后，均方变成原来的 {level:.1e}"))
    return say(f"after 20 layers the mean square is {level:.2f} of what it was",
               f"穿过 20 层之后，均方是原来的 {level:.2f} 倍")


def _drawn(answer: Learner, seed: int, outs: int, ins: int, slope: float, name: Both) -> np.ndarray:
    W = as_array(answer(np.random.default_rng(seed), outs, ins, slope), name)
    if W.shape != (outs, ins):
        compare(W, np.zeros((outs, ins)), name)
    again = as_array(answer(np.random.default_rng(seed), outs, ins, slope), name)
    if not np.array_equal(W, again):
        raise Wrong(say("two generators that begin alike gave different weights",
                        "两个起点相同的生成器给出了不同的权重"),
                    say("Take every number from rng: then an experiment can be repeated.",
                        "每个数都从 rng 里取：这样实验才能重复。"))
    return W


def _judge_size(size: float, outs: int, ins: int, slope: float) -> None:
    right = float(np.sqrt(2 / ((1 + slope ** 2) * ins)))
    if abs(size / right - 1) < 0.012:  # a draw of this size is off by 0.003 at the most
        return
    what = say(f"for {ins} inputs and slope = {slope:g} your weights spread by {size:.4f}, expected {right:.4f}",
               f"{ins} 个输入、slope = {slope:g} 时，你的权重标准差为 {size:.4f}，应为 {right:.4f}")
    known: list[tuple[float, Both]] = [
        (right ** 2, ("That is the variance σ²; a generator wants its root.", "那是方差 σ²；生成器要的是它的平方根。")),
        (np.sqrt(2 / ins), ("That is He's start for slope = 0. How much of the negative half gets through?",
                            "那是 slope = 0 时 He 的起点。负的那一半，斜率放过了多少？")),
        (np.sqrt(2 / ((1 + slope) * ins)), ("A slope of s multiplies a square by s², not by s.",
                                            "斜率 s 使平方变为 s² 倍，而不是 s 倍。")),
        (np.sqrt(1 / ins), ("That keeps the level of a linear map. What does the leaky ReLU take away?",
                            "那能保住线性映射的大小。leaky ReLU 又拿走了多少？")),
        (np.sqrt(2 / (ins + outs)), ("That is Xavier's start, which knows of no ReLU.",
                                     "那是 Xavier 的起点，它不知道有 ReLU。")),
        (right * np.sqrt(ins / outs), ("That goes by the number of outputs. Of how many terms is each u the sum?",
                                       "那是按输出的个数算的。每个 u 是多少项之和？")),
    ]
    raise Wrong(what, next((say(*remark) for value, remark in known if abs(size / value - 1) < 0.012), ""))


def through_layers(start: Callable[..., Any], slope: float, layers: int = 20) -> float:
    """The mean square of what comes out of so many leaky layers, as a share of what went in."""
    x = np.random.default_rng(99).standard_normal((8, 256))
    before = float(np.mean(x * x))
    for k in range(layers):
        u = x @ np.asarray(start(np.random.default_rng(100 + k), 256, 256, slope)).T  # (8, 256)
        x = np.where(u > 0, u, slope * u)
    return float(np.mean(x * x)) / before


# 03.5 --------------------------------------------------------------------------------------------------------------

def back_past(g: np.ndarray, back: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    return g + back(g)


@exercise(
    "03.5", "extend", title=("a way past the layer", "绕过一层的路"), solution=back_past,
    hints=[("Two paths lead from x to y = x + f(x). What do paths do?",
            "从 x 到 y = x + f(x) 有两条路。多条路径要怎样？"),
           ("Along the first path y follows x one to one; along the second it goes through f, and `back` knows the "
            "way back through that.",
            "沿第一条路，x 变多少 y 就变多少；第二条路穿过 f，而往回穿过 f 的办法 `back` 知道。")],
    why=("Paths add: g comes back past the layer unchanged, and through the layer as `back` says. The first path has "
         "no factor that could be small, however many layers there are (He et al. 2016).",
         "多条路径要相加：g 绕过这一层原样回来，又穿过这一层按 back 所说回来。无论有多少层，"
         "第一条路上都没有会变小的因子（He 等，2016）。"))
def _(answer: Learner) -> str:
    rng = np.random.default_rng(35)
    for examples, width in [(1, 1), (1, 4), (5, 1), (3, 3), *((int(a), int(b)) for a, b in rng.integers(1, 7, (8, 2)))]:
        back = _sigmoid_back(rng, examples, width)
        g, moved = rng.standard_normal((2, examples, width))
        through = back(g)
        suspects: list[Suspect] = [
            (through, ("That is the path through the layer alone; the other one leads past it.",
                       "这只是穿过这一层的路；还有一条绕过它的路。")),
            (g, ("That is the path past the layer alone; the other one leads through it.",
                 "这只是绕过这一层的路；还有一条穿过它的路。")),
            (g * through, ("The two paths were multiplied. Along a path one multiplies; paths themselves are added.",
                           "两条路乘在了一起。沿一条路才用乘法，路与路之间要相加。")),
            ((g + through) / 2, ("It is the mean of the two paths; they are added.",
                                 "这是两条路的平均；应当相加。")),
        ]
        what: Both = (f"the gradient of shape {g.shape} for x", f"送回 x 的、形状为 {g.shape} 的梯度")
        got = answer(g, back)
        compare(got, g + through, what, suspects=suspects)
        double = as_array(answer(2 * g, back), what) - as_array(got, what)
        compare(np.sum(double * moved), np.sum((g + through) * moved),
                ("the gradient of 2g, less that of g,", "2g 的梯度减去 g 的梯度"))
    alone, past = _through_many(lambda g, back: back(g)), _through_many(answer)
    return say(f"back through 30 layers of sigmoids the gradient keeps {alone:.0e} of its size without your path, and "
               f"{past:.1f} times its size with it",
               f"往回穿过 30 层 sigmoid，没有你的路，梯度只剩原来的 {alone:.0e}；有了它，是原来的 {past:.1f} 倍")


def _sigmoid_back(rng: np.random.Generator, examples: int, width: int) -> Callable[[np.ndarray], np.ndarray]:
    """How a gradient goes back through some layer σ(x Wᵀ + b)."""
    W = rng.standard_normal((width, width)) / np.sqrt(width)
    y = sigmoid(rng.standard_normal((examples, width)))

    def back(g: np.ndarray) -> np.ndarray:
        return (g * y * (1 - y)) @ W  # (examples, width)
    return back


def _through_many(rule: Callable[..., Any]) -> float:
    rng = np.random.default_rng(36)
    g = first = rng.standard_normal((1, 64))
    for _ in range(30):
        g = np.asarray(rule(g, _sigmoid_back(rng, 1, 64)))
    return float(np.linalg.norm(g) / np.linalg.norm(first))
