"""Reads the name of a day, week, month or year ("Dec 8", "5.12.2025", "last week").

The patterns find such names within a longer text; dateparser interprets them.
https://dateparser.readthedocs.io
"""

import calendar
import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from rag.records import DayKind

if TYPE_CHECKING:
    from dateparser.date import DateDataParser


class Period(NamedTuple):
    """A range of days, both included; `by` says which day of a paper counts (see Window)."""

    first: date
    last: date
    by: DayKind


YEAR = r"(?:19|20)\d\d"
DAY = r"(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?"
LONG_MONTHS = [name for name in calendar.month_name if name]
_SHORT = [*(name for name in calendar.month_abbr if name), "Sept"]
# In any case, because a day or year is next to it.
MONTH = rf"(?:{'|'.join([*LONG_MONTHS, *_SHORT])})\b\.?"
# Months and weekdays on their own. "MAR", "SEP", "sat" and "sun" are also words of this field,
# "may" and "march" everyday words: these need a capital, or must end the question.
_SAFE = "|".join(name for name in LONG_MONTHS if name not in ("May", "March"))
_CUED = "|".join(name.lower() for name in _SHORT if name not in ("May", "Mar"))
TITLED_MONTH = rf"(?:{_SAFE}|(?-i:March|{'|'.join(_SHORT)}))\b\.?"
LONE_MONTH = rf"(?:{TITLED_MONTH}|(?-i:{_CUED}|(?:march|mar|may)(?=\W*$))\b\.?)"
WEEKDAY = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|(?-i:[Mm]on|[Tt]ues?|[Ww]ed|[Tt]hu|[Ff]ri))\b"
)

NUMERIC = rf"{YEAR}-(?:0[1-9]|1[0-2])(?:-[0-3]\d)?"  # other orders: see rag.query.numeric_days
_ON = r"(?:(?:\w{3,6}day|mon|tue|wed|thu|fri|sat|sun),? )?(?:the )?"
WITH_YEAR = rf"{_ON}(?:{DAY}(?: of)? )?{MONTH}(?: (?:the )?{DAY})?(?:,? of|,)? {YEAR}"
WITHOUT_YEAR = rf"{_ON}(?:{DAY}(?: of)? {MONTH}|{MONTH} (?:the )?{DAY})"
TITLED_DAY = rf"{_ON}(?:{DAY}(?: of)? {TITLED_MONTH}|{TITLED_MONTH} (?:the )?{DAY})"
_NUMBER = r"(?:an?|\d{1,3}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
RELATIVE = (
    r"(?:(?:this|current|last|past|previous) (?:week|month|year)"
    rf"|(?:this|last|past|previous) (?:{WEEKDAY}|{TITLED_MONTH})"
    rf"|{_NUMBER} (?:day|week|fortnight|month|year)s? ago"
    r"|today|(?:the )?day before yesterday|yesterday)"
)

_LAST = re.compile(r"(last|past|previous) ")
_NEEDS_YEAR = re.compile(rf"(?:{WITHOUT_YEAR}|{MONTH})", re.IGNORECASE)
_WEEKDAY = re.compile(WEEKDAY, re.IGNORECASE)


def lacks_year(text: str) -> bool:
    """Return whether a name is a day or month of any year: "Dec 8", "March", "Friday"."""
    return bool(_NEEDS_YEAR.fullmatch(text) or _WEEKDAY.fullmatch(text))


def read_date(text: str, today: date) -> Period | None:
    """Return the days of a day, week, month or year by name; None if the name is none of these.

    A name without a year is the latest one that is not in the future; after "last", the latest one
    that is over. "This week" and the like end today.
    """
    text = text.casefold().replace("a fortnight", "two weeks").replace("fortnight", "weeks")
    is_last = _LAST.match(text)
    name = text[is_last.end() :] if is_last else text.removeprefix("this ")
    if _WEEKDAY.fullmatch(name):
        # dateparser takes the last such day before its base, excluding the base.
        return _parse(name, today if is_last else today + timedelta(days=1))
    if _NEEDS_YEAR.fullmatch(name):
        until = today.replace(day=1) - timedelta(days=1) if is_last else today
        return _latest(name, until)
    if is_last:
        return _parse(f"last {name}", today)
    if text.startswith(("this ", "current ")):
        return _so_far(_parse(f"this {text.split(maxsplit=1)[1]}", today), today)
    return _parse(text, today)


def day_of_month(number: int, until: date) -> date | None:
    """Return the latest day with this number, as in "the 14th", that is not later than `until`."""
    first = until.replace(day=1)
    for _ in range(12):
        if number <= calendar.monthrange(first.year, first.month)[1]:
            day = first.replace(day=number)
            if day <= until:
                return day
        first = (first - timedelta(days=1)).replace(day=1)
    return None


def months(year: int, month: int, count: int) -> Period:
    """Return `count` months, beginning with this one."""
    last_year, last_month = divmod(12 * year + month - 1 + count - 1, 12)
    last_day = calendar.monthrange(last_year, last_month + 1)[1]
    return Period(date(year, month, 1), date(last_year, last_month + 1, last_day), "published")


def week_of(day: date) -> Period:
    """Return the week of a day, Monday to Sunday."""
    monday = day - timedelta(days=day.weekday())
    return Period(monday, monday + timedelta(days=6), "day")


def _so_far(period: Period | None, today: date) -> Period | None:
    return period and period._replace(last=min(period.last, today))


def _latest(name: str, until: date) -> Period | None:
    """Return the latest such day or month that has begun by then.

    dateparser gets a leap year, because Python deprecates parsing a day and month without one.
    """
    named = _parse(f"{name} 2000", until)
    if named is None:
        return None
    for year in range(until.year, until.year - 9, -1):  # 29 February may be eight years ago
        month = named.first.month
        if named.first != named.last:
            period = months(year, month, 1)
        elif named.first.day <= calendar.monthrange(year, month)[1]:
            day = named.first.replace(year=year)
            period = Period(day, day, "day")
        else:
            continue
        if period.first <= until:
            return period
    return None


@lru_cache(maxsize=1024)
def _parse(text: str, base: date) -> Period | None:
    parsed = _parser(base).get_date_data(text)
    if parsed.date_obj is None:
        return None
    day: date = parsed.date_obj.date()
    if parsed.period == "year":
        return months(day.year, 1, 12)
    if parsed.period == "month":
        return months(day.year, day.month, 1)
    return week_of(day) if parsed.period == "week" else Period(day, day, "day")


@lru_cache(maxsize=8)
def _parser(base: date) -> "DateDataParser":
    """Return dateparser as of a day; its first call takes a tenth of a second, the others 1 ms."""
    from dateparser.date import DateDataParser

    settings: dict[str, Any] = {
        "PARSERS": ["relative-time", "absolute-time"],
        "PREFER_DATES_FROM": "past",
        "PREFER_DAY_OF_MONTH": "first",
        "PREFER_MONTH_OF_YEAR": "first",
        "RELATIVE_BASE": datetime.combine(base, time()),
        "TIMEZONE": "UTC",
    }
    return DateDataParser(languages=["en"], settings=settings)
