"""What `tinylm train` and `tinylm resume` do: from a text and some options to a run on disk."""

from __future__ import annotations

import contextlib
import itertools
import math
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import checkpoint, data, models, optim, text
from .backend import device, generator
from .evaluation import counted, evaluate_held_out, held_out_batches
from .generation import stream
from .lock import locked
from .logs import Unit
from .models import next_token_loss
from .prepare import Prepared, prepare
from .recipes import recipe
from .text import Tokenizer
from .train import Trainer

FIXED = ("data", "model", "preset", "tokenizer", "vocabulary")
"""Options that a run cannot change on its way: its weights and its tokenizer hang on them."""

MINUTES = 3.5
"""How long a training takes unless it is told."""

IDS = "tokens.bin"
"""The ids of a text too large for memory, in the folder of the run."""


def begin(name: str | None, options: dict[str, Any]) -> int:
    """Train a new run in runs/NAME, or in a numbered folder; gives the exit code."""
    check_name(name)
    models.preset(options["model"], options["preset"])  # is there such a one?
    with claimed(name, options["model"]) as folder:
        return train_in(folder, options)


def train_in(folder: Path, options: dict[str, Any]) -> int:
    """Train a new run in a folder that is locked; gives the exit code. What is None in `options` has a default."""
    settings = models.preset(options["model"], options["preset"])
    options = {**options, **{option: value for option, value in recipe(options["model"]).items()
                             if options[option] is None}}
    if options["steps"] is None and options["minutes"] is None:
        options["minutes"] = MINUTES
    try:
        prepared = prepare(options["data"], options["tokenizer"], options["vocabulary"], folder / IDS)
        model = models.build(options["model"], len(prepared.tokenizer), seed=options["seed"], **settings)
        config = {"settings": settings, **options, "text": prepared.fingerprint}
        job = _trainer(folder, model, prepared, config)
        config["threads"] = job.threads
    except BaseException:
        with contextlib.suppress(OSError):
            (folder / IDS).unlink()
        raise
    checkpoint.begin(folder, prepared.tokenizer, config)
    return _finish(folder, job, prepared, config, resume=False)


def resume(folder: Path, given: Mapping[str, Any], change: bool) -> int:
    """Train a run to its end that was stopped, or killed; gives the exit code.

    given   options that were given anew
    change  whether those that differ from the run's are meant

    Raises ValueError, with the difference, where they are not, and for a run that is finished.
    """
    config = checkpoint.load_config(folder)
    different = {name: value for name, value in given.items()
                 if name not in ("device", "workers") and config.get(name) != value}
    shown = "\n  ".join(f"--{name.replace('_', '-')} {value}, and the run was begun with {config.get(name)}"
                        for name, value in different.items())
    if fixed := [name for name in different if name in FIXED]:
        raise ValueError(f"{folder} cannot go on with\n  {shown}\nIts weights hang on --{fixed[0]}: begin a new run")
    if different and not change:
        raise ValueError(f"{folder} would go on with\n  {shown}\nIf that is meant, add --change; else leave it out")
    if config.get("finished") and not different:
        raise ValueError(f"{folder} is finished, after {config['steps_taken']:,} steps:  tinylm generate {folder}\n"
                         "To train it for longer, add --change and more --steps or --minutes than it had")
    config |= {**given, "finished": False}
    with locked(folder), device(config["device"]):
        prepared = prepare(config["data"], text.load(folder / checkpoint.TOKENIZER), ids_file=folder / IDS)
        if prepared.fingerprint != config["text"]:
            raise ValueError(f"the text of {config['data']} is no longer the one that {folder} was begun with "
                             "(SHA-256): put the old one back, or begin a new run")
        model = models.build(config["model"], len(prepared.tokenizer), seed=config["seed"], **config["settings"])
        job = _trainer(folder, model, prepared, config)
        if job.threads != config["threads"]:
            _warn_of_threads(folder, config["threads"], job.threads)
        if different:
            checkpoint.begin(folder, prepared.tokenizer, config)
        return _finish(folder, job, prepared, config, resume=True)


