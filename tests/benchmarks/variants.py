"""The variants of retrieval that tests.benchmarks.ablation compares.

Variants that only change a weight or a count use the retriever itself. The others are exact dense
search, keyword search with other terms, and fusion by ranks.
"""

import re
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import Stemmer
from numpy.typing import NDArray

from bot.console.metrics import AT
from rag.config import RetrievalConfig
from rag.library import Library
from rag.records import Paper
from rag.retrieval.index import Index
from rag.retrieval.retriever import HybridRetriever
from rag.store.keywords import KeywordIndex
from rag.text.words import STOPWORDS, terms, words

DEPTH = RetrievalConfig().n_candidates  # ranks of each ranking that rank fusion considers
RANK_CONSTANT = 60  # Cormack, Clarke and Buettcher 2009, https://doi.org/10.1145/1571941.1572114

Vectors = NDArray[np.float32]
Ranking = list[str]  # paper ids, best first
Find = Callable[[str, Vectors], Ranking]  # of a question and its vector, shape (dimensions,)
Terms = Callable[[str], list[str]]

_PART = re.compile(r"[^\W_]+")
_stemmer = Stemmer.Stemmer("porter")


class ExactVectors:
    """All vectors in one array: first one abstract vector per paper, then all sentence vectors."""

    def __init__(self, index: Index, paper_ids: Sequence[str]) -> None:
        entries = index.entries(sorted(paper_ids))
        self.ids = sorted(entries)
        abstracts = np.stack([entries[paper_id].vectors[0] for paper_id in self.ids])
        # Without sentences the abstract stands in, as in the retriever.
        rest = [entries[p].vectors[1:] if entries[p].sentences else abstracts[i : i + 1]
                for i, p in enumerate(self.ids)]  # fmt: skip
        self.vectors = np.concatenate([abstracts, *rest])
        self.starts = np.cumsum([0, *(len(rows) for rows in rest[:-1])])

    def abstracts(self, vector: Vectors) -> Vectors:
        """Return the cosine of each paper's abstract."""
        return np.asarray(self.vectors[: len(self.ids)] @ vector)

    def sentences(self, vector: Vectors) -> Vectors:
        """Return the cosine of each paper's best sentence."""
        return np.asarray(np.maximum.reduceat(self.vectors[len(self.ids) :] @ vector, self.starts))

    def both(self, vector: Vectors) -> Vectors:
        """Return the retriever's score: the mean of the abstract's and the best chunk's cosine."""
        cosines = self.vectors @ vector
        abstracts, sentences = cosines[: len(self.ids)], cosines[len(self.ids) :]
        best = np.maximum(abstracts, np.maximum.reduceat(sentences, self.starts))
        return np.asarray((abstracts + best) / 2)

    def best(self, scores: Vectors, n: int = AT) -> Ranking:
        return [self.ids[i] for i in np.argsort(-scores, kind="stable")[:n]]


def other_terms(
    text: str, *, stemmed: bool = True, with_stopwords: bool = False, split: bool = True
) -> list[str]:
    """Return the terms of rag.text.words.terms, with options; the ablation checks the default.

    Without `split`, a hyphenated word gives one stem: `Real-LOD` → `reallod`.
    """
    stems: list[str] = []
    for word in words(text):
        if word in STOPWORDS and not with_stopwords:
            continue
        parts = _PART.findall(word)
        joined = "".join(parts)
        if not split:
            parts = [joined]
        chosen = [part for part in parts if with_stopwords or part not in STOPWORDS]
        if split and len(parts) > 1:
            chosen.insert(0, joined)
        stems.extend(_stemmer.stemWords(chosen) if stemmed else chosen)
    return stems


