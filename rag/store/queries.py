"""Questions to the catalogue beyond papers by id: featured days, authors, upvotes gained."""

from datetime import UTC, date, datetime

from rag.records import Paper
from rag.store.catalog import Catalog
from rag.store.database import Database
from rag.store.rows import papers_from_rows, parse_strings, read_paper

# A paper's authors, one a row; none if they are damaged.
_AUTHORS = (
    "json_each(CASE WHEN typeof(authors) = 'text' AND json_valid(authors) THEN authors "
    "ELSE '[]' END)"
)
# A paper's upvotes when they were last recorded up to a moment, and when they were recorded first.
_UPVOTES_BEFORE = (
    "SELECT upvotes FROM upvotes WHERE paper = papers.id AND seen_at <= :since "
    "ORDER BY seen_at DESC LIMIT 1"
)
_FIRST_UPVOTES = "SELECT upvotes FROM upvotes WHERE paper = papers.id ORDER BY seen_at LIMIT 1"


# -- featured days -------------------------------------------------------------------------


def featured_between(catalog: Catalog, first: date, last: date) -> list[Paper]:
    """Return the papers featured on any of these days, each once, most upvoted first."""
    rows = catalog.database.connection.execute(
        "SELECT * FROM papers WHERE id IN "
        "(SELECT paper FROM featured_days WHERE day BETWEEN ? AND ?) "
        "ORDER BY upvotes DESC NULLS LAST, title COLLATE NOCASE, id",
        (first.isoformat(), last.isoformat()),
    )
    return papers_from_rows(rows)


def featured_since(catalog: Catalog, day: date, *, seen_at: datetime | None = None) -> list[Paper]:
    """Return the papers that were first featured after a day, most upvoted first.

    `seen_at` is when somebody looked at that day's list: papers of the day itself that were stored
    later are included then, since a day's list grows while the day lasts.
    """
    late = seen_at.astimezone(UTC).isoformat(timespec="seconds") if seen_at else None
    rows = catalog.database.connection.execute(
        "SELECT * FROM papers WHERE featured_on > ? OR (featured_on = ? AND first_seen_at > ?) "
        "ORDER BY upvotes DESC NULLS LAST, id",
        (day.isoformat(), day.isoformat(), late),
    )
    return papers_from_rows(rows)


def first_featured_day(catalog: Catalog) -> date | None:
    """Return the oldest day with known Daily Papers."""
    row = catalog.database.connection.execute(
        "SELECT day FROM featured_days WHERE date(day) IS day ORDER BY day LIMIT 1"
    ).fetchone()
    return date.fromisoformat(row["day"]) if row else None


def featured_day_before(catalog: Catalog, day: date) -> date | None:
    """Return the last day before this one with known Daily Papers."""
    row = catalog.database.connection.execute(
        "SELECT day FROM featured_days WHERE day < ? AND date(day) IS day "
        "ORDER BY day DESC LIMIT 1",
        (day.isoformat(),),
    ).fetchone()
    return date.fromisoformat(row["day"]) if row else None


def newest_days(catalog: Catalog, count: int, *, until: date = date.max) -> list[date]:
    """Return the newest days with Daily Papers, oldest first; none after `until`."""
    rows = catalog.database.connection.execute(
        "SELECT DISTINCT day FROM featured_days WHERE day <= ? AND date(day) IS day "
        "ORDER BY day DESC LIMIT ?",
        (until.isoformat(), count),
    )
    return [date.fromisoformat(row["day"]) for row in rows][::-1]


# -- authors and organisations -------------------------------------------------------------


def organizations(catalog: Catalog) -> list[str]:
    """Return the organisations of all papers."""
    rows = catalog.database.connection.execute(
        "SELECT DISTINCT organization FROM papers WHERE organization IS NOT NULL"
    )
    return [row["organization"] for row in rows]


def author_names(database: Database) -> list[str]:
    """Return the authors of all papers, each name once."""
    rows = database.connection.execute("SELECT authors FROM papers WHERE authors != '[]'")
    return list(dict.fromkeys(name for row in rows for name in _names(row["authors"])))


def _names(stored: str) -> tuple[str, ...]:
    """Return the names in a JSON list; none if it is damaged."""
    try:
        return parse_strings(stored)
    except ValueError:
        return ()


def papers_of_author(catalog: Catalog, *names: str) -> list[Paper]:
    """Return the papers that list an author under one of these names (in any case), newest first.

    One person may be listed under several: "Ada One" and "Ada B. One".
    """
    marks = ",".join("?" * len(names))
    rows = catalog.database.connection.execute(
        f"SELECT * FROM papers WHERE EXISTS (SELECT 1 FROM {_AUTHORS} "
        f"WHERE json_each.value COLLATE NOCASE IN ({marks})) "
        "ORDER BY COALESCE(featured_on, published_on) DESC NULLS LAST, papers.id",
        names,
    )
    return papers_from_rows(rows)


def most_prolific_authors(catalog: Catalog, count: int) -> list[tuple[str, int]]:
    """Return the authors with the most papers, each with their number of papers."""
    rows = catalog.database.connection.execute(
        f"SELECT json_each.value AS name, COUNT(*) AS n FROM papers, {_AUTHORS} "
        "GROUP BY json_each.value ORDER BY n DESC, name LIMIT ?",
        (count,),
    )
    return [(row["name"], row["n"]) for row in rows]


# -- upvotes -------------------------------------------------------------------------------


def gained_since(catalog: Catalog, since: datetime, *, count: int) -> list[tuple[Paper, int]]:
    """Return the papers that gained the most upvotes since a moment, each with the gain.

    A paper that came out since then gained all its upvotes. An older one gained those above its
    last count before the moment, else above its first count. Empty if the catalogue is younger
    than the moment: then no earlier count is known.
    """
    moment = since.astimezone(UTC)
    rows = catalog.database.connection.execute(
        f"SELECT *, papers.upvotes - COALESCE(({_UPVOTES_BEFORE}), CASE "
        f"WHEN COALESCE(featured_on, published_on) >= :day THEN 0 ELSE ({_FIRST_UPVOTES}) END) "
        "AS gained FROM papers WHERE EXISTS (SELECT 1 FROM upvotes WHERE seen_at <= :since) "
        "AND EXISTS (SELECT 1 FROM upvotes WHERE paper = papers.id AND seen_at > :since) "
        "AND gained > 0 ORDER BY gained DESC, papers.upvotes DESC, id LIMIT :count",
        {
            "since": moment.isoformat(timespec="seconds"),
            "day": moment.date().isoformat(),
            "count": count,
        },
    )
    return [(paper, row["gained"]) for row in rows if (paper := read_paper(row)) is not None]
