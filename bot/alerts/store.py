"""Alerts in SQLite: each paper once in each server, so that none is told twice or lost."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rag.store.database import Database

A_DAY = timedelta(hours=24)
NONCE = 25  # characters that Discord takes


@dataclass(frozen=True, slots=True)
class Kept:
    """An alert that is to be told in a channel; `tried_at` if its sending began already."""

    server: int
    paper_id: str
    channel: int
    embed: Mapping[str, Any]
    found_at: datetime
    tried_at: datetime | None

    @property
    def nonce(self) -> str:
        """Names the message: Discord takes a nonce only once within some minutes."""
        text = f"alert {self.server} {self.paper_id}"
        return hashlib.sha256(text.encode()).hexdigest()[:NONCE]


class AlertBox:
    """The alerts of every server."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(
        self,
        server: int,
        channel: int,
        found: Iterable[tuple[str, Mapping[str, Any]]],
        *,
        most: int,
        now: datetime,
    ) -> None:
        """Note (paper id, embed) pairs, without papers told before, up to `most` in 24 hours."""
        with self.database.transaction() as db:
            lately = db.execute(
                "SELECT COUNT(*) FROM alerts WHERE server = ? AND found_at > ?",
                (server, (now - A_DAY).isoformat()),
            ).fetchone()[0]
            for paper_id, embed in found:
                if lately >= most:
                    break
                lately += db.execute(
                    "INSERT OR IGNORE INTO alerts (server, paper, channel, embed, found_at) "
                    "VALUES (?, ?, ?, ?, ?)",
                    (server, paper_id, channel, json.dumps(embed), now.isoformat()),
                ).rowcount

    def open(self) -> list[Kept]:
        """Return the alerts that are neither known to be sent nor given up, oldest first."""
        rows = self.database.connection.execute(
            "SELECT * FROM alerts WHERE message IS NULL AND reason = '' ORDER BY found_at, paper"
        )
        return [
            Kept(
                row["server"], row["paper"], row["channel"], json.loads(row["embed"]),
                datetime.fromisoformat(row["found_at"]),
                datetime.fromisoformat(row["tried_at"]) if row["tried_at"] else None,
            )
            for row in rows
        ]  # fmt: skip

    def begin(self, kept: Kept, now: datetime) -> None:
        """Note that it is being sent."""
        self._set(kept, "tried_at", now.isoformat())

    def sent(self, kept: Kept, message: int) -> None:
        """Note the message."""
        self._set(kept, "message", message)

    def give_up(self, kept: Kept, reason: str) -> None:
        """Note why it is not sent."""
        self._set(kept, "reason", reason)

    def _set(self, kept: Kept, column: str, value: object) -> None:
        with self.database.transaction() as db:
            db.execute(
                f"UPDATE alerts SET {column} = ? WHERE server = ? AND paper = ?",
                (value, kept.server, kept.paper_id),
            )

    def forget_server(self, server: int) -> None:
        """Remove the alerts of a server."""
        with self.database.transaction() as db:
            db.execute("DELETE FROM alerts WHERE server = ?", (server,))
