# %% [markdown] lang="en"
# # 00 Start here
# ## What you will be able to do
# - train a language model on your own machine, let it write, and say how well it predicts;
# - explain in one sentence what a language model does, and compute the one number by which all of them are compared;
# - open it: follow a text through it stage by stage, and see what it is sure of and what surprises it;
# - find the lesson that explains each part.
# %% [markdown] lang="zh"
# # 00 从这里开始
# ## 这一课学会什么
# - 在自己的机器上训练一个语言模型，让它写字，并说出它预测得有多准；
# - 用一句话说清语言模型在做什么，并算出用来比较所有语言模型的那一个数；
# - 把它打开：看一段文字怎样一站一站地穿过它，看它对什么有把握、对什么感到意外；
# - 知道每个部件由哪一课来讲。
# %% [markdown] lang="en"
# ## Time, memory and data
# Half an hour. The notebook runs in about a minute on two cores and needs no download: the text to learn from is the
# documentation that every Python carries. Nothing has to be understood beforehand, and not all of it today: what is
# opened here in passing has a lesson of its own.
# %% [markdown] lang="zh"
# ## 时间、内存与数据
# 半小时。笔记本在双核机器上大约运行一分钟，无需下载：学习用的文本就是每个 Python 自带的文档。不需要任何预备知识，今天也
# 不必全懂：这里匆匆打开的每个部件，后面都有专门的一课。
# %%
import re
from collections import Counter

import numpy as np
from threadpoolctl import threadpool_limits

import tinylm as tl
from tinylm.learn import begin, canvas, check, hint, label, say, solution

begin("00", "en")
threadpool_limits(1);  # matrices this small are fastest on one core
# %% [markdown] lang="en"
# ## Where the idea came from
# Andrey Markov (1913) counted by hand which letters follow which in twenty thousand letters of *Eugene Onegin*. Claude
# Shannon (1951) let people guess a text letter by letter and measured, by how often they were wrong, how much of it is
# news. Tables of counts carried this for half a century, but they know nothing of a past that they have not seen word
# for word; Bengio and others (2003) let a network guess instead.
# %% [markdown] lang="zh"
# ## 来龙去脉
# 马尔可夫（1913）用手工统计了《叶甫盖尼·奥涅金》开头两万个字母中，哪个字母后面跟着哪个。香农（1951）让人逐个字母地猜
# 一段文字，再由猜错的次数算出其中究竟有多少“新消息”。此后半个世纪全靠计数表，可是没有一字不差见过的前文，表里就查不到；
# 于是 Bengio 等人（2003）改让神经网络来猜。
# %% [markdown] lang="en"
# ## The idea: guess what comes next
# That is all: a language model reads a beginning and says, for each character, how likely it is to come next. To write,
# one draws a character by these chances, puts it at the end, and asks again.
#
# **Before you run the next cell:** which character comes most often after `h`? And after `th`? And after ` with th`?
# %% [markdown] lang="zh"
# ## 直觉：猜下一个字符
# 说到底就这一件事：语言模型读一段开头，然后说出每个字符接着出现的可能性有多大。要写字，就按这些可能性抽一个字符，
# 接在末尾，再问一遍。
#
# **运行下一格之前先猜：** `h` 后面最常见的是哪个字符？`th` 后面呢？` with th` 后面呢？
# %%
text = tl.data.load("pydoc")
training, held_out = tl.data.split(text)  # the last tenth is kept for the test

def following(past):  # which characters come after it in the text, and how often
    return Counter(re.findall(re.escape(past) + "(.)", training, re.DOTALL))

def shown(past):
    return past.replace(" ", "␣").replace("\n", "⏎")

for axes, past in zip(canvas(panels=4, size=(9.6, 2.6)), ("", "h", "th", " with th")):
    counts = following(past)
    names, numbers = zip(*counts.most_common(7))
    axes.bar([shown(name) for name in names], np.array(numbers) / counts.total())
    axes.set(ylim=(0, 1), title=label(f"after “{shown(past)}”", f"“{shown(past)}” 之后"))
