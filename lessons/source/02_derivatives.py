# %% [markdown] lang="en"
# # 02 Derivatives
# ## What you will be able to do
# - choose the step of a finite difference, and say why a smaller one makes it worse;
# - take an expression apart into a graph, and carry a gradient back through it: by hand, then with forty lines of your
#   own;
# - take first, second and third derivatives with TinyLM, and look up the rule of any operation;
# - tell a check that a wrong gradient slips through from one that catches it.
# %% [markdown] lang="zh"
# # 02 导数
# ## 这一课学会什么
# - 为差商选步长，并说清步长再小为什么反而更糟；
# - 把一个式子拆成计算图，让梯度沿图往回走：先用手算，再用自己写的四十行代码；
# - 用 TinyLM 求一阶、二阶、三阶导数，并查到任何一个运算的求导规则；
# - 分清哪种检验会放过错误的梯度，哪种能把它抓住。
# %% [markdown] lang="en"
# ## Time, memory and data
# An hour, half of it for the exercises. The notebook runs in less than a minute on two cores and needs no download: the
# text of the experiment is the documentation that every Python carries.
# %% [markdown] lang="zh"
# ## 时间、内存与数据
# 一小时，其中一半留给练习。整个笔记本在双核机器上运行不到一分钟，无需下载：实验用的文本就是每个 Python 自带的文档。
# %%
import inspect

import numpy as np

import tinylm as tl
from tinylm.learn import begin, canvas, check, hint, label, say, solution

begin("02", "en")
# %% [markdown] lang="en"
# ## Where the idea came from
# Whoever wanted the derivative of a program had to derive it by hand, or take differences and lose half of the digits,
# until Robert Wengert (1964) let the machine differentiate each operation as it was computed. Seppo Linnainmaa (1970)
# walked the list of operations backwards: one walk gives the derivative by *every* input, and that is what made
# networks trainable once Rumelhart, Hinton and Williams (1986) put it to use.
# %% [markdown] lang="zh"
# ## 来龙去脉
# 从前想求一个程序的导数，要么手工推导，要么取差商，白白丢掉一半的有效数字。Robert Wengert（1964）
# 让机器边计算边对每个运算求导。Seppo Linnainmaa（1970）把运算清单倒着走了一遍：只走一遍，就得到对**所有**输入的导数。
# Rumelhart、Hinton 与 Williams（1986）把它用到神经网络上，网络从此可以训练。
# %% [markdown] lang="en"
# ## The idea: how small is small enough?
# A derivative is a limit, and a computer has no limits: it has so many binary digits and no more. Take $f(x)=\sin x$,
# whose derivative we know, and the central difference $\frac{f(x+h)-f(x-h)}{2h}$. **Before you run the next cell, put
# down the $h$ that you would choose** as `guess`: `0.1`? `1e-5`? `1e-12`?
# %% [markdown] lang="zh"
# ## 直觉：多小才算小？
# 导数是极限，而计算机里没有极限，只有有限个二进制位。取 $f(x)=\sin x$，它的导数我们知道，再看中心差商
# $\frac{f(x+h)-f(x-h)}{2h}$。**运行下一格之前，先把你会选的 $h$ 写进** `guess`：`0.1`？`1e-5`？还是 `1e-12`？
# %%
guess = 1e-12

def central(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * h)

def error_of(h):  # the median over many x, so that no lucky rounding decides
    return np.median(np.abs(central(np.sin, x, h) - np.cos(x)))

x = np.linspace(0.5, 1.5, 201)
h = np.logspace(-15, 0, 200)
error = np.array([error_of(step) for step in h])

