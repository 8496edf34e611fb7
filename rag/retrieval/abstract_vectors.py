"""The vectors of abstracts, read from SQLite alone, so that they are readable beside a running bot.

An abstract's vector (of title and abstract together) is the first of its paper's stored vectors.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.store.catalog import SQL_VARIABLES
from rag.store.database import Database

Vectors = NDArray[np.float32]


def load_abstract_vectors(
    database: Database, paper_ids: Sequence[str], *, embedder: str | None = None
) -> dict[str, Vectors]:
    """Return the unit vectors, shape (dimensions,), of these papers' abstracts by paper id.

    Papers without an up-to-date vector are left out. `embedder` defaults to `main_embedder`.
    """
    embedder = embedder or main_embedder(database)
    found: dict[str, Vectors] = {}
    for start in range(0, len(paper_ids), SQL_VARIABLES):
        batch = list(paper_ids[start : start + SQL_VARIABLES])
        marks = ",".join("?" * len(batch))
        rows = database.connection.execute(
            "SELECT paper_id, vectors, json_array_length(sentences) + 1 AS chunks "
            "FROM chunk_vectors AS v JOIN papers ON papers.id = v.paper "
            f"WHERE v.text_hash = papers.text_hash AND embedder = ? AND paper_id IN ({marks})",
            [embedder, *batch],
        )
        for row in rows:
            found[row["paper_id"]] = decode_abstract_vector(row["vectors"], row["chunks"])
    return found


def main_embedder(database: Database) -> str:
    """Return the name of the embedder of most stored vectors; "" if there are none."""
    row = database.connection.execute(
        "SELECT embedder FROM chunk_vectors GROUP BY embedder ORDER BY COUNT(*) DESC LIMIT 1"
    ).fetchone()
    return str(row["embedder"]) if row else ""


def decode_abstract_vector(stored: bytes, chunks: int) -> Vectors:
    """Return the first of a paper's `chunks` vectors, which are stored as float16 in a row."""
    vectors = np.frombuffer(stored, dtype=np.float16)
    return vectors[: len(vectors) // chunks].astype(np.float32)
