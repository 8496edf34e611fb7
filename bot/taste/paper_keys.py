"""Looks up papers by the ids stored in ratings and the keys in custom_ids.

The id of a paper changes when its arXiv id becomes known, or when its title changes and is all that
is known; and an id made from a long title exceeds
the 100 characters of a custom_id.
"""

import hashlib
from collections.abc import Sequence

from rag.errors import PaperboyError
from rag.records import Paper
from rag.store.catalog import Catalog
from rag.store.rows import read_paper

MAX_KEY = 80  # characters
HASH = 8


class GonePaperError(PaperboyError):
    """The paper of a button is no longer in the catalogue."""


def key_of(paper_id: str) -> str:
    """Return the id, shortened if it contains a long title, with a hash that tells it apart."""
    if len(paper_id) <= MAX_KEY:
        return paper_id
    digest = hashlib.sha256(paper_id.encode()).hexdigest()[:HASH]
    return f"{paper_id[: MAX_KEY - HASH - 1]}~{digest}"


def paper_of_key(catalog: Catalog, key: str) -> Paper:
    """Return the paper, also if its arXiv id or its title has changed. Raises GonePaperError."""
    start = key.partition("~")[0]  # earlier versions gave none a hash
    title = start.removeprefix("title:") if start.startswith("title:") else ""
    rows = catalog.database.connection.execute(
        "SELECT * FROM papers WHERE paper_id = :key "
        "OR (:title != '' AND substr(title_key, 1, length(:title)) = :title) "
        "OR (:title != '' AND id IN "
        "(SELECT paper FROM old_titles WHERE substr(title_key, 1, length(:title)) = :title)) "
        "ORDER BY paper_id != :key, id LIMIT 50",
        {"key": key, "title": title},
    ).fetchall()
    rows.sort(key=lambda row: key_of(row["paper_id"]) != key)
    paper = read_paper(rows[0]) if rows else None
    if paper is None:
        raise GonePaperError("I no longer know that paper: look for it with /search.")
    return paper


def papers_of_ids(catalog: Catalog, paper_ids: Sequence[str]) -> dict[str, Paper]:
    """Return the papers by their stored ids, in order, without those that are gone."""
    known = catalog.get(paper_ids)
    for paper_id in paper_ids:
        if paper_id not in known and paper_id.startswith("title:"):
            try:
                known[paper_id] = paper_of_key(catalog, key_of(paper_id))
            except GonePaperError:
                continue
    return {paper_id: known[paper_id] for paper_id in paper_ids if paper_id in known}
