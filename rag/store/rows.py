"""A row of the table `papers` ↔ a Paper; a row that cannot be read is left out."""

import json
import logging
import sqlite3
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import lru_cache

from rag.records import Paper, title_key

log = logging.getLogger(__name__)

TEXTS = ("title", "abstract", "abstract_source")
RAW_TEXTS = ("raw_title", "raw_abstract")
OPTIONAL_TEXTS = (
    "arxiv_id", "organization", "tldr", "code_url", "project_url", "comment", *RAW_TEXTS,
)  # fmt: skip
NUMBERS = ("author_count", "upvotes", "comment_count")


def papers_from_rows(rows: Iterable[sqlite3.Row]) -> list[Paper]:
    """Return the papers stored in rows of `papers`, without those that cannot be read."""
    return [paper for row in rows if (paper := read_paper(row)) is not None]


def read_paper(row: sqlite3.Row) -> Paper | None:
    """Return the Paper stored in a row of `papers`; None, and a warning, if a cell is damaged."""
    try:
        return paper_from_row(row)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        _warn(str(row["paper_id"]), str(error))
        return None


@lru_cache(maxsize=1000)  # one warning a paper, however often it is read
def _warn(paper_id: str, problem: str) -> None:
    log.warning("the stored paper %r cannot be read (%s), so it is left out", paper_id, problem)


def is_intact(row: sqlite3.Row) -> bool:
    """Return whether a row of `papers` can be read, with the text and the arXiv id as stored."""
    paper = read_paper(row)
    if paper is None or paper.text_hash != row["text_hash"]:
        return False
    return paper.arxiv_id is None or paper.paper_id == row["paper_id"]


def paper_from_row(row: sqlite3.Row) -> Paper:
    """Return the Paper stored in a row of `papers`. Raises ValueError for a damaged cell."""
    _check_types(row)
    return Paper(
        title=row["title"],
        abstract=row["abstract"],
        abstract_source=row["abstract_source"],
        arxiv_id=row["arxiv_id"],
        authors=parse_strings(row["authors"]),
        author_count=row["author_count"],
        organization=row["organization"],
        published_on=parse_day(row["published_on"]),
        featured_on=parse_day(row["featured_on"]),
        upvotes=row["upvotes"],
        comment_count=row["comment_count"],
        tldr=row["tldr"],
        keywords=parse_strings(row["keywords"]),
        code_url=row["code_url"],
        project_url=row["project_url"],
        comment=row["comment"],
        seen_at=parse_time(row["seen_at"]),
        raw_title=row["raw_title"],
        raw_abstract=row["raw_abstract"],
    )


def _check_types(row: sqlite3.Row) -> None:
    """Raise ValueError for a value of another type than its column's: SQLite stores any in any."""
    for names, types in ((TEXTS, str), (OPTIONAL_TEXTS, str | None), (NUMBERS, int | None)):
        for name in names:
            if not isinstance(row[name], types):
                raise ValueError(f"the value of {name} is damaged")


def parse_strings(stored: str) -> tuple[str, ...]:
    """Return the strings of a JSON list. Raises ValueError if the text is anything else."""
    try:
        values = json.loads(stored)
    except (TypeError, RecursionError) as error:
        raise ValueError("not JSON") from error
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError("not a list of strings")
    "".join(values).encode()  # half a surrogate pair is a ValueError too
    return tuple(values)


def row_from_paper(paper: Paper) -> dict[str, object]:
    """Return the columns of `papers` that store a Paper, by name."""
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
        "published_on": format_day(paper.published_on),
        "featured_on": format_day(paper.featured_on),
        "upvotes": paper.upvotes,
        "comment_count": paper.comment_count,
        "tldr": paper.tldr,
        "keywords": json.dumps(paper.keywords, ensure_ascii=False),
        "code_url": paper.code_url,
        "project_url": paper.project_url,
        "comment": paper.comment,
        "seen_at": format_time(paper.seen_at),
        "raw_title": paper.raw_title,
        "raw_abstract": paper.raw_abstract,
        "text_hash": paper.text_hash,
    }


def format_day(day: date | None) -> str | None:
    """Return YYYY-MM-DD, or None for no day."""
    return day.isoformat() if day else None


def parse_day(text: str | None) -> date | None:
    """Return the day of YYYY-MM-DD, or None for None."""
    return date.fromisoformat(text) if text else None


def format_time(time: datetime | None) -> str | None:
    """Return the time in UTC as ISO 8601, to the second; None for None."""
    return time.astimezone(UTC).isoformat(timespec="seconds") if time else None


def parse_time(text: str | None) -> datetime | None:
    """Return the time of `format_time`, or None for None."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
