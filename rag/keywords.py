"""Keyword search: BM25 by SQLite's FTS5 over stemmed terms.

FTS5 and not a library of its own index: it is written in the paper's transaction, so the two
can never disagree, and a process starts without building anything.
"""

import math
from collections.abc import Iterable

from rag.database import Database
from rag.words import terms


def keyword_text(title: str, abstract: str) -> str:
    """Return the terms that are indexed: the title's count twice."""
    title_terms = terms(title)
    return " ".join([*title_terms, *title_terms, *terms(abstract)])


class KeywordIndex:
    """Reads the index that the catalogue writes."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def search(
        self, question: str, n: int, *, allowed: set[str] | None = None
    ) -> list[tuple[str, float]]:
        """Return up to n (paper id, BM25 score > 0), best first; `allowed` restricts the ids."""
        asked = list(dict.fromkeys(terms(question)))
        if not asked:
            return []
        query = " OR ".join(f'"{term}"' for term in asked)
        rows = self.database.connection.execute(
            "SELECT paper_id, -bm25(keyword_index) AS score FROM keyword_index "
            "JOIN papers ON papers.id = keyword_index.rowid "
            "WHERE keyword_index MATCH ? ORDER BY score DESC",
            (query,),
        )
        found: list[tuple[str, float]] = []
        for row in rows:
            if allowed is None or row["paper_id"] in allowed:
                found.append((row["paper_id"], max(row["score"], 1e-9)))
                if len(found) == n:
                    break
        return found

    def holding(self, asked: Iterable[str]) -> set[str]:
        """Return the ids of all papers that hold every one of these terms."""
        query = " AND ".join(f'"{term}"' for term in asked)
        rows = self.database.connection.execute(
            "SELECT paper_id FROM keyword_index JOIN papers ON papers.id = keyword_index.rowid "
            "WHERE keyword_index MATCH ?",
            (query,),
        )
        return {row["paper_id"] for row in rows}

    def counts(self, asked: Iterable[str]) -> dict[str, int]:
        """Return in how many papers each term stands."""
        counts = dict.fromkeys(asked, 0)
        marks = ",".join("?" * len(counts))
        for row in self.database.connection.execute(
            f"SELECT term, doc FROM keyword_terms WHERE term IN ({marks})", list(counts)
        ):
            counts[row["term"]] = row["doc"]
        return counts

    def rarity(self, asked: Iterable[str]) -> dict[str, float]:
        """Return each term's inverse document frequency (BM25's, always > 0)."""
        total = self.database.connection.execute("SELECT COUNT(*) FROM papers").fetchone()[0]
        return {
            term: math.log(1 + (total - count + 0.5) / (count + 0.5))
            for term, count in self.counts(asked).items()
        }
