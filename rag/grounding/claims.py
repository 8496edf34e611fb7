"""A written text → its claims: sentences with the passages that each cites, and their clauses."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from rag.grounding.citations import MARKER, marked
from rag.text.numbers import strip_tex
from rag.text.sentences import split_sentences
from rag.text.words import terms

_LINE = re.compile(r"[^\n]+")
_HAN_STOP = re.compile(r"(?<=[。！？])(?=\S)")
_END = re.compile(r"[.!?。！？…]*[\"”’)]*$")
# Where the second half of a sentence may begin. An "and" between nouns splits, too: no harm, since
# every word is read in the whole sentence.
_JOINT = re.compile(
    r"\s*;\s+|\s+[—–]\s+|,?\s+(?:while|whereas|although|though|but|because|so that)\s+"
    r"|,\s+(?:and|as|yet|since|which)\s+"
    r"|\s+and\s+",
    re.IGNORECASE,
)
MIN_CLAUSE_WORDS = 3
MIN_CLAUSE_TERMS = 2  # words that say something, stopwords aside


class Clause(NamedTuple):
    """A part of a sentence that says something of its own: its place, and the passages cited."""

    start: int
    end: int
    cited: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence without its markers, which stand in `marks` with their places in it.

    `space` is what stood before it in the text.
    """

    text: str
    marks: tuple[tuple[int, tuple[int, ...]], ...] = ()
    space: str = ""

    @property
    def cited(self) -> tuple[int, ...]:
        """The numbers of all passages that it cites."""
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
        """Return the same sentence without the markers of anything else."""
        kept = [(place, tuple(n for n in numbers if n in given)) for place, numbers in self.marks]
        return replace(self, marks=tuple(mark for mark in kept if mark[1]))

    def marked(self, remark: str) -> str:
        """Return the sentence with its markers and a remark before the full stop."""
        end = _END.search(self.written)
        place = end.start() if end else len(self.written)
        return f"{self.written[:place]}{remark}{self.written[place:]}"

    def citing(self, numbers: Sequence[int]) -> "Claim":
        """Return the same sentence with these markers alone, at its end."""
        end = _END.search(self.text)
        place = end.start() if end else len(self.text)
        return replace(self, marks=((place, tuple(numbers)),))

    @property
    def clauses(self) -> list[Clause]:
        """The parts, each with the markers behind it; the whole where it has but one."""
        found: list[Clause] = []
        done = 0
        for place, cited in [*self.marks, (len(self.text), self.cited)]:
            parts = clauses_of(self.text, done, place)
            found += [Clause(start, end, cited) for start, end in parts]
            done = place
        return found


def clauses_of(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the places of the clauses between two places of a sentence."""
    joints = [match.span() for match in _JOINT.finditer(text, start, end)]
    found: list[tuple[int, int]] = []
    for stop, following in [*joints, (end, end)]:
        is_short = _is_short(text[start:stop])
        if is_short and found:
            found[-1] = (found[-1][0], stop)
        elif not is_short or stop == end:
            found.append((start, stop))
        else:
            continue  # too short to stand alone: it begins the next one
        start = following
    return [(start, stop) for start, stop in found if text[start:stop].strip(" .,;:。()")]


def _is_short(text: str) -> bool:
    return len(text.split()) < MIN_CLAUSE_WORDS or len(terms(text)) < MIN_CLAUSE_TERMS


def claims_of(text: str) -> list[Claim]:
    """Return the sentences in order, split without their markers, which confuse the splitter.

    Markers behind a full stop belong to the sentence before it, unless the text begins with one.
    """
    bare = ""
    marks: list[tuple[int, tuple[int, ...]]] = []
    done = 0
    for match in MARKER.finditer(text):
        bare += text[done : match.start()]
        marks.append((len(bare), tuple(marked(match[1]))))
        done = match.end()
    bare += text[done:]
    leading = bool(marks) and not bare[: marks[0][0]].strip()
    found: list[Claim] = []
    end = 0
    for sentence in _sentences(bare):
        start = bare.index(sentence, end)
        space, end = bare[end:start], start + len(sentence)
        last = len(_END.sub("", sentence))
        first, behind = (start - len(space), end) if leading else (start + 1, end + 1)
        own = [(min(max(p - start, 0), last), n) for p, n in marks if first <= p < behind]
        found.append(Claim(sentence, _joined(own), space if found else ""))
    return found


def _joined(marks: list[tuple[int, tuple[int, ...]]]) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Return the marks with those at the same place made one."""
    places: dict[int, tuple[int, ...]] = {}
    for place, numbers in marks:
        places[place] = tuple(dict.fromkeys((*places.get(place, ()), *numbers)))
    return tuple(places.items())


def _sentences(text: str) -> list[str]:
    """Return the sentences word for word; a line break ends one too, and so does a Chinese stop."""
    return [
        part
        for line in _LINE.finditer(text)
        for sentence in split_sentences(line[0])
        for part in _HAN_STOP.split(sentence)
    ]
