# %% [markdown] lang="en"
# # 04 Learning
# ## What you will be able to do
# - predict the learning rate at which gradient descent runs away, and how many steps a narrow valley costs;
# - write momentum, Adagrad, RMSprop and Adam, each in a few lines, and say what each of them is blind to;
# - catch an optimizer that is wrong although its loss goes down;
# - choose the size of a mini-batch and a schedule for the learning rate, knowing what noise does;
# - train a network that reads handwritten digits, and look at what its first layer sees.
# %% [markdown] lang="zh"
# # 04 学习
# ## 这一课学会什么
# - 预测梯度下降在多大的学习率上跑飞，以及一条狭窄的山谷要走多少步；
# - 用几行代码写出动量、Adagrad、RMSprop 和 Adam，并说出它们各自看不见什么；
# - 抓住一个损失照样下降、其实写错了的优化器；
# - 明白噪声起什么作用，从而选好小批量的大小和学习率的调度；
# - 训练一个认手写数字的网络，再看看它的第一层看见了什么。
# %% [markdown] lang="en"
# ## Time, memory and data
# An hour, half of it for the exercises. The notebook runs in less than a minute on two cores. The digits are a file in
# the package scikit-learn, so nothing is downloaded, but the package has to be there: `pip install scikit-learn`.
# %% [markdown] lang="zh"
# ## 时间、内存与数据
# 一小时，其中一半留给练习。整个笔记本在双核机器上运行不到一分钟。手写数字就在 scikit-learn 这个包的一个文件里，无需下
# 载，但要装有这个包：`pip install scikit-learn`。
# %%
import matplotlib.pyplot as plt
import numpy as np

import tinylm as tl
from tinylm.learn import begin, canvas, check, hint, label, say, solution
from tinylm.learn.pictures import film
from tinylm.optim import CosineAnnealingLR, LambdaLR, StepLR, warmup_cosine

begin("04", "en")
plt.rcParams["figure.dpi"] = 80  # there are many pictures here

try:
    from sklearn.datasets import load_digits
except ImportError as error:
    raise ImportError(say("the digits come with scikit-learn: run %pip install scikit-learn",
                          "手写数字在 scikit-learn 里：请运行 %pip install scikit-learn")) from error
# %% [markdown] lang="en"
# ## Where the idea came from
# Augustin-Louis Cauchy (1847) went downhill because the equations of an orbit were too many to be solved one by one;
# Herbert Robbins and Sutton Monro (1951) showed that noisy slopes will do, if the steps shrink. In narrow valleys that
# took for ever, until Boris Polyak (1964) let each step remember the last one. One step length for all weights failed
# where some are hardly ever used, as those of rare words; so Duchi, Hazan and Singer (2011) gave each weight its own,
# and Hinton's lecture (2012) and Kingma and Ba (2015) taught it to forget.
# %% [markdown] lang="zh"
# ## 来龙去脉
# 求天体轨道的方程太多，没法一个个解出来，柯西（1847）便沿着最陡的方向往下走；Robbins 与 Monro（1951）证明，坡度带噪声
# 也行，只要步子越走越小。可是遇到狭窄的山谷，这样要走到猴年马月，直到 Polyak（1964）让每一步记住上一步。所有权重共用
# 一个步长，遇到很少用到的权重就不行了，比如罕见词的权重；于是 Duchi、Hazan 与 Singer（2011）让每个权重有自己的步长，
# Hinton 的课（2012）与 Kingma、Ba（2015）又教会它遗忘。
# %% [markdown] lang="en"
# ## The idea: a ramp, and then a wall
# A loss is a landscape over the weights, and its gradient points uphill. So go against it, again and again, by the
# learning rate times the slope. Here is the simplest landscape that makes trouble: a valley in two dimensions, which
# curves 100 times as much across as along, and lies askew.
#
# There is a single number to choose. **Before you run the next cell, put down as `guess`** the learning rate that you
# expect to leave the smallest loss after 100 steps: `0.0001`? `0.01`? `1`?
# %% [markdown] lang="zh"
# ## 直觉：先是一道缓坡，然后是一堵墙
# 损失是权重之上的一片地形，梯度指向上坡。那就逆着它走，一步又一步，步子是学习率乘以坡度。下面是最简单的、却已经会惹麻
# 烦的地形：一条二维的山谷，横着的弯曲是顺着的 100 倍，而且是斜的。
#
# 要选的只有一个数。**运行下一格之前，先猜哪个学习率在 100 步之后剩下的损失最小，写进** `guess`：`0.0001`？`0.01`？还
# 是 `1`？
# %%
guess = 0.001

def valley(degrees):  # its second derivatives, (2, 2), and a place to start from, (2,)
    along = np.array([np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))])
    across = np.array([-along[1], along[0]])
    return np.outer(along, along) + 100 * np.outer(across, across), 0.8 * across - 4 * along

A, start = valley(30)

def loss_of(x, A=A):  # x: (..., 2), an array or a Tensor
    return np.sum(x * (x @ A), axis=-1) / 2

def descend(lr, steps):
    path = [start]
    for _ in range(steps):
        path.append(path[-1] - lr * (A @ path[-1]))  # A @ x is the gradient
    return np.array(path)  # (steps + 1, 2)

lrs = np.logspace(-4, -1, 301)
left_over = [loss_of(descend(lr, 100)[-1]) for lr in lrs]
# %%
def draw_valley(axes, A=A, window=(-4.6, 1.4, -2.9, 1.3)):
    x, y = np.linspace(*window[:2], 241), np.linspace(*window[2:], 169)
    height = loss_of(np.stack(np.meshgrid(x, y), axis=-1), A)
    greys = plt.cm.Greys(np.linspace(0.02, 0.35, 12))
    axes.contourf(x, y, np.log10(height + 1e-9), levels=[-9, *np.arange(-2, 3.5, 0.5)],
                  colors=greys, antialiased=False)
    axes.set(xlim=window[:2], ylim=window[2:], xticks=[], yticks=[], aspect="equal")
    axes.grid(False)

ways, ramp = canvas(panels=2, size=(9.2, 3.2))
draw_valley(ways)
for lr in (0.001, 0.017, 0.0201):
    ways.plot(*descend(lr, 40).T, ".-", lw=0.8, ms=4, label=f"{lr}")
ways.legend(loc="upper left", title=label("learning rate", "学习率"))
ramp.loglog(lrs, left_over)
with np.errstate(over="ignore"):  # a wild guess stands at the upper edge
    guessed = min(loss_of(descend(guess, 100)[-1]), 1e6)
ramp.loglog(guess, guessed, "o", color="C3", clip_on=False, label=label("your guess", "你的猜测"))
ramp.set(ylim=(1e-2, 1e6), xlabel=label("learning rate", "学习率"),
         ylabel=label("loss after 100 steps", "100 步之后的损失"))