def write(model: Any, tokenizer: Tokenizer, prompt: str, *settings: Any, **more: Any) -> None:
    """Print the prompt and what follows, piece by piece."""
    pieces = stream(model, tokenizer, prompt, *settings, **more)
    print(prompt.lstrip("\n"), end="", flush=True)
    for piece in pieces:
        print(piece, end="", flush=True)
    print()


def opening(tokenizer: Tokenizer) -> str:
    """How a text begins that nobody gave a beginning: after an empty line, where the tokenizer knows one."""
    return "" if tokenizer.unknown("\n\n") else "\n\n"


def score(folder: Path, source: str | None) -> None:
    """Print how well a run predicts a text: all of it, or without one, what was held out when the run was trained.

    Raises ValueError where that text has changed since.
    """
    run = checkpoint.load(folder)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        prepared = prepare(source or run.config["data"], run.tokenizer, ids_file=Path(place) / IDS, whole=bool(source))
        if not source and prepared.fingerprint != run.config["text"]:
            raise ValueError(f"the text of {run.config['data']} is no longer the one that {folder} was trained on "
                             "(SHA-256), so what was held out is unknown; score a text of your own with --data FILE")
        found = evaluate_held_out(run.model, prepared, progress=True)
    print(f"{folder.as_posix()} on {source or 'the held-out part of ' + run.config['data']}: {found.bytes:,} bytes, "
          f"{found.tokens:,} {_tokens(run.tokenizer)}")
    if math.isnan(found.bits):
        print("  bits per byte  none: words do not give the text back, its white space is lost")
    else:
        print(f"  bits per byte  {found.bits_per_byte:.4f}")
    print(f"  perplexity     {found.perplexity:.3f} per token")
    if prepared.spelling > 0:
        print(f"  of these bits, {prepared.spelling / found.bits:.1%} spell characters that the tokenizer has not seen")


def unit_of(prepared: Prepared) -> Unit:
    """Bits per byte, or for words, which cannot give the text back, bits per word."""
    if math.isnan(prepared.spelling):
        return Unit("bits per word", 1 / math.log(2), "tokens")
    return Unit("bits per byte", prepared.tokens_per_byte / math.log(2), "tokens")


def _trainer(folder: Path, model: Any, prepared: Prepared, options: Mapping[str, Any]) -> Trainer:
    """All that a training needs; everything in it hangs on the options alone."""
    size, seed = options["batch_size"], options["seed"]
    if size < 1:
        raise ValueError(f"--batch-size {size}: a batch has at least 1 example in it")
    tokenizer, learnt = prepared.tokenizer, prepared.ids[:prepared.start]
    source: Any
    if model.predicts == "last":
        source = data.Windows(learnt, model.context, first=tokenizer.start_id)
        batches = lambda number: source.sample(size, generator(seed, number), hide=0.2)
    else:
        source = data.Sequences(learnt, model.context, first=tokenizer.start_id)
        batches = lambda number: source.sample(size, generator(seed, number))
    source.sample(1, generator(seed))  # a text shorter than one context is found out before anything is written
    scored = held_out_batches(model, tokenizer, prepared.ids, prepared.start)

    def sample() -> str:
        model.eval()
        written = "".join(stream(model, tokenizer, opening(tokenizer), 100, temperature=0.8))
        model.train()
        return "\n  " + written.strip("\n").replace("\n", "\n  ") + "\n"

    training, held_out = prepared.characters
    print(f"{options['model']}: {sum(p.size for p in model.parameters()):,} parameters, {len(tokenizer):,} kinds of "
          f"{_tokens(tokenizer)}, {training:,} characters to learn from, {held_out:,} held out")
    matrices = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim < 2]  # biases and norms, which do not learn by heart
    groups: list[dict[str, Any]] = [{"params": matrices}, {"params": others, "weight_decay": 0.0}]
    optimizer = optim.AdamW(groups, options["lr"], betas=(0.9, 0.99), weight_decay=options["weight_decay"])
    return Trainer(model, next_token_loss, optimizer, batches, scored, unit=unit_of(prepared), folder=folder,
                   accumulate=options["accumulate"], clip=options["clip"], patience=options["patience"], seed=seed,
                   workers=options["workers"],
                   sample=sample, events=folder if options["tensorboard"] else None, count=counted)


