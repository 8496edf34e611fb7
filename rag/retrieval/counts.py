"""What SQLite alone tells about an index: how much of it there is, and what is damaged."""

import sqlite3
from typing import NamedTuple

from rag.store.database import Database


class SentenceCounts(NamedTuple):
    """How many of the papers that can be found have the vectors of their sentences, too."""

    encoded: int
    papers: int

    @property
    def due(self) -> int:
        """The number of the others."""
        return self.papers - self.encoded

    def __str__(self) -> str:
        if not self.due:
            return f"all {self.papers:,} papers"
        return f"{self.encoded:,} of {self.papers:,} papers"


def count_sentences(database: Database, embedder: str) -> SentenceCounts:
    """Count an embedder's papers, from SQLite alone."""
    row = database.connection.execute(
        "SELECT (SELECT COUNT(*) FROM chunk_vectors WHERE embedder = ?1), "
        "(SELECT COUNT(*) FROM chunk_vectors WHERE embedder = ?1 AND sentences_due > 0)",
        (embedder,),
    ).fetchone()
    return SentenceCounts(row[0] - row[1], row[0])


def stored_counts(database: Database, embedder: str) -> tuple[int, int]:
    """Return how many abstracts and how many sentences Chroma has of an embedder by SQLite."""
    row = database.connection.execute(
        "SELECT COUNT(*), COALESCE(SUM(json_array_length(sentences)), 0) "
        "FROM chunk_vectors WHERE stored = 1 AND embedder = ?",
        (embedder,),
    ).fetchone()
    return row[0], row[1]


def is_complete(database: Database, embedder: str) -> bool:
    """Return whether every paper has all its vectors of this embedder, in Chroma as well.

    If there are vectors of another embedder, or chunks to be deleted, something is left to do.
    """
    row = database.connection.execute(
        "SELECT NOT EXISTS (SELECT 1 FROM chunk_vectors WHERE embedder = ?1 AND sentences_due > 0) "
        "AND NOT EXISTS (SELECT 1 FROM chunk_vectors WHERE embedder = ?1 AND stored = 0) "
        "AND NOT EXISTS (SELECT 1 FROM chunk_vectors WHERE embedder != ?1) "
        "AND NOT EXISTS (SELECT 1 FROM stale_chunks) "
        "AND NOT EXISTS (SELECT 1 FROM papers LEFT JOIN chunk_vectors AS v "
        "ON v.paper = papers.id AND v.embedder = ?1 AND v.text_hash = papers.text_hash "
        "WHERE v.paper IS NULL)",
        (embedder,),
    ).fetchone()
    return bool(row[0])


def fuller_embedder(database: Database, *, than: str) -> str:
    """Return another embedder that has indexed more papers than this one; "" if none has.

    Papers whose sentences are due count only among embedders that have equally many complete ones.
    """
    row = database.connection.execute(
        "SELECT v.embedder FROM chunk_vectors AS v JOIN papers ON papers.id = v.paper "
        "WHERE v.text_hash = papers.text_hash GROUP BY v.embedder "
        "ORDER BY SUM(sentences_due = 0) DESC, COUNT(*) DESC, v.embedder != ? LIMIT 1",
        (than,),
    ).fetchone()
    return row["embedder"] if row and row["embedder"] != than else ""


def rows_that_do_not_fit(database: Database, embedder: str) -> list[sqlite3.Row]:
    """Return id and paper_id of the papers whose vectors do not fit their sentences."""
    sizes = (
        "CASE WHEN typeof(sentences) = 'text' AND json_valid(sentences) "
        "AND length(vectors) % (2 * (1 + json_array_length(sentences))) = 0 "
        "THEN length(vectors) / (1 + json_array_length(sentences)) END"
    )
    rows = database.connection.execute(
        f"SELECT {sizes} AS size, COUNT(*) AS n FROM chunk_vectors WHERE embedder = ? "
        "GROUP BY size ORDER BY size IS NULL, size = 0, n DESC",
        (embedder,),
    ).fetchall()
    if len(rows) < 2 and not (rows and not rows[0]["size"]):
        return []
    return database.connection.execute(
        "SELECT papers.id, paper_id FROM chunk_vectors AS v JOIN papers ON papers.id = v.paper "
        f"WHERE v.embedder = ? AND {sizes} IS NOT ?",
        (embedder, rows[0]["size"] or -1),
    ).fetchall()