# %% [markdown] lang="en"
# Knowing nothing of the past, nearly everything is possible. One character narrows it down, two decide most of it, and
# after a few more there is hardly a choice left. **The longer the past, the less there is to guess.** A language model
# is a machine that makes use of this, and a better one makes more of the same past.
# %% [markdown] lang="zh"
# 对前文一无所知时，几乎什么都有可能。知道一个字符，范围就小了；知道两个，大体已定；再多几个，几乎没有选择的余地。
# **前文越长，要猜的就越少。** 语言模型就是利用这一点的机器；好的模型，能从同样的前文里看出更多。
# %% [markdown] lang="en"
# ## The mathematics: one number for all of them
# | symbol | shape | what it is |
# |--|--|--|
# | $x_t$ | `()` | the character at place $t$, as a number from $0$ to $V-1$ |
# | $x_{<t}$ | `(t - 1,)` | its past |
# | $p$ | `(V,)` | how likely each character is to come next; together 1 |
# | $H$ | `()` | bits per character |
#
# A text of $n$ characters is as likely as all of its characters together, each after its past:
# $$P(x_1\dots x_n)=\prod_{t=1}^{n}p(x_t\mid x_{<t})$$
# That is a tiny number. Its logarithm, turned positive and shared among the characters, is a handy one:
# $$H=-\frac1n\sum_{t=1}^{n}\log_2 p(x_t\mid x_{<t})$$
# It counts yes-or-no questions: what had the probability $\frac12$ costs one question, $\frac14$ two, $\frac18$ three.
# By hand: characters that were given $\frac12$, $\frac14$ and $\frac18$ cost $\frac{1+2+3}{3}=2$ bits each. Who knows
# nothing at all gives each of $V$ characters $\frac1V$, and needs $\log_2 V$.
# %% [markdown] lang="zh"
# ## 数学：用一个数衡量所有模型
# | 符号 | 形状 | 含义 |
# |--|--|--|
# | $x_t$ | `()` | 第 $t$ 个位置上的字符，写成 $0$ 到 $V-1$ 的一个数 |
# | $x_{<t}$ | `(t - 1,)` | 它的前文 |
# | $p$ | `(V,)` | 每个字符接着出现的概率，总和为 1 |
# | $H$ | `()` | 每个字符的比特数 |
#
# 一段有 $n$ 个字符的文字，它的概率就是每个字符在各自前文之后的概率之积：
# $$P(x_1\dots x_n)=\prod_{t=1}^{n}p(x_t\mid x_{<t})$$
# 这个数小得没法用。取对数，变成正的，再平摊到每个字符上，就好用了：
# $$H=-\frac1n\sum_{t=1}^{n}\log_2 p(x_t\mid x_{<t})$$
# 它数的是“是或否”的提问次数：概率为 $\frac12$ 的要问一次，$\frac14$ 两次，$\frac18$ 三次。手算一例：三个字符的概率分别
# 是 $\frac12$、$\frac14$ 和 $\frac18$，平均每个要 $\frac{1+2+3}{3}=2$ 比特。什么都不知道的人给 $V$ 个字符各 $\frac1V$，
# 每个要 $\log_2 V$ 比特。
# %%
given = np.array([1 / 2, 1 / 4, 1 / 8])
print(-np.log2(given), "→", -np.log2(given).mean())
assert -np.log2(given).mean() == 2
# %% [markdown] lang="en"
# ## In plain NumPy: a language model that remembers one character
# Markov's model, in four lines. Count how often each character follows each other one, and turn each row into shares.
# Every pair begins with a count of one, so that nothing is thought impossible: one surprise of probability 0 would
# cost infinitely many bits.
# %% [markdown] lang="zh"
# ## 只用 NumPy：只记得一个字符的语言模型
# 马尔可夫的模型，四行就够：数一数每个字符后面跟着每个字符各有多少次，再把每一行换算成比例。每一对都从一次数起，
# 这样就没有什么会被当成不可能：只要有一次意外的概率为 0，代价就是无穷多比特。
# %%
tokenizer = tl.text.Characters.fit(training)  # a number for every character
ids, unseen = tokenizer.encode(training), tokenizer.encode(held_out)

V = len(tokenizer)
pairs = np.ones((V, V))  # rows: what was; columns: what came next
np.add.at(pairs, (ids[:-1], ids[1:]), 1)
p = pairs / pairs.sum(axis=1, keepdims=True)

rng = np.random.default_rng(0)
written = [ids[0]]
for _ in range(160):
    written.append(rng.choice(V, p=p[written[-1]]))
