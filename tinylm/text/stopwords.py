"""Stop words: the small words that hold a sentence together, by grammatical class.

The lists were compiled for this project, class by class, from the closed classes of the grammar: those to which a
language adds no words. They are no copy of a published list, and no two published lists agree: say which one was used.

They leave out what carries a meaning of its own although it is frequent: nouns, full verbs ("say", "make"), adverbs
of degree and time ("very", "also", "now"), and numerals; 很, 也, 不 and the like are in, as the closed class of
adverbs in Chinese. Leaving stop words out loses more than it seems to: "to be or not to be" is nothing but stop words,
and without "not" a judgement turns into its opposite; so negation is a class of its own, to be kept.
"""

from __future__ import annotations

from collections.abc import Iterable

from .cleaning import check_text
from .treebank import treebank_words

ENGLISH = {
    "articles": "a an the",
    "demonstratives": "this that these those such",
    "quantifiers": "all another any both each either enough every few fewer less little many more most much neither "
                   "other others same several some",
    "personal pronouns": "i me you he him she her it we us they them one",
    "possessives": "my mine your yours his hers its our ours their theirs whose 's",
    "reflexive pronouns": "myself yourself yourselves himself herself itself oneself ourselves themselves",
    "indefinite pronouns": "anybody anyone anything everybody everyone everything somebody someone something",
    "question words": "how what whatever when whenever where wherever which whichever who whoever whom why",
    "prepositions": "about above across after against along amid among around as at before behind below beneath beside "
                    "besides between beyond by despite down during except for from in inside into like near of off on "
                    "onto out outside over past per since through throughout to toward towards under until till up "
                    "upon via with within",
    "conjunctions": "although and because but if lest nor once or provided so than though unless whereas whether while "
                    "yet",
    "auxiliaries": "am are be been being is was were do does did doing done have has had having can could may might "
                   "must ought shall should will would 'd 'll 'm 're 've ca wo sha",
    "place holders": "there here then thus hence",
    "negation": "not n't no none nobody nothing nowhere never cannot",
}
"""English by class; with the parts into which `treebank_words` cuts a contraction."""

CHINESE = {
    "personal pronouns": "我 你 您 他 她 它 咱 我们 你们 他们 她们 它们 咱们 自己 别人 人家 大家 彼此",
    "demonstratives": "这 那 此 该 其 这个 那个 这些 那些 这里 那里 这儿 那儿 这样 那样 这么 那么 这种 那种 各 "
                      "每 某 另 本",
    "question words": "谁 什么 哪 哪个 哪些 哪里 哪儿 怎么 怎样 怎么样 如何 为什么 为何 多少 几 何",
    "prepositions": "在 从 自 自从 向 往 朝 到 对 对于 关于 至于 把 将 被 给 叫 让 由 为 为了 以 用 按 按照 "
                    "根据 依照 通过 随着 沿着 除了 比 跟 同 于 当 离 据 经 因",
    "conjunctions": "和 与 及 以及 或 或者 还是 而 而且 并 并且 但 但是 可是 然而 不过 却 如果 要是 假如 "
                    "若 则 因为 由于 所以 因此 因而 虽然 尽管 即使 无论 不管 只要 只有 除非 "
                    "既 既然 且 不但 不仅 以便 于是 从而",
    "structural particles": "的 地 得 之 所 等 等等 似的 一样",
    "aspect particles": "了 着 过",
    "modal particles": "吗 呢 吧 啊 呀 嘛 啦 哇 呗 哦 么 罢了 而已",
    "modal verbs": "能 能够 可 可以 会 要 应 应该 应当 该 必须 得 愿意 肯 敢",
    "copula and existence": "是 有 为 即 乃",
    "localisers": "上 下 里 中 内 外 前 后 间 之间 之上 之下 之中 之内 之外 之前 之后 以上 以下 以内 以外 以前 以后",
    "adverbs": "就 才 都 也 又 再 还 只 很 太 更 最 已 已经 正 正在 曾 曾经 便 仅 仅仅 均 共 一起 一直 总 总是 常 常常",
    "measure words": "个 位 只 条 件 种 些 次",
    "negation": "不 没 没有 无 未 非 别 莫 勿",
}
"""Chinese by class. Some characters stand in several; what 得 or 该 is in a sentence, a list of words cannot know."""

LANGUAGES = {"english": ENGLISH, "chinese": CHINESE}


def stop_words(language: str = "english", without: Iterable[str] = ()) -> frozenset[str]:
    """The stop words of "english" or "chinese", in small letters.

    without  classes that are left out of it, such as ["negation"]; the names are the keys of `ENGLISH` and `CHINESE`

    Raises ValueError for a language or class that there is not, with those that there are.
    """
    if language not in LANGUAGES:
        raise ValueError(f"stop_words: there is no list for {language!r}; there is one for {', '.join(LANGUAGES)}")
    classes = LANGUAGES[language]
    left_out = {without} if isinstance(without, str) else set(without)
    if unknown := sorted(map(str, left_out - classes.keys())):
        raise ValueError(f"stop_words: {language} has no class {unknown[0]!r}; it has {', '.join(classes)}")
    return frozenset(word for name, words in classes.items() if name not in left_out for word in words.split())


def remove_stop_words(words: Iterable[str], language: str = "english", without: Iterable[str] = ()) -> list[str]:
    """`words` that are no `stop_words`, whatever their capitals; "isn't" is one, since "is" and "n't" are.

    Raises as `stop_words` does, and TypeError for a text instead of words.
    """
    if isinstance(words, (str, bytes)):
        raise TypeError("remove_stop_words: words is one text; cut it first, as in treebank_words(text)")
    stops = stop_words(language, without)
    return [word for word in words if not _stops(check_text(word, "remove_stop_words", "a word").lower(), stops)]


def _stops(word: str, stops: frozenset[str]) -> bool:
    plain = word.replace("’", "'")
    return plain in stops or ("'" in plain[1:] and stops.issuperset(treebank_words(plain)))
