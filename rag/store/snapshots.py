"""Keeps a snapshot of the papers that follows the catalogue, whichever process writes to it.

Nearly all papers are in one large segment, which a file keeps from run to run. Those that changed
since are in small segments beside it, and the next start puts all into a new file. Triggers in
SQLite number the changes, so that following costs as much as what changed, not as there is.
"""

import logging
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from rag.store.database import Database
from rag.store.keywords import KeywordIndex, changed_since, is_damaged, last_change, rebuild
from rag.store.rows import parse_day
from rag.store.segment_file import read_segment, write_segment
from rag.store.segments import IndexedPaper, Segment, build_segment, merge_segments
from rag.store.snapshot import Mask, Snapshot, best
from rag.text.words import terms

log = logging.getLogger(__name__)

FILE = "papers.npz"
MAX_SMALL = 4_096  # papers of a small segment: what a search may have to wait for, at most
MAX_CHANGED = 1_000  # papers beside the large segment before the next start makes a new one …
MAX_CHANGED_SHARE = 0.05  # … or this share of all papers, if that is more
ROWS_PER_QUERY = 500
MAX_READ = 200  # papers with all words of a phrase whose texts are read; among more, FTS5 searches

_SELECT = (
    "SELECT papers.id, paper_id, COALESCE(featured_on, published_on) AS day, published_on, terms, "
    "CASE WHEN v.text_hash = papers.text_hash AND json_valid(sentences) THEN "
    "substr(vectors, 1, length(vectors) / (json_array_length(sentences) + 1)) END AS vector "
    "FROM papers LEFT JOIN keyword_index ON keyword_index.rowid = papers.id "
    "LEFT JOIN chunk_vectors AS v ON v.paper = papers.id AND v.embedder = ?"
)


class Snapshots:
    """The current snapshot of a catalogue, with the vectors of one embedder. Thread-safe."""

    def __init__(
        self,
        database: Database,
        *,
        embedder: str,
        folder: Path | None,
        may_store: Callable[[], bool] = lambda: True,
    ) -> None:
        """Nothing is read yet. Without a folder nothing is kept from run to run.

        `may_store` tells whether this process may write the file, which is one process's.
        """
        self.database = database
        self.embedder = embedder
        self.path = folder / FILE if folder else None
        self.may_store = may_store
        self._lock = Lock()
        self._snapshot: Snapshot | None = None

    def current(self) -> Snapshot:
        """Return the papers as they are now."""
        snapshot = self._snapshot
        if snapshot is not None and last_change(self.database) == snapshot.change:
            return snapshot
        with self._lock:
            try:
                self._snapshot = self._following(self._snapshot or self._opened())
            except sqlite3.OperationalError as error:
                if not (is_damaged(error) and rebuild(self.database)):
                    raise
                self._snapshot = self._following(self._snapshot or self._opened())
            return self._snapshot

    # -- the file ----------------------------------------------------------------------------

    def _opened(self) -> Snapshot:
        """Return the snapshot of the file; if it is unusable or too old, a new one."""
        stored = self._stored()
        if stored is not None:
            changed = changed_since(self.database, stored.change)
            if len(changed) <= max(MAX_CHANGED, MAX_CHANGED_SHARE * stored.paper_count):
                return stored
        with self._reading():
            change = last_change(self.database)
            segment = build_segment(self._all_papers())
        self._store(segment, change)
        return _whole(segment, change)

    def _stored(self) -> Snapshot | None:
        row = self.database.connection.execute(
            "SELECT token, change FROM derived_files WHERE name = ?", (self._name,)
        ).fetchone()
        if not row or self.path is None or row["change"] > last_change(self.database):
            return None
        segment = read_segment(self.path, token=row["token"])
        return _whole(segment, row["change"]) if segment else None

    def _store(self, segment: Segment, change: int) -> None:
        """Write the file, then its token: after a kill in between, the file is made anew."""
        if self.path is None or not self.may_store():
            return
        token = secrets.token_hex(16)
        try:
            write_segment(self.path, segment, token=token)
            with self.database.transaction() as db:
                db.execute(
                    "INSERT OR REPLACE INTO derived_files VALUES (?, ?, ?)",
                    (self._name, token, change),
                )
        except (OSError, sqlite3.OperationalError) as error:
            log.warning("%s cannot be written (%s): the next start is slower", self.path, error)

    @property
    def _name(self) -> str:
        return f"{FILE} of {self.embedder}"

    # -- following ---------------------------------------------------------------------------

    def _following(self, snapshot: Snapshot) -> Snapshot:
        """Return the snapshot with the papers that changed since."""
        with self._reading():
            change = last_change(self.database)
            if change == snapshot.change:
                return snapshot
            changed = changed_since(self.database, snapshot.change)
            news = build_segment(self._papers_with(changed))
        gone = np.isin(snapshot.numbers, np.array(changed, dtype=np.int64))
        segments, first = [], 0
        for segment, current in snapshot.segments:
            segments.append((segment, current & ~gone[first : first + len(segment.ids)]))
            first += len(segment.ids)
        segments.append((news, np.ones(len(news.ids), dtype=np.bool_)))
        return Snapshot(_compact(segments), change=change)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """See the catalogue as it is at one moment."""
        connection = self.database.connection
        if connection.in_transaction:
            yield
            return
        connection.execute("BEGIN")
        try:
            yield
        finally:
            if connection.in_transaction:  # SQLite ends it itself after some faults
                connection.execute("COMMIT")

    def _all_papers(self) -> Iterator[IndexedPaper]:
        """Yield all papers in the order of their numbers."""
        last = -1
        while rows := self._rows("papers.id > ? ORDER BY papers.id LIMIT ?", last, ROWS_PER_QUERY):
            yield from map(_paper, rows)
            last = rows[-1]["id"]

    def _papers_with(self, numbers: Sequence[int]) -> Iterator[IndexedPaper]:
        """Yield the papers that there are with these numbers, in their order."""
        wanted = sorted(numbers)
        for start in range(0, len(wanted), ROWS_PER_QUERY):
            batch = wanted[start : start + ROWS_PER_QUERY]
            marks = ",".join("?" * len(batch))
            yield from map(_paper, self._rows(f"papers.id IN ({marks}) ORDER BY papers.id", *batch))

    def _rows(self, condition: str, *values: object) -> list[sqlite3.Row]:
        query = f"{_SELECT} WHERE {condition}"
        return self.database.connection.execute(query, [self.embedder, *values]).fetchall()