class OtherKeywords:
    """BM25 by FTS5 as in rag.store.keywords, with other terms or another weight of the title."""

    def __init__(self, papers: Sequence[Paper], to_terms: Terms, *, title_times: int = 2) -> None:
        self.to_terms = to_terms
        self.connection = sqlite3.connect(":memory:")
        self.connection.execute(
            "CREATE VIRTUAL TABLE keyword_index USING fts5 (terms, tokenize = 'unicode61')"
        )
        self.connection.execute("CREATE TABLE papers (id INTEGER PRIMARY KEY, paper_id TEXT)")
        for number, paper in enumerate(papers):
            text = " ".join(to_terms(paper.title) * title_times + to_terms(paper.abstract))
            self.connection.execute("INSERT INTO papers VALUES (?, ?)", (number, paper.paper_id))
            self.connection.execute(
                "INSERT INTO keyword_index (rowid, terms) VALUES (?, ?)", (number, text)
            )

    def search(self, question: str, n: int = AT) -> Ranking:
        question_terms = dict.fromkeys(self.to_terms(question))
        if not question_terms:
            return []
        query = " OR ".join(f'"{term}"' for term in question_terms)
        rows = self.connection.execute(
            "SELECT paper_id, score FROM (SELECT rowid AS number, -rank AS score "
            "FROM keyword_index WHERE keyword_index MATCH ? ORDER BY rank LIMIT ?) "
            "JOIN papers ON papers.id = number ORDER BY score DESC",
            (query, n),
        )
        return [paper_id for paper_id, _ in rows]


def fused_by_rank(*rankings: Ranking, n: int = AT) -> Ranking:
    """Return the rankings merged by reciprocal rank fusion."""
    scores: dict[str, float] = defaultdict(float)
    for ranking in rankings:
        for rank, paper_id in enumerate(ranking, start=1):
            scores[paper_id] += 1 / (RANK_CONSTANT + rank)
    return sorted(scores, key=lambda paper_id: (-scores[paper_id], paper_id))[:n]


def variants(library: Library, papers: Sequence[Paper]) -> dict[str, Find]:
    """Return the variants of retrieval, by name."""
    exact = ExactVectors(library.index, [paper.paper_id for paper in papers])
    keywords = KeywordIndex(library.catalog.database)

    def keyword(question: str, n: int = AT) -> Ranking:
        return [paper_id for paper_id, _ in keywords.search(question, n)]

    def other(to_terms: Terms, *, title_times: int = 2) -> Find:
        index = OtherKeywords(papers, to_terms, title_times=title_times)
        return lambda question, _: index.search(question)

    def hybrid(**changed: float) -> Find:
        config = RetrievalConfig.model_validate(changed)
        retriever = HybridRetriever(library.catalog, library.index, library.embedder, config)
        return lambda question, vector: [
            hit.paper.paper_id for hit in retriever.search_vector(question, vector, top_k=AT)
        ]

    def by_rank(question: str, vector: Vectors) -> Ranking:
        return fused_by_rank(exact.best(exact.both(vector), DEPTH), keyword(question, DEPTH))

    return {
        "dense, whole abstracts": lambda _, vector: exact.best(exact.abstracts(vector)),
        "dense, best sentence": lambda _, vector: exact.best(exact.sentences(vector)),
        "dense, mean of both": lambda _, vector: exact.best(exact.both(vector)),
        "keyword": lambda question, _: keyword(question),
        "keyword, not stemmed": other(partial(other_terms, stemmed=False)),
        "keyword, with stopwords": other(partial(other_terms, with_stopwords=True)),
        "keyword, title counted once": other(terms, title_times=1),
        "keyword, joined words not split": other(partial(other_terms, split=False)),
        f"reciprocal ranks of dense and keyword (k = {RANK_CONSTANT})": by_rank,
        "0.6 dense + 0.4 keyword": hybrid(dense_weight=0.6, words_weight=0),
        f"as it is ({DEPTH} candidates of each)": hybrid(),
        "as it is, 100 candidates": hybrid(n_candidates=100),
        "as it is, 200 candidates": hybrid(n_candidates=200),
    }
