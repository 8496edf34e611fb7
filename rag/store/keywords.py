"""Keyword search: BM25 by SQLite's FTS5 over stemmed terms.

FTS5 needs no index library beside the database: it is written in the paper's transaction, so the
two always agree, and a process starts without building anything. If it is damaged all the same,
it is rebuilt from the papers.
"""

import logging
import math
import sqlite3
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

from rag.store.database import Database
from rag.store.faults import DatabaseFaultError
from rag.text.words import terms, words

log = logging.getLogger(__name__)

MAX_PAPERS_READ = 5  # papers that are searched for the words behind a term

_Term = TypeVar("_Term", bound=Hashable)


def keyword_text(title: str, abstract: str) -> str:
    """Return the terms to index, separated by spaces; those of the title count twice."""
    title_terms = terms(title)
    return " ".join([*title_terms, *title_terms, *terms(abstract)])


# As the first migration creates it.
_CREATE = (
    "CREATE VIRTUAL TABLE keyword_index USING fts5 (terms, tokenize = 'unicode61', columnsize = 1)"
)


def is_damaged(error: Exception) -> bool:
    """Return whether an error can come from a damaged or missing keyword index."""
    if isinstance(error, DatabaseFaultError):
        return error.code == sqlite3.SQLITE_CORRUPT
    return isinstance(error, sqlite3.OperationalError) and "keyword_" in str(error)


def rebuild(database: Database) -> bool:
    """Fill the keyword index anew from the papers; return whether that was possible.

    A file whose pages are damaged is left as it is.
    """
    problem = database.find_damage()
    if database.connection.in_transaction or (problem and "FTS5" not in problem):
        return False
    log.warning("the keyword index is damaged; rebuilding it from %s", database.path)
    with database.transaction() as db:
        _drop(db)
        db.execute(_CREATE)
        papers = db.execute(
            "SELECT id, title, abstract FROM papers "
            "WHERE typeof(title) = 'text' AND typeof(abstract) = 'text'"
        )
        db.executemany(
            "INSERT INTO keyword_index (rowid, terms) VALUES (?, ?)",
            ((row["id"], keyword_text(row["title"], row["abstract"])) for row in papers),
        )
    return True


def _drop(db: sqlite3.Connection) -> None:
    """Delete the index with its tables, which SQLite itself refuses if it cannot open the index."""
    db.execute("PRAGMA writable_schema = ON")
    db.execute("DELETE FROM sqlite_master WHERE name = 'keyword_index'")
    db.execute("PRAGMA writable_schema = RESET")
    for part in ("data", "idx", "content", "docsize", "config"):
        db.execute(f"DROP TABLE IF EXISTS keyword_index_{part}")


def last_change(database: Database) -> int:
    """Return the number of the last change of a paper; 0 before the first.

    Triggers number the changes of texts, days, organisations and vectors by any process, so that no
    write is missed; the numbers only grow.
    """
    row = database.connection.execute("SELECT MAX(number) FROM paper_changes").fetchone()
    return int(row[0] or 0)


def changed_since(database: Database, change: int) -> list[int]:
    """Return the row numbers of the papers that changed after a change; some may be deleted."""
    rows = database.connection.execute(
        "SELECT paper FROM paper_changes WHERE number > ?", (change,)
    )
    return [row["paper"] for row in rows]


