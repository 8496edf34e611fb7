"""Receipts in SQLite: what each answer is based on, and which answers are unfinished."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from bot.access.shards import ALL_SHARDS, Shards
from bot.json_rows import Row, why_row
from bot.stored_rows import checked, read_rows
from rag.query.followups import truncate_history
from rag.records import Answer, Place, Question, Turn
from rag.store.database import Database
from rag.text.discord_markup import has_spoiler

MAX_RECEIPTS = 5_000  # of about 5 KB each

Embeds = list[dict[str, Any]]  # as discord.Embed.to_dict makes them


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """A question with everything needed to ask it again; stored as JSON under these names.

    `otherwise` is another question, which is asked if nothing answers this one.
    `earlier` is the message of the answer that it continues and `said` is what users wrote since.
    `paper` is the id of the only paper to answer from, `keep_to` that of the paper to try first.
    `shown` are the ids of the papers of the same list that were shown before this part of it.
    `by` is the name of the user, if several may ask. `heard_from` are the messages and the users
    whose words `question` or `said` are: without them, these are forgotten. `note` says which files
    of the question were not read. `has_spoiler` means that `paper` was named in a spoiler.
    """

    question: str
    otherwise: str = ""
    earlier: int | None = None
    said: tuple[str, ...] = ()
    paper: str | None = None
    keep_to: str | None = None
    shown: tuple[str, ...] = ()
    by: str = ""
    heard_from: tuple[int, ...] = ()
    note: str = ""
    has_spoiler: bool = False

    def to_question(self, earlier_turns: Sequence[Turn], *, place: Place) -> Question:
        """Return the question for the pipeline; `earlier_turns` led to the answer `earlier`."""
        history = truncate_history([*earlier_turns, *(Turn(text) for text in self.said)])
        return Question(
            text=self.question,
            history=tuple(history),
            paper=self.paper,
            keep_to=self.keep_to,
            asker=self.by,
            offset=len(self.shown),
            place=place,
            has_spoiler=self.has_spoiler
            or has_spoiler(self.question)
            or any(turn.is_hidden or has_spoiler(turn.question) for turn in history),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """The stored state of an answer.

    `event_id` is the message or interaction that asked, if known; `message_id` is the same if the
    bot ended before it sent a message. `unfinished` is what the message should show if nothing
    more is written; None if it is finished. `receipt` is None if the bot ended before the search.
    """

    message_id: int
    channel_id: int
    user_id: int
    event_id: int | None
    inquiry: Inquiry
    receipt: Row | None
    unfinished: Embeds | None
    guild_id: int | None = None

    @property
    def is_unsent(self) -> bool:
        """Whether the bot ended before it sent a message."""
        return self.message_id == self.event_id

    def is_in(self, channel_id: int | None) -> bool:
        """Return whether the answer is in this channel."""
        return self.channel_id == channel_id

    @property
    def more(self) -> int:
        """How many papers follow those that the answer lists."""
        return int((self.receipt or {}).get("more", 0))

    @property
    def unread_paper(self) -> str | None:
        """The id of the paper that was offered to be read whole."""
        paper_id: str | None = (self.receipt or {}).get("unread_paper")
        return paper_id

    @property
    def sources(self) -> list[str]:
        """The ids of the cited papers."""
        return [source["paper_id"] for source in (self.receipt or {}).get("sources", ())]


class _Source(BaseModel):
    paper_id: str
    title: str
    n: int


class _Evidence(BaseModel):
    paper_id: str
    sentence: str
    score: float


class _Rank(BaseModel):
    paper_id: str
    title: str
    score: float
    cosine: float
    bm25: float


class _Receipt(BaseModel):
    """What is read from a stored receipt; those of earlier versions lack the last four."""

    question: str
    understood: str | None
    coverage: str
    seconds: float
    support: float | None
    note: str
    model: str | None
    refused: bool
    sources: list[_Source]
    evidence: list[_Evidence]
    ranking: list[_Rank]
    read_as: str | None = None
    more: int = 0
    has_spoiler: bool = False
    unread_paper: str | None = None


def receipt_of(answer: Answer, *, written_by: str = "") -> Row:
    """Return what `paperboy why --json` prints, with the user's question instead of the answer.

    `written_by` names the model if the answer does not.
    """
    row = why_row(answer) | {
        "question": answer.question.text,
        "note": answer.note,
        "more": answer.more,
        "has_spoiler": answer.question.has_spoiler,
        "unread_paper": answer.silent_paper and answer.silent_paper.paper_id,
    }
    if answer.mode == "generated":
        row["model"] = answer.model or written_by
    del (
        row["answer"],
        row["retrieved"],
    )  # in the message; in the ranking
    return row


def paper_ids(receipt: Row) -> list[str]:
    """Return the ids of all papers in a receipt."""
    parts = (receipt["sources"], receipt["evidence"], receipt["ranking"])
    return list(dict.fromkeys(entry["paper_id"] for part in parts for entry in part))


class ReceiptStore:
    """The receipts of the last `days` days, at most MAX_RECEIPTS."""

    def __init__(self, database: Database, *, days: int) -> None:
        self.database = database
        self.days = days

    def save(
        self,
        message_id: int,
        *,
        channel_id: int,
        user_id: int,
        event_id: int | None,
        inquiry: Inquiry,
        receipt: Row | None,
        unfinished: Embeds | None,
        guild_id: int | None = None,
    ) -> None:
        """Store the state of an answer in place of an earlier one; delete old receipts."""
        now = datetime.now(UTC)
        stored_at = now.isoformat(timespec="seconds")
        row = (
            message_id,
            channel_id,
            user_id,
            event_id,
            json.dumps(asdict(inquiry)),
            _json(receipt),
            _json(unfinished),
            stored_at,
            guild_id,
        )
        oldest = now - timedelta(days=self.days)
        with self.database.transaction() as db:
            db.execute("INSERT OR REPLACE INTO receipts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            db.execute(
                "DELETE FROM receipts WHERE kept_at < ?", (oldest.isoformat(timespec="seconds"),)
            )
            db.execute(
                "DELETE FROM receipts WHERE message <= "
                "(SELECT message FROM receipts ORDER BY message DESC LIMIT 1 OFFSET ?)",
                (MAX_RECEIPTS,),
            )

    def finish(self, message_id: int) -> None:
        """Mark an answer as finished."""
        with self.database.transaction() as db:
            db.execute("UPDATE receipts SET unfinished = NULL WHERE message = ?", (message_id,))

    def drop(self, message_id: int) -> None:
        """Delete the receipt of an answer that failed or was deleted."""
        with self.database.transaction() as db:
            db.execute("DELETE FROM receipts WHERE message = ?", (message_id,))

    def retract(self, message_id: int) -> list[int]:
        """Delete the receipts of an answer, or of the answers to a question, that was deleted.

        Returns the messages of these answers.
        """
        condition, values = "message = ? OR event = ?", (message_id, message_id)
        found = [stored.message_id for stored in self._where(condition, *values)]
        if found:
            with self.database.transaction() as db:
                db.execute(f"DELETE FROM receipts WHERE {condition}", values)
        return found

    def get(self, message_id: int) -> StoredAnswer | None:
        """Return the stored state of an answer."""
        return next(iter(self._where("message = ?", message_id)), None)

    def last_in(self, channel_id: int, *, count: int) -> list[StoredAnswer]:
        """Return the channel's last answers that have a receipt, latest first."""
        condition = "channel = ? AND receipt IS NOT NULL ORDER BY message DESC LIMIT ?"
        return self._where(condition, channel_id, count)

    def unfinished(self, shards: Shards = ALL_SHARDS) -> list[StoredAnswer]:
        """Return the unfinished answers in the servers of these shards, oldest first."""
        found = self._where("unfinished IS NOT NULL ORDER BY message")
        return [stored for stored in found if shards.has(stored.guild_id)]

    def is_answered(self, event_id: int) -> bool:
        """Return whether this message or interaction has an answer already."""
        row = self.database.connection.execute(
            "SELECT 1 FROM receipts WHERE event = ?", (event_id,)
        ).fetchone()
        return row is not None

    def _where(self, condition: str, *values: int) -> list[StoredAnswer]:
        rows = self.database.connection.execute(f"SELECT * FROM receipts WHERE {condition}", values)
        return read_rows(rows.fetchall(), _stored_answer, table="receipts")


def _stored_answer(row: sqlite3.Row) -> StoredAnswer:
    receipt = row["receipt"] and json.loads(row["receipt"])
    values = {
        "message_id": row["message"],
        "channel_id": row["channel"],
        "user_id": row["person"],
        "guild_id": row["server"],
        "event_id": row["event"],
        "inquiry": json.loads(row["inquiry"]),
        "receipt": receipt,
        "unfinished": row["unfinished"] and json.loads(row["unfinished"]),
    }
    if receipt is not None:
        _Receipt.model_validate(receipt)
    return checked(StoredAnswer, values)


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)
