"""What `tinylm clean` does: from raw text to a corpus, and a report of what was taken out on the way.

What is slow to import is imported where it is used, for `tinylm --help` reads the options here.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path
from typing import Any

SUMMARY = "make a corpus of raw text: without the broken, the double and the held-out"

ABOUT = """Text as it is found is full of what a model should not learn: menus and tables, broken files, the same page
again and again. This reads documents, drops the bad ones by rules, then the duplicates, near ones too, shuffles
what is left and holds some of it out. Training documents that share a passage with the held-out ones go as well.

  tinylm clean notes/ --out corpus                       each file is a document
  tinylm clean dump.jsonl --out corpus                   each line is one: {"text": "..."}
  tinylm clean pydoc --out corpus --rule min_words=20    a built-in text, cut at empty lines
  tinylm clean src/ --out corpus --rules code            source code wants other rules

The folder gets train.txt, heldout.txt and report.json, which tells what was removed, why, with examples. The same
sources and options give the same files. It needs little memory, and twice the room of the text on the disk.
Then:  tinylm train --data corpus/train.txt"""

SKIPPED = 3  # of the files that are no text so many are shown


def add_options(clean: argparse.ArgumentParser) -> None:
    """The options of `tinylm clean`."""
    clean.description, clean.formatter_class = ABOUT, argparse.RawDescriptionHelpFormatter
    clean.set_defaults(function=run)
    add = clean.add_argument
    add("sources", nargs="+", metavar="SOURCE", help="UTF-8 text files, folders, patterns such as 'notes/**/*.md', or "
        "names of built-in texts (tinylm data lists them); in files that end in .jsonl each line is a document")
    add("--out", required=True, metavar="FOLDER", help="where the corpus goes: a folder that is empty or not there yet")
    add("--separator", metavar="LINE", help="a line that is just this ends a document; '' is an empty line (default: a "
        "file is a document)")
    add("--field", default="text", metavar="NAME", help="which entry of a line of JSON is the text (default text)")
    add("--rules", default="prose", choices=["prose", "code", "none"], help="what a good document is like; code also "
        "leaves white space as it is (default prose)")
    add("--rule", action="append", default=[], type=_rule, metavar="NAME=LIMIT", help="another limit, such as "
        "min_words=20 or max_symbols=off; may be given several times")
    add("--show-rules", action=_ShowRules, nargs=0, help="list the rules with their limits, and stop")
    add("--keep-spaces", action="store_true", help="leave white space as it is: for verse and tables")
    add("--threshold", type=float, default=0.8, metavar="T", help="how alike near duplicates are, from 0 to 1, "
        "which is the same; the first of them stays (default 0.8)")
    add("--heldout", type=float, default=0.01, metavar="SHARE", help="the share of the documents that is held out, to "
        "score models on; 0 for none (default 0.01)")
    add("--against", nargs="+", default=[], metavar="FILE", help="other texts that must not be learnt, such "
        "as a test set: documents that share 13 words in a row with them go too")
    add("--form", default="txt", choices=["txt", "jsonl"], help="txt: the texts with an empty line between them; "
        "jsonl: a line each, with where it came from (default txt)")
    add("--seed", type=int, default=0, help="another number gives another order and split (default 0)")


def run(args: Any) -> int:
    """Make the corpus and print the report."""
    from .corpus import RULES, Settings, clean
    from .corpus.quality import with_changes

    rules = with_changes(RULES[args.rules], dict(args.rule))
    began = time.monotonic()
    report = clean(args.sources, args.out, Settings(
        rules=rules, keep_spaces=args.keep_spaces or args.rules == "code", separator=args.separator, field=args.field,
        threshold=args.threshold, heldout=args.heldout, against=args.against, form=args.form, seed=args.seed))
    seconds = time.monotonic() - began
    print(f"{report.table()}\n")
    if report.removed:
        print(f"{report.examples(1)}\n")
    if report.skipped:
        print("Skipped:\n" + "\n".join(f"  {reason}" for reason in report.skipped[:SKIPPED]))
        if len(report.skipped) > SKIPPED:
            print(f"  and {len(report.skipped) - SKIPPED:,} more, which report.json lists")
        print()
    print(f"{report.bytes / 1e6:,.1f} MB in {seconds:.1f} s. Saved in {args.out}.{' Then:' * (args.form == 'txt')}")
    if args.form == "txt":
        print(f"  tinylm train --data {Path(args.out) / 'train.txt'}")
        if args.heldout:
            print(f"  tinylm eval --data {Path(args.out) / 'heldout.txt'}")
    return 0


class _ShowRules(argparse.Action):
    """Lists the rules, as --help does the options."""

    def __call__(self, parser: Any, *_: Any) -> None:
        from .corpus.quality import RULES, meaning

        print(f"{'rule':<24}{'prose':>10}{'code':>10}  what is measured")
        for name in vars(RULES["prose"]):
            limits = [getattr(RULES[kind], name) for kind in ("prose", "code")]
            print(f"{name:<24}" + "".join(f"{'off' if each is None else f'{each:g}':>10}" for each in limits)
                  + f"  {meaning(name)}")
        print("\nA document stays if every measure is at least its min_ and at most its max_. To change one:\n"
              "  --rule min_words=20 --rule max_bullets=off")
        parser.exit()


def _rule(text: str) -> tuple[str, float | None]:
    """"min_words=20" as a name and a limit."""
    name, equals, limit = text.partition("=")
    try:
        if not equals:
            raise ValueError
        if limit != "off" and math.isnan(float(limit)):
            raise ValueError
        return name, None if limit == "off" else float(limit)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=LIMIT with a number or off for the limit, such as "
                                         "min_words=20") from error
