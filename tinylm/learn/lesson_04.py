"""The exercises of lesson 04, learning."""

from __future__ import annotations

from typing import Any

import numpy as np

from .checking import Learner, Wrong, as_array, compare
from .exercises import exercise
from .language import Both, say

# 04.1 --------------------------------------------------------------------------------------------------------------

def largest_rate() -> Any:
    hessian = [[5.0, 3.0], [3.0, 5.0]]
    return 2 / np.max(np.linalg.eigvals(hessian))


WALL: list[tuple[float, Both]] = [
    (2 / 5, ("2/5 takes the curvature along an axis. The steepest direction need not be an axis: look along x₁ = x₂.",
             "2/5 用的是沿坐标轴的曲率。最陡的方向不一定是坐标轴：看看 x₁ = x₂ 的方向。")),
    (1 / 8, ("1/8 is 1/λ: with it the steepest direction is done in a single step. How far can you go beyond?",
             "1/8 是 1/λ：用它，最陡的方向一步就走到底了。还能再大多少？")),
    (1 / 5, ("1/5 is 2/(λ₁ + λ₂), the fastest learning rate. The largest lies further out.",
             "1/5 是 2/(λ₁ + λ₂)，那是最快的学习率。最大的还要再往外。")),
    (1.0, ("2/2 is what the flattest direction allows. The steepest one runs away long before.",
           "2/2 是最平缓的方向所允许的。最陡的方向早就跑飞了。")),
]
"""Learning rates that one may take for the largest, and why they are not."""


@exercise(
    "04.1", "predict", title=("where gradient descent runs away", "梯度下降在哪里跑飞"), solution=largest_rate,
    hints=[("A step multiplies the error by 1 - ηλ in a direction of curvature λ. When does that leave the interval "
            "from -1 to 1?", "在曲率为 λ 的方向上，一步把误差乘以 1 - ηλ。它什么时候越出 -1 到 1 的区间？"),
           ("The directions that mind their own business are those in which the gradient points straight at the "
            "minimum: the eigenvectors of the second derivatives, here (1, 1) and (1, -1).",
            "互不相干的方向，是梯度正对着最低点的那些方向，即二阶导数矩阵的特征向量，这里是 (1, 1) 和 (1, -1)。"),
           ("Put x₁ = x₂ = t into f. How much is the gradient there, as a multiple of t?",
            "把 x₁ = x₂ = t 代入 f。此处的梯度是 t 的几倍？")],
    why=("The curvatures are the eigenvalues of the matrix of second derivatives, and the largest sets the limit: "
         "1 - ηλ reaches -1 at η = 2/λ.",
         "曲率就是二阶导数矩阵的特征值，由最大的那个定下界限：1 - ηλ 在 η = 2/λ 处到达 -1。"))
def _(answer: Any) -> str:
    given = as_array(answer, ("your prediction", "你的预测"))
    if given.shape != () or not 0 < float(given) < np.inf:
        raise Wrong(say(f"a learning rate is one positive number, not {answer!r}",
                        f"学习率是一个正数，而不是 {answer!r}"))
    lr = float(given)
    below, above = growth(0.98 * lr), growth(1.02 * lr)
    found = say(f"with a learning rate of {0.98 * lr:.3g} a step multiplies the distance from the minimum by "
                f"{below:.3g}, with {1.02 * lr:.3g} by {above:.3g}",
                f"学习率为 {0.98 * lr:.3g} 时，每步把到最低点的距离乘以 {below:.3g}；为 {1.02 * lr:.3g} 时，"
                f"乘以 {above:.3g}")
    if below < 1 < above:
        return found
    for value, remark in WALL:
        if abs(lr / value - 1) < 0.02:
            raise Wrong(found, say(*remark))
    if above <= 1:
        raise Wrong(found, say("Both arrive: there is still room above.", "两个都收敛：往上还有余地。"))
    raise Wrong(found, say("Both run away: the limit lies below.", "两个都跑飞了：界限还在下面。"))


def growth(lr: float) -> float:
    """By how much a step of gradient descent multiplies the distance from the minimum, after many steps."""
    x, factor = np.array([1.0, 0.3]), 1.0
    for _ in range(300):
        x = x - lr * np.array([5 * x[0] + 3 * x[1], 3 * x[0] + 5 * x[1]])
        factor = float(np.hypot(*x))
        x = x / factor
    return factor


