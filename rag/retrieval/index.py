"""The index: every paper's sentences and vectors in SQLite, and the same vectors in Chroma.

SQLite is written first and Chroma follows. A kill between the two loses nothing: the next process
catches up.
"""

import contextlib
import json
import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from threading import RLock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.errors import VectorServerError
from rag.records import Paper, chunk_id_of
from rag.retrieval.chroma import PROBES, ChunkVectors
from rag.store.catalog import SQL_VARIABLES
from rag.store.database import Database
from rag.store.rows import is_intact, papers_from_rows, parse_strings
from rag.store.upsert import drop_vectors

log = logging.getLogger(__name__)

Vectors = NDArray[np.float32]
NAMED = 5  # papers whose ids a warning names
PAPERS_PER_CHROMA_BATCH = 500  # each with about ten chunks


@dataclass(frozen=True, slots=True)
class Entry:
    """An indexed paper.

    `vectors` has shape (1 + len(sentences), dimensions), float32, unit length: row 0 is the
    abstract, row i the i-th sentence, both with the title in front.
    """

    paper_id: str
    text_hash: str
    sentences: tuple[str, ...]
    vectors: Vectors

    @property
    def chunk_ids(self) -> list[str]:
        """`<paper_id>#0`, `<paper_id>#1` … in the order of the vectors."""
        return [chunk_id_of(self.paper_id, index) for index in range(len(self.vectors))]