ramp.legend();
# %% [markdown] lang="en"
# A long ramp, and then a wall. A learning rate that is too small costs time; one that is a little too large costs
# everything. And the best place is right in front of the wall: no wonder that people are forever looking for it. On the
# left you see why. The slope across the valley is so much larger than the one along it that the path leaps from side to
# side, while it hardly gets on.
# %% [markdown] lang="zh"
# 一道长长的缓坡，然后是一堵墙。学习率太小，赔上的是时间；稍微大了一点，赔上的是一切。而最好的位置就在墙根底下：难怪人
# 们总在找它。左图说明了原因：横着的坡度比顺着的大得多，路线便在两壁之间跳来跳去，却几乎不往前走。
# %% [markdown] lang="en"
# ## The mathematics: every direction for itself
# | symbol | shape | what it is |
# |--|--|--|
# | $x$ | `(n,)` | the weights: all that is learnt |
# | $g$ | `(n,)` | the gradient of the loss at $x$ |
# | $\eta$ | `()` | the learning rate |
# | $\lambda$ | `()` | the curvature along a direction |
# | $e$ | `()` | the error: how far $x$ is from the minimum in that direction |
# | $v$ | `(n,)` or `()` | the velocity, of all directions or of one |
# | $\mu$ | `()` | the momentum: how much of the velocity stays |
# | $\kappa$ | `()` | how narrow the valley is: $\lambda_{\max}/\lambda_{\min}$ |
#
# Close to a minimum every smooth loss is such a valley. Along a direction of curvature $\lambda$ the loss is
# $\frac12\lambda e^2$ and the gradient $\lambda e$, so a step of gradient descent, $x\leftarrow x-\eta g$, does
# $$e\leftarrow e-\eta\lambda e=(1-\eta\lambda)\,e$$
# The error is multiplied by the same number in every step. It shrinks if $|1-\eta\lambda|<1$, which is to say
# $\eta<2/\lambda$: there is the wall, and the steepest direction has put it up. Beyond it gradient descent
# *diverges*. The flattest direction pays for the wall. The best that can be done for both is
# $\eta=\frac{2}{\lambda_{\min}+\lambda_{\max}}$, where both shrink by $\frac{\kappa-1}{\kappa+1}$.
#
# **Momentum** adds up gradients, $v\leftarrow\mu v+g$, and goes by the sum, $x\leftarrow x-\eta v$. For one direction
# that is a matrix:
# $$\begin{pmatrix}e\\v\end{pmatrix}\leftarrow\begin{pmatrix}1-\eta\lambda&-\eta\mu\\\lambda&\mu\end{pmatrix}
# \begin{pmatrix}e\\v\end{pmatrix}$$
# Applied again and again, a matrix shrinks things by the size of its eigenvalues. Its determinant, which is their
# product, is $(1-\eta\lambda)\mu+\eta\lambda\mu=\mu$: **the curvature has dropped out**. So where the two are a complex
# pair, each has the size $\sqrt\mu$, and steep and flat directions shrink alike. They are a pair for
# $(1-\sqrt\mu)^2<\eta\lambda<(1+\sqrt\mu)^2$. To get all curvatures in there, take
# $$\sqrt\mu=\frac{\sqrt\kappa-1}{\sqrt\kappa+1},\qquad\eta=\frac{4}{(\sqrt{\lambda_{\min}}+\sqrt{\lambda_{\max}})^2}$$
# Compare: $\sqrt\kappa$ stands where $\kappa$ stood.
#
# By hand, with curvatures $1$ and $4$: gradient descent takes $\eta=\frac25$ and multiplies the errors by
# $1-\frac25=\frac35$ and $1-\frac85=-\frac35$. Momentum takes $\sqrt\mu=\frac{2-1}{2+1}=\frac13$.
# %% [markdown] lang="zh"
# ## 数学：每个方向各走各的
# | 符号 | 形状 | 含义 |
# |--|--|--|
# | $x$ | `(n,)` | 权重：一切要学的东西 |
# | $g$ | `(n,)` | 损失在 $x$ 处的梯度 |
# | $\eta$ | `()` | 学习率 |
# | $\lambda$ | `()` | 沿某个方向的曲率 |
# | $e$ | `()` | 误差：在该方向上 $x$ 离最低点有多远 |
# | $v$ | `(n,)` 或 `()` | 速度，所有方向的或一个方向的 |
# | $\mu$ | `()` | 动量系数：速度保留几成 |
# | $\kappa$ | `()` | 山谷有多窄，即条件数 $\lambda_{\max}/\lambda_{\min}$ |
#
# 在最低点附近，光滑的损失都是这样的山谷。沿曲率为 $\lambda$ 的方向，损失是 $\frac12\lambda e^2$，梯度是 $\lambda e$，
# 所以梯度下降的一步 $x\leftarrow x-\eta g$ 就是
# $$e\leftarrow e-\eta\lambda e=(1-\eta\lambda)\,e$$
# 每一步都把误差乘以同一个数。只要 $|1-\eta\lambda|<1$，也就是 $\eta<2/\lambda$，误差就缩小：墙就在这里，是最陡的方向
# 砌的。越过它，梯度下降就**发散**。为这堵墙付出代价的，却是最平缓的方向。兼顾两者，最好取
# $\eta=\frac{2}{\lambda_{\min}+\lambda_{\max}}$，这时两边每步都缩小到 $\frac{\kappa-1}{\kappa+1}$。
#
# **动量**把梯度累加起来，$v\leftarrow\mu v+g$，再按这个和走，$x\leftarrow x-\eta v$。对一个方向来说，这是一个矩阵：
# $$\begin{pmatrix}e\\v\end{pmatrix}\leftarrow\begin{pmatrix}1-\eta\lambda&-\eta\mu\\\lambda&\mu\end{pmatrix}
# \begin{pmatrix}e\\v\end{pmatrix}$$
# 矩阵反复作用，每次缩小多少，要看特征值的绝对值。行列式是两个特征值之积，这里等于
# $(1-\eta\lambda)\mu+\eta\lambda\mu=\mu$：**曲率消失了**。所以当它们是一对共轭复数时，绝对值都是 $\sqrt\mu$，陡的方向
# 与缓的方向缩得一样快。成为共轭复数的条件是 $(1-\sqrt\mu)^2<\eta\lambda<(1+\sqrt\mu)^2$。要把所有曲率都装进去，就取
# $$\sqrt\mu=\frac{\sqrt\kappa-1}{\sqrt\kappa+1},\qquad\eta=\frac{4}{(\sqrt{\lambda_{\min}}+\sqrt{\lambda_{\max}})^2}$$
# 比较一下：原来是 $\kappa$ 的地方，现在是 $\sqrt\kappa$。
#
# 手算一例，曲率为 $1$ 和 $4$：梯度下降取 $\eta=\frac25$，两个误差分别乘以 $1-\frac25=\frac35$ 和 $1-\frac85=-\frac35$。
# 动量取 $\sqrt\mu=\frac{2-1}{2+1}=\frac13$。
# %%
curvature = np.array([1.0, 4.0])
print((1 - 2 / 5 * curvature).round(4))
pair = [[1 - 4 / 9 * curvature[0], -4 / 9 * 1 / 9], [curvature[0], 1 / 9]]  # η = 4/9, μ = 1/9
print(np.abs(np.linalg.eigvals(pair)).round(4))
assert np.allclose(1 - 2 / 5 * curvature, (3 / 5, -3 / 5))
assert np.allclose(np.abs(np.linalg.eigvals(pair)), 1 / 3, atol=1e-6)

lowest, highest = 0.01, 0.025  # between them the wall is looked for, by halving
for _ in range(30):
    middle = (lowest + highest) / 2
    runs_away = loss_of(descend(middle, 500)[-1]) > loss_of(start)
    lowest, highest = (lowest, middle) if runs_away else (middle, highest)
print(say(f"the wall is at {lowest:.4f}, predicted at 2 / 100", f"墙在 {lowest:.4f}，预测在 2 / 100"))
assert abs(lowest - 2 / 100) < 1e-4
# %% [markdown] lang="en"
# Now the promise: $\kappa$ turned into $\sqrt\kappa$. Valleys in 50 dimensions, from wide to very narrow; how many
# steps until a millionth of the error is left? **By which factor do the steps of each grow when the valley becomes 4
# times narrower?**
# %% [markdown] lang="zh"
# 现在来看那句承诺：$\kappa$ 变成了 $\sqrt\kappa$。取 50 维的山谷，从宽到极窄；要走多少步，误差才只剩百万分之一？
# **山谷每变窄到 4 倍，两种方法的步数各变成几倍？**
# %%
def steps_needed(curvature, lr, momentum):
    e, v, steps = np.ones_like(curvature), np.zeros_like(curvature), 0
    while np.linalg.norm(e) > 1e-6 * np.sqrt(len(e)):
        v = momentum * v + curvature * e
        e = e - lr * v
        steps += 1
    return steps

