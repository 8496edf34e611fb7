"""Describes subscriptions in words and parses them: "weekly monday 9:00 Europe/Berlin"."""

import re
from collections.abc import Iterable
from dataclasses import replace

from bot.subscriptions.records import Rhythm, Subscription, SubscriptionError
from bot.subscriptions.time_zones import read_zone, zone_in_words
from rag.digest.records import Period, Wish
from rag.text.words import fold

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PERIODS: dict[str, Period] = {"daily": "day", "weekly": "week", "monthly": "month"}
MAX_PAPERS = 25
MAX_ENTRIES = 15  # topics, authors or organisations
MAX_ENTRY = 80  # characters of each
# What people say in English, German, French and Spanish, folded.
_PERIOD_WORDS: dict[str, Period] = {
    **dict.fromkeys("daily day taglich tag quotidien jour jours diario dia dias".split(), "day"),
    **dict.fromkeys("weekly week wochentlich woche semaine hebdomadaire semana semanal".split(),
                    "week"),
    **dict.fromkeys("monthly month monatlich monat mois mensuel mes mensual".split(), "month"),
}  # fmt: skip
_WEEKDAY_WORDS = {
    word: number
    for words in (
        "montag dienstag mittwoch donnerstag freitag samstag sonntag",
        "montags dienstags mittwochs donnerstags freitags samstags sonntags",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        "lunes martes miercoles jueves viernes sabado domingo",
    )
    for number, word in enumerate(words.split())
}
_NAMED_HOURS = {
    **dict.fromkeys("noon midday mittag mittags midi mediodia".split(), 12),
    **dict.fromkeys("midnight mitternacht minuit medianoche".split(), 0),
}
_OTHER_RHYTHMS = frozenset(
    """hourly weekday weekdays workday workdays weekend weekends werktags wochentags biweekly
    fortnightly yearly annually quarterly twice""".split()
)
_FILLERS = frozenset(
    """at on every each in the a around o'clock time um jeden jede jedes am an uhr zeit chaque tous
    toutes les le la los las el cada todos todas""".split()
) | {""}
_CLOCK = r"(?:[:.h](\d{2}))?\s*(?:h|uhr|o['’]?clock)?\s*([ap]\.?\s?m\b\.?)?"
_TIME = re.compile(rf"(\d{{1,2}}){_CLOCK}", re.IGNORECASE)
# The number of "UTC+2" and of Etc/GMT-2 is no time.
_TIME_IN_TEXT = re.compile(
    rf"(?<![\w+−:./-])(?:\d+{_CLOCK}|{'|'.join(_NAMED_HOURS)})(?![\w:])", re.IGNORECASE
)
WHEN_EXAMPLE = "daily 9:00 Europe/Berlin, or weekly monday 18:30 UTC, or monthly 8:00 UTC"


def rhythm_in_words(rhythm: Rhythm) -> str:
    """Return "every Monday at 09:00 (Europe/Berlin)"."""
    day = {
        "day": "every day",
        "week": f"every {WEEKDAYS[rhythm.weekday]}",
        "month": "on the first of every month",
    }[rhythm.period]
    return f"{day} at {rhythm.hour:02}:{rhythm.minute:02} ({zone_in_words(rhythm.timezone)})"


def rhythm_as_typed(rhythm: Rhythm) -> str:
    """Return the same in the form that `read_when` parses."""
    period = next(word for word, period in PERIODS.items() if period == rhythm.period)
    day = f" {WEEKDAYS[rhythm.weekday].lower()}" if rhythm.period == "week" else ""
    return f"{period}{day} {rhythm.hour}:{rhythm.minute:02} {zone_in_words(rhythm.timezone)}"


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
    published = " and its followers" if subscription.publish else ""
    return f"{kinds[subscription.kind]} {subscription.target}{published}"


def read_when(text: str, *, default: Rhythm | None = None, timezone: str = "UTC") -> Rhythm:
    """Parse "[daily | weekly WEEKDAY | monthly] TIME [TIME ZONE]". Raises SubscriptionError.

    What is not said is as in `default`, or in the time zone.
    """
    rhythm = default or Rhythm(timezone=timezone)
    rest, times = text, 0
    for match in reversed(list(_TIME_IN_TEXT.finditer(text))):
        rhythm = read_time(match[0], rhythm)
        rest, times = f"{rest[: match.start()]} {rest[match.end() :]}", times + 1
    if times > 1:
        raise SubscriptionError(f"“{text}” names {times} times: add one subscription for each.")
    zone = []
    for word in re.split(r"[\s,()]+", rest):
        folded = fold(word).strip(".")
        if folded in _PERIOD_WORDS:
            rhythm = replace(rhythm, period=_PERIOD_WORDS[folded])
        elif (day := _weekday(folded)) is not None:
            rhythm = replace(rhythm, period="week", weekday=day)
        elif folded in _OTHER_RHYTHMS:
            raise SubscriptionError(
                f"“{word}” is not a rhythm that I have: write daily (nothing is sent on days "
                "without new papers), weekly monday or monthly."
            )
        elif folded not in _FILLERS:
            zone.append(word)
    if zone:
        rhythm = replace(rhythm, timezone=read_zone(" ".join(zone)))
    if not times and default is None:
        raise SubscriptionError(f"“{text}” names no time: write it like {WHEN_EXAMPLE}.")
    return rhythm


def _weekday(folded: str) -> int | None:
    """Return the number of a weekday, in the plural or in English also shortened."""
    for word in (folded, folded.removesuffix("s")):
        if word in _WEEKDAY_WORDS:
            return _WEEKDAY_WORDS[word]
        names = [name.casefold() for name in WEEKDAYS]
        if len(word) >= 3 and (fitting := [n for n in names if n.startswith(word)]):
            return names.index(fitting[0])
    return None


def read_time(text: str, rhythm: Rhythm) -> Rhythm:
    """Parse "9", "9:30", "6:15 p.m.", "18 Uhr", "9h30" or "noon". Raises SubscriptionError."""
    if (hour := _NAMED_HOURS.get(fold(text.strip()))) is not None:
        return replace(rhythm, hour=hour, minute=0)
    match = _TIME.fullmatch(text.strip())
    hour, minute = (int(match[1]), int(match[2] or 0)) if match else (99, 0)
    if match and (half := (match[3] or "").casefold()):
        hour = hour % 12 + (12 if half.startswith("p") else 0) if 1 <= hour <= 12 else 99
    if hour > 23 or minute > 59:
        raise SubscriptionError(f"“{text}” is no time of day: write it like 9:00 or 18:30.")
    return replace(rhythm, hour=hour, minute=minute)


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
