"""PaperQA: a question in, a cited answer out."""

import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
from langchain_core.language_models.chat_models import BaseChatModel
from numpy.typing import NDArray

from rag.answering.answerability import Support
from rag.answering.catalog_answers import Computed
from rag.answering.evidence import EvidenceFinder
from rag.answering.refusal import refuse
from rag.answering.writer import Writer
from rag.config import RagConfig
from rag.library import Library
from rag.links import ARXIV_ID
from rag.query.followups import Said, Turn, lean_on, points_back
from rag.query.parser import Asked, understand
from rag.query.question import checked
from rag.query.spelling import Speller
from rag.query.translate import translate
from rag.records import Answer, Chunk, Citation, Draft, Evidence, Hit, Paper
from rag.store.lookup import mentioned
from rag.store.queries import organizations, papers_of_author
from rag.text.names import shown_name, system_names
from rag.text.sentences import finding, gist, split_sentences
from rag.text.words import terms

_ARXIV = re.compile(rf"\S*{ARXIV_ID.pattern}\S*")  # an id, or a link that ends in one
# What a question says that names papers and asks for nothing of them in particular.
INTRODUCING = frozenset(
    terms(
        "about paper arxiv compare comparison difference versus vs explain summarise summarize "
        "summary describe link"
    )
)
INTRODUCED_AT_LENGTH = 2  # papers: what it is and what it found
WIDENED = "The paper of this conversation does not say it; others do."
KEPT_EVIDENCE = 40  # sentences that an Answer remembers: more than a prompt takes


