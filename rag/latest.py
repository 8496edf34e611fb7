"""What was featured since somebody looked, and the newest days that are known."""

from datetime import UTC, date, datetime

from rag.catalog import Catalog, paper_of
from rag.records import Paper


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