kappas = 4.0 ** np.arange(1, 7)
taken = {"gradient descent": [], "momentum": []}
for kappa in kappas:
    curvature = np.geomspace(1, kappa, 50)
    root = (np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)
    taken["gradient descent"].append(steps_needed(curvature, 2 / (1 + kappa), 0))
    taken["momentum"].append(steps_needed(curvature, 4 / (1 + np.sqrt(kappa)) ** 2, root ** 2))

axes = canvas(x=("κ: how narrow the valley is", "κ：山谷有多窄"), y=("steps", "步数"), log="xy")
axes.plot(kappas, taken["gradient descent"], "o", label=label("gradient descent", "梯度下降"))
axes.plot(kappas, np.log(1e6) * kappas / 2, "C0--", lw=1, label="½ κ ln 10⁶")
axes.plot(kappas, taken["momentum"], "o", color="C1", label=label("momentum", "动量"))
axes.plot(kappas, np.log(1e6) * np.sqrt(kappas) / 2, "C1--", lw=1, label="½ √κ ln 10⁶")
axes.legend();
# %%
plain, heavy = (np.polyfit(np.log(kappas[2:]), np.log(steps[2:]), 1)[0] for steps in taken.values())
print(say(f"the steps grow like κ to the {plain:.2f}, and with momentum to the {heavy:.2f}",
          f"步数与 κ 的 {plain:.2f} 次幂成正比，有动量时与 {heavy:.2f} 次幂成正比"))
print(say(f"at κ = {kappas[-1]:.0f}:", f"κ = {kappas[-1]:.0f} 时："),
      *(steps[-1] for steps in taken.values()))
assert abs(plain - 1) < 0.05 and abs(heavy - 0.5) < 0.05

root = np.sqrt(0.9)
print(say(f"momentum = 0.9 is made for κ = {((1 + root) / (1 - root)) ** 2:.0f}",
          f"momentum = 0.9 适合的 κ 是 {((1 + root) / (1 - root)) ** 2:.0f}"))
# %% [markdown] lang="en"
# Gradient descent needs 4 times as many steps, momentum twice as many. (Its points lie a little above the line: at
# both ends of its range the two eigenvalues coincide, and such a pair shrinks somewhat more slowly.) Nobody knows the
# curvatures of a real loss; so people take `0.9`, for valleys about as narrow as the one that was just printed, and
# look for the learning rate.
# %% [markdown] lang="zh"
# 梯度下降的步数变成 4 倍，动量的只变成两倍。（动量的点略高于虚线：在适用范围的两端，两个特征值重合，这样的一对缩得要
# 慢一些。）真实损失的曲率谁也不知道；所以人们就取 `0.9`，它适合的山谷大约就像刚刚打印出来的那么窄，然后再去找学习率。
# %% [markdown] lang="en"
# ## In plain NumPy: five ways down
# All get the place `x`, the gradient `g` and a `memory` of their own, and give the next place. The names of the
# settings are PyTorch's. `sgd` is two of the five: without momentum it is gradient descent.
# %% [markdown] lang="zh"
# ## 只用 NumPy：下山的五种走法
# 每一种都拿到位置 `x`、梯度 `g` 和一份自己的 `memory`，交回下一个位置。设置的名字与 PyTorch 的相同。`sgd` 一个顶两个：
# 没有动量时，它就是梯度下降。
# %%
def sgd(x, g, memory, lr=1e-3, momentum=0.0):
    v = memory["v"] = momentum * memory.get("v", 0) + g
    return x - lr * v

def adagrad(x, g, memory, lr=1e-2, eps=1e-10):  # much moved, small steps
    s = memory["s"] = memory.get("s", 0) + g ** 2
    return x - lr * g / (np.sqrt(s) + eps)

def rmsprop(x, g, memory, lr=1e-2, alpha=0.99, eps=1e-8):  # the same, but it forgets
    s = memory["s"] = alpha * memory.get("s", 0) + (1 - alpha) * g ** 2
    return x - lr * g / (np.sqrt(s) + eps)

def adam(x, g, memory, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):  # momentum and RMSprop
    t = memory["t"] = memory.get("t", 0) + 1
    m = memory["m"] = betas[0] * memory.get("m", 0) + (1 - betas[0]) * g
    v = memory["v"] = betas[1] * memory.get("v", 0) + (1 - betas[1]) * g ** 2
    m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)  # both began at 0
    return x - lr * m_hat / (np.sqrt(v_hat) + eps)
# %% [markdown] lang="en"
# The last three look at *each weight by itself* and divide its gradient by its usual size: where gradients are large
# the steps become short, where they are small, long. A running mean that begins at 0 is too small at first, since it is
# mostly the 0 of the beginning; `m_hat` and `v_hat`, Adam's hats, divide by what has come in since. That is called bias
# correction.
#
# Now a race. Each gets the best learning rate out of one list, which is only fair, and has arrived when less than a
# thousandth of the loss is left for good. They run twice: in our valley, and in the same valley turned so that it lies
# straight along an axis. **Who will be first? And who will notice that the valley was turned?**
# %% [markdown] lang="zh"
# 后三种**逐个权重**地看，把它的梯度除以它平常的大小：梯度大的地方步子变短，梯度小的地方步子变长。从 0 开始的滑动平均
# 起初偏小，因为其中大半是开头的那个 0；Adam 的两顶“帽子” `m_hat` 和 `v_hat`，就是除以至今真正进来的份额。这叫偏差修
# 正。
#
# 现在来一场赛跑。每位选手都从同一张单子里取对自己最好的学习率，这样才公平；剩下的损失从此不超过千分之一，就算到达。一
# 共跑两次：一次在我们的山谷里，一次把这条山谷转正，让它沿着坐标轴。**谁会第一？谁会发觉山谷转了方向？**
# %%
runners = {
    label("gradient descent", "梯度下降"): (sgd, tl.optim.SGD, {}),
    label("momentum", "动量"): (sgd, tl.optim.SGD, {"momentum": 0.9}),
    "Adagrad": (adagrad, tl.optim.Adagrad, {}),
    "RMSprop": (rmsprop, tl.optim.RMSprop, {"alpha": 0.9}),
    "Adam": (adam, tl.optim.Adam, {}),
}

def run(rule, degrees, steps, **settings):
    A, x = valley(degrees)
    path, memory = [x], {}
    for _ in range(steps):
        x = rule(x, A @ x, memory, **settings)
        path.append(x)
    return np.array(path)  # (steps + 1, 2)

def arrival(path, degrees):  # the step from which on hardly any loss is left
    height = loss_of(path, valley(degrees)[0])
    return 1 + np.flatnonzero(~(height <= height[0] / 1000))[-1]
# %% tags=["varies"]
best, arrived = {}, {}
with np.errstate(over="ignore", invalid="ignore"):  # some will run away
    for name, (rule, _, settings) in runners.items():
        for degrees in (0, 30):
            arrived[name, degrees], best[name, degrees] = min(
                (arrival(run(rule, degrees, 400, lr=lr, **settings), degrees), lr)
                for lr in np.logspace(-3, 1, 25))
        print(say(f"{name}: {arrived[name, 0]} steps straight, {arrived[name, 30]} turned "
                  f"(learning rates {best[name, 0]:.2g}, {best[name, 30]:.2g})",
                  f"{name}：转正的山谷 {arrived[name, 0]} 步，斜的 {arrived[name, 30]} 步"
                  f"（学习率 {best[name, 0]:.2g}、{best[name, 30]:.2g}）"))