axes = canvas(x=("step h", "步长 h"), y=("error of the derivative", "导数的误差"), log="xy")
axes.plot(h, error)
axes.plot(guess, error_of(guess), "o", color="C3", label=label("your guess", "你的猜测"))
axes.legend();
# %% [markdown] lang="en"
# The curve is a V. On its right arm the formula is to blame: the error falls like $h^2$, as Taylor promised. On its
# left arm the computer is: $f(x+h)$ and $f(x-h)$ agree in almost all of their digits, and the subtraction throws away
# what they agree in. The bottom lies where the two blames are equal.
# %% [markdown] lang="zh"
# 曲线呈 V 形。右臂怪公式：误差按 $h^2$ 下降，正如泰勒展开所说。左臂怪计算机：$f(x+h)$ 与 $f(x-h)$
# 几乎每一位都相同，一相减，相同的位就全丢了。谷底在两边“责任相等”之处。
# %%
right, left = (h > 1e-3) & (h < 1e-1), h < 1e-8
slope = [np.polyfit(np.log(h[arm]), np.log(error[arm]), 1)[0] for arm in (right, left)]
for arm, power in zip((say("right", "右"), say("left", "左")), slope):
    print(say(f"{arm} arm: the error goes like h to the {power:.1f}",
              f"{arm}臂：误差与 h 的 {power:.1f} 次幂成正比"))
assert abs(slope[0] - 2) < 0.05 and abs(slope[1] + 1) < 0.1

best = h[np.argmin(error)]
assert 1e-6 < best < 3e-5
# %% [markdown] lang="en"
# ## The mathematics: one number at the end, so start there
# | symbol | shape | what it is |
# |--|--|--|
# | $x$ | `(n,)` | the inputs |
# | $u$ | `(m,)` | what is computed from them |
# | $L$ | `()` | one number, computed from $u$ |
# | $J=\partial u/\partial x$ | `(m, n)` | how each $u_i$ follows each $x_j$ |
# | $\bar u=\partial L/\partial u$ | `(m,)` | how $L$ follows each $u_i$ |
# | $\bar x=\bar u J$ | `(n,)` | how $L$ follows each $x_j$ |
#
# The last line is the chain rule:
# $$\bar x_j=\sum_{i=1}^{m}\bar u_i\,\frac{\partial u_i}{\partial x_j}$$
# Every path from $x_j$ to $L$ contributes the product of the derivatives along it, and **paths add**. With many steps
# in between it is a product of many $J$. Multiplied from the end, where there is a single number, it is a row times a
# matrix, again and again: never a matrix times a matrix.
#
# By hand, for $L=(ab+a)^2$ at $a=2$, $b=3$. Forwards: $p=ab=6$, $s=p+a=8$, $L=s^2=64$. Backwards: $\bar s=2s=16$,
# $\bar p=\bar s=16$, $\bar b=\bar p\,a=32$; two paths lead to $a$, so $\bar a=\bar p\,b+\bar s=48+16=64$.
# %% [markdown] lang="zh"
# ## 数学：终点只有一个数，就从终点出发
# | 符号 | 形状 | 含义 |
# |--|--|--|
# | $x$ | `(n,)` | 输入 |
# | $u$ | `(m,)` | 由输入算出的量 |
# | $L$ | `()` | 由 $u$ 算出的一个数 |
# | $J=\partial u/\partial x$ | `(m, n)` | 每个 $u_i$ 怎样随每个 $x_j$ 变化 |
# | $\bar u=\partial L/\partial u$ | `(m,)` | $L$ 怎样随每个 $u_i$ 变化 |
# | $\bar x=\bar u J$ | `(n,)` | $L$ 怎样随每个 $x_j$ 变化 |
#
# 最后一行就是链式法则：
# $$\bar x_j=\sum_{i=1}^{m}\bar u_i\,\frac{\partial u_i}{\partial x_j}$$
# 从 $x_j$ 通往 $L$ 的每条路径，都贡献沿途各导数的乘积，而**多条路径要相加**。中间有许多步，就是许多个 $J$ 连乘。
# 终点只有一个数，若从终点乘起，每次都是一行乘一个矩阵，永远用不着矩阵乘矩阵。
#
# 手算一例：$L=(ab+a)^2$，取 $a=2$，$b=3$。前向：$p=ab=6$，$s=p+a=8$，$L=s^2=64$。反向：$\bar s=2s=16$，
# $\bar p=\bar s=16$，$\bar b=\bar p\,a=32$；通往 $a$ 的路有两条，所以 $\bar a=\bar p\,b+\bar s=48+16=64$。
# %%
def L(a, b):
    return (a * b + a) ** 2

