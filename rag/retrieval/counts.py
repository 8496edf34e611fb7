"""How many papers each embedder has indexed, from SQLite alone."""

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
        "(SELECT COUNT(*) FROM chunk_vectors WHERE embedder = ?1 AND sentences_due = 1)",
        (embedder,),
    ).fetchone()
    return SentenceCounts(row[0] - row[1], row[0])


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
