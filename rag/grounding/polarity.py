"""Words that turn a sentence into its opposite: "no" and "without", "more" and "less"."""

import re

from rag.text.words import STOPWORDS, fold, terms


def _stems(words: str) -> frozenset[str]:
    """Return the stems of the words, and the stopwords among them ("more", "below") as they are."""
    return frozenset(terms(words)) | {word for word in words.split() if word in STOPWORDS}


# Pairs of opposite ends. Stems are compared, so "increases" and "increased" need one entry.
_OPPOSITES = [
    (
        _stems(
            "more higher increase increasing raise rise grow gain larger greater boost double "
            "doubling triple enlarge expand climb lengthen maximise above exceed longer wider"
        ),
        _stems(
            "less fewer lower decrease reduce reduction drop fall decline smaller shrink halve "
            "halving half cut cutting diminish shorten minimise below loss lose rarer shorter "
            "narrower"
        ),
    ),
    (_stems("faster quicker accelerate speed"), _stems("slower slow slowly delay")),
]
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
SCOPE_CHARACTERS = 200  # in which these content words stand
SCOPE = 2  # content words that a negation reaches


def opposed(claim: str, source: str) -> bool:
    """Return whether the claim has one end of a pair of opposites and the source the other.

    Words that both texts have do not count, nor does a claim that has both ends. If the source has
    both, its other end must describe the same word: "it needs 9% less compute" is the opposite of
    "it cuts errors at 9% more compute".
    """
    ours, theirs = _described(claim), _described(source)
    shared = ours.keys() & theirs.keys()
    ours = {word: of for word, of in ours.items() if word not in shared}
    theirs = {word: of for word, of in theirs.items() if word not in shared}
    return any(
        _opposed(ours, theirs, end, other)
        for pair in _OPPOSITES
        for end, other in (pair, pair[::-1])
    )


def _opposed(
    ours: dict[str, set[str]],
    theirs: dict[str, set[str]],
    end: frozenset[str],
    other: frozenset[str],
) -> bool:
    if not ours.keys() & end or ours.keys() & other or not theirs.keys() & other:
        return False
    described = _all_of(ours, end)
    against, along = _all_of(theirs, other), _all_of(theirs, end)
    return not theirs.keys() & end or bool(described & against and not described & along)


def _all_of(described: dict[str, set[str]], end: frozenset[str]) -> set[str]:
    """Return the words that this end of a pair describes."""
    return {of for word in described.keys() & end for of in described[word]}


def _described(text: str) -> dict[str, set[str]]:
    """Return the stem of each word with the next content words behind it, "" at the end."""
    described: dict[str, set[str]] = {}
    behind = ""
    for word in reversed(re.findall(r"[a-z]+", fold(text))):
        stem = next(iter(terms(word)), word)
        described.setdefault(stem, set()).add(behind)
        behind = behind if word in STOPWORDS else stem
    return described


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


def negated(text: str) -> set[str]:
    """Return the stems of the content words that are negated: up to SCOPE behind each "not"."""
    found: set[str] = set()
    for match in _NEGATIVE.finditer(text):
        following = text[match.end() : match.end() + SCOPE_CHARACTERS]
        rest = _NEGATIVE.split(_BREAK.split(following, maxsplit=1)[0], maxsplit=1)[0]
        reached = [stems[-1] for word in rest.split() if (stems := terms(word))]
        found.update([word for word in reached if word.isalpha()][:SCOPE])
    return found


def denies(claim: str, source: str) -> bool:
    """Return whether just one of the two negates something, and the other states it."""
    ours, theirs = negated(claim), negated(source)
    if bool(ours) == bool(theirs) or _IMPLIED.search(source if ours else claim):
        return False
    return bool((ours or theirs) & set(terms(source if ours else claim)))
