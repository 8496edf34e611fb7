"""Tells the questions of a message apart: those that are about different things.

What belongs to one question stays together: statements before it, fragments behind it ("especially
ones with code?"), and further questions about the same papers or the same topic, since these are
searched for part by part (`rag/answering/research.py`).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rag.query.followups import ALONE, refers_back
from rag.query.mentions import Hidden
from rag.query.request import Kind, Request
from rag.text.language import quoted_spans
from rag.text.words import words

MAX_PIECES = 12  # of one message: a longer one is read as a whole

# Kinds whose answers hold what is said in one question and no more.
_OF_ITS_OWN: tuple[Kind, ...] = (
    "concept", "list", "summary", "trending", "similar", "count",
)  # fmt: skip
_BEGINNING = (
    r"(?:(?:and|also|but|so|then|plus|now|ok|okay|please|finally|next|lastly|thirdly|secondly|"
    r"second|third|first|firstly|hi|hey|hello)\b[\s,:;-]*)*"
)
_ASKING_WORD = (
    r"(?:who(?:se|m)?|what|which|how|why|where|when|do|does|did|is|are|was|were|can|could|will|"
    r"would|should|has|have|any|anyone|show|list|tell|give|explain|describe|summari[sz]e|compare|"
    r"find|define|name|recommend|count)(?:['’]?s)?"
)
_ASKS = re.compile(rf"\W*{_BEGINNING}{_ASKING_WORD}\b", re.IGNORECASE)
_QUESTION_WORD = r"(?:who(?:se|m)?|what|which|how|why|where|when)(?:['’]?s)?"
_SENTENCE_END = re.compile(
    rf"[?？؟]+[)\]\"”’»*_]*(?:\s+|(?<=？))|\n\s*|(?<=\w\w)[.!;]\s+(?={_BEGINNING}{_ASKING_WORD}\b)",
    re.IGNORECASE,
)
_JOINT = re.compile(rf",?\s+(?=(?:and|but|also|plus)\s+{_QUESTION_WORD}\b)", re.IGNORECASE)
_NUMBER = re.compile(r"(?:(?<=\s)|\A)\(?(\d{1,2})[.):]\s+(?=\D)")
_BULLET = re.compile(r"^[ \t]*[-*•–]\s+", re.MULTILINE)

Read = Callable[[str], Request]


class Part(NamedTuple):
    """A question of a message; `is_complete` if it needs neither the ones before nor history."""

    text: str
    is_complete: bool = False


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a message that may be a question, and what it asks for alone."""

    text: str
    request: Request
    is_clause: bool  # of the sentence before
    is_item: bool  # of a list

    @property
    def is_question(self) -> bool:
        """Whether it asks something, if only about a paper that it names: "and HeronNet?"."""
        is_marked = self.text.rstrip(' )"”’»*_').endswith(("?", "？", "؟"))
        asks = bool(_ASKS.match(self.request.text or self.text))
        return asks or self.is_item or (is_marked and bool(self.request.named))

    def begins_another(self, group: "Sequence[_Piece]", said: "Sequence[_Piece]") -> bool:
        """Return whether it is a question of its own, with what was said after another one."""
        named = _named([*said, self])
        before = _named(group)
        if named and before and named.isdisjoint(before):
            return self.request.kind != "comparison"
        if self.is_clause:
            return False
        if self.is_item:
            return True
        if not self.request.has_topic or refers_back(self.request.text):
            return False
        kind, kind_before = self.request.kind, _kind_of(group)
        if kind == kind_before:
            terms = {term for piece in group for term in piece.request.topic_terms}
            is_other = bool(terms) and terms.isdisjoint(self.request.topic_terms)
            return kind in _OF_ITS_OWN and is_other and bool(self.request.topic_terms)
        return kind in _OF_ITS_OWN or (bool(named) and kind_before in _OF_ITS_OWN)


def several_questions(text: str, read: Read, hide: Callable[[str], Hidden]) -> list[Part]:
    """Return the questions of a text, in order; the text alone if it is one.

    `read` understands a part of it alone, `hide` puts placeholders in place of titles.
    """
    hidden = hide(text)
    parts = list(_parts(hidden.text))
    if not 1 < len(parts) <= MAX_PIECES:
        return [Part(text)]
    pieces = []
    for part, is_clause, is_item in parts:
        shown = hidden.shown(part)
        if words(shown):
            pieces.append(_Piece(shown, read(shown), is_clause, is_item))
    if any(piece.request.is_unread for piece in pieces):
        return [Part(text)]
    groups = [group for group in _grouped(pieces) if _kind_of(group) not in ALONE]
    if len(groups) < 2:
        return [Part(text)]
    return [Part(" ".join(piece.text for piece in group), _is_complete(group)) for group in groups]


def _is_complete(group: Sequence[_Piece]) -> bool:
    """Return whether a question refers to nothing before: "and who wrote Loom?"."""
    asking = next((piece.request for piece in group if piece.is_question), group[0].request)
    is_named = bool(_named(group) or asking.is_filter or asking.kind in _OF_ITS_OWN)
    asks = any(_ASKS.match(piece.request.text or piece.text) for piece in group)
    return is_named and asks and not refers_back(group[0].request.text)


def _named(pieces: Sequence[_Piece]) -> set[str]:
    """Return the ids of the papers that some pieces name."""
    return {paper.paper_id for piece in pieces for paper in piece.request.named}


def _kind_of(group: Sequence[_Piece]) -> Kind:
    """Return the kind of the first piece that asks something, else of the first."""
    return next((piece for piece in group if piece.is_question), group[0]).request.kind


def _grouped(pieces: Sequence[_Piece]) -> list[list[_Piece]]:
    """Return the pieces of each question, with what asks first."""
    groups: list[list[_Piece]] = []
    said: list[_Piece] = []  # statements before a question
    for piece in pieces:
        if not piece.is_question and not piece.text.rstrip().endswith(("?", "？", "؟")):
            said.append(piece)
        elif groups and not (piece.is_question and piece.begins_another(groups[-1], said)):
            groups[-1] += [*said, piece]
            said = []
        else:
            groups.append([*said, piece])
            said = []
    if groups:
        groups[-1] += said
    return groups


def _parts(text: str) -> Iterator[tuple[str, bool, bool]]:
    """Yield the parts of a text: whether each is a clause of the sentence before, a list's item."""
    items = _items(text)
    if items and all(_ASKS.match(item) or "?" in item for item in items):
        yield from ((item, False, True) for item in items)
        return
    for sentence in _split(text, _SENTENCE_END):
        for number, clause in enumerate(_split(sentence, _JOINT)):
            yield clause, number > 0, False


def _items(text: str) -> list[str]:
    """Return the items of a numbered or bulleted list; empty if there is none."""
    starts: list[re.Match[str]] = []
    for match in _NUMBER.finditer(text):
        if int(match[1]) == len(starts) + 1:
            starts.append(match)
    if len(starts) < 2:
        starts = list(_BULLET.finditer(text))
    if len(starts) < 2:
        return []
    ends = [*(match.start() for match in starts[1:]), len(text)]
    return [text[m.end() : end].strip() for m, end in zip(starts, ends, strict=True)]


def _split(text: str, boundary: re.Pattern[str]) -> Iterator[str]:
    """Yield what is between the boundaries of a text, each part with its mark at the end."""
    quoted, done = quoted_spans(text), 0
    for match in boundary.finditer(text):
        if not any(start < match.start() < end for start, end in quoted):
            yield text[done : match.end()].strip()
            done = match.end()
    yield text[done:].strip()
