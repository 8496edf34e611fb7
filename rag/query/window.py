"""Time in a question: "last week", "since March 2025", "in 2024" → the days that are meant.

The patterns here find what names a time, and the word in front of it that says on which side of
it the days lie. What the name means is read by rag.query.periods and rag.query.dates.
"""

import math
import re
from collections.abc import Callable
from datetime import date, timedelta

from rag.query.dates import (
    DAY,
    LONE_MONTH,
    LONG_MONTHS,
    MONTH,
    WEEKDAY,
    WITHOUT_YEAR,
    YEAR,
    Period,
    lacks_year,
)
from rag.query.numeric_days import write_days
from rag.query.occasions import AWAY, is_occasion
from rag.query.periods import PERIOD, SEASONS, read_period
from rag.query.sides import (
    AMOUNTS,
    COUNTABLE,
    ONWARDS,
    PAPERS,
    SIDE,
    Reader,
    open_period,
    read_bounded,
    time_pattern,
)
from rag.query.time_words import spell_out
from rag.query.undated import UNDATED_READERS
from rag.records import Window

DayOf = Callable[[str], date | None]  # the day of a paper by name

_NUMBERS = {word: n for n, word in enumerate(
    "two three four five six seven eight nine ten eleven twelve".split(), 2
)} | {"couple": 2, "couple of": 2, "few": 3, "several": 3}  # fmt: skip
_DIGITS_OR_WORD = rf"\d{{1,3}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))}"
_NUMBER = f"({_DIGITS_OR_WORD})"
_A_NUMBER = f"(?:{_DIGITS_OR_WORD}|an?|one)"
_UNITS = "hour|day|week|month|year|fortnight"
_UNIT = f"({_UNITS})s?"
_DAYS = {"hour": 1 / 24, "day": 1, "week": 7, "fortnight": 14, "month": 30, "year": 365}
_FEW_DAYS = 7
_SOME_DAYS = {"day": _FEW_DAYS, "week": 21, "month": 90}  # "the last weeks"
_NOW = r"now|today|(?:the )?present"
_WORD = r"[\w+&'’.-]*[\w+]"


_ANY = rf"{PERIOD}|{WITHOUT_YEAR}|{LONE_MONTH}|{WEEKDAY}|{YEAR}"
_RANGE = time_pattern(
    rf"(?:(?P<cue>between|from|in|during|on|of|for) )?(?:the )?(?P<first>{_ANY}|{MONTH}|{DAY})"
    rf"(?: (?P<link>and|to|until|till|through) (?:the )?| ?[-–] ?)"
    rf"(?P<last>{_NOW}|{_ANY}|{MONTH}|{DAY},? {YEAR}|{DAY}){COUNTABLE}"
)
# "Nov 3-9", not "layers 1-7 may be frozen".
_NAMES_TIME = re.compile(rf"{YEAR}|(?-i:[A-Z][a-z])|\b(?!mar|may){MONTH}|{WEEKDAY}", re.IGNORECASE)
# "Yesterday and 2 days ago"
_ADDED = re.compile(
    rf"{WEEKDAY}|{'|'.join(LONG_MONTHS)}|today|yesterday|(?:the )?day before yesterday"
    r"|\w+ days? ago",
    re.IGNORECASE,
)
_COUNTED = time_pattern(
    rf"(?:(?:in|over|during|within|for|from|of|since) )?(?:the )?"
    rf"(?:(?:these )?(?:last|past|previous|recent) (?:{_NUMBER} {_UNIT}|(fortnight))"
    # "The past week", "the last weeks", but "last weeks papers" are those of last week.
    r"|(?:past|(?<=over the )last|(?<=within the )last) (?P<one>day|week|month|year)"
    r"(?! (?:before|after)\b)"
    r"|(?:last|past|recent) (?P<some>day|week|month)s(?! \w+\W*$))"
)
# "Since two weeks", "older than a month".
_SINCE = time_pattern(
    rf"(?P<cue>since|(?:newer|older|younger) than) (?:the )?(?P<number>{_A_NUMBER}) "
    rf"(?P<unit>{_UNITS})s?(?! ago\b)"
)
# "I was on holiday for ten days"
_ABSENCE = time_pattern(rf"(?:for |after )?(?P<number>{_A_NUMBER}) (?P<unit>day|week|month)s?")
_VAGUE = time_pattern(rf"(?:since )?(?:an? )?(few|couple of|several) {_UNIT} ago")
_NAMED = time_pattern(
    rf"(?:(?P<cue>{SIDE}|{AMOUNTS}|of|on|for) )?(?:the )?(?P<name>{PERIOD})(?:['’]?s)?{ONWARDS}?"
)
# Every name of a time has one of these words in it, most questions none: a quick look saves the
# rest, which begins not far in front of it.
_TIMELY = re.compile(
    rf"(?<!\d){YEAR}s?(?![\dx])|\b(?:(?:{MONTH}|{WEEKDAY}|hour|day|week|fortnight|month|quarter|year|"
    rf"weekend|today|yesterday|\w{{3,6}}day|q[1-4])s?|ytd|weekly|monthly|{'|'.join(SEASONS)})\b"
    r"|\b[0-3]?\d(?:st|nd|rd|th|[./][0-3]?\d)\b|\bthe [0-3]?\d\b",
    re.IGNORECASE,
)
_FAR = 80  # characters
_NAME = re.compile(rf"\b(since|after|before) (?:the )?({_WORD}(?: {_WORD}){{0,3}})", re.IGNORECASE)
# "what did methods before LXMERT rely on?" asks for what LXMERT's paper says of them.
_OF_PAPERS = re.compile(rf"\b(?:{PAPERS}|came|come|publish\w*|releas\w*|appear\w*|new)\b", re.I)
_CAME_OUT = re.compile(
    r"(?: (?:paper|model))?(?: (?:came out|appeared|was (?:published|released|introduced)))?\b"
)


