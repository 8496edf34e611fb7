"""Papers by the ids that ratings and custom_ids keep of them.

A paper without an arXiv id gets another id when its arXiv id becomes known, and a custom_id holds
100 characters, which an id made of a long title exceeds.
"""

from collections.abc import Sequence

from rag.errors import PaperboyError
from rag.records import Paper
from rag.store.catalog import Catalog
from rag.store.rows import paper_from_row

MAX_KEY = 80  # characters


class GonePaperError(PaperboyError):
    """A paper that a button stands for is in the catalogue no more."""


def key_of(paper_id: str) -> str:
    """Return the id, or its beginning where it is a long title's."""
    return paper_id[:MAX_KEY]


def paper_of_key(catalog: Catalog, key: str) -> Paper:
    """Return the paper, under its arXiv id if that became known since. Raises GonePaperError."""
    title = key.removeprefix("title:") if key.startswith("title:") else ""
    row = catalog.database.connection.execute(
        "SELECT * FROM papers WHERE paper_id = :key "
        "OR (:title != '' AND substr(title_key, 1, length(:title)) = :title) "
        "ORDER BY paper_id != :key, id LIMIT 1",
        {"key": key, "title": title},
    ).fetchone()
    if row is None:
        raise GonePaperError("I no longer know that paper: look for it with /search.")
    return paper_from_row(row)


def papers_of_ids(catalog: Catalog, paper_ids: Sequence[str]) -> dict[str, Paper]:
    """Return the papers by the ids that were kept of them, in order; those that are gone, not."""
    known = catalog.get(paper_ids)
    for paper_id in paper_ids:
        if paper_id not in known and paper_id.startswith("title:"):
            try:
                known[paper_id] = paper_of_key(catalog, key_of(paper_id))
            except GonePaperError:
                continue
    return {paper_id: known[paper_id] for paper_id in paper_ids if paper_id in known}