class PaperQA:
    """Answers questions from the library."""

    def __init__(
        self,
        library: Library,
        config: RagConfig,
        *,
        today: Callable[[], date],
        chat: BaseChatModel | None = None,
    ) -> None:
        """`today` is asked for the day whenever a question speaks of time; `chat` writes."""
        self.library = library
        self.retriever = library.retriever
        self.config = config
        self.today = today
        self.computed = Computed(library.catalog, library.retriever)
        self.speller = Speller(self.retriever.keywords, library.word_vectors)
        self.support = Support(library.word_vectors)
        self.evidence = EvidenceFinder(library.index, self.retriever.keywords, config.evidence)
        papers = library.catalog.get
        self.writer = (
            Writer(chat, config.model, today=today, papers=papers, grounding=library.grounding)
            if chat
            else None
        )

    def answer(self, question: str, *, history: Sequence[Turn] = ()) -> Answer:
        """Answer as well as can be: written by the model where there is one, else quoted."""
        return self.written(self.ask(question, history=history))

    def written(self, quoted: Answer) -> Answer:
        """Return the last that `write` yields: the finished answer."""
        answer = quoted
        for later in self.write(quoted):
            answer = later
        return answer

    def write(
        self,
        quoted: Answer,
        *,
        cancel: threading.Event | None = None,
        on_place: Callable[[int], None] | None = None,
    ) -> Iterator[Answer]:
        """Yield the written answer as it grows; nothing where no model is, or nothing to write.

        Lists and refusals are computed, and stay as they are. See Writer.write.
        """
        if self.writer and self.can_write(quoted):
            yield from self.writer.write(quoted, cancel=cancel, on_place=on_place)

    def can_write(self, quoted: Answer) -> bool:
        """Return whether a written answer can follow this one."""
        return self.writer is not None and not self.writer.problem and bool(quoted.evidence)

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        paper: Paper | None = None,
        keep_to: Paper | None = None,
        by: str = "",
    ) -> Answer:
        """Answer in the papers' own words; `history` holds what was asked before.

        With a `paper`, only that one is asked; with one to `keep_to`, the others too where it
        does not say. `by` is who asks. Raises QuestionError where there is nothing to look for.
        """
        started = time.perf_counter()
        asked = alone = self.understand(checked(question))
        note = ""
        if paper:
            asked = replace(asked, pointed=(paper,))
            draft = self._draft(asked)
        elif keep_to:
            asked, draft, note = self._draft_within(keep_to, asked, self._said(history))
        else:
            asked = lean_on(asked, self._said(history))
            draft = self._draft(asked)
        return Answer(
            question=question,
            asked=question if asked is alone else asked.whole(question),
            understood=asked.understood(),
            text=draft.text,
            citations=draft.citations,
            hits=tuple(draft.hits),
            evidence=tuple(draft.evidence[:KEPT_EVIDENCE]),
            refused=draft.refused,
            support=draft.support,
            mode="extractive",
            coverage=self.library.catalog.coverage(),
            seconds=time.perf_counter() - started,
            note=note,
            said=history[-1].said if history else (),
            by=by,
        )

    def understand(self, question: str) -> Asked:
        """Take a question apart, translated and set right where it is typed wrong."""
        catalog = self.library.catalog
        english = translate(question)
        text = self.speller.correct(question) if english.language == "en" else english.text
        asked = understand(
            text,
            self.today(),
            organizations=organizations(catalog),
            is_author=lambda name: bool(papers_of_author(catalog, name)),
            day_of=self._day_of,
        )
        named = mentioned(asked.topic, catalog, self.retriever.keywords)
        return replace(asked, named=tuple(named), language=english.language)

    def _day_of(self, name: str) -> date | None:
        """Return the day of the paper with this name: "since LXMERT"."""
        papers = mentioned(name, self.library.catalog, self.retriever.keywords)
        return papers[0].day if papers else None

    def _said(self, history: Sequence[Turn]) -> list[Said]:
        """Understand the earlier questions; what their answers cited is looked up or found anew."""
        said: list[Said] = []
        for turn in history:
            asked = lean_on(self.understand(checked(turn.question)), said)
            if turn.cited is None:
                papers = [citation.paper for citation in self._draft(asked).citations]
            else:
                known = self.library.catalog.get(turn.cited)
                papers = [known[paper_id] for paper_id in turn.cited if paper_id in known]
            said.append(Said(asked, tuple(papers)))
        return said

    def _draft_within(
        self, paper: Paper, asked: Asked, said: Sequence[Said]
    ) -> tuple[Asked, Draft, str]:
        """Return what is asked of this paper, the answer, and a note where other papers give it.

        The paper was spoken of before anything else, so that "it" means this one. A question that
        names others, lists or counts has left it.
        """
        whole = lean_on(asked, [Said(Asked(topic=paper.title), (paper,)), *said])
        elsewhere = any(other != paper for other in (*whole.named, *whole.pointed))
        if elsewhere or whole.several or whole.is_filter or whole.order or whole.count:
            return whole, self._draft(whole), ""
        within = replace(whole, pointed=(paper,))
        draft = self._draft(within)
        if not draft.refused or points_back(asked.topic):
            return within, draft, ""
        wide = self._draft(asked)
        return (within, draft, "") if wide.refused else (asked, wide, WIDENED)

    def _draft(self, asked: Asked) -> Draft:
        if computed := self.computed.answer(asked):
            return computed if computed.text else self._refuse(computed.hits, str(asked))
        return self._quote(asked)

    def _quote(self, asked: Asked) -> Draft:
        """Answer with the sentences that speak to the topic."""
        topic, window, named = asked.topic, asked.window, asked.named
        asks_more = set(terms(_ARXIV.sub(" ", topic))) - INTRODUCING - _own_words(named)
        meant = asked.pointed or named
        if meant and not asks_more:
            return self._introduce(meant)
        if not meant and (unread := ARXIV_ID.findall(topic)):
            coverage = self.library.catalog.coverage()
            return Draft(*refuse(coverage, [], unread=unread), refused=True)
        vector = self.library.embedder.encode_question(topic)
        if asked.compares or len(named) > 1:
            return self._compare(topic, vector, meant)
        allowed = {paper.paper_id for paper in asked.pointed} or None
        hits = self.retriever.search_vector(topic, vector, window=window, allowed=allowed)
        papers = self.config.retrieval.top_k if asked.several else self.config.evidence.papers
        ranked = self.evidence.rank(topic, vector, hits[:papers], named=named)
        if not ranked:
            return self._refuse(hits, str(asked))
        signs = self.support.signs(asked, ranked[0])
        support = self.support.probability(signs)
        if support < self.config.evidence.refuse_below:
            about = ranked[0].paper if meant else None
            return replace(self._refuse(hits, str(asked), about=about), support=support)
        choose = self.evidence.choose_several if asked.several else self.evidence.choose
        text, citations = quote(choose(ranked))
        if window:
            text = f"Among the papers {window}:\n{text}"
        return Draft(text, citations, hits, ranked, support=support)

    def _introduce(self, named: Sequence[Paper]) -> Draft:
        """Quote what each paper says of itself, where a question names papers and nothing else."""
        tells = (gist, finding) if len(named) <= INTRODUCED_AT_LENGTH else (gist,)
        chosen = [
            Evidence(paper, sentence, split_sentences(paper.abstract).index(sentence) + 1, 1.0)
            for paper in named[: self.config.evidence.max_papers]
            for tell in tells
            if (sentence := tell(paper.abstract))
        ]
        text, citations = quote(chosen)
        hits = [Hit(paper, Chunk(paper.paper_id, 0, paper.title), 1.0, 1.0, 0.0) for paper in named]
        return Draft(text, citations, hits, chosen, refused=not chosen)

    def _compare(self, topic: str, vector: NDArray[np.float32], named: Sequence[Paper]) -> Draft:
        """Quote each of the papers that the question names."""
        named = named[: self.config.evidence.max_papers]
        ids = {paper.paper_id for paper in named}
        hits = self.retriever.search_vector(topic, vector, allowed=ids)
        ranked = self.evidence.rank(topic, vector, hits)
        text, citations = quote(self.evidence.choose_each(ranked, named))
        return Draft(text, citations, hits, ranked, refused=not ranked)

    def _refuse(self, hits: Sequence[Hit], where: str, *, about: Paper | None = None) -> Draft:
        """Say that nothing fits, what was read, and which papers come nearest."""
        coverage = self.library.catalog.coverage()
        text, citations = refuse(coverage, hits, where=where, about=about)
        return Draft(text, citations, hits, refused=True)


def _own_words(named: Sequence[Paper]) -> set[str]:
    """Return the terms by which these papers are named."""
    return {term for paper in named for name in system_names(paper) for term in terms(name)}


def quote(chosen: Sequence[Evidence]) -> tuple[str, tuple[Citation, ...]]:
    """Return the text of an extractive answer and its sources.

    Papers best first; one line a sentence, in quotation marks and with its marker. A system's name
    stands in front where neither the title nor the quotes hold it.
    """
    papers = list(dict.fromkeys(evidence.paper for evidence in chosen))
    lines, citations = [], []
    for n, paper in enumerate(papers, start=1):
        of_paper = [evidence for evidence in chosen if evidence.paper == paper]
        citations.append(Citation(n, paper, of_paper[0].sentence))
        quotes = [f"“{evidence.sentence}” [{n}]" for evidence in of_paper]
        name = shown_name(paper)
        if name and not any(name in evidence.sentence for evidence in of_paper):
            quotes[0] = f"{name}: {quotes[0]}"
        if paper.abstract_source == "summary":
            quotes[0] = f"Paperboy's summary: {quotes[0]}"
        lines += quotes
    return "\n".join(lines), tuple(citations)
