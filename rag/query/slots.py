"""Fills the slots of a request from its tagged words: topic, number, order, code and days."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.query.followups import MIN_FOLLOW_UP
from rag.query.parser import number_of, order_of, paper_facts
from rag.query.request import Kind, Order, Request
from rag.query.request_reader import (
    OUTSIDE,
    TOPIC,
    TaggedWord,
    split_words,
    topics_of,
)
from rag.query.translate import translate
from rag.records import Window
from rag.text.language import function_words, strip_accents

if TYPE_CHECKING:
    from rag.query.model_reader import Reading

WITH_TOPIC = ("list", "advice", "concept", "count", "summary", "trending")
MAX_LIMIT = 50  # papers that somebody may ask for
# "New benchmarks" has a topic, other than "new papers".
_KINDS_OF_WORK = re.compile(r"(?:benchmark|dataset|survey)s?|(?:theor|librar)(?:y|ies)", re.I)
# "Papers of November" are the Daily Papers of its days; "published in November" is not.
DAILY: tuple[Kind, ...] = ("list", "advice", "summary", "trending")
_PUBLISHED = re.compile(r"\b(?:publi\w+|submitted|arxiv|preprints?)\b", re.I)
MIN_LONE_TOPIC = 0.25  # of a word; a summary falls back to all papers if none is on its topic
_NOUNS = frozenset("papers articles preprints works ones".split())
_SORTED = re.compile(r"\b(?:sort|order|rank)(?:ed)?\b|\bby (?=\w+$)|\btrending\b|\bhot\b", re.I)
# Not "papers"; "which of those is the newest?"
_ONE_PAPER = re.compile(r"\b(?:paper|article|preprint|one|which (?:of \w+ )?(?:is|has))\b", re.I)
_ALL = re.compile(r"all|everything|every|complete|entire|full", re.I)


def with_slots(request: Request, masked: str, tagged: Sequence[TaggedWord]) -> Request:
    """Return the request with the slots that its kind has."""
    kind = request.kind
    if kind == "content" or (kind == "paper" and not request.facts and request.asks_more):
        limit = (request.limit or limit_of(tagged)) if request.several else None
        return replace(request, kind="content", limit=limit)
    if kind in WITH_TOPIC or kind == "follow-up" or request.follow_up >= MIN_FOLLOW_UP:
        request = fill_slots(request, tagged)
    if kind in ("paper", "follow-up"):
        counts = "author count" in request.facts
        found = [fact for fact in paper_facts(masked) if not (counts and fact == "authors")]
        return replace(request, facts=tuple(dict.fromkeys([*request.facts, *found])))
    return request


def tagged_with(
    reading: "Reading", tagged: Sequence[TaggedWord], request: Request
) -> list[TaggedWord]:
    """Return the words, with the model's word for slots that the classifier left empty.

    Only words of the text get a slot, so nothing that the model made up can enter; those of names
    get none.
    """

    def english(said: str) -> set[str]:
        text = translate(said, language=request.language).text
        return {word.casefold() for word in split_words(text)}

    names = english(f"{request.organization or ''} {request.author or ''}")
    topic, order = english(reading.topic), english(reading.order)
    tests: dict[str, Callable[[str], bool]] = {
        TOPIC: lambda word: word.casefold() in topic,
        "order": lambda word: word.casefold() in order,
        "number": lambda word: number_of(word) == reading.number > 0,
        "code": lambda word: reading.with_code and "code" in paper_facts(word),
    }
    tagged = [
        TaggedWord(word.text, OUTSIDE, 0.0) if word.text.casefold() in names else word
        for word in tagged
    ]
    known = {word.tag for word in tagged}
    for tag, fits in tests.items():
        if tag not in known:
            tagged = [
                word._replace(tag=tag) if word.tag == OUTSIDE and fits(word.text) else word
                for word in tagged
            ]
    return tagged


def fill_slots(request: Request, tagged: Sequence[TaggedWord]) -> Request:
    """Return the request with the topic, number, order and code that its words name."""
    topics = _topics(request, tagged)
    topic = " ".join(dict.fromkeys(topics))
    topic, order = _split_order(topic, request, tagged)
    has_topic = bool(topic or request.organization or request.author or request.excluded)
    kind = request.kind
    if kind == "trending" and has_topic:
        order = order or "most upvotes"
    elif kind == "list" and not has_topic and request.window:
        kind = "summary"
    limit = limit_of(tagged)
    if limit is None and any(_ALL.fullmatch(word.text) for word in tagged):
        limit = MAX_LIMIT
    text = " ".join(word.text for word in tagged)
    if order and limit is None and kind != "advice" and _ONE_PAPER.search(text):
        limit = 1
    return replace(
        request,
        kind=kind,
        window=_daily_window(request, kind),
        topic=topic if kind in WITH_TOPIC else request.topic,
        slot_topic=topic,
        order=order,
        limit=limit,
        parts=tuple(topics) if len(topics) > 1 else (),
        with_code=not request.without_code and any(word.tag == "code" for word in tagged),
    )


def _topics(request: Request, tagged: Sequence[TaggedWord]) -> list[str]:
    """Return the topics of a request; of new benchmarks, "benchmarks"."""
    topics = [left for topic in topics_of(tagged) if (left := _without_foreign_words(topic))]
    if not topics and request.kind in ("summary", "trending"):  # "any robot papers today?"
        topics = [word.text for word in tagged if word.topic_probability >= MIN_LONE_TOPIC]
    kinds = [word.text for word in tagged if _KINDS_OF_WORK.fullmatch(word.text)]
    return topics or kinds[:1]


def _split_order(
    topic: str, request: Request, tagged: Sequence[TaggedWord]
) -> tuple[str, Order | None]:
    """Return the topic without a word that names an order, and the order."""
    order = request.order or order_of(" ".join(w.text for w in tagged if w.tag == "order"))
    outside = " ".join(word.text for word in tagged if word.text not in topic.split())
    first, _, rest = topic.partition(" ")
    if rest and (leading := order_of(first)):  # "trending robotics papers"
        topic, order = rest, order or leading
    if not order and (is_sorted := _SORTED.search(outside)):
        order = order_of(outside[is_sorted.start() :])
    return topic, order


def _daily_window(request: Request, kind: Kind) -> Window | None:
    """Return the days of a request, those of a month or a year by the day of the Daily Papers."""
    window = request.window
    is_published = window is None or window.by != "published" or _PUBLISHED.search(request.text)
    if window is None or is_published or kind not in DAILY:
        return window
    return Window(window.since, window.until)


def _without_foreign_words(topic: str) -> str:
    """Return the topic without function words of other languages: "sobre federated learning"."""
    certain = frozenset[str]().union(*(tells for tells, *_ in function_words().values()))
    kept = topic.split()
    while kept and strip_accents(kept[0]) in certain:
        kept.pop(0)
    return " ".join(kept)


def limit_of(tagged: Sequence[TaggedWord]) -> int | None:
    """Return how many papers a request wants; None if it names no number."""
    words = [word.text for word in tagged]
    for i, word in enumerate(tagged):
        number = number_of(word.text)
        behind = [other.casefold() for other in words[i + 1 : i + 4]]
        counts_papers = not _NOUNS.isdisjoint(behind) or any(
            other.tag == "order" for other in tagged[i + 1 : i + 3]
        )
        is_single = number == 1 and "paper" in behind[:2]
        counts_papers = counts_papers or is_single
        if number and number <= MAX_LIMIT and (word.tag == "number" or counts_papers):
            return number
    return None
