"""Due times → rows of the outbox, inside a transaction of whoever calls."""

import secrets
import sqlite3
from datetime import UTC, datetime

from bot.subscriptions.records import Subscription
from bot.subscriptions.schedule import due_between, next_due

MISSED = "I was not running, and a later one was due when I was back"


def iso(instant: datetime) -> str:
    """Return an instant as it stands in SQLite, where text sorts by time."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds")


def plan(db: sqlite3.Connection, subscription: Subscription, now: datetime) -> None:
    """Write down every digest of a subscription that became due up to now.

    Of those that were missed only the last one is still to be sent, if it is not too old.
    """
    due = due_between(subscription.rhythm, subscription.next_due, now)
    for day, instant in due:
        reason = "" if instant == due[-1][1] else MISSED
        if subscription.paused:
            reason = subscription.reason or "paused"
        insert(db, subscription.id, day.isoformat(), instant, reason)
    db.execute(
        "UPDATE subscriptions SET next_due = ? WHERE id = ?",
        (iso(next_due(subscription.rhythm, now)), subscription.id),
    )


def insert(
    db: sqlite3.Connection, subscription: int, day: str, due: datetime, reason: str = ""
) -> None:
    """Add a row unless this day has one; with a reason it is skipped at once."""
    db.execute(
        "INSERT OR IGNORE INTO outbox (subscription, day, due_at, state, reason, next_try, nonce) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (subscription, day, iso(due), "skipped" if reason else "pending", reason, iso(due),
         secrets.token_hex(8)),
    )  # fmt: skip
