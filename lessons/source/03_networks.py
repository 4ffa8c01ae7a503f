# %% [markdown] lang="en"
# # 03 Networks
# ## What you will be able to do
# - say what a hidden layer can do that no single neuron can, and show it with XOR;
# - send numbers forward and gradients backward through a small network: by hand, then with a dozen lines for any number
#   of layers;
# - find a mistake in a backward that learning itself does not notice;
# - watch a network take two spirals apart, and judge it against a straight line;
# - predict how fast the gradient fades in a deep network, and choose the nonlinearity and the start that keep it alive.
# %% [markdown] lang="zh"
# # 03 网络
# ## 这一课学会什么
# - 说清隐藏层能做到哪些单个神经元做不到的事，并用 XOR 演示；
# - 让数值前向、梯度反向地穿过一个小网络：先手算，再用十来行代码处理任意多层；
# - 找出反向传播里的一个错误，而这个错误学习过程自己察觉不到；
# - 看一个网络怎样把两条螺旋线分开，并拿一条直线与它相比；
# - 预测深层网络里梯度消失得多快，并选对非线性和起点，让它不消失。
# %% [markdown] lang="en"
# ## Time, memory and data
# An hour, half of it for the exercises. The notebook runs in less than a minute on two cores and needs no download: it
# draws its own points.
# %% [markdown] lang="zh"
# ## 时间、内存与数据
# 一小时，其中一半留给练习。整个笔记本在双核机器上运行不到一分钟，无需下载：用到的点都由它随机生成。
# %%
import numpy as np
from threadpoolctl import threadpool_limits

import tinylm as tl
from tinylm import nn
from tinylm.learn import begin, canvas, check, hint, label, say, solution

begin("03", "en")
threadpool_limits(1);  # matrices this small are fastest on one core
# %% [markdown] lang="en"
# ## Where the idea came from
# Frank Rosenblatt's perceptron (1958) learnt from examples, but Minsky and Papert (1969) proved what a single layer can
# never learn, and nobody knew how to train two, until Rumelhart, Hinton and Williams (1986) sent the gradient back
# through the hidden layer. Networks with many layers still would not learn, as Sepp Hochreiter (1991) explained; what
# cured them was another nonlinearity (Nair and Hinton 2010) and another start (Glorot and Bengio 2010; He and others
# 2015).
# %% [markdown] lang="zh"
# ## 来龙去脉
# Frank Rosenblatt 的感知机（1958）能从例子中学习，但 Minsky 与 Papert（1969）证明了单层网络有些东西永远学不会，
# 而两层的网络没人知道怎么训练，直到 Rumelhart、Hinton 与 Williams（1986）让梯度穿过隐藏层往回走。层数一多，网络还是学不动，
# Sepp Hochreiter（1991）说清了原因；治好它的是换一种非线性（Nair 与 Hinton 2010），再换一个起点（Glorot 与 Bengio 2010；
# He 等人 2015）。
# %% [markdown] lang="en"
# ## The idea: bend the road
# A neuron adds up its inputs, each with a weight, and says yes where the sum is large enough: in the plane it draws a
# straight line, with yes on one side. XOR is yes where exactly one of two inputs is `1`. **How many of the four corners
# can one line get right at best?** Put it down as `guess`; the cell tries them all, line by line.
# %% [markdown] lang="zh"
# ## 直觉：把路掰弯
# 神经元给每个输入乘上权重，加起来，和足够大就答“是”：在平面上，它画一条直线，一侧为“是”。XOR（异或）在两个输入恰有一个为 `1`
# 时为“是”。**一条直线最多能答对四个角中的几个？** 把你的答案写进 `guess`；下一格会把直线一条一条地试过去。
# %%
guess = 4

corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
xor = np.array([0, 1, 1, 0])

angles, offsets = np.linspace(0, 2 * np.pi, 360), np.linspace(-2, 2, 401)
directions = np.stack([np.cos(angles), np.sin(angles)])               # (2, 360)
scores = (corners @ directions)[:, :, None] - offsets                 # (4, 360, 401)
right = np.sum((scores > 0) == xor[:, None, None], axis=0)            # (360, 401)
print(say(f"{right.size} lines; corners right at best: {right.max()}, your guess: {guess}",
          f"{right.size} 条直线；最多答对的角：{right.max()} 个，你的猜测：{guess} 个"))
assert right.max() == 3
# %% [markdown] lang="en"
# Three, and no search would find a better one. Say yes where $w_1x_1+w_2x_2+b>0$. Yes at $(0,1)$ and $(1,0)$ gives
# $w_1+w_2+2b>0$; no at $(0,0)$ and $(1,1)$ gives $w_1+w_2+2b\le0$. Both cannot be.
#
# What both yes-corners have in common is the sum $s=x_1+x_2=1$. Along the road $s$ the corners stand at $0$, $1$, $1$
# and $2$, and no single cut gets the middle out. Two ReLUs, $\text{ReLU}(z)=\max(z,0)$, see the same road:
# $h_1=\text{ReLU}(s)$ and $h_2=\text{ReLU}(s-1)$. **What has become of the road in the plane of $h_1$ and $h_2$?**
# %% [markdown] lang="zh"
# 三个，再怎么找也没有更好的。设 $w_1x_1+w_2x_2+b>0$ 处答“是”。$(0,1)$ 与 $(1,0)$ 答“是”，相加得
# $w_1+w_2+2b>0$；$(0,0)$ 与 $(1,1)$ 答“否”，相加得 $w_1+w_2+2b\le0$。两者不可能同时成立。
#
# 两个“是”的角有个共同点：$s=x_1+x_2=1$。沿着 $s$ 这条路，四个角站在 $0$、$1$、$1$ 和 $2$ 处，一刀切不出中间那一段。
# 现在让两个 ReLU，即 $\text{ReLU}(z)=\max(z,0)$，来看同一条路：$h_1=\text{ReLU}(s)$，$h_2=\text{ReLU}(s-1)$。
# **在 $h_1$、$h_2$ 的平面上，这条路变成了什么样？**
# %%
def hidden(x):  # (..., 2) → (..., 2)
    s = np.sum(x, axis=-1, keepdims=True)
    return np.maximum(s - [0, 1], 0)

def dots(axes, points, wanted, size=70):
    for value, color, name in ((0, "C0", label("no", "否")), (1, "C3", label("yes", "是"))):
        axes.scatter(*points[wanted == value].T, s=size, color=color, zorder=3, label=name)

widest = np.where(right == 3, np.abs(scores).min(axis=0), 0).argmax()  # far from every corner
angle, offset = np.unravel_index(widest, right.shape)
side = np.linspace(-0.3, 1.3, 33)
plane = np.stack(np.meshgrid(side, side), axis=-1)                    # (33, 33, 2)

left, bent = canvas(panels=2, size=(8.4, 3.3))
left.contourf(side, side, plane @ directions[:, angle] > offsets[offset],
              levels=[0.5, 2], colors=["C3"], alpha=0.2)
