"""The vectors of whole abstracts, read from SQLite alone: beside a running bot too."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.store.catalog import SQL_VARIABLES
from rag.store.database import Database

Vectors = NDArray[np.float32]


def wholes(
    database: Database, paper_ids: Sequence[str], *, embedder: str | None = None
) -> dict[str, Vectors]:
    """Return the unit vector, shape (dimensions,), of each of these papers that has one.

    They are of the named embedder, else of `main_embedder`.
    """
    embedder = embedder or main_embedder(database)
    found: dict[str, Vectors] = {}
    for start in range(0, len(paper_ids), SQL_VARIABLES):
        some = list(paper_ids[start : start + SQL_VARIABLES])
        marks = ",".join("?" * len(some))
        rows = database.connection.execute(
            "SELECT paper_id, vectors, json_array_length(sentences) + 1 AS chunks "
            "FROM chunk_vectors AS v JOIN papers ON papers.id = v.paper "
            f"WHERE v.text_hash = papers.text_hash AND embedder = ? AND paper_id IN ({marks})",
            [embedder, *some],
        )
        for row in rows:
            found[row["paper_id"]] = whole_of(row["vectors"], row["chunks"])
    return found


def main_embedder(database: Database) -> str:
    """Return which embedder made most of the vectors; nothing where there are none."""
    row = database.connection.execute(
        "SELECT embedder FROM chunk_vectors GROUP BY embedder ORDER BY COUNT(*) DESC LIMIT 1"
    ).fetchone()
    return str(row["embedder"]) if row else ""


def whole_of(stored: bytes, chunks: int) -> Vectors:
    """Return the first of a paper's vectors as they are stored: float16, one a chunk."""
    every = np.frombuffer(stored, dtype=np.float16)
    return every[: len(every) // chunks].astype(np.float32)
