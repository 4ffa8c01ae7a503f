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
  tinylm resume       go on with a training that was stopped
  tinylm generate     let the model that you trained last write
  tinylm gradcheck    prove every derivative in the engine
  tinylm data         the texts to learn from: where from, how large, good for what

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
    _training_options(train)
    train.add_argument("--name", help="the run is saved as runs/NAME (default: the model's name, numbered)")

    again = command("resume", _resume, "go on with a training that was stopped", "Also with one whose process was "
                    "killed, or whose machine went down: it goes on from the last snapshot in the run's folder, at "
                    "most a minute of work back, and by --steps it ends with the same bits as if nothing had happened. "
                    "By --minutes it takes the time that was left.")
    again.add_argument("run", metavar="RUN", help="the folder of the run")
    again.add_argument("--change", action="store_true", help="settings given here that differ from the run's are meant")
    for action in _training_options(again.add_argument_group(
            "settings", "As in tinylm train, and the run's own where they are left out. Those that differ are shown "
            "and refused, unless you say --change.")):
        action.default, action.help = argparse.SUPPRESS, None

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

    texts = command("data", _data, "show the texts to learn from",
                    "Without a name it lists the built-in ones; of a text it shows where it comes from, its licence, "
                    "its size and what it is good for.")
    texts.add_argument("name", nargs="?", help="a built-in text, or a file, a folder or a pattern of your own")
    texts.set_defaults(device=None)
    write.add_argument("--device", default="cpu", choices=["cpu", "gpu"], help="where to compute (default cpu)")
    return top


def _training_options(train: argparse._ActionsContainer) -> list[argparse.Action]:
    """What a run is made with; `tinylm train` and `tinylm resume` take the same."""
    before, add = len(train._actions), train.add_argument
    add("--data", default="pydoc", metavar="FILE", help="a UTF-8 text file, or the name of a built-in "
        "text; the default, pydoc, is the documentation that comes with Python")
    add("--model", default="mlp", help="which model: mlp (Bengio 2003, the default), cnn, rnn, gru, lstm or gpt")
    add("--preset", default="small", help="its size: tiny, small (default) or, but for mlp, base")
    add("--minutes", type=float, help="how long to train (default 1.5, unless --steps is given)")
    add("--steps", type=_whole, help="how many steps to train: unlike minutes, exactly repeatable")
    add("--batch-size", type=int, metavar="N", help="examples in a batch (default 512, for models of "
        "whole sequences as many as make 2048 characters)")
    add("--lr", type=float, default=4e-3, help="the highest learning rate (default 0.004)")
    add("--weight-decay", type=float, default=0.15, metavar="W", help="how fast weights shrink: more "
        "of it learns less by heart (default 0.15)")
    add("--accumulate", type=int, default=1, metavar="K", help="add the gradients of K batches up for "
        "one step: a batch K times as large in the memory of one (default 1)")
    add("--clip", type=float, metavar="NORM", help="cut gradients longer than this (default: never)")
    add("--patience", type=_whole, metavar="N", help="stop after N evaluations, of which there are 20, "
        "without a better score, and keep the best weights (default: never)")
    add("--tensorboard", action="store_true", help="write a log for TensorBoard too")
    add("--seed", type=_whole, default=0, help="where random numbers start (default 0)")
    add("--device", default="cpu", choices=["cpu", "gpu"], help="where to compute (default cpu)")
    return train._actions[before:]


def _whole(text: str) -> int:
    """A whole number that is not negative, for argparse."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{value} is negative")
    return value


def _train(args: Any) -> int:
    from . import runs

    return runs.begin(args.name, _given(args))


def _resume(args: Any) -> int:
    from . import runs

    return runs.resume(Path(args.run), _given(args), args.change)


def _given(args: Any) -> dict[str, Any]:
    """The options of a training among all that argparse found."""
    return {name: value for name, value in vars(args).items()
            if name not in ("function", "parser", "name", "run", "change")}


def _generate(args: Any) -> int:
    from . import checkpoint, runs

    folder = Path(args.run) if args.run else _newest()
    run = checkpoint.load(folder)
    args.prompt = os.fsencode(args.prompt).decode("utf-8", "replace")  # in the locale "C" it may come as raw bytes
    if unknown := run.tokenizer.unknown(args.prompt):
        print(f"the model has never seen {unknown!r} and reads it as unknown", file=sys.stderr)
    runs.write(run.model, run.tokenizer, args.prompt, args.length, args.temperature, args.top_k, args.greedy, args.seed)
    return 0


def _gradcheck(args: Any) -> int:
    if args.mutate:
        from . import mutate

        return mutate.report(args.names)
    from . import table
    from .nn import checks

    return table.report(args.names, args.device and [args.device], layers=checks.all_cases())


def _data(args: Any) -> int:
    from .data import overview, sheet

    if args.name:
        sheet(args.name)
    else:
        overview()
    return 0


def _newest() -> Path:
    found = sorted(Path("runs").glob("*/model.safetensors"), key=lambda path: path.stat().st_mtime)
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

        with device(getattr(args, "device", None) or "cpu"):
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