# 04.2 --------------------------------------------------------------------------------------------------------------

def nesterov(x: Any, g: Any, v: Any, lr: float, momentum: float) -> Any:
    v = momentum * v + g
    return x - lr * (g + momentum * v), v


@exercise(
    "04.2", "implement", title=("a look ahead", "往前看一步"), solution=nesterov,
    hints=[("The velocity is plain momentum's: v ← momentum · v + g. Only what is subtracted from x is another.",
            "速度与普通动量的相同：v ← momentum · v + g。只是从 x 中减去的东西不同。"),
           ("Where v stood in x ← x - lr · v, there now stands g + momentum · v, with the v that was just made.",
            "在 x ← x - lr · v 中 v 的位置上，现在是 g + momentum · v，其中的 v 是刚更新过的。")],
    why=("The velocity is brought up to date first. The step then takes g + momentum · v, about what the velocity "
         "would be after one more such gradient: it brakes one step earlier.",
         "先更新速度。这一步走的是 g + momentum · v，差不多是再来一次这样的梯度之后的速度：刹车早了一步。"))
def _(answer: Learner) -> str:
    rng = np.random.default_rng(42)
    for shape, momentum in (((3,), 0.9), ((2, 3), 0.5), ((1, 4), 0.99), ((4, 1, 2), 0.7), ((5,), 0.0)):
        x, v, lr = rng.standard_normal(shape), rng.standard_normal(shape), float(rng.uniform(0.05, 0.5))
        for step in range(1, 5):
            g = rng.standard_normal(shape)
            new_x, new_v = nesterov(x, g, v, lr, momentum)
            got_x, got_v = _two(answer(x, g, v, lr, momentum), ("x", "v"))
            compare(got_v, new_v, (f"the velocity after step {step} with momentum = {momentum}",
                                   f"momentum = {momentum} 时，第 {step} 步之后的速度"),
                    suspects=_velocity_suspects(g, v, lr, momentum))
            compare(got_x, new_x, (f"x after step {step} with momentum = {momentum}",
                                   f"momentum = {momentum} 时，第 {step} 步之后的 x "),
                    suspects=_place_suspects(x, g, v, lr, momentum))
            x, v = new_x, new_v
    place, v = np.zeros(2), np.zeros(2)
    for _ in range(400):
        before = place
        place, v = _two(answer(place, np.array([1.0, -2.0]), v, 0.01, 0.9), ("x", "v"))
    stride = float((before - place)[0] / 0.01)
    compare(stride, 10.0, ("where the gradient stays the same, the length of a step over lr · g",
                           "梯度始终不变时，步长与 lr · g 之比"), tolerance=1e-6)
    return say(f"where the gradient stays the same, its steps grow to {stride:.4g} times those of gradient descent",
               f"梯度始终不变时，它的步长会增大到梯度下降的 {stride:.4g} 倍")


def _velocity_suspects(g: Any, v: Any, lr: float, momentum: float) -> list[tuple[Any, Both]]:
    right = momentum * v + g
    return [
        (momentum * v + (1 - momentum) * g, ("The new gradient enters in full: 1 - momentum belongs to averages.",
                                             "新的梯度要全额计入：1 - momentum 是求平均时才用的。")),
        (g + momentum * right, ("That is the look ahead itself. Hand back the velocity from which it was made.",
                                "这是往前看的那一步本身。应交还用来算它的速度。")),
        (v, ("It is still the old velocity.", "它还是旧的速度。")),
    ]


def _place_suspects(x: Any, g: Any, v: Any, lr: float, momentum: float) -> list[tuple[Any, Both]]:
    right = momentum * v + g
    return [
        (x - lr * right, ("That is plain momentum. (With the old v, g + momentum · v is just the new v: bring v up to "
                          "date first, then look ahead.)",
                          "这是普通的动量。（用旧的 v 算 g + momentum · v，得到的就是新的 v："
                          "要先更新 v，再往前看。）")),
        (x - lr * (g + right), ("The velocity is added in full: momentum times v is missing.",
                                "速度被全额加上了：v 前面漏了 momentum。")),
        (x - lr * g, ("That is gradient descent: the velocity has no effect.", "这是梯度下降：速度没有起作用。")),
        (x + lr * (g + momentum * right), ("It climbs: the step has to go against the gradient.",
                                           "它在往上爬：步子要逆着梯度走。")),
    ]