by_differences = central(lambda a: L(a, 3.0), 2.0, best), central(lambda b: L(2.0, b), 3.0, best)
print(f"L {L(2.0, 3.0)}, ∂L/∂a {by_differences[0]:.6f}, ∂L/∂b {by_differences[1]:.6f}")
assert np.allclose(by_differences, (64, 32), atol=1e-6)
# %% [markdown] lang="en"
# ## In plain NumPy: an engine of your own
# A `Value` is an array that remembers which values it was made from and, for each of them, a rule: how the gradient
# that arrives here becomes the gradient that leaves for there. Nothing else is needed. Read the two rules of `__mul__`
# aloud before you go on.
# %% [markdown] lang="zh"
# ## 只用 NumPy：自己写一个引擎
# `Value` 是一个有记忆的数组：它记得自己由哪些值算出，并为其中每一个记着一条规则，即到达这里的梯度怎样变成送往那里
# 的梯度。此外什么都不需要。往下读之前，先把 `__mul__` 的两条规则念出声来。
# %%
class Value:
    made = 0

    def __init__(self, data, parents=(), rules=()):
        self.data, self.parents, self.rules = np.asarray(data, dtype=float), parents, rules
        self.grad = np.zeros_like(self.data)
        Value.made += 1
        self.number = Value.made

    def __add__(self, other):
        return Value(self.data + other.data, (self, other), (lambda g: g, lambda g: g))

    def __mul__(self, other):
        return Value(self.data * other.data, (self, other),
                     (lambda g: g * other.data, lambda g: g * self.data))
# %%
def exp(x):
    y = np.exp(x.data)
    return Value(y, (x,), (lambda g: g * y,))

def log(x):
    return Value(np.log(x.data), (x,), (lambda g: g / x.data,))

def total(x, axis=None):  # a sum hands the same gradient to all that it added up
    def rule(g):
        g = g if axis is None else np.expand_dims(g, axis)
        return np.broadcast_to(g, x.data.shape)
    return Value(np.sum(x.data, axis), (x,), (rule,))
# %% [markdown] lang="en"
# The walk back visits every value behind the result, **newest first**: then all that a value will ever receive has
# arrived before it hands anything on. And it says `parent.grad + ...`, because paths add.
# %% [markdown] lang="zh"
# 往回走时，要访问结果背后的每一个值，而且**后生成的先访问**：这样，轮到某个值把梯度往前送时，它该收的都已收齐。
# 另外请注意 `parent.grad + ...`：多条路径要相加。
# %%
def backward(result):
    found, to_visit = {result}, [result]
    while to_visit:
        for parent in to_visit.pop().parents:
            if parent not in found:
                found.add(parent)
                to_visit.append(parent)
    result.grad = np.ones_like(result.data)
    for value in sorted(found, key=lambda value: value.number, reverse=True):
        for parent, rule in zip(value.parents, value.rules):
            parent.grad = parent.grad + rule(value.grad)

