"""Answers: each kind of request in its own way; what none of them answers, by quotes."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from rag.answering.concepts import Concepts
from rag.answering.draft import Draft
from rag.answering.extractive import ExtractiveQA
from rag.answering.full_text import WholePaperQA
from rag.answering.paper_details import PaperDetails
from rag.answering.paper_filters import papers_by
from rag.answering.paper_lists import USUAL_COUNT, PaperLists
from rag.answering.refusal import refuse, unknown_author
from rag.answering.small_talk import SmallTalk
from rag.answering.statistics import Statistics
from rag.answering.summaries import Summaries
from rag.arxiv_id import find_ids, impossible_ids
from rag.config import RagConfig
from rag.grounding.alignment import Reader
from rag.library import Library
from rag.query.command_guide import CommandGuide
from rag.query.request import Kind, Request
from rag.query.translate import translate
from rag.records import Paper, Question
from rag.retrieval.topic_search import MIN_ON_TOPIC
from rag.text.words import enumerated

MIN_LISTED = 3  # papers on a topic; fewer are quoted …
SURELY_A_LIST = 0.9  # … unless it is this certain that a list is wanted

# Kinds of requests that are about what they name.
ABOUT_PAPERS: tuple[Kind, ...] = (
    "content", "concept", "list", "advice", "paper", "similar", "comparison",
)  # fmt: skip
# Kinds that ask what a paper says, where the request is about one paper.
INSIDE: tuple[Kind, ...] = ("content", "concept", "count")

Answering = Callable[[Request], Draft | None]


class Answers:
    """Answers a request by its kind. Thread-safe."""

    def __init__(
        self, library: Library, config: RagConfig, guide: CommandGuide | None = None
    ) -> None:
        catalog, retriever = library.catalog, library.retriever
        self.catalog = catalog
        self.retriever = retriever
        self.model = config.model.name  # for whoever asks which model writes
        self.concepts = Concepts(retriever)
        self.details = PaperDetails(config.evidence)
        self.lists = PaperLists(catalog, retriever)
        reader = Reader(library.bundled_embedder.embeddings)
        self.quotes = ExtractiveQA(
            catalog, retriever, retriever.embedder, library.word_vectors, reader, config
        )
        self.whole_papers = WholePaperQA(
            library.full_texts,
            self.quotes.answerability,
            self.quotes.evidence,
            reader,
        )
        self.small_talk = SmallTalk(library.bundled_embedder, guide)
        self.statistics = Statistics(catalog, self.lists.topics)
        self.summaries = Summaries(catalog)

    def draft(self, request: Request, question: Question, today: date) -> Draft:
        """Return the answer's text and sources; a refusal if the papers do not answer.

        A paper that was not read is not answered from others, whatever is asked about it.
        """
        ids = find_ids(request.text or request.topic)
        known = self.catalog.get([f"arxiv:{arxiv_id}" for arxiv_id in ids])
        unread = [arxiv_id for arxiv_id in ids if f"arxiv:{arxiv_id}" not in known]
        said = [f"I have not read arXiv {', '.join(unread)}."] if unread else []
        said += [f"{sentence}." for sentence in impossible_ids(request.text or request.topic)]
        if request.unread and request.named:  # compared with papers that say nothing of them
            said.append(f"I have not read {enumerated(request.unread)}.")
            request = replace(request, topic=_without(request.unread, request.topic))
        note = " ".join(said)
        if note and not (known or request.subjects):
            return Draft(*refuse(self.catalog.coverage(), [], unread=note), refused=True)
        draft = self._by_whole_paper(request, self._draft(request, question, today))
        if not note:
            return draft
        text = f"{draft.text} {note}" if draft.refused else f"{note}\n{draft.text}"
        return replace(draft, text=text)

    def _by_whole_paper(self, request: Request, draft: Draft) -> Draft:
        """Return what the whole paper says, for a question that its abstract may not answer.

        If the paper was not read whole, the abstract's answer says that it may be worth it.
        """
        paper = draft.silent_paper
        if paper is None and request.kind in INSIDE and len(request.subjects) == 1:
            paper = request.subjects[0] if self._was_read(request.subjects[0]) else None
        return self.whole_papers.draft(request, paper, draft) if paper else draft

    def _was_read(self, paper: Paper) -> bool:
        return self.whole_papers.texts.has(paper.paper_id)

    def _draft(self, request: Request, question: Question, today: date) -> Draft:
        if request.kind in ("bot", "small talk", "off topic"):
            return self.small_talk.draft(
                request,
                question.text,
                place=question.place,
                coverage=self.catalog.coverage(),
                model=self.model,
            )

        if request.unread and not request.subjects and request.kind in ABOUT_PAPERS:
            note = f"I have not read {', '.join(request.unread)}."
            return Draft(*refuse(self.catalog.coverage(), [], unread=note), refused=True)
        if request.author and not papers_by(self.catalog, request):
            return Draft(unknown_author(request), (), refused=True)

        def english(request: Request) -> str:
            if request.left_out:  # what it leaves out is no topic
                return request.text
            return translate(question.text, language=request.language).text

        by_kind: dict[Kind, Answering] = {
            "summary": lambda request: self._summary(request, today),
            "trending": lambda request: self._summary(request, today),
            "list": self.lists.draft,
            "advice": self.lists.draft,
            "similar": self.lists.similar,
            "paper": self.details.draft,
            "concept": self.concepts.draft,
            "count": lambda request: self.statistics.draft(request, english(request), today),
        }
        answering = by_kind.get(request.kind)
        by_columns = request.authors or request.prolific or "authors" in (request.order or "")
        if (
            answering
            and (not by_columns or request.kind == "count")
            and (draft := answering(request))
        ):
            return self._quoted_if_few(request, draft)
        if request.other and (draft := self._other(request.other)):
            return draft
        draft = self.quotes.draft(request)
        if draft.refused or not request.left_out or request.left_out in draft.text:
            return draft
        said = f"I could not narrow this to papers {request.left_out}."
        return replace(draft, text=f"{said}\n{draft.text}")

    def _quoted_if_few(self, request: Request, draft: Draft) -> Draft:
        """Return quotes in place of a list of one or two papers on a topic: they say more."""
        is_whole = request.topic_terms and not (request.is_filter or request.with_code)
        if request.kind not in ("list", "advice") or not is_whole or request.offset:
            return draft
        if len(draft.citations) + draft.more >= MIN_LISTED:
            return draft
        is_on_topic = any(hit.score >= MIN_ON_TOPIC for hit in draft.hits)
        if is_on_topic and request.certainty >= SURELY_A_LIST:
            return draft
        quoted = self.quotes.draft(replace(request, topic=request.text))
        return draft if quoted.refused and is_on_topic else quoted

    def _summary(self, request: Request, today: date) -> Draft | None:
        """Return the papers on the topic, if a summary has one that papers are on, else all.

        None if only papers of other days are on it.
        """
        is_narrowed = bool(
            request.topic_terms or request.organization or request.author or request.excluded
        )
        if (is_narrowed or request.order in ("newest", "oldest")) and (
            draft := self.lists.draft(request)
        ):
            return draft
        of_any_day = replace(request, window=None)
        if request.window and request.topic_terms and self.lists.draft(of_any_day):
            return None
        return self.summaries.draft(request, today)

    def _other(self, request: Request) -> Draft | None:
        """Return the list of an unsure request, if enough papers are on its topic to list them."""
        draft = self.lists.draft(request, strict=True)
        return draft if draft and len(draft.citations) >= USUAL_COUNT else None


def _without(names: Sequence[str], topic: str) -> str:
    """Return the topic without these names."""
    for name in names:
        topic = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", topic)
    return " ".join(topic.split())
