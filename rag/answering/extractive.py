"""Extractive answers: sentences of the papers, quoted word for word."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rag.answering.answerability import Answerability, Signs
from rag.answering.catalog_answers import CatalogAnswers
from rag.answering.draft import Draft
from rag.answering.evidence import EvidenceFinder
from rag.answering.quote_check import QuoteCheck
from rag.answering.refusal import refuse
from rag.answering.research import Research
from rag.arxiv_id import blank_ids, find_ids
from rag.config import RagConfig
from rag.encoders.embedder import Embedder
from rag.encoders.word_vectors import WordVectors
from rag.grounding.alignment import Reader
from rag.query.request import Request
from rag.records import Chunk, Citation, Evidence, Hit, Paper
from rag.retrieval.retriever import HybridRetriever
from rag.store.catalog import Catalog
from rag.text.names import name_missing_from_title, short_name
from rag.text.sentences import finding, gist, split_sentences
from rag.text.words import terms

# The words of a question that names papers and asks nothing in particular about them.
INTRODUCTION_TERMS = frozenset(
    terms(
        "about paper arxiv compare comparison difference versus vs explain summarise summarize "
        "summary describe link propose introduce present contribution method approach idea work"
    )
)
MAX_WITH_FINDINGS = 2  # papers that are introduced with what they found, too


class ExtractiveQA:
    """Answers a request from the catalogue's columns, or with quoted sentences."""

    def __init__(
        self,
        catalog: Catalog,
        retriever: HybridRetriever,
        embedder: Embedder,
        word_vectors: WordVectors,
        reader: Reader,
        config: RagConfig,
    ) -> None:
        self.catalog = catalog
        self.retriever = retriever
        self.embedder = embedder
        self.config = config
        self.catalog_answers = CatalogAnswers(catalog, retriever)
        self.answerability = Answerability(word_vectors)
        self.quote_check = QuoteCheck(reader)
        self.evidence = EvidenceFinder(retriever.index, retriever.keywords, config.evidence)
        self.research = Research(retriever, embedder, self.evidence, config.evidence)

    def draft(self, request: Request) -> Draft:
        """Return the answer's text and sources; a refusal if the papers do not answer."""
        if computed := self.catalog_answers.answer(request):
            return computed if computed.text else self._refuse(computed.hits, str(request))
        return self._quote(request)

    def _quote(self, request: Request) -> Draft:
        """Quote the sentences that answer the topic."""
        request = _about_the_id(request)
        topic, subjects = request.topic, request.subjects
        asks_more = set(terms(topic)) - INTRODUCTION_TERMS - request.name_terms
        if subjects and not asks_more:
            return self._introduce(subjects)
        vector = self.embedder.encode_question(topic)
        if request.compares or len(request.named) > 1:
            return self._compare(request, vector)
        allowed = {paper.paper_id for paper in request.pointed} or None
        found = None
        if request.several and not subjects:
            found = self.research.find(request, allowed)
            hits = found.hits
        else:
            hits = self.retriever.search_vector(
                topic, vector, window=request.window, allowed=allowed
            )
        max_papers = len(hits) if found else self.config.evidence.papers
        ranked = self.evidence.rank(request, vector, hits[:max_papers])
        if not ranked:
            return self._refuse(hits, str(request))
        signs = self.answerability.signs(request, ranked[0])
        support = self.answerability.probability(signs)
        if support < self.config.evidence.refuse_below:
            silent = ranked[0].paper if subjects else None
            refusal = self._refuse(hits, str(request), silent_paper=silent)
            return replace(refusal, support=support, silent_paper=_the_one(subjects))
        if found:
            chosen = self.research.choose(found, request.limit)
        else:
            answering = [hit for hit in hits if hit.paper == ranked[0].paper]
            parts = self.research.rank_parts(request, answering)
            chosen = self.evidence.choose(request, ranked, parts, nearest=hits[0].paper)
        text, citations = quote(chosen)
        if request.window:
            text = f"Among the papers {request.window}:\n{text}"
        draft = Draft(text, citations, hits, ranked, support=support)
        return self._checked(draft, request, signs)

    def _checked(self, draft: Draft, request: Request, signs: Signs) -> Draft:
        """Estimate for a quote about one paper whether it holds the answer."""
        paper = _the_one(request.subjects)
        if paper is None:
            return draft
        quote_signs = self.quote_check.signs(request, signs, draft.evidence[0])
        holds = self.quote_check.probability(quote_signs)
        return replace(draft, silent_paper=paper, holds=holds)

    def _introduce(self, papers: Sequence[Paper]) -> Draft:
        """Quote what each paper is, for a question that names papers and asks nothing else."""
        summaries = (gist, finding) if len(papers) <= MAX_WITH_FINDINGS else (gist,)
        chosen = [
            Evidence(paper, sentence, split_sentences(paper.abstract).index(sentence) + 1, 1.0)
            for paper in papers[: self.config.evidence.max_papers]
            for summarize in summaries
            if (sentence := summarize(paper.abstract))
        ]
        text, citations = quote(chosen)
        hits = [
            Hit(paper, Chunk(paper.paper_id, 0, paper.title), 1.0, 1.0, 0.0) for paper in papers
        ]
        return Draft(text, citations, hits, chosen, refused=not chosen)

    def _compare(self, request: Request, vector: NDArray[np.float32]) -> Draft:
        """Quote each of the papers that the question is about."""
        papers = request.subjects[: self.config.evidence.max_papers]
        ids = {paper.paper_id for paper in papers}
        hits = self.retriever.search_vector(request.topic, vector, allowed=ids)
        ranked = self.evidence.rank(replace(request, named=()), vector, hits)  # no bonus for names
        text, citations = quote(self.evidence.choose_each(ranked, papers))
        return Draft(text, citations, hits, ranked, refused=not ranked)

    def _refuse(
        self, hits: Sequence[Hit], filters: str, *, silent_paper: Paper | None = None
    ) -> Draft:
        """Return a refusal that names the papers that were read and the nearest ones."""
        coverage = self.catalog.coverage()
        text, citations = refuse(coverage, hits, filters=filters, silent_paper=silent_paper)
        return Draft(text, citations, hits, refused=True)


