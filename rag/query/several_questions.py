"""Tells the questions of a message apart: those that are about different things.

What belongs to one question stays together: statements before it, fragments behind it ("especially
ones with code?"), and further questions about the same papers or the same topic, since these are
searched for part by part (`rag/answering/research.py`).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rag.query.followups import ALONE, refers_back
from rag.query.mentions import Hidden
from rag.query.request import Fact, Kind, Request
from rag.text.language import quoted_spans
from rag.text.words import words

MAX_PIECES = 12  # of one message: a longer one is read as a whole

# Kinds of requests that need no question mark: "papers on birds", "compare HeronNet and Loom".
_REQUESTS: tuple[Kind, ...] = (
    "list", "advice", "summary", "trending", "similar", "count", "concept", "comparison",
)  # fmt: skip
_OF_THE_TEXT: tuple[Fact, ...] = ("gist", "results", "limits")  # other facts are of the record
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
_LINE_NUMBER = re.compile(r"^[ \t]*[(（]?(\d{1,2})(?:[.):][ \t]+|[、．）])", re.MULTILINE)
_LINE_LETTER = re.compile(r"^[ \t]*\(?([a-l])[.)][ \t]+", re.MULTILINE | re.IGNORECASE)
_BULLET = re.compile(r"^[ \t]*[-*+•·–‣◦▪][ \t]+", re.MULTILINE)
# What stands above a list and asks nothing: "Hi, please tell me the following:".
_ONLY_INTRODUCES = re.compile(
    r"(?:\W*\b(?:hi|hey|hello|please|pls|can|could|would|will|you|help|tell|show|give|answer|me|us|"
    r"with|these|this|the|following|my|a|an|few|some|several|two|three|four|questions?|things?|"
    r"requests?|list|here|are|is|i|we|have|want|need|know|to|would|like|thanks)\b)*\W*",
    re.IGNORECASE,
)
_PAPERS = re.compile(
    r"\W*(?:[\w-]+\s+){0,3}papers?\s+(?:on|about|by|from|with|that|which)\b", re.IGNORECASE
)

Read = Callable[[str], Request]


class Part(NamedTuple):
    """A question of a message; `is_complete` if it needs neither the ones before nor history."""

    text: str
    is_complete: bool = False
    is_off_topic: bool = False  # it asks for what no paper is about


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

    @property
    def is_request(self) -> bool:
        """Whether it is understood as a request, whatever its form: "code for HeronNet"."""
        request = self.request
        if _ASKS.match(self.text) or "?" in self.text or request.kind in _REQUESTS:
            return True
        if request.kind in ("paper", "follow-up"):
            return bool(request.facts) and not request.asks_more
        return request.kind == "off topic" or bool(_PAPERS.match(self.request.text or self.text))

    @property
    def asks_record(self) -> bool:
        """Whether it asks for what the record of a paper has: who wrote it, where its code is."""
        facts = set(self.request.facts) - set(_OF_THE_TEXT)
        return bool(facts) and not self.request.asks_more

    @property
    def asks_text(self) -> bool:
        """Whether it asks for what a paper says of something in particular."""
        return self.request.asks_more or self.request.kind in ("content", "count", "comparison")

    def asks_elsewhere(self, group: "Sequence[_Piece]") -> bool:
        """Return whether its answer is in a paper's text and the group's is not, or vice versa."""
        is_of_paper = bool(_named(group)) or refers_back(group[0].request.text)
        if not self.is_question or not is_of_paper:
            return False
        before = [piece for piece in group if piece.is_question]
        if self.asks_record:
            return any(piece.asks_text for piece in before)
        introduces = all(piece.request.kind == "paper" for piece in before)
        return self.asks_text and bool(before) and introduces

    def begins_another(self, group: "Sequence[_Piece]", said: "Sequence[_Piece]") -> bool:
        """Return whether it is a question of its own, with what was said after another one."""
        if self.is_item:
            return True
        named = _named([*said, self])
        before = _named(group)
        if named and before and named.isdisjoint(before):
            return self.request.kind != "comparison"
        if self.asks_elsewhere(group):
            return True
        if self.is_clause:
            return False
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

    def pieces_of(parts: Sequence[tuple[str, bool, bool]]) -> list[_Piece]:
        shown = [(hidden.shown(part), is_clause, is_item) for part, is_clause, is_item in parts]
        return [_Piece(part, read(part), *how) for part, *how in shown if words(part)]

    def items_of(before: str, items: Sequence[str]) -> list[_Piece]:
        """Return the items of a list; none if they are no requests."""
        if not 1 < len(items) <= MAX_PIECES:
            return []
        pieces = pieces_of([(item, False, True) for item in items])
        only_introduces = _ONLY_INTRODUCES.fullmatch(before)
        return pieces if only_introduces and all(piece.is_request for piece in pieces) else []

    parts = list(_parts(hidden.text))
    pieces = items_of(*_lines(hidden.text))
    if not pieces and not 1 < len(parts) <= MAX_PIECES:
        return [Part(text)]
    pieces = pieces or pieces_of(parts)
    if any(piece.request.is_unread for piece in pieces):
        return [Part(text)]
    groups = _grouped(pieces)
    asked = [group for group in groups if _kind_of(group) not in ALONE]
    if len(asked) < 2:
        return [Part(text)]
    off_topic = [group for group in groups if _kind_of(group) == "off topic"]
    return [
        Part(_text_of(group), _is_complete(group), group in off_topic)
        for group in groups
        if group in asked or group in off_topic
    ]


def _text_of(group: Sequence[_Piece]) -> str:
    return " ".join(piece.text for piece in group).rstrip(" ;")


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
    starts = _counted(_NUMBER.finditer(text))
    if len(starts) < 2:
        starts = list(_BULLET.finditer(text))
    return _between(text, starts) if len(starts) > 1 else []


def _lines(text: str) -> tuple[str, list[str]]:
    """Return what is above a list with one item per line, and its items; empty if there is none."""
    for pattern in (_LINE_NUMBER, _LINE_LETTER):
        if len(starts := _counted(pattern.finditer(text))) > 1:
            break
    else:
        starts = list(_BULLET.finditer(text))
    if len(starts) < 2:
        return text, []
    return text[: starts[0].start()], _between(text, starts)


def _counted(matches: Iterable[re.Match[str]]) -> list[re.Match[str]]:
    """Return the matches that count on from 1 or from "a"."""
    starts: list[re.Match[str]] = []
    for match in matches:
        sign = match[1].casefold()
        number = int(sign) if sign.isdigit() else ord(sign) - ord("a") + 1
        if number == len(starts) + 1:
            starts.append(match)
    return starts


def _between(text: str, starts: Sequence[re.Match[str]]) -> list[str]:
    """Return what stands behind each start, up to the next."""
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