print(tokenizer.decode(written))
# %% [markdown] lang="en"
# Not English, but one can tell which language it is not. Its number, on the tenth of the text that was kept back,
# beside that of a model without any past and that of one without any knowledge:
# %% [markdown] lang="zh"
# 这不是英语，但已经看得出它像哪种语言了。下面是它在留出的那十分之一文本上的成绩，旁边是完全不看前文的模型，
# 和什么都不知道的模型：
# %% tags=["varies"]
nothing = np.log2(V)
single = np.bincount(ids, minlength=V) + 1
one = -np.log2(single[unseen[1:]] / single.sum()).mean()
two = -np.log2(p[unseen[:-1], unseen[1:]]).mean()
for name, bits in ((say("knows nothing", "什么都不知道"), nothing), (say("no past", "不看前文"), one),
                   (say("one character of past", "看一个字符"), two)):
    print(say(f"{bits:.2f} bits per character: {name}", f"每个字符 {bits:.2f} 比特：{name}"))
assert nothing > one > two
# %% [markdown] lang="en"
# ## TinyLM's own: counting
# `tl.models.NGram` counts pairs as we did, and longer runs too: `order` is how many characters belong to one. How far
# does counting go? (How it gives something to what was never seen, without adding ones, is lesson 07.)
# %% [markdown] lang="zh"
# ## TinyLM 的实现：计数
# `tl.models.NGram` 像我们一样数字符对，也能数更长的串：`order` 是一串有几个字符。光靠计数能走多远？（不用“每样先加一”，
# 又怎样给从没见过的东西留一份，是第 07 课的内容。）
# %% tags=["varies"]
assert np.isclose(tl.models.NGram(V, order=2, add=1).fit(ids).score(unseen, start=1), two,
                  rtol=1e-12)

orders = range(1, 9)
counted = [tl.models.NGram(V, order=order).fit(ids).score(unseen) for order in orders]
axes = canvas(x=("order", "串长"), y=("bits per character", "每字符比特数"))
axes.plot(orders, counted, "o-")
axes.set_ylim(0, 5)
print(", ".join(f"{bits:.2f}" for bits in counted))
assert counted[0] > counted[2] > counted[4]
# %% [markdown] lang="en"
# It falls fast, then it hardly falls at all: a past of seven characters has seldom been seen before, so its counts say
# little. A table cannot see that two pasts are *alike*. For this we need a model that computes.
# %% [markdown] lang="zh"
# 先是降得很快，后来几乎不再降：七个字符长的前文，以前很少见过，它的计数也就说明不了什么。表格看不出两段前文**相似**。
# 要做到这一点，需要一个会计算的模型。
# %% [markdown] lang="en"
# ## The experiment: a minute of GPT
# A GPT is a function with many adjustable numbers, its parameters. Training takes some stretches of text, looks how the
# probability of each right character would change with each parameter, and moves all parameters a little in the better
# direction; then the next stretches. Here it is, small enough for a minute. **Write down before you run it:** how many
# bits will it need? And which share of the words that it then writes will be words of the text?
# %% [markdown] lang="zh"
# ## 实验：一分钟的 GPT
# GPT 是一个带有许多可调数字（即参数）的函数。训练就是取几段文字，看每个正确字符的概率会怎样随每个参数变化，
# 再把所有参数都朝更好的方向挪一点；然后换下几段。下面这个很小，一分钟就够。**运行之前先写下：** 它会需要多少比特？
# 它写出的词里，有几成是文本里真有的词？
# %% tags=["varies"]
model = tl.models.GPT(V, context=64, width=64, layers=2, heads=4)
windows = tl.data.Sequences(ids, model.context)  # stretches of 64 characters
before = tl.generate(model, tokenizer, "If the ", length=80)

def batches(step):  # twelve of them, drawn anew for each step
    return windows.sample(12, np.random.default_rng(step))

optimizer = tl.optim.AdamW(model.parameters(), lr=4e-3)
held = tl.data.Sequences(unseen, model.context).batches(64, fresh=32)
trainer = tl.Trainer(model, tl.models.next_token_loss, optimizer, batches, held, log="log.csv")
trainer.fit(steps=1800, evaluations=10, part=len(held))
size = sum(parameter.size for parameter in model.parameters())
bits = tl.evaluate(model, tokenizer, held_out).bits / len(held_out)
print(say(f"{size:,} parameters, {trainer.steps} steps: {bits:.2f} bits per character",
          f"{size:,} 个参数，{trainer.steps} 步：每个字符 {bits:.2f} 比特"))
