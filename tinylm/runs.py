"""What `tinylm train` and `tinylm resume` do: from a text and some options to a run on disk."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import checkpoint, data, models, optim, text
from .backend import device, generator
from .generate import stream
from .lock import locked
from .logs import BITS_PER_CHARACTER
from .models import next_token_loss
from .text import Characters, Tokenizer
from .train import Trainer

FIXED = ("data", "model", "preset")
"""Options that a run cannot change on its way: its weights and its tokenizer hang on them."""


def begin(name: str | None, options: dict[str, Any]) -> int:
    """Train a new run in runs/NAME, or in a numbered folder; gives the exit code."""
    if name is not None:
        if not re.fullmatch(r"\w[\w.-]*", name):
            raise ValueError(f"--name {name!r}: letters, digits, '.', '-' and '_' make a name, which is a folder in "
                             "runs/")
        _refuse_taken(Path("runs") / name)
    content = data.load(options["data"])
    training, _ = data.split(content)
    tokenizer = Characters.fit(training)
    settings = models.preset(options["model"], options["preset"])
    model = models.build(options["model"], len(tokenizer), seed=options["seed"], **settings)
    if options["batch_size"] is None:
        options["batch_size"] = 512 if model.predicts == "last" else max(1, 2048 // model.context)
    if options["steps"] is None and options["minutes"] is None:
        options["minutes"] = 1.5
    config = {"settings": settings, **options, "text": _fingerprint(content), "threads": _threads()}
    with _claimed(name, options["model"]) as folder:
        job = _trainer(folder, model, tokenizer, content, config)
        checkpoint.begin(folder, tokenizer, config)
        return _finish(folder, job, tokenizer, config, resume=False)


def resume(folder: Path, given: Mapping[str, Any], change: bool) -> int:
    """Train a run to its end that was stopped, or killed; gives the exit code.

    given   options that were given anew
    change  whether those that differ from the run's are meant

    Raises ValueError, with the difference, where they are not, and for a run that is finished.
    """
    config = checkpoint.load_config(folder)
    different = {name: value for name, value in given.items() if name != "device" and config.get(name) != value}
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
    content = data.load(config["data"])
    if _fingerprint(content) != config["text"]:
        raise ValueError(f"the text of {config['data']} is no longer the one that {folder} was begun with (SHA-256): "
                         "put the old one back, or begin a new run")
    if _threads() != config["threads"]:
        print(f"tinylm: {folder} was begun with {config['threads']} threads for matrix products and goes on with "
              f"{_threads()}: sums are rounded in another order, so the last bits will differ. The variable "
              f"OPENBLAS_NUM_THREADS={config['threads']} brings them back", file=sys.stderr)
    with locked(folder), device(config["device"]):
        tokenizer = text.load(folder / checkpoint.TOKENIZER)
        model = models.build(config["model"], len(tokenizer), seed=config["seed"], **config["settings"])
        job = _trainer(folder, model, tokenizer, content, config)
        if different:
            checkpoint.begin(folder, tokenizer, config)
        return _finish(folder, job, tokenizer, config, resume=True)


def write(model: Any, tokenizer: Tokenizer, prompt: str, *settings: Any) -> None:
    """Print the prompt and what follows, character by character."""
    characters = stream(model, tokenizer, prompt, *settings)
    print(prompt.lstrip("\n"), end="", flush=True)
    for character in characters:
        print(character, end="", flush=True)
    print()


def _trainer(folder: Path, model: Any, tokenizer: Tokenizer, content: str, options: Mapping[str, Any]) -> Trainer:
    """All that a training needs; everything in it hangs on the options alone."""
    training, held_out = data.split(content)
    learnt, whole = tokenizer.encode(training), tokenizer.encode(content)
    size, seed = options["batch_size"], options["seed"]
    if model.predicts == "last":
        seen, unseen = (data.Windows(ids, model.context, start)
                        for ids, start in ((learnt, 0), (whole, len(training))))
        batches = lambda number: seen.sample(size, generator(seed, number), hide=0.2)
        scored = unseen.batches(2048)
    else:
        sequences, rest = (data.Sequences(ids, model.context, start)
                           for ids, start in ((learnt, 0), (whole, len(training))))
        batches = lambda number: sequences.sample(size, generator(seed, number))
        scored = list(rest.batches(max(1, 4096 // model.context)))
    if size < 1:
        raise ValueError(f"--batch-size {size}: a batch has at least 1 example in it")

    def sample() -> str:
        model.eval()
        written = "\n\n" + "".join(stream(model, tokenizer, "\n\n", 100, 0.8))
        model.train()
        return "\n  " + written.strip("\n").replace("\n", "\n  ") + "\n"

    print(f"{options['model']}: {sum(p.size for p in model.parameters()):,} parameters, {len(training):,} characters "
          f"to learn from, {len(held_out):,} held out")
    optimizer = optim.AdamW(model.parameters(), options["lr"], weight_decay=options["weight_decay"])
    return Trainer(model, next_token_loss, optimizer, batches, scored, unit=BITS_PER_CHARACTER, folder=folder,
                   accumulate=options["accumulate"], clip=options["clip"], patience=options["patience"], seed=seed,
                   sample=sample, events=folder if options["tensorboard"] else None)


def _finish(folder: Path, job: Trainer, tokenizer: Tokenizer, config: Mapping[str, Any], resume: bool) -> int:
    """Train, save the result, and show it."""
    go_on = f"\nTo go on:  tinylm resume {folder}"
    try:
        score = job.fit(config["steps"], config["minutes"], resume=resume)
    except KeyboardInterrupt:  # pressed twice
        print(f"\nstopped at once.{go_on}")
        raise
    checkpoint.save(folder, job.model, tokenizer, {
        **config, "steps_taken": job.steps, "bits_per_character": score, "finished": not job.interrupted,
    })
    held_out = sum(targets.size for _, targets in job.held_out)
    print(f"\n{score:.3f} bits per character on the {held_out:,} held-out characters after {job.steps:,} steps")
    if job.interrupted:
        print(f"stopped early, saved in {folder}{go_on}")
        return 130
    print("\nA sample of what it writes:\n")
    write(job.model.eval(), tokenizer, "\n\n", 500, 0.8)
    print(f"\nSaved in {folder}. For more:  tinylm generate {folder} --prompt \"The \"")
    return 0


@contextmanager
def _claimed(name: str | None, model: str) -> Iterator[Path]:
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


def _fingerprint(content: str) -> str:
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def _threads() -> int:
    """How many threads share a matrix product: its last bits hang on it."""
    from threadpoolctl import threadpool_info

    return max((pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"), default=1)
