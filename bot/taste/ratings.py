"""What people think of papers, in SQLite: 👍 or 👎 and 🔖, by whom and in which server."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from rag.store.database import Database

Kind = Literal["like", "save", "dislike"]
OPPOSITE: dict[Kind, Kind] = {"like": "dislike", "dislike": "like"}


@dataclass(frozen=True, slots=True)
class Marks:
    """How many people liked (or saved) and disliked a paper."""

    liked: int
    disliked: int


class RatingStore:
    """The ratings and the lists of saved papers. Direct messages count as server 0."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def turn(self, user_id: int, guild_id: int, paper_id: str, kind: Kind) -> frozenset[Kind]:
        """Give a rating, or take it back where it was given; return those that hold now."""
        if kind in self.of(user_id, guild_id, paper_id):
            self.take_back(user_id, guild_id, paper_id, kind)
        else:
            self.give(user_id, guild_id, paper_id, kind)
        return self.of(user_id, guild_id, paper_id)

    def give(self, user_id: int, guild_id: int, paper_id: str, kind: Kind) -> None:
        """Note a rating. 👍 and 👎 take each other's place."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        key = (user_id, guild_id, paper_id)
        with self.database.transaction() as db:
            db.execute(
                "DELETE FROM ratings WHERE person = ? AND server = ? AND paper = ? AND kind = ?",
                (*key, OPPOSITE.get(kind, "")),
            )
            db.execute("INSERT OR IGNORE INTO ratings VALUES (?, ?, ?, ?, ?)", (*key, kind, now))

    def take_back(self, user_id: int, guild_id: int, paper_id: str, kind: Kind) -> None:
        """Remove a rating; a saved paper leaves the person's list, wherever it was saved."""
        with self.database.transaction() as db:
            db.execute(
                "DELETE FROM ratings WHERE person = ? AND paper = ? AND kind = ? "
                "AND (server = ? OR kind = 'save')",
                (user_id, paper_id, kind, guild_id),
            )

    def of(self, user_id: int, guild_id: int, paper_id: str) -> frozenset[Kind]:
        """Return what a person thinks of a paper: what was saved anywhere is saved here too."""
        rows = self.database.connection.execute(
            "SELECT kind FROM ratings WHERE person = ? AND paper = ? "
            "AND (server = ? OR kind = 'save')",
            (user_id, paper_id, guild_id),
        )
        return frozenset(row["kind"] for row in rows)

    def saved(self, user_id: int) -> list[str]:
        """Return the ids of the papers that a person saved, the last one first."""
        rows = self.database.connection.execute(
            "SELECT paper FROM ratings WHERE person = ? AND kind = 'save' "
            "GROUP BY paper ORDER BY MIN(given_at) DESC, paper",
            (user_id,),
        )
        return [row["paper"] for row in rows]

    def marks(self, *, guild_id: int | None = None, user_id: int | None = None) -> dict[str, Marks]:
        """Return what the people of a server, or one person anywhere, think of each paper."""
        where, value = ("server", guild_id) if user_id is None else ("person", user_id)
        rows = self.database.connection.execute(
            "SELECT paper, COUNT(DISTINCT CASE WHEN kind != 'dislike' THEN person END) AS liked, "
            "COUNT(DISTINCT CASE WHEN kind = 'dislike' THEN person END) AS disliked "
            f"FROM ratings WHERE {where} = ? GROUP BY paper ORDER BY paper",
            (value,),
        )
        return {row["paper"]: Marks(row["liked"], row["disliked"]) for row in rows}

    def forget_guild(self, guild_id: int) -> None:
        """Remove the ratings given in a server; what was saved there stays on people's lists."""
        with self.database.transaction() as db:
            db.execute("DELETE FROM ratings WHERE server = ? AND kind != 'save'", (guild_id,))
            db.execute("UPDATE OR REPLACE ratings SET server = 0 WHERE server = ?", (guild_id,))
