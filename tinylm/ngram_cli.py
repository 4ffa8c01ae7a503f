"""What `tinylm ngram` does: from a text to a run that only counts."""

from __future__ import annotations

import math
import tempfile
import time
from pathlib import Path
from typing import Any

from . import checkpoint, data, runs
from .evaluation import Score, evaluate_held_out
from .models.ngram import NGram
from .models.unknown import perplexities, spell_unknown
from .prepare import Prepared, prepare
from .text import Words

SAMPLE = 300
"""How many characters or bytes are written to show what the model has learnt; a fifth of it where tokens are larger."""


def ngram(name: str | None, options: dict[str, Any]) -> int:
    """Count the k-grams of a text, score the model on the held-out part, save it in runs/NAME, and let it write.

    options  data, tokenizer, vocabulary, order, estimator, add and seed, as the command has them; None is the default

    Gives the exit code. Raises ValueError for options that do not go together.
    """
    runs.check_name(name)
    options = {**options, "tokenizer": options["tokenizer"] or "character"}
    NGram(1, options["order"], options["add"], options["estimator"])  # is there such a one?
    with runs.claimed(name, "ngram") as folder, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        prepared = prepare(options["data"], options["tokenizer"], options["vocabulary"], Path(place) / runs.IDS)
        began = time.monotonic()
        model = fitted(prepared, options["order"], options["add"], options["estimator"])
        seconds = time.monotonic() - began
        print(f"{model.estimator}, order {model.order}: {model.size:,} counts of {prepared.start:,} tokens "
              f"from a vocabulary of {len(prepared.tokenizer):,} in {seconds:.1f} s", flush=True)
        score = evaluate_held_out(model, prepared)
        _report(score, prepared, options["data"])
        model.save(folder / checkpoint.WEIGHTS)
        bits = {} if math.isnan(score.bits) else {"bits_per_byte": score.bits_per_byte}
        checkpoint.begin(folder, prepared.tokenizer, {  # the config last: what it says of the counts shall be true
            "model": "ngram", "settings": {"order": model.order, "add": model.add, "estimator": model.estimator},
            **options, "text": prepared.fingerprint, "seconds": round(seconds, 1), **bits,
            "perplexity": score.perplexity, "steps_taken": 0, "finished": True})
    print("\nA sample of what it writes:\n")
    length = SAMPLE if prepared.tokenizer.kind in ("character", "byte") else SAMPLE // 5
    runs.write(model, prepared.tokenizer, runs.opening(prepared.tokenizer), length, seed=options["seed"])
    print(f"\nSaved in {folder}. For more:  tinylm generate {folder} --prompt \"The \"")
    return 0


def fitted(prepared: Prepared, order: int, add: float | None, estimator: str | None) -> NGram:
    """The model of the training part.

    The weights of "jelinek-mercer" are fitted to its last tenth, while only the rest is counted; then all of it is.
    """
    model, learnt = NGram(len(prepared.tokenizer), order, add, estimator), prepared.ids[:prepared.start]
    if model.estimator == "jelinek-mercer":
        place = len(learnt) - len(learnt) // 10
        history = model.fit(learnt[:place]).fit_weights(learnt[place:])
        for iteration, nats in enumerate(history):
            print(f"EM {iteration:3}: {-nats / math.log(2):.5f} bits per token")
        print("weights: " + ", ".join(f"{weight:.3f} of order {k}" for k, weight in enumerate(model.weights, 1)))
    return model.fit(learnt)


def _report(score: Score, prepared: Prepared, source: str) -> None:
    """How well the held-out part is predicted, and at what cost what the tokenizer does not know."""
    if not isinstance(prepared.tokenizer, Words):
        print(f"\n{score.bits_per_byte:.3f} bits per byte on the {score.bytes:,} bytes held out, perplexity "
              f"{score.perplexity:.3f} per token")
    else:
        unknown = spell_unknown(prepared.tokenizer, *data.split(data.load(source)))
        as_class, spelt = perplexities(score.nats / score.tokens / math.log(2), score.tokens, unknown)
        print(f"\nperplexity {as_class:.2f} on the {score.tokens:,} words held out, the {unknown.words:,} unknown ones "
              f"({unknown.words / score.tokens:.1%}) as if they were one word\nperplexity {spelt:.2f} with each of "
              "these spelt out, every character equally likely")
    if math.isinf(score.nats):
        print("Infinite: a token is held out that this estimator calls impossible where it stands. All but mle leave "
              "something to what was not seen")
