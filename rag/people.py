"""Who papers are by: authors and organisations, as far as the catalogue knows them."""

from rag.catalog import Catalog
from rag.paper_rows import paper_of
from rag.records import Paper


def organizations(catalog: Catalog) -> list[str]:
    """Return the organisations of all papers."""
    rows = catalog.database.connection.execute(
        "SELECT DISTINCT organization FROM papers WHERE organization IS NOT NULL"
    )
    return [row["organization"] for row in rows]


def papers_of_author(catalog: Catalog, name: str) -> list[Paper]:
    """Return the papers that name this author (in any case), newest first."""
    rows = catalog.database.connection.execute(
        "SELECT papers.* FROM papers, json_each(authors) WHERE json_each.value = ? COLLATE NOCASE "
        "ORDER BY COALESCE(featured_on, published_on) DESC NULLS LAST, papers.id",
        (name,),
    )
    return [paper_of(row) for row in rows]


def most_prolific(catalog: Catalog, count: int) -> list[tuple[str, int]]:
    """Return the authors of the most papers, each with how many."""
    rows = catalog.database.connection.execute(
        "SELECT json_each.value AS name, COUNT(*) AS n FROM papers, json_each(authors) "
        "GROUP BY json_each.value ORDER BY n DESC, name LIMIT ?",
        (count,),
    )
    return [(row["name"], row["n"]) for row in rows]
