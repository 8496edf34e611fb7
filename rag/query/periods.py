"""Reads the name of a period: "October 2024", "early 2023", "Q2 of 2025", "last summer"."""

import re
from collections.abc import Callable
from datetime import date, timedelta

from rag.query.dates import (
    LONE_MONTH,
    MONTH,
    NUMERIC,
    RELATIVE,
    TITLED_MONTH,
    WITH_YEAR,
    WITHOUT_YEAR,
    YEAR,
    Period,
    months,
    read_date,
    week_of,
)

SEASONS = {"winter": 12, "spring": 3, "summer": 6, "autumn": 9, "fall": 9}  # their first month
ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4,
            "4th": 4, "last": 0}  # fmt: skip

_SEASON = "(?:" + "|".join(SEASONS) + ")"
_ORDINAL = "(?:" + "|".join(ORDINALS) + ")"
_WHICH = r"(?:this|current|last|past|previous)"
_UNIT = "(?:week|month|year)"
_PART = r"(?:early(?: in)?|mid|late(?: in)?|(?:the )?(?:start|beginning|middle|end) of)[ -]"
_DECADE = r"(?:the )?(?:19|20)\d0s"
_YEARS = rf"(?:(?:the year )?{YEAR}|{_WHICH} year)"
_MONTHS = rf"(?:{MONTH}(?:,? of|,)? {YEAR}|{_WHICH} month)"
# Names with a year, or relative to today, except a year alone; longer forms come first.
PERIOD = "|".join(
    [
        rf"{YEAR}-W[0-5]\d|week [1-5]?\d(?: of|,)? {YEAR}",
        rf"week of (?:{NUMERIC}|{WITH_YEAR}|{WITHOUT_YEAR})",
        rf"{_ORDINAL} week (?:of|in) (?:{_MONTHS}|{LONE_MONTH})",
        rf"{_ORDINAL} (?:half|quarter) of,? {_YEARS}|[QH][1-4](?: of)?,? {_YEARS}",
        rf"{_ORDINAL} half of (?:{_MONTHS}|{LONE_MONTH})",
        rf"(?:{_PART})?(?:{_DECADE}|{_MONTHS})|{_PART}(?:{_YEARS}|{TITLED_MONTH})",
        rf"{_SEASON}(?: of)?,? {_YEARS}|{_WHICH} (?:{_SEASON}(?<!this fall)|weekend)|the weekend",
        rf"(?:so far )?this {_UNIT}(?: so far)?|{_UNIT} to date|ytd",
        rf"{_WHICH} quarter(?! of\b)",
        NUMERIC,
        WITH_YEAR,
        RELATIVE,
    ]
)
Reader = Callable[[re.Match[str], date], Period | None]


def read_period(text: str, today: date) -> Period | None:
    """Return the days of a period by name; None if the name means no possible days.

    A month or day without a year is the latest one that is not in the future.
    """
    text = " ".join(text.casefold().split()).removeprefix("the year ")
    for pattern, read in _READERS:
        if match := pattern.fullmatch(text):
            try:
                return read(match, today)
            except ValueError:  # week 60, the fifth quarter
                return None
    return read_date(text, today)


def _whole_period(text: str, today: date) -> Period | None:
    """Return the whole period of which a part is named: all of "this year", not up to today."""
    text = re.sub(r"\b(?:this|current) year\b", str(today.year), text)
    return read_period(re.sub(r"\b(?:this|current) month\b", f"{today:%Y-%m}", text), today)


def _iso_week(match: re.Match[str], _today: date) -> Period:
    year, week = (match[1], match[2]) if match[1] else (match[4], match[3])
    return week_of(date.fromisocalendar(int(year), int(week), 1))


def _week_of(match: re.Match[str], today: date) -> Period | None:
    day = read_date(match[1], today)
    return week_of(day.first) if day and day.by == "day" else None


def _week_in(match: re.Match[str], today: date) -> Period | None:
    """Read "the second week of March": the 8th to the 14th; the last week is its last 7 days."""
    month = _whole_period(match[2], today)
    if month is None:
        return None
    number = ORDINALS[match[1]]
    first = month.first + timedelta(days=7 * number - 7) if number else month.last - _SIX_DAYS
    return Period(first, first + _SIX_DAYS, "day")


