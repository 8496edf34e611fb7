"""Words that turn a sentence into its opposite: no and without, more and less, better and worse."""

import re
from functools import lru_cache

from rag.text.words import STOPWORDS, fold, terms

# One axis a line: two ends whose words exclude each other. Stems are compared, so that "increases"
# and "increased" need one entry.
_AXES = """
more higher increase increasing raise rise grow gain larger greater boost double doubling triple \
enlarge expand climb lengthen maximise above exceed longer wider \
| less fewer lower decrease reduce reduction drop fall decline smaller shrink halve halving half \
cut cutting diminish shorten minimise below loss lose rarer shorter narrower
better best good superior improve improvement benefit enhance outperform surpass \
| worse worst bad inferior worsen degrade deteriorate impair hurt harm underperform
improve raise increase grow reduce lower decrease worsen | unchanged
grow increase remain | vanish disappear
strong stronger | weak weaker
faster quicker accelerate speed | slower slowly slow delay
most largest highest biggest strongest | least smallest lowest weakest
warmer warm hot | colder cold cool
early earlier | late later
easy easier simple | hard harder difficult
often frequently always usually | seldom rarely rare never
all every | none
public open download | private secret
compatible | incompatible
succeed success excel best | fail failure struggle trouble
outperform surpass beat exceed ahead | behind lag trail underperform
allow permit | forbid prohibit
sparse | dense
cheap cheaper | expensive costly
"""
# What stands between "no" and the word that it denies.
_NEGATIVE = re.compile(
    r"\b(?:(?:not|no)(?! (?:more|less|fewer) than| only)|never|without|none|neither|nor|cannot|"
    r"nothing|nobody|"
    r"absent|lacks?|unable|rather than|instead of|in place of|fails? to)\b|n['’]t\b",
    re.IGNORECASE,
)
_HEDGE = re.compile(r"\b(?:more|less|fewer|at most|at least) (?:than )?(?=\d)", re.IGNORECASE)
_COMMA = re.compile(r"[,;.](?=\s|$)")
_PREFIXED = re.compile(r"\b(?:un|in|im|dis|non-?)([a-z]{6,})", re.IGNORECASE)
_BREAK = re.compile(r"[,;:.()—–]|--|\b(?:and|but|or|while|whereas|because)\b", re.IGNORECASE)
# What denies without a word of its own.
_IMPLIED = re.compile(
    r"\b(?:un[a-z]+ed|unseen|incompatible|impossible|incapable|beyond|omit\w*|exclud\w*|missing"
    r"|(?:left|leaves?|leaving) (?:out|aside)|(?:kept|keeps?|held) back|vanish\w*)\b",
    re.IGNORECASE,
)
_NEED = re.compile(
    r"\b(?:requires?|needs?|ha(?:s|ve) to|must|depends? on|relies on)\b", re.IGNORECASE
)
_FREE = re.compile(r"\b([a-z]+)-free\b", re.IGNORECASE)
SCOPE = 2  # content words that a negation reaches


@lru_cache(maxsize=1)
def _ends() -> list[tuple[frozenset[str], frozenset[str]]]:
    lines = [line.split("|") for line in _AXES.strip().splitlines()]
    return [(frozenset(_stems(plus)), frozenset(_stems(minus))) for plus, minus in lines]


@lru_cache(maxsize=1)
def _all_ends() -> frozenset[str]:
    return frozenset(word for axis in _ends() for end in axis for word in end)


def _stems(words: str) -> set[str]:
    """Return the stems of all words, those that searches leave out too ("more", "below")."""
    kept = {word for word in re.findall(r"[a-z]+", fold(words)) if word in STOPWORDS}
    return set(terms(words)) | kept


