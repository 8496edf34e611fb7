"""The numbered changes of papers' texts, days, organisations and vectors, by any process.

Triggers in SQLite number them, so that no write is missed.
"""

from rag.store.database import Database


def last_change(database: Database) -> int:
    """Return the number of the last change, which only grows; 0 before the first."""
    row = database.connection.execute("SELECT MAX(number) FROM paper_changes").fetchone()
    return int(row[0] or 0)


def changed_since(database: Database, change: int) -> list[int]:
    """Return the row numbers of the papers that changed after a change; some may be deleted."""
    rows = database.connection.execute(
        "SELECT paper FROM paper_changes WHERE number > ?", (change,)
    )
    return [row["paper"] for row in rows]