for name in list(runners)[:2]:
    assert arrived[name, 0] == arrived[name, 30]
assert arrived["Adagrad", 30] > 10 * arrived["Adagrad", 0]
# %%
paths = {(name, degrees): run(rule, degrees, 100, lr=best[name, degrees], **settings)
         for name, (rule, _, settings) in runners.items() for degrees in (0, 30)}

axes = canvas(size=(5.2, 3.8))
draw_valley(axes)
tails = {name: axes.plot([], [], "-", lw=1.5, label=name)[0] for name in runners}
heads = {name: axes.plot([], [], "o", ms=7, color=tails[name].get_color())[0] for name in runners}
axes.legend(loc="upper left")

def draw(step):
    axes.set_title(label(f"step {step}", f"第 {step} 步"))
    for name in runners:
        path = paths[name, 30]
        tails[name].set_data(*path[max(step - 8, 0):step + 1].T)
        heads[name].set_data(*path[step:step + 1].T)

film(axes.figure, draw, [*range(16), *range(16, 101, 4)])
# %%
figure, rows = plt.subplots(2, 5, figsize=(9.6, 3.6))
for degrees, row in zip((0, 30), rows):
    for axes, name, colour in zip(row, runners, ("C0", "C1", "C2", "C3", "C4")):
        draw_valley(axes, valley(degrees)[0])
        axes.plot(*paths[name, degrees].T, ".-", lw=0.8, ms=3, color=colour)
        axes.set_xlabel(label(f"{arrived[name, degrees]} steps", f"{arrived[name, degrees]} 步"))
        if degrees == 0:
            axes.set_title(name)
# %% [markdown] lang="en"
# Gradient descent and momentum do not notice the turn at all: they know directions, not axes. The other three divide
# each coordinate by its own size. If the valley lies along an axis, that makes it round, and all three gain (Adagrad
# even jumps out of the picture and back, and is there: with some luck). Lying askew, it has about the same slopes in
# both coordinates, and what made them fast is gone. So each has its blindness. **Momentum cures narrow valleys,
# scaling cures axes of unequal size, and Adam has both:** it is among the first in either valley. In networks the
# axes are the weights, and their gradients do differ in size by orders of magnitude.
# %% [markdown] lang="zh"
# 梯度下降与动量根本没有发觉转了方向：它们只认方向，不认坐标轴。另外三种把每个坐标除以它自己的大小；山谷若顺着坐标轴，
# 这么一除就成了圆的，三者都占便宜（Adagrad 甚至跳出画面再跳回来，就到了：有点运气）。山谷一斜，两个坐标上的坡度差不
# 多，让它们快的东西就没有了。可见各有各的盲点。**动量治的是狭窄的山谷，缩放治的是大小不一的坐标轴，Adam 两样都有：**
# 它在两条山谷里都名列前茅。在神经网络里，坐标轴就是一个个权重，它们的梯度大小确实会相差好几个数量级。
# %% [markdown] lang="en"
# ## TinyLM's own: the same paths
# In `tl.optim` stand the same five. An optimizer is given the weights once; after that, each `step` takes the gradients
# and moves the weights where they are.
# %% [markdown] lang="zh"
# ## TinyLM 的实现：一样的路线
# `tl.optim` 里就是这五种。优化器在开头拿到权重，此后每次 `step` 收下梯度，就地移动权重。
# %%
def run_tinylm(optimizer_class, degrees, steps, **settings):
    A, x = valley(degrees)
    x = tl.Tensor(x, requires_grad=True)
    optimizer = optimizer_class([x], **settings)
    path = [x.detach().numpy()]
    for _ in range(steps):
        optimizer.step([tl.grad(loss_of(x, A), x)])
        path.append(x.detach().numpy())
    return np.array(path)

furthest = 0.0
for name, (_, optimizer_class, settings) in runners.items():
    for degrees in (0, 30):
        theirs = run_tinylm(optimizer_class, degrees, 50, lr=best[name, degrees], **settings)
        furthest = max(furthest, np.max(np.abs(theirs - paths[name, degrees][:51])))
assert furthest < 1e-12
print(say("ten paths of 50 steps, all within 1e-12", "十条路线，各 50 步，相差都在 1e-12 之内"))
# %% [markdown] lang="en"
# ## Check the gradient, then break it
# We wrote the gradient of the valley by hand, `A @ x`. Lesson 02 knows how to check that. But who checks the optimizer?
# %% [markdown] lang="zh"
# ## 检验梯度，再弄坏它
# 山谷的梯度是我们手写的：`A @ x`。怎样检验它，第 02 课已经讲过。可是，谁来检验优化器？
# %%
place = tl.Tensor(start, requires_grad=True)
assert np.allclose(tl.grad(loss_of(place), place).data, A @ start)
assert tl.gradcheck(loss_of, [start], order=2)
# %% [markdown] lang="en"
# Here is Adam with three mistakes that have all really been made: without the hats; with a clock that stands still, so
# that `t` stays at `1`; with `eps` under the root. **Which of them will the loss betray? And if each is handed the same
# gradients as the right one, in which step will they part?**
# %% [markdown] lang="zh"
# 下面是写错了的三个 Adam，每种错都真有人犯过：没有帽子；时钟不走，`t` 老是 `1`；`eps` 放到了根号里面。
# **损失会让哪一个露馅？若给它们与正确的那个一样的梯度，各自在第几步分道扬镳？**
# %%
def no_hats(x, g, memory, lr):
    m = memory["m"] = 0.9 * memory.get("m", 0) + 0.1 * g
    v = memory["v"] = 0.999 * memory.get("v", 0) + 0.001 * g ** 2
    return x - lr * m / (np.sqrt(v) + 1e-8)

def still_clock(x, g, memory, lr):
    memory["t"] = 0
    return adam(x, g, memory, lr)

def under_the_root(x, g, memory, lr):
    t = memory["t"] = memory.get("t", 0) + 1
    m = memory["m"] = 0.9 * memory.get("m", 0) + 0.1 * g
    v = memory["v"] = 0.999 * memory.get("v", 0) + 0.001 * g ** 2
    return x - lr * m / (1 - 0.9 ** t) / np.sqrt(v / (1 - 0.999 ** t) + 1e-8)

broken = {label("no hats", "没有帽子"): no_hats, label("still clock", "时钟不走"): still_clock,
          label("eps under the root", "eps 在根号里"): under_the_root}
# %%
rng = np.random.default_rng(0)
gradients = rng.standard_normal((6, 40)) * 10 ** rng.uniform(-8, 2, 40)  # of all sizes

def fed(rule):
    x, memory, path = np.zeros(40), {}, []
    for g in gradients:
        x = rule(x, g, memory, lr=0.05)
        path.append(x)
    return np.array(path)  # (6, 40)

def fed_to_tinylm():
    x = tl.Tensor(np.zeros(40), requires_grad=True)
    optimizer, path = tl.optim.Adam([x], lr=0.05), []
    for g in gradients:
        optimizer.step([tl.Tensor(g)])
        path.append(x.detach().numpy())
    return np.array(path)

