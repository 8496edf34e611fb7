"""A row of the table `papers` ↔ a Paper."""

import json
import sqlite3
from datetime import date

from rag.records import Paper, title_key


def paper_from_row(row: sqlite3.Row) -> Paper:
    """Return the Paper stored in a row of `papers`."""
    return Paper(
        title=row["title"],
        abstract=row["abstract"],
        abstract_source=row["abstract_source"],
        arxiv_id=row["arxiv_id"],
        authors=tuple(json.loads(row["authors"])),
        author_count=row["author_count"],
        organization=row["organization"],
        published_on=parse_day(row["published_on"]),
        featured_on=parse_day(row["featured_on"]),
        upvotes=row["upvotes"],
        comment_count=row["comment_count"],
        tldr=row["tldr"],
        keywords=tuple(json.loads(row["keywords"])),
        code_url=row["code_url"],
        project_url=row["project_url"],
    )


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
        "text_hash": paper.text_hash,
    }


def format_day(day: date | None) -> str | None:
    """Return YYYY-MM-DD, or None for no day."""
    return day.isoformat() if day else None


def parse_day(text: str | None) -> date | None:
    """Return the day of YYYY-MM-DD, or None for None."""
    return date.fromisoformat(text) if text else None
