"""PaperQA: a question in, a cited answer out."""

import time
from collections.abc import Sequence

from rag.config import RagConfig
from rag.evidence import EvidenceFinder
from rag.library import Library
from rag.question import checked, make_whole
from rag.records import Answer, Citation, Evidence, Hit

# The one sentence of a refusal; what was read and the nearest papers follow it.
REFUSAL = "I found no paper that answers this."
NEAREST = 3  # papers named as pointers in a refusal
NEAR_COSINE = 0.3  # below it a paper is no pointer, only noise


class PaperQA:
    """Answers questions from the library."""

    def __init__(self, library: Library, config: RagConfig) -> None:
        self.library = library
        self.retriever = library.retriever
        self.config = config
        self.evidence = EvidenceFinder(library.index, self.retriever.keywords, config.evidence)

    def ask(self, question: str, *, history: Sequence[str] = ()) -> Answer:
        """Answer in the papers' own words; `history` holds the earlier questions.

        Raises QuestionError where there is nothing to look for.
        """
        started = time.perf_counter()
        asked = make_whole(checked(question), history)
        vector = self.library.embedder.encode_question(asked)
        hits = self.retriever.search_vector(asked, vector)
        ranked = self.evidence.rank(asked, vector, hits)
        refused = not ranked or ranked[0].score < self.config.evidence.refuse_below
        chosen = [] if refused else self.evidence.choose(ranked)
        text, citations = self._refuse(hits) if refused else quote(chosen)
        return Answer(
            question=question,
            text=text,
            citations=citations,
            hits=tuple(hits),
            evidence=tuple(ranked[:10]),
            refused=refused,
            mode="extractive",
            coverage=self.library.catalog.coverage(),
            seconds=time.perf_counter() - started,
        )

    def _refuse(self, hits: Sequence[Hit]) -> tuple[str, tuple[Citation, ...]]:
        """Say that nothing fits, what was read, and which papers come nearest."""
        text = f"{REFUSAL} I have read {self.library.catalog.coverage()}."
        near = [hit.paper for hit in hits if hit.cosine >= NEAR_COSINE][:NEAREST]
        citations = tuple(Citation(n, paper, paper.title) for n, paper in enumerate(near, start=1))
        if citations:
            text += (
                " The nearest: " + "; ".join(f"{c.paper.title} [{c.n}]" for c in citations) + "."
            )
        return text, citations


def quote(chosen: Sequence[Evidence]) -> tuple[str, tuple[Citation, ...]]:
    """Return the text of an extractive answer and its sources.

    One line a paper, the paper with the best sentence first, its sentences in their own
    order, each in quotation marks and followed by its marker.
    """
    papers = list(dict.fromkeys(evidence.paper for evidence in chosen))
    lines, citations = [], []
    for n, paper in enumerate(papers, start=1):
        of_paper = [evidence for evidence in chosen if evidence.paper == paper]
        citations.append(Citation(n, paper, of_paper[0].sentence))
        in_order = sorted(of_paper, key=lambda e: e.index)
        quotes = " ".join(f"“{evidence.sentence}” [{n}]" for evidence in in_order)
        whose = "Paperboy's summary: " if paper.abstract_source == "summary" else ""
        lines.append(whose + quotes)
    return "\n".join(lines), tuple(citations)
