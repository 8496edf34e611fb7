"""Turns a question into a Request: translates, corrects and parses it, and looks up its papers."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from rag.encoders.word_vectors import WordVectors
from rag.query.followups import Past, resolve
from rag.query.organization_names import in_latin_letters
from rag.query.organizations import Organizations
from rag.query.paper_names import PaperNames
from rag.query.parser import parse
from rag.query.people import People
from rag.query.request import Request, clean_question
from rag.query.spelling import SpellingCorrector
from rag.query.translate import translate
from rag.records import Paper, Turn
from rag.store.catalog import Catalog
from rag.store.keywords import KeywordIndex


class QueryUnderstanding:
    """Understands questions with the catalogue's papers, authors, organisations and words."""

    def __init__(self, catalog: Catalog, keywords: KeywordIndex, word_vectors: WordVectors) -> None:
        self.catalog = catalog
        self.keywords = keywords
        self.spelling = SpellingCorrector(keywords, word_vectors)
        self.organizations = Organizations(catalog, word_vectors)
        self.people = People(keywords, word_vectors)
        self.paper_names = PaperNames(catalog, keywords, word_vectors)

    def understand(self, question: str, today: date) -> Request:
        """Return what the question alone asks for. Raises QuestionError if it asks nothing.

        Other languages are translated word by word; misspelt English words are corrected.
        """
        question = in_latin_letters(clean_question(question))
        english = translate(question)
        text = self.spelling.correct(question) if english.language == "en" else english.text
        request = parse(
            text,
            today,
            find_organizations=partial(self.organizations.find, language=english.language),
            find_people=partial(self.people.find, language=english.language),
            day_of=self._day_of,
        )
        named = self.paper_names.find(request.topic)
        return replace(request, named=tuple(named), language=english.language)

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
                request = resolve(self.understand(turn.question, today), past)
            else:
                request = Request(topic="", kind="list")
            if turn.cited is None:
                papers = papers_for(request)
            else:
                known = self.catalog.get(turn.cited)
                papers = [known[paper_id] for paper_id in turn.cited if paper_id in known]
            past.append(Past(request, tuple(papers)))
        return past