dots(left, corners, xor)
left.set(xlabel="$x_1$", ylabel="$x_2$", title=label("one of the best lines", "最好的直线之一"))
road = hidden(plane).reshape(-1, 2)                                   # (1089, 2)
bent.plot(*road.T, ".", color="0.6", label=label("the plane, bent", "掰弯的平面"))
dots(bent, hidden(corners), xor)
bent.axline((0.5, 0), slope=0.5, color="C2", ls="--", label="$h_1-2h_2=0.5$")
bent.set(xlabel="$h_1$", ylabel="$h_2$", title=label("after two ReLUs", "经过两个 ReLU"))
bent.legend(loc="upper left");
# %% [markdown] lang="en"
# The whole plane has become one road with a bend in it, at $s=1$, where the second unit wakes up. The three places of
# the corners stood in a line; now they are a triangle, and a single cut, $h_1-2h_2>0.5$, gets the middle one out. That
# is what hidden layers are for: *they move the points until a straight cut is enough*. Here the bend was made by
# hand. The rest of the lesson is about finding it by the gradient.
# %% [markdown] lang="zh"
# 整个平面变成了一条路，在 $s=1$ 处有个弯：第二个单元正是从那里开始醒来。四个角占的三个位置原来排成一线，现在成了三角形，
# 一刀 $h_1-2h_2>0.5$ 就把中间的切了出来。隐藏层的用处就在这里：**把点挪来挪去，直到切一刀就够**。这里的弯是我们用手掰的；
# 这一课余下的部分，讲怎样靠梯度把它找出来。
# %%
h = hidden(corners)
answers = h[:, 0] - 2 * h[:, 1] > 0.5
print(answers)
assert np.array_equal(answers, xor)
# %% [markdown] lang="en"
# ## The mathematics: three moves back for each layer
# A small network with two inputs, two hidden units and two outputs, all with the sigmoid
# $\sigma(z)=\frac1{1+e^{-z}}$, whose slope is $\sigma'(z)=\sigma(z)\,(1-\sigma(z))$:
# $$u=W_1x+b_1,\quad h=\sigma(u),\quad v=W_2h+b_2,\quad y=\sigma(v),\quad L=\frac12\sum_k(y_k-t_k)^2$$
# As in lesson 02, $\bar u$ is $\partial L/\partial u$, of the same shape as $u$.
#
# | symbol | shape | what it is |
# |--|--|--|
# | $x$, $t$ | `(2,)` | input and target |
# | $W_1$, $b_1$ | `(2, 2)`, `(2,)` | weights and biases of the hidden layer: a row for each unit |
# | $u$, $h$ | `(2,)` | hidden layer, before and after its sigmoid |
# | $W_2$, $b_2$ | `(2, 2)`, `(2,)` | weights and biases of the output layer |
# | $v$, $y$ | `(2,)` | output layer, before and after its sigmoid |
# | $L$ | `()` | the loss, half of the squared error |
#
# The way back is the chain rule, three times for each layer. Through the sigmoid: $\bar v_i=\bar y_i\,y_i(1-y_i)$. Into
# the weights, since $v_i=\sum_jW_{ij}h_j+b_i$: $\bar W_{ij}=\bar v_i\,h_j$ and $\bar b_i=\bar v_i$. And back through
# the weights, where paths add: $\bar h_j=\sum_i\bar v_i\,W_{ij}$. Written for whole layers that is an outer product
# $\bar v\,h^\top$ `(2, 2)`, and a transpose, $W^\top\bar v$ `(2,)`; $\odot$ multiplies entry by entry.
#
# Take $x=(1,\,2)$, $t=(0.1,\,0.9)$ and
# $$W_1=\begin{pmatrix}0.1&0.2\\0.3&-0.4\end{pmatrix},\quad b_1=(0.5,\,0.1),\quad
# W_2=\begin{pmatrix}1.2&-0.5\\-0.8&0.6\end{pmatrix},\quad b_2=(0.1,\,-0.2).$$
# Pen and paper, please. **Forwards**, layer by layer:
# $$u=(0.1\cdot1+0.2\cdot2+0.5,\;0.3\cdot1-0.4\cdot2+0.1)=(1,\,-0.4),\quad h=\sigma(u)=(0.7311,\,0.4013)$$
# $$v=W_2h+b_2=(0.7766,\,-0.5441),\quad y=\sigma(v)=(0.6849,\,0.3672),\quad L=0.3130$$
# **Backwards**, from the end, three moves for each layer:
# $$\bar v=(y-t)\odot y\odot(1-y)=(0.5849\cdot0.2158,\;-0.5328\cdot0.2324)=(0.12623,\,-0.12380)$$
# $$\bar W_2=\bar v\,h^\top=\begin{pmatrix}0.0923&0.0507\\-0.0905&-0.0497\end{pmatrix},\quad\bar b_2=\bar v$$
# $$\bar h=W_2^\top\bar v=(1.2\cdot0.12623+0.8\cdot0.12380,\;-0.5\cdot0.12623-0.6\cdot0.12380)=(0.2505,\,-0.1374)$$
# $$\bar u=\bar h\odot h\odot(1-h)=(0.2505\cdot0.1966,\;-0.1374\cdot0.2403)=(0.04925,\,-0.03301)$$
# $$\bar W_1=\bar u\,x^\top=\begin{pmatrix}0.0493&0.0985\\-0.0330&-0.0660\end{pmatrix},\quad\bar b_1=\bar u$$
# Why is the second column of $\bar W_1$ twice the first?
# %% [markdown] lang="zh"
# ## 数学：每一层往回走三步
# 一个小网络：两个输入，两个隐藏单元，两个输出，全用 sigmoid，即 $\sigma(z)=\frac1{1+e^{-z}}$，它的斜率是
# $\sigma'(z)=\sigma(z)\,(1-\sigma(z))$：
# $$u=W_1x+b_1,\quad h=\sigma(u),\quad v=W_2h+b_2,\quad y=\sigma(v),\quad L=\frac12\sum_k(y_k-t_k)^2$$
# 与第 02 课一样，$\bar u$ 表示 $\partial L/\partial u$，形状与 $u$ 相同。
#
# | 符号 | 形状 | 含义 |
# |--|--|--|
# | $x$, $t$ | `(2,)` | 输入与目标 |
# | $W_1$, $b_1$ | `(2, 2)`, `(2,)` | 隐藏层的权重与偏置：每个单元一行 |
# | $u$, $h$ | `(2,)` | 隐藏层，经过 sigmoid 之前与之后 |
# | $W_2$, $b_2$ | `(2, 2)`, `(2,)` | 输出层的权重与偏置 |
# | $v$, $y$ | `(2,)` | 输出层，经过 sigmoid 之前与之后 |
# | $L$ | `()` | 损失，即平方误差的一半 |
#
# 往回走用的是链式法则，每层用三次。穿过 sigmoid：$\bar v_i=\bar y_i\,y_i(1-y_i)$。流进权重，由于
# $v_i=\sum_jW_{ij}h_j+b_i$，有 $\bar W_{ij}=\bar v_i\,h_j$ 和 $\bar b_i=\bar v_i$。再穿过权重，多条路径要相加：
# $\bar h_j=\sum_i\bar v_i\,W_{ij}$。整层一起写，前者是外积 $\bar v\,h^\top$ `(2, 2)`，后者出现转置，
# $W^\top\bar v$ `(2,)`；$\odot$ 表示逐个元素相乘。
#
# 取 $x=(1,\,2)$，$t=(0.1,\,0.9)$，以及
# $$W_1=\begin{pmatrix}0.1&0.2\\0.3&-0.4\end{pmatrix},\quad b_1=(0.5,\,0.1),\quad
# W_2=\begin{pmatrix}1.2&-0.5\\-0.8&0.6\end{pmatrix},\quad b_2=(0.1,\,-0.2).$$
# 请拿出纸笔。**前向**，一层一层地算：
# $$u=(0.1\cdot1+0.2\cdot2+0.5,\;0.3\cdot1-0.4\cdot2+0.1)=(1,\,-0.4),\quad h=\sigma(u)=(0.7311,\,0.4013)$$
# $$v=W_2h+b_2=(0.7766,\,-0.5441),\quad y=\sigma(v)=(0.6849,\,0.3672),\quad L=0.3130$$
# **反向**，从末端开始，每层三步：
# $$\bar v=(y-t)\odot y\odot(1-y)=(0.5849\cdot0.2158,\;-0.5328\cdot0.2324)=(0.12623,\,-0.12380)$$
# $$\bar W_2=\bar v\,h^\top=\begin{pmatrix}0.0923&0.0507\\-0.0905&-0.0497\end{pmatrix},\quad\bar b_2=\bar v$$
# $$\bar h=W_2^\top\bar v=(1.2\cdot0.12623+0.8\cdot0.12380,\;-0.5\cdot0.12623-0.6\cdot0.12380)=(0.2505,\,-0.1374)$$
# $$\bar u=\bar h\odot h\odot(1-h)=(0.2505\cdot0.1966,\;-0.1374\cdot0.2403)=(0.04925,\,-0.03301)$$
# $$\bar W_1=\bar u\,x^\top=\begin{pmatrix}0.0493&0.0985\\-0.0330&-0.0660\end{pmatrix},\quad\bar b_1=\bar u$$
# $\bar W_1$ 的第二列为什么恰是第一列的两倍？
# %%
W1, b1 = np.array([[0.1, 0.2], [0.3, -0.4]]), np.array([0.5, 0.1])
W2, b2 = np.array([[1.2, -0.5], [-0.8, 0.6]]), np.array([0.1, -0.2])
x, t = np.array([1.0, 2.0]), np.array([0.1, 0.9])

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

