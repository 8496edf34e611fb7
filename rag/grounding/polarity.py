"""Words that turn a sentence into its opposite: "no" and "without", "more" and "less"."""

import re

from rag.text.words import fold, terms

# Words that say that something is less, worse or not so. Stems are compared.
_NEGATIVE_STEMS = frozenset(
    stem
    for word in """
    less fewer lower decrease decline reduce drop fall smaller shrink halve cut diminish minimise
    below loss lose shorter narrower slower weaker weaken worse worst worsen inferior lag trail
    behind fail poor poorly bad badly hurt harm degrade impair suffer struggle hard difficult hardly
    barely rarely seldom limited insensitive unreliable inconsistent hamper hinder mitigate prevent
    avoid suppress remove discard ignore neglect lack without no not never none neither nor cannot
    unable impossible incapable freeze frozen absent missing omit exclude stop spare free instead
    least little few scarce
    """.split()
    for stem in terms(word) or [word]
)
# A word and its contrary. Each is put in place of the other, so grammar matters little.
_CONTRARIES = [
    *(("more", "less"), ("higher", "lower"), ("better", "worse"), ("faster", "slower")),
    *(("larger", "smaller"), ("increases", "decreases"), ("increase", "reduce")),
    *(("improves", "worsens"), ("best", "worst"), ("most", "least"), ("always", "never")),
    *(("outperforms", "is outperformed by"), ("outperform", "are outperformed by")),
    *(("beats", "loses to"), ("surpasses", "falls behind"), ("strengthens", "weakens")),
    *(("before", "after"), ("first", "last"), ("few", "many"), ("needs", "does not need")),
    *(("requires", "does not require"), ("cannot", "can"), ("easy", "hard"), ("good", "bad")),
    ("well", "badly"),
]
_CONTRARY = {a: b for pair in _CONTRARIES for a, b in (pair, pair[::-1])}
_CONTRARY |= {"greater": "smaller", "fewer": "more", "reduces": "increases"}
_HAS_CONTRARY = re.compile(
    rf"\b(?:{'|'.join(sorted(_CONTRARY, key=len, reverse=True))})\b", re.IGNORECASE
)
_NOT = re.compile(r"\b(?:not|no|never|cannot)\b ?|n['’]t\b|\bwithout\b", re.IGNORECASE)
_AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|can|could|does|do|did|has|have|had|will|would|must|should|may)\b",
    re.IGNORECASE,
)
_NEGATIVE = re.compile(
    r"\b(?:(?:not|no)(?! (?:more|less|fewer) than| only)|never|without|none|neither|nor|cannot|"
    r"nothing|nobody|"
    r"absent|lacks?|unable|rather than|instead of|in place of|fails? to)\b|n['’]t\b",
    re.IGNORECASE,
)
_BREAK = re.compile(r"[,;:.()—–]|--|\b(?:and|but|or|while|whereas|because)\b", re.IGNORECASE)
# Words that negate by themselves: "untested" says the same as "not tested".
_IMPLIED = re.compile(
    r"\b(?:un[a-z]+ed|unseen|incompatible|impossible|incapable|beyond|omit\w*|exclud\w*|missing"
    r"|(?:left|leaves?|leaving) (?:out|aside)|(?:kept|keeps?|held) back|vanish\w*)\b",
    re.IGNORECASE,
)
SCOPE = 2  # content words that a negation reaches


def is_negative(text: str) -> bool:
    """Return whether an odd number of its words says that something is less, worse or not so."""
    words = re.findall(r"[a-z]+", fold(text).replace("n't", " not"))
    return bool(sum((terms(word) or [word])[-1] in _NEGATIVE_STEMS for word in words) % 2)


def has_not(text: str) -> bool:
    """Return whether the text has a word that `denial` takes away."""
    return bool(_NOT.search(text))


def denial(text: str) -> str:
    """Return the sentence without its "not", or with one if it has none."""
    if match := _NOT.search(text):
        put = "with" if match[0].lower() == "without" else ""
        return re.sub("  +", " ", text[: match.start()] + put + text[match.end() :])
    if match := _AUXILIARY.search(text):
        return f"{text[: match.end()]} not{text[match.end() :]}"
    return f"It is not true that {text}"


def contrary(text: str) -> str:
    """Return the sentence with "less" for its "more", or such a pair; "" if it has none."""
    match = _HAS_CONTRARY.search(text)
    return _HAS_CONTRARY.sub(lambda m: _CONTRARY[m[0].lower()], text, count=1) if match else ""


def negated(text: str) -> set[str]:
    """Return the stems of the content words that are negated: up to SCOPE behind each "not"."""
    found: set[str] = set()
    for match in _NEGATIVE.finditer(text):
        rest = _NEGATIVE.split(_BREAK.split(text[match.end() :], maxsplit=1)[0], maxsplit=1)[0]
        reached = [stems[-1] for word in rest.split() if (stems := terms(word))]
        found.update([word for word in reached if word.isalpha()][:SCOPE])
    return found


def denies(claim: str, source: str) -> bool:
    """Return whether just one of the two negates something, and the other states it."""
    ours, theirs = negated(claim), negated(source)
    if bool(ours) == bool(theirs) or _IMPLIED.search(source if ours else claim):
        return False
    return bool((ours or theirs) & set(terms(source if ours else claim)))
