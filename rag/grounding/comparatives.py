"""Sentences that compare two things: their two sides, and the source's numbers for each."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rag.text.names import names_in
from rag.text.numbers import Quantity
from rag.text.words import terms

# "A is better than B", "A is ahead of B", "A beats B"; not "more than 5", and not the passive.
_COMPARES = re.compile(
    r"\bthan\b(?!\s+(?:\d|one\b|half\b))|\bahead of\b"
    r"|\b(?:outperform|surpass|beat|exceed)\w*(?!\w|\s+by\b)",
    re.IGNORECASE,
)
_DIRECTION = re.compile(
    r"\b(?:(?P<more>better|superior|more|higher|larger|greater|longer|outperform\w*|surpass\w*"
    r"|beats?|exceed\w*)|worse|inferior|fewer|less|lower|smaller|shorter)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class NumberInContext:
    """A number and the stems of the words around it."""

    quantity: Quantity
    words: frozenset[str]


def sides(text: str) -> tuple[str, str] | None:
    """Return what stands on each side of a comparison, the winner of "beats" first."""
    match = _COMPARES.search(text)
    return (text[: match.start()], text[match.end() :]) if match else None


def contradicts_numbers(
    text: str, numbers: Sequence[NumberInContext], own: Collection[str]
) -> bool:
    """Return whether the numbers of a source sentence give a comparison the other way round.

    `own` are the names of the paper's system, which its abstract mostly calls "it".
    """
    compared, direction = sides(text), _DIRECTION.search(text)
    if not compared or not direction:
        return False
    for kind in {number.quantity.kind for number in numbers}:
        of_kind = [number for number in numbers if number.quantity.kind == kind]
        left, right = _numbers_of(compared, text, of_kind, own)
        if left and right and left.words != right.words and left.quantity.rivals(right.quantity):
            return (left.quantity.value > right.quantity.value) != bool(direction["more"])
    return False


def _numbers_of(
    compared: tuple[str, str],
    text: str,
    numbers: Sequence[NumberInContext],
    own: Collection[str],
) -> tuple[NumberInContext | None, NumberInContext | None]:
    """Return each side's number: the one near its name, else, for the own system, what is left."""
    found: list[NumberInContext | None] = []
    for side in compared:
        names = names_in(side, list(own))
        wanted = set(terms(" ".join(names) or side))
        best = max(numbers, key=lambda n: len(wanted & n.words), default=None)
        is_its = best is not None and 2 * len(wanted & best.words) >= len(wanted)
        found.append(best if is_its else None)
    for n, side in enumerate(compared):
        if not found[n] and set(names_in(side, list(own))) & set(own):
            other = found[1 - n]
            rest = [c for c in numbers if other and c.words != other.words]
            found[n] = max(rest, key=lambda c: len(set(terms(text)) & c.words), default=None)
    return found[0], found[1]
