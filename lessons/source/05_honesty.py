# %% [markdown] lang="en"
# # 05 Not fooling yourself
# ## What you will be able to do
# - predict how high the best of many scores climbs by luck alone, and keep a test set that luck cannot reach;
# - see a network learn its mistakes by heart, and weigh six cures and a placebo over many seeds;
# - put an interval on a score, and a p-value on a difference;
# - read precision, recall, F1, ROC and AUC where one class is rare, and write each in a line or two.
# %% [markdown] lang="zh"
# # 05 别骗自己
# ## 这一课学会什么
# - 算出许多得分里最高的那个单凭运气能爬多高，并留出一份运气够不着的测试集；
# - 看网络怎样把错误也背下来，再用许多种子掂量六种疗法和一种安慰剂；
# - 给得分配上区间，给差别配上 p 值；
# - 在某一类很罕见时读懂精确率、召回率、F1、ROC 和 AUC，并且每个都能用一两行写出来。
# %% [markdown] lang="en"
# ## Time, memory and data
# An hour, half of it for the exercises. The notebook runs in less than a minute on two cores and needs no download: the
# handwritten digits come with scikit-learn (`pip install scikit-learn`, or TinyLM's extra `data`).
# %% [markdown] lang="zh"
# ## 时间、内存与数据
# 一小时，其中一半留给练习。整个笔记本在双核机器上运行不到一分钟，无需下载：手写数字是 scikit-learn 自带的
# （`pip install scikit-learn`，或安装 TinyLM 的附加项 `data`）。
# %%
import numpy as np
from scipy import stats
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_limits

import tinylm as tl
from tinylm import metrics, nn
from tinylm.learn import begin, canvas, check, hint, label, say, solution

begin("05", "en")
threadpool_limits(1)  # matrices this small are fastest on one core
seed = 0
# %% [markdown] lang="en"
# ## Where the idea came from
# S. C. Larson (1931) divided his data at random, fitted a formula to one part, and saw its score fall on the other:
# since then an honest score is that of data held out. David Freedman (1983) let the usual recipe select among variables
# of pure noise, then test what it had selected on the same data, and it reported discoveries: what had failed was not
# the test but the looking before it.
# %% [markdown] lang="zh"
# ## 来龙去脉
# S. C. Larson（1931）把数据随机分开，用一部分拟合公式，拿到另一部分上一试，得分就掉了下来：从此，诚实的得分要用留出的
# 数据来算。David Freedman（1983）让通行的办法在纯噪声变量里挑选，再用同一批数据检验挑中的变量，
# 结果竟报告了“发现”：出错的不是检验，而是检验之前的那几眼。
# %% [markdown] lang="en"
# ## The idea: the best of a thousand coins
# A hundred images, and labels drawn by flipping a coin: there is nothing to learn. A thousand models, each of which
# answers by flipping a coin too. You score them all on these images and keep the best. **How high is its score? Put
# your answer down as** `guess` **before you run the cell.** And what does the same model score on a hundred fresh
# images?
# %% [markdown] lang="zh"
# ## 直觉：一千枚硬币里最好的一枚
# 一百张图片，标签靠抛硬币得来：什么规律也没有。一千个模型，每个也靠抛硬币作答。你在这些图片上给它们全部打分，留下最好的
# 一个。**它的得分有多高？运行之前，先把答案写进** `guess`。再想想：换一百张新图片，同一个模型能得多少分？
# %%
guess = 0.55

images, models, rounds = 100, 1000, 200

def contest(rng):  # the score of every model: the share of its coins that fall like the labels
    labels = rng.integers(0, 2, images, dtype=np.int8)
    answers = rng.integers(0, 2, (models, images), dtype=np.int8)
    return np.mean(answers == labels, axis=1)

rng = np.random.default_rng(seed)
looked = np.array([contest(rng) for _ in range(rounds)])  # (rounds, models)
fresh = np.array([contest(rng) for _ in range(rounds)])  # the same models, other images
best = np.maximum.accumulate(looked, axis=1)  # of the first model, of the first two, ...
overtakes = np.diff(best, axis=1, prepend=0) > 0
leader = np.maximum.accumulate(np.where(overtakes, np.arange(models), 0), axis=1)
on_fresh = np.take_along_axis(fresh, leader, axis=1)

tried = np.arange(1, models + 1)
axes = canvas(x=("models tried", "试过的模型个数"), y=("score", "得分"), log="x")
axes.plot(tried, best.mean(axis=0), label=label("the best so far", "目前最好的一个"))
axes.fill_between(tried, *np.quantile(best, [0.05, 0.95], axis=0), alpha=0.2)
axes.plot(tried, on_fresh.mean(axis=0), label=label("that model on fresh images", "它在新图片上"))
axes.plot(models, guess, "o", color="C3", label=label("your guess", "你的猜测"))
axes.legend(loc="upper left");
# %% [markdown] lang="en"
# The upper line climbs as long as you go on looking. The lower one does not stir: the leader is a coin like all the
# others, and fresh images say so. The climb is not in the models, it is in the choosing. That is all of this lesson:
# **a score is an estimate, and whatever you chose by looking at it is no longer a test.**
# %% [markdown] lang="zh"
# 只要你不停地看，上面那条线就不停地爬。下面那条纹丝不动：领先者不过是一枚普通的硬币，新图片一试便知。
# 爬升不在模型里，而在挑选里。这一课要说的就是：**得分是一个估计；凡是看着它挑出来的，它就不再是检验。**
# %%
top, again = best[:, -1].mean(), on_fresh[:, -1].mean()
print(say(f"the best of {models} coins: {top:.1%}; on fresh images {again:.1%}",
          f"{models} 枚硬币里最好的一枚：{top:.1%}；在新图片上 {again:.1%}"))
