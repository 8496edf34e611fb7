"""Time in a question: "last week", "since March 2025", "in 2024" → the days that are meant."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from rag.period import DATED, ISO, MONTH, UNDATED_DAY, YEAR, By, Period, read_period

_BOUND = r"since|after|from|until|till|before|up to|in|during|of|on|for"
_FLAGS = re.IGNORECASE

_BETWEEN = re.compile(
    rf"\b(?:between|from)\s+({DATED}|{MONTH})\s+(?:and|to|until|till|through|-|–)\s+({DATED})\b",
    _FLAGS,
)
_COUNTED = re.compile(
    r"\b(?:in |over |during )?(?:the )?(?:last|past|previous)\s+(\d{1,3}|two|three|four|six)\s+"
    r"(day|week|month|year)s\b",
    _FLAGS,
)
_RELATIVE = re.compile(
    r"\b(?:in |from |of )?(this|last|past|previous|current)\s+(week|month|year)(?:'s)?\b", _FLAGS
)
_LAST_MONTH = re.compile(rf"\b(?:in |from |since |of )?last\s+({MONTH})\b", _FLAGS)
_NAMED_DAY = re.compile(r"\b(?:from |on )?(today|yesterday)(?:'s)?\b", _FLAGS)
# A period with its year; a year alone only behind such a word or beside "papers" and "only".
_DATED = re.compile(rf"\b(?:({_BOUND})\s+)?(?:the\s+)?((?!{YEAR}\b){DATED}|{ISO})\b", _FLAGS)
_DATED_YEAR = re.compile(
    rf"\b(since|after|from|until|till|before|up to|in|during|of(?=\s+{YEAR}\s*(?:[,.?!]|$)))"
    rf"\s+(?:the\s+)?(?:year\s+)?({YEAR})\b(?!-)",
    _FLAGS,
)
_PAPERS = r"(?:papers?|publications?|preprints?|articles?|only|ones?)"
_YEAR_BESIDE = re.compile(
    rf"\b({YEAR})(?='?s?\s+(?:\w+\s+){{0,2}}{_PAPERS}\b)|(?<=\w,\s)({YEAR})(?=\s+only\b)", _FLAGS
)
# Without a year: "on Dec 8", "from Jan". Months that are words as well need their capital.
_UNDATED = re.compile(
    rf"\b(?i:(since|after|from|until|till|before|in|during|on))\s+(?i:the\s+)?"
    rf"((?i:{UNDATED_DAY})|(?!may\b|march\b)(?i:{MONTH}))(?![\w-])"
)

_NUMBERS = {"two": 2, "three": 3, "four": 4, "six": 6}
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}


@dataclass(frozen=True, slots=True)
class Window:
    """Days, both ends included; None leaves an end open.

    `by` says which day of a paper counts: "day" the featured one, else the published one;
    "published" only the latter.
    """

    since: date | None = None
    until: date | None = None
    by: By = "day"

    def __str__(self) -> str:
        verb = "published" if self.by == "published" else "featured or published"
        if self.since and self.since == self.until:
            return f"{verb} {self.since}"
        if self.since and self.until:
            return f"{verb} {self.since} to {self.until}"
        if self.since:
            return f"{verb} since {self.since}"
        return f"{verb} up to {self.until}" if self.until else "of any day"


def find_window(question: str, today: date) -> tuple[Window, str] | None:
    """Return the days that a question speaks of, and the question without that part.

    A year or a month by name is about publication; everything else is about the day on which
    a paper was featured. None where the question names no time.
    """
    for pattern, read in (
        (_BETWEEN, _between), (_COUNTED, _counted), (_RELATIVE, _relative),
        (_LAST_MONTH, _last_month), (_NAMED_DAY, _named_day), (_DATED, _bounded),
        (_DATED_YEAR, _bounded), (_YEAR_BESIDE, _beside), (_UNDATED, _bounded),
    ):  # fmt: skip
        match = pattern.search(question)
        if match and (window := read(match, today)):
            return window, f"{question[: match.start()]} {question[match.end() :]}"
    return None


def _between(match: re.Match[str], today: date) -> Window | None:
    last = read_period(match[2], today)
    if last is None:
        return None
    named = match[1]
    if not re.search(YEAR, named):  # "from March to June 2024"
        named = f"{named} {last.first.year}"
    first = read_period(named, today)
    return Window(first.first, last.last, last.by) if first else None


def _counted(match: re.Match[str], today: date) -> Window:
    number = _NUMBERS.get(match[1].casefold()) or int(match[1])
    return Window(today - timedelta(days=number * _DAYS[match[2].casefold()]), today)


def _relative(match: re.Match[str], today: date) -> Window:
    """Weeks begin on Monday; "this" ends today."""
    is_this = match[1].casefold() in ("this", "current")
    unit = match[2].casefold()
    if unit == "week":
        start = today - timedelta(days=today.weekday())
        before = start - timedelta(days=7)
    elif unit == "month":
        start = today.replace(day=1)
        before = (start - timedelta(days=1)).replace(day=1)
    else:
        start = today.replace(month=1, day=1)
        before = start.replace(year=start.year - 1)
    by: By = "day" if unit == "week" else "published"
    return Window(start, today, by) if is_this else Window(before, start - timedelta(days=1), by)


def _last_month(match: re.Match[str], today: date) -> Window | None:
    """Read "last October": the one before this month."""
    period = read_period(match[1], today.replace(day=1) - timedelta(days=1))
    return Window(period.first, period.last, period.by) if period else None


def _named_day(match: re.Match[str], today: date) -> Window:
    day = today if match[1].casefold() == "today" else today - timedelta(days=1)
    return Window(day, day)


def _beside(match: re.Match[str], today: date) -> Window | None:
    period = read_period(match[1] or match[2], today)
    return Window(*period) if period else None


def _bounded(match: re.Match[str], today: date) -> Window | None:
    """Open one end where the question says since, after, until or before."""
    word = " ".join((match[1] or "").casefold().split())
    period = read_period(match[2], today)
    if period is None:
        return None
    return _open(period, word, match[2])


def _open(period: Period, word: str, named: str) -> Window:
    first, last, by = period
    is_start = re.search(r"start|beginning", named, re.IGNORECASE)
    if word == "since" or (word == "from" and is_start):
        return Window(first, None, by)
    if word == "after":
        return Window(last + timedelta(days=1), None, by)
    if word in ("until", "till", "up to"):
        return Window(None, last, by)
    if word == "before":
        return Window(None, first - timedelta(days=1), by)
    return Window(first, last, by)