a, b = Value(2.0), Value(3.0)
s = a * b + a
backward(s * s)
print(f"∂L/∂a {a.grad}, ∂L/∂b {b.grad}")
assert a.grad == 64 and b.grad == 32
# %% [markdown] lang="en"
# ## TinyLM's own: the same, and the table of derivatives
# A `Tensor` does what your `Value` does. Here is the graph that it recorded, drawn from the graph itself. Find the two
# paths from `a`.
# %% [markdown] lang="zh"
# ## TinyLM 的实现：一样的引擎，外加一张导数表
# `Tensor` 做的事与你的 `Value` 一样。下面是它记下的计算图，就由这张图本身画成。找一找从 `a` 出发的两条路径。
# %%
a, b = tl.Tensor(2.0, requires_grad=True), tl.Tensor(3.0, requires_grad=True)
loss = L(a, b)
picture = tl.draw(loss, names={"a": a, "b": b})
loss.backward()
assert a.grad.item() == 64 and b.grad.item() == 32
picture
# %% [markdown] lang="en"
# Its rules stand in a table, a formula and its derivatives side by side. `g` is the gradient that arrives; a rule names
# what else it needs, and only that is kept. What does the rule of `tanh` *not* keep?
# %% [markdown] lang="zh"
# 它的规则列成一张表，公式与导数并排。`g` 是到达的梯度；规则还需要什么，就在参数里点名，也只有被点名的才会保留下来。
# `tanh` 的规则**没有**保留什么？
# %%
for operation in (tl.ops.exp, tl.ops.tanh, tl.ops.multiply):
    print(inspect.getdoc(operation))
    for rule in operation.rules.values():
        print("   ", inspect.getsource(rule.function).strip())
# %% [markdown] lang="en"
# These rules are NumPy too, so the walk back can be recorded and differentiated again. Three walks give the third
# derivative, and with it the V can be *predicted*: Taylor's next term makes the right arm
# $\frac{h^2}{6}\left|f'''(x)\right|$, and rounding, where numbers are right to $\varepsilon$, makes the left arm at
# most about $\frac{\varepsilon}{h}\left|f(x)\right|$. One prediction is exact, the other only a bound. Why?
# %% [markdown] lang="zh"
# 这些规则本身也是 NumPy 写的，所以往回走的过程也能记录下来，再求一次导。走三遍就得到三阶导数，有了它，V 形就可以
# **预测**：泰勒展开的下一项给出右臂 $\frac{h^2}{6}\left|f'''(x)\right|$；而浮点数只精确到 $\varepsilon$，舍入误差给出
# 左臂，最多约为 $\frac{\varepsilon}{h}\left|f(x)\right|$。两个预测，一个准确，一个只是上限。为什么？
# %%
def third_derivative(f, x):
    x = tl.Tensor(x, requires_grad=True)
    y = f(x)
    for _ in range(3):
        y = tl.grad(np.sum(y), x, create_graph=True)
    return y.data

third = third_derivative(np.sin, x)
assert np.allclose(third, -np.cos(x), atol=1e-12)

by_formula = h ** 2 / 6 * np.median(np.abs(third))
by_rounding = np.finfo(float).eps / h * np.median(np.abs(np.sin(x)))

axes = canvas(x=("step h", "步长 h"), y=("error of the derivative", "导数的误差"), log="xy")
axes.plot(h, error, label=label("measured", "实测"))
axes.plot(h, by_formula, "--", label=label("predicted: formula", "预测：公式"))
axes.plot(h, by_rounding, "--", label=label("at most: rounding", "上限：舍入"))
axes.set_ylim(1e-13, 10)
axes.legend();
# %% tags=["varies"]
crossing = h[np.argmin(np.abs(np.log(by_formula / by_rounding)))]
print(say(f"best step: predicted {crossing:.1e}, measured {best:.1e}",
          f"最佳步长：预测 {crossing:.1e}，实测 {best:.1e}"))
assert 0.2 < best / crossing < 5
# %% [markdown] lang="en"
# ## Check the gradient, then break it
# `tl.gradcheck` compares a gradient with differences at every entry, here to second order.
# %% [markdown] lang="zh"
# ## 检验梯度，再弄坏它
# `tl.gradcheck` 逐个元素地把梯度与差商对照，这里一直检验到二阶。
# %% tags=["varies"]
report = tl.gradcheck(L, [np.array(2.0), np.array(3.0)], order=2)
print(report)
assert report
# %% [markdown] lang="en"
# Now an operation of our own with a mistake that is easily made: `shift` moves everything one place to the right, so
# its gradient has to move back to the *left*. We move it to the right once more. **Which of the two checks below will
# notice?** The first takes the gradient of the sum of the result, the second of the result itself, with a random $g$.
# %% [markdown] lang="zh"
# 现在自己做一个运算，再犯一个很容易犯的错：`shift` 把所有元素右移一位，所以梯度应当往**左**移回来，我们却让它又右移了
# 一位。**下面两种检验，哪一种会发现？** 前一种对结果之和求梯度，后一种直接检验结果本身，用的是随机的 $g$。
# %% tags=["varies"]
@tl.primitive()
def shift(x):
    "yᵢ = xᵢ₋₁, and what falls off the end comes in at the front"
    return np.roll(x, 1)

