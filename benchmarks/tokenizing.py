"""Tokenizers beside Hugging Face's: seconds to train byte-level BPE, and to encode and decode, medians of rounds."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

from common import Worker, median, options, report, rounds, serve

SIZE = 2000
TEXTS = {"pydoc": "465 KB of English prose", "library": "5 MB of Python"}
TASKS = ("train", "encode, first time", "encode again", "decode")


@cache
def corpus(name: str) -> str:
    """The documentation that Python carries, or five million characters of its library."""
    from tinylm import data

    if name == "pydoc":
        return data.load("pydoc")
    import encodings

    folder = Path(encodings.__file__).parent.parent
    sources = (path.read_text(encoding="utf-8", errors="ignore") for path in sorted(folder.glob("*/*.py"))
               if path.parent.name != "site-packages")
    return "\n".join(sources)[:5_000_000]


class TinyLM:
    def __init__(self) -> None:
        from tinylm.text import BPE

        self.kind, self.trained = BPE, BPE([])

    def train(self, text: str) -> None:
        self.trained = self.kind.fit(text, SIZE)

    def fresh(self) -> None:
        """Forget the words that have been encoded."""
        self.trained = self.kind(self.trained.merges)

    def encode(self, text: str) -> Any:
        return self.trained.encode(text)

    def decode(self, ids: Any) -> str:
        return self.trained.decode(ids)


class HuggingFace:
    def __init__(self) -> None:
        import tokenizers

        self.library, self.trained = tokenizers, tokenizers.Tokenizer(tokenizers.models.BPE())

    def train(self, text: str) -> None:
        split = self.library.pre_tokenizers.ByteLevel(add_prefix_space=False)
        self.trained = self.library.Tokenizer(self.library.models.BPE())
        self.trained.pre_tokenizer, self.trained.decoder = split, self.library.decoders.ByteLevel()
        self.trained.train_from_iterator([text], self.library.trainers.BpeTrainer(
            vocab_size=SIZE, initial_alphabet=split.alphabet(), show_progress=False))

    def fresh(self) -> None:
        self.trained = self.library.Tokenizer.from_str(self.trained.to_str())

    def encode(self, text: str) -> Any:
        return self.trained.encode(text).ids

    def decode(self, ids: Any) -> str:
        return str(self.trained.decode(ids))


def timed(function: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    start = perf_counter()
    result = function(*arguments)
    return perf_counter() - start, result


def answers(library: TinyLM | HuggingFace) -> Callable[[str], list[float]]:
    """The worker's side: the seconds of every task on one text, one after the other."""

    def answer(name: str) -> list[float]:
        text = corpus(name)
        training, _ = timed(library.train, text)
        library.fresh()
        first, _ = timed(library.encode, text)
        again, ids = timed(library.encode, text)
        decoding, decoded = timed(library.decode, ids)
        assert decoded == text
        return [training, first, again, decoding]

    return answer


def main() -> None:
    given = options(__doc__, count=9)
    if given.worker:
        serve(answers({"TinyLM": TinyLM, "Hugging Face": HuggingFace}[given.worker]()))
        return
    names = ["TinyLM"]
    if any(d.metadata["Name"] == "tokenizers" for d in importlib.metadata.distributions()):
        names.append("Hugging Face")
    workers = {name: Worker(__file__, name, threads=2) for name in names}
    for worker in workers.values():
        worker.ask("pydoc")  # warms up
    found = rounds(workers, list(TEXTS), given.rounds)
    for worker in workers.values():
        worker.close()
    rows, figures = [], []
    for name, described in TEXTS.items():
        for place, task in enumerate(TASKS):
            times = {who: median([took[place] for took in found[name][who]]) for who in names}
            figures.append({"text": name, "task": task, "seconds": times})
            ratio = [times["TinyLM"] / times["Hugging Face"]] if len(names) > 1 else []
            rows.append([f"{task}, {described}", *(f"{times[who]:.3f}" for who in names), *ratio])
    header = ["byte-level BPE, vocabulary 2,000 (s)", *names, *["ratio"] * (len(names) - 1)]
    report("Tokenizers", header, rows, figures, given.json)


if __name__ == "__main__":
    main()
