"""Cleans the texts of a data folder that an earlier version filled, when it is opened.

A paper whose text changes is pending for the index; all others keep their vectors.
"""

import logging
import sqlite3
from dataclasses import replace

from rag.records import Paper
from rag.store.database import Database
from rag.store.faults import DatabaseFaultError
from rag.store.keywords import is_damaged, rebuild
from rag.store.rows import is_intact, paper_from_row
from rag.store.upsert import reclean, reindex_terms
from rag.text.clean import clean, received

log = logging.getLogger(__name__)

RULES = 2  # grows when rag.text.clean or rag.text.words makes something else of a stored text


def clean_stored_papers(database: Database) -> None:
    """Clean all papers by the rules of this version, unless they were; each is done or none.

    Damaged papers are left as they are, and so is a file with damaged pages.
    """
    if _number(database.connection) >= RULES:
        return
    try:
        _clean(database)
    except sqlite3.OperationalError as error:
        if is_damaged(error) and rebuild(database):
            _clean(database)
        elif isinstance(error, DatabaseFaultError) and error.code == sqlite3.SQLITE_CORRUPT:
            log.warning("the stored papers were not cleaned: %s", error)
        else:
            raise


def _clean(database: Database) -> None:
    with database.transaction() as db:
        changed = 0
        for (number,) in db.execute("SELECT id FROM papers ORDER BY id").fetchall():
            row = db.execute("SELECT * FROM papers WHERE id = ?", (number,)).fetchone()
            if row and is_intact(row):
                changed += _clean_row(db, row)
        db.execute("UPDATE cleaning SET number = ?", (RULES,))
    if changed:
        log.info("cleaned the texts of %d papers; they will be indexed again", changed)


def _clean_row(db: sqlite3.Connection, row: sqlite3.Row) -> bool:
    """Clean one paper; return whether its title or abstract changed."""
    paper = paper_from_row(row)
    cleaned = cleaned_paper(paper)
    if cleaned != paper:
        reclean(db, row, cleaned)
    if cleaned.text_hash == paper.text_hash:
        reindex_terms(db, row["id"], cleaned)
    return cleaned.text_hash != paper.text_hash


def cleaned_paper(paper: Paper) -> Paper:
    """Return the paper with its texts cleaned, from what was received if that is known.

    A text of which nothing would be left stays as it is.
    """
    raw_title, raw_abstract = paper.raw_title or paper.title, paper.raw_abstract or paper.abstract
    title, abstract = clean(raw_title) or paper.title, clean(raw_abstract) or paper.abstract
    return replace(
        paper,
        title=title,
        abstract=abstract,
        authors=tuple(clean(name) or name for name in paper.authors),
        organization=paper.organization and (clean(paper.organization) or None),
        tldr=paper.tldr and (clean(paper.tldr) or None),
        comment=paper.comment and (clean(paper.comment) or None),
        keywords=tuple(clean(word) or word for word in paper.keywords),
        raw_title=received(raw_title, title),
        raw_abstract=received(raw_abstract, abstract),
    )


def _number(db: sqlite3.Connection) -> int:
    row = db.execute("SELECT number FROM cleaning").fetchone()
    return row["number"] if row and isinstance(row["number"], int) else 0
