"""Time in a question: "last week", "since March 2025", "in 2024" → the days that are meant."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

By = Literal["day", "published"]

MONTHS = {name.casefold(): n for n, name in enumerate(calendar.month_name) if name}
MONTHS |= {name.casefold(): n for n, name in enumerate(calendar.month_abbr) if name}
_MONTH = r"(?P<month>" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\.?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_BOUND = r"(?:(?P<bound>since|after|from|until|till|before|up to|in|during|of|on)\s+)?(?:the\s+)?"

_ISO = re.compile(_BOUND + r"(?P<iso>\d{4}-\d{2}-\d{2})\b", re.IGNORECASE)
_RELATIVE = re.compile(r"\b(?P<which>this|last|past)\s+(?P<unit>week|month|year)\b", re.IGNORECASE)
_COUNTED = re.compile(
    r"\b(?:the\s+)?(?:last|past)\s+(?P<n>\d{1,3})\s+(?P<unit>day|week)s\b", re.IGNORECASE
)
_NAMED_DAY = re.compile(r"\b(?P<which>today|yesterday)(?:'s)?\b", re.IGNORECASE)
_MONTH_OF_YEAR = re.compile(rf"\b{_BOUND}{_MONTH},?\s+{_YEAR}\b", re.IGNORECASE)
_ONLY_YEAR = re.compile(
    rf"\b(?P<bound>since|after|from|until|till|before|in|during)\s+{_YEAR}\b", re.IGNORECASE
)


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
        (_ISO, _iso), (_COUNTED, _counted), (_RELATIVE, _relative),
        (_NAMED_DAY, _named_day), (_MONTH_OF_YEAR, _calendar), (_ONLY_YEAR, _calendar),
    ):  # fmt: skip
        match = pattern.search(question)
        if match and (window := read(match, today)):
            return window, f"{question[: match.start()]} {question[match.end() :]}"
    return None


def _iso(match: re.Match[str], _: date) -> Window | None:
    try:
        day = date.fromisoformat(match["iso"])
    except ValueError:
        return None
    return _bounded(match["bound"], day, day, "day")


def _counted(match: re.Match[str], today: date) -> Window:
    days = int(match["n"]) * (7 if match["unit"].casefold() == "week" else 1)
    return Window(today - timedelta(days=days), today)


def _relative(match: re.Match[str], today: date) -> Window:
    """Weeks begin on Monday; "this" ends today."""
    is_this = match["which"].casefold() == "this"
    unit = match["unit"].casefold()
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


def _named_day(match: re.Match[str], today: date) -> Window:
    day = today if match["which"].casefold() == "today" else today - timedelta(days=1)
    return Window(day, day)


def _calendar(match: re.Match[str], _: date) -> Window:
    """Read a month of a year, or a year."""
    year = int(match["year"])
    name = match.groupdict().get("month")
    first_month, last_month = (MONTHS[name.casefold()],) * 2 if name else (1, 12)
    last_day = calendar.monthrange(year, last_month)[1]
    return _bounded(
        match["bound"], date(year, first_month, 1), date(year, last_month, last_day), "published"
    )


def _bounded(bound: str | None, first: date, last: date, by: By) -> Window:
    """Open one end where the question says since, after, until or before."""
    word = (bound or "").casefold()
    if word == "since":
        return Window(first, None, by)
    if word == "after":
        return Window(last + timedelta(days=1), None, by)
    if word in ("until", "till", "up to"):
        return Window(None, last, by)
    if word == "before":
        return Window(None, first - timedelta(days=1), by)
    return Window(first, last, by)
