"""Metrics beside scikit-learn, sacrebleu, rouge-score, seqeval and nltk: equal to 1e-9 on hundreds of cases each."""

import itertools
import sys
import unicodedata

import numpy as np
import pytest

from tinylm import metrics as ours
from tinylm.metrics.punctuation import TOKENIZERS

try:
    import nltk
    import sacrebleu
    import seqeval.metrics.sequence_labeling
    import seqeval.metrics.v1
    import seqeval.scheme
    import sklearn.calibration
    import sklearn.metrics as theirs
    from rouge_score import rouge_scorer
    from sacrebleu.metrics import BLEU
    from sacrebleu.metrics.bleu import _get_tokenizer
    from sacrebleu.significance import PairedTest
except ImportError:  # then every test here is skipped, counted and printed with the reason
    theirs = None

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(theirs is None, reason='scikit-learn and others: pip install -e ".[oracle]"'),
    pytest.mark.filterwarnings("ignore"),
]

AVERAGES = ("micro", "macro", "weighted", None)


def near(got, expected):
    np.testing.assert_allclose(np.asarray(got, float), np.asarray(expected, float), rtol=1e-9, atol=1e-9)


def same(function, reference, *inputs, **settings):
    """Both give the same, or both refuse."""
    try:
        expected = reference(*inputs, **settings)
    except (ValueError, ZeroDivisionError) as error:
        with pytest.raises(ValueError, match=r"\w"):
            function(*inputs, **settings)
        return type(error)
    got = function(*inputs, **settings)
    for one, other in zip(*((got, expected) if isinstance(expected, tuple) else ((got,), (expected,))), strict=True):
        near(one, other)
    return None


def label_cases(count, seed=0):
    """True and predicted classes, and weights: few and many classes, one class, none in common, texts, ties."""
    random = np.random.default_rng(seed)
    for _ in range(count):
        n, k = int(random.integers(1, 40)), int(random.integers(1, 7))
        names = [np.arange(k), np.arange(k) - 2, np.array(["cat", "dog", "ape", "Zebra", "bé", ""])[:k],
                 np.arange(k) * 1.0][int(random.integers(4))]
        true, predicted = (names[random.integers(0, k, n)] for _ in range(2))
        if random.random() < 0.2:
            predicted = np.full(n, names[-1])
        yield true, predicted, random.choice([None, 1]) and random.integers(0, 4, n) + random.random(n) * (n > 3)


