"""Up to which day each user has seen the Daily Papers, in SQLite: /catchup continues there."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from sqlite3 import Row

from bot.stored_rows import read_rows
from rag.store.database import Database

# In place of a guild id. What a digest by direct message showed counts in every server.
DIRECT_MESSAGES, DIGESTS = 0, -1


@dataclass(frozen=True, slots=True)
class Look:
    """The newest featured day that a user has seen, and when they looked."""

    day: date
    at: datetime


class LastSeenStore:
    """One look per user and guild; a newer one replaces it."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def last(self, guild_id: int | None, user_id: int) -> Look | None:
        """Return the user's last look in this guild, or at a digest sent to them directly.

        None if they never looked.
        """
        row = self.database.connection.execute(
            "SELECT day, looked_at FROM seen WHERE server IN (?, ?) AND person = ? "
            "ORDER BY day DESC, looked_at DESC LIMIT 1",
            (guild_id or DIRECT_MESSAGES, DIGESTS, user_id),
        ).fetchone()
        if row is None:
            return None
        looks = read_rows([row], _look, table="seen")
        return looks[0] if looks else None

    def record(self, guild_id: int | None, user_id: int, day: date, at: datetime) -> None:
        """Record that a user saw the lists up to this day; an older day changes nothing."""
        looked_at = at.astimezone(UTC).isoformat(timespec="seconds")
        with self.database.transaction() as db:
            db.execute(
                "INSERT INTO seen VALUES (?, ?, ?, ?) ON CONFLICT (server, person) DO UPDATE "
                "SET day = excluded.day, looked_at = excluded.looked_at "
                "WHERE excluded.day >= day",
                (guild_id or DIRECT_MESSAGES, user_id, day.isoformat(), looked_at),
            )

    def record_digest(self, user_id: int, day: date, at: datetime) -> None:
        """Record that a digest by direct message showed a user the lists up to this day."""
        self.record(DIGESTS, user_id, day, at)

    def forget_guild(self, guild_id: int) -> None:
        """Delete the looks in a guild that the bot has left."""
        with self.database.transaction() as db:
            db.execute("DELETE FROM seen WHERE server = ?", (guild_id,))


def _look(row: Row) -> Look:
    return Look(date.fromisoformat(row["day"]), datetime.fromisoformat(row["looked_at"]))
