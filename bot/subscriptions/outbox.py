"""The outbox: one row for every digest that was ever due, in SQLite.

A row is written before anything is sent, under a key that holds it once: (subscription, day).
From there it goes

    pending → sending → sent
        |         └───→ failed    it can never arrive, or the window for it is over
        └─────────────→ skipped   paused, nothing new, or the bot was down for too long

`sending` and a nonce are on disk before a message leaves, so that whoever comes after a kill
knows which message may have left: see bot/subscriptions/discord_transport.py.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from bot.subscriptions.records import Delivery
from bot.subscriptions.schedule import insert, iso, plan
from bot.subscriptions.store import SubscriptionStore
from rag.store.database import Database

KEPT = timedelta(days=120)  # for so long it is known what became of a digest
EXTRA = "now "  # before the instant, in the day of a digest that somebody asked for


class Outbox:
    """All instants are given in UTC. Nothing here sends."""

    def __init__(self, database: Database, subscriptions: SubscriptionStore) -> None:
        self.database = database
        self.subscriptions = subscriptions

    def plan(self, now: datetime) -> None:
        """Write down every digest that became due up to now, and forget old ones."""
        due = self.subscriptions.due(now)
        for subscription in due:
            with self._transaction() as db:
                plan(db, subscription, now)
        if due:
            with self._transaction() as db:
                db.execute(
                    "DELETE FROM outbox WHERE due_at < ? AND state NOT IN ('pending', 'sending') "
                    "AND id NOT IN (SELECT MAX(id) FROM outbox GROUP BY subscription, state)",
                    (iso(now - KEPT),),
                )

    def add_extra(self, subscription: int, now: datetime) -> None:
        """Have a digest sent now, besides those that are due."""
        with self._transaction() as db:
            insert(db, subscription, f"{EXTRA}{iso(now)}", now)

    def ready(self, now: datetime) -> list[Delivery]:
        """Return what is to be sent now, longest due first.

        Nothing is being sent by anybody else: one process uses a data folder, and its scheduler
        sends one digest after the other.
        """
        return self._where(
            "state IN ('pending', 'sending') AND next_try <= ? ORDER BY due_at, id", iso(now)
        )

    def get(self, number: int) -> Delivery | None:
        """Return a row, None if its subscription was removed meanwhile."""
        return next(iter(self._where("id = ?", number)), None)

    def last(self, subscription: int) -> Delivery | None:
        """Return the latest row of a subscription."""
        return next(
            iter(self._where("subscription = ? ORDER BY id DESC LIMIT 1", subscription)), None
        )

    def rows(self, subscription: int | None = None) -> list[Delivery]:
        """Return every row, of one subscription or of all, oldest first."""
        if subscription is None:
            return self._where("TRUE ORDER BY id")
        return self._where("subscription = ? ORDER BY id", subscription)

    def told_until(self, subscription: int) -> date | None:
        """Return the last day that a sent digest told of."""
        row = self.database.connection.execute(
            "SELECT MAX(covers) AS day FROM outbox "
            "WHERE subscription = ? AND state = 'sent' AND day < 'now'",
            (subscription,),
        ).fetchone()
        return date.fromisoformat(row["day"]) if row["day"] else None

    # -- what happens to a row -------------------------------------------------------------

    def keep_digest(self, number: int, digest: str, covers: date) -> None:
        """Keep what is going to be sent."""
        self._set(number, digest=digest, covers=covers.isoformat())

    def claim(self, number: int, now: datetime) -> None:
        """Note that the next message is about to leave."""
        self._set(number, state="sending", claimed_at=iso(now))

    def part_sent(self, number: int, part: int) -> None:
        """Note that `part` messages have arrived and the next has not begun to leave."""
        self._set(number, part=part, claimed_at=None)

    def not_sent(self, number: int) -> None:
        """Note that the message that was about to leave certainly did not."""
        self._set(number, claimed_at=None)

    def done(self, number: int, state: str, now: datetime, reason: str = "") -> None:
        """Note how it ended: sent, failed or skipped."""
        self._set(
            number, state=state, reason=reason, done_at=iso(now), digest=None, claimed_at=None
        )

    def later(self, delivery: Delivery, next_try: datetime, reason: str) -> None:
        """Try again at some time; a message that may have left stays noted."""
        self._set(
            delivery.id, next_try=iso(next_try), reason=reason, attempts=delivery.attempts + 1
        )

    def _set(self, number: int, **values: object) -> None:
        pairs = ", ".join(f"{name} = :{name}" for name in values)
        with self._transaction() as db:
            db.execute(f"UPDATE outbox SET {pairs} WHERE id = :id", values | {"id": number})

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Write through to the disk: a claim must outlive a power cut as well as a kill."""
        self.database.connection.execute("PRAGMA synchronous = FULL")
        with self.database.transaction() as db:
            yield db

    def _where(self, condition: str, *values: object) -> list[Delivery]:
        rows = self.database.connection.execute(f"SELECT * FROM outbox WHERE {condition}", values)
        return list(_deliveries(rows.fetchall()))


def _deliveries(rows: list[sqlite3.Row]) -> Iterator[Delivery]:
    for row in rows:
        values = dict(row)
        for name in ("due_at", "next_try", "claimed_at", "done_at"):
            values[name] = values[name] and datetime.fromisoformat(values[name])
        values["covers"] = values["covers"] and date.fromisoformat(values["covers"])
        yield Delivery(**values)
