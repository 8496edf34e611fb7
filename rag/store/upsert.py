"""A paper as a source describes it → the catalogue: new, merged with its row, or unchanged.

Everything here runs in the caller's transaction.
"""

import sqlite3
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from rag.records import Paper, chunk_id_of, title_key
from rag.store.keywords import keyword_text
from rag.store.rows import (
    format_day,
    format_time,
    is_intact,
    parse_strings,
    read_paper,
    row_from_paper,
)

ASSUMED_CHUNKS = 100  # of a paper whose list of sentences is damaged: more than almost any has


@dataclass(frozen=True, slots=True)
class UpsertCounts:
    """How many papers of a batch were new, changed, or unchanged.

    `recounted` is how many known papers have another number of upvotes.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    recounted: int = 0

    def __add__(self, other: "UpsertCounts") -> "UpsertCounts":
        return UpsertCounts(
            self.new + other.new,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.recounted + other.recounted,
        )


def upsert_paper(
    db: sqlite3.Connection, paper: Paper, seen_at: datetime, record: bytes | None = None
) -> UpsertCounts:
    """Insert a paper, or merge it into the row (or rows) of the same paper.

    `record` is the hash of the record that describes it: the paper now agrees with that record,
    until its row changes (a trigger forgets the record then).
    """
    counts, number = _upsert(db, paper, seen_at)
    if record is not None:
        db.execute("INSERT OR REPLACE INTO read_records VALUES (?, ?)", (record, number))
    return counts


def _upsert(db: sqlite3.Connection, paper: Paper, seen_at: datetime) -> tuple[UpsertCounts, int]:
    rows = _matching_rows(db, paper)
    if not rows:
        return UpsertCounts(new=1), _insert(db, paper, seen_at)
    target, known = rows[0], _known(rows[0], paper, seen_at)
    merged = known
    for row in rows[1:]:  # the title:… row of a paper whose arXiv id is now known
        merged = merge(_known(row, merged, seen_at), merged)
        _move_history(db, row["id"], target["id"])
        _delete(db, row)
    merged = merge(merged, paper)
    is_new_day = _add_featured_day(db, target["id"], paper.featured_on)
    recounted = int(merged.upvotes != known.upvotes)
    if merged == known and len(rows) == 1 and is_intact(target):
        _note_sighting(db, target, merged)
        counts = UpsertCounts(changed=1) if is_new_day else UpsertCounts(unchanged=1)
        return counts, target["id"]
    _update(db, target, merged, seen_at)
    return UpsertCounts(changed=1, recounted=recounted), target["id"]


def _known(row: sqlite3.Row, paper: Paper, now: datetime) -> Paper:
    """Return the paper of a row; what is damaged comes from this description of the same paper.

    A time in the future was stored while the clock was wrong: it is unknown.
    """
    known = read_paper(row)
    if known is None:
        return replace(paper, arxiv_id=row["arxiv_id"] or paper.arxiv_id)
    if known.seen_at and known.seen_at > now:
        known = replace(known, seen_at=None)
    if is_intact(row) or not paper.abstract:
        return known
    return replace(
        known,
        title=paper.title,
        abstract=paper.abstract,
        abstract_source=paper.abstract_source,
        raw_title=paper.raw_title,
        raw_abstract=paper.raw_abstract,
    )


def merge(known: Paper, later: Paper) -> Paper:
    """Return what is known of a paper after a source described it once more.

    The later description wins field by field where it has a value, with four exceptions: what a
    source said at an earlier time, or at a time that its file does not give, replaces nothing that
    is of a known time; a summary written for this project never replaces anything from a real
    source, title and abstract come from the source that knows the arXiv id (a saved page can cut
    them off), and the earliest featured day stays.
    """
    newer, older = later, known
    if known.seen_at and (later.seen_at is None or later.seen_at < known.seen_at):
        newer, older = known, later
    if later.abstract_source == "summary" and known.abstract_source == "abstract":
        newer, older = known, later
    is_older_surer = older.arxiv_id and not newer.arxiv_id and older.abstract_source == "abstract"
    text = older if is_older_surer or not newer.abstract else newer
    days = [p.featured_on for p in (known, later) if p.featured_on]
    return replace(
        newer,
        title=text.title,
        abstract=text.abstract,
        abstract_source=text.abstract_source,
        raw_title=text.raw_title,
        raw_abstract=text.raw_abstract,
        arxiv_id=newer.arxiv_id or older.arxiv_id,
        authors=newer.authors or older.authors,
        featured_on=min(days, default=None),
        keywords=newer.keywords or older.keywords,
        seen_at=newer.seen_at or older.seen_at,
        **{
            name: getattr(newer, name) if getattr(newer, name) is not None else getattr(older, name)
            for name in (
                "author_count", "organization", "published_on", "upvotes",
                "comment_count", "tldr", "code_url", "project_url", "comment",
            )
        },
    )  # fmt: skip


def _matching_rows(db: sqlite3.Connection, paper: Paper) -> list[sqlite3.Row]:
    """Return the rows that are this paper, the one to keep first."""
    key = title_key(paper.title)
    same_title = db.execute(
        "SELECT * FROM papers WHERE title_key = ? OR paper_id = ? OR id IN "
        "(SELECT paper FROM old_titles WHERE title_key = ?) ORDER BY id",
        (key, paper.paper_id, key),
    ).fetchall()
    if paper.arxiv_id is None:
        # Prefer a current title to a former one, and the same day to another.
        day = format_day(paper.published_on)
        same_title.sort(key=lambda row: (row["title_key"] != key, row["published_on"] != day))
        return same_title[:1]
    ids = (paper.arxiv_id, paper.paper_id)  # one of the two may be damaged
    by_id = db.execute("SELECT * FROM papers WHERE arxiv_id = ? OR paper_id = ?", ids).fetchall()
    known = {row["id"] for row in by_id}
    return by_id + [row for row in same_title if row["arxiv_id"] is None and row["id"] not in known]


def _insert(db: sqlite3.Connection, paper: Paper, seen_at: datetime) -> int:
    at = seen_at.isoformat(timespec="seconds")
    values = row_from_paper(paper) | {"first_seen_at": at, "updated_at": at}
    names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
    number = db.execute(f"INSERT INTO papers ({names}) VALUES ({marks})", values).lastrowid
    assert number is not None
    _add_featured_day(db, number, paper.featured_on)
    _add_upvotes(db, number, paper.upvotes, at)
    _index_terms(db, number, paper)
    return number


def _update(db: sqlite3.Connection, row: sqlite3.Row, paper: Paper, seen_at: datetime) -> None:
    number, at = row["id"], seen_at.isoformat(timespec="seconds")
    values = row_from_paper(paper) | {"updated_at": at}
    if (row["paper_id"], row["text_hash"]) != (paper.paper_id, paper.text_hash):
        drop_vectors(db, row)
    if row["title_key"] != values["title_key"]:
        db.execute("INSERT OR IGNORE INTO old_titles VALUES (?, ?)", (row["title_key"], number))
    if row["upvotes"] != paper.upvotes:
        _add_upvotes(db, number, paper.upvotes, at)
    pairs = ", ".join(f"{name} = :{name}" for name in values)
    db.execute(f"UPDATE papers SET {pairs} WHERE id = :id", values | {"id": number})
    if row["text_hash"] != paper.text_hash:
        reindex_terms(db, number, paper)


def _note_sighting(db: sqlite3.Connection, row: sqlite3.Row, paper: Paper) -> None:
    """Store when an unchanged paper was last described."""
    seen_at = format_time(paper.seen_at)
    if seen_at != row["seen_at"]:
        db.execute("UPDATE papers SET seen_at = ? WHERE id = ?", (seen_at, row["id"]))


def _delete(db: sqlite3.Connection, row: sqlite3.Row) -> None:
    drop_vectors(db, row)
    db.execute("DELETE FROM keyword_index WHERE rowid = ?", (row["id"],))
    db.execute("DELETE FROM papers WHERE id = ?", (row["id"],))


def reclean(db: sqlite3.Connection, row: sqlite3.Row, paper: Paper) -> None:
    """Store a paper whose text was cleaned; rows that are the same paper now become one."""
    at = datetime.fromisoformat(row["updated_at"])
    other = db.execute(
        "SELECT * FROM papers WHERE paper_id = ? AND id != ?", (paper.paper_id, row["id"])
    ).fetchone()
    if other and (known := read_paper(other)):
        _move_history(db, row["id"], other["id"])
        _delete(db, row)
        row, paper = other, merge(paper, known)
    _update(db, row, paper, at)


def reindex_terms(db: sqlite3.Connection, number: int, paper: Paper) -> None:
    """Store a paper's terms anew."""
    db.execute("DELETE FROM keyword_index WHERE rowid = ?", (number,))
    _index_terms(db, number, paper)


