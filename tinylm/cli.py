"""The command `tinylm`. What is slow to import is imported where it is used, so that help comes at once."""

from __future__ import annotations

import argparse
import difflib
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

HEAD = """TinyLM: language models from their primitives.

  tinylm train        learn to write from a text; takes two minutes, needs nothing else
  tinylm generate     let the model that you trained last write
  tinylm gradcheck    prove every derivative in the engine

Each has its own help: tinylm train --help"""


class Parser(argparse.ArgumentParser):
    """argparse, but what it does not know it answers with the nearest name that it does."""

    def error(self, message: str) -> NoReturn:
        """Print the usage, the message and a guess, then exit with 2."""
        wrong = re.search(r"(?:unrecognized arguments: |invalid choice: ')([^\s'=]*)", message)
        near = difflib.get_close_matches(wrong.group(1), self.names(), 1, 0.5) if wrong else []
        super().error(message + (f"\ndid you mean {near[0]}?" if near else ""))

    def names(self) -> list[str]:
        """Every option and choice of this parser and of the commands below it."""
        found: list[str] = []
        for action in self._actions:
            found += [*action.option_strings, *map(str, action.choices or [])]
        return found

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does, but an unknown option is reported by the command that it was meant for."""
        parsed, unknown = self.parse_known_args(args, namespace)
        if unknown:
            getattr(parsed, "parser", self).error(f"unrecognized arguments: {' '.join(unknown)}")
        return parsed


def parser() -> Parser:
    """Every command and option."""
    top = Parser("tinylm", description=HEAD, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    commands = top.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)

    def command(name: str, function: Any, summary: str, more: str = "") -> Parser:
        description = f"{summary[0].upper()}{summary[1:]}. {more}"
        made = commands.add_parser(name, help=summary, description=description, allow_abbrev=False)
        made.set_defaults(function=function, parser=made)
        return made

    train = command("train", _train, "train a language model on a text",
                    "It reads nine tenths of the text and is scored on the last tenth, in bits per character: how many "
                    "yes-or-no questions it would need, on average, to find the next character. Fewer is better.")
    train.add_argument("--data", default="pydoc", metavar="FILE", help="a UTF-8 text file, or the name of a built-in "
                       "text; the default, pydoc, is the documentation that comes with Python")
    train.add_argument("--model", default="mlp", help="which model: mlp (Bengio 2003), the default")
    train.add_argument("--preset", default="small", help="its size: tiny or small (default)")
    train.add_argument("--minutes", type=float, help="how long to train (default 1.5, unless --steps is given)")
    train.add_argument("--steps", type=_whole, help="how many steps to train: unlike minutes, exactly repeatable")
    train.add_argument("--batch-size", type=int, default=512, metavar="N", help="examples in a step (default 512)")
    train.add_argument("--lr", type=float, default=4e-3, help="the highest learning rate (default 0.004)")
    train.add_argument("--weight-decay", type=float, default=0.15, metavar="W", help="how fast weights shrink: more "
                       "of it learns less by heart (default 0.15)")
    train.add_argument("--name", help="the run is saved as runs/NAME (default: the model's name, numbered)")
    train.add_argument("--seed", type=_whole, default=0, help="where random numbers start (default 0)")

    write = command("generate", _generate, "write text with a trained model", "Ctrl-C stops it.")
    write.add_argument("run", nargs="?", help="the folder of a run (default: the newest in runs/)")
    write.add_argument("--prompt", default="\n\n", help="how the text begins")
    write.add_argument("--length", type=int, default=1000, metavar="N", help="how many characters (default 1000)")
    write.add_argument("--temperature", type=float, default=0.8, metavar="T", help="0.1 repeats what is safe, 1 writes "
                       "as it learnt, 2 raves (default 0.8)")
    write.add_argument("--top-k", type=int, metavar="K", help="choose among the K likeliest characters only")
    write.add_argument("--greedy", action="store_true", help="always take the likeliest character")
    write.add_argument("--seed", type=_whole, default=0, help="another number writes another text (default 0)")

    check = command("gradcheck", _gradcheck, "prove the derivatives",
                    "It compares each derivative rule with finite differences.")
    check.add_argument("names", nargs="*", metavar="NAME", help="operations (default: all); one is shown in full")
    check.add_argument("--mutate", action="store_true", help="prove that the check can fail: break every rule, "
                       "and count how many of the breaks are found")
    check.add_argument("--device", choices=["cpu", "gpu"], help="where to compute (default: wherever it can)")
    for each in (train, write):
        each.add_argument("--device", default="cpu", choices=["cpu", "gpu"], help="where to compute (default cpu)")
    return top


def _whole(text: str) -> int:
    """A whole number that is not negative, for argparse."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{value} is negative")
    return value