shift.vjp("x")(lambda g: np.roll(g, 1))

place = np.array([0.5, -1.0, 2.0, 0.3])
by_sum = tl.gradcheck(lambda x: np.sum(shift(x)), place, raise_exception=False)
by_random = tl.gradcheck(shift, place, raise_exception=False)
print(say("through the sum:", "经由求和："), by_sum)
print(say("with a random g:", "用随机的 g："), by_random)
assert by_sum and not by_random
# %% [markdown] lang="en"
# A sum does not care where its terms stand: the gradient that it sends back is 1 everywhere, and moved by one place in
# either direction it is still 1 everywhere. A weighted sum with random weights does care. Put the rule right, and both
# are content.
# %% [markdown] lang="zh"
# 求和不在乎各项站在哪里：它送回的梯度处处是 1，朝哪边移一位都还是处处为 1。换成随机权重的加权和，它就在乎了。
# 把规则改对，两种检验便都满意。
# %%
ones, g = np.ones(4), np.array([1.0, 2.0, 3.0, 4.0])
print(np.roll(ones, 1), np.roll(ones, -1), np.roll(g, 1), np.roll(g, -1))

shift.vjp("x")(lambda g: np.roll(g, -1))
assert tl.gradcheck(shift, place, order=2)
# %% [markdown] lang="en"
# ## The experiment: what a gradient sees in a text
# Which letter follows which? Give each pair of neighbours a score $W_{ij}$, turn each row into probabilities, and let
# $L$ be how badly they predict the next letter: the average of $-\ln p$ over all pairs in the text, of which $P_{ij}$
# is the share of the pair $ij$. All scores begin at 0: every letter is as likely as any other. That is a function of
# hundreds of inputs.
#
# | symbol | shape | what it is |
# |--|--|--|
# | $W$, $P$ | `(27, 27)` | scores and shares; rows and columns are the space and the letters |
# | $r_i=\sum_j P_{ij}$ | `(27,)` | the share of the letter $i$ |
# | $L$ | `()` | the loss |
#
# $$L=\sum_i r_i\ln\sum_j e^{W_{ij}}-\sum_{ij}P_{ij}W_{ij}$$
# %% [markdown] lang="zh"
# ## 实验：梯度从文本里看见了什么
# 哪个字母后面跟着哪个？给每一对相邻字母打一个分 $W_{ij}$，把每一行变成概率，再用 $L$ 衡量它们对下一个字母的预测有多差：
# 即 $-\ln p$ 在文本所有相邻对上的平均，其中 $ij$ 这一对所占的比例为 $P_{ij}$。所有分数从 0 开始：每个字母的机会都一样。
# 这就成了一个有几百个输入的函数。
#
# | 符号 | 形状 | 含义 |
# |--|--|--|
# | $W$, $P$ | `(27, 27)` | 分数与比例；行和列都是空格加字母 |
# | $r_i=\sum_j P_{ij}$ | `(27,)` | 字母 $i$ 所占的比例 |
# | $L$ | `()` | 损失 |
#
# $$L=\sum_i r_i\ln\sum_j e^{W_{ij}}-\sum_{ij}P_{ij}W_{ij}$$
# %%
from pydoc_data.topics import topics

