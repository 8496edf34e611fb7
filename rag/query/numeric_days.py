"""Writes days in figures as ISO does, in one order per question: "5/12/2025" → "2025-12-05".

Which of two numbers is the day follows from a day above 12 in the same question, else from what
people are used to: in the setting, in the question's language, in the time zone's country. Babel
knows the habits (Unicode's CLDR). https://babel.pocoo.org
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from rag.query.dates import TITLED_MONTH, WEEKDAY, YEAR
from rag.query.sides import COUNTABLE, ENDS, PAPERS_OR_LIST
from rag.text.language import ENGLISH
from rag.text.words import fold

DayOrder = Literal["day-first", "month-first"]
MIN_SHORT_YEAR = 10  # of "5/12/25"; papers are not older

_ENGLISH_MONTHS = {name.casefold(): n for n, name in enumerate(calendar.month_abbr) if name}
_MONTH_LANGUAGES = ("de", "fr", "es", "it", "pt", "nl")
_LAST_WORD = r"(?![\w-]|[./]\d)"
_HAN = re.compile(rf"(?:({YEAR})\s?年\s?)?(?<!\d)(\d{{1,2}})\s?月\s?(\d{{1,2}})\s?[日号號]")
_YEAR_FIRST = re.compile(rf"(?<![\w./-])({YEAR})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_LAST_WORD}")
_YEAR_LAST = re.compile(
    rf"(?<![\w./-])(\d{{1,2}})([-/.])(\d{{1,2}})\2({YEAR}|\d\d){_LAST_WORD}(?!-)"
)
# "5 décembre 2025", "el 5 de diciembre"; English names are read by rag.query.dates.
_NAMED = re.compile(
    r"(?<![\w./-])(\d{1,2})(?:\.|er)? (?:de )?([^\W\d_]{3,10})\b"
    rf"(?: (?:de )?({YEAR}){_LAST_WORD}|{ENDS})",
    re.IGNORECASE,
)
# Without a year two numbers are a day only behind such a word: "since 5/12", "am 5.12."
_CUES = (
    "since from until till after before on between am vom ab seit bis zum vor nach "
    "le du au depuis avant après jusqu'au el del desde hasta al"
).split()
_LINK = r"(?: (?:and|to|until|till|through|bis|und|et|au|y|al) (?:the )?| ?[-–] ?)"
_NO_YEAR = re.compile(
    rf"(?<![\w./-])(?P<before>(?:{'|'.join(_CUES)}) (?:the )?|{PAPERS_OR_LIST} (?:\w+ )?|^"
    rf"|{YEAR}-\d\d-\d\d{_LINK})"
    rf"(?P<first>\d{{1,2}})(?:(?P<dot>\.)(?P<month>\d{{1,2}})\.(?!\d)|/(?P<second>\d{{1,2}}))"
    rf"(?:(?={_LINK}\d)|{ENDS})",
    re.IGNORECASE,
)
# English days and months by name, also those that do not exist: "February 30th", "June 9999".
_NTH = r"(?:st|nd|rd|th)"
_ENGLISH = re.compile(
    rf"(?<![\w./-])(?:(?P<before>\d{{1,2}})(?:{_NTH}|\.)?(?: of)? )?(?P<month>{TITLED_MONTH})"
    rf"(?: (?:the )?(?P<after>\d{{1,2}}){_NTH}?(?![\w%]|[.:/-]\d))?"
    rf"(?:,? (?:of )?(?P<year>\d{{4}})\b(?![.-]\d))?{COUNTABLE}(?! (?:\w+ )?papers?\b)",
    re.IGNORECASE,
)
_LATE = re.compile(
    rf"\b{WEEKDAY},? (?:the )?(?P<day>(?:3[2-9]|[4-9]\d){_NTH})\b"
    rf"|\b(?:{'|'.join(_CUES[:9])}|of) (?P<alone>the (?:3[2-9]|[4-9]\d){_NTH})(?=\W*$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class DayHabit:
    """Where the people who ask live: their time zone, and their order if it is set."""

    timezone: str = "UTC"
    order: DayOrder | None = None

    def order_in(self, language: str) -> DayOrder:
        """Return the order of a question in a language; English is spoken everywhere."""
        if self.order:
            return self.order
        return _order_of(self.timezone, "" if language == ENGLISH else language)


@dataclass(frozen=True, slots=True)
class WrittenDays:
    """A text with its days in ISO's form, and how ambiguous ones were read, in a sentence or "".

    `impossible` says which days do not exist, in sentences or "".
    """

    text: str
    reading: str = ""
    impossible: str = ""


def write_days(
    text: str, today: date, *, language: str = ENGLISH, habit: DayHabit | None = None
) -> WrittenDays:
    """Return the text with days in figures in ISO's form; those that do not exist stay.

    A day without a year is the latest that is not in the future, nor after the text's last day.
    """
    habit = habit or DayHabit()
    said = _order_said(text)
    writer = _DayWriter(said or habit.order_in(language), today, is_sure=said is not None)
    text = _YEAR_FIRST.sub(writer.year_first, text)
    text = _YEAR_LAST.sub(writer.year_last, text)
    days = [_day(*map(int, found)) for found in re.findall(r"\b(\d{4})-(\d\d)-(\d\d)\b", text)]
    writer.until = max((day for day in days if day), default=today)
    text = _HAN.sub(writer.han, text)
    text = _NAMED.sub(writer.named, text)
    for _ in range(2):  # the second time for what follows a day: "from 1/12 to 5/12"
        text = _NO_YEAR.sub(writer.without_year, text)
    impossible = [*writer.impossible, *_impossible_by_name(text)]
    return WrittenDays(
        text,
        _reading(writer.order, writer.ambiguous),
        " ".join(f"There is no day {typed}." for typed in impossible),
    )


class _DayWriter:
    """Writes the matches of the patterns above, and notes what is ambiguous or impossible."""

    def __init__(self, order: DayOrder, today: date, *, is_sure: bool) -> None:
        """`is_sure` means that the text itself tells the order."""
        self.order = order
        self.today = today
        self.is_sure = is_sure
        self.until = today  # days without a year are not later
        self.ambiguous: dict[str, date] = {}
        self.impossible: list[str] = []

    def year_first(self, match: re.Match[str]) -> str:
        found = _day(int(match[1]), int(match[3]), int(match[4]))
        if found:
            return found.isoformat()
        self.impossible += [] if match[2] == "." else [match[0]]
        return match[0]

    def year_last(self, match: re.Match[str]) -> str:
        first, mark, second, year = match.groups()
        full = int(year) if len(year) == 4 else 2000 + int(year)
        if len(year) == 2 and not MIN_SHORT_YEAR <= int(year) <= self.today.year % 100 + 1:
            return match[0]
        return self._in_order(match[0], int(first), int(second), mark, full)

    def without_year(self, match: re.Match[str]) -> str:
        typed = match[0][len(match["before"]) :]
        second = int(match["month"] or match["second"])
        written = self._in_order(typed, int(match["first"]), second, match["dot"] or "/", None)
        return f"{match['before']}{written}"

    def han(self, match: re.Match[str]) -> str:
        return self._written(match[0], match[1], int(match[2]), int(match[3]))

    def named(self, match: re.Match[str]) -> str:
        month = _months().get(fold(match[2]))
        return self._written(match[0], match[3], month, int(match[1])) if month else match[0]

    def _in_order(self, typed: str, first: int, second: int, mark: str, year: int | None) -> str:
        """Return a day of which the order of day and month is to be known."""
        is_day_first = _is_day_first(first, second, mark, self.order)
        day, month = (first, second) if is_day_first else (second, first)
        found = _day(year, month, day) if year else _latest(month, day, self.until)
        if found is None:
            self.impossible += [typed] if year else []
            return typed
        if mark != "." and not self.is_sure and first <= 12 and second <= 12 and first != second:
            self.ambiguous[typed] = found
        return found.isoformat()

    def _written(self, typed: str, year: str | None, month: int, day: int) -> str:
        """Return a day that says which number is the month."""
        found = _day(int(year), month, day) if year else _latest(month, day, self.until)
        if found is None:
            self.impossible.append(typed)
            return typed
        return found.isoformat()


def _order_said(text: str) -> DayOrder | None:
    """Return the order that the text's unambiguous days have; None if they have none or both."""
    pairs = [(int(m[1]), int(m[3])) for m in _YEAR_LAST.finditer(text) if m[2] != "."]
    pairs += [(int(m["first"]), int(m["second"])) for m in _NO_YEAR.finditer(text) if m["second"]]
    orders: set[DayOrder] = {
        "day-first" if first > 12 else "month-first"
        for first, second in pairs
        if (first > 12) != (second > 12)
    }
    return orders.pop() if len(orders) == 1 else None