right = fed_to_tinylm()
assert np.allclose(fed(adam), right, rtol=0, atol=1e-12)
# %%
losses, offs = canvas(x=("step", "步"), panels=2, log="y", size=(9.2, 3.2))
losses.plot(loss_of(run(adam, 30, 600, lr=0.05)), "0.75", lw=6, label=label("right", "正确的"))
parted = []
for name, rule in broken.items():
    loss = loss_of(run(rule, 30, 600, lr=0.05))
    off = np.max(np.abs(fed(rule) - right), axis=1)
    losses.plot(loss, label=name)
    offs.plot(range(1, 7), np.maximum(off, 1e-17), "o-", label=name)
    parted.append(1 + np.flatnonzero(off > 1e-12)[0])
    print(say(f"{name}: in the valley {loss[-1] / loss[0]:.0e} of the loss is left; "
              f"fed with random gradients it parts in step {parted[-1]}",
              f"{name}：在山谷里损失只剩 {loss[-1] / loss[0]:.0e}；喂随机梯度，第 {parted[-1]} 步分开"))
    assert loss[-1] < loss[0] / 1000
losses.set(ylabel=label("loss in the valley", "山谷里的损失"), ylim=(1e-9, 1e3))
offs.set(ylabel=label("off, with random gradients", "喂随机梯度时的偏差"))
losses.legend()
assert parted == [1, 2, 1]
# %% [markdown] lang="en"
# The loss betrays nobody: all arrive, and one that is wrong arrives *sooner* than the right one: without the hats $v$
# is too small for a long time and the steps too long, which happens to do well here. **A loss that goes down proves
# that something goes down**, and nothing more. The comparison finds each within two steps. Two, because one is not
# enough: in step 1 the hats turn any Adam into $\eta\,g/|g|$, and a clock that stands still is right once. And
# gradients of all sizes, because `eps` matters only where they are small: under the root `1e-8` becomes `1e-4`.
# Whoever writes an optimizer compares its first steps with one that is known to be right. So are TinyLM's compared
# with PyTorch's, by its tests.
# %% [markdown] lang="zh"
# 损失谁也没有出卖：全都到了谷底，有一个错的到得比正确的还**早**：没有帽子，$v$ 长久偏小，步子偏大，在这里恰好管
# 用。**损失下降，只证明有东西在下降**，别的什么也不证明。逐步对照则在两步之内把它们都抓住。要两步，因为一步不够：在第
# 1 步，帽子把任何 Adam 都变成 $\eta\,g/|g|$，而不走的时钟也有对的时候。梯度还要大小都有，因为只有梯度小时 `eps` 才要
# 紧：根号下的 `1e-8` 成了 `1e-4`。写优化器的人，要拿最初几步同一个已知正确的去对照。TinyLM 的测试就是这样拿 PyTorch
# 来对照的。
# %% [markdown] lang="en"
# ## The experiment: handwritten digits
# Each digit is a picture of 8 × 8 pixels from 0 to 16. We shuffle them and cut three parts: one to learn from
# (*training*), one to make choices by (*validation*), and one that is looked at when all choices are made (*test*).
# %% [markdown] lang="zh"
# ## 实验：手写数字
# 每个数字是一幅 8 × 8 的图，像素取 0 到 16。先打乱，再切成三份：一份用来学（**训练集**），一份用来做选择（**验证
# 集**），还有一份要等所有选择都做完才看（**测试集**）。
# %%
digits = load_digits()
X, y = (digits.data / 16).astype(np.float32), digits.target  # (1797, 64), (1797,)

def split(seed):  # rows to learn from, to choose by, to test on
    return np.split(np.random.default_rng(seed).permutation(len(X)), [1100, 1300])

def means_of(rows):  # the mean picture of each digit, (10, 64)
    return np.stack([X[rows][y[rows] == k].mean(axis=0) for k in range(10)])

training, validation, test = split(seed=0)
means = means_of(training)

figure, rows = plt.subplots(2, 10, figsize=(8, 1.9))
for k, (above, below) in enumerate(rows.T):
    above.imshow(X[training][y[training] == k][0].reshape(8, 8), cmap="Greys")
    below.imshow(means[k].reshape(8, 8), cmap="Greys")
    above.set(xticks=[], yticks=[])
    below.set(xticks=[], yticks=[])
rows[0, 0].set_ylabel(label("one", "一个"))
rows[1, 0].set_ylabel(label("mean", "平均"));
# %% [markdown] lang="en"
# Two dumb baselines first, or a percentage means nothing: always to say the most frequent digit, and to say the digit
# whose mean picture is nearest. **How many percent does the second one get right?**
# %% [markdown] lang="zh"
# 先做两个笨办法当基线，否则百分比毫无意义：一个总说最常见的数字，一个说平均图离得最近的那个数字。
# **你猜第二个能对百分之几？**
# %% tags=["varies"]
def nearest_mean(training, test):
    distance = np.sum((X[test][:, None] - means_of(training)) ** 2, axis=2)  # (test, 10)
    return np.mean(y[test] == distance.argmin(axis=1))

frequent = np.mean(y[test] == np.bincount(y[training]).argmax())
nearest = nearest_mean(training, test)
print(say(f"{len(training)} to learn from, {len(validation)} to choose by, {len(test)} to test on",
          f"训练 {len(training)} 个，验证 {len(validation)} 个，测试 {len(test)} 个"))
print(say(f"always the most frequent: {frequent:.1%}, the nearest mean: {nearest:.1%}",
          f"总说最常见的：{frequent:.1%}，最近的平均图：{nearest:.1%}"))
# %% [markdown] lang="en"
# ### Mini-batches: how noisy is a handful?
# The network is one of lesson 03: 64 pixels, 64 hidden ReLUs, 10 scores. Its loss, `tl.nn.cross_entropy`, is the mean
# of $-\ln p$ of the right digit. The gradient $G$ of that mean is a mean of $N$ gradients, one $g_i$ for each digit.
# A *mini-batch* takes the mean of $B$ of them, drawn at random, and that costs $B$ instead of $N$. What it misses is
# noise, and a mean of $B$ independent things scatters by $1/\sqrt B$:
# $$\sqrt{\mathbb E\,\|G_B-G\|^2}=\frac{\sigma}{\sqrt B},\qquad\sigma^2=\frac1N\sum_{i=1}^{N}\|g_i-G\|^2$$
# So $\sigma$ comes from all the $g_i$, and the line is a prediction without anything fitted. **From which $B$ on is the
# gradient itself longer than its noise?**
# %% [markdown] lang="zh"
# ### 小批量：一小把有多吵？
# 网络就是第 03 课的那种：64 个像素，64 个隐藏的 ReLU，10 个分数。损失 `tl.nn.cross_entropy` 是正确数字的 $-\ln p$ 的
# 平均。这个平均的梯度 $G$，是 $N$ 个梯度的平均，每个数字一个 $g_i$。**小批量**随机抽出其中 $B$ 个来平均，代价从 $N$
# 降到 $B$。差掉的那部分就是噪声，而 $B$ 个独立的东西平均起来，波动按 $1/\sqrt B$ 缩小：
# $$\sqrt{\mathbb E\,\|G_B-G\|^2}=\frac{\sigma}{\sqrt B},\qquad\sigma^2=\frac1N\sum_{i=1}^{N}\|g_i-G\|^2$$
# $\sigma$ 由全部 $g_i$ 算出，所以图中的线是预测，没有拟合任何东西。**从多大的 $B$ 开始，梯度本身比它的噪声长？**
# %%
def network(rng):
    return tl.nn.Sequential(
        tl.nn.Linear(64, 64, rng=rng), tl.nn.ReLU(), tl.nn.Linear(64, 10, rng=rng))

def loss_on(net, rows):
    return tl.nn.cross_entropy(net(X[rows]), y[rows])

def gradient_on(net, rows):  # all gradients as one vector
    gradients = tl.grad(loss_on(net, rows), list(net.parameters()))
    return np.concatenate([gradient.data.ravel() for gradient in gradients])

rng = np.random.default_rng(0)
net = network(rng)
G = gradient_on(net, training)  # (4810,)
single = np.stack([gradient_on(net, [row]) for row in training])  # (1100, 4810)
sigma = np.sqrt(np.mean(np.sum((single - G) ** 2, axis=1)))
assert np.allclose(single.mean(axis=0), G, atol=1e-6)

