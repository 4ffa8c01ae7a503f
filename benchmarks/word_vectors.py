"""word2vec beside gensim's: words per second, the loss on held-out text, and the peak of memory.

Each is in a process of its own, with two cores: gensim has two workers, TinyLM uses one core alone.
Both get the same lists of words, and the same settings. A word counts each time that it is gone through,
whether it is passed over or not; finding the vocabulary is in the time. The peak of memory is that of a process that
reads the text from a file, line by line, above what it had after its imports.
"""

from __future__ import annotations

import importlib.metadata
import itertools
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

from common import Worker, median, once, options, peak, report, reset_peak, rounds, serve

SETTINGS: dict[str, Any] = {"vector_size": 100, "window": 5, "min_count": 5, "negative": 5, "sample": 1e-3,
                            "alpha": 0.025, "min_alpha": 1e-4, "epochs": 2}
FORMS = {"skip-gram": True, "CBOW": False}
LINES = 150_000  # of the source of Python's library
HELD_OUT = 10  # one line in so many
THREADS = 2
MIB = 2**20
ROWS = (("1,000 words per second", "speed", 1000, 0), ("held-out loss", "loss", 1, 4),
        ("peak beyond the imports, MiB", "beyond", MIB, 1), ("peak, MiB", "whole", MIB, 1))
"""What a row is called, which figure stands in it, in what unit, with how many decimals."""


@cache
def corpus() -> tuple[list[list[str]], list[list[str]]]:
    """Lines of the source of Python's library as lists of words: to learn from, and held out."""
    import regex

    from tinylm import data
    from tinylm.text.words import PATTERN

    split = regex.compile(PATTERN).findall
    lines = [words for line in data.load("stdlib").splitlines()[:LINES] if (words := split(line))]
    return ([line for number, line in enumerate(lines) if number % HELD_OUT],
            [line for number, line in enumerate(lines) if not number % HELD_OUT])


class Lines:
    """A file, line by line, each a list of its words: as often as it is asked for."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __iter__(self) -> Iterator[list[str]]:
        with open(self.path, encoding="utf-8") as file:
            for line in file:
                yield line.split()


def tinylm_model(sg: bool, seed: int) -> Callable[[Any], Any]:
    from tinylm import models

    return models.Word2Vec(**SETTINGS, sg=sg, seed=seed).fit


def gensim_model(sg: bool, seed: int) -> Callable[[Any], Any]:
    from gensim.models import Word2Vec

    return lambda sentences: Word2Vec(sentences, **SETTINGS, sg=int(sg), seed=seed, workers=THREADS)


@cache
def held_out(sg: bool) -> tuple[list[str], list[Any]]:
    """The words that are learnt, and what is asked of both libraries: the same draws."""
    from tinylm.models import Word2Vec
    from tinylm.models.numbering import numbered, read

    known = read(corpus()[0], SETTINGS["min_count"])
    draws = Word2Vec(**SETTINGS, sg=sg).draws(numbered(corpus()[1], known.words), known.counts, epochs=1, rates=(0, 0))
    return known.words, list(draws.batches())


def loss(model: Any, sg: bool) -> float:
    """The surprise of a pair of held-out words, with a model of either library."""
    from tinylm.models import Word2Vec
    from tinylm.models.negative_sampling import surprise

    words, batches = held_out(sg)
    if isinstance(model, Word2Vec):
        return surprise(model.vectors[words], model.outputs, batches)
    return surprise(model.wv[words], model.syn1neg[[model.wv.key_to_index[word] for word in words]], batches)


def answers(library: str) -> Callable[..., Any]:
    """The worker's side: words per second and the loss, or the peak of memory, of skip-gram or CBOW."""
    make = {"TinyLM": tinylm_model, "gensim": gensim_model}[library]
    seeds = itertools.count(1)

    def answer(form: str, path: str | None = None) -> dict[str, float]:
        train = make(FORMS[form], next(seeds))
        train([["one", "other"] * 10])  # imports what it has not yet
        if path is not None:
            reset_peak()
            before = peak()
            train(Lines(path))
            return {"beyond": peak() - before, "whole": peak()}
        sentences = corpus()[0]
        start = perf_counter()
        model = train(sentences)
        seconds = perf_counter() - start
        return {"speed": SETTINGS["epochs"] * sum(map(len, sentences)) / seconds, "loss": loss(model, FORMS[form])}

    return answer


def main() -> None:
    given = options(__doc__, count=5)
    if given.worker:
        serve(answers(given.worker))
        return
    names = ["TinyLM"]
    if any(d.metadata["Name"] == "gensim" for d in importlib.metadata.distributions()):
        names.append("gensim")
    workers = {name: Worker(__file__, name, threads=THREADS) for name in names}
    found = rounds(workers, list(FORMS), given.rounds)
    for worker in workers.values():
        worker.close()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lines.txt"
        path.write_text("".join(" ".join(line) + "\n" for line in corpus()[0]), encoding="utf-8")
        memory = {form: {name: once(__file__, name, THREADS, form, str(path)) for name in names} for form in FORMS}
    rows, figures = [], []
    for form in FORMS:
        by_name = {name: {key: median([each[key] for each in found[form][name]]) for key in ("speed", "loss")}
                   | memory[form][name] for name in names}
        figures.append({"form": form, **by_name, "rounds": found[form]})
        for label, key, unit, decimals in ROWS:
            values = [by_name[name][key] / unit for name in names]
            ratio = [f"{values[0] / values[1]:.3f}"] if len(values) > 1 else []
            rows.append([f"{form}, {label}", *(f"{value:,.{decimals}f}" for value in values), *ratio])
    header = [f"{sum(map(len, corpus()[0])):,} words, {SETTINGS['epochs']} epochs", *names,
              *["ratio"] * (len(names) - 1)]
    report("word2vec", header, rows, figures, given.json)


if __name__ == "__main__":
    main()
