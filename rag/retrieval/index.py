"""The index: every paper's sentences and vectors in SQLite, and the same vectors in Chroma.

SQLite is written first and Chroma follows. A kill between the two loses nothing: the next process
catches up.
"""

import contextlib
import json
import logging
import operator
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from threading import RLock

import numpy as np

from rag.errors import VectorServerError
from rag.records import Paper
from rag.retrieval import counts
from rag.retrieval.chroma import PROBES, ChunkVectors
from rag.retrieval.entry import (
    ESTIMATE,
    Entry,
    PaperVectors,
    SentenceVectors,
    Vectors,
    decode_entry,
    encode_vectors,
)
from rag.retrieval.paper_encoder import PaperEncoder
from rag.store.catalog import SQL_VARIABLES
from rag.store.database import Database
from rag.store.rows import is_intact, papers_from_rows
from rag.store.upsert import drop_vectors

log = logging.getLogger(__name__)

NAMED = 5  # papers whose ids a warning names
PAPERS_PER_CHROMA_BATCH = 500  # each with about ten chunks
PAPERS_BEFORE_PAUSE = 25  # given to Chroma before somebody who asks gets a turn
ENCODED_AT_ONCE = 24  # papers that are encoded for whoever reads entries, at most


class Index:
    """The entries of one embedder, by paper."""

    def __init__(
        self,
        database: Database,
        vectors: ChunkVectors,
        *,
        embedder: str,
        encoder: PaperEncoder | None = None,
    ) -> None:
        """Open the index; `encoder` encodes sentences that are due when somebody asks."""
        self.database = database
        self.vectors = vectors
        self.embedder = embedder
        self.encoder = encoder
        # Held while Chroma is made to follow SQLite: two threads that did so at once could each add
        # what the other has just deleted.
        self._following = RLock()

    # -- writing ---------------------------------------------------------------------------

    def pending(self, n: int) -> Iterator[list[Paper]]:
        """Yield the papers whose text has no vectors of this embedder yet, n at a time."""
        return self._windows(
            "papers LEFT JOIN chunk_vectors AS v ON v.paper = papers.id AND v.embedder = ? "
            "WHERE (v.paper IS NULL OR v.text_hash != papers.text_hash)",
            n,
        )

    def due(self, n: int) -> Iterator[list[Paper]]:
        """Yield those that can be found and whose sentences have no vectors, n at a time."""
        return self._windows(
            "chunk_vectors AS v JOIN papers ON papers.id = v.paper "
            "WHERE v.embedder = ? AND sentences_due > 0",
            n,
        )

    def _windows(self, papers: str, n: int) -> Iterator[list[Paper]]:
        """Yield papers in the order of their rows, without damaged ones, which stay as they are."""
        last = 0
        while rows := self.database.connection.execute(
            f"SELECT papers.* FROM {papers} AND papers.id > ? ORDER BY papers.id LIMIT ?",
            (self.embedder, last, n),
        ).fetchall():
            last = rows[-1]["id"]
            if window := papers_from_rows(filter(is_intact, rows)):
                yield window

    def pending_count(self) -> int:
        """Return how many papers have no vectors of this embedder yet."""
        row = self.database.connection.execute(
            "SELECT COUNT(*) - COALESCE(SUM(v.text_hash = papers.text_hash), 0) FROM papers "
            "LEFT JOIN chunk_vectors AS v ON v.paper = papers.id AND v.embedder = ?",
            (self.embedder,),
        ).fetchone()
        return int(row[0])

    def has_due(self) -> bool:
        """Return whether any paper's sentences are due; takes microseconds."""
        query = "SELECT 1 FROM chunk_vectors WHERE embedder = ? AND sentences_due > 0 LIMIT 1"
        return self.database.connection.execute(query, (self.embedder,)).fetchone() is not None

    def is_complete(self) -> bool:
        """Return whether all papers have the vectors of their abstract and their sentences."""
        return not self.has_due() and not self.pending_count()

    def sentence_counts(self) -> counts.SentenceCounts:
        """Return how many papers have the vectors of their sentences."""
        return counts.count_sentences(self.database, self.embedder)

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
            "INSERT INTO chunk_vectors "
            "(paper, text_hash, embedder, sentences, vectors, sentences_due) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (
                row["id"],
                entry.text_hash,
                self.embedder,
                json.dumps(entry.sentences, ensure_ascii=False),
                encode_vectors(entry.vectors),
                ESTIMATE if entry.is_estimate else entry.sentences_due,
            ),
        )

    def add_sentences(self, encoded: Sequence[SentenceVectors]) -> None:
        """Store sentences that were due, durably; `catch_up` adds them to Chroma.

        Those of a text that has changed meanwhile, or has its sentences already, are left out. An
        abstract that was encoded with them takes the place of its estimate.
        """
        with self.database.transaction() as db:
            for paper in encoded:
                row = db.execute(
                    "SELECT v.rowid AS number, vectors FROM chunk_vectors AS v "
                    "JOIN papers ON papers.id = v.paper WHERE v.embedder = ? AND sentences_due > 0 "
                    "AND paper_id = ? AND v.text_hash = ?",
                    (self.embedder, paper.paper_id, paper.text_hash),
                ).fetchone()
                if row:
                    abstract = row["vectors"]
                    if paper.abstract is not None:
                        abstract = encode_vectors(paper.abstract)
                    db.execute(
                        "UPDATE chunk_vectors SET sentences = ?, vectors = ?, sentences_due = 0, "
                        "stored = 0 WHERE rowid = ?",
                        (
                            json.dumps(paper.sentences, ensure_ascii=False),
                            abstract + encode_vectors(paper.vectors),
                            row["number"],
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

    def catch_up(self, *, pause: Callable[[], None] | None = None) -> None:
        """Delete stale chunks from Chroma and add the entries that only SQLite has.

        Estimates are left out: Chroma would have to forget each of them again. If another process
        writes to Chroma, or its server is down, that is done later.

        `pause` is called after every few papers, and may wait or raise.
        """
        if not self.vectors.is_writable:
            return
        with contextlib.suppress(VectorServerError):  # which is logged there
            while self._follow(PAPERS_BEFORE_PAUSE if pause else PAPERS_PER_CHROMA_BATCH):
                if pause:
                    pause()

    def _follow(self, n: int) -> bool:
        """Let Chroma have up to n papers more; return whether there were any."""
        with self._following:
            self._delete_stale()
            missing = list(self._entries("stored = 0 AND sentences_due < ? LIMIT ?", [ESTIMATE, n]))
            if not missing:
                return False
            chunk_ids = [chunk_id for entry in missing for chunk_id in entry.chunk_ids]
            self.vectors.add(chunk_ids, np.concatenate([entry.vectors for entry in missing]))
            with self.database.transaction() as db:
                db.executemany(
                    "UPDATE chunk_vectors SET stored = 1 WHERE embedder = ? AND text_hash = ? "
                    "AND paper = (SELECT id FROM papers WHERE paper_id = ?) "
                    "AND sentences_due = ?",
                    [
                        (self.embedder, entry.text_hash, entry.paper_id, entry.sentences_due)
                        for entry in missing
                    ],
                )
            return True

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
        self._drop(counts.rows_that_do_not_fit(self.database, self.embedder))
        with self._following:
            if not self.vectors.is_sound(self._probes()) or self._has_lost():
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

    def _has_lost(self) -> bool:
        """Return whether Chroma has fewer chunks than expected; more are merely stale."""
        expected = counts.stored_counts(self.database, self.embedder)
        return any(map(operator.lt, self.vectors.counts(), expected))

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
        """Return the entries of these papers by id; papers that are not indexed are left out.

        Of those whose sentences are due, the first ENCODED_AT_ONCE are encoded and stored now, as
        far as `encoding_for` leaves time; the sentences of the others have estimates.
        """
        found = self.stored_entries(paper_ids)
        due = [name for name in paper_ids if name in found and found[name].sentences_due]
        if self.encoder is None or not due:
            return found
        for encoded in self.encode_due(due):
            found[encoded.paper_id] = found[encoded.paper_id].completed(encoded)
        still = {name: found.pop(name) for name in due if found[name].sentences_due}
        for paper in papers_from_rows(self._rows(list(still))):
            found[paper.paper_id] = self.encoder.stand_in(paper, still[paper.paper_id])
        return found

    def encode_due(self, paper_ids: Sequence[str]) -> list[SentenceVectors]:
        """Encode the sentences of the first ENCODED_AT_ONCE papers, store and return them.

        After the seconds of `encoding_for`, the rest is left out.

        They are added to Chroma by whoever calls `catch_up` next, since that may take seconds.
        """
        if self.encoder is None:
            return []
        intact = filter(is_intact, self._rows(paper_ids[:ENCODED_AT_ONCE]))
        encoded = self.encoder.sentences_in_time(papers_from_rows(intact))
        try:
            self.add_sentences(encoded)
        except sqlite3.OperationalError as error:  # a full disk, or another program that writes
            log.warning("the sentences of %d papers were not stored: %s", len(encoded), error)
        return encoded

    def _rows(self, paper_ids: Sequence[str]) -> list[sqlite3.Row]:
        """Return the rows of these papers in the catalogue."""
        found: list[sqlite3.Row] = []
        for start in range(0, len(paper_ids), SQL_VARIABLES):
            batch = list(paper_ids[start : start + SQL_VARIABLES])
            marks = ",".join("?" * len(batch))
            found += self.database.connection.execute(
                f"SELECT * FROM papers WHERE paper_id IN ({marks})", batch
            )
        return found

    def stored_entries(self, paper_ids: Sequence[str]) -> dict[str, Entry]:
        """Return the entries of these papers by id as they are stored, which costs no time."""
        found: dict[str, Entry] = {}
        for start in range(0, len(paper_ids), SQL_VARIABLES):
            batch = list(paper_ids[start : start + SQL_VARIABLES])
            marks = ",".join("?" * len(batch))
            found |= {e.paper_id: e for e in self._entries(f"paper_id IN ({marks})", batch)}
        return found

    def vectors_of(self, numbers: Sequence[int], *, dimensions: int) -> "PaperVectors":
        """Return the vectors of the papers in these rows; those without any are left out."""
        found: dict[int, bytes] = {}
        due: set[int] = set()
        for start in range(0, len(numbers), SQL_VARIABLES):
            batch = [int(number) for number in numbers[start : start + SQL_VARIABLES]]
            rows = self.database.connection.execute(
                "SELECT paper, vectors, sentences_due FROM chunk_vectors "
                f"WHERE embedder = ? AND paper IN ({','.join('?' * len(batch))})",
                [self.embedder, *batch],
            )
            for row in rows:
                found[row["paper"]] = row["vectors"]
                if row["sentences_due"]:
                    due.add(row["paper"])
        read = PaperVectors.read(found, due, dimensions)
        if len(read.numbers) < len(found):
            damaged = set(found).difference(read.numbers.tolist())
            query = f"SELECT id, paper_id FROM papers WHERE id IN ({','.join('?' * len(damaged))})"
            self._drop(self.database.connection.execute(query, list(damaged)).fetchall())
        return read

    def _entries(self, condition: str, values: Sequence[object]) -> Iterator[Entry]:
        rows = self.database.connection.execute(
            "SELECT papers.id, paper_id, v.text_hash, sentences, vectors, sentences_due "
            "FROM chunk_vectors AS v "
            f"JOIN papers ON papers.id = v.paper WHERE v.embedder = ? AND {condition}",
            [self.embedder, *values],
        )
        damaged = []
        for row in rows.fetchall():
            entry = decode_entry(row)
            if entry is None:
                damaged.append(row)
            else:
                yield entry
        self._drop(damaged)
