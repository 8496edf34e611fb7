"""The catalogue: SQLite, the truth about papers."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.resources import files

from rag.database import Database
from rag.keywords import keyword_text
from rag.merge import merge
from rag.records import Coverage, Paper, chunk_id_of, title_key
from rag.timespan import Window

_DAY = "COALESCE(featured_on, published_on)"
SQL_VARIABLES = 500  # ids in one IN (...): far below SQLite's limit


@dataclass(frozen=True, slots=True)
class Upserted:
    """How many papers of a batch were new, changed something, or were known already."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: "Upserted") -> "Upserted":
        return Upserted(
            self.new + other.new, self.changed + other.changed, self.unchanged + other.unchanged
        )


class Catalog:
    """Papers by id, by day and by title; every write is one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database
        database.migrate("rag", files("rag") / "schema")

    # -- writing ---------------------------------------------------------------------------

    def upsert(self, papers: Iterable[Paper]) -> Upserted:
        """Bring papers in; sightings of a known paper are merged into it."""
        total = Upserted()
        with self.database.transaction() as db:
            for paper in papers:
                total += self._upsert_one(db, paper)
        return total

    def _upsert_one(self, db: sqlite3.Connection, seen: Paper) -> Upserted:
        rows = self._sightings(db, seen)
        if not rows:
            self._write(db, None, seen)
            return Upserted(new=1)
        keep, known = rows[0], paper_of(rows[0])
        merged = known
        for row in rows[1:]:  # the title:… record of a paper whose arXiv id is now known
            merged = merge(paper_of(row), merged)
            self._forget(db, row)
        merged = merge(merged, seen)
        featured = self._note_featured(db, keep["id"], seen.featured_on)
        if merged == known and len(rows) == 1:
            return Upserted(changed=1) if featured else Upserted(unchanged=1)
        self._write(db, keep, merged)
        return Upserted(changed=1)

    def _sightings(self, db: sqlite3.Connection, seen: Paper) -> list[sqlite3.Row]:
        """Return the records that are this paper, the one to keep first."""
        same_title = db.execute(
            "SELECT * FROM papers WHERE title_key = ? ORDER BY id", (title_key(seen.title),)
        ).fetchall()
        if seen.arxiv_id is None:
            # The same title on the same day is the surest; without a day any will do.
            same_title.sort(key=lambda r: r["published_on"] != _iso(seen.published_on))
            return same_title[:1]
        by_id = db.execute("SELECT * FROM papers WHERE arxiv_id = ?", (seen.arxiv_id,)).fetchall()
        return by_id + [row for row in same_title if row["arxiv_id"] is None]

    def _write(self, db: sqlite3.Connection, row: sqlite3.Row | None, paper: Paper) -> None:
        values = _columns(paper)
        values["updated_at"] = datetime.now(UTC).isoformat(timespec="seconds")
        if row is None:
            values["first_seen_at"] = values["updated_at"]
            names = ", ".join(values)
            marks = ", ".join(f":{name}" for name in values)
            cursor = db.execute(f"INSERT INTO papers ({names}) VALUES ({marks})", values)
            number = cursor.lastrowid
            self._note_featured(db, number, paper.featured_on)
        else:
            number = row["id"]
            if (row["paper_id"], row["text_hash"]) != (paper.paper_id, paper.text_hash):
                self._make_stale(db, row)
            pairs = ", ".join(f"{name} = :{name}" for name in values)
            db.execute(f"UPDATE papers SET {pairs} WHERE id = :id", values | {"id": number})
        if row is None or row["text_hash"] != paper.text_hash:
            db.execute("DELETE FROM keyword_index WHERE rowid = ?", (number,))
            db.execute(
                "INSERT INTO keyword_index (rowid, terms) VALUES (?, ?)",
                (number, keyword_text(paper.title, paper.abstract)),
            )

    def _note_featured(self, db: sqlite3.Connection, number: int | None, day: date | None) -> bool:
        """Note a featured day; True if it was not known."""
        if day is None:
            return False
        cursor = db.execute(
            "INSERT OR IGNORE INTO featured_days (day, paper) VALUES (?, ?)", (_iso(day), number)
        )
        return cursor.rowcount > 0

    def _make_stale(self, db: sqlite3.Connection, row: sqlite3.Row) -> None:
        """Note the chunks of the old text for deletion from the index and drop its vectors."""
        old = db.execute(
            "SELECT sentences FROM chunk_vectors WHERE paper = ?", (row["id"],)
        ).fetchone()
        if old is None:
            return
        count = len(json.loads(old["sentences"])) + 1
        db.executemany(
            "INSERT OR IGNORE INTO stale_chunks VALUES (?)",
            [(chunk_id_of(row["paper_id"], index),) for index in range(count)],
        )
        db.execute("DELETE FROM chunk_vectors WHERE paper = ?", (row["id"],))

    def _forget(self, db: sqlite3.Connection, row: sqlite3.Row) -> None:
        self._make_stale(db, row)
        db.execute("DELETE FROM keyword_index WHERE rowid = ?", (row["id"],))
        db.execute("DELETE FROM papers WHERE id = ?", (row["id"],))

    def set_aside(self, source: str, record: str, reason: str) -> None:
        """Note a record that did not fit."""
        with self.database.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO set_aside VALUES (?, ?, ?, ?)",
                (source, record, reason, datetime.now(UTC).isoformat(timespec="seconds")),
            )

    # -- reading ---------------------------------------------------------------------------

    def papers(self, window: Window | None = None) -> list[Paper]:
        """Return the papers of a window of days, newest first.

        Without a window all papers, undated ones last.
        """
        day, condition, values = _condition(window or Window())
        rows = self.database.connection.execute(
            f"SELECT * FROM papers WHERE {condition} ORDER BY {day} DESC NULLS LAST, "
            "upvotes DESC NULLS LAST, id",
            values,
        )
        return [paper_of(row) for row in rows]

    def get(self, paper_ids: Sequence[str]) -> dict[str, Paper]:
        """Return the papers that exist among these ids."""
        found: dict[str, Paper] = {}
        for start in range(0, len(paper_ids), SQL_VARIABLES):
            some = list(paper_ids[start : start + SQL_VARIABLES])
            marks = ",".join("?" * len(some))
            for row in self.database.connection.execute(
                f"SELECT * FROM papers WHERE paper_id IN ({marks})", some
            ):
                found[row["paper_id"]] = paper_of(row)
        return found

    def ids_in_window(self, window: Window) -> set[str] | None:
        """Return the ids of a window of days, or None where it is open at both ends."""
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
            (_iso(day),),
        )
        return [paper_of(row) for row in rows]

    def last_featured_day(self) -> date | None:
        """Return the newest day of which Daily Papers are known."""
        row = self.database.connection.execute("SELECT MAX(day) AS day FROM featured_days")
        return _date(row.fetchone()["day"])

    def newest(self, count: int) -> list[Paper]:
        """Return the newest papers by publication."""
        rows = self.database.connection.execute(
            "SELECT * FROM papers WHERE published_on IS NOT NULL "
            "ORDER BY published_on DESC, id LIMIT ?",
            (count,),
        )
        return [paper_of(row) for row in rows]

    def papers_by_day(self, count: int) -> list[Paper]:
        """Return the papers of the newest days, most upvoted first."""
        rows = self.database.connection.execute(
            f"SELECT * FROM papers ORDER BY {_DAY} DESC NULLS LAST, upvotes DESC NULLS LAST, id "
            "LIMIT ?",
            (count,),
        )
        return [paper_of(row) for row in rows]

    def coverage(self) -> Coverage:
        """Return how many papers there are and between which days."""
        row = self.database.connection.execute(
            f"SELECT COUNT(*) AS n, MIN({_DAY}) AS first, MAX({_DAY}) AS last, "
            f"COUNT(*) - COUNT({_DAY}) AS undated FROM papers"
        ).fetchone()
        return Coverage(row["n"], _date(row["first"]), _date(row["last"]), row["undated"])


def paper_of(row: sqlite3.Row) -> Paper:
    """Return the Paper that a row of `papers` holds."""
    return Paper(
        title=row["title"],
        abstract=row["abstract"],
        abstract_source=row["abstract_source"],
        arxiv_id=row["arxiv_id"],
        authors=tuple(json.loads(row["authors"])),
        author_count=row["author_count"],
        organization=row["organization"],
        published_on=_date(row["published_on"]),
        featured_on=_date(row["featured_on"]),
        upvotes=row["upvotes"],
        comment_count=row["comment_count"],
        tldr=row["tldr"],
        keywords=tuple(json.loads(row["keywords"])),
        code_url=row["code_url"],
        project_url=row["project_url"],
    )


def _columns(paper: Paper) -> dict[str, object]:
    return {
        "paper_id": paper.paper_id,
        "arxiv_id": paper.arxiv_id,
        "title": paper.title,
        "title_key": title_key(paper.title),
        "abstract": paper.abstract,
        "abstract_source": paper.abstract_source,
        "authors": json.dumps(paper.authors, ensure_ascii=False),
        "author_count": paper.author_count,
        "organization": paper.organization,
        "published_on": _iso(paper.published_on),
        "featured_on": _iso(paper.featured_on),
        "upvotes": paper.upvotes,
        "comment_count": paper.comment_count,
        "tldr": paper.tldr,
        "keywords": json.dumps(paper.keywords, ensure_ascii=False),
        "code_url": paper.code_url,
        "project_url": paper.project_url,
        "text_hash": paper.text_hash,
    }


def _condition(window: Window) -> tuple[str, str, list[str]]:
    """Return the day's expression, the condition on it, and the condition's values."""
    day = "published_on" if window.by == "published" else _DAY
    conditions, values = [], []
    if window.since is not None:
        conditions.append(f"{day} >= ?")
        values.append(window.since.isoformat())
    if window.until is not None:
        conditions.append(f"{day} <= ?")
        values.append(window.until.isoformat())
    return day, " AND ".join(conditions) or "1", values


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
