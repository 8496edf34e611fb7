"""Conversations in SQLite: a reply to an answer continues its conversation."""

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice

from discord.utils import snowflake_time, time_snowflake

from bot.stored_rows import read_rows
from rag.records import Exchange, Turn
from rag.store.database import Database
from rag.store.rows import parse_strings
from rag.text.discord_markup import has_spoiler

MAX_HISTORY = 6  # earlier questions that a question can refer back to
MAX_WALK = 100  # questions about the papers of one list, after which it is still known
MAX_ABOUT = 20  # answers about one paper
MAX_EXCHANGES = 200  # answers whose exchanges are in memory
ANSWERS = "(SELECT message, channel, person, cited AS papers, 0 AS private FROM conversations)"
ANSWERS_AND_LISTS = (
    f"{ANSWERS[:-1]} UNION ALL SELECT message, channel, person, papers, private FROM shown_lists)"
)
SEVERAL = "json_array_length(iif(json_valid(papers), papers, '[]')) > 1"


class ConversationStore:
    """Answers by their message, each with its question and the answer before it.

    A list of papers that was shown without a question begins a conversation, as an answer does.
    A conversation never leaves its channel: the answer before is found by messages in it.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        # What the model has read saves time only while its process has it cached, so it is not
        # stored on disk.
        self._exchanges: dict[int, tuple[Exchange, ...]] = {}

    def remember(
        self,
        message_id: int,
        *,
        channel_id: int,
        user_id: int,
        turn: Turn,
        earlier: int | None,
        guild_id: int | None = None,
    ) -> None:
        """Store a turn whose answer is `message_id` and continues the answer `earlier`."""
        cited = None if turn.cited is None else json.dumps(turn.cited)
        self._remember_exchanges(message_id, turn.exchanges)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self.database.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO conversations VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (message_id, channel_id, user_id, earlier, turn.question, now, cited, guild_id),
            )

    def remember_list(
        self,
        message_id: int,
        *,
        channel_id: int,
        user_id: int,
        papers: Sequence[str],
        is_private: bool = False,
        is_hidden: bool = False,
    ) -> None:
        """Store the ids of the papers that a message lists, in the order of their numbers.

        `is_private`: only this user sees the message; `is_hidden`: it was asked for in a spoiler.
        """
        with self.database.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO shown_lists "
                "(message, channel, person, papers, private, hidden) VALUES (?, ?, ?, ?, ?, ?)",
                (message_id, channel_id, user_id, json.dumps(papers), is_private, is_hidden),
            )

    def drop(self, message_id: int) -> None:
        """Delete a turn whose answer failed or was deleted, or a list that was deleted."""
        self._exchanges.pop(message_id, None)
        with self.database.transaction() as db:
            db.execute("DELETE FROM conversations WHERE message = ?", (message_id,))
            db.execute("DELETE FROM shown_lists WHERE message = ?", (message_id,))

    def asked_since(self, moment: datetime) -> list[tuple[int | None, int, datetime]]:
        """Return (guild, user, time) of the questions since this moment, oldest first."""
        rows = self.database.connection.execute(
            "SELECT server, person, message FROM conversations WHERE message >= ? ORDER BY message",
            (time_snowflake(moment),),
        )
        return read_rows(
            rows.fetchall(),
            lambda row: (row["server"], int(row["person"]), snowflake_time(row["message"])),
            table="conversations",
        )

    def _remember_exchanges(self, message_id: int, exchanges: tuple[Exchange, ...]) -> None:
        if exchanges:
            self._exchanges[message_id] = exchanges
        for oldest in list(self._exchanges)[:-MAX_EXCHANGES]:
            self._exchanges.pop(oldest, None)

    def forget_exchanges(self) -> None:
        """Forget what the model has read, for all users; it only saves the model some reading."""
        self._exchanges.clear()

    def knows(
        self, message_id: int, *, channels: Collection[int] = (), user_id: int | None = None
    ) -> bool:
        """Return whether this message is an answer or a list, in one of these channels if any.

        With `user_id`, lists that only another user saw are unknown.
        """
        row = self._row(message_id) or self._list_row(message_id)
        if row is None or (channels and row["channel"] not in channels):
            return False
        return user_id in (None, row["person"]) or not row["private"]

    def questions(self, message_id: int) -> list[tuple[int, str]]:
        """Return (user, question) of the turns up to this answer, oldest first."""
        found: list[tuple[int, str]] = []
        row = self._row(message_id)
        for _ in range(MAX_HISTORY):
            if row is None:
                break
            found += read_rows([row], _asked, table="conversations")
            row = self._row(row["earlier"]) if row["earlier"] else None
        return found[::-1]

    def answers(self, message_id: int | None) -> list[tuple[int, int]] | None:
        """Return (message, channel) of this answer and those that it goes on from, latest first.

        None if one of them is not known any more.
        """
        found: list[tuple[int, int]] = []
        while message_id is not None and len(found) < MAX_HISTORY:
            row = self._row(message_id)
            if row is None:
                return found if self._list_row(message_id) else None
            found.append((message_id, row["channel"]))
            message_id = row["earlier"]
        return found

    def turns(self, message_id: int | None) -> list[Turn]:
        """Return the turns up to this answer, oldest first; the turn of a list has no question.

        These are the last MAX_HISTORY and, before them, the list that the conversation began with:
        they may choose from it. Without one, that is the last answer with several papers.
        """
        turns = self._turns(message_id)
        found = list(islice(turns, MAX_HISTORY))
        lists = list(filter(_is_list, islice(turns, MAX_WALK)))
        if lists and not lists[-1].question:
            found.append(lists[-1])
        elif lists and not any(map(_is_list, found)):
            found.append(lists[0])
        return found[::-1]

    def _turns(self, message_id: int | None) -> Iterator[Turn]:
        """Yield the turns of a conversation, latest first."""
        while message_id is not None:
            row = self._row(message_id)
            if row is None:
                if shown := self._list_row(message_id):
                    yield from read_rows([shown], _listed, table="shown_lists")
                return
            read = read_rows([row], _turn, table="conversations")
            if not read:  # nobody knows any more what was said
                return
            yield replace(read[0], exchanges=self._exchanges.get(message_id, ()))
            message_id = row["earlier"]

    def place_in(self, list_id: int, *, user_id: int, channel_id: int) -> int | None:
        """Return the user's last answer in a channel that continues a list, if there is one."""
        rows = self.database.connection.execute(
            "SELECT message FROM conversations WHERE channel = ? AND person = ? AND message > ? "
            "ORDER BY message DESC LIMIT ?",
            (channel_id, user_id, list_id, MAX_WALK),
        )
        for row in rows.fetchall():
            if self._continues(row["message"], list_id):
                return int(row["message"])
        return None

    def _continues(self, message_id: int | None, list_id: int) -> bool:
        """Return whether a message is a turn of the conversation that goes on from another."""
        for _ in range(MAX_WALK):
            if message_id is None or message_id == list_id:
                return message_id == list_id
            row = self._row(message_id)
            message_id = row["earlier"] if row else None
        return False

    def listed(self, message_id: int) -> tuple[str, ...]:
        """Return the ids of the papers that a card or a list shows; empty for other messages."""
        row = self._list_row(message_id)
        turns = read_rows([row], _listed, table="shown_lists") if row else []
        return turns[0].cited or () if turns else ()

    def is_hidden(self, message_id: int) -> bool:
        """Return whether an answer, a card or a list was asked for in a spoiler."""
        return any(turn.is_hidden for turn in self.turns(message_id)[-1:])

    def papers_of(self, message_id: int) -> tuple[str, ...]:
        """Return the ids of the papers of an answer, a card or a list, in order."""
        turns = self.turns(message_id)
        return turns[-1].cited or () if turns else ()

    def last_in(
        self,
        channel_id: int,
        *,
        user_id: int,
        own: bool = False,
        since: datetime | None = None,
        answers_only: bool = False,
        several: bool = False,
    ) -> int | None:
        """Return the last answer or list in a channel for this user, else for anybody.

        Lists that only another user saw are left out. With `own`, only for this user; with
        `since`, none before it; with `several`, one with several papers. A thread that was started
        from an answer begins with that answer: the two have the same id.
        """
        table = ANSWERS if answers_only else ANSWERS_AND_LISTS
        condition = f"AND {SEVERAL} " if several else ""
        row = self.database.connection.execute(
            f"SELECT message FROM {table} WHERE (channel = ? OR message = ?) AND message >= ? "
            f"AND (person = ? OR NOT (? OR private)) {condition}"
            "ORDER BY person = ? DESC, message DESC LIMIT 1",
            (channel_id, channel_id, time_snowflake(since) if since else 0, user_id, own, user_id),
        ).fetchone()
        return row["message"] if row else None

    def about(self, paper_id: str) -> list[tuple[int, int]]:
        """Return (message, channel) of the answers that cite a paper, newest first."""
        rows = self.database.connection.execute(
            "SELECT message, channel FROM conversations WHERE EXISTS "
            "(SELECT 1 FROM json_each(iif(json_valid(cited), cited, '[]')) WHERE value = ?) "
            "ORDER BY message DESC LIMIT ?",
            (paper_id, MAX_ABOUT),
        )
        return [(row["message"], row["channel"]) for row in rows]

    def _row(self, message_id: int) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self.database.connection.execute(
            "SELECT message, channel, person, question, earlier, cited, 0 AS private "
            "FROM conversations WHERE message = ?",
            (message_id,),
        ).fetchone()
        return row

    def _list_row(self, message_id: int) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self.database.connection.execute(
            "SELECT message, channel, person, papers, private, hidden FROM shown_lists "
            "WHERE message = ?",
            (message_id,),
        ).fetchone()
        return row


def _asked(row: sqlite3.Row) -> tuple[int, str]:
    return int(row["person"]), row["question"].strip() and row["question"]


def _turn(row: sqlite3.Row) -> Turn:
    cited = None if row["cited"] is None else parse_strings(row["cited"])
    question = _asked(row)[1]
    return Turn(question, cited, is_hidden=has_spoiler(question))


def _is_list(turn: Turn) -> bool:
    return len(turn.cited or ()) > 1


def _listed(row: sqlite3.Row) -> Turn:
    return Turn("", parse_strings(row["papers"]), is_hidden=bool(row["hidden"]))
