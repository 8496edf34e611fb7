"""Describes subscriptions in words and parses them: "weekly monday 9:00 Europe/Berlin"."""

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from bot.subscriptions.records import Rhythm, Subscription, SubscriptionError
from rag.digest.records import Period, Wish

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PERIODS: dict[str, Period] = {"daily": "day", "weekly": "week", "monthly": "month"}
MAX_PAPERS = 25
MAX_ENTRIES = 15  # topics, authors or organisations
MAX_ENTRY = 80  # characters of each
_TIME = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm)?", re.IGNORECASE)
WHEN_EXAMPLE = "daily 9:00 Europe/Berlin, or weekly monday 18:30 UTC, or monthly 8:00 UTC"


def rhythm_in_words(rhythm: Rhythm) -> str:
    """Return "every Monday at 09:00 (Europe/Berlin)"."""
    day = {
        "day": "every day",
        "week": f"every {WEEKDAYS[rhythm.weekday]}",
        "month": "on the first of every month",
    }[rhythm.period]
    return f"{day} at {rhythm.hour:02}:{rhythm.minute:02} ({rhythm.timezone})"


def rhythm_as_typed(rhythm: Rhythm) -> str:
    """Return the same in the form that `read_when` parses."""
    period = next(word for word, period in PERIODS.items() if period == rhythm.period)
    day = f" {WEEKDAYS[rhythm.weekday].lower()}" if rhythm.period == "week" else ""
    return f"{period}{day} {rhythm.hour}:{rhythm.minute:02} {rhythm.timezone}"


def wish_in_words(wish: Wish) -> str:
    """Return "10 papers on “robot hands”, by Ada L., with 5 upvotes or more"; not escaped."""
    parts = [f"up to {wish.count} paper{'' if wish.count == 1 else 's'}"]
    for words, entries in (
        ("on", wish.topics), ("by", wish.authors), ("from", wish.organizations)
    ):  # fmt: skip
        if entries:
            parts.append(f"{words} {_or(entries)}")
    if wish.min_upvotes:
        parts.append(f"with {wish.min_upvotes} upvotes or more")
    return ", ".join(parts)


def _or(entries: Iterable[str]) -> str:
    *most, last = (f"“{entry}”" for entry in entries)
    return f"{', '.join(most)} or {last}" if most else last


def target_in_words(subscription: Subscription) -> str:
    """Return the target of a subscription, for a terminal."""
    kinds = {"channel": "Discord channel", "person": "direct message to", "mail": "e-mail to"}
    return f"{kinds[subscription.kind]} {subscription.target}"


def read_when(text: str, *, default: Rhythm | None = None) -> Rhythm:
    """Parse "[daily | weekly WEEKDAY | monthly] TIME [TIME ZONE]". Raises SubscriptionError."""
    rhythm = default or Rhythm()
    seen_time = False
    for word in re.sub(r"\b(?:at|on|every)\b|[,()]", " ", text, flags=re.IGNORECASE).split():
        folded = word.casefold()
        if folded in PERIODS:
            rhythm = replace(rhythm, period=PERIODS[folded])
        elif (day := _weekday(folded)) is not None:
            rhythm = replace(rhythm, period="week", weekday=day)
        elif folded[0].isdigit() and not seen_time:
            rhythm, seen_time = read_time(word, rhythm), True
        else:
            rhythm = replace(rhythm, timezone=read_zone(word))
    if not seen_time and default is None:
        raise SubscriptionError(f"“{text}” names no time: write it like {WHEN_EXAMPLE}.")
    return rhythm


def _weekday(folded: str) -> int | None:
    names = [name.casefold() for name in WEEKDAYS]
    fitting = [n for n, name in enumerate(names) if len(folded) >= 3 and name.startswith(folded)]
    return fitting[0] if fitting else None


def read_time(text: str, rhythm: Rhythm) -> Rhythm:
    """Parse "9", "9:30" or "6:15pm". Raises SubscriptionError."""
    match = _TIME.fullmatch(text.strip())
    hour, minute = (int(match[1]), int(match[2] or 0)) if match else (99, 0)
    if match and match[3] and 1 <= hour <= 12:
        hour = hour % 12 + (12 if match[3].lower() == "pm" else 0)
    if hour > 23 or minute > 59:
        raise SubscriptionError(f"“{text}” is no time of day: write it like 9:00 or 18:30.")
    return replace(rhythm, hour=hour, minute=minute)


def read_zone(text: str) -> str:
    """Return the correct spelling of a time zone. Raises SubscriptionError."""
    name = _zones().get(text.strip().casefold().replace(" ", "_"))
    if name is None:
        raise SubscriptionError(
            f"“{text}” is not a time zone that I know: write one like Europe/Berlin or UTC."
        )
    ZoneInfo(name)
    return name


def zones_like(typed: str, limit: int) -> list[str]:
    """Return time zones whose name contains what was typed, cities that start with it first."""
    query = typed.strip().casefold().replace(" ", "_")
    found = [name for folded, name in _zones().items() if query in folded]

    def order(name: str) -> tuple[bool, bool, str]:
        city = name.casefold().rsplit("/", 1)[-1]
        return not city.startswith(query), "/" not in name and name != "UTC", name

    return sorted(found, key=order)[:limit]


@cache
def _zones() -> dict[str, str]:
    """Return the common time zones, by their name in lower case."""
    omitted = ("Etc/", "posix/", "right/", "SystemV/", "US/", "localtime", "Factory")
    return {name.casefold(): name for name in available_timezones() if not name.startswith(omitted)}


def read_list(text: str) -> tuple[str, ...]:
    """Parse entries separated by commas. Raises SubscriptionError."""
    words = dict.fromkeys(" ".join(part.split()) for part in re.split(r"[,;\n]", text))
    words.pop("", None)
    if len(words) > MAX_ENTRIES or any(len(word) > MAX_ENTRY for word in words):
        raise SubscriptionError(
            f"That is too much: up to {MAX_ENTRIES} of them, each of up to {MAX_ENTRY} "
            "characters, with commas between."
        )
    return tuple(words)


def read_number(text: str, *, first: int, last: int) -> int:
    """Parse a number. Raises SubscriptionError."""
    text = text.strip()
    if not text.isdecimal() or not first <= int(text) <= last:
        raise SubscriptionError(
            f"“{text}” is not possible: write a number from {first} to {last:,}."
        )
    return int(text)
