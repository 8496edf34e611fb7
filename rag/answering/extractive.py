"""Extractive answers: the sentences of the papers that answer, quoted word for word."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rag.answering.answerability import Support, nearest
from rag.answering.catalog_answers import CatalogAnswers
from rag.answering.evidence import EvidenceFinder
from rag.answering.refusal import refuse
from rag.config import RagConfig
from rag.encoders.embedder import Embedder
from rag.encoders.word_vectors import WordVectors
from rag.links import ARXIV_ID
from rag.query.request import Request
from rag.records import Chunk, Citation, Draft, Evidence, Hit, Paper
from rag.retrieval.retriever import HybridRetriever
from rag.store.catalog import Catalog
from rag.text.names import name_missing_from_title, system_names
from rag.text.sentences import finding, gist, split_sentences
from rag.text.words import terms

_ARXIV = re.compile(rf"\S*{ARXIV_ID.pattern}\S*")  # an id, or a link that ends in one
# Words of a question that names papers and asks nothing in particular about them.
INTRODUCING = frozenset(
    terms(
        "about paper arxiv compare comparison difference versus vs explain summarise summarize "
        "summary describe link"
    )
)
INTRODUCED_AT_LENGTH = 2  # papers: both what each one is and what it found


class ExtractiveQA:
    """Answers a request from the catalogue's columns, else with quoted sentences."""

    def __init__(
        self,
        catalog: Catalog,
        retriever: HybridRetriever,
        embedder: Embedder,
        word_vectors: WordVectors,
        config: RagConfig,
    ) -> None:
        self.catalog = catalog
        self.retriever = retriever
        self.embedder = embedder
        self.config = config
        self.catalog_answers = CatalogAnswers(catalog, retriever)
        self.support = Support(word_vectors)
        self.evidence = EvidenceFinder(retriever.index, retriever.keywords, config.evidence)

    def draft(self, request: Request) -> Draft:
        """Return the answer without its frame; a refusal where the papers do not answer."""
        if computed := self.catalog_answers.answer(request):
            return computed if computed.text else self._refuse(computed.hits, str(request))
        return self._quote(request)

    def _quote(self, request: Request) -> Draft:
        """Answer with the sentences that speak to the topic."""
        topic, window, named = request.topic, request.window, request.named
        asks_more = set(terms(_ARXIV.sub(" ", topic))) - INTRODUCING - _name_terms(named)
        meant = request.pointed or named
        if meant and not asks_more:
            return self._introduce(meant)
        if not meant and (unread := ARXIV_ID.findall(topic)):
            coverage = self.catalog.coverage()
            return Draft(*refuse(coverage, [], unread=unread), refused=True)
        vector = self.embedder.encode_question(topic)
        if request.compares or len(named) > 1:
            return self._compare(topic, vector, meant)
        allowed = {paper.paper_id for paper in request.pointed} or None
        hits = self.retriever.search_vector(topic, vector, window=window, allowed=allowed)
        papers = self.config.retrieval.top_k if request.several else self.config.evidence.papers
        ranked = self.evidence.rank(topic, vector, hits[:papers], named=named)
        if not ranked:
            return self._refuse(hits, str(request))
        signs = self.support.signs(request, ranked[0].paper, nearest(hits, ranked[0].paper))
        support = self.support.probability(signs)
        if support < self.config.evidence.refuse_below:
            about = ranked[0].paper if meant else None
            return replace(self._refuse(hits, str(request), about=about), support=support)
        choose = self.evidence.choose_several if request.several else self.evidence.choose
        text, citations = quote(choose(ranked))
        if window:
            text = f"Among the papers {window}:\n{text}"
        return Draft(text, citations, hits, ranked, support=support)

    def _introduce(self, named: Sequence[Paper]) -> Draft:
        """Quote what each paper says it is, where a question names papers and nothing else."""
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
        coverage = self.catalog.coverage()
        text, citations = refuse(coverage, hits, where=where, about=about)
        return Draft(text, citations, hits, refused=True)


def _name_terms(named: Sequence[Paper]) -> set[str]:
    """Return the terms of the names that these papers' systems go by."""
    return {term for paper in named for name in system_names(paper) for term in terms(name)}


def quote(chosen: Sequence[Evidence]) -> tuple[str, tuple[Citation, ...]]:
    """Return the text of an extractive answer and its sources.

    Papers come best first, one sentence a line, in quotation marks and with its marker. A system's
    name stands in front where neither the title nor the quotes contain it.
    """
    papers = list(dict.fromkeys(evidence.paper for evidence in chosen))
    lines, citations = [], []
    for n, paper in enumerate(papers, start=1):
        of_paper = [evidence for evidence in chosen if evidence.paper == paper]
        citations.append(Citation(n, paper, of_paper[0].sentence))
        quotes = [f"“{evidence.sentence}” [{n}]" for evidence in of_paper]
        name = name_missing_from_title(paper)
        if name and not any(name in evidence.sentence for evidence in of_paper):
            quotes[0] = f"{name}: {quotes[0]}"
        if paper.abstract_source == "summary":
            quotes[0] = f"Paperboy's summary: {quotes[0]}"
        lines += quotes
    return "\n".join(lines), tuple(citations)
