"""Computes when digests are due, in the time zone of each subscription.

- If the clocks are put forward over the due time, the digest is due at that moment.
- If they are put back and show the due time twice, it is due the first time only.
"""

import secrets
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from bot.subscriptions.records import Rhythm, Subscription

MISSED = "I was not running, and a later one was due when I was back"


def iso(instant: datetime) -> str:
    """Return an instant as stored in SQLite, where the text sorts by time."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds")


def instant(stored: str) -> datetime:
    """Return the instant that `iso` stored. Raises ValueError."""
    found = datetime.fromisoformat(stored)
    if found.tzinfo is None:
        raise ValueError("an instant without its zone")
    return found


def plan(db: sqlite3.Connection, subscription: Subscription, now: datetime) -> None:
    """Add an outbox row for every digest of a subscription that became due up to now.

    Of several missed digests only the last one is still sent, if it is not too old.
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
    """Add a row unless the day has one; with a reason, it is skipped at once."""
    db.execute(
        "INSERT OR IGNORE INTO outbox (subscription, day, due_at, state, reason, next_try, nonce) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (subscription, day, iso(due), "skipped" if reason else "pending", reason, iso(due),
         secrets.token_hex(8)),
    )  # fmt: skip


NOON = timedelta(hours=12)
FRIDAY = 4  # of Python's weekday()
DAY = timedelta(days=1)


def due_days(rhythm: Rhythm, first: date) -> Iterator[date]:
    """Yield the days on which a digest is due, from `first` on, endlessly."""
    day = first
    while True:
        if _is_due(rhythm, day):
            yield day
        day += DAY


def _is_due(rhythm: Rhythm, day: date) -> bool:
    if rhythm.period == "week":
        return day.weekday() == rhythm.weekday
    return rhythm.period == "day" or day.day == 1


def due_at(rhythm: Rhythm, day: date) -> datetime:
    """Return the instant, in UTC, at which the digest of a day is due."""
    zone = zone_of(rhythm.timezone)
    local = datetime.combine(day, time(rhythm.hour, rhythm.minute), zone)
    before, after = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if before <= after:  # the time exists, once or (fold) twice
        return before
    # The clocks skip it, at an instant between `after` and `before`. Find that by bisection:
    # the old offset gives a later instant than the new one.
    offset = before.astimezone(zone).utcoffset()
    while before - after > timedelta(seconds=1):
        middle = (after + (before - after) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return before


def next_due(rhythm: Rhythm, after: datetime, *, after_day: date | None = None) -> datetime:
    """Return the first due instant later than `after`, on a day later than `after_day`."""
    local = after.astimezone(zone_of(rhythm.timezone)).date()
    first = max(local - DAY, after_day + DAY) if after_day else local - DAY
    return next(due for day in due_days(rhythm, first) if (due := due_at(rhythm, day)) > after)


def due_between(rhythm: Rhythm, first: datetime, last: datetime) -> list[tuple[date, datetime]]:
    """Return the due days and instants from `first` to `last`, both included."""
    found: list[tuple[date, datetime]] = []
    for day in due_days(rhythm, first.astimezone(zone_of(rhythm.timezone)).date() - DAY):
        due = due_at(rhythm, day)
        if due > last:
            return found
        if due >= first:
            found.append((day, due))
    raise AssertionError("due_days is endless")


def covered_day(rhythm: Rhythm, due: datetime) -> date:
    """Return a day of the day, week or month that a digest covers.

    Hugging Face's lists fill up during the day, and there are none at weekends. So a daily digest
    before noon (UTC) covers the day before, a later one the day itself; a weekly one covers its own
    week from Friday noon on, before that the previous week; a monthly one always the previous
    month. Summer time is ignored, since a change of the clocks would otherwise skip a day.
    """
    local = due.astimezone(zone_of(rhythm.timezone))
    if rhythm.period == "month":
        return local.date() - DAY
    day = (due + (local.dst() or timedelta()) - NOON).date()
    if rhythm.period == "week" and day.weekday() < FRIDAY:
        day -= 7 * DAY
    return day


@cache
def zone_of(name: str) -> ZoneInfo:
    """Return the time zone. Raises ZoneInfoNotFoundError."""
    return ZoneInfo(name)