class PaperVectors(NamedTuple):
    """The vectors of several papers in one array, of each the abstract's first."""

    numbers: NDArray[np.int64]  # the papers' rows in SQLite
    starts: NDArray[np.intp]  # where each one's vectors begin
    vectors: Vectors  # (vectors of all papers, dimensions)

    @classmethod
    def read(cls, stored: Mapping[int, bytes], dimensions: int) -> "PaperVectors":
        """Return the stored vectors; those of damaged papers are left out."""
        size = 2 * dimensions
        whole = {
            number: blob
            for number, blob in stored.items()
            if isinstance(blob, bytes) and blob and len(blob) % size == 0
        }
        flat = np.frombuffer(b"".join(whole.values()), dtype=np.float16)
        vectors = flat.reshape(-1, dimensions).astype(np.float32)
        counts = np.array([len(blob) // size for blob in whole.values()], dtype=np.intp)
        starts = np.cumsum(counts) - counts
        is_unit = _are_unit(vectors)
        if not is_unit.all():
            good = np.logical_and.reduceat(is_unit, starts)
            kept = {number: whole[number] for number, fine in zip(whole, good, strict=True) if fine}
            return cls.read(kept, dimensions)
        return cls(np.array(list(whole), dtype=np.int64), starts, vectors)


def _are_unit(vectors: Vectors) -> NDArray[np.bool_]:
    """Return which vectors are as they are stored: of length 1, or zeros for unknown words."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    return np.asarray((abs(lengths - 1) < 0.05) | (lengths == 0))


class Index:
    """The entries of one embedder, by paper."""

    def __init__(self, database: Database, vectors: ChunkVectors, *, embedder: str) -> None:
        self.database = database
        self.vectors = vectors
        self.embedder = embedder
        # Held while Chroma is made to follow SQLite: two threads that did so at once could each add
        # what the other has just deleted.
        self._following = RLock()

    # -- writing ---------------------------------------------------------------------------

    def pending(self, n: int) -> list[Paper]:
        """Return up to n papers whose text has no vectors of this embedder yet."""
        rows = self.database.connection.execute(
            "SELECT papers.* FROM papers "
            "LEFT JOIN chunk_vectors AS v ON v.paper = papers.id AND v.embedder = ? "
            "WHERE v.paper IS NULL OR v.text_hash != papers.text_hash ORDER BY papers.id",
            (self.embedder,),
        )
        # A damaged text would stay pending for ever.
        return papers_from_rows(islice(filter(is_intact, rows), n))

    def pending_count(self) -> int:
        """Return how many papers have no vectors of this embedder yet."""
        row = self.database.connection.execute(
            "SELECT COUNT(*) - COALESCE(SUM(v.text_hash = papers.text_hash), 0) FROM papers "
            "LEFT JOIN chunk_vectors AS v ON v.paper = papers.id AND v.embedder = ?",
            (self.embedder,),
        ).fetchone()
        return int(row[0])

    def store(self, entries: Sequence[Entry]) -> None:
        """Store entries, durably, and delete stale chunks.

        An entry of a text that has changed meanwhile is left out: its paper is pending.
        """
        with self.database.transaction() as db:
            for entry in entries:
                row = db.execute(
                    "SELECT id, paper_id FROM papers WHERE paper_id = ? AND text_hash = ?",
                    (entry.paper_id, entry.text_hash),
                ).fetchone()
                if row:
                    self._store(db, row, entry)
        self.catch_up()

    def _store(self, db: sqlite3.Connection, row: sqlite3.Row, entry: Entry) -> None:
        # Chunks that Chroma has under the same ids are of an earlier text.
        drop_vectors(db, row, embedder=self.embedder)
        db.execute(
            "INSERT INTO chunk_vectors (paper, text_hash, embedder, sentences, vectors, stored) "
            "VALUES (?, ?, ?, ?, ?, 0)",
            (
                row["id"],
                entry.text_hash,
                self.embedder,
                json.dumps(entry.sentences, ensure_ascii=False),
                entry.vectors.astype(np.float16).tobytes(),
            ),
        )

    def clear(self) -> None:
        """Delete this embedder's vectors: every paper is pending; Chroma's folder is replaced."""
        with self._following:
            self.vectors.clear()  # first: if its server is down, nothing is deleted
            with self.database.transaction() as db:
                db.execute("DELETE FROM chunk_vectors WHERE embedder = ?", (self.embedder,))
                db.execute("DELETE FROM stale_chunks WHERE embedder = ?", (self.embedder,))

    def drop_others(self) -> None:
        """Delete the vectors that SQLite has of other embedders."""
        with self.database.transaction() as db:
            for table in ("chunk_vectors", "stale_chunks"):
                db.execute(f"DELETE FROM {table} WHERE embedder != ?", (self.embedder,))

    def catch_up(self) -> None:
        """Delete stale chunks from Chroma and add the entries that only SQLite has.

        If another process writes to Chroma, or its server is down, that is done later.
        """
        if not self.vectors.is_writable:
            return
        with self._following, contextlib.suppress(VectorServerError):  # which is logged there
            self._follow()

    def _follow(self) -> None:
        self._delete_stale()
        while missing := list(self._entries("stored = 0 LIMIT ?", [PAPERS_PER_CHROMA_BATCH])):
            chunk_ids = [chunk_id for entry in missing for chunk_id in entry.chunk_ids]
            self.vectors.add(chunk_ids, np.concatenate([entry.vectors for entry in missing]))
            with self.database.transaction() as db:
                db.executemany(
                    "UPDATE chunk_vectors SET stored = 1 WHERE embedder = ? AND text_hash = ? "
                    "AND paper = (SELECT id FROM papers WHERE paper_id = ?)",
                    [(self.embedder, entry.text_hash, entry.paper_id) for entry in missing],
                )

    def _delete_stale(self) -> None:
        """Delete stale chunks; papers with new texts under the same ids are added again."""
        rows = self.database.connection.execute(
            "SELECT chunk_id FROM stale_chunks WHERE embedder = ?", (self.embedder,)
        )
        stale = [row["chunk_id"] for row in rows]
        if not stale:
            return
        self.vectors.delete(stale)
        papers = {chunk_id.rpartition("#")[0] for chunk_id in stale}
        with self.database.transaction() as db:
            db.executemany(
                "DELETE FROM stale_chunks WHERE embedder = ? AND chunk_id = ?",
                [(self.embedder, chunk_id) for chunk_id in stale],
            )
            db.executemany(
                "UPDATE chunk_vectors SET stored = 0 WHERE embedder = ? "
                "AND paper = (SELECT id FROM papers WHERE paper_id = ?)",
                [(self.embedder, paper_id) for paper_id in papers],
            )

    def repair(self) -> None:
        """Make Chroma agree with SQLite; rebuild it if it is damaged.

        Called when the index is opened and when its server is back: finishes what a killed process
        left undone, and searches for stored vectors to check that Chroma still finds them.
        """
        self._drop_damaged()
        with self._following:
            expected = self._expected_counts()
            if not self.vectors.is_sound(self._probes()) or self._has_lost(expected):
                log.warning(
                    "the vector index is damaged or new; filling it from %s", self.database.path
                )
                self.vectors.clear()
                with self.database.transaction() as db:
                    db.execute(
                        "UPDATE chunk_vectors SET stored = 0 WHERE embedder = ?", (self.embedder,)
                    )
        self.catch_up()

    def check(self) -> None:
        """Read all vectors; damaged ones are deleted, so that their papers are pending."""
        numbers = self.database.connection.execute(
            "SELECT paper FROM chunk_vectors WHERE embedder = ?", (self.embedder,)
        ).fetchall()
        for start in range(0, len(numbers), SQL_VARIABLES):
            batch = [row["paper"] for row in numbers[start : start + SQL_VARIABLES]]
            for _ in self._entries(f"v.paper IN ({','.join('?' * len(batch))})", batch):
                pass

    def _drop_damaged(self) -> None:
        """Delete the vectors that do not fit their sentences, so that their papers are pending."""
        sizes = (
            "CASE WHEN typeof(sentences) = 'text' AND json_valid(sentences) "
            "AND length(vectors) % (2 * (1 + json_array_length(sentences))) = 0 "
            "THEN length(vectors) / (1 + json_array_length(sentences)) END"
        )
        rows = self.database.connection.execute(
            f"SELECT {sizes} AS size, COUNT(*) AS n FROM chunk_vectors WHERE embedder = ? "
            "GROUP BY size ORDER BY size IS NULL, size = 0, n DESC",
            (self.embedder,),
        ).fetchall()
        if len(rows) < 2 and not (rows and not rows[0]["size"]):
            return
        damaged = self.database.connection.execute(
            "SELECT papers.id, paper_id FROM chunk_vectors AS v JOIN papers ON papers.id = v.paper "
            f"WHERE v.embedder = ? AND {sizes} IS NOT ?",
            (self.embedder, rows[0]["size"] or -1),
        ).fetchall()
        self._drop(damaged)

    def _drop(self, rows: Sequence[sqlite3.Row]) -> None:
        """Delete the vectors of these papers, so that they are computed again from the text."""
        if not rows:
            return
        names = ", ".join(row["paper_id"] for row in rows[:NAMED])
        log.warning(
            "the stored vectors of %d papers are damaged (%s%s): they will be computed again",
            len(rows), names, ", …" if len(rows) > NAMED else "",
        )  # fmt: skip
        with self.database.transaction() as db:
            for row in rows:
                drop_vectors(db, row, embedder=self.embedder)

    def _has_lost(self, expected: tuple[int, int]) -> bool:
        """Return whether Chroma has fewer chunks than expected; more are merely stale."""
        return any(
            count < minimum for count, minimum in zip(self.vectors.counts(), expected, strict=True)
        )

    def _expected_counts(self) -> tuple[int, int]:
        row = self.database.connection.execute(
            "SELECT COUNT(*), COALESCE(SUM(json_array_length(sentences)), 0) "
            "FROM chunk_vectors WHERE stored = 1 AND embedder = ?",
            (self.embedder,),
        ).fetchone()
        return row[0], row[1]

    def _probes(self) -> list[tuple[str, Vectors]]:
        """Return the abstract and the last sentence of the newest and of random stored papers."""
        stored = "SELECT paper FROM chunk_vectors WHERE embedder = ? AND stored = 1"
        probes: list[tuple[str, Vectors]] = []
        for order in ("ORDER BY paper DESC", "ORDER BY RANDOM()"):
            for entry in self._entries(
                f"paper IN ({stored} {order} LIMIT ?)", [self.embedder, PROBES // 4]
            ):
                probes.append((entry.chunk_ids[0], entry.vectors[0]))
                if entry.sentences:
                    probes.append((entry.chunk_ids[-1], entry.vectors[-1]))
        return probes

    # -- reading ---------------------------------------------------------------------------

    def entries(self, paper_ids: Sequence[str]) -> dict[str, Entry]:
        """Return the entries of these papers by id; papers that are not indexed are left out."""
        found: dict[str, Entry] = {}
        for start in range(0, len(paper_ids), SQL_VARIABLES):
            batch = list(paper_ids[start : start + SQL_VARIABLES])
            marks = ",".join("?" * len(batch))
            for entry in self._entries(f"paper_id IN ({marks})", batch):
                found[entry.paper_id] = entry
        return found

    def vectors_of(self, numbers: Sequence[int], *, dimensions: int) -> "PaperVectors":
        """Return the vectors of the papers in these rows; those without any are left out."""
        found: dict[int, bytes] = {}
        for start in range(0, len(numbers), SQL_VARIABLES):
            batch = [int(number) for number in numbers[start : start + SQL_VARIABLES]]
            rows = self.database.connection.execute(
                "SELECT paper, vectors FROM chunk_vectors "
                f"WHERE embedder = ? AND paper IN ({','.join('?' * len(batch))})",
                [self.embedder, *batch],
            )
            found.update((row["paper"], row["vectors"]) for row in rows)
        read = PaperVectors.read(found, dimensions)
        if len(read.numbers) < len(found):
            damaged = set(found).difference(read.numbers.tolist())
            marks = ",".join("?" * len(damaged))
            self._drop(
                self.database.connection.execute(
                    f"SELECT id, paper_id FROM papers WHERE id IN ({marks})", list(damaged)
                ).fetchall()
            )
        return read

    def _entries(self, condition: str, values: Sequence[object]) -> Iterator[Entry]:
        rows = self.database.connection.execute(
            "SELECT papers.id, paper_id, v.text_hash, sentences, vectors FROM chunk_vectors AS v "
            f"JOIN papers ON papers.id = v.paper WHERE v.embedder = ? AND {condition}",
            [self.embedder, *values],
        )
        damaged = []
        for row in rows.fetchall():
            entry = _decode(row)
            if entry is None:
                damaged.append(row)
            else:
                yield entry
        self._drop(damaged)


def fuller_embedder(database: Database, *, than: str) -> str:
    """Return another embedder that has indexed more papers than this one; "" if none has."""
    row = database.connection.execute(
        "SELECT v.embedder FROM chunk_vectors AS v JOIN papers ON papers.id = v.paper "
        "WHERE v.text_hash = papers.text_hash GROUP BY v.embedder "
        "ORDER BY COUNT(*) DESC, v.embedder != ? LIMIT 1",
        (than,),
    ).fetchone()
    return row["embedder"] if row and row["embedder"] != than else ""


def _decode(row: sqlite3.Row) -> Entry | None:
    """Return a row's entry; None if its sentences or vectors are damaged."""
    try:
        sentences = parse_strings(row["sentences"])
        flat = np.frombuffer(row["vectors"], dtype=np.float16)
        vectors = flat.reshape(1 + len(sentences), -1).astype(np.float32)
    except (ValueError, TypeError):
        return None
    if not vectors.size or not _are_unit(vectors).all():
        return None
    return Entry(row["paper_id"], row["text_hash"], sentences, vectors)
