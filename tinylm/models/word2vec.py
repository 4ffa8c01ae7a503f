"""word2vec: a vector for each word, learnt from the words beside it (Mikolov et al. 2013a, 2013b).

    L = -ln σ(h·u) - Σₖ ln σ(-h·uₖ)      h of the word that is read, u of one beside it, uₖ of some drawn by chance

A word is known by the company it keeps. So let a word's vector say which words stand around it (skip-gram), or let
theirs, together, say the word (CBOW). A softmax over the vocabulary would be exact and slow: instead the model tells
the word that stands there from a few that chance puts there, which is negative sampling. Words with like neighbours
then get like vectors, and differences of vectors come to mean something: king - man + woman is near queen.

From top to bottom: the model in the engine's primitives, which `with tl.fused(False):` trains, and the class to use,
which trains the same by hand (negative_sampling.py). What both learn from is drawn in draws.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from numbers import Integral
from typing import Any, Self

import numpy as np

from .. import nn, optim
from ..backend import generator
from ..cooccurrence import END
from ..graph import MODE
from ..ops.activation import softplus
from ..tensor import Tensor, grad
from ..vectors import WordVectors
from . import negative_sampling
from .draws import MOST, Batch, Draws, positions_of
from .numbering import Sentences, numbered, read


class Network(nn.Module):
    """The loss of a batch: Σ over positions of -ln σ(h·u) for each right word, and of -ln σ(-h·u) for each wrong one.

    h is a word's input vector, or the mean of several; u are output vectors. Every word has one of each.

    inputs, outputs  (vocabulary, width): the vectors to begin with
    """

    def __init__(self, inputs: np.ndarray, outputs: np.ndarray) -> None:
        self.input, self.output = nn.Embedding(*inputs.shape), nn.Embedding(*outputs.shape)
        self.input.weight = Tensor(inputs, requires_grad=True)
        self.output.weight = Tensor(outputs, requires_grad=True)

    def forward(self, batch: Batch) -> Any:
        """A single number."""
        h = self.input(batch.given)  # (blocks, words, width)
        if batch.mix is not None:
            h = self.mean(h, batch.mix)  # (blocks, positions, width)
        scores = h @ self.output(batch.asked).mT  # (blocks, positions, words)
        first = batch.right.shape[-1]
        right = softplus(-scores[..., :first]) * batch.right  # -ln σ(s) = softplus(-s)
        wrong = softplus(scores[..., first:]) * batch.wrong
        return right.sum() + wrong.sum()

    def mean(self, read: Any, mix: np.ndarray) -> Any:
        """The mean of some vectors, with the gradient of their sum.  (blocks, words, width)

        A mean of m vectors would hand each an m-th of the gradient. The C program of the paper gives it to each whole,
        so words in wide windows learn m times as fast; all later ones do as it does, and so does this.
        """
        sums = (mix > 0).astype(mix.dtype) @ read
        return sums + (mix @ read - sums).detach()


def step_by_step(inputs: np.ndarray, outputs: np.ndarray, batches: Iterator[Batch]) -> None:
    """Train with the engine: its gradients, of all vectors, and its SGD. Writes into `inputs` and `outputs`."""
    network = Network(inputs, outputs)
    optimizer = optim.SGD(network.parameters(), lr=0.0)
    for batch in batches:
        optimizer.lr = batch.rate
        optimizer.step(grad(network(batch), optimizer.params))
    inputs[:], outputs[:] = (weight.detach().numpy() for weight in optimizer.params)


class Word2Vec:
    """Learns a vector for each word of a text. Arguments are gensim's, and mean what they mean there.

    vector_size       the length of a vector
    window            how many words to either side belong to a word, at most
    min_count         words rarer than that are left out
    negative          how many wrong words each right one is told from
    sample            the share of the text above which words are passed over, the more the more frequent; 0 for none
    sg                skip-gram, better for rare words; else CBOW, which is faster
    alpha, min_alpha  the learning rate at the beginning and at the end
    epochs            how often the text is gone through
    seed              of the initial vectors and of all draws: the same seed gives the same vectors, bit for bit
    positions         words of the text to a step; None for what `positions_of` says
    dtype             of the vectors

    Raises ValueError for settings that make no sense.
    """

    def __init__(self, vector_size: int = 100, window: int = 5, min_count: int = 5, negative: int = 5,
                 sample: float = 1e-3, sg: bool = False, alpha: float = 0.025, min_alpha: float = 1e-4,
                 epochs: int = 5, seed: int = 0, positions: int | None = None, dtype: Any = np.float32) -> None:
        for name, value in (("vector_size", vector_size), ("window", window), ("min_count", min_count),
                            ("negative", negative), ("epochs", epochs), ("positions", positions)):
            if (name, value) != ("positions", None) and not (isinstance(value, Integral) and value >= 1):
                raise ValueError(f"Word2Vec: {name} is {value!r}; it is a whole number, 1 or more")
        if not 0 <= sample < 1:
            raise ValueError(f"Word2Vec: sample is {sample}; it is a share of the text, such as 0.001, or 0 for none")
        if not 0 <= min_alpha <= alpha < math.inf:
            raise ValueError(f"Word2Vec: the learning rate falls from alpha={alpha} to min_alpha={min_alpha}; "
                             "take 0.025 and 0.0001")
        self.vector_size, self.window, self.min_count, self.negative = vector_size, window, min_count, negative
        self.sample, self.sg, self.alpha, self.min_alpha = sample, bool(sg), alpha, min_alpha
        self.epochs, self.seed, self.positions, self.dtype = epochs, seed, positions, np.dtype(dtype)
        if self.dtype not in (np.float32, np.float64):
            raise ValueError(f"Word2Vec: dtype is {self.dtype}; vectors are learnt in float32 or float64")
        self._vectors: WordVectors | None = None
        self.outputs = np.zeros((0, vector_size), self.dtype)
        """(vocabulary, vector_size): the output vectors, thrown away as a rule once the others are learnt."""

    @property
    def vectors(self) -> WordVectors:
        """What was learnt. Raises RuntimeError before `fit`."""
        if self._vectors is None:
            raise RuntimeError("Word2Vec: it has learnt nothing yet: call fit(sentences) first")
        return self._vectors

    def fit(self, sentences: Any) -> Self:
        """Learn from `sentences`, as `numbering.read` takes them: lists of words, or a path.

        Raises ValueError for a text without words, without two different ones, or in which no two stand side by side.
        """
        text = read(sentences, self.min_count)
        self._check(text)
        inputs, outputs = self.start(len(text.words))
        draws = self.draws(text.ids, text.counts)
        if MODE.get().fused:
            negative_sampling.train(inputs, outputs, self._shown(draws))
        else:
            step_by_step(inputs, outputs, self._shown(draws))
        self._vectors, self.outputs = WordVectors(text.words, inputs, text.counts), outputs
        return self

    def loss(self, sentences: Any, seed: int = 0) -> float:
        """The loss of a pair in another text, in nats: how surprising its words are beside each other.

        Of each pair the right word and `negative` wrong ones are asked for, so a model that knows nothing has
        (1 + negative) ln 2, or less where a wrong word drawn is the right one. Words that were not learnt are left out;
        draws depend on `seed` alone. Raises ValueError where no two words of a sentence are known.
        """
        vectors = self.vectors
        assert vectors.counts is not None  # fit knows them
        ids = numbered(sentences, vectors.words)
        draws = self.draws(ids, vectors.counts, seed=seed, epochs=1, rates=(0.0, 0.0), positions=MOST)
        found = negative_sampling.surprise(vectors.matrix, self.outputs, draws.batches())
        if math.isnan(found):
            raise ValueError("Word2Vec: no two words of a sentence of this text were learnt, so there is nothing to "
                             "score")
        return found

    def start(self, vocabulary: int) -> tuple[np.ndarray, np.ndarray]:
        """The vectors before training: input ones evenly from -1/width to 1/width, output ones zero, as gensim's."""
        draw = generator(self.seed).random((vocabulary, self.vector_size), np.float32)
        draw -= 0.5
        draw *= 2 / self.vector_size
        return draw.astype(self.dtype, copy=False), np.zeros_like(draw, self.dtype)

    def draws(self, ids: np.ndarray, counts: np.ndarray, **others: Any) -> Draws:
        """What is learnt from, for `Sentences.ids` and the counts of the training text."""
        settings: dict[str, Any] = {
            "window": self.window, "negative": self.negative, "sample": self.sample, "sg": self.sg,
            "positions": self.positions or positions_of(counts, self.sample, self.alpha, self.window, self.negative),
            "epochs": self.epochs, "rates": (self.alpha, self.min_alpha), "seed": self.seed, "dtype": self.dtype}
        return Draws(ids, counts, **settings | others)

    def _check(self, text: Sentences) -> None:
        if len(text.words) < 2:
            raise ValueError(f"Word2Vec: {text.words[0]!r} is the only word, so there is none to tell it from: give "
                             f"more text, or a min_count below {self.min_count}")
        if not ((text.ids[1:] != END) & (text.ids[:-1] != END)).any():
            raise ValueError("Word2Vec: no two words stand side by side: every sentence has one word that is frequent "
                             "enough. A sentence is a list of words, and a text a list of sentences")

    def _shown(self, draws: Draws) -> Iterator[Batch]:
        """The batches, with a bar on the screen that counts the words gone through once it takes two seconds."""
        from tqdm import tqdm

        total = len(draws.ids) * draws.epochs
        with tqdm(total=total, desc="word2vec", unit=" words", unit_scale=True, leave=False, delay=2) as bar:
            for batch in draws.batches():
                bar.update(batch.place - bar.n)
                yield batch
            bar.update(total - bar.n)