def score_cases(count, seed=0):
    """Two classes with scores: distinct, tied, constant, one class, weights with zeros."""
    random = np.random.default_rng(seed)
    for place in range(count):
        n = int(random.integers(1, 60))
        true = random.integers(0, 2, n) if place % 10 else np.full(n, place // 10 % 2)
        score = [random.normal(size=n), random.integers(0, 5, n) / 4, np.full(n, 0.3), random.random(n).round(1),
                 random.random(n).astype(np.float32)][place % 5]
        weight = None if place % 3 else random.integers(0, 3, n) * random.random(n) + (random.random() < 0.5)
        yield true, score, weight if weight is None or weight.any() else None


def probability_cases(count, seed=0):
    """Probabilities of several classes, some of them 0 or 1, not every class in the truth."""
    random = np.random.default_rng(seed)
    for place in range(count):
        n, k = int(random.integers(1, 30)), int(random.integers(2, 6))
        proba = random.dirichlet(np.full(k, 0.3), n)
        if place % 4 == 0:
            proba = np.eye(k)[random.integers(0, k, n)]
        if place % 4 == 1:
            proba = np.full((n, k), 1 / k)
        yield random.integers(0, k, n), proba, None if place % 3 else random.random(n) + 0.01


@pytest.mark.parametrize("name", ["precision", "recall", "f1"])
@pytest.mark.parametrize("zero_division", ["warn", 0, 1, np.nan], ids=str)
def test_precision_recall_f1(name, zero_division):
    refused = 0
    for true, predicted, weight in label_cases(300):
        given = {"sample_weight": weight, "zero_division": zero_division}
        reference = getattr(theirs, f"{name}_score")
        for average in AVERAGES:
            same(getattr(ours, name), reference, true, predicted, average=average, **given)
        chosen = np.unique(np.concatenate([true, predicted]))[::-2]
        same(getattr(ours, name), reference, true, predicted, average="macro", labels=chosen, **given)
        refused += same(getattr(ours, name), reference, true, predicted, **given) is not None
        same(getattr(ours, name), reference, true, predicted, pos_label=true[0].item(), **given)
    assert 50 < refused < 250


def test_labels_that_do_not_occur():
    for average in AVERAGES:
        for labels in ([0, 1, 2, 9], [9, 1], [9]):
            same(ours.f1, theirs.f1_score, [0, 1, 1, 2], [0, 1, 2, 2], labels=labels, average=average)


def test_accuracy_and_the_confusion_matrix():
    for true, predicted, weight in label_cases(300, seed=1):
        for normalize in (True, False):
            same(ours.accuracy, theirs.accuracy_score, true, predicted, normalize=normalize, sample_weight=weight)
        labels = np.unique(np.concatenate([true, predicted]))[::-1]
        some = (None, labels, labels[1:], labels[:1])
        for normalize, chosen in itertools.product((None, "true", "pred", "all"), some):
            if chosen is None or len(chosen):
                same(ours.confusion_matrix, theirs.confusion_matrix, true, predicted, normalize=normalize,
                     labels=chosen, sample_weight=weight)


def test_top_k():
    random = np.random.default_rng(2)
    for place in range(400):
        n, classes = int(random.integers(1, 20)), int(random.integers(3, 7))
        score = random.normal(size=(n, classes)).round(place % 3)  # many ties where rounded to whole numbers
        true, weight = random.integers(0, classes, n), None if place % 2 else random.random(n) + 0.1
        for k in range(1, classes + 1):
            same(ours.top_k_accuracy, theirs.top_k_accuracy_score, true, score, k=k, sample_weight=weight,
                 labels=np.arange(classes), normalize=place % 5 > 0)
    for true, score, weight in score_cases(200, seed=3):
        if len(np.unique(true)) == 2:
            for k in (1, 2):
                same(ours.top_k_accuracy, theirs.top_k_accuracy_score, true, score, k=k, sample_weight=weight)


def test_roc_and_precision_recall_of_two_classes():
    for true, score, weight in score_cases(600):
        for drop, reference in itertools.product((False, True), ("roc_curve", "precision_recall_curve")):
            same(getattr(ours, reference), getattr(theirs, reference), true, score, sample_weight=weight,
                 drop_intermediate=drop)
        same(ours.roc_auc, theirs.roc_auc_score, true, score, sample_weight=weight)
        same(ours.average_precision, theirs.average_precision_score, true, score, sample_weight=weight)


def test_positive_labels_of_all_kinds():
    score = [0.1, 0.4, 0.35, 0.8]
    for true, pos_label in ((["a", "b", "b", "a"], "b"), ([1, 2, 1, 2], 2), ([-1, 1, 1, -1], None),
                            ([True, False, True, True], None), ([0, 1, 2, 2], 2), (["a", "b", "b", "a"], None),
                            ([1, 2, 1, 2], None)):
        for reference in ("roc_curve", "precision_recall_curve"):
            same(getattr(ours, reference), getattr(theirs, reference), true, score, pos_label=pos_label)


def test_roc_and_average_precision_of_several_classes():
    for true, proba, weight in probability_cases(300):
        if proba.shape[1] < 3:
            continue
        labels = np.arange(proba.shape[1])
        for average in AVERAGES:
            if average != "weighted" or weight is None:
                same(ours.roc_auc, theirs.roc_auc_score, true, proba, average=average, multi_class="ovr", labels=labels,
                     sample_weight=weight)
            if len(np.unique(true)) == len(labels):
                same(ours.average_precision, theirs.average_precision_score, true, proba, average=average,
                     sample_weight=weight)


def test_area_under_any_curve():
    random = np.random.default_rng(4)
    for place in range(200):
        x, y = random.normal(size=(2, int(random.integers(1, 9))))
        same(ours.auc, theirs.auc, np.sort(x) if place % 3 else x, y)
        same(ours.auc, theirs.auc, np.sort(x)[::-1], y)


def test_log_loss_and_brier():
    for true, proba, weight in probability_cases(500, seed=5):
        labels = np.arange(proba.shape[1])
        for normalize in (True, False):
            same(ours.log_loss, theirs.log_loss, true, proba, labels=labels, sample_weight=weight, normalize=normalize)
        same(ours.brier, theirs.brier_score_loss, true, proba, labels=labels, sample_weight=weight)
        same(ours.log_loss, theirs.log_loss, true, proba)
        right = (true == 0).astype(int)
        same(ours.log_loss, theirs.log_loss, right, proba[:, 0], labels=[0, 1], sample_weight=weight)
        for half in (True, False, "auto"):
            same(ours.brier, theirs.brier_score_loss, right, proba[:, 0], sample_weight=weight, scale_by_half=half)
    single = proba.astype(np.float32)
    np.testing.assert_allclose(ours.log_loss(true, single, labels=labels), theirs.log_loss(true, single, labels=labels),
                               rtol=1e-6)


def test_calibration():
    random = np.random.default_rng(6)
    for place in range(300):
        n, bins = int(random.integers(1, 80)), int(random.integers(1, 16))
        proba = random.random(n).round(1 + place % 5 * 4)
        true = (random.random(n) < proba).astype(int)
        for strategy in ("uniform", "quantile"):
            got = ours.reliability_curve(true, proba, n_bins=bins, strategy=strategy)
            expected = sklearn.calibration.calibration_curve(true, proba, n_bins=bins, strategy=strategy)
            near(got[0], expected[0])
            near(got[1], expected[1])
            assert got.size.sum() == n
        counts = np.bincount(np.ceil(proba * bins - 1e-12).clip(1).astype(int), minlength=bins + 1)
        accuracy, confidence = sklearn.calibration.calibration_curve(true, proba, n_bins=bins)
        near(ours.expected_calibration_error(true, proba, n_bins=bins),
             counts[counts > 0] / n @ np.abs(accuracy - confidence))


WORDS = ["the", "cat", "sat,", "on", "mat.", "a", "3.14", "U.S.", "don't", "-", "1-2", "(ok)", "&quot;x&amp;", "Cat",
         "$5,000.00!", "\n", "end-\nof", "日本語", "naïve", "<skipped>", "[x]", "^_`{|}~", "", " "]


def text(random, longest=12):
    return " ".join(random.choice(WORDS, int(random.integers(0, longest))).tolist())


@pytest.mark.parametrize("method, value", [("exp", None), ("none", None), ("floor", None), ("floor", 0.01),
                                           ("floor", 0.0), ("add-k", None), ("add-k", 0.5)])
@pytest.mark.parametrize("effective", [False, True])
def test_bleu(method, value, effective):
    random = np.random.default_rng(7)
    settings = {"smooth_method": method, "smooth_value": value, "effective_order": effective}
    for place in range(150):
        count, order = int(random.integers(1, 6)), int(random.integers(1, 6)) if place % 3 else 4
        hypotheses = [text(random) for _ in range(count)]
        references = [[text(random) if random.random() < 0.6 else f"{written} {text(random, 3)}"
                       for _ in range(int(random.integers(1, 4)))] for written in hypotheses]
        tokenize, lowercase = ["13a", "none", "char", "zh"][place % 4], bool(place % 2)
        reference = BLEU(tokenize=tokenize, lowercase=lowercase, max_ngram_order=order, **settings)
        streams = list(itertools.zip_longest(*references))
        expected = reference.corpus_score(hypotheses, streams)
        given = {"tokenize": tokenize, "lowercase": lowercase, "max_ngram_order": order, **settings}
        got = ours.bleu_details(hypotheses, references, **given)
        near(got.score, expected.score)
        near(got.precisions, expected.precisions)
        near(got.brevity_penalty, expected.bp)
        assert (got.hypothesis_length, got.reference_length) == (expected.sys_len, expected.ref_len)
        near(ours.bleu(hypotheses, references, **given), expected.score)
        for written, right in zip(hypotheses, references, strict=True):
            near(ours.sentence_bleu(written, right, **given), reference.sentence_score(written, right).score)


def test_the_default_settings_of_bleu():
    random = np.random.default_rng(8)
    pairs = [(text(random, 30), text(random, 30)) for _ in range(100)]
    hypotheses, references = [a for a, _ in pairs], [f"{a} {b}" for a, b in pairs]
    near(ours.bleu(hypotheses, [[r] for r in references]), sacrebleu.corpus_bleu(hypotheses, [references]).score)
    for written, right in zip(hypotheses, references, strict=True):
        near(ours.sentence_bleu(written, [right]), sacrebleu.sentence_bleu(written, [right]).score)


@pytest.mark.parametrize("name", TOKENIZERS)
def test_bleu_cuts_around_every_character_alike(name):
    reference = _get_tokenizer(name)()
    for start in range(0, sys.maxunicode, 64):
        signs = [c for c in map(chr, range(start, start + 64)) if unicodedata.category(c) not in ("Cs", "Co", "Cn")]
        for sample in (" ".join(f"a{c}b 1{c}2 .{c}," for c in signs), "".join(signs)):
            assert TOKENIZERS[name](sample) == reference(sample).split(), hex(start)
    for c in map(chr, range(33, 127)):
        for sample in (f"{c}1 1{c} {c} {c}.{c},{c}-{c}1{c}", f"1-{c} -{c}- .{c}1, {c}{c}"):
            assert TOKENIZERS[name](sample) == reference(sample).split()


def test_rouge():
    random = np.random.default_rng(9)
    kinds = {"rouge1": lambda *a: ours.rouge_n(*a), "rouge2": lambda *a: ours.rouge_n(*a, 2),
             "rouge5": lambda *a: ours.rouge_n(*a, 5), "rougeL": ours.rouge_l, "rougeLsum": ours.rouge_lsum}
    scorer = rouge_scorer.RougeScorer(list(kinds))
    for place in range(400):
        words = WORDS if place % 2 else list("abc") + ["\n"]  # few words: many longest common subsequences
        written, *right = (" ".join(random.choice(words, int(random.integers(0, 25))).tolist())
                           for _ in range(1 + int(random.integers(1, 4))))
        expected = scorer.score_multi(right, written)
        for name, function in kinds.items():
            near(function([written], [right]), expected[name])
    assert ours.rouge_n([""], [[""]]) == (0, 0, 0)


def test_rouge_over_examples_is_the_mean():
    hypotheses, references = ["a b c", "d e", "f"], [["a b"], ["e d"], ["g"]]
    scorer = rouge_scorer.RougeScorer(["rougeL"])
    rows = [scorer.score(*right, written)["rougeL"] for written, right in zip(hypotheses, references, strict=True)]
    near(ours.rouge_l(hypotheses, references), np.mean(rows, 0))
    near(ours.rouge_l(hypotheses, references, average=None), rows)


@pytest.mark.parametrize("scheme, letters", [(None, "BIES"), ("IOB2", "BI"), ("IOBES", "BIES"), ("BILOU", "BILU")])
@pytest.mark.parametrize("zero_division", ["warn", 0, 1])
def test_entities(scheme, letters, zero_division):
    random = np.random.default_rng(10)
    tags = ["O", *(f"{letter}-{kind}" for letter in letters for kind in ("PER", "LOC", "A-B")), *letters]
    strict = {"mode": "strict", "scheme": getattr(seqeval.scheme, scheme)} if scheme else {}
    for place in range(300):
        lengths = random.integers(0, 9, int(random.integers(1, 5)))
        true = [random.choice(tags, length).tolist() for length in lengths]
        change = [0.0, 0.1, 0.5, 1.0][place % 4]
        predicted = [[str(random.choice(tags)) if random.random() < change else tag for tag in one] for one in true]
        if place % 17 == 0:
            predicted = [["O"] * len(one) for one in true]
        if place % 19 == 0:
            true = [["O"] * len(one) for one in true]
        for average in AVERAGES:
            expected = seqeval.metrics.f1_score(true, predicted, average=average, zero_division=zero_division, **strict)
            got = ours.entity_f1(true, predicted, average=average, scheme=scheme, zero_division=zero_division)
            if average == "macro" and np.isnan(expected):  # no entity at all: seqeval takes a mean of nothing
                assert got == (zero_division == 1)
            else:
                near(got, expected)
        report = ours.entity_report(true, predicted, scheme=scheme, zero_division=zero_division)
        reference = seqeval.metrics.v1 if scheme else seqeval.metrics.sequence_labeling
        chosen = {"scheme": strict["scheme"]} if scheme else {}
        expected = reference.precision_recall_fscore_support(true, predicted, zero_division=zero_division, **chosen)
        near(np.array(list(report.values())).reshape(-1, 4).T, expected)


def test_edit_distance():
    random = np.random.default_rng(11)
    for _ in range(500):
        first, second = ("".join(random.choice(list("abcé "), int(random.integers(0, 15)))) for _ in range(2))
        assert ours.edit_distance(first, second) == nltk.edit_distance(first, second)
        assert ours.edit_distance(first.split(), second.split()) == nltk.edit_distance(first.split(), second.split())


def test_the_randomization_test_agrees_with_sacrebleu():
    """Other random numbers, so within three standard errors of p."""
    random = np.random.default_rng(12)
    references = [" ".join(random.choice(list("abcdefgh"), 12)) for _ in range(60)]
    systems = [[" ".join(w if random.random() > noise else "x" for w in one.split()) for one in references]
               for noise in (0.20, 0.24)]
    counts = [ours.bleu_counts(system, [[one] for one in references]) for system in systems]
    named = list(zip(("one", "two"), systems, strict=True))
    _, found = PairedTest(named, {"BLEU": BLEU()}, [references], "ar", n_samples=2000)()
    p = found["BLEU"][1].p_value
    got = ours.randomization_test(lambda rows: ours.bleu_of_counts(rows).score, counts[:1], counts[1:], trials=2000)
    near((got.first, got.second), [result.score for result in found["BLEU"]])
    assert 0.05 < p < 0.95 and abs(got.p_value - p) < 3 * np.sqrt(2 * p * (1 - p) / 2000)
