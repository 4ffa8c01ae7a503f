"""Metrics: how good is a model? Named and computed as in scikit-learn, sacrebleu, rouge-score and seqeval."""

from .answers import exact_match, normalized, token_f1
from .calibration import Reliability, expected_calibration_error, reliability_curve
from .classes import accuracy, confusion_matrix, f1, precision, recall, top_k_accuracy
from .correlation import spearman
from .diversity import distinct_n
from .edits import character_error_rate, edit_distance, word_error_rate
from .inputs import UndefinedMetricWarning
from .likelihood import bits_per_byte, perplexity
from .plots import plot_calibration, plot_confusion_matrix, plot_precision_recall, plot_roc
from .probability import brier, log_loss
from .ranking import auc, average_precision, precision_recall_curve, roc_auc, roc_curve
from .resampling import Comparison, Interval, bootstrap, paired_bootstrap, randomization_test
from .summaries import Rouge, rouge_l, rouge_lsum, rouge_n
from .tagging import Entity, EntityScores, entities, entity_f1, entity_report
from .translation import Bleu, bleu, bleu_counts, bleu_details, bleu_of_counts, sentence_bleu

__all__ = [
    "Bleu", "Comparison", "Entity", "EntityScores", "Interval", "Reliability", "Rouge", "UndefinedMetricWarning",
    "accuracy", "auc", "average_precision", "bits_per_byte", "bleu", "bleu_counts", "bleu_details", "bleu_of_counts",
    "bootstrap", "brier", "character_error_rate", "confusion_matrix", "distinct_n", "edit_distance", "entities",
    "entity_f1", "entity_report", "exact_match", "expected_calibration_error", "f1", "log_loss", "normalized",
    "paired_bootstrap", "perplexity", "plot_calibration", "plot_confusion_matrix", "plot_precision_recall", "plot_roc",
    "precision", "precision_recall_curve", "randomization_test", "recall", "reliability_curve", "roc_auc", "roc_curve",
    "rouge_l", "rouge_lsum", "rouge_n", "sentence_bleu", "spearman", "token_f1", "top_k_accuracy", "word_error_rate",
]
