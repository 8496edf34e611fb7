"""PaperQA: a question in, a cited answer out."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from rag.config import RagConfig
from rag.evidence import EvidenceFinder
from rag.library import Library
from rag.question import asks_for_a_list, checked, make_whole
from rag.records import Answer, Citation, Evidence, Hit, Paper
from rag.timespan import Window, find_window

# The one sentence of a refusal; what was read and the nearest papers follow it.
REFUSAL = "I found no paper that answers this."
NEAREST = 3  # papers named as pointers in a refusal
NEAR_COSINE = 0.3  # below it a paper is no pointer, only noise
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

    def __init__(self, library: Library, config: RagConfig, *, today: Callable[[], date]) -> None:
        """`today` is asked for the day whenever a question speaks of time."""
        self.library = library
        self.retriever = library.retriever
        self.config = config
        self.today = today
        self.evidence = EvidenceFinder(library.index, self.retriever.keywords, config.evidence)

    def ask(self, question: str, *, history: Sequence[str] = ()) -> Answer:
        """Answer in the papers' own words; `history` holds the earlier questions.

        Raises QuestionError where there is nothing to look for.
        """
        started = time.perf_counter()
        asked = make_whole(checked(question), history, self.retriever.keywords.counts)
        window, topic = find_window(asked, self.today()) or (None, asked)
        if window and asks_for_a_list(topic):
            draft = self._list(window)
        else:
            draft = self._quote(topic, window)
        return Answer(
            question=question,
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
        return _Draft("\n".join([f"{count}{more}:", *lines]), _by_title(shown))

    def _refuse(self, hits: Sequence[Hit], window: Window | None) -> _Draft:
        """Say that nothing fits, what was read, and which papers come nearest."""
        looked = f" I looked among the papers {window}." if window else ""
        coverage = self.library.catalog.coverage()
        text = f"{REFUSAL}{looked} I have read {coverage}."
        if not coverage.papers:
            text += " Bring some in: `paperboy ingest starter`."
        citations = _by_title([h.paper for h in hits if h.cosine >= NEAR_COSINE][:NEAREST])
        if citations:
            text += (
                " The nearest: " + "; ".join(f"{c.paper.title} [{c.n}]" for c in citations) + "."
            )
        return _Draft(text, citations, hits, refused=True)


def quote(chosen: Sequence[Evidence]) -> tuple[str, tuple[Citation, ...]]:
    """Return the text of an extractive answer and its sources.

    One line a paper, best first, each sentence in quotation marks and with its marker.
    """
    papers = list(dict.fromkeys(evidence.paper for evidence in chosen))
    lines, citations = [], []
    for n, paper in enumerate(papers, start=1):
        of_paper = [evidence for evidence in chosen if evidence.paper == paper]
        citations.append(Citation(n, paper, of_paper[0].sentence))
        quotes = " ".join(f"“{evidence.sentence}” [{n}]" for evidence in of_paper)
        whose = "Paperboy's summary: " if paper.abstract_source == "summary" else ""
        lines.append(whose + quotes)
    return "\n".join(lines), tuple(citations)


def _by_title(papers: Sequence[Paper]) -> tuple[Citation, ...]:
    """Cite papers that are named, not quoted."""
    return tuple(Citation(n, paper, paper.title) for n, paper in enumerate(papers, start=1))
