"""Subscriptions in SQLite."""

import json
import sqlite3
from dataclasses import asdict
from datetime import date, datetime

from bot.stored_rows import checked, read_rows
from bot.subscriptions.records import Rhythm, Subscription, SubscriptionError
from bot.subscriptions.schedule import instant, iso, next_due, plan
from rag.digest.records import Wish
from rag.store.database import Database

MAX_PER_USER = 10  # subscriptions by direct message
MAX_PER_GUILD = 25  # for its channels: as many as a menu shows


class SubscriptionStore:
    """Stores who gets what and when. `now` is in UTC; all errors are SubscriptionError."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(self, subscription: Subscription, now: datetime) -> Subscription:
        """Store a new one; return it with its id and its first due time."""
        self._check_limits(subscription)
        values = _columns(subscription) | {
            "next_due": iso(next_due(subscription.rhythm, now)),
            "made_at": iso(now),
        }
        names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
        with self.database.transaction() as db:
            made = db.execute(f"INSERT INTO subscriptions ({names}) VALUES ({marks})", values)
        return self.get(made.lastrowid or 0)

    def _check_limits(self, subscription: Subscription) -> None:
        if (
            subscription.kind == "person"
            and len(self.of_user(subscription.user_id)) >= MAX_PER_USER
        ):
            raise SubscriptionError(
                f"You have {MAX_PER_USER} subscriptions already: remove one with /unsubscribe."
            )
        of_guild = self.of_guild(subscription.guild_id) if subscription.guild_id else []
        if subscription.kind == "channel" and len(of_guild) >= MAX_PER_GUILD:
            raise SubscriptionError(
                f"This server has {MAX_PER_GUILD} subscriptions already: remove one with "
                "/unsubscribe."
            )

    def get(self, number: int) -> Subscription:
        """Return one by its id."""
        found = self._where("id = ?", number)
        if not found:
            raise SubscriptionError(
                f"There is no subscription {number}: /subscriptions or `paperboy subscriptions "
                "list` shows them all."
            )
        return found[0]

    def all(self) -> list[Subscription]:
        """Return all of them, oldest first."""
        return self._where("TRUE")

    def of_user(self, user_id: int) -> list[Subscription]:
        """Return those that a user gets by direct message."""
        return self._where("kind = 'person' AND person = ?", user_id)

    def of_guild(self, guild_id: int) -> list[Subscription]:
        """Return those of a guild's channels."""
        return self._where("kind = 'channel' AND server = ?", guild_id)

    def due(self, now: datetime) -> list[Subscription]:
        """Return those with a due time that is not in the outbox yet, including paused ones."""
        return self._where("next_due <= ?", iso(now))

    def change(self, number: int, rhythm: Rhythm, wish: Wish, now: datetime) -> Subscription:
        """Change when it is due and what it contains."""
        self._plan(number, now)
        values = {"wish": json.dumps(asdict(wish)), **asdict(rhythm), "id": number}
        with self.database.transaction() as db:
            db.execute(
                "UPDATE subscriptions SET wish = :wish, period = :period, weekday = :weekday, "
                "hour = :hour, minute = :minute, timezone = :timezone WHERE id = :id",
                values,
            )
        return self._set_next_due(number, now)

    def pause(self, number: int, reason: str = "") -> Subscription:
        """Stop sending it; `reason` says why if the bot does so itself."""
        with self.database.transaction() as db:
            db.execute(
                "UPDATE subscriptions SET paused = 1, reason = ? WHERE id = ?", (reason, number)
            )
            db.execute(
                "UPDATE outbox SET state = 'skipped', reason = ?, digest = NULL "
                "WHERE subscription = ? AND state = 'pending'",
                (reason or "paused", number),
            )
        return self.get(number)

    def resume(self, number: int, now: datetime) -> Subscription:
        """Send it again, from the next due time on."""
        self._plan(number, now)
        with self.database.transaction() as db:
            db.execute("UPDATE subscriptions SET paused = 0, reason = '' WHERE id = ?", (number,))
        return self._set_next_due(number, now)

    def remove(self, number: int) -> Subscription:
        """Delete it with its deliveries; return what it was."""
        removed = self.get(number)
        with self.database.transaction() as db:
            db.execute("DELETE FROM subscriptions WHERE id = ?", (number,))
        return removed

    def forget_guild(self, guild_id: int) -> None:
        """Delete those of a guild's channels."""
        with self.database.transaction() as db:
            db.execute(
                "DELETE FROM subscriptions WHERE kind = 'channel' AND server = ?", (guild_id,)
            )

    def _plan(self, number: int, now: datetime) -> None:
        """Add outbox rows for what became due before a change, which takes effect from now on."""
        with self.database.transaction() as db:
            plan(db, self.get(number), now)

    def _set_next_due(self, number: int, now: datetime) -> Subscription:
        """Set the next due time, on a day without a delivery; return the subscription."""
        last = self.database.connection.execute(
            "SELECT MAX(date(day)) AS day FROM outbox WHERE subscription = ? AND day < 'now'",
            (number,),
        ).fetchone()["day"]
        after_day = date.fromisoformat(last) if last else None
        due = next_due(self.get(number).rhythm, now, after_day=after_day)
        with self.database.transaction() as db:
            db.execute("UPDATE subscriptions SET next_due = ? WHERE id = ?", (iso(due), number))
        return self.get(number)

    def _where(self, condition: str, *values: object) -> list[Subscription]:
        rows = self.database.connection.execute(
            f"SELECT * FROM subscriptions WHERE {condition} ORDER BY id", values
        )
        return read_rows(rows.fetchall(), _subscription, table="subscriptions")


def _columns(subscription: Subscription) -> dict[str, object]:
    return {
        "kind": subscription.kind,
        "target": subscription.target,
        "person": subscription.user_id,
        "server": subscription.guild_id,
        "channel": subscription.channel,
        **asdict(subscription.rhythm),
        "publish": subscription.publish,
        "wish": json.dumps(asdict(subscription.wish), ensure_ascii=False),
    }


def _subscription(row: sqlite3.Row) -> Subscription:
    values = {
        "id": row["id"],
        "kind": row["kind"],
        "target": row["target"],
        "user_id": row["person"],
        "guild_id": row["server"],
        "channel": row["channel"],
        "rhythm": {name: row[name] for name in ("period", "hour", "minute", "timezone", "weekday")},
        "wish": json.loads(row["wish"]),
        "publish": bool(row["publish"]),
        "paused": bool(row["paused"]),
        "reason": row["reason"],
        "next_due": instant(row["next_due"]),
    }
    found = checked(Subscription, values)
    next_due(found.rhythm, found.next_due)  # there is such an hour and such a time zone
    return found
