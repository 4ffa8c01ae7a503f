"""Which lesson teaches each public symbol of the library, and which test proves it.

A table as data: for each module, rows of a lesson, a test and the names that both go for. A lesson may be planned and
not written yet. The test is a file under tests/, in which the name then stands, or a test in one, "file::test".

A new symbol needs its row here, a new lesson those that it is the first to use; tests/learn/test_symbols.py says what
is missing.
"""

from __future__ import annotations

from typing import NamedTuple


class Taught(NamedTuple):
    """What is said of one symbol."""

    lesson: str
    test: str


_PRIMITIVE = "test_cases.py::test_every_primitive_on_every_sample"

TABLE: dict[str, str] = {
    "tinylm": """
        01 test_backend.py device
        01 test_tensor.py Tensor
        02 test_graph.py detect_anomaly grad no_grad
        02 test_verify.py gradcheck GradientError
        02 test_primitives.py primitive
        02 test_ops.py::test_steps_carry_no_gradient constant
        02 test_derivatives.py hessian hvp jacobian vjp
        02 test_picture.py draw
        04 test_train.py Trainer
        07 test_evaluation.py evaluate
        08 test_vectors.py WordVectors
        08 test_vector_files.py read_vectors write_vectors
        08 test_vector_map.py plot_map
        08 test_pca.py principal_components
        08 test_cooccurrence.py cooccurrences
        15 test_generation.py generate stream
        22 nn/test_fused.py composition fused
        22 test_primitives.py fuses
        22 test_recompute.py remat
        22 test_memory.py kept_memory
        22 test_kernels.py compiled
        22 test_profiling.py profile
    """,
    "tinylm.ops": f"""
        01 test_backend.py to
        02 {_PRIMITIVE} abs add arctan astype broadcast_to clip concatenate cos cumsum det diagonal divide dot einsum
        02 {_PRIMITIVE} exp exp2 expand_dims expm1 flip getitem identity inv log log1p log2 matmul max maximum mean min
        02 {_PRIMITIVE} minimum moveaxis multiply negative norm outer pad power prod remainder repeat reshape roll
        02 {_PRIMITIVE} scatter_add sin softmax solve sort split sqrt square squeeze stack std subtract sum swapaxes
        02 {_PRIMITIVE} take take_along_axis tan tanh tile trace transpose tril triu var where contract
        02 test_properties.py argmax argmin argsort BINARY REDUCTIONS UNARY
        03 {_PRIMITIVE} elu leaky_relu relu sigmoid softplus
        04 {_PRIMITIVE} logsumexp log_softmax
        04 test_errors.py one_hot
        09 {_PRIMITIVE} embedding
        13 {_PRIMITIVE} erf gelu silu
    """,
    "tinylm.nn": """
        03 nn/test_module.py Linear Module ModuleList Sequential Tanh
        03 nn/test_worked_example.py ReLU Sigmoid
        03 nn/test_layers.py init
        03 nn/test_loss.py MSELoss mse_loss
        03 nn/test_loss.py BCELoss BCEWithLogitsLoss binary_cross_entropy binary_cross_entropy_with_logits
        04 nn/test_loss.py CrossEntropyLoss NLLLoss cross_entropy
        04 nn/test_checks.py::test_first_derivatives nll_loss
        05 nn/test_masking.py DropConnect Dropout dropout dropout_keys
        09 nn/test_layers.py Conv1d
        09 nn/test_module.py Embedding
        10 nn/test_recurrent.py RNN
        11 nn/test_recurrent.py GRU LSTM
        12 nn/test_attention.py MultiheadAttention scaled_dot_product_attention
        13 nn/test_layers.py BatchNorm1d LayerNorm LearnedPositions RMSNorm RotaryPositions SinusoidalPositions
        13 nn/test_attention.py TransformerDecoderLayer TransformerEncoderLayer
        22 nn/test_loss.py KLDivLoss kl_div
    """,
    "tinylm.nn.init": """
        03 nn/test_layers.py constant_ fans kaiming_normal_ kaiming_uniform_ normal_ ones_ orthogonal_
        03 nn/test_layers.py trunc_normal_ uniform_ xavier_normal_ xavier_uniform_ zeros_
        03 oracle/test_torch_layers.py calculate_gain
        03 nn/test_checks.py::test_first_derivatives parameter
    """,
    "tinylm.optim": """
        04 optim/test_equations.py SGD Adagrad Adam RMSprop
        04 optim/test_optimizer.py Optimizer
        04 optim/test_schedule.py CosineAnnealingLR ExponentialLR LRScheduler LambdaLR LinearLR ReduceLROnPlateau
        04 optim/test_schedule.py StepLR warmup_cosine
        05 optim/test_equations.py AdamW
        10 optim/test_clip.py clip_grad_norm_ clip_grad_value_
    """,
    "tinylm.text": """
        06 text/test_bpe.py BPE gpt2
        06 text/test_bytes.py Bytes
        06 text/test_characters.py Characters
        06 text/test_words.py Words
        06 text/test_vocabulary.py Vocabulary
        06 text/test_vocabulary.py::test_coverage Coverage
        06 text/test_files.py KINDS load
        06 oracle/test_tokenizers.py Tokenizer
        06 text/test_pipeline.py Pipeline STEPS step
        06 text/test_segmenter.py Segmenter chinese_characters
        06 text/test_sentences.py sentence_spans split_sentences
        06 text/test_stopwords.py remove_stop_words stop_words
        06 text/test_treebank.py treebank_spans treebank_words
        06 text/test_cleaning.py casefold collapse_whitespace lower normalise_unicode remove_controls remove_markup
        06 text/test_cleaning.py remove_punctuation remove_urls unwrap_links
    """,
    "tinylm.data": """
        06 data/test_corpora.py load split
        06 test_prepare.py MOST split_at
        06 data/test_tokens.py chunks
        06 data/test_sheets.py CORPORA SHEETS overview sheet
        06 data/test_sheets.py::test_every_named_corpus_has_one Sheet
        08 data/test_analogies.py Planted planted
        09 data/test_batches.py Windows
        09 data/test_batches.py::test_what_stands_before_and_what_follows Batch
        10 data/test_sequences.py IGNORED Sequences
        22 data/test_tokens.py read_tokens write_tokens
    """,
    "tinylm.models": """
        07 models/test_ngram.py NGram
        08 models/test_word2vec.py Word2Vec
        08 models/test_glove.py GloVe
        08 models/test_pmi.py PMI pmi_matrix
        09 models/test_mlp.py MLP
        09 models/test_cnn.py CNN
        09 models/test_language.py MODELS PRESETS build next_token_loss preset
        10 models/test_recurrent.py RNN
        10 models/test_language.py detached
        11 models/test_recurrent.py GRU LSTM
        14 models/test_gpt.py GPT
    """,
    "tinylm.metrics": """
        05 metrics/test_classes.py UndefinedMetricWarning accuracy confusion_matrix f1 precision recall top_k_accuracy
        05 metrics/test_ranking.py auc average_precision precision_recall_curve roc_auc roc_curve
        05 metrics/test_probability.py brier expected_calibration_error log_loss reliability_curve
        05 metrics/test_probability.py::test_calibration_of_a_model_that_is_too_sure Reliability
        05 metrics/test_plots.py plot_calibration plot_confusion_matrix plot_precision_recall plot_roc
        05 metrics/test_resampling.py bootstrap paired_bootstrap randomization_test
        05 metrics/test_resampling.py::test_the_interval_of_a_mean_is_that_of_theory Interval
        05 metrics/test_resampling.py::test_a_difference_is_found_and_none_is_not Comparison
        07 metrics/test_probability.py bits_per_byte perplexity
        08 metrics/test_correlation.py spearman
        15 metrics/test_texts.py distinct_n
        17 metrics/test_tagging.py entities entity_f1 entity_report
        17 metrics/test_tagging.py::test_a_worked_example Entity EntityScores
        18 metrics/test_texts.py bleu bleu_details character_error_rate edit_distance sentence_bleu word_error_rate
        18 metrics/test_texts.py::test_bleu_by_hand Bleu
        18 metrics/test_resampling.py bleu_counts bleu_of_counts
        19 metrics/test_texts.py rouge_l rouge_lsum rouge_n
        19 metrics/test_texts.py::test_rouge_by_hand Rouge
        20 metrics/test_texts.py exact_match normalized token_f1
    """,
    "tinylm.corpus": """
        22 corpus/test_pipeline.py Settings clean
        22 corpus/test_quality.py PROSE RULES
        22 corpus/test_quality.py::test_limits_themselves_pass Rules
        22 corpus/test_report.py Report
        22 corpus/test_sources.py documents
        22 corpus/test_sources.py::test_a_file_is_a_document Document
    """,
    "tinylm.learn.pictures": """
        04 learn/test_pictures.py film
    """,
    "tinylm.learn": """
        00 learn/test_checking.py Verdict check hint solution
        00 learn/test_figures.py canvas label
        00 learn/test_language.py say speak spoken
        00 learn/test_lessons.py begin
    """,
}

