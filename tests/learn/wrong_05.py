"""Wrong answers to the exercises of lesson 05: for each the words that the English message has to contain."""

import itertools

import numpy as np


def all_means(d):
    return np.array([np.mean(np.array(signs) * d) for signs in itertools.product([1, -1], repeat=len(d))])


def of_each(confusion):
    """F1 of every class."""
    return 2 * np.diag(confusion) / np.maximum(confusion.sum(0) + confusion.sum(1), 1)


def of_the_means(confusion):
    hits = np.diag(confusion)
    precision = np.mean(hits / np.maximum(confusion.sum(0), 1))
    recall = np.mean(hits / np.maximum(confusion.sum(1), 1))
    return 2 * precision * recall / max(precision + recall, 1e-300)


def without_absent(confusion):
    there = confusion.sum(0) + confusion.sum(1) > 0
    return np.mean(of_each(confusion)[there])


def validating(chosen=None, fitted=None, over="rows", cut=True, labels=None):
    """Cross-validation with a mistake: what it chooses and fits by, what the mean is over, whether columns are cut."""
    def my_cross_validation(X, y, folds, choose, fit):
        scores, sizes = [], []
        for fold in np.unique(folds):
            train, test = folds != fold, folds == fold
            by, to = (train if rows is None else rows(folds, fold) for rows in (chosen, fitted))
            columns = choose(X[by], y[by] if labels is None else labels(y)[:by.sum()])
            if not cut:
                columns = np.arange(X.shape[1])
            predict = fit(X[to][:, columns], y[to])
            scores.append(np.mean(predict(X[test][:, columns]) == y[test]))
            sizes.append(test.sum())
        return np.average(scores, weights=sizes if over == "rows" else None)
    return my_cross_validation


def everything(folds, fold):
    return np.ones(len(folds), dtype=bool)


def one_fold(X, y, folds, choose, fit):
    test = folds == folds[0]
    columns = choose(X[~test], y[~test])
    return np.mean(fit(X[~test][:, columns], y[~test])(X[test][:, columns]) == y[test])


def no_choice(X, y, folds, choose, fit):
    test = folds == folds[0]
    return np.mean(fit(X[~test], y[~test])(X[test]) == y[test])


def errors(X, y, folds, choose, fit):
    return 1 - validating()(X, y, folds, choose, fit)


def scaled(X, y, folds, choose, fit):
    return validating()((X - X.mean(0)) / X.std(0), y, folds, choose, fit)


WRONG = {
    "05.1": {
        "one standard deviation": (291, "one standard deviation to either side"),
        "the worst case": (9604, "the worst case"),
        "half the width": (4472, "Half the width"),
        "twice the width": (280, "Twice the width"),
        "without a": (1153, "not 1 - a"),
        "two standard deviations": (1164, "rather than 2"),
        "too few": (100, "More images are needed"),
        "too many": (100_000, "Fewer will do"),
        "none": (0, "one positive number"),
        "a text": ("1000", "expected a number"),
    },
    "05.2": {
        "one side": (lambda d: np.mean(all_means(d) >= d.mean()), "one side only"),
        "only those further": (lambda d: np.mean(np.abs(all_means(d)) > abs(d.mean())), "only those further"),
        "those nearer": (lambda d: np.mean(np.abs(all_means(d)) < abs(d.mean())), "you have 1 - p"),
        "the share of gains": (lambda d: np.mean(d > 0), "share of positive differences"),
        "how many": (lambda d: np.sum(np.abs(all_means(d)) >= abs(d.mean())), "a factor is missing"),
        "every mean": (all_means, "expected ()"),
    },
    "05.3": {
        "the accuracy": (lambda confusion: np.trace(confusion) / confusion.sum(), "drown the rare ones"),
        "weighted": (lambda confusion: of_each(confusion) @ confusion.sum(1) / confusion.sum(), "how often it is true"),
        "of the means": (of_the_means, "the F1 of the mean precision"),
        "without the absent": (without_absent, "leave out the class"),
        "the mean precision": (lambda confusion: np.mean(np.diag(confusion) / np.maximum(confusion.sum(0), 1)),
                               "That is the mean precision"),
        "the mean recall": (lambda confusion: np.mean(np.diag(confusion) / np.maximum(confusion.sum(1), 1)),
                            "That is the mean recall"),
        "0/0": (lambda confusion: np.mean(2 * np.diag(confusion) / (confusion.sum(0) + confusion.sum(1))),
                "divided by 0"),
        "one a class": (of_each, "has the shape (2,)"),
    },
    "05.4": {
        "a good model": (lambda y: 0.1 + 0.8 * y, "so are the decisions"),
        "no ranking": (lambda y: 0.3 + 0 * y, "each tie counts as half"),
        "upside down": (lambda y: 0.4 - 0.3 * y, "upside down"),
        "one mistake": (lambda y: np.where(np.arange(len(y)) == np.argmin(y), 0.4, 0.1 + 0.3 * y), "Look at y"),
        "no probability": (lambda y: y - 5.0, "between 0 and 1"),
        "one score": (lambda y: 0.3, "One score an image"),
    },
    "05.5": {
        "no factor": (lambda g, x, keep, p: keep * (g.T @ x), "factor 1/(1 - p) is missing"),
        "no mask": (lambda g, x, keep, p: g.T @ x / (1 - p), "The mask is missing"),
        "a plain layer": (lambda g, x, keep, p: g.T @ x, "plain linear layer"),
        "multiplied": (lambda g, x, keep, p: keep * (g.T @ x) * (1 - p), "You multiply by 1 - p"),
        "the mask turned round": (lambda g, x, keep, p: ~keep * (g.T @ x) / (1 - p), "wrong way round"),
        "transposed": (lambda g, x, keep, p: (keep * (g.T @ x) / (1 - p)).T, "transposed"),
        "minus": (lambda g, x, keep, p: -keep.astype(int) * (g.T @ x) / (1 - p), "the wrong sign"),
    },
    "05.6": {
        "chosen by all rows": (validating(chosen=everything), "choose was shown row"),
        "fitted to all rows": (validating(fitted=everything), "fit was shown row"),
        "the mean over folds": (validating(over="folds"), "the folds differ in size"),
        "the errors": (errors, "share of wrong predictions"),
        "columns not cut": (validating(cut=False), "Cut X to the chosen columns"),
        "one fold": (one_fold, "Each fold is the test set once"),
        "nothing chosen": (no_choice, "fit was called before choose"),
        "labels of other rows": (validating(labels=lambda y: y), "cut by the same mask"),
        "scaled by all rows": (scaled, "would be a leak too"),
    },
}

EQUIVALENT = {
    "05.3 constant: 1 -> 2": "a class that is claimed or true once in all has no hit: 0 over 1 or over 2",
    "05.4 right only: 0.1 + 0.3 * y -> 0.3 * y": "scores of 0 and 0.3 rank and decide as those of 0.1 and 0.4 do",
}
"""Changes of a solution that make another right answer, each with the reason."""
