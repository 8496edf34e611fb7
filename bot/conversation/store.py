"""What was asked where, in SQLite: a reply to an answer goes on with its conversation."""

import json
import sqlite3
from collections.abc import Collection
from datetime import UTC, datetime

from discord.utils import snowflake_time, time_snowflake

from rag.records import Exchange, Turn
from rag.store.database import Database

HISTORY = 6  # earlier questions that a follow-up can lean on
MOST_ABOUT = 20  # answers about one paper that are looked at
KEPT_SAID = 200  # conversations that are kept in memory as a model has read them


class ConversationStore:
    """Answers by their message, each with the question and the answer before it.

    A conversation never leaves its channel: what goes before is found by messages that stand in it.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        # What a model has read is worth keeping as long as its process still has it computed, so
        # it is not written down.
        self._said: dict[int, tuple[Exchange, ...]] = {}

    def remember(
        self,
        message: int,
        *,
        channel: int,
        user_id: int,
        turn: Turn,
        earlier: int | None,
        guild_id: int | None = None,
    ) -> None:
        """Note that `message` is this turn's answer, which went on from the answer `earlier`."""
        cited = None if turn.cited is None else json.dumps(turn.cited)
        self._keep_said(message, turn.exchanges)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self.database.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO conversations VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (message, channel, user_id, earlier, turn.question, now, cited, guild_id),
            )

    def drop(self, message: int) -> None:
        """Forget an answer that is deleted."""
        self._said.pop(message, None)
        with self.database.transaction() as db:
            db.execute("DELETE FROM conversations WHERE message = ?", (message,))

    def asked_since(self, moment: datetime) -> list[tuple[int | None, int, datetime]]:
        """Return where, by whom and when questions were asked since then, oldest first."""
        rows = self.database.connection.execute(
            "SELECT server, person, message FROM conversations WHERE message >= ? ORDER BY message",
            (time_snowflake(moment),),
        )
        return [(row["server"], row["person"], snowflake_time(row["message"])) for row in rows]

    def _keep_said(self, message: int, said: tuple[Exchange, ...]) -> None:
        if said:
            self._said[message] = said
        for oldest in list(self._said)[:-KEPT_SAID]:
            self._said.pop(oldest, None)

    def forget_exchanges(self) -> None:
        """Forget what a model has read, of everybody: it is only kept to save it some reading."""
        self._said.clear()

    def knows(self, message: int, *, channels: Collection[int] = ()) -> bool:
        """Return whether this message is an answer of the bot, in one of these channels if any."""
        row = self._row(message)
        return row is not None and (not channels or row["channel"] in channels)

    def asked(self, message: int) -> list[tuple[int, str]]:
        """Return who asked what up to this answer, oldest first."""
        found: list[tuple[int, str]] = []
        row = self._row(message)
        while row is not None and len(found) < HISTORY:
            found.append((row["person"], row["question"]))
            row = row["earlier"] and self._row(row["earlier"])
        return found[::-1]

    def turns(self, message: int | None) -> list[Turn]:
        """Return the questions that led to this answer, oldest first."""
        found: list[Turn] = []
        while message is not None and len(found) < HISTORY:
            row = self._row(message)
            if row is None:
                break
            cited = None if row["cited"] is None else tuple(json.loads(row["cited"]))
            found.append(Turn(row["question"], cited, self._said.get(message, ())))
            message = row["earlier"]
        return found[::-1]

    def last_in(
        self, channel: int, *, user_id: int, own: bool = False, since: datetime | None = None
    ) -> int | None:
        """Return the channel's last answer to this person, else its last one to anybody.

        With `own` only one to this person, and none before `since`. A thread that was started from
        an answer begins with that answer: its id is the thread's.
        """
        row = self.database.connection.execute(
            "SELECT message FROM conversations WHERE (channel = ? OR message = ?) AND message >= ? "
            "AND (person = ? OR NOT ?) ORDER BY person = ? DESC, message DESC LIMIT 1",
            (channel, channel, time_snowflake(since) if since else 0, user_id, own, user_id),
        ).fetchone()
        return row["message"] if row else None

    def about(self, paper_id: str) -> list[tuple[int, int]]:
        """Return the answers that cite a paper, newest first, each with its channel."""
        rows = self.database.connection.execute(
            "SELECT message, channel FROM conversations WHERE EXISTS "
            "(SELECT 1 FROM json_each(cited) WHERE value = ?) ORDER BY message DESC LIMIT ?",
            (paper_id, MOST_ABOUT),
        )
        return [(row["message"], row["channel"]) for row in rows]

    def _row(self, message: int) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self.database.connection.execute(
            "SELECT channel, person, question, earlier, cited FROM conversations WHERE message = ?",
            (message,),
        ).fetchone()
        return row
