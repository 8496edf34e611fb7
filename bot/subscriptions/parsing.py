"""Describes subscriptions in words and parses them: "weekly monday 9:00 Europe/Berlin"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.clocks.times import EXAMPLES, ClockError, split_times
from bot.clocks.zones import Surroundings, Zone, meaning_of, read_zone, zone_in_words
from bot.subscriptions.limits import MAX_ENTRIES, MAX_ENTRY, WHEN_EXAMPLE
from bot.subscriptions.records import Rhythm, Subscription, SubscriptionError
from rag.digest.records import Period, Wish
from rag.text.clean import clean_characters
from rag.text.discord_markup import has_spoiler
from rag.text.words import enumerated, fold, words

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PERIODS: dict[str, Period] = {"daily": "day", "weekly": "week", "monthly": "month"}
# What people say in English, German, Dutch, French, Spanish, Italian and Portuguese, folded.
_PERIOD_WORDS: dict[str, Period] = {
    **dict.fromkeys(
        "daily day taglich tag dagelijks dag quotidien jour jours diario dia dias diariamente"
        " giornaliero giorno giorni".split(), "day"
    ),
    **dict.fromkeys(
        "weekly week wochentlich woche wekelijks semaine hebdomadaire semana semanal settimana"
        " settimanale".split(), "week"
    ),
    **dict.fromkeys(
        "monthly month monatlich monat maandelijks maand mois mensuel mes mensual mensal mese"
        " mensile".split(), "month"
    ),
}  # fmt: skip
_WEEKDAY_WORDS = {
    word: number
    for words in (
        "montag dienstag mittwoch donnerstag freitag samstag sonntag",
        "montags dienstags mittwochs donnerstags freitags samstags sonntags",
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        "lunes martes miercoles jueves viernes sabado domingo",
        "lunedi martedi mercoledi giovedi venerdi sabato domenica",
        "segunda-feira terca-feira quarta-feira quinta-feira sexta-feira sabado domingo",
    )
    for number, word in enumerate(words.split())
}
_OTHER_RHYTHMS = frozenset(
    """hourly weekday weekdays workday workdays weekend weekends werktags wochentags biweekly
    fortnightly yearly annually quarterly twice january february march april may june july august
    september october november december""".split()
)
_FILLERS = frozenset(
    """at on every each in the a sharp time um jeden jede jedes am an uhr zeit chaque tous toutes
    les le la los las el cada todos todas elke om kl klokken kello ogni alle ore toda todo as в
    about around by approximately approx roughly circa ca gegen etwa ungefahr vers environ hacia
    sobre verso rond omstreeks около""".split()
)
_EVERY_FEW = re.compile(r"\bevery (?:\d+|other|second|two|three|few) \w+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class When:
    """When a digest is wanted; `note` says in sentences what was ambiguous, or is ""."""

    rhythm: Rhythm
    note: str = ""


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
    for preposition, entries in (
        ("on", wish.topics), ("by", wish.authors), ("from", wish.organizations)
    ):  # fmt: skip
        if entries:
            quoted = (f"“{entry}”" for entry in entries)
            parts.append(f"{preposition} {enumerated(quoted, conjunction='or')}")
    if wish.min_upvotes:
        parts.append(f"with {wish.min_upvotes} upvotes or more")
    return ", ".join(parts)


def target_in_words(subscription: Subscription) -> str:
    """Return the target of a subscription, for a terminal."""
    kinds = {"channel": "Discord channel", "person": "direct message to", "mail": "e-mail to"}
    published = " and its followers" if subscription.publish else ""
    return f"{kinds[subscription.kind]} {subscription.target}{published}"


def read_when(
    text: str, *, default: Rhythm | None = None, around: Surroundings | None = None
) -> When:
    """Parse "[daily | weekly WEEKDAY | monthly] TIME [TIME ZONE]".

    What is not said is as in `default`, or in the time zone of the asker's surroundings. Raises
    SubscriptionError and ClockError.
    """
    around = around or Surroundings()
    rhythm = default or Rhythm(timezone=around.timezone)
    if every_few := _EVERY_FEW.search(text):
        raise _no_such_rhythm(every_few[0])
    times, rest = split_times(text)
    if len(times) > 1:
        raise ClockError(f"“{text}” names {len(times)} times: add one subscription for each.")
    if not times and default is None:
        raise ClockError(f"“{text}” names no time: write it like {WHEN_EXAMPLE}.")
    rhythm, others = _read_days(rest, rhythm)
    zone = _read_zone_among(others, around)
    if times:
        rhythm = replace(rhythm, hour=times[0].hour, minute=times[0].minute)
    if zone:
        rhythm = replace(rhythm, timezone=zone.name)
    return When(rhythm, " ".join(read.note for read in (*times, zone) if read and read.note))


def read_time(text: str, rhythm: Rhythm, *, around: Surroundings | None = None) -> When:
    """Parse a time of day, which may name its time zone. Raises ClockError."""
    if not split_times(text)[0]:
        raise ClockError(f"“{text}” is no time of day: write it like {EXAMPLES}.")
    return read_when(text, default=rhythm, around=around)


def _read_days(text: str, rhythm: Rhythm) -> tuple[Rhythm, list[str]]:
    """Return the rhythm that a text names, and its other words.

    Raises SubscriptionError if it names several.
    """
    others, periods, days = [], set(), set()
    for word in re.split(r"[\s,;()]+", text):
        folded = fold(word).strip(".")
        if folded in _PERIOD_WORDS:
            periods.add(_PERIOD_WORDS[folded])
        elif (day := _weekday(folded)) is not None:
            days.add(day)
        elif folded in _OTHER_RHYTHMS:
            raise _no_such_rhythm(word)
        elif folded:
            others.append(word)
    if days:
        periods.add("week")
    if len(days) > 1 or len(periods) > 1:
        raise SubscriptionError(
            "One subscription has one rhythm (daily, weekly on a day, monthly): add one for each."
        )
    for period in periods:
        rhythm = replace(rhythm, period=period)
    for day in days:
        rhythm = replace(rhythm, weekday=day)
    return rhythm, others


def _no_such_rhythm(words: str) -> SubscriptionError:
    return SubscriptionError(
        f"“{words}” is not a rhythm that I have: write daily (nothing is sent on days without new "
        "papers), weekly monday or monthly."
    )


def _read_zone_among(words: Sequence[str], around: Surroundings) -> Zone | None:
    """Return the time zone that words name with fillers around it, as in "time in los angeles".

    Raises ClockError if the words that are no fillers are no time zone.
    """
    folded = [fold(word).strip(".") for word in words]
    told = [n for n, word in enumerate(words) if word == "LA" or folded[n] not in _FILLERS]
    if not told:
        return None
    for first in range(told[0] + 1):
        for last in range(len(words), told[-1], -1):
            text = " ".join(words[first:last])
            if meaning_of(text, around):
                return read_zone(text, around)
    return read_zone(" ".join(words[told[0] : told[-1] + 1]), around)


def _weekday(folded: str) -> int | None:
    """Return the number of a weekday, in the plural or in English also shortened."""
    for word in (folded, folded.removesuffix("s")):
        if word in _WEEKDAY_WORDS:
            return _WEEKDAY_WORDS[word]
        names = [name.casefold() for name in WEEKDAYS]
        if len(word) >= 3 and (fitting := [n for n in names if n.startswith(word)]):
            return names.index(fitting[0])
    return None


def read_list(text: str | None) -> tuple[str, ...]:
    """Parse entries separated by commas; None has none. Raises SubscriptionError."""
    if text is None:
        return ()
    if has_spoiler(text):
        raise SubscriptionError(
            "A digest shows what it is about, so nothing of it can be hidden: write it without a "
            "spoiler."
        )
    parts = map(clean_characters, re.split(r"[,;\n]", text))
    entries = tuple(dict.fromkeys(filter(words, parts)))
    if not entries:
        raise SubscriptionError(
            "There is no word in this list: write words with commas between, or leave it out for "
            "no limit."
        )
    if len(entries) > MAX_ENTRIES or any(len(entry) > MAX_ENTRY for entry in entries):
        raise SubscriptionError(
            f"That is too much: up to {MAX_ENTRIES} of them, each of up to {MAX_ENTRY} "
            "characters, with commas between."
        )
    return entries


def read_number(text: str, *, first: int, last: int) -> int:
    """Parse a number. Raises SubscriptionError."""
    text = text.strip()
    if not text.isdecimal() or not first <= int(text) <= last:
        raise SubscriptionError(
            f"“{text}” is not possible: write a number from {first} to {last:,}."
        )
    return int(text)
