"""Hybrid search: Chroma's vectors and BM25, fused by normalised scores; each paper's best chunk."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.config import RetrievalConfig
from rag.encoders.embedder import Embedder
from rag.errors import DataFolderError, VectorServerError
from rag.records import Chunk, Hit, Window
from rag.retrieval.entry import Entry
from rag.retrieval.index import Index
from rag.retrieval.reranker import Reranker
from rag.store.catalog import Catalog
from rag.store.snapshot import Mask, Places, Snapshot, best
from rag.store.snapshots import LiveKeywords, Snapshots
from rag.text.words import terms

MAX_SCORED_WINDOW = 1_000  # papers: of up to this many all are scored, of more the nearest
MAX_MORE = 5  # times as many chunks are requested from Chroma because a filter will drop most …
ABSTRACTS_FOR_SENTENCES = 4  # … else so many times the nearest abstracts, whose sentences count too

# While the sentences of some papers are not encoded yet:
ENCODED_FIRST = 16  # papers of the ranking whose sentences are encoded at once if they are due
ENCODED_TIMES = 2  # since others come first then
SENTENCE_GAIN = (
    0.05  # assumed of the others: how much nearer the best sentence is than the abstract
)
MORE_ABSTRACTS = 2  # times as many are candidates, instead of those found by a sentence


class _Ranked(NamedTuple):
    """A paper with its fused score, its best cosine, and its BM25 score if it is of the best."""

    paper_id: str
    score: float
    cosine: float
    keyword: float
    sentences_due: bool


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
        self.snapshots = Snapshots(
            catalog.database,
            embedder=index.embedder,
            folder=index.vectors.folder,
            may_store=lambda: index.vectors.owns(),
        )
        self.keywords = LiveKeywords(self.snapshots)
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
        papers = self.snapshots.current()
        among = (
            papers.among(allowed) if allowed is not None else papers.in_window(window or Window())
        )
        by_words = self._by_words(papers, terms(question), n, among)
        nearest = self._nearest(papers, vector, n, among)
        places = np.array(list(dict.fromkeys([*by_words, *nearest])), dtype=np.intp)
        ranked = self._fuse(papers, places, terms(question), vector, by_words)
        for _ in range(ENCODED_TIMES):
            due = [paper.paper_id for paper in ranked[:ENCODED_FIRST] if paper.sentences_due]
            if not due:
                break
            if not self.index.encode_due(due):
                break
            ranked = self._fuse(papers, places, terms(question), vector, by_words)
        top_k = top_k or self.config.top_k
        ranked = ranked[: max(top_k, self.reranker.top) if self.reranker else top_k]
        hits = self._hits(ranked, vector)
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
        papers = self.snapshots.current()
        among = papers.among(allowed) if allowed is not None else None
        places = [
            place for form in forms for place in self._by_words(papers, terms(form), n, among)
        ]
        places += self._nearest(papers, vector, n, among)
        return [papers.ids[place] for place in dict.fromkeys(places)]

    def neighbours(self, paper_ids: Sequence[str], *, top_k: int) -> list[Hit]:
        """Return the papers most similar to any of these, which are left out; best first.

        The similarity is the cosine of the abstracts; the chunk is the most similar sentence.
        """
        known = self.index.entries(paper_ids)
        best: dict[str, tuple[float, Chunk]] = {}
        for center in known.values():
            vector = center.vectors[0]
            nearest = self._nearest_papers(vector, top_k + len(known))
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

    def _by_words(
        self, papers: Snapshot, question_terms: Sequence[str], n: int, among: Mask | None
    ) -> dict[np.intp, float]:
        """Return the places of up to n papers with their BM25 scores, best first."""
        scores = papers.bm25(question_terms)
        if among is not None:
            scores[~among] = 0
        return {place: float(scores[place]) for place in best(scores, n)}

    def _nearest(
        self, papers: Snapshot, vector: NDArray[np.float32], n: int, among: Mask | None
    ) -> list[np.intp]:
        """Return the places of the papers of the nearest chunks; of few papers, all."""
        if among is None:
            return list(papers.places_of(self._nearest_papers(vector, n)))
        count = int(among.sum())
        if count <= MAX_SCORED_WINDOW:
            return list(np.flatnonzero(among))
        if count * MAX_MORE < papers.paper_count:
            return list(papers.nearest_abstracts(vector, ABSTRACTS_FOR_SENTENCES * n, among))
        # Chroma knows no windows, so ask for as many more as will be dropped.
        nearest = self._nearest_papers(vector, n * papers.paper_count // count)
        return [place for place in papers.places_of(nearest) if among[place]]

    def _nearest_papers(self, vector: NDArray[np.float32], n: int) -> list[str]:
        """Return the papers of the n nearest abstracts and the n nearest sentences.

        While Chroma lacks some, and if it cannot be used, more abstracts are found in memory.
        """
        n_in_memory = MORE_ABSTRACTS * n if self.index.has_due() else 0
        try:
            chunk_ids = self.index.vectors.nearest(vector, n)
        except (VectorServerError, DataFolderError):  # a server that is down, a full disk
            chunk_ids, n_in_memory = [], ABSTRACTS_FOR_SENTENCES * n
        found = [chunk_id.rpartition("#")[0] for chunk_id in chunk_ids]
        if n_in_memory:
            papers = self.snapshots.current()
            places = papers.nearest_abstracts(vector, n_in_memory, papers.current)
            found += [papers.ids[place] for place in places]
        return list(dict.fromkeys(found))

    def _fuse(
        self,
        papers: Snapshot,
        places: Places,
        question_terms: Sequence[str],
        vector: NDArray[np.float32],
        keyword_scores: Mapping[np.intp, float],
    ) -> list[_Ranked]:
        """Return the papers at these places ranked by their fused scores, best first.

        A paper's dense score is the mean of its abstract's cosine and its best chunk's, scaled to
        0…1 over the candidates. BM25 over its maximum is added, and the share of the question's
        words that the paper contains: BM25 alone lets one rare word win.
        """
        place_of = dict(zip(papers.numbers[places].tolist(), places.tolist(), strict=True))
        stored = self.index.vectors_of(list(place_of), dimensions=len(vector))
        if not len(stored.numbers):
            return []
        places = np.array([place_of[number] for number in stored.numbers.tolist()], dtype=np.intp)
        cosines = stored.vectors @ vector
        nearest = np.maximum.reduceat(cosines, stored.starts)
        nearest += np.where(stored.sentences_due, SENTENCE_GAIN, 0).astype(np.float32)
        dense = (cosines[stored.starts] + nearest) / 2
        spread = float(dense.max() - dense.min())
        dense = (dense - dense.min()) / spread if spread > 0 else np.ones_like(dense)
        keyword = [keyword_scores.get(place, 0.0) for place in places]
        bm25 = np.array(keyword)
        bm25 = bm25 / bm25.max() if bm25.max() > 0 else bm25
        covered = papers.covered(places, papers.idf(question_terms))
        dense_weight, words_weight = self.config.dense_weight, self.config.words_weight
        fused = dense_weight * dense + (1 - dense_weight) * bm25 + words_weight * covered
        fused /= 1 + words_weight
        ids = [papers.ids[place] for place in places]
        order = sorted(range(len(ids)), key=lambda i: (-fused[i], ids[i]))
        return [
            _Ranked(
                ids[i],
                float(fused[i]),
                float(nearest[i]),
                keyword[i],
                bool(stored.sentences_due[i]),
            )
            for i in order
        ]

    def _hits(self, ranked: Sequence[_Ranked], vector: NDArray[np.float32]) -> list[Hit]:
        """Return the ranked papers, each with its best chunk."""
        ids = [paper.paper_id for paper in ranked]
        papers, entries = self.catalog.get(ids), self.index.entries(ids)
        return [
            Hit(
                papers[found.paper_id],
                best_chunk(entry, entry.vectors @ vector),
                found.score,
                found.cosine,
                found.keyword,
            )
            for found in ranked
            if found.paper_id in papers and (entry := entries.get(found.paper_id))
        ]


def best_chunk(entry: Entry, cosines: NDArray[np.float32]) -> Chunk:
    """Return the most similar sentence; without sentences, the abstract's chunk."""
    if not entry.sentences:
        return Chunk(entry.paper_id, 0, "")
    index = 1 + int(cosines[1:].argmax())
    sentence = entry.sentences[index - 1]
    return Chunk(entry.paper_id, index, sentence, sentence)
