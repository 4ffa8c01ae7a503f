"""The exercises of lesson 05, not fooling yourself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..metrics import accuracy, f1, roc_auc
from .checking import Learner, Wrong, as_array, compare
from .exercises import exercise
from .language import Both, say

# 05.1 --------------------------------------------------------------------------------------------------------------

SHARE, HALF, SIGMAS = 0.97, 0.01, 1.96
"""A score, half the width of its interval, and how many standard deviations that is."""


def images_needed() -> float:
    return SHARE * (1 - SHARE) * (SIGMAS / HALF) ** 2


@exercise(
    "05.1", "predict", title=("how many test images", "要多少张测试图片"), solution=images_needed,
    hints=[("The variance of an accuracy is a (1 - a) / n.", "准确率的方差是 a (1 - a) / n。"),
           ("The interval reaches 1.96 standard deviations to either side. Set that equal to 0.01 and solve for n.",
            "区间向两边各伸出 1.96 个标准差。令它等于 0.01，解出 n。")],
    why=("1.96 √(a (1 - a) / n) = 0.01 gives n = a (1 - a) (1.96 / 0.01)². Half the width costs four times the images.",
         "由 1.96 √(a (1 - a) / n) = 0.01 得 n = a (1 - a) (1.96 / 0.01)²。宽度减半，图片要变成四倍。"))
def _(answer: Any) -> str:
    given = as_array(answer, ("your prediction", "你的预测"))
    if given.shape != () or not 0 < float(given) < np.inf:
        raise Wrong(say(f"a number of images is one positive number, not {answer!r}",
                        f"图片张数是一个正数，而不是 {answer!r}"))
    n, right = float(given), images_needed()
    half = SIGMAS * np.sqrt(SHARE * (1 - SHARE) / n)
    found = say(f"with {n:.0f} images the interval is ± {half:.2%}", f"用 {n:.0f} 张图片，区间是 ± {half:.2%}")
    mistakes: list[tuple[float, Both]] = [
        (SHARE * (1 - SHARE) / HALF ** 2,
         ("That is one standard deviation to either side: two times in three. How many are 95 %?",
          "这是左右各一个标准差，三次里只中两次。95 % 要几个标准差？")),
        (0.25 * (SIGMAS / HALF) ** 2,
         ("That is the worst case, a = 0.5. An accuracy of 97 % scatters much less.",
          "这是 a = 0.5 的最坏情形。97 % 的准确率波动要小得多。")),
        (4 * right, ("Half the width you asked for: ± 0.01 is one hundredth to either side.",
                     "你把宽度又缩了一半：± 0.01 是向两边各百分之一。")),
        (right / 4, ("Twice the width: ± 0.01 is one hundredth to either side, not in all.",
                     "宽了一倍：± 0.01 是向两边各百分之一，而不是总共百分之一。")),
        ((1 - SHARE) * (SIGMAS / HALF) ** 2,
         ("The variance is a (1 - a), not 1 - a.", "方差是 a (1 - a)，而不是 1 - a。")),
        (SHARE * (1 - SHARE) * (2 / HALF) ** 2, ("Nearly: 95 % are 1.96 standard deviations rather than 2.",
                                                 "差一点：95 % 是 1.96 个标准差，而不是 2 个。")),
    ]
    for wrong, remark in mistakes:
        if abs(n / wrong - 1) < 0.004:
            raise Wrong(found, say(*remark))
    if abs(n / right - 1) < 0.02:
        return found
    raise Wrong(found, say("More images are needed: the width falls like 1/√n.", "图片不够：宽度按 1/√n 缩小。")
                if n < right else say("Fewer will do: the width falls like 1/√n.", "用不了这么多：宽度按 1/√n 缩小。"))


# 05.2 --------------------------------------------------------------------------------------------------------------

def sign_flips(d: np.ndarray) -> float:
    signs = 1 - 2 * (np.arange(2 ** len(d))[:, None] >> np.arange(len(d)) & 1)  # (2ⁿ, n)
    return np.mean(np.abs(signs @ d) >= abs(np.sum(d)))


@exercise(
    "05.2", "implement", title=("the p-value, by all flips of the signs", "翻遍所有正负号，求 p 值"),
    solution=sign_flips,
    hints=[("If the cure did nothing, each difference could as well have had the other sign. How many patterns are "
            "there?",
            "疗法若毫无作用，每个差值换个正负号也同样可能。正负号一共有多少种排法？"),
           ("itertools.product([1, -1], repeat=len(d)) lists the patterns. For each, take the mean of sign · "
            "difference.",
            "itertools.product([1, -1], repeat=len(d)) 能列出所有排法。对每一种，求“正负号 · 差值”的平均。"),
           ("p is the share of patterns whose mean is at least as far from 0 as the real one, on either side. The real "
            "one is a pattern too.",
            "p 是这样的排法所占的比例：它的平均离 0 至少与真实的平均一样远，正负都算。真实的那一种也在其中。")],
    why=("There are 2ⁿ patterns of signs, all equally likely if the cure did nothing. p is the share of them whose "
         "mean is as far from 0 as the one that was found; it is at least 2 / 2ⁿ, since the pattern found and its "
         "mirror image count.",
         "正负号有 2ⁿ 种排法，疗法若毫无作用，它们机会均等。p 就是其中平均值离 0 不近于实际结果的那部分所占的比例；"
         "实际结果和它的镜像总在其中，所以 p 至少是 2 / 2ⁿ。"))
def _(answer: Learner) -> str:
    rng = np.random.default_rng(52)
    draws = [np.array(d) for d in ([0.5, 0.25, -0.125, 0.0625], [0.25], [0.5, -0.5], [0.0, 0.0, 0.0])]
    draws += [np.round(128 * rng.normal(0.02 * place, 0.05, int(rng.integers(2, 10)))) / 128 for place in range(8)]
    for d in draws:
        compare(answer(d), sign_flips(d), (f"your p for the {len(d)} differences {_listed(d)}",
                                           f"{len(d)} 个差值 {_listed(d)} 的 p 值"), suspects=_flip_suspects(d))
    d = draws[-1]
    compare(answer(-d), answer(d), ("p with all signs turned round", "所有正负号都反过来后，p 值"))
    least = np.arange(1.0, 11.0) / 128
    return say(f"ten differences that all have one sign: p = {float(answer(least)):.4f}",
               f"十个差值同号时，p = {float(answer(least)):.4f}")


def _listed(d: np.ndarray) -> str:
    return f"[{', '.join(f'{value:g}' for value in d[:4])}{', ...' if len(d) > 4 else ''}]"


def _flip_suspects(d: np.ndarray) -> list[tuple[Any, Both]]:
    means = np.array([np.sum(np.where(k >> np.arange(len(d)) & 1, -d, d)) for k in range(2 ** len(d))])
    found = np.sum(d)
    return [
        (np.mean(means >= found),
         ("You count one side only: if the cure does nothing, a loss of that size is as strange as the gain.",
          "你只数了一边：疗法若无效，同样大的退步与进步一样稀奇。")),
        (np.mean(np.abs(means) > abs(found)),
         ("What was found is one of the patterns: count those at least as far from 0, not only those further.",
          "实际结果本身也是一种排法：要数“至少一样远”的，而不只是“更远”的。")),
        (np.mean(np.abs(means) < abs(found)),
         ("It is the share of patterns nearer to 0: you have 1 - p.", "这是更靠近 0 的排法所占的比例，也就是 1 - p。")),
        (np.mean(d > 0),
         ("It is the share of positive differences: how large they are should count too.",
          "这是正差值所占的比例：差值的大小也应当算进去。")),
    ]


# 05.3 --------------------------------------------------------------------------------------------------------------

def macro_f1(confusion: np.ndarray) -> float:
    hits = np.diag(confusion)
    claimed, true = confusion.sum(axis=0), confusion.sum(axis=1)
    return np.mean(2 * hits / np.maximum(claimed + true, 1))


@exercise(
    "05.3", "extend", title=("F1 of many classes", "多个类别的 F1"), solution=macro_f1,
    hints=[("Each class in its turn is the positive one. Where in the matrix are its hits, false alarms, misses?",
            "让每个类别轮流当正类。它的命中、误报和漏报在矩阵的哪里？"),
           ("Hits stand on the diagonal. The sum of a column is how often that class was claimed, the sum of a row how "
            "often it was true.",
            "命中在对角线上。一列之和是该类被报了多少次，一行之和是该类真正有多少个。"),
           ("F1 = 2 TP / (claimed + true). A class that is never claimed and never true has 0/0, which counts as 0.",
            "F1 = 2 TP /（报的 + 真的）。从未报过、也从未出现的类是 0/0，按 0 计。")],
    why=("Per class, F1 = 2 TP / (claimed + true), and the mean over classes gives the rare ones the same weight as "
         "the frequent. 0/0 counts as 0.",
         "对每一类，F1 = 2 TP /（报的 + 真的）；再对类别求平均，罕见的类与常见的类分量相同。0/0 按 0 计。"))
def _(answer: Learner) -> None:
    rng = np.random.default_rng(53)
    cases = [np.array([[7, 2], [1, 2]]), np.array([[5, 0, 0], [0, 0, 0], [2, 0, 1]]), np.array([[7]])]
    for _ in range(12):
        classes = int(rng.integers(2, 7))
        cases.append(rng.poisson(rng.uniform(0.2, 6.0, (classes, 1)), (classes, classes)) + np.diag(
            rng.integers(0, 9, classes)))
    for confusion in cases:
        if not confusion.sum():
            continue
        what = (f"your F1 for the matrix {confusion.tolist()}", f"矩阵 {confusion.tolist()} 的 F1 ")
        compare(answer(confusion), macro_f1(confusion), what, suspects=_f1_suspects(confusion))
        order = rng.permutation(len(confusion))
        compare(answer(confusion[order][:, order]), macro_f1(confusion),
                ("F1 with the classes in another order", "类别换个次序后，F1 "))


def _f1_suspects(confusion: np.ndarray) -> list[tuple[Any, Both]]:
    hits, claimed, true = np.diag(confusion), confusion.sum(axis=0), confusion.sum(axis=1)
    each = 2 * hits / np.maximum(claimed + true, 1)
    precision, recall = np.mean(hits / np.maximum(claimed, 1)), np.mean(hits / np.maximum(true, 1))
    there = claimed + true > 0
    return [
        (hits.sum() / confusion.sum(), ("That is the accuracy (F1 \"micro\"): frequent classes drown the rare ones.",
                                        "这是准确率（即“微平均”的 F1）：常见的类淹没了罕见的类。")),
        (each @ true / true.sum(), ("Each class is weighted by how often it is true; here all count the same.",
                                    "你按各类出现的次数加了权；这里每一类的分量应当相同。")),
        (each[there].mean(), ("You leave out the class with 0/0; here it counts as 0.",
                              "你略去了 0/0 的那一类；这里它按 0 计。")),
        (2 * precision * recall / max(precision + recall, 1e-300),
         ("That is the F1 of the mean precision and the mean recall. Take F1 for each class, then the mean.",
          "这是由平均精确率和平均召回率算出的 F1。应当先逐类求 F1，再取平均。")),
        (precision, ("That is the mean precision.", "这是平均精确率。")),
        (recall, ("That is the mean recall.", "这是平均召回率。")),
    ]


# 05.4 --------------------------------------------------------------------------------------------------------------

def all_below(y: np.ndarray) -> np.ndarray:
    return 0.1 + 0.3 * y


@exercise(
    "05.4", "break", title=("a perfect ranking, useless decisions", "排序完美，判断无用"), solution=all_below,
    hints=[("AUC looks at the order of the scores only, accuracy only at which side of 0.5 they are on.",
            "AUC 只看分数的先后次序，准确率只看分数落在 0.5 的哪一边。"),
           ("Let every positive score above every negative, and all of them on the same side of 0.5.",
            "让每个正例的分数都高于每个反例，而所有分数都在 0.5 的同一边。")],
    why=("Every positive is above every negative, so AUC is 1; all are below 0.5, so nothing is ever called positive. "
         "A ranking becomes decisions by a threshold, and the threshold has to be chosen: on validation data.",
         "每个正例都排在每个反例之上，所以 AUC 是 1；可是全都低于 0.5，于是一个也不会判为正。排序要经过阈值才变成判断，"
         "而阈值得另外选：用验证集来选。"))
def _(answer: Learner) -> str:
    rng = np.random.default_rng(54)
    auc = right = 0.0
    for n in (20, 57, 300):
        y = (rng.permutation(n) < max(n // 10, 2)).astype(int)
        score = as_array(answer(y), ("what your function returns", "你的函数返回的结果"))
        if score.shape != y.shape:
            raise Wrong(say(f"for y of shape {y.shape} your scores have the shape {score.shape}",
                            f"y 的形状是 {y.shape}，你的分数形状却是 {score.shape}"),
                        say("One score an image is wanted.", "每张图片要一个分数。"))
        if not np.all((score >= 0) & (score <= 1)):
            raise Wrong(say(f"a score lies between 0 and 1; yours reach from {score.min():.3g} to {score.max():.3g}",
                            f"分数应在 0 和 1 之间；你的从 {score.min():.3g} 到 {score.max():.3g}"))
        auc, right, always_no = roc_auc(y, score), accuracy(y, score >= 0.5), 1 - float(y.mean())
        found = say(f"AUC {auc:.3f}, accuracy {right:.3f} with the threshold at 0.5, always-no {always_no:.3f}",
                    f"AUC {auc:.3f}，阈值 0.5 时准确率 {right:.3f}，一律说“否”{always_no:.3f}")
        if auc < 1:
            raise Wrong(found, _auc_cause(auc, score))
        if right > always_no:
            raise Wrong(found, say("The ranking is perfect, and so are the decisions. Break them, and keep the order.",
                                   "排序完美，判断也完美。把判断弄坏，但保住次序。"))
    return say(f"AUC {auc:.0f}, accuracy {right:.0%}, F1 {f1(y, score >= 0.5):.2f}",
               f"AUC {auc:.0f}，准确率 {right:.0%}，F1 {f1(y, score >= 0.5):.2f}")


def _auc_cause(auc: float, score: np.ndarray) -> str:
    if len(np.unique(score)) == 1:
        return say("All scores are equal, and that is no ranking: each tie counts as half.",
                   "所有分数都相等，谈不上排序：每个平局只算一半。")
    if auc < 0.01:
        return say("The ranking is upside down: the positives come last.", "排序颠倒了：正例都排在最后。")
    return say("Some negative scores as high as a positive. Look at y: here you may.",
               "有的反例分数不低于正例。看着 y 来打分：这一次允许。")


# 05.5 --------------------------------------------------------------------------------------------------------------

def dropconnect_rule(g: np.ndarray, x: np.ndarray, keep: np.ndarray, p: float) -> np.ndarray:
    return keep * (g.T @ x) / (1 - p)


@exercise(
    "05.5", "extend", title=("the gradient through DropConnect", "穿过 DropConnect 的梯度"), solution=dropconnect_rule,
    hints=[("Write V = M W / (1 - p). You know the gradient for V in y = x Vᵀ: gᵀ x.",
            "记 V = M W / (1 - p)。在 y = x Vᵀ 里，V 的梯度你已经知道：gᵀ x。"),
           ("From V to W there is one more step, element by element: what is multiplied on the way there is multiplied "
            "on the way back.",
            "从 V 回到 W 还差一步，逐元素的一步：去时乘了什么，回来时就乘什么。")],
    why=("y = x Vᵀ gives V̄ = gᵀ x, and V = M W / (1 - p) gives W̄ = M V̄ / (1 - p). A weight that was dropped had no "
         "influence, so its gradient is 0.",
         "由 y = x Vᵀ 得 V̄ = gᵀ x，由 V = M W / (1 - p) 得 W̄ = M V̄ / (1 - p)。被丢弃的权重没有影响，所以梯度是 0。"))
def _(answer: Learner) -> None:
    rng = np.random.default_rng(55)
    for batch, width, out, p in ((4, 3, 2, 0.5), (1, 1, 1, 0.25), (5, 1, 3, 0.2), (2, 6, 1, 0.7), (3, 4, 4, 0.0)):
        g, x = rng.standard_normal((batch, out)), rng.standard_normal((batch, width))
        keep = rng.random((out, width)) >= p
        keep.flat[0], keep.flat[-1] = False, True
        V = g.T @ x
        what = (f"the gradient for W of shape {(out, width)}, p = {p},", f"W（形状 {(out, width)}，p = {p}）的梯度")
        got = answer(g, x, keep, p)
        compare(got, dropconnect_rule(g, x, keep, p), what, suspects=[
            (keep * V, ("The factor 1/(1 - p) is missing: it was there on the way forward.",
                        "少了因子 1/(1 - p)：前向时是有它的。")),
            (V / (1 - p), ("The mask is missing: a weight that was dropped had no influence.",
                           "少了掩码：被丢弃的权重没有影响。")),
            (V, ("That is the gradient of a plain linear layer: put in the mask and its scale.",
                 "这是普通线性层的梯度：把掩码和它的倍数加上。")),
            (keep * V * (1 - p), ("You multiply by 1 - p; the way forward divided by it.",
                                  "你乘了 1 - p；前向时是除以它。")),
            (~keep * V / (1 - p), ("The mask is the wrong way round: True means kept.", "掩码反了：True 表示保留。")),
        ])
        W = rng.standard_normal((out, width))
        forward = x @ (keep * W / (1 - p)).T
        compare(np.sum(as_array(got, what) * W), np.sum(g * forward), ("Σ gradient · W", "Σ 梯度 · W "))


# 05.6 --------------------------------------------------------------------------------------------------------------

Choose = Callable[[np.ndarray, np.ndarray], np.ndarray]
Predict = Callable[[np.ndarray], np.ndarray]
Fit = Callable[[np.ndarray, np.ndarray], Predict]


def cross_validated(X: np.ndarray, y: np.ndarray, folds: np.ndarray, choose: Choose, fit: Fit) -> Any:
    right: list[bool] = []
    for fold in np.unique(folds):
        train, test = folds != fold, folds == fold
        columns = choose(X[train], y[train])
        predict = fit(X[train][:, columns], y[train])
        right.extend(predict(X[test][:, columns]) == y[test])
    return np.mean(right)


@exercise(
    "05.6", "extend", title=("cross-validation without a leak", "不泄漏的交叉验证"), solution=cross_validated,
    hints=[("Each fold is the test set once, and the others are the training set. What may `choose` look at?",
            "每一折轮流当测试集，其余各折当训练集。`choose` 可以看什么？"),
           ("Whatever looks at labels is part of the training: choose and fit get the rows of the other folds only.",
            "凡是看标签的步骤都属于训练：choose 和 fit 都只能拿到其余各折的行。"),
           ("Collect right or wrong for every row, and take the mean over all rows: folds may differ in size.",
            "逐行记下对错，最后对所有行取平均：各折大小可能不同。")],
    why=("Choosing columns by their labels is training, so it happens anew inside every fold, without the rows that "
         "are scored. Each row is predicted once, by a model that never saw it.",
         "凭标签挑选列，就是训练，所以每一折里都要重新挑选，不看将要打分的那些行。每一行只预测一次，预测它的模型从未见过它。"))
def _(answer: Learner) -> str:
    rng = np.random.default_rng(56)
    for rows, columns, count in ((12, 5, 3), (17, 30, 4), (25, 8, 5)):
        X, y = rng.standard_normal((rows, columns)), rng.integers(0, 2, rows)
        folds = np.append(np.arange(count), rng.integers(0, count, rows - count))
        watch = _Watch(X, y)
        got = answer(X, y, folds, watch.choose, watch.fit)
        watch.all_predicted(folds)
        expected = cross_validated(X, y, folds, correlated, nearer)
        each = [cross_validated_fold(X, y, folds == fold) for fold in np.unique(folds)]
        what = f"the score of {rows} rows in {count} folds", f"{rows} 行分 {count} 折的得分"
        compare(got, expected, what, suspects=[
            (np.mean(each), ("That is the mean over folds, and the folds differ in size: take the mean over rows.",
                             "这是各折得分的平均，而各折大小不同：应当对行取平均。")),
            (1 - expected, ("That is the share of wrong predictions.", "这是预测错误的比例。"))])
    X, y, folds = rng.standard_normal((50, 2000)), rng.integers(0, 2, 50), np.arange(50) % 5
    chosen = correlated(X, y)
    peeked = cross_validated(X, y, folds, lambda X, y: chosen, nearer)
    honest = float(answer(X, y, folds, correlated, nearer))
    return say(f"coin-flip labels, {X.shape[1]} columns of noise: {honest:.0%}; with the columns chosen beforehand, on "
               f"all rows, it would have been {peeked:.0%}",
               f"标签是抛硬币，{X.shape[1]} 列全是噪声：得分 {honest:.0%}；若事先用所有行来挑选列，就会是 {peeked:.0%}")


def correlated(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The three columns that go most with the labels."""
    return np.argsort(-np.abs((X - X.mean(0)).T @ (y - y.mean())))[:3]