class LiveKeywords(KeywordIndex):
    """A keyword index whose counts are those of the current snapshot."""

    def __init__(self, snapshots: Snapshots) -> None:
        super().__init__(snapshots.database)
        self.snapshots = snapshots

    def document_counts(self, query_terms: Iterable[str]) -> dict[str, int]:
        """Return how many papers contain each term."""
        papers = self.snapshots.current()
        return {term: papers.document_count(term) for term in dict.fromkeys(query_terms)}

    def paper_count(self) -> int:
        """Return the number of papers."""
        return self.snapshots.current().paper_count

    def papers_with_all(self, query_terms: Iterable[str]) -> set[str]:
        """Return the ids of all papers that contain every one of these terms."""
        papers = self.snapshots.current()
        return {papers.ids[place] for place in papers.places_with_all(query_terms)}

    def papers_with_any(self, query_terms: Iterable[str]) -> list[str]:
        """Return the ids of all papers that contain one of these terms, best first."""
        papers = self.snapshots.current()
        return [papers.ids[p] for p in best(papers.bm25(query_terms), len(papers.ids))]

    def count_phrase(self, phrase: str, limit: int) -> int:
        """Return how many papers contain the terms of a phrase in a row, counting up to a limit."""
        in_order = terms(phrase.replace("-", " "))
        papers = self.snapshots.current()
        places = papers.places_with_all(in_order)
        if not in_order or len(places) > MAX_READ:
            return super().count_phrase(phrase, limit)
        wanted = f" {' '.join(in_order)} "
        texts = self.ordered_terms([papers.ids[place] for place in places])
        return min(limit, sum(wanted in f" {text} " for text in texts.values()))


def _whole(segment: Segment, change: int) -> Snapshot:
    return Snapshot([(segment, np.ones(len(segment.ids), dtype=np.bool_))], change=change)


def _compact(segments: list[tuple[Segment, Mask]]) -> list[tuple[Segment, Mask]]:
    """Return the segments with the last ones merged, as far as they remain small."""
    while len(segments) > 2:
        last = segments[-2:]
        before, after = (int(current.sum()) for _, current in last)
        if before + after > MAX_SMALL or before > 2 * after:  # so each paper is merged few times
            break
        merged = merge_segments(last)
        segments[-2:] = [(merged, np.ones(len(merged.ids), dtype=np.bool_))]
    return segments


def _paper(row: sqlite3.Row) -> IndexedPaper:
    return IndexedPaper(
        row["id"],
        str(row["paper_id"]),
        _day(row["day"]),
        _day(row["published_on"]),
        str(row["terms"] or ""),
        _vector(row["vector"]),
    )


def _day(stored: str | None) -> date | None:
    """Return a stored day; None if there is none or it is damaged."""
    try:
        return parse_day(stored)
    except (ValueError, TypeError):
        return None


def _vector(stored: object) -> NDArray[np.float16] | None:
    """Return a stored vector; None if there is none or it is damaged."""
    if not isinstance(stored, bytes) or not stored or len(stored) % 2:
        return None
    vector = np.frombuffer(stored, dtype=np.float16)
    return vector if np.isfinite(vector).all() else None
