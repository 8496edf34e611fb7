"""Keyword search: BM25 by SQLite's FTS5 over stemmed terms.

FTS5 and not a library of its own index: it is written in the paper's transaction, so the two
can never disagree, and a process starts without building anything.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

from rag.store.database import Database
from rag.text.words import terms, words

READ_FOR_WORDS = 5  # papers


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
        if allowed is None:
            return self._best(query, n)
        # All are ranked anyway; joining only as many as will do is what saves time.
        total = self.database.connection.execute("SELECT COUNT(*) FROM papers").fetchone()[0]
        enough = 2 * n * total // max(1, len(allowed))
        found = [row for row in self._best(query, enough) if row[0] in allowed]
        if len(found) < n and enough < total:
            found = [row for row in self._best(query, total) if row[0] in allowed]
        return found[:n]

    def _best(self, query: str, n: int) -> list[tuple[str, float]]:
        # Sorted by FTS5 itself before papers are joined: half the time of the other order.
        rows = self.database.connection.execute(
            "SELECT paper_id, score FROM (SELECT rowid AS number, -rank AS score "
            "FROM keyword_index WHERE keyword_index MATCH ? ORDER BY rank LIMIT ?) "
            "JOIN papers ON papers.id = number ORDER BY score DESC",
            (query, n),
        )
        return [(row["paper_id"], max(row["score"], 1e-9)) for row in rows]

    def terms_of(self, paper_ids: Sequence[str]) -> dict[str, frozenset[str]]:
        """Return the terms of each paper's title and abstract."""
        marks = ",".join("?" * len(paper_ids))
        rows = self.database.connection.execute(
            "SELECT paper_id, terms FROM keyword_index JOIN papers ON papers.id = "
            f"keyword_index.rowid WHERE paper_id IN ({marks})",
            list(paper_ids),
        )
        return {row["paper_id"]: frozenset(row["terms"].split()) for row in rows}

    def beginning(self, word: str, n: int) -> list[str]:
        """Return the ids of up to n papers with a word, letters and digits, that begins so."""
        rows = self.database.connection.execute(
            "SELECT paper_id FROM keyword_index JOIN papers ON papers.id = keyword_index.rowid "
            "WHERE keyword_index MATCH ? LIMIT ?",
            (f'"{word}"*', n),
        )
        return [row["paper_id"] for row in rows]

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

    def version(self) -> int:
        """Return a number that grows when any process changes a paper's text, keywords or vectors.

        Triggers of the database count, so that no write can be missed.
        """
        row = self.database.connection.execute("SELECT number FROM catalog_version").fetchone()
        return int(row["number"])

    def common_terms(self, share: float) -> list[str]:
        """Return the terms that stand in at least this share of the papers."""
        rows = self.database.connection.execute(
            "SELECT term FROM keyword_terms WHERE doc >= ? * (SELECT COUNT(*) FROM papers)",
            (share,),
        )
        return [row["term"] for row in rows]

    def written(self, term: str) -> set[str]:
        """Return the words that some papers write for a term: `hallucin` → `hallucinations`."""
        rows = self.database.connection.execute(
            "SELECT title || ' ' || abstract AS text FROM keyword_index JOIN papers "
            "ON papers.id = keyword_index.rowid WHERE keyword_index MATCH ? LIMIT ?",
            (f'"{term}"', READ_FOR_WORDS),
        )
        return {word for row in rows for word in words(row["text"]) if term in terms(word)}

    def rarity(self, asked: Iterable[str]) -> dict[str, float]:
        """Return each term's inverse document frequency (BM25's, always > 0)."""
        total = self.database.connection.execute("SELECT COUNT(*) FROM papers").fetchone()[0]
        return {
            term: math.log(1 + (total - count + 0.5) / (count + 0.5))
            for term, count in self.counts(asked).items()
        }


def covered(weights: Mapping[str, float], found: Collection[str]) -> float:
    """Return the share of the weighted terms, by weight, that were found."""
    total = sum(weights.values())
    return sum(w for term, w in weights.items() if term in found) / total if total else 0.0
