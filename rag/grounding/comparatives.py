"""Sentences that compare two things, against the source's own comparison or its numbers."""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from rag.grounding.polarity import opposed
from rag.text.names import names_in
from rag.text.numbers import Quantity
from rag.text.words import terms

_PIVOT = re.compile(
    r"(?P<before>.*?)(?:\b(?:than|(?<=times) as \w+ as)\b(?!\s+(?:\d|one\b|half\b))"
    r"|\b(?:outperform|surpass|beat|exceed)\w*|\bahead of\b"
    r"|\bprefer\w*(?P<rest>\b[^,;]*?)\bover\b)(?P<behind>.*)",
    re.IGNORECASE | re.DOTALL,
)
_PASSIVE = re.compile(r"\b(?:outperformed|surpassed|beaten|exceeded) by\b", re.IGNORECASE)
_THAN_WHAT = re.compile(r"\b(?:more|less|times as) \w+", re.IGNORECASE)
_QUALITY = r"(?:accurate|reliable|precise|faithful|robust|often right)"
_SIGN = re.compile(
    rf"\b(?:(?P<good>better|superior|more {_QUALITY}|outperform\w*|surpass\w*|beats?)"
    rf"|(?P<bad>worse|inferior|less {_QUALITY})"
    r"|(?P<more>more|higher|larger|greater|longer|exceed\w*)|fewer|less|lower|smaller|shorter)\b",
    re.IGNORECASE,
)
_LESS_IS_BETTER = re.compile(
    r"\b(?:errors?|loss|perplexity|hallucinat\w*|latency|costs?|false|drops?|drift|FID|seconds)\b",
    re.IGNORECASE,
)


class Counted(NamedTuple):
    """A number and the stems of the words around it."""

    quantity: Quantity
    words: frozenset[str]


def sides(text: str) -> tuple[str, str] | None:
    """Return what stands before and behind the "than" of a comparison."""
    if passive := _PASSIVE.search(text):
        return text[passive.end() :], text[: passive.start()]
    match = _PIVOT.search(text)
    return (match["before"] + (match["rest"] or ""), match["behind"]) if match else None


def crossed(text: str, source: str) -> bool:
    """Return whether two things that are compared stand on each other's side in the source."""
    ours, theirs = sides(text), sides(source)
    if not ours or not theirs:
        return False
    left, right = set(terms(ours[0])), set(terms(ours[1]))
    before, behind = set(terms(theirs[0])), set(terms(theirs[1]))
    return bool(right & before - behind and not right & behind and left & behind - before)


def swapped(text: str, source: str) -> bool:
    """Return whether the two changed places, and the comparison did not turn with them."""
    return (crossed(text, source) or _is_of_other(text, source)) and not opposed(text, source)


def _is_of_other(text: str, source: str) -> bool:
    """Return whether a clause that does not tell than what ("B is more accurate") is of "A"."""
    ours, same = sides(text), _THAN_WHAT.search(text)
    if not ours or not same or sides(source) or same[0].casefold() not in source.casefold():
        return False
    left, right, said = terms(ours[0]), terms(ours[1]), set(terms(source))
    return bool(left and right) and left[0] not in said and right[0] in said


def miscounted(text: str, source: str, counted: Sequence[Counted], own: Collection[str]) -> bool:
    """Return whether the numbers of a source's sentence say that it is the other way round.

    `own` are the names of the paper's system, which its abstract mostly calls "it".
    """
    ours, sign = sides(text), _SIGN.search(text)
    if not ours or not sign:
        return False
    wants_more = bool(sign["good"] or sign["more"])
    if (sign["good"] or sign["bad"]) and _LESS_IS_BETTER.search(source):
        wants_more = not wants_more
    for kind in {number.quantity.kind for number in counted}:
        left, right = _numbers_of(ours, text, [n for n in counted if n.quantity.kind == kind], own)
        if left and right and left.words != right.words and left.quantity.rivals(right.quantity):
            return (left.quantity.value > right.quantity.value) != wants_more
    return False


def _numbers_of(
    ours: tuple[str, str], text: str, counted: Sequence[Counted], own: Collection[str]
) -> tuple[Counted | None, Counted | None]:
    """Return the number of each side: that of its name, else what is left for the own system."""
    found: list[Counted | None] = []
    for side in ours:
        names = names_in(side, list(own))
        wanted = set(terms(" ".join(names) or side))
        best = max(counted, key=lambda n: len(wanted & n.words), default=None)
        is_it = best is not None and 2 * len(wanted & best.words) >= len(wanted)
        found.append(best if is_it else None)
    for n, side in enumerate(ours):
        if not found[n] and set(names_in(side, list(own))) & set(own):
            other = found[1 - n]
            rest = [c for c in counted if other and c.words != other.words]
            found[n] = max(rest, key=lambda c: len(set(terms(text)) & c.words), default=None)
    return found[0], found[1]
