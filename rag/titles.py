"""Papers by what a person types: a part of the title, an id, or a link."""

import re

from rag.catalog import Catalog, paper_of
from rag.links import ARXIV_ID
from rag.records import Paper

MAX_WORDS = 12  # of what was typed that are looked for


def suggest(catalog: Catalog, typed: str, *, limit: int) -> list[Paper]:
    """Return papers whose title holds every word, those beginning with the text first.

    With nothing typed, the newest papers.
    """
    words = typed.split()[:MAX_WORDS]
    if not words:
        return catalog.papers_by_day(limit)
    condition = " AND ".join(["title LIKE ? ESCAPE '\\'"] * len(words))
    rows = catalog.database.connection.execute(
        f"SELECT * FROM papers WHERE {condition} "
        "ORDER BY title NOT LIKE ? ESCAPE '\\', upvotes DESC NULLS LAST, id LIMIT ?",
        [*(f"%{_literal(word)}%" for word in words), f"{_literal(typed.strip())}%", limit],
    )
    return [paper_of(row) for row in rows]


def find(catalog: Catalog, typed: str) -> Paper | None:
    """Return the paper with this id, link or title (or the likeliest part of one)."""
    typed = typed.strip()
    ids = [typed, *(f"arxiv:{arxiv_id}" for arxiv_id in ARXIV_ID.findall(typed))]
    if found := catalog.get(ids):
        return next(iter(found.values()))
    suggested = suggest(catalog, typed, limit=1) if typed else []
    return suggested[0] if suggested else None


def _literal(text: str) -> str:
    """Return the text with LIKE's wildcards escaped."""
    return re.sub(r"[\\%_]", r"\\\g<0>", text)