# %%
step, loss = np.loadtxt("log.csv", delimiter=",", skiprows=1, usecols=(0, 4)).T
axes = canvas(x=("step", "步"), y=("bits per character, held out", "每字符比特数（留出文本）"))
axes.plot(step, loss / np.log(2), label="GPT")
for bound, style, name in ((one, "C7--", label("counting, no past", "计数：不看前文")),
                           (two, "C1--", label("counting, one character", "计数：看一个字符")),
                           (min(counted), "C3--", label("counting, the best", "计数：最好的一种"))):
    axes.axhline(bound, color=style[:2], linestyle=style[2:], label=name)
axes.set_ylim(0, 6)
axes.legend(ncols=2);
# %% [markdown] lang="en"
# Within its first few steps it has found out which characters are frequent; then, and faster than one would think, it
# passes Markov's table; after that every hundredth of a bit has to be earned. The lowest line is still ahead of it:
# counting is a strong rival on so short a text, in so short a time. In lesson 14 it falls.
# %% [markdown] lang="zh"
# 头几步里，它弄清了哪些字符常见；随后快得出人意料地超过了马尔可夫的表；再往后，每百分之一比特都得挣来。最低的那条线仍在
# 它前面：文本这么短，时间这么短，计数是个强劲的对手。到第 14 课，这条线会被越过。
# %% tags=["varies"]
assert abs(bits - 2.06) < 0.12 and bits < two  # the band

def share(sample):  # of its words, how many are words of the text
    words = re.findall("[A-Za-z]+", sample)
    return np.mean([word in known for word in words])

known = set(re.findall("[A-Za-z]+", training))
after = tl.generate(model, tokenizer, "If the ", length=300, temperature=0.6)
print(say("Before training:", "训练之前："), "If the " + before, sep="\n")
print(say("\nAfter:", "\n之后："), "If the " + after, sep="\n")
table, mine = share(tokenizer.decode(written)), share(after)
print(say(f"\nwords of the text: {mine:.0%}; by the table of pairs: {table:.0%}",
          f"\n文本里真有的词：{mine:.0%}；按字符对的表写出的：{table:.0%}"))
assert mine > table
# %% [markdown] lang="en"
# ### Open it: one text, stage by stage
# What happens between the characters and the probabilities? These few lines are the whole way. In front of the arrow
# stands the part of the model, behind it the shape of what comes out: so many characters at a time, each a vector of
# so many numbers, and in the end a score for each character of the vocabulary.
# %% [markdown] lang="zh"
# ### 打开它：一段文字，一站一站地看
# 从字符到概率，中间发生了什么？全程就是下面这几行。箭头前是模型的部件，箭头后是产物的形状：一次读多少个字符，
# 每个字符是多少个数组成的向量，最后是词表里每个字符的一个分数。
# %%
window = unseen[None, :model.context]  # (1, 64): a batch of one

with tl.no_grad():
    x = model.embedding(window)
    stages = [(say("embedding: a vector for each character", "嵌入：每个字符一个向量"), x)]
    x = model.positions(x)
    stages.append((say("positions: where it stands", "位置：它站在哪里"), x))
    for number, block in enumerate(model.blocks, 1):
        x, _ = block(x)
        stages.append((say(f"block {number}: look back, then think",
                           f"第 {number} 块：回头看，再琢磨"), x))
    scores = model.norm(x) @ model.embedding.weight.T
    stages.append((say("scores: how well each character fits", "分数：每个字符有多合适"), scores))
    chances = np.exp(scores.data) / np.exp(scores.data).sum(-1, keepdims=True)
    assert np.allclose(scores.data, model(window).data, atol=1e-4)

print(say("characters", "字符"), "→", window.shape)
for name, array in stages:
    print(name, "→", array.shape)
assert np.allclose(chances.sum(-1), 1, atol=1e-5)
# %% [markdown] lang="en"
# The probabilities are what it was trained for. Here is text that it has never seen, each character on a ground that is
# the darker the more bits it cost. **Where in a word will it be dark?**
# %% [markdown] lang="zh"
# 训练要的就是最后的概率。下面是一段它从没见过的文字，每个字符花的比特越多，底色越深。**你猜，一个词里哪里颜色最深？**
# %%
rows, columns, skip = 6, 56, 8  # eight characters of run-up for each row
cost = np.zeros((rows, columns))
for row in range(rows):
    piece = unseen[row * columns:][:columns + skip]
    with tl.no_grad():
        scores = model(piece[None, :-1]).data[0].astype(float)
    logs = scores - np.log(np.exp(scores).sum(-1, keepdims=True))
    surprise = -logs[np.arange(len(logs)), piece[1:]] / np.log(2)
    cost[row] = surprise[skip - 1:]