def _is_day_first(first: int, second: int, mark: str, order: DayOrder) -> bool:
    if (first > 12) != (second > 12):
        return first > 12
    return mark == "." or order == "day-first"


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _latest(month: int, day: int, until: date) -> date | None:
    years = range(until.year, until.year - 9, -1)  # 29 February may be eight years ago
    found = (_day(year, month, day) for year in years)
    return next((day for day in found if day and day <= until), None)


def _impossible_by_name(text: str) -> list[str]:
    """Return the days and months with English names that no calendar and no paper has."""
    found = [match["day"] or match["alone"] for match in _LATE.finditer(text)]
    for match in _ENGLISH.finditer(text):
        number, year = match["before"] or match["after"], match["year"]
        month = _ENGLISH_MONTHS[match["month"][:3].casefold()]
        is_year = not year or re.fullmatch(YEAR, year)
        is_day = not number or _day(int(year) if year and is_year else 2000, month, int(number))
        if not (is_year and is_day):
            found.append(match[0])
    return found


def _reading(order: DayOrder, ambiguous: dict[str, date]) -> str:
    if not ambiguous:
        return ""
    days = [f"{typed} as {day.day} {day:%B %Y}" for typed, day in ambiguous.items()]
    return f"I read {' and '.join(days)} ({order.replace('-', ' ')})."


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    """Return the numbers of the months by their folded names in neighbouring languages."""
    from babel import Locale

    english = {fold(name) for name in Locale("en").months["format"]["wide"].values()}
    return {
        fold(name): number
        for language in _MONTH_LANGUAGES
        for number, name in Locale(language).months["format"]["wide"].items()
        if fold(name) not in english
    }


@lru_cache(maxsize=64)
def _order_of(timezone: str, language: str) -> DayOrder:
    """Return the order that a language has; without one, that of the time zone's country."""
    from babel import Locale, UnknownLocaleError
    from babel.core import get_global

    zone = get_global("zone_aliases").get(timezone, timezone)
    territory = get_global("zone_territories").get(zone, "ZZ")
    try:
        locale = Locale.parse(language or f"und_{territory}")
    except (UnknownLocaleError, ValueError):
        return "month-first"
    pattern = locale.datetime_skeletons["Md"].pattern
    return "day-first" if pattern.index("d") < pattern.index("M") else "month-first"