def _half_or_quarter(match: re.Match[str], today: date) -> Period | None:
    ordinal, unit, letter, digit, name = match.groups()
    period = _whole_period(name, today)
    if period is None:
        return None
    parts = 2 if (unit or letter) in ("half", "h") else 4
    number = (ORDINALS[ordinal] if ordinal else int(digit)) or parts
    if number > parts:
        raise ValueError(match[0])
    if re.search(rf"year|^{YEAR}", name):
        return months(period.first.year, 12 // parts * (number - 1) + 1, 12 // parts)
    middle = period.first.replace(day=15)
    if number == 1:
        return period._replace(last=middle)
    return period._replace(first=middle + timedelta(days=1))


def _season(match: re.Match[str], today: date) -> Period | None:
    year = _whole_period(match[2], today)
    return months(year.first.year, SEASONS[match[1]], 3) if year else None


def _last_season(match: re.Match[str], today: date) -> Period:
    """Read "this summer", the latest that has begun, or "last summer", the latest that is over."""
    seasons = (months(today.year - ago, SEASONS[match[2]], 3) for ago in range(3))
    if match[1] in ("this", "current"):
        season = next(season for season in seasons if season.first <= today)
        return season._replace(last=min(season.last, today))
    return next(season for season in seasons if season.last < today)


def _decade(match: re.Match[str], _today: date) -> Period:
    return months(int(match[1]), 1, 120)


def _weekend(match: re.Match[str], today: date) -> Period:
    """Read "last weekend", before this week, or "the weekend", the latest that has begun."""
    saturday = today - timedelta(days=today.weekday() + 2)
    if match[1] in ("this", "the", "current") and today.weekday() >= _SATURDAY:
        saturday += timedelta(days=7)
    return Period(saturday, min(saturday + timedelta(days=1), today), "day")


def _quarter(match: re.Match[str], today: date) -> Period:
    first = today.month - (today.month - 1) % 3
    if match[1] in ("this", "current"):
        return months(today.year, first, 3)._replace(last=today)
    return months(today.year, first - 3, 3) if first > 1 else months(today.year - 1, 10, 3)


def _so_far(match: re.Match[str], today: date) -> Period | None:
    return read_date(f"this {match[1] or match[2] or 'year'}", today)


def _part(match: re.Match[str], today: date) -> Period | None:
    """Read the first, middle or last third of a period."""
    period = _whole_period(match[2], today)
    if period is None:
        return None
    third = (period.last - period.first + timedelta(days=1)) / 3
    if re.match("early|(?:the )?(?:start|beginning)", match[1]):
        return period._replace(last=period.first + third)
    if re.match("(?:the )?mid", match[1]):
        return period._replace(first=period.first + third, last=period.last - third)
    return period._replace(first=period.last - third)


_SATURDAY = 5
_SIX_DAYS = timedelta(days=6)
_READERS: list[tuple[re.Pattern[str], Reader]] = [
    (re.compile(pattern), read)
    for pattern, read in [
        (r"(\d{4})-w(\d\d)|week (\d\d?)(?: of|,)? (\d{4})", _iso_week),
        (r"week of (.+)", _week_of),
        (rf"({_ORDINAL}) week (?:of|in) (.+)", _week_in),
        (rf"(?:({_ORDINAL}) (half|quarter) of|([qh])([1-4])(?: of)?),? (.+)", _half_or_quarter),
        (rf"({_SEASON})(?: of)?,? (.+)", _season),
        (rf"({_WHICH}) ({_SEASON})", _last_season),
        (r"(?:the )?(\d{3}0)s", _decade),
        (rf"({_WHICH}|the) weekend", _weekend),
        (rf"({_WHICH}) quarter", _quarter),
        (rf"(?:so far )?this ({_UNIT})(?: so far)?|({_UNIT}) to date|ytd", _so_far),
        (rf"({_PART})(.+)", _part),
    ]
]
