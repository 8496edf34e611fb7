"""Time in a question: "last week", "since March 2025", "in 2024" → the days that are meant.

The patterns here find what names a time, and the word in front of it that says on which side of
it the days lie. What the name means is read by rag.period and rag.dates.
"""

import math
import re
from collections.abc import Callable
from datetime import date, timedelta

from rag.query.dates import (
    DAY,
    LONE_MONTH,
    MONTH,
    TITLED_DAY,
    WEEKDAY,
    WITHOUT_YEAR,
    YEAR,
    Period,
    lacks_year,
)
from rag.query.periods import PERIOD, SEASONS, read_period
from rag.records import Window

DayOf = Callable[[str], date | None]  # the day of a paper by name

_SIDES = {
    "since": "since", "starting in": "since", "starting from": "since", "less than": "since",
    "after": "after", "newer than": "after", "later than": "after",
    "until": "until", "till": "until", "up to": "until", "as of": "until",
    "no later than": "until", "before": "before", "prior to": "before", "older than": "before",
    "earlier than": "before", "more than": "before", "over": "before",
}  # fmt: skip
_AMOUNT = ("less than", "more than", "over")  # only in front of "two weeks ago"
_SIDE = rf"{'|'.join(side for side in _SIDES if side not in _AMOUNT)}|from|in|during"
_AMOUNTS = rf"(?:{'|'.join(_AMOUNT)})(?= \w+ \w+ ago\b)"
_LATER = r"onwards?|(?:and|or) (?:later|newer|after)"
_ONWARDS = rf"(?: (?P<suffix>{_LATER}|(?:and|or) (?:earlier|older|before)))"
_PAPERS = r"(?:papers?|publications?|preprints?|articles?|only|ones?)"
# "in 2000 steps" counts.
_COUNTABLE = (
    r"(?! (?:steps|iterations|epochs|updates|tokens|samples|images|examples|param\w+|dim\w*|hours"
    r"|days|gpus?|classes|languages|frames|episodes|tasks|questions|pixels|points|words)\b)"
)
_NUMBERS = {word: n for n, word in enumerate(
    "two three four five six seven eight nine ten eleven twelve".split(), 2
)} | {"couple": 2, "couple of": 2, "few": 3, "several": 3}  # fmt: skip
_NUMBER = rf"(\d{{1,3}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
_UNIT = "(hour|day|week|month|year|fortnight)s?"
_DAYS = {"hour": 1 / 24, "day": 1, "week": 7, "fortnight": 14, "month": 30, "year": 365}
_FEW_DAYS = 7
_NOW = r"now|today|(?:the )?present"
_WORD = r"[\w+&'’.-]*[\w+]"


def _pattern(text: str) -> re.Pattern[str]:
    """Compile what must stand as whole words, not in a version number or a longer name."""
    return re.compile(rf"(?<![\w./-])(?:{text})(?![\w-]|[./]\d)", re.IGNORECASE)


_ANY = rf"{PERIOD}|{WITHOUT_YEAR}|{LONE_MONTH}|{WEEKDAY}|{YEAR}"
_RANGE = _pattern(
    rf"(?:(?P<cue>between|from|in|during|on|of|for) )?(?:the )?(?P<first>{_ANY}|{DAY})"
    rf"(?: (?P<link>and|to|until|till|through) (?:the )?| ?[-–] ?)"
    rf"(?P<last>{_NOW}|{_ANY}|{DAY},? {YEAR}|{DAY}){_COUNTABLE}"
)
_COUNTED = _pattern(
    rf"(?:(?:in|over|during|within|for|from|of|since) )?(?:the )?"
    rf"(?:last|past|previous) (?:{_NUMBER} {_UNIT}|(fortnight))"
)
_VAGUE = _pattern(rf"(?:since )?(?:an? )?(few|couple of|several) {_UNIT} ago")
_NAMED = _pattern(
    rf"(?:(?P<cue>{_SIDE}|{_AMOUNTS}|of|on|for) )?(?:the )?(?P<name>{PERIOD})(?:['’]s)?{_ONWARDS}?"
)
# Every name of a time has one of these words in it, most questions none: a quick look saves the
# rest, which begins not far in front of it.
_TIMELY = re.compile(
    rf"(?<!\d){YEAR}s?(?![\dx])|\b(?:{MONTH}|{WEEKDAY}|(?:hour|day|week|fortnight|month|quarter|year|"
    rf"weekend)s?|today|yesterday|ytd|{'|'.join(SEASONS)})\b",
    re.IGNORECASE,
)
_FAR = 80  # characters
# A year alone only behind such a word or beside "papers" and "only".
_YEAR = _pattern(
    rf"(?P<cue>{_SIDE}|(?:of|for)(?= {YEAR}(?:[,.?!]|$))) (?:the )?(?:year )?"
    rf"(?P<name>{YEAR}){_ONWARDS}?{_COUNTABLE}"
)
_YEAR_BESIDE = _pattern(rf"(?P<name>{YEAR})(?:{_ONWARDS}|(?='?s? (?:\w+ ){{0,2}}{_PAPERS}\b))")
# Without a year: "on Dec 8", "from Jan"; but "from April Smith" names a person.
_UNDATED = _pattern(
    rf"(?P<cue>{_SIDE}|on|of) (?!(?-i:Jan|April|May|June|August) (?-i:[A-Z]|et\b))"
    rf"(?:the )?(?P<name>{WITHOUT_YEAR}|{LONE_MONTH}|{WEEKDAY}){_ONWARDS}?"
)
_UNDATED_BESIDE = _pattern(
    rf"(?P<name>{TITLED_DAY})(?=['’]?s? (?:\w+ )?{_PAPERS}\b|\W*$)|(?P<weekday>{WEEKDAY})['’]s"
)
_NAME = re.compile(rf"\b(since|after|before) (?:the )?({_WORD}(?: {_WORD}){{0,3}})", re.IGNORECASE)
# "what did methods before LXMERT rely on?" asks for what LXMERT's paper says of them.
_OF_PAPERS = re.compile(rf"\b(?:{_PAPERS}|came|come|publish\w*|releas\w*|appear\w*|new)\b", re.I)
_CAME_OUT = re.compile(
    r"(?: (?:paper|model))?(?: (?:came out|appeared|was (?:published|released|introduced)))?\b"
)


