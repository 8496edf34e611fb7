"""The outbox in SQLite: one row for every digest that was due, unique by (subscription, day).

A row is written before anything is sent. Its states are

    pending → sending → sent
        |         └───→ failed    it can never arrive, or its window is over
        └─────────────→ skipped   paused, nothing new, or the bot was down for too long

`sending` and a nonce are on disk before a message is sent, so that after a kill the next run knows
which message may have been sent: see bot/subscriptions/discord_transport.py.

The messages that are to be published to the followers of an announcement channel are written with
the note that they arrived, and taken off once Discord says that they are published: see
bot/subscriptions/publishing.py. A digest is `sent` whether or not it could be published.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta

from bot.access.shards import ALL_SHARDS, Shards
from bot.stored_rows import checked, read_rows
from bot.subscriptions.records import Delivery, SubscriptionError
from bot.subscriptions.schedule import insert, instant, iso, plan
from bot.subscriptions.store import SubscriptionStore
from rag.store.database import Database

RETENTION = timedelta(days=120)  # of finished rows
EXTRA = "now "  # prefix of the day of a digest that somebody requested; then the instant


class Outbox:
    """Stores deliveries; it sends nothing. All instants are in UTC."""

    def __init__(
        self, database: Database, subscriptions: SubscriptionStore, shards: Shards = ALL_SHARDS
    ) -> None:
        """Of several processes with one data folder, each sends what is for its own `shards`."""
        self.database = database
        self.subscriptions = subscriptions
        self.shards = shards

    def plan(self, now: datetime) -> None:
        """Add a row for every digest that became due up to now; delete old rows."""
        due = [one for one in self.subscriptions.due(now) if self.shards.has(one.home)]
        for subscription in due:
            with self._transaction() as db, suppress(SubscriptionError):  # removed meanwhile
                # Read again: another process may just have changed it.
                plan(db, self.subscriptions.get(subscription.id), now)
        if due:
            with self._transaction() as db:
                db.execute(
                    "DELETE FROM outbox WHERE due_at < ? AND state NOT IN ('pending', 'sending') "
                    "AND id NOT IN (SELECT MAX(id) FROM outbox GROUP BY subscription, state)",
                    (iso(now - RETENTION),),
                )

    def add_extra(self, subscription: int, now: datetime) -> None:
        """Add a digest to be sent now, besides those that are due."""
        with self._transaction() as db:
            insert(db, subscription, f"{EXTRA}{iso(now)}", now)

    def ready(self, now: datetime) -> list[Delivery]:
        """Return the deliveries to be made now, longest due first.

        No other process sends them: a shard is one process's, whose scheduler sends one digest
        after the other.
        """
        return self._own(
            self._where(
                "state IN ('pending', 'sending') AND next_try <= ? ORDER BY due_at, id", iso(now)
            )
        )

    def _own(self, deliveries: list[Delivery]) -> list[Delivery]:
        """Return those for this process's shards."""
        if not (deliveries and self.shards.ids):
            return deliveries
        homes = {one.id: one.home for one in self.subscriptions.all()}
        return [one for one in deliveries if self.shards.has(homes.get(one.subscription))]

    def get(self, number: int) -> Delivery | None:
        """Return a row; None if its subscription was removed in the meantime."""
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

    def waiting(self) -> dict[str, int]:
        """Return how many digests are due and not sent yet, by state."""
        rows = self.database.connection.execute(
            "SELECT state, COUNT(*) AS count FROM outbox WHERE state IN ('pending', 'sending') "
            "GROUP BY state"
        )
        return {"pending": 0, "sending": 0} | {row["state"]: row["count"] for row in rows}

    def covered_until(self, subscription: int) -> date | None:
        """Return the last day that a sent digest covered."""
        row = self.database.connection.execute(
            "SELECT MAX(date(covers)) AS day FROM outbox "  # date: NULL for what is none
            "WHERE subscription = ? AND state = 'sent' AND day < 'now'",
            (subscription,),
        ).fetchone()
        return date.fromisoformat(row["day"]) if row["day"] else None

    # -- state of a row -------------------------------------------------------------

    def save_digest(self, number: int, digest: str, covers: date) -> None:
        """Store the digest that will be sent."""
        self._set(number, digest=digest, covers=covers.isoformat())

    def claim(self, number: int, now: datetime) -> None:
        """Record that the next message is about to be sent."""
        self._set(number, state="sending", claimed_at=iso(now))

    def part_sent(self, number: int, part: int, unpublished: Sequence[int] = ()) -> None:
        """Record that `part` messages have arrived and the next is not being sent yet.

        `unpublished` are those of them that are to be published.
        """
        self._set(number, part=part, claimed_at=None, unpublished=json.dumps(unpublished))

    def not_sent(self, number: int) -> None:
        """Record that the claimed message was certainly not sent."""
        self._set(number, claimed_at=None)

    def done(self, number: int, state: str, now: datetime, reason: str = "") -> None:
        """Record the final state: sent, failed or skipped."""
        self._set(
            number, state=state, reason=reason, done_at=iso(now), digest=None, claimed_at=None,
            publish_at=iso(now) if state == "sent" else None,
        )  # fmt: skip

    def retry(self, delivery: Delivery, next_try: datetime, reason: str) -> None:
        """Schedule the next attempt; the claim of a message that may have been sent stays."""
        self._set(
            delivery.id, next_try=iso(next_try), reason=reason, attempts=delivery.attempts + 1
        )

    # -- what is published to followers -----------------------------------------------

    def to_publish(self, now: datetime) -> list[Delivery]:
        """Return the sent digests with messages to be published now, longest waiting first."""
        return self._own(
            self._where("publish_at <= ? AND unpublished != '[]' ORDER BY publish_at, id", iso(now))
        )

    def published(self, number: int, left: Sequence[int]) -> None:
        """Record that all but these messages are published."""
        self._set(number, unpublished=json.dumps(left), **({} if left else {"reason": ""}))

    def publish_later(self, number: int, next_try: datetime | None, reason: str) -> None:
        """Schedule the next attempt to publish; None: there is none. `reason` says why."""
        self._set(number, publish_at=next_try and iso(next_try), reason=reason)

    def _set(self, number: int, **values: object) -> None:
        pairs = ", ".join(f"{name} = :{name}" for name in values)
        with self._transaction() as db:
            db.execute(f"UPDATE outbox SET {pairs} WHERE id = :id", values | {"id": number})

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Flush to the disk: a claim must survive a power cut as well as a kill."""
        self.database.connection.execute("PRAGMA synchronous = FULL")
        with self.database.transaction() as db:
            yield db

    def _where(self, condition: str, *values: object) -> list[Delivery]:
        rows = self.database.connection.execute(f"SELECT * FROM outbox WHERE {condition}", values)
        return read_rows(rows.fetchall(), _delivery, table="outbox")


def _delivery(row: sqlite3.Row) -> Delivery:
    values = dict(row)
    for name in ("due_at", "next_try", "claimed_at", "done_at", "publish_at"):
        values[name] = values[name] and instant(values[name])
    values["unpublished"] = json.loads(values["unpublished"])
    return checked(Delivery, values)