u = W1 @ x + b1                    # forwards
h = sigmoid(u)
v = W2 @ h + b2
y = sigmoid(v)
L = np.sum((y - t) ** 2) / 2

v_bar = (y - t) * y * (1 - y)      # backwards: through the sigmoid,
W2_bar = np.outer(v_bar, h)        # into the weights,
h_bar = W2.T @ v_bar               # back through the weights
u_bar = h_bar * h * (1 - h)
W1_bar = np.outer(u_bar, x)
# %% [markdown] lang="en"
# Does the pen agree with the machine? And both with differences, which know nothing of the chain rule?
# %% [markdown] lang="zh"
# 纸笔与机器一致吗？差商对链式法则一无所知，它们与差商又是否一致？
# %%
by_hand = {"u": (u, [1, -0.4]), "h": (h, [0.7311, 0.4013]),
           "v": (v, [0.7766, -0.5441]), "y": (y, [0.6849, 0.3672]), "L": (L, 0.3130),
           "y - t": (y - t, [0.5849, -0.5328]), "y (1 - y)": (y * (1 - y), [0.2158, 0.2324]),
           "v_bar": (v_bar, [0.12623, -0.12380]), "h_bar": (h_bar, [0.2505, -0.1374]),
           "W2_bar": (W2_bar, [[0.0923, 0.0507], [-0.0905, -0.0497]]),
           "h (1 - h)": (h * (1 - h), [0.1966, 0.2403]), "u_bar": (u_bar, [0.04925, -0.03301]),
           "W1_bar": (W1_bar, [[0.0493, 0.0985], [-0.0330, -0.0660]])}
for name, (machine, pen) in by_hand.items():
    print(f"{name:9}", np.round(machine, 5).tolist())
    assert np.allclose(machine, pen, rtol=0, atol=6e-5)

def loss_of(W):  # with other weights in the hidden layer
    return np.sum((sigmoid(W2 @ sigmoid(W @ x + b1) + b2) - t) ** 2) / 2

move = np.array([[0.0, 1e-5], [0.0, 0.0]])  # from the second input to the first unit
slope = (loss_of(W1 + move) - loss_of(W1 - move)) / 2e-5
print(f"{slope:.8f} {W1_bar[0, 1]:.8f}")
assert abs(slope - W1_bar[0, 1]) < 1e-9
# %% [markdown] lang="en"
# ## In plain NumPy: any number of layers, any number of examples
# With $N$ examples at once, an example is a row: $U=XW^\top+b$ has the shape `(N, out)`. The moves are the same three,
# and the gradient of a weight is now a sum over the examples, which `g.T @ x` makes on the way.
# %% [markdown] lang="zh"
# ## 只用 NumPy：任意多层，任意多个样本
# 一次处理 $N$ 个样本时，每个样本占一行：$U=XW^\top+b$，形状为 `(N, out)`。步子还是那三步，只是权重的梯度要对样本求和，
# 而 `g.T @ x` 顺路就把它求了。
# %%
def forward(x, layers):  # x (N, in); all values on the way, the input first
    values = [x]
    for W, b in layers:
        values.append(sigmoid(values[-1] @ W.T + b))         # (N, out)
    return values

def backward(g, values, layers):  # g (N, out), the gradient of the last value
    gradients = []
    for (W, b), x, y in reversed(list(zip(layers, values[:-1], values[1:]))):
        g = g * y * (1 - y)                                  # through the sigmoid
        gradients.append((g.T @ x, np.sum(g, axis=0)))       # into W (out, in) and b (out,)
        g = g @ W                                            # back through W: (N, in)
    return gradients[::-1]

