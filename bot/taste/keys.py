"""Papers named inside a custom_id, which holds 100 characters; a paper's id may be longer."""

from rag.catalog import Catalog, paper_of
from rag.errors import PaperboyError
from rag.records import Paper

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
    return paper_of(row)