def find_window(
    question: str, today: date, *, day_of: DayOf | None = None
) -> tuple[Window, str] | None:
    """Return the days that a question speaks of, and the question without that part.

    A year or a month by name is about publication; everything else is about the day on which
    a paper was featured. None where the question names no time. `day_of` gives the day of a
    paper by name, for "since LXMERT".
    """
    text = spell_out(write_days(" ".join(question.split()), today).text)
    if timely := _TIMELY.search(text):
        for pattern, read in _READERS:
            for match in pattern.finditer(text, max(0, timely.start() - _FAR)):
                window = read(match, today)
                if window and not is_occasion(text, match):
                    start = match.end("kept") if match.groupdict().get("kept") else match.start()
                    return window, f"{text[:start]} {text[match.end() :]}"
    return _beside_name(" ".join(question.split()), day_of) if day_of else None


def _range(match: re.Match[str], today: date) -> Window | None:
    """Read "from March to June 2024", "Dec 1-7", "between 1 and 7 December": each end lends."""
    cue, first, link, last = match.group("cue", "first", "link", "last")
    if not cue and link == "and" and not (_ADDED.fullmatch(first) and _ADDED.fullmatch(last)):
        return None
    if not cue and link != "and" and not _NAMES_TIME.search(match[0]):
        return None
    if number := re.fullmatch(rf"({DAY})(?:,? ({YEAR}))?", last):
        if not re.search(r"[A-Za-z]{3}", first):  # 2025-03-01 is one day
            return None
        last = f"{_with_day(first, number[1])} {number[2] or ''}"
    if re.fullmatch(DAY, first):
        first = _with_day(last, first)
    if re.fullmatch(_NOW, last, re.IGNORECASE):
        begin = read_period(first, today)
        return Window(begin.first, today, begin.by) if begin else None
    if lacks_year(last) and re.search(YEAR, first):
        begin = read_period(first, today)
        end = begin and read_period(last, _year_later(begin.first))
    else:
        end = read_period(last, today)
        begin = end and read_period(first, end.last if lacks_year(first) else today)
    if not begin or not end or max(begin.last, end.last).year > today.year + 1:
        return None
    return Window(min(begin.first, end.first), max(begin.last, end.last), end.by)


def _with_day(named: str, number: str) -> str:
    """Put another day of the month into a name, "7 December 2025"."""
    return re.sub(rf"\b{DAY}\b", number, named, count=1)


def _year_later(day: date) -> date:
    return day + timedelta(days=364)


def _counted(match: re.Match[str], today: date) -> Window:
    found = match.groupdict()
    if one := found.get("one"):
        return Window(today - timedelta(days=_DAYS[one.casefold()]), today)
    if some := found.get("some"):
        return Window(today - timedelta(days=_SOME_DAYS[some.casefold()]), today)
    number, unit, *_ = match.groups()
    if not unit:
        return Window(today - timedelta(days=_DAYS["fortnight"]), today)
    number, unit = number.casefold(), unit.casefold()
    if unit == "day" and number in ("few", "several"):
        return Window(today - timedelta(days=_FEW_DAYS), today)
    count = _NUMBERS.get(number) or int(number)
    return Window(today - timedelta(days=math.ceil(count * _DAYS[unit])), today)


def _since(match: re.Match[str], today: date) -> Window:
    """Read "since two weeks" and "older than a month"."""
    number = match["number"].casefold()
    count = _NUMBERS.get(number) or (int(number) if number.isdigit() else 1)
    first = today - timedelta(days=math.ceil(count * _DAYS[match["unit"].casefold()]))
    if (match.groupdict().get("cue") or "").casefold() == "older than":
        return Window(None, first - timedelta(days=1))
    return Window(first, today)


def _absence(match: re.Match[str], today: date) -> Window | None:
    """Read "I was on holiday for ten days", which asks for what somebody missed."""
    return _since(match, today) if AWAY.search(match.string) else None


def _beside_name(question: str, day_of: DayOf) -> tuple[Window, str] | None:
    """Read "since LXMERT": the longest run of up to four words that names a paper."""
    for match in _NAME.finditer(question):
        if match[1].casefold() != "since" and not _OF_PAPERS.search(question):
            continue
        words = match[2].split()
        for count in range(len(words), 0, -1):
            name = " ".join(words[:count])
            if day := day_of(name):
                end = match.start(2) + len(name)
                if after := _CAME_OUT.match(question, end):
                    end = after.end()
                window = open_period(Period(day, day, "day"), match[1].casefold())
                return window, f"{question[: match.start()]} {question[end:]}"
    return None


_READERS: list[tuple[re.Pattern[str], Reader]] = [
    (_RANGE, _range),
    (_COUNTED, _counted),
    (_VAGUE, _counted),
    (_SINCE, _since),
    (_NAMED, read_bounded),
    *UNDATED_READERS,
    (_ABSENCE, _absence),
]