layers = [(W1, b1), (W2, b2)]
values = forward(x[None], layers)
gradients = backward(values[-1] - t, values, layers)
assert np.allclose(gradients[0][0], W1_bar) and np.allclose(gradients[1][0], W2_bar)
# %% [markdown] lang="en"
# Now downhill, again and again: every weight goes against its gradient, by `rate` times as much. First our small
# network, then XOR: one neuron, a hidden layer of two units, and one of eight, each from three random starts. **At
# which loss will the one neuron end?** It cannot get all four corners right; what is the best that it can say?
# %% [markdown] lang="zh"
# 现在一步一步往下走：每个权重都逆着自己的梯度移动，幅度是梯度的 `rate` 倍。先是我们的小网络，再是 XOR：
# 单个神经元、两个单元的隐藏层、八个单元的隐藏层，各从三个随机起点出发。**单个神经元的损失会停在哪里？**
# 它不可能把四个角都答对，那么它最好的回答是什么？
# %%
def learn(layers, x, t, steps, rate=1.0, back=backward):
    losses = []
    for _ in range(steps):
        values = forward(x, layers)
        losses.append(np.sum((values[-1] - t) ** 2) / 2)
        found = back(values[-1] - t, values, layers)
        layers = [(W - rate * W_bar, b - rate * b_bar)
                  for (W, b), (W_bar, b_bar) in zip(layers, found)]
    return layers, losses

def random_start(seed, *sizes):
    rng = np.random.default_rng(seed)
    return [(rng.standard_normal((outs, ins)), np.zeros(outs))
            for ins, outs in zip(sizes, sizes[1:])]

learnt, losses = learn(layers, x[None], t, 1000)
print(say("loss after 0, 10, 100 steps:", "0、10、100 步时的损失："),
      *(f"{losses[k]:.5f}" for k in (0, 10, 100)))
print(say("output:", "输出："), np.round(forward(x, learnt)[-1], 3), say("target:", "目标："), t)
assert np.allclose(forward(x, learnt)[-1], t, atol=1e-3)
# %%
shapes = {label("one neuron", "单个神经元"): (2, 1),
          label("2 hidden units", "2 个隐藏单元"): (2, 2, 1),
          label("8 hidden units", "8 个隐藏单元"): (2, 8, 1)}
wanted = xor[:, None]
axes = canvas(x=("step", "步"), y=("loss", "损失"), log="x", size=(6.4, 3.2))
for (name, sizes), color in zip(shapes.items(), ("C0", "C1", "C2")):
    for seed in range(3):
        learnt, losses = learn(random_start(seed, *sizes), corners, wanted, 3000)
        right = np.sum((forward(corners, learnt)[-1] > 0.5) == wanted)
        axes.plot(range(1, 3001), losses, color=color, label=name if seed == 0 else None)
        if sizes == (2, 1):
            assert right <= 3 and abs(losses[-1] - 0.5) < 0.01
        if sizes == (2, 8, 1):
            assert right == 4
axes.legend();
# %% [markdown] lang="en"
# The one neuron ends at a loss of $0.5$: it says one half to everything, four times an error of $\frac12$, and
# $\frac12\cdot4\cdot\frac14=\frac12$. Two hidden units are enough for XOR, but from one of the starts they get stuck:
# the slope there is nearly zero, in a bad place. Eight units find a way from all three. *More units than needed make
# the search easier*, and all large networks live on that.
# %% [markdown] lang="zh"
# 单个神经元停在 $0.5$：它对什么都答一半，四次误差都是 $\frac12$，于是 $\frac12\cdot4\cdot\frac14=\frac12$。
# 两个隐藏单元对 XOR 已经够用，但有一个起点让它们卡住了：那里坡度几乎为零，地方却不好。八个单元从三个起点都找到了出路。
# **单元比必需的多，找起来就容易**，大型网络全靠这一点。
# %% [markdown] lang="en"
# ## TinyLM's own: layers that stand in a row
# `nn.Linear` is $xW^\top+b$ with a weight of shape `(out, in)`, as ours; `nn.Sequential` puts layers in a row. There is
# no backward to write: the walk of lesson 02 finds it. Our numbers go in, and the same gradients come out.
# %% [markdown] lang="zh"
# ## TinyLM 的实现：把层排成一串
# `nn.Linear` 就是 $xW^\top+b$，权重的形状是 `(out, in)`，与我们的一样；`nn.Sequential` 把各层排成一串。反向不用写：
# 第 02 课那一趟往回走，自己就找到了它。放进我们的数，出来的是同样的梯度。
# %%
model = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 2), nn.Sigmoid()).to(np.float64)
model.load_state_dict({"0.weight": W1, "0.bias": b1, "2.weight": W2, "2.bias": b2})
print(model)

loss = nn.mse_loss(model(x), t, reduction="sum") / 2
loss.backward()
for name, parameter in model.named_parameters():
    print(name, np.round(parameter.grad.numpy(), 4).tolist())

assert np.isclose(loss.item(), L)
for place, (W_bar, b_bar) in zip((0, 2), gradients):
    assert np.allclose(model[place].weight.grad.numpy(), W_bar, atol=1e-15)
    assert np.allclose(model[place].bias.grad.numpy(), b_bar, atol=1e-15)
# %% [markdown] lang="en"
# ## Check the gradient, then break it
# A layer of ours as an operation of TinyLM, with our three moves as its rule: so `tl.gradcheck` can try it. `joint`
# says that one rule gives the gradients of all three inputs.
# %% [markdown] lang="zh"
# ## 检验梯度，再弄坏它
# 把我们的一层做成 TinyLM 的一个运算，规则就是那三步，这样 `tl.gradcheck` 就能检验它。`joint` 是说，这一条规则同时给出
# 三个输入的梯度。
# %%
@tl.primitive()
def layer(x, W, b):
    "y = σ(x Wᵀ + b)"
    return 1 / (1 + np.exp(-(x @ W.T + b)))

def three_moves(g, x, W, y):
    g = g * y * (1 - y)
    return {"x": g @ W, "W": g.T @ x, "b": np.sum(g, axis=0)}

layer.vjp("x", "W", "b", joint=True)(three_moves)

def network(x, W1, b1, W2, b2):
    return layer(layer(x, W1, b1), W2, b2)

inputs = [x[None], W1, b1, W2, b2]
report = tl.gradcheck(network, inputs, order=2)
print(say("gradients compared, of first and second order:", "对照过的梯度（一阶与二阶）："),
      len(report.entries))
assert report
# %% [markdown] lang="en"
# Two mistakes that are really made. The first forgets which way round $W$ stands: with two inputs and two outputs every
# shape still fits. The second takes the slope of the sigmoid at its *output* $y$ instead of its input. **Which of the
# gradients, of $x$, $W_1$, $b_1$, $W_2$ and $b_2$, will each of them spoil?**
# %% [markdown] lang="zh"
# 两个真会有人犯的错。第一个忘了 $W$ 的方向：输入输出都是两个，形状样样对得上。第二个把 sigmoid 的斜率取在它的**输出** $y$ 处，
# 而不是输入处。**在 $x$、$W_1$、$b_1$、$W_2$、$b_2$ 的梯度中，它们各会弄坏哪几个？**
# %%
def turned(g, x, W, y):
    g = g * y * (1 - y)
    return {"x": g @ W.T, "W": g.T @ x, "b": np.sum(g, axis=0)}

