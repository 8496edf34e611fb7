"""Turns a question into a Request: translates, corrects and parses it, and looks up its papers."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from rag.encoders.word_vectors import WordVectors
from rag.query.followups import Past, resolve
from rag.query.model_reader import ModelReader, Reading, is_said
from rag.query.organization_names import in_latin_letters
from rag.query.organizations import Organizations
from rag.query.paper_names import PaperNames
from rag.query.parser import number_of, order_of, paper_facts, parse
from rag.query.people import People
from rag.query.request import Kind, Request, clean_question
from rag.query.request_reader import (
    ORGANIZATION,
    OUTSIDE,
    PAPER,
    PERSON,
    TAGGED,
    TOPIC,
    WINDOW,
    RequestReader,
    Slots,
    split_words,
    topic_of,
)
from rag.query.spelling import SpellingCorrector
from rag.query.translate import translate
from rag.query.window import find_window
from rag.records import Paper, Turn
from rag.store.catalog import Catalog
from rag.store.keywords import KeywordIndex

MIN_KIND = 0.5  # probability of a kind; a less certain request is one about content
LIKELY_KINDS = 3  # of the classifier, among which the model chooses
WITH_TOPIC = ("list", "advice", "concept", "count", "summary", "trending")
MAX_LIMIT = 50  # papers that somebody may ask for


class QueryUnderstanding:
    """Understands questions with the catalogue's papers, authors, organisations and words."""

    def __init__(
        self,
        catalog: Catalog,
        keywords: KeywordIndex,
        word_vectors: WordVectors,
        encode: Callable[[str], NDArray[np.float32]],
        model_reader: ModelReader | None = None,
    ) -> None:
        """`encode` gives the bundled encoder's vector of a text, shape (dimensions,).

        `model_reader` reads what the classifier is unsure about.
        """
        self.catalog = catalog
        self.keywords = keywords
        self.encode = encode
        self.spelling = SpellingCorrector(keywords, word_vectors)
        self.organizations = Organizations(catalog, word_vectors)
        self.people = People(keywords, word_vectors)
        self.paper_names = PaperNames(catalog, keywords, word_vectors)
        self.reader = RequestReader(word_vectors)
        self.model_reader = model_reader

    def understand(
        self, question: str, today: date, *, follows: bool = False, again: bool = False
    ) -> Request:
        """Return what the question alone asks for. Raises QuestionError if it asks nothing.

        Other languages are translated word by word; misspelt English words are corrected. `follows`
        tells that there is an earlier turn, to which the question may refer, and `again` that the
        question was answered before, so that nobody waits for the model.
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
        request, masked, chances = self._classify(request, text, today, follows=follows)
        reading = None
        if self.model_reader and request.certainty < self.model_reader.below:
            likely = sorted(chances, key=lambda kind: -chances[kind])[:LIKELY_KINDS]
            reading = self.model_reader.read(question, likely, again=again)
        if reading is None:
            return self._fill_slots(request, masked)
        request = replace(request, kind=reading.kind, reader="model")
        request = self._add_names(request, reading, question, today)
        for name in filter(None, (request.organization, request.author)):  # no part of the topic
            masked = re.sub(re.escape(name), ORGANIZATION, masked, flags=re.IGNORECASE)
        return self._fill_slots(request, masked, reading)

    def _classify(
        self, request: Request, text: str, today: date, *, follows: bool
    ) -> tuple[Request, str, dict[Kind, float]]:
        """Return the request with its kind, the masked text, and the probability of each kind."""
        masked, slots = self._mask(text, today, request.language)
        chances = self.reader.kinds(masked, self.encode(text), slots)
        if not follows:
            del chances["follow-up"]
        kind = max(chances, key=lambda kind: chances[kind])
        certainty = chances[kind] / sum(chances.values())
        if certainty < MIN_KIND:
            kind = "content"
        request = replace(request, kind=kind, reader="classifier", certainty=certainty)
        return request, masked, chances

    def _fill_slots(self, request: Request, masked: str, reading: Reading | None = None) -> Request:
        """Return the request with the slots that its kind has.

        What the model read fills only those that the classifier leaves empty.
        """
        if request.kind in WITH_TOPIC or request.kind == "follow-up":
            tagged = self.reader.tags(masked)
            if reading:
                tagged = _tagged_with(reading, tagged, request.language)
            return fill_slots(request, tagged)
        if request.kind in ("paper", "similar") and not request.facts:
            return replace(request, facts=paper_facts(masked))
        return request

    def _add_names(self, request: Request, reading: Reading, question: str, today: date) -> Request:
        """Return the request with names and days that only the model found.

        They must occur in the question, and the catalogue must know the names.
        """

        def said(*typed: str) -> list[str]:
            return [words for words in typed if is_said(words, question)]

        if not request.named:
            named = [self.paper_names.find(f"the paper {name}") for name in said(*reading.papers)]
            request = replace(request, named=tuple(dict.fromkeys(chain(*named))))
        if days := said(reading.days) if not request.window else []:
            found = find_window(translate(days[0], language=request.language).text, today)
            request = replace(request, window=found[0] if found else None)
        if request.kind not in WITH_TOPIC:  # where a name stands for its papers
            return request
        for name in said(*reading.organizations):
            mention = self.organizations.find(f"papers from {name}")
            if mention and not request.organization:
                request = replace(request, organization=name, organizations=mention.names)
        for name in said(*reading.people):
            mention = self.people.find(f"papers by {name}")
            if mention and not request.author:
                request = replace(request, author=name, author_names=mention.names)
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
                alone = self.understand(turn.question, today, follows=bool(past), again=True)
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


def _tagged_with(
    reading: Reading, tagged: Sequence[tuple[str, str]], language: str
) -> list[tuple[str, str]]:
    """Return the words, with the model's word for slots that the classifier left empty.

    Only words of the text get a slot, so nothing that the model made up can enter.
    """

    def english(said: str) -> set[str]:
        return {w.casefold() for w in split_words(translate(said, language=language).text)}

    topic, order = english(reading.topic), english(reading.order)
    tests: dict[str, Callable[[str], bool]] = {
        TOPIC: lambda word: word.casefold() in topic,
        "order": lambda word: word.casefold() in order,
        "number": lambda word: number_of(word) == reading.number > 0,
        "code": lambda word: reading.with_code and "code" in paper_facts(word),
    }
    known = {tag for _, tag in tagged}
    for tag, fits in tests.items():
        if tag not in known:
            tagged = [(w, tag if old == OUTSIDE and fits(w) else old) for w, old in tagged]
    return list(tagged)


def fill_slots(request: Request, tagged: Sequence[tuple[str, str]]) -> Request:
    """Return the request with the topic, number, order and code that its words name."""
    by_tag = {tag: [word for word, t in tagged if t == tag] for tag in TAGGED}
    numbers = [n for word in by_tag["number"] if (n := number_of(word))]
    topic = topic_of(tagged)
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
        topic=topic if kind != "follow-up" else request.topic,
        order=order,
        limit=min(numbers[0], MAX_LIMIT) if numbers else None,
        with_code=bool(by_tag["code"]),
    )
