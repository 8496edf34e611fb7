"""Claims that give the words of one thing to another: of a rival, or of a sentence's other half."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from rag.grounding.claims import clauses_of
from rag.grounding.comparatives import sides
from rag.text.words import terms

_OURS = re.compile(r"\b(?:we|our|ours|it|this (?:model|method|work|paper))\b", re.IGNORECASE)
_AGAINST = re.compile(
    r"\b(?:than|over|ahead of|behind|by)\b|\b(?:outperform|surpass|beat|exceed)\w*", re.IGNORECASE
)
CROSSWISE = 0.4  # shared with the opposite half, as a share of the words shared with the same half


def rival_wins(text: str, source: str, own: Sequence[str]) -> bool:
    """Return whether the claim lets a rival beat the paper's system, which wins in the source.

    `own` are the names of the paper's system.
    """
    ours, theirs = sides(text), sides(source)
    if not ours or not theirs:
        return False
    if not any(name in ours[1] for name in own) or any(name in ours[0] for name in own):
        return False
    own_wins = _OURS.search(theirs[0]) or any(name in theirs[0] for name in own)
    winners = set(terms(ours[0]))
    return bool(own_wins and winners & set(terms(theirs[1])) - set(terms(theirs[0])))


def rival_comes_first(text: str, own: Sequence[str]) -> bool:
    """Return whether the paper's system stands behind the words that compare it, not before them.

    Abstracts mostly say that their own system wins, so this is often wrong ("B beats ours").
    """
    match = _AGAINST.search(text)
    if not match:
        return False
    before, behind = text[: match.start()], text[match.end() :]
    return any(name in behind for name in own) and not any(name in before for name in own)


def mixes_halves(text: str, source: str) -> bool:
    """Return whether each half of a claim takes words from both halves of the source, crosswise.

    "X anchors the objects and Y keeps their identity" does, where the source says it of Y and X.
    """
    for first, second in pairwise(_clause_terms(text)):
        for one, other in pairwise(_clause_terms(source)):
            left, right = one - other, other - one
            mine, yours = first - second, second - first
            straight = [len(mine & left), len(yours & right)]
            crossed = [len(mine & right), len(yours & left)]
            less, more = sorted((sum(straight), sum(crossed)))
            if all(straight) and all(crossed) and less >= CROSSWISE * more:
                return True
    return False


@lru_cache(maxsize=256)  # each clause of an answer asks for the same sentences
def _clause_terms(text: str) -> tuple[frozenset[str], ...]:
    clauses = clauses_of(text, 0, len(text))
    return tuple(frozenset(terms(text[start:end])) for start, end in clauses)
