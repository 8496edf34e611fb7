"""Answers questions about several papers: each part is searched for, each paper says its part."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answering.evidence import EvidenceFinder
from rag.answering.question_parts import content_terms, question_parts
from rag.config import EvidenceConfig
from rag.encoders.embedder import Embedder
from rag.query.request import Request
from rag.records import Evidence, Hit, Paper
from rag.retrieval.retriever import HybridRetriever

SEARCHED = 30  # papers, for each part
MAX_PARTS = 4
MIN_PAPERS = 2
MAX_WORDS = 135  # quoted; with names and markers about 150
FIRST_PAPERS = 3  # get a second sentence before further papers are listed, if there are parts
PART_SHARE = 0.75  # of the best score for a part, for a paper's second sentence to answer it


@dataclass(frozen=True, slots=True)
class Found:
    """The ranking of papers, their sentences by the whole question, and by each of its parts."""

    hits: list[Hit]
    whole: list[Evidence]
    parts: list[list[Evidence]]


class Research:
    """Finds and chooses the sentences that answer a question about several papers."""

    def __init__(
        self,
        retriever: HybridRetriever,
        embedder: Embedder,
        evidence: EvidenceFinder,
        config: EvidenceConfig,
    ) -> None:
        self.retriever = retriever
        self.embedder = embedder
        self.evidence = evidence
        self.config = config

    def find(self, request: Request, allowed: set[str] | None) -> Found:
        """Search for the question and for each of its parts, and rank the sentences."""
        topics = part_topics(request.topic)
        vectors = [self.embedder.encode_question(topic) for topic in (request.topic, *topics)]
        searches = [
            self.retriever.search_vector(
                topic, vector, top_k=SEARCHED, window=request.window, allowed=allowed
            )
            for topic, vector in zip((request.topic, *topics), vectors, strict=True)
        ]
        hits = _merged(searches)
        papers = hits[: self.retriever.config.top_k]
        whole = self.evidence.rank(request, vectors[0], papers, presents=True)
        parts = [
            self.evidence.rank(replace(request, topic=topic), vector, papers)
            for topic, vector in zip(topics, vectors[1:], strict=True)
        ]
        return Found(papers, whole, parts)

    def choose(self, found: Found, limit: int | None) -> list[Evidence]:
        """Return the best sentence of each paper, and a second one that answers another part.

        Of `limit` papers at most; papers and sentences as many as there is room for.
        """
        if not found.whole:
            return []
        papers = self._papers(found)[: min(limit or self.config.max_papers, self.config.max_papers)]
        firsts = [next(e for e in found.whole if e.paper == paper) for paper in papers]
        seconds = [self._second(found, first) for first in firsts]
        count = limit or FIRST_PAPERS
        order = [*firsts[:count], *seconds[:count], *firsts[count:], *seconds[count:]]
        chosen: list[Evidence] = []
        room = MAX_WORDS
        for evidence in order:
            length = len(evidence.sentence.split()) if evidence else 0
            if evidence and (length <= room or not chosen):
                chosen.append(evidence)
                room -= length
        return chosen

    def _papers(self, found: Found) -> list[Paper]:
        """Return the papers that fit nearly as well as the best one, best first; two at least.

        How well a paper fits is the mean of its score in the search and its best sentence's.
        """
        best_hit, best_sentence = found.hits[0].score, found.whole[0].score
        fit: dict[Paper, float] = {}
        for hit in found.hits:
            score = next((e.score for e in found.whole if e.paper == hit.paper), 0.0)
            fit[hit.paper] = (hit.score / best_hit + score / best_sentence) / 2
        papers = sorted(fit, key=lambda paper: -fit[paper])
        least = self.config.list_share * fit[papers[0]]
        return [p for n, p in enumerate(papers) if fit[p] >= least or n < MIN_PAPERS]

    def _second(self, found: Found, first: Evidence) -> Evidence | None:
        """Return the paper's sentence for the part that its first sentence answers least."""
        best: Evidence | None = None
        gain = 0.0
        for ranked in found.parts or [found.whole]:
            of_paper = [e for e in ranked if e.paper == first.paper]
            top = of_paper[0]
            known = next(e for e in of_paper if e.index == first.index)
            if top.score < PART_SHARE * ranked[0].score:
                continue
            if top.score - known.score > gain:
                best, gain = top, top.score - known.score
        return best


def part_topics(question: str) -> list[str]:
    """Return what to search for each part of a question, if it has several.

    A further part is searched together with the first one, which names the subject.
    """
    parts = question_parts(question)[:MAX_PARTS]
    return [parts[0], *(f"{parts[0]}: {part}" for part in parts[1:])] if len(parts) > 1 else []


def _merged(searches: Sequence[Sequence[Hit]]) -> list[Hit]:
    """Return each paper's hit for the whole question, raised by its score for the parts."""
    best: dict[str, Hit] = {}
    for n, hits in enumerate(searches):
        for hit in hits:
            known = best.get(hit.paper.paper_id)
            if known is None:
                best[hit.paper.paper_id] = hit if n == 0 else replace(hit, score=0.9 * hit.score)
            elif hit.score > known.score:
                best[hit.paper.paper_id] = replace(known, score=(known.score + hit.score) / 2)
    return sorted(best.values(), key=lambda hit: -hit.score)