BLACK_BOXES: dict[str, str] = {
    "00": """tinylm.Trainer tinylm.evaluate tinylm.generate tinylm.no_grad tinylm.data.Sequences tinylm.data.load
             tinylm.data.split tinylm.models.GPT tinylm.models.next_token_loss tinylm.models.NGram
             tinylm.optim.AdamW tinylm.text.Characters""",
}
"""What a lesson uses before it is taught: shown from outside, as a promise. What came that way may come again."""


def symbols() -> dict[str, Taught]:
    """Every symbol of the table by its full name, such as "tinylm.nn.Linear".

    Raises ValueError where one stands twice.
    """
    found: dict[str, Taught] = {}
    for module, rows in TABLE.items():
        for lesson, test, *names in filter(None, map(str.split, rows.splitlines())):
            for name in names:
                if f"{module}.{name}" in found:
                    raise ValueError(f"{module}.{name} stands twice in the table of symbols")
                found[f"{module}.{name}"] = Taught(lesson, f"tests/{test}")
    return found


def known_in(lesson: str) -> set[str]:
    """The symbols that a lesson such as "02" may use: taught in it or before it, or seen before as black boxes."""
    boxes = {name for number, names in BLACK_BOXES.items() if number <= lesson for name in names.split()}
    return boxes | {name for name, taught in symbols().items() if taught.lesson <= lesson}
