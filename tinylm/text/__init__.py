"""Text: cleaning and splitting it, and tokenizers, which turn it into ids and back."""

from .bpe import BPE, gpt2
from .bytes import Bytes
from .characters import Characters
from .cleaning import (
    casefold,
    collapse_whitespace,
    lower,
    normalise_unicode,
    remove_controls,
    remove_markup,
    remove_punctuation,
    remove_urls,
    unwrap_links,
)
from .files import KINDS, load
from .pipeline import STEPS, Pipeline, step
from .segmenter import Segmenter, chinese_characters
from .sentences import sentence_spans, split_sentences
from .stopwords import remove_stop_words, stop_words
from .tokenizer import Tokenizer
from .treebank import treebank_spans, treebank_words
from .vocabulary import Coverage, Vocabulary
from .words import Words

__all__ = [
    "BPE", "KINDS", "STEPS", "Bytes", "Characters", "Coverage", "Pipeline", "Segmenter", "Tokenizer", "Vocabulary",
    "Words", "casefold", "chinese_characters", "collapse_whitespace", "gpt2", "load", "lower", "normalise_unicode",
    "remove_controls", "remove_markup", "remove_punctuation", "remove_stop_words", "remove_urls", "sentence_spans",
    "split_sentences", "step", "stop_words", "treebank_spans", "treebank_words", "unwrap_links",
]
