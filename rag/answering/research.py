"""Answers questions about several papers: searches for each part, quotes who answers it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answering.evidence import EvidenceFinder, better_for_a_part
from rag.config import EvidenceConfig
from rag.encoders.embedder import Embedder
from rag.query.request import Request
from rag.records import Evidence, Hit, Paper
from rag.retrieval.retriever import HybridRetriever
from rag.text.words import terms

SEARCHED = 30  # papers, for each part
MAX_PARTS = 4
MIN_PAPERS = 2  # named, however much better the first one fits
MAX_WORDS = 135  # quoted; with names and markers about 150
FIRST_PAPERS = 3  # get a second sentence before further papers are listed, if there are parts
MORE_SHARE = 0.7  # of a paper's best score, for a further sentence while there is room
SEARCH_WEIGHT = 0.7  # of the search in how well a paper fits, against its best sentence
PART_WEIGHT = 0.9  # of the score of a paper that only the search for a part found


_QUESTION_WORD = (
    r"(?:who|whom|whose|what|which|how|why|where|when|do|does|did|is|are|was|were|can|could)"
)
# Parts end with a sentence, at a colon or semicolon, or before a further question in a sentence.
_BOUNDARY = re.compile(
    rf"[.?!]+\s+|[;:]\s+|,\s+(?=(?:(?:and|or|but)\s+)?(?:by\s+|for\s+|with\s+|on\s+)?"
    rf"(?:{_QUESTION_WORD}|compare)\b)|\s+(?:and|or|but)\s+(?={_QUESTION_WORD}\b)",
    re.IGNORECASE,
)
_JOINING = re.compile(r"^(?:and|or|but)\s+", re.IGNORECASE)
# Words that ask, or that point at papers or at other parts of the question.
_ASKING_TERMS = frozenset(
    terms(
        "paper model method approach work one other each both them they it that this these those "
        "different various several some any all list name tell show find give get exactly actually "
        "according report say do make use done need want compare much many two three four"
    )
)


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
        parts = question_parts(request.topic)[:MAX_PARTS]
        further = parts[1:]
        # A further part is searched together with the first one, which names the subject.
        queries = [request.topic, *(f"{parts[0]}: {part}" for part in further)]
        if further:
            queries.append(parts[0])
        vectors = [self.embedder.encode_question(query) for query in queries]
        searches = [
            self.retriever.search_vector(
                query, vector, top_k=SEARCHED, window=request.window, allowed=allowed
            )
            for query, vector in zip(queries, vectors, strict=True)
        ]
        hits = _merged(searches)[: self.retriever.config.top_k]
        return Found(
            hits,
            self.evidence.rank(request, vectors[0], hits, presents=True),
            self.rank_parts(request, hits),
        )

    def rank_parts(self, request: Request, hits: Sequence[Hit]) -> list[list[Evidence]]:
        """Return the sentences of these papers for each part of the question after the first."""
        return [
            self.evidence.rank(
                replace(request, topic=part), self.embedder.encode_question(part), hits
            )
            for part in question_parts(request.topic)[1:MAX_PARTS]
        ]

    def choose(self, found: Found, limit: int | None) -> list[Evidence]:
        """Return the best sentence of each paper, and second ones that answer another part.

        Of `limit` papers at most; papers and sentences as many as there is room for.
        """
        if not found.whole:
            return []
        firsts = [
            next(e for e in found.whole if e.paper == paper) for paper in self._papers(found, limit)
        ]
        count = limit or FIRST_PAPERS
        seconds = [better_for_a_part(found.parts, first) for first in firsts[:count]]
        by_gain = sorted((pair for pair in seconds if pair), key=lambda pair: -pair[0])
        answers = [*firsts[:count], *(second for _, second in by_gain), *firsts[count:]]
        chosen: list[Evidence] = []
        room = MAX_WORDS
        for evidence in [*answers, *(self._further(found, firsts) if limit else [])]:
            is_new = all(e.paper != evidence.paper or e.index != evidence.index for e in chosen)
            length = len(evidence.sentence.split())
            if is_new and (length <= room or not chosen):
                chosen.append(evidence)
                room -= length
        return chosen

    def _further(self, found: Found, firsts: Sequence[Evidence]) -> list[Evidence]:
        """Return further sentences of these papers that score nearly as high as their first."""
        further = [
            [e for e in found.whole if e.paper == f.paper and e.score >= MORE_SHARE * f.score]
            for f in firsts
        ]
        return [
            sentences[n]
            for n in range(1, self.config.max_sentences)
            for sentences in further
            if n < len(sentences)
        ]

    def _papers(self, found: Found, limit: int | None) -> list[Paper]:
        """Return the papers that fit nearly as well as the best one, best first; two at least.

        How well a paper fits depends on its score in the search and on its best sentence's.
        """
        best_hit, best_sentence = found.hits[0].score, found.whole[0].score
        fit: dict[Paper, float] = {}
        for hit in found.hits:
            score = next((e.score for e in found.whole if e.paper == hit.paper), None)
            if score is not None:
                by_sentence = (1 - SEARCH_WEIGHT) * score / best_sentence
                fit[hit.paper] = SEARCH_WEIGHT * hit.score / best_hit + by_sentence
        papers = sorted(fit, key=lambda paper: -fit[paper])
        least = self.config.list_share * fit[papers[0]]
        near = [p for n, p in enumerate(papers) if fit[p] >= least or n < (limit or MIN_PAPERS)]
        return near[: min(limit or self.config.max_papers, self.config.max_papers)]


def question_parts(question: str) -> list[str]:
    """Return the parts of a question that have words of their own, in order; at least one."""
    parts = [_JOINING.sub("", part.strip(" ,.?!;:")) for part in _BOUNDARY.split(question)]
    return [part for part in parts if _content_terms(part)] or [question]


def _content_terms(part: str) -> set[str]:
    """Return the terms that say what a part is about."""
    return set(terms(part)) - _ASKING_TERMS


def _merged(searches: Sequence[Sequence[Hit]]) -> list[Hit]:
    """Return each paper's hit for the whole question, raised by its score for the parts."""
    best: dict[str, Hit] = {}
    for n, hits in enumerate(searches):
        for hit in hits:
            known = best.get(hit.paper.paper_id)
            if known is None:
                weight = PART_WEIGHT if n else 1.0
                best[hit.paper.paper_id] = replace(hit, score=weight * hit.score)
            elif hit.score > known.score:
                best[hit.paper.paper_id] = replace(known, score=(known.score + hit.score) / 2)
    return sorted(best.values(), key=lambda hit: -hit.score)
