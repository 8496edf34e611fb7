"""From a question in anybody's words to a Request, with what it refers back to."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from rag.encoders.word_vectors import WordVectors
from rag.query.followups import Past, resolve
from rag.query.parser import parse
from rag.query.question import checked
from rag.query.request import Request
from rag.query.spelling import Speller
from rag.query.translate import translate
from rag.records import Paper, Turn
from rag.store.catalog import Catalog
from rag.store.keywords import KeywordIndex
from rag.store.lookup import papers_named_in
from rag.store.queries import organizations, papers_of_author


class QueryUnderstanding:
    """Translates, spell-checks and parses questions by what the catalogue knows."""

    def __init__(self, catalog: Catalog, keywords: KeywordIndex, word_vectors: WordVectors) -> None:
        self.catalog = catalog
        self.keywords = keywords
        self.speller = Speller(keywords, word_vectors)

    def understand(self, question: str, today: date) -> Request:
        """Return what a question asks for on its own. Raises QuestionError where it asks nothing.

        It is translated word by word, and misspelt words are corrected.
        """
        question = checked(question)
        english = translate(question)
        text = self.speller.correct(question) if english.language == "en" else english.text
        request = parse(
            text,
            today,
            organizations=organizations(self.catalog),
            is_author=lambda name: bool(papers_of_author(self.catalog, name)),
            day_of=self._day_of,
        )
        named = papers_named_in(request.topic, self.catalog, self.keywords)
        return replace(request, named=tuple(named), language=english.language)

    def _day_of(self, name: str) -> date | None:
        """Return the day of the paper with this name: "since LXMERT"."""
        papers = papers_named_in(name, self.catalog, self.keywords)
        return papers[0].day if papers else None

    def past(
        self,
        history: Sequence[Turn],
        today: date,
        *,
        papers_for: Callable[[Request], Sequence[Paper]],
    ) -> list[Past]:
        """Return the earlier requests with the papers that answered them.

        `papers_for` finds them again where a turn does not know what its answer cited.
        """
        found: list[Past] = []
        for turn in history:
            request = resolve(self.understand(turn.question, today), found)
            if turn.cited is None:
                papers = papers_for(request)
            else:
                known = self.catalog.get(turn.cited)
                papers = [known[paper_id] for paper_id in turn.cited if paper_id in known]
            found.append(Past(request, tuple(papers)))
        return found