assert abs(again - 0.5) < 0.015
# %% [markdown] lang="en"
# ## The mathematics: how far luck goes
# | symbol | shape | what it is |
# |--|--|--|
# | $a$ | `()` | the share of all images that a model gets right: what we want to know |
# | $\hat a$ | `()` | the share of $n$ test images: what we see |
# | $m$ | `()` | how many models are tried |
# | $F(k)$ | `(n,)` | the chance that a model gets at most $k$ images right, $k=0,\dots,n-1$ |
#
# **One score.** Each image is right with probability $a$, a coin with variance $a(1-a)$, and $\hat a$ is the mean of
# $n$ such coins:
# $$\operatorname{Var}\hat a=\frac{a(1-a)}{n}$$
# By hand, for $a=0.9$ and $n=100$: $\frac{0.9\cdot 0.1}{100}=0.0009$, a standard deviation of $0.03$. In about 95 % of
# all test sets $\hat a$ is within $1.96$ standard deviations of the truth, so a score of 90 % on a hundred images means
# 90 ± 6 %.
#
# **The best of many.** The best of $m$ models gets at most $k$ right if all of them do, which has the chance $F(k)^m$.
# A count is the sum of the steps that it gets past, so
# $$E\bigl[\max\hat a\bigr]=\frac1n\sum_{k=0}^{n-1}\bigl(1-F(k)^m\bigr)\;\le\;\frac12+\sqrt{2\ln m}\,\frac{1}{2\sqrt n}
# \qquad\text{for coins, }\;a=\tfrac12$$
# By hand, for two coins and one image: the best is wrong if both are, so $1-(\frac12)^2=\frac34$. Two coins, and you
# report 75 %.
# %% [markdown] lang="zh"
# ## 数学：运气能走多远
# | 符号 | 形状 | 含义 |
# |--|--|--|
# | $a$ | `()` | 模型在所有图片上答对的比例：我们想知道的 |
# | $\hat a$ | `()` | 在 $n$ 张测试图片上答对的比例：我们看到的 |
# | $m$ | `()` | 试过多少个模型 |
# | $F(k)$ | `(n,)` | 一个模型至多答对 $k$ 张的概率，$k=0,\dots,n-1$ |
#
# **一个得分。** 每张图片以概率 $a$ 答对，相当于一枚方差为 $a(1-a)$ 的硬币，而 $\hat a$ 是 $n$ 枚这样的硬币的平均：
# $$\operatorname{Var}\hat a=\frac{a(1-a)}{n}$$
# 手算一例，取 $a=0.9$，$n=100$：$\frac{0.9\cdot 0.1}{100}=0.0009$，标准差是 $0.03$。大约 95 % 的测试集上，$\hat a$
# 偏离真值不超过 $1.96$ 个标准差；所以一百张图片上的 90 %，意思是 90 ± 6 %。
#
# **许多里最好的。** $m$ 个模型里最好的至多答对 $k$ 张，就是个个都不超过这个数，概率是 $F(k)^m$。
# 一个计数等于它跨过的台阶数，所以
# $$E\bigl[\max\hat a\bigr]=\frac1n\sum_{k=0}^{n-1}\bigl(1-F(k)^m\bigr)\;\le\;\frac12+\sqrt{2\ln m}\,\frac{1}{2\sqrt n}
# \qquad\text{对硬币，}\;a=\tfrac12$$
# 手算一例，两枚硬币、一张图片：两枚都错，最好的才错，所以是 $1-(\frac12)^2=\frac34$。两枚硬币，就能报出 75 %。
# %%
def half_width(a, n):  # of the 95 % interval of one score
    return 1.96 * np.sqrt(a * (1 - a) / n)

def expected_best(a, n, m):
    at_most = stats.binom.cdf(np.arange(n), n, a)  # F, (n,)
    return np.mean(1 - at_most ** m)

print(f"90 ± {100 * half_width(0.9, 100):.0f} %")
print(f"{expected_best(0.5, n=1, m=2):.0%}")
assert np.isclose(expected_best(0.5, n=1, m=2), 3 / 4)

expected = np.array([expected_best(0.5, images, m) for m in tried])
bound = 0.5 + np.sqrt(2 * np.log(tried)) / (2 * np.sqrt(images))
axes = canvas(x=("models tried", "试过的模型个数"), y=("score of the best", "最好的得分"), log="x")
axes.plot(tried, best.mean(axis=0), lw=3, alpha=0.5, label=label("measured", "实测"))
axes.plot(tried, expected, "k--", lw=1, label=label("predicted", "预测"))
axes.plot(tried, bound, ":", color="C7", label=label("bound", "上限"))
axes.legend()
assert np.max(np.abs(best.mean(axis=0) - expected)) < 0.02
assert abs(top - expected[-1]) < 0.004 and expected[-1] < bound[-1]
# %% [markdown] lang="en"
# The bound grows like the root of a *logarithm*: luck is slow, but it never stops, and more images are the only thing
# that holds it down. Hence three piles. *Training* images are learnt from. *Validation* images are looked at as often
# as you like, to choose. *Test* images lie in a drawer that is opened once, when nothing is left to be chosen.
#
# **Against learning by heart** there are penalties and noise:
#
# | symbol | shape | what it is |
# |--|--|--|
# | $\theta$, $g$ | those of the weights | weights, and the gradient of the loss |
# | $x$, $y$ | `(batch, width)` | what enters dropout, and what leaves it |
# | $M$ | `(batch, width)` | 1 where a unit is kept, 0 where it is dropped, with probability $p$ |
#
# L2 adds $\frac\lambda2\sum\theta^2$ to the loss, so a step is $\theta\leftarrow\theta-\eta(g+\lambda\theta)$: large
# weights shrink fast, small ones hardly. L1 adds $\lambda\sum|\theta|$: after each step every weight moves
# towards zero by $\eta\lambda$ and *stays* there. Dropout forgets units, and scales what is left:
# $$y=\frac{M\odot x}{1-p},\qquad E[y]=\frac{(1-p)\,x+p\cdot 0}{1-p}=x$$
# By hand, for $x=3$ and $p=\frac14$: three times in four $y=4$, once $y=0$, and the mean is $3$. DropConnect does the
# same to weights instead of units. Augmentation trains on images moved by a pixel, and early stopping keeps
# the weights that were best on validation images.
# %% [markdown] lang="zh"
# 上限按**对数**的平方根增长：运气走得慢，却从不停步，能压住它的只有更多的图片。所以要分成三堆。**训练**图片用来学。
# **验证**图片用来挑选，爱看多少遍就看多少遍。**测试**图片锁在抽屉里，等到再没有什么可挑选时，才打开一次。
#
# **要防止死记硬背，** 可以加惩罚，也可以加噪声：
#
# | 符号 | 形状 | 含义 |
# |--|--|--|
# | $\theta$, $g$ | 与权重相同 | 权重，以及损失的梯度 |
# | $x$, $y$ | `(batch, width)` | 进入与离开随机失活的值 |
# | $M$ | `(batch, width)` | 单元保留处为 1，丢弃处为 0，丢弃的概率是 $p$ |
#
# L2 给损失加上 $\frac\lambda2\sum\theta^2$，于是一步是 $\theta\leftarrow\theta-\eta(g+\lambda\theta)$：
# 大的权重缩得快，小的几乎不动。L1 加上 $\lambda\sum|\theta|$：每一步之后，每个权重都朝零移动 $\eta\lambda$，
# 到了零就**停在**那里。随机失活（dropout）随机忘掉一些单元，再把剩下的放大：
# $$y=\frac{M\odot x}{1-p},\qquad E[y]=\frac{(1-p)\,x+p\cdot 0}{1-p}=x$$
# 手算一例，$x=3$，$p=\frac14$：四次里三次 $y=4$，一次 $y=0$，平均是 $3$。DropConnect 做同样的事，只是丢弃的是权重而非单
# 元。数据增强用挪动一个像素的图片来训练；早停则留下在验证图片上最好的那份权重。
# %% [markdown] lang="en"
# ## In plain NumPy: four cures, five scores
# Each cure is one line. The picture follows two weights that the data do not care about, $g=0$. **Which of the two
# penalties will bring them to exactly zero?**
# %% [markdown] lang="zh"
# ## 只用 NumPy：四种疗法，五种得分
# 每种疗法只有一行。下图跟踪两个与数据无关的权重，即 $g=0$。**两种惩罚，哪一种会让它们恰好变成零？**
# %%
def l2_step(w, g, lr, l2):
    return w - lr * (g + l2 * w)

def l1_step(w, g, lr, l1):
    w = w - lr * g
    return np.sign(w) * np.maximum(np.abs(w) - lr * l1, 0)