letters = " abcdefghijklmnopqrstuvwxyz"
text = " ".join(topics[name] for name in sorted(topics)).lower()
ids = np.array([max(letters.find(character), 0) for character in text])  # the rest are spaces
ids = ids[np.append(True, (ids[1:] > 0) | (ids[:-1] > 0))]
pairs = np.bincount(27 * ids[:-1] + ids[1:], minlength=27 * 27).reshape(27, 27)
P = pairs / pairs.sum()
r = P.sum(axis=1)

def loss_of(W):  # one formula: NumPy computes it, TinyLM records it
    return np.sum(np.log(np.sum(np.exp(W), axis=1)) * r) - np.sum(W * P)

W = np.zeros((27, 27))
print(say(f"{W.size} inputs, loss {loss_of(W):.4f} (ln 27 is {np.log(27):.4f})",
          f"{W.size} 个输入，损失 {loss_of(W):.4f}（ln 27 是 {np.log(27):.4f}）"))
# %% [markdown] lang="en"
# Three ways to its gradient. Your engine and TinyLM's walk back once. Differences, the dumb way, call the function
# twice for each input.
# %% [markdown] lang="zh"
# 求它的梯度有三种办法。你的引擎和 TinyLM 都只往回走一遍；笨办法是差商，每个输入都要把函数调用两次。
# %%
mine = Value(W)
backward(total(log(total(exp(mine), 1)) * Value(r)) + total(mine * Value(-P)))

tensor = tl.Tensor(W, requires_grad=True)
loss_of(tensor).backward()
gradient = tensor.grad.numpy()

by_differences, calls = np.empty_like(W), 0
for place in np.ndindex(W.shape):
    one = np.zeros_like(W)
    one[place] = 1
    by_differences[place] = central(lambda t: loss_of(W + t * one), 0.0, 1e-5)
    calls += 2

print(say(f"calls of the function by differences: {calls}", f"用差商，函数调用了 {calls} 次"))
assert np.allclose(mine.grad, gradient, atol=1e-15)
assert np.allclose(by_differences, gradient, atol=1e-9)
# %% [markdown] lang="en"
# What does the gradient say? Where it is negative, a larger score would make the loss smaller: the text has more of
# this pair than chance. And how good a direction is it? Against it, in the same space, a thousand random ones. **What
# share of the steepest slope do you expect of a random direction?**
# %% [markdown] lang="zh"
# 梯度在说什么？它为负的地方，分数大些损失就小些：这一对在文本里出现得比随机情形更多。那么作为方向，它有多好？
# 拿同一空间里的一千个随机方向来比。**你猜，随机方向的坡度平均能有最陡坡度的几成？**
# %%
rng = np.random.default_rng(0)
steepest = np.linalg.norm(gradient)
shares = []
for _ in range(1000):
    direction = rng.standard_normal(W.shape)
    direction /= np.linalg.norm(direction)
    shares.append(central(lambda t: loss_of(W + t * direction), 0.0, 1e-4) / steepest)

left, right = canvas(panels=2, size=(9.6, 4.2))
names = letters.replace(" ", "␣")
largest = np.max(np.abs(gradient))
left.imshow(-gradient, cmap="RdBu_r", vmin=-largest, vmax=largest)
left.set(xticks=range(27), xticklabels=names, yticks=range(27), yticklabels=names,
         xlabel=label("next letter", "后一个字母"), ylabel=label("letter", "前一个字母"),
         title=label("red: the gradient wants more of it", "红色：梯度想让它多一些"))
left.tick_params(labelsize=7, length=0)
left.grid(False)
right.hist(shares, bins=30)
right.axvline(1, color="C3", label=label("along the gradient", "沿梯度方向"))
right.set(xlabel=label("slope, as a share of the steepest", "坡度（以最陡为 1）"),
          ylabel=label("directions", "方向个数"))