sizes = 2 ** np.arange(10)
noise = [np.sqrt(np.mean([np.sum((gradient_on(net, rng.choice(training, size)) - G) ** 2)
                          for _ in range(100)])) for size in sizes]
# %%
axes = canvas(x=("size of the batch", "批量大小"), y=("length", "长度"), log="xy")
axes.plot(sizes, noise, "o", label=label("noise, measured", "噪声，实测"))
axes.plot(sizes, sigma / np.sqrt(sizes), "--", label=label("noise, predicted: σ/√B", "噪声，预测：σ/√B"))
axes.axhline(np.linalg.norm(G), color="C2", label=label("the gradient itself", "梯度本身"))
axes.legend()

slope = np.polyfit(np.log(sizes), np.log(noise), 1)[0]
print(say(f"the noise falls like the size to the {slope:.2f}", f"噪声与批量大小的 {slope:.2f} 次幂成正比"))
assert abs(slope + 0.5) < 0.03
assert np.all(np.abs(noise / (sigma / np.sqrt(sizes)) - 1) < 0.25)
# %% [markdown] lang="en"
# A batch four times as large costs four times as much, and is only twice as good. That is why everybody learns from
# small ones: many steps in about the right direction beat a single one in exactly the right direction.
#
# ### Learning-rate schedules: what to do about the noise
# Noise does not matter far up on the slope. Near the bottom it does: there the gradient is small and the noise is
# not, so a learner with a constant learning rate keeps rattling about. Robbins and Monro's cure is to let the
# learning rate fall: **in steps**, or along **a cosine**; large models also **warm up** first. All four train with
# momentum, and with the same, rather bold learning rate to begin with. **Which one ends lowest, and by what factor?**
# %% [markdown] lang="zh"
# 批量大到四倍，代价也是四倍，却只好到两倍。所以人人都用小批量来学：大致正确的方向走许多步，胜过绝对正确的方向只走一步。
#
# ### 学习率调度：拿噪声怎么办
# 在高处的坡上，噪声无所谓。到了谷底附近就不行了：那里梯度很小，噪声却不小，学习率若一成不变，就只能来回晃荡。Robbins
# 与 Monro 的药方是让学习率降下来：可以**一级一级地降**，也可以**沿余弦降**；大模型还要先**预热**。四种调度都带动量训
# 练，起点也都是同一个偏大的学习率。**哪一种最后最低？低几倍？**
# %%
def train(rows, seed, schedule, lr=0.2, epochs=12, size=16, watch=None):
    rng = np.random.default_rng(seed)
    net = network(rng)
    optimizer = tl.optim.SGD(net.parameters(), lr=lr, momentum=0.9)
    scheduler = schedule(optimizer, epochs * -(-len(rows) // size))
    for _ in range(epochs):
        order, rate = rng.permutation(rows), optimizer.lr
        for place in range(0, len(order), size):
            batch = order[place:place + size]
            optimizer.step(tl.grad(loss_on(net, batch), optimizer.params))
            scheduler.step()
        if watch is not None:
            watch.append((rate, loss_on(net, rows).item(), accuracy(net, validation)))
    return net

def accuracy(net, rows):
    return np.mean(np.argmax(net(X[rows]).data, axis=1) == y[rows])
# %%
def warmed(optimizer, steps):  # up in a tenth of the time, then down
    return LambdaLR(optimizer, lambda step: warmup_cosine((step + 1) / steps, warmup=0.1))

schedules = {
    label("constant", "恒定"): lambda optimizer, steps: LambdaLR(optimizer, lambda step: 1.0),
    label("steps", "阶梯"): lambda optimizer, steps: StepLR(optimizer, steps // 3, gamma=0.1),
    label("cosine", "余弦"): lambda optimizer, steps: CosineAnnealingLR(optimizer, T_max=steps),
    label("warm-up, cosine", "预热加余弦"): warmed,
}
seen = {}
for name, schedule in schedules.items():
    histories = []
    for seed in range(3):
        train(training, seed, schedule, watch=(history := []))
        histories.append(history)
    seen[name] = np.array(histories)  # (3, 12, 3): seed, epoch, what was watched
# %%
rates, losses = canvas(x=("epoch", "轮"), panels=2, size=(9.2, 3.2))
for name, watched in seen.items():
    rate, loss, _ = np.moveaxis(watched, -1, 0)  # each (3, 12)
    rates.plot(range(1, 13), rate[0], label=name)
    losses.semilogy(range(1, 13), np.exp(np.log(loss).mean(axis=0)), label=name)
rates.set(ylabel=label("learning rate", "学习率"))
losses.set(ylabel=label("loss on the training digits", "训练集上的损失"))
rates.legend(loc="upper right", bbox_to_anchor=(1, 0.95));
# %% tags=["varies"]
for name, watched in seen.items():
    loss, right = np.exp(np.log(watched[:, -1, 1]).mean()), watched[:, -1, 2].mean()
    print(say(f"{name}: loss {loss:.4f}, {right:.1%} of the validation digits",
              f"{name}：损失 {loss:.4f}，验证集答对 {right:.1%}"))
constant, stairs, cosine, warm = (
    np.exp(np.log(watched[:, -1, 1]).mean()) for watched in seen.values())
assert cosine < constant / 3 and stairs < constant and warm < constant / 3
# %% [markdown] lang="en"
# As long as the learning rate is high, all of them hover: that is the noise. As it falls, so does the loss. A warm-up
# makes no clear difference here: a network as small as this one survives its first steps anyhow. The Transformers of
# part III do not. We take the cosine.
#
# ### The test
# All choices are made, so now we may look at the test digits. One split may be a lucky one, so we take three, and a
# network for each. The band in which their mean has to fall: 97 ± 1 %. (To be quite exact: of the test digits of the
# new splits, some have helped to choose the schedule. Among four candidates that does not matter much; lesson 05
# shows when it does.)
# %% [markdown] lang="zh"
# 只要学习率还高，大家都悬在半空：那就是噪声。学习率一降，损失也跟着降。预热在这里看不出明显的差别：这么小的网络，最初
# 几步怎么走都撑得住；第三部分的 Transformer 就不行了。我们选余弦。
#
# ### 测试
# 选择都做完了，现在可以看测试集了。单独一种切分也许碰巧运气好，所以切三次，各训练一个网络。平均正确率应当落在 97 ± 1
# % 之内。（严格说来，新切分的测试数字里，有一些在选调度时已经用过。候选只有四个，影响不大；什么时候影响大，第 05 课会
# 讲。）
# %% tags=["varies"]
reached, baseline = [], []
for seed in range(3):
    training, validation, test = split(seed)
    net = train(training, seed, CosineAnnealingLR)
    reached.append(accuracy(net, test))
    baseline.append(nearest_mean(training, test))
print(say("right on the test digits:", "测试集正确率："), *(f"{share:.1%}" for share in reached))
print(say(f"mean {np.mean(reached):.1%}, band 97 ± 1 %", f"平均 {np.mean(reached):.1%}，区间 97 ± 1 %"))
fewer = (1 - np.mean(baseline)) / (1 - np.mean(reached))
print(say(f"the nearest mean makes {fewer:.1f} times as many mistakes",
          f"最近平均图的错误是它的 {fewer:.1f} 倍"))
assert abs(np.mean(reached) - 0.97) < 0.01
assert min(np.subtract(reached, baseline)) > 0.03 and min(baseline) > 0.8 > frequent
# %% [markdown] lang="en"
# That is a good deal better than the baseline. But be honest about what was tested. The description of the data says
# that a dozen people wrote these digits, and they seem to stand in the file one writer after the other. Shuffled,
# every writer is on both sides. **What if the test digits come from people whom the network has never seen?** Cut the
# file where it stands:
# %% [markdown] lang="zh"
# 比基线好多了。但要老实说清测的是什么。数据的说明里写着，这些数字出自十几个人之手，而在文件里似乎是一个人接着
# 一个人排的。打乱之后，每个人的字迹两边都有。**要是测试的数字来自网络从没见过的人呢？** 那就按文件的顺序来切：
# %% tags=["varies"]
for line in digits.DESCR.splitlines():
    if "people" in line or "to the test set" in line:
        print(line)
in_order = train(np.arange(1100), 0, CosineAnnealingLR)
strangers = accuracy(in_order, np.arange(1300, len(X)))
print(say(f"strangers' digits: {strangers:.1%}", f"陌生人写的数字：{strangers:.1%}"))
assert 0.85 < strangers < min(reached)
# %% [markdown] lang="en"
# The network reads strangers worse than people it knows. Both numbers are right; they answer different questions.
# Lesson 05 is about asking the right one.
#
# ### What the first layer sees
# Each hidden unit has 64 weights, one for each pixel: they are a picture too. Red pixels speak for it, blue ones
# against. Above each unit stands what it was before training, below it the mean of the 20 training digits that excite
# it most. **What do you expect: whole digits, single strokes, or noise?**
# %% [markdown] lang="zh"
# 对陌生人的字，网络认得差一些。两个数都没有错，只是回答的问题不同。怎样问对问题，是第 05 课的事。
#
# ### 第一层看见了什么
# 每个隐藏单元有 64 个权重，每个像素一个：它们也是一幅图。红色的像素让它兴奋，蓝色的让它沉默。每个单元上面是它训练前的
# 样子，下面是最能让它兴奋的 20 个训练数字的平均。**你猜会看到什么：整个的数字、零散的笔画，还是噪声？**
# %%
before = network(np.random.default_rng(2))[0].weight.data  # (64, 64): a row for each unit
first, _, last = net
after = first.weight.data
excited = np.maximum(first(X[training]).data, 0)  # (1100, 64)
busiest = np.argsort(-excited.std(axis=0) * np.linalg.norm(last.weight.data, axis=0))[:12]

figure, rows = plt.subplots(3, 12, figsize=(9.6, 2.7))
for unit, column in zip(busiest, rows.T):
    favourites = X[training][np.argsort(-excited[:, unit])[:20]].mean(axis=0)
    largest = np.max(np.abs(after[unit]))
    pictures = (before[unit], "RdBu_r"), (after[unit], "RdBu_r"), (favourites, "Greys")
    for axes, (picture, colours) in zip(column, pictures):
        low, high = (-largest, largest) if colours == "RdBu_r" else (0, 1)
        axes.imshow(picture.reshape(8, 8), cmap=colours, vmin=low, vmax=high)
        axes.set(xticks=[], yticks=[])
for axes, name in zip(rows[:, 0], (("before", "训练前"), ("after", "训练后"), ("likes", "最喜欢"))):
    axes.set_ylabel(label(*name))
# %% [markdown] lang="en"
# Nobody told it what a stroke is. Out of noise came opinions about places: red beside blue asks for ink here and none
# next to it, and that is a stroke, an edge or a hole. No unit has a whole digit in it; but what it asks for is enough
# to pick out one or two of them, as its favourites show, and the second layer adds up the votes.
#
# Two predictions to end with. Some pixels in the corners are white in every training digit. **What has become of their
# weights?** And **how many of the units say nothing at all**, whatever digit they are shown? Take the network that we
# have, and one trained with a tenth of its learning rate.
# %% [markdown] lang="zh"
# 没有谁告诉它什么是笔画。从噪声里长出了对各个位置的看法：红蓝相邻，就是要求这里有墨、旁边没有，那便是一道笔画、一条边
# 或一个洞。没有哪个单元里装着整个的数字；但它所要求的，已经足以挑出一两个数字，从它最喜欢的那些就看得出来，第二层再把
# 票加起来。
#
# 最后再预测两件事。角上有些像素在所有训练数字里都是白的。**它们的权重后来怎样了？** 还有，**有多少个单元一言不发**，
# 不管给它看什么数字？看看我们的这个网络，再看看用十分之一的学习率训练的一个。
# %% tags=["varies"]
blank = np.all(X[training] == 0, axis=0)  # (64,)
moved = np.abs(after - before)
print(say(f"{blank.sum()} pixels are always white; their weights moved by {moved[:, blank].max()}",
          f"{blank.sum()} 个像素总是白的；它们的权重移动了 {moved[:, blank].max()}"))

careful = train(training, 2, CosineAnnealingLR, lr=0.02)
silent, few = (np.all(one[0](X[training]).data <= 0, axis=0).sum() for one in (net, careful))
print(say(f"silent units: {silent} of 64, and {few} with a tenth of the learning rate",
          f"一言不发的单元：64 个里有 {silent} 个，学习率为十分之一时有 {few} 个"))
assert blank.any() and np.all(moved[:, blank] == 0) and moved[:, ~blank].mean() > 0.05
assert silent > few + 10
# %% [markdown] lang="en"
# The weights of the white pixels have not moved at all: an input that is always 0 makes their gradient 0, so they are
# still the noise of the beginning, and if such a pixel turns black one day, noise will vote. And a bold learning rate
# has its casualties. One long step, and a ReLU is below zero for every digit; there its gradient is 0, and it never
# comes back. The accuracy does not show it, as there are units enough: one more thing that a good number does not
# tell.
# %% [markdown] lang="zh"
# 白像素的权重一点没动：输入恒为 0，梯度也就是 0，它们仍是最初的噪声；哪天这样的像素变黑了，投票的就是噪声。而偏大的学
# 习率是有伤亡的：一步迈得太大，某个 ReLU 对所有数字都落到零以下，那里梯度是 0，它就再也回不来了。正确率看不出这件事，
# 因为单元够多：一个好看的数字没有告诉你的事，又多了一件。
# %% [markdown] lang="en"
# ## Exercises
# `check` tries what you hand it and says what it finds, `hint` gives one hint at a time, `solution` shows one way.
#
# ### 04.1 Predict: where gradient descent runs away
# $f(x_1,x_2)=\frac12(5x_1^2+6x_1x_2+5x_2^2)$ is a valley that lies askew. From which learning rate on does gradient
# descent run away from almost everywhere?
# %% [markdown] lang="zh"
# ## 练习
# `check` 会试你交上来的东西，并说出它的发现；`hint` 每次给一条提示；`solution` 给出一种做法。
#
# ### 04.1 预测：梯度下降在哪里跑飞
# $f(x_1,x_2)=\frac12(5x_1^2+6x_1x_2+5x_2^2)$ 是一条斜着的山谷。从多大的学习率开始，梯度下降几乎从哪里出发都会跑飞？
# %%
my_wall = None

check("04.1", my_wall)
# %% [markdown] lang="en"
# ### 04.2 Implement: a look ahead
# Momentum brakes late: it takes the slope where it stands, not where its velocity is about to carry it. Nesterov's form
# looks ahead. With $v\leftarrow\mu v+g$ as before, it goes by $x\leftarrow x-\eta\,(g+\mu v)$. Write
# `my_nesterov(x, g, v, lr, momentum)` for arrays of any shape; it returns the new `x` and the new `v`.
# %% [markdown] lang="zh"
# ### 04.2 实现：往前看一步
# 动量刹车刹得晚：它看的是脚下的坡度，而不是速度马上要把它带到的地方。Nesterov 的形式会往前看一步：
# $v\leftarrow\mu v+g$ 照旧，但走的是 $x\leftarrow x-\eta\,(g+\mu v)$。写出 `my_nesterov(x, g, v, lr, momentum)`，数组
# 可以是任意形状；它返回新的 `x` 和新的 `v`。
# %%
def my_nesterov(x, g, v, lr, momentum):
    ...

check("04.2", my_nesterov)
# %% [markdown] lang="en"
# ### 04.3 Implement: up in a line, down along a cosine
# Write `my_rate(step, steps, lr, warmup)`, the learning rate of each `step` from `0` to `steps - 1`. In the first
# `warmup` steps it rises in equal steps, and is `lr` in the last of them. From step `warmup` on, where it is `lr` too,
# it falls along half a cosine, which would be at `0` in step `steps`. `warmup` may be `0`.
# %% [markdown] lang="zh"
# ### 04.3 实现：沿直线上升，沿余弦下降
# 写出 `my_rate(step, steps, lr, warmup)`，给出从 `0` 到 `steps - 1` 的每个 `step` 的学习率。前 `warmup` 步等距上升，
# 其中最后一步等于 `lr`。从第 `warmup` 步起（这一步也等于 `lr`），沿半个余弦下降，到第 `steps` 步恰好为 `0`。`warmup`
# 可以是 `0`。
# %%
def my_rate(step, steps, lr, warmup):
    ...

check("04.3", my_rate)
# %% [markdown] lang="en"
# ### 04.4 Break: a mistake that the first step hides
# Write an RMSprop that is *wrong*, but whose first step (`s` is 0 then) is right, and which still arrives at the bottom
# of a valley: `my_wrong_rmsprop(x, g, s, lr, alpha, eps)` returns the new `x` and the new `s`.
# %% [markdown] lang="zh"
# ### 04.4 弄坏：第一步看不出的错
# 写一个**错误的** RMSprop，但第一步（此时 `s` 为 0）是对的，而且照样能走到谷底：
# `my_wrong_rmsprop(x, g, s, lr, alpha, eps)` 返回新的 `x` 和新的 `s`。
# %%
def my_wrong_rmsprop(x, g, s, lr, alpha, eps):
    ...

check("04.4", my_wrong_rmsprop)
# %% [markdown] lang="en"
# ### 04.5 Extend: a large batch in small pieces
# A batch does not fit into memory, so it is taken in $k$ parts that do, one after the other. Part $i$ has `sizes[i]`
# rows and gives `gradients[i]`, the gradient of the *mean* loss over its own rows; the arrays have the shapes `(k,)`
# and `(k, ...)`. Write `my_whole(gradients, sizes)`, the gradient of the mean loss over all rows.
# %% [markdown] lang="zh"
# ### 04.5 扩展：把大批量拆成小份
# 一个批量装不进内存，就拆成装得下的 $k$ 份，一份一份地来。第 $i$ 份有 `sizes[i]` 行，给出 `gradients[i]`，即它自己那
# 些行的**平均**损失的梯度；两个数组的形状是 `(k,)` 和 `(k, ...)`。写出 `my_whole(gradients, sizes)`：全部行的平均损失
# 的梯度。
# %%
def my_whole(gradients, sizes):
    ...

check("04.5", my_whole)
# %% [markdown] lang="en"
# ## Read on in the source
# - `tinylm.optim.SGD`, `tinylm.optim.Adagrad`, `tinylm.optim.RMSprop` and `tinylm.optim.Adam` are the functions of this
#   lesson, in place and with weight decay; `tinylm.optim.Optimizer` is what they share.
# - `tinylm.optim.LRScheduler` turns a formula into a schedule; `tinylm.optim.warmup_cosine` is nearly exercise 04.3.
# - `tinylm.Trainer` is the loop of this lesson, with all that a long run needs besides.
# - `tinylm.shards` puts gradients of parts together, as in exercise 04.5, and the parts run side by side.
# %% [markdown] lang="zh"
# ## 接着读源码
# - `tinylm.optim.SGD`、`tinylm.optim.Adagrad`、`tinylm.optim.RMSprop` 和 `tinylm.optim.Adam` 就是本课的那几个函数，
#   只是就地修改，并带有权重衰减；`tinylm.optim.Optimizer` 是它们共有的部分。
# - `tinylm.optim.LRScheduler` 把一个公式变成学习率调度；`tinylm.optim.warmup_cosine` 差不多就是练习 04.3。
# - `tinylm.Trainer` 就是本课的训练循环，外加长时间训练所需的一切。
# - `tinylm.shards` 像练习 04.5 那样把各份的梯度合起来，而且各份是同时算的。
# %% [markdown] lang="en"
# ## References
# - A.-L. Cauchy (1847). Méthode générale pour la résolution des systèmes d'équations simultanées. *Comptes rendus* 25.
# - H. Robbins, S. Monro (1951). A stochastic approximation method. *Annals of Mathematical Statistics* 22(3).
# - B. T. Polyak (1964). Some methods of speeding up the convergence of iteration methods. *USSR Computational
#   Mathematics and Mathematical Physics* 4(5).
# - J. Duchi, E. Hazan, Y. Singer (2011). Adaptive subgradient methods for online learning and stochastic optimization.
#   *Journal of Machine Learning Research* 12.
# - T. Tieleman, G. Hinton (2012). Lecture 6.5: RMSProp. *Coursera: Neural Networks for Machine Learning*.
# - I. Sutskever, J. Martens, G. Dahl, G. Hinton (2013). On the importance of initialization and momentum in deep
#   learning. *ICML*.
# - D. P. Kingma, J. Ba (2015). Adam: a method for stochastic optimization. *ICLR*.
# - I. Loshchilov, F. Hutter (2017). SGDR: stochastic gradient descent with warm restarts. *ICLR*.
# - E. Alpaydin, C. Kaynak (1998). Optical recognition of handwritten digits. *UCI Machine Learning Repository*.
# %% [markdown] lang="zh"
# ## 参考文献
# - A.-L. Cauchy (1847). Méthode générale pour la résolution des systèmes d'équations simultanées. *Comptes rendus* 25.
# - H. Robbins, S. Monro (1951). A stochastic approximation method. *Annals of Mathematical Statistics* 22(3).
# - B. T. Polyak (1964). Some methods of speeding up the convergence of iteration methods. *USSR Computational
#   Mathematics and Mathematical Physics* 4(5).
# - J. Duchi, E. Hazan, Y. Singer (2011). Adaptive subgradient methods for online learning and stochastic optimization.
#   *Journal of Machine Learning Research* 12.
# - T. Tieleman, G. Hinton (2012). Lecture 6.5: RMSProp. *Coursera: Neural Networks for Machine Learning*.
# - I. Sutskever, J. Martens, G. Dahl, G. Hinton (2013). On the importance of initialization and momentum in deep
#   learning. *ICML*.
# - D. P. Kingma, J. Ba (2015). Adam: a method for stochastic optimization. *ICLR*.
# - I. Loshchilov, F. Hutter (2017). SGDR: stochastic gradient descent with warm restarts. *ICLR*.
# - E. Alpaydin, C. Kaynak (1998). Optical recognition of handwritten digits. *UCI Machine Learning Repository*.
# %% [markdown] lang="en"
# ## What comes next
# On its training digits the network has become nearly perfect; on the test digits it has not, and on those of strangers
# still less. Which of these numbers may one believe, how far, and what can be done about the gap between them? That is
# lesson 05: not fooling yourself.
# %% [markdown] lang="zh"
# ## 下一课
# 在训练数字上，网络已近乎完美；在测试数字上还差一点，在陌生人的数字上差得更多。这几个数哪个可信，可信到什么程度，它们
# 之间的差距又该怎么办？这就是第 05 课：别骗自己。
