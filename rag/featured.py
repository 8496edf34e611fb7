"""Which papers were among the Daily Papers when."""

from datetime import date

from rag.catalog import Catalog, paper_of
from rag.records import Paper


def featured_between(catalog: Catalog, first: date, last: date) -> list[Paper]:
    """Return the papers that were featured on one of these days, each once, by upvotes."""
    rows = catalog.database.connection.execute(
        "SELECT * FROM papers WHERE id IN "
        "(SELECT paper FROM featured_days WHERE day BETWEEN ? AND ?) "
        "ORDER BY upvotes DESC NULLS LAST, title COLLATE NOCASE, id",
        (first.isoformat(), last.isoformat()),
    )
    return [paper_of(row) for row in rows]


def featured_day_before(catalog: Catalog, day: date) -> date | None:
    """Return the last day before this one of which Daily Papers are known."""
    row = catalog.database.connection.execute(
        "SELECT MAX(day) AS day FROM featured_days WHERE day < ?", (day.isoformat(),)
    ).fetchone()
    return date.fromisoformat(row["day"]) if row["day"] else None


def first_featured_day(catalog: Catalog) -> date | None:
    """Return the oldest day of which Daily Papers are known."""
    row = catalog.database.connection.execute("SELECT MIN(day) AS day FROM featured_days")
    day = row.fetchone()["day"]
    return date.fromisoformat(day) if day else None