def dropout(x, keep, p):
    return keep * x / (1 - p)

def dropconnect(x, W, b, keep, p):  # x (batch, in), W and keep (out, in), b (out,)
    return x @ (keep * W / (1 - p)).T + b

axes = canvas(x=("step", "步"), y=("weight", "权重"), size=(6.4, 2.8))
for step, name, color in ((l2_step, "L2", "C0"), (l1_step, "L1", "C1")):
    path = [np.array([1.0, 0.4])]
    for _ in range(60):
        path.append(step(path[-1], 0.0, 0.1, 0.4))
    axes.plot(path, color=color, label=[name, None])
    print(name, path[-1])
axes.legend();
# %% [markdown] lang="en"
# Where one class is rare, accuracy says little, and four counts say all: what was claimed and true (TP), claimed
# and false (FP), missed (FN), and rightly left alone (TN).
# $$\text{precision}=\frac{TP}{TP+FP}\qquad\text{recall}=\frac{TP}{TP+FN}\qquad F_1=\frac{2\,TP}{2\,TP+FP+FN}$$
# By hand: of ten images two are eights; a model claims three, and one of them is one. So $TP=1$, $FP=2$, $FN=1$,
# $TN=6$: precision $\frac13$, recall $\frac12$, $F_1=\frac25$, and an accuracy of $0.7$. One that always says no has
# $0.8$. If the model gives a score rather than an answer, a threshold cuts: the **ROC** curve is recall against
# the share of false alarms $\frac{FP}{FP+TN}$, over all thresholds, and the area under it, **AUC**, is the
# probability that a positive is ranked above a negative (a tie counts as half).
# %% [markdown] lang="zh"
# 某一类很罕见时，准确率说明不了什么，四个计数才说得清：报了且是真的（TP）、报了却是假的（FP）、漏掉的（FN），以及没报也
# 不该报的（TN）。
# $$\text{精确率}=\frac{TP}{TP+FP}\qquad\text{召回率}=\frac{TP}{TP+FN}\qquad F_1=\frac{2\,TP}{2\,TP+FP+FN}$$
# 手算一例：十张图片里有两个“八”；模型报了三张，其中一张说中。于是 $TP=1$，$FP=2$，$FN=1$，$TN=6$：精确率 $\frac13$，召回
# 率 $\frac12$，$F_1=\frac25$，准确率 $0.7$。而一律说“不是”的模型有 $0.8$。如果模型给出的不是答案而是分数，就用阈值来切：
# 让阈值取遍所有的值，召回率对误报比例 $\frac{FP}{FP+TN}$ 画出的就是 **ROC** 曲线，曲线下的面积 **AUC** 等于一个正例排在
# 一个反例之上的概率（平局算一半）。
# %%
def scores_of(y, claimed):  # two arrays of 0 and 1, (n,)
    tp, fp, fn = np.sum(claimed & y), np.sum(claimed & ~y & 1), np.sum(~claimed & y & 1)
    return np.mean(claimed == y), tp / (tp + fp), tp / (tp + fn), 2 * tp / (2 * tp + fp + fn)

def area(y, score):
    ahead = score[y == 1][:, None] - score[y == 0]  # (positives, negatives)
    return np.mean(ahead > 0) + np.mean(ahead == 0) / 2