# What speaks of papers and when they came out.
_SPEAKS_OF_PAPERS = re.compile(
    r"\b(?:papers?|publications?|preprints?|articles?|works|models|methods|benchmarks|datasets|came|come|publish\w*|releas\w*"
    r"|appear\w*|new\w*|out|featured|posted|submitted|happen\w*|miss\w*|hot|trend\w*|any\w*"
    r"|latest|best|top|popular|most)\b",
    re.IGNORECASE,
)
_DURATION = re.compile(r"\b(?:over|for|by|through|throughout|until|till)(?: the)?\s+$", re.I)
_DOING = re.compile(
    r"\b(?:runs?|ran|running|trains?|trained|training|(?:fine-?)?tun(?:e|es|ed|ing)|deploy\w*"
    r"|finish\w*|implement\w*|present\w*|reading|try|trying|I|I['’]m|we|my|our)\b",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[,;:.?!](?=\s|$)|\s[–—-]\s")
_ASKS = re.compile(
    r"\b(?:what\w*|which|who\w*|how|why|when|where|does|do|is|are|can|did)\b", re.IGNORECASE
)


def find_window(
    question: str, today: date, *, day_of: DayOf | None = None
) -> tuple[Window, str] | None:
    """Return the days that a question speaks of, and the question without that part.

    A year or a month by name is about publication; everything else is about the day on which
    a paper was featured. None where the question names no time. `day_of` gives the day of a
    paper by name, for "since LXMERT".
    """
    question = " ".join(question.split())
    if timely := _TIMELY.search(question):
        for pattern, read in _READERS:
            for match in pattern.finditer(question, max(0, timely.start() - _FAR)):
                window = read(match, today)
                if window and not _is_of_something_else(question, match):
                    return window, f"{question[: match.start()]} {question[match.end() :]}"
    return _beside_name(question, day_of) if day_of else None


def _is_of_something_else(question: str, match: re.Match[str]) -> bool:
    """Return whether a time without a number is when somebody does something, not of papers.

    "Does it run over the weekend?", "I present on Friday: what does HeronNet count?"
    """
    if re.search(r"\d", match[0]):
        return False
    ends = [end.span() for end in _CLAUSE_END.finditer(question)]
    first = max((end for _, end in ends if end <= match.start()), default=0)
    last = min((start for start, _ in ends if start >= match.end()), default=len(question))
    before, behind = question[first : match.start()], question[match.end() : last]
    if _SPEAKS_OF_PAPERS.search(f"{before} {behind}"):
        return False
    elsewhere = f"{question[:first]} {question[last:]}"
    is_aside = bool(_ASKS.search(elsewhere)) and bool(_DOING.search(before))
    lasts = bool(_DURATION.search(f"{before} ")) or bool(_DURATION.match(match[0]))
    return is_aside or lasts or bool(re.search(r"\b(?:runs?|ran|trains?|trained)\b", before))


def _range(match: re.Match[str], today: date) -> Window | None:
    """Read "from March to June 2024", "Dec 1-7", "between 1 and 7 December": each end lends."""
    cue, first, link, last = match.group("cue", "first", "link", "last")
    if not cue and (link == "and" or not re.search(rf"{YEAR}|[A-Z][a-z]", match[0])):
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
    number, unit, *_ = match.groups()
    if not unit:
        return Window(today - timedelta(days=_DAYS["fortnight"]), today)
    number, unit = number.casefold(), unit.casefold()
    if unit == "day" and number in ("few", "several"):
        return Window(today - timedelta(days=_FEW_DAYS), today)
    count = _NUMBERS.get(number) or int(number)
    return Window(today - timedelta(days=math.ceil(count * _DAYS[unit])), today)


def _bounded(match: re.Match[str], today: date) -> Window | None:
    """Open one end where the question says since, after, until or before."""
    found = match.groupdict()
    name = found["name"] or found["weekday"]
    period = read_period(name, today)
    if period is None or (name.isdigit() and int(name) > today.year + 1):
        return None
    side = (found.get("cue") or "").casefold()
    if suffix := found.get("suffix"):
        side = "since" if re.fullmatch(_LATER, suffix, re.IGNORECASE) else "until"
    elif side == "from" and re.search(r"start|beginning", name, re.IGNORECASE):
        side = "since"
    return _open(period, _SIDES.get(side, ""))


def _open(period: Period, side: str) -> Window:
    first, last, by = period
    if side == "since":
        return Window(first, None, by)
    if side == "after":
        return Window(last + timedelta(days=1), None, by)
    if side == "until":
        return Window(None, last, by)
    if side == "before":
        return Window(None, first - timedelta(days=1), by)
    return Window(first, last, by)


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
                window = _open(Period(day, day, "day"), match[1].casefold())
                return window, f"{question[: match.start()]} {question[end:]}"
    return None


_READERS: list[tuple[re.Pattern[str], Callable[[re.Match[str], date], Window | None]]] = [
    (_RANGE, _range),
    (_COUNTED, _counted),
    (_VAGUE, _counted),
    (_NAMED, _bounded),
    (_YEAR, _bounded),
    (_YEAR_BESIDE, _bounded),
    (_UNDATED, _bounded),
    (_UNDATED_BESIDE, _bounded),
]
