"""The catalogue of papers in SQLite: what everything else is computed from."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from itertools import zip_longest

from rag.records import Coverage, Paper, Window
from rag.store.database import Database
from rag.store.keywords import is_damaged, last_change, rebuild
from rag.store.rows import format_day, is_intact, papers_from_rows, parse_day, read_paper
from rag.store.upsert import UpsertCounts, upsert_paper

_DAY = "COALESCE(featured_on, published_on)"
SQL_VARIABLES = 500  # ids per IN (...): far below SQLite's limit


class Catalog:
    """Papers by id, by day and by title; every write is one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._counted: tuple[int, Coverage] | None = None  # after which change

    # -- writing ---------------------------------------------------------------------------

    def upsert(
        self,
        papers: Iterable[Paper],
        *,
        seen_at: datetime | None = None,
        records: Iterable[bytes | None] = (),
    ) -> UpsertCounts:
        """Insert papers; merge a known paper into its row.

        `seen_at` is when the source described them, with a time zone; by default now. `records` has
        the hash of each paper's record, where it has one, for `known_records`.
        """
        at = (seen_at or datetime.now(UTC)).astimezone(UTC)
        batch = list(zip_longest(papers, records))
        try:
            return self._upsert(batch, at)
        except sqlite3.OperationalError as error:
            if not (is_damaged(error) and rebuild(self.database)):
                raise
        return self._upsert(batch, at)

    def _upsert(self, batch: Sequence[tuple[Paper, bytes | None]], at: datetime) -> UpsertCounts:
        total = UpsertCounts()
        with self.database.transaction() as db:
            for paper, record in batch:
                total += upsert_paper(db, paper, at, record)
        return total

    def known_records(self, records: Sequence[bytes]) -> dict[bytes, Paper]:
        """Return the records, of at most SQL_VARIABLES, whose papers agree with them, by hash.

        Papers that are damaged agree with no record.
        """
        rows = self.database.connection.execute(
            "SELECT record, papers.* FROM read_records JOIN papers ON papers.id = paper "
            f"WHERE record IN ({','.join('?' * len(records))})",
            list(records),
        )
        return {
            row["record"]: paper
            for row in rows
            if (paper := read_paper(row)) and paper.text_hash == row["text_hash"]
        }

    def set_aside(self, source: str, records: Iterable[tuple[str, str]]) -> None:
        """Replace a source's list of records that do not fit: (record, reason)."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        with self.database.transaction() as db:
            db.execute("DELETE FROM set_aside WHERE source = ?", (source,))
            db.executemany(
                "INSERT OR REPLACE INTO set_aside VALUES (?, ?, ?, ?)",
                [(source, record, reason, at) for record, reason in records],
            )

    def mark_title_searched(self, paper_id: str, at: datetime) -> None:
        """Store when a search for a paper's title found nothing."""
        with self.database.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO searched_titles "
                "SELECT id, ? FROM papers WHERE paper_id = ?",
                (at.astimezone(UTC).isoformat(timespec="seconds"), paper_id),
            )

    # -- reading ---------------------------------------------------------------------------

    def papers(self, window: Window | None = None) -> list[Paper]:
        """Return the papers of a window, or all papers; newest first, undated ones last."""
        day, condition, values = _condition(window or Window())
        rows = self.database.connection.execute(
            f"SELECT * FROM papers WHERE {condition} ORDER BY {day} DESC NULLS LAST, "
            "upvotes DESC NULLS LAST, id",
            values,
        )
        return papers_from_rows(rows)

    def get(self, paper_ids: Sequence[str]) -> dict[str, Paper]:
        """Return the papers with these ids, by id; unknown ids are left out."""
        found: dict[str, Paper] = {}
        for start in range(0, len(paper_ids), SQL_VARIABLES):
            batch = list(paper_ids[start : start + SQL_VARIABLES])
            marks = ",".join("?" * len(batch))
            for row in self.database.connection.execute(
                f"SELECT * FROM papers WHERE paper_id IN ({marks})", batch
            ):
                if paper := read_paper(row):
                    found[row["paper_id"]] = paper
        return found

    def ids_in_window(self, window: Window) -> set[str] | None:
        """Return the ids of the papers in a window, or None if it is open at both ends."""
        if window.since is None and window.until is None:
            return None
        _, condition, values = _condition(window)
        rows = self.database.connection.execute(
            f"SELECT paper_id FROM papers WHERE {condition}", values
        )
        return {row["paper_id"] for row in rows}

    def featured(self, day: date) -> list[Paper]:
        """Return the Daily Papers of a day, most upvoted first."""
        rows = self.database.connection.execute(
            "SELECT papers.* FROM papers JOIN featured_days ON paper = id WHERE day = ? "
            "ORDER BY upvotes DESC NULLS LAST, id",
            (format_day(day),),
        )
        return papers_from_rows(rows)

    def last_featured_day(self) -> date | None:
        """Return the newest day with known Daily Papers."""
        row = self.database.connection.execute(
            "SELECT day FROM featured_days WHERE date(day) IS day ORDER BY day DESC LIMIT 1"
        ).fetchone()
        return parse_day(row["day"]) if row else None

    def latest_published(self, count: int) -> list[Paper]:
        """Return the papers published last, newest first."""
        rows = self.database.connection.execute(
            "SELECT * FROM papers WHERE published_on IS NOT NULL "
            "ORDER BY published_on DESC, id LIMIT ?",
            (count,),
        )
        return papers_from_rows(rows)

    def latest_papers(self, count: int) -> list[Paper]:
        """Return the papers of the newest days; within a day, most upvoted first."""
        rows = self.database.connection.execute(
            f"SELECT * FROM papers ORDER BY {_DAY} DESC NULLS LAST, upvotes DESC NULLS LAST, id "
            "LIMIT ?",
            (count,),
        )
        return papers_from_rows(rows)

    def upvote_history(self, paper_id: str) -> list[tuple[datetime, int]]:
        """Return the changes of a paper's upvotes: (time in UTC, upvotes), oldest first."""
        rows = self.database.connection.execute(
            "SELECT upvotes.seen_at, upvotes.upvotes FROM upvotes JOIN papers ON paper = id "
            "WHERE paper_id = ? ORDER BY upvotes.seen_at",
            (paper_id,),
        )
        return [(datetime.fromisoformat(row["seen_at"]), row["upvotes"]) for row in rows]

    def without_arxiv_id(self, *, not_searched_since: datetime, count: int) -> list[Paper]:
        """Return papers without a known arXiv id, those never searched for first."""
        rows = self.database.connection.execute(
            "SELECT papers.* FROM papers LEFT JOIN searched_titles ON paper = id "
            "WHERE arxiv_id IS NULL AND (searched_at IS NULL OR searched_at < ?) "
            "ORDER BY searched_at NULLS FIRST, id LIMIT ?",
            (not_searched_since.astimezone(UTC).isoformat(timespec="seconds"), count),
        )
        return papers_from_rows(rows)

    def all_set_aside(self) -> list[tuple[str, str, str]]:
        """Return the records that do not fit: (source, record, reason)."""
        rows = self.database.connection.execute(
            "SELECT source, record, reason FROM set_aside ORDER BY source, record"
        )
        return [tuple(row) for row in rows]

    def coverage(self) -> Coverage:
        """Return the number of papers and the days that they cover.

        Every answer gives them, so they are counted again only after a change.
        """
        change = last_change(self.database)
        counted = self._counted
        if counted is None or counted[0] != change:
            try:
                counted = change, self._coverage(_DAY)
            except (ValueError, TypeError):  # a damaged day; leaving those out takes longer
                day = f"CASE WHEN date({_DAY}) IS {_DAY} THEN {_DAY} END"
                counted = change, self._coverage(day)
            self._counted = counted
        return counted[1]

    def _coverage(self, day: str) -> Coverage:
        row = self.database.connection.execute(
            f"SELECT COUNT(*) AS n, MIN({day}) AS first, MAX({day}) AS last, "
            f"COUNT(*) - COUNT({day}) AS undated FROM papers"
        ).fetchone()
        return Coverage(row["n"], parse_day(row["first"]), parse_day(row["last"]), row["undated"])

    def damaged(self) -> list[str]:
        """Read every paper; return the ids of those that are not as they were stored."""
        rows = self.database.connection.execute("SELECT * FROM papers")
        return [str(row["paper_id"]) for row in rows if not is_intact(row)]


def _condition(window: Window) -> tuple[str, str, list[str]]:
    """Return the SQL expression of a paper's day, a condition on it, and the condition's values."""
    day = "published_on" if window.by == "published" else _DAY
    conditions, values = [], []
    if window.since is not None:
        conditions.append(f"{day} >= ?")
        values.append(window.since.isoformat())
    if window.until is not None:
        conditions.append(f"{day} <= ?")
        values.append(window.until.isoformat())
    return day, " AND ".join(conditions) or "1", values