class KeywordIndex:
    """Reads the index that the catalogue writes."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        """Return the rows of a query; a damaged index is rebuilt first."""
        try:
            return self.database.connection.execute(query, values).fetchall()
        except sqlite3.OperationalError as error:
            if not (is_damaged(error) and rebuild(self.database)):
                raise
        return self.database.connection.execute(query, values).fetchall()

    def probe(self) -> None:
        """Run a short query for a stored term, which rebuilds an index that cannot be read."""
        for row in self._rows("SELECT term FROM keyword_terms LIMIT 1"):
            self._best(f'"{row["term"]}"', 1)

    def check(self) -> bool:
        """Compare the whole index with its terms; return whether it had to be rebuilt."""
        command = "INSERT INTO keyword_index (keyword_index) VALUES ('integrity-check')"
        try:
            self.database.connection.execute(command)
        except sqlite3.OperationalError as error:
            if not (is_damaged(error) and rebuild(self.database)):
                raise
            return True
        return False

    def search(self, question: str, n: int) -> list[tuple[str, float]]:
        """Return up to n (paper id, BM25 score > 0), best first.

        It takes longer the more papers there are; a snapshot ranks them alike, and faster.
        """
        query_terms = list(dict.fromkeys(terms(question)))
        query = " OR ".join(f'"{term}"' for term in query_terms)
        return self._best(query, n) if query else []

    def _best(self, query: str, n: int) -> list[tuple[str, float]]:
        # FTS5 sorts before papers are joined, which takes half the time of the other order.
        rows = self._rows(
            "SELECT paper_id, score FROM (SELECT rowid AS number, -rank AS score "
            "FROM keyword_index WHERE keyword_index MATCH ? ORDER BY rank LIMIT ?) "
            "JOIN papers ON papers.id = number ORDER BY score DESC",
            (query, n),
        )
        return [(row["paper_id"], max(row["score"], 1e-9)) for row in rows]

    def papers_with_all(self, query_terms: Iterable[str]) -> set[str]:
        """Return the ids of all papers that contain every one of these terms."""
        query = " AND ".join(f'"{term}"' for term in query_terms)
        rows = self._rows(
            "SELECT paper_id FROM keyword_index JOIN papers ON papers.id = keyword_index.rowid "
            "WHERE keyword_index MATCH ?",
            (query,),
        )
        return {row["paper_id"] for row in rows}

    def papers_with_any(self, query_terms: Iterable[str]) -> list[str]:
        """Return the ids of all papers that contain one of these terms, best first."""
        query = " OR ".join(f'"{term}"' for term in query_terms)
        return [paper_id for paper_id, _ in self._best(query, -1)]

    def count_phrase(self, phrase: str, limit: int) -> int:
        """Return how many papers contain the terms of a phrase in a row, counting up to a limit."""
        query = " ".join(terms(phrase.replace("-", " ")))
        if not query:
            return limit
        rows = self._rows(
            "SELECT 1 FROM keyword_index WHERE keyword_index MATCH ? LIMIT ?",
            (f'"{query}"', limit),
        )
        return len(rows)

    def papers_with_prefix(self, prefix: str, n: int) -> list[str]:
        """Return the ids of up to n papers with a term that begins with these letters or digits."""
        rows = self._rows(
            "SELECT paper_id FROM keyword_index JOIN papers ON papers.id = keyword_index.rowid "
            "WHERE keyword_index MATCH ? LIMIT ?",
            (f'"{prefix}"*', n),
        )
        return [row["paper_id"] for row in rows]

    def ordered_terms(self, paper_ids: Sequence[str]) -> dict[str, str]:
        """Return each paper's terms in order, with spaces: its title twice, then its abstract."""
        marks = ",".join("?" * len(paper_ids))
        rows = self._rows(
            "SELECT paper_id, terms FROM keyword_index JOIN papers ON papers.id = "
            f"keyword_index.rowid WHERE paper_id IN ({marks})",
            list(paper_ids),
        )
        return {row["paper_id"]: row["terms"] for row in rows}

    def words_for_term(self, term: str) -> set[str]:
        """Return the words with this stem in some papers: `hallucin` → `hallucinations`."""
        rows = self._rows(
            "SELECT title || ' ' || abstract AS text FROM keyword_index JOIN papers "
            "ON papers.id = keyword_index.rowid WHERE keyword_index MATCH ? LIMIT ?",
            (f'"{term}"', MAX_PAPERS_READ),
        )
        return {word for row in rows for word in words(row["text"]) if term in terms(word)}

    def document_counts(self, query_terms: Iterable[str]) -> dict[str, int]:
        """Return how many papers contain each term."""
        counts = dict.fromkeys(query_terms, 0)
        marks = ",".join("?" * len(counts))
        for row in self._rows(
            f"SELECT term, doc FROM keyword_terms WHERE term IN ({marks})", list(counts)
        ):
            counts[row["term"]] = row["doc"]
        return counts

    def idf(self, query_terms: Iterable[str]) -> dict[str, float]:
        """Return each term's inverse document frequency (BM25's, always > 0)."""
        total = self.paper_count()
        return {
            term: math.log(1 + (total - count + 0.5) / (count + 0.5))
            for term, count in self.document_counts(query_terms).items()
        }

    def common_terms(self, share: float) -> list[str]:
        """Return the terms that at least this share of the papers contains."""
        rows = self._rows(
            "SELECT term FROM keyword_terms WHERE doc >= ? * (SELECT COUNT(*) FROM papers)",
            (share,),
        )
        return [row["term"] for row in rows]

    def version(self) -> int:
        """Return a number that grows when any process changes a paper's text, keywords or vectors.

        Database triggers count, so that no write is missed.
        """
        row = self.database.connection.execute("SELECT number FROM catalog_version").fetchone()
        return int(row["number"])

    def paper_count(self) -> int:
        """Return the number of papers."""
        return int(self._rows("SELECT COUNT(*) FROM papers")[0][0])


def weight_covered(weights: Mapping[_Term, float], found: Collection[_Term]) -> float:
    """Return the share, by weight, of the weighted terms that were found."""
    total = sum(weights.values())
    return sum(w for term, w in weights.items() if term in found) / total if total else 0.0
