"""Which goes with which: names and numbers told "respectively", halves that changed words."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from rag.grounding.claims import clauses_of
from rag.grounding.comparatives import sides
from rag.grounding.polarity import opposed
from rag.text.names import names_in
from rag.text.numbers import Quantity, quantities
from rag.text.words import terms

_RESPECTIVELY = re.compile(r"\brespectively\b", re.IGNORECASE)
_OURS = re.compile(r"\b(?:we|our|ours|it|this (?:model|method|work|paper))\b", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s,;]*(?:and|or|&)?[\s,;]*%?[\s,;]*(?:and|or|&)?\s*")
MIN_LISTED = 2
CROSSWISE = 0.4  # as many words stand with those of the other half, of those that stand right


def misassigned(text: str, source: str) -> bool:
    """Return whether a number is given to another name than in "A and B reach 1 and 2"."""
    names = set(names_in(text))
    for listed in respective(source):
        for name, there in listed:
            others = {other for other, _ in listed} - {name}
            same = any(ours.stands_for(there) for ours in quantities(text))
            if same and names & others and name not in names:
                return True
    return False


@lru_cache(maxsize=256)  # each clause of an answer asks the same sentences
def respective(source: str) -> tuple[tuple[tuple[str, Quantity], ...], ...]:
    """Return names with their numbers, where a sentence lists as many of both in order."""
    if not _RESPECTIVELY.search(source):
        return ()
    found = []
    for run in _runs(source):
        before = [(source.rfind(name, 0, run[0].start), name) for name in names_in(source)]
        names = [name for place, name in sorted(before) if place >= 0][-len(run) :]
        if len(names) == len(run):
            found.append(tuple(zip(names, run, strict=True)))
    return tuple(found)


def _runs(source: str) -> list[list[Quantity]]:
    """Return the numbers that stand in one list: "0.61, 0.58 and 0.55"."""
    runs: list[list[Quantity]] = []
    for quantity in quantities(source):
        if runs and _BETWEEN.fullmatch(source, runs[-1][-1].end, quantity.start):
            runs[-1].append(quantity)
        else:
            runs.append([quantity])
    return [run for run in runs if len(run) >= MIN_LISTED]


def beats_own(text: str, source: str, own: Sequence[str]) -> bool:
    """Return whether a rival wins in the claim that the source's own system, or "we", beats."""
    ours, theirs = sides(text), sides(source)
    if not ours or not theirs or opposed(text, source):
        return False
    if not any(name in ours[1] for name in own) or any(name in ours[0] for name in own):
        return False
    is_own = _OURS.search(theirs[0]) or any(name in theirs[0] for name in own)
    winners = set(terms(ours[0]))
    return bool(is_own and winners & set(terms(theirs[1])) - set(terms(theirs[0])))


def halves_mixed(text: str, source: str) -> bool:
    """Return whether each half of a claim has words of both halves of the source, crosswise.

    "X anchors the objects and Y keeps their identity" for a source that says it of Y and X.
    """
    ours = _halves(text)
    theirs = _halves(source)
    for first, second in pairwise(ours):
        for one, other in pairwise(theirs):
            left, right = one - other, other - one
            mine, yours = first - second, second - first
            each = [len(mine & left), len(yours & right), len(mine & right), len(yours & left)]
            along, across = sorted((each[0] + each[1], each[2] + each[3]), reverse=True)
            if all(each) and across >= CROSSWISE * along:
                return True
    return False


@lru_cache(maxsize=256)
def _halves(text: str) -> tuple[frozenset[str], ...]:
    clauses = clauses_of(text, 0, len(text))
    return tuple(frozenset(terms(text[start:end])) for start, end in clauses)
