"""Alerts in SQLite: each paper once per server, so that none is sent twice or lost."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.stored_rows import checked, read_rows
from rag.store.database import Database

A_DAY = timedelta(hours=24)
NONCE_LENGTH = 25  # characters, Discord's limit


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """An alert to be sent to a channel; `tried_at` is set once sending has begun."""

    guild_id: int
    paper_id: str
    channel_id: int
    embed: Mapping[str, Any]
    found_at: datetime
    tried_at: datetime | None

    @property
    def nonce(self) -> str:
        """The nonce of the message: Discord accepts each one only once within some minutes."""
        text = f"alert {self.guild_id} {self.paper_id}"
        return hashlib.sha256(text.encode()).hexdigest()[:NONCE_LENGTH]


class AlertStore:
    """The alerts of every server."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(
        self,
        guild_id: int,
        channel_id: int,
        found: Iterable[tuple[str, Mapping[str, Any]]],
        *,
        most: int,
        now: datetime,
    ) -> None:
        """Add (paper id, embed) pairs, up to `most` in 24 hours; skip papers added before."""
        with self.database.transaction() as db:
            recent = db.execute(
                "SELECT COUNT(*) FROM alerts WHERE server = ? AND found_at > ?",
                (guild_id, (now - A_DAY).isoformat()),
            ).fetchone()[0]
            for paper_id, embed in found:
                if recent >= most:
                    break
                recent += db.execute(
                    "INSERT OR IGNORE INTO alerts (server, paper, channel, embed, found_at) "
                    "VALUES (?, ?, ?, ?, ?)",
                    (guild_id, paper_id, channel_id, json.dumps(embed), now.isoformat()),
                ).rowcount

    def open(self) -> list[StoredAlert]:
        """Return the alerts that are neither sent nor given up, oldest first."""
        rows = self.database.connection.execute(
            "SELECT * FROM alerts WHERE message IS NULL AND reason = '' ORDER BY found_at, paper"
        )
        return read_rows(rows.fetchall(), _stored_alert, table="alerts")

    def begin(self, alert: StoredAlert, now: datetime) -> None:
        """Record that sending begins."""
        self._set(alert, "tried_at", now.isoformat())

    def sent(self, alert: StoredAlert, message_id: int) -> None:
        """Record the message that was sent."""
        self._set(alert, "message", message_id)

    def give_up(self, alert: StoredAlert, reason: str) -> None:
        """Record why the alert is not sent."""
        self._set(alert, "reason", reason)

    def _set(self, alert: StoredAlert, column: str, value: object) -> None:
        with self.database.transaction() as db:
            db.execute(
                f"UPDATE alerts SET {column} = ? WHERE server = ? AND paper = ?",
                (value, alert.guild_id, alert.paper_id),
            )

    def forget_guild(self, guild_id: int) -> None:
        """Delete the alerts of a server."""
        with self.database.transaction() as db:
            db.execute("DELETE FROM alerts WHERE server = ?", (guild_id,))


def _stored_alert(row: sqlite3.Row) -> StoredAlert:
    values = {
        "guild_id": row["server"],
        "paper_id": row["paper"],
        "channel_id": row["channel"],
        "embed": json.loads(row["embed"]),
        "found_at": row["found_at"],
        "tried_at": row["tried_at"],
    }
    return checked(StoredAlert, values)