def nearer(X: np.ndarray, y: np.ndarray) -> Predict:
    """A classifier by the nearer of two means; where a class does not occur, its mean is 0."""
    means = [X[y == label].mean(0) if (y == label).any() else np.zeros(X.shape[1]) for label in (0, 1)]
    return lambda new: (np.sum((new - means[0]) ** 2, 1) > np.sum((new - means[1]) ** 2, 1)).astype(int)


def cross_validated_fold(X: np.ndarray, y: np.ndarray, test: np.ndarray) -> float:
    """The score on one fold."""
    columns = correlated(X[~test], y[~test])
    return float(np.mean(nearer(X[~test][:, columns], y[~test])(X[test][:, columns]) == y[test]))


class _Watch:
    """`correlated` and `nearer`, which write down the rows they are shown: every number in X occurs once."""

    def __init__(self, X: np.ndarray, y: np.ndarray) -> None:
        self.y = y
        self.row = {float(value): row for row, values in enumerate(X) for value in values}
        self.chosen: tuple[set[int], int] | None = None  # the rows that the last choice saw, and how many it took
        self.predicted: list[int] = []

    def rows(self, X: Any, y: Any = None) -> list[int]:
        """Which rows these are. Raises Wrong where their labels are not those that belong to them."""
        found = [self.row.get(float(value), -1) for value in np.asarray(X)[:, 0]]
        if -1 in found:
            raise Wrong(say("what was handed over are no rows of X", "交出的不是 X 里的行"),
                        say("Cut X by a mask and hand it over as it is. (Scaling it by all rows would be a leak too.)",
                            "用掩码切出 X 的行，原样交出。（用所有行来缩放，同样是泄漏。）"))
        if y is not None and not np.array_equal(y, self.y[found]):
            raise Wrong(say("the labels handed over do not belong to the rows", "交出的标签与行对不上"),
                        say("X and y have to be cut by the same mask.", "X 与 y 要用同一个掩码来切。"))
        return found

    def choose(self, X: Any, y: Any) -> np.ndarray:
        """The columns, chosen by these rows."""
        columns = correlated(X, y)
        self.chosen = set(self.rows(X, y)), len(columns)
        return columns

    def fit(self, X: Any, y: Any) -> Predict:
        """A classifier, trained on these rows."""
        if self.chosen is None:
            raise Wrong(say("fit was called before choose", "还没有调用 choose，就调用了 fit"),
                        say("The columns are chosen first, by the same rows.", "要先用同样的行挑选列。"))
        shown, (seen, width) = set(self.rows(X, y)), self.chosen
        if X.shape[1] != width:
            raise Wrong(say(f"fit got {X.shape[1]} columns, and {width} were chosen",
                            f"fit 拿到了 {X.shape[1]} 列，而挑中的是 {width} 列"),
                        say("Cut X to the chosen columns: X[:, columns].", "把 X 切到挑中的列：X[:, columns]。"))
        predict = nearer(X, y)

        def watched(new: Any) -> np.ndarray:
            asked = self.rows(new)
            for rows, name in ((seen, "choose"), (shown, "fit")):
                if leaked := sorted(rows & set(asked)):
                    raise Wrong(say(f"{name} was shown row {leaked[0]}, and then row {leaked[0]} was to be predicted",
                                    f"{name} 看过第 {leaked[0]} 行，随后又要预测第 {leaked[0]} 行"),
                                say("That is a leak: what is scored must not have been seen by anything that looks at "
                                    "labels.", "这就是泄漏：凡是看标签的步骤，都不该见过将要打分的行。"))
            self.predicted += asked
            return predict(new)
        return watched

    def all_predicted(self, folds: np.ndarray) -> None:
        """Raises Wrong unless every row was predicted once."""
        times = np.bincount(self.predicted, minlength=len(folds)) if self.predicted else np.zeros(len(folds), dtype=int)
        odd = np.flatnonzero(times != 1)
        if len(odd):
            raise Wrong(say(f"row {odd[0]}, in fold {folds[odd[0]]}, was predicted {times[odd[0]]} times, not once",
                            f"第 {odd[0]} 行（第 {folds[odd[0]]} 折）被预测了 {times[odd[0]]} 次，应为一次"),
                        say("Each fold is the test set once: for fold in np.unique(folds).",
                            "每一折恰好当一次测试集：for fold in np.unique(folds)。"))
