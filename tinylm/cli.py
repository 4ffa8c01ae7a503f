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

  tinylm train        learn to write from a text; takes five minutes, needs nothing else
  tinylm generate     let the model that you trained last write
  tinylm eval         how well does a model predict a text?
  tinylm compare      every model from counting to a GPT on one chart
  tinylm ngram        count instead of training: the model before neural ones
  tinylm vectors      vectors for words: neighbours, analogies, a map
  tinylm resume       go on with a training that was stopped
  tinylm data         the texts to learn from: where from, how large, good for what
  tinylm clean        make a corpus of raw text: drop the broken, the double, the held-out
  tinylm gradcheck    prove every derivative in the engine
  tinylm lessons      the course: notebooks with exercises that are checked

Each has its own help: tinylm train --help"""

BITS = ("It is scored in bits per byte: how many yes-or-no questions it would need, on average, to find the next byte "
        "of a text that it has never seen. Fewer is better.")

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
                    f"It reads nine tenths of the text and is scored on the last tenth. {BITS}")
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
    add = write.add_argument
    add("run", nargs="?", metavar="RUN", help="the folder of a run (default: the newest in runs/)")
    add("--prompt", help="how the text begins (default: after an empty line)")
    add("--length", type=int, default=500, metavar="N", help="how many tokens: characters, or what the run's tokenizer "
        "makes of a text (default 500)")
    add("--temperature", type=float, metavar="T", help="0.1 repeats what is safe, 1 writes "
        "as it learnt, 2 raves (default 0.8)")
    add("--top-k", type=int, metavar="K", help="choose among the K likeliest tokens only")
    add("--top-p", type=float, metavar="P", help="choose among the fewest tokens that together have the probability P")
    add("--repetition-penalty", type=float, metavar="R", help="above 1, what was written already becomes less likely")
    add("--greedy", action="store_true", help="always take the likeliest token")
    add("--beams", type=int, metavar="B", help="keep the B likeliest texts instead of drawing one (beam search)")
    add("--stop", metavar="TEXT", help="end before this text")
    add("--probabilities", action="store_true", help="show each token with its probability")
    add("--seed", type=_whole, default=0, help="another number writes another text (default 0)")
    add("--device", default="cpu", choices=["cpu", "gpu"], help="where to compute (default cpu)")

    score = command("eval", _eval, "score a text with a trained model", f"{BITS} Bits per byte compare any models "
                    "on the same text; perplexity, among how many tokens a model is in doubt each time, compares "
                    "those of one tokenizer.")
    score.add_argument("run", nargs="?", metavar="RUN", help="the folder of a run (default: the newest in runs/)")
    score.add_argument("--data", metavar="FILE", help="a UTF-8 text file, a folder, a pattern such as 'notes/*.md', or "
                       "the name of a built-in text (default: what was held out when the run was trained)")
    score.add_argument("--device", default="cpu", choices=["cpu", "gpu"], help="where to compute (default cpu)")

    ladder = command("compare", _compare, "train every model on one text and draw the chart",
                     "From counting single characters to a GPT, each within the same time, and scored on the same "
                     f"held-out text: what each idea buys. {BITS} It can be stopped with Ctrl-C and goes on when "
                     "called again.")
    ladder.add_argument("--models", nargs="+", metavar="MODEL", help="which: unigram, bigram, n-gram, mlp, cnn, rnn, "
                        "gru, lstm, gpt (default: all)")
    ladder.add_argument("--name", default="compare", help="it is saved in runs/NAME (default compare)")
    _training_options(ladder, ("data", "preset", "tokenizer", "vocabulary", "minutes", "steps", "seed", "device"))

    counts = command("ngram", _ngram, "count how often each token follows others: the model before neural ones", BITS)
    _training_options(counts, ("data", "tokenizer", "vocabulary", "seed"))
    counts.add_argument("--order", type=int, default=6, metavar="N", help="tokens a k-gram has, 1 to 10 (default 6)")
    counts.add_argument("--estimator", metavar="NAME", help="mle, add, good-turing, jelinek-mercer (weights by EM), "
                        "kneser-ney (default) or modified-kneser-ney")
    counts.add_argument("--add", type=float, metavar="K", help="count each token K times more: the estimator add")
    counts.add_argument("--name", help="the run is saved as runs/NAME (default: ngram, numbered)")

    from . import clean_cli, vectors_cli

    clean_cli.add_options(command("clean", None, clean_cli.SUMMARY))
    vectors_cli.add_options(command("vectors", None, vectors_cli.SUMMARY))

    check = command("gradcheck", _gradcheck, "prove the derivatives",
                    "It compares each derivative rule with finite differences.")
    check.add_argument("names", nargs="*", metavar="NAME", help="operations (default: all); one is shown in full")
    check.add_argument("--mutate", action="store_true", help="prove that the check can fail: break every rule, "
                       "and count how many of the breaks are found")
    check.add_argument("--device", choices=["cpu", "gpu"], help="where to compute (default: wherever it can)")

    from . import lessons_cli

    lessons_cli.add_options(command("lessons", lessons_cli.run, lessons_cli.SUMMARY))

    texts = command("data", _data, "show the texts to learn from",
                    "Without a name it lists the built-in ones; of a text it shows where it comes from, its licence, "
                    "its size and what it is good for.")
    texts.add_argument("name", nargs="?", help="a built-in text, or a file, a folder or a pattern of your own")
    texts.set_defaults(device=None)
    return top


def _training_options(train: argparse._ActionsContainer, only: Sequence[str] = ()) -> list[argparse.Action]:
    """What a run is made with; `tinylm train` and `tinylm resume` take the same, `tinylm compare` some of it."""
    return [train.add_argument(f"--{name}", **facts) for name, facts in _settings().items() if name in (only or name)]


def _settings() -> dict[str, dict[str, Any]]:
    """The options of a training, as argparse wants them. Where no default is given, the model's recipe has one."""
    best = "(default: what suits the model)"
    return {
        "data": {"default": "pydoc", "metavar": "FILE", "help": "a UTF-8 text file, a folder, a pattern such as "
                 "'notes/*.md', or the name of a built-in text; the default, pydoc, is the documentation that comes "
                 "with Python"},
        "model": {"default": "gpt", "help": "mlp (Bengio 2003), cnn, rnn, gru, lstm or gpt (the default)"},
        "preset": {"default": "small", "help": "its size: tiny, small (default) or, but for mlp, base"},
        "tokenizer": {"metavar": "KIND", "help": "what a token is: character, byte, bpe (learnt from the text), word, "
                      f"gpt2, or the path of a tokenizer.json {best}"},
        "vocabulary": {"type": int, "metavar": "N", "help": f"how many tokens bpe or word shall have {best}"},
        "minutes": {"type": float, "help": "how long to train (default 3.5, or 5 to compare, unless --steps is given)"},
        "steps": {"type": _whole, "help": "how many steps to train: unlike minutes, exactly repeatable"},
        "batch-size": {"type": int, "metavar": "N", "help": f"examples in a batch {best}"},
        "lr": {"type": float, "help": f"the highest learning rate {best}"},
        "weight-decay": {"type": float, "metavar": "W", "help": "how fast weights shrink: more of it learns less by "
                         f"heart {best}"},
        "accumulate": {"type": int, "default": 1, "metavar": "K", "help": "add the gradients of K batches up for "
                       "one step: a batch K times as large in the memory of one (default 1)"},
        "clip": {"type": float, "metavar": "NORM", "help": f"cut gradients longer than this {best}"},
        "patience": {"type": _whole, "metavar": "N", "help": "stop after N evaluations, of which there are 20, "
                     "without a better score, and keep the best weights (default: never)"},
        "workers": {"type": int, "metavar": "N", "help": "threads that share each batch (default: the cores there are, "
                    "where the model is large enough for it to pay)"},
        "tensorboard": {"action": "store_true", "help": "write a log for TensorBoard too"},
        "seed": {"type": _whole, "default": 0, "help": "where random numbers start (default 0)"},
        "device": {"default": "cpu", "choices": ["cpu", "gpu"], "help": "where to compute (default cpu)"},
    }


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
    from .generation import generate

    run = checkpoint.load(Path(args.run) if args.run else _newest())
    if args.prompt is None:
        prompt = runs.opening(run.tokenizer)
    else:
        prompt = os.fsencode(args.prompt).decode("utf-8", "replace")  # in the locale "C" it may come as raw bytes
    settings = {name: getattr(args, name) for name in (
        "temperature", "top_k", "top_p", "greedy", "repetition_penalty", "stop", "seed")}
    if args.beams is not None:
        settings["beams"] = args.beams
    elif args.temperature is None and not args.greedy:
        settings["temperature"] = 0.8
    if args.probabilities:
        for token in generate(run.model, run.tokenizer, prompt, args.length, probabilities=True, **settings):
            print(f"{token.probability:8.4f}  {token.text!r}")
    elif args.beams is not None:
        print(prompt.lstrip("\n") + generate(run.model, run.tokenizer, prompt, args.length, **settings))
    else:
        runs.write(run.model, run.tokenizer, prompt, args.length, **settings)
    return 0


def _eval(args: Any) -> int:
    from . import runs

    runs.score(Path(args.run) if args.run else _newest(), args.data)
    return 0


def _compare(args: Any) -> int:
    from . import compare

    options = {**{name.replace("-", "_"): facts.get("default") for name, facts in _settings().items()}, **_given(args)}
    options.pop("models")
    if options["minutes"] is None and options["steps"] is None:
        options["minutes"] = 5.0
    compare.compare(Path("runs") / args.name, args.models or compare.LADDER, options)
    return 0


def _ngram(args: Any) -> int:
    from . import ngram_cli

    options = {name: getattr(args, name) for name in ("data", "tokenizer", "vocabulary", "order", "estimator", "add",
                                                      "seed")}
    return ngram_cli.ngram(args.name, options)


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
    found = sorted(Path("runs").rglob("model.safetensors"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise FileNotFoundError("there is no run in the folder runs/ here: `tinylm train` makes one")
    return found[-1].parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit code: 0, 1 for an error, 2 for a wrong option, 130 after Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # Windows's may be something else
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