def _index_terms(db: sqlite3.Connection, number: int, paper: Paper) -> None:
    db.execute(
        "INSERT INTO keyword_index (rowid, terms) VALUES (?, ?)",
        (number, keyword_text(paper.title, paper.abstract)),
    )


def _add_featured_day(db: sqlite3.Connection, number: int, day: date | None) -> bool:
    """Store a featured day; return whether it is new.

    Of two days in a row, around midnight, only the first counts. A paper that is among the Daily
    Papers again some days later belongs to both days.
    """
    if day is None:
        return False
    before, after = (format_day(day + timedelta(days=days)) for days in (-1, 1))
    cursor = db.execute(
        "INSERT OR IGNORE INTO featured_days (day, paper) SELECT ?1, ?2 "
        "WHERE NOT EXISTS (SELECT 1 FROM featured_days WHERE day = ?3 AND paper = ?2)",
        (format_day(day), number, before),
    )
    db.execute("DELETE FROM featured_days WHERE day = ? AND paper = ?", (after, number))
    return cursor.rowcount > 0


def _add_upvotes(db: sqlite3.Connection, number: int, upvotes: int | None, at: str) -> None:
    if upvotes is not None:
        db.execute("INSERT OR REPLACE INTO upvotes VALUES (?, ?, ?)", (number, at, upvotes))


def _move_history(db: sqlite3.Connection, old: int, new: int) -> None:
    """Move featured days, upvotes and titles from a row to another row of the same paper."""
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


def drop_vectors(db: sqlite3.Connection, row: sqlite3.Row, *, embedder: str | None = None) -> None:
    """Delete a row's vectors and list its chunks for deletion from Chroma.

    The row has the columns id and paper_id. Without `embedder`, those of every embedder are.
    """
    condition, values = "paper = :paper", {"paper": row["id"], "embedder": embedder}
    if embedder is not None:
        condition += " AND embedder = :embedder"
    stored = db.execute(
        f"SELECT embedder, sentences FROM chunk_vectors WHERE {condition}", values
    ).fetchall()
    for old in stored:
        try:
            count = len(parse_strings(old["sentences"])) + 1
        except ValueError:  # damaged
            count = ASSUMED_CHUNKS
        db.executemany(
            "INSERT OR IGNORE INTO stale_chunks VALUES (?, ?)",
            [(old["embedder"], chunk_id_of(row["paper_id"], index)) for index in range(count)],
        )
    db.execute(f"DELETE FROM chunk_vectors WHERE {condition}", values)
