"""The full texts that were read: passages and vectors in SQLite, the same vectors in Chroma.

As with abstracts, SQLite is written first and Chroma follows, so a kill between the two loses
nothing. Passages are in tables and in a collection of their own: no search for papers sees them.
"""

import contextlib
import json
import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import RLock

import numpy as np
from numpy.typing import NDArray

from rag.encoders.embedder import Embedder
from rag.errors import VectorServerError
from rag.full_text.records import FullText, TextPassage
from rag.retrieval.chroma import ChunkVectors
from rag.store.catalog import SQL_VARIABLES
from rag.store.database import Database
from rag.store.rows import parse_strings

log = logging.getLogger(__name__)

Vectors = NDArray[np.float32]
PROBES = 4  # stored passages that are searched for when the folder is opened
MAX_SCORED = 300  # passages of a paper that are all compared; of a longer one, the nearest


@dataclass(frozen=True, slots=True)
class Found:
    """A passage, its place in the paper, and its cosine with what was searched for."""

    passage: TextPassage
    position: int
    cosine: float


class FullTexts:
    """The full texts of one data folder, with the vectors of one embedder. Thread-safe."""

    def __init__(self, database: Database, vectors: ChunkVectors, embedder: Embedder) -> None:
        self.database = database
        self.vectors = vectors
        self.embedder = embedder
        self._following = RLock()  # held while Chroma is made to follow SQLite

    # -- writing ---------------------------------------------------------------------------

    def store(self, text: FullText) -> None:
        """Store a paper's text, durably, in place of an earlier one; its paper must be known."""
        vectors = self._encode(text.passages)
        now = _now()
        with self.database.transaction() as db:
            row = db.execute(
                "SELECT id FROM papers WHERE paper_id = ?", (text.paper_id,)
            ).fetchone()
            if row is None:  # merged into another paper meanwhile
                return
            db.execute("DELETE FROM full_texts WHERE paper = ?", (row["id"],))
            db.execute(
                "INSERT INTO full_texts VALUES (?, ?, ?, ?, ?)",
                (row["id"], text.paragraphs, text.etag, now, now),
            )
            db.executemany(
                "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
                [
                    (
                        p.passage_id, row["id"], position,
                        json.dumps(p.headings, ensure_ascii=False), p.text, p.caption, p.is_table,
                        self.embedder.name, vector.astype(np.float16).tobytes(),
                    )
                    for position, (p, vector) in enumerate(
                        zip(text.passages, vectors, strict=True)
                    )
                ],
            )  # fmt: skip
        self.catch_up()

    def mark_used(self, paper_id: str) -> None:
        """Store that a paper's text was used now; that this fails harms no answer."""
        try:
            with self.database.transaction() as db:
                db.execute(
                    "UPDATE full_texts SET used_at = ? "
                    "WHERE paper = (SELECT id FROM papers WHERE paper_id = ?)",
                    (_now(), paper_id),
                )
        except sqlite3.Error as error:  # such as a full disk
            log.warning("the use of the text of %s could not be stored: %s", paper_id, error)

    def drop_unused(self, since: datetime) -> int:
        """Drop the texts that no answer has used since then; return how many."""
        at = since.astimezone(UTC).isoformat(timespec="seconds")
        with self.database.transaction() as db:
            dropped = db.execute("DELETE FROM full_texts WHERE used_at < ?", (at,)).rowcount
        if dropped:
            self.catch_up()
        return int(dropped)

    def catch_up(self) -> None:
        """Delete stale passages from Chroma and add those that only SQLite has.

        If another process writes to Chroma, or its server is down, that is done later.
        """
        if not self.vectors.is_writable:
            return
        with self._following, contextlib.suppress(VectorServerError):  # which is logged there
            self._delete_stale()
            while rows := self._rows("embedder = ? AND stored = 0 LIMIT ?", SQL_VARIABLES):
                ids = [row["passage_id"] for row in rows]
                vectors = np.stack([_vector(row) for row in rows])
                self.vectors.add_passages(ids, vectors)
                self._mark_stored(ids, stored=1)

    def _delete_stale(self) -> None:
        rows = self.database.connection.execute(
            "SELECT passage_id FROM stale_passages WHERE embedder = ?", (self.embedder.name,)
        )
        stale = [row["passage_id"] for row in rows]
        if not stale:
            return
        self.vectors.delete_passages(stale)
        self._mark_stored(stale, stored=0)  # new texts have passages under the same ids
        with self.database.transaction() as db:
            db.executemany(
                "DELETE FROM stale_passages WHERE embedder = ? AND passage_id = ?",
                [(self.embedder.name, passage_id) for passage_id in stale],
            )

    def _mark_stored(self, passage_ids: Sequence[str], *, stored: int) -> None:
        with self.database.transaction() as db:
            db.executemany(
                "UPDATE passages SET stored = ? WHERE passage_id = ?",
                [(stored, passage_id) for passage_id in passage_ids],
            )

    def repair(self) -> None:
        """Make Chroma agree with SQLite; fill its collection anew if it has lost passages.

        Called when the folder is opened and when Chroma's server is back. Without any full text,
        Chroma is not asked.
        """
        stored = self._rows("embedder = ? AND stored = 1 ORDER BY RANDOM() LIMIT ?", PROBES)
        if stored:
            expected = self.database.connection.execute(
                "SELECT COUNT(*) FROM passages WHERE embedder = ? AND stored = 1",
                (self.embedder.name,),
            ).fetchone()[0]
            probes = [(row["passage_id"], _vector(row)) for row in stored]
            if not self.vectors.has_passages(expected, probes):
                log.warning("the vectors of whole papers are damaged; storing them anew")
                self.vectors.clear_passages()
                with self.database.transaction() as db:
                    db.execute("UPDATE passages SET stored = 0")
        self.catch_up()

    # -- reading ---------------------------------------------------------------------------

    def has(self, paper_id: str) -> bool:
        """Return whether a paper was read whole."""
        return self._full_text_row(paper_id) is not None

    def get(self, paper_id: str) -> FullText | None:
        """Return a paper's text; None if it was not read, or is damaged."""
        row = self._full_text_row(paper_id)
        if row is None:
            return None
        passages = self.database.connection.execute(
            "SELECT * FROM passages WHERE paper = ? ORDER BY position", (row["paper"],)
        )
        try:
            found = tuple(map(_passage, passages))
        except ValueError:
            log.warning(
                "the stored text of %s is damaged: `paperboy read` reads it again", paper_id
            )
            return None
        return FullText(paper_id, found, row["paragraphs"], row["etag"])

    def nearest(self, text: FullText, vector: Vectors) -> list[Found]:
        """Return a paper's passages with their cosines with a vector, shape (dimensions,).

        All of them or, of a long paper, the nearest; in the paper's order.
        """
        vectors = {row["passage_id"]: _vector(row) for row in self._complete(text)}
        wanted = {passage.passage_id for passage in text.passages}
        if len(wanted) > MAX_SCORED:
            wanted &= self._nearest_ids(vector, vectors)
        return [
            Found(passage, position, float(vectors[passage.passage_id] @ vector))
            for position, passage in enumerate(text.passages)
            if passage.passage_id in wanted and passage.passage_id in vectors
        ]

    def _nearest_ids(self, vector: Vectors, vectors: Mapping[str, Vectors]) -> set[str]:
        """Return the ids of the MAX_SCORED nearest of these passages."""
        try:
            found = set(self.vectors.nearest_passages(vector, MAX_SCORED, list(vectors)))
        except VectorServerError:
            found = set()
        if len(found) == MAX_SCORED:
            return found
        # Another process stores them in Chroma, or its server is down: then they are compared here.
        return set(sorted(vectors, key=lambda one: -float(vectors[one] @ vector))[:MAX_SCORED])

    def _complete(self, text: FullText) -> list[sqlite3.Row]:
        """Return a text's vectors, encoded anew if they are of another embedder or damaged."""
        rows = self._of_paper(text.paper_id)
        if len(rows) == len(text.passages) and len({len(row["vector"]) for row in rows}) == 1:
            return rows
        self.store(text)
        return self._of_paper(text.paper_id)

    def _of_paper(self, paper_id: str) -> list[sqlite3.Row]:
        return self.database.connection.execute(
            "SELECT passage_id, vector FROM passages JOIN papers ON papers.id = passages.paper "
            "WHERE paper_id = ? AND embedder = ?",
            (paper_id, self.embedder.name),
        ).fetchall()

    def _rows(self, condition: str, limit: int) -> list[sqlite3.Row]:
        return self.database.connection.execute(
            f"SELECT passage_id, vector FROM passages WHERE {condition}",
            (self.embedder.name, limit),
        ).fetchall()

    def _full_text_row(self, paper_id: str) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self.database.connection.execute(
            "SELECT full_texts.* FROM full_texts JOIN papers ON papers.id = paper "
            "WHERE paper_id = ?",
            (paper_id,),
        ).fetchone()
        return row

    def _encode(self, passages: Sequence[TextPassage]) -> Iterator[Vectors]:
        return iter(self.embedder.encode([passage.embedded_text for passage in passages]))


def count_texts(database: Database) -> tuple[int, int]:
    """Return how many papers were read whole, and the number of their passages."""
    row = database.connection.execute(
        "SELECT (SELECT COUNT(*) FROM full_texts), (SELECT COUNT(*) FROM passages)"
    ).fetchone()
    return row[0], row[1]


def _passage(row: sqlite3.Row) -> TextPassage:
    return TextPassage(
        row["passage_id"],
        parse_strings(row["headings"]),
        row["text"],
        caption=row["caption"],
        is_table=bool(row["is_table"]),
    )


def _vector(row: sqlite3.Row) -> Vectors:
    return np.frombuffer(row["vector"], dtype=np.float16).astype(np.float32)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
