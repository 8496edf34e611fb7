"""Ratings of papers in SQLite: 👍 or 👎, and 🔖, by user and guild."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from rag.store.database import Database

Kind = Literal["like", "save", "dislike"]
OPPOSITE: dict[Kind, Kind] = {"like": "dislike", "dislike": "like"}


@dataclass(frozen=True, slots=True)
class Marks:
    """How many users liked (or saved) and disliked a paper."""

    liked: int
    disliked: int


class RatingStore:
    """Stores ratings and the lists of saved papers. Direct messages count as guild 0."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def toggle(self, user_id: int, guild_id: int, paper_id: str, kind: Kind) -> frozenset[Kind]:
        """Give a rating, or take it back if it exists; return the ratings that exist now."""
        if kind in self.of(user_id, guild_id, paper_id):
            self.take_back(user_id, guild_id, paper_id, kind)
        else:
            self.give(user_id, guild_id, paper_id, kind)
        return self.of(user_id, guild_id, paper_id)

    def give(self, user_id: int, guild_id: int, paper_id: str, kind: Kind) -> None:
        """Store a rating. 👍 and 👎 replace each other."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        key = (user_id, guild_id, paper_id)
        with self.database.transaction() as db:
            db.execute(
                "DELETE FROM ratings WHERE person = ? AND server = ? AND paper = ? AND kind = ?",
                (*key, OPPOSITE.get(kind, "")),
            )
            db.execute("INSERT OR IGNORE INTO ratings VALUES (?, ?, ?, ?, ?)", (*key, kind, now))

    def take_back(self, user_id: int, guild_id: int, paper_id: str, kind: Kind) -> None:
        """Delete a rating; 🔖 is deleted in every guild."""
        with self.database.transaction() as db:
            db.execute(
                "DELETE FROM ratings WHERE person = ? AND paper = ? AND kind = ? "
                "AND (server = ? OR kind = 'save')",
                (user_id, paper_id, kind, guild_id),
            )

    def of(self, user_id: int, guild_id: int, paper_id: str) -> frozenset[Kind]:
        """Return a user's ratings of a paper in a guild; 🔖 counts from every guild."""
        rows = self.database.connection.execute(
            "SELECT kind FROM ratings WHERE person = ? AND paper = ? "
            "AND (server = ? OR kind = 'save')",
            (user_id, paper_id, guild_id),
        )
        return frozenset(row["kind"] for row in rows)

    def saved(self, user_id: int) -> list[str]:
        """Return the ids of the papers that a user saved, latest first."""
        rows = self.database.connection.execute(
            "SELECT paper FROM ratings WHERE person = ? AND kind = 'save' "
            "AND typeof(paper) = 'text' GROUP BY paper ORDER BY MIN(given_at) DESC, paper",
            (user_id,),
        )
        return [row["paper"] for row in rows]

    def marks(self, *, guild_id: int | None = None, user_id: int | None = None) -> dict[str, Marks]:
        """Return the marks of each paper, from the users of a guild or from one user anywhere.

        Lists of saved papers are private: they count for the user alone.
        """
        where, value = ("person = ?", user_id)
        if user_id is None:
            where, value = ("server = ? AND kind != 'save'", guild_id)
        rows = self.database.connection.execute(
            "SELECT paper, COUNT(DISTINCT CASE WHEN kind != 'dislike' THEN person END) AS liked, "
            "COUNT(DISTINCT CASE WHEN kind = 'dislike' THEN person END) AS disliked "
            f"FROM ratings WHERE {where} AND typeof(paper) = 'text' GROUP BY paper ORDER BY paper",
            (value,),
        )
        return {row["paper"]: Marks(row["liked"], row["disliked"]) for row in rows}

    def forget_guild(self, guild_id: int) -> None:
        """Delete the ratings of a guild; papers saved there stay on the users' lists."""
        with self.database.transaction() as db:
            db.execute("DELETE FROM ratings WHERE server = ? AND kind != 'save'", (guild_id,))
            db.execute("UPDATE OR REPLACE ratings SET server = 0 WHERE server = ?", (guild_id,))
