"""Turns a question into a Request: translates, corrects and parses it, and looks up its papers."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.arxiv_id import find_mentions
from rag.encoders.word_vectors import WordVectors
from rag.query.answer_language import answer_language
from rag.query.certainty import has_topic, needed_certainty
from rag.query.command_guide import CommandGuide
from rag.query.exclusions import Exclusions, find_exclusions
from rag.query.followups import ALONE, SHOWN_LIST, has_papers, refers_back, resolve
from rag.query.mentions import Mention
from rag.query.numeric_days import DayHabit, write_days
from rag.query.organization_names import in_latin_letters
from rag.query.organizations import Organizations
from rag.query.own_data import wants_to_be_forgotten
from rag.query.paper_names import PaperNames
from rag.query.parser import author_count, paper_facts, parse, written_by
from rag.query.people import People
from rag.query.positions import in_english, only_chooses
from rag.query.request import Kind, Past, Request, clean_question
from rag.query.request_reader import (
    ORGANIZATION,
    PAPER,
    PERSON,
    WINDOW,
    RequestReader,
    Slots,
    is_said,
    topics_of,
)
from rag.query.several_questions import Part, several_questions
from rag.query.short_questions import ShortQuestions
from rag.query.slots import WITH_TOPIC, fill_slots, tagged_with, with_slots
from rag.query.spelling import SpellingCorrector
from rag.query.stuck_names import apart_from_scripts, without_endings
from rag.query.translate import Translation, translate
from rag.query.window import find_window
from rag.records import Paper, Turn
from rag.store.catalog import Catalog
from rag.store.keywords import KeywordIndex
from rag.text.discord_markup import with_spoilers_open
from rag.text.language import ENGLISH, unread_language

if TYPE_CHECKING:
    from rag.query.model_reader import ModelReader, Reading
    from rag.query.model_translator import ModelTranslator

MIN_SMALL_TALK = 0.85  # of what may be another language: "haha nice"
LIKELY_KINDS = 3  # of the classifier, among which the model chooses
LISTS: tuple[Kind, ...] = ("list", "advice")


class QueryUnderstanding:
    """Understands questions with the catalogue's papers, authors, organisations and words."""

    def __init__(
        self,
        catalog: Catalog,
        keywords: KeywordIndex,
        word_vectors: WordVectors,
        encode: Callable[[str], NDArray[np.float32]],
        model_reader: "ModelReader | None" = None,
        model_translator: "ModelTranslator | None" = None,
        day_habit: DayHabit | None = None,
        guide: CommandGuide | None = None,
    ) -> None:
        """`encode` gives the bundled encoder's vector of a text, shape (dimensions,).

        `model_reader` reads what the classifier is unsure about; `model_translator` translates what
        the glossary does not know the language of. `day_habit` tells which number of "5/12" is the
        day; `guide` knows the bot's commands.
        """
        self.catalog = catalog
        self.keywords = keywords
        self.encode = encode
        self.organizations = Organizations(catalog, word_vectors)
        self.people = People(keywords, word_vectors)
        self.paper_names = PaperNames(catalog, keywords, word_vectors)
        self.reader = RequestReader(word_vectors)
        self.spelling = SpellingCorrector(keywords, word_vectors, known=self.reader.request_words)
        self.short_questions = ShortQuestions(keywords, word_vectors, self.reader.request_words)
        self.model_reader = model_reader
        self.model_translator = model_translator
        self.day_habit = day_habit or DayHabit()
        self.guide = guide or CommandGuide()

    def understand(
        self, question: str, today: date, *, follows: bool = False, again: bool = False
    ) -> Request:
        """Return what the question alone asks for. Raises QuestionError if it asks nothing.

        German, French, Spanish and Chinese are translated word by word, other languages by the
        language model; without it the request is unread, and has names at most. Misspelt English
        words are corrected.
        `follows` tells that there is an earlier turn, to which the question may refer, and `again`
        that the question was answered before, so that nobody waits for the model.
        """
        question = clean_question(question, timezone=self.day_habit.timezone)
        question = in_latin_letters(question)
        without_names = self.people.hide(self.paper_names.hide_titles(question).text).text
        language = self.reader.language(without_names)
        if self._is_about_bot(question):
            return Request(
                topic="", kind="bot", text=question, asked=question, language=language or ENGLISH
            )
        if follows:  # "el penúltimo" is "the second to last one"
            question = in_english(question)
            without_names = self.people.hide(question).text
        foreign = unread_language(without_names, language)
        if not foreign and (short := self.short_questions.unread_language(without_names, language)):
            foreign = "" if self._is_small_talk(without_names) else short
        days = write_days(question, today, language=foreign or language, habit=self.day_habit)
        request = self._read(days.text, language, foreign, today, follows=follows, again=again)
        return replace(
            request,
            asked=days.text,
            day_reading=days.reading,
            impossible_day=days.impossible,
            has_topic=request.has_topic and not only_chooses(question),
        )

    def questions(self, text: str, today: date) -> list[Part]:
        """Return the questions that a message asks about different things; often one, as it is."""

        def read(part: str) -> Request:
            return self.understand(part, today, follows=True, again=True)

        parts = several_questions(with_spoilers_open(text), read, self.paper_names.hide_titles)
        return parts if len(parts) > 1 else [Part(text)]

    def _is_about_bot(self, question: str) -> bool:
        """Return whether a question surely is about the bot, and about no paper.

        It asks about a command, or wants to be forgotten.
        """
        if not (self.guide.named_in(question) or wants_to_be_forgotten(question)):
            return False
        return not (self.paper_names.find(question) or any(find_mentions(question)))

    def _is_small_talk(self, text: str) -> bool:
        chances = self.reader.kinds(text, self.encode(text), Slots())
        return chances["small talk"] >= MIN_SMALL_TALK

    def _read(
        self,
        question: str,
        language: str,
        foreign: str,
        today: date,
        *,
        follows: bool,
        again: bool,
    ) -> Request:
        """Return what a question asks for; the model translates one in a foreign language."""
        if not foreign:
            return self._understand(question, language, today, follows=follows, again=again)
        translator = self.model_translator
        translation = translator.translate(question, again=again) if translator else ""
        if not translation:
            apart = without_endings(apart_from_scripts(question), self.paper_names.knows)
            request = self._understand(apart, language, today, follows=False, again=True)
            return replace(request, kind="content", foreign=foreign)
        request = self._understand(translation, ENGLISH, today, follows=follows, again=again)
        return replace(request, foreign=foreign, translation=translation)

    def _in_english(self, question: str, language: str) -> Translation:
        """Return the question in English words and with the papers' own spelling of their names."""
        titles = self.paper_names.hide_titles(question)
        hidden = self.people.hide(titles.text)  # "de la Cruz" stays, and "heronfeld" is correct
        text, language = translate(hidden.text, language=language)
        text = self.spelling.correct(text) if language == ENGLISH else apart_from_scripts(text)
        text = titles.shown(hidden.shown(text))
        return Translation(self.paper_names.as_written(text), language)

    def _parse(self, text: str, language: str, today: date) -> Request:
        """Return what the names, days and numbers of a text ask for, which was in this language."""
        request = parse(
            text,
            today,
            find_organizations=partial(self.organizations.find, language=language),
            find_people=partial(self.people.find, language=language),
            hide=self.people.hide,
            day_of=self._day_of,
        )
        named = self.paper_names.find(request.topic)
        names = self.paper_names
        unread = (names.unknown_sides if named else names.unread)(request.topic)
        return replace(
            request, text=text, named=tuple(named), unread=tuple(unread), language=language
        )

    def _understand(
        self, question: str, language: str, today: date, *, follows: bool, again: bool
    ) -> Request:
        """Return what a question asks for that is in one of the glossary's languages."""
        english, language = self._in_english(question, language)
        text, answer_in = answer_language(english)
        if not text:
            return Request(topic="", kind="bot", language=language, answer_in=answer_in)
        out = self._left_out(text, today, follows=follows)
        request = replace(self._parse(out.text, language, today), answer_in=answer_in, **out.slots)
        masked, slots = self._mask(out.text, today, language)
        tagged = self.reader.tags(masked)
        topics = topics_of(tagged)
        # "How many papers of 2024 do you know?" is not about the bot.
        counts_some = request.count and (request.is_filter or topics)
        is_about_papers = bool(request.authors or request.prolific or request.order or counts_some)
        chances = self._chances(
            self._mask(out.positive, today, language)[0] if out else masked,
            out.positive,
            slots,
            follows=follows,
            is_about_papers=is_about_papers,
        )
        request = out.settle(self._classify(request, masked, chances), follows=follows)
        if follows:
            inside = self.reader.asks_inside(masked, self.encode(out.positive))
            request = replace(request, inside=inside)
        is_unsure = request.certainty < needed_certainty(request.kind, topics)
        reading = None
        is_bare_fact = bool(paper_facts(masked)) and not (request.named or request.asks_more)
        if is_unsure and follows and is_bare_fact:  # "bibtex" asks about what was shown
            request, is_unsure = replace(request, kind="follow-up"), False
        elif is_unsure and " ".join(topics).casefold() == masked.strip(" ?!.").casefold():
            request, is_unsure = replace(request, kind="list"), False  # nothing but a topic
        elif self.model_reader and request.certainty < self.model_reader.below:
            likely = sorted(chances, key=lambda kind: -chances[kind])[:LIKELY_KINDS]
            reading = self.model_reader.read(question, likely, again=again)
        if reading:
            request = replace(request, kind=reading.kind, reader="model")
            request = self._add_names(request, reading, question, today)
            tagged = tagged_with(reading, tagged, request)
        request = replace(request, has_topic=has_topic(request, is_unsure=is_unsure, topics=topics))
        if is_unsure and (reading is None or reading.kind == "content"):
            second: Kind = max(LISTS, key=lambda kind: chances[kind])
            other = fill_slots(replace(request, kind=second), tagged)
            return replace(request, kind="content", other=other)
        return self._with_known_topic(with_slots(request, masked, tagged))

    def _left_out(self, text: str, today: date, *, follows: bool) -> Exclusions:
        """Return what a question leaves out."""

        def is_name(words: str) -> bool:
            organization = self.organizations.find(f"papers from {words}")
            person = self.people.find(f"papers by {words}")
            labels = [mention.label for mention in (organization, person) if mention]
            return words != words.lower() and words in labels

        named = bool(self.paper_names.find(text))
        return find_exclusions(text, today, is_name=is_name, follows=follows, names_paper=named)

    def _with_known_topic(self, request: Request) -> Request:
        """Return the request without a topic that no paper has a word of, if a name narrows it.

        Such words are chat ("smth new by …") more often than topics.
        """
        if not request.topic or not (request.organization or request.author):
            return request
        counts = self.keywords.document_counts(request.topic_terms)
        return request if any(counts.values()) else replace(request, topic="")

    def _chances(
        self, masked: str, text: str, slots: Slots, *, follows: bool, is_about_papers: bool
    ) -> dict[Kind, float]:
        """Return the probability of each kind that the request can have."""
        chances = self.reader.kinds(masked, self.encode(text), slots)
        if not follows:
            del chances["follow-up"]
        # "Who annotated its data?" asks about a paper, not about the bot.
        if is_about_papers or (follows and refers_back(text)):
            chances = {kind: chance for kind, chance in chances.items() if kind not in ALONE}
        total = sum(chances.values())
        return {kind: chance / total for kind, chance in chances.items()}

    def _classify(self, request: Request, masked: str, chances: dict[Kind, float]) -> Request:
        """Return the request with its likeliest kind."""
        kind = max(chances, key=lambda kind: chances[kind])
        return replace(
            request,
            kind=kind,
            reader="classifier",
            certainty=chances[kind],
            follow_up=chances.get("follow-up", 0.0),
            asks_more=self.reader.asks_more(masked),
        )

    def _add_names(
        self, request: Request, reading: "Reading", question: str, today: date
    ) -> Request:
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
                request = replace(request, **written_by(mention))
        return request

    def _mask(self, text: str, today: date, language: str) -> tuple[str, Slots]:
        """Return the text with placeholders for names and spans of time, and which it has."""
        hidden = self.people.hide(text)
        found = find_window(hidden.text, today, day_of=self._day_of)
        _, rest = author_count(hidden.shown(found[1]) if found else text)
        organization = self.organizations.find(rest, language=language)
        if organization and not hidden.has_inside(organization.label):
            rest = _masked(rest, organization, ORGANIZATION)
        person = self.people.find(rest, language=language)
        if person:
            rest = _masked(rest, person, PERSON)
        rest, papers = self.paper_names.mask(rest, PAPER)
        words = [rest.rstrip(" ?!."), WINDOW] if found else [rest]
        slots = Slots(papers, organization is not None, person is not None, found is not None)
        return " ".join(" ".join(words).split()), slots

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

        A turn without a question is a list of papers that was shown. Small talk is left out.
        `papers_for` searches again for turns whose citations are not known.
        """
        past: list[Past] = []
        for turn in history:
            if turn.question:
                alone = self.understand(turn.question, today, follows=bool(past), again=True)
                says_nothing = alone.is_unread or not (alone.has_topic or has_papers(past))
                if not turn.cited and (alone.kind in ALONE or says_nothing):
                    continue
                request = SHOWN_LIST if alone.is_unread else resolve(alone, past)
            else:
                request = SHOWN_LIST
            if turn.cited is None:
                papers = papers_for(request)
            else:
                known = self.catalog.get(turn.cited)
                papers = [known[paper_id] for paper_id in turn.cited if paper_id in known]
            past.append(Past(request, tuple(papers)))
        return past


def _masked(text: str, mention: Mention, placeholder: str) -> str:
    """Return the text with a placeholder for the names that are mentioned."""
    part = text[mention.start : mention.end]
    masked, found = re.subn(re.escape(mention.label), placeholder, part, count=1, flags=re.I)
    return f"{text[: mention.start]}{masked if found else f' {placeholder} '}{text[mention.end :]}"
