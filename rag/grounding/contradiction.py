"""How a clause may contradict the source sentences that it is close to.

It may give a number that belongs to something else in the source, compare things against the
source's numbers, let a rival win where the paper's own system does, mix up two halves of a
sentence, or have a "not" too many or too few. None of these is certain: `signs.py` weighs them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rag.grounding.alignment import Reading, nearness
from rag.grounding.claims import clauses_of
from rag.grounding.comparatives import NumberInContext, contradicts_numbers
from rag.grounding.pairings import mixes_halves, rival_wins
from rag.grounding.polarity import denies, is_negative, opposed
from rag.text.numbers import quantities
from rag.text.words import terms

MARGIN = 0.25  # a rival number's context must be nearer than the number's own by this, of 2
MIN_WORDS = 2  # in the context of a number, to compare it at all
# A "not" is only compared between a clause and a source clause that are worded alike.
CLOSE = 0.8  # nearness of the claim's words to the source's, of 1
CLOSE_BOTH = 1.35  # the same plus that of the source's words to the claim's, of 2
_PIECE = re.compile(
    r"[,;:]\s|\s(?:and|while|whereas|but|versus|against|compared|than)\s|\s[–—]\s", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Numbered(NumberInContext):
    """A number with its context, both as stems and as the encoder reads it."""

    around: Reading


class Contradictions(NamedTuple):
    """What speaks against a clause, each 0 or 1; `polarity` is larger the closer the source is."""

    number_of_other: float = 0.0
    numbers_otherwise: float = 0.0
    rival_wins: float = 0.0
    mixed_halves: float = 0.0
    opposite: float = 0.0
    denied: float = 0.0
    polarity: float = 0.0  # just one of the clause and its nearest source clause is negative


def contradictions(
    claim: Reading, clause: tuple[int, int], sources: Sequence[Reading], own: Sequence[str]
) -> Contradictions:
    """Return what in the sentences of the source speaks against a clause of a claim.

    `own` are the names of the paper's system, which its abstract mostly calls "it".
    """
    text = claim.text[slice(*clause)]
    by_sentence = [numbered(source, own) for source in sources]
    ours = [n for n in numbered(claim, own) if clause[0] <= n.quantity.start < clause[1]]
    found = _nearest(_without_names(claim.part(*clause), own), sources, own)
    opposite, polarity = 0.0, 0.0
    if found:
        _, near, said = found[0]
        opposite = float(opposed(text, said))
        polarity = near**2 * (is_negative(text) != is_negative(said))
    return Contradictions(
        float(any(_belongs_to_another(number, by_sentence) for number in ours)),
        float(any(contradicts_numbers(text, numbers, own) for numbers in by_sentence)),
        float(any(rival_wins(text, source.text, own) for source in sources)),
        float(any(mixes_halves(claim.text, source.text) for source in sources)),
        opposite,
        float(
            any(
                (near >= CLOSE or both >= CLOSE_BOTH) and denies(text, said)
                for both, near, said in found
            )
        ),
        polarity,
    )


def _without_names(text: Reading, own: Sequence[str]) -> Reading:
    return text.without(_places(own, text.text))


def _places(names: Sequence[str], text: str) -> list[tuple[int, int]]:
    return [match.span() for name in names for match in re.finditer(re.escape(name), text)]


def _nearest(
    part: Reading, sources: Sequence[Reading], own: Sequence[str]
) -> list[tuple[float, float, str]]:
    """Return the sources' sentences and clauses, nearest first.

    Each comes with the nearness of the two to each other (of 2) and of the part to it (of 1).
    """
    found = []
    for source in sources:
        whole = (0, len(source.text))
        for start, end in dict.fromkeys([whole, *clauses_of(source.text, *whole)]):
            other = _without_names(source.part(start, end), own)
            near = nearness(part, [other])
            found.append((near + nearness(other, [part]), near, source.text[start:end]))
    return sorted(found, reverse=True)


def _belongs_to_another(ours: Numbered, by_sentence: Sequence[Sequence[Numbered]]) -> bool:
    """Return whether the context of a number fits another number of the source better."""
    there = [number for sentence in by_sentence for number in sentence]
    same = [n for n in there if ours.quantity.stands_for(n.quantity)]
    rivals = [n for n in there if ours.quantity.rivals(n.quantity)]
    if not same or not rivals:
        return False
    beside = [n for s in by_sentence if any(n in s for n in same) for n in s if n in rivals]
    return _fits_another(ours, same, rivals) or _has_words_of_later(ours, same, beside)


def _fits_another(ours: Numbered, same: Sequence[Numbered], rivals: Sequence[Numbered]) -> bool:
    if len(ours.words) < MIN_WORDS:
        return False
    fits = max(_fit(ours, n) for n in same)
    return max(_fit(ours, n) for n in rivals) - fits > MARGIN


def _has_words_of_later(
    ours: Numbered, same: Sequence[Numbered], beside: Sequence[Numbered]
) -> bool:
    """Return whether the context has all the words of a later number in the same sentence.

    Those are often few, as in "it fails in 6% of the attempts, with X in 31%".
    """
    own_words = {word for n in same for word in n.words}
    first = min(n.quantity.start for n in same)
    return any(
        n.quantity.start > first and bool(n.words - own_words) and n.words <= ours.words
        for n in beside
    )


def _fit(ours: Numbered, theirs: Numbered) -> float:
    return nearness(ours.around, [theirs.around]) + nearness(theirs.around, [ours.around])


def numbered(text: Reading, own: Sequence[str]) -> list[Numbered]:
    """Return the numbers of a sentence, each with its piece of the sentence as context.

    The context leaves out the numbers themselves and the names of the paper's own system.
    """
    found = quantities(text.text)
    spans = [(q.start, q.end) for q in found] + _places(own, text.text)
    blanked = _blanked(text.text, spans)
    ends = [*(match.start() for match in _PIECE.finditer(text.text)), len(text.text)]
    # A piece without a number belongs to the next one, and the last ones to the last number.
    pieces: list[tuple[int, int]] = []
    start = 0
    for end in ends:
        if any(start <= q.start < end for q in found):
            pieces.append((start, end))
            start = end
    if pieces:
        pieces[-1] = (pieces[-1][0], len(text.text))
    return [
        Numbered(q, frozenset(terms(blanked[first:last])), text.part(first, last).without(spans))
        for first, last in pieces
        for q in found
        if first <= q.start < last
    ]


def _blanked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Return the text with spaces in these places."""
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text
