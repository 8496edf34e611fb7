"""Turns a question into a Request: translates, corrects and parses it, and looks up its papers."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

import numpy as np
from numpy.typing import NDArray

from rag.encoders.word_vectors import WordVectors
from rag.query.followups import ALONE, MIN_FOLLOW_UP, Past, refers_back, resolve
from rag.query.organization_names import in_latin_letters
from rag.query.organizations import Organizations
from rag.query.paper_names import PaperNames
from rag.query.parser import number_of, order_of, paper_facts, parse
from rag.query.people import People
from rag.query.request import Kind, Request, clean_question
from rag.query.request_reader import (
    ORGANIZATION,
    PAPER,
    PERSON,
    TAGGED,
    WINDOW,
    RequestReader,
    Slots,
    TaggedWord,
    topics_of,
)
from rag.query.spelling import SpellingCorrector
from rag.query.translate import translate
from rag.query.window import find_window
from rag.records import Paper, Turn
from rag.store.catalog import Catalog
from rag.store.keywords import KeywordIndex

MIN_KIND = 0.6  # probability of a kind; a less certain request is one about content
MIN_OFF_TOPIC = 0.8  # the same for what is not answered at all
WITH_TOPIC = ("list", "advice", "concept", "count", "summary", "trending")
LISTS: tuple[Kind, ...] = ("list", "advice")
MAX_LIMIT = 50  # papers that somebody may ask for
# "New benchmarks" has a topic, other than "new papers".
_KINDS_OF_WORK = re.compile(r"(?:benchmark|dataset|survey)s?|(?:theor|librar)(?:y|ies)", re.I)
_ALL = re.compile(r"all|everything|every|complete|entire|full", re.I)


class QueryUnderstanding:
    """Understands questions with the catalogue's papers, authors, organisations and words."""

    def __init__(
        self,
        catalog: Catalog,
        keywords: KeywordIndex,
        word_vectors: WordVectors,
        encode: Callable[[str], NDArray[np.float32]],
    ) -> None:
        """`encode` gives the bundled encoder's vector of a text, shape (dimensions,)."""
        self.catalog = catalog
        self.keywords = keywords
        self.encode = encode
        self.spelling = SpellingCorrector(keywords, word_vectors)
        self.organizations = Organizations(catalog, word_vectors)
        self.people = People(keywords, word_vectors)
        self.paper_names = PaperNames(catalog, keywords, word_vectors)
        self.reader = RequestReader(word_vectors)

    def understand(self, question: str, today: date, *, follows: bool = False) -> Request:
        """Return what the question alone asks for. Raises QuestionError if it asks nothing.

        Other languages are translated word by word; misspelt English words are corrected. `follows`
        tells that there is an earlier turn, to which the question may refer.
        """
        question = in_latin_letters(clean_question(question))
        english = translate(question, language=self.reader.language(question))
        text = self.spelling.correct(question) if english.language == "en" else english.text
        request = parse(
            text,
            today,
            find_organizations=partial(self.organizations.find, language=english.language),
            find_people=partial(self.people.find, language=english.language),
            day_of=self._day_of,
        )
        named = self.paper_names.find(request.topic)
        request = replace(request, named=tuple(named), language=english.language)
        return self._classify(request, text, today, follows=follows)

    def _classify(self, request: Request, text: str, today: date, *, follows: bool) -> Request:
        """Return the request with its kind and the slots that this kind has."""
        masked, slots = self._mask(text, today, request.language)
        chances = self.reader.kinds(masked, self.encode(text), slots)
        if not follows:
            del chances["follow-up"]
        elif refers_back(text):  # "who annotated its data?" asks about a paper, not about the bot
            chances = {kind: chance for kind, chance in chances.items() if kind not in ALONE}
        total = sum(chances.values())
        kind = max(chances, key=lambda kind: chances[kind])
        request = replace(
            request,
            reader="classifier",
            certainty=chances[kind] / total,
            follow_up=chances.get("follow-up", 0.0) / total,
            asks_more=self.reader.asks_more(masked),
        )
        tagged = self.reader.tags(masked)
        if request.certainty < (MIN_OFF_TOPIC if kind == "off topic" else MIN_KIND):
            second: Kind = max(LISTS, key=lambda kind: chances[kind])
            return replace(request, other=fill_slots(replace(request, kind=second), tagged))
        if kind == "content" or (kind == "paper" and not request.facts and request.asks_more):
            limit = request.limit or limit_of(tagged)
            return replace(request, limit=limit if request.several else None)
        request = replace(request, kind=kind)
        if kind in WITH_TOPIC or kind == "follow-up" or request.follow_up >= MIN_FOLLOW_UP:
            request = fill_slots(request, tagged)
        if kind in ("paper", "similar", "follow-up") and not request.facts:
            return replace(request, facts=paper_facts(masked))
        return request

    def _mask(self, text: str, today: date, language: str) -> tuple[str, Slots]:
        """Return the text with placeholders for names and spans of time, and which it has."""
        found = find_window(text, today, day_of=self._day_of)
        rest = found[1] if found else text
        organization = self.organizations.find(rest, language=language)
        if organization:
            rest = rest.replace(organization.label, ORGANIZATION, 1)
        person = self.people.find(rest, language=language)
        if person:
            rest = rest.replace(person.label, PERSON, 1)
        rest, papers = self.paper_names.mask(rest, PAPER)
        words = rest.split() + [WINDOW] * bool(found)
        slots = Slots(papers, organization is not None, person is not None, found is not None)
        return " ".join(words), slots

    def _day_of(self, name: str) -> date | None:
        """Return the day of the paper with this name, for "since LXMERT"."""
        papers = self.paper_names.find(name)
        return papers[0].day if papers else None

    def past(
        self,
        history: Sequence[Turn],
        today: date,
        *,
        papers_for: Callable[[Request], Sequence[Paper]],
    ) -> list[Past]:
        """Return the earlier requests with the papers that their answers cited.

        A turn without a question is a list of papers that was shown.
        `papers_for` searches again for turns whose citations are not known.
        """
        past: list[Past] = []
        for turn in history:
            if turn.question:
                alone = self.understand(turn.question, today, follows=bool(past))
                request = resolve(alone, past)
            else:
                request = Request(topic="", kind="list")
            if turn.cited is None:
                papers = papers_for(request)
            else:
                known = self.catalog.get(turn.cited)
                papers = [known[paper_id] for paper_id in turn.cited if paper_id in known]
            past.append(Past(request, tuple(papers)))
        return past