def _tokens(tokenizer: Tokenizer) -> str:
    return {"character": "characters", "byte": "bytes", "word": "words"}.get(tokenizer.kind, "tokens")


def _finish(folder: Path, job: Trainer, prepared: Prepared, config: Mapping[str, Any], resume: bool) -> int:
    """Train, save the result, and show it."""
    go_on, tokenizer = f"\nTo go on:  tinylm resume {folder}", prepared.tokenizer
    try:
        score = job.fit(config["steps"], config["minutes"], resume=resume)
    except KeyboardInterrupt:  # pressed twice
        print(f"\nstopped at once.{go_on}")
        raise
    if not math.isnan(prepared.spelling):
        score += prepared.spelling / prepared.size
    name = job.unit.name
    checkpoint.save(folder, job.model, tokenizer, {
        **config, "steps_taken": job.steps, "seconds": round(job.seconds, 1), name.replace(" ", "_"): score,
        "finished": not job.interrupted,
    })
    print(f"\n{score:.3f} {name} on the {prepared.size:,} bytes held out, after {job.steps:,} steps")
    if job.interrupted:
        print(f"stopped early, saved in {folder}{go_on}")
        return 130
    print("\nA sample of what it writes:\n")
    write(job.model.eval(), tokenizer, opening(tokenizer), 300, temperature=0.8)
    print(f"\nSaved in {folder}. For more:  tinylm generate {folder} --prompt \"The \"")
    return 0


def check_name(name: str | None) -> None:
    """Raises ValueError where this cannot be the name of a new run."""
    if name is not None:
        if not re.fullmatch(r"\w[\w.-]*", name):
            raise ValueError(f"--name {name!r}: letters, digits, '.', '-' and '_' make a name, which is a folder in "
                             "runs/")
        _refuse_taken(Path("runs") / name)


@contextmanager
def claimed(name: str | None, model: str) -> Iterator[Path]:
    """A folder of our own, locked."""
    runs = Path("runs")
    runs.mkdir(exist_ok=True)
    if name is None:
        for number in itertools.count(1):
            folder = runs / f"{model}-{number}"
            with contextlib.suppress(FileExistsError):  # two runs begun at once get two numbers
                folder.mkdir()
                break
    else:
        folder = runs / name
        folder.mkdir(exist_ok=True)
    try:
        with locked(folder):
            _refuse_taken(folder)
            yield folder
    finally:
        with contextlib.suppress(OSError):
            folder.rmdir()  # if nothing was begun in it


def _refuse_taken(folder: Path) -> None:
    if (folder / checkpoint.CONFIG).exists():  # without it no run was begun there
        with locked(folder):
            raise ValueError(f"there is a run {folder.as_posix()} already: take another --name, or delete the folder; "
                             f"`tinylm resume {folder.as_posix()}` goes on with one that was stopped")


def _warn_of_threads(folder: Path, before: Mapping[str, int], now: Mapping[str, int]) -> None:
    had, has = (f"{one['workers']} workers, {one['blas_threads']} threads for matrix products and "
                f"{'compiled' if one['compiled'] else 'no compiled'} kernels" for one in (before, now))
    print(f"tinylm: {folder} was begun with {had}, and goes on with {has}: sums are rounded in another order, so the "
          f"last bits will differ. --workers {before['workers']} and the variables OPENBLAS_NUM_THREADS="
          f"{before['blas_threads']} and TINYLM_FAST={before['compiled']} bring them back", file=sys.stderr)