def _two(got: Any, names: tuple[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """The two arrays that an answer has to return."""
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        kind = say(f"{len(got)} things", f"{len(got)} 个结果") if isinstance(got, (tuple, list)) else type(got).__name__
        raise Wrong(say(f"your function returns {kind}, expected two arrays, the new {names[0]} and the new {names[1]}",
                        f"你的函数返回的是 {kind}，应为两个数组：新的 {names[0]} 和新的 {names[1]}"))
    first, second = (as_array(one, (f"the new {name}", f"新的 {name} ")) for one, name in zip(got, names, strict=True))
    return first, second


# 04.3 --------------------------------------------------------------------------------------------------------------

def up_and_down(step: int, steps: int, lr: float, warmup: int) -> Any:
    if step < warmup:
        return lr * (step + 1) / warmup
    done = (step - warmup) / (steps - warmup)
    return lr * (1 + np.cos(np.pi * done)) / 2


@exercise(
    "04.3", "implement", title=("up in a line, down along a cosine", "沿直线上升，沿余弦下降"), solution=up_and_down,
    hints=[("Two pieces, and an if between them. Both give lr where they meet.",
            "分两段，中间一个 if。两段在相接处都等于 lr。"),
           ("The line takes warmup steps of equal height and is at lr in the last of them, step warmup - 1.",
            "直线段有 warmup 步，每步升高一样多，到其中最后一步（第 warmup - 1 步）正好是 lr。"),
           ("How much of the way down is done? (step - warmup) / (steps - warmup), from 0 to 1: the angle is π times "
            "that.", "下降的路走了多少？(step - warmup) / (steps - warmup)，从 0 到 1；角度就是它乘以 π。")],
    why=("Counting from step + 1 keeps the first step from going nowhere. The cosine begins where the line ends, and "
         "has only the steps that are left.",
         "从 step + 1 算起，第一步就不会原地不动。余弦从直线结束的地方开始，只占剩下的那些步。"))
def _(answer: Learner) -> str:
    rng = np.random.default_rng(43)
    plans = [(10, 3), (8, 0), (5, 1), *((int(rng.integers(6, 40)), int(rng.integers(0, 6))) for _ in range(8))]
    for steps, warmup in plans:
        lr = float(rng.uniform(0.01, 0.9))
        got = [answer(step, steps, lr, warmup) for step in range(steps)]
        compare(got, [up_and_down(step, steps, lr, warmup) for step in range(steps)],
                (f"your learning rate for steps = {steps}, lr = {lr:.3g}, warmup = {warmup}",
                 f"steps = {steps}、lr = {lr:.3g}、warmup = {warmup} 时，你的学习率"),
                suspects=_rate_suspects(steps, lr, warmup))
    rates = [float(answer(step, 20, 1.0, 4)) for step in range(20)]
    return say(f"over 20 steps it goes from {rates[0]:.3g} up to {max(rates):.3g} and down to {rates[-1]:.2g}",
               f"在 20 步里，它从 {rates[0]:.3g} 升到 {max(rates):.3g}，再降到 {rates[-1]:.2g}")


def _rate_suspects(steps: int, lr: float, warmup: int) -> list[tuple[Any, Both]]:
    step = np.arange(steps)
    rising = step < warmup
    line = lr * (step + 1) / max(warmup, 1)
    done = np.where(rising, 0.0, (step - warmup) / (steps - warmup))
    fall = lr * (1 + np.cos(np.pi * done)) / 2
    return [
        (np.where(rising, lr * step / max(warmup, 1), fall),
         ("In step 0 it is 0, so the first step goes nowhere: count from step + 1.",
          "第 0 步时它是 0，第一步就原地不动了：从 step + 1 算起。")),
        (np.where(rising, line, lr * (1 + np.cos(np.pi * step / steps)) / 2),
         ("The cosine began at step 0, under the line: it starts where the line ends.",
          "余弦从第 0 步就开始了，在直线段里已经走掉一截：它应从直线结束处开始。")),
        (np.where(rising, line, lr * (1 + np.cos(np.pi * np.minimum((step - warmup) / steps, 1))) / 2),
         ("The cosine does not come all the way down: it has steps - warmup steps, not steps.",
          "余弦没有降到底：它只有 steps - warmup 步，而不是 steps 步。")),
        (np.where(rising, line, lr * (1 - done)), ("Down in a line: where is the cosine?",
                                                   "是沿直线下降的：余弦在哪里？")),
        (np.where(rising, line, lr * np.cos(np.pi * done)),
         ("A cosine goes from 1 to -1: raise it and halve it, or the last steps go uphill.",
          "余弦从 1 到 -1：要先抬高再减半，否则最后几步会往上坡走。")),
        (lr * (1 + np.cos(np.pi * step / steps)) / 2, ("There is no warm-up: is the first piece ever used?",
                                                       "没有预热：第一段真的用到了吗？")),
    ]


# 04.4 --------------------------------------------------------------------------------------------------------------

def never_forgets(x: Any, g: Any, s: Any, lr: float, alpha: float, eps: float) -> Any:
    s = s + (1 - alpha) * g**2
    return x - lr * g / (np.sqrt(s) + eps), s


def _rmsprop(x: Any, g: Any, s: Any, lr: float, alpha: float, eps: float) -> tuple[Any, Any]:
    s = alpha * s + (1 - alpha) * g**2
    return x - lr * g / (np.sqrt(s) + eps), s


@exercise(
    "04.4", "break", title=("a mistake that the first step hides", "第一步看不出的错"), solution=never_forgets,
    hints=[("In the first step s is 0. What is done to s can be anything that leaves 0 alone.",
            "第一步里 s 是 0。对 s 做什么都行，只要 0 还是 0。"),
           ("The step must still go against the gradient, and not too far, or the loss gives it away.",
            "每一步仍要逆着梯度走，也不能走得太远，否则损失会露馅。")],
    why=("Without the factor alpha nothing is ever forgotten: s only grows, and RMSprop has become Adagrad. In the "
         "first step there is nothing to forget.",
         "少了因子 alpha，就什么也不会忘：s 只增不减，RMSprop 变成了 Adagrad。而第一步本来就没有什么可忘。"))
def _(answer: Learner) -> str:
    rng = np.random.default_rng(44)
    worst, when = 0.0, 0
    for shape in ((3,), (2, 3), (1, 4), (2, 1, 2)):
        x, s = rng.standard_normal(shape), np.zeros(shape)
        mine, kept = x, s
        for step in range(1, 7):
            g = rng.standard_normal(shape)
            x, s = _rmsprop(x, g, s, 0.1, 0.9, 1e-3)
            mine, kept = _state(answer(mine, g, kept, 0.1, 0.9, 1e-3), shape)
            if step == 1:
                _first_step(mine, x)
            off = float(np.max(np.abs(mine - x))) / 0.1
            worst, when = max((worst, when), (off, step))
    if worst < 1e-3:
        raise Wrong(say("your function does what RMSprop does, in the later steps too",
                        "你的函数与 RMSprop 处处一致，后面几步也是"),
                    say("Break it: no comparison finds anything wrong.", "把它弄坏：现在怎么比都挑不出毛病。"))
    left = _loss_left(answer)
    if not left < 0.01:
        raise Wrong(say(f"in a valley your function leaves {left:.3g} of the loss after 400 steps",
                        f"在山谷里走 400 步之后，你的函数还剩下 {left:.3g} 的损失"),
                    say("The curve of the loss gives it away. Find a mistake with which it still arrives.",
                        "损失曲线一看就露馅。找一个照样能走到谷底的错误。"))
    return say(f"the first step is right, step {when} is off by {worst:.2g} learning rates, and {left:.0e} of the loss "
               "is left in the end: no curve would tell",
               f"第一步是对的，第 {when} 步差了 {worst:.2g} 个学习率，最后损失只剩 {left:.0e}：光看曲线发现不了")


def _state(got: Any, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    x, s = _two(got, ("x", "s"))
    for name, array in (("x", x), ("s", s)):
        if array.shape != shape:
            raise Wrong(say(f"the new {name} has the shape {array.shape}, expected {shape}",
                            f"新的 {name} 形状是 {array.shape}，应为 {shape}"))
        if not np.isfinite(array).all():
            raise Wrong(say(f"the new {name} is not finite everywhere", f"新的 {name} 不是处处有限"),
                        say("Is a square root taken of something negative, or something divided by 0? That would be "
                            "seen at once.", "是不是对负数开了平方，或者除以了 0？这样的错一眼就会被看见。"))
    return x, s


def _first_step(got: np.ndarray, right: np.ndarray) -> None:
    try:
        compare(got, right, ("x after the first step", "第一步之后的 x "))
    except Wrong as wrong:
        raise Wrong(wrong.what, say("The first step gives it away. With s = 0 your function has to do what RMSprop "
                                    "does.", "第一步就露馅了。s = 0 时，你的函数必须与 RMSprop 一致。")) from None


def _loss_left(answer: Learner) -> float:
    """The share of its loss that is left after 400 steps in a valley."""
    curvature, x, s = np.array([1.0, 10.0]), np.array([3.0, -2.0]), np.zeros(2)
    start = float(np.sum(curvature * x**2))
    for _ in range(400):
        x, s = _state(answer(x, curvature * x, s, 0.05, 0.9, 1e-8), (2,))
    return float(np.sum(curvature * x**2)) / start


# 04.5 --------------------------------------------------------------------------------------------------------------

def put_together(gradients: Any, sizes: Any) -> Any:
    shares = sizes / np.sum(sizes)
    return np.tensordot(shares, gradients, axes=1)


@exercise(
    "04.5", "extend", title=("a large batch in small pieces", "把大批量拆成小份"), solution=put_together,
    hints=[("The loss of the whole batch is a mean over all of its rows. Each part's loss is a mean over its own.",
            "整个批量的损失，是对全部行求的平均；每一份的损失，只是对自己那几行求的平均。"),
           ("A mean times how many it was taken of is a sum, and sums add up.",
            "平均乘以个数就是总和，而总和可以相加。")],
    why=("The loss of the whole is Σ nᵢ lossᵢ / Σ nᵢ, and so is its gradient: each part weighs as much as it has rows.",
         "整体的损失是 Σ nᵢ lossᵢ / Σ nᵢ，它的梯度也是：每一份的权重就是它的行数。"))
def _(answer: Learner) -> None:
    rng = np.random.default_rng(45)
    for width, outputs, parts in ((3, 2, 4), (5, 1, 2), (1, 4, 3), (4, 3, 1), (2, 5, 6)):
        sizes = rng.integers(1, 9, parts)
        rows, w = rng.standard_normal((int(sizes.sum()), width)), rng.standard_normal((width, outputs))
        targets = rng.standard_normal((len(rows), outputs))

        def slope(some: slice) -> np.ndarray:
            return 2 * rows[some].T @ (rows[some] @ w - targets[some]) / len(rows[some])
        ends = np.cumsum(sizes)
        gradients = np.stack([slope(slice(end - size, end)) for size, end in zip(sizes, ends, strict=True)])
        what = (f"the gradient of the whole, from parts of {', '.join(map(str, sizes))} rows,",
                f"由各有 {'、'.join(map(str, sizes))} 行的几份拼成的整体梯度")
        whole = slope(slice(None))
        compare(answer(gradients, sizes), whole, what, suspects=_piece_suspects(gradients, sizes))
        compare(answer(gradients[::-1], sizes[::-1]), whole, ("with the parts in the opposite order, it",
                                                              "把各份倒过来排，它"))


def _piece_suspects(gradients: np.ndarray, sizes: np.ndarray) -> list[tuple[Any, Both]]:
    weighted = np.tensordot(sizes, gradients, axes=1)
    return [
        (gradients.mean(axis=0), ("Every part weighs the same, though they have different numbers of rows.",
                                  "各份的权重一样，可它们的行数并不相同。")),
        (gradients[0], ("Only the first part counts.", "只算了第一份。")),
        (gradients.sum(axis=0), ("The means were added: that is not the mean of all.",
                                 "把平均数加了起来：那不是全体的平均。")),
        (weighted, ("Weighted by the rows, but never divided by how many there are in all.",
                    "按行数加了权，却没有除以总行数。")),
        (weighted / len(sizes), ("Divided by the number of parts instead of the number of rows.",
                                 "除以的是份数，而不是行数。")),
    ]