def at_the_output(g, x, W, y):
    slope = 1 / (1 + np.exp(-y))
    g = g * slope * (1 - slope)
    return {"x": g @ W, "W": g.T @ x, "b": np.sum(g, axis=0)}

def spoilt(rule, inputs):
    layer.vjp("x", "W", "b", joint=True)(rule)
    report = tl.gradcheck(network, inputs, raise_exception=False)
    names = ("x", "W1", "b1", "W2", "b2")
    found = [name for name, entry in zip(names, report.entries) if entry.error > 1e-8]
    print(f"{rule.__name__:14}", *(found or [say("nothing found", "什么也没发现")]))
    return found

assert spoilt(turned, inputs) == ["x", "W1", "b1"]
assert len(spoilt(at_the_output, inputs)) == 5
symmetric = [x[None], W1 + W1.T, b1, W2 + W2.T, b2]
assert spoilt(turned, symmetric) == []
# %% [markdown] lang="en"
# What is spoilt points at the place. A turned $W$ leaves the last layer's own gradients right and spoils all that lies
# behind it; a wrong slope spoils everything. And the last line: with symmetric weights nobody can tell turned from
# straight. Check at numbers that have no pattern.
#
# But would one not notice anyway, because the network does not learn? **Do you expect the wrong slope to learn XOR?**
# %% [markdown] lang="zh"
# 坏了哪几个，就指出了毛病在哪里。$W$ 转错了，最后一层自己的梯度仍然对，再往回的就全坏；斜率取错了，就统统都坏。
# 再看最后一行：权重若是对称的，谁也分不出转没转。检验时，要用没有规律的数。
#
# 可是，网络要是学不会，不就会被发现吗？**你觉得，用错的斜率学得会 XOR 吗？**
# %%
def wrong_backward(g, values, layers):
    gradients = []
    for (W, b), x, y in reversed(list(zip(layers, values[:-1], values[1:]))):
        found = at_the_output(g, x, W, y)
        gradients.append((found["W"], found["b"]))
        g = found["x"]
    return gradients[::-1]

for seed in range(3):
    took = []
    for back in (backward, wrong_backward):
        learnt, losses = learn(random_start(seed, 2, 8, 1), corners, wanted, 4000, back=back)
        assert np.array_equal(forward(corners, learnt)[-1] > 0.5, wanted > 0.5)
        took.append(np.argmax(np.array(losses) < 0.05))
    print(say(f"start {seed}: steps to a loss of 0.05: right {took[0]:4}, wrong {took[1]:4}",
              f"起点 {seed}：损失降到 0.05 的步数：对的 {took[0]:4}，错的 {took[1]:4}"))
    assert took[0] < took[1]
# %% [markdown] lang="en"
# It does learn, all four corners, from every start, only several times more slowly. For each example its gradients have
# the right signs and the wrong sizes, and downhill is downhill. *A falling loss is no proof of a gradient.* Nothing
# crashes, nothing looks odd, and one only wonders why others do better. That is what the check is for.
# %% [markdown] lang="zh"
# 学得会，四个角全对，三个起点都行，只是慢了好几倍。对每个样本，它的梯度大小不对，符号却对，往下总归是往下。
# **损失在下降，并不证明梯度是对的。** 什么都不报错，什么都不显得奇怪，只是想不通别人为什么做得更好。检验就是为此而设的。
# %% [markdown] lang="en"
# ## The experiment: two spirals, then depth
# Two spirals, one inside the other, two turns each: a test that Lang and Witbrock (1988) made because it is hard. The
# dumb baseline is the best that a straight cut can learn. The network has two hidden layers of ReLUs and ends in a
# score $z$; its answer is $p=\sigma(z)$, and the loss is the average of $-\ln p$ of the right answer, as in lesson 02.
# It is judged by points that it has not seen. **How would you cut the spirals apart with straight lines?**
# %% [markdown] lang="zh"
# ## 实验：先分两条螺旋线，再看深度
# 两条螺旋线，一条套着另一条，各转两圈：这是 Lang 与 Witbrock（1988）特意造出来的难题。笨办法作为基准：
# 直直的一刀能学到的最好结果。网络有两个 ReLU 隐藏层，末端给出分数 $z$，它的回答是 $p=\sigma(z)$，损失是正确答案的
# $-\ln p$ 的平均，与第 02 课相同。评判用的是它没有见过的点。**若只用直线，你会怎样把两条螺旋线分开？**
# %%
def spirals(rng, count):  # points (count, 2), on which arm (count, 1)
    arm, radius = np.arange(count) % 2, rng.uniform(0.08, 1, count)
    angle = 4 * np.pi * radius + np.pi * arm
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    points += 0.03 * rng.standard_normal(points.shape)
    return np.float32(points), np.float32(arm)[:, None]

def build(rng, sizes, nonlinearity=nn.ReLU, start=None):
    parts = []
    for ins, outs in zip(sizes, sizes[1:]):
        parts += [nn.Linear(ins, outs, rng=rng), nonlinearity()]
        if start is not None:
            start(parts[-2].weight, rng=rng)
    return nn.Sequential(*parts[:-1])  # no nonlinearity after the last

def descend(model, x, t, steps, rate):  # gives step and loss, as it goes
    parameters = list(model.parameters())
    for step in range(steps + 1):
        loss = nn.binary_cross_entropy_with_logits(model(x), t)
        yield step, loss.item()
        for p, g in zip(parameters, tl.grad(loss, parameters)):
            p.assign(p.data - rate * g.data)
# %%
seed = 0
rng = np.random.default_rng(seed)
points, arm = spirals(rng, 400)
new_points, new_arm = spirals(rng, 2000)

def accuracy(model):
    return np.mean((model(new_points).data > 0) == new_arm)

model = build(rng, (2, 64, 64, 1))
across = np.linspace(-1.15, 1.15, 90, dtype=np.float32)
grid = np.stack(np.meshgrid(across, across), axis=-1)                          # (90, 90, 2)
surfaces = {}
for step, _ in descend(model, points, arm, 3000, rate=0.5):
    if step in (0, 100, 500, 800, 1100, 3000):
        surfaces[step] = tl.ops.sigmoid(model(grid)[..., 0]).data, accuracy(model)
# %% tags=["varies"]
for row in (list(surfaces)[:3], list(surfaces)[3:]):
    for axes, step in zip(canvas(panels=3, size=(8.4, 3.0)), row):
        surface, share = surfaces[step]
        axes.contourf(across, across, surface, np.linspace(0, 1, 5), cmap="RdBu_r", alpha=0.5)
        dots(axes, points, arm[:, 0], size=2)
        axes.set(xticks=[], yticks=[],
                 title=label(f"step {step}: {share:.1%} right", f"第 {step} 步：对 {share:.1%}"))
