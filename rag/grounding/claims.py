"""Splits a written text into claims: sentences, their clauses, and the passages each cites."""

import re
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from rag.records import Passage
from rag.text.brackets import brackets_of, find_markers, marked
from rag.text.numbers import strip_tex
from rag.text.sentences import split_sentences
from rag.text.words import terms

_LINE = re.compile(r"[^\n]+")
_HAN_STOP = re.compile(r"(?<=[。！？])(?=\S)")
# Where a new clause may begin. "And" between two nouns splits too, which does no harm, because each
# word is encoded within the whole sentence.
_JOINT = re.compile(
    r"(?<!\s)\s*;\s+|(?<!\s)\s+[—–]\s+"
    r"|,?(?<!\s)\s+(?:while|whereas|although|though|but|because|so that)\s+"
    r"|,\s+(?:and|as|yet|since|which)\s+"
    r"|(?<!\s)\s+and\s+",
    re.IGNORECASE,
)
MIN_CLAUSE_WORDS = 3
MIN_CLAUSE_TERMS = 2  # content words
MAX_SHORT = 300  # characters of a clause that is too short to stand alone
MAX_OPENING = 100  # characters of a sentence that says nothing without the next one


class Clause(NamedTuple):
    """A clause of a sentence: where it starts and ends, and the passages it cites."""

    start: int
    end: int
    cited: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence without its markers.

    `marks` holds the place of each marker and the passages it cites, `space` the white space before
    the sentence.
    """

    text: str
    marks: tuple[tuple[int, tuple[int, ...]], ...] = ()
    space: str = ""

    @property
    def cited(self) -> tuple[int, ...]:
        """The numbers of all the passages that it cites."""
        return tuple(dict.fromkeys(n for _, numbers in self.marks for n in numbers))

    @property
    def written(self) -> str:
        """The sentence with its markers."""
        text = self.text
        for place, numbers in reversed(self.marks):
            markers = "".join(f"[{n}]" for n in numbers)
            text = f"{text[:place]} {markers}{text[place:]}" if place else f"{markers} {text}"
        return text

    @property
    def plain(self) -> "Claim":
        """The sentence without TeX, as the encoder and the numbers read it."""
        marks = tuple((len(strip_tex(self.text[:place])), numbers) for place, numbers in self.marks)
        return replace(self, text=strip_tex(self.text), marks=marks)

    def among(self, given: Collection[int]) -> "Claim":
        """Return the same sentence with only the markers of these passages."""
        kept = [(place, tuple(n for n in numbers if n in given)) for place, numbers in self.marks]
        return replace(self, marks=tuple(mark for mark in kept if mark[1]))

    def marked(self, remark: str) -> str:
        """Return the sentence with its markers, and a remark before the full stop."""
        place = _end_of(self.written)
        return f"{self.written[:place]}{remark}{self.written[place:]}"

    def citing(self, numbers: Sequence[int]) -> "Claim":
        """Return the same sentence with only these markers, at its end."""
        return replace(self, marks=((_end_of(self.text), tuple(numbers)),))

    def followed_by(self, other: "Claim") -> "Claim":
        """Return both sentences as one."""
        start = len(self.text) + len(other.space)
        marks = tuple((start + place, numbers) for place, numbers in other.marks)
        text = f"{self.text}{other.space}{other.text}"
        return Claim(text, (*self.marks, *marks), self.space)

    @property
    def clauses(self) -> list[Clause]:
        """The clauses, each with the marker that follows it."""
        found: list[Clause] = []
        done = 0
        for place, cited in [*self.marks, (len(self.text), self.cited)]:
            parts = clauses_of(self.text, done, place)
            found += [Clause(start, end, cited) for start, end in parts]
            done = place
        return found


def clauses_of(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return where each clause starts and ends in this part of a sentence."""
    joints = [match.span() for match in _JOINT.finditer(text, start, end)]
    found: list[tuple[int, int]] = []
    for stop, following in [*joints, (end, end)]:
        is_short = _is_short(text[start:stop])
        if is_short and found:
            found[-1] = (found[-1][0], stop)
        elif not is_short or stop == end:
            found.append((start, stop))
        else:
            continue  # too short to stand alone: joined to the next clause
        start = following
    return [(start, stop) for start, stop in found if text[start:stop].strip(" .,;:。()")]


def _is_short(text: str) -> bool:
    if len(text) > MAX_SHORT:
        return False
    return len(text.split()) < MIN_CLAUSE_WORDS or len(terms(text)) < MIN_CLAUSE_TERMS


def _end_of(sentence: str) -> int:
    """Return where the full stop and what closes a sentence begin."""
    return len(sentence.rstrip('"”’)').rstrip(".!?。！？…"))


def claims_of(text: str, passages: Sequence[Passage] = ()) -> list[Claim]:
    """Return the sentences in order.

    The text is split without its markers, because they confuse the splitter. A marker after a full
    stop belongs to the sentence before it, unless that has one before the full stop, or the text
    begins with a marker. What the papers of the passages have in brackets themselves is text.
    """
    brackets = brackets_of(tuple(passage.paper for passage in passages))
    given = [passage.n for passage in passages] or None
    bare = ""
    found_marks: list[tuple[int, tuple[int, ...]]] = []
    done = 0
    for match in find_markers(text, brackets, given):
        bare += text[done : match.start()]
        found_marks.append((len(bare), tuple(marked(match[1]))))
        done = match.end()
    bare += text[done:]
    leading = bool(found_marks) and not bare[: found_marks[0][0]].strip()
    marks = deque(found_marks)
    found: list[Claim] = []
    of_next: list[tuple[int, tuple[int, ...]]] = []
    end = 0
    for sentence in _sentences(bare):
        start = bare.index(sentence, end)
        space, end = bare[end:start], start + len(sentence)
        last = _end_of(sentence)
        first, behind = (start - len(space), end) if leading else (start + 1, end + 1)
        while marks and marks[0][0] < first:
            marks.popleft()
        places = []
        while marks and marks[0][0] < behind:
            place, numbers = marks.popleft()
            places.append((place - start, numbers))
        own = of_next + [(min(max(place, 0), last), n) for place, n in places]
        of_next = []
        if any(place == last < len(sentence) for place, _ in places):
            of_next = [(0, n) for place, n in places if place > last]
            own = own[: len(own) - len(of_next)]
        claim = Claim(sentence, _joined(own), space if found else "")
        if found and _only_opens(found[-1]) and "\n" not in space:
            claim = found.pop().followed_by(claim)
        found.append(claim)
    return found


def _only_opens(claim: Claim) -> bool:
    """Return whether a sentence says nothing without the next one ("No.", "Very little.")."""
    is_short = not claim.marks and len(claim.text) <= MAX_OPENING
    return is_short and len(terms(claim.text)) < MIN_CLAUSE_TERMS


def _joined(marks: list[tuple[int, tuple[int, ...]]]) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Merge the marks that are at the same place."""
    places: dict[int, tuple[int, ...]] = {}
    for place, numbers in marks:
        places[place] = tuple(dict.fromkeys((*places.get(place, ()), *numbers)))
    return tuple(places.items())


def _sentences(text: str) -> list[str]:
    """Split the text into sentences, at line breaks and Chinese full stops too."""
    return [
        part
        for line in _LINE.finditer(text)
        for sentence in split_sentences(line[0])
        for part in _HAN_STOP.split(sentence)
    ]