def _train(args: Any) -> int:
    from . import checkpoint, data, models, nn, optim
    from .backend import generator
    from .text import Characters
    from .train import BITS_PER_CHARACTER, Trainer

    folder = _new_folder(args.name, args.model)
    text = data.load(args.data)
    training, held_out = data.split(text)
    tokenizer = Characters.fit(training)
    settings = models.preset(args.model, args.preset)
    model = models.build(args.model, len(tokenizer), seed=args.seed, **settings)
    seen = data.Windows(tokenizer.encode(training), model.context)
    unseen = data.Windows(tokenizer.encode(text), model.context, start=len(training))
    parameters = sum(p.size for p in model.parameters())
    print(f"{args.model}: {parameters:,} parameters, {len(training):,} characters to learn from, "
          f"{len(held_out):,} held out")
    trainer = Trainer(
        model, nn.cross_entropy, optim.AdamW(model.parameters(), args.lr, weight_decay=args.weight_decay),
        batches=lambda step: seen.sample(args.batch_size, generator(args.seed, step), hide=0.2),
        held_out=unseen.batches(2048), unit=BITS_PER_CHARACTER, log=folder / "log.csv",
    )
    minutes = 1.5 if args.minutes is None and args.steps is None else args.minutes
    score = trainer.fit(args.steps, minutes)
    checkpoint.save(folder, model, tokenizer, {
        "model": args.model, "settings": settings, "data": args.data, "seed": args.seed, "steps": trainer.steps,
        "batch_size": args.batch_size, "lr": args.lr, "weight_decay": args.weight_decay, "bits_per_character": score,
    })
    print(f"\n{score:.3f} bits per character on the {len(held_out):,} held-out characters "
          f"after {trainer.steps:,} steps")
    if trainer.interrupted:
        print(f"stopped early, saved in {folder}")
        return 130
    print("\nA sample of what it writes:\n")
    _write(model, tokenizer, "\n\n", 500, 0.8)
    print(f"\nSaved in {folder}. For more:  tinylm generate {folder} --prompt \"The \"")
    return 0


def _generate(args: Any) -> int:
    from . import checkpoint

    folder = Path(args.run) if args.run else _newest()
    run = checkpoint.load(folder)
    args.prompt = os.fsencode(args.prompt).decode("utf-8", "replace")  # in the locale "C" it may come as raw bytes
    if unknown := run.tokenizer.unknown(args.prompt):
        print(f"the model has never seen {unknown!r} and reads it as unknown", file=sys.stderr)
    _write(run.model, run.tokenizer, args.prompt, args.length, args.temperature, args.top_k, args.greedy, args.seed)
    return 0


def _write(model: Any, tokenizer: Any, prompt: str, *settings: Any) -> None:
    """Print the prompt and what follows, character by character."""
    from .generate import stream

    characters = stream(model, tokenizer, prompt, *settings)
    print(prompt.lstrip("\n"), end="", flush=True)
    for character in characters:
        print(character, end="", flush=True)
    print()


def _gradcheck(args: Any) -> int:
    if args.mutate:
        from . import mutate

        return mutate.report(args.names)
    from . import table
    from .nn import checks

    return table.report(args.names, args.device and [args.device], layers=checks.all_cases())


def _new_folder(name: str | None, model: str) -> Path:
    if name is not None and not re.fullmatch(r"\w[\w.-]*", name):
        raise ValueError(f"--name {name!r}: letters, digits, '.', '-' and '_' make a name, which is a folder in runs/")
    if name is None:
        number = next(n for n in range(1, 10**6) if not (Path("runs") / f"{model}-{n}").exists())
        return Path("runs") / f"{model}-{number}"
    if (Path("runs") / name / "config.json").exists():  # without it no run was finished there
        raise ValueError(f"there is a run runs/{name} already: take another --name, or delete the folder")
    return Path("runs") / name


def _newest() -> Path:
    found = sorted(Path("runs").glob("*/config.json"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise FileNotFoundError("there is no run in the folder runs/ here: `tinylm train` makes one")
    return found[-1].parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit code: 0, 1 for an error, 2 for a wrong option, 130 after Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")  # a console of Windows may be something else
    args = parser().parse_args(arguments)
    try:
        from .backend import device

        with device(args.device or "cpu"):
            return int(args.function(args))
    except BrokenPipeError:  # what read the output has closed it: `tinylm generate | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, TypeError, OSError, RuntimeError, ArithmeticError, ImportError) as error:
        print(f"tinylm: {error}", file=sys.stderr)
        return 1
    except MemoryError:
        print("tinylm: not enough memory; a smaller --batch-size or --preset needs less", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