# %% [markdown] lang="en"
# Read the panels in order. First a soft cut across, hardly better than a straight one; then the outer turn, where there
# is room; then islands inside, each with some points of one colour; and at last the islands join into arms. Look at the
# edges: they are *straight pieces*, for a network of ReLUs is made of bends. And in the corners of the panels, where
# there are no points at all, it is just as sure of itself.
# %% [markdown] lang="zh"
# 按顺序看这几幅图。起先是横着的柔和一刀，比直直一刀强不了多少；接着是最外面那一圈，那里地方宽敞；然后里面冒出一座座小岛，
# 各占住几个同色的点；最后小岛连成了旋臂。再看边界：它们由**一段段直线**拼成，因为 ReLU 网络就是由弯折组成的。
# 而在图的四角，一个点也没有，它却照样信心十足。
# %% tags=["varies"]
straight = build(rng, (2, 1))
for _ in descend(straight, points, arm, 3000, rate=0.5):
    pass
print(say(f"new points right: straight cut {accuracy(straight):.1%}, network {accuracy(model):.1%}",
          f"新点答对：直直一刀 {accuracy(straight):.1%}，网络 {accuracy(model):.1%}"))
print(say("expected: straight cut 50 to 60 %, network 99 ± 1 %", "预期：直直一刀 50 到 60 %，网络 99 ± 1 %"))
assert 0.5 <= accuracy(straight) < 0.6
assert abs(accuracy(model) - 0.99) <= 0.01
# %% [markdown] lang="en"
# ### Why deep sigmoids stall
# If two hidden layers are good, are twenty better? Each layer hands back
# $$\bar u_{l}=\left(W_{l+1}^\top\,\bar u_{l+1}\right)\odot f'(u_l)$$
#
# | symbol | shape | what it is |
# |--|--|--|
# | $u_l$, $\bar u_l$ | `(n,)` | layer $l$ before its nonlinearity $f$, and the gradient there |
# | $W_{l+1}$ | `(n, n)` | weights drawn with mean $0$ and standard deviation $s$ |
#
# An entry of $W_{l+1}^\top\bar u_{l+1}$ is a sum of $n$ terms with random signs, so the product is $\sqrt n\,s$ times
# as long as $\bar u_{l+1}$. Then the slopes come on top. With $r$ for their root mean square, each layer multiplies the
# gradient by about
# $$\frac{\|\bar u_{l}\|}{\|\bar u_{l+1}\|}\approx\sqrt n\,s\,r$$
# The slope of a sigmoid is $y(1-y)\le\frac14$, that of tanh at most $1$; a ReLU is open for half of its inputs, with
# slope $1$, which makes $r=\sqrt{\frac12}$. **Twenty layers of sigmoids, with $\sqrt n\,s=1$: how much of the gradient
# arrives at the first? A hundredth? A millionth?**
# %% [markdown] lang="zh"
# ### 深层 sigmoid 为什么学不动
# 两个隐藏层就这么好，二十层岂不更好？每一层交回的是
# $$\bar u_{l}=\left(W_{l+1}^\top\,\bar u_{l+1}\right)\odot f'(u_l)$$
#
# | 符号 | 形状 | 含义 |
# |--|--|--|
# | $u_l$, $\bar u_l$ | `(n,)` | 第 $l$ 层经过非线性 $f$ 之前的值，以及那里的梯度 |
# | $W_{l+1}$ | `(n, n)` | 权重，随机抽取，均值 $0$，标准差 $s$ |
#
# $W_{l+1}^\top\bar u_{l+1}$ 的每个元素都是 $n$ 项之和，各项符号随机，所以乘积的长度是 $\bar u_{l+1}$ 的
# $\sqrt n\,s$ 倍。然后再乘上斜率。记斜率的均方根为 $r$，每一层大约把梯度乘以
# $$\frac{\|\bar u_{l}\|}{\|\bar u_{l+1}\|}\approx\sqrt n\,s\,r$$
# sigmoid 的斜率是 $y(1-y)\le\frac14$，tanh 的不超过 $1$；ReLU 对一半的输入打开，斜率为 $1$，于是 $r=\sqrt{\frac12}$。
# **二十层 sigmoid，$\sqrt n\,s=1$：能到达第一层的梯度还剩多少？百分之一？百万分之一？**
# %%
depth, width = 20, 64

def small(weight, rng):
    nn.init.normal_(weight, std=0.1, rng=rng)

xavier, he = nn.init.xavier_normal_, nn.init.kaiming_normal_

def fading(nonlinearity, start, seed):  # the size of the gradient in every layer
    rng = np.random.default_rng(seed)
    h, every_u = points, []
    for _ in range(depth):
        linear = nn.Linear(h.shape[1], width, bias=False, rng=rng)
        start(linear.weight, rng=rng)
        every_u.append(linear(h))
        h = nonlinearity()(every_u[-1])
    noise = np.float32(rng.standard_normal(h.shape))  # some gradient at the end
    found = tl.grad(np.sum(h * noise), every_u)
    return np.array([np.linalg.norm(g.data.astype(float)) for g in found])

cases = {"sigmoid, s = 0.1": (nn.Sigmoid, small, 0.1 * np.sqrt(width) / 4),
         "sigmoid, Xavier": (nn.Sigmoid, xavier, 1 / 4), "tanh, Xavier": (nn.Tanh, xavier, 1.0),
         "ReLU, s = 0.1": (nn.ReLU, small, 0.1 * np.sqrt(width / 2)),
         "ReLU, He": (nn.ReLU, he, 1.0)}
# %% tags=["varies"]
axes = canvas(x=("layer", "层"), y=("gradient, as a share of the last layer's", "梯度（以最后一层为 1）"),
              log="y", size=(7.2, 3.8))
number = np.arange(1, depth + 1)
for color, (name, (nonlinearity, start, expected)) in enumerate(cases.items()):
    norms = fading(nonlinearity, start, seed)
    measured = (norms[0] / norms[-1]) ** (1 / (depth - 1))
    axes.plot(number, norms / norms[-1], color=f"C{color}", label=name)
    axes.plot(number, expected ** (depth - number), "--", lw=1, color=f"C{color}")
    print(say(f"{name:17} a layer: predicted {expected:.3f}, measured {measured:.3f}; "
              f"all layers: {norms[0] / norms[-1]:.0e}",
              f"{name:17} 每层：预测 {expected:.3f}，实测 {measured:.3f}；全部层：{norms[0] / norms[-1]:.0e}"))
    assert 0.85 < measured / expected < 1.05
axes.set_xticks([1, 5, 10, 15, 20])
axes.legend(loc="lower right");
# %% [markdown] lang="en"
# Dashed is what the formula predicts. For sigmoids, about a quarter is left after each layer, and after twenty next to
# nothing: the last layers learn, and the first stay as random as they were drawn. Another start hardly helps, as it is
# the factor $\frac14$ that does it. **Or would it help to draw weights four times as large**, with $\sqrt n\,s=4$, so
# that $4\cdot\frac14=1$?
# %% [markdown] lang="zh"
# 虚线是公式的预测。sigmoid 每过一层，梯度只剩约四分之一，二十层之后几乎什么也不剩：最后几层在学，最前几层还是当初随机抽出来的
# 样子。换个起点也没什么用，因为坏事的是 $\frac14$ 这个因子。**那么，把权重放大到四倍，有用吗？** 那时 $\sqrt n\,s=4$，
# 而 $4\cdot\frac14=1$。
# %% tags=["varies"]
def loud(weight, rng):
    nn.init.normal_(weight, std=4 / np.sqrt(width), rng=rng)

