"""Hybrid search: Chroma's vectors and BM25, fused by normalised scores; each paper's best chunk."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.config import RetrievalConfig
from rag.encoders.embedder import Embedder
from rag.records import Chunk, Hit, Window
from rag.retrieval.index import Entry, Index
from rag.retrieval.reranker import Reranker
from rag.store.catalog import Catalog
from rag.store.keywords import KeywordIndex, weight_covered
from rag.text.words import terms

MAX_SCORED_WINDOW = 1_000  # papers: a window of up to this many is scored, a larger one searched


class _Ranked(NamedTuple):
    """A paper with its best chunk, its fused score and its best cosine."""

    paper_id: str
    chunk: Chunk
    score: float
    cosine: float


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
        """Return one hit per paper, best first; `allowed` restricts the paper ids."""
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
        """Like `search`, with the question's vector, shape (dimensions,), already computed."""
        n = max(self.config.n_candidates, top_k or 0)
        if allowed is None:
            allowed = self.catalog.ids_in_window(window or Window())
        bm25 = dict(self.keywords.search(question, n, allowed=allowed))
        nearest = self._nearest_papers(vector, n, allowed)
        entries = self.index.entries(list(dict.fromkeys([*bm25, *nearest])))
        fused = self._fuse(question, list(entries.values()), vector, bm25)
        top_k = top_k or self.config.top_k
        ranked = fused[: max(top_k, self.reranker.top) if self.reranker else top_k]
        papers = self.catalog.get([paper.paper_id for paper in ranked])
        hits = [
            Hit(papers[paper_id], chunk, score, cosine, bm25.get(paper_id, 0.0))
            for paper_id, chunk, score, cosine in ranked
            if paper_id in papers
        ]
        return self.reranker.rerank(question, hits)[:top_k] if self.reranker else hits

    def candidates(
        self,
        forms: Sequence[str],
        vector: NDArray[np.float32],
        n: int,
        *,
        allowed: set[str] | None = None,
    ) -> list[str]:
        """Return papers that may be on a topic: up to n by keywords of each form, n by vectors."""
        by_keywords = [
            paper_id
            for form in forms
            for paper_id, _ in self.keywords.search(form, n, allowed=allowed)
        ]
        return list(dict.fromkeys([*by_keywords, *self._nearest_papers(vector, n, allowed)]))

    def neighbours(self, paper_ids: Sequence[str], *, top_k: int) -> list[Hit]:
        """Return the papers most similar to any of these, which are left out; best first.

        The similarity is the cosine of the abstracts; the chunk is the most similar sentence.
        """
        known = self.index.entries(paper_ids)
        best: dict[str, tuple[float, Chunk]] = {}
        for center in known.values():
            vector = center.vectors[0]
            nearest = self._nearest_papers(vector, top_k + len(known), None)
            for entry in self.index.entries([p for p in nearest if p not in known]).values():
                cosines = entry.vectors @ vector
                cosine = float(cosines[0])
                if entry.paper_id not in best or best[entry.paper_id][0] < cosine:
                    best[entry.paper_id] = (cosine, best_chunk(entry, cosines))
        order = sorted(best, key=lambda paper_id: (-best[paper_id][0], paper_id))[:top_k]
        papers = self.catalog.get(order)
        return [
            Hit(papers[paper_id], best[paper_id][1], best[paper_id][0], best[paper_id][0], 0.0)
            for paper_id in order
            if paper_id in papers
        ]

    def _nearest_papers(
        self, vector: NDArray[np.float32], n: int, allowed: set[str] | None
    ) -> list[str]:
        """Return the papers of the nearest chunks; of a small window, all its papers."""
        if allowed is not None:
            if len(allowed) <= MAX_SCORED_WINDOW:
                return list(allowed)
            # Chroma knows no windows, so ask for as many more as will be dropped.
            n = n * self.catalog.coverage().papers // len(allowed)
        papers = [chunk_id.rpartition("#")[0] for chunk_id in self.index.vectors.nearest(vector, n)]
        return [p for p in dict.fromkeys(papers) if allowed is None or p in allowed]

    def _fuse(
        self,
        question: str,
        entries: Sequence[Entry],
        vector: NDArray[np.float32],
        keyword_scores: dict[str, float],
    ) -> list[_Ranked]:
        """Return the entries ranked by their fused scores, best first.

        A paper's dense score is the mean of its abstract's cosine and its best chunk's, scaled to
        0…1 over the candidates. BM25 over its maximum is added, and the share of the question's
        words that the paper contains: BM25 alone lets one rare word win.
        """
        if not entries:
            return []
        cosines = [entry.vectors @ vector for entry in entries]
        dense = np.array([(c[0] + c.max()) / 2 for c in cosines])
        spread = float(dense.max() - dense.min())
        dense = (dense - dense.min()) / spread if spread > 0 else np.ones_like(dense)
        bm25 = np.array([keyword_scores.get(entry.paper_id, 0.0) for entry in entries])
        bm25 = bm25 / bm25.max() if bm25.max() > 0 else bm25
        weights = self.keywords.idf(terms(question))
        words = self.keywords.terms_of([entry.paper_id for entry in entries])
        covered = np.array([weight_covered(weights, words.get(e.paper_id, ())) for e in entries])
        dense_weight, words_weight = self.config.dense_weight, self.config.words_weight
        fused = dense_weight * dense + (1 - dense_weight) * bm25 + words_weight * covered
        fused /= 1 + words_weight
        order = sorted(range(len(entries)), key=lambda i: (-fused[i], entries[i].paper_id))
        return [
            _Ranked(
                entries[i].paper_id,
                best_chunk(entries[i], cosines[i]),
                float(fused[i]),
                float(cosines[i].max()),
            )
            for i in order
        ]


def best_chunk(entry: Entry, cosines: NDArray[np.float32]) -> Chunk:
    """Return the most similar sentence; without sentences, the abstract's chunk."""
    if not entry.sentences:
        return Chunk(entry.paper_id, 0, "")
    index = 1 + int(cosines[1:].argmax())
    sentence = entry.sentences[index - 1]
    return Chunk(entry.paper_id, index, sentence, sentence)