def opposed(claim: str, source: str) -> bool:
    """Return whether on some axis each has words of one end alone, and not of the same.

    Words that both have, and those that only hedge a number ("more than 500"), do not count. Where
    the source has both ends, those count that are said of the same word ("9% more compute").
    """
    ours, theirs = _described(claim), _described(source)
    return any(
        _opposed_of_the_same(ours, theirs, end, other) or _opposed_alone(ours, theirs, end, other)
        for plus, minus in _ends()
        for end, other in ((plus, minus), (minus, plus))
    )


def _opposed_of_the_same(
    ours: list[tuple[str, str]],
    theirs: list[tuple[str, str]],
    end: frozenset[str],
    other: frozenset[str],
) -> bool:
    said_here = _objects(ours, end) - _objects(ours, other)
    return bool(said_here & (_objects(theirs, other) - _objects(theirs, end)))


def _opposed_alone(
    ours: list[tuple[str, str]],
    theirs: list[tuple[str, str]],
    end: frozenset[str],
    other: frozenset[str],
) -> bool:
    shared = {word for word, _ in ours} & {word for word, _ in theirs}
    mine = {word: of for word, of in ours if word in end - shared}
    if not mine or any(word in other for word, _ in ours if word not in shared):
        return False
    against = [of for word, of in theirs if word in other - shared]
    along = [of for word, of in theirs if word in end - shared]
    objects = set(mine.values())
    return bool(against) and (
        not along or bool(objects & set(against) and not objects & set(along))
    )


def _objects(described: list[tuple[str, str]], end: frozenset[str]) -> set[str]:
    """Return the words that something at this end of an axis is said of."""
    return {of for word, of in described if word in end and of}


def _described(text: str) -> list[tuple[str, str]]:
    """Return the stems in order, each with that of the next word that says something."""
    found = re.findall(r"[a-z]+", fold(_HEDGE.sub("", text)))
    described = []
    behind = ""
    for word in reversed(found):
        stem = next(iter(terms(word)), word)
        described.append((stem, behind))
        behind = stem if word not in STOPWORDS or stem in _all_ends() else behind
    return described[::-1]


def negated(text: str) -> set[str]:
    """Return the stems of the words that are denied.

    "Without making it worse" denies the worsening, and nothing of "it".
    """
    found: set[str] = set()
    for match in _NEGATIVE.finditer(text):
        rest = _NEGATIVE.split(_BREAK.split(text[match.end() :], maxsplit=1)[0], maxsplit=1)[0]
        denied = [stems[-1] for word in rest.split() if (stems := terms(word))]
        denied = [word for word in denied if word.isalpha()]
        turned = [word for word in denied[: SCOPE + 1] if word in _all_ends()]
        found.update(turned or denied[:SCOPE])
    return found


def denied_parts(text: str) -> list[tuple[int, int]]:
    """Return the places of what each "no" or "without" stands before, to the next comma."""
    found = []
    for match in _NEGATIVE.finditer(text):
        end = _COMMA.search(text, match.end())
        found.append((match.start(), end.start() if end else len(text)))
    return found


def denies(claim: str, source: str) -> bool:
    """Return whether one of the two denies a word that the other one states.

    "Insensitive" denies "sensitive" wherever it stands.
    """
    ours, theirs = negated(claim), negated(source)
    if not ours and _turned(source) & set(terms(claim)):
        return True
    if not theirs and _turned(claim) & set(terms(source)):
        return True
    if bool(ours) == bool(theirs) or _IMPLIED.search(source if ours else claim):
        return False
    return bool((ours or theirs) & set(terms(source if ours else claim)))


def needless(claim: str, source: str) -> bool:
    """Return whether a claim has it that something is needed that the source does without."""
    need = _NEED.search(claim)
    wanted = set(terms(claim[need.end() :])[: SCOPE + 1]) - negated(claim) if need else set()
    spared = {stem for word in _FREE.findall(source) for stem in terms(word)}
    return bool(wanted & (spared | negated(source)))


def _turned(text: str) -> set[str]:
    """Return the stems of words whose opposite is made by a prefix, and that do not stand there."""
    return {stem for word in _PREFIXED.findall(text) for stem in terms(word)} - set(terms(text))
