"""What each idea buys: every model from counting to a GPT on the same text, on one chart (`tinylm compare`)."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from . import checkpoint, models, runs
from .atomic import write
from .evaluation import evaluate_held_out
from .lock import locked
from .models.ngram import LONGEST, NGram
from .plot import plot_ladder
from .prepare import Prepared, prepare

COUNTED: dict[str, int | None] = {"unigram": 1, "bigram": 2, "n-gram": None}
"""Models that only count, and their order; None is the best."""

LADDER = (*COUNTED, *models.MODELS)
"""From the simplest to the strongest."""

RESULT, CHART = "compare.json", "compare.png"


class Rung(NamedTuple):
    """What came of one model."""

    model: str
    about: str  # its order, or its tokenizer
    parameters: int
    seconds: float  # to train it
    bits_per_byte: float


def compare(folder: Path, chosen: Sequence[str], options: dict[str, Any]) -> list[Rung]:
    """Train the models named in `chosen`, score them on the held-out part, and show them side by side.

    folder   keeps a run for each neural model, compare.json and compare.png. What is finished there already is taken
             as it is, and what was stopped goes on, so a long comparison can be made in parts
    options  of the trainings, as `tinylm train` has them; those that are None are each model's own recipe

    Raises ValueError for a model that there is not, and for a folder that was begun with other options.
    """
    wrong = [name for name in chosen if name not in LADDER]
    if wrong:
        raise ValueError(f"there is no model {wrong[0]!r} to compare; there are: {', '.join(LADDER)}")
    folder.mkdir(parents=True, exist_ok=True)
    done = _earlier(folder, options)
    for name in [name for name in LADDER if name in chosen and name not in done]:
        print(f"\n--- {name} ---", flush=True)
        done[name] = count(name, options) if name in COUNTED else _train(folder / name, name, options)
        if done[name] is None:
            raise KeyboardInterrupt
        _save(folder, done, options)
    rungs = [done[name] for name in LADDER if name in done]
    print("\n" + table(rungs) + f"\n\nThe chart is {folder / CHART}")
    return rungs


def count(name: str, options: dict[str, Any]) -> Rung:
    """An n-gram of characters. The best one is that which scores best on the last tenth of the training part."""
    text = prepare(options["data"], options["tokenizer"] or "character", options["vocabulary"])
    began = time.monotonic()
    given = COUNTED[name]
    order, estimator = (given, "kneser-ney") if given else _best(text)
    model = NGram(len(text.tokenizer), order, estimator=estimator).fit(text.ids[:text.start])
    seconds, score = time.monotonic() - began, evaluate_held_out(model, text).bits_per_byte
    print(f"{estimator}, order {order}, {model.size:,} counts: {score:.3f} bits per byte")
    return Rung(name, f"{estimator}, order {order}", model.size, seconds, score)


def _best(text: Prepared) -> tuple[int, str]:
    """The order and the estimator that predict the last tenth of the training part best from the rest of it."""
    place, size = text.start - text.start // 10, len(text.tokenizer)
    tried = {(order, estimator): NGram(size, order, estimator=estimator).fit(text.ids[:place]).score(
                 text.ids[:text.start], place)
             for order in range(3, LONGEST + 1) for estimator in ("kneser-ney", "modified-kneser-ney")}
    return min(tried, key=tried.__getitem__)


def _train(folder: Path, name: str, options: dict[str, Any]) -> Rung | None:
    """A run of its own, begun, resumed, or finished before; None where Ctrl-C ended it."""
    if not (folder / checkpoint.CONFIG).exists():
        folder.mkdir(exist_ok=True)
        with locked(folder):
            code = runs.train_in(folder, {**options, "model": name})
    else:
        code = 0 if checkpoint.load_config(folder).get("finished") else runs.resume(folder, {}, change=False)
    if code:
        return None
    run = checkpoint.load(folder)
    config = run.config
    about = config["tokenizer"] + (f" of {len(run.tokenizer):,}" if config["tokenizer"] in ("bpe", "word") else "")
    return Rung(name, about, sum(p.size for p in run.model.parameters()), config["seconds"], config["bits_per_byte"])


def _earlier(folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    path = folder / RESULT
    if not path.exists():
        return {}
    found = json.loads(path.read_text(encoding="utf-8"))
    different = [f"{key} {options[key]}, and it was begun with {value}" for key, value in found["options"].items()
                 if options.get(key) != value]
    if different:
        raise ValueError(f"{folder} would go on with " + "; ".join(different) + ": take another --name")
    return {entry["model"]: Rung(**entry) for entry in found["models"]}


def _save(folder: Path, done: dict[str, Any], options: dict[str, Any]) -> None:
    rungs = [done[name] for name in LADDER if name in done]
    content = json.dumps({"options": options, "models": [rung._asdict() for rung in rungs]}, indent=1) + "\n"
    write(folder / RESULT, content.encode("utf-8"))
    plot_ladder([(rung.model, rung.bits_per_byte, _details(rung)) for rung in rungs], folder / CHART)


def _details(rung: Rung) -> str:
    """What stands below a bar."""
    size = rung.parameters
    short = f"{size / 1e6:.1f}M" if size >= 1e5 else f"{size / 1e3:.0f}k" if size >= 1e3 else str(size)
    about = rung.about.replace(", ", "\n").replace("modified-", "modified\n")
    return f"{short}\n{_duration(rung.seconds)}\n{about}"


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.1f} min" if seconds >= 60 else f"{seconds:.1f} s"


def table(rungs: Sequence[Rung]) -> str:
    """The models as lines of text, with a bar for the bits."""
    most = max(rung.bits_per_byte for rung in rungs)
    lines = [f"{'model':9} {'':30} {'parameters':>12} {'time':>9}  bits per byte"]
    for rung in rungs:
        bar = "█" * max(1, round(24 * rung.bits_per_byte / most))
        lines.append(f"{rung.model:9} {rung.about:30} {rung.parameters:12,} {_duration(rung.seconds):>9}  "
                     f"{rung.bits_per_byte:5.3f} {bar}")
    return "\n".join(lines)