truth = np.array([1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
claims = np.array([1, 0, 1, 1, 0, 0, 0, 0, 0, 0])
print(*np.round(scores_of(truth, claims), 3))  # accuracy, precision, recall, F1
print(area(truth, claims))
assert np.allclose(scores_of(truth, claims), (0.7, 1 / 3, 1 / 2, 2 / 5))
# %% [markdown] lang="en"
# ## TinyLM's own: the same
# `l1` and `weight_decay` are settings of every optimizer. `nn.Dropout` and `nn.DropConnect` draw their masks
# anew each time, but inside `nn.dropout_keys(seed, step)` the same ones, and an input of ones shows them. And
# `tinylm.metrics` agrees with our five scores on random answers, ties among them.
# %% [markdown] lang="zh"
# ## TinyLM 的实现：结果相同
# `l1` 和 `weight_decay` 是每个优化器都有的设置。`nn.Dropout` 和 `nn.DropConnect` 每次都重新抽掩码，但在
# `nn.dropout_keys(seed, step)` 之内抽到的总是同一批，送进全一的输入，掩码就现形了。`tinylm.metrics` 与我们的五种得分
# 在随机的答案上（其中有平局）也完全一致。
# %%
w, g = rng.standard_normal((2, 50))
for setting, step in (("weight_decay", l2_step), ("l1", l1_step)):
    weight = tl.Tensor(w, requires_grad=True)
    tl.optim.SGD([weight], lr=0.1, **{setting: 0.5}).step([tl.Tensor(g)])
    assert np.allclose(weight.data, step(w, g, 0.1, 0.5))

x, p = rng.standard_normal((4, 6)).astype(np.float32), 0.25

def drawn(layer, x):
    with nn.dropout_keys(seed=0, step=0):
        return layer(tl.Tensor(x)).data

keep = drawn(lambda ones: nn.dropout(ones, p), np.ones((4, 6))) > 0
units = nn.Dropout(p)
assert np.allclose(drawn(units, x), dropout(x, keep, p))
units.eval()
assert np.array_equal(drawn(units, x), x)  # learning is over: it does nothing

keep = drawn(lambda ones: nn.dropout(ones, p, batch_axis=None), np.ones((3, 6))) > 0
layer = nn.DropConnect(6, 3, p=p, rng=rng)
W, b = layer.weight.data, layer.bias.data
assert np.allclose(drawn(layer, x), dropconnect(x, W, b, keep, p), atol=1e-6)
print(keep.astype(int))
# %%
truth = (rng.random(500) < 0.1).astype(int)
ranks = np.round(truth + rng.standard_normal(500), 1)  # to one digit: many ties
claims = (ranks > 0.8).astype(int)
theirs = metrics.accuracy, metrics.precision, metrics.recall, metrics.f1
assert np.allclose(scores_of(truth, claims), [metric(truth, claims) for metric in theirs])
assert np.isclose(area(truth, ranks), metrics.roc_auc(truth, ranks))
alarms, found, thresholds = metrics.roc_curve(truth, ranks)
assert np.isclose(metrics.auc(alarms, found), area(truth, ranks))  # the area, and the probability
pairs, under = area(truth, ranks), metrics.auc(alarms, found)
print(say(f"AUC {pairs:.4f} by pairs, {under:.4f} under the curve",
          f"AUC：数对子得 {pairs:.4f}，量面积得 {under:.4f}"))
# %% [markdown] lang="en"
# ## Check the gradient, then break it
# A check calls the function many times, so dropout has to hold its mask still. Left to itself, it is caught at once,
# and so is a model that is scored while it still drops: **the same input, two answers**.
# %% [markdown] lang="zh"
# ## 检验梯度，再弄坏它
# 检验要反复调用函数，所以随机失活得把掩码固定住。不固定，当场就会被抓住；给模型打分时忘了关掉它，也是同样的症状：
# **同样的输入，两个答案**。
# %% tags=["varies"]
def held(x):
    with nn.dropout_keys(seed=0, step=0):
        return nn.dropout(x, 0.25)

x = rng.standard_normal((3, 4))
print(tl.gradcheck(held, x))
try:
    tl.gradcheck(lambda x: nn.dropout(x, 0.25), x)
except ValueError as error:
    print(error)
else:
    raise AssertionError("a mask that moves was not noticed")
# %% [markdown] lang="en"
# L1 has a kink: left of zero $|\theta|$ falls, right of it it rises, and at zero there is no derivative. The
# differences reach across, and the check says so. A gradient step flips from one side to the other for ever; that is
# why the optimizer takes L1 out of the gradient, and moves weights to zero itself.
# %% [markdown] lang="zh"
# L1 有一个尖点：$|\theta|$ 在零的左边下降，在右边上升，在零处没有导数。差商跨过了尖点，检验会如实说出来。若照梯度走，权
# 重会在零的两侧来回跳，永不停歇；所以优化器不把 L1 放进梯度，而是亲手把权重移到零。
# %% tags=["varies"]
print(tl.gradcheck(np.abs, np.array([0.5, -1.0, 2.0])))
beside_the_kink = tl.gradcheck(np.abs, np.array([0.5, -1.0, 1e-4]), raise_exception=False)
print(beside_the_kink)
assert not beside_the_kink and beside_the_kink.worst.kink
# %%
by_gradient = by_optimizer = np.array([0.33, -0.21])
for _ in range(100):
    by_gradient = by_gradient - 0.1 * np.sign(by_gradient)
    by_optimizer = l1_step(by_optimizer, 0.0, 0.1, 1.0)
print(by_gradient.round(2), by_optimizer)
assert by_gradient.all() and not by_optimizer.any()
# %% [markdown] lang="en"
# Now the mistake that is made most often: the mask is there, and the division by $1-p$ is forgotten. Two checks look at
# it: the gradient with a random $g$, from lesson 02, and the mean over many masks. **Which one will notice?**
# %% [markdown] lang="zh"
# 再来看最常犯的错：掩码有了，却忘了除以 $1-p$。让两种检验来看它：一种是第 02 课里用随机的 $g$ 检验梯度，
# 一种是对许多掩码求平均。**哪一种会发现？**
# %%
p, x = 0.25, np.array([[3.0, -1.0, 2.0, 0.5]])

def forgetful(x, keep):
    return x * keep

for name, drop in (("nn.dropout", lambda x, keep: nn.dropout(x, p)), ("forgetful", forgetful)):
    many = np.repeat(x, 20000, axis=0)
    with nn.dropout_keys(seed=0, step=0):
        dropped = drop(tl.Tensor(many), rng.random(many.shape) >= p)
    mean = np.mean(dropped.data, axis=0)
    print(name, mean.round(2), say("should be", "应为"), x[0])
    right = np.allclose(mean, x[0], atol=0.1)
    assert right == (name == "nn.dropout")

keep = rng.random(x.shape) >= p
assert tl.gradcheck(lambda x: forgetful(x, keep), x)  # it is content
# %% [markdown] lang="en"
# The gradient check is content, and rightly: the gradient *is* that of the function. It is the function that is not the
# one we meant. A gradient check compares a rule with a formula; what the formula is for has to be checked by what is
# promised of it, here $E[y]=x$.
# %% [markdown] lang="zh"
# 梯度检验很满意，而且没有错：梯度**确实**是这个函数的梯度，只是这个函数不是我们想要的那个。
# 梯度检验对照的是规则与公式；公式合不合用，要拿它许下的承诺来检验，这里就是 $E[y]=x$。
# %% [markdown] lang="en"
# ## The experiment: learning mistakes by heart
# The digits of lesson 04, with little to learn from: two hundred images, labelled in a hurry, so that one label in five
# was drawn at random. Those are coins again, and nothing in an image tells them. First of all, the test images go into
# the drawer.
# %% [markdown] lang="zh"
# ## 实验：把错误也背下来
# 还是第 04 课的手写数字，只是可学的很少：两百张图片，而且标得匆忙，五个标签里有一个是随机抽的。
# 这些标签又是硬币，从图片里看不出来。第一件事，是把测试图片锁进抽屉。
# %%
digits = load_digits()
X, y = (digits.data / 16).astype(np.float32), digits.target  # (1797, 64), (1797,)
order = np.random.default_rng(0).permutation(len(y))
test, pool = order[:797], order[797:]  # the drawer, and the rest

def split(seed, few=200, many=300):
    rng = np.random.default_rng(seed)
    rows = rng.permutation(pool)
    labels = y[rows[:few]]  # a copy
    redrawn = rng.random(few) < 1 / 5
    labels[redrawn] = rng.integers(0, 10, redrawn.sum())
    return rows[:few], labels, rows[few:few + many]  # training, its labels, validation

def shifted(x, rng, share):  # a share of the images moves, by up to a pixel each way
    framed = np.pad(x.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))  # (batch, 10, 10)
    moves = np.where(rng.random((len(x), 1)) < share, rng.integers(0, 3, (2, len(x), 1)), 1)
    down, right = moves + np.arange(8)  # (batch, 8) each
    moved = framed[np.arange(len(x))[:, None, None], down[:, :, None], right[:, None, :]]
    return moved.reshape(-1, 64)

assert not set(test) & set(pool)
# %% [markdown] lang="en"
# One hidden layer, momentum, small batches, a falling learning rate: all as in lesson 04. `train` keeps a copy of the
# weights that were best on validation images; that is early stopping.
# %% [markdown] lang="zh"
# 一个隐藏层，动量，小批量，逐渐下降的学习率：都与第 04 课相同。`train` 会留一份在验证图片上最好的权重，那就是早停。
# %%
def network(seed, drop=0.0, connect=0.0):
    rng = np.random.default_rng(seed)
    return nn.Sequential(nn.DropConnect(64, 64, p=connect, rng=rng), nn.ReLU(), nn.Dropout(drop),
                         nn.DropConnect(64, 10, p=connect, rng=rng))  # p=0: a plain layer

def score(model, rows, labels):  # accuracy and loss
    model.eval()
    with tl.no_grad():
        logits = model(X[rows])  # (rows, 10)
        loss = nn.cross_entropy(logits, labels).item()
    model.train()
    return metrics.accuracy(labels, logits.data.argmax(axis=1)), loss
# %%
def train(seed, l1=0.0, l2=0.0, drop=0.0, connect=0.0, moved=0.0, other=0, steps=500):
    rows, labels, valid = split(seed)
    model = network(seed, drop, connect)
    batches, moves = np.random.default_rng([seed, other]).spawn(2)
    optimizer = tl.optim.SGD(model.parameters(), momentum=0.9, weight_decay=l2, l1=l1)
    curve, lowest = [], np.inf
    for step in range(1, steps + 1):
        optimizer.lr = 0.1 * (1 - step / steps)
        batch = batches.integers(0, len(rows), 50)
        with nn.dropout_keys(seed, step):
            logits = model(shifted(X[rows[batch]], moves, moved))
        loss = nn.cross_entropy(logits, labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 25 == 0:
            on_valid = score(model, valid, y[valid])
            curve.append((step, *score(model, rows, labels), *on_valid))
            if on_valid[1] < lowest:
                lowest, kept = on_valid[1], model.state_dict()
    return model, kept, np.array(curve)

seeds = range(10 * seed, 10 * seed + 10)
plain = [train(one) for one in seeds]
# %% [markdown] lang="en"
# ### Overfitting, seen
# **Before you draw: where will training end, and what will validation do on the way there?**
# %% [markdown] lang="zh"
# ### 看见过拟合
# **画图之前先想：训练集上会走到哪里？一路上，验证集又会怎样？**
# %% tags=["varies"]
curves = np.array([curve for _, _, curve in plain])  # (seeds, evaluations, 5)
step, *means = curves.mean(axis=0).T
panels = canvas(x=("step", "步"), panels=2, size=(9.6, 3.4))
for panel, first, name in zip(panels, (1, 2), (("accuracy", "准确率"), ("loss", "损失"))):
    for column, which in ((first, ("training", "训练")), (first + 2, ("validation", "验证"))):
        (line,) = panel.plot(step, means[column - 1], lw=2, label=label(*which))
        panel.plot(step, curves[:, :, column].T, color=line.get_color(), lw=0.5, alpha=0.35)
    panel.set_ylabel(label(*name))
panels[0].legend(loc="lower right")
panels[1].legend(loc="lower left");
# %% [markdown] lang="en"
# Training goes on to learn nearly every label, the false ones too: they are coins, to be learnt by heart or not at all.
# Validation turns round on the way: first comes what the images have in common, then what each has for itself. The loss
# turns more sharply than the accuracy, since a network that knows things by heart is *sure* of them.
# %% [markdown] lang="zh"
# 训练集上，网络一路学到几乎每个标签都对，连错的也不例外：那些是硬币，只能死记硬背。验证集在半路掉了头：先学到的是图片共
# 有的，后学到的是每一张独有的。损失比准确率掉头更猛，因为死记硬背的网络对自己记住的东西**深信不疑**。
# %% tags=["varies"]
lowest = means[3].min()
print(say(f"training accuracy at the end: {means[0][-1]:.1%}", f"训练准确率最终：{means[0][-1]:.1%}"))
print(say(f"validation loss: {lowest:.2f} at its lowest, {means[3][-1]:.2f} at the end",
          f"验证损失：最低时 {lowest:.2f}，最终 {means[3][-1]:.2f}"))
assert means[0][-1] > 0.95 and means[3][-1] > 1.1 * lowest
# %% [markdown] lang="en"
# ### Six cures and a placebo
# The strength of each was chosen on validation images, with other seeds. Doctors add a pill with nothing in it, and so
# do we: the *placebo* is the plain network with its batches in another order. Here we open the drawer. **Write down
# before you look: which cure helps most? And how much will the placebo seem to?**
#
# Every cure gets the split and the first weights that the plain network had with the same seed, so we look at
# *differences*, seed by seed: what a lucky split gives, it gives to both. The interval of a mean difference $\bar d$
# over ten seeds is $\bar d\pm t\,s/\sqrt{10}$, where $s$ is the standard deviation of the differences and $t=2.26$
# stands for $1.96$, since $s$ is itself an estimate (Student 1908).
# %% [markdown] lang="zh"
# ### 六种疗法和一种安慰剂
# 每种疗法的强度都是用别的种子、在验证图片上选好的。医生会加上一种什么药也没有的药片，我们也加：**安慰剂**就是不加疗法的
# 网络，只是小批量换了次序。现在打开抽屉。**看之前先写下：哪种疗法最管用？安慰剂又会显得有多管用？**
#
# 种子相同时，每种疗法用的划分和初始权重都与不加疗法的网络一样，所以我们逐个种子地看**差值**：划分走运，两边一起走运。
# 十个种子的平均差值 $\bar d$ 的区间是 $\bar d\pm t\,s/\sqrt{10}$，其中 $s$ 是差值的标准差；由于 $s$ 本身也是估计，
# 要用 $t=2.26$ 代替 $1.96$（Student 1908）。
# %% tags=["varies"]
cures = {"L1": {"l1": 0.02}, "L2": {"l2": 0.01}, "dropout": {"drop": 0.5},
         "DropConnect": {"connect": 0.2}, "augmentation": {"moved": 0.5}, "placebo": {"other": 1}}
trained = {name: [train(one, **cure)[0] for one in seeds] for name, cure in cures.items()}

def on_test(models):
    return np.array([score(model, test, y[test])[0] for model in models])

accuracies = {"nothing": on_test([model for model, _, _ in plain])}
accuracies |= {name: on_test(models) for name, models in trained.items()}
for model, kept, _ in plain:
    model.load_state_dict(kept)
accuracies["early stopping"] = on_test([model for model, _, _ in plain])

weights = [tensor.data.ravel() for model in trained["L1"] for tensor in model.parameters()]
zeros = np.mean(np.concatenate(weights) == 0)
print(say(f"share of weights that L1 has made exactly 0: {zeros:.0%}",
          f"L1 使之恰好为 0 的权重所占的比例：{zeros:.0%}"))
# %% tags=["varies"]
chinese = {"nothing": "不加疗法", "dropout": "随机失活", "augmentation": "数据增强",
           "placebo": "安慰剂", "early stopping": "早停"}
said = {name: (name, chinese.get(name, name)) for name in accuracies}
gains, reach, p_values = {}, {}, {}
for name, found in accuracies.items():
    gains[name] = found - accuracies["nothing"]  # (seeds,)
    spread = gains[name].std(ddof=1) / np.sqrt(len(seeds))
    reach[name] = stats.t.ppf(0.975, len(seeds) - 1) * spread
    pair = (found,), (accuracies["nothing"],)
    p_values[name] = metrics.randomization_test(np.mean, *pair).p_value
    print(f"{found.mean():6.1%}  {100 * gains[name].mean():+5.1f} ± {100 * reach[name]:.1f}   "
          f"p = {p_values[name]:.4f}   {say(*said[name])}")
assert round(stats.t.ppf(0.975, 9), 2) == 2.26
# %% tags=["varies"]
left, right = canvas(panels=2, size=(9.6, 3.6))
limit = 0.05 / 7
for place, name in enumerate(accuracies):
    sure = p_values[name] < limit
    color = "C0" if sure else "C7"
    left.plot(accuracies[name], np.full(len(seeds), place), "o", ms=4, alpha=0.5, color=color)
    left.plot(accuracies[name].mean(), place, "|", ms=16, mew=2, color="k")
    if name != "nothing":
        right.plot(100 * gains[name], np.full(len(seeds), place), "o", ms=4, alpha=0.3, color=color)
        right.errorbar(100 * gains[name].mean(), place, xerr=100 * reach[name], fmt="s", ms=5,
                       capsize=4, lw=2, color=color)
right.axvline(0, color="k", lw=1)
left.set(yticks=range(8), yticklabels=[label(*said[name]) for name in accuracies],
         xlabel=label("test accuracy, a dot a seed", "测试准确率，每点一个种子"))
right.set(yticks=range(8), yticklabels=[], ylim=left.get_ylim(),
          xlabel=label("gain over nothing, points", "比不加疗法高几个百分点"))
for panel in (left, right):
    panel.invert_yaxis()
# %% [markdown] lang="en"
# On the left the dots of neighbours overlap. On the right, pair by pair, the cures are far from zero and the placebo is
# near it. How near is near enough? The **randomization test** says it in one number: if a pill did nothing, each
# difference could as well have had the other sign; p is how often random signs give a mean as far from zero as the one
# we found. But we look seven times, and luck alone would show us some $p<0.05$ in nearly a third of all such studies.
# So each has to do with a seventh of that (blue): the price for looking seven times, named after Bonferroni. **Who
# passes the usual threshold, and who ours?**
# %% [markdown] lang="zh"
# 左图里，相邻的点彼此重叠。右图成对地看，各种疗法都远离零，安慰剂在零附近。多近才算近？**随机化检验**用一个数来回答：药
# 若毫无作用，每个差值换个正负号也同样可能；p 就是随机的正负号使平均值离零不近于实际结果的机会。可是我们看了七次，单凭运
# 气，这样的研究有将近三分之一会出现某个 $p<0.05$。所以每一种只能用它的七分之一作门槛（蓝色）：这是看了七次的代价，以
# Bonferroni 命名。**谁能通过惯用的门槛？谁能通过我们的？**
# %% tags=["varies"]
print(say(f"seven looks, no effect: a p below 0.05 in {1 - 0.95 ** 7:.0%} of the studies",
          f"看七次而毫无效应：{1 - 0.95 ** 7:.0%} 的研究会出现 0.05 以下的 p"))
for threshold in (0.05, limit):
    print(f"p < {threshold:.4f}:", *(say(*said[name]) for name, p in p_values.items()
                                if p < threshold), sep="  ")

mean = {name: 100 * gain.mean() for name, gain in gains.items()}
bands = {"L1": (2, 6), "L2": (5, 10.5), "dropout": (5, 10), "DropConnect": (6.5, 12),
         "augmentation": (6.5, 12.5), "early stopping": (3, 9), "placebo": (-2, 2)}
for name, (low, high) in bands.items():
    assert low < mean[name] < high
    assert (p_values[name] < limit) == (name != "placebo")
assert 0.75 < accuracies["nothing"].mean() < 0.82  # the baseline
assert zeros > 0.5
# %% [markdown] lang="en"
# All six help, and L1 has thrown away most of the weights on the way. The placebo is empty, we know. If it stands in
# the first line all the same, you see what the price is for. May we rank the cures too? That takes pairs again, each
# cure against its neighbour. And whoever has tried a single seed has a winner as well: **how many different winners do
# you expect among ten seeds?**
# %% [markdown] lang="zh"
# 六种都有效，L1 还顺手扔掉了大部分权重。安慰剂是空的，这我们知道；它若照样出现在第一行，你就明白那份代价是为什么付的。
# 能不能再给疗法排个名次？那又得成对地比，让每种疗法与相邻的一种较量。
# 只试过一个种子的人，手里也有一个冠军：**你猜，十个种子会选出几个不同的冠军？**
# %% tags=["varies"]
ranked = sorted(list(cures)[:-1] + ["early stopping"], key=mean.get, reverse=True)
for one, other in zip(ranked, ranked[1:]):
    pair = (accuracies[one],), (accuracies[other],)
    p = metrics.randomization_test(np.mean, *pair).p_value
    print(f"{say(*said[one])} > {say(*said[other])} ?   p = {p:.3f}")

winners = [max(ranked, key=lambda name: accuracies[name][place]) for place in range(len(seeds))]
print(say("the best of each seed:", "每个种子的冠军："), *(say(*said[name]) for name in winners), sep="  ")
# %% [markdown] lang="en"
# Some neighbours cannot be told apart, and "not shown to differ" does not mean "equal": ten seeds just do not show it.
# A single seed is a single coin. Nor was it quite fair: early stopping saw validation images, with the right labels.
# Change `seed` near the top, and see which of these verdicts stay.
#
# **A confession.** While this lesson was written, the size of the network, its steps and its learning rate were changed
# several times, and test scores had been seen in between. By our own rule the drawer had been opened. That the cures
# help is hardly in doubt: by several points on average, and on each of the thirty seeds tried with these settings. But
# the last tenth of each gain is, and so are the bands asserted above. An honest test of this lesson would need digits
# that it has never seen.
# %% [markdown] lang="zh"
# 有些相邻的疗法分不出高下；而“没能证明不同”并不等于“相同”，只是十个种子看不出来。单个种子，就是单独一枚硬币。
# 比得也不算完全公平：早停看过标签正确的验证图片。改一改开头的 `seed`，看看哪些结论还站得住。
#
# **坦白一件事。** 写这一课的时候，网络的大小、训练的步数和学习率改过好几次，其间已经看到过测试得分。按我们自己的规矩，抽
# 屉早就打开过了。疗法有效，这一点恐怕动摇不了：用这些设置试过三十个种子，个个都有增益，平均好几个百分点；可是每个增益的
# 最后那零点几，还有上面断言的区间，都得打个折扣。要诚实地检验这一课，得用它从未见过的数字图片。
# %% [markdown] lang="en"
# ### A rare class
# Is it an eight? One image in ten is. A linear model learns it from two hundred images with the right labels. The dumb
# baseline says no, always. **Guess before you run: by how much does the model beat it in accuracy?**
# %% [markdown] lang="zh"
# ### 罕见的一类
# 这是不是“八”？十张里有一张是。让一个线性模型用两百张标签正确的图片来学。笨基线则一律说“不是”。
# **运行之前先猜：模型的准确率能比它高多少？**
# %%
eight = (y == 8).astype(int)
rows, _, valid = split(seed)
model = nn.Linear(64, 1, rng=np.random.default_rng(seed))
optimizer = tl.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
for _ in range(100):
    logits = model(X[rows])[:, 0]  # (rows,)
    loss = nn.binary_cross_entropy_with_logits(logits, eight[rows].astype(np.float32))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

columns = (("accuracy", "准确率"), ("AUC", "AUC"), ("precision", "精确率"), ("recall", "召回率"),
           ("F1", "F1"))

def table(name, truth, ranks, threshold):
    claims = (ranks > threshold).astype(int)
    row = [metrics.accuracy(truth, claims), metrics.roc_auc(truth, ranks)]
    row += [metric(truth, claims, zero_division=0)
            for metric in (metrics.precision, metrics.recall, metrics.f1)]
    print(*(f"{say(*what)} {value:.3f}" for what, value in zip(columns, row)), name, sep="  ")
    return row
# %% [markdown] lang="en"
# A sigmoid turns the score into a probability, as for the spirals of lesson 03, and a score of 0 into one half. But
# where to cut is one more choice, so it is made on validation images: the threshold with the largest F1 there.
# %% [markdown] lang="zh"
# 分数经过 sigmoid 就成为概率，与第 03 课的螺旋线一样；分数 0 对应二分之一。不过在哪里下刀，又是一次挑选，所以用验证图片
# 来做：取那里 F1 最大的阈值。
# %% tags=["varies"]
on_valid, ranks = (model(X[part])[:, 0].data for part in (valid, test))
cuts = np.sort(on_valid)[:-1]
f1_at = [metrics.f1(eight[valid], (on_valid > cut).astype(int)) for cut in cuts]
chosen = cuts[np.argmax(f1_at)]

no = table(say("always no", "一律说“不是”"), eight[test], np.zeros(len(test)), 0)
half = table(say("cut at one half", "切在一半处"), eight[test], ranks, 0)
best_cut = table(say("cut chosen", "选定的阈值"), eight[test], ranks, chosen)
print(say(f"F1 on the validation images, where the cut was chosen: {max(f1_at):.3f}",
          f"在选阈值用的验证图片上，F1：{max(f1_at):.3f}"))
assert no[1] == 0.5 and no[4] == 0 and half[0] - no[0] < 0.09
assert half[1] > 0.93 and half[3] < 0.8 and best_cut[4] > 0.6
# %% [markdown] lang="en"
# By accuracy the model is hardly better than saying no; by AUC the two are worlds apart. Cut at one half, the usual
# place, it misses many of the eights that it ranks quite well. And the F1 of the validation images belongs to a
# threshold that was chosen there: believe the one in the row above it.
# %% [markdown] lang="zh"
# 看准确率，模型只比一律说“不是”好一点；看 AUC，两者天差地别。按惯例切在一半处，许多明明排得不错的“八”都漏掉了。
# 至于验证图片上的 F1，那个阈值正是在那里挑出来的：要信，就信它上面一行的那个。
# %% tags=["varies"]
left, right = canvas(panels=2, size=(9.6, 3.8))
alarms, found, _ = metrics.roc_curve(eight[test], ranks)
left.plot(alarms, found, label=label("the model", "模型"))
left.plot([0, 1], [0, 1], ":", color="C7", label=label("guessing", "瞎猜"))
cut = np.linspace(-5, 3, 161)
claims = (ranks > cut[:, None]).astype(int)  # (cuts, test)
truth, no_warning = eight[test], {"zero_division": 1}
for score_of, name in ((metrics.precision, ("precision", "精确率")),
                       (metrics.recall, ("recall", "召回率")), (metrics.f1, ("F1", "F1"))):
    right.plot(cut, [score_of(truth, each, **no_warning) for each in claims], label=label(*name))
for place, mark, name in ((0, "s", ("p = 0.5", "p = 0.5")), (chosen, "o", ("chosen", "选定"))):
    hit = (ranks > place).astype(int)
    left.plot(np.mean(hit[truth == 0]), np.mean(hit[truth == 1]), mark, color="k", ms=6,
              mfc="w" if mark == "s" else "k", label=label(*name))
    right.axvline(place, color="k", lw=1, ls="--" if mark == "s" else "-")
left.set(xlabel=label("false alarms, share of the negatives", "误报（占反例的比例）"),
         ylabel=label("recall", "召回率"))
right.set(xlabel=label("threshold (dashed: p = 0.5)", "阈值（虚线：p = 0.5）"), ylim=(0, 1.05))
left.legend(loc="lower right")
right.legend(loc="center left");
# %% [markdown] lang="en"
# How sure are these numbers? The formula $\frac{a(1-a)}n$ knows only accuracy. The **bootstrap** (Efron 1979) knows any
# score: draw as many test images as there are, *with* replacement, score, and do it a thousand times; the middle 95 %
# are the interval. **Which of the three will be the widest?**
# %% [markdown] lang="zh"
# 这些数有多可靠？公式 $\frac{a(1-a)}n$ 只管准确率。**自助法**（Efron 1979）什么得分都能管：从测试图片里**有放回地**抽出
# 同样多张，打一次分，如此一千遍；中间的 95 % 就是区间。**三个区间里，哪个最宽？**
# %% tags=["varies"]
claims = (ranks > chosen).astype(int)
widths = []
for name, score_of, answers in ((say("accuracy", "准确率"), metrics.accuracy, claims),
                                ("F1", metrics.f1, claims), ("AUC", metrics.roc_auc, ranks)):
    interval = metrics.bootstrap(score_of, truth, answers, confidence=0.95, resamples=1000)
    widths.append((interval.high - interval.low) / 2)
    print(f"{interval.value:.3f}   {interval.low:.3f} ... {interval.high:.3f}   {name}")

by_formula = half_width(metrics.accuracy(truth, claims), len(truth))
print(say(f"accuracy, by the formula: ± {by_formula:.3f}; by the bootstrap: ± {widths[0]:.3f}",
          f"准确率，用公式：± {by_formula:.3f}；用自助法：± {widths[0]:.3f}"))
assert abs(widths[0] / by_formula - 1) < 0.2 and widths[1] > 2 * widths[0]
# %% [markdown] lang="en"
# F1 stands on the eights alone, a tenth of the images, so it is the least sure by far. An interval shows the luck of
# the *test images*; the spread over seeds, before, showed that of *training*. A result needs both.
# %% [markdown] lang="zh"
# F1 只靠那些“八”，也就是十分之一的图片，所以远比别的不可靠。区间显示的是**测试图片**的运气；前面各个种子之间的散布，显示
# 的是**训练**的运气。一个结果，两样都要有。
# %% [markdown] lang="en"
# ## Exercises
# `check` tries what you hand it and says what it finds, `hint` gives one hint at a time, `solution` shows one way.
#
# ### 05.1 Predict: how many test images
# A model is right on `0.97` of all images. How many test images does it take until the 95 % interval of its score is
# `0.97 ± 0.01`? Guess first, then compute.
# %% [markdown] lang="zh"
# ## 练习
# `check` 会试你交上来的东西，并说出它的发现；`hint` 每次给一条提示；`solution` 给出一种做法。
#
# ### 05.1 预测：要多少张测试图片
# 某模型在所有图片上答对的比例是 `0.97`。要多少张测试图片，得分的 95 % 区间才是 `0.97 ± 0.01`？先猜，再算。
# %%
my_images = None

check("05.1", my_images)
# %% [markdown] lang="en"
# ### 05.2 Implement: the p-value, by all flips of the signs
# Write `my_p_value(d)` for a few differences `d`, shape `(n,)`: the randomization test without randomness. Of all
# $2^n$ ways to give the differences signs, which share makes a mean at least as far from zero as the real one?
# %% [markdown] lang="zh"
# ### 05.2 实现：翻遍所有正负号，求 p 值
# 为几个差值 `d`（形状 `(n,)`）写出 `my_p_value(d)`：这是不用随机的随机化检验。给这些差值配正负号，一共有 $2^n$ 种配法，
# 其中有多大比例，使平均值离零至少与真实的平均值一样远？
# %%
def my_p_value(d):
    ...

check("05.2", my_p_value)
# %% [markdown] lang="en"
# ### 05.3 Extend: F1 of many classes
# `confusion[i, j]` says how often class $i$ was taken for class $j$, shape `(classes, classes)`. Write
# `my_macro_f1(confusion)`: let each class in its turn be the positive one, and take the mean of their F1. A class with
# $\frac00$ counts as $0$.
# %% [markdown] lang="zh"
# ### 05.3 扩展：多个类别的 F1
# `confusion[i, j]` 是第 $i$ 类被当成第 $j$ 类的次数，形状 `(classes, classes)`。写出 `my_macro_f1(confusion)`：
# 让每个类别轮流当正类，再对它们的 F1 求平均。$\frac00$ 的类按 $0$ 计。
# %%
def my_macro_f1(confusion):
    ...

check("05.3", my_macro_f1)
# %% [markdown] lang="en"
# ### 05.4 Break: a perfect ranking, useless decisions
# Write `my_scores(y)`, which may look at the truth `y`, an array of 0 and 1, and gives each image a score from 0 to 1,
# so that AUC is 1 and yet, with the threshold at `0.5`, accuracy is no better than that of always saying no.
# %% [markdown] lang="zh"
# ### 05.4 弄坏：排序完美，判断无用
# 写出 `my_scores(y)`：它可以看真相 `y`（由 0 和 1 组成的数组），给每张图片打一个从 0 到 1 的分数，使 AUC 等于 1，
# 可是阈值取 `0.5` 时，准确率并不比一律说“不是”更好。
# %%
def my_scores(y):
    ...

check("05.4", my_scores)
# %% [markdown] lang="en"
# ### 05.5 Extend: the gradient through DropConnect
# `dropconnect` above computes $y=x\,\bigl(\frac{M\odot W}{1-p}\bigr)^\top+b$. Write `my_rule(g, x, keep, p)`, which
# turns the gradient `g` of $y$, shape `(batch, out)`, into that of $W$, shape `(out, in)`.
# %% [markdown] lang="zh"
# ### 05.5 扩展：穿过 DropConnect 的梯度
# 前面的 `dropconnect` 计算 $y=x\,\bigl(\frac{M\odot W}{1-p}\bigr)^\top+b$。写出 `my_rule(g, x, keep, p)`，
# 把 $y$ 的梯度 `g`（形状 `(batch, out)`）变成 $W$ 的梯度（形状 `(out, in)`）。
# %%
def my_rule(g, x, keep, p):
    ...

check("05.5", my_rule)
# %% [markdown] lang="en"
# ### 05.6 Extend: cross-validation without a leak
# With little data, every image can be test image once. `folds`, shape `(n,)`, says to which fold each row of `X`
# belongs. For each fold: `choose(X, y)` looks at labels and gives the numbers of the columns worth keeping,
# `fit(X, y)` learns from those columns and gives a function `predict(X)`. Write
# `my_cross_validation(X, y, folds, choose, fit)`: the share of all rows that are predicted rightly.
# %% [markdown] lang="zh"
# ### 05.6 扩展：不泄漏的交叉验证
# 数据少的时候，可以让每张图片都当一次测试图片。`folds`（形状 `(n,)`）说明 `X` 的每一行属于哪一折。对每一折：
# `choose(X, y)` 看标签，给出值得留下的列号；`fit(X, y)` 用这些列来学，给出函数 `predict(X)`。写出
# `my_cross_validation(X, y, folds, choose, fit)`：所有行里预测正确的比例。
# %%
def my_cross_validation(X, y, folds, choose, fit):
    ...

check("05.6", my_cross_validation)
# %% [markdown] lang="en"
# ## Read on in the source
# - `tinylm.metrics.randomization_test` is exercise 05.2 for any metric; `tinylm.metrics.paired_bootstrap` asks the same
#   of two models on one test set.
# - `tinylm.metrics.roc_auc` sorts instead of comparing pairs; `tinylm.metrics.average_precision` is kinder to the rare.
# - `tinylm.nn.Dropout`, `tinylm.nn.DropConnect`, and `tinylm.nn.dropout_keys`, which says why a mask should hang on
#   where it is used.
# - `tinylm.optim.optimizer.soften` is our `l1_step`; `tinylm.Trainer` has early stopping as `patience`.
# %% [markdown] lang="zh"
# ## 接着读源码
# - `tinylm.metrics.randomization_test` 就是适用于任何得分的练习 05.2；`tinylm.metrics.paired_bootstrap`
#   在同一份测试集上比较两个模型。
# - `tinylm.metrics.roc_auc` 用排序代替两两比较；`tinylm.metrics.average_precision` 更体恤罕见的类。
# - `tinylm.nn.Dropout`、`tinylm.nn.DropConnect`，还有 `tinylm.nn.dropout_keys`：它说明了掩码为什么应当取决于用在哪里。
# - `tinylm.optim.optimizer.soften` 就是我们的 `l1_step`；`tinylm.Trainer` 的早停叫作 `patience`。
# %% [markdown] lang="en"
# ## References
# - Student (1908). The probable error of a mean. *Biometrika* 6(1).
# - S. C. Larson (1931). The shrinkage of the coefficient of multiple correlation. *Journal of Educational Psychology*
#   22.
# - B. Efron (1979). Bootstrap methods: another look at the jackknife. *Annals of Statistics* 7(1).
# - D. A. Freedman (1983). A note on screening regression equations. *The American Statistician* 37(2).
# - R. Tibshirani (1996). Regression shrinkage and selection via the lasso. *Journal of the Royal Statistical Society B*
#   58(1).
# - C. Ambroise, G. J. McLachlan (2002). Selection bias in gene extraction on the basis of microarray gene-expression
#   data. *PNAS* 99(10). (Exercise 05.6, as it happened.)
# - T. Fawcett (2006). An introduction to ROC analysis. *Pattern Recognition Letters* 27(8).
# - L. Wan, M. Zeiler, S. Zhang, Y. LeCun, R. Fergus (2013). Regularization of neural networks using DropConnect.
#   *ICML*.
# - N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov (2014). Dropout: a simple way to prevent
#   neural networks from overfitting. *Journal of Machine Learning Research* 15.
# %% [markdown] lang="zh"
# ## 参考文献
# - Student (1908). The probable error of a mean. *Biometrika* 6(1).
# - S. C. Larson (1931). The shrinkage of the coefficient of multiple correlation. *Journal of Educational Psychology*
#   22.
# - B. Efron (1979). Bootstrap methods: another look at the jackknife. *Annals of Statistics* 7(1).
# - D. A. Freedman (1983). A note on screening regression equations. *The American Statistician* 37(2).
# - R. Tibshirani (1996). Regression shrinkage and selection via the lasso. *Journal of the Royal Statistical Society B*
#   58(1).
# - C. Ambroise, G. J. McLachlan (2002). Selection bias in gene extraction on the basis of microarray gene-expression
#   data. *PNAS* 99(10).（练习 05.6 的真实版本。）
# - T. Fawcett (2006). An introduction to ROC analysis. *Pattern Recognition Letters* 27(8).
# - L. Wan, M. Zeiler, S. Zhang, Y. LeCun, R. Fergus (2013). Regularization of neural networks using DropConnect.
#   *ICML*.
# - N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov (2014). Dropout: a simple way to prevent
#   neural networks from overfitting. *Journal of Machine Learning Research* 15.
# %% [markdown] lang="en"
# ## What comes next
# This closes the first part: you can build a network, train it, and say honestly how good it is. From here on the data
# is language. It does not come as rows of numbers: in lesson 06 a text has to be cleaned and cut into tokens first, and
# there, too, the first thing to do is to put a part of it into the drawer.
# %% [markdown] lang="zh"
# ## 下一课
# 第一部分到此为止：你会搭网络，会训练它，也能诚实地说出它有多好。从这里开始，数据就是语言了。语言不会自己排成一行行的
# 数：第 06 课里，文本要先清洗，再切成词元；而在那里，要做的第一件事，同样是把其中一部分锁进抽屉。
