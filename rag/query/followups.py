"""A follow-up made whole: "it", "the second one", "and last month?" point at what was said."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from rag.query.request import Request
from rag.records import Paper, Turn
from rag.text.names import system_names
from rag.text.words import terms

HISTORY_TOKENS = 800  # budget for earlier turns; the newest are kept
CHARACTERS_PER_TOKEN = 4  # roughly
FEW_TERMS = 3  # a question with no more content words than this may lean on the one before

_PLACES = {"first": 0, "1st": 0, "former": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2,
           "fourth": 3, "4th": 3, "fifth": 4, "5th": 4, "last": -1, "latter": -1}  # fmt: skip
_NOUN = r"(?:one|paper|article|model|method|approach|system|result|entry)"
_ORDINAL = re.compile(
    rf"\b(?:the )?({'|'.join(_PLACES)}) {_NOUN}\b|\bthe (former|latter)\b"
    rf"|(?:\b{_NOUN} |#|\bnumber |\[)([1-9])\b\]?",
    re.IGNORECASE,
)
_SINGULAR = re.compile(
    r"\b(?:its|(?<!is )it)\b|\bis it\b(?! (?:possible|better|true|worth|known|still|really)\b)"
    rf"|\b(?:this|that) {_NOUN}\b|\bthe (?:paper|authors?)\b"
    r"|\b(?:is|was|does|do|did|of|with|about|to|than|wrote|published|made) (?:this|that)\b"
    r"|\b(?:this|that)\W*$",  # "robots that fold" is another that
    re.IGNORECASE,
)
_IT = re.compile(r"\b(?:it|this|that)\b", re.IGNORECASE)
_PLURAL = re.compile(
    rf"\b(?:they|them|their|theirs|these|those|both|(?:these|those|the) {_NOUN}s"
    r"|which (?:one|of the two))\b",
    re.IGNORECASE,
)
_THE_ONE = re.compile(
    r"\b(?:the|only the|which) ones? (?:with|that|who|which|for|from|about|on|using|by)\b",
    re.IGNORECASE,
)
# "Attention and its cost": what is meant stands in the question itself.
_OWN_ANTECEDENT = re.compile(
    r"\b(?!what|how|who|why|that|this|it|so)\w{3,} (?:and|or|with) (?:its|their|them)\b",
    re.IGNORECASE,
)
_COMPARES = re.compile(
    r"\b(?:compare\w*|comparison|versus|vs|differ\w*|both|each|which (?:one|of the two))\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"^\W*(?:and|what about|how about|same for|ok|so|then)\b", re.IGNORECASE)
_ASKS = re.compile(
    r"\b(?:how|who|whose|what|why|does|do|did|is|are|was|were|when|where|which|can|any)\b",
    re.IGNORECASE,
)
_PAPERS = re.compile(r"\b(?:papers?|articles?|works?)\b", re.IGNORECASE)


class Past(NamedTuple):
    """An earlier question as it was understood, and the papers that answered it, in order."""

    request: Request
    papers: tuple[Paper, ...]


def resolve(request: Request, past: Sequence[Past]) -> Request:
    """Return what is request when what was past before is taken into account.

    Papers that a question points at are the only ones it is about; one that names papers itself
    points at nothing, unless it sets them beside an earlier one.
    """
    if not past:
        return request
    last = past[-1]
    topic = _ORDINAL.sub(" ", request.topic)
    if pointed := _pointed(request, topic, past):
        compares = len(pointed) > 1 and bool(_COMPARES.search(request.topic))
        return replace(request, topic=" ".join(topic.split()), pointed=pointed, compares=compares)
    goes_on = bool(_GOES_ON.search(request.topic))
    content = _content(request)
    if request.named:
        return _asked_of(request, last.request) if goes_on and not content else request
    if not content and (goes_on or not _PAPERS.search(request.topic)):
        return _changed(request, last)
    if content and request.several and _PAPERS.search(request.topic):
        return request  # "and which papers are on …?" is request of all papers
    if len(content) > FEW_TERMS or not (goes_on or len(content) < FEW_TERMS):
        return request
    if _ASKS.search(request.topic) and _holds(last.papers, content):
        return replace(request, pointed=last.papers)
    if goes_on and last.request.several:  # "which papers are on X?", "and on Y?"
        return replace(last.request, topic=_GOES_ON.sub(" ", request.topic).strip(), named=())
    if goes_on:
        return replace(last.request, topic=f"{last.request.topic} {request.topic}")
    return request


def refers_back(topic: str) -> bool:
    """Return whether the question says that it is about what was spoken of: "its", "they"."""
    topic = _OWN_ANTECEDENT.sub(" ", topic)
    return any(pattern.search(topic) for pattern in (_SINGULAR, _PLURAL, _ORDINAL))


def _pointed(request: Request, topic: str, past: Sequence[Past]) -> tuple[Paper, ...]:
    """Return the papers that ordinals and pronouns stand for."""
    last = past[-1].papers
    topic = _OWN_ANTECEDENT.sub(" ", topic)
    several = len(last) > 1
    # In a list the second one is its second paper; else the second that was spoken of.
    pool = last if several else tuple(dict.fromkeys(s.papers[0] for s in past if s.papers))
    pointed: list[Paper] = []
    for match in _ORDINAL.finditer(request.topic):
        word = (match[1] or match[2] or "").casefold()
        place = _PLACES[word] if word else int(match[3]) - 1
        if -1 <= place < len(pool):
            pointed.append(pool[place])
    if (pointed or request.named) and _COMPARES.search(topic) and _IT.search(topic):
        return tuple(dict.fromkeys([*last[:1], *pointed, *request.named]))
    if pointed or request.named:
        return tuple(dict.fromkeys(pointed))
    if several and _THE_ONE.search(topic):
        return last
    if _PLURAL.search(topic) or (_SINGULAR.search(topic) and not _THE_ONE.search(topic)):
        return last
    if request.facts and not _content(request):
        return last
    return ()


def _asked_of(request: Request, before: Request) -> Request:
    """Return the question before, request of the papers that this one names: "and Vitron?"."""
    own = {term for paper in before.named for name in system_names(paper) for term in terms(name)}
    kept = " ".join(word for word in before.topic.split() if not own & set(terms(word)))
    return replace(before, topic=f"{kept} {request.topic}", named=request.named, pointed=())


def _changed(request: Request, last: Past) -> Request:
    """Return the question before with other days, another order, or request for something else."""
    new = {
        name: value
        for name in ("window", "authors", "organization", "author", "order", "count", "facts")
        if (value := getattr(request, name))
    }
    if not new:
        return replace(request, pointed=last.papers)  # "why?", "and how?"
    return replace(last.request, **new)


def _content(request: Request) -> list[str]:
    """Return the terms that say what is wanted, names and pointing words aside."""
    text = _ORDINAL.sub(" ", _GOES_ON.sub(" ", request.topic))
    own = {term for paper in request.named for name in system_names(paper) for term in terms(name)}
    return [t for t in dict.fromkeys(terms(_PAPERS.sub(" ", text))) if t not in own]


def _holds(papers: Sequence[Paper], content: Sequence[str]) -> bool:
    """Return whether these papers speak of what is request at all."""
    found = {term for p in papers for term in terms(f"{p.title} {p.abstract}")}
    return bool(papers) and (not content or any(term in found for term in content))


def truncate_history(turns: Sequence[Turn]) -> list[Turn]:
    """Return the latest turns whose questions fit into HISTORY_TOKENS, oldest first."""
    latest: list[Turn] = []
    room = HISTORY_TOKENS * CHARACTERS_PER_TOKEN
    for turn in reversed(turns):
        room -= len(turn.question)
        if room < 0:
            break
        latest.append(turn)
    return latest[::-1]