axes = canvas(size=(9.6, 2.2))
picture = axes.imshow(cost, cmap="Oranges", vmin=0, vmax=8, aspect="auto")
for row, column in np.ndindex(rows, columns):
    character = held_out[row * columns + column + skip]
    axes.text(column, row, shown(character), ha="center", va="center", fontsize=8,
              family="monospace", color="white" if cost[row, column] > 5 else "black")
axes.axis("off")
axes.figure.colorbar(picture, label=label("bits", "比特"));
# %% [markdown] lang="en"
# Dark are the beginnings of words, and what follows a full stop: there the choice is made. The rest of a word is light,
# for by then there is hardly a choice left. It is the picture from the beginning of this lesson, but nobody has counted
# anything: the model computes it from whatever past you hand it.
#
# ### Turn the dial
# To write, one draws by these chances. A **temperature** below one sharpens them first, one above flattens them.
# %% [markdown] lang="zh"
# 颜色深的是词的开头，和句号之后：那里才是做选择的地方。词的后半截颜色浅，因为已经没什么可选的了。这正是本课开头那幅图，
# 只是没有谁数过什么：随便给它怎样的前文，它都能算出来。
#
# ### 拧一拧旋钮
# 写字就是按这些概率抽。**温度**低于一，先把概率变尖再抽；高于一，先变平再抽。
# %% tags=["varies"]
for temperature in (0.2, 0.8, 1.5):
    sample = tl.generate(model, tokenizer, "If the ", length=90, temperature=temperature)
    print(f"{temperature}: {shown('If the ' + sample)}")
# %% [markdown] lang="en"
# ## Exercises
# `check` tries what you hand it and says what it finds, `hint` gives one hint at a time, `solution` shows one way.
#
# ### 00.1 Predict: half sure, half not
# A model gives half of the characters of a text the probability $\frac12$, and the other half the probability
# $\frac18$. How many bits per character does it need?
# %% [markdown] lang="zh"
# ## 练习
# `check` 会试你交上来的东西，并说出它的发现；`hint` 每次给一条提示；`solution` 给出一种做法。
#
# ### 00.1 预测：一半有把握，一半没把握
# 一段文字里，模型给一半字符的概率是 $\frac12$，给另一半的是 $\frac18$。每个字符要多少比特？
# %%
my_bits = None

check("00.1", my_bits)
# %% [markdown] lang="en"
# ### 00.2 Implement: bits per character
# Write `my_score(p, ids)`: `p` has the shape `(n, V)`, and its row $t$ says how likely each character was at the place
# $t$; `ids` has the shape `(n,)` and says which one it was.
# %% [markdown] lang="zh"
# ### 00.2 实现：每个字符的比特数
# 写出 `my_score(p, ids)`：`p` 的形状是 `(n, V)`，第 $t$ 行是第 $t$ 个位置上各个字符的概率；`ids` 的形状是 `(n,)`，
# 是实际出现的字符。
# %%
def my_score(p, ids):
    ...

check("00.2", my_score)
# %% [markdown] lang="en"
# ### 00.3 Extend: the temperature
# Write `my_sharpen(p, temperature)`: every probability to the power of $1/T$, and then divided so that each row adds up
# to 1 again. `p` is one row `(V,)` or several `(n, V)`.
# %% [markdown] lang="zh"
# ### 00.3 扩展：温度
# 写出 `my_sharpen(p, temperature)`：把每个概率取 $1/T$ 次幂，再除一下，让每一行的总和重新等于 1。`p` 是一行 `(V,)`，
# 或者若干行 `(n, V)`。
# %%
def my_sharpen(p, temperature):
    ...

