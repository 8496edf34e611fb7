"""Whether a clause says otherwise than the source that it stands so near to.

A number that belongs to something else there, two compared things that changed places, the
opposite ("more" for "fewer"), a "not" too many or too few.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.grounding.alignment import Reading, nearness
from rag.grounding.claims import clauses_of
from rag.grounding.comparatives import Counted, crossed, miscounted, swapped
from rag.grounding.pairings import beats_own, halves_mixed, misassigned
from rag.grounding.polarity import denied_parts, denies, needless, opposed
from rag.text.names import names_in
from rag.text.numbers import Quantity, quantities
from rag.text.words import terms

MARGIN = 0.25  # a rival number's words must be nearer by this (of 2) than the number's own
CLOSE = 0.8  # of the claim's words to the source's: below it another wording explains a "not"
CLOSE_BOTH = 1.35  # of both to each other, of 2
MIN_WORDS = 2  # around a number that say what it counts
AFTER = 2  # words behind a number that say what is counted
_PIECE = re.compile(
    r"[,;:]\s|\s(?:and|while|whereas|but|versus|against|compared|than)\s|\s[–—]\s", re.IGNORECASE
)
_IT = re.compile(r"\bit\b", re.IGNORECASE)  # what was named before
_LISTED = re.compile(r",?\s+(?:and\s+|or\s+)?")  # "57% and 49%"


@dataclass(frozen=True, slots=True)
class Numbered:
    """A number, the words of its part of the sentence, and the words that follow it."""

    quantity: Quantity
    around: Reading
    words: frozenset[str]
    names: frozenset[str]
    behind: tuple[str, ...]
    is_listed: bool  # beside others that share these words: "by 57% and 49%"

    @property
    def is_count(self) -> bool:
        """Whether it says how many there are of something."""
        return self.quantity.kind == "" and self.quantity.value.is_integer()


def contradicts(
    claim: Reading, clause: tuple[int, int], sources: Sequence[Reading], own: Sequence[str]
) -> str:
    """Return how a clause of a claim contradicts the sentences of its source; else nothing.

    `own` are the names of the source's system, which its abstract mostly calls "it".
    """
    text = claim.text[slice(*clause)]
    for number in numbered(claim, own):
        inside = clause[0] <= number.quantity.start < clause[1]
        if inside and _is_of_another(number, sources, own):
            return "number of something else"
    if any(swapped(text, source.text[a:b]) for source in sources for a, b in _parts(source)):
        return "sides changed"
    for source in sources:
        counted = [Counted(n.quantity, n.words) for n in numbered(source, own)]
        if miscounted(text, source.text, counted, own):
            return "numbers say otherwise"
        if misassigned(text, source.text):
            return "number of something else"
        if beats_own(text, source.text, own) or halves_mixed(claim.text, source.text):
            return "sides changed"
        if any(name in text for name in own) and needless(text, source.text):
            return "not needed"
    found = _nearest(_without_names(claim.part(*clause), own), sources, own)
    if found and opposed(text, found[0][2]) and not crossed(text, found[0][2]):
        return "opposite"
    if any((near >= CLOSE or both >= CLOSE_BOTH) and denies(text, o) for both, near, o in found):
        return "denied"
    return ""


def _without_names(text: Reading, own: Sequence[str]) -> Reading:
    return text.without(_places(own, text.text))


def _places(names: Sequence[str], text: str) -> list[tuple[int, int]]:
    return [match.span() for name in names for match in re.finditer(re.escape(name), text)]


def _nearest(
    part: Reading, sources: Sequence[Reading], own: Sequence[str]
) -> list[tuple[float, float, str]]:
    """Return the sources' sentences and clauses, nearest first.

    Before each stands how near the two are to each other (of 2), and the part alone to it (of 1).
    """
    found = []
    for source in sources:
        for start, end in _parts(source):
            other = _without_names(source.part(start, end), own)
            near = nearness(part, [other])
            found.append((near + nearness(other, [part]), near, source.text[start:end]))
    return sorted(found, reverse=True)


def _parts(source: Reading) -> list[tuple[int, int]]:
    """Return the places of the whole sentence and of its clauses."""
    whole = (0, len(source.text))
    parts = [whole, *clauses_of(source.text, *whole), *denied_parts(source.text)]
    return list(dict.fromkeys(parts))


def _is_of_another(ours: Numbered, sources: Sequence[Reading], systems: Sequence[str]) -> bool:
    """Return whether the words around a number fit another number of the source better."""
    by_sentence = [numbered(source, systems) for source in sources]
    there = [number for sentence in by_sentence for number in sentence]
    same = [n for n in there if ours.quantity.stands_for(n.quantity)]
    rivals = [n for n in there if ours.quantity.rivals(n.quantity)]
    if not same or not rivals:
        return False
    if _counts_the_same(ours, same, rivals):
        return False
    if _counts_another(ours, same, rivals):
        return True
    if any(n.is_listed for n in same):
        return False
    beside = [n for s in by_sentence if any(n in s for n in same) for n in s if n in rivals]
    return (
        _fits_another(ours, same, rivals)
        or _has_name_of_another(ours, same, beside)
        or _has_words_of_later(ours, same, beside)
    )


def _counts_the_same(ours: Numbered, same: Sequence[Numbered], rivals: Sequence[Numbered]) -> bool:
    counted = _behind(same) - _behind(rivals)
    return ours.is_count and bool(set(ours.behind) & counted)


def _counts_another(ours: Numbered, same: Sequence[Numbered], rivals: Sequence[Numbered]) -> bool:
    if not ours.is_count or not ours.behind:
        return False
    is_other = not set(ours.behind) & _behind(same) and all(n.behind for n in same)
    return is_other and any(ours.behind[0] == n.behind[0] for n in rivals if n.behind)


def _fits_another(ours: Numbered, same: Sequence[Numbered], rivals: Sequence[Numbered]) -> bool:
    if len(ours.words) < MIN_WORDS:
        return False
    fits = max(_fit(ours, n) for n in same)
    return max(_fit(ours, n) for n in rivals) - fits > MARGIN


def _has_name_of_another(
    ours: Numbered, same: Sequence[Numbered], beside: Sequence[Numbered]
) -> bool:
    own_names = {name for n in same for name in n.names}
    return any((n.names - own_names) & ours.names for n in beside)


def _has_words_of_later(
    ours: Numbered, same: Sequence[Numbered], beside: Sequence[Numbered]
) -> bool:
    # What is said of a second number is often short: "… in 6% of the attempts, with X in 31%".
    own_words = {word for n in same for word in n.words}
    first = min(n.quantity.start for n in same)
    return any(
        n.quantity.start > first and bool(n.words - own_words) and n.words <= ours.words
        for n in beside
    )


def _behind(numbers: Sequence[Numbered]) -> set[str]:
    return {word for number in numbers for word in number.behind}


def _fit(ours: Numbered, theirs: Numbered) -> float:
    return nearness(ours.around, [theirs.around]) + nearness(theirs.around, [ours.around])


def numbered(text: Reading, own: Sequence[str]) -> list[Numbered]:
    """Return the numbers of a sentence with what is said of them, the system's own name aside."""
    found = quantities(text.text)
    spans = [(q.start, q.end) for q in found] + _places(own, text.text)
    groups: list[tuple[int, int, list[Quantity]]] = []
    listed: set[Quantity] = set()
    start = 0
    for stop in [*(m.start() for m in _PIECE.finditer(text.text)), len(text.text)]:
        inside = [q for q in found if start <= q.start < stop]
        if not inside:
            continue  # words without a number belong to the next one
        if groups and _LISTED.fullmatch(text.text, groups[-1][2][-1].end, inside[0].start):
            listed.update((groups[-1][2][-1], inside[0]))
            groups[-1] = (groups[-1][0], stop, groups[-1][2] + inside)
        else:
            groups.append((start, stop, inside))
        start = stop
    if groups:
        groups[-1] = (groups[-1][0], len(text.text), groups[-1][2])
    numbers = []
    for first, last, inside in groups:
        around = text.part(first, last).without(spans)
        blanked = _blanked(text.text, spans)
        said = blanked[first:last]
        names = names_in(blanked[:last] if _IT.search(said) else said)
        for quantity in inside:
            following = [word for word in terms(text.text[quantity.end : last]) if word.isalpha()]
            numbers.append(
                Numbered(
                    quantity,
                    around,
                    words=frozenset(terms(said)),
                    names=frozenset(names),
                    behind=tuple(following[:AFTER]),
                    is_listed=quantity in listed,
                )
            )
    return numbers


def _blanked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Return the text with spaces in these places."""
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text
