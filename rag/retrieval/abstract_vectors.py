"""The vectors of abstracts, read from SQLite alone, so that they are readable beside a running bot.

An abstract's vector (of title and abstract together) is the first of its paper's stored vectors.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rag.store.catalog import SQL_VARIABLES
from rag.store.database import Database

Vectors = NDArray[np.float32]
Key = TypeVar("Key")
# How many vectors a row of chunk_vectors has; NULL if its list of sentences is damaged.
CHUNKS = (
    "CASE WHEN typeof(sentences) = 'text' AND json_valid(sentences) "
    "THEN json_array_length(sentences) + 1 END"
)


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
            f"SELECT paper_id, vectors, {CHUNKS} AS chunks "
            "FROM chunk_vectors AS v JOIN papers ON papers.id = v.paper "
            f"WHERE v.text_hash = papers.text_hash AND embedder = ? AND paper_id IN ({marks})",
            [embedder, *batch],
        )
        for row in rows:
            vector = decode_abstract_vector(row["vectors"], row["chunks"])
            if vector is not None:
                found[row["paper_id"]] = vector
    return of_one_size(found)


def of_one_size(vectors: dict[Key, Vectors]) -> dict[Key, Vectors]:
    """Return the vectors with the dimensions of most; damaged ones can have others."""
    sizes = Counter(len(vector) for vector in vectors.values())
    usual = max(sizes, key=sizes.__getitem__, default=0)
    return {key: vector for key, vector in vectors.items() if len(vector) == usual}


def main_embedder(database: Database) -> str:
    """Return the name of the embedder of most stored vectors; "" if there are none."""
    row = database.connection.execute(
        "SELECT embedder FROM chunk_vectors GROUP BY embedder ORDER BY COUNT(*) DESC LIMIT 1"
    ).fetchone()
    return str(row["embedder"]) if row else ""


def decode_abstract_vector(stored: object, chunks: int | None) -> Vectors | None:
    """Return the first of a paper's `chunks` vectors, which are stored as float16 in a row.

    None if they are damaged.
    """
    if not isinstance(stored, bytes) or not stored or not chunks or len(stored) % (2 * chunks):
        return None
    vector = np.frombuffer(stored, dtype=np.float16)[: len(stored) // (2 * chunks)]
    return vector.astype(np.float32) if np.isfinite(vector).all() else None
