"""PaperQA: a question in, a cited answer out."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from langchain_core.language_models.chat_models import BaseChatModel

from rag.config import RagConfig
from rag.evidence import EvidenceFinder
from rag.library import Library
from rag.question import asks_for_a_list, checked, make_whole
from rag.records import Answer, Chunk, Citation, Evidence, Hit, Paper
from rag.refusal import by_title, refuse
from rag.timespan import Window, find_window
from rag.writer import Writer

LISTED = 10  # papers named of a window of days
KEPT_EVIDENCE = 10  # sentences that an Answer remembers


@dataclass(frozen=True, slots=True)
class _Draft:
    """An answer without its frame."""

    text: str
    citations: tuple[Citation, ...]
    hits: Sequence[Hit] = ()
    evidence: Sequence[Evidence] = ()
    refused: bool = False


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
        self.evidence = EvidenceFinder(library.index, self.retriever.keywords, config.evidence)
        self.writer = Writer(chat, waiting=config.model.waiting, today=today) if chat else None

    def answer(self, question: str, *, history: Sequence[str] = ()) -> Answer:
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
        self, question: str, *, history: Sequence[str] = (), paper: Paper | None = None
    ) -> Answer:
        """Answer in the papers' own words; `history` holds the earlier questions.

        With a `paper`, only that one is asked. Raises QuestionError where there is nothing to
        look for.
        """
        started = time.perf_counter()
        asked = make_whole(checked(question), history, self.retriever.keywords.counts)
        window, topic = find_window(asked, self.today()) or (None, asked)
        if paper:
            draft = self._quote_one(asked, paper)
        elif window and asks_for_a_list(topic):
            draft = self._list(window)
        else:
            draft = self._quote(topic, window)
        return Answer(
            question=question,
            asked=asked,
            text=draft.text,
            citations=draft.citations,
            hits=tuple(draft.hits),
            evidence=tuple(draft.evidence[:KEPT_EVIDENCE]),
            refused=draft.refused,
            mode="extractive",
            coverage=self.library.catalog.coverage(),
            seconds=time.perf_counter() - started,
        )

    def _quote(self, topic: str, window: Window | None) -> _Draft:
        """Answer with the sentences that speak to the topic."""
        vector = self.library.embedder.encode_question(topic)
        hits = self.retriever.search_vector(topic, vector, window=window)
        ranked = self.evidence.rank(topic, vector, hits)
        if not ranked or ranked[0].score < self.config.evidence.refuse_below:
            return self._refuse(hits, window)
        text, citations = quote(self.evidence.choose(ranked))
        if window:
            text = f"Among the papers {window}:\n{text}"
        return _Draft(text, citations, hits, ranked)

    def _list(self, window: Window) -> _Draft:
        """Name the papers of a window of days, most upvoted first."""
        papers = self.library.catalog.papers(window)
        if not papers:
            return self._refuse((), window)
        papers.sort(key=lambda paper: -(paper.upvotes or 0))  # stable: else newest first
        shown = papers[:LISTED]
        lines = [f"{paper.title} [{n}]" for n, paper in enumerate(shown, start=1)]
        count = f"{len(papers):,} paper{'' if len(papers) == 1 else 's'} {window}"
        more = f"; the first {LISTED}" if len(papers) > LISTED else ""
        return _Draft("\n".join([f"{count}{more}:", *lines]), by_title(shown))

    def _quote_one(self, question: str, paper: Paper) -> _Draft:
        """Quote what one paper says, however little it speaks to the question."""
        vector = self.library.embedder.encode_question(question)
        hit = Hit(paper, Chunk(paper.paper_id, 0, paper.title), 1.0, 1.0, 0.0)
        ranked = self.evidence.rank(question, vector, [hit])
        text, citations = quote(self.evidence.choose(ranked))
        return _Draft(text, citations, [hit], ranked, refused=not ranked)

    def _refuse(self, hits: Sequence[Hit], window: Window | None) -> _Draft:
        """Say that nothing fits, what was read, and which papers come nearest."""
        where = str(window) if window else ""
        text, citations = refuse(self.library.catalog.coverage(), hits, where=where)
        return _Draft(text, citations, hits, refused=True)


def quote(chosen: Sequence[Evidence]) -> tuple[str, tuple[Citation, ...]]:
    """Return the text of an extractive answer and its sources.

    Papers best first; one line a sentence, in quotation marks and with its marker.
    """
    papers = list(dict.fromkeys(evidence.paper for evidence in chosen))
    lines, citations = [], []
    for n, paper in enumerate(papers, start=1):
        of_paper = [evidence for evidence in chosen if evidence.paper == paper]
        citations.append(Citation(n, paper, of_paper[0].sentence))
        quotes = [f"“{evidence.sentence}” [{n}]" for evidence in of_paper]
        if paper.abstract_source == "summary":
            quotes[0] = f"Paperboy's summary: {quotes[0]}"
        lines += quotes
    return "\n".join(lines), tuple(citations)