norms = fading(nn.Sigmoid, loud, seed)
measured = (norms[0] / norms[-1]) ** (1 / (depth - 1))
print(say(f"a layer: {measured:.3f}; all layers: {norms[0] / norms[-1]:.0e}",
          f"每层：{measured:.3f}；全部层：{norms[0] / norms[-1]:.0e}"))
assert 0.45 < measured < 0.75
# %% [markdown] lang="en"
# No. Larger weights make larger $u$, these drive the sigmoids to their flat ends, and $r$ falls. A ReLU has slopes of
# $1$ or $0$, nothing in between, and they do not depend on the size of $u$. So for it a start *can* mend everything:
# $s=\sqrt{2/n}$ makes the factor $1$, and that is He's start. (Xavier's is $s=\sqrt{1/n}$, where a layer has as many
# inputs as outputs.)
#
# Does it matter? Ten hidden layers on the spirals, the same width, the same number of steps.
# %% [markdown] lang="zh"
# 没用。权重大了，$u$ 就大，sigmoid 被推到两头的平坦处，$r$ 反而变小。ReLU 的斜率非 $1$ 即 $0$，没有中间的，也与 $u$ 的大小无关，
# 所以对它来说，换个起点**真能**治好：$s=\sqrt{2/n}$ 让因子变成 $1$，这就是 He 的起点。（在输入与输出一样多的层，
# Xavier 的起点是 $s=\sqrt{1/n}$。）
#
# 这要紧吗？拿十个隐藏层去分螺旋线，宽度相同，步数相同。
# %% tags=["varies"]
sizes = (2, *[width] * 10, 1)
runs = {label("sigmoid, Xavier", "sigmoid，Xavier"): (nn.Sigmoid, xavier, 0.5),
        label("ReLU, He", "ReLU，He"): (nn.ReLU, he, 0.02)}
axes = canvas(x=("step", "步"), y=("loss", "损失"), size=(6.4, 2.8))
ends = []
for name, (nonlinearity, start, rate) in runs.items():
    deep = build(np.random.default_rng(seed), sizes, nonlinearity, start)
    losses = [loss for _, loss in descend(deep, points, arm, 800, rate)]
    axes.plot(losses, label=name)
    ends.append((losses[-1], accuracy(deep)))
axes.axhline(np.log(2), ls=":", color="0.5", label="ln 2")
axes.set_ylim(0, 0.9)
axes.legend(loc="center right");
# %% tags=["varies"]
for name, (loss, share) in zip(runs, ends):
    print(say(f"{name}: loss {loss:.4f}, new points right {share:.1%}",
              f"{name}：损失 {loss:.4f}，新点答对 {share:.1%}"))
print(f"ln 2 = {np.log(2):.4f}")
print(say("expected: sigmoid at ln 2 ± 0.001 and 50 ± 10 %, ReLU 98 ± 2 %",
          "预期：sigmoid 停在 ln 2 ± 0.001，答对 50 ± 10 %；ReLU 答对 98 ± 2 %"))
assert abs(ends[0][0] - np.log(2)) < 0.001 and abs(ends[0][1] - 0.5) <= 0.1
assert abs(ends[1][1] - 0.98) <= 0.02
# %% [markdown] lang="en"
# The deep sigmoids stay at $\ln 2$, the loss of somebody who says one half to everything, though their steps were
# twenty-five times as large. They have not found a bad answer; they never got to look for one. The ReLUs, with just as
# many weights, are through after a few hundred steps. What are the spikes on their way? A step that is too long for a
# steep place throws them up the other side.
# %% [markdown] lang="zh"
# 深层 sigmoid 停在 $\ln 2$，也就是对什么都答一半的损失，尽管它们的步子是 ReLU 的二十五倍。它们不是找到了一个坏答案，
# 而是根本没能开始找。ReLU 的权重个数一样多，几百步就学完了。它路上的那些尖峰是什么？地势陡而步子太长，就被甩到了对面的坡上。
# %% [markdown] lang="en"
# ## Exercises
# `check` tries what you hand it and says what it finds, `hint` gives one hint at a time, `solution` shows one way.
#
# ### 03.1 Predict: how many tables one neuron can compute
# Give each of the four corners a yes or a no: that is a truth table, and XOR is one of them. One neuron cannot compute
# XOR. How many of all the tables *can* it compute?
# %% [markdown] lang="zh"
# ## 练习
# `check` 会试你交上来的东西，并说出它的发现；`hint` 每次给一条提示；`solution` 给出一种做法。
#
# ### 03.1 预测：一个神经元能算出几张真值表
# 给四个角各答一个“是”或“否”，就是一张真值表，XOR 是其中之一。一个神经元算不出 XOR。在所有的真值表里，
# 它**能**算出几张？
# %%
my_tables = None

check("03.1", my_tables)
# %% [markdown] lang="en"
# ### 03.2 Implement: back through a ReLU layer
# The forward is $y=\text{ReLU}(xW^\top+b)$, with $x$ `(N, in)`, $W$ `(out, in)`, $b$ `(out,)`. Write
# `my_relu_back(g, x, W, b)`, where `g` `(N, out)` is $\bar y$. It returns $\bar x$, $\bar W$, $\bar b$. Where
# $xW^\top+b$ is exactly $0$, the slope counts as $0$.
# %% [markdown] lang="zh"
# ### 03.2 实现：反向穿过 ReLU 层
# 前向是 $y=\text{ReLU}(xW^\top+b)$，其中 $x$ 为 `(N, in)`，$W$ 为 `(out, in)`，$b$ 为 `(out,)`。写出
# `my_relu_back(g, x, W, b)`，`g` 的形状是 `(N, out)`，即 $\bar y$。它返回 $\bar x$、$\bar W$、$\bar b$。
# $xW^\top+b$ 恰好为 $0$ 时，约定斜率为 $0$。
# %%
def my_relu_back(g, x, W, b):
    ...

check("03.2", my_relu_back)
# %% [markdown] lang="en"
# ### 03.3 Break: a start from which XOR is never learnt
# A network of sigmoids with two inputs, `hidden` units and one output, as many units as you like. Write
# `my_bad_start(hidden)`, which returns `W1` `(hidden, 2)`, `b1` `(hidden,)`, `W2` `(1, hidden)`, `b2` `(1,)`, so that
# gradient descent *never* learns XOR. Weights must be ordinary: from `0.1` to `3` in size, biases up to `3`.
# %% [markdown] lang="zh"
# ### 03.3 弄坏：永远学不会 XOR 的起点
# 一个 sigmoid 网络，两个输入，`hidden` 个隐藏单元（要多少有多少），一个输出。写出 `my_bad_start(hidden)`，返回
# `W1` `(hidden, 2)`、`b1` `(hidden,)`、`W2` `(1, hidden)`、`b2` `(1,)`，让梯度下降**永远**学不会 XOR。
# 权重要普普通通：绝对值从 `0.1` 到 `3`，偏置的绝对值不超过 `3`。
# %%
def my_bad_start(hidden):
    ...