def _the_one(subjects: Sequence[Paper]) -> Paper | None:
    """Return the paper that a question is about, whose whole text may say more; None of several."""
    return subjects[0] if len(subjects) == 1 else None


def _about_the_id(request: Request) -> Request:
    """Return the request without the ids in its topic, about the one paper that it names by id."""
    ids = find_ids(request.topic)
    named = request.named
    is_one = len(named) == 1 and named[0].arxiv_id in ids
    pointed = request.pointed or (named if is_one else ())
    return replace(request, topic=blank_ids(request.topic), pointed=pointed) if ids else request


def quote(chosen: Sequence[Evidence]) -> tuple[str, tuple[Citation, ...]]:
    """Return the text of an extractive answer and its sources.

    Papers come best first, one sentence per line, in quotation marks and with its marker. A
    system's name is put in front if neither the title nor the quotes contain it.
    """
    papers = list(dict.fromkeys(evidence.paper for evidence in chosen))
    lines, citations = [], []
    for n, paper in enumerate(papers, start=1):
        of_paper = [evidence for evidence in chosen if evidence.paper == paper]
        citations.append(Citation(n, paper, of_paper[0].sentence))
        quotes = [f"“{evidence.sentence}” [{n}]" for evidence in of_paper]
        name = short_name(paper) if len(papers) > 1 else name_missing_from_title(paper)
        if (
            name != paper.title
            and name
            and not any(name in evidence.sentence for evidence in of_paper)
        ):
            quotes[0] = f"{name}: {quotes[0]}"
        if paper.abstract_source == "summary":
            quotes[0] = f"Paperboy's summary: {quotes[0]}"
        lines += [quotes[0], *(f"  {further}" for further in quotes[1:])]
    return "\n".join(lines), tuple(citations)
