"""Receipts in SQLite: what each answer was made from, and which of them are not finished."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.json_rows import Row, why_row
from rag.query.followups import truncate_history
from rag.records import Answer, Question, Turn
from rag.store.database import Database

MAX_RECEIPTS = 5_000  # of about 5 KB each

Embeds = list[dict[str, Any]]  # as discord.Embed.to_dict makes them


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """A question with all that it takes to ask it anew.

    `earlier` is the answer it went on from, `said` what people said since, `paper` the id of the
    only one that was asked, `keep_to` of the one that was meant unless it does not say, `by` the
    name of who asked, where several people may.
    """

    question: str
    earlier: int | None = None
    said: tuple[str, ...] = ()
    paper: str | None = None
    keep_to: str | None = None
    by: str = ""

    def to_question(self, earlier_turns: Sequence[Turn]) -> Question:
        """Return the question for the pipeline; `earlier_turns` led to the answer `earlier`."""
        history = truncate_history([*earlier_turns, *(Turn(text) for text in self.said)])
        return Question(
            text=self.question,
            history=tuple(history),
            paper=self.paper,
            keep_to=self.keep_to,
            asker=self.by,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """An answer's message with what is known of it.

    `event` is the message or interaction that asked, where it is known; `message` is the same where
    the bot ended before it sent one of its own. `unfinished` is what the message should show if
    nobody goes on writing it; None where it is finished. `receipt` is None where the bot ended
    before anything was found.
    """

    message: int
    channel: int
    user_id: int
    event: int | None
    inquiry: Inquiry
    receipt: Row | None
    unfinished: Embeds | None

    @property
    def is_unsent(self) -> bool:
        """Whether there is only the message that asks."""
        return self.message == self.event

    @property
    def sources(self) -> list[str]:
        """The ids of the papers that it cites."""
        return [source["paper_id"] for source in (self.receipt or {}).get("sources", ())]


def receipt_of(answer: Answer, *, written_by: str = "") -> Row:
    """Return what `paperboy why --json` prints, with what people asked in place of the answer.

    `written_by` is the name of a model that does not tell its own.
    """
    row = why_row(answer) | {"question": answer.question.text, "note": answer.note}
    if answer.mode == "generated":
        row["model"] = answer.model or written_by
    del row["answer"], row["retrieved"]  # the message shows the one, the ranking holds the other
    return row


def paper_ids(receipt: Row) -> list[str]:
    """Return the ids of all papers that a receipt speaks of."""
    parts = (receipt["sources"], receipt["evidence"], receipt["ranking"])
    return list(dict.fromkeys(entry["paper_id"] for part in parts for entry in part))


class ReceiptStore:
    """The receipts of the last `days` days, and never more than MAX_RECEIPTS of them."""

    def __init__(self, database: Database, *, days: int) -> None:
        self.database = database
        self.days = days

    def keep(
        self,
        message: int,
        *,
        channel: int,
        user_id: int,
        event: int | None,
        inquiry: Inquiry,
        receipt: Row | None,
        unfinished: Embeds | None,
    ) -> None:
        """Note the state of an answer in place of what was known of it; old ones go."""
        now = datetime.now(UTC)
        row = (message, channel, user_id, event, json.dumps(asdict(inquiry)), _json(receipt),
               _json(unfinished), now.isoformat(timespec="seconds"))  # fmt: skip
        oldest = now - timedelta(days=self.days)
        with self.database.transaction() as db:
            db.execute("INSERT OR REPLACE INTO receipts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            db.execute(
                "DELETE FROM receipts WHERE kept_at < ?", (oldest.isoformat(timespec="seconds"),)
            )
            db.execute(
                "DELETE FROM receipts WHERE message <= "
                "(SELECT message FROM receipts ORDER BY message DESC LIMIT 1 OFFSET ?)",
                (MAX_RECEIPTS,),
            )

    def finish(self, message: int) -> None:
        """Note that the message says what happened to it."""
        with self.database.transaction() as db:
            db.execute("UPDATE receipts SET unfinished = NULL WHERE message = ?", (message,))

    def drop(self, message: int) -> None:
        """Forget an answer that came to nothing or is deleted."""
        with self.database.transaction() as db:
            db.execute("DELETE FROM receipts WHERE message = ?", (message,))

    def of(self, message: int) -> StoredAnswer | None:
        """Return what is known of an answer."""
        return next(iter(self._where("message = ?", message)), None)

    def last_in(self, channel: int) -> StoredAnswer | None:
        """Return the channel's last answer that has a receipt."""
        condition = "channel = ? AND receipt IS NOT NULL ORDER BY message DESC LIMIT 1"
        return next(iter(self._where(condition, channel)), None)

    def unfinished(self) -> list[StoredAnswer]:
        """Return the answers that somebody was writing, oldest first."""
        return self._where("unfinished IS NOT NULL ORDER BY message")

    def is_answered(self, event: int) -> bool:
        """Return whether this message or interaction has an answer already."""
        row = self.database.connection.execute(
            "SELECT 1 FROM receipts WHERE event = ?", (event,)
        ).fetchone()
        return row is not None

    def _where(self, condition: str, *values: int) -> list[StoredAnswer]:
        rows = self.database.connection.execute(f"SELECT * FROM receipts WHERE {condition}", values)
        return [_kept(row) for row in rows.fetchall()]


def _kept(row: sqlite3.Row) -> StoredAnswer:
    inquiry = json.loads(row["inquiry"])
    return StoredAnswer(
        message=row["message"],
        channel=row["channel"],
        user_id=row["person"],
        event=row["event"],
        inquiry=Inquiry(**inquiry | {"said": tuple(inquiry["said"])}),
        receipt=row["receipt"] and json.loads(row["receipt"]),
        unfinished=row["unfinished"] and json.loads(row["unfinished"]),
    )


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)
