"""What was featured since somebody looked, the newest days, and what is upvoted of late."""

from datetime import UTC, date, datetime

from rag.records import Paper
from rag.store.catalog import Catalog
from rag.store.rows import paper_of


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


_BEFORE = (
    "SELECT upvotes FROM upvotes WHERE paper = papers.id AND seen_at <= :since "
    "ORDER BY seen_at DESC LIMIT 1"
)
_FIRST = "SELECT upvotes FROM upvotes WHERE paper = papers.id ORDER BY seen_at LIMIT 1"


def featured_since(catalog: Catalog, day: date, *, seen_at: datetime | None = None) -> list[Paper]:
    """Return the papers that were first featured after a day, most upvoted first.

    With `seen_at`, when somebody saw that day's list, also those of the day itself that came in
    later: a day's list grows while the day lasts.
    """
    late = seen_at.astimezone(UTC).isoformat(timespec="seconds") if seen_at else None
    rows = catalog.database.connection.execute(
        "SELECT * FROM papers WHERE featured_on > ? OR (featured_on = ? AND first_seen_at > ?) "
        "ORDER BY upvotes DESC NULLS LAST, id",
        (day.isoformat(), day.isoformat(), late),
    )
    return [paper_of(row) for row in rows]


def newest_days(catalog: Catalog, count: int) -> list[date]:
    """Return the newest days on which papers were featured, oldest first."""
    rows = catalog.database.connection.execute(
        "SELECT DISTINCT day FROM featured_days ORDER BY day DESC LIMIT ?", (count,)
    )
    return [date.fromisoformat(row["day"]) for row in rows][::-1]


def gained_since(catalog: Catalog, since: datetime, *, count: int) -> list[tuple[Paper, int]]:
    """Return the papers that gained the most upvotes since then, each with how many.

    All upvotes of a paper that came out since then count; of an older one those that are more than
    it had when it was last seen before, or first seen at all. Nothing where no paper's upvotes were
    seen to change, as in a catalogue that is younger than that.
    """
    moment = since.astimezone(UTC)
    rows = catalog.database.connection.execute(
        f"SELECT *, papers.upvotes - COALESCE(({_BEFORE}), CASE "
        f"WHEN COALESCE(featured_on, published_on) >= :day THEN 0 ELSE ({_FIRST}) END) AS gained "
        "FROM papers WHERE EXISTS (SELECT 1 FROM upvotes WHERE seen_at <= :since) "
        "AND EXISTS (SELECT 1 FROM upvotes WHERE paper = papers.id AND seen_at > :since) "
        "AND gained > 0 ORDER BY gained DESC, papers.upvotes DESC, id LIMIT :count",
        {
            "since": moment.isoformat(timespec="seconds"),
            "day": moment.date().isoformat(),
            "count": count,
        },
    )
    return [(paper_of(row), row["gained"]) for row in rows]