check("00.3", my_sharpen)
# %% [markdown] lang="en"
# ### 00.4 Break: a model that cheats
# Write `my_cheat(V)`, which gives `(V,)` numbers from 0 to 1 that score better than any honest model can: less than
# $\log_2 V$ bits, *whichever* character comes. How would you catch a model that does this?
# %% [markdown] lang="zh"
# ### 00.4 弄坏：作弊的模型
# 写出 `my_cheat(V)`，给出 `(V,)` 个 0 到 1 之间的数，让它的成绩好过任何诚实的模型：**无论**来的是哪个字符，
# 都少于 $\log_2 V$ 比特。遇到这样的模型，你会怎样揭穿它？
# %%
def my_cheat(V):
    ...

check("00.4", my_cheat)
# %% [markdown] lang="en"
# ## Read on in the source
# - `tinylm.models.gpt` is the model that you opened, from top to bottom; you will understand each of its lines by
#   lesson 14.
# - `tinylm.evaluation.evaluate` computes the number by which models are compared.
# - `tinylm.sampling.Sampling` has the temperature, and what else there is to turn.
# - `tinylm.train.Trainer` is the loop behind the bar.
# %% [markdown] lang="zh"
# ## 接着读源码
# - `tinylm.models.gpt` 就是你打开的那个模型，从头到尾；学到第 14 课，每一行你都会懂。
# - `tinylm.evaluation.evaluate` 计算用来比较模型的那个数。
# - `tinylm.sampling.Sampling` 里有温度，还有别的旋钮。
# - `tinylm.train.Trainer` 是进度条背后的循环。
# %% [markdown] lang="en"
# ## References
# - A. A. Markov (1913). An example of statistical investigation of the text *Eugene Onegin* concerning the connection
#   of samples in chains. Translated in *Science in Context* 19(4), 2006.
# - C. E. Shannon (1951). Prediction and entropy of printed English. *Bell System Technical Journal* 30(1).
# - Y. Bengio, R. Ducharme, P. Vincent, C. Jauvin (2003). A neural probabilistic language model. *Journal of Machine
#   Learning Research* 3.
# - A. Radford, K. Narasimhan, T. Salimans, I. Sutskever (2018). Improving language understanding by generative
#   pre-training.
# %% [markdown] lang="zh"
# ## 参考文献
# - A. A. Markov (1913). An example of statistical investigation of the text *Eugene Onegin* concerning the connection
#   of samples in chains. 英译见 *Science in Context* 19(4), 2006。
# - C. E. Shannon (1951). Prediction and entropy of printed English. *Bell System Technical Journal* 30(1).
# - Y. Bengio, R. Ducharme, P. Vincent, C. Jauvin (2003). A neural probabilistic language model. *Journal of Machine
#   Learning Research* 3.
# - A. Radford, K. Narasimhan, T. Salimans, I. Sutskever (2018). Improving language understanding by generative
#   pre-training.
# %% [markdown] lang="en"
# ## What comes next
# Everything here was used before it was explained. From now on it is the other way round:
#
# | what you saw | where it is explained |
# |--|--|
# | shapes such as `(1, 64, 64)`, and the sums over rows | lesson 01 |
# | "how the probability would change with each parameter" | lesson 02 |
# | layers that compute, and the step in the better direction | lesson 03 and lesson 04 |
# | the tenth that was kept back | lesson 05 |
# | characters as numbers, tables of counts | lesson 06 and lesson 07 |
# | a vector for each character, models that remember | lesson 08 to lesson 11 |
# | looking back: attention, blocks, the whole GPT | lesson 12 to lesson 14 |
# | drawing and temperature | lesson 15 |
#
# In lesson 01 we begin with what all of it is made of: arrays, and the grammar of their shapes.
# %% [markdown] lang="zh"
# ## 下一课
# 这一课里的东西都是先用了再说。从下一课起反过来：先讲明白，再用。
#
# | 你见到的 | 在哪里讲 |
# |--|--|
# | `(1, 64, 64)` 这样的形状，以及按行求和 | 第 01 课 |
# | “概率会怎样随每个参数变化” | 第 02 课 |
# | 会计算的层，以及朝更好的方向走的那一步 | 第 03 课和第 04 课 |
# | 留出的那十分之一 | 第 05 课 |
# | 用数表示字符，计数的表 | 第 06 课和第 07 课 |
# | 每个字符一个向量，有记忆的模型 | 第 08 课到第 11 课 |
# | 回头看：注意力、块、完整的 GPT | 第 12 课到第 14 课 |
# | 抽取与温度 | 第 15 课 |
#
# 第 01 课从构成这一切的东西讲起：数组，以及形状的语法。
