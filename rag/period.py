"""A period by name: "October 2024", "early 2023", "Q2 of 2025", "Dec 8" → first and last day."""

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Literal, NamedTuple

By = Literal["day", "published"]


class Period(NamedTuple):
    """Days, both included; `by` says which day of a paper is meant (see Window)."""

    first: date
    last: date
    by: By


MONTHS = {name.casefold(): n for n, name in enumerate(calendar.month_name) if name}
MONTHS |= {name.casefold(): n for n, name in enumerate(calendar.month_abbr) if name}
MONTHS["sept"] = 9
SEASONS = {"winter": 12, "spring": 3, "summer": 6, "autumn": 9, "fall": 9}  # their first month
ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4,
            "4th": 4, "last": 4}  # fmt: skip

MONTH = "(?:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\.?"
YEAR = r"(?:19|20)\d\d"
_PART = r"(?:early|mid|late|(?:the )?(?:start|beginning|middle|end) of)[ -]"
_ORDINAL = "(?:" + "|".join(ORDINALS) + ")"
_DAY = r"(?:[12]?\d|3[01])(?:st|nd|rd|th)?"
ISO = r"\d{4}-\d{2}(?:-\d{2})?"
HALF = rf"(?:{_ORDINAL} (?:half|quarter) of|[QH][1-4](?: of)?),? {YEAR}"
SEASON = rf"(?:{'|'.join(SEASONS)})(?: of)? {YEAR}"
DATED_MONTH = rf"(?:{_PART})?(?:{_DAY} )?{MONTH}(?: {_DAY})?,? {YEAR}"
DATED_YEAR = rf"(?:{_PART})?{YEAR}"
UNDATED_DAY = rf"(?:{_DAY} {MONTH}|{MONTH} {_DAY})(?![\w-])"
# Every form that says its year; the longer ones first.
DATED = rf"(?:{ISO}|{HALF}|{SEASON}|{DATED_MONTH}|{DATED_YEAR})"


def read_period(text: str, today: date) -> Period | None:
    """Return the days that a name means; None where it names no possible days.

    A month or a day without its year is the last one that is not in the future.
    """
    text = " ".join(text.casefold().split())
    for pattern, read in _READERS:
        if match := pattern.fullmatch(text):
            try:
                return read(match, today)
            except ValueError:  # 2025-02-30
                return None
    return None


def _iso(match: re.Match[str], _today: date) -> Period:
    year, month, day = (int(part) if part else None for part in match.groups())
    assert year is not None
    assert month is not None
    if day is None:
        return _months(year, month, 1)
    return Period(date(year, month, day), date(year, month, day), "day")


def _half(match: re.Match[str], _today: date) -> Period:
    ordinal, unit, letter, digit, year = match.groups()
    number = ORDINALS[ordinal] if ordinal else int(digit)
    if (unit or letter) in ("half", "h"):
        return _months(int(year), 7 if number > 1 else 1, 6)
    return _months(int(year), 3 * number - 2, 3)


def _season(match: re.Match[str], _today: date) -> Period:
    return _months(int(match[2]), SEASONS[match[1]], 3)


def _dated_month(match: re.Match[str], today: date) -> Period:
    part, day_before, name, day_after, year_text = match.groups()
    month = MONTHS[name.rstrip(".")]
    year = int(year_text) if year_text else today.year - (month > today.month)
    day_text = day_before or day_after
    if day_text:
        day = int(re.sub(r"\D", "", day_text))
        if not year_text and date(year, month, day) > today:
            year -= 1
        return Period(date(year, month, day), date(year, month, day), "day")
    return _part_of(_months(year, month, 1), part)


def _dated_year(match: re.Match[str], _today: date) -> Period:
    return _part_of(_months(int(match[2]), 1, 12), match[1])


def _months(year: int, month: int, count: int) -> Period:
    """Return `count` months from the first of this one."""
    last_year, last_month = divmod(12 * year + month - 1 + count - 1, 12)
    last_day = calendar.monthrange(last_year, last_month + 1)[1]
    return Period(date(year, month, 1), date(last_year, last_month + 1, last_day), "published")


def _part_of(period: Period, part: str | None) -> Period:
    """Return the first, middle or last third of a period."""
    if not part:
        return period
    third = (period.last - period.first + timedelta(days=1)) / 3
    if re.search("early|start|beginning", part):
        return Period(period.first, period.first + third, period.by)
    if re.search("mid", part):
        return Period(period.first + third, period.last - third, period.by)
    return Period(period.last - third, period.last, period.by)


_READERS: list[tuple[re.Pattern[str], Callable[[re.Match[str], date], Period]]] = [
    (re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?"), _iso),
    (re.compile(rf"(?:({_ORDINAL}) (half|quarter) of|([qh])([1-4])(?: of)?),? ({YEAR})"), _half),
    (re.compile(rf"({'|'.join(SEASONS)})(?: of)? ({YEAR})"), _season),
    (
        re.compile(rf"({_PART})?(?:({_DAY}) )?({MONTH})(?: ({_DAY}))?(?:,? ({YEAR}))?"),
        _dated_month,
    ),
    (re.compile(rf"({_PART})?({YEAR})"), _dated_year),
]