right.legend();
# %% [markdown] lang="en"
# In red: the space after e, then th and he. Nobody told it. The random directions crowd around 0: in $n$ dimensions a
# random direction shares about $1/\sqrt n$ with any given one, so the more inputs there are, the less guessing finds.
# That gives the band in which the experiment has to end.
# %% [markdown] lang="zh"
# 红的有 e 后面的空格，还有 th 和 he，谁也没有告诉过它。随机方向都挤在 0 附近：在 $n$ 维空间里，随机方向与任一给定方向
# 的重合程度约为 $1/\sqrt n$，输入越多，瞎猜就越没有用。实验的结果应当落在由此算出的区间里。
# %% tags=["varies"]
order = np.argsort(gradient.ravel())[:6]
print(say("most wanted:", "最想要的："), *(names[k // 27] + names[k % 27] for k in order))

spread, expected = np.std(shares), 1 / np.sqrt(W.size)
print(say(f"typical share of a random direction: {spread:.3f}, expected {expected:.3f} ± 0.003",
          f"随机方向的典型坡度：{spread:.3f}，预期 {expected:.3f} ± 0.003"))
assert abs(spread - expected) < 0.003

def after(direction):  # the loss after one step of length 2
    return loss_of(W + 2 * direction / np.linalg.norm(direction))

guessed = min(after(rng.standard_normal(W.shape)) for _ in range(1000))
print(say(f"loss after one step down the gradient: {after(-gradient):.2f}",
          f"沿梯度往下走一步，损失：{after(-gradient):.2f}"))
print(say(f"loss after the best of a thousand random steps: {guessed:.2f}",
          f"一千次随机的一步里，最好的损失：{guessed:.2f}"))
assert after(-gradient) < guessed < loss_of(W)
# %% [markdown] lang="en"
# ## Exercises
# `check` tries what you hand it and says what it finds, `hint` gives one hint at a time, `solution` shows one way.
#
# ### 02.1 Implement: a derivative by differences
# Write `my_derivative(f, x)`. `x` is a number or an array of any shape, also a large one; `f` works on each element by
# itself.
# %% [markdown] lang="zh"
# ## 练习
# `check` 会试你交上来的东西，并说出它的发现；`hint` 每次给一条提示；`solution` 给出一种做法。
#
# ### 02.1 实现：用差商求导数
# 写出 `my_derivative(f, x)`。`x` 可以是一个数，也可以是任意形状的数组，数值也可能很大；`f` 对每个元素分别计算。
# %%
def my_derivative(f, x):
    ...

check("02.1", my_derivative)
# %% [markdown] lang="en"
# ### 02.2 Predict: the best step of a one-sided difference
# $\frac{f(x+h)-f(x)}{h}$ needs only one new value of $f$. Where does *its* V have its bottom? Write a number down
# before you draw it.
# %% [markdown] lang="zh"
# ### 02.2 预测：单侧差商的最佳步长
# $\frac{f(x+h)-f(x)}{h}$ 只需多算一次 $f$。**它的** V 形，谷底在哪里？先写下一个数，再去画图。
# %%
my_step = None

check("02.2", my_step)
# %% [markdown] lang="en"
# ### 02.3 Extend: a gradient back through broadcasting
# Your engine has a hole: add a `Value` of shape `(3,)` to one of shape `(2, 3)`, and the gradient that comes back has
# the wrong shape. Write `my_sum_to(g, shape)`, which turns the gradient `g` of the broadcast result into the gradient
# of an input of that shape, and put it where `backward` adds.
# %% [markdown] lang="zh"
# ### 02.3 扩展：让梯度穿过广播
# 你的引擎有个漏洞：把形状为 `(3,)` 的 `Value` 加到形状为 `(2, 3)` 的上面，回来的梯度形状就不对。写出
# `my_sum_to(g, shape)`，把广播结果的梯度 `g` 变成该形状的输入的梯度，再把它用到 `backward` 里做加法的地方。
# %%
def my_sum_to(g, shape):
    ...

check("02.3", my_sum_to)
# %% [markdown] lang="en"
# ### 02.4 Break: a wrong rule that a sum believes
# Softmax turns scores into probabilities, $y_i=e^{x_i}/\sum_j e^{x_j}$ along the last axis, and its rule is
# $\bar x=y\,(g-\sum_j g_j y_j)$. Write a rule `my_wrong_rule(g, y)` that is *wrong*, but that a check through the sum
# believes.
# %% [markdown] lang="zh"
# ### 02.4 弄坏：骗过求和的错误规则
# softmax 沿最后一个轴把分数变成概率，$y_i=e^{x_i}/\sum_j e^{x_j}$，它的规则是
# $\bar x=y\,(g-\sum_j g_j y_j)$。写一条**错误的**规则 `my_wrong_rule(g, y)`，却能让经由求和的检验信以为真。
# %%
def my_wrong_rule(g, y):
    ...

check("02.4", my_wrong_rule)
# %% [markdown] lang="en"
# ## Read on in the source
# - `tinylm.graph.differentiate` is your `backward`, with room for several results and for graphs that are freed behind
#   it; `tinylm.graph.unbroadcast` is exercise 02.3.
# - `tinylm.ops.elementwise` is the table of derivatives; `tinylm.ops.softmax` has the rule that you broke.
# - `tinylm.verify.gradcheck` is the check that caught you.
# - `tinylm.primitives.primitive` turns a formula into an operation, as `shift` was.
# %% [markdown] lang="zh"
# ## 接着读源码
# - `tinylm.graph.differentiate` 就是你的 `backward`，只是还能处理多个结果，并且边走边释放身后的图；
#   `tinylm.graph.unbroadcast` 就是练习 02.3。
# - `tinylm.ops.elementwise` 是那张导数表；`tinylm.ops.softmax` 里有你弄坏的那条规则。
# - `tinylm.verify.gradcheck` 就是抓住你的那个检验。
# - `tinylm.primitives.primitive` 把公式变成运算，`shift` 就是这样来的。
# %% [markdown] lang="en"
# ## References
# - R. E. Wengert (1964). A simple automatic derivative evaluation program. *Communications of the ACM* 7(8).
# - S. Linnainmaa (1976). Taylor expansion of the accumulated rounding error. *BIT* 16. (From his thesis of 1970.)
# - D. E. Rumelhart, G. E. Hinton, R. J. Williams (1986). Learning representations by back-propagating errors. *Nature*
#   323.
# - W. Squire, G. Trapp (1998). Using complex variables to estimate derivatives of real functions. *SIAM Review* 40(1).
# - A. G. Baydin, B. A. Pearlmutter, A. A. Radul, J. M. Siskind (2018). Automatic differentiation in machine learning: a
#   survey. *Journal of Machine Learning Research* 18.
# %% [markdown] lang="zh"
# ## 参考文献
# - R. E. Wengert (1964). A simple automatic derivative evaluation program. *Communications of the ACM* 7(8).
# - S. Linnainmaa (1976). Taylor expansion of the accumulated rounding error. *BIT* 16.（出自他 1970 年的学位论文。）
# - D. E. Rumelhart, G. E. Hinton, R. J. Williams (1986). Learning representations by back-propagating errors. *Nature*
#   323.
# - W. Squire, G. Trapp (1998). Using complex variables to estimate derivatives of real functions. *SIAM Review* 40(1).
# - A. G. Baydin, B. A. Pearlmutter, A. A. Radul, J. M. Siskind (2018). Automatic differentiation in machine learning: a
#   survey. *Journal of Machine Learning Research* 18.
# %% [markdown] lang="en"
# ## What comes next
# One step along the gradient made the table of pairs better, and you have all that it takes to make a thousand steps.
# But a table needs a row for every past that it tells apart, and a past longer than a few letters hardly comes up
# twice. In lesson 03 the function in the middle gets a shape of its own, layer by layer, and the same walk back goes
# through it.
# %% [markdown] lang="zh"
# ## 下一课
# 沿梯度走一步，字母对的表就变好了一些；走一千步所需要的一切，你都已经有了。可是每一种前文都要在表里占一行，
# 而前文只要长过几个字母，就很少会出现第二次。第 03 课里，中间的那个函数会一层一层地有自己的结构，
# 而穿过它的仍是同一趟往回走的路。