def fill_slots(request: Request, tagged: Sequence[TaggedWord]) -> Request:
    """Return the request with the topic, number, order and code that its words name."""
    by_tag = {tag: [word.text for word in tagged if word.tag == tag] for tag in TAGGED}
    limit = limit_of(tagged)
    topics = topics_of(tagged)
    topic = " ".join(dict.fromkeys(topics))
    if not topic and (kinds := [w.text for w in tagged if _KINDS_OF_WORK.fullmatch(w.text)]):
        topic = kinds[0]
    if any(_ALL.fullmatch(word.text) for word in tagged):
        limit = limit or MAX_LIMIT
    has_topic = bool(topic or request.organization or request.author)
    kind = request.kind
    order = request.order or order_of(" ".join(by_tag["order"]))
    if kind == "trending" and has_topic:
        order = order or "most upvotes"
    if kind in ("summary", "trending") and has_topic:
        kind = "list"
    elif kind == "list" and not has_topic and request.window:
        kind = "summary"
    return replace(
        request,
        kind=kind,
        topic=topic if kind in WITH_TOPIC else request.topic,
        slot_topic=topic,
        order=order,
        limit=limit,
        parts=tuple(topics) if len(topics) > 1 else (),
        with_code=bool(by_tag["code"]),
    )


def limit_of(tagged: Sequence[TaggedWord]) -> int | None:
    """Return how many papers a request wants; None if it names no number."""
    numbers = (number_of(word.text) for word in tagged if word.tag == "number")
    return next((number for number in numbers if number and number <= MAX_LIMIT), None)
