"""A sighting of a paper → the catalogue: new, merged into what is known, or nothing new.

Everything here happens inside the caller's transaction.
"""

import json
import sqlite3
from dataclasses import dataclass, replace
from datetime import date, datetime

from rag.records import Paper, chunk_id_of, title_key
from rag.store.keywords import keyword_text
from rag.store.rows import columns_of, iso, paper_of


def merge(known: Paper, seen: Paper) -> Paper:
    """Return what is known of a paper after it was seen once more.

    The later sighting wins field by field where it says anything, with three exceptions: a
    summary written for this project never displaces anything from a real source, title and
    abstract come from who knows the arXiv id (a saved page can cut them off), and the first
    featured day stays.
    """
    newer, older = seen, known
    if seen.abstract_source == "summary" and known.abstract_source == "abstract":
        newer, older = known, seen
    surer = older.arxiv_id and not newer.arxiv_id and older.abstract_source == "abstract"
    text = older if surer or not newer.abstract else newer
    days = [p.featured_on for p in (known, seen) if p.featured_on]
    return replace(
        newer,
        title=text.title,
        abstract=text.abstract,
        abstract_source=text.abstract_source,
        arxiv_id=newer.arxiv_id or older.arxiv_id,
        authors=newer.authors or older.authors,
        featured_on=min(days, default=None),
        keywords=newer.keywords or older.keywords,
        **{
            name: getattr(newer, name) if getattr(newer, name) is not None else getattr(older, name)
            for name in (
                "author_count", "organization", "published_on", "upvotes",
                "comment_count", "tldr", "code_url", "project_url",
            )
        },
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Upserted:
    """How many papers of a batch were new, changed something, or were known already.

    `recounted`: of how many known ones the upvotes changed.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    recounted: int = 0

    def __add__(self, other: "Upserted") -> "Upserted":
        return Upserted(
            self.new + other.new,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.recounted + other.recounted,
        )


def bring_in(db: sqlite3.Connection, seen: Paper, seen_at: datetime) -> Upserted:
    """Bring one sighting in."""
    rows = _same_paper(db, seen)
    if not rows:
        _insert(db, seen, seen_at)
        return Upserted(new=1)
    keep, known = rows[0], paper_of(rows[0])
    merged = known
    for row in rows[1:]:  # the title:… record of a paper whose arXiv id is now known
        merged = merge(paper_of(row), merged)
        _move_history(db, row["id"], keep["id"])
        _forget(db, row)
    merged = merge(merged, seen)
    featured = _note_featured(db, keep["id"], seen.featured_on)
    recounted = int(merged.upvotes != known.upvotes)
    if merged == known and len(rows) == 1:
        return Upserted(changed=1) if featured else Upserted(unchanged=1)
    _update(db, keep, merged, seen_at)
    return Upserted(changed=1, recounted=recounted)


def _same_paper(db: sqlite3.Connection, seen: Paper) -> list[sqlite3.Row]:
    """Return the records that are this paper, the one to keep first."""
    key = title_key(seen.title)
    same_title = db.execute(
        "SELECT * FROM papers WHERE title_key = ? OR id IN "
        "(SELECT paper FROM old_titles WHERE title_key = ?) ORDER BY id",
        (key, key),
    ).fetchall()
    if seen.arxiv_id is None:
        # Today's title is surer than a former one, and the same day surer than another.
        same_title.sort(
            key=lambda r: (r["title_key"] != key, r["published_on"] != iso(seen.published_on))
        )
        return same_title[:1]
    by_id = db.execute("SELECT * FROM papers WHERE arxiv_id = ?", (seen.arxiv_id,)).fetchall()
    return by_id + [row for row in same_title if row["arxiv_id"] is None]


def _insert(db: sqlite3.Connection, paper: Paper, seen_at: datetime) -> None:
    at = seen_at.isoformat(timespec="seconds")
    values = columns_of(paper) | {"first_seen_at": at, "updated_at": at}
    names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
    number = db.execute(f"INSERT INTO papers ({names}) VALUES ({marks})", values).lastrowid
    assert number is not None
    _note_featured(db, number, paper.featured_on)
    _note_upvotes(db, number, paper.upvotes, at)
    _write_terms(db, number, paper)


def _update(db: sqlite3.Connection, row: sqlite3.Row, paper: Paper, seen_at: datetime) -> None:
    number, at = row["id"], seen_at.isoformat(timespec="seconds")
    values = columns_of(paper) | {"updated_at": at}
    if (row["paper_id"], row["text_hash"]) != (paper.paper_id, paper.text_hash):
        _make_stale(db, row)
    if row["title_key"] != values["title_key"]:
        db.execute("INSERT OR IGNORE INTO old_titles VALUES (?, ?)", (row["title_key"], number))
    if row["upvotes"] != paper.upvotes:
        _note_upvotes(db, number, paper.upvotes, at)
    pairs = ", ".join(f"{name} = :{name}" for name in values)
    db.execute(f"UPDATE papers SET {pairs} WHERE id = :id", values | {"id": number})
    if row["text_hash"] != paper.text_hash:
        db.execute("DELETE FROM keyword_index WHERE rowid = ?", (number,))
        _write_terms(db, number, paper)


def _write_terms(db: sqlite3.Connection, number: int, paper: Paper) -> None:
    db.execute(
        "INSERT INTO keyword_index (rowid, terms) VALUES (?, ?)",
        (number, keyword_text(paper.title, paper.abstract)),
    )


def _note_featured(db: sqlite3.Connection, number: int, day: date | None) -> bool:
    """Note a featured day; True if it was not known."""
    if day is None:
        return False
    cursor = db.execute(
        "INSERT OR IGNORE INTO featured_days (day, paper) VALUES (?, ?)", (iso(day), number)
    )
    return cursor.rowcount > 0


def _note_upvotes(db: sqlite3.Connection, number: int, upvotes: int | None, at: str) -> None:
    if upvotes is not None:
        db.execute("INSERT OR REPLACE INTO upvotes VALUES (?, ?, ?)", (number, at, upvotes))


def _move_history(db: sqlite3.Connection, old: int, new: int) -> None:
    """Hand over what is known of a record that turns out to be the same paper as another."""
    for table in ("featured_days", "upvotes", "old_titles"):
        db.execute(f"UPDATE OR IGNORE {table} SET paper = ? WHERE paper = ?", (new, old))
    db.execute(
        "INSERT OR IGNORE INTO old_titles SELECT title_key, ? FROM papers WHERE id = ?", (new, old)
    )
    db.execute(
        "UPDATE papers SET first_seen_at = MIN(first_seen_at, "
        "(SELECT first_seen_at FROM papers WHERE id = ?)) WHERE id = ?",
        (old, new),
    )


def _make_stale(db: sqlite3.Connection, row: sqlite3.Row) -> None:
    """Note the chunks of the old text for deletion from the index and drop its vectors."""
    old = db.execute("SELECT sentences FROM chunk_vectors WHERE paper = ?", (row["id"],)).fetchone()
    if old is None:
        return
    count = len(json.loads(old["sentences"])) + 1
    db.executemany(
        "INSERT OR IGNORE INTO stale_chunks VALUES (?)",
        [(chunk_id_of(row["paper_id"], index),) for index in range(count)],
    )
    db.execute("DELETE FROM chunk_vectors WHERE paper = ?", (row["id"],))


def _forget(db: sqlite3.Connection, row: sqlite3.Row) -> None:
    _make_stale(db, row)
    db.execute("DELETE FROM keyword_index WHERE rowid = ?", (row["id"],))
    db.execute("DELETE FROM papers WHERE id = ?", (row["id"],))