check("03.3", my_bad_start)
# %% [markdown] lang="en"
# ### 03.4 Extend: a start for leaky ReLUs
# A leaky ReLU lets a little of the negative side through: $f(u)=u$ where $u>0$, else $f(u)=\alpha u$, and $\alpha$ is
# the `slope`. With He's start it would be too loud. Write `my_start(rng, outs, ins, slope)`, which draws weights
# `(outs, ins)` that keep the mean square level from layer to layer.
# %% [markdown] lang="zh"
# ### 03.4 扩展：给 leaky ReLU 一个好起点
# leaky ReLU 让负的一侧也漏过一点：$u>0$ 时 $f(u)=u$，否则 $f(u)=\alpha u$，$\alpha$ 就是 `slope`。若用 He 的起点，
# 信号会越来越响。写出 `my_start(rng, outs, ins, slope)`，抽取形状为 `(outs, ins)` 的权重，让均方从一层到下一层保持不变。
# %%
def my_start(rng, outs, ins, slope):
    ...

check("03.4", my_start)
# %% [markdown] lang="en"
# ### 03.5 Extend: a way past the layer
# There is a third cure for fading: let the layer *add* to its input, $y=x+f(x)$. You are given `g`, which is $\bar y$,
# and a function `back`, which takes a gradient at the output of $f$ and gives the one at its input. Write
# `my_way_past(g, back)`, which returns $\bar x$. The verdict says what becomes of thirty layers of sigmoids.
# %% [markdown] lang="zh"
# ### 03.5 扩展：绕过一层的路
# 治梯度消失还有第三个办法：让一层往它的输入上**加**东西，$y=x+f(x)$。给你 `g`，即 $\bar y$，以及函数 `back`：
# 交给它 $f$ 输出处的梯度，它给出输入处的梯度。写出 `my_way_past(g, back)`，返回 $\bar x$。
# 判定时会告诉你，三十层 sigmoid 因此变成了什么样。
# %%
def my_way_past(g, back):
    ...

check("03.5", my_way_past)
# %% [markdown] lang="en"
# ## Read on in the source
# - `tinylm.nn.linear.linear` is the whole layer in two lines; `tinylm.nn.linear.Linear` gives it weights and a start.
# - `tinylm.nn.containers.Sequential` is a loop; `tinylm.nn.module.Module` finds the parameters in it.
# - `tinylm.ops.activation` has these nonlinearities and more, each with its slope beside it.
# - `tinylm.nn.init.kaiming_normal_` and `tinylm.nn.init.xavier_normal_` are the starts; exercise 03.4 is
#   `tinylm.nn.init.calculate_gain`.
# - `tinylm.nn.loss.binary_cross_entropy_with_logits` is the loss of the spirals, written so that nothing overflows.
# %% [markdown] lang="zh"
# ## 接着读源码
# - `tinylm.nn.linear.linear` 用两行写完了整个层；`tinylm.nn.linear.Linear` 给它权重和起点。
# - `tinylm.nn.containers.Sequential` 就是一个循环；`tinylm.nn.module.Module` 在里面找参数。
# - `tinylm.ops.activation` 里有这几种非线性，还有更多，斜率就写在旁边。
# - `tinylm.nn.init.kaiming_normal_` 和 `tinylm.nn.init.xavier_normal_` 是两种起点；练习 03.4 就是
#   `tinylm.nn.init.calculate_gain`。
# - `tinylm.nn.loss.binary_cross_entropy_with_logits` 是分螺旋线用的损失，写法保证什么都不会溢出。
# %% [markdown] lang="en"
# ## References
# - F. Rosenblatt (1958). The perceptron. *Psychological Review* 65(6).
# - M. Minsky, S. Papert (1969). *Perceptrons*. MIT Press.
# - D. E. Rumelhart, G. E. Hinton, R. J. Williams (1986). Learning representations by back-propagating errors. *Nature*
#   323.
# - K. J. Lang, M. J. Witbrock (1988). Learning to tell two spirals apart. *Connectionist Models Summer School*.
# - S. Hochreiter (1991). Untersuchungen zu dynamischen neuronalen Netzen. Diploma thesis, TU München.
# - V. Nair, G. E. Hinton (2010). Rectified linear units improve restricted Boltzmann machines. *ICML*.
# - X. Glorot, Y. Bengio (2010). Understanding the difficulty of training deep feedforward neural networks. *AISTATS*.
# - K. He, X. Zhang, S. Ren, J. Sun (2015). Delving deep into rectifiers. *ICCV*.
# - K. He, X. Zhang, S. Ren, J. Sun (2016). Deep residual learning for image recognition. *CVPR*. (The way past the
#   layer.)
# %% [markdown] lang="zh"
# ## 参考文献
# - F. Rosenblatt (1958). The perceptron. *Psychological Review* 65(6).
# - M. Minsky, S. Papert (1969). *Perceptrons*. MIT Press.
# - D. E. Rumelhart, G. E. Hinton, R. J. Williams (1986). Learning representations by back-propagating errors. *Nature*
#   323.
# - K. J. Lang, M. J. Witbrock (1988). Learning to tell two spirals apart. *Connectionist Models Summer School*.
# - S. Hochreiter (1991). Untersuchungen zu dynamischen neuronalen Netzen. Diploma thesis, TU München.（学位论文，德文。）
# - V. Nair, G. E. Hinton (2010). Rectified linear units improve restricted Boltzmann machines. *ICML*.
# - X. Glorot, Y. Bengio (2010). Understanding the difficulty of training deep feedforward neural networks. *AISTATS*.
# - K. He, X. Zhang, S. Ren, J. Sun (2015). Delving deep into rectifiers. *ICCV*.
# - K. He, X. Zhang, S. Ren, J. Sun (2016). Deep residual learning for image recognition. *CVPR*.（绕过一层的路。）
# %% [markdown] lang="en"
# ## What comes next
# The networks of this lesson went downhill with one step size for all weights, from all points at once, for thousands
# of steps. Where it is flat that is too slow, and where it is steep too fast: give the spirals `rate=5` and see.
# Lesson 04 is about going downhill well: in small batches, with momentum, with a step of its own for each weight.
# %% [markdown] lang="zh"
# ## 下一课
# 这一课的网络，下山时所有权重用同一个步长，每一步都要看完所有的点，一走就是几千步。地势平处嫌慢，陡处嫌快：给螺旋线换上
# `rate=5` 试试看。第 04 课讲怎样好好下山：用小批量，带上动量，给每个权重自己的步长。
