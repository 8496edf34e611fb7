"""Hybrid retrieval: Chroma's vectors and BM25, fused by normalised scores, best chunk a paper."""

from collections.abc import Sequence

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from numpy.typing import NDArray

from rag.config import RetrievalConfig
from rag.encoders.embedder import Embedder
from rag.records import Chunk, Hit, Window
from rag.retrieval.index import Entry, Index
from rag.retrieval.reranker import Reranker
from rag.store.catalog import Catalog
from rag.store.keywords import KeywordIndex, covered
from rag.text.words import terms

SMALL_WINDOW = 1_000  # papers that are scored one by one instead of being searched for


class HybridRetriever:
    """Finds papers for a question. Thread-safe for reading."""

    def __init__(
        self,
        catalog: Catalog,
        index: Index,
        embedder: Embedder,
        config: RetrievalConfig,
        *,
        reranker: Reranker | None = None,
    ) -> None:
        self.catalog = catalog
        self.index = index
        self.embedder = embedder
        self.keywords = KeywordIndex(catalog.database)
        self.config = config
        self.reranker = reranker

    def search(
        self,
        question: str,
        *,
        top_k: int | None = None,
        window: Window | None = None,
        allowed: set[str] | None = None,
    ) -> list[Hit]:
        """Return the best papers, best first, one hit a paper; `allowed` restricts their ids."""
        vector = self.embedder.encode_question(question)
        return self.search_vector(question, vector, top_k=top_k, window=window, allowed=allowed)

    def search_vector(
        self,
        question: str,
        vector: NDArray[np.float32],
        *,
        top_k: int | None = None,
        window: Window | None = None,
        allowed: set[str] | None = None,
    ) -> list[Hit]:
        """Do the same with the question's vector, shape (dimensions,), at hand."""
        n = max(self.config.n_candidates, top_k or 0)
        if allowed is None:
            allowed = self.catalog.ids_in_window(window or Window())
        keyword = dict(self.keywords.search(question, n, allowed=allowed))
        near = self._near(vector, n, allowed)
        entries = self.index.entries(list(dict.fromkeys([*keyword, *near])))
        fused = self._fuse(question, list(entries.values()), vector, keyword)
        top_k = top_k or self.config.top_k
        ranked = fused[: max(top_k, self.reranker.top) if self.reranker else top_k]
        papers = self.catalog.get([paper_id for paper_id, *_ in ranked])
        hits = [
            Hit(papers[paper_id], chunk, score, cosine, keyword.get(paper_id, 0.0))
            for paper_id, chunk, score, cosine in ranked
            if paper_id in papers
        ]
        return self.reranker.rerank(question, hits)[:top_k] if self.reranker else hits

    def neighbours(self, paper_ids: Sequence[str], *, top_k: int) -> list[Hit]:
        """Return the papers that are nearest to one of these, themselves left out, nearest first.

        Nearness is the cosine of the whole abstracts; the chunk is the sentence that comes nearest.
        """
        known = self.index.entries(paper_ids)
        best: dict[str, tuple[float, Chunk]] = {}
        for center in known.values():
            vector = center.vectors[0]
            near = self._near(vector, top_k + len(known), None)
            for entry in self.index.entries([p for p in near if p not in known]).values():
                similarity = entry.vectors @ vector
                chunk = _best_chunk(entry, similarity)
                found = (float(similarity[0]), chunk)
                if entry.paper_id not in best or best[entry.paper_id][0] < found[0]:
                    best[entry.paper_id] = found
        order = sorted(best, key=lambda paper_id: (-best[paper_id][0], paper_id))[:top_k]
        papers = self.catalog.get(order)
        return [
            Hit(papers[paper_id], best[paper_id][1], best[paper_id][0], best[paper_id][0], 0.0)
            for paper_id in order
            if paper_id in papers
        ]

    def _near(self, vector: NDArray[np.float32], n: int, allowed: set[str] | None) -> list[str]:
        """Return the papers of the nearest chunks; of a small window, all of its papers."""
        if allowed is not None:
            if len(allowed) <= SMALL_WINDOW:
                return list(allowed)
            # Chroma searches without the window, so ask for as many more as will be dropped.
            n = n * self.catalog.coverage().papers // len(allowed)
        papers = [chunk_id.rpartition("#")[0] for chunk_id in self.index.vectors.nearest(vector, n)]
        return [p for p in dict.fromkeys(papers) if allowed is None or p in allowed]

    def _fuse(
        self,
        question: str,
        entries: Sequence[Entry],
        vector: NDArray[np.float32],
        keyword: dict[str, float],
    ) -> list[tuple[str, Chunk, float, float]]:
        """Return (paper id, best chunk, fused score, best cosine), best first.

        The dense score of a paper is the mean of its whole's cosine and its best sentence's;
        over the candidates it is scaled to 0…1 and added to BM25 over its maximum and to the
        share of the question's words that the paper has: BM25 alone lets one rare word win.
        """
        if not entries:
            return []
        similarities = [entry.vectors @ vector for entry in entries]
        dense = np.array([(s[0] + s.max()) / 2 for s in similarities])
        spread = float(dense.max() - dense.min())
        dense = (dense - dense.min()) / spread if spread > 0 else np.ones_like(dense)
        bm25 = np.array([keyword.get(entry.paper_id, 0.0) for entry in entries])
        bm25 = bm25 / bm25.max() if bm25.max() > 0 else bm25
        rarity = self.keywords.rarity(terms(question))
        words = self.keywords.terms_of([entry.paper_id for entry in entries])
        has = np.array([covered(rarity, words.get(entry.paper_id, ())) for entry in entries])
        dense_weight, words_weight = self.config.dense_weight, self.config.words_weight
        fused = dense_weight * dense + (1 - dense_weight) * bm25 + words_weight * has
        fused /= 1 + words_weight
        order = sorted(range(len(entries)), key=lambda i: (-fused[i], entries[i].paper_id))
        return [
            (
                entries[i].paper_id,
                _best_chunk(entries[i], similarities[i]),
                float(fused[i]),
                float(similarities[i].max()),
            )
            for i in order
        ]


def _best_chunk(entry: Entry, similarity: NDArray[np.float32]) -> Chunk:
    """Return the sentence nearest to the question (the whole, if there are no sentences)."""
    if not entry.sentences:
        return Chunk(entry.paper_id, 0, "")
    index = 1 + int(similarity[1:].argmax())
    sentence = entry.sentences[index - 1]
    return Chunk(entry.paper_id, index, sentence, sentence)


class PaperRetriever(BaseRetriever):
    """The same as a LangChain retriever: a Document a paper, its metadata the paper's facts."""

    hybrid: HybridRetriever
    top_k: int = 10
    model_config = {"arbitrary_types_allowed": True}  # noqa: RUF012  # pydantic's way

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002  # LangChain's signature
    ) -> list[Document]:
        return [
            Document(
                page_content=f"{hit.paper.title}\n{hit.paper.abstract}",
                id=hit.paper.paper_id,
                metadata={
                    "paper_id": hit.paper.paper_id,
                    "title": hit.paper.title,
                    "url": hit.paper.url,
                    "score": hit.score,
                    "quote": hit.chunk.sentence,
                },
            )
            for hit in self.hybrid.search(query, top_k=self.top_k)
        ]
